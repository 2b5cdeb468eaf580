/* dense.c -- a learner cut in stages: every cut gives the bytes of the whole, the backward pass uses the weights it
 * is given, and masks and scalers have the gradients of finite differences. */
#include "tests/unit/noise.h"

#include "algorithms/learning/dense.h"

enum { DEPTH = 4, CUTS = 1 << (DEPTH - 1), MOST = 600 };

static const int hidden[DEPTH - 1] = {11, 3, 17};
static const bool present[CLASSES] = {true, false, true, true, false};

struct pipeline {
    struct dense stages[DEPTH];
    struct dense_stash *stashes[DEPTH];
    int count;
};

/* Bit l of `cut`: layer l + 1 begins a stage. */
static struct pipeline cut_at(struct sim_arena *arena, const struct learner *learner, int cut)
{
    struct pipeline line = {.count = 0};
    int first = 0;

    for (int l = 0; l < learner->depth; l++)
        if (l == learner->depth - 1 || (cut >> l & 1)) {
            struct dense *stage = &line.stages[line.count];

            *stage = dense_of(learner, first, l);
            line.stashes[line.count++] = dense_stash_open(arena, stage, MOST);
            first = l + 1;
        }
    return line;
}

/* Scores, in the last stash. */
static const double *through(const struct pipeline *line, const double *w, const int *numbers,
                             int count, double scaler)
{
    const double *out = NULL;

    data_set_rows(line->stages[0].learner->set, numbers, count, line->stashes[0]->x[0]);
    for (int s = 0; s < line->count; s++) {
        if (out != NULL)
            memcpy(line->stashes[s]->x[0], out,
                   (size_t)count * (size_t)line->stages[s].inputs * sizeof *out);
        out = dense_forward(&line->stages[s], w + line->stages[s].offset, count, scaler,
                            line->stashes[s]);
    }
    return out;
}

/* The gradient of `scores` back through all stages; `later`: weight gradients after all input gradients, the
 * first stage's first. */
static void back(struct sim_arena *arena, const struct pipeline *line, const double *w,
                 const double *of_scores, bool later, double *gradient)
{
    const double *e = of_scores;

    for (int s = line->count - 1; s >= 0; s--) {
        const struct dense *stage = &line->stages[s];
        double *before = s > 0 ? sim_new(arena, double, MOST *(size_t)stage->inputs) : NULL;

        if (later)
            dense_input_gradient(stage, w + stage->offset, line->stashes[s], e, before);
        else
            dense_backward(stage, w + stage->offset, line->stashes[s], e, gradient + stage->offset,
                           before);
        e = before;
    }
    for (int s = 0; s < line->count && later; s++)
        dense_weight_gradient(&line->stages[s], line->stashes[s],
                              gradient + line->stages[s].offset);
}

struct variant {
    const char *name;
    struct learner_options options;
};

static struct variant variants[] = {
    {"plain", {.scaler = 1}},
    {"labels masked", {.label_present = present, .scaler = 1}},
    {"activations scaled by 0.37", {.scaler = 0.37}},
    {"both", {.label_present = present, .scaler = 0.37}},
};

/* 257 and 600 samples: more than one matrix product. */
static void every_cut_in_stages_gives_the_bytes_of_the_whole(void **state)
{
    const struct learner_options *options = &((const struct variant *)*state)->options;
    static const int counts[] = {1, 43, 256, 257, MOST};
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);
    const size_t bytes = learner->parameter_count * sizeof(double);
    double *w = sim_new(arena, double, learner->parameter_count);
    double *whole = sim_new(arena, double, learner->parameter_count);
    double *parts = sim_new(arena, double, learner->parameter_count);
    double *of_scores = sim_new(arena, double, MOST *CLASSES);
    const int *numbers = every_third(arena, MOST);

    random_vector(w, learner->parameter_count, 31);
    for (int run = 0; run < 2 * 5 * CUTS; run++) {
        const int count = counts[run / 2 % 5];
        const struct pipeline line = cut_at(arena, learner, run / 10);
        const double expected = learner_gradient_with(learner, w, numbers, count, options, whole);
        const double *scores = through(&line, w, numbers, count, options->scaler);
        const double loss =
            learner_loss(learner, scores, numbers, count, count, options, of_scores) / count;

        assert_memory_equal(&loss, &expected, sizeof loss);
        memset(parts, 0, bytes);
        back(arena, &line, w, of_scores, run % 2 != 0, parts);
        assert_memory_equal(parts, whole, bytes);
    }
    sim_arena_close(arena);
}

