/* tokens_given.c -- given acceptance: what is drawn follows what was given, and a trace is replayed as it stands. */
#include "algorithms/decoding/shared/expected.h"
#include "algorithms/decoding/shared/pearl_state.h"
#include "algorithms/decoding/shared/tokens.h"
#include "tests/unit/close.h"

#include <unistd.h>

enum { SEED = 83, ROUNDS = 100000 };

static const struct tokens_judgement usual = {.rule = TOKENS_EXACT, .lenience = 1};

struct process {
    struct sim_arena *arena;
    struct tokens_options options;
    const struct tokens *tokens;
    struct token_sequence *sequence; /* number 0 */
    struct tree tree;
    struct sim_error err;
};

static void open_process(struct process *process, struct tokens_options options)
{
    *process = (struct process){.arena = sim_arena_open(), .options = options};
    process->tree.arena = process->arena;
    process->options.tokens_from = TOKENS_GIVEN;
    process->tokens = tokens_open(&process->options, 2, false, SEED, process->arena, &process->err);
    if (process->tokens != NULL)
        process->sequence = token_sequence_open(process->tokens, 0, 0, process->arena);
}

static void close_process(struct process *process)
{
    if (process->sequence != NULL)
        token_sequence_close(process->sequence);
    sim_arena_close(process->arena);
}

static const char *file_of(struct sim_arena *arena, const char *text)
{
    char *path = sim_text(arena, "/tmp/dmlsim-given-XXXXXX");
    const int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* A process whose parameter is a file of that text; the file is gone then. */
static void open_with_file(struct process *process, const char *text, bool is_heads)
{
    struct sim_arena *arena = sim_arena_open();
    const char *path = file_of(arena, text);

    open_process(process, (struct tokens_options){.acceptance_trace = is_heads ? NULL : path,
                                                  .head_accuracy = is_heads ? path : NULL});
    unlink(path);
    sim_arena_close(arena);
}

#define NUMBERS(...)                                                                               \
    {                                                                                              \
        .values = {__VA_ARGS__}, .count = (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))  \
    }

/* ---- chains ---- */

static void draft_chain(struct process *process, int length)
{
    tree_begin(&process->tree);
    for (int i = 0; i < length; i++)
        assert_int_equal(tokens_draft(process->sequence, &process->tree, i, 0, TOKENS_SAMPLE, 1),
                         1);
}

static struct tokens_verdict verify(struct process *process)
{
    return tokens_verify(process->sequence, &process->tree, &usual);
}

static double sigma_of_share(double share)
{
    return sqrt(share * (1 - share) / ROUNDS);
}

/* For each depth the share of rounds that got there. */
static void shares_of_depths(struct process *process, int gamma, double *shares)
{
    for (int d = 0; d <= gamma; d++)
        shares[d] = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct tokens_verdict verdict;

        draft_chain(process, gamma);
        verdict = verify(process);
        assert_int_equal(verdict.node, verdict.accepted); /* of a chain */
        assert_true(verdict.has_bonus);
        for (int d = 0; d <= verdict.accepted; d++)
            shares[d] += 1.0 / ROUNDS;
    }
}

static void check_equation_1(struct tokens_options options, double alpha)
{
    const int gamma = 6;
    const double expected = dec_expected_tokens(alpha, gamma);
    const double variance = dec_expected_square(alpha, gamma) - expected * expected;
    double shares[7], mean = 0;
    struct process process;

    open_process(&process, options);
    assert_int_equal(tokens_vocabulary(process.tokens), 0);
    shares_of_depths(&process, gamma, shares);
    for (int d = 0; d <= gamma; d++)
        mean += shares[d];
    assert_near(mean, expected, 3 * sqrt(variance / ROUNDS));
    close_process(&process);
}

static void a_chain_accepts_as_many_as_equation_1_says(void **state)
{
    (void)state;
    check_equation_1((struct tokens_options){.acceptance = NUMBERS(.7351)}, .7351);
    check_equation_1((struct tokens_options){.acceptance = NUMBERS(.0419)}, .0419);
    check_equation_1((struct tokens_options){0}, .8); /* nothing is given */
}

static void sure_things_are_sure(void **state)
{
    (void)state;
    for (int alpha = 0; alpha <= 1; alpha++) {
        struct process process;
        double shares[6];

        open_process(&process,
                     (struct tokens_options){.acceptance = NUMBERS(alpha), .confidence_spread = 1});
        shares_of_depths(&process, 5, shares);
        assert_near(shares[1], alpha, 1e-9);
        assert_near(shares[5], alpha, 1e-9);
        close_process(&process);
    }
}

