/* tests/law/fluid.c with many more platforms and messages. */
#include "tests/fixtures/traffic.h"

static void on_the_shipped_platforms(void **state)
{
    static const char *const platforms[] = {
        "platforms/one_switch.xml",     "platforms/two_racks.xml",
        "platforms/fat_tree.xml",       "platforms/torus.xml",
        "platforms/gpu_cluster.xml",    "platforms/phones_to_cloud.xml",
        "platforms/wifi_edge.xml",      "platforms/device_edge_cloud.xml",
        "tests/fixtures/four_cards.xml"};

    (void)state;
    for (uint64_t seed = 100; seed < 120; seed++)
        for (size_t p = 0; p < sizeof platforms / sizeof *platforms; p++)
            traffic_agrees(platforms[p], 8, 20, seed);
}

static void on_random_ones(void **state)
{
    (void)state;
    for (uint64_t seed = 500; seed < 520; seed++) /* a server's link is solved by itself */
        traffic_agrees("platforms/phones_to_cloud.xml", 40, 40, seed);
    for (uint64_t seed = 1000; seed < 1300; seed++)
        traffic_agrees(random_platform(3 + (int)seed % 17, seed), 3 + (int)seed % 17, 20, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_shipped_platforms),
        cmocka_unit_test(on_random_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
