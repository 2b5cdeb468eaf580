/* specinfer -- drafts as a tree of tokens, of one draft model or of several at once, verified in one step.
 *
 * Each draft grows a tree of its own (expansion: the children of each node, level by level), all drafts at the same time on
 * devices of their own; the target looks at the union of their nodes at once.  Sequences that several drafts have said are
 * computed once.  At temperature 0 the target follows its own most probable token down the tree; else the children of each
 * node are tried one after the other by multi-step speculative sampling, so that what is emitted follows the target.
 *
 * The tree may also be the one that Sequoia's programme finds best for the costs of draft and target.
 *
 * Papers: Miao et al., SpecInfer, ASPLOS 2024: expansion and merge based trees (Definition 3.2), Algorithm 2.  Chen et al.,
 * Sequoia, NeurIPS 2024: section 3.1, and drafts without replacement.
 *
 * N counts the tokens that each request asks for.  A draft that dies proposes nothing until it is back.  A target that dies
 * ends the run.
 *
 * Not modelled: drafts that are tuned to miss different prompts (boost tuning); what masks of trees cost; that a draft reads
 * what another one said before it goes on from there. */
#include "algorithms/decoding/shared/expected.h"
#include "algorithms/decoding/shared/server.h"
#include "algorithms/decoding/shared/shapes.h"
#include "algorithms/decoding/shared/shards.h"

#include <stdlib.h>

enum children { CHILDREN_AUTO, CHILDREN_SAMPLE, CHILDREN_WITHOUT_REPLACEMENT, CHILDREN_TOP };
static const char *const children_choices[] = {"auto", "sample", "without_replacement", "top",
                                               NULL};
enum tree_choice { TREE_EXPANSION, TREE_SEQUOIA };
static const char *const tree_choices[] = {"expansion", "sequoia", NULL};
enum { MOST_RANKS = 32, MOST_LEVELS = 32 };

struct specinfer {
    struct decoding common;
    struct sim_numbers expansion;
    int drafts, children, tree, most_nodes;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    DEC_ACCEPTANCE_PARAMETERS,
    DEC_DRAFT_PARAMETERS,
    DEC_PLACEMENT_PARAMETERS("apart"),
    {SIM_NUMBERS(struct specinfer, expansion),
     SIM_DEFAULT("1, 1, 3, 1, 1, 1, 1, 1", "Miao et al. 2024: <1, 1, 3, 1, 1, 1, 1, 1>"),
     .least = 1, .most = SHAPE_MOST_NODES, .help = "children of each node, level by level"},
    {SIM_COUNT(struct specinfer, drafts), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,
     .most = DEC_MOST_DRAFTS, .help = "draft models, each of which grows such a tree"},
    {SIM_CHOICE(struct specinfer, children),
     SIM_DEFAULT("auto", "what the rule of acceptance needs"), .choices = children_choices,
     .help = "drawn i.i.d. from the draft, drawn without replacement, or its most probable ones; "
             "auto: top at temperature 0, else sample"},
    {SIM_CHOICE(struct specinfer, tree), SIM_DEFAULT("expansion", "Miao et al. 2024"),
     .choices = tree_choices, .help = "as expansion says, or what Sequoia's programme finds best"},
    {SIM_COUNT(struct specinfer, most_nodes), SIM_DEFAULT("64", SIM_OURS), .least = 2,
     .most = SHAPE_MOST_NODES,
     .help = "tokens that the target looks at for a sequence at most, the root included"},
    {0}};

/* What is counted of trees beside the common tally. */
struct counts {
    int64_t trees, nodes, computed; /* computed: equal sequences once, without the root */
};

struct prepared {
    struct dec_run run;
    struct dec_method method;
    enum tokens_choice choice;
    const struct shape **shape; /* known once placed: Sequoia's depends on costs */
    double *right;              /* [MOST_RANKS]: what Sequoia's programme is for */
    struct counts *counts;
};

static const struct specinfer *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static const struct shape *shape_of(const struct sim_plan *plan)
{
    return *prepared_of(plan)->shape;
}

/* ---- drafting ---- */

