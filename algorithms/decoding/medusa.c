/* medusa -- no draft model: extra heads of the target guess the tokens behind the next one.
 *
 * Head k guesses the k-th token behind the target's own, from the state in which the target was before.  Guesses are put
 * together as a tree, and the next step of the target verifies the tree and makes the guesses for the step after it.
 *
 * Tree: the Cartesian product of the best guesses of each head, or the likeliest nodes for how often each head is right.
 * Acceptance: at temperature 0 the target's own most probable token; else typical acceptance, which takes what is probable
 * enough and adds the most probable token.  That does not follow the target's distribution, and is not meant to.
 *
 * Paper: Cai et al., Medusa: Simple LLM inference acceleration framework with multiple decoding heads, ICML 2024: sections
 * 2.1.2 (trees), 2.3.1 (typical acceptance), 2.3.3 (sparse trees).
 *
 * N counts the tokens that each request asks for.  A target that dies ends the run.
 *
 * Not modelled: training of heads; what masks of trees cost. */
#include "algorithms/decoding/shared/baseline.h"
#include "algorithms/decoding/shared/heads.h"
#include "algorithms/decoding/shared/server.h"
#include "algorithms/decoding/shared/shapes.h"
#include "algorithms/decoding/shared/shards.h"

enum tree_choice { TREE_SPARSE, TREE_CARTESIAN };
static const char *const tree_choices[] = {"sparse", "cartesian", NULL};
enum { MOST_HEADS = 16, MOST_RANKS = 10 };

struct medusa {
    struct decoding common;
    int heads, tree, nodes;
    struct sim_numbers cartesian;
    double heads_seconds, epsilon, delta;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    {SIM_COUNT(struct medusa, heads), SIM_DEFAULT("4", SIM_OURS), .least = 1, .most = MOST_HEADS,
     .help = "heads beside the target's own"},
    {SIM_NUMBERS(struct tokens_options, rank_acceptance), SIM_DEFAULT("", SIM_ELSEWHERE),
     .least = 0, .most = 1,
     .help = "that the right token is among the first 1, 2, ... guesses, of every head alike"},
    {SIM_FILE(struct tokens_options, head_accuracy), SIM_DEFAULT("", SIM_ELSEWHERE),
     .help = "instead: CSV with the columns head, top1, top2, ...: the same for each head"},
    {SIM_CHOICE(struct medusa, tree), SIM_DEFAULT("sparse", "Cai et al. 2024, section 2.3.3"),
     .choices = tree_choices,
     .help = "the likeliest nodes, or the product of the best guesses of each head"},
    {SIM_COUNT(struct medusa, nodes), SIM_DEFAULT("64", "Cai et al. 2024: 64"), .least = 2,
     .most = SHAPE_MOST_NODES, .help = "nodes of a sparse tree, the root included"},
    {SIM_NUMBERS(struct medusa, cartesian), SIM_DEFAULT("", SIM_ELSEWHERE), .least = 1,
     .most = MOST_RANKS, .help = "guesses of each head that a Cartesian tree takes; empty: 2, 3"},
    {SIM_SECONDS(struct medusa, heads_seconds), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1e3, .help = "what all heads take in a step, without a workload"},
    {SIM_RATIO(struct medusa, epsilon), SIM_DEFAULT("0.09", "the authors' code: 0.09 and 0.3"),
     .least = 0, .most = 1,
     .help = "typical acceptance takes what is more probable than epsilon, ..."},
    {SIM_RATIO(struct medusa, delta), SIM_DEFAULT("0.3", "the authors' code: 0.09 and 0.3"),
     .least = 0, .most = 1, .help = "... or than delta exp(-entropy)"},
    {0}};

struct prepared {
    struct dec_run run;
    struct dec_method method;
    const struct shape *shape;
    struct shape_accuracy accuracy;
    double extra_parameters;
};

static const struct medusa *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- guessing ---- */

/* Guesses are made by the step before, so they take no time now: all at once, when the first head is asked. */
static void propose(const struct sim_plan *plan, struct dec_sequence *sequence, int draft)
{
    if (draft == 0)
        dec_draft_shape(sequence, prepared_of(plan)->shape, DEC_HEAD_OF_DEPTH, TOKENS_TOP);
}

/* Every node of the tree goes through all heads, for any of them may be the last that is accepted. */
static void add_to_verify(const struct sim_plan *plan, const struct dec_sequence *sequence,
                          struct dec_step *step)
{
    dec_add_tree(sequence, step);
    step->extra_parameters = prepared_of(plan)->extra_parameters;
    step->extra_seconds = options_of(plan)->heads_seconds;
}

/* ---- how often heads are right ---- */

/* Of cumulative shares, those of each rank. */
static struct shape_accuracy accuracy_of(const double *cumulative, int heads, int ranks,
                                         bool goes_on, struct sim_arena *arena)
{
    double *right = sim_new(arena, double, (size_t)heads *(size_t)ranks);

    for (int h = 0; h < heads; h++)
        for (int r = 0; r < ranks; r++)
            right[h * ranks + r] =
                cumulative[h * ranks + r] - (r > 0 ? cumulative[h * ranks + r - 1] : 0);
    return (struct shape_accuracy){heads, ranks, right, goes_on};
}

