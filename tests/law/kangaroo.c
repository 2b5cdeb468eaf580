/* kangaroo as runs: passes of the first layers, the adapter, the second exit, its metrics; that nothing is lost. */
#include "algorithms/decoding/shared/expected.h"
#include "tests/fixtures/decoded.h"

#include <math.h>
#include <stdio.h>

#define SYSTEM "kangaroo, target_step_seconds: 17.3ms, "

static const double target = 17.3e-3, way = 50e-6, rate = 1.25e9;

/* ---- a round ---- */

/* All is accepted: rounds of 4 drafts and one token more; layers are 0.93 of a step, and the head the rest. */
#define RIGHT                                                                                      \
    SYSTEM "tokens: 35, steps: 4, acceptance: [1], exit_layer: 3, layers: 29, head_share: 0.07, "  \
           "adapter_seconds: 0.31ms"

static void a_round_takes_one_pass_more_than_it_drafts(void **state)
{
    const double layers = 0.93 * target, head = 0.07 * target, shallow = 3.0 / 29;
    const double round =
        5 * shallow * layers + 4 * (0.31e-3 + head) + (1 - shallow) * layers + head;

    (void)state;
    assert_close(decoded_seconds(RIGHT, ""), 7 * round, 1e-12);
    assert_close(decoded_metric(RIGHT, "", "verify_seconds"), 7 * ((1 - shallow) * layers + head),
                 1e-12);
    assert_close(decoded_metric(RIGHT, "", "speedup"), 5 * target / round, 1e-12);
}

static void apart_the_states_of_all_positions_are_sent(void **state)
{
    const double bytes = 7 * (8 + 4 * 4 + 5 * 1234.0);

    (void)state;
    assert_close(decoded_bytes(RIGHT, ""), 0, 0);
    assert_close(decoded_bytes(RIGHT ", placement: apart, state_bytes: 1234B", ""), bytes, 0);
    assert_close(decoded_seconds(RIGHT ", placement: apart, state_bytes: 1234B", "") -
                     decoded_seconds(RIGHT, ""),
                 7 * 2 * way + bytes / rate, 1e-9);
}

/* Vicuna-7B on a GPU of 312 Tflop/s and 2039 GB/s; the adapter has 4 h^2 numbers more. */
static double part_of(double share, double beside, double rows, double held)
{
    const double matrices = share * 32 * (4.0 * 4096 * 4096 + 3.0 * 4096 * 11008) + beside;
    const double kept = share * 2 * 32 * 4096 * (held + rows);
    const double flop = 2 * matrices * rows + 4 * share * 32 * 4096 * rows * (held + rows / 2);

    return hypot(2 * (matrices + kept) / 2039e9, flop / 312e12);
}

static void a_model_tells_what_its_layers_and_the_adapter_cost(void **state)
{
    static const char model[] = "platform: platforms/gpu_cluster.xml\n"
                                "workload: {model: vicuna_7b}\n";
    const double adapter = 4.0 * 4096 * 4096, head = 4096.0 * 32000;
    double seconds = 0;

    (void)state;
    for (int round = 0; round < 3; round++) {
        const double held = round == 0 ? 0 : 4 * round - 1;

        for (int d = 0; d < 3; d++)
            seconds += part_of(2.0 / 32, adapter + head, 1, held + d);
        seconds += part_of(2.0 / 32, 0, 1, held + 3) + part_of(30.0 / 32, head, 4, held);
    }
    assert_close(decoded_seconds("kangaroo, tokens: 12, steps: 3, acceptance: [1]", model), seconds,
                 1e-9);
}

/* ---- the second exit ---- */

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

static void drafting_stops_where_the_draft_is_not_sure(void **state)
{
    static const struct {
        double alpha, threshold;
        int most;
    } rows[] = {{0.5, 0.3, 6}, {0.7, 0.6, 6}, {0.8, 0.75, 9}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dec_confidence c =
            dec_uniform_confidence(2 * rows[i].alpha - 1, 1, rows[i].threshold);
        const int most = rows[i].most;
        struct decoded decoded;
        double steps, accepted, drafted;
        char text[512];

        snprintf(text, sizeof text,
                 SYSTEM "tokens: 30000, acceptance: [%g], threshold: %g, steps: %d", rows[i].alpha,
                 rows[i].threshold, most);
        decoded_open(&decoded, text, "");
        steps = metric_of(&decoded.run, "target_steps");
        drafted = metric_of(&decoded.run, "drafted_tokens");
        accepted = metric_of(&decoded.run, "mean_acceptance_length") - 1;
        assert_true(fabs(accepted - dec_stopped_accepted(&c, most)) <
                    3 * deviation(c.mean, c.sure_mean, most) / sqrt(steps));
        assert_true(fabs(drafted / steps - dec_stopped_drafted(&c, most)) <
                    3 * deviation(1, c.sure, most) / sqrt(steps));
        decoded_close(&decoded);
    }
}

