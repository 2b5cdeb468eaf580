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
#include "tests/oracle/against_smpi.h"

#include <math.h>

enum { LEAST_WORKERS = 2, MOST_WORKERS = 16, GRADIENTS = 3, ENVELOPE_BYTES = 16 };

static const int gradients[GRADIENTS] = {1003, 100003, 10000019};

struct oracle {
    double latency_seconds;
    char from[64], to[64];
    struct timed {
        double all, rest, whole;
    } times[GRADIENTS];
};

/* ---- what SMPI says ---- */

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
static bool ask_smpi(const struct against *on, int p, struct oracle *oracle)
{
    const char *arguments = "";
    FILE *smpi;
    bool fine;

    for (int g = 0; g < GRADIENTS; g++)
        arguments = sim_text(on->arena, "%s %d", arguments, gradients[g]);
    smpi = against_ask(on, p, "--cfg=smpi/allreduce:lr", arguments);
    if (smpi == NULL)
        return false;
    fine = read_oracle(smpi, oracle);
    return (pclose(smpi) == 0) & fine;
}

/* ---- both ---- */

static void compare(struct against *on, int p, int64_t gradient_bytes, double latency_seconds,
                    const struct timed *lr)
{
    const int64_t chunk_bytes = gradient_bytes / p;
    const double ours = against_simulate(on, "ring_allreduce", NULL, p, gradient_bytes),
                 theirs = lr->all - lr->rest;
    const double allowed = latency_seconds + 1e-3 * theirs;
    const double ours_equal =
        against_simulate(on, "ring_allreduce", NULL, p, p * (chunk_bytes + ENVELOPE_BYTES));
    const double allowed_equal = 2 * (p - 1) * 1e-12;

    against_tell(
        on, fabs(ours - theirs) <= allowed,
        "p = %d, %lld bytes: ours %.9g s, lr's %.9g s (less %.3g s for %lld bytes), %.2g s apart "
        "of "
        "%.2g s allowed",
        p, (long long)gradient_bytes, ours, theirs, lr->rest, (long long)(gradient_bytes % p),
        fabs(ours - theirs), allowed);
    against_tell(
        on, fabs(ours_equal - lr->whole) <= allowed_equal,
        "p = %d, chunks of %lld bytes and envelopes: ours %.12g s, lr's %.12g s, %.2g s apart of "
        "%.2g s "
        "allowed",
        p, (long long)chunk_bytes, ours_equal, lr->whole, fabs(ours_equal - lr->whole),
        allowed_equal);
}

int main(int argc, char **argv)
{
    struct against on;

    against_begin(&on, argv, argc == 4, "ring_against_smpi PLATFORM.xml SMPI_PROGRAM FOLDER");
    for (int p = LEAST_WORKERS; p <= MOST_WORKERS; p++) {
        struct oracle oracle;

        if (!ask_smpi(&on, p, &oracle)) {
            against_tell(&on, false, "p = %d: SMPI gives no answer", p);
            continue;
        }
        printf("# p = %d: one latency = %.9g s, the sum over the links from %s to %s, the longest "
               "way\n",
               p, oracle.latency_seconds, oracle.from, oracle.to);
        for (int g = 0; g < GRADIENTS; g++)
            compare(&on, p, gradients[g], oracle.latency_seconds, &oracle.times[g]);
    }
    return against_end(&on);
}
