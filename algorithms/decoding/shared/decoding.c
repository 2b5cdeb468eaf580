/* decoding.c -- before a run: parameters checked, tokens and costs opened, roles cast. */
#include "algorithms/decoding/shared/decoding.h"

#include "algorithms/decoding/shared/shards.h"

#include <string.h>

const char *const tokens_from_choices[] = {"given", "text", NULL};
const char *const tokens_tokenizers[] = {"words", "characters", NULL};
const char *const dec_placement_choices[] = {"apart", "together", NULL};
const char *const dec_exchange_choices[] = {"auto", "tokens", "probabilities", "row_on_rejection",
                                            "rows", NULL};

static const double target_step_seconds = 20e-3, draft_step_seconds = 2e-3;

/* Systems without that parameter leave NULL. */
static bool is_named(const char *file)
{
    return file != NULL && file[0] != '\0';
}

/* ---- what would change nothing is refused ---- */

static bool check_given(const struct tokens_options *options, struct sim_error *err)
{
    bool fine = true;

    if (is_named(options->text) || is_named(options->draft_text) || options->draft_orders.count > 0)
        fine = sim_fail(err, "text, draft_text and draft_orders are for tokens_from: text.");
    if ((options->acceptance.count > 0) + (options->rank_acceptance.count > 0) +
            (is_named(options->acceptance_trace)) >
        1)
        fine = sim_fail(err, "Give one of acceptance, rank_acceptance and acceptance_trace.");
    return fine;
}

static bool check_text(const struct tokens_options *options, enum dec_exchange exchange,
                       struct sim_error *err)
{
    bool fine = true;

    if (options->acceptance.count > 0 || options->rank_acceptance.count > 0 ||
        is_named(options->acceptance_trace))
        fine = sim_fail(err, "acceptance is what it is with tokens_from: text; leave out "
                             "acceptance, rank_acceptance and acceptance_trace.");
    if (options->temperature > 0 &&
        (exchange == DEC_EXCHANGE_TOKENS || exchange == DEC_EXCHANGE_PROBABILITIES))
        fine = sim_fail(err,
                        "exchange: %s is not enough to draw what replaces a rejected token; "
                        "use row_on_rejection or rows, or temperature: 0.",
                        dec_exchange_choices[exchange]);
    return fine;
}

static bool check(const struct sim_plan *plan, struct sim_error *err)
{
    const struct decoding *options = plan->parameters;
    bool fine =
        options->tokens_options.tokens_from == TOKENS_TEXT
            ? check_text(&options->tokens_options, (enum dec_exchange)options->exchange, err)
            : check_given(&options->tokens_options, err);

    if (options->target_step_seconds > 0 && is_named(options->target_step_table))
        fine = sim_fail(err, "Give target_step_seconds or target_step_table, not both.");
    if (options->draft_step_seconds > 0 && is_named(options->draft_step_table))
        fine = sim_fail(err, "Give draft_step_seconds or draft_step_table, not both.");
    return fine;
}

/* ---- costs ---- */

static bool open_cost(struct dec_cost *cost, double seconds, double otherwise, const char *table,
                      struct sim_arena *arena, struct sim_error *err)
{
    cost->step_seconds = seconds > 0 ? seconds : otherwise;
    if (!is_named(table))
        return true;
    cost->curve = dec_curve_read(table, arena, err);
    return cost->curve != NULL;
}

/* Seconds given beside a workload would change nothing. */
static bool gives_no_seconds(const struct decoding *options, struct sim_error *err)
{
    return (options->target_step_seconds == 0 && options->draft_step_seconds == 0 &&
            !is_named(options->target_step_table) && !is_named(options->draft_step_table)) ||
           sim_fail(err, "What a step takes follows from the workload: leave out "
                         "target_step_seconds, draft_step_seconds and their tables.");
}

static bool has_same_vocabulary(const struct sim_language_model *target,
                                const struct sim_language_model *draft, struct sim_error *err)
{
    return target->vocabulary == draft->vocabulary ||
           sim_fail(err,
                    "workload: %s has a vocabulary of %d tokens and %s one of %d: what the one "
                    "drafts the other cannot verify.",
                    draft->name, draft->vocabulary, target->name, target->vocabulary);
}

static bool take_drafts(const struct sim_language_workload *language, struct dec_run *run,
                        struct sim_error *err)
{
    bool fine = true;

    if (language->draft_count < run->drafts)
        return sim_fail(err,
                        "workload: %d draft%s needed, and %d given, as in {model: %s, draft: "
                        "llama_68m}.",
                        run->drafts, run->drafts == 1 ? " is" : "s are", language->draft_count,
                        language->target->name);
    if (language->draft_count > run->drafts)
        return sim_fail(err, "workload: %d drafts are given, and %d used.", language->draft_count,
                        run->drafts);
    for (int d = 0; d < run->drafts; d++) {
        run->draft_costs[d].model = language->drafts[d];
        fine &= has_same_vocabulary(language->target, language->drafts[d], err);
    }
    return fine;
}

