/* pearl -- the draft goes on drafting while the target verifies.
 *
 * In each step the draft says a window of gamma tokens while the target makes one forward pass, then both wait for each other
 * and exchange what they have.  The target looks at the first token of the new window at once (pre-verify) and at what is
 * left of the last window (post-verify); as long as all is accepted, windows follow each other without a pause, and after a
 * failure the next step looks at one token only.  So the length of a draft adapts itself.
 *
 * Paper: Liu et al., PEARL: parallel speculative decoding with adaptive draft length, ICLR 2025: sections 3.1 to 3.3,
 * Theorem 1 (the best gamma is T_p / T_q).  shared/pearl_state.h has the states.
 *
 * N counts the tokens that each request asks for.  On one host (placement: together) both share its speed while both
 * compute, as in the authors' variant with resource competition.  A draft that dies: the target goes on alone, a token a
 * step.  A target that dies ends the run.
 *
 * What crosses the network in a step: to the draft 8 bytes a sequence, how many were accepted and the target's token; back
 * 4 bytes for each token of its window.  Sampling needs more: the probability of each token, 4 bytes, to accept or refuse
 * it, and of a refused one the draft's row, to draw what replaces it, which is asked for then (exchange: row_on_rejection)
 * and sent before the next step can begin.  All rows with each window (exchange: rows) save that way there and back; the
 * authors' first code gathers them on both sides in each step, their later one sends tokens only, for its draft is greedy.
 *
 * Not modelled: rows that die with a draft whose tokens are pending (the target draws as if it had them); as decoding.h
 * says. */
#include "algorithms/decoding/shared/expected.h"
#include "algorithms/decoding/shared/pearl_state.h"
#include "algorithms/decoding/shared/report.h"
#include "algorithms/decoding/shared/server.h"
#include "algorithms/decoding/shared/shards.h"

enum choice { GAMMA_FIXED, GAMMA_OPTIMAL };
static const char *const choices[] = {"fixed", "optimal", NULL};
static const char *const strategies[] = {"both", "pre_verify", "post_verify", NULL};
enum { MOST_GAMMA = 256 };

struct pearl {
    struct decoding common;
    int gamma, gamma_choice, strategy;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    DEC_ACCEPTANCE_PARAMETERS,
    DEC_DRAFT_PARAMETERS,
    DEC_PLACEMENT_PARAMETERS("apart"),
    {SIM_COUNT(struct pearl, gamma), SIM_DEFAULT("5", SIM_OURS), .least = 1, .most = MOST_GAMMA,
     .help = "tokens of a window, which the draft says while the target makes one step"},
    {SIM_CHOICE(struct pearl, gamma_choice), SIM_DEFAULT("fixed", SIM_OURS), .choices = choices,
     .help =
         "fixed, or T_p / T_q, rounded: what the draft says in a step of the target (Theorem 1)"},
    {SIM_CHOICE(struct pearl, strategy),
     SIM_DEFAULT("both", "Liu et al. 2025: both are the system"), .choices = strategies,
     .help = "both, or one of the two alone, to see what it is good for"},
    {0}};

struct prepared {
    struct dec_run run;
    struct dec_method method;
    int *gamma;                 /* known once placed */
    int64_t *pre_steps;         /* verifications of the first token only */
    struct pearl_step *steps;   /* [batch]: what each sequence does in this round */
    struct pearl_state *states; /* [requests] */
};

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static const struct pearl *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static enum pearl_rule rule_of(const struct sim_plan *plan)
{
    return (enum pearl_rule)options_of(plan)->strategy;
}

/* ---- a step ---- */

/* A chain: nodes up to ->verified were emitted, the others are pending; the new window hangs on the last of them. */
static void draft_window(const struct dec_server *server, struct dec_sequence *sequence, int count)
{
    struct tree *tree = &sequence->tree;

    if (tree->count == 0)
        tree_begin(tree);
    sequence->window_from = tree->count;
    for (int i = 0; i < count && server->takes_part[0]; i++)
        tokens_draft(sequence->tokens, tree, tree->count - 1, 0, TOKENS_SAMPLE, 1);
}