static void each_position_has_its_own_probability_and_the_last_goes_on(void **state)
{
    const double given[] = {.9137, .6128, .3571, .3571, .3571};
    struct process process;
    double shares[6], expected = 1;

    (void)state;
    open_process(&process, (struct tokens_options){.acceptance = NUMBERS(.9137, .6128, .3571)});
    shares_of_depths(&process, 5, shares);
    for (int d = 1; d <= 5; d++) {
        expected *= given[d - 1];
        assert_near(shares[d], expected, 3 * sigma_of_share(expected));
    }
    close_process(&process);
}

/* What a sequence draws does not depend on who draws between. */
static void sequences_draw_from_streams_of_their_own(void **state)
{
    const struct tokens_options options = {.acceptance = NUMBERS(.7351), .confidence_spread = .7};
    struct process alone, together;
    struct token_sequence *other;

    (void)state;
    open_process(&alone, options);
    open_process(&together, options);
    other = token_sequence_open(together.tokens, 1, 0, together.arena);
    for (int i = 0; i < 300; i++) {
        struct tree tree = {.arena = together.arena};

        draft_chain(&alone, 7);
        draft_chain(&together, 7);
        tree_begin(&tree);
        tokens_draft(other, &tree, TREE_ROOT, 0, TOKENS_SAMPLE, 3);
        tokens_verify(other, &tree, &usual);
        assert_int_equal(verify(&alone).accepted, verify(&together).accepted);
    }
    token_sequence_close(other);
    close_process(&alone);
    close_process(&together);
}

/* ---- several children ---- */

/* Of `drafts` drafts `count` children each below the root; how often each is accepted. */
static void shares_of_children(struct process *process, int drafts, int count, double *shares)
{
    for (int c = 0; c < drafts * count; c++)
        shares[c] = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct tokens_verdict verdict;

        tree_begin(&process->tree);
        for (int d = 0; d < drafts; d++)
            tokens_draft(process->sequence, &process->tree, TREE_ROOT, d, TOKENS_TOP, count);
        verdict = verify(process);
        if (verdict.accepted > 0)
            shares[verdict.node - 1] += 1.0 / ROUNDS;
    }
}

/* Independent ones: the first that is right. */
static void of_independent_children_the_first_right_one_is_taken(void **state)
{
    struct process process;
    double shares[3];

    (void)state;
    open_process(&process, (struct tokens_options){.acceptance = NUMBERS(.4271)});
    shares_of_children(&process, 1, 3, shares);
    for (int c = 0; c < 3; c++) {
        const double expected = .4271 * pow(1 - .4271, c);

        assert_near(shares[c], expected, 3 * sigma_of_share(expected));
    }
    close_process(&process);
}

/* At most one of a draft's ranks is right; of two drafts the second counts where none of the first's is. */
static void ranks_exclude_each_other_and_drafts_do_not(void **state)
{
    const double differences[] = {.5437, .2683, .0991};
    struct process process;
    double shares[6], none = 1 - .9111;

    (void)state;
    open_process(&process,
                 (struct tokens_options){.rank_acceptance = NUMBERS(.5437, .8120, .9111)});
    shares_of_children(&process, 2, 3, shares);
    for (int c = 0; c < 6; c++) {
        const double expected = differences[c % 3] * (c < 3 ? 1 : none);

        assert_near(shares[c], expected, 3 * sigma_of_share(expected));
    }
    /* a fourth guess is never right, for the table has three */
    shares_of_children(&process, 1, 4, shares);
    assert_true(shares[3] == 0);
    close_process(&process);
}

static void each_depth_of_heads_has_its_own_ranks(void **state)
{
    struct process process;
    double shares[4];

    (void)state;
    open_with_file(&process, "head,top1,top2\n0,.6046,.7162\n1,.3558,.4690\n", true);
    assert_string_equal(process.err.text, "");
    shares_of_children(&process, 1, 2, shares);
    assert_near(shares[0], .6046, 3 * sigma_of_share(.6046));
    assert_near(shares[1], .1116, 3 * sigma_of_share(.1116));
    shares_of_depths(&process, 3, shares); /* the last head goes on */
    assert_near(shares[2], .6046 * .3558, 3 * sigma_of_share(.6046 * .3558));
    assert_near(shares[3], .6046 * .3558 * .3558, 3 * sigma_of_share(.6046 * .3558 * .3558));
    assert_near(process.tree.nodes[1].confidence, .6046, 0);
    assert_near(process.tree.nodes[3].confidence, .3558, 0);
    close_process(&process);
}

