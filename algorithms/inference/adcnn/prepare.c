/* prepare.c -- ADCNN: who takes part, what makes sense, and whether it fits. */
#include "algorithms/inference/adcnn/adcnn.h"

static bool is_distributed(const struct adcnn *own)
{
    return own->partition <= ADCNN_CHANNELWISE;
}

/* ---- what means nothing is refused ---- */

struct option {
    const char *name;
    bool is_given, has_meaning;
    const char *needs;
};

static bool options_mean_something(const struct sim_plan *plan, struct sim_error *err)
{
    const struct adcnn *own = plan->parameters;
    const bool is_fdsp = own->partition == ADCNN_FDSP, has_model = plan->model != NULL;
    const bool learns = own->learning != ADCNN_LEARNS_NOT;
    const bool has_tiles = is_fdsp || own->partition == ADCNN_HALO;
    static const char fdsp[] = "partition: fdsp", spread[] = "partition: fdsp, halo or channelwise";
    static const char none[] = "a scenario without a workload";
    const struct option options[] = {
        {"tiles", own->tiles != 0, has_tiles, "partition: fdsp or halo"},
        {"separable_layers", own->separable_layers != 0, is_distributed(own) && has_model,
         "a workload, and partition: fdsp, halo or channelwise"},
        {"node_speeds", own->node_speeds.count != 0, is_distributed(own), spread},
        {"overlap", own->overlap != ADCNN_OVERLAPPED, is_fdsp, fdsp},
        {"statistics", own->statistics != ADCNN_RATE, is_fdsp, fdsp},
        {"bits", own->bits != ADCNN_USUAL_BITS, is_fdsp, fdsp},
        {"density", own->density != ADCNN_USUAL_DENSITY, is_fdsp && own->bits > 0 && !learns,
         "partition: fdsp, bits above 0 and learning: off"},
        {"learning", learns, is_fdsp && own->bits > 0, "partition: fdsp and bits above 0"},
        {"epochs", own->epochs.count != 0, learns, "learning"},
        {"clip", own->clip.count != 0, learns, "learning"},
        {"gamma", own->gamma != ADCNN_USUAL_GAMMA, is_fdsp, fdsp},
        {"time_limit", own->time_limit != ADCNN_USUAL_LIMIT_SECONDS, is_fdsp, fdsp},
        {"answer_bytes", own->answer_bytes != ADCNN_USUAL_ANSWER_BYTES,
         own->partition == ADCNN_CLOUD, "partition: cloud"},
        {"nodes", own->nodes != ADCNN_USUAL_NODES, is_distributed(own), spread},
        {"conv_seconds", own->conv_seconds != 0, !has_model, none},
        {"rest_seconds", own->rest_seconds != 0, !has_model, none},
        {"image_bytes", own->image_bytes != 0, !has_model, none},
        {"map_bytes", own->map_bytes != 0, !has_model && is_fdsp,
         "partition: fdsp, and a scenario without a workload"},
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].is_given && !options[i].has_meaning)
            return sim_fail(err,
                            "adcnn: %s needs %s; here it would change nothing, so leave it out.",
                            options[i].name, options[i].needs);
    if (!has_model && (own->partition == ADCNN_HALO || own->partition == ADCNN_CHANNELWISE))
        return sim_fail(err, "adcnn: partition: halo and channelwise exchange the maps of each "
                             "layer, so they need a workload, such as {model: vgg16}.");
    if (!has_model && own->conv_seconds + own->rest_seconds == 0)
        return sim_fail(err, "adcnn: nothing says what an image takes to compute: give a workload, "
                             "such as {model: vgg16}, or conv_seconds.");
    return plan->batch <= 1 ||
           sim_fail(err, "adcnn: a request is one image, so workload.batch must be 1, not %d.",
                    plan->batch);
}

static bool speeds_make_sense(const struct adcnn *own, struct sim_error *err)
{
    if (own->node_speeds.count != 0 && own->node_speeds.count != own->nodes)
        return sim_fail(err, "adcnn: node_speeds has %d numbers, but there are %d nodes.",
                        own->node_speeds.count, own->nodes);
    return true;
}

/* ---- learning ---- */

static bool lesson_makes_sense(const struct adcnn *own, struct sim_error *err)
{
    if (own->epochs.count != 0 && own->epochs.count != ADCNN_FORMS)
        return sim_fail(err,
                        "adcnn: epochs are four numbers: of training undivided, in tiles, "
                        "clipped and coded; here there are %d.",
                        own->epochs.count);
    for (int f = 0; f < own->epochs.count; f++)
        if (own->epochs.values[f] != floor(own->epochs.values[f]))
            return sim_fail(err, "adcnn: epochs must be whole.");
    if (own->clip.count != 0 &&
        (own->clip.count != 2 || own->clip.values[1] <= own->clip.values[0]))
        return sim_fail(err, "adcnn: clip is two numbers, a and b, the second above the first.");
    return true;
}