/* The rows that the target computes: the last token that is sure, and all behind it that are looked at but the last. */
static int64_t rows_of(const struct pearl_step *step)
{
    return step->looked_at == 0 ? 0 : step->looked_at + step->has_bonus;
}

static void plan_steps(struct dec_server *server)
{
    const struct prepared *prepared = prepared_of(server->me->plan);

    for (int i = 0; i < server->count; i++) {
        struct dec_sequence *sequence = server->batch[i];

        prepared->steps[i] = pearl_step(rule_of(server->me->plan),
                                        prepared->states[sequence->number], *prepared->gamma);
        draft_window(server, sequence, prepared->steps[i].drafted);
    }
}

/* Without its draft the target looks at what is there, and adds a token of its own. */
static void without_window(const struct dec_sequence *sequence, struct pearl_step *step)
{
    step->looked_at = sequence->tree.count - 1 - sequence->verified;
    step->drafted = step->of_window = 0;
    step->has_bonus = true;
}

/* A window that never came, for its draft died while it said it.  The target has made its step: where it wanted to judge
 * the window's first token, it says that token itself. */
static void lose_window(struct pearl_step *step)
{
    step->has_bonus |= step->of_window > 0;
    step->looked_at -= step->of_window;
    step->drafted = step->of_window = 0;
}

static void verify(struct dec_server *server)
{
    const struct prepared *prepared = prepared_of(server->me->plan);
    struct dec_step rows = {.layer_share = 1};

    for (int i = 0; i < server->count; i++) {
        struct pearl_step *step = &prepared->steps[i];

        if (!server->takes_part[0])
            without_window(server->batch[i], step);
        dec_step_add(&rows, step->looked_at == 0 && step->has_bonus ? 1 : rows_of(step),
                     dec_held_tokens(server->batch[i]));
    }
    if (rows.rows > 0)
        dec_verify(server, &rows);
}

/* ---- what is accepted ---- */

static struct tokens_judgement judgement_of(const struct dec_sequence *sequence,
                                            const struct pearl_step *step)
{
    return (struct tokens_judgement){.rule = TOKENS_EXACT,
                                     .lenience = 1,
                                     .without_bonus = !step->has_bonus,
                                     .first = sequence->verified,
                                     .limit = sequence->verified + step->looked_at};
}

/* All that was accepted since the last failure joins the prefix, and the chain begins anew. */
static void commit(struct dec_sequence *sequence)
{
    struct tokens_verdict all = sequence->verdict;

    all.accepted = sequence->tree.nodes[all.node].depth;
    token_sequence_commit(sequence->tokens, &sequence->tree, &all);
    tree_begin(&sequence->tree);
    sequence->verified = 0;
}

static void take_verdict(struct dec_server *server, struct dec_sequence *sequence,
                         const struct pearl_step *step)
{
    const struct prepared *prepared = prepared_of(server->me->plan);
    const struct tokens_verdict *verdict = &sequence->verdict;
    const int emitted = verdict->accepted + verdict->has_bonus;
    struct pearl_state *state = &prepared->states[sequence->number];

    if (step->looked_at > 0 || step->has_bonus) {
        dec_count_round(server, sequence, emitted);
        *prepared->pre_steps += state->mode == PEARL_PRE;
    }
    dec_emit(server, sequence, emitted, step->drafted, verdict->accepted,
             verdict->accepted < step->looked_at);
    *state = verdict->has_bonus
                 ? (struct pearl_state){PEARL_PRE, 0}
                 : (struct pearl_state){PEARL_POST, sequence->tree.count - 1 - sequence->verified -
                                                        verdict->accepted};
    sequence->verified += verdict->accepted;
    if (verdict->has_bonus || sequence->emitted == server->options->tokens)
        commit(sequence);
}

