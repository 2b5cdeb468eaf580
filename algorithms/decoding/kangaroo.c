/* kangaroo -- the first layers of the target and an adapter draft until they are not sure, the other layers verify.
 *
 * Each round tokens leave the target behind its first layers (the first exit), and go through an adapter of one attention
 * layer and through the head.  Drafting stops behind a token whose confidence, the largest probability, is not above a
 * threshold (the second exit; that token is kept), or after so many steps.  The last draft goes through the first layers as
 * well, and all n+1 positions through the others in one step.
 *
 * Paper: Liu et al., Kangaroo: lossless self-speculative decoding via double early exiting, NeurIPS 2024, section 3, and the
 * authors' code.  The seconds of a round are derived from that algorithm (l: exit_layer):
 *
 *     (n+1) l/L T_1 + n (T_adapter + T_head) + (L-l)/L T(n+1) + T_head
 *
 * The adapter has 4 h^2 parameters, for queries, keys, values and output; with given seconds it takes adapter_seconds.
 * Compression rate and CTAR(w), the share of rounds that emit more than w tokens, are the paper's metrics.
 *
 * N counts the tokens that each request asks for.  A draft apart that dies proposes nothing until it is back; a target that
 * dies ends the run.
 *
 * Not modelled: the adapter's own keys and values, which lack the last token where all was accepted; training it; that a
 * later exit is right more often: acceptance is given, or what draft_orders make of it; as decoding.h says. */
#include "algorithms/decoding/shared/early_exit.h"
#include "algorithms/decoding/shared/shards.h"

enum { MOST_STEPS = DEC_MOST_LENGTHS - 1 };

struct kangaroo {
    struct early_exit exit;
    int steps;
    double threshold, adapter_seconds;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    DEC_ACCEPTANCE_PARAMETERS,
    DEC_CONFIDENCE_PARAMETERS,
    EARLY_EXIT_PARAMETERS("2"),
    {SIM_COUNT(struct kangaroo, steps), SIM_DEFAULT("6", "the authors' code: 6"), .least = 1,
     .most = MOST_STEPS, .help = "drafted tokens of a round, at most"},
    {SIM_RATIO(struct kangaroo, threshold),
     SIM_DEFAULT("0.6", "the authors' README: 0.6 (their command line has 0.4)"), .least = 0,
     .most = 1, .help = "eta: drafting stops behind a token whose confidence is not above it"},
    {SIM_SECONDS(struct kangaroo, adapter_seconds), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1e6, .help = "T_adapter, of a drafted token, without a workload"},
    {0}};

static const struct kangaroo *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static void propose(const struct sim_plan *plan, struct dec_sequence *sequence, int draft)
{
    const struct own_stop stop = {.most = options_of(plan)->steps,
                                  .threshold = options_of(plan)->threshold,
                                  .at_threshold = true};

    own_layers_draft(sequence, draft, &stop);
}

/* CTAR(w) for w = 1, 2, ... `steps`. */
static void report(struct sim_peer *me)
{
    const struct dec_tally *tally = dec_run_of(me->plan)->tally;
    const int steps = options_of(me->plan)->steps;
    double rates[MOST_STEPS], more = 0;

    if (tally->rounds == 0)
        return;
    for (int w = steps; w >= 1; w--) {
        more += (double)tally->lengths[w]; /* w accepted, and one more */
        rates[w - 1] = more / (double)tally->rounds;
    }
    sim_note(me, "compression_rate", (double)tally->committed / (double)tally->rounds);
    sim_note_list(me, "consistent_token_acceptance_rates", rates, steps);
}

