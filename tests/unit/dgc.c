/* dgc.c -- one worker of deep gradient compression: residuals lose nothing, each trick by hand. */
#include "tests/unit/close.h"

#include "algorithms/codecs/dgc.h"

enum { COUNT = 2410, STEPS = 60 };

/* 64-32-10, as the learner has it. */
static const struct layer layers[] = {{"dense1.weights", 0, 2048, false},
                                      {"dense1.offsets", 2048, 32, false},
                                      {"dense2.weights", 2080, 320, true},
                                      {"dense2.offsets", 2400, 10, true}};
static const struct layer three[] = {{"only", 0, 3, true}};

static struct sim_arena *arena;
static struct sim_random *random_stream;

static int set_up(void **state)
{
    (void)state;
    arena = sim_arena_open();
    random_stream = sim_random_open(5, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_random_close(random_stream);
    sim_arena_close(arena);
    return 0;
}

static void compress(struct dgc *dgc, const double *gradient, double sparsity,
                     struct dgc_message *message)
{
    struct sim_error err = {0};

    if (!dgc_compress(dgc, gradient, sparsity, random_stream, message, &err))
        fail_msg("%s", err.text);
}

static void add(const struct dgc_message *message, double *sum)
{
    struct sim_error err = {0};

    if (!dgc_add(message, sum, &err))
        fail_msg("%s", err.text);
}

static void draw(double *gradient, struct sim_random *random)
{
    for (int i = 0; i < COUNT; i++)
        gradient[i] = sim_random_normal(random) * exp(3 * sim_random_normal(random));
}

struct tricks {
    const char *name;
    struct dgc_settings settings;
    double sparsity;
};

static struct tricks all_tricks[] = {
    {"no momentum, exact thresholds", {.workers = 1, .sample_share = 1}, 0.99},
    {"no momentum, sampled thresholds", {.workers = 7, .sample_share = 0.1}, 0.9},
    {"momentum without masking", {.momentum = 0.9, .workers = 1, .sample_share = 1}, 0.99},
    {"momentum and masking",
     {.momentum = 0.9, .masks_momentum = true, .workers = 1, .sample_share = 1},
     0.99},
    {"all tricks, Nesterov",
     {.momentum = 0.9,
      .nesterov = true,
      .masks_momentum = true,
      .clip_norm = 50,
      .workers = 7,
      .sample_share = 0.1},
     0.999},
    {"all tricks at 99.9 %, sampled",
     {.momentum = 0.9, .masks_momentum = true, .clip_norm = 50, .workers = 4, .sample_share = 0.01},
     0.999},
};

/* A second u that follows the rules from what the messages say was sent: the sum of all that it adds to v must
 * be what was sent plus what is kept. */
struct shadow {
    double u[COUNT], sum[COUNT], sent[COUNT];
};

static void follow(struct shadow *shadow, const struct dgc_settings *s, const double *gradient,
                   const struct dgc_message *message)
{
    static double arrived[COUNT];
    double norm = 0, factor = 1;

    for (int i = 0; i < COUNT; i++)
        norm += gradient[i] * gradient[i];
    norm = sqrt(norm);
    if (s->clip_norm > 0 && norm > s->clip_norm / sqrt(s->workers))
        factor = s->clip_norm / sqrt(s->workers) / norm;
    memset(arrived, 0, sizeof arrived);
    add(message, arrived);
    for (int i = 0; i < COUNT; i++) {
        const double g = factor * gradient[i];

        shadow->u[i] =
            s->nesterov ? s->momentum * (shadow->u[i] + g) : s->momentum * shadow->u[i] + g;
        shadow->sum[i] += s->nesterov ? shadow->u[i] + g : shadow->u[i];
        shadow->sent[i] += arrived[i];
        if (s->masks_momentum && arrived[i] != 0)
            shadow->u[i] = 0;
    }
}

static void what_was_sent_and_what_is_kept_is_all_that_came_in(void **state)
{
    const struct tricks *tricks = *state;
    struct dgc *dgc;
    struct dgc_message *message;
    struct sim_random *random = sim_random_open(6, 6);
    struct shadow *shadow;
    double gradient[COUNT];

    set_up(NULL);
    dgc = dgc_open(arena, &tricks->settings, layers, 4);
    message = dgc_message_open(arena, COUNT);
    shadow = sim_new(arena, struct shadow, 1);
    for (int t = 0; t < STEPS; t++) {
        draw(gradient, random);
        compress(dgc, gradient, tricks->sparsity, message);
        assert_false(message->is_dense);
        assert_in_range(message->sent, 4, COUNT / 8); /* one of each layer at least */
        follow(shadow, &tricks->settings, gradient, message);
    }
    for (int i = 0; i < COUNT; i++) {
        const double rounding = 1e-12 * (1 + fabs(shadow->sum[i]));

        assert_true(fabs(shadow->sent[i] + dgc_kept(dgc)[i] - shadow->sum[i]) <= rounding);
        assert_true(fabs(dgc_taken_in(dgc)[i] - shadow->sum[i]) <= rounding);
    }
    sim_random_close(random);
    tear_down(NULL);
}

static void sparsity_zero_without_tricks_is_the_gradient_bit_for_bit(void **state)
{
    const struct dgc_settings plain = {.workers = 7, .sample_share = 0.01};
    struct dgc *dgc = dgc_open(arena, &plain, layers, 4);
    struct dgc_message *message = dgc_message_open(arena, COUNT);
    double gradient[COUNT];

    (void)state;
    for (int t = 0; t < 3; t++) {
        draw(gradient, random_stream);
        gradient[3] = 0;
        gradient[4] = -0.0;
        gradient[5] = 5e-324;
        compress(dgc, gradient, 0, message);
        assert_true(message->is_dense);
        assert_memory_equal(message->dense, gradient, sizeof gradient);
        assert_int_equal(message->byte_count, 4 * COUNT);
        assert_int_equal(message->sent, COUNT);
    }
}

/* Layers 2048, 32, 320, 10 at 99 %: 20 + 1 + 3 + 1 numbers, no run of 65,536: 150 bytes. */
static void each_layer_sends_its_own_share(void **state)
{
    const struct dgc_settings exact = {.workers = 1, .sample_share = 1};
    struct dgc *dgc = dgc_open(arena, &exact, layers, 4);
    struct dgc_message *message = dgc_message_open(arena, COUNT);
    double gradient[COUNT], arrived[COUNT] = {0};
    int counts[4] = {0};

    (void)state;
    draw(gradient, random_stream);
    for (int i = 0; i < 2048; i++)
        gradient[i] *= 1e6; /* a threshold for all layers would send these only */
    compress(dgc, gradient, 0.99, message);
    add(message, arrived);
    for (int l = 0; l < 4; l++)
        for (size_t i = 0; i < layers[l].count; i++)
            counts[l] += arrived[layers[l].offset + i] != 0;
    assert_int_equal(counts[0], 20);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 3);
    assert_int_equal(counts[3], 1);
    assert_int_equal(message->byte_count, 150);
}