static void stages_own_slices_that_cover_the_vector(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);

    (void)state;
    for (int cut = 0; cut < CUTS; cut++) {
        const struct pipeline line = cut_at(arena, learner, cut);
        size_t at = 0;

        for (int s = 0; s < line.count; s++) {
            assert_int_equal(line.stages[s].offset, at);
            at += line.stages[s].count;
            assert_int_equal(line.stages[s].inputs, s == 0 ? FEATURES : line.stages[s - 1].outputs);
        }
        assert_int_equal(at, learner->parameter_count);
        assert_int_equal(line.stages[line.count - 1].outputs, CLASSES);
    }
    /* by hand: 7-11-3-17-5; layers 1 and 2 are 11 x 3 + 3 and 3 x 17 + 17, behind 7 x 11 + 11 */
    assert_int_equal(dense_of(learner, 1, 2).offset, 88);
    assert_int_equal(dense_of(learner, 1, 2).count, 36 + 68);
    sim_arena_close(arena);
}

/* <outputs, c> of layers 1 and 2. */
static double along(const struct dense *stage, const double *w, struct dense_stash *stash,
                    const double *c, double scaler)
{
    const double *out = dense_forward(stage, w, 29, scaler, stash);
    double sum = 0;

    for (int i = 0; i < 29 * stage->outputs; i++)
        sum += out[i] * c[i];
    return sum;
}

/* The slope of `along` in *number; forward passes of a middle stage leave x[0] as it is. */
static double slope(const struct dense *stage, const double *w, struct dense_stash *stash,
                    const double *c, double scaler, double *number)
{
    const double held = *number, h = 1e-6;
    double above, below;

    *number = held + h;
    above = along(stage, w, stash, c, scaler);
    *number = held - h;
    below = along(stage, w, stash, c, scaler);
    *number = held;
    return (above - below) / (2 * h);
}

static void the_gradients_of_a_middle_stage_are_those_of_finite_differences(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);
    const struct dense stage = dense_of(learner, 1, 2);
    struct dense_stash *stash = dense_stash_open(arena, &stage, 29);
    const size_t inputs = 29 * (size_t)stage.inputs;
    double *w = sim_new(arena, double, stage.count), *g = sim_new(arena, double, stage.count);
    double *c = sim_new(arena, double, 29 * (size_t)stage.outputs);
    double *e = sim_new(arena, double, inputs);

    (void)state;
    random_vector(w, stage.count, 3);
    random_vector(c, 29 * (size_t)stage.outputs, 4);
    random_vector(stash->x[0], inputs, 5);
    along(&stage, w, stash, c, 0.37);
    dense_backward(&stage, w, stash, c, g, e);
    for (size_t i = 0; i < stage.count; i++)
        assert_true(fabs(slope(&stage, w, stash, c, 0.37, &w[i]) - g[i]) <= 1e-6);
    for (size_t i = 0; i < inputs; i++)
        assert_true(fabs(slope(&stage, w, stash, c, 0.37, &stash->x[0][i]) - e[i]) <= 1e-6);
    sim_arena_close(arena);
}