enum { TRIALS = 2000, TRIAL_SEQUENCE = -1 };

/* Guesses of a chain of heads at one place, and whether the tokens that came were among them. */
struct trial {
    int guesses[MOST_HEADS][MOST_RANKS], counts[MOST_HEADS];
};

static void guess_all(struct token_sequence *sequence, struct tree *tree, int heads,
                      struct trial *trial)
{
    int parent = TREE_ROOT;

    tree_begin(tree);
    for (int h = 0; h < heads; h++) {
        const int first = tree->count;

        trial->counts[h] = tokens_draft(sequence, tree, parent, h, TOKENS_TOP, MOST_RANKS);
        for (int r = 0; r < trial->counts[h]; r++)
            trial->guesses[h][r] = tree->nodes[first + r].token;
        parent = first;
        if (trial->counts[h] == 0)
            break;
    }
}

/* The target alone speaks for a while, and each token is looked up in what heads had guessed for its place: on a sequence
 * that is nobody's. */
static struct shape_accuracy try_heads(const struct tokens *tokens, int heads,
                                       struct sim_arena *arena)
{
    double *right = sim_new(arena, double, (size_t)heads *MOST_RANKS);
    struct trial *trials = sim_new(arena, struct trial, TRIALS);
    struct tree tree = {.arena = arena};
    struct token_sequence *sequence = token_sequence_open(tokens, TRIAL_SEQUENCE, 0, arena);

    for (int t = 0; t < TRIALS; t++) {
        int token;

        guess_all(sequence, &tree, heads, &trials[t]);
        token = tokens_next(sequence);
        token_sequence_append(sequence, token);
        for (int h = 0; h < heads && h <= t; h++)
            for (int r = 0; r < trials[t - h].counts[h]; r++)
                if (trials[t - h].guesses[h][r] == token)
                    right[h * MOST_RANKS + r] += 1.0 / (TRIALS - h);
    }
    token_sequence_close(sequence);
    return (struct shape_accuracy){heads, MOST_RANKS, right, false};
}

static bool know_heads(struct sim_plan *plan, struct prepared *prepared, struct sim_error *err)
{
    const struct medusa *own = plan->parameters;
    const struct tokens_options *tokens = &own->common.tokens_options;
    struct heads heads;

    if (tokens->tokens_from == TOKENS_TEXT) {
        prepared->accuracy = try_heads(prepared->run.tokens, own->heads, plan->arena);
        return true;
    }
    if (tokens->head_accuracy[0] == '\0') {
        prepared->accuracy = accuracy_of(tokens->rank_acceptance.values, 1,
                                         tokens->rank_acceptance.count, true, plan->arena);
        return true;
    }
    if (!heads_read(&heads, tokens->head_accuracy, plan->arena, err))
        return false;
    prepared->accuracy =
        accuracy_of(heads.cumulative, heads.heads, heads.ranks, false, plan->arena);
    return heads.heads >= own->heads ||
           sim_fail(err, "%s tells of %d heads, and there are to be %d: fewer heads, or more rows.",
                    tokens->head_accuracy, heads.heads, own->heads);
}

static void report(struct sim_peer *me)
{
    const struct dec_tally *tally = dec_run_of(me->plan)->tally;
    const double alone = dec_autoregressive(me->plan).seconds;

    sim_note(me, "nodes_per_tree", prepared_of(me->plan)->shape->count - 1);
    if (tally->steps > 0 && !isnan(alone))
        sim_note(me, "overhead",
                 tally->verify_seconds / (double)tally->steps /
                     ((alone - tally->prefill_seconds) / (double)tally->emitted));
}

/* ---- before ---- */

static bool check(const struct medusa *own, struct sim_error *err)
{
    const struct tokens_options *tokens = &own->common.tokens_options;

    if (tokens->tokens_from == TOKENS_GIVEN &&
        (tokens->rank_acceptance.count > 0) == (tokens->head_accuracy[0] != '\0'))
        return sim_fail(err,
                        "How often are the heads right? Give rank_acceptance, as in [0.6, 0.7, "
                        "0.75], or head_accuracy, a file, or tokens_from: text.");
    if (tokens->tokens_from == TOKENS_TEXT && tokens->head_accuracy[0] != '\0')
        return sim_fail(err, "How often heads are right is tried with tokens_from: text; leave out "
                             "head_accuracy.");
    if (own->tree == TREE_SPARSE && own->cartesian.count > 0)
        return sim_fail(err, "cartesian is for tree: cartesian.");
    return own->cartesian.count <= own->heads ||
           sim_fail(err, "cartesian takes guesses of %d heads, and there are %d.",
                    own->cartesian.count, own->heads);
}