/* Exact choices of the four layers are 25 numbers always; sampled ones, 200 times: within five standard errors of
 * their mean, and a number for each layer.  AlexNet as one layer at 99.9 %: 60,965 numbers, 365,790 bytes. */
static void bytes_are_as_expected(void **state)
{
    static const struct layer alexnet = {"all", 0, 60965224, false};
    const struct dgc_settings exact = {.workers = 1, .sample_share = 1};
    const struct dgc_settings sampled = {.workers = 1, .sample_share = 0.1};
    struct dgc *dgc = dgc_open(arena, &sampled, layers, 4);
    struct dgc_message *message = dgc_message_open(arena, COUNT);
    double gradient[COUNT], sum = 0, squares = 0, mean, error;

    (void)state;
    assert_true(dgc_expected_bytes(&exact, layers, 4, 0.99) == 150);
    assert_true(dgc_expected_bytes(&exact, layers, 4, 0) == 4 * COUNT);
    assert_close(dgc_expected_bytes(&exact, &alexnet, 1, 0.999), 365790, 1e-9);
    for (int d = 0; d < 200; d++) {
        draw(gradient, random_stream);
        compress(dgc, gradient, 0.9, message);
        sum += (double)message->byte_count;
        squares += (double)message->byte_count * (double)message->byte_count;
    }
    mean = sum / 200;
    error = sqrt((squares / 200 - mean * mean) / 200);
    assert_true(fabs(mean - dgc_expected_bytes(&sampled, layers, 4, 0.9)) <= 5 * error + 4 * 6);
}

