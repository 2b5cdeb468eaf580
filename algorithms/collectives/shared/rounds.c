#include "algorithms/collectives/shared/rounds.h"

int collective_floor_log2(int n)
{
    int k = 0;

    while (n >> (k + 1) > 0)
        k++;
    return k;
}

int collective_ceil_log2(int n)
{
    const int k = collective_floor_log2(n);

    return 1 << k < n ? k + 1 : k;
}

int collective_bits(int k)
{
    int bits = 0;

    for (; k > 0; k &= k - 1)
        bits++;
    return bits;
}

struct sim_step collective_idle(const char *phase)
{
    return (struct sim_step){
        .to = SIM_NOBODY, .from = SIM_NOBODY, .combine = SIM_REPLACE, .phase = phase};
}

/* ---- folding ---- */

static int folded_ranks(int n)
{
    return n - (1 << collective_floor_log2(n));
}

int collective_place_of(int n, int rank)
{
    const int folded = folded_ranks(n);

    if (rank >= 2 * folded)
        return rank - folded;
    return rank % 2 == 1 ? rank / 2 : SIM_NOBODY;
}

int collective_rank_of(int n, int place)
{
    const int folded = folded_ranks(n);

    return place < folded ? 2 * place + 1 : place + folded;
}

static void fold(int n, int rank, bool giving, struct sim_step *step)
{
    const bool even = rank % 2 == 0;
    const int neighbour = even ? rank + 1 : rank - 1;

    *step = collective_idle(giving ? "fold" : "unfold");
    if (rank >= 2 * folded_ranks(n))
        return;
    if (giving == even) {
        step->to = neighbour;
        step->send = sim_whole();
    } else {
        step->from = neighbour;
        step->receive = sim_whole();
        step->combine = giving ? SIM_SUM : SIM_REPLACE;
    }
}

enum collective_fold collective_fold(int n, int rank, int s, int rounds, struct sim_step *step,
                                     int *round)
{
    const int before = folded_ranks(n) > 0 ? 1 : 0;

    *round = s - before;
    if (s >= rounds + 2 * before)
        return COLLECTIVE_OVER;
    if (*round < 0 || *round == rounds) {
        fold(n, rank, *round < 0, step);
        return COLLECTIVE_FOLD;
    }
    *step = collective_idle("fold");
    return collective_place_of(n, rank) == SIM_NOBODY ? COLLECTIVE_FOLD : COLLECTIVE_ROUND;
}

/* ---- halving ---- */

struct collective_halves collective_halve(int places, int place, int round, bool farthest)
{
    int first = 0, half = places, bit = 0;

    for (int i = 0; i <= round; i++) {
        half = places >> (i + 1);
        bit = farthest ? half : 1 << i;
        first += (place & bit) != 0 ? half : 0;
    }
    return (struct collective_halves){
        .partner = place ^ bit,
        .kept = {.first = first, .count = half, .of = places},
        .given = {.first = (place & bit) != 0 ? first - half : first + half,
                  .count = half,
                  .of = places},
    };
}
