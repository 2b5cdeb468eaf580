/* memory.c -- do the devices hold the models, and how many sequences beside them?
 *
 * A sequence is admitted when there is room for its keys and values until its end: none is driven out again. */
#include "algorithms/decoding/shared/report.h"
#include "algorithms/decoding/shared/shards.h"

#include <string.h>

/* What one device holds: weights, and for each sequence keys and values. */
struct load {
    double weight_bytes, token_bytes;
};

static void add(struct load *load, const struct sim_language_model *model, double share)
{
    if (model == NULL)
        return;
    load->weight_bytes += sim_language_weight_bytes(model, share);
    load->token_bytes += share * (double)model->kv_bytes_per_token;
}

static void add_extra(struct load *load, const struct dec_run *run, int devices)
{
    if (run->target_cost.model != NULL)
        load->weight_bytes +=
            run->extra_parameters * run->target_cost.model->bytes_per_number / devices;
}

/* Drafts that are refused, and held for a step, are left out. */
static double tokens_of_sequence(const struct sim_plan *plan)
{
    const struct decoding *options = dec_options(plan);

    return (double)options->prompt_tokens + options->tokens;
}

static bool is_on_same_host(const struct sim_plan *plan, int a, int b)
{
    return strcmp(sim_host_name(plan, a), sim_host_name(plan, b)) == 0;
}

/* Drafts that live on that peer's host. */
static void add_drafts(const struct sim_plan *plan, int peer, struct load *load)
{
    const struct dec_run *run = dec_run_of(plan);
    const struct sim_group *drafts = sim_role(plan, "draft");

    for (int d = 0; d < drafts->size; d++)
        if (is_on_same_host(plan, drafts->peers[d], peer))
            add(load, run->draft_costs[d].model, run->layers_of_draft);
}

/* Is there room for a sequence at least?  And for how many; *room only gets less. */
static bool fits(struct sim_plan *plan, int peer, const struct load *load, int *room,
                 struct sim_error *err)
{
    const double memory = sim_memory_bytes(plan, peer);
    const double sequence = load->token_bytes * tokens_of_sequence(plan);

    if (load->weight_bytes == 0 || memory == 0)
        return true;
    if (!sim_fits_memory(plan, peer, load->weight_bytes + sequence,
                         "the weights, and the keys and values of one sequence,",
                         "take a smaller model, fewer tokens, or more devices (tensor_parallel, "
                         "pipeline_stages)",
                         err))
        return false;
    if (!plan->allows_oom)
        *room = (int)fmin(*room, floor((memory - load->weight_bytes) / sequence));
    return true;
}

bool dec_placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct dec_run *run = dec_run_of(plan);
    const struct sim_group *drafts = sim_role(plan, "draft");
    const int devices = run->shards->ranks * run->shards->stages;
    int *room = &run->tally->room;

    *room = run->options->batch;
    for (int s = 0; s < run->shards->stages; s++)
        for (int r = 0; r < run->shards->ranks; r++) {
            const int peer = run->shards->groups[s].peers[r];
            struct load load = {0};

            add(&load, run->target_cost.model, 1.0 / devices);
            add_extra(&load, run, devices);
            add_drafts(plan, peer, &load);
            if (!fits(plan, peer, &load, room, err))
                return false;
        }
    for (int d = 0; d < drafts->size; d++) {
        struct load load = {0};

        if (is_on_same_host(plan, drafts->peers[d], run->shards->groups[0].peers[0]))
            continue;
        add_drafts(plan, drafts->peers[d], &load);
        if (!fits(plan, drafts->peers[d], &load, room, err))
            return false;
    }
    if (*room < run->options->batch)
        sim_remark(plan,
                   "Memory has room for %d sequence%s of %.0f tokens beside the weights, so no "
                   "more than that are decoded at once (batch: %d).",
                   *room, *room == 1 ? "" : "s", tokens_of_sequence(plan), run->options->batch);
    return true;
}

bool dec_has_room(const struct dec_server *server)
{
    return server->count < server->tally->room;
}

/* On each device of the target, with what was drafted and not refused yet left out. */
void dec_note_memory(struct dec_server *server)
{
    const struct dec_shards *shards = server->run->shards;
    struct load load = {0};
    double tokens = 0;

    add(&load, server->run->target_cost.model, 1.0 / (shards->ranks * shards->stages));
    add_extra(&load, server->run, shards->ranks * shards->stages);
    for (int i = 0; i < server->count; i++)
        tokens += server->batch[i]->context_tokens;
    server->tally->most_resident_bytes =
        fmax(server->tally->most_resident_bytes, load.weight_bytes + tokens * load.token_bytes);
}