static void judge(struct dec_server *server)
{
    const struct prepared *prepared = prepared_of(server->me->plan);
    int rejected = 0;

    for (int i = 0; i < server->count && !server->takes_part[0]; i++)
        lose_window(&prepared->steps[i]);
    for (int i = 0; i < server->count; i++) {
        struct dec_sequence *sequence = server->batch[i];
        const struct tokens_judgement judgement = judgement_of(sequence, &prepared->steps[i]);

        sequence->verdict = (struct tokens_verdict){.node = sequence->verified};
        if (prepared->steps[i].looked_at > 0 || prepared->steps[i].has_bonus)
            sequence->verdict = tokens_verify(sequence->tokens, &sequence->tree, &judgement);
        rejected += sequence->verdict.accepted < prepared->steps[i].looked_at;
    }
    dec_fetch_rows(server, rejected);
    for (int i = 0; i < server->count; i++)
        take_verdict(server, server->batch[i], &prepared->steps[i]);
}

/* Results of the step before go to the draft, then both compute, then the window comes. */
static void one_step(struct dec_server *server)
{
    const double begin = sim_now(server->me);
    double drafts = 0;

    plan_steps(server);
    dec_order_drafts(server);
    dec_await_orders(server);
    verify(server);
    dec_collect_drafts(server);
    drafts = server->draft_seconds;
    server->exchange_seconds += sim_now(server->me) - begin - fmax(server->verify_seconds, drafts);
    judge(server);
}

static void report(struct sim_peer *me)
{
    const struct prepared *prepared = prepared_of(me->plan);
    const struct dec_tally *tally = prepared->run.tally;

    sim_note(me, "gamma", *prepared->gamma);
    if (tally->rounds > 0)
        sim_note(me, "share_of_pre_steps", (double)*prepared->pre_steps / (double)tally->rounds);
    if (tally->cycles > 0)
        sim_note(me, "thrown_away_per_cycle",
                 (double)(tally->drafted - tally->accepted) / (double)tally->cycles);
}

/* ---- before ---- */

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct pearl *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);

    prepared->gamma = sim_new(plan->arena, int, 1);
    prepared->pre_steps = sim_new(plan->arena, int64_t, 1);
    prepared->steps = sim_new(plan->arena, struct pearl_step, (size_t)own->common.batch);
    prepared->states = sim_new(plan->arena, struct pearl_state, (size_t)plan->requests->count);
    prepared->method = (struct dec_method){.round = one_step, .report = report};
    *prepared->gamma = own->gamma;
    return dec_prepare(plan, &prepared->run, &prepared->method, DEC_OTHER_MODELS, 1, err);
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct prepared *prepared = prepared_of(plan);

    if (!dec_placed(plan, err))
        return false;
    if (options_of(plan)->gamma_choice == GAMMA_OPTIMAL)
        *prepared->gamma = (int)fmin(fmax(round(1 / dec_cost_ratio(plan)), 1), MOST_GAMMA);
    return true;
}

/* ---- laws ---- */

/* On hosts of their own, and always the same work. */
static bool is_simple(const struct sim_plan *plan)
{
    return dec_bytes_are_known(plan) && rule_of(plan) == PEARL_BOTH;
}

static double step_seconds(const struct sim_plan *plan)
{
    const struct dec_run *run = dec_run_of(plan);

    return fmax(*prepared_of(plan)->gamma * run->draft_costs[0].step_seconds,
                run->target_cost.step_seconds) +
           dec_exchange_seconds(plan, 1, (double)*prepared_of(plan)->gamma * DEC_TOKEN_BYTES);
}

static double theory_seconds(const struct sim_plan *plan)
{
    return (double)dec_run_of(plan)->tally->steps * step_seconds(plan);
}

