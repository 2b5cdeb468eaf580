/* The heart of speculative decoding: what is emitted follows the target, and at temperature 0 it is the target's own text.
 *
 * First 10^6 tokens of the pure rules alone, then 2 x 10^4 through actors, for every system; each time the transitions from
 * token to token are held against the target's rows by a chi-square test.  What is known to be biased must fail it. */
#include "algorithms/decoding/shared/accept.h"
#include "algorithms/decoding/shared/pearl_state.h"
#include "algorithms/decoding/shared/sampling.h"
#include "algorithms/decoding/shared/text_models.h"
#include "sim/base/file.h"
#include "sim/base/random.h"
#include "tests/fixtures/simulate.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { V = 5, DRAWS = 1000 * 1000 };

/* ---- chi-square ---- */

/* p(next | previous) of 5 tokens, and how often each transition was seen. */
static double p_value(const double rows[V][V], const int64_t seen[V][V])
{
    double chi_square = 0;
    int rows_seen = 0;

    for (int i = 0; i < V; i++) {
        int64_t visits = 0;

        for (int x = 0; x < V; x++)
            visits += seen[i][x];
        if (visits < 500)
            continue; /* a biased process may hardly come by here */
        rows_seen++;
        for (int x = 0; x < V; x++) {
            const double expected = (double)visits * rows[i][x];

            assert_true(expected > 10);
            chi_square +=
                ((double)seen[i][x] - expected) * ((double)seen[i][x] - expected) / expected;
        }
    }
    assert_true(rows_seen > 1);
    return gsl_cdf_chisq_Q(chi_square, rows_seen * (V - 1));
}

static const double lossless_at_least = 1e-4, biased_at_most = 1e-9;

/* ---- the rules alone ---- */

/* Target and draft whose rows depend on the token before. */
struct pair {
    double p[V][V], q[V][V];
    struct sim_random *random;
};

static void fill(double rows[V][V], struct sim_random *random)
{
    for (int i = 0; i < V; i++) {
        double sum = 0;

        for (int x = 0; x < V; x++)
            sum += rows[i][x] = 0.05 + sim_random_uniform(random);
        for (int x = 0; x < V; x++)
            rows[i][x] /= sum;
    }
}

static const double *row_behind(void *own, const struct tree *tree, int node)
{
    return ((struct pair *)own)->p[tree->nodes[node].token];
}

static double draw(void *own)
{
    return sim_random_uniform(((struct pair *)own)->random);
}

/* Drafts below one node; the root's token is the last one emitted. */
typedef void draft_tree(struct pair *pair, struct tree *tree);

static int bear(struct tree *tree, int parent, int token, const double *row)
{
    return tree_add(tree, (struct tree_node){.parent = parent,
                                             .token = token,
                                             .probability = row[token],
                                             .confidence = row[sampling_best(row, V)],
                                             .row = row});
}

static int draw_from(struct pair *pair, struct tree *tree, int parent, const double *row)
{
    return bear(tree, parent, sampling_draw(row, V, draw(pair)), row);
}

static int draw_child(struct pair *pair, struct tree *tree, int parent)
{
    return draw_from(pair, tree, parent, pair->q[tree->nodes[parent].token]);
}

static void chain(struct pair *pair, struct tree *tree)
{
    int last = TREE_ROOT;

    for (int i = 0; i < 4; i++)
        last = draw_child(pair, tree, last);
}

/* As Draft & Verify, LayerSkip and Kangaroo: the draft stops behind a token of which it is not sure. */
static void chain_that_stops(struct pair *pair, struct tree *tree)
{
    int last = TREE_ROOT;

    for (int i = 0; i < 6; i++) {
        last = draw_child(pair, tree, last);
        if (tree->nodes[last].confidence < 0.37)
            return;
    }
}

static void two_by_two(struct pair *pair, struct tree *tree)
{
    for (int c = 0; c < 2; c++) {
        const int child = draw_child(pair, tree, TREE_ROOT);

        for (int g = 0; g < 2; g++)
            draw_child(pair, tree, child);
    }
}

