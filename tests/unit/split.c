/* Where a network is cut: all cuts are tried, one tensor crosses, and more bandwidth never keeps more at home. */
#include "tests/unit/close.h"

#include "algorithms/inference/rules/split.h"

#include "sim/base/random.h"

#include <stdbool.h>
#include <stdio.h>

enum { LAYERS = 9, CASES = 3000 };

struct network {
    double device[LAYERS], server[LAYERS];
    struct split_cut cuts[LAYERS + 1];
    struct split_view view;
};

static double uniform(struct sim_random *random, double least, double most)
{
    return least + (most - least) * sim_random_uniform(random);
}

static void draw(struct network *network, struct sim_random *random)
{
    const double speed = uniform(random, 1, 300);

    for (int l = 0; l < LAYERS; l++) {
        network->device[l] = uniform(random, 0, 0.01);
        network->server[l] = network->device[l] / speed;
        network->cuts[l] = (struct split_cut){l == 0 || sim_random_uniform(random) < 0.7,
                                              (int64_t)uniform(random, 1e3, 1e6)};
    }
    network->cuts[LAYERS] = (struct split_cut){true, 0};
    network->view = (struct split_view){.layers = LAYERS,
                                        .device_seconds = network->device,
                                        .server_seconds = network->server,
                                        .cuts = network->cuts,
                                        .batch = 1,
                                        .up_bytes_per_second = exp(uniform(random, 10, 20)),
                                        .up_latency_seconds = uniform(random, 0, 0.02),
                                        .down_bytes_per_second = 1e7,
                                        .down_latency_seconds = uniform(random, 0, 0.02),
                                        .answer_bytes = 4001,
                                        .server_slowness = uniform(random, 1, 20),
                                        .server_wait_seconds = uniform(random, 0, 0.01),
                                        .device_watts = 5.6,
                                        .radio_watts = 1.1,
                                        .send_joules_per_byte = 3.1e-7,
                                        .receive_joules_per_byte = 1.7e-7};
}

/* Written out once more, term by term. */
static double by_hand(const struct network *network, int cut)
{
    const struct split_view *view = &network->view;
    double seconds = 0;

    for (int l = 0; l < LAYERS; l++)
        seconds += l < cut ? network->device[l] : network->server[l] * view->server_slowness;
    if (cut < LAYERS)
        seconds += view->up_latency_seconds + view->down_latency_seconds +
                   view->server_wait_seconds +
                   (double)network->cuts[cut].bytes / view->up_bytes_per_second +
                   4001 / view->down_bytes_per_second;
    return seconds;
}

static void the_best_cut_is_the_least_of_all_legal_ones(void **state)
{
    struct sim_random *random = sim_random_open(6007, 0);

    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct network network;
        int best;

        draw(&network, random);
        best = split_best(&network.view, split_seconds);
        assert_true(network.cuts[best].is_legal);
        for (int c = 0; c <= LAYERS; c++) {
            assert_close(split_seconds(&network.view, c), by_hand(&network, c), 1e-12);
            if (network.cuts[c].is_legal)
                assert_true(by_hand(&network, c) >= by_hand(&network, best) * (1 - 1e-12));
        }
    }
    sim_random_close(random);
}

/* With more bandwidth fewer bytes need to be saved: the tensor that crosses never becomes smaller. */
static void more_bandwidth_sends_no_less(void **state)
{
    struct sim_random *random = sim_random_open(6011, 0);

    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct network network;
        int64_t before = 0;

        draw(&network, random);
        for (double rate = 1e3; rate < 1e10; rate *= 1.9) {
            int64_t bytes;

            network.view.up_bytes_per_second = rate;
            bytes = network.cuts[split_best(&network.view, split_seconds)].bytes;
            assert_true(bytes >= before);
            before = bytes;
        }
    }
    sim_random_close(random);
}

static void a_busier_server_gets_no_more_layers(void **state)
{
    struct sim_random *random = sim_random_open(6029, 0);

    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct network network;
        int before = 0;

        draw(&network, random);
        for (double slowness = 1; slowness < 1e5; slowness *= 1.7) {
            int cut;

            network.view.server_slowness = slowness;
            cut = split_best(&network.view, split_seconds);
            assert_true(cut >= before);
            before = cut;
        }
    }
    sim_random_close(random);
}

static void joules_are_those_of_the_device_alone(void **state)
{
    struct sim_random *random = sim_random_open(6037, 0);
    struct network network;
    double device = 0, up;

    (void)state;
    draw(&network, random);
    for (int l = 0; l < 4; l++)
        device += network.device[l];
    up = network.view.up_latency_seconds +
         (double)network.cuts[4].bytes / network.view.up_bytes_per_second;
    assert_close(split_joules(&network.view, 4),
                 5.6 * device + 1.1 * (up + network.view.down_latency_seconds + 4001 / 1e7) +
                     3.1e-7 * (double)network.cuts[4].bytes + 1.7e-7 * 4001,
                 1e-12);
    network.view.server_slowness *= 7; /* the server's energy is not the device's */
    network.view.server_wait_seconds += 1;
    assert_close(split_joules(&network.view, 4),
                 5.6 * device + 1.1 * (up + network.view.down_latency_seconds + 4001 / 1e7) +
                     3.1e-7 * (double)network.cuts[4].bytes + 1.7e-7 * 4001,
                 1e-12);
    sim_random_close(random);
}

/* ---- real networks ---- */

static void a_residual_block_is_not_cut(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct sim_model *model = sim_model_load(arena, "resnet18", &err);
    const struct split_cut *cuts = split_cuts(arena, model);
    int legal = 0;

    (void)state;
    for (int c = 0; c <= model->layer_count; c++)
        legal += cuts[c].is_legal;
    assert_int_equal(legal,
                     3 + 8 + 2); /* input, conv1, pool1; behind each block; pool, and all of it */
    assert_int_equal(cuts[0].bytes, 602112);
    assert_int_equal(split_behind(model, cuts, "conv2_1_a", &err), -1);
    assert_non_null(strstr(err.text, "2 tensors cross, as inside a residual block"));
    assert_non_null(strstr(err.text, "behind pool1 and behind conv2_1_add"));
    err = (struct sim_error){0};
    assert_int_equal(split_behind(model, cuts, "conv9", &err), -1);
    assert_non_null(strstr(err.text, "has no layer 'conv9'"));
    assert_int_equal(split_behind(model, cuts, "pool1", &err), 2);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_cut_is_the_least_of_all_legal_ones),
        cmocka_unit_test(more_bandwidth_sends_no_less),
        cmocka_unit_test(a_busier_server_gets_no_more_layers),
        cmocka_unit_test(joules_are_those_of_the_device_alone),
        cmocka_unit_test(a_residual_block_is_not_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
