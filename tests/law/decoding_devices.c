/* Language models on devices: seconds by hand, a target on several GPUs, memory, what is read and what is computed. */
#include "tests/fixtures/decoded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ON(hosts, model)                                                                           \
    "platform: platforms/gpu_cluster.xml\nhosts: {" hosts "}\nworkload: {" model "}"               \
    "\n"
#define ONE ON("target: [node-0-gpu-0]", "model: llama_2_7b")
#define PAIR                                                                                       \
    ON("target: [node-0-gpu-0], draft: [node-0-gpu-7]", "model: llama_2_7b, draft: llama_68m")

/* ---- one device ---- */

/* Llama-2-7B: 32 layers of 4 h^2 + 3 h f, a head of h V, keys and values of 2 x 32 x 4096 numbers a token; 2 bytes each. */
static const double matrices = 32 * (4.0 * 4096 * 4096 + 3.0 * 4096 * 11008) + 4096.0 * 32000;
static const double kv_bytes = 2.0 * 32 * 4096 * 2;

/* The GPUs of that platform reach all of 312 Tflop/s and 2039 GB/s, and layers have no overhead. */
static double step_of(double rows, double held)
{
    const double bytes = 2 * matrices + kv_bytes * (held + rows);
    const double flop = 2 * matrices * rows + 4.0 * 32 * 4096 * rows * (held + rows / 2);

    return hypot(bytes / 2039e9, flop / 312e12);
}

static void a_step_takes_what_its_bytes_and_flop_do(void **state)
{
    double seconds = step_of(213, 0); /* the prompt, which says the first token */

    (void)state;
    for (int t = 1; t < 9; t++)
        seconds += step_of(1, 213 + t - 1);
    assert_close(decoded_seconds("autoregressive, tokens: 9, prompt_tokens: 213", ONE), seconds,
                 1e-12);
}

/* Keys and values grow: the last tokens take longer than the first. */
static void memory_read_is_weights_and_what_is_kept(void **state)
{
    double bytes = 0;

    (void)state;
    for (int t = 0; t < 31; t++)
        bytes += 2 * matrices + kv_bytes * fmax(t, 1);
    assert_close(decoded_metric("autoregressive, tokens: 31", ONE, "memory_read_bytes"), bytes,
                 1e-12);
}

/* The lecture: speculative decoding does not save computation, but memory is read less often. */
static void memory_is_read_less_often_and_no_computation_is_saved(void **state)
{
    static const char speculative[] =
        "speculative_decoding, tokens: 400, gamma: 5, acceptance: [0.83]";

    (void)state;
    assert_true(decoded_metric(speculative, PAIR, "memory_read_ratio") < 0.5);
    assert_true(decoded_metric(speculative, PAIR, "computed_flop_ratio") > 1.3);
    assert_true(decoded_metric(speculative, PAIR, "speedup") > 2);
}

/* ---- several devices ---- */

#define FOUR ON("target: [node-0-gpu-0], shard: [\"node-0-gpu-[123]\"]", "model: llama_2_7b")
#define TWO  ON("target: [node-0-gpu-0], shard: [node-0-gpu-1]", "model: llama_2_7b")

/* 2 us and 300 GB/s from any GPU of a node to any other. */
static double message(double bytes)
{
    return 2e-6 + bytes / 300e9;
}

static void ranks_add_up_twice_a_layer(void **state)
{
    const double sum = 2 * 3 * message(4096 * 2 / 4.0);
    double seconds = 0;
    struct simulated run = decoded_run("autoregressive, tokens: 6, tensor_parallel: 4", FOUR);

    (void)state;
    for (int t = 0; t < 6; t++)
        seconds += step_of(1, fmax(t - 1, 0)) / 4 + 3 * message(4) + 64 * sum;
    assert_close(seconds_of(&run), seconds, 1e-9);
    assert_close(number_at(run.summary, "bytes"), 6 * (3 * 4 + 64 * 2 * 3 * 4096 * 2), 0);
    simulated_release(&run);
}

static void stages_hand_their_rows_on(void **state)
{
    struct simulated run = decoded_run("autoregressive, tokens: 6, pipeline_stages: 2", TWO);
    double seconds = 0;

    (void)state;
    for (int t = 0; t < 6; t++) {
        const double held = fmax(t - 1, 0), layers = matrices - 4096.0 * 32000;
        const double flop = 2 * layers + 4.0 * 32 * 4096 * (held + 0.5);
        const double bytes = 2 * layers + kv_bytes * (held + 1), head = 4096.0 * 32000;

        seconds += hypot(bytes / 2 / 2039e9, flop / 2 / 312e12) + message(4096 * 2) +
                   hypot((bytes / 2 + 2 * head) / 2039e9, (flop / 2 + 2 * head) / 312e12) +
                   message(4);
    }
    assert_close(seconds_of(&run), seconds, 1e-9);
    assert_close(number_at(run.summary, "bytes"), 6 * (4096 * 2 + 4), 0);
    simulated_release(&run);
}

