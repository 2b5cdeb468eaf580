/* ring_against_smpi.c -- our ring all-reduce against SMPI's, on the same platform file.
 *
 *     ring_against_smpi PLATFORM.xml SMPI_PROGRAM FOLDER
 *
 * For p = 2 .. 16 workers on node-0 .. node-(p-1), in that order, and three gradients of G bytes.  SMPI is
 * the simulator of MPI programs in SimGrid; its `lr` (logical ring) is the same algorithm of Patarasuk and
 * Yuan, written by them.  Both use CM02 without cross traffic and without a TCP window.  What differs
 * (SimGrid 3.32, src/smpi/colls/allreduce/allreduce-lr.cpp, src/smpi/mpi/smpi_request.cpp):
 *
 *   1. lr cuts p chunks of floor(G/p) bytes and hands the G mod p that are left to another algorithm
 *      (redbcast: a tree, which for so few bytes is nothing but latencies) once the ring is done; we make
 *      the first G mod p chunks one byte longer.
 *   2. SMPI sends an envelope of 16 bytes with every message; we do not.
 *
 * Hence two tests for each (platform, p, G).  The first takes G as it is, and from lr's time only what
 * SMPI says that the remainder costs alone; the two may differ by one latency + 0.1 %, where "one latency"
 * is the largest of the p ways round the ring, each the sum of its links' latencies.  The second has no
 * differences left: lr on p floor(G/p) bytes, where there is no remainder, against our ring on p chunks of
 * floor(G/p) + 16 bytes; the times must be equal but for rounding, 1 ps (SimGrid's precision as we set it)
 * for each of the 2(p-1) steps. */
#include "sim/base/file.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

enum { LEAST_WORKERS = 2, MOST_WORKERS = 16, GRADIENTS = 3, ENVELOPE_BYTES = 16 };

static const int gradients[GRADIENTS] = {1003, 100003, 10000019};

static const char smpi_options[] =
    "-no-privatize --log=root.thres:warning --cfg=smpi/allreduce:lr "
    "--cfg=network/model:CM02 --cfg=network/crosstraffic:0 --cfg=network/TCP-gamma:0 "
    "--cfg=surf/precision:1e-12 --cfg=smpi/bw-factor:0:1 --cfg=smpi/lat-factor:0:1 "
    "--cfg=smpi/send-is-detached-thresh:0 --cfg=smpi/simulate-computation:no --cfg=smpi/wtime:0 "
    "--cfg=smpi/os:0:0:0:0:0 --cfg=smpi/or:0:0:0:0:0 --cfg=smpi/ois:0:0:0:0:0";

struct oracle {
    double latency_seconds;
    char from[64], to[64];
    struct timed {
        double all, rest, whole;
    } times[GRADIENTS];
};

struct subject {
    const char *platform, *smpi_program, *folder;
    struct sim_arena *arena;
    int tests;
    bool failed;
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

static bool read_oracle(FILE *from, struct oracle *oracle)
{
    int bytes;

    if (fscanf(from, "latency %lf %63s %63s", &oracle->latency_seconds, oracle->from, oracle->to) !=
        3)
        return false;
    for (int g = 0; g < GRADIENTS; g++) {
        struct timed *times = &oracle->times[g];

        if (fscanf(from, "%d %lf %lf %lf", &bytes, &times->all, &times->rest, &times->whole) != 4 ||
            bytes != gradients[g])
            return false;
    }
    return true;
}

/* All gradients in one go: starting SMPI takes longer than simulating. */
static bool ask_smpi(const struct subject *on, int p, struct oracle *oracle)
{
    const char *hosts = write_hosts(on, p);
    const char *command;
    FILE *pipe;
    bool fine;

    if (hosts == NULL)
        return false;
    command = sim_text(on->arena, "smpirun -np %d -platform %s -hostfile %s %s %s", p, on->platform,
                       hosts, smpi_options, on->smpi_program);
    for (int g = 0; g < GRADIENTS; g++)
        command = sim_text(on->arena, "%s %d", command, gradients[g]);
    pipe = popen(command, "r");
    if (pipe == NULL)
        return false;
    fine = read_oracle(pipe, oracle);
    return (pclose(pipe) == 0) & fine;
}

/* ---- what we say ---- */

/* NaN, with a comment for the reader of the log, if it cannot be simulated. */
static double simulate(const struct subject *on, int p, int64_t bytes)
{
    const struct sim_catalogue catalogue = {sim_algorithms, "."};
    const char *const settings[] = {
        sim_text(on->arena, "platform=%s", on->platform),
        sim_text(on->arena, "algorithm.workers=%d", p),
        sim_text(on->arena, "algorithm.gradient_bytes=%lld", (long long)bytes),
        "algorithm.flop_per_byte=0",
        "algorithm.compute_seconds=0",
        "trace=none",
        NULL};
    struct sim_error err = {0};
    struct sim_scenario scenario;
    double seconds = NAN;
    json_t *summary = NULL;

    if (sim_scenario_read(&scenario, "scenarios/ring_allreduce.yaml", settings, &catalogue,
                          on->arena, &err)) {
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

static void compare(struct subject *on, int p, int64_t gradient_bytes, double latency_seconds,
                    const struct timed *lr)
{
    const int64_t chunk_bytes = gradient_bytes / p;
    const double ours = simulate(on, p, gradient_bytes), theirs = lr->all - lr->rest;
    const double allowed = latency_seconds + 1e-3 * theirs;
    const double ours_equal = simulate(on, p, p * (chunk_bytes + ENVELOPE_BYTES));
    const double allowed_equal = 2 * (p - 1) * 1e-12;

    tap(on, fabs(ours - theirs) <= allowed,
        "p = %d, %lld bytes: ours %.9g s, lr's %.9g s (less %.3g s for %lld bytes), %.2g s apart "
        "of "
        "%.2g s allowed",
        p, (long long)gradient_bytes, ours, theirs, lr->rest, (long long)(gradient_bytes % p),
        fabs(ours - theirs), allowed);
    tap(on, fabs(ours_equal - lr->whole) <= allowed_equal,
        "p = %d, chunks of %lld bytes and envelopes: ours %.12g s, lr's %.12g s, %.2g s apart of "
        "%.2g s "
        "allowed",
        p, (long long)chunk_bytes, ours_equal, lr->whole, fabs(ours_equal - lr->whole),
        allowed_equal);
}

int main(int argc, char **argv)
{
    struct subject on = {.arena = sim_arena_open()};
    struct sim_error err = {0};

    if (argc != 4) {
        fprintf(stderr, "usage: ring_against_smpi PLATFORM.xml SMPI_PROGRAM FOLDER\n");
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
    for (int p = LEAST_WORKERS; p <= MOST_WORKERS; p++) {
        struct oracle oracle;

        if (!ask_smpi(&on, p, &oracle)) {
            tap(&on, false, "p = %d: SMPI gives no answer", p);
            continue;
        }
        printf("# p = %d: one latency = %.9g s, the sum over the links from %s to %s, the longest "
               "way\n",
               p, oracle.latency_seconds, oracle.from, oracle.to);
        for (int g = 0; g < GRADIENTS; g++)
            compare(&on, p, gradients[g], oracle.latency_seconds, &oracle.times[g]);
    }
    printf("1..%d\n", on.tests);
    sim_arena_close(on.arena);
    return on.failed ? 1 : 0;
}
