#include "algorithms/decoding/shared/baseline.h"

#include "algorithms/decoding/shared/shards.h"

/* The batch as a replay has it: of each sequence only what it still wants. */
struct replay {
    const struct sim_plan *plan;
    const struct decoding *options;
    double now, latency_sum;
    int counted; /* requests in the sum */
    int next, count;
    int *members, *emitted; /* [batch] */
    struct dec_baseline found;
};

static void finish(struct replay *replay)
{
    int kept = 0;

    for (int i = 0; i < replay->count; i++) {
        const int request = replay->members[i];

        if (replay->emitted[i] < replay->options->tokens) {
            replay->members[kept] = request;
            replay->emitted[kept++] = replay->emitted[i];
        } else if (request >= replay->plan->requests->warm_up) {
            replay->latency_sum += replay->now - replay->plan->requests->at_seconds[request];
            replay->counted++;
        }
    }
    replay->count = kept;
}

/* Those who have come join, and their prompts are read in one step that says the first token. */
static void admit(struct replay *replay)
{
    const struct sim_requests *asked = replay->plan->requests;
    const int before = replay->count, prompt = replay->options->prompt_tokens;
    struct dec_step step = {.layer_share = 1};

    while (replay->next < asked->count && asked->at_seconds[replay->next] <= replay->now &&
           replay->count < dec_run_of(replay->plan)->tally->room) {
        replay->members[replay->count] = replay->next++;
        replay->emitted[replay->count++] = prompt > 0;
        dec_step_add(&step, prompt, 0);
    }
    if (replay->count > before && prompt > 0) {
        replay->now += dec_target_seconds(replay->plan, &step);
        finish(replay);
    }
}

static void one_step(struct replay *replay)
{
    const struct dec_cost *cost = &dec_run_of(replay->plan)->target_cost;
    struct dec_step step = {.layer_share = 1};

    for (int i = 0; i < replay->count; i++) {
        const int context = replay->options->prompt_tokens + replay->emitted[i]++;

        dec_step_add(&step, 1, context > 0 ? context - 1 : 0);
    }
    replay->now += dec_target_seconds(replay->plan, &step);
    replay->found.memory_bytes += dec_step_memory_bytes(cost, &step);
    replay->found.flop += dec_step_flop(cost, &step);
    finish(replay);
}

struct dec_baseline dec_autoregressive(const struct sim_plan *plan)
{
    const struct decoding *options = dec_options(plan);
    struct replay replay = {.plan = plan, .options = options};

    if (!plan->is_undisturbed)
        return (struct dec_baseline){NAN, NAN, NAN, NAN};
    replay.members = sim_new(plan->arena, int, (size_t)options->batch);
    replay.emitted = sim_new(plan->arena, int, (size_t)options->batch);
    while (replay.count > 0 || replay.next < plan->requests->count) {
        if (replay.count == 0)
            replay.now = fmax(replay.now, plan->requests->at_seconds[replay.next]);
        admit(&replay);
        if (replay.count > 0)
            one_step(&replay);
    }
    replay.found.seconds = replay.now;
    replay.found.mean_latency_seconds = replay.latency_sum / replay.counted;
    return replay.found;
}
