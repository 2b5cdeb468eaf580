/* collectives_against_smpi.c -- our collectives against those of SMPI, on the same platform file.
 *
 *     collectives_against_smpi PLATFORM.xml SMPI_PROGRAM FOLDER P...
 *
 * For each number of ranks P, on node-0 .. node-(P-1) in that order, and three sizes of a block, P blocks in all.
 * Each comparison says which selector of SMPI (SimGrid 3.32, src/smpi/colls) is which of our algorithms; the two
 * may differ by one latency (of the slowest way to a right neighbour) + 0.1 %.  What differs besides:
 *
 *   - SMPI sends an envelope of 16 bytes with every message; we do not.
 *   - Names: `ring` of allgather is no ring: each rank sends its own block to all others in turn (allgather-ring.cpp),
 *     which is our pairwise_allgather.  The logical ring, our ring_allgather, is called NTSLR there.
 *   - `rab` folds halves, as Rabenseifner's own program did (reduce-rab.cpp), and `rab_rdb` whole vectors, as MPICH.
 *     Both exchange with the nearest partner first; ompi_basic_recursivehalving with the farthest.
 *   - rab_rdb gives what is left by a division to the last part, and we one byte to each of the first parts.
 *   - `pair` of alltoall refuses other numbers than powers of two; there it is compared with `ring`, which sends to
 *     rank + i and receives from rank - i, as ours does. */
#include "tests/oracle/against_smpi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 3, RUNS = 5, MOST_IN_RUN = 5 };

static const int blocks[BLOCKS] = {67, 6007, 130003};

enum powers { ANY, POWER_OF_TWO, NO_POWER_OF_TWO };

struct pair {
    char kind; /* as smpi_collectives.c has it */
    const char *call, *selector;
    const char *ours, *setting;
    enum powers p;
};

/* SMPI has one selector for each call in a run, so as many runs as allreduce has selectors. */
static const struct pair pairs[RUNS][MOST_IN_RUN + 1] = {
    {{'a', "allreduce", "lr", "ring_allreduce", NULL, ANY},
     {'g', "allgather", "ring", "pairwise_allgather", NULL, ANY},
     {'s', "reduce_scatter", "ompi_ring", "ring_reduce_scatter", NULL, ANY},
     {'t', "alltoall", "pair", "pairwise_alltoall", NULL, POWER_OF_TWO},
     {'b', "bcast", "binomial_tree", "binomial_broadcast", NULL, ANY}},
    {{'a', "allreduce", "rab", "rabenseifner_allreduce", "algorithm.fold=halves", ANY},
     {'g', "allgather", "rdb", "recursive_doubling_allgather", NULL, ANY},
     {'s', "reduce_scatter", "ompi_basic_recursivehalving", "recursive_halving_reduce_scatter",
      NULL, ANY},
     {'t', "alltoall", "ring", "pairwise_alltoall", NULL, NO_POWER_OF_TWO},
     {'b', "bcast", "scatter_LR_allgather", "scatter_allgather_broadcast", NULL, ANY}},
    {{'a', "allreduce", "rdb", "recursive_doubling_allreduce", NULL, ANY},
     {'g', "allgather", "bruck", "bruck_allgather", NULL, ANY},
     {'s', "reduce_scatter", "mpich_pair", "pairwise_reduce_scatter", NULL, ANY},
     {'t', "alltoall", "bruck", "bruck_alltoall", NULL, ANY}},
    {{'a', "allreduce", "rab_rdb", "rabenseifner_allreduce", NULL, ANY},
     {'g', "allgather", "NTSLR", "ring_allgather", NULL, ANY}},
    {{'a', "allreduce", "redbcast", "binomial_tree_allreduce", NULL, ANY},
     {'b', "bcast", "binomial_tree", "binomial_broadcast", NULL, ANY}},
};

static bool takes(const struct pair *pair, int p)
{
    const bool is_power = (p & (p - 1)) == 0;

    return pair->p == ANY || is_power == (pair->p == POWER_OF_TWO);
}

/* ---- what SMPI says ---- */

static FILE *ask_smpi(const struct against *on, const struct pair *run, int p)
{
    const char *selectors = "--cfg=smpi/reduce:binomial", *arguments;
    char kinds[MOST_IN_RUN + 1] = "";

    for (; run->call != NULL; run++)
        if (takes(run, p)) {
            selectors =
                sim_text(on->arena, "%s --cfg=smpi/%s:%s", selectors, run->call, run->selector);
            kinds[strlen(kinds)] = run->kind;
        }
    arguments = sim_text(on->arena, "%s", kinds);
    for (int b = 0; b < BLOCKS; b++)
        arguments = sim_text(on->arena, "%s %d", arguments, blocks[b]);
    return against_ask(on, p, selectors, arguments);
}

/* ---- both ---- */

static void compare(struct against *on, const struct pair *pair, int p, int block, double theirs,
                    double latency, double *worst)
{
    const double ours = against_simulate(on, pair->ours, pair->setting, p, (int64_t)p * block);
    const double allowed = latency + 1e-3 * theirs;

    *worst = fmax(*worst, fabs(ours - theirs) / allowed);
    against_tell(
        on, fabs(ours - theirs) <= allowed,
        "p = %d, %d bytes a block: %s %.9g s, %s %s %.9g s, %.2g s apart of %.2g s allowed", p,
        block, pair->ours, ours, pair->call, pair->selector, theirs, fabs(ours - theirs), allowed);
}

/* All answers first: simulations of ours wait for children of their own. */
static bool read_answers(FILE *smpi, const struct pair *run, int p, double *latency,
                         double theirs[BLOCKS][MOST_IN_RUN])
{
    bool fine = fscanf(smpi, "latency %lf", latency) == 1;
    int block;
    char kind;

    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; run[i].call != NULL; i++)
            if (takes(&run[i], p))
                fine = fine && fscanf(smpi, " %c %d %lf", &kind, &block, &theirs[b][i]) == 3 &&
                       kind == run[i].kind && block == blocks[b];
    return (pclose(smpi) == 0) & fine;
}

static void compare_run(struct against *on, const struct pair *run, int p, double *worst)
{
    double theirs[BLOCKS][MOST_IN_RUN], latency;
    FILE *smpi = ask_smpi(on, run, p);

    if (smpi == NULL || !read_answers(smpi, run, p, &latency, theirs)) {
        against_tell(on, false, "p = %d: SMPI gives no answer for %s %s", p, run->call,
                     run->selector);
        return;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; run[i].call != NULL; i++)
            if (takes(&run[i], p))
                compare(on, &run[i], p, blocks[b], theirs[b][i], latency, worst);
}

int main(int argc, char **argv)
{
    struct against on;
    double worst = 0;

    against_begin(&on, argv, argc >= 5,
                  "collectives_against_smpi PLATFORM.xml SMPI_PROGRAM FOLDER P...");
    for (int i = 4; i < argc; i++)
        for (int r = 0; r < RUNS; r++)
            compare_run(&on, pairs[r], atoi(argv[i]), &worst);
    printf("# the largest deviation is %.3g of what is allowed\n", worst);
    return against_end(&on);
}
