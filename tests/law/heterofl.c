/* HeteroFL: levels have the published sizes, cost what they are, and are one model in the end. */
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Reference: Diao, Ding, Tarokh, ICLR 2021, table 1 and the authors' program (summary.py): the CNN for MNIST. */
static const struct {
    const char *rate;
    double parameters, doubled_flop;
} cnn[] = {
    {"1", 1556874, 80504320},  {"0.5", 391370, 20493056}, {"0.25", 98922, 5306752},
    {"0.125", 25274, 1418432}, {"0.0625", 6594, 400480},
};
enum { LEVELS = sizeof cnn / sizeof *cnn };

/* Of the shipped scenario. */
#define TIMED                                                                                      \
    "iterations=7 algorithm.learning=off algorithm.clients=97 algorithm.clients_per_round=11 "

/* Without a workload. */
static const char plain_scenario[] =
    "platform: platforms/phones_to_cloud.xml\n"
    "hosts: {server: [cloud], client: [\"phone-*\"]}\n"
    "algorithm: {name: %s, hidden_width: 37, compute_seconds_per_sample: 1.3ms, %s}\n"
    "iterations: %d\nseed: 6\ntrace: none\n";
#define SEVEN "clients: 11, clients_per_round: 7, "
#define IID   SEVEN "learning: perceptron, partition: iid, "

/* All labels on every client; of the digits to train on, 1,438, two clients have 719 each. */
#define ALL_LABELS                                                                                 \
    "learning: perceptron, data: digits, partition: iid, local_epochs: 2, batch_size: 10, "        \
    "compute_jitter: 0.317, "
#define TWO ALL_LABELS "clients: 2, clients_per_round: 2, "
#define SIX ALL_LABELS "clients: 6, clients_per_round: 5, "

static double bytes_of(const struct simulated *run)
{
    return number_at(run->summary, "bytes");
}

static struct simulated without_workload(const char *name, const char *more, int iterations)
{
    char text[1024];

    snprintf(text, sizeof text, plain_scenario, name, more, iterations);
    return simulate(text, NULL);
}

static struct simulated fine_without(const char *name, const char *more, int iterations)
{
    struct simulated run = without_workload(name, more, iterations);

    if (run.code != 0)
        fail_msg("%s: %s", more, run.err.text);
    return run;
}

static void refused_without(const char *more, const char *sentence)
{
    struct simulated run = without_workload("heterofl", more, 1);

    if (run.code != 2 || strstr(run.err.text, sentence) == NULL)
        fail_msg("%s: exit code %d and '%s', not 2 and '%s'", more, run.code, run.err.text,
                 sentence);
    simulated_release(&run);
}

/* ---- sizes ---- */

/* Of a simulator that sends the whole model at every level bytes and seconds would not differ. */
static void each_level_has_its_published_size_and_costs_less_than_the_one_before(void **state)
{
    double last = INFINITY;

    (void)state;
    for (int l = 0; l < LEVELS; l++) {
        char words[256];
        struct simulated run;

        snprintf(words, sizeof words, TIMED "algorithm.levels=[%s]", cnn[l].rate);
        run = shipped_fine("heterofl", NULL, words);
        assert_true(bytes_of(&run) == 2.0 * 7 * 11 * 4 * cnn[l].parameters);
        assert_true(metric_of(&run, "doubly_counted_flop") == cnn[l].doubled_flop);
        assert_true(seconds_of(&run) < last);
        last = seconds_of(&run);
        simulated_release(&run);
    }
}

/* 60-37-10 at rates 1 and 0.3: 37 and 12 hidden units. */
static void without_a_workload_the_learner_says(void **state)
{
    struct simulated whole = fine_without("heterofl", IID "levels: [1]", 3);
    struct simulated part = fine_without("heterofl", IID "levels: [0.3]", 3);

    (void)state;
    assert_true(bytes_of(&whole) == 2.0 * 3 * 7 * 4 * (61 * 37 + 38 * 10));
    assert_true(bytes_of(&part) == 2.0 * 3 * 7 * 4 * (61 * 12 + 13 * 10));
    assert_true(seconds_of(&part) < seconds_of(&whole));
    simulated_release(&whole);
    simulated_release(&part);
}

/* ---- one model ---- */

static void assert_same(const char *of_fedavg, const char *of_heterofl)
{
    static const char *const metrics[] = {"weights_projection", "test_loss_nats",
                                          "train_loss_nats"};
    struct simulated fedavg = fine_without("fedavg", of_fedavg, 4);
    struct simulated heterofl = fine_without("heterofl", of_heterofl, 4);

    assert_true(bytes_of(&fedavg) == bytes_of(&heterofl));
    assert_true(seconds_of(&fedavg) == seconds_of(&heterofl));
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++)
        assert_close(metric_of(&heterofl, metrics[m]), metric_of(&fedavg, metrics[m]), 1e-12);
    simulated_release(&fedavg);
    simulated_release(&heterofl);
}

