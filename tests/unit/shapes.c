/* Shapes of trees: counts by hand, Medusa's likeliest nodes, Sequoia's programme beside trying all trees. */
#include "algorithms/decoding/shared/shapes.h"
#include "tests/unit/close.h"

#include <stdbool.h>

static struct sim_arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = sim_arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

static int nodes_of(const int *children, int levels)
{
    struct sim_error err = {0};
    const struct shape *shape = shape_expansion(children, levels, arena, &err);

    assert_non_null(shape);
    assert_int_equal(shape->depth, levels);
    return shape->count - 1;
}

/* SpecInfer's <2, 2, 1>, and its <1, 1, k, 1, 1, 1, 1, 1> of 2 + 6k nodes; Medusa's (2, 3). */
static void expansions_have_as_many_nodes_as_their_products(void **state)
{
    (void)state;
    assert_int_equal(nodes_of((int[]){2, 2, 1}, 3), 10);
    assert_int_equal(nodes_of((int[]){2, 3}, 2), 8);
    for (int k = 1; k < 6; k++)
        assert_int_equal(nodes_of((int[]){1, 1, k, 1, 1, 1, 1, 1}, 8), 2 + 6 * k);
}

static void nodes_stand_level_by_level_behind_their_parents(void **state)
{
    struct sim_error err = {0};
    const struct shape *shape = shape_expansion((int[]){2, 3, 1}, 3, arena, &err);

    (void)state;
    for (int n = 1; n < shape->count; n++) {
        assert_true(shape->nodes[n].parent < n);
        assert_int_equal(shape->nodes[n].depth, shape->nodes[shape->nodes[n].parent].depth + 1);
        assert_true(shape->nodes[n].depth >= shape->nodes[n - 1].depth);
    }
}

static void impossible_trees_are_refused(void **state)
{
    struct sim_error err = {0};

    (void)state;
    assert_null(shape_expansion(NULL, 0, arena, &err));
    assert_non_null(strstr(err.text, "The tree is empty"));
    assert_null(shape_expansion((int[]){2, 0}, 2, arena, &err));
    assert_non_null(strstr(err.text, "Level 2 of the tree has no node"));
    assert_null(shape_expansion((int[]){40, 40}, 2, arena, &err));
    assert_non_null(strstr(err.text, "more than 1024 nodes"));
    assert_null(shape_sparse(&(struct shape_accuracy){0}, 1, arena, &err));
}

/* ---- Medusa ---- */

/* The last row of the authors' accuracies for Vicuna-33B, five heads: that the target's token is among the first 1 to 5. */
static const double cumulative[5][5] = {{.604585, .716190, .764884, .798294, .822285},
                                        {.355785, .468989, .528701, .569220, .596055},
                                        {.224631, .319709, .378532, .421006, .446241},
                                        {.159588, .248800, .307269, .347965, .375511},
                                        {.137018, .206682, .262129, .298383, .325751}};

static struct shape_accuracy vicuna(double *right)
{
    for (int h = 0; h < 5; h++)
        for (int r = 0; r < 5; r++)
            right[5 * h + r] = cumulative[h][r] - (r > 0 ? cumulative[h][r - 1] : 0);
    return (struct shape_accuracy){.depths = 5, .ranks = 5, .right = right};
}

/* By hand: .604585, then .604585 x .355785 = .215102, .111605, .604585 x .113204 = .068441, ... */
static void the_likeliest_nodes_come_first(void **state)
{
    double right[25];
    const struct shape_accuracy accuracy = vicuna(right);
    struct sim_error err = {0};
    const double expected[] = {0, 1, 1.604585, 1.604585 + .215102, 1.819687 + .111605};

    (void)state;
    for (int nodes = 2; nodes <= 4; nodes++)
        assert_near(shape_expected(shape_sparse(&accuracy, nodes, arena, &err), &accuracy),
                    expected[nodes], 2e-6);
}

/* As whoever drafts them asks for them: all children of a node at once. */
static void children_of_a_node_stand_side_by_side(void **state)
{
    double right[25];
    const struct shape_accuracy accuracy = vicuna(right);
    struct sim_error err = {0};
    const struct shape *shape = shape_sparse(&accuracy, 64, arena, &err);

    (void)state;
    for (int n = 2; n < shape->count; n++)
        if (shape->nodes[n].parent == shape->nodes[n - 1].parent)
            assert_int_equal(shape->nodes[n].rank, shape->nodes[n - 1].rank + 1);
        else
            assert_true(shape->nodes[n].parent > shape->nodes[n - 1].parent &&
                        shape->nodes[n].rank == 0);
}

