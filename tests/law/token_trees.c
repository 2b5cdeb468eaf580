/* Trees of drafts as runs: SpecInfer's drafts at once, Sequoia's choice, Medusa's heads. */
#include "tests/fixtures/decoded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Levels are passed with right[l] each: the mean of tokens in a step lies within three standard deviations of what it must
 * be. */
static void assert_levels(const char *algorithm, const double *right, int levels)
{
    struct simulated run = decoded_run(algorithm, "");
    const double steps = metric_of(&run, "target_steps"),
                 found = metric_of(&run, "tokens_per_step");
    double passed = 1, mean = 0, of_squares = 0, sigma;

    for (int l = 1; l <= levels; l++) {
        passed *= right[l - 1];
        mean += passed;
        of_squares += (2 * l - 1) * passed;
    }
    sigma = sqrt((of_squares - mean * mean) / steps);
    if (fabs(found - (1 + mean)) > 3 * sigma)
        fail_msg("%s: %g tokens a step, and not %g +- %g", algorithm, found, 1 + mean, sigma);
    assert_true(3 * sigma < 0.05 * mean);
    simulated_release(&run);
}

/* ---- SpecInfer ---- */

#define RIGHT                                                                                      \
    "specinfer, draft_step_seconds: 1.9ms, tokens: 40, acceptance: [1], expansion: [1, 1, 2]"

/* Three levels, and all drafts are right: ten rounds of four tokens. */
static void a_round_takes_a_step_for_each_level(void **state)
{
    (void)state;
    assert_close(decoded_seconds(RIGHT ", placement: together", ""), 10 * (3 * 1.9e-3 + 17.3e-3),
                 1e-12);
    assert_close(decoded_metric(RIGHT, "", "nodes_per_tree"), 4, 0);
}

/* The second draft is on a host of half the speed: what it drafts takes twice as long, and nothing else is waited for. */
static void several_drafts_take_as_long_as_the_slowest(void **state)
{
    static const char slow[] = "hosts: {target: [node-0], draft: [node-1, node-2]}\nfaults: "
                               "[{host: node-2, at: 0, for: 1000, factor: 0.5}]\n";

    (void)state;
    assert_close(decoded_seconds(RIGHT ", drafts: 2", slow) -
                     decoded_seconds(RIGHT ", drafts: 2", ""),
                 10 * 3 * 1.9e-3, 1e-5); /* the fault comes a little behind 0 */
}

static void more_drafts_are_accepted_further(void **state)
{
    static const char one[] = "specinfer, tokens: 4000, acceptance: [0.5], expansion: [1, 1, 1]";
    static const char two[] =
        "specinfer, tokens: 4000, acceptance: [0.5], expansion: [1, 1, 1], drafts: 2";
    const double tokens = decoded_metric(two, "", "tokens_per_step");

    (void)state;
    /* the first of two that is right: 3/4; behind it a half each */
    assert_close(tokens, 1 + 0.75 * (1 + 0.5 * (1 + 0.5)), 0.04);
    assert_true(tokens > decoded_metric(one, "", "tokens_per_step"));
}

/* A level is passed where one of its siblings is right; the first one also where the second draft's is. */
static void tokens_of_a_step_are_those_of_independent_levels(void **state)
{
    static const double alone[] = {1 - 0.3863 * 0.3863, 0.6137, 0.6137},
                        ranked[] = {0.5219, 0.7351, 0.6447},
                        both[] = {1 - 0.2649 * 0.2649, 0.5219, 0.5219};

    (void)state;
    assert_levels("specinfer, tokens: 20000, acceptance: [0.6137], expansion: [2, 1, 1]", alone, 3);
    assert_levels("specinfer, tokens: 20000, rank_acceptance: [0.5219, 0.6447, 0.7351], "
                  "expansion: [1, 3, 2]",
                  ranked, 3);
    assert_levels("specinfer, tokens: 20000, rank_acceptance: [0.5219, 0.6447, 0.7351], "
                  "expansion: [3, 1, 1], drafts: 2",
                  both, 3);
}

/* Ten rounds, four nodes of a token and a parent each; orders say which node was accepted and what followed.  Of two drafts
 * each is sent the three tokens of the path as well, from the second round on. */
