/* Li et al., Scaling distributed machine learning with the parameter server, OSDI 2014, figure 13: the share of
 * their time that workers idle, by the bound tau of the delay.  Their cluster and data are not ours, so the
 * order is gated, not the values. */
#include "tests/fixtures/simulate.h"
#include "tests/published/published.h"

#include <string.h>

static double idle_percent(int tau)
{
    char delay[64];
    const char *settings[] = {delay,
                              "algorithm.consistency=bounded_delay",
                              "algorithm.compute_seconds=10ms",
                              "algorithm.compute_jitter=0.6",
                              "algorithm.gradient_bytes=100kB",
                              "iterations=200",
                              NULL};
    struct simulated run;
    const json_t *peer;
    double idle = 0;
    int workers = 0;
    size_t p;

    snprintf(delay, sizeof delay, "algorithm.delay=%d", tau);
    run = simulate_file("scenarios/parameter_server.yaml", settings);
    assert_int_equal(run.code, 0);
    json_array_foreach (json_object_get(run.summary, "peers"), p, peer)
        if (strcmp(json_string_value(json_object_get(peer, "role")), "worker") == 0) {
            idle += 100 * (1 - number_at(peer, "compute_seconds") /
                                   number_at(peer, "finished_at_seconds"));
            workers++;
        }
    simulated_release(&run);
    return idle / workers;
}

static void workers_idle_less_the_longer_the_delay(void **state)
{
    static const struct {
        int tau;
        double published; /* percent; 0: only in the figure */
    } rows[] = {{0, 50}, {1, 0}, {2, 0}, {4, 0}, {8, 0}, {16, 1.7}};
    double before = 100;

    (void)state;
    print_published_head("idle share of workers under bounded delay, percent (gated: the order)");
    for (int r = 0; r < 6; r++) {
        const double ours = idle_percent(rows[r].tau);
        char what[32];

        snprintf(what, sizeof what, "tau = %d", rows[r].tau);
        if (rows[r].published > 0)
            print_published(what, rows[r].published, ours);
        else
            printf("# %-52s %14s %14.8g\n", what, "-", ours);
        assert_true(ours < before);
        before = ours;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_idle_less_the_longer_the_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
