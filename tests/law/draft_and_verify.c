/* draft_and_verify as runs: what sublayers cost, where drafting stops, the threshold's way, and that nothing is lost. */
#include "algorithms/decoding/shared/expected.h"
#include "tests/fixtures/decoded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM "draft_and_verify, target_step_seconds: 17.3ms, "

static const double target = 17.3e-3, way = 50e-6, rate = 1.25e9;

/* ---- costs ---- */

/* All is accepted, and the draft is always sure: a token of the target, seven rounds of 8 + 1, and one of 3 + 1. */
#define SURE SYSTEM "acceptance: [1], tokens: 68"

static void steps_take_what_their_sublayers_are(void **state)
{
    const double share = 1 - (13 + 7) / (2.0 * 29), steps = 9, drafted = 59;

    (void)state;
    assert_close(decoded_metric(SURE, "", "drafted_tokens"), drafted, 0);
    assert_close(decoded_metric(SURE, "", "target_steps"), steps, 0);
    assert_close(decoded_seconds(SURE ", layers: 29, skipped_attention: 13, skipped_mlp: 7", ""),
                 (steps + drafted * share) * target, 1e-12);
    assert_close(decoded_seconds(SURE ", draft_step_seconds: 3.1ms", ""),
                 steps * target + drafted * 3.1e-3, 1e-12);
    /* 24 attention and 10 MLP of 40, as the paper has it for Llama-2-13B */
    assert_close(decoded_seconds(SURE ", layers: 40", ""), (steps + drafted * 0.575) * target,
                 1e-12);
    assert_close(decoded_seconds(SURE, ""), decoded_seconds(SURE ", layers: 40", ""), 0);
}

static void apart_each_round_pays_for_the_way_there_and_back(void **state)
{
    const double steps = 9, drafted = 59, bytes = 8 * steps + 4 * drafted;

    (void)state;
    assert_close(decoded_bytes(SURE, ""), 0, 0);
    assert_close(decoded_bytes(SURE ", placement: apart", ""), bytes, 0);
    assert_close(decoded_seconds(SURE ", placement: apart", "") - decoded_seconds(SURE, ""),
                 steps * 2 * way + bytes / rate, 1e-9);
}

/* 4 hd h numbers of attention or, with fewer keys and values, less; 3 h f of the MLP; 2 bytes each. */
struct model {
    const char *name, *skipped;
    double layers, hidden, kv_hidden, ffn, attention, mlp;
    double
        share; /* that is left of all layers' bytes: derived from the published sets, to three digits */
};

static double share_of(const struct model *m)
{
    const double attention = 2 * m->hidden * (m->hidden + m->kv_hidden);
    const double mlp = 3 * m->hidden * m->ffn;

    return 1 - (m->attention * attention + m->mlp * mlp) / (m->layers * (attention + mlp));
}

/* On a GPU of 312 Tflop/s and 2039 GB/s. */
static double step_of(const struct model *m, double share, double rows, double held)
{
    const double layer = 2 * m->hidden * (m->hidden + m->kv_hidden) + 3 * m->hidden * m->ffn;
    const double matrices = share * m->layers * layer + m->hidden * 32000;
    const double kept = share * 2 * m->layers * m->kv_hidden * (held + rows);
    const double flop =
        2 * matrices * rows + 4 * share * m->layers * m->hidden * rows * (held + rows / 2);

    return hypot(2 * (matrices + kept) / 2039e9, flop / 312e12);
}

static void skipped_sublayers_count_with_their_parameters_where_a_model_is_known(void **state)
{
    static const struct model models[] = {
        {"llama_2_13b", "skipped_attention: 24, skipped_mlp: 10", 40, 5120, 5120, 13824, 24, 10,
         0.634},
        {"llama_2_70b", "skipped_attention: 47, skipped_mlp: 37", 80, 8192, 1024, 28672, 47, 37,
         0.515},
    };

    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        const struct model *m = &models[i];
        char text[512], where[512];
        double seconds = step_of(m, 1, 1, 0);

        /* one draft for each step of the target but the first */
        for (int held = 0; held < 40; held += 2)
            seconds += step_of(m, share_of(m), 1, held) + step_of(m, 1, 2, held);
        snprintf(text, sizeof text,
                 "draft_and_verify, tokens: 41, acceptance: [1], max_step_draft: 1, %s",
                 m->skipped);
        snprintf(where, sizeof where,
                 "platform: platforms/gpu_cluster.xml\nhosts: {target: [node-0-gpu-0]}\n"
                 "workload: {model: %s}\nallow_oom: yes\n",
                 m->name);
        assert_close(decoded_seconds(text, where), seconds, 1e-9);
        assert_true(fabs(share_of(m) - m->share) < 0.0005);
    }
}