static void tokens_and_parents_travel(void **state)
{
    (void)state;
    assert_close(decoded_bytes(RIGHT, ""), 10 * (8 + 4 * 8), 0);
    assert_close(decoded_bytes(RIGHT ", drafts: 2", ""), 2 * (10 * (8 + 4 * 8) + 9 * 3 * 4), 0);
    assert_close(decoded_bytes(RIGHT ", placement: together", ""), 0, 0);
}

/* On the target's one host all drafts share what it computes. */
static void drafts_on_one_host_take_the_sum(void **state)
{
    (void)state;
    assert_close(decoded_seconds(RIGHT ", drafts: 3, placement: together", ""),
                 10 * (3 * 3 * 1.9e-3 + 17.3e-3), 1e-9);
}

/* Two drafts of one text often say the same: what is the same is computed once. */
static void equal_sequences_are_computed_once(void **state)
{
    static const char same[] =
        "specinfer, tokens_from: text, temperature: 0, tokens: 60, expansion: "
        "[2, 1], drafts: 2, draft_orders: [2, 2]";

    (void)state;
    assert_close(decoded_metric(same, "", "computed_nodes_per_tree"),
                 decoded_metric(same, "", "nodes_per_tree") / 2, 1e-12);
}

/* A target whose step takes the same for any tree, and a draft that costs next to nothing, want a deep tree; a target that
 * takes as long for each token wants none. */
static void sequoias_tree_depends_on_what_steps_cost(void **state)
{
    static const char tree[] = "specinfer, tree: sequoia, most_nodes: 24, rank_acceptance: "
                               "[0.6342, 0.7421, 0.7991], tokens: 50, ";
    char cheap[256], dear[256];

    (void)state;
    snprintf(cheap, sizeof cheap, "%sdraft_step_seconds: 1us", tree);
    snprintf(dear, sizeof dear, "%sdraft_step_seconds: 5ms", tree);
    assert_true(decoded_metric(cheap, "", "levels_of_tree") >
                decoded_metric(dear, "", "levels_of_tree"));
    assert_true(decoded_metric(cheap, "", "tokens_per_step") >
                decoded_metric(dear, "", "tokens_per_step"));
}

/* A chain of one pays where T_q < alpha T_p: 5.19 ms here. */
static void no_tree_is_chosen_that_loses(void **state)
{
#define CHAIN "specinfer, tree: sequoia, most_nodes: 2, rank_acceptance: [0.3], tokens: 1000, "

    (void)state;
    decoded_fails(CHAIN "target_step_seconds: 17.3ms, draft_step_seconds: 5.3ms", "",
                  "No tree pays here");
    assert_close(decoded_metric(CHAIN "draft_step_seconds: 5.1ms", "", "nodes_per_tree"), 1, 0);
}

static void impossible_trees_are_refused(void **state)
{
    (void)state;
    decoded_fails("specinfer, expansion: []", "", "The tree is empty");
    decoded_fails("specinfer, expansion: [4, 4, 4]", "", "more than most_nodes, 64");
    decoded_fails("specinfer, expansion: [2, 0]", "", "0 is out of bounds");
    decoded_fails("specinfer, expansion: [2.5]", "", "2.5 is no number of children");
    decoded_fails("specinfer, drafts: 4", "", "trees of all drafts have 81 nodes");
    decoded_fails("specinfer, tree: sequoia, drafts: 2", "", "the tree of one draft");
    decoded_fails("specinfer, children: sample", "", "children is for tokens_from: text");
    decoded_fails("specinfer, tokens_from: text, drafts: 3, draft_orders: [1, 2]", "",
                  "these are 2 orders, but there are 3 drafts");
    decoded_fails("specinfer, tokens_from: text, draft_orders: [1, 2]", "",
                  "these are 2 orders, but there are 1 drafts");
    decoded_fails("specinfer, tokens_from: text, children: top", "", "does not follow the target");
    decoded_fails("specinfer, exchange: row_on_rejection", "", "trees need rows");
    decoded_fails("specinfer, tree: sequoia, draft_step_seconds: 1s, acceptance: [0.01]", "",
                  "No tree pays here");
}

/* ---- Medusa ---- */

