#include "algorithms/inference/rules/split.h"

#include <math.h>
#include <string.h>

const struct split_cut *split_cuts(struct sim_arena *arena, const struct sim_model *model)
{
    struct split_cut *cuts = sim_new(arena, struct split_cut, (size_t)model->layer_count + 1);

    for (int c = 0; c < model->layer_count; c++) {
        int tensors;

        cuts[c].bytes = sim_model_crossing(model, c - 1, &tensors);
        cuts[c].is_legal = tensors == 1;
    }
    cuts[model->layer_count].is_legal = true;
    return cuts;
}

/* The legal cut next to `from` in that direction that is behind a layer; -1: none. */
static int next_cut(const struct sim_model *model, const struct split_cut *cuts, int from, int step)
{
    for (int c = from + step; c > 0 && c <= model->layer_count; c += step)
        if (cuts[c].is_legal)
            return c;
    return -1;
}

int split_behind(const struct sim_model *model, const struct split_cut *cuts, const char *layer,
                 struct sim_error *err)
{
    int place = 0, tensors, before, after;

    while (place < model->layer_count && strcmp(model->layers[place].name, layer) != 0)
        place++;
    if (place == model->layer_count) {
        sim_fail(err, "split: model %s has no layer '%s'; 'dmlsim model show %s' names them.",
                 model->name, layer, model->name);
        return -1;
    }
    if (cuts[place + 1].is_legal)
        return place + 1;
    sim_model_crossing(model, place, &tensors);
    before = next_cut(model, cuts, place + 1, -1);
    after = next_cut(model, cuts, place + 1, 1);
    sim_fail(err,
             "split: behind layer %s of %s %d tensors cross, as inside a residual block, and a "
             "network is cut where one does; the next cuts are behind %s and behind %s.",
             layer, model->name, tensors, before < 0 ? "nothing" : model->layers[before - 1].name,
             after < 0 ? "nothing" : model->layers[after - 1].name);
    return -1;
}

/* ---- what a cut costs ---- */

static double device_part(const struct split_view *view, int cut)
{
    double seconds = 0;

    for (int i = 0; i < cut; i++)
        seconds += view->device_seconds[i];
    return seconds;
}

static double up_seconds(const struct split_view *view, int cut)
{
    return view->up_latency_seconds +
           (double)view->cuts[cut].bytes * view->batch / view->up_bytes_per_second;
}

static double down_seconds(const struct split_view *view)
{
    return view->down_latency_seconds + (double)view->answer_bytes / view->down_bytes_per_second;
}

double split_seconds(const struct split_view *view, int cut)
{
    double server = 0;

    if (cut == view->layers)
        return device_part(view, cut);
    for (int i = cut; i < view->layers; i++)
        server += view->server_seconds[i];
    return device_part(view, cut) + up_seconds(view, cut) + view->server_wait_seconds +
           view->server_slowness * server + down_seconds(view);
}

double split_joules(const struct split_view *view, int cut)
{
    const double computing = view->device_watts * device_part(view, cut);

    if (cut == view->layers)
        return computing;
    return computing + view->radio_watts * (up_seconds(view, cut) + down_seconds(view)) +
           view->send_joules_per_byte * (double)view->cuts[cut].bytes * view->batch +
           view->receive_joules_per_byte * (double)view->answer_bytes;
}

int split_best(const struct split_view *view,
               double (*cost)(const struct split_view *view, int cut))
{
    int best = -1;
    double least = INFINITY;

    for (int c = 0; c <= view->layers; c++)
        if (view->cuts[c].is_legal && cost(view, c) < least) {
            least = cost(view, c);
            best = c;
        }
    return best;
}