static void with_all_whole_it_is_fedavg(void **state)
{
    (void)state;
    skip_without_digits();
    assert_same(TWO, TWO "levels: [1]");
    assert_same(TWO, TWO "levels: [1], masked_loss: no, scaler: no");
    assert_same(SIX "aggregation: plain", SIX "levels: [1]");
    assert_same(SIX "aggregation: samples", SIX "levels: [1], aggregation: samples");
}

static double projection(const char *more)
{
    struct simulated run = fine_without("heterofl", more, 4);
    const double value = metric_of(&run, "weights_projection");

    simulated_release(&run);
    return value;
}

static void scaler_mask_and_levels_matter(void **state)
{
    static const char own[] = SEVEN "learning: perceptron, levels: [1, 0.5], ";
    char words[256];
    const double both = projection(own);
    static const char *const others[] = {"scaler: no", "masked_loss: no", "level_choice: dynamic",
                                         "level_shares: [3, 1]", "aggregation: samples"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(words, sizeof words, "%s%s", own, others[i]);
        assert_true(projection(words) != both);
    }
}

/* Of labels that no client has nothing is learnt, and parts that nobody holds stay what they were. */
static void narrow_clients_teach_the_whole_model(void **state)
{
    struct simulated run = fine_without("heterofl", IID "local_epochs: 5", 12);

    (void)state;
    assert_true(metric_of(&run, "test_accuracy") > 0.6);
    simulated_release(&run);
}

/* ---- who is of which level ---- */

static void the_fastest_get_the_widest(void **state)
{
    static const char heavy[] = TIMED "algorithm.levels=[1,0.0625] algorithm.speed_sigma=1.3 "
                                      "algorithm.samples_per_client=6000 algorithm.level_choice=";
    char words[256];
    double seconds[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct simulated run;

        snprintf(words, sizeof words, "%s%s", heavy,
                 (const char *[]){"fixed", "dynamic", "speed"}[i]);
        run = shipped_fine("heterofl", NULL, words);
        seconds[i] = seconds_of(&run);
        simulated_release(&run);
    }
    assert_true(seconds[2] < seconds[0] && seconds[2] < seconds[1]);
    assert_true(seconds[0] != seconds[1]);
}

/* Twelve clients of shares 1 : 3 : 2, all of them in every round. */
static void shares_are_exact_where_they_can_be(void **state)
{
    struct simulated run =
        shipped_fine("heterofl", NULL,
                     TIMED "algorithm.clients=12 algorithm.clients_per_round=12 iterations=1 "
                           "algorithm.levels=[1,0.25,0.0625] algorithm.level_shares=[1,3,2]");

    (void)state;
    assert_true(bytes_of(&run) ==
                2.0 * 4 * (2 * cnn[0].parameters + 6 * cnn[2].parameters + 4 * cnn[4].parameters));
    simulated_release(&run);
}

static void laws_hold_in_other_shapes(void **state)
{
    static const char *const shapes[] = {
        TIMED "algorithm.over_selection=1.3 algorithm.level_choice=dynamic",
        TIMED "algorithm.round_deadline=9.7",
        TIMED "algorithm.drop_out=0.2 algorithm.level_choice=speed",
        TIMED "algorithm.trainable_share=0.0171 algorithm.compute_jitter=0.6",
        TIMED "algorithm.local_epochs=3 algorithm.stragglers=0.5 algorithm.straggler_slowdown=3",
        TIMED "algorithm.levels=[0.37,0.071] algorithm.level_shares=[0,1]",
        TIMED "workload.model=heterofl_resnet iterations=1",
        TIMED "workload.model=resnet18 iterations=1 algorithm.clients_per_round=3",
    };

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct simulated run = shipped_fine("heterofl", NULL, shapes[s]);

        assert_true(bytes_of(&run) > 0);
        simulated_release(&run);
    }
}

/* ---- compression ---- */

/* 60-37-10 at rates 1 and 0.3 has 61 x 37 + 38 x 10 = 2637 and 61 x 12 + 13 x 10 = 862 numbers.  Downloads stay
 * whole. */
