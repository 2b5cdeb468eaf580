#include "algorithms/federated/rules/intersect.h"

#include <assert.h>
#include <math.h>
#include <string.h>

int intersect_units(int units, double rate)
{
    const double exact = units * rate, nearest = round(exact);

    assert(rate > 0 && rate <= 1);
    return (int)(fabs(exact - nearest) < 1e-9 * units && nearest > 0 ? nearest : ceil(exact));
}

void intersect_widths(const int *widths, int depth, double rate, int *narrow)
{
    for (int l = 0; l <= depth; l++)
        narrow[l] = l == 0 || l == depth ? widths[l] : intersect_units(widths[l], rate);
}

size_t intersect_count(const int *widths, int depth)
{
    size_t count = 0;

    for (int l = 0; l < depth; l++)
        count += ((size_t)widths[l] + 1) * (size_t)widths[l + 1];
    return count;
}

/* Row `inputs` of a layer is that of the offsets: it follows the weights, in the wide model after its own inputs. */
void intersect_where(const int *widths, const int *narrow, int depth, uint32_t *where)
{
    size_t start = 0, at = 0;

    for (int l = 0; l < depth; l++) {
        const size_t inputs = (size_t)narrow[l], outputs = (size_t)widths[l + 1];

        for (size_t i = 0; i <= inputs; i++) {
            const size_t row = i < inputs ? i : (size_t)widths[l];

            for (int o = 0; o < narrow[l + 1]; o++)
                where[at++] = (uint32_t)(start + row * outputs + (size_t)o);
        }
        start += ((size_t)widths[l] + 1) * outputs;
    }
}

void intersect_classes(const int *widths, int depth, int *class_of)
{
    const size_t count = intersect_count(widths, depth);
    const size_t last = ((size_t)widths[depth - 1] + 1) * (size_t)widths[depth];

    for (size_t i = 0; i < count - last; i++)
        class_of[i] = -1;
    for (size_t i = 0; i < last; i++)
        class_of[count - last + i] = (int)(i % (size_t)widths[depth]);
}

struct intersect intersect_open(struct sim_arena *arena, size_t count, const int *classes)
{
    return (struct intersect){count, classes, sim_new(arena, double, count),
                              sim_new(arena, uint32_t, count)};
}

void intersect_clear(struct intersect *intersect)
{
    memset(intersect->sums, 0, intersect->count * sizeof *intersect->sums);
    memset(intersect->holders, 0, intersect->count * sizeof *intersect->holders);
}

static bool counts(const struct intersect *intersect, const struct intersect_part *part, size_t at)
{
    return part->owns == NULL || intersect->classes == NULL || intersect->classes[at] < 0 ||
           part->owns[intersect->classes[at]];
}

void intersect_add(struct intersect *intersect, const struct intersect_part *part)
{
    for (size_t i = 0; i < part->count; i++) {
        const size_t at = part->where == NULL ? i : part->where[i];

        assert(at < intersect->count);
        if (!counts(intersect, part, at))
            continue;
        intersect->sums[at] += part->values[i];
        intersect->holders[at]++;
    }
}

size_t intersect_mean(const struct intersect *intersect, double *model)
{
    size_t written = 0;

    for (size_t i = 0; i < intersect->count; i++) {
        if (intersect->holders[i] == 0)
            continue;
        model[i] = intersect->sums[i] / intersect->holders[i];
        written++;
    }
    return written;
}

void intersect_take(const double *model, const uint32_t *where, size_t count, double *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = model[where[i]];
}