/* What PipeDream's weight semantics differ in: E = D W^T by the weights of the backward pass, dW by none. */
static void the_input_gradient_is_by_the_weights_it_is_given(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);
    const struct dense stage = dense_of(learner, DEPTH - 1, DEPTH - 1);
    struct dense_stash *stash = dense_stash_open(arena, &stage, 29);
    double *old = sim_new(arena, double, stage.count), *new = sim_new(arena, double, stage.count);
    double *g[2], e[29 * 17], d[29 * CLASSES];

    (void)state;
    random_vector(old, stage.count, 6);
    random_vector(new, stage.count, 7);
    random_vector(d, 29 * CLASSES, 8);
    random_vector(stash->x[0], 29 * 17, 9);
    dense_forward(&stage, old, 29, 1, stash);
    for (int run = 0; run < 2; run++) {
        g[run] = sim_new(arena, double, stage.count);
        dense_backward(&stage, run == 0 ? old : new, stash, d, g[run], e);
    }
    assert_memory_equal(g[0], g[1], stage.count * sizeof(double));
    for (int i = 0; i < 29; i++)
        for (int j = 0; j < 17; j++) {
            double by_new = 0, by_old = 0;

            for (int c = 0; c < CLASSES; c++) {
                by_new += d[i * CLASSES + c] * new[j * CLASSES + c];
                by_old += d[i * CLASSES + c] * old[j * CLASSES + c];
            }
            assert_true(fabs(e[i * 17 + j] - by_new) <= 1e-13 && e[i * 17 + j] != by_old);
        }
    sim_arena_close(arena);
}

/* Two micro-batches in flight, each with weights of its own, as under weight stashing. */
static void passes_in_flight_do_not_disturb_each_other(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);
    const size_t count = learner->parameter_count;
    double *of_scores[2], *w[2], *g = sim_new(arena, double, count);
    double *expected = sim_new(arena, double, count);
    const int *numbers = every_third(arena, 86);
    struct pipeline lines[2];

    (void)state;
    for (int m = 0; m < 2; m++) {
        const double *scores;

        lines[m] = cut_at(arena, learner, 5);
        w[m] = sim_new(arena, double, count);
        of_scores[m] = sim_new(arena, double, MOST *CLASSES);
        random_vector(w[m], count, 50 + (uint64_t)m);
        scores = through(&lines[m], w[m], numbers + 43 * m, 43, 1);
        learner_loss(learner, scores, numbers + 43 * m, 43, 43, NULL, of_scores[m]);
    }
    for (int m = 0; m < 2; m++) {
        learner_gradient(learner, w[m], numbers + 43 * m, 43, expected);
        memset(g, 0, count * sizeof *g);
        back(arena, &lines[m], w[m], of_scores[m], false, g);
        assert_memory_equal(g, expected, count * sizeof *g);
    }
    sim_arena_close(arena);
}

/* GPipe's sum over micro-batches is the mini-batch's gradient, but for the order of its additions. */
static void micro_batches_add_up_to_the_mini_batch(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);
    const struct pipeline line = cut_at(arena, learner, 2);
    const size_t count = learner->parameter_count;
    double *w = sim_new(arena, double, count), *g = sim_new(arena, double, count);
    double *whole = sim_new(arena, double, count),
           *of_scores = sim_new(arena, double, 43 * CLASSES);
    const int *numbers = every_third(arena, 7 * 43);
    double loss = 0;

    (void)state;
    random_vector(w, count, 12);
    for (int m = 0; m < 7; m++) {
        const int *micro = numbers + 43 * m;
        const double *scores = through(&line, w, micro, 43, 1);

        loss += learner_loss(learner, scores, micro, 43, 7 * 43, NULL, of_scores);
        back(arena, &line, w, of_scores, false, g);
    }
    assert_close(learner_gradient(learner, w, numbers, 7 * 43, whole), loss / (7 * 43), 1e-13);
    for (size_t i = 0; i < count; i++)
        assert_true(fabs(g[i] - whole[i]) <= 1e-13);
    sim_arena_close(arena);
}

static void gradients_with_options_are_those_of_finite_differences(void **state)
{
    const struct learner_options *options = &((const struct variant *)*state)->options;
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);
    const size_t count = learner->parameter_count;
    double *w = sim_new(arena, double, count), *g = sim_new(arena, double, count);
    double *unused = sim_new(arena, double, count), largest = 0;
    const int *numbers = every_third(arena, 301);
    const double h = 1e-6;

    random_vector(w, count, 5);
    learner_gradient_with(learner, w, numbers, 301, options, g);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(g[i]));
    for (size_t i = 0; i < count; i++) {
        const double held = w[i];
        double above, below;

        w[i] = held + h;
        above = learner_gradient_with(learner, w, numbers, 301, options, unused);
        w[i] = held - h;
        below = learner_gradient_with(learner, w, numbers, 301, options, unused);
        w[i] = held;
        assert_true(fabs((above - below) / (2 * h) - g[i]) <= 1e-7 * (1 + largest));
    }
    sim_arena_close(arena);
}

