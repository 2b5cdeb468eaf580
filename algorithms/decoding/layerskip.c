/* layerskip -- the first layers of the target draft, the others verify and go on from what those left behind.
 *
 * Each round d tokens leave the target behind layer E and go through its head; then the last of them goes through the first
 * E layers as well, and all d+1 positions through the other L-E layers in one step, from the states that were kept.  Keys
 * and values of the first layers are those of the drafts.  What is accepted follows the target exactly.
 *
 * Paper: Elhoushi et al., LayerSkip: enabling early exit inference and self-speculative decoding, ACL 2024, section 4.3, and
 * the authors' code.  The seconds of a round are derived from that algorithm:
 *
 *     d (E/L T_1 + T_head) + E/L T_1 + (L-E)/L T(d+1) + T_head
 *
 * N counts the tokens that each request asks for.  A draft apart that dies proposes nothing until it is back; a target that
 * dies ends the run.
 *
 * Not modelled: training with layer dropout, and that an earlier exit is right less often: acceptance is given, or what
 * draft_orders make of it; drafts that end with the text; as decoding.h says. */
#include "algorithms/decoding/shared/early_exit.h"
#include "algorithms/decoding/shared/shards.h"

struct layerskip {
    struct early_exit exit;
    int gamma;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    DEC_ACCEPTANCE_PARAMETERS,
    EARLY_EXIT_PARAMETERS("8"),
    {SIM_COUNT(struct layerskip, gamma), SIM_DEFAULT("6", SIM_OURS), .least = 1,
     .most = DEC_MOST_LENGTHS - 1, .help = "d, drafted tokens of a round"},
    {0}};

static int gamma_of(const struct sim_plan *plan)
{
    return ((const struct layerskip *)plan->parameters)->gamma;
}

static void propose(const struct sim_plan *plan, struct dec_sequence *sequence, int draft)
{
    const struct own_stop stop = {.most = gamma_of(plan)};

    own_layers_draft(sequence, draft, &stop);
}

static const struct dec_method method = {.propose = propose,
                                         .draft_steps = early_exit_draft_steps,
                                         .add_to_verify = early_exit_add_to_verify,
                                         .proposal_bytes = early_exit_proposal_bytes,
                                         .judgement = {.rule = TOKENS_EXACT, .lenience = 1}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return early_exit_prepare(plan, sim_new(plan->arena, struct early_run, 1), &method, err);
}

/* ---- laws ---- */

static double theory_seconds(const struct sim_plan *plan)
{
    const double steps = (double)dec_run_of(plan)->tally->steps;

    return early_exit_seconds(plan, steps, steps * gamma_of(plan));
}

static double theory_bytes(const struct sim_plan *plan)
{
    const double steps = (double)dec_run_of(plan)->tally->steps;

    return early_exit_bytes(plan, steps, steps * gamma_of(plan));
}

static double theory_tokens(const struct sim_plan *plan)
{
    return dec_expected_tokens(dec_alpha(plan), gamma_of(plan));
}

static double theory_speedup(const struct sim_plan *plan)
{
    return early_exit_speedup(plan, theory_tokens(plan), gamma_of(plan));
}

static bool has_many_rounds(const struct sim_plan *plan)
{
    return dec_is_iid(plan) && dec_has_many_rounds(plan, theory_tokens(plan));
}

static bool has_simple_rounds(const struct sim_plan *plan)
{
    return dec_is_simple(plan) && has_many_rounds(plan);
}

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS,
     "steps x (d (E/L T_1 + T_head) + E/L T_1 + (L-E)/L T_1 + T_head + exchange)", theory_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = dec_is_simple, .assumes = DEC_SIMPLE},
    {"bytes on the network", SIM_UNIT_BYTES, "steps x (8 + 4 d + (d+1) state)", theory_bytes,
     sim_total_bytes, .holds = dec_bytes_are_known, .assumes = DEC_APART_TOO},
    {"tokens per step", SIM_UNIT_NONE, "(1 - alpha^(d+1)) / (1 - alpha)", theory_tokens,
     dec_tokens_per_step, .tolerance = 1e-9, .deviation = dec_deviation, .holds = has_many_rounds,
     .assumes = "one given alpha, and " DEC_MANY_ROUNDS},
    {"speedup", SIM_UNIT_NONE, "tokens per step x (T_1 + T_head) / seconds of a round",
     theory_speedup, dec_speedup, .tolerance = 1e-9, .deviation = dec_deviation,
     .holds = has_simple_rounds, .assumes = "all of the above"},
    {0}};

static const struct sim_role roles[] = {DEC_TARGET, DEC_DRAFT, DEC_SHARD, {0}};

SIM_ALGORITHM(layerskip) = {
    .name = "layerskip",
    .summary = "the first layers of the target draft, the others verify from where those stopped",
    .paper = "Elhoushi et al., LayerSkip: enabling early exit inference and self-speculative "
             "decoding, ACL 2024",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct layerskip),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = dec_tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = dec_placed,
};