/* ---- where drafting stops ---- */

/* Of a number that is k or more with probability first x next^(k-1), up to `most`. */
static double deviation(double first, double next, int most)
{
    double mean = 0, square = 0, at_least = first;

    for (int k = 1; k <= most; k++, at_least *= next) {
        mean += at_least;
        square += (2 * k - 1) * at_least;
    }
    return sqrt(square - mean * mean);
}

/* Behind a threshold that stays, with confidences uniform in [0, 1]: the closed form, within three standard deviations. */
static void drafting_stops_behind_the_first_doubt(void **state)
{
    static const struct {
        double threshold;
        int most;
        double accepted, drafted;
    } rows[] = {{0.5, 6, 0.7978, 1.9688}, {0.3, 6, 0.9093, 2.9412}, {0.8, 12, 0.6098, 1.25}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dec_confidence confidence = dec_uniform_confidence(0, 1, rows[i].threshold);
        struct decoded decoded;
        double steps, accepted, drafted;
        char text[512];

        snprintf(text, sizeof text,
                 SYSTEM "tokens: 30000, acceptance: [0.5], epsilon: 0, threshold: %g, "
                        "max_step_draft: %d",
                 rows[i].threshold, rows[i].most);
        decoded_open(&decoded, text, "");
        steps = metric_of(&decoded.run, "target_steps");
        drafted = metric_of(&decoded.run, "drafted_tokens");
        accepted = metric_of(&decoded.run, "draft_acceptance_rate") * drafted;
        assert_true(fabs(dec_stopped_accepted(&confidence, rows[i].most) - rows[i].accepted) <
                    1e-4);
        assert_true(fabs(dec_stopped_drafted(&confidence, rows[i].most) - rows[i].drafted) < 1e-4);
        assert_true(fabs(accepted / steps - rows[i].accepted) <
                    3 * deviation(confidence.mean, confidence.sure_mean, rows[i].most) /
                        sqrt(steps));
        assert_true(fabs(drafted / steps - rows[i].drafted) <
                    3 * deviation(1, confidence.sure, rows[i].most) / sqrt(steps));
        decoded_close(&decoded);
    }
}

/* ---- the threshold ---- */