/* A confidence that is not above the threshold is not enough; one token is drafted nevertheless. */
static void at_the_threshold_it_is_not_sure(void **state)
{
#define SAME SYSTEM "tokens: 60, acceptance: [0.7351], confidence_spread: 0, "
    (void)state;
    assert_close(decoded_metric(SAME "threshold: 0.7351", "", "drafted_tokens"),
                 decoded_metric(SAME "threshold: 0.7351", "", "target_steps"), 0);
    assert_close(decoded_metric(SAME "threshold: 0.735", "", "drafted_tokens"),
                 6 * decoded_metric(SAME "threshold: 0.735", "", "target_steps"), 0);
}

/* Of 4 rounds 0, 3, 3 and 1 are accepted, again and again. */
static void rates_are_those_of_the_paper(void **state)
{
    static const double at_least[] = {0.75, 0.5, 0.5, 0, 0, 0};
    static const char path[] = "build/kangaroo-trace.csv";
    FILE *file = fopen(path, "w");
    const json_t *rates;
    struct decoded decoded;

    (void)state;
    assert_non_null(file);
    assert_true(fputs("accepted\n0\n3\n3\n1\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    decoded_open(&decoded, SYSTEM "tokens: 110, acceptance_trace: build/kangaroo-trace.csv", "");
    assert_close(metric_of(&decoded.run, "compression_rate"), 2.75, 0);
    rates = json_object_get(json_object_get(decoded.run.summary, "metrics"),
                            "consistent_token_acceptance_rates");
    assert_int_equal(json_array_size(rates), 6);
    for (size_t w = 0; w < 6; w++)
        assert_close(json_number_value(json_array_get(rates, w)), at_least[w], 0);
    decoded_close(&decoded);
    (void)remove(path);
}

/* Sequences of a batch stop at different steps: each round has as many passes as the longest, and one for the last states. */
static void those_who_stopped_wait_for_the_others(void **state)
{
    enum { MOST = 4000 };
    static double seconds[MOST], drafted[MOST], sequences[MOST];
    const double pass = 2.0 / 32 * target;
    struct decoded decoded;
    int count, longer = 0;

    (void)state;
    decoded_open(&decoded, SYSTEM "tokens: 300, batch: 3, acceptance: [0.5351], threshold: 0.3",
                 "requests: {arrival: fixed, rate: 1000000, count: 3}\n");
    count = decoded_column(&decoded, "rounds", "draft_seconds", seconds, MOST);
    assert_int_equal(decoded_column(&decoded, "rounds", "drafted", drafted, MOST), count);
    assert_int_equal(decoded_column(&decoded, "rounds", "sequences", sequences, MOST), count);
    assert_true(count > 50);
    for (int r = 0; r < count; r++) {
        const double passes = seconds[r] / pass - 1;

        assert_true(fabs(passes - round(passes)) < 1e-6);
        assert_true(passes > drafted[r] / sequences[r] - 1e-6 &&
                    passes < drafted[r] - sequences[r] + 1 + 1e-6);
        longer += passes > drafted[r] / sequences[r] + 0.1;
    }
    assert_true(longer > count / 4);
    decoded_close(&decoded);
}

/* ---- nothing is lost ---- */

static void greedy_text_is_that_of_the_target_alone(void **state)
{
    (void)state;
    decoded_is_greedy("kangaroo, draft_orders: [2]");
}

static void what_is_emitted_follows_the_target(void **state)
{
    (void)state;
    decoded_follows_the_target("kangaroo, threshold: 0.1");
}

/* ---- bad input ---- */

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    decoded_fails(SYSTEM "exit_layer: 32", "", "at least one must be left to verify with");
    decoded_fails(SYSTEM "steps: 0", "", "steps");
    decoded_fails(SYSTEM "threshold: 1.01", "", "threshold");
    decoded_fails(SYSTEM "threshold: -0.1", "", "threshold");
    decoded_fails(SYSTEM "adapter_seconds: -1ms", "", "adapter_seconds");
    decoded_fails("kangaroo, adapter_seconds: 1ms", "workload: {model: vicuna_7b}\n",
                  "leave out adapter_seconds");
    decoded_fails("kangaroo, layers: 32", "workload: {model: vicuna_7b}\n", "as the workload says");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_takes_one_pass_more_than_it_drafts),
        cmocka_unit_test(apart_the_states_of_all_positions_are_sent),
        cmocka_unit_test(a_model_tells_what_its_layers_and_the_adapter_cost),
        cmocka_unit_test(drafting_stops_where_the_draft_is_not_sure),
        cmocka_unit_test(at_the_threshold_it_is_not_sure),
        cmocka_unit_test(rates_are_those_of_the_paper),
        cmocka_unit_test(those_who_stopped_wait_for_the_others),
        cmocka_unit_test(greedy_text_is_that_of_the_target_alone),
        cmocka_unit_test(what_is_emitted_follows_the_target),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
