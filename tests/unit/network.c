/* network.c -- chains of layers, alone and joined: gradients by finite differences, softmax and Adam by hand, and a net
 * with two exits that learns. */
#include "tests/unit/noise.h"

#include "algorithms/learning/adam.h"
#include "algorithms/learning/network.h"
#include "algorithms/learning/softmax.h"

static const struct image_shape image = {2, 9, 8};

static const struct network_part parts[] = {
    {NETWORK_CONVOLUTION, .filters = 3, .kernel = 3, .stride = 1, .padding = 1},
    {NETWORK_RELU},
    {NETWORK_POOL, .kernel = 2, .stride = 2},
    {NETWORK_CONVOLUTION, .filters = 4, .kernel = 2, .stride = 2},
    {NETWORK_CLIP, .low = -0.5, .high = 1.25},
    {NETWORK_DENSE, .filters = 6, .name = "hidden"},
    {NETWORK_RELU},
    {NETWORK_DENSE, .filters = CLASSES},
};
enum { DEPTH = sizeof parts / sizeof parts[0] };

static const struct network *open_all(struct sim_arena *arena)
{
    return network_open(arena, image, parts, DEPTH);
}

static void the_table_says_where_each_layer_stands(void **state)
{
    static const struct layer expected[] = {
        {"conv1.weights", 0, 54, false},    {"conv1.offsets", 54, 3, false},
        {"conv2.weights", 57, 48, false},   {"conv2.offsets", 105, 4, false},
        {"hidden.weights", 109, 96, false}, {"hidden.offsets", 205, 6, false},
        {"dense2.weights", 211, 30, true},  {"dense2.offsets", 241, 5, true},
    };
    struct sim_arena *arena = sim_arena_open();
    const struct network *network = open_all(arena);

    (void)state;
    assert_int_equal(network->parameter_count, 246);
    assert_int_equal(network->table_count, 8);
    for (int i = 0; i < 8; i++) {
        assert_string_equal(network->table[i].name, expected[i].name);
        assert_int_equal(network->table[i].offset, expected[i].offset);
        assert_int_equal(network->table[i].count, expected[i].count);
        assert_int_equal(network->table[i].is_last, expected[i].is_last);
    }
    /* 3 x 2 x 9 x (9 x 8), 4 x 3 x 4 x (2 x 2), 16 x 6, 6 x 5 */
    assert_true(network_products(network) == 3888 + 192 + 96 + 30);
    assert_int_equal(network->output.channels, CLASSES);
    sim_arena_close(arena);
}

/* Loss of one sample of class 3, by all parameters and all pixels. */
struct loss {
    const struct network *network;
    struct network_stash *stash;
    double *parameters, *input;
};

static double loss_of(const struct loss *of, double *of_scores)
{
    double shares[CLASSES];
    const double *scores = network_forward(of->network, of->parameters, of->input, of->stash);

    return softmax_loss(scores, CLASSES, 3, 1, of_scores != NULL ? of_scores : shares);
}

static void check_slopes(const struct loss *of, double *numbers, const double *gradient,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double held = numbers[i], h = 1e-6;
        double above, below;

        numbers[i] = held + h;
        above = loss_of(of, NULL);
        numbers[i] = held - h;
        below = loss_of(of, NULL);
        numbers[i] = held;
        assert_true(fabs((above - below) / (2 * h) - gradient[i]) <= 1e-7);
    }
}

static void gradients_are_those_of_finite_differences(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct network *network = open_all(arena);
    const size_t count = network->parameter_count, pixels = image_size(image);
    struct loss of = {network, network_stash_open(arena, network), sim_new(arena, double, count),
                      sim_new(arena, double, pixels)};
    double *gradient = sim_new(arena, double, count), *of_input = sim_new(arena, double, pixels);
    double of_scores[CLASSES];

    (void)state;
    network_initialise(network, of.parameters, 5, 0);
    random_vector(of.input, pixels, 41);
    loss_of(&of, of_scores);
    network_backward(network, of.parameters, of.stash, of_scores, gradient, of_input);
    check_slopes(&of, of.parameters, gradient, count);
    check_slopes(&of, of.input, of_input, pixels);

    /* a second sample's gradient is added, and the same if that of the input is not wanted */
    loss_of(&of, of_scores);
    network_backward(network, of.parameters, of.stash, of_scores, gradient, NULL);
    for (size_t i = 0; i < count; i++)
        gradient[i] /= 2;
    check_slopes(&of, of.parameters, gradient, count);
    sim_arena_close(arena);
}

