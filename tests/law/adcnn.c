/* adcnn.c -- ADCNN: what partitions cost, what late and dead nodes do, and what cutting costs in accuracy. */
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double sum_of(const struct simulated *run, const char *list)
{
    const json_t *numbers = json_object_get(json_object_get(run->summary, "metrics"), list);
    double sum = 0;

    for (size_t i = 0; i < json_array_size(numbers); i++)
        sum += json_number_value(json_array_get(numbers, i));
    return sum;
}

static double item_of(const struct simulated *run, const char *list, size_t i)
{
    const json_t *numbers = json_object_get(json_object_get(run->summary, "metrics"), list);

    return json_number_value(json_array_get(numbers, i));
}

/* ---- partitions ---- */

/* One image of VGG-16's first seven blocks. */
static struct simulated one_image(const char *partition, const char *more)
{
    char words[256];

    snprintf(words, sizeof words,
             "requests.count=1 requests.arrival=fixed algorithm.tiles=0 algorithm.partition=%s %s",
             partition, more);
    return shipped_fine("adcnn", NULL, words);
}

/* Without compression; the image is 602,112 bytes, the seven blocks give 802,816. */
static void tiles_alone_move_the_image_and_the_map_and_no_more(void **state)
{
    struct simulated run = one_image("fdsp", "algorithm.bits=0");

    (void)state;
    assert_true(number_at(run.summary, "bytes") == 602112 + 802816);
    simulated_release(&run);
}

/* Two rows of tiles, four columns.  A map of h x w x c floats has one line between rows, of which each side needs a row
 * beyond it, and three between columns: 2 (w + 3 h) c, and 2 x 3 x 2 corners.  The image comes with its halo. */
static void halos_are_the_lines_between_tiles(void **state)
{
    static const int maps[][2] = {{224, 64}, {112, 64}, {112, 128},
                                  {56, 128}, {56, 256}, {56, 256}};
    struct simulated run = one_image("halo", "");
    double expected = 602112 + 4 * (2 * (224 + 3 * 224) + 2 * 3 * 2) * 3 + 802816;

    (void)state;
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        expected += 4 * (2 * (maps[i][0] + 3.0 * maps[i][0]) + 2 * 3 * 2) * maps[i][1];
    assert_close(number_at(run.summary, "bytes"), expected, 1e-12);
    simulated_release(&run);
}

/* Each node sends each other its part of every convolution's map: 7 maps of bytes, but 3 channels are on 3 nodes. */
static void channels_move_all_maps_seven_times(void **state)
{
    const double maps = 12845056 + 2 * 6422528.0 + 3 * 3211264.0;
    struct simulated run = one_image("channelwise", "");
    const double first = 3 * 12845056.0 * 7 / 8;

    (void)state;
    assert_close(number_at(run.summary, "bytes"), 602112 + first + 7 * maps + 802816, 1e-12);
    simulated_release(&run);
}

static void channels_split_the_weights_and_tiles_have_them_all(void **state)
{
    const double weights = 4.0 * (1792 + 36928 + 73856 + 147584 + 295168 + 2 * 590080);
    struct simulated channels = one_image("channelwise", ""), tiles = one_image("fdsp", "");

    (void)state;
    assert_true(item_of(&tiles, "node_memory_bytes", 3) > weights);
    /* of conv1_1's three channels the third node has the first; of conv1_2 an eighth of the input, and all that its
     * partial sums are of */
    assert_close(item_of(&channels, "node_memory_bytes", 2),
                 (weights - 4 * 1792) / 8 + 4 * 1792.0 / 3 + 12845056.0 / 8 + 12845056, 1e-6);
    simulated_release(&channels);
    simulated_release(&tiles);
}

static void the_more_is_exchanged_the_longer_it_takes(void **state)
{
    struct simulated tiles = one_image("fdsp", ""), halos = one_image("halo", "");
    struct simulated channels = one_image("channelwise", "");
    const double alone = metric_of(&tiles, "mean_latency_seconds");
    const double halo = metric_of(&halos, "mean_latency_seconds");

    (void)state;
    assert_true(alone < halo);
    assert_true(10 * halo < metric_of(&channels, "mean_latency_seconds"));
    simulated_release(&tiles);
    simulated_release(&halos);
    simulated_release(&channels);
}