static bool choose_shape(const struct medusa *own, struct prepared *prepared,
                         struct sim_arena *arena, struct sim_error *err)
{
    int guesses[SIM_MOST_NUMBERS] = {2, 3}, levels = own->heads < 2 ? own->heads : 2;
    struct shape_accuracy accuracy = prepared->accuracy;

    if (own->tree == TREE_SPARSE) {
        double *right = sim_new(arena, double, (size_t)own->heads *(size_t)accuracy.ranks);

        for (int h = 0; h < own->heads; h++)
            for (int r = 0; r < accuracy.ranks; r++)
                right[h * accuracy.ranks + r] = shape_right(&accuracy, h + 1, r);
        accuracy = (struct shape_accuracy){own->heads, accuracy.ranks, right, false};
        prepared->shape = shape_sparse(&accuracy, own->nodes, arena, err);
        return prepared->shape != NULL;
    }
    for (int h = 0; h < own->cartesian.count; h++) {
        guesses[h] = (int)own->cartesian.values[h];
        if (own->cartesian.values[h] != guesses[h])
            return sim_fail(err, "cartesian: %g is no number of guesses.",
                            own->cartesian.values[h]);
    }
    prepared->shape = shape_expansion(
        guesses, own->cartesian.count > 0 ? own->cartesian.count : levels, arena, err);
    return prepared->shape != NULL;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct medusa *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);

    prepared->method = (struct dec_method){
        .propose = propose,
        .add_to_verify = add_to_verify,
        .report = report,
        .judgement = {
            .rule = TOKENS_TYPICAL, .lenience = 1, .epsilon = own->epsilon, .delta = own->delta}};
    if (!check(own, err) ||
        !dec_prepare(plan, &prepared->run, &prepared->method, DEC_HEADS, own->heads, err) ||
        !know_heads(plan, prepared, err) || !choose_shape(own, prepared, plan->arena, err))
        return false;
    if (plan->language != NULL) {
        const struct sim_language_model *model = plan->language->target;

        /* a residual layer of h x h, and a matrix to the vocabulary, for each (section 2.1.1) */
        prepared->extra_parameters =
            own->heads * ((double)model->hidden * model->hidden + (double)model->head_parameters);
        prepared->run.extra_parameters = prepared->extra_parameters;
        if (own->heads_seconds > 0)
            return sim_fail(err, "What heads take follows from the workload: leave out "
                                 "heads_seconds.");
    }
    if (own->common.tokens_options.tokens_from == TOKENS_TEXT &&
        own->common.tokens_options.temperature > 0)
        sim_remark(plan,
                   "Typical acceptance takes what is probable enough: the text does not follow "
                   "the target's distribution.");
    return true;
}

/* ---- what comes of it ---- */

static double step_seconds(const struct sim_plan *plan)
{
    return dec_run_of(plan)->target_cost.step_seconds + options_of(plan)->heads_seconds;
}

static double theory_seconds(const struct sim_plan *plan)
{
    return (double)dec_run_of(plan)->tally->steps * step_seconds(plan);
}

static double theory_tokens(const struct sim_plan *plan)
{
    return shape_expected(prepared_of(plan)->shape, &prepared_of(plan)->accuracy);
}

static bool has_many_rounds(const struct sim_plan *plan)
{
    return options_of(plan)->common.tokens_options.tokens_from == TOKENS_GIVEN &&
           dec_has_many_rounds(plan, theory_tokens(plan));
}

static bool is_simple(const struct sim_plan *plan)
{
    return dec_is_simple(plan) && has_many_rounds(plan);
}

static double theory_speedup(const struct sim_plan *plan)
{
    return theory_tokens(plan) * dec_run_of(plan)->target_cost.step_seconds / step_seconds(plan);
}

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS, "steps x (T_p + heads)", theory_seconds, sim_total_seconds,
     .tolerance = 1e-9, .holds = dec_is_simple, .assumes = DEC_SIMPLE},
    {"tokens per step", SIM_UNIT_NONE,
     "1 + sum over nodes of the product of accuracies on the path", theory_tokens,
     dec_tokens_per_step, .tolerance = 1e-9, .deviation = dec_deviation, .holds = has_many_rounds,
     .assumes = "given accuracies, and " DEC_MANY_ROUNDS},
    {"speedup", SIM_UNIT_NONE, "acceleration rate / overhead", theory_speedup, dec_speedup,
     .tolerance = 1e-9, .deviation = dec_deviation, .holds = is_simple,
     .assumes = "all of the above"},
    {0}};

static const struct sim_role roles[] = {DEC_TARGET, DEC_SHARD, {0}};

SIM_ALGORITHM(medusa) = {
    .name = "medusa",
    .summary =
        "extra heads of the target guess what follows, as a tree that its next step verifies",
    .paper = "Cai et al., Medusa: Simple LLM inference acceleration framework with multiple "
             "decoding heads, ICML 2024",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct medusa),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = dec_tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = dec_placed,
};
