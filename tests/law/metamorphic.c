/* What must change, and in which direction, when an input changes. */
#include "tests/fixtures/simulate.h"

#include <stdio.h>

static struct simulated ring_with(const char *platform, const char *setting)
{
    const char *settings[] = {"algorithm.workers=7",
                              "algorithm.gradient_bytes=1000003",
                              "algorithm.compute_seconds=0.003",
                              platform,
                              setting,
                              NULL};

    return simulate_file("scenarios/ring_allreduce.yaml", settings);
}

static double seconds_with(const char *platform, const char *setting)
{
    struct simulated run = ring_with(platform, setting);
    const double seconds = seconds_of(&run);

    assert_int_equal(run.code, 0);
    simulated_release(&run);
    return seconds;
}

static double star_seconds(double megabytes_per_second)
{
    char path[] = "build/star/bandwidth.xml", setting[64];
    FILE *file = (star_platform(3, 0), fopen(path, "w"));

    fprintf(file,
            "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM "
            "\"https://simgrid.org/simgrid.dtd\">\n<platform version=\"4.1\"><cluster id=\"c\" "
            "prefix=\"h-\" suffix=\"\" "
            "radical=\"0-8\" speed=\"1e18f\" bw=\"%.17gMBps\" lat=\"0us\" "
            "sharing_policy=\"SPLITDUPLEX\"/></platform>\n",
            megabytes_per_second);
    fclose(file);
    snprintf(setting, sizeof setting, "platform=%s", path);
    return seconds_with(setting, "algorithm.compute_seconds=0");
}

static void doubling_all_bandwidths_halves_the_time_at_zero_latency(void **state)
{
    (void)state;
    assert_close(star_seconds(61.7) / star_seconds(123.4), 2, 1e-6);
}

static void another_worker_never_lowers_the_bytes_of_a_parameter_server(void **state)
{
    double before = -1;

    (void)state;
    for (int n = 1; n <= 8; n++) {
        char workers[32];
        const char *settings[] = {workers, NULL};
        struct simulated run;

        snprintf(workers, sizeof workers, "algorithm.workers=%d", n);
        run = simulate_file("scenarios/parameter_server.yaml", settings);
        assert_true(number_at(run.summary, "bytes") > before);
        before = number_at(run.summary, "bytes");
        simulated_release(&run);
    }
}

static void every_parameter_of_the_ring_changes_the_time(void **state)
{
    static const char *const settings[] = {"algorithm.workers=6",
                                           "algorithm.gradient_bytes=1000014",
                                           "algorithm.flop_per_byte=2",
                                           "algorithm.compute_seconds=0.004",
                                           "algorithm.compute_jitter=0.3",
                                           "iterations=2",
                                           "network=tcp",
                                           "faults=[{host: node-3, at: 0, factor: 0.5}]"};
    const double plain = seconds_with("platform=platforms/one_switch.xml", "seed=1");

    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_true(seconds_with("platform=platforms/one_switch.xml", settings[i]) != plain);
    assert_true(seconds_with("platform=platforms/torus.xml", "seed=1") != plain);
}

static void a_slow_host_slows_the_whole_ring(void **state)
{
    const double plain = seconds_with("platform=platforms/one_switch.xml", "seed=1");
    const double slow = seconds_with("platform=platforms/one_switch.xml",
                                     "faults=[{host: node-3, at: 0, factor: 0.25}]");

    (void)state;
    assert_true(slow - plain > 0.9 * 3 * 0.003);
}

static void an_uplink_that_is_shared_hurts_workers_that_are_scattered(void **state)
{
    const double neighbours = seconds_with("platform=platforms/two_racks.xml", "hosts.worker=7");
    const double scattered =
        seconds_with("platform=platforms/two_racks.xml",
                     "hosts.worker=[node-0, node-8, node-1, node-9, node-2, node-10, node-3]");

    (void)state;
    assert_true(scattered > 1.5 * neighbours);
}

static void jitter_needs_the_seed_and_nothing_else_does(void **state)
{
    (void)state;
    assert_true(seconds_with("platform=platforms/one_switch.xml", "seed=1") ==
                seconds_with("platform=platforms/one_switch.xml", "seed=7"));
    assert_true(seconds_with("algorithm.compute_jitter=0.4", "seed=1") !=
                seconds_with("algorithm.compute_jitter=0.4", "seed=7"));
    assert_true(seconds_with("algorithm.compute_jitter=0.4", "seed=7") ==
                seconds_with("algorithm.compute_jitter=0.4", "seed=7"));
}

static void more_peers_than_hosts_share_them_in_turn(void **state)
{
    struct simulated run = ring_with("algorithm.workers=16", "hosts.share=round_robin");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_true(number_at(run.summary, "bytes") > 0);
    /* The ring 0, 1, .. 7, 0, 1, .. 7 has no edge inside a host, but its law does not hold there. */
    assert_true(json_is_false(
        json_object_get(json_array_get(json_object_get(run.summary, "laws"), 0), "checked")));
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubling_all_bandwidths_halves_the_time_at_zero_latency),
        cmocka_unit_test(another_worker_never_lowers_the_bytes_of_a_parameter_server),
        cmocka_unit_test(every_parameter_of_the_ring_changes_the_time),
        cmocka_unit_test(a_slow_host_slows_the_whole_ring),
        cmocka_unit_test(an_uplink_that_is_shared_hurts_workers_that_are_scattered),
        cmocka_unit_test(jitter_needs_the_seed_and_nothing_else_does),
        cmocka_unit_test(more_peers_than_hosts_share_them_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