/* Two drafts with rows of their own; what both say is one node of the union, with the children of both. */
static void union_of_two(struct pair *pair, struct tree *tree)
{
    int last = TREE_ROOT;

    for (int i = 0; i < 3; i++)
        last = draw_child(pair, tree, last);
    last = TREE_ROOT;
    for (int i = 0; i < 3; i++) {
        last = draw_from(pair, tree, last, pair->q[(tree->nodes[last].token + 1) % V]);
        tree->nodes[last].draft = 1;
    }
}

static void two_without_replacement(struct pair *pair, struct tree *tree)
{
    static double second[V]; /* lasts until the tree is judged */
    const double *row = pair->q[tree->nodes[TREE_ROOT].token];
    const int first = draw_child(pair, tree, TREE_ROOT);

    memcpy(second, row, sizeof second);
    sampling_without(second, V, tree->nodes[first].token);
    bear(tree, TREE_ROOT, sampling_draw(second, V, draw(pair)), second);
}

static void two_most_probable(struct pair *pair, struct tree *tree)
{
    const double *row = pair->q[tree->nodes[TREE_ROOT].token];
    int top[V];

    sampling_top(row, V, 2, top);
    bear(tree, TREE_ROOT, top[0], row);
    bear(tree, TREE_ROOT, top[1], row);
}

struct trial {
    struct sim_arena *arena;
    struct pair pair;
    struct tree tree;
    double scratch[V];
    struct accept_target target;
    int64_t seen[V][V];
    int last;
};

static void begin(struct trial *trial, uint64_t seed)
{
    *trial = (struct trial){.arena = sim_arena_open()};
    trial->pair.random = sim_random_open(seed, 0);
    fill(trial->pair.p, trial->pair.random);
    fill(trial->pair.q, trial->pair.random);
    trial->tree.arena = trial->arena;
    trial->target = (struct accept_target){.vocabulary = V,
                                           .row = row_behind,
                                           .draw = draw,
                                           .own = &trial->pair,
                                           .scratch = trial->scratch};
    tree_begin(&trial->tree);
}

static double end(struct trial *trial)
{
    const double found =
        p_value((const double(*)[V])trial->pair.p, (const int64_t(*)[V])trial->seen);

    sim_random_close(trial->pair.random);
    sim_arena_close(trial->arena);
    return found;
}

static void say(struct trial *trial, int token)
{
    trial->seen[trial->last][token]++;
    trial->last = token;
}

static int64_t take(struct trial *trial, const struct tokens_verdict *verdict)
{
    int path[64];
    const int length = tree_path(&trial->tree, verdict->node, path);

    for (int i = length - verdict->accepted; i < length; i++)
        say(trial, trial->tree.nodes[path[i]].token);
    if (verdict->has_bonus)
        say(trial, verdict->bonus);
    return verdict->accepted + verdict->has_bonus;
}

static double p_value_of(draft_tree *drafts, enum tokens_rule rule, double lenience, uint64_t seed)
{
    const struct tokens_judgement judgement = {
        .rule = rule, .lenience = lenience, .epsilon = .09, .delta = .3};
    struct trial trial;

    begin(&trial, seed);
    for (int64_t said = 0; said < DRAWS;) {
        struct tokens_verdict verdict;

        tree_begin(&trial.tree);
        trial.tree.nodes[TREE_ROOT].token = trial.last;
        drafts(&trial.pair, &trial.tree);
        verdict = accept_tree(&trial.target, &trial.tree, &judgement);
        said += take(&trial, &verdict);
    }
    return end(&trial);
}