static bool learn(struct sim_plan *plan, struct adcnn_run *run, struct sim_error *err)
{
    static const int usual_epochs[][ADCNN_FORMS] = {
        [ADCNN_DIGITS] = {4, 3, 2, 1}, [ADCNN_FASHION_MNIST] = {1, 1, 1, 1}};
    const struct adcnn *own = plan->parameters;
    struct adcnn_lesson lesson = {.learning = (enum adcnn_learning)own->learning,
                                  .grid = spatial_grid_of(run->tiles),
                                  .coder = {0.3, 3, own->bits},
                                  .seed = plan->seed};

    if (own->learning == ADCNN_LEARNS_NOT)
        return true;
    if (!lesson_makes_sense(own, err))
        return false;
    for (int f = 0; f < ADCNN_FORMS; f++)
        lesson.epochs[f] =
            own->epochs.count > 0 ? (int)own->epochs.values[f] : usual_epochs[own->learning][f];
    if (own->clip.count > 0) {
        lesson.coder.low = own->clip.values[0];
        lesson.coder.high = own->clip.values[1];
    }
    run->pupil = adcnn_pupil_open(plan->arena, &lesson, err);
    return run->pupil != NULL;
}

/* ---- cutting ---- */

static bool cut_model(struct sim_plan *plan, struct adcnn_run *run, struct sim_error *err)
{
    const struct adcnn *own = plan->parameters;
    const int possible = windows_countable(plan->model);
    int tensors;

    run->separable = own->separable_layers > 0 ? own->separable_layers : possible;
    if (possible == 0 || run->separable > possible)
        return windows_open(plan->arena, plan->model, possible + 1, &run->chain, err);
    if (!windows_open(plan->arena, plan->model, run->separable, &run->chain, err))
        return false;
    sim_model_crossing(plan->model, run->separable - 1, &tensors);
    if (tensors != 1)
        return sim_fail(err,
                        "%s cannot be cut behind layer '%s': %d tensors cross there, as inside a "
                        "residual block; choose other separable_layers.",
                        plan->model->name, plan->model->layers[run->separable - 1].name, tensors);
    run->image_bytes = run->chain.layers[0].in.bytes;
    run->map_bytes = run->chain.layers[run->separable - 1].out.bytes;
    run->cut = (struct spatial_cut){&run->chain, spatial_grid_of(run->tiles),
                                    own->partition == ADCNN_FDSP};
    return own->partition == ADCNN_CHANNELWISE || spatial_fits(&run->cut, err);
}

static bool count_parts(struct adcnn_run *run, const struct adcnn *own, struct sim_error *err)
{
    run->nodes = own->nodes;
    run->parts = run->tiles = own->tiles > 0 ? own->tiles : ADCNN_USUAL_TILES;
    if (own->partition == ADCNN_FDSP)
        return true;
    run->parts = own->nodes;
    run->tiles = own->tiles > 0 ? own->tiles : own->nodes;
    return run->tiles == own->nodes ||
           sim_fail(err,
                    "adcnn: with partition: halo each node has one tile, so tiles must be %d "
                    "(nodes), not %d; or leave tiles out.",
                    own->nodes, run->tiles);
}

static void take_speeds(struct sim_plan *plan, struct adcnn_run *run)
{
    const struct adcnn *own = plan->parameters;
    double *speeds = sim_new(plan->arena, double, (size_t)run->nodes);

    for (int k = 0; k < run->nodes; k++)
        speeds[k] = own->node_speeds.count > 0 ? own->node_speeds.values[k] : 1;
    run->speeds = speeds;
    run->most = sim_new(plan->arena, int, (size_t)run->nodes);
}

/* ---- images ---- */

static void open_images(struct sim_plan *plan, struct adcnn_run *run)
{
    const size_t nodes = (size_t)run->nodes, parts = (size_t)run->parts;

    run->images = sim_new(plan->arena, struct adcnn_image, (size_t)run->run.count);
    for (int i = 0; i < run->run.count; i++) {
        struct adcnn_image *image = &run->images[i];

        *image = (struct adcnn_image){.request = &run->run.requests[i],
                                      .next_node = run->nodes,
                                      .sending_to = -1,
                                      .allotted = sim_new(plan->arena, int, nodes),
                                      .first_part = sim_new(plan->arena, int, nodes),
                                      .returned = sim_new(plan->arena, int, nodes),
                                      .busy = sim_new(plan->arena, double, nodes),
                                      .is_here = sim_new(plan->arena, bool, parts),
                                      .took = sim_new(plan->arena, double, parts),
                                      .was_told = sim_new(plan->arena, bool, nodes)};
        if (run->pieces != NULL) {
            image->pieces_here = sim_new(plan->arena, int, nodes *(size_t)(run->separable + 1));
            image->at_layer = sim_new(plan->arena, int, nodes);
            image->waits_for_pieces = sim_new(plan->arena, struct parcel *, nodes);
        }
        run->run.requests[i].own = image;
    }
}