/* ---- confidence ---- */

/* Uniform around alpha, as far as [0, 1] and the spread let it; right as often as it says, the surer half, too. */
static void confidence_is_calibrated(void **state)
{
    const double alpha = .7351, spread = .6127, half = spread * (1 - alpha);
    double least = 1, most = 0, sum = 0, sum_of_sure = 0, right = 0, right_of_sure = 0, sure = 0;
    struct process process;

    (void)state;
    open_process(&process, (struct tokens_options){.acceptance = NUMBERS(alpha),
                                                   .confidence_spread = spread});
    for (int i = 0; i < ROUNDS; i++) {
        double confidence;
        int accepted;

        draft_chain(&process, 1);
        confidence = process.tree.nodes[1].confidence;
        accepted = verify(&process).accepted;
        least = fmin(least, confidence);
        most = fmax(most, confidence);
        sum += confidence;
        right += accepted;
        if (confidence < alpha)
            continue;
        sure++;
        sum_of_sure += confidence;
        right_of_sure += accepted;
    }
    assert_near(least, alpha - half, 1e-4);
    assert_near(most, alpha + half, 1e-4);
    assert_near(sum / ROUNDS, alpha, 3 * half / sqrt(3.0 * ROUNDS));
    assert_near(right, sum, 3 * sqrt(ROUNDS * .25));
    assert_near(right_of_sure, sum_of_sure, 3 * sqrt(sure * .25));
    close_process(&process);
}

/* Drafting that stops behind the first confidence below eta, beside its closed form. */
static void check_stopped(double alpha, double spread, double eta, int gamma)
{
    const double half = spread * fmin(alpha, 1 - alpha);
    const struct dec_confidence confidence =
        dec_uniform_confidence(alpha - half, alpha + half, eta);
    double drafted = 0, accepted = 0, drafted_squares = 0, accepted_squares = 0;
    struct process process;

    open_process(&process, (struct tokens_options){.acceptance = NUMBERS(alpha),
                                                   .confidence_spread = spread});
    for (int i = 0; i < ROUNDS; i++) {
        int length = 0, right;

        tree_begin(&process.tree);
        do {
            tokens_draft(process.sequence, &process.tree, length++, 0, TOKENS_SAMPLE, 1);
        } while (length < gamma && process.tree.nodes[length].confidence >= eta);
        right = verify(&process).accepted;
        drafted += length;
        drafted_squares += (double)length * length;
        accepted += right;
        accepted_squares += (double)right * right;
    }
    drafted /= ROUNDS;
    accepted /= ROUNDS;
    assert_near(drafted, dec_stopped_drafted(&confidence, gamma),
                3 * sqrt((drafted_squares / ROUNDS - drafted * drafted) / ROUNDS) + 1e-9);
    assert_near(accepted, dec_stopped_accepted(&confidence, gamma),
                3 * sqrt((accepted_squares / ROUNDS - accepted * accepted) / ROUNDS));
    close_process(&process);
}

static void stops_at_low_confidence_follow_their_closed_form(void **state)
{
    (void)state;
    check_stopped(.5, 1, .5, 6);
    check_stopped(.5, 1, .3, 6);
    check_stopped(.7351, .8219, .6113, 5);
    check_stopped(.7351, 0, .6113, 5); /* as sure as ever: nothing stops it */
}

/* ---- what is asked of the target ---- */

static void judgements_are_kept(void **state)
{
    struct tokens_judgement judgement = usual;
    struct tokens_verdict verdict;
    struct process process;

    (void)state;
    open_process(&process, (struct tokens_options){.acceptance = NUMBERS(0, 1, 1, 1, 1, 0)});
    draft_chain(&process, 6);
    assert_int_equal(tokens_verify(process.sequence, &process.tree, &judgement).accepted, 0);
    judgement.first = 1; /* the first is accepted already: then 2 .. 5 are, and 6 is not */
    verdict = tokens_verify(process.sequence, &process.tree, &judgement);
    assert_int_equal(verdict.accepted, 4);
    assert_int_equal(verdict.node, 5);
    assert_true(verdict.has_bonus);
    judgement.limit = 3;
    verdict = tokens_verify(process.sequence, &process.tree, &judgement);
    assert_int_equal(verdict.accepted, 2);
    assert_true(verdict.has_bonus);
    judgement.without_bonus = true; /* all were accepted that were looked at */
    assert_false(tokens_verify(process.sequence, &process.tree, &judgement).has_bonus);
    judgement.limit = 6;
    assert_true(tokens_verify(process.sequence, &process.tree, &judgement).has_bonus);
    close_process(&process);
}