/* m = 0.5, one of three is sent, gradient (4, 2, 1) twice.
 *   plain: u = v = 4 2 1, sends 4, v = 0 2 1; masked u = 0 2 1 -> u = 4 3 1.5, v = 4 5 2.5: sends 5
 *   not masked: u = 4 2 1 -> u = 6 3 1.5, v = 6 5 2.5: sends 6
 *   Nesterov, masked: u = 2 1 0.5, v = 6 3 1.5, sends 6; u = 0 1 0.5 -> u = 2 1.5 0.75, v = 6 6.5 3.25: 6.5 */
static void momentum_correction_and_masking_are_as_by_hand(void **state)
{
    static const struct {
        struct dgc_settings settings;
        double sent[2][3];
    } cases[] = {
        {{.momentum = 0.5, .masks_momentum = true, .workers = 1, .sample_share = 1},
         {{4, 0, 0}, {0, 5, 0}}},
        {{.momentum = 0.5, .workers = 1, .sample_share = 1}, {{4, 0, 0}, {6, 0, 0}}},
        {{.momentum = 0.5,
          .nesterov = true,
          .masks_momentum = true,
          .workers = 1,
          .sample_share = 1},
         {{6, 0, 0}, {0, 6.5, 0}}},
    };
    const double gradient[] = {4, 2, 1};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct dgc *dgc = dgc_open(arena, &cases[c].settings, three, 1);
        struct dgc_message *message = dgc_message_open(arena, 3);

        for (int t = 0; t < 2; t++) {
            double arrived[3] = {0};

            compress(dgc, gradient, 0.7, message);
            add(message, arrived);
            assert_memory_equal(arrived, cases[c].sent[t], sizeof arrived);
        }
    }
}

/* Norm 13; threshold 13 over 4 workers clips each to 6.5, half. */
static void gradients_are_clipped_to_the_threshold_over_the_root_of_n(void **state)
{
    const struct dgc_settings clipped = {.clip_norm = 13, .workers = 4, .sample_share = 1};
    struct dgc *dgc = dgc_open(arena, &clipped, three, 1);
    struct dgc_message *message = dgc_message_open(arena, 3);
    const double gradient[] = {3, -4, 12};

    (void)state;
    compress(dgc, gradient, 0, message);
    assert_close(message->dense[0], 1.5, 1e-15);
    assert_close(message->dense[1], -2, 1e-15);
    assert_close(message->dense[2], 6, 1e-15);
}

/* 1/3 is 0.3333333433 in 32 bits: the rest, -9.9e-9, is sent when it is the largest that is left. */
static void what_rounding_takes_off_is_kept(void **state)
{
    const struct dgc_settings plain = {.workers = 1, .sample_share = 1};
    struct dgc *dgc = dgc_open(arena, &plain, three, 1);
    struct dgc_message *message = dgc_message_open(arena, 3);
    const double gradient[] = {1.0 / 3, 0, 0}, none[] = {0, 0, 0};
    double arrived[3] = {0};

    (void)state;
    compress(dgc, gradient, 0.7, message);
    add(message, arrived);
    assert_true(arrived[0] == (double)(1.0f / 3));
    assert_true(dgc_kept(dgc)[0] == 1.0 / 3 - (double)(1.0f / 3));
    compress(dgc, none, 0.7, message);
    add(message, arrived);
    assert_close(arrived[0], 1.0 / 3, 1e-15);
}

/* 3 numbers of 10 are 18 bytes, 7 are 42, more than 40. */
static void a_sum_is_encoded_unless_it_is_smaller_as_it_is(void **state)
{
    struct dgc_message *message = dgc_message_open(arena, 10);
    double sum[10] = {0, 0.5, 0, 0, -2, 1e-300}, arrived[10] = {0};
    uint32_t places[10];

    (void)state;
    sum[9] = 1.0 / 3;
    dgc_encode_sum(sum, places, message);
    assert_false(message->is_dense);
    assert_int_equal(message->byte_count, 18);
    add(message, arrived);
    assert_true(arrived[1] == 0.5 && arrived[4] == -2 && arrived[5] == 0);
    assert_true(arrived[9] == (double)(1.0f / 3));
    for (int i = 0; i < 7; i++)
        sum[i] = 1.0 / 3;
    memset(arrived, 0, sizeof arrived);
    dgc_encode_sum(sum, places, message);
    assert_true(message->is_dense);
    assert_int_equal(message->byte_count, 40);
    add(message, arrived);
    assert_memory_equal(arrived, sum, sizeof sum);
}