static const struct dec_method method = {.propose = propose,
                                         .draft_steps = early_exit_draft_steps,
                                         .add_to_verify = early_exit_add_to_verify,
                                         .proposal_bytes = early_exit_proposal_bytes,
                                         .report = report,
                                         .judgement = {.rule = TOKENS_EXACT, .lenience = 1}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    struct early_run *early = sim_new(plan->arena, struct early_run, 1);

    early->adapter_seconds = options_of(plan)->adapter_seconds;
    if (plan->language != NULL && early->adapter_seconds > 0)
        return sim_fail(err, "What the adapter takes follows from the workload: leave out "
                             "adapter_seconds.");
    if (plan->language != NULL)
        early->adapter_parameters =
            4.0 * plan->language->target->hidden * plan->language->target->hidden;
    return early_exit_prepare(plan, early, &method, err);
}

/* ---- laws ---- */

static double theory_tokens(const struct sim_plan *plan)
{
    const struct dec_confidence confidence =
        own_layers_confidence(plan, options_of(plan)->threshold);

    return 1 + dec_stopped_accepted(&confidence, options_of(plan)->steps);
}

static double theory_drafted(const struct sim_plan *plan)
{
    const struct dec_confidence confidence =
        own_layers_confidence(plan, options_of(plan)->threshold);

    return dec_stopped_drafted(&confidence, options_of(plan)->steps);
}

static double theory_speedup(const struct sim_plan *plan)
{
    return early_exit_speedup(plan, theory_tokens(plan), theory_drafted(plan));
}

/* A confidence that is always the threshold stops drafting here, and is sure in theory. */
static bool has_many_rounds(const struct sim_plan *plan)
{
    return dec_is_iid(plan) && plan->requests->count == 1 &&
           options_of(plan)->threshold != dec_alpha(plan) &&
           dec_has_many_rounds(plan, theory_tokens(plan));
}

static bool has_simple_rounds(const struct sim_plan *plan)
{
    return dec_is_simple(plan) && has_many_rounds(plan);
}

#define MANY "one request, one given alpha that is not eta, and " DEC_MANY_ROUNDS

static double drafted_deviation(const struct sim_plan *plan)
{
    return own_layers_drafted_deviation(plan, options_of(plan)->steps);
}

static double speedup_deviation(const struct sim_plan *plan)
{
    return dec_deviation(plan) + drafted_deviation(plan);
}

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS,
     "(drafted + steps) l/L T_1 + drafted (T_adapter + T_head) + steps ((L-l)/L T_1 + T_head + "
     "exchange)",
     early_exit_theory_seconds, sim_total_seconds, .tolerance = 1e-9, .holds = dec_is_simple,
     .assumes = DEC_SIMPLE},
    {"bytes on the network", SIM_UNIT_BYTES, "8 steps + 4 drafted + (drafted + steps) state",
     early_exit_theory_bytes, sim_total_bytes, .holds = dec_bytes_are_known,
     .assumes = DEC_APART_TOO},
    {"tokens per step", SIM_UNIT_NONE,
     "1 + mu (1 - m^steps) / (1 - m); confidence C, mu = E[C], m = E[C 1(C > eta)]", theory_tokens,
     dec_tokens_per_step, .tolerance = 1e-9, .deviation = dec_deviation, .holds = has_many_rounds,
     .assumes = MANY},
    {"drafted per step", SIM_UNIT_NONE, "(1 - s^steps) / (1 - s), s = P(C > eta)", theory_drafted,
     own_layers_drafted_per_step, .tolerance = 1e-9, .deviation = drafted_deviation,
     .holds = has_many_rounds, .assumes = MANY},
    {"speedup", SIM_UNIT_NONE, "tokens per step x (T_1 + T_head) / seconds of a round",
     theory_speedup, dec_speedup, .tolerance = 1e-9, .deviation = speedup_deviation,
     .holds = has_simple_rounds, .assumes = "all of the above"},
    {0}};

static const struct sim_role roles[] = {DEC_TARGET, DEC_DRAFT, DEC_SHARD, {0}};

SIM_ALGORITHM(kangaroo) = {
    .name = "kangaroo",
    .summary = "the first layers of the target and an adapter draft until they are not sure",
    .paper = "Liu et al., Kangaroo: lossless self-speculative decoding via double early exiting, "
             "NeurIPS 2024",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct kangaroo),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = dec_tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = dec_placed,
};
