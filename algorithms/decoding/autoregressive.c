/* autoregressive -- one token a step: what speculative decoding is measured against.
 *
 * The target alone takes N T_p1, the draft alone N T_p2 (model: draft), if nobody else asks.
 *
 * Paper: the baseline of Leviathan, Kalman, Matias, Fast inference from transformers via speculative decoding, ICML 2023.
 *
 * N counts the tokens that each request asks for.  A target that dies ends the run.
 *
 * Not modelled: as decoding.h says. */
#include "algorithms/decoding/shared/baseline.h"
#include "algorithms/decoding/shared/shards.h"

enum model { MODEL_TARGET, MODEL_DRAFT };
static const char *const models[] = {"target", "draft", NULL};

struct autoregressive {
    struct decoding common;
    int model;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    DEC_DRAFT_PARAMETERS,
    {SIM_CHOICE(struct autoregressive, model), SIM_DEFAULT("target", SIM_OURS), .choices = models,
     .help = "which of the two models speaks: the target, or the draft in its place"},
    {0}};

static const struct dec_method method = {.judgement = {.lenience = 1}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct autoregressive *own = plan->parameters;
    const struct decoding *common = &own->common;

    if (own->model == MODEL_TARGET &&
        (common->draft_step_seconds > 0 || common->draft_step_table[0] != '\0' ||
         common->tokens_options.draft_text[0] != '\0' ||
         common->tokens_options.draft_orders.count > 0))
        return sim_fail(err, "What is said of a draft changes nothing here; add model: draft, or "
                             "leave it out.");
    return dec_prepare(plan, sim_new(plan->arena, struct dec_run, 1), &method,
                       own->model == MODEL_DRAFT ? DEC_DRAFT_ALONE : DEC_NO_DRAFTS, 0, err);
}

static double theory_seconds(const struct sim_plan *plan)
{
    return dec_autoregressive(plan).seconds;
}

static bool has_closed_form(const struct sim_plan *plan)
{
    return plan->network_is_textbook && plan->requests->horizon_seconds == 0 &&
           !isnan(dec_autoregressive(plan).seconds);
}

/* ---- */

static const struct sim_role roles[] = {DEC_TARGET, DEC_SHARD, {0}};

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS, "sum over steps of T_p1; N T_p1 for one request", theory_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = has_closed_form,
     .assumes = "nothing is disturbed, network: textbook, no horizon"},
    {0}};

SIM_ALGORITHM(autoregressive) = {
    .name = "autoregressive",
    .summary = "one token a step: the baseline of speculative decoding",
    .paper = "Leviathan, Kalman, Matias, Fast inference from transformers via speculative "
             "decoding, ICML 2023 (baseline)",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct autoregressive),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = dec_tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = dec_placed,
};