/* A chain that forks further down, and one that forks at once. */
static void the_way_of_first_children_is_found_without_walking(void **state)
{
    static const int parents[2][8] = {{0, 1, 2, 2, 4, 3, 6, 5}, {0, 0, 1, 2, 3, 3, 5, 6}};

    (void)state;
    for (int t = 0; t < 2; t++) {
        struct tree tree = {.arena = sim_arena_open()};
        int node = TREE_ROOT;

        tree_begin(&tree);
        for (int i = 0; i < 8; i++)
            tree_add(&tree, (struct tree_node){.parent = parents[t][i]});
        for (int depth = 0; node != TREE_NONE; depth++) {
            assert_int_equal(tree_descend(&tree, depth), node);
            node = tree_child(&tree, node, TREE_NONE);
        }
        sim_arena_close(tree.arena);
    }
}

static void accepted_tokens_and_the_bonus_join_the_prefix(void **state)
{
    struct tokens_verdict verdict;
    struct process process;

    (void)state;
    open_process(&process, (struct tokens_options){.acceptance = NUMBERS(1, 1, 0)});
    draft_chain(&process, 5);
    verdict = verify(&process);
    assert_int_equal(token_sequence_commit(process.sequence, &process.tree, &verdict), 3);
    assert_int_equal(token_sequence_length(process.sequence), 3);
    assert_null(token_sequence_text(process.sequence, 0, process.arena));
    assert_true(isnan(tokens_overlap(process.sequence, 0)));
    close_process(&process);
}

/* ---- traces ---- */

static const int rows[] = {3, 0, 11, 1, 5, 2, 0};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const char trace[] = "round,accepted\n0,3\n1,0\n2,11\n3,1\n4,5\n5,2\n6,0\n";

/* Sequence s begins at row s; a round of gamma drafts accepts no more. */
static void a_trace_is_replayed_row_by_row_and_goes_round(void **state)
{
    struct process process;
    const int gamma = 5;

    (void)state;
    open_with_file(&process, trace, false);
    assert_string_equal(process.err.text, "");
    for (int number = 0; number < 2 * ROWS + 1; number++) {
        token_sequence_close(process.sequence);
        process.sequence = token_sequence_open(process.tokens, number, 0, process.arena);
        for (int i = 0; i < 3 * ROWS; i++) {
            const int row = rows[(number + i) % ROWS];

            draft_chain(&process, gamma);
            assert_int_equal(verify(&process).accepted, row < gamma ? row : gamma);
        }
    }
    close_process(&process);
}

/* Its draft is sure of all tokens but the last one that the trace says was drafted; without that column of all. */
static void a_trace_says_where_the_draft_was_not_sure(void **state)
{
    static const int drafted[] = {4, 1, 3};
    struct process process;

    (void)state;
    open_with_file(&process, "accepted,drafted\n3,4\n0,1\n3,3\n", false);
    assert_string_equal(process.err.text, "");
    for (int round = 0; round < 7; round++) {
        draft_chain(&process, 5);
        for (int n = 1; n <= 5; n++)
            assert_true(process.tree.nodes[n].confidence == (n != drafted[round % 3]));
        verify(&process);
    }
    close_process(&process);
    open_with_file(&process, trace, false);
    draft_chain(&process, 5);
    for (int n = 1; n <= 5; n++)
        assert_true(process.tree.nodes[n].confidence == 1);
    close_process(&process);
}

/* Where a step ends in the middle of a row, the next goes on with it: a cycle of PEARL accepts what its row says, but with
 * pre-verification alone no more than a window. */