/* A chain cut in two gives the bytes of the whole: outputs, gradients, and those of the input. */
static void a_chain_cut_in_two_gives_the_bytes_of_the_whole(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct network *whole = open_all(arena);
    struct network_stash *stash = network_stash_open(arena, whole);
    const size_t count = whole->parameter_count, pixels = image_size(image);
    double *parameters = sim_new(arena, double, count), *input = sim_new(arena, double, pixels);
    double *expected = sim_new(arena, double, count), *of_input = sim_new(arena, double, pixels);
    double d[CLASSES];
    const double *scores;

    (void)state;
    network_initialise(whole, parameters, 6, 0);
    random_vector(input, pixels, 42);
    random_vector(d, CLASSES, 43);
    scores = network_forward(whole, parameters, input, stash);
    network_backward(whole, parameters, stash, d, expected, of_input);
    for (int cut = 1; cut < DEPTH; cut++) {
        const struct network *head = network_open(arena, image, parts, cut);
        const struct network *tail = network_open(arena, head->output, parts + cut, DEPTH - cut);
        struct network_stash *first = network_stash_open(arena, head);
        struct network_stash *second = network_stash_open(arena, tail);
        double *gradient = sim_new(arena, double, count);
        double *between = sim_new(arena, double, image_size(head->output));
        double *e = sim_new(arena, double, pixels);
        const size_t at = head->parameter_count;

        assert_int_equal(at + tail->parameter_count, count);
        assert_memory_equal(network_forward(tail, parameters + at,
                                            network_forward(head, parameters, input, first),
                                            second),
                            scores, sizeof d);
        network_backward(tail, parameters + at, second, d, gradient + at, between);
        network_backward(head, parameters, first, between, gradient, e);
        assert_memory_equal(gradient, expected, count * sizeof *gradient);
        assert_memory_equal(e, of_input, pixels * sizeof *e);
    }
    sim_arena_close(arena);
}

static void a_clip_is_flat_outside_its_bounds(void **state)
{
    static const struct network_part only[] = {{NETWORK_CLIP, .low = 0.25, .high = 2}};
    static const double x[5] = {-3, 0.25, 0.75, 2, 7}, d[5] = {1, 2, 3, 4, 5};
    struct sim_arena *arena = sim_arena_open();
    const struct network *network = network_open(arena, (struct image_shape){5, 1, 1}, only, 1);
    struct network_stash *stash = network_stash_open(arena, network);
    const double *z = network_forward(network, NULL, x, stash);
    double e[5];

    (void)state;
    assert_true(z[0] == 0 && z[1] == 0 && z[2] == 0.5 && z[3] == 1.75 && z[4] == 1.75);
    network_backward(network, NULL, stash, d, NULL, e);
    assert_true(e[0] == 0 && e[1] == 0 && e[2] == 3 && e[3] == 0 && e[4] == 0);
    assert_int_equal(network->parameter_count, 0);
    sim_arena_close(arena);
}

/* Variances 2 / inputs, and for the classes 2 / (inputs + outputs); another chain, or seed, draws otherwise. */
static void weights_begin_with_the_variances_of_the_papers(void **state)
{
    static const struct network_part wide[] = {
        {NETWORK_CONVOLUTION, .filters = 50, .kernel = 3, .stride = 1},
        {NETWORK_RELU},
        {NETWORK_DENSE, .filters = 30},
    };
    struct sim_arena *arena = sim_arena_open();
    const struct network *network = network_open(arena, (struct image_shape){20, 6, 6}, wide, 3);
    double *w = sim_new(arena, double, network->parameter_count);
    double *other = sim_new(arena, double, network->parameter_count);
    static const double expected[] = {2.0 / 180, 2.0 / (800 + 30)};

    (void)state;
    network_initialise(network, w, 9, 0);
    for (int l = 0; l < 2; l++) {
        const struct layer *weights = &network->table[2 * l];
        double sum = 0;

        for (size_t i = 0; i < weights->count; i++)
            sum += w[weights->offset + i] * w[weights->offset + i];
        assert_close(sum / (double)weights->count, expected[l], 0.05);
        for (size_t i = 0; i < weights[1].count; i++)
            assert_true(w[weights[1].offset + i] == 0);
    }
    network_initialise(network, other, 9, 1);
    assert_true(other[0] != w[0]);
    network_initialise(network, other, 10, 0);
    assert_true(other[0] != w[0]);
    network_initialise(network, other, 9, 0);
    assert_memory_equal(other, w, network->parameter_count * sizeof *w);
    sim_arena_close(arena);
}

static void softmax_by_hand(void **state)
{
    static const double even[4] = {7, 7, 7, 7}, sure[3] = {1000, 0, -1000};
    static const double odds[3] = {0, 0.69314718055994531, 1.0986122886681098}; /* log 1, 2, 3 */
    double y[4];

    (void)state;
    assert_close(softmax_cross_entropy(even, 4, 2, y), log(4), 1e-15);
    assert_close(softmax_entropy(y, 4), log(4), 1e-15);
    assert_true(softmax_cross_entropy(sure, 3, 0, y) == 0 && softmax_entropy(y, 3) == 0);
    assert_true(softmax_cross_entropy(sure, 3, 1, y) == 1000);
    assert_close(softmax_loss(odds, 3, 1, 6, y), log(3), 1e-15);
    assert_close(y[0], 1, 1e-15);
    assert_close(y[1], -4, 1e-15);
    assert_close(y[2], 3, 1e-15);
    assert_int_equal(softmax_highest(odds, 3), 2);
    assert_int_equal(softmax_highest(even, 4), 0);
}