static void one_device_takes_the_papers_1586_ms(void **state)
{
    struct simulated run = one_image("single", "algorithm.separable_layers=0");

    (void)state;
    assert_close(metric_of(&run, "mean_latency_seconds"), 1.58653, 1e-3);
    simulated_release(&run);
}

static const char cloud[] = "hosts={central: [device-0], cloud: [cloud]}";
#define CLOUD                                                                                      \
    "platform=platforms/device_edge_cloud.xml algorithm.tiles=0 algorithm.separable_layers=0 "     \
    "algorithm.partition=cloud "

/* 17.5 ms and 4.5 there and back at 61.3 Mbps, 15,470,264,320 MACs at 10 Tflop/s. */
static void the_cloud_is_a_way_there_and_back(void **state)
{
    struct simulated run = shipped_fine("adcnn", cloud, CLOUD "requests.count=1");
    const double bits = 8.0 * (602112 + 4000);

    (void)state;
    assert_close(metric_of(&run, "mean_latency_seconds"),
                 2 * 0.022 + bits / 61.3e6 + 2 * 15470264320.0 / 1e13, 1e-9);
    simulated_release(&run);
}

static void stages_add_up_to_the_latency(void **state)
{
    static const char *const stages[] = {"wait",      "scatter", "convolve",
                                         "rest_wait", "rest",    "answer"};
    static const char *const words[] = {
        "requests.count=12 requests.rate=3",
        "requests.count=12 requests.rate=3 algorithm.overlap=off",
        "requests.count=2 requests.rate=3 algorithm.partition=halo algorithm.tiles=0",
        "requests.count=4 algorithm.partition=single algorithm.tiles=0 "
        "algorithm.separable_layers=0",
        CLOUD "requests.count=4 requests.rate=30"};

    (void)state;
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        struct simulated run = shipped_fine("adcnn", w == 4 ? cloud : NULL, words[w]);
        double sum = 0;

        for (size_t s = 0; s < sizeof stages / sizeof stages[0]; s++) {
            char name[64];

            snprintf(name, sizeof name, "mean_%s_seconds", stages[s]);
            sum += metric_of(&run, name);
        }
        assert_close(sum, metric_of(&run, "mean_latency_seconds"), 1e-9);
        simulated_release(&run);
    }
}

/* ---- images one after the other ---- */

#define ASKED "requests.arrival=fixed requests.rate=100 requests.count=20 "

/* Alone an image takes 240.02 ms; with overlap its 36.14 ms on the way are behind the one before. */
static void overlap_hides_the_way_of_all_images_but_the_first(void **state)
{
    struct simulated off = shipped_fine("adcnn_table3", NULL, ASKED "algorithm.overlap=off");
    struct simulated on = shipped_fine("adcnn_table3", NULL, ASKED);

    (void)state;
    assert_close(seconds_of(&off), 20 * 0.24002, 1e-4);
    assert_close(seconds_of(&on), 0.24002 + 19 * 0.20288, 0.01);
    simulated_release(&off);
    simulated_release(&on);
}

/* ---- late nodes ---- */

#define SLOW "requests.arrival=fixed requests.rate=1 requests.count=6 "
static const char one_slow[] = "faults=[{host: device-3, at: 1.5, factor: 0.1}]";

static void a_late_tile_is_zeros_and_without_a_limit_it_is_waited_for(void **state)
{
    struct simulated limit = shipped_fine("adcnn_table3", one_slow, SLOW);
    struct simulated none = shipped_fine("adcnn_table3", one_slow, SLOW "algorithm.time_limit=0");

    (void)state;
    assert_true(metric_of(&limit, "missing_tiles") > 0);
    assert_true(metric_of(&none, "missing_tiles") == 0);
    assert_true(metric_of(&limit, "p99_latency_seconds") < 0.4);
    assert_true(metric_of(&none, "p99_latency_seconds") > 1);
    assert_true(item_of(&limit, "tiles_per_node", 2) == 1);
    assert_true(sum_of(&limit, "tiles_per_node") == 64);
    simulated_release(&limit);
    simulated_release(&none);
}