static void propose(const struct sim_plan *plan, struct dec_sequence *sequence, int draft)
{
    dec_draft_shape(sequence, shape_of(plan), draft, prepared_of(plan)->choice);
}

/* The first node that says the same sequence, or the node itself. */
static int equal_node(const struct tree *tree, const int *equal, int node)
{
    for (int n = 1; n < node; n++)
        if (equal[n] == n && tree->nodes[n].token == tree->nodes[node].token &&
            equal[tree->nodes[n].parent] == equal[tree->nodes[node].parent])
            return n;
    return node;
}

/* With given acceptance tokens mean nothing, so that none are equal. */
static int computed_nodes(const struct sim_plan *plan, const struct tree *tree)
{
    int equal[DEC_MOST_DRAFTS * SHAPE_MOST_NODES], count = 0;

    if (tokens_vocabulary(prepared_of(plan)->run.tokens) == 0)
        return tree->count - 1;
    equal[TREE_ROOT] = TREE_ROOT;
    for (int n = 1; n < tree->count; n++) {
        equal[n] = equal_node(tree, equal, n);
        count += equal[n] == n;
    }
    return count;
}

static void add_to_verify(const struct sim_plan *plan, const struct dec_sequence *sequence,
                          struct dec_step *step)
{
    struct counts *counts = prepared_of(plan)->counts;
    const int computed = computed_nodes(plan, &sequence->tree);

    counts->trees++;
    counts->nodes += sequence->tree.count - 1;
    counts->computed += computed;
    dec_step_add(step, 1 + computed, dec_held_tokens(sequence));
}

static void report(struct sim_peer *me)
{
    const struct counts *counts = prepared_of(me->plan)->counts;

    if (counts->trees == 0)
        return;
    sim_note(me, "nodes_per_tree", (double)counts->nodes / (double)counts->trees);
    sim_note(me, "computed_nodes_per_tree", (double)counts->computed / (double)counts->trees);
    if (options_of(me->plan)->tree == TREE_SEQUOIA)
        sim_note(me, "levels_of_tree", shape_of(me->plan)->depth);
}

/* ---- before ---- */

static bool choose_children(const struct specinfer *own, struct prepared *prepared,
                            struct sim_error *err)
{
    const struct tokens_options *tokens = &own->common.tokens_options;
    const bool is_drawn = tokens->tokens_from == TOKENS_TEXT && tokens->temperature > 0;

    if (own->children != CHILDREN_AUTO && tokens->tokens_from == TOKENS_GIVEN)
        return sim_fail(err, "children is for tokens_from: text; with a given acceptance tokens "
                             "mean nothing.");
    if (own->children == CHILDREN_TOP && is_drawn)
        return sim_fail(err, "children: top does not go with a temperature above 0: where the most "
                             "probable tokens are always tried first, what is emitted does not "
                             "follow the target. Use sample, without_replacement or temperature: "
                             "0.");
    prepared->choice =
        own->children == CHILDREN_TOP || (own->children == CHILDREN_AUTO && !is_drawn) ? TOKENS_TOP
        : own->children == CHILDREN_WITHOUT_REPLACEMENT ? TOKENS_WITHOUT_REPLACEMENT
                                                        : TOKENS_SAMPLE;
    return true;
}

static bool fits_limit(const struct specinfer *own, const struct shape *shape,
                       struct sim_error *err)
{
    const int nodes = 1 + own->drafts * (shape->count - 1);

    return nodes <= own->most_nodes ||
           sim_fail(err,
                    "The tree%s %d nodes, more than most_nodes, %d: fewer children in "
                    "expansion, or more nodes.",
                    own->drafts > 1 ? "s of all drafts have" : " has", nodes, own->most_nodes);
}

static bool expand(const struct specinfer *own, struct prepared *prepared, struct sim_arena *arena,
                   struct sim_error *err)
{
    int children[SIM_MOST_NUMBERS];

