/* Transfers that are alone on their links: timed as a + S/B, they end when SimGrid's network model says. */
#include "tests/fixtures/simulate.h"

#include <stdio.h>
#include <string.h>

static struct simulated ring_on(const char *platform, const char *mode, const char *setting,
                                const char *other)
{
    char on[64], as[32];
    const char *settings[] = {on, as, setting, other, NULL};

    snprintf(on, sizeof on, "platform=platforms/%s.xml", platform);
    snprintf(as, sizeof as, "simulation=%s", mode);
    return simulate_file("scenarios/ring_allreduce.yaml", settings);
}

static bool was_alone(const struct simulated *run)
{
    return strncmp(json_string_value(json_object_get(run->summary, "transfers")), "each alone",
                   10) == 0;
}

static void compare_peers(const struct simulated *a, const struct simulated *b)
{
    static const char *const keys[] = {"compute_seconds", "communicate_seconds", "wait_seconds",
                                       "finished_at_seconds"};
    const json_t *left = json_object_get(a->summary, "peers"),
                 *right = json_object_get(b->summary, "peers");

    assert_int_equal(json_array_size(left), json_array_size(right));
    for (size_t i = 0; i < json_array_size(left); i++)
        for (int k = 0; k < 4; k++)
            assert_close(1 + number_at(json_array_get(left, i), keys[k]),
                         1 + number_at(json_array_get(right, i), keys[k]), 1e-12);
}

static void the_ring_ends_when_simgrid_s_model_ends_it(void **state)
{
    static const char *const platforms[] = {"one_switch", "fat_tree", "torus", "gpu_cluster",
                                            "two_racks"};
    static const char *const settings[] = {"algorithm.gradient_bytes=0",
                                           "algorithm.gradient_bytes=1",
                                           "algorithm.gradient_bytes=7",
                                           "algorithm.gradient_bytes=1000003",
                                           "algorithm.compute_jitter=0.7",
                                           "algorithm.flop_per_byte=3.3",
                                           "faults=[{host: '*3', at: 0.001, factor: 0.3}]"};
    int alone = 0;

    (void)state;
    for (int p = 0; p < 5; p++)
        for (int s = 0; s < 7; s++) {
            struct simulated quick = ring_on(platforms[p], "auto", settings[s], "iterations=3"),
                             full = ring_on(platforms[p], "full", settings[s], "iterations=3");

            assert_int_equal(quick.code, full.code);
            assert_int_equal(quick.code, 0);
            assert_false(was_alone(&full));
            alone += was_alone(&quick);
            assert_close(seconds_of(&quick), seconds_of(&full), 1e-12);
            compare_peers(&quick, &full);
            simulated_release(&quick);
            simulated_release(&full);
        }
    assert_true(alone >=
                14); /* on one switch and on the torus at least: else nothing was compared */
}

static bool was_simgrids(const struct simulated *run)
{
    return strncmp(json_string_value(json_object_get(run->summary, "transfers")), "SimGrid's", 9) ==
           0;
}

static void what_shares_links_is_fluid_and_what_is_disturbed_is_left_to_simgrid(void **state)
{
    static const char *const settings[] = {"network=tcp",
                                           "faults=[{link: '*', at: 9, factor: 0.5}]",
                                           "faults=[{peer: worker-1, at: 9, factor: 0}]"};
    struct simulated run = simulate_file("scenarios/parameter_server.yaml", NULL);

    (void)state;
    assert_int_equal(run.code, 0);
    assert_false(was_alone(&run));
    assert_false(was_simgrids(&run));
    simulated_release(&run);
    for (int s = 0; s < 3; s++) {
        run = ring_on("one_switch", "auto", settings[s], "iterations=1");
        assert_int_equal(run.code, 0);
        assert_true(was_simgrids(&run));
        simulated_release(&run);
    }
    run = ring_on("one_switch", "auto", "iterations=1", "seed=1");
    assert_true(was_alone(&run));
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ring_ends_when_simgrid_s_model_ends_it),
        cmocka_unit_test(what_shares_links_is_fluid_and_what_is_disturbed_is_left_to_simgrid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