/* T_L does not begin before the last node has its tiles, which takes seconds here. */
static void a_slow_air_makes_no_tile_late(void **state)
{
    struct simulated run = shipped_fine("adcnn", "platform.link[air].bandwidth=1Mbps",
                                        "requests.count=2 requests.rate=0.1");

    (void)state;
    assert_true(metric_of(&run, "missing_tiles") == 0);
    assert_true(metric_of(&run, "mean_scatter_seconds") > 4);
    simulated_release(&run);
}

static void a_node_that_is_fast_again_gets_tiles_again(void **state)
{
    struct simulated run =
        shipped_fine("adcnn_table3", "faults=[{host: device-3, at: 1.5, for: 4, factor: 0.1}]",
                     "requests.arrival=fixed requests.rate=1 requests.count=16");

    (void)state;
    assert_true(item_of(&run, "tiles_per_node", 2) == 8);
    simulated_release(&run);
}

/* Algorithm 2 with the plain count: what all give back in time is what they were given, so it stays. */
static void counted_results_keep_what_comes_in_time(void **state)
{
    struct simulated run = shipped_fine(
        "adcnn_table3", "faults=[{host: device-3, at: 1.5, for: 4, factor: 0.1}]",
        "requests.arrival=fixed requests.rate=1 requests.count=16 algorithm.statistics=results");

    (void)state;
    assert_true(item_of(&run, "tiles_per_node", 2) < 4);
    simulated_release(&run);
}

/* ---- dead nodes ---- */

static const char one_dead[] = "faults=[{host: device-3, at: 1.1, factor: 0}]";

static void who_is_dead_gets_no_tiles_and_leaves_zeros(void **state)
{
    struct simulated run = shipped_fine("adcnn_table3", one_dead, SLOW);

    (void)state;
    assert_true(metric_of(&run, "requests_answered") == 6);
    assert_true(item_of(&run, "tiles_per_node", 2) == 0);
    assert_true(metric_of(&run, "missing_tiles") > 0 && metric_of(&run, "missing_tiles") <= 8);
    simulated_release(&run);
}

static void the_image_of_the_dead_is_computed_here_or_lost_if_asked(void **state)
{
    struct simulated here = shipped_fine("adcnn_table3", one_dead, SLOW "algorithm.on_loss=local");
    struct simulated lost = shipped_fine("adcnn_table3", one_dead, SLOW "algorithm.on_loss=fail");

    (void)state;
    assert_true(metric_of(&here, "requests_fell_back") == 1);
    assert_true(metric_of(&here, "requests_answered") == 6);
    assert_true(metric_of(&lost, "requests_lost") == 1);
    assert_true(metric_of(&lost, "requests_answered") == 5);
    simulated_release(&here);
    simulated_release(&lost);
}

/* Layer by layer nobody can do without anybody. */
static void with_halos_the_dead_are_missed_by_all(void **state)
{
    static const char halo[] = "algorithm.partition=halo algorithm.tiles=0 requests.count=3 "
                               "requests.rate=1 algorithm.on_loss=";
    char words[256];
    struct simulated run;

    (void)state;
    snprintf(words, sizeof words, "%slocal", halo);
    run = shipped_fine("adcnn", one_dead, words);
    assert_true(metric_of(&run, "requests_fell_back") == 2);
    simulated_release(&run);
    snprintf(words, sizeof words, "%sretry", halo);
    run = shipped_fine("adcnn", one_dead, words);
    assert_true(metric_of(&run, "requests_lost") == 2);
    simulated_release(&run);
}

/* Its role does not begin anew; with halos all images after it are lost. */
static void who_died_for_a_time_does_not_come_back(void **state)
{
    static const char for_a_time[] = "faults=[{host: device-3, at: 1.02, for: 0.7, factor: 0}]";
    struct simulated tiles = shipped_fine("adcnn_table3", for_a_time, SLOW);
    struct simulated halos = shipped_fine("adcnn", for_a_time,
                                          "algorithm.partition=halo algorithm.tiles=0 "
                                          "requests.count=4 requests.rate=1");

    (void)state;
    assert_true(metric_of(&tiles, "requests_answered") == 6);
    assert_true(item_of(&tiles, "tiles_per_node", 2) == 0);
    assert_true(metric_of(&halos, "requests_lost") >= 2);
    simulated_release(&tiles);
    simulated_release(&halos);
}

