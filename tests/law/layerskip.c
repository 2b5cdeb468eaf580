/* layerskip as runs: what its rounds take, beside what was published; batches, models on devices; that nothing is lost. */
#include "algorithms/decoding/shared/expected.h"
#include "tests/fixtures/decoded.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define SYSTEM "layerskip, target_step_seconds: 17.3ms, "

static const double target = 17.3e-3, way = 50e-6, rate = 1.25e9;

/* ---- a round ---- */

/* All is accepted: rounds of 5 drafts and one token more; layers are 0.93 of a step, and the head the rest. */
#define RIGHT                                                                                      \
    SYSTEM "tokens: 42, gamma: 5, acceptance: [1], exit_layer: 7, layers: 23, head_share: 0.07"

static void a_round_takes_what_its_layers_do(void **state)
{
    const double layers = 0.93 * target, head = 0.07 * target, early = 7.0 / 23;

    (void)state;
    assert_close(decoded_seconds(RIGHT, ""),
                 7 * (5 * (early * layers + head) + early * layers + (1 - early) * layers + head),
                 1e-12);
    assert_close(decoded_metric(RIGHT, "", "speedup"), 6 / (5 * (early * 0.93 + 0.07) + 1), 1e-12);
    assert_close(decoded_metric(RIGHT, "", "verify_seconds"), 7 * ((1 - early) * layers + head),
                 1e-12);
}

static void apart_the_states_of_all_positions_are_sent(void **state)
{
    const double bytes = 7 * (8 + 5 * 4 + 6 * 1234.0);

    (void)state;
    assert_close(decoded_bytes(RIGHT, ""), 0, 0);
    assert_close(decoded_bytes(RIGHT ", placement: apart, state_bytes: 1234B", ""), bytes, 0);
    assert_close(decoded_bytes(RIGHT ", placement: apart", ""), 7 * (8 + 5 * 4 + 6 * 8192.0), 0);
    assert_close(decoded_seconds(RIGHT ", placement: apart, state_bytes: 1234B", "") -
                     decoded_seconds(RIGHT, ""),
                 7 * 2 * way + bytes / rate, 1e-9);
}

/* Two sequences go through the same steps: a batch takes as long as one. */
static void a_batch_shares_its_passes(void **state)
{
    static const char two[] = "requests: {arrival: fixed, rate: 1000000, count: 2}\n";
    static const char batch[] = SYSTEM "acceptance: [1], tokens: 70, batch: 2";
    const double round = (6 * 0.25 + 1) * target;

    (void)state;
    /* the second one comes a microsecond late, and joins behind the first round */
    assert_close(decoded_seconds(batch, two), 11 * round, 1e-12);
    assert_close(decoded_metric(batch, two, "mean_batch"), 20.0 / 11, 1e-12);
}

/* The draft's host dies in the third round: the target goes on alone, through all layers. */
static void without_its_draft_the_target_goes_on_alone(void **state)
{
    const double early = 7.0 / 23, layers = 0.93 * target, head = 0.07 * target;
    const double drafts = 5 * (early * layers + head) + early * layers;
    const double round =
        drafts + (1 - early) * layers + head + 2 * way + (8 + 5 * 4 + 6 * 8192) / rate;
    const double dies = 2 * round + drafts / 2;
    char more[256];

    (void)state;
    snprintf(more, sizeof more,
             "faults: [{host: node-1, at: %.9fs, factor: 0}]\n"
             "hosts: {target: [node-0], draft: [node-1]}\n",
             dies);
    assert_close(decoded_seconds(RIGHT ", placement: apart", more), dies + 30 * target, 1e-6);
}

/* ---- a model on a device ---- */