/* The first step is the rate by the gradient's sign; the second, of g = (2, then -1), by hand:
 * m = 0.9 x 0.2 - 0.1 = 0.08, v = 0.999 x 0.004 + 0.001 = 0.004996; by 0.19 and 0.001999. */
static void adam_by_hand(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct adam adam = adam_open(arena, 0.01, 1);
    double w = 3;

    (void)state;
    adam_step(&adam, &w, (double[]){2});
    assert_close(w, 2.99, 1e-9);
    adam_step(&adam, &w, (double[]){-1});
    assert_close(w, 2.99 - 0.01 * (0.08 / 0.19) / sqrt(0.004996 / 0.001999), 1e-9);
    assert_int_equal(adam.steps, 2);
    sim_arena_close(arena);
}

/* ---- a trunk with two exits: the gradient of the piece between is the sum of both ways ---- */

enum { SIDE = 6, SHOWN = 60 };

/* A bar that lies (class 0) or stands (1), somewhere, under noise. */
static void bar(double *pixels, int number, int label)
{
    random_vector(pixels, SIDE * SIDE, 100 + (uint64_t)number);
    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] *= 0.25;
    for (int i = 0; i < SIDE; i++)
        pixels[label == 0 ? number % SIDE * SIDE + i : i * SIDE + number % SIDE] += 1;
}

static void a_trunk_with_two_exits_learns_at_both(void **state)
{
    static const struct network_part below[] = {
        {NETWORK_CONVOLUTION, .filters = 3, .kernel = 3, .stride = 1, .padding = 1},
        {NETWORK_RELU}};
    static const struct network_part above[] = {{NETWORK_POOL, .kernel = 2, .stride = 2},
                                                {NETWORK_DENSE, .filters = 2}};
    static const struct network_part aside[] = {{NETWORK_DENSE, .filters = 2}};
    struct sim_arena *arena = sim_arena_open();
    const struct network *chains[3];
    struct network_stash *stashes[3];
    double *w[3], *g[3], *e[2], pixels[SIDE * SIDE], last[2] = {0, 0};
    struct adam adams[3];

    (void)state;
    chains[0] = network_open(arena, (struct image_shape){1, SIDE, SIDE}, below, 2);
    chains[1] = network_open(arena, chains[0]->output, aside, 1);
    chains[2] = network_open(arena, chains[0]->output, above, 2);
    for (int k = 0; k < 3; k++) {
        stashes[k] = network_stash_open(arena, chains[k]);
        w[k] = sim_new(arena, double, chains[k]->parameter_count);
        g[k] = sim_new(arena, double, chains[k]->parameter_count);
        adams[k] = adam_open(arena, 0.01, chains[k]->parameter_count);
        network_initialise(chains[k], w[k], 77, (uint32_t)k);
    }
    for (int k = 0; k < 2; k++)
        e[k] = sim_new(arena, double, image_size(chains[0]->output));
    for (int step = 0; step < 10 * SHOWN; step++) {
        const double *x;

        bar(pixels, step % SHOWN, step % 2);
        x = network_forward(chains[0], w[0], pixels, stashes[0]);
        for (int k = 0; k < 3; k++)
            memset(g[k], 0, chains[k]->parameter_count * sizeof(double));
        for (int k = 0; k < 2; k++) {
            double of_scores[2];
            const double *scores = network_forward(chains[k + 1], w[k + 1], x, stashes[k + 1]);
            const double loss = softmax_loss(scores, 2, step % 2, 1, of_scores);

            last[k] += step >= 9 * SHOWN ? loss / SHOWN : 0;
            network_backward(chains[k + 1], w[k + 1], stashes[k + 1], of_scores, g[k + 1], e[k]);
        }
        for (size_t i = 0; i < image_size(chains[0]->output); i++)
            e[0][i] += e[1][i];
        network_backward(chains[0], w[0], stashes[0], e[0], g[0], NULL);
        for (int k = 0; k < 3; k++)
            adam_step(&adams[k], w[k], g[k]);
    }
    assert_true(last[0] < 0.1 && last[1] < 0.1); /* a coin's: 0.69 */
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_where_each_layer_stands),
        cmocka_unit_test(gradients_are_those_of_finite_differences),
        cmocka_unit_test(a_chain_cut_in_two_gives_the_bytes_of_the_whole),
        cmocka_unit_test(a_clip_is_flat_outside_its_bounds),
        cmocka_unit_test(weights_begin_with_the_variances_of_the_papers),
        cmocka_unit_test(softmax_by_hand),
        cmocka_unit_test(adam_by_hand),
        cmocka_unit_test(a_trunk_with_two_exits_learns_at_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