static void with_all_nodes_dead_nothing_hangs(void **state)
{
    struct simulated run = shipped_fine(
        "adcnn_table3", "faults=[{host: device-1, at: 1.1, factor: 0}]", SLOW "algorithm.nodes=1");

    (void)state;
    assert_true(metric_of(&run, "requests_answered") == 1 && metric_of(&run, "requests_lost") == 5);
    simulated_release(&run);
}

/* ---- what cannot be ---- */

static void nonsense_is_refused(void **state)
{
    (void)state;
    shipped_fails("adcnn", NULL, "algorithm.separable_layers=18", 2,
                  "8 x 8 tiles are more than pool5 has places: 7 x 7");
    shipped_fails("adcnn", NULL, "algorithm.separable_layers=19", 2, "'fc6' (fc) cannot be cut");
    shipped_fails("adcnn", NULL, "algorithm.tiles=4096 algorithm.separable_layers=9", 2,
                  "64 x 64 tiles are more than pool2 has places: 56 x 56");
    shipped_fails("adcnn", "workload={model: alexnet}",
                  "algorithm.tiles=0 algorithm.partition=halo algorithm.nodes=23 "
                  "algorithm.separable_layers=3",
                  2, "reach 2 places beyond a tile, but the smallest of 1 x 23 tiles has 27 x 1");
    shipped_fails("adcnn", "workload={model: resnet34}", "", 2, "does not read the layer before");
    shipped_fails("adcnn", NULL, "algorithm.partition=single", 2,
                  "adcnn: tiles needs partition: fdsp or halo");
    shipped_fails("adcnn", NULL, "algorithm.node_speeds=[1,2]", 2,
                  "node_speeds has 2 numbers, but there are 8 nodes");
    shipped_fails("adcnn", NULL, "algorithm.partition=halo", 2,
                  "so tiles must be 8 (nodes), not 64");
    shipped_fails("adcnn", NULL, "algorithm.conv_seconds=1s", 2, "conv_seconds needs a scenario");
    shipped_fails("adcnn_table3", NULL, "algorithm.partition=halo algorithm.tiles=0", 2,
                  "they need a workload");
    shipped_fails("adcnn_table3", NULL, "algorithm.conv_seconds=0", 2,
                  "nothing says what an image");
    shipped_fails("adcnn", NULL, "algorithm.learning=digits", 2, "8 x 8 tiles do not divide");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_alone_move_the_image_and_the_map_and_no_more),
        cmocka_unit_test(halos_are_the_lines_between_tiles),
        cmocka_unit_test(channels_move_all_maps_seven_times),
        cmocka_unit_test(channels_split_the_weights_and_tiles_have_them_all),
        cmocka_unit_test(the_more_is_exchanged_the_longer_it_takes),
        cmocka_unit_test(one_device_takes_the_papers_1586_ms),
        cmocka_unit_test(the_cloud_is_a_way_there_and_back),
        cmocka_unit_test(stages_add_up_to_the_latency),
        cmocka_unit_test(overlap_hides_the_way_of_all_images_but_the_first),
        cmocka_unit_test(a_late_tile_is_zeros_and_without_a_limit_it_is_waited_for),
        cmocka_unit_test(a_slow_air_makes_no_tile_late),
        cmocka_unit_test(a_node_that_is_fast_again_gets_tiles_again),
        cmocka_unit_test(counted_results_keep_what_comes_in_time),
        cmocka_unit_test(who_is_dead_gets_no_tiles_and_leaves_zeros),
        cmocka_unit_test(the_image_of_the_dead_is_computed_here_or_lost_if_asked),
        cmocka_unit_test(with_halos_the_dead_are_missed_by_all),
        cmocka_unit_test(who_died_for_a_time_does_not_come_back),
        cmocka_unit_test(with_all_nodes_dead_nothing_hangs),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
