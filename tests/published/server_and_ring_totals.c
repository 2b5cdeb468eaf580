/* server_and_ring_totals.c -- what N workers move and wait for to sum G bytes: servers against a ring.
 *
 * The published table, by scheme: bytes on the network; bytes of the busiest network card, one way; seconds
 * without latencies, B = bandwidth of a card.
 *   flat server, dedicated           2NG       NG          2NG/B
 *   flat server on a worker          2(N-1)G   (N-1)G      2(N-1)G/B
 *   servers on all N workers         2(N-1)G   2(N-1)G/N   2(N-1)G/(NB)
 *   ring                             2(N-1)G   2(N-1)G/N   2(N-1)G/(NB)
 *   N servers on hosts of their own  2NG       G           G/B
 * Sources: Patarasuk and Yuan, J. Parallel Distrib. Comput. 69(2), 2009 (the ring); Jiang et al., A unified
 * architecture for accelerating distributed DNN training in heterogeneous GPU/CPU clusters, OSDI 2020, and
 * BytePS's docs/rationale.md (servers).
 *
 * G/B of the last row needs pulls that overlap with pushes, key by key; the server here answers when all keys
 * are pushed, and takes twice as long.  That row's seconds are printed and held to the factor 2. */
#include "tests/fixtures/simulate.h"
#include "tests/published/published.h"

#include <string.h>

enum { SMALL = 142867 }; /* G = N times this: equal shards */

static const double B = 123.4e6; /* of star_platform's links */

struct scheme {
    const char *name, *algorithm;
    bool has_servers_for_all, is_dedicated;
    double seconds_factor; /* ours over the published ones */
};

static const struct scheme schemes[] = {
    {"flat server, dedicated", "parameter_server", false, true, 1},
    {"flat server on a worker", "parameter_server", false, false, 1},
    {"servers on all N workers", "parameter_server", true, false, 1},
    {"ring", "ring_allreduce", false, false, 1},
    {"N servers on hosts of their own", "parameter_server", true, true, 2},
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

/* The three columns of the table. */
struct totals {
    double bytes, card, seconds;
};

static struct totals published(size_t scheme, double n, double g)
{
    const struct totals table[SCHEMES] = {
        {2 * n * g, n * g, 2 * n * g / B},
        {2 * (n - 1) * g, (n - 1) * g, 2 * (n - 1) * g / B},
        {2 * (n - 1) * g, 2 * (n - 1) * g / n, 2 * (n - 1) * g / (n * B)},
        {2 * (n - 1) * g, 2 * (n - 1) * g / n, 2 * (n - 1) * g / (n * B)},
        {2 * n * g, g, g / B},
    };

    return table[scheme];
}

static struct totals simulated_totals(const struct scheme *scheme, int n, long long g)
{
    const bool is_ring = strcmp(scheme->algorithm, "ring_allreduce") == 0;
    char text[1024], servers[128] = "";
    struct simulated run;
    struct totals totals;

    if (!is_ring)
        snprintf(servers, sizeof servers, ", servers: %d, placement: %s",
                 scheme->has_servers_for_all ? n : 1,
                 scheme->is_dedicated ? "dedicated" : "colocated");
    snprintf(text, sizeof text,
             "platform: %s\nalgorithm: {name: %s, workers: %d, gradient_bytes: %lld, "
             "flop_per_byte: 0%s}\ntrace: none\n",
             star_platform(27, 0), scheme->algorithm, n, g, servers);
    run = simulate(text, NULL);
    totals = (struct totals){.seconds = seconds_of(&run)};
    totals.bytes = number_at(run.summary, "bytes");
    totals.card = number_at(json_object_get(run.summary, "busiest_card"), "bytes");
    simulated_release(&run);
    return totals;
}

static void compare(size_t scheme, int n)
{
    const struct scheme *s = &schemes[scheme];
    const double g = (double)SMALL * n;
    const struct totals theirs = published(scheme, n, g);
    const struct totals ours = simulated_totals(s, n, SMALL * (long long)n);
    char name[128];

    snprintf(name, sizeof name, "%s, N = %d: bytes", s->name, n);
    assert_true(print_published(name, theirs.bytes, ours.bytes) == 0);
    snprintf(name, sizeof name, "%s, N = %d: busiest card", s->name, n);
    print_published(name, theirs.card, ours.card);
    assert_close(ours.card, theirs.card, 1e-15); /* 2(N-1)G/N is rounded in the test's arithmetic */
    snprintf(name, sizeof name, "%s, N = %d: seconds", s->name, n);
    print_published(name, theirs.seconds, ours.seconds);
    assert_close(ours.seconds, s->seconds_factor * theirs.seconds, 1e-9);
}

static void the_totals_of_servers_and_rings_are_the_published_ones(void **state)
{
    static const int workers[] = {2, 3, 7, 13};

    (void)state;
    print_published_head("servers against a ring, G = 142867 N bytes, B = 123.4 MB/s");
    for (size_t scheme = 0; scheme < SCHEMES; scheme++)
        for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++)
            compare(scheme, workers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_totals_of_servers_and_rings_are_the_published_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
