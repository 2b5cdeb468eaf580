/* speculative_decoding -- a small model drafts gamma tokens, the target verifies them in one step.
 *
 * Each round the draft model says gamma tokens, one after the other; the target looks at all of them at once, accepts the
 * first n and adds a token of its own: n + 1 tokens for one step of the target.  What is emitted follows the target's
 * distribution exactly (lenience 1).
 *
 * Paper: Leviathan, Kalman, Matias, Fast inference from transformers via speculative decoding, ICML 2023: Algorithm 1,
 * Eq. 1, Theorem 3.8; lenience: appendix A.5.
 *
 * N counts the tokens that each request asks for.  A draft that dies proposes nothing until it is back: the target goes on
 * alone.  A target that dies ends the run.
 *
 * Not modelled: as decoding.h says. */
#include "algorithms/decoding/shared/expected.h"
#include "algorithms/decoding/shared/server.h"
#include "algorithms/decoding/shared/shards.h"

enum choice { GAMMA_FIXED, GAMMA_OPTIMAL };
static const char *const choices[] = {"fixed", "optimal", NULL};
enum { MOST_GAMMA = 256 };

struct speculative {
    struct decoding common;
    int gamma, gamma_choice;
    double lenience;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    DEC_ACCEPTANCE_PARAMETERS,
    DEC_DRAFT_PARAMETERS,
    DEC_PLACEMENT_PARAMETERS("apart"),
    {SIM_COUNT(struct speculative, gamma), SIM_DEFAULT("4", SIM_OURS), .least = 1,
     .most = MOST_GAMMA,
     .help = "drafted tokens of a round; of the first, where it is chosen and alpha is not given"},
    {SIM_CHOICE(struct speculative, gamma_choice), SIM_DEFAULT("fixed", SIM_OURS),
     .choices = choices,
     .help = "fixed, or what makes most tokens a second: the argmax of Theorem 3.8, for the alpha "
             "that is given, or seen so far"},
    {SIM_RATIO(struct speculative, lenience),
     SIM_DEFAULT("1", "Leviathan et al. 2023: 1 is lossless"), .least = 0.001, .most = 1,
     .help = "q is multiplied with it before p is compared; below 1 more is accepted, and the "
             "output is no longer the target's"},
    {0}};

struct prepared {
    struct dec_run run;
    struct dec_method method;
    double *cost_ratio; /* c: a step of the draft over one of the target; known once placed */
};

static const struct speculative *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- gamma ---- */

/* What was seen so far; as if gamma tokens had been accepted and one rejected before. */
static double seen_alpha(const struct sim_plan *plan)
{
    const struct dec_tally *tally = prepared_of(plan)->run.tally;
    const double prior = options_of(plan)->gamma;

    return ((double)tally->accepted + prior) /
           ((double)tally->accepted + (double)tally->rejected + prior + 1);
}

static int gamma_of(const struct sim_plan *plan)
{
    const struct speculative *own = options_of(plan);

    if (own->gamma_choice == GAMMA_FIXED)
        return own->gamma;
    return dec_optimal_gamma(dec_is_iid(plan) ? dec_alpha(plan) : seen_alpha(plan),
                             *prepared_of(plan)->cost_ratio, MOST_GAMMA);
}

static void propose(const struct sim_plan *plan, struct dec_sequence *sequence, int draft)
{
    const int gamma = gamma_of(plan);
    int last = TREE_ROOT;

    for (int i = 0; i < gamma; i++) {
        tokens_draft(sequence->tokens, &sequence->tree, last, draft, TOKENS_SAMPLE, 1);
        last = sequence->tree.count - 1;
    }
}

/* ---- what a round costs ---- */

/* ---- after ---- */

/* How many verifications are expected to accept 0, 1, ... drafts, beside accepted_lengths. */
static void note_expected(struct sim_peer *me)
{
    const struct dec_tally *tally = prepared_of(me->plan)->run.tally;
    const int gamma = gamma_of(me->plan);
    double expected[MOST_GAMMA + 1];

    if (!dec_is_iid(me->plan))
        return;
    for (int n = 0; n <= gamma; n++)
        expected[n] =
            (double)tally->rounds * dec_accepted_probability(dec_alpha(me->plan), gamma, n);
    sim_note_list(me, "expected_accepted_lengths", expected,
                  gamma + 1 < DEC_MOST_LENGTHS ? gamma + 1 : DEC_MOST_LENGTHS);
}

