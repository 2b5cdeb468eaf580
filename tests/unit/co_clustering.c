/* co_clustering.c -- who computes which weights of a pruned layer: planted clusters are found, covers are smallest. */
#include "tests/unit/close.h"

#include "algorithms/inference/rules/products.h"
#include "sim/base/random.h"

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

static const double equal[] = {1, 1, 1, 1, 1};

/* Rows as text, # where a weight is left. */
static struct weights_left picture(int inputs, int outputs, const char *const *rows)
{
    bool *is_left = sim_new(arena, bool, (size_t)(inputs * outputs));

    for (int i = 0; i < inputs; i++)
        for (int j = 0; j < outputs; j++)
            is_left[i * outputs + j] = rows[i][j] == '#';
    return (struct weights_left){inputs, outputs, is_left};
}

static int crossing_weights(const struct weights_left *weights, const struct co_clusters *clusters)
{
    int count = 0;

    for (int i = 0; i < weights->inputs; i++)
        for (int j = 0; j < weights->outputs; j++)
            count += weights->is_left[i * weights->outputs + j] &&
                     clusters->of_input[i] != clusters->of_output[j];
    return count;
}

/* Two blocks, shuffled; nothing between. */
static void blocks_are_found_whatever_their_order(void **state)
{
    static const char *const rows[] = {"#.#..#.", ".#.##.#", "#.#..#.",
                                       "#.#..#.", ".#.##.#", ".#.##.."};
    const struct weights_left weights = picture(6, 7, rows);
    const struct co_clusters clusters = co_cluster(arena, &weights, equal, 2);

    (void)state;
    assert_int_equal(crossing_weights(&weights, &clusters), 0);
    assert_int_not_equal(clusters.of_input[0], clusters.of_input[1]);
    assert_int_equal(clusters.of_input[0], clusters.of_output[5]);
}

/* With noise between: of what is left 8 in 10 lie within communities; in order, 4 in 5 would cross. */
static void communities_are_found_through_noise(void **state)
{
    (void)state;
    for (int nodes = 2; nodes <= 5; nodes++) {
        const struct products_pruning pruning = {
            .density = 0.13, .clustered = 0.8, .communities = nodes};
        const struct weights_left weights = products_draw(arena, 60, 47, &pruning, 1000003);
        const struct co_clusters found = co_cluster(arena, &weights, equal, nodes);
        const struct co_clusters in_order = co_cluster_in_order(arena, &weights, equal, nodes);

        assert_true(crossing_weights(&weights, &found) <
                    0.75 * crossing_weights(&weights, &in_order));
    }
}

static void nobody_has_more_than_his_share(void **state)
{
    static const double capabilities[] = {1, 0, 5, 2};
    const struct products_pruning pruning = {.density = 0.2, .clustered = 0.7, .communities = 3};
    const struct weights_left weights = products_draw(arena, 41, 37, &pruning, 17);
    const struct co_clusters clusters = co_cluster(arena, &weights, capabilities, 4);
    int inputs[4] = {0}, outputs[4] = {0};

    (void)state;
    for (int i = 0; i < 41; i++)
        inputs[clusters.of_input[i]]++;
    for (int j = 0; j < 37; j++)
        outputs[clusters.of_output[j]]++;
    for (int n = 0; n < 4; n++) {
        assert_true(inputs[n] <= ceil(41 * capabilities[n] / 8));
        assert_true(outputs[n] <= ceil(37 * capabilities[n] / 8));
    }
    assert_int_equal(inputs[1] + outputs[1], 0);
}

/* ---- the cross partition ---- */

/* Every weight is multiplied once, by somebody who has its input and gives its sum. */
static void assert_complete(const struct weights_left *weights,
                            const struct cross_partition *partition)
{
    for (int i = 0; i < weights->inputs; i++)
        for (int j = 0; j < weights->outputs; j++) {
            const int node = partition->multiplies[i * weights->outputs + j];

            assert_true((node >= 0) == weights->is_left[i * weights->outputs + j]);
            if (node < 0)
                continue;
            assert_true(partition->input_goes_to[i * partition->nodes + node]);
            assert_true(partition->sum_comes_from[j * partition->nodes + node]);
        }
}

/* Input 0 of the first node is read by all of the second's outputs: it is sent.  Output 0 of the first reads all of
 * the second's inputs: its sum is.  3 + 3 inputs and outputs each of their own, and 2 more: 14.  Without, the second's
 * three inputs are sent instead of that sum: 16. */
