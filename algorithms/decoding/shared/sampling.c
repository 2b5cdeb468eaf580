/* sampling.c -- see sampling.h. */
#include "algorithms/decoding/shared/sampling.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

int sampling_best(const double *row, int count)
{
    double largest = row[0];
    int best = 0;

    for (int x = 1; x < count; x++)
        if (row[x] > largest) {
            largest = row[x];
            best = x;
        }
    return best;
}

int sampling_draw(const double *row, int count, double uniform)
{
    double sum = 0;
    int last = count - 1;

    for (int x = 0; x < count; x++)
        if (uniform < (sum += row[x]))
            return x;
    while (last > 0 && row[last] <= 0) /* a row's sum may be a little less than 1 */
        last--;
    return last;
}

static double sum_of(const double *row, int count)
{
    double sum = 0;

    for (int x = 0; x < count; x++)
        sum += row[x];
    return sum;
}

static void scale(double *row, int count, double factor)
{
    for (int x = 0; x < count; x++)
        row[x] *= factor;
}

bool sampling_without(double *row, int count, int token)
{
    double sum;

    row[token] = 0;
    sum = sum_of(row, count);
    if (sum <= 0)
        return false;
    scale(row, count, 1 / sum);
    return true;
}

double sampling_overlap(const double *p, const double *q, int count)
{
    double sum = 0;

    for (int x = 0; x < count; x++)
        sum += fmin(p[x], q[x]);
    return sum;
}

/* ---- the most probable: a heap of tokens ---- */

static bool is_before(const double *row, int a, int b)
{
    const double one = row[a], other = row[b];

    return one > other || (one == other && a < b);
}

static void sift(const double *row, int *heap, int count, int at)
{
    for (int child; (child = 2 * at + 1) < count; at = child) {
        const int above = heap[at];

        child += child + 1 < count && is_before(row, heap[child + 1], heap[child]);
        if (!is_before(row, heap[child], above))
            return;
        heap[at] = heap[child];
        heap[child] = above;
    }
}

static void heap_of(const double *row, int count, int *heap)
{
    for (int x = 0; x < count; x++)
        heap[x] = x;
    for (int at = count / 2 - 1; at >= 0; at--)
        sift(row, heap, count, at);
}

/* The first of `left` tokens; it goes to the place behind those that stay. */
static int take(const double *row, int *heap, int left)
{
    const int first = heap[0];

    heap[0] = heap[left - 1];
    heap[left - 1] = first;
    sift(row, heap, left - 1, 0);
    return first;
}

static void reverse(int *numbers, int count)
{
    for (int i = 0; i < count / 2; i++) {
        const int held = numbers[i];

        numbers[i] = numbers[count - 1 - i];
        numbers[count - 1 - i] = held;
    }
}

int sampling_top(const double *row, int count, int wanted, int *space)
{
    if (wanted > count)
        wanted = count;
    heap_of(row, count, space);
    for (int i = 0; i < wanted; i++)
        take(row, space, count - i);
    reverse(space, count); /* what was taken stands at the end, the first of it last */
    return wanted;
}

/* ---- temperature ---- */

enum { REMEMBERED = 512 };

static size_t place_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return (size_t)((bits * 0x9e3779b97f4a7c15u) >> 55);
}

/* Most tokens of a row share few probabilities, those of tokens that were seen once, twice ...: powers are remembered. */
static void temper(double *row, int count, double temperature)
{
    const double largest = row[sampling_best(row, count)];
    struct {
        double value, power;
    } known[REMEMBERED];

    memset(known, 0, sizeof known); /* 0 to any power is 0 */
    for (int x = 0; x < count; x++) {
        const size_t place = place_of(row[x]);

        if (known[place].value != row[x]) {
            known[place].value = row[x];
            known[place].power = pow(row[x] / largest, 1 / temperature);
        }
        row[x] = known[place].power;
    }
    scale(row, count, 1 / sum_of(row, count));
}

/* ---- top-k and nucleus ---- */

/* How many of the first tokens, most probable first, have that mass together. */
static int nucleus(const double *row, const int *first, int count, double mass)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        if ((sum += row[first[i]]) >= mass)
            return i + 1;
    return count;
}

/* The same when all tokens are candidates: taken one by one, as few are often enough. */
static int taken_for(const double *row, int count, double mass, int *heap)
{
    double sum = 0;
    int taken = 0;

    heap_of(row, count, heap);
    while (taken < count && sum < mass) {
        sum += row[take(row, heap, count - taken)];
        taken++;
    }
    reverse(heap, count);
    return taken;
}

static void keep(double *row, int count, const int *first, int kept)
{
    double sum = 0;

    for (int i = kept; i < count; i++)
        row[first[i]] = 0;
    for (int i = 0; i < kept; i++)
        sum += row[first[i]];
    for (int i = 0; i < kept; i++)
        row[first[i]] /= sum;
}

void sampling_adjust(const struct sampling *sampling, double *row, int count, int *space)
{
    if (sampling->temperature == 0) {
        const int best = sampling_best(row, count);

        memset(row, 0, (size_t)count * sizeof *row);
        row[best] = 1;
        return;
    }
    if (sampling->temperature != 1)
        temper(row, count, sampling->temperature);
    if (sampling->top_k > 0 && sampling->top_k < count) {
        const int kept = sampling_top(row, count, sampling->top_k, space);
        double mass = 0;

        for (int i = 0; i < kept; i++)
            mass += row[space[i]];
        keep(row, count, space,
             sampling->top_p < 1 ? nucleus(row, space, kept, sampling->top_p * mass) : kept);
    } else if (sampling->top_p < 1)
        keep(row, count, space, taken_for(row, count, sampling->top_p * sum_of(row, count), space));
}