    for (int l = 0; l < own->expansion.count; l++) {
        children[l] = (int)own->expansion.values[l];
        if (own->expansion.values[l] != children[l])
            return sim_fail(err, "expansion: %g is no number of children.",
                            own->expansion.values[l]);
    }
    *prepared->shape = shape_expansion(children, own->expansion.count, arena, err);
    return *prepared->shape != NULL && fits_limit(own, *prepared->shape, err);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct specinfer *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);

    prepared->counts = sim_new(plan->arena, struct counts, 1);
    prepared->shape = sim_new(plan->arena, const struct shape *, 1);
    prepared->right = sim_new(plan->arena, double, MOST_RANKS);
    prepared->method = (struct dec_method){.propose = propose,
                                           .add_to_verify = add_to_verify,
                                           .report = report,
                                           .sends_parents = true,
                                           .judgement = {.rule = TOKENS_EXACT, .lenience = 1}};
    if (!choose_children(own, prepared, err))
        return false;
    if (own->tree == TREE_SEQUOIA && own->drafts > 1)
        return sim_fail(err, "Sequoia's programme is for the tree of one draft: leave out drafts, "
                             "or tree: sequoia.");
    if (own->tree == TREE_EXPANSION && !expand(own, prepared, plan->arena, err))
        return false;
    return dec_prepare(plan, &prepared->run, &prepared->method, DEC_OTHER_MODELS, own->drafts, err);
}

/* ---- what is given of ranks ---- */

/* The same at all nodes. */
static bool is_independent(const struct sim_plan *plan)
{
    return tokens_are_alike(&options_of(plan)->common.tokens_options);
}

/* That the child of each rank is right: as the table says, or after all before it were refused. */
static void given_ranks(const struct sim_plan *plan, double *right, int ranks)
{
    const struct tokens_options *tokens = &options_of(plan)->common.tokens_options;
    const struct sim_numbers *table = &tokens->rank_acceptance;
    const double alpha = tokens_alpha(tokens);
    double left = 1;

    for (int r = 0; r < ranks; r++, left *= 1 - alpha)
        if (table->count == 0)
            right[r] = left * alpha;
        else
            right[r] = r < table->count ? table->values[r] - (r > 0 ? table->values[r - 1] : 0) : 0;
}

/* ---- Sequoia's tree ---- */

enum { TRIALS = 2000, TRIAL_SEQUENCE = -1 };

/* How often the child of each rank is the one that is accepted: tried on a sequence that is nobody's. */
static void try_ranks(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);
    struct tree tree = {.arena = plan->arena};
    struct token_sequence *sequence =
        token_sequence_open(prepared->run.tokens, TRIAL_SEQUENCE, 0, plan->arena);

    for (int t = 0; t < TRIALS; t++) {
        struct tokens_verdict verdict;

        tree_begin(&tree);
        tokens_draft(sequence, &tree, TREE_ROOT, 0, prepared->choice, MOST_RANKS);
        verdict = tokens_verify(sequence, &tree, &prepared->method.judgement);
        if (verdict.accepted > 0)
            prepared->right[tree.nodes[verdict.node].rank] += 1.0 / TRIALS;
        token_sequence_append(sequence, verdict.accepted > 0 ? tree.nodes[verdict.node].token
                                                             : verdict.bonus);
    }
    token_sequence_close(sequence);
}

/* A full batch, `rows` tokens of each sequence. */
static struct dec_step step_of(const struct sim_plan *plan, int rows)
{
    const struct decoding *common = &options_of(plan)->common;
    struct dec_step step = {.layer_share = 1};

    for (int s = 0; s < common->batch && s < plan->requests->count; s++)
        dec_step_add(&step, rows, common->prompt_tokens);
    return step;
}

