/* Transfers that share links: our fluid model ends each of them when SimGrid's network model says. */
#include "tests/fixtures/traffic.h"

static void on_the_shipped_platforms(void **state)
{
    static const char *const platforms[] = {
        "platforms/one_switch.xml",        "platforms/two_racks.xml",
        "platforms/fat_tree.xml",          "platforms/torus.xml",
        "platforms/gpu_cluster.xml",       "platforms/phones_to_cloud.xml",
        "platforms/device_edge_cloud.xml", "tests/fixtures/four_cards.xml"};

    (void)state;
    for (int p = 0; p < 8; p++)
        traffic_agrees(platforms[p], 8, 20, 41 + (uint64_t)p);
}

static void on_random_ones(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        traffic_agrees(random_platform(3 + (int)seed, seed), 3 + (int)seed, 20, seed);
}

/* Their stations take turns, which is no sharing of bytes per second. */
static void wifi_links_are_left_to_simgrid(void **state)
{
    struct simulated run = traffic("tests/fixtures/wifi_zone.xml", 4, 3, 5, false);

    (void)state;
    assert_int_equal(run.code, 0);
    assert_string_equal(json_string_value(json_object_get(run.summary, "transfers")),
                        "SimGrid's network model");
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_shipped_platforms),
        cmocka_unit_test(on_random_ones),
        cmocka_unit_test(wifi_links_are_left_to_simgrid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
