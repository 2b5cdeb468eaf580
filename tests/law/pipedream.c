/* PipeDream: which versions of the weights its stages learn with, written out beside what the actors did; rounds over
 * replicas, the steady state, and what stages hold. */
#include "tests/fixtures/simulate.h"

#include "algorithms/learning/batches.h"
#include "algorithms/learning/dense.h"
#include "algorithms/learning/sgd.h"

#include <stdio.h>
#include <string.h>

enum { MINIBATCHES = 29, SAMPLES = 7, HIDDEN_LAYERS = 4, WIDTH = 11, SEED = 71 };
static const double RATE = 0.0613, MOMENTUM = 0.37;

static struct simulated run_with(const char *more)
{
    char text[1024];
    struct simulated run;

    snprintf(
        text, sizeof text,
        "platform: %s\n"
        "seed: %d\n"
        "algorithm: {name: pipedream, microbatches: %d, forward_seconds: 3ms, "
        "backward_seconds: 7ms, learning: mlp, hidden_layers: %d, hidden_width: %d, mini_batch: "
        "%d, learning_rate: %.17g, momentum: %.17g%s}\n",
        star_platform(8, 0), SEED, MINIBATCHES, HIDDEN_LAYERS, WIDTH, SAMPLES, RATE, MOMENTUM,
        more);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    return run;
}

/* ---- the same descent, written out: w_{t+1} = w_t - rate u(gradient at the versions that minibatch t met) ---- */

struct written {
    double loss, checksum;
};

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* Stage s of `stages` has made t - (stages - 1 - s) updates when minibatch t passes it forward; vertical sync takes
 * stage 0's count for all (section 3.3 of the paper). */
static struct written write_out(int stages, bool vertical)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct learning_data *data = data_set_open(arena, DATA_SYNTHETIC, SEED, &err);
    const int widths[HIDDEN_LAYERS] = {WIDTH, WIDTH, WIDTH, WIDTH};
    const struct learner *learner = learner_open(arena, data->set, widths, HIDDEN_LAYERS);
    struct batches *batches = batches_open(arena, data->train, SEED, 0);
    const size_t count = learner->parameter_count;
    double *versions = sim_new(arena, double, count *(MINIBATCHES + 1));
    double *met = sim_new(arena, double, count), *gradient = sim_new(arena, double, count);
    double *velocity = sim_new(arena, double, count), *last = versions + MINIBATCHES * count;
    const struct sgd sgd = {.rate = RATE, .momentum = MOMENTUM};
    struct written written = {0};
    int numbers[SAMPLES];

    learner_initialise(learner, versions, SEED);
    for (int t = 0; t < MINIBATCHES; t++) {
        for (int s = 0; s < stages; s++) {
            const int depth = HIDDEN_LAYERS + 1;
            const struct dense dense =
                dense_of(learner, s * depth / stages, (s + 1) * depth / stages - 1);
            const int version = most(0, t - (stages - 1 - (vertical ? 0 : s)));

            memcpy(met + dense.offset, versions + (size_t)version * count + dense.offset,
                   dense.count * sizeof *met);
        }
        batches_take(batches, (int64_t)t * SAMPLES, SAMPLES, numbers);
        learner_gradient(learner, met, numbers, SAMPLES, gradient);
        memcpy(versions + (size_t)(t + 1) * count, versions + (size_t)t * count,
               count * sizeof *met);
        sgd_step(&sgd, t, versions + (size_t)(t + 1) * count, gradient, velocity, count);
    }
    for (size_t i = 0; i < count; i++)
        written.checksum += last[i];
    written.loss = learner_evaluate(learner, last, data->test).loss;
    sim_arena_close(arena);
    return written;
}

static void check(const char *more, int stages, bool vertical)
{
    const struct written written = write_out(stages, vertical);
    struct simulated run = run_with(more);

    assert_close(metric_of(&run, "test_loss_nats"), written.loss, 1e-12);
    assert_close(metric_of(&run, "weights_checksum"), written.checksum, 1e-12);
    simulated_release(&run);
}

static void one_stage_is_plain_descent(void **state)
{
    (void)state;
    check(", stages: 1", 1, false);
}

static void stashing_takes_the_gradient_at_the_weights_of_the_forward_pass(void **state)
{
    (void)state;
    check(", stages: 2", 2, false);
    check(", stages: 5", 5, false);
}

static void vertical_sync_takes_the_same_version_on_all_stages(void **state)
{
    (void)state;
    check(", stages: 2, weights: vertical_sync", 2, true);
    check(", stages: 4, weights: vertical_sync", 4, true);
}

static double loss_with(const char *more)
{
    struct simulated run = run_with(more);
    const double loss = metric_of(&run, "test_loss_nats");

    simulated_release(&run);
    return loss;
}

static void the_three_ways_to_treat_weights_learn_differently(void **state)
{
    const double stashed = loss_with(", stages: 4"),
                 synchronous = loss_with(", stages: 4, weights: vertical_sync"),
                 newest = loss_with(", stages: 4, weights: newest");

    (void)state;
    assert_true(stashed != synchronous && stashed != newest && synchronous != newest);
}