static void choose_tree(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);
    const int most = options_of(plan)->most_nodes;
    double *target_steps = sim_new(plan->arena, double, (size_t)most + 1);
    const struct dec_step one = step_of(plan, 1);
    struct shape_costs costs = {.target_steps = target_steps};

    costs.draft_step = dec_step_seconds(plan, sim_role(plan, "draft")->peers[0],
                                        &prepared->run.draft_costs[0], &one);
    for (int m = 1; m <= most; m++) {
        const struct dec_step step = step_of(plan, m);

        /* the programme charges a step of the draft for the root, too, which takes none here */
        target_steps[m] = dec_target_seconds(plan, &step) - costs.draft_step;
    }
    if (is_independent(plan))
        given_ranks(plan, prepared->right, MOST_RANKS);
    else
        try_ranks(plan);
    *prepared->shape = shape_sequoia(prepared->right, MOST_RANKS, most,
                                     MOST_LEVELS < most ? MOST_LEVELS : most, &costs, plan->arena)
                           .shape;
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    if (!dec_placed(plan, err))
        return false;
    if (options_of(plan)->tree == TREE_SEQUOIA)
        choose_tree(plan);
    if (shape_of(plan) != NULL && shape_of(plan)->count > 1)
        return true;
    return sim_fail(err, "No tree pays here: the target alone takes least for a token. Use "
                         "autoregressive, or tree: expansion.");
}

/* ---- laws ---- */

/* That all children of the root are wrong. */
static double miss(const struct shape *shape, const struct shape_accuracy *accuracy)
{
    double miss = 1;

    for (int n = 1; n < shape->count; n++)
        if (shape->nodes[n].parent == 0)
            miss -= shape_right(accuracy, 1, shape->nodes[n].rank);
    return miss;
}

/* Below the root a path stays in the tree of one draft, which is tried where all before it missed. */
static double theory_tokens(const struct sim_plan *plan)
{
    double right[SIM_MOST_NUMBERS], tries = 0, missed = 1;
    const struct shape_accuracy accuracy = {1, SIM_MOST_NUMBERS, right, true};

    given_ranks(plan, right, SIM_MOST_NUMBERS);
    for (int d = 0; d < options_of(plan)->drafts; d++) {
        tries += missed;
        missed *= miss(shape_of(plan), &accuracy);
    }
    return 1 + tries * (shape_expected(shape_of(plan), &accuracy) - 1);
}

static bool has_many_rounds(const struct sim_plan *plan)
{
    return is_independent(plan) && dec_has_many_rounds(plan, theory_tokens(plan));
}

static bool is_simple(const struct sim_plan *plan)
{
    return dec_is_simple(plan) && is_independent(plan) && options_of(plan)->drafts == 1;
}

static double answer_bytes(const struct sim_plan *plan)
{
    return (shape_of(plan)->count - 1) * 2.0 * DEC_TOKEN_BYTES; /* tokens and their parents */
}

static double theory_seconds(const struct sim_plan *plan)
{
    const struct dec_run *run = dec_run_of(plan);

    return (double)run->tally->steps *
           (shape_of(plan)->depth * run->draft_costs[0].step_seconds +
            run->target_cost.step_seconds + dec_exchange_seconds(plan, 1, answer_bytes(plan)));
}

static double theory_bytes(const struct sim_plan *plan)
{
    return (double)dec_run_of(plan)->tally->steps * (DEC_ORDER_BYTES + answer_bytes(plan));
}

static bool bytes_are_known(const struct sim_plan *plan)
{
    return is_simple(plan) && dec_is_apart(plan);
}

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS, "steps x (levels x T_q + T_p + exchange)", theory_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = is_simple,
     .assumes = DEC_SIMPLE ", and there is one draft with a given acceptance"},
    {"bytes on the network", SIM_UNIT_BYTES, "steps x (8 + 8 nodes)", theory_bytes, sim_total_bytes,
     .holds = bytes_are_known, .assumes = DEC_APART_TOO},
    {"tokens per step", SIM_UNIT_NONE, "1 + sum over nodes of the product of p along the path",
     theory_tokens, dec_tokens_per_step, .tolerance = 1e-9, .deviation = dec_deviation,
     .holds = has_many_rounds,
     .assumes = "a given acceptance, the same everywhere, and " DEC_MANY_ROUNDS},
    {0}};

static const struct sim_role roles[] = {DEC_TARGET, DEC_DRAFT, DEC_SHARD, {0}};

SIM_ALGORITHM(specinfer) = {
    .name = "specinfer",
    .summary = "drafts as a tree of tokens, of one or several models, verified in one step",
    .paper = "Miao et al., SpecInfer: Accelerating large language model serving with tree-based "
             "speculative inference and verification, ASPLOS 2024",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct specinfer),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = dec_tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