static double theory_bytes(const struct sim_plan *plan)
{
    return (double)dec_run_of(plan)->tally->steps * DEC_TOKEN_BYTES *
           (2 + *prepared_of(plan)->gamma);
}

static double theory_tokens(const struct sim_plan *plan)
{
    const double alpha = dec_alpha(plan);
    const int gamma = *prepared_of(plan)->gamma;

    switch (rule_of(plan)) {
    case PEARL_PRE_VERIFY_ONLY: return dec_pearl_pre_verify_tokens(alpha, gamma);
    case PEARL_POST_VERIFY_ONLY: return 1 / (1 - alpha) * (1 - pow(alpha, gamma));
    default: return dec_pearl_tokens(alpha, gamma);
    }
}

/* Of the second strategy alone steps of the draft only are left out: of those in which the target looks at something each
 * ends a cycle with probability 1 - alpha^gamma. */
static bool has_many_rounds(const struct sim_plan *plan)
{
    return dec_is_iid(plan) && dec_alpha(plan) <= 0.95 &&
           dec_has_many_rounds(plan, theory_tokens(plan));
}

static bool is_simple_and_long(const struct sim_plan *plan)
{
    return is_simple(plan) && has_many_rounds(plan);
}

static double theory_speedup(const struct sim_plan *plan)
{
    return theory_tokens(plan) * dec_run_of(plan)->target_cost.step_seconds / step_seconds(plan);
}

/* Steps of one cycle hang together; cycles do not: the tokens of one are geometrically distributed. */
static double deviation(const struct sim_plan *plan)
{
    return sqrt(dec_alpha(plan)) / sqrt((double)dec_run_of(plan)->tally->cycles + 1) +
           (double)plan->requests->count / (double)dec_run_of(plan)->tally->rounds;
}

/* A step emits a token at least.  So PEARL is never slower than the target alone where exchange is free and gamma T_q is no
 * more than T_p. */
static double least_speedup(const struct sim_plan *plan)
{
    return fmax(dec_run_of(plan)->tally->speedup,
                dec_run_of(plan)->target_cost.step_seconds / step_seconds(plan));
}

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS, "steps x (max(gamma T_q, T_p) + exchange)", theory_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = is_simple,
     .assumes = DEC_SIMPLE ", both strategies, and draft and target on hosts of their own"},
    {"bytes on the network", SIM_UNIT_BYTES, "steps x 4 (2 + gamma)", theory_bytes, sim_total_bytes,
     .holds = is_simple, .assumes = "the same"},
    {"tokens per step", SIM_UNIT_NONE,
     "S = 1 / ((1 - alpha)(1 + alpha / (1 - alpha^gamma))); other forms for one strategy alone",
     theory_tokens, dec_tokens_per_step, .tolerance = 1e-9, .deviation = deviation,
     .holds = has_many_rounds, .assumes = "one given alpha of at most 0.95, and " DEC_MANY_ROUNDS},
    {"speedup", SIM_UNIT_NONE, "S T_p / (max(gamma T_q, T_p) + exchange)", theory_speedup,
     dec_speedup, .tolerance = 1e-9, .deviation = deviation, .holds = is_simple_and_long,
     .assumes = "all of the above"},
    {"speedup, at least", SIM_UNIT_NONE,
     "T_p / (max(gamma T_q, T_p) + exchange): never slower where that is 1", least_speedup,
     dec_speedup, .tolerance = 1e-9, .holds = is_simple, .assumes = "as for seconds"},
    {0}};

static const struct sim_role roles[] = {DEC_TARGET, DEC_DRAFT, DEC_SHARD, {0}};

SIM_ALGORITHM(pearl) = {
    .name = "pearl",
    .summary = "the draft goes on while the target verifies: windows overlap, and lengths adapt",
    .paper = "Liu et al., PEARL: Parallel speculative decoding with adaptive draft length, ICLR "
             "2025",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct pearl),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = dec_tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
