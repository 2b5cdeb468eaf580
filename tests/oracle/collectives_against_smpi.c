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
#include "sim/base/file.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

enum { BLOCKS = 3, RUNS = 5, MOST_IN_RUN = 5 };

static const int blocks[BLOCKS] = {67, 6007, 130003};

static const char smpi_options[] =
    "-no-privatize --log=root.thres:warning "
    "--cfg=network/model:CM02 --cfg=network/crosstraffic:0 --cfg=network/TCP-gamma:0 "
    "--cfg=surf/precision:1e-12 --cfg=smpi/bw-factor:0:1 --cfg=smpi/lat-factor:0:1 "
    "--cfg=smpi/send-is-detached-thresh:0 --cfg=smpi/simulate-computation:no --cfg=smpi/wtime:0 "
    "--cfg=smpi/os:0:0:0:0:0 --cfg=smpi/or:0:0:0:0:0 --cfg=smpi/ois:0:0:0:0:0 "
    "--cfg=smpi/reduce:binomial";

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

struct subject {
    const char *platform, *smpi_program, *folder;
    struct sim_arena *arena;
    int tests;
    bool failed;
    double worst; /* deviation, of what is allowed */
};

static void tap(struct subject *on, bool fine, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tap(struct subject *on, bool fine, const char *format, ...)
{
    va_list arguments;

    printf("%s %d - %s: ", fine ? "ok" : "not ok", ++on->tests, on->platform);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    on->failed |= !fine;
}

static bool takes(const struct pair *pair, int p)
{
    const bool is_power = (p & (p - 1)) == 0;

    return pair->p == ANY || is_power == (pair->p == POWER_OF_TWO);
}

/* ---- what SMPI says ---- */

static const char *write_hosts(const struct subject *on, int p)
{
    const char *path = sim_text(on->arena, "%s/hosts-%d", on->folder, p);
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return NULL;
    for (int i = 0; i < p; i++)
        fprintf(file, "node-%d\n", i);
    return fclose(file) == 0 ? path : NULL;
}

static FILE *ask_smpi(const struct subject *on, const struct pair *run, int p)
{
    const char *hosts = write_hosts(on, p), *command;
    char kinds[MOST_IN_RUN + 1] = "";

    if (hosts == NULL)
        return NULL;
    command = sim_text(on->arena, "smpirun -np %d -platform %s -hostfile %s %s", p, on->platform,
                       hosts, smpi_options);
    for (; run->call != NULL; run++)
        if (takes(run, p)) {
            command = sim_text(on->arena, "%s --cfg=smpi/%s:%s", command, run->call, run->selector);
            kinds[strlen(kinds)] = run->kind;
        }
    command = sim_text(on->arena, "%s %s %s", command, on->smpi_program, kinds);
    for (int b = 0; b < BLOCKS; b++)
        command = sim_text(on->arena, "%s %d", command, blocks[b]);
    return popen(command, "r");
}

/* ---- what we say ---- */

static const char *bytes_name(const char *algorithm)
{
    return strstr(algorithm, "reduce") != NULL ? "gradient_bytes" : "message_bytes";
}

/* NaN, with a comment for the reader of the log, if it cannot be simulated. */
static double simulate(const struct subject *on, const struct pair *pair, int p, int64_t bytes)
{
    const struct sim_catalogue catalogue = {sim_algorithms, "."};
    const char *const settings[] = {
        sim_text(on->arena, "platform=%s", on->platform),
        sim_text(on->arena, "algorithm.workers=%d", p),
        sim_text(on->arena, "algorithm.%s=%lld", bytes_name(pair->ours), (long long)bytes),
        "trace=none",
        "algorithm.compute_seconds=0",
        strstr(pair->ours, "reduce") != NULL ? "algorithm.flop_per_byte=0" : pair->setting,
        strstr(pair->ours, "reduce") != NULL ? pair->setting : NULL,
        NULL};
    struct sim_error err = {0};
    struct sim_scenario scenario;
    double seconds = NAN;
    json_t *summary = NULL;

    if (sim_scenario_read(&scenario, sim_text(on->arena, "scenarios/%s.yaml", pair->ours), settings,
                          &catalogue, on->arena, &err)) {
        struct sim_simulation simulation = {.scenario = &scenario};

        if (sim_simulate(&simulation, on->arena, &summary, &err) == 0)
            seconds = json_number_value(json_object_get(summary, "simulated_seconds"));
        json_decref(summary);
        sim_scenario_release(&scenario);
    }
    if (err.count > 0)
        printf("# %s\n", err.text);
    return seconds;
}

/* ---- both ---- */

static void compare(struct subject *on, const struct pair *pair, int p, int block, double theirs,
                    double latency)
{
    const double ours = simulate(on, pair, p, (int64_t)p * block);
    const double allowed = latency + 1e-3 * theirs;

    if (fabs(ours - theirs) / allowed > on->worst)
        on->worst = fabs(ours - theirs) / allowed;
    tap(on, fabs(ours - theirs) <= allowed,
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

static void compare_run(struct subject *on, const struct pair *run, int p)
{
    double theirs[BLOCKS][MOST_IN_RUN], latency;
    FILE *smpi = ask_smpi(on, run, p);

    if (smpi == NULL || !read_answers(smpi, run, p, &latency, theirs)) {
        tap(on, false, "p = %d: SMPI gives no answer for %s %s", p, run->call, run->selector);
        return;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; run[i].call != NULL; i++)
            if (takes(&run[i], p))
                compare(on, &run[i], p, blocks[b], theirs[b][i], latency);
}

int main(int argc, char **argv)
{
    struct subject on = {.arena = sim_arena_open()};
    struct sim_error err = {0};

    if (argc < 5) {
        fprintf(stderr, "usage: collectives_against_smpi PLATFORM.xml SMPI_PROGRAM FOLDER P...\n");
        return 2;
    }
    on.platform = argv[1];
    on.smpi_program = argv[2];
    on.folder = argv[3];
    sim_child_guard();
    if (!sim_make_directories(on.folder, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    for (int i = 4; i < argc; i++)
        for (int r = 0; r < RUNS; r++)
            compare_run(&on, pairs[r], atoi(argv[i]));
    printf("# the largest deviation is %.3g of what is allowed\n", on.worst);
    printf("1..%d\n", on.tests);
    sim_arena_close(on.arena);
    return on.failed ? 1 : 0;
}