/* What rounds accepted and drafted; where that leads is the paper's recurrence by hand. */
static const char *trace_file(struct sim_arena *arena)
{
    static const char rows[] = "accepted,drafted\n3,4\n12,12\n5,8\n2,2\n12,12\n7,7\n0,1\n9,10\n";
    const char *path = sim_text(arena, "build/threshold-%ld.csv", (long)getpid());
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(rows, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void the_threshold_goes_its_way(void **state)
{
    static const double drafts[] = {4, 12, 8, 2, 12, 7, 1, 10},
                        rates[] = {.375,    .6875,   .65625,  .828125,
                                   .914062, .957031, .478516, .689258},
                        thresholds[] = {.601, .602, .603, .604, .604, .603, .604, .605};
    double drafted[8], rate_seen[8], threshold[8];
    struct sim_arena *arena = sim_arena_open();
    const char *path = trace_file(arena);
    struct decoded decoded;
    char text[512];

    (void)state;
    snprintf(text, sizeof text,
             SYSTEM "tokens: 71, threshold: 0.6, max_step_draft: 12, acceptance_trace: %s", path);
    decoded_open(&decoded, text, "");
    assert_int_equal(decoded_column(&decoded, "thresholds", "drafted", drafted, 8), 8);
    assert_int_equal(decoded_column(&decoded, "thresholds", "acceptance_rate", rate_seen, 8), 8);
    assert_int_equal(decoded_column(&decoded, "thresholds", "threshold", threshold, 8), 8);
    for (int i = 0; i < 8; i++) {
        assert_close(drafted[i], drafts[i], 0);
        assert_true(fabs(rate_seen[i] - rates[i]) < 1e-6);
        assert_true(fabs(threshold[i] - thresholds[i]) < 1e-9);
    }
    decoded_close(&decoded);
    unlink(path);
    sim_arena_close(arena);
}

/* Three sequences have a threshold each, and stop drafting at different steps; a round takes as long as the longest. */
static void each_sequence_has_its_own(void **state)
{
    enum { MOST = 4000 };
    static double request[MOST], threshold[MOST];
    struct decoded decoded;
    double last[3] = {0.6, 0.6, 0.6}, steps, drafted;
    int count;

    (void)state;
    decoded_open(&decoded, SYSTEM "tokens: 200, batch: 3, max_step_draft: 12",
                 "requests: {arrival: fixed, rate: 1000000, count: 3}\n");
    count = decoded_column(&decoded, "thresholds", "request", request, MOST);
    assert_int_equal(decoded_column(&decoded, "thresholds", "threshold", threshold, MOST), count);
    for (int i = 0; i < count; i++) {
        assert_true(fabs(threshold[i] - last[(int)request[i]]) < 0.0010001);
        last[(int)request[i]] = threshold[i];
    }
    assert_true(last[0] != last[1] || last[1] != last[2]);
    steps = metric_of(&decoded.run, "draft_seconds") / (0.575 * target);
    drafted = metric_of(&decoded.run, "drafted_tokens");
    assert_close(steps, round(steps), 1e-9);
    assert_true(steps > drafted / 3 && steps < drafted);
    decoded_close(&decoded);
}

static void it_changes_every_so_many_verifications(void **state)
{
    double threshold[6];
    struct decoded decoded;

    (void)state;
    decoded_open(&decoded, SYSTEM "tokens: 300, acceptance: [0], interval: 3", "");
    assert_int_equal(decoded_column(&decoded, "thresholds", "threshold", threshold, 6), 6);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(threshold[i] - (0.6 + 0.001 * ((i + 1) / 3))) < 1e-9);
    decoded_close(&decoded);
}

/* ---- nothing is lost ---- */

static void greedy_text_is_that_of_the_target_alone(void **state)
{
    (void)state;
    decoded_is_greedy("draft_and_verify, draft_orders: [2]");
}

static void what_is_emitted_follows_the_target(void **state)
{
    (void)state;
    decoded_follows_the_target("draft_and_verify, threshold: 0.1, alpha_hat: 0.4");
}

/* ---- bad input ---- */

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    decoded_fails(SYSTEM "threshold: 1.3", "", "threshold");
    decoded_fails(SYSTEM "beta1: -0.1", "", "beta1");
    decoded_fails(SYSTEM "max_step_draft: 0", "", "max_step_draft");
    decoded_fails(SYSTEM "interval: 0", "", "interval");
    decoded_fails(SYSTEM "acceptance: [1.2]", "", "acceptance");
    decoded_fails(SYSTEM "layers: 12, skipped_mlp: 13", "", "of 12 layers");
    decoded_fails(SYSTEM "layers: 12, skipped_attention: 12, skipped_mlp: 12", "",
                  "nothing is left to draft with");
    decoded_fails(SYSTEM "draft_step_seconds: 2ms, skipped_mlp: 3", "", "leave out layers");
    decoded_fails(SYSTEM "exchange: rows", "", "placement: apart");
    decoded_fails(SYSTEM "tokens_from: text, draft_orders: [4]", "", "cannot know more");
    decoded_fails("draft_and_verify, layers: 12", "workload: {model: llama_2_7b}\n",
                  "as the workload says");
    decoded_fails("draft_and_verify", "workload: {model: llama_2_7b, draft: llama_68m}\n",
                  "a draft changes nothing here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_take_what_their_sublayers_are),
        cmocka_unit_test(apart_each_round_pays_for_the_way_there_and_back),
        cmocka_unit_test(skipped_sublayers_count_with_their_parameters_where_a_model_is_known),
        cmocka_unit_test(drafting_stops_behind_the_first_doubt),
        cmocka_unit_test(the_threshold_goes_its_way),
        cmocka_unit_test(each_sequence_has_its_own),
        cmocka_unit_test(it_changes_every_so_many_verifications),
        cmocka_unit_test(greedy_text_is_that_of_the_target_alone),
        cmocka_unit_test(what_is_emitted_follows_the_target),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