/* PEARL keeps its chain until a draft is refused. */
static double p_value_of_pearl(enum pearl_rule rule, uint64_t seed)
{
    enum { GAMMA = 3 };
    struct pearl_state state = {PEARL_PRE, 0};
    struct trial trial;
    int verified = 0;

    begin(&trial, seed);
    for (int64_t said = 0; said < DRAWS;) {
        const struct pearl_step step = pearl_step(rule, state, GAMMA);
        struct tokens_judgement judgement = {.lenience = 1,
                                             .first = verified,
                                             .limit = verified + step.looked_at,
                                             .without_bonus = !step.has_bonus};
        struct tokens_verdict verdict = {.node = verified};

        for (int i = 0; i < step.drafted; i++)
            draw_child(&trial.pair, &trial.tree, trial.tree.count - 1);
        if (step.looked_at > 0)
            verdict = accept_tree(&trial.target, &trial.tree, &judgement);
        said += take(&trial, &verdict);
        verified += verdict.accepted;
        state = pearl_judged(rule, state, GAMMA, verdict.accepted).next;
        if (verdict.has_bonus || verified > 50) {
            tree_begin(&trial.tree);
            trial.tree.nodes[TREE_ROOT].token = trial.last;
            verified = 0;
            state = (struct pearl_state){PEARL_PRE, 0};
        }
    }
    return end(&trial);
}

static void what_the_rules_emit_follows_the_target(void **state)
{
    (void)state;
    assert_true(p_value_of(chain, TOKENS_EXACT, 1, 71) > lossless_at_least);
    assert_true(p_value_of(chain_that_stops, TOKENS_EXACT, 1, 72) > lossless_at_least);
    assert_true(p_value_of(two_by_two, TOKENS_EXACT, 1, 73) > lossless_at_least);
    assert_true(p_value_of(union_of_two, TOKENS_EXACT, 1, 83) > lossless_at_least);
    assert_true(p_value_of(two_without_replacement, TOKENS_EXACT, 1, 74) > lossless_at_least);
    assert_true(p_value_of_pearl(PEARL_BOTH, 75) > lossless_at_least);
    assert_true(p_value_of_pearl(PEARL_PRE_VERIFY_ONLY, 76) > lossless_at_least);
    assert_true(p_value_of_pearl(PEARL_POST_VERIFY_ONLY, 77) > lossless_at_least);
}

static void what_is_biased_is_seen_to_be(void **state)
{
    (void)state;
    assert_true(p_value_of(two_most_probable, TOKENS_EXACT, 1, 78) < biased_at_most);
    assert_true(p_value_of(chain, TOKENS_TYPICAL, 1, 79) < biased_at_most);
    assert_true(p_value_of(chain, TOKENS_EXACT, 0.8, 80) < biased_at_most);
}

/* ---- through actors ---- */

#define LETTERS "build/lossless_letters.txt"
enum { LENGTH = 3000, TOKENS = 20000 };

/* Letters a to e, each drawn by the one before. */
static int write_letters(void **state)
{
    struct sim_random *random = sim_random_open(401, 0);
    double rows[V][V];
    FILE *file = fopen(LETTERS, "we");
    int last = 0;

    (void)state;
    fill(rows, random);
    for (int i = 0; file != NULL && i < LENGTH; i++) {
        last = sampling_draw(rows[last], V, sim_random_uniform(random));
        putc('a' + last, file);
    }
    sim_random_close(random);
    return file == NULL || fclose(file) != 0;
}

static const char *emitted_text(const char *algorithm, const char *common, int tokens,
                                struct sim_arena *arena)
{
    char text[1024];
    struct sim_error err = {0};
    struct simulated run;
    const char *all;
    size_t length;

    snprintf(
        text, sizeof text,
        "platform: platforms/one_switch.xml\nalgorithm: {name: %s, tokens_from: text, tokens: %d, "
        "%s}\n",
        algorithm, tokens, common);
    run = simulate_into(text, "build/lossless");
    if (run.code != 0)
        fail_msg("%s: %s", algorithm, run.err.text);
    simulated_release(&run);
    all = sim_file_read(arena, "build/lossless/text.txt", 10 * 1000 * 1000, &length, &err);
    assert_string_equal(err.text, "");
    return strchr(all, '\n') + 1;
}