/* Weights 0, offsets b: the loss of label y is ln(sum of e^b over those present + how many are not) - b_y. */
static void masked_scores_count_as_zero(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct data_set *set = noise(arena);
    const struct learner *learner = learner_open(arena, set, NULL, 0);
    const struct learner_options options = {.label_present = present, .scaler = 1};
    double *w = sim_new(arena, double, learner->parameter_count);
    double *g = sim_new(arena, double, learner->parameter_count);
    const double b[CLASSES] = {0.7, 3.1, -1.3, 0.2, -2.9};
    const double sum = exp(0.7) + 1 + exp(-1.3) + exp(0.2) + 1;
    int number = 0;

    (void)state;
    while (set->labels[number] != 2)
        number++;
    memcpy(w + FEATURES * CLASSES, b, sizeof b);
    assert_close(learner_gradient_with(learner, w, &number, 1, &options, g), log(sum) + 1.3, 1e-15);
    for (int c = 0; c < CLASSES; c++)
        assert_close(g[FEATURES * CLASSES + c], present[c] ? exp(b[c]) / sum - (c == 2) : 0, 1e-15);
    sim_arena_close(arena);
}

/* ReLU(z) / s = ReLU(z / s): a scaler s is as good as a first layer divided by s.  With s = 1/4 exactly. */
static void a_scaler_is_as_good_as_a_first_layer_divided_by_it(void **state)
{
    static const int width[] = {13};
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), width, 1);
    const struct learner_options options = {.scaler = 0.25};
    const size_t count = learner->parameter_count, first = learner->layers[2].offset;
    double *w = sim_new(arena, double, count), *g = sim_new(arena, double, count);
    double *divided = sim_new(arena, double, count), *expected = sim_new(arena, double, count);
    const int *numbers = every_third(arena, 97);
    double loss;

    (void)state;
    random_vector(w, count, 21);
    for (size_t i = 0; i < count; i++)
        divided[i] = i < first ? w[i] / 0.25 : w[i];
    loss = learner_gradient(learner, divided, numbers, 97, expected);
    assert_true(learner_gradient_with(learner, w, numbers, 97, &options, g) == loss);
    for (size_t i = 0; i < count; i++)
        assert_true(g[i] == (i < first ? expected[i] / 0.25 : expected[i]));
    sim_arena_close(arena);
}

static void options_that_change_nothing_give_the_same_bytes(void **state)
{
    static const bool all[CLASSES] = {true, true, true, true, true};
    const struct learner_options options = {.label_present = all, .scaler = 1};
    struct sim_arena *arena = sim_arena_open();
    const struct learner *learner = learner_open(arena, noise(arena), hidden, DEPTH - 1);
    const size_t count = learner->parameter_count;
    double *w = sim_new(arena, double, count), *g = sim_new(arena, double, count);
    double *expected = sim_new(arena, double, count), loss;

    (void)state;
    random_vector(w, count, 22);
    loss = learner_gradient(learner, w, every_third(arena, 301), 301, expected);
    assert_true(loss ==
                learner_gradient_with(learner, w, every_third(arena, 301), 301, &options, g));
    assert_memory_equal(g, expected, count * sizeof *g);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_own_slices_that_cover_the_vector),
        cmocka_unit_test(the_gradients_of_a_middle_stage_are_those_of_finite_differences),
        cmocka_unit_test(the_input_gradient_is_by_the_weights_it_is_given),
        cmocka_unit_test(passes_in_flight_do_not_disturb_each_other),
        cmocka_unit_test(micro_batches_add_up_to_the_mini_batch),
        cmocka_unit_test(masked_scores_count_as_zero),
        cmocka_unit_test(a_scaler_is_as_good_as_a_first_layer_divided_by_it),
        cmocka_unit_test(options_that_change_nothing_give_the_same_bytes),
    };

    return RUN_CASES(every_cut_in_stages_gives_the_bytes_of_the_whole, variants) +
           RUN_CASES(gradients_with_options_are_those_of_finite_differences, variants) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
