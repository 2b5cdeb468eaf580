#include "algorithms/inference/shared/segments.h"
#include "sim/workload/cost.h"

#include <math.h>

/* What is taken where a scenario says nothing of costs: 10 times as much behind each exit as before it. */
static const double default_flop[] = {1e8, 1e9, 1e10};
static const int64_t default_bytes[] = {12544, 6272};
enum { DEFAULT_EXITS = 3 };

/* ---- tiers ---- */

static bool set_tiers(struct segments *segments, const struct sim_numbers *tiers,
                      struct sim_error *err)
{
    if (tiers->count != segments->count &&
        !(tiers->count == 0 && segments->count == SEGMENTS_TIERS))
        return sim_fail(
            err, "algorithm.tiers: it has a number for each of %d exits, and here it has %d.",
            segments->count, tiers->count);
    for (int e = 0; e < segments->count; e++) {
        const double tier = tiers->count == 0 ? e : tiers->values[e];

        if (tier != floor(tier) || (e > 0 && tier < segments->segments[e - 1].tier))
            return sim_fail(err, "algorithm.tiers: they must be whole and never go down: 0 the "
                                 "device, 1 its edge, 2 the cloud.");
        segments->segments[e].tier = (int)tier;
    }
    return true;
}

/* ---- costs ---- */

static bool has_count(const struct sim_numbers *numbers, int count, const char *name,
                      const char *each, struct sim_error *err)
{
    return numbers->count == count ||
           sim_fail(err, "algorithm.%s: it has a number for each of %d %s, and here it has %d.",
                    name, count, each, numbers->count);
}

static bool cost_flop(struct segments *segments, const struct sim_numbers *flop,
                      struct sim_error *err)
{
    if (!has_count(flop, segments->count, "segment_flop", "exits", err))
        return false;
    for (int e = 0; e < segments->count; e++)
        segments->segments[e].flop = flop->values[e];
    return true;
}

static bool cost_seconds(struct segments *segments, const struct sim_numbers *seconds,
                         struct sim_error *err)
{
    if (!has_count(seconds, segments->count, "exit_seconds", "exits", err))
        return false;
    for (int e = 0; e < segments->count; e++) {
        const double before = e == 0 ? 0 : seconds->values[e - 1];

        if (seconds->values[e] < before)
            return sim_fail(err, "algorithm.exit_seconds: they are counted from the start, so none "
                                 "is less than the one before.");
        segments->segments[e].seconds = seconds->values[e] - before;
    }
    return true;
}

/* A cut through several tensors is one inside a residual block or the like. */
static bool is_one_tensor(const struct sim_model *model, int place, struct sim_error *err)
{
    int tensors = 0;

    sim_model_crossing(model, place, &tensors);
    return tensors == 1 ||
           sim_fail(err,
                    "algorithm.exit_layers: behind layer %d, %s, %d tensors of %s would have to "
                    "go on, not one; put the exit where a block ends.",
                    place + 1, model->layers[place].name, tensors, model->name);
}

static bool cost_workload(struct segments *segments, const struct sim_plan *plan,
                          const struct segments_options *options, struct sim_error *err)
{
    const struct sim_model *model = plan->model;
    const struct sim_numbers *ends = options->exit_layers, *heads = options->head_flop;
    int first = 0;

    if (plan->batch != 1)
        return sim_fail(err, "workload.batch: a request is one sample; leave batch out.");
    if (!has_count(ends, segments->count - 1, "exit_layers", "exits but the last", err) ||
        !has_count(heads, segments->count - 1, "head_flop", "exits but the last", err))
        return false;
    for (int e = 0; e < segments->count; e++) {
        struct segment *segment = &segments->segments[e];
        const bool is_last = e == segments->count - 1;
        const double end = is_last ? model->layer_count : ends->values[e];

        if (end != floor(end) || end <= first || (!is_last && end >= model->layer_count))
            return sim_fail(err,
                            "algorithm.exit_layers: they count the layers of %s from 1 to %d, "
                            "ascend, and leave some behind the last of them; 'dmlsim model show "
                            "%s' lists them.",
                            model->name, model->layer_count, model->name);
        if (!is_last && !is_one_tensor(model, (int)end - 1, err))
            return false;
        segment->layers = model->layers + first;
        segment->layer_count = (int)end - first;
        segment->flop = is_last ? 0 : heads->values[e];
        if (!is_last)
            segment[1].bytes = model->layers[(int)end - 1].activation_bytes;
        first = (int)end;
    }
    segments->segments[0].bytes = model->input_bytes;
    return true;
}

static void cost_lesson(struct segments *segments, const struct exit_lesson *lesson)
{
    for (int e = 0; e < segments->count; e++) {
        struct segment *segment = &segments->segments[e];

        segment->layers = lesson->exits[e].layers;
        segment->layer_count = lesson->exits[e].count;
        segment->bytes = e == 0 ? lesson->sample_bytes : lesson->exits[e - 1].bytes;
    }
}