static void each_level_is_compressed_to_its_own_size(void **state)
{
    static const char *const words[] = {IID "compression: top_k, sparsity: 0.83, ",
                                        IID "compression: ternary, "};
    /* 8 bytes for each of 17 %; 2 bits a number and 4 bytes a layer, weights and offsets of two */
    const double sent[2][2] = {{8 * 448, 8 * 147},
                               {(60 * 37 / 4) + 10 + 93 + 3 + 16, (60 * 12 / 4) + 3 + 30 + 3 + 16}};
    const double whole[] = {4 * 2637, 4 * 862};

    (void)state;
    for (int c = 0; c < 2; c++)
        for (int l = 0; l < 2; l++) {
            char more[256];
            struct simulated run;

            snprintf(more, sizeof more, "%slevels: [%s]", words[c], l == 0 ? "1" : "0.3");
            run = fine_without("heterofl", more, 3);
            assert_close(bytes_of(&run), 3 * 7 * (whole[l] + sent[c][l]), 0);
            simulated_release(&run);
        }
}

/* The CNN's levels, without learning: 8 bytes for each of the tenth of its numbers that are kept. */
static void with_learning_off_a_level_is_compressed_by_its_numbers(void **state)
{
    (void)state;
    for (int l = 0; l < LEVELS; l++) {
        char words[256];
        struct simulated run;

        snprintf(words, sizeof words,
                 TIMED "algorithm.compression=top_k algorithm.sparsity=0.9 algorithm.levels=[%s]",
                 cnn[l].rate);
        run = shipped_fine("heterofl", NULL, words);
        assert_true(bytes_of(&run) ==
                    7 * 11 * (4 * cnn[l].parameters + 8 * round(0.1 * cnn[l].parameters)));
        simulated_release(&run);
    }
}

/* A narrow client's changes are of its own numbers: with all of them kept the model is the one without codecs. */
static void nothing_left_out_is_nothing_lost(void **state)
{
    static const char levels[] = IID "levels: [1, 0.5, 0.25], level_choice: dynamic, ";
    const double plain = projection(levels);
    char words[256];

    (void)state;
    snprintf(words, sizeof words, "%scompression: top_k, sparsity: 0", levels);
    assert_close(projection(words), plain, 1e-12);
    snprintf(words, sizeof words, "%scompression: top_k, sparsity: 0.9", levels);
    assert_true(fabs(projection(words) - plain) > 1e-6 * plain);
    snprintf(words, sizeof words, "%scompression: ternary", levels);
    assert_true(fabs(projection(words) - plain) > 1e-6 * plain);
}

static void laws_hold_whatever_is_compressed(void **state)
{
    static const char *const words[] = {
        "iterations=2 algorithm.clients=20 algorithm.compression=top_k algorithm.drop_out=0.4",
        "iterations=2 algorithm.clients=20 algorithm.compression=ternary "
        "algorithm.level_choice=dynamic",
        "iterations=2 algorithm.clients=20 algorithm.compression=top_k "
        "algorithm.level_choice=speed "
        "algorithm.trainable_share=0.37",
        "iterations=2 algorithm.clients=20 algorithm.compression=ternary "
        "algorithm.over_selection=1.6 "
        "algorithm.compute_jitter=0.7 algorithm.flop_per_byte=1e3",
    };

    (void)state;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        struct simulated run = shipped_fine("heterofl", NULL, words[w]);

        simulated_release(&run);
    }
}

/* ---- bad input ---- */

static void what_cannot_be_cut_is_refused(void **state)
{
    (void)state;
    refused_without(IID "model_bytes: 1000", "algorithm.model_bytes: what a part of the model has");
    refused_without(SEVEN "learning: softmax", "softmax regression has no hidden layer");
    refused_without(SEVEN "learning: off", "there are no layers to cut");
    refused_without(IID "levels: [1, 0.5], level_shares: [1]", "1 shares were given for 2 levels");
    refused_without(IID "levels: [1, 0.5], level_shares: [0, 0]", "all shares are 0");
    refused_without(IID "levels: [0]", "out of bounds");
    refused_without(IID "levels: [1.5]", "out of bounds");
    refused_without(IID "levels: []", "0 levels were given");
    shipped_fails("heterofl", NULL, TIMED "workload.model=gpt2", 2, "attention");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_has_its_published_size_and_costs_less_than_the_one_before),
        cmocka_unit_test(without_a_workload_the_learner_says),
        cmocka_unit_test(with_all_whole_it_is_fedavg),
        cmocka_unit_test(scaler_mask_and_levels_matter),
        cmocka_unit_test(narrow_clients_teach_the_whole_model),
        cmocka_unit_test(the_fastest_get_the_widest),
        cmocka_unit_test(shares_are_exact_where_they_can_be),
        cmocka_unit_test(laws_hold_in_other_shapes),
        cmocka_unit_test(each_level_is_compressed_to_its_own_size),
        cmocka_unit_test(with_learning_off_a_level_is_compressed_by_its_numbers),
        cmocka_unit_test(nothing_left_out_is_nothing_lost),
        cmocka_unit_test(laws_hold_whatever_is_compressed),
        cmocka_unit_test(what_cannot_be_cut_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