/* The target's rows, in the order of letters. */
static void read_rows(double rows[V][V], struct sim_arena *arena)
{
    static const struct tokens_options options = {.tokens_from = TOKENS_TEXT,
                                                  .text = LETTERS,
                                                  .draft_text = "",
                                                  .tokenizer = TOKENS_CHARACTERS,
                                                  .order = 2,
                                                  .interpolation = 0.7519,
                                                  .temperature = 1,
                                                  .top_p = 1};
    struct sim_error err = {0};
    const struct text_models *models = text_models_open(&options, 1, false, arena, &err);
    int letter[V];

    assert_string_equal(err.text, "");
    assert_int_equal(models->text->vocabulary, V);
    for (int t = 0; t < V; t++)
        letter[t] = text_join(models->text, &t, 1, arena)[0] - 'a';
    for (int t = 0; t < V; t++) {
        const double *row =
            rows_at(models->rows, text_models_hold(models, TEXT_TARGET, &t, 1, false));

        for (int x = 0; x < V; x++)
            rows[letter[t]][letter[x]] = row[x];
    }
}

static double p_value_through_actors(const char *algorithm)
{
    struct sim_arena *arena = sim_arena_open();
    const char *text =
        emitted_text(algorithm,
                     "text: " LETTERS ", tokenizer: characters, order: 2, interpolation: "
                     "0.7519",
                     TOKENS, arena);
    int64_t seen[V][V] = {{0}};
    double rows[V][V], found;

    for (int i = 1; i < TOKENS; i++) {
        assert_true(text[i] >= 'a' && text[i] < 'a' + V);
        seen[text[i - 1] - 'a'][text[i] - 'a']++;
    }
    read_rows(rows, arena);
    found = p_value((const double(*)[V])rows, (const int64_t(*)[V])seen);
    sim_arena_close(arena);
    return found;
}

static const char *const lossless[] = {
    "autoregressive",
    "speculative_decoding, gamma: 3",
    "specinfer, expansion: [2, 2]",
    "specinfer, expansion: [2, 1], children: without_replacement",
    "specinfer, expansion: [1, 2], drafts: 2, draft_orders: [1, 2]",
    "pearl, gamma: 3",
    "pearl, gamma: 3, strategy: pre_verify",
    "pearl, gamma: 3, strategy: post_verify",
    "draft_and_verify, threshold: 0.2371",
    "layerskip, gamma: 4",
    "kangaroo, threshold: 0.2371"};

static void texts_of_actors_follow_the_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lossless / sizeof lossless[0]; i++) {
        const double found = p_value_through_actors(lossless[i]);

        if (found < lossless_at_least)
            fail_msg("%s: p = %g", lossless[i], found);
    }
}

static void medusas_text_does_not(void **state)
{
    (void)state;
    assert_true(p_value_through_actors("medusa") < biased_at_most);
}

/* ---- at temperature 0 ---- */

static void greedy_texts_are_the_targets_own(void **state)
{
    static const char *const systems[] = {"speculative_decoding, gamma: 7",
                                          "speculative_decoding, draft_orders: [1]",
                                          "specinfer",
                                          "specinfer, drafts: 2, draft_orders: [2, 1]",
                                          "pearl",
                                          "pearl, gamma: 2, strategy: post_verify",
                                          "draft_and_verify",
                                          "layerskip",
                                          "kangaroo",
                                          "medusa",
                                          "medusa, tree: cartesian"};
    static const char greedy[] = "temperature: 0, prompt_tokens: 11, order: 4";
    struct sim_arena *arena = sim_arena_open();
    const char *alone = emitted_text("autoregressive", greedy, 300, arena);

    (void)state;
    assert_true(strlen(alone) > 600); /* 300 words */
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++)
        assert_string_equal(emitted_text(systems[i], greedy, 300, arena), alone);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_rules_emit_follows_the_target),
        cmocka_unit_test(what_is_biased_is_seen_to_be),
        cmocka_unit_test_setup(texts_of_actors_follow_the_target, write_letters),
        cmocka_unit_test_setup(medusas_text_does_not, write_letters),
        cmocka_unit_test(greedy_texts_are_the_targets_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