/* The alpha from on which drafting pays. */
static void report(struct sim_peer *me)
{
    const struct sim_plan *plan = me->plan;
    const struct dec_run *run = dec_run_of(plan);
    const double alone = run->target_cost.step_seconds;
    const int gamma = options_of(plan)->gamma;
    double alpha;

    note_expected(me);
    if (!dec_is_simple(plan) || options_of(plan)->gamma_choice != GAMMA_FIXED)
        return;
    alpha = dec_break_even_alpha(
        gamma, run->draft_costs[0].step_seconds / alone, 1,
        dec_exchange_seconds(plan, 1, (double)gamma_of(plan) * DEC_TOKEN_BYTES) / alone);
    if (!isnan(alpha))
        sim_note(me, "break_even_alpha", alpha);
}

/* ---- before ---- */

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct speculative *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);

    if (own->lenience < 1 && own->common.tokens_options.tokens_from == TOKENS_GIVEN)
        return sim_fail(err, "lenience changes what is accepted, which is given here: use "
                             "tokens_from: text, or another acceptance.");
    if (own->lenience < 1 && own->common.tokens_options.temperature == 0)
        return sim_fail(err,
                        "lenience is for drawn tokens; at temperature 0 there is one token that "
                        "the target takes.");
    prepared->cost_ratio = sim_new(plan->arena, double, 1);
    prepared->method =
        (struct dec_method){.propose = propose,
                            .report = report,
                            .judgement = {.rule = TOKENS_EXACT, .lenience = own->lenience}};
    return dec_prepare(plan, &prepared->run, &prepared->method, DEC_OTHER_MODELS, 1, err);
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct prepared *prepared = prepared_of(plan);

    *prepared->cost_ratio = dec_cost_ratio(plan);
    return dec_placed(plan, err);
}

/* ---- laws ---- */

static double round_seconds(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);

    return gamma_of(plan) * prepared->run.draft_costs[0].step_seconds +
           prepared->run.target_cost.step_seconds +
           dec_exchange_seconds(plan, 1, (double)gamma_of(plan) * DEC_TOKEN_BYTES);
}

/* The lecture's T_tot, with what crosses the network in each round. */
static double theory_seconds(const struct sim_plan *plan)
{
    const struct dec_run *run = dec_run_of(plan);
    const double steps = (double)run->tally->steps, drafted = (double)run->tally->drafted;

    return drafted * run->draft_costs[0].step_seconds + steps * run->target_cost.step_seconds +
           dec_exchange_seconds(plan, steps, drafted * DEC_TOKEN_BYTES);
}

static double theory_bytes(const struct sim_plan *plan)
{
    const struct dec_tally *tally = dec_run_of(plan)->tally;

    return (double)tally->steps * DEC_ORDER_BYTES + (double)tally->drafted * DEC_TOKEN_BYTES;
}

static double theory_tokens_per_step(const struct sim_plan *plan)
{
    return dec_expected_tokens(dec_alpha(plan), gamma_of(plan));
}

static bool has_many_rounds(const struct sim_plan *plan)
{
    return dec_is_iid(plan) && dec_has_many_rounds(plan, theory_tokens_per_step(plan));
}

static double theory_speedup(const struct sim_plan *plan)
{
    return theory_tokens_per_step(plan) * prepared_of(plan)->run.target_cost.step_seconds /
           round_seconds(plan);
}

static bool has_simple_rounds(const struct sim_plan *plan)
{
    return dec_is_simple(plan) && has_many_rounds(plan);
}

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS,
     "N T_p2 + T_val + exchange: N drafted tokens, T_p for each check; beside N T_p1, "
     "autoregressive_seconds",
     theory_seconds, sim_total_seconds, .tolerance = 1e-9, .holds = dec_is_simple,
     .assumes = DEC_SIMPLE},
    {"bytes on the network", SIM_UNIT_BYTES, "8 steps + 4 drafted", theory_bytes, sim_total_bytes,
     .holds = dec_bytes_are_known, .assumes = DEC_APART_TOO},
    {"tokens per step", SIM_UNIT_NONE, "(1 - alpha^(gamma+1)) / (1 - alpha), Eq. 1",
     theory_tokens_per_step, dec_tokens_per_step, .tolerance = 1e-9, .deviation = dec_deviation,
     .holds = has_many_rounds, .assumes = "one given alpha, and " DEC_MANY_ROUNDS},
    {"speedup", SIM_UNIT_NONE,
     "Eq. 1 / (gamma c + 1 + exchange / T_p): Theorem 3.8, with what crosses the network",
     theory_speedup, dec_speedup, .tolerance = 1e-9, .deviation = dec_deviation,
     .holds = has_simple_rounds, .assumes = "all of the above"},
    {0}};

static const struct sim_role roles[] = {DEC_TARGET, DEC_DRAFT, DEC_SHARD, {0}};

SIM_ALGORITHM(speculative_decoding) = {
    .name = "speculative_decoding",
    .summary = "a small model drafts gamma tokens, the target verifies them in one step",
    .paper = "Leviathan, Kalman, Matias, Fast inference from transformers via speculative "
             "decoding, ICML 2023",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct speculative),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = dec_tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