/* Greedy is best here: a node's probability never exceeds its parent's. */
static void sixty_four_likeliest_nodes_beat_every_cartesian_tree_of_no_more(void **state)
{
    double right[25];
    const struct shape_accuracy accuracy = vicuna(right);
    struct sim_error err = {0};
    const double sparse = shape_expected(shape_sparse(&accuracy, 64, arena, &err), &accuracy);
    int tried = 0;

    (void)state;
    for (int code = 0; code < 6 * 6 * 6 * 6; code++) {
        const int children[] = {code % 6, code / 6 % 6, code / 36 % 6, code / 216};
        int levels = 0;
        const struct shape *shape;

        while (levels < 4 && children[levels] > 0)
            levels++;
        if (levels == 0)
            continue;
        shape = shape_expansion(children, levels, arena, &err);
        if (shape->count > 64)
            continue;
        tried++;
        assert_true(shape_expected(shape, &accuracy) <= sparse + 1e-12);
    }
    assert_true(tried > 100);
}

/* ---- Sequoia ---- */

/* The acceptance vector of the authors' repository, by rank. */
static const double ranks[] = {.634183, .107946, .056972, .022489, .019490, .014993, .004498,
                               .002999, .011994, .004498, .007496, .004498, .005997, .002999,
                               .001499, .002999, .001499, .002999, 0,       .002999, .002999,
                               .002999, 0,       .001499, 0,       .001499, 0,       0,
                               0,       .001499, .001499, .001499};
enum { RANKS = sizeof ranks / sizeof ranks[0] };

static struct shape_choice sequoia_of(int most_nodes, bool only_so_many)
{
    static const double steps[][2] = {{1, 10}, {2, 10}, {4, 10}, {8, 12}, {16, 14}, {32, 18}};
    double target[33];
    const struct shape_costs costs = {only_so_many ? 0 : .3, target};

    for (int m = 0; m <= 32; m++)
        target[m] = NAN;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (!only_so_many)
            target[(int)steps[i][0]] = steps[i][1];
    if (only_so_many)
        target[most_nodes] = 1;
    return shape_sequoia(ranks, RANKS, most_nodes, 10, &costs, arena);
}

static void sequoia_finds_its_authors_tree(void **state)
{
    const struct shape_choice best = sequoia_of(32, false);
    const struct shape_accuracy accuracy = {1, RANKS, ranks, true};

    (void)state;
    assert_int_equal(best.shape->count, 4);
    assert_int_equal(best.levels, 4);
    assert_near(best.expected_tokens, 2.2914, 5e-5);
    assert_near(best.cost_per_token, 4.8878, 5e-5);
    assert_near(10 / best.cost_per_token, 2.0459, 5e-5);
    assert_near(shape_expected(best.shape, &accuracy), best.expected_tokens, 1e-12);
}

static void more_nodes_are_accepted_further(void **state)
{
    static const int nodes[] = {1, 2, 4, 8};
    static const double tokens[] = {1, 1.6342, 2.2914, 2.7322};
    const struct shape_accuracy accuracy = {1, RANKS, ranks, true};

    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct shape_choice best = sequoia_of(nodes[i], true);

        assert_int_equal(best.shape->count, nodes[i]);
        assert_near(best.expected_tokens, tokens[i], 5e-5);
        assert_near(shape_expected(best.shape, &accuracy), best.expected_tokens, 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expansions_have_as_many_nodes_as_their_products),
        cmocka_unit_test(nodes_stand_level_by_level_behind_their_parents),
        cmocka_unit_test(impossible_trees_are_refused),
        cmocka_unit_test(the_likeliest_nodes_come_first),
        cmocka_unit_test(children_of_a_node_stand_side_by_side),
        cmocka_unit_test(sixty_four_likeliest_nodes_beat_every_cartesian_tree_of_no_more),
        cmocka_unit_test(sequoia_finds_its_authors_tree),
        cmocka_unit_test(more_nodes_are_accepted_further),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