/* Llama-2-7B on a GPU of 312 Tflop/s and 2039 GB/s. */
static double part_of(double share, double head, double rows, double held)
{
    const double matrices =
        share * 32 * (4.0 * 4096 * 4096 + 3.0 * 4096 * 11008) + head * 4096 * 32000;
    const double kept = share * 2 * 32 * 4096 * (held + rows);
    const double flop = 2 * matrices * rows + 4 * share * 32 * 4096 * rows * (held + rows / 2);

    return hypot(2 * (matrices + kept) / 2039e9, flop / 312e12);
}

static void a_model_tells_what_its_layers_cost(void **state)
{
    static const char model[] = "platform: platforms/gpu_cluster.xml\n"
                                "workload: {model: llama_2_7b}\n";
    static const char system[] = "layerskip, tokens: 12, gamma: 3, acceptance: [1], exit_layer: 9";
    const double share = 9.0 / 32;
    double seconds = 0;

    (void)state;
    for (int round = 0; round < 3; round++) {
        const double held = round == 0 ? 0 : 4 * round - 1;

        for (int d = 0; d < 3; d++)
            seconds += part_of(share, 1, 1, held + d);
        seconds += part_of(share, 0, 1, held + 3) + part_of(1 - share, 1, 4, held);
    }
    assert_close(decoded_seconds(system, model), seconds, 1e-9);
    assert_close(decoded_bytes("layerskip, tokens: 12, gamma: 3, acceptance: [1], exit_layer: 9, "
                               "placement: apart",
                               model),
                 3 * (8 + 3 * 4 + 4 * 8192.0), 0);
}

/* Stages of a target in a row: an exit in the first one leaves the second to those who verify. */
static void drafts_stay_in_the_stages_that_they_need(void **state)
{
    static const char stages[] = "layerskip, tokens: 12, gamma: 3, acceptance: [1], "
                                 "pipeline_stages: 2, exit_layer: ";
    static const char model[] = "platform: platforms/gpu_cluster.xml\n"
                                "workload: {model: llama_2_7b}\n";
    char near[256], far[256];

    (void)state;
    snprintf(near, sizeof near, "%s16", stages);
    snprintf(far, sizeof far, "%s17", stages);
    /* a step of four tokens goes to the second stage, and its tokens come back; drafts past it go there as well */
    assert_close(decoded_bytes(near, model), 3 * (4 * 8192 + 4 * 4), 0);
    assert_close(decoded_bytes(far, model), 3 * (4 * 8192 + 4 * 4 + 4 * (8192 + 4)), 0);
}

/* Of Llama-2-70B, 138 GB, the target's two GPUs of 80 GB hold a half each, and a draft apart its first layers. */
static void a_draft_apart_holds_its_layers_only(void **state)
{
    static const char model[] = "platform: platforms/gpu_cluster.xml\n"
                                "workload: {model: llama_2_70b}\n";

    (void)state;
    assert_true(decoded_metric("layerskip, tensor_parallel: 2, placement: apart, tokens: 9", model,
                               "tokens_per_step") > 1);
    decoded_fails("layerskip, tensor_parallel: 2, placement: apart, tokens: 9, exit_layer: 50",
                  model, "the weights, and the keys and values of one sequence");
}

/* ---- published ---- */

