/* exits.c -- networks with exits: the rule by which samples leave, the joint loss and its gradient, and what is learned
 * and costs. */
#include "tests/unit/noise.h"

#include "algorithms/inference/rules/exit_lesson.h"

static void entropy_below_the_threshold_leaves_and_its_negative_above_minus_that(void **state)
{
    static const double thresholds[2] = {0.37, 1.1}, negative[2] = {-0.37, -1.1};
    static const struct {
        double entropies[3];
        int exit;
    } cases[] = {
        {{0.36, 2, 2}, 0}, {{0.37, 1.09, 2}, 1}, {{0.38, 1.1, 0}, 2},
        {{0, 0, 0}, 0},    {{2.3, 1.2, 2.3}, 2},
    };

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(exit_taken(cases[i].entropies, 3, CONFIDENCE_ENTROPY, thresholds),
                         cases[i].exit);
        assert_int_equal(exit_taken(cases[i].entropies, 3, CONFIDENCE_NEGATIVE_ENTROPY, negative),
                         cases[i].exit);
    }
    /* nothing is surer than sure: a threshold of 0 lets nobody leave, and one beyond log 10 everybody */
    assert_false(exit_is_sure(0, CONFIDENCE_ENTROPY, 0));
    assert_false(exit_is_sure(0, CONFIDENCE_NEGATIVE_ENTROPY, 0));
    assert_true(exit_is_sure(log(10), CONFIDENCE_ENTROPY, 2.31));
    assert_int_equal(exit_taken(cases[0].entropies, 1, CONFIDENCE_ENTROPY, NULL), 0);
}

/* Three classes, 8 x 8. */
static const struct image_shape image = {1, 8, 8};

static void the_joint_gradient_is_that_of_finite_differences(void **state)
{
    static const double weights[EXITS] = {0.7, 0.2, 1.9};
    struct sim_arena *arena = sim_arena_open();
    const struct exit_network *network = exit_network_open(arena, image, 3);
    const size_t count = network->parameter_count;
    struct exit_workspace *space = exit_workspace_open(arena, network);
    double *w = sim_new(arena, double, count), *g = sim_new(arena, double, count);
    double *unused = sim_new(arena, double, count), sample[64];

    (void)state;
    for (int e = 0; e < EXITS; e++) {
        network_initialise(network->pieces[e], w + network->piece_at[e], 3, (uint32_t)(2 * e));
        network_initialise(network->heads[e], w + network->head_at[e], 3, (uint32_t)(2 * e + 1));
    }
    random_vector(sample, 64, 12);
    exit_network_gradient(network, w, sample, 1, weights, space, g);
    for (size_t i = 0; i < count; i += 7) {
        const double held = w[i], h = 1e-6;
        double above, below;

        w[i] = held + h;
        above = exit_network_gradient(network, w, sample, 1, weights, space, unused);
        w[i] = held - h;
        below = exit_network_gradient(network, w, sample, 1, weights, space, unused);
        w[i] = held;
        assert_true(fabs((above - below) / (2 * h) - g[i]) <= 1e-6);
    }
    sim_arena_close(arena);
}

/* Bars: class 0 lies, 1 stands, 2 is a diagonal; where it is and how bright depends on the sample. */
static const struct data_set *bars(struct sim_arena *arena, int count)
{
    double *features = sim_new(arena, double, (size_t)count * 64);
    int *labels = sim_new(arena, int, (size_t)count);
    struct data_set *set = sim_new(arena, struct data_set, 1);

    random_vector(features, (size_t)count * 64, 91);
    for (int s = 0; s < count; s++) {
        double *pixels = features + 64 * s;

        labels[s] = s % 3;
        for (int i = 0; i < 64; i++)
            pixels[i] *= 0.3;
        for (int i = 0; i < 8; i++)
            pixels[s % 3 == 0   ? s % 8 * 8 + i
                   : s % 3 == 1 ? i * 8 + s % 8
                                : (i + s) % 8 * 8 + i] += 1;
    }
    *set = (struct data_set){.name = "bars",
                             .count = count,
                             .feature_count = 64,
                             .class_count = 3,
                             .features = features,
                             .labels = labels};
    return set;
}