/* ---- with a flush there is one version: every schedule is the same descent ---- */

static void with_a_flush_all_schedules_learn_alike(void **state)
{
    static const char *const names[] = {"naive_model_parallelism, stages: 2",
                                        "gpipe, stages: 4, recompute: yes",
                                        "one_f_one_b, stages: 5",
                                        "interleaved_one_f_one_b, stages: 2, chunks: 2",
                                        "zb_h1, stages: 3",
                                        "zb_h2, stages: 4",
                                        "gpipe, stages: 2, replicas: 1, tensor_width: 2"};
    double first = 0;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[1024];
        struct simulated run;

        snprintf(text, sizeof text,
                 "platform: %s\n"
                 "iterations: 3\n"
                 "algorithm: {name: %s, microbatches: 6, forward_seconds: 3ms, "
                 "input_gradient_seconds: 3ms, weight_gradient_seconds: 2ms, learning: mlp, "
                 "hidden_layers: %d, mini_batch: %d, learning_rate: %.17g}\n",
                 star_platform(8, 17), names[i], HIDDEN_LAYERS, SAMPLES, RATE);
        run = simulate(text, NULL);
        if (run.code != 0)
            fail_msg("%s: %s", names[i], run.err.text);
        if (i == 0)
            first = metric_of(&run, "weights_checksum");
        /* gradients of micro-batches are added in another order */
        assert_close(metric_of(&run, "weights_checksum"), first, 1e-10);
        simulated_release(&run);
    }
}

/* Replicas take other micro-batches, and sum: the same mean over all. */
static void replicas_learn_what_one_pipeline_does(void **state)
{
    double sums[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        char text[1024];
        struct simulated run;

        snprintf(
            text, sizeof text,
            "platform: %s\n"
            "iterations: 4\n"
            "algorithm: {name: one_f_one_b, stages: 3, microbatches: %d, replicas: %d, overlap: "
            "%s, forward_seconds: 3ms, backward_seconds: 5ms, parameter_bytes: 12345, learning: "
            "mlp, hidden_layers: %d, mini_batch: %d, learning_rate: %.17g}\n",
            star_platform(8, 17), i == 0 ? 6 : 3, i + 1, i == 0 ? "yes" : "no", HIDDEN_LAYERS,
            SAMPLES, RATE);
        run = simulate(text, NULL);
        if (run.code != 0)
            fail_msg("%s", run.err.text);
        sums[i] = metric_of(&run, "weights_checksum");
        simulated_release(&run);
    }
    assert_close(sums[0], sums[1], 1e-10);
}

/* ---- time and memory ---- */

static void the_slowest_stage_sets_the_pace(void **state)
{
    char text[1024];
    struct simulated run;

    (void)state;
    snprintf(text, sizeof text,
             "platform: %s\n"
             "algorithm: {name: pipedream, stages: 3, microbatches: 64, replicas: [3, 1, 2], "
             "forward_seconds: 3ms, backward_seconds: 7ms}\n",
             star_platform(8, 0));
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    assert_close(metric_of(&run, "minibatch_seconds"), 10e-3, 1e-9); /* of the stage with one */
    assert_close(metric_of(&run, "peak_microbatches"), 3,
                 0); /* stage 1: one replica for 3 workers */
    simulated_release(&run);
}

/* (warm-up + 1) versions and activations on each stage, a gradient beside: the most is stage 0's, K of each. */
static void stage_0_holds_a_version_and_an_activation_for_each_minibatch_in_flight(void **state)
{
    static const struct {
        const char *weights;
        double bytes;
    } cases[] = {{"stashing", (4 + 1) * 1234567.0 + 4 * 7654321.0},
                 {"vertical_sync", (4 + 1) * 1234567.0 + 4 * 7654321.0},
                 {"newest", (1 + 1) * 1234567.0 + 4 * 7654321.0}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char more[256];
        struct simulated run;

        snprintf(more, sizeof more,
                 ", stages: 4, parameter_bytes: 1234567, activation_bytes: 7654321, weights: %s",
                 cases[i].weights);
        run = run_with(more);
        assert_close(metric_of(&run, "peak_memory_bytes"), cases[i].bytes, 1e-12);
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stage_is_plain_descent),
        cmocka_unit_test(stashing_takes_the_gradient_at_the_weights_of_the_forward_pass),
        cmocka_unit_test(vertical_sync_takes_the_same_version_on_all_stages),
        cmocka_unit_test(the_three_ways_to_treat_weights_learn_differently),
        cmocka_unit_test(with_a_flush_all_schedules_learn_alike),
        cmocka_unit_test(replicas_learn_what_one_pipeline_does),
        cmocka_unit_test(the_slowest_stage_sets_the_pace),
        cmocka_unit_test(stage_0_holds_a_version_and_an_activation_for_each_minibatch_in_flight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