static bool cost_default(struct segments *segments, struct sim_error *err)
{
    if (segments->count != DEFAULT_EXITS)
        return sim_fail(err,
                        "algorithm.segment_flop: with %d exits, say what each costs: "
                        "segment_flop, exit_seconds, or a workload and exit_layers.",
                        segments->count);
    for (int e = 0; e < DEFAULT_EXITS; e++) {
        segments->segments[e].flop = default_flop[e];
        segments->segments[e].bytes = e == 0 ? 0 : default_bytes[e - 1];
    }
    return true;
}

static bool set_costs(struct segments *segments, const struct sim_plan *plan,
                      const struct segments_options *options, const struct exit_lesson *lesson,
                      struct sim_error *err)
{
    const int ways = (options->segment_flop->count > 0) + (options->exit_seconds->count > 0) +
                     (plan->model != NULL);

    if (ways > 1)
        return sim_fail(err, "algorithm: segment_flop, exit_seconds and a workload are three ways "
                             "to say what a segment costs; give one.");
    if (plan->model == NULL && options->exit_layers->count + options->head_flop->count > 0)
        return sim_fail(err, "algorithm.%s: it is about layers of a workload, and there is none.",
                        options->exit_layers->count > 0 ? "exit_layers" : "head_flop");
    if (plan->model != NULL)
        return cost_workload(segments, plan, options, err);
    if (options->segment_flop->count > 0)
        return cost_flop(segments, options->segment_flop, err);
    if (options->exit_seconds->count > 0)
        return cost_seconds(segments, options->exit_seconds, err);
    if (lesson == NULL)
        return cost_default(segments, err);
    cost_lesson(segments, lesson);
    return true;
}

/* ---- bytes ---- */

static bool crosses(const struct segments *segments, int e)
{
    return segments->segments[e].tier != segments->segments[e - 1].tier;
}

static bool set_cuts(struct segments *segments, const struct sim_numbers *cut_bytes,
                     struct sim_error *err)
{
    bool is_cut = false;

    for (int e = 1; e < segments->count; e++)
        is_cut |= crosses(segments, e);
    if (!is_cut && cut_bytes->count > 0)
        return sim_fail(err, "algorithm.cut_bytes: all exits lie on one tier, so nothing goes on "
                             "to another; leave it out.");
    if (cut_bytes->count > 0 &&
        !has_count(cut_bytes, segments->count - 1, "cut_bytes", "exits but the last", err))
        return false;
    for (int e = 1; e < segments->count; e++) {
        struct segment *segment = &segments->segments[e];

        if (cut_bytes->count > 0)
            segment->bytes = (int64_t)cut_bytes->values[e - 1];
        else if (crosses(segments, e) && segment->bytes == 0)
            return sim_fail(err,
                            "algorithm.cut_bytes: exits %d and %d lie on different tiers, and "
                            "nothing says how many bytes go on from one to the other.",
                            e - 1, e);
    }
    return true;
}

static bool set_sample(struct segments *segments, int64_t sample_bytes, struct sim_error *err)
{
    struct segment *first = &segments->segments[0];

    if (first->tier == 0 && sample_bytes > 0)
        return sim_fail(err, "algorithm.sample_bytes: the first exit is on the device, so no "
                             "sample leaves it; leave it out.");
    if (sample_bytes > 0)
        first->bytes = sample_bytes;
    return first->tier == 0 || first->bytes > 0 ||
           sim_fail(err, "algorithm.sample_bytes: the first exit is not on the device, and nothing "
                         "says how large a sample is that has to go there.");
}

bool segments_prepare(struct segments *segments, const struct sim_plan *plan, int exits,
                      const struct segments_options *options, const struct exit_lesson *lesson,
                      struct sim_error *err)
{
    *segments = (struct segments){.count = exits};
    return set_tiers(segments, options->tiers, err) &&
           set_costs(segments, plan, options, lesson, err) &&
           set_cuts(segments, options->cut_bytes, err) &&
           set_sample(segments, options->sample_bytes, err);
}

double segment_flop(const struct sim_plan *plan, const struct segment *segment, int peer)
{
    double seconds = segment->seconds;

    for (int l = 0; l < segment->layer_count; l++)
        seconds +=
            sim_layer_seconds(sim_device_of(plan, peer), &segment->layers[l], 1, SIM_FORWARD);
    return segment->flop + seconds * sim_flop_per_second(plan, peer);
}

double segments_memory_bytes(const struct segments *segments, int tier)
{
    double weights = 0, most = 0;

    for (int e = 0; e < segments->count; e++)
        for (int l = 0; l < segments->segments[e].layer_count; l++) {
            const struct sim_layer *layer = &segments->segments[e].layers[l];

            if (segments->segments[e].tier != tier)
                continue;
            weights += (double)layer->parameter_bytes;
            most = fmax(most, (double)layer->input_bytes + (double)layer->activation_bytes);
        }
    return weights + most;
}