/* The speedup is over the same target on the same devices. */
static void a_sharded_target_is_measured_against_itself(void **state)
{
    static const char both[] =
        ON("target: [node-0-gpu-0], shard: [\"node-0-gpu-[123]\"], draft: [node-0-gpu-7]",
           "model: llama_2_7b, draft: llama_68m");
    const double alone = decoded_seconds(
        "autoregressive, tokens: 20, prompt_tokens: 9, tensor_parallel: 2, pipeline_stages: 2",
        FOUR);

    (void)state;
    assert_close(
        decoded_metric("speculative_decoding, tokens: 20, prompt_tokens: 9, tensor_parallel: "
                       "2, pipeline_stages: 2",
                       both, "autoregressive_seconds"),
        alone, 1e-9);
}

/* ---- memory ---- */

/* Of 80 GB Llama-2-70B needs 138: two devices hold it, one does not. */
static void a_model_that_is_too_large_is_refused(void **state)
{
    (void)state;
    decoded_fails("autoregressive", ON("target: [node-0-gpu-0]", "model: llama_2_70b"),
                  "the weights, and the keys and values");
    assert_true(decoded_seconds(
                    "autoregressive, tokens: 2, tensor_parallel: 2",
                    ON("target: [node-0-gpu-0], shard: [node-0-gpu-1]", "model: llama_2_70b")) > 0);
}

/* 80 GB less 13.5 GB of weights hold 126,895 tokens: 12 sequences of 10,001. */
static void sequences_wait_for_memory(void **state)
{
    static const char many[] = ONE "requests: {arrival: fixed, rate: 1000000, count: 20}\n";
    struct simulated run =
        decoded_run("autoregressive, tokens: 5, prompt_tokens: 9996, batch: 20", many);

    (void)state;
    assert_non_null(
        strstr(json_string_value(json_array_get(json_object_get(run.summary, "remarks"), 0)),
               "room for 12 sequences of 10001 tokens"));
    assert_close(metric_of(&run, "target_steps"), 9, 0);
    /* four each, and one at the prompt: the first alone, then with eleven others, of whom the thirteenth takes its place, and
     * seven more theirs */
    simulated_release(&run);
}

static void what_cannot_work_is_refused(void **state)
{
    (void)state;
    decoded_fails("speculative_decoding",
                  ON("target: [node-0-gpu-0], draft: [node-0-gpu-7]",
                     "model: llama_2_7b, draft: llama_3_2_1b"),
                  "a vocabulary of 128256 tokens");
    decoded_fails("speculative_decoding", ONE, "1 draft is needed, and 0 given");
    decoded_fails("autoregressive", PAIR, "a draft changes nothing here");
    decoded_fails("autoregressive, target_step_seconds: 1ms", ONE, "follows from the workload");
    decoded_fails("autoregressive, tensor_parallel: 2", "platform: platforms/gpu_cluster.xml\n",
                  "need a workload");
}

/* Medusa: a head is a layer of h x h and a matrix of h x V, and each of the two rows of a step goes through all of them. */
static void heads_are_read_and_computed_in_each_step(void **state)
{
#define WITH(heads)                                                                                \
    "medusa, tokens: 64, rank_acceptance: [1], tree: cartesian, cartesian: [1], heads: " heads

    const double head = 4096.0 * 4096 + 4096.0 * 32000, steps = 32;

    (void)state;
    assert_close(decoded_metric(WITH("4"), ONE, "memory_read_bytes") -
                     decoded_metric(WITH("1"), ONE, "memory_read_bytes"),
                 steps * 3 * head * 2, 1e-9);
    assert_close(decoded_metric(WITH("4"), ONE, "computed_flop") -
                     decoded_metric(WITH("1"), ONE, "computed_flop"),
                 steps * 2 * 3 * head * 2, 1e-9);
    assert_true(decoded_metric(WITH("4"), ONE, "overhead") >
                decoded_metric(WITH("1"), ONE, "overhead"));
    assert_true(decoded_metric(WITH("1"), ONE, "overhead") > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_takes_what_its_bytes_and_flop_do),
        cmocka_unit_test(memory_read_is_weights_and_what_is_kept),
        cmocka_unit_test(memory_is_read_less_often_and_no_computation_is_saved),
        cmocka_unit_test(ranks_add_up_twice_a_layer),
        cmocka_unit_test(stages_hand_their_rows_on),
        cmocka_unit_test(a_sharded_target_is_measured_against_itself),
        cmocka_unit_test(a_model_that_is_too_large_is_refused),
        cmocka_unit_test(sequences_wait_for_memory),
        cmocka_unit_test(what_cannot_work_is_refused),
        cmocka_unit_test(heads_are_read_and_computed_in_each_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