static void training_teaches_all_exits_and_gives_the_same_bytes_again(void **state)
{
    static const double weights[EXITS] = {1, 1, 1};
    struct sim_arena *arena = sim_arena_open();
    const struct data_set *set = bars(arena, 240);
    const struct exit_network *network = exit_network_open(arena, image, 3);
    int *all = sim_new(arena, int, 240);
    struct exit_training how = {set, {all, 180}, weights, 12, 13, 0.01, 17};
    const double *learned, *again;
    struct exit_workspace *space = exit_workspace_open(arena, network);
    int right[EXITS] = {0, 0, 0};

    (void)state;
    for (int i = 0; i < 240; i++)
        all[i] = i;
    learned = exit_network_train(arena, network, &how);
    again = exit_network_train(arena, network, &how);
    assert_memory_equal(learned, again, network->parameter_count * sizeof *learned);
    for (int i = 180; i < 240; i++) {
        const struct exit_verdict verdict =
            exit_network_ask(network, learned, set->features + 64 * i, space);

        for (int e = 0; e < EXITS; e++) {
            right[e] += verdict.class[e] == set->labels[i];
            assert_true(verdict.entropy[e] >= 0 && verdict.entropy[e] <= log(3) * (1 + 1e-12));
        }
    }
    for (int e = 0; e < EXITS; e++)
        assert_true(right[e] > 45); /* of 60; a third of them by chance */
    how.seed = 18;
    again = exit_network_train(arena, network, &how);
    assert_true(memcmp(learned, again, network->parameter_count * sizeof *learned) != 0);
    sim_arena_close(arena);
}

/* An exit whose loss has weight 0 does not learn: its head stays as it was drawn. */
static void an_exit_of_weight_nothing_does_not_learn(void **state)
{
    static const double weights[EXITS] = {0, 1, 1};
    struct sim_arena *arena = sim_arena_open();
    const struct data_set *set = bars(arena, 60);
    const struct exit_network *network = exit_network_open(arena, image, 3);
    int *all = sim_new(arena, int, 60);
    const struct exit_training how = {set, {all, 60}, weights, 2, 10, 0.01, 17};
    const struct network *head = network->heads[0];
    double *drawn = sim_new(arena, double, head->parameter_count);
    const double *learned;

    (void)state;
    for (int i = 0; i < 60; i++)
        all[i] = i;
    learned = exit_network_train(arena, network, &how);
    network_initialise(head, drawn, 17, 1);
    assert_memory_equal(drawn, learned + network->head_at[0],
                        head->parameter_count * sizeof *drawn);
    network_initialise(network->heads[1], drawn, 17, 3);
    assert_true(drawn[0] != learned[network->head_at[1]]);
    sim_arena_close(arena);
}

/* Products by hand, 28 x 28: conv1 4 x 9 x 784 and a head of 4 x 7 x 7 by 10; conv2 8 x 36 x 196, head 8 x 7 x 7 by 10;
 * conv3 16 x 72 x 49, then 16 x 7 x 7 by 32 by 10. */
static void large_images_are_pooled_in_the_trunk(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct exit_network *network =
        exit_network_open(arena, (struct image_shape){1, 28, 28}, 10);
    static const double pieces[EXITS] = {28224, 56448, 56448}, heads[EXITS] = {1960, 3920, 25408};

    (void)state;
    for (int e = 0; e < EXITS; e++) {
        assert_true(network_products(network->pieces[e]) == pieces[e]);
        assert_true(network_products(network->heads[e]) == heads[e]);
    }
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entropy_below_the_threshold_leaves_and_its_negative_above_minus_that),
        cmocka_unit_test(the_joint_gradient_is_that_of_finite_differences),
        cmocka_unit_test(training_teaches_all_exits_and_gives_the_same_bytes_again),
        cmocka_unit_test(an_exit_of_weight_nothing_does_not_learn),
        cmocka_unit_test(large_images_are_pooled_in_the_trunk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