static void hubs_are_sent_once(void **state)
{
    static const char *const rows[] = {"#.####", ".#....", "..#...", "#..#..", "#...#.", "#....#"};
    static const int sides[] = {0, 0, 0, 1, 1, 1};
    const struct weights_left weights = picture(6, 6, rows);
    const struct co_clusters clusters = {2, sides, sides};
    const struct cross_partition fine = cross_partition(arena, &weights, &clusters, true);
    const struct cross_partition coarse = cross_partition(arena, &weights, &clusters, false);

    (void)state;
    assert_complete(&weights, &fine);
    assert_complete(&weights, &coarse);
    assert_true(fine.input_goes_to[0 * 2 + 1] && fine.sum_comes_from[0 * 2 + 1]);
    assert_false(fine.input_goes_to[3 * 2 + 0]);
    assert_int_equal(cross_partition_numbers(&weights, &fine), 14);
    assert_int_equal(cross_partition_numbers(&weights, &coarse), 16);
}

/* The fewest of inputs and outputs that cover all weights between two nodes, by trying all sets of outputs. */
static int smallest_cover(const struct weights_left *weights)
{
    int fewest = weights->inputs + weights->outputs;

    for (unsigned set = 0; set < 1u << weights->outputs; set++) {
        int size = __builtin_popcount(set);

        for (int i = 0; i < weights->inputs; i++) {
            bool is_open = false;

            for (int j = 0; j < weights->outputs; j++)
                is_open |= weights->is_left[i * weights->outputs + j] && (set >> j & 1) == 0;
            size += is_open;
        }
        fewest = size < fewest ? size : fewest;
    }
    return fewest;
}

/* All inputs are of one node and all outputs of another: what is sent across is the cover. */
static void covers_are_smallest(void **state)
{
    static const int zeros[9] = {0}, ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct sim_random *random = sim_random_open(101, 3);

    (void)state;
    for (int round = 0; round < 200; round++) {
        const int inputs = 2 + (int)sim_random_below(random, 7), outputs = 9;
        const double density = 0.05 + 0.5 * sim_random_uniform(random);
        bool is_left[81] = {false};
        const struct weights_left weights = {inputs, outputs, is_left};
        const struct co_clusters clusters = {2, zeros, ones};
        struct cross_partition fine;
        int across = 0;

        for (int w = 0; w < inputs * outputs; w++)
            is_left[w] = sim_random_uniform(random) < density;
        fine = cross_partition(arena, &weights, &clusters, true);
        assert_complete(&weights, &fine);
        for (int i = 0; i < inputs; i++)
            across += fine.input_goes_to[i * 2 + 1];
        for (int j = 0; j < outputs; j++)
            across += fine.sum_comes_from[j * 2];
        assert_int_equal(across, smallest_cover(&weights));
    }
    sim_random_close(random);
}

/* ---- layers ---- */

static void dense_layers_send_all_inputs_to_all(void **state)
{
    const struct products dense = products_dense(arena, 9216, 1003, equal, 3);

    (void)state;
    assert_int_equal(dense.numbers, 3 * 9216 + 1003);
    assert_close(dense.parts[0].share + dense.parts[1].share + dense.parts[2].share, 1, 1e-12);
}

static void pruned_layers_send_less_the_better_they_are_shared_out(void **state)
{
    const struct products_pruning pruning = {.density = 0.1, .clustered = 0.9, .communities = 4};
    const struct products sparse = products_sparse(arena, 9216, 4096, equal, 4, &pruning, 1000003);
    double share = 0;

    (void)state;
    for (int n = 0; n < 4; n++)
        share += sparse.parts[n].share;
    assert_true(fabs(share - 0.1) < 0.015);
    assert_true(sparse.numbers < sparse.numbers_without_fgcp);
    assert_true(sparse.numbers_without_fgcp < sparse.numbers_in_order);
    assert_true(sparse.numbers_in_order < products_dense(arena, 9216, 4096, equal, 4).numbers);
    assert_true(sparse.numbers < 1.5 * (9216 + 4096));
}

static void what_is_left_is_as_much_as_asked_for(void **state)
{
    const struct products_pruning fine = {0.2, 0.9, 5}, too_dense = {0.3, 0.9, 5},
                                  scattered = {0.9, 0, 2};

    (void)state;
    assert_true(products_can_be(&fine));
    assert_false(products_can_be(&too_dense));
    assert_false(products_can_be(&scattered));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_found_whatever_their_order),
        cmocka_unit_test(communities_are_found_through_noise),
        cmocka_unit_test(nobody_has_more_than_his_share),
        cmocka_unit_test(hubs_are_sent_once),
        cmocka_unit_test(covers_are_smallest),
        cmocka_unit_test(dense_layers_send_all_inputs_to_all),
        cmocka_unit_test(pruned_layers_send_less_the_better_they_are_shared_out),
        cmocka_unit_test(what_is_left_is_as_much_as_asked_for),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