/* Rounds that accept as many drafts on the mean as were published. */
static const char *trace_file(struct sim_arena *arena, double accepted_per_round)
{
    enum { ROUNDS = 1000 };
    const char *path = sim_text(arena, "build/layerskip-%ld.csv", (long)getpid());
    FILE *file = fopen(path, "w");
    double accepted = 0;

    assert_non_null(file);
    fprintf(file, "accepted\n");
    for (int r = 1; r <= ROUNDS; r++) {
        const double now = floor(accepted_per_round * r + 1e-9) - accepted;

        fprintf(file, "%g\n", now);
        accepted += now;
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

/* The authors' README, Llama-2-7B: exit layer, drafts, acceptance rate, measured speedup; the model's is derived. */
static void published_acceptance_makes_the_models_speedup(void **state)
{
    static const struct {
        const char *task;
        int exit, drafts;
        double rate, measured, model;
    } rows[] = {{"CNN/DM continuation", 8, 6, .7945, 2.052, 2.307},
                {"language modelling", 8, 6, .4316, 1.311, 1.436},
                {"HumanEval", 10, 6, .5554, 1.388, 1.507},
                {"CNN/DM 1-shot", 8, 12, .4305, 1.321, 1.542},
                {"XSUM 3-shot", 8, 12, .4386, 1.069, 1.566}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_arena *arena = sim_arena_open();
        const char *path = trace_file(arena, rows[i].rate * rows[i].drafts);
        char text[512];
        double speedup;

        snprintf(text, sizeof text,
                 SYSTEM "tokens: 10000, gamma: %d, exit_layer: %d, acceptance_trace: %s",
                 rows[i].drafts, rows[i].exit, path);
        speedup = decoded_metric(text, "", "speedup");
        print_message("%-20s measured %.3f, simulated %.3f, ratio %.3f\n", rows[i].task,
                      rows[i].measured, speedup, rows[i].measured / speedup);
        assert_close(speedup, dec_layerskip_speedup(rows[i].rate, rows[i].drafts, rows[i].exit, 32),
                     2e-3);
        assert_close(speedup, rows[i].model, 0.01);
        unlink(path);
        sim_arena_close(arena);
    }
}

/* ---- nothing is lost ---- */

static void greedy_text_is_that_of_the_target_alone(void **state)
{
    (void)state;
    decoded_is_greedy("layerskip, draft_orders: [2]");
    decoded_is_greedy("layerskip, draft_orders: [2], placement: apart");
}

/* And a rule that is not exact is noticed. */
static void what_is_emitted_follows_the_target(void **state)
{
    struct decoded decoded;

    (void)state;
    decoded_follows_the_target("layerskip, gamma: 3");
    decoded_open(&decoded,
                 "speculative_decoding, lenience: 0.5, tokens: 12000, gamma: 3, " DECODED_BIGRAMS,
                 "");
    assert_true(decoded_chance(&decoded, 2) < 1e-12);
    decoded_close(&decoded);
}

/* ---- bad input ---- */

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    decoded_fails(SYSTEM "exit_layer: 32", "", "at least one must be left to verify with");
    decoded_fails(SYSTEM "exit_layer: 5, layers: 4", "", "5, of 4 layers");
    decoded_fails(SYSTEM "exit_layer: 0", "", "exit_layer");
    decoded_fails(SYSTEM "gamma: 0", "", "gamma");
    decoded_fails(SYSTEM "head_share: 1.1", "", "head_share");
    decoded_fails(SYSTEM "state_bytes: 512B", "", "No state is sent inside a host");
    decoded_fails("layerskip, head_share: 0.1", "workload: {model: llama_2_7b}\n",
                  "leave out head_share");
    decoded_fails("layerskip, exit_layer: 40", "workload: {model: llama_2_7b}\n", "of 32 layers");
    decoded_fails("layerskip, draft_step_seconds: 2ms", "", "draft_step_seconds");
    decoded_fails("layerskip, tokens_from: text, draft_orders: [2, 1]", "", "there is one draft");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_takes_what_its_layers_do),
        cmocka_unit_test(apart_the_states_of_all_positions_are_sent),
        cmocka_unit_test(a_batch_shares_its_passes),
        cmocka_unit_test(without_its_draft_the_target_goes_on_alone),
        cmocka_unit_test(a_model_tells_what_its_layers_cost),
        cmocka_unit_test(drafts_stay_in_the_stages_that_they_need),
        cmocka_unit_test(a_draft_apart_holds_its_layers_only),
        cmocka_unit_test(published_acceptance_makes_the_models_speedup),
        cmocka_unit_test(greedy_text_is_that_of_the_target_alone),
        cmocka_unit_test(what_is_emitted_follows_the_target),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