/* ---- before ---- */

static bool prepare_parts(struct sim_plan *plan, struct adcnn_run *run, struct sim_error *err)
{
    const struct adcnn *own = plan->parameters;

    if (!count_parts(run, own, err) || !speeds_make_sense(own, err) ||
        (plan->model != NULL && !cut_model(plan, run, err)))
        return false;
    take_speeds(plan, run);
    if (own->partition == ADCNN_FDSP)
        adcnn_size_tiles(plan, run);
    else
        adcnn_size_layers(plan, run);
    return learn(plan, run, err);
}

bool adcnn_prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct adcnn *own = plan->parameters;
    struct adcnn_run *run = sim_new(plan->arena, struct adcnn_run, 1);

    if (!options_mean_something(plan, err))
        return false;
    *run = (struct adcnn_run){.image_bytes =
                                  plan->model != NULL ? plan->model->input_bytes : own->image_bytes,
                              .map_bytes = own->map_bytes};
    if (is_distributed(own) && !prepare_parts(plan, run, err))
        return false;
    sim_cast(plan, "central", 1);
    sim_cast(plan, "node", run->nodes);
    sim_cast(plan, "cloud", own->partition == ADCNN_CLOUD);
    inf_prepare(plan, &run->run, 1, ADCNN_STAGES, 0);
    open_images(plan, run);
    return true;
}

/* ---- memory ---- */

/* M x_k <= H_k: as many tiles as a node has memory for beside the weights and the tile that it computes. */
static bool find_room(struct sim_plan *plan, const struct adcnn_run *run, struct sim_error *err)
{
    int room = 0;

    for (int k = 0; k < run->nodes; k++) {
        const int peer = sim_role(plan, "node")->peers[k];
        const double memory = sim_memory_bytes(plan, peer);
        const double left = memory - adcnn_node_bytes(plan, k, 1);
        const double tile = plan->model != NULL ? (double)adcnn_largest_tile_bytes(run) : 0;

        run->most[k] = run->tiles;
        if (memory > 0 && tile > 0 && !plan->allows_oom)
            run->most[k] = (int)fmin(run->tiles, 1 + floor(left / tile));
        room += run->most[k];
    }
    return room >= run->tiles ||
           sim_fail(err,
                    "adcnn: the nodes have memory for %d tiles, but an image has %d; take "
                    "more nodes, or other hosts.",
                    room, run->tiles);
}

static bool nodes_hold(struct sim_plan *plan, struct sim_error *err)
{
    for (int k = 0; k < adcnn_run_of(plan)->nodes; k++)
        if (!sim_fits_memory(plan, sim_role(plan, "node")->peers[k], adcnn_node_bytes(plan, k, 1),
                             "The weights of the separable layers and the maps of one part",
                             "take more tiles, fewer separable_layers, or partition: channelwise",
                             err))
            return false;
    return true;
}

static bool holds_layers(struct sim_plan *plan, int peer, int first, struct sim_error *err)
{
    double weights = 0, maps = 0;

    for (int l = first; l < plan->model->layer_count; l++) {
        const struct sim_layer *layer = &plan->model->layers[l];

        weights += (double)layer->parameter_bytes;
        maps = fmax(maps, (double)layer->input_bytes + (double)layer->activation_bytes);
    }
    return sim_fits_memory(plan, peer, weights + maps,
                           "The weights and the largest maps of its layers",
                           "take a smaller model, or a host with more memory", err);
}

/* Then some node is still at work on its next tile when the limit has come, whenever shares are unequal. */
static void look_at_limit(struct sim_plan *plan)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    const double limit = adcnn_options(plan)->time_limit;
    double least = INFINITY;

    for (int k = 0; k < run->nodes; k++)
        least = fmin(least, adcnn_tile_seconds(plan, 0, sim_role(plan, "node")->peers[k]) /
                                run->speeds[k]);
    if (limit > 0 && limit < least)
        sim_remark(
            plan,
            "time_limit is %g s, but a tile takes %.3g s even on the fastest node: where one "
            "has a tile more than another it is late, and zeros. Take more tiles, or a "
            "longer limit.",
            limit, least);
}

bool adcnn_placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct adcnn *own = plan->parameters;
    const struct adcnn_run *run = adcnn_run_of(plan);
    const int central = sim_role(plan, "central")->peers[0];

    if (!inf_placed(plan, "central", err))
        return false;
    if (own->partition == ADCNN_CLOUD)
        return plan->model == NULL || holds_layers(plan, sim_role(plan, "cloud")->peers[0], 0, err);
    if (plan->model != NULL && !holds_layers(plan, central, run->separable, err))
        return false;
    if (own->partition == ADCNN_FDSP)
        look_at_limit(plan);
    return run->nodes == 0 ||
           (nodes_hold(plan, err) && (own->partition != ADCNN_FDSP || find_room(plan, run, err)));
}