static void check_cycles(enum pearl_rule rule, int gamma, int most)
{
    struct process process;
    struct pearl_state now = {PEARL_PRE, 0};
    int cycle = 0, accepted = 0;

    open_with_file(&process, trace, false);
    while (cycle < 3 * ROWS) {
        const struct pearl_step step = pearl_step(rule, now, gamma);
        struct tokens_judgement judgement = usual;
        struct tokens_verdict verdict = {0};

        draft_chain(&process, now.pending + step.drafted);
        judgement.limit = step.looked_at;
        judgement.without_bonus = !step.has_bonus;
        if (step.looked_at > 0)
            verdict = tokens_verify(process.sequence, &process.tree, &judgement);
        accepted += verdict.accepted;
        assert_int_equal(verdict.has_bonus, step.has_bonus || verdict.accepted < step.looked_at);
        now = pearl_judged(rule, now, gamma, verdict.accepted).next;
        if (verdict.has_bonus) {
            const int row = rows[cycle++ % ROWS];

            assert_int_equal(accepted, row < most ? row : most);
            accepted = 0;
        }
    }
    close_process(&process);
}

static void windows_of_pearl_run_through_the_rows_of_a_trace(void **state)
{
    (void)state;
    check_cycles(PEARL_BOTH, 4, 1000);
    check_cycles(PEARL_BOTH, 1, 1000);
    check_cycles(PEARL_PRE_VERIFY_ONLY, 4, 4);
    check_cycles(PEARL_POST_VERIFY_ONLY, 4, 1000);
}

/* ---- what makes no sense ---- */

static void refuses_trace(const char *text, const char *sentence)
{
    struct process process;

    open_with_file(&process, text, false);
    assert_null(process.tokens);
    if (strstr(process.err.text, sentence) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", process.err.text, sentence);
    close_process(&process);
}

static void traces_that_make_no_sense_are_refused(void **state)
{
    struct process process;

    (void)state;
    refuses_trace("round,tokens\n0,3\n", "its first line must name the column accepted.");
    refuses_trace("accepted\n", "there is no round in this trace.");
    refuses_trace("accepted\n3\n-1\n", ":3: '-1' is no number of accepted tokens.");
    refuses_trace("accepted\n3\n2.5\n", ":3: '2.5' is no number of accepted tokens.");
    refuses_trace("accepted\nmany\n", ":2: 'many' is no number of accepted tokens.");
    refuses_trace("round,accepted\n0,3\n1\n", ":3: this row has 1 fields, too few.");
    refuses_trace("accepted\n99999999999999999999\n", "is no number of accepted tokens.");
    refuses_trace("accepted,drafted\n3,4\n3\n", ":3: this row has 1 fields, too few.");
    refuses_trace("accepted,drafted\n3,few\n", ":2: 'few' is no number of drafted tokens.");
    refuses_trace("accepted,drafted\n3,2\n", ":2: at least one token is drafted, and no more");
    refuses_trace("accepted,drafted\n0,0\n", ":2: at least one token is drafted, and no more");
    refuses_trace("", "is empty.");
    open_process(&process, (struct tokens_options){.acceptance_trace = "no/such/trace.csv"});
    assert_null(process.tokens);
    assert_non_null(strstr(process.err.text, "no/such/trace.csv"));
    close_process(&process);
}

static void ranks_that_fall_are_refused(void **state)
{
    struct process process;

    (void)state;
    open_process(&process, (struct tokens_options){.rank_acceptance = NUMBERS(.6, .5)});
    assert_null(process.tokens);
    assert_string_equal(process.err.text,
                        "rank_acceptance is cumulative, the share that is right among the first "
                        "1, 2, ... of a draft: it cannot fall from 0.6 to 0.5.");
    close_process(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_accepts_as_many_as_equation_1_says),
        cmocka_unit_test(sure_things_are_sure),
        cmocka_unit_test(each_position_has_its_own_probability_and_the_last_goes_on),
        cmocka_unit_test(sequences_draw_from_streams_of_their_own),
        cmocka_unit_test(of_independent_children_the_first_right_one_is_taken),
        cmocka_unit_test(ranks_exclude_each_other_and_drafts_do_not),
        cmocka_unit_test(each_depth_of_heads_has_its_own_ranks),
        cmocka_unit_test(confidence_is_calibrated),
        cmocka_unit_test(stops_at_low_confidence_follow_their_closed_form),
        cmocka_unit_test(judgements_are_kept),
        cmocka_unit_test(the_way_of_first_children_is_found_without_walking),
        cmocka_unit_test(accepted_tokens_and_the_bonus_join_the_prefix),
        cmocka_unit_test(a_trace_is_replayed_row_by_row_and_goes_round),
        cmocka_unit_test(a_trace_says_where_the_draft_was_not_sure),
        cmocka_unit_test(windows_of_pearl_run_through_the_rows_of_a_trace),
        cmocka_unit_test(traces_that_make_no_sense_are_refused),
        cmocka_unit_test(ranks_that_fall_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