static void nothing_to_send_is_no_bytes(void **state)
{
    const struct dgc_settings plain = {.workers = 1, .sample_share = 1};
    struct dgc *dgc = dgc_open(arena, &plain, three, 1);
    struct dgc_message *message = dgc_message_open(arena, 3);
    const double zeros[] = {0, -0.0, 0}, tiny[] = {1e-300, 0, 0};

    (void)state;
    compress(dgc, zeros, 0.7, message);
    assert_int_equal(message->byte_count, 0);
    compress(dgc, tiny, 0.7, message); /* 0 in 32 bits: stays here */
    assert_int_equal(message->byte_count, 0);
    assert_true(dgc_kept(dgc)[0] == 1e-300);
}

static void gradients_that_are_none_are_refused_and_change_nothing(void **state)
{
    const struct dgc_settings plain = {.workers = 1, .sample_share = 1};
    struct dgc *dgc = dgc_open(arena, &plain, three, 1);
    struct dgc_message *message = dgc_message_open(arena, 3);
    const double bad[] = {1, 2, NAN}, large[] = {3e38, 0, 0};
    struct sim_error err[2] = {0};

    (void)state;
    assert_false(dgc_compress(dgc, bad, 0.7, random_stream, message, &err[0]));
    assert_string_equal(err[0].text, "Number 3 of 3 of the gradient is nan: training has diverged; "
                                     "a smaller learning rate may help.");
    assert_true(dgc_kept(dgc)[0] == 0);
    compress(dgc, (const double[]){3e38, 3.1e38, 3.2e38}, 0.7, message);
    assert_false(dgc_compress(dgc, large, 0.7, random_stream, message, &err[1]));
    assert_string_equal(err[1].text,
                        "Number 1 of 3 of the accumulated gradient is 6e+38, which a 32-bit float "
                        "on the wire cannot hold: training has diverged; a smaller learning rate "
                        "may help.");
}

/* Section 3.3 of the paper: 75 %, 93.75 %, 98.4375 %, 99.6 %, 99.9 %. */
static void sparsity_warms_up_as_the_paper_prints_it(void **state)
{
    static const double printed[] = {0.75, 0.9375, 0.984375, 0.996, 0.999, 0.999};

    (void)state;
    for (int epoch = 0; epoch < 6; epoch++)
        assert_true(fabs(dgc_sparsity(epoch, 4, 0.999) - printed[epoch]) < 1e-4);
    assert_true(dgc_sparsity(0, 0, 0.999) == 0.999);
    assert_true(dgc_sparsity(3, 4, 0.99) == 0.99);
    assert_true(dgc_sparsity(1, 4, 0.99) == 0.9375);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparsity_zero_without_tricks_is_the_gradient_bit_for_bit),
        cmocka_unit_test(each_layer_sends_its_own_share),
        cmocka_unit_test(bytes_are_as_expected),
        cmocka_unit_test(momentum_correction_and_masking_are_as_by_hand),
        cmocka_unit_test(gradients_are_clipped_to_the_threshold_over_the_root_of_n),
        cmocka_unit_test(what_rounding_takes_off_is_kept),
        cmocka_unit_test(a_sum_is_encoded_unless_it_is_smaller_as_it_is),
        cmocka_unit_test(nothing_to_send_is_no_bytes),
        cmocka_unit_test(gradients_that_are_none_are_refused_and_change_nothing),
        cmocka_unit_test(sparsity_warms_up_as_the_paper_prints_it),
    };

    return RUN_CASES(what_was_sent_and_what_is_kept_is_all_that_came_in, all_tricks) +
           cmocka_run_group_tests(tests, set_up, tear_down);
}