/* All models that a system needs must be there, and none that it does not. */
static bool take_models(const struct sim_language_workload *language, struct dec_run *run,
                        enum dec_drafting drafting, struct sim_error *err)
{
    run->target_cost.model = language->target;
    if (drafting == DEC_OTHER_MODELS)
        return take_drafts(language, run, err);
    if (drafting == DEC_DRAFT_ALONE && language->draft_count == 1) {
        run->target_cost.model = language->drafts[0];
        return true;
    }
    if (drafting == DEC_DRAFT_ALONE)
        return sim_fail(err, "workload: draft is missing: it is the one that speaks.");
    run->draft_costs[0].model = language->target;
    return language->draft_count == 0 ||
           sim_fail(err, "workload: a draft changes nothing here; leave it out.");
}

static bool open_costs(struct sim_plan *plan, struct dec_run *run, enum dec_drafting drafting,
                       struct sim_error *err)
{
    const struct decoding *options = run->options;
    bool fine;

    run->target_cost.tensor_parallel = options->tensor_parallel;
    run->layers_of_draft = 1;
    if (plan->language != NULL)
        return gives_no_seconds(options, err) && take_models(plan->language, run, drafting, err);
    if (run->draft_speaks)
        return open_cost(&run->target_cost, options->draft_step_seconds, draft_step_seconds,
                         options->draft_step_table, plan->arena, err);
    fine = open_cost(&run->target_cost, options->target_step_seconds, target_step_seconds,
                     options->target_step_table, plan->arena, err);
    for (int d = 0; d < run->drafts && drafting != DEC_HEADS; d++)
        fine = fine && open_cost(&run->draft_costs[d], options->draft_step_seconds,
                                 draft_step_seconds, options->draft_step_table, plan->arena, err);
    return fine;
}

/* Which rows a tree needs is known only while it is judged, one after the other. */
static bool can_exchange(const struct dec_run *run, struct sim_error *err)
{
    return !run->method->sends_parents || run->options->exchange != DEC_EXCHANGE_ROW_ON_REJECTION ||
           sim_fail(err, "exchange: row_on_rejection is for chains of drafts; trees need rows.");
}

static bool can_be_cut(const struct dec_run *run, struct sim_error *err)
{
    const int devices = run->options->tensor_parallel * run->options->pipeline_stages;

    return devices == 1 || run->target_cost.model != NULL ||
           sim_fail(err, "tensor_parallel and pipeline_stages need a workload: it says how many "
                         "layers there are to share, and what goes from one to the next.");
}

/* ---- roles and sequences ---- */

static void open_sequences(struct sim_plan *plan, struct dec_run *run)
{
    run->count = plan->requests->count;
    run->sequences = sim_new(plan->arena, struct dec_sequence, (size_t)run->count);
    for (int i = 0; i < run->count; i++)
        run->sequences[i] = (struct dec_sequence){.number = i,
                                                  .arrived_at = plan->requests->at_seconds[i],
                                                  .first_token_at = NAN,
                                                  .finished_at = NAN};
}

static void cast(struct sim_plan *plan, struct dec_run *run, enum dec_drafting drafting)
{
    const struct decoding *options = run->options;

    sim_cast(plan, "target", 1);
    run->shards = dec_shards_cast(plan, options->tensor_parallel, options->pipeline_stages);
    if (run->drafts_apart && drafting == DEC_OTHER_MODELS && options->placement == DEC_TOGETHER)
        sim_cast_beside(plan, "draft", run->drafts, "target");
    else if (run->drafts_apart)
        sim_cast(plan, "draft", run->drafts);
}

bool dec_prepare(struct sim_plan *plan, struct dec_run *run, const struct dec_method *method,
                 enum dec_drafting drafting, int drafts, struct sim_error *err)
{
    run->options = plan->parameters;
    run->method = method;
    run->drafts = drafts;
    run->draft_speaks = drafting == DEC_DRAFT_ALONE;
    run->drafts_apart = drafting == DEC_OTHER_MODELS ||
                        (drafting == DEC_OWN_LAYERS && run->options->placement == DEC_APART);
    run->drafts_here = drafting == DEC_OWN_LAYERS && !run->drafts_apart;
    run->tally = sim_new(plan->arena, struct dec_tally, 1);
    if (!check(plan, err) || !open_costs(plan, run, drafting, err) || !can_exchange(run, err) ||
        !can_be_cut(run, err))
        return false;
    run->tokens = tokens_open(&run->options->tokens_options, run->draft_speaks ? 1 : drafts,
                              drafting == DEC_HEADS, plan->seed, plan->arena, err);
    if (run->tokens == NULL)
        return false;
    open_sequences(plan, run);
    cast(plan, run, drafting);
    plan->prepared = run;
    return true;
}