static void a_round_takes_a_step_and_the_heads(void **state)
{
    struct simulated run =
        decoded_run("medusa, tokens: 200, rank_acceptance: [1], heads: 3, nodes: 4, "
                    "heads_seconds: 2.9ms",
                    "");

    (void)state;
    assert_close(seconds_of(&run), 50 * (17.3e-3 + 2.9e-3), 1e-12);
    assert_close(metric_of(&run, "tokens_per_step"), 4, 0);
    assert_close(metric_of(&run, "overhead"), 1 + 2.9 / 17.3, 1e-12);
    assert_close(metric_of(&run, "speedup"), 4 / (1 + 2.9 / 17.3), 1e-12);
    simulated_release(&run);
}

/* The product of the best two guesses of the first head and the best three of the second. */
static void heads_are_right_as_their_table_says(void **state)
{
    static const double right[] = {0.716190, 0.528701};

    (void)state;
    assert_levels("medusa, tokens: 20000, heads: 2, tree: cartesian, cartesian: [2, 3], "
                  "head_accuracy: scenarios/language/medusa_vicuna_33b.csv",
                  right, 2);
    assert_close(decoded_metric("medusa, tokens: 20, rank_acceptance: [0.5], tree: cartesian, "
                                "cartesian: [2, 3]",
                                "", "nodes_per_tree"),
                 8, 0);
}

static bool remarks_have(const char *algorithm, const char *text)
{
    struct simulated run = decoded_run(algorithm, "");
    const json_t *remark;
    bool found = false;
    size_t i;

    json_array_foreach (json_object_get(run.summary, "remarks"), i, remark)
        found |= strstr(json_string_value(remark), text) != NULL;
    simulated_release(&run);
    return found;
}

static void typical_acceptance_says_what_it_is(void **state)
{
#define TYPICAL "medusa, tokens_from: text, tokens: 20, temperature: "

    (void)state;
    assert_true(remarks_have(TYPICAL "0.7", "does not follow the target's distribution"));
    assert_false(remarks_have(TYPICAL "0", "does not follow"));
}

/* The likeliest 9 nodes of two heads are accepted further than the 8 of the product of 2 and 3. */
static void a_sparse_tree_is_accepted_further(void **state)
{
#define HEADS                                                                                      \
    "medusa, tokens: 20000, heads: 4, head_accuracy: scenarios/language/medusa_vicuna_33b.csv, "

    (void)state;
    assert_true(
        decoded_metric(HEADS "nodes: 9", "", "tokens_per_step") >
        1.03 * decoded_metric(HEADS "tree: cartesian, cartesian: [2, 3]", "", "tokens_per_step"));
}

static void heads_must_be_known(void **state)
{
    (void)state;
    decoded_fails("medusa", "", "How often are the heads right?");
    decoded_fails("medusa, heads: 7, head_accuracy: scenarios/language/medusa_vicuna_33b.csv", "",
                  "tells of 5 heads");
    decoded_fails("medusa, head_accuracy: scenarios/medusa.yaml", "",
                  "its first line must be head, top1");
    decoded_fails("medusa, rank_acceptance: [0.6, 0.5]", "", "it cannot fall from 0.6 to 0.5");
    decoded_fails("medusa, rank_acceptance: [0.6], tree: cartesian, cartesian: [2.5]", "",
                  "2.5 is no number of guesses");
    decoded_fails("medusa, rank_acceptance: [0.6], cartesian: [2]", "",
                  "cartesian is for tree: cartesian");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_takes_a_step_for_each_level),
        cmocka_unit_test(several_drafts_take_as_long_as_the_slowest),
        cmocka_unit_test(more_drafts_are_accepted_further),
        cmocka_unit_test(tokens_of_a_step_are_those_of_independent_levels),
        cmocka_unit_test(tokens_and_parents_travel),
        cmocka_unit_test(drafts_on_one_host_take_the_sum),
        cmocka_unit_test(equal_sequences_are_computed_once),
        cmocka_unit_test(sequoias_tree_depends_on_what_steps_cost),
        cmocka_unit_test(no_tree_is_chosen_that_loses),
        cmocka_unit_test(impossible_trees_are_refused),
        cmocka_unit_test(a_round_takes_a_step_and_the_heads),
        cmocka_unit_test(heads_are_right_as_their_table_says),
        cmocka_unit_test(typical_acceptance_says_what_it_is),
        cmocka_unit_test(a_sparse_tree_is_accepted_further),
        cmocka_unit_test(heads_must_be_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
