/* modnn -- MoDNN: the rows of every layer shared out by what devices can do, halos through the group owner.
 *
 * Each device computes a stripe of each layer's output (rules/stripes.h), the larger the more it can do.  After each
 * layer the rows that others need go to the group owner, who passes them on when it has them all; so nothing is
 * computed twice, and everybody waits for the slowest.  In the end the owner has the result.  Fully connected layers
 * behind may be computed by the owner, or shared out too: as they are (dense), or pruned (sparse), when whoever has
 * some of the outputs needs some of the inputs only, and as few as co-clustering finds (rules/co_clustering.h).
 *
 * Paper: Mao, Chen, Nixon, Krieger, Chen, MoDNN: Local distributed mobile computing system for deep neural network,
 * DATE 2017; its exact bytes from Zhao et al., DeepThings, IEEE TCAD 37(11), 2018, section V.
 *
 * N counts the devices that compute; the group owner is none of them.  A device that dies loses the requests that are
 * under way, of which it has a part; with on_loss: local the owner infers those alone.  Later ones are cut anew, among
 * those that are left.  A slow device makes all wait: stripes follow the speeds of the platform, not what happens. */
#include "algorithms/inference/shared/modnn.h"

#include <string.h>

static const char *const exchanges[] = {"layer", "convolution", NULL};

static const char *const partitions[] = {"by_speed", "equal", NULL};

static const char *const products_choices[] = {"none", "owner", "dense", "sparse", NULL};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct modnn, nodes),
     SIM_DEFAULT("4", "Mao et al. 2017 (MoDNN): up to four workers"), .least = 1, .most = 1024,
     .help = "N, the devices that compute stripes"},
    {SIM_COUNT(struct modnn, sources), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1, .most = 1024,
     .help = "how many of them, the first ones, have frames"},
    {SIM_COUNT(struct modnn, layers), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0, .most = 1e6,
     .help = "so many of the model's layers, from the first; 0: as many as have rows"},
    {SIM_CHOICE(struct modnn, exchange),
     SIM_DEFAULT("layer", "Mao et al. 2017 (MoDNN): before each layer"), .choices = exchanges,
     .help = "when halos are exchanged: before each layer, or before convolutions only, so that "
             "what a pool needs is computed twice"},
    {SIM_CHOICE(struct modnn, partition),
     SIM_DEFAULT("by_speed", "Mao et al. 2017 (MoDNN): in proportion to capability"),
     .choices = partitions,
     .help = "how rows are shared out: in proportion to the speed of devices, or equally"},
    {SIM_CHOICE(struct modnn, fully_connected), SIM_DEFAULT("none", SIM_NEUTRAL),
     .choices = products_choices,
     .help = "the layers behind: not inferred; by the owner alone; products shared out as they "
             "are; pruned and co-clustered"},
    {SIM_RATIO(struct modnn, density),
     SIM_DEFAULT("0.1", SIM_OURS ": the paper's text was not at hand (MODEL.md)"), .least = 1e-3,
     .most = 1, .help = "sparse: share of the weights that are left, in groups"},
    {SIM_RATIO(struct modnn, clustered),
     SIM_DEFAULT("0.9", SIM_OURS ": the paper's text was not at hand (MODEL.md)"), .least = 0,
     .most = 1, .help = "sparse: share of those within communities of inputs and outputs"},
    {SIM_COUNT(struct modnn, communities),
     SIM_DEFAULT("4", SIM_OURS ": the paper's text was not at hand (MODEL.md)"), .least = 1,
     .most = 64, .help = "sparse: how many communities there are"},
    {0}};

/* ---- before ---- */

/* Behind the chain: nothing, whatever the owner can compute, or products alone. */
static bool count_products(const struct sim_plan *plan, struct modnn_prepared *prepared,
                           struct sim_error *err)
{
    const struct modnn *own = modnn_options(plan);
    const struct products_pruning pruning = {own->density, own->clustered, own->communities};

    if (own->fully_connected < MODNN_DENSE)
        return true;
    prepared->product_count = plan->model->layer_count - prepared->chain.count;
    for (int l = prepared->chain.count; l < plan->model->layer_count; l++) {
        const struct sim_layer *layer = &plan->model->layers[l];

        if (strcmp(layer->kind, "fc") != 0 || layer->source_count != 1 ||
            layer->sources[0] != l - 1 || layer->input_bytes < MODNN_NUMBER_BYTES ||
            layer->activation_bytes < MODNN_NUMBER_BYTES)
            return sim_fail(err,
                            "modnn: layer '%s' (%s) behind the first %d is no product of all that "
                            "the layer before it gives; ask for fully_connected: owner.",
                            layer->name, layer->kind, prepared->chain.count);
    }
    return own->fully_connected != MODNN_SPARSE || products_can_be(&pruning) ||
           sim_fail(err,
                    "modnn: a density of %g, %g of it within %d communities, would leave more "
                    "weights there than there are; ask for a smaller density.",
                    own->density, own->clustered, own->communities);
}

static bool has_rows_for_all(const struct modnn *own, const struct windows_chain *chain,
                             struct sim_error *err)
{
    for (int l = 0; l < chain->count; l++)
        if (own->nodes > chain->layers[l].out.rows)
            return sim_fail(err,
                            "modnn: %d nodes are more than the %d rows that layer '%s' gives; ask "
                            "for fewer nodes or layers.",
                            own->nodes, chain->layers[l].out.rows, chain->layers[l].layer->name);
    return true;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct modnn *own = plan->parameters;
    struct modnn_prepared *prepared = sim_new(plan->arena, struct modnn_prepared, 1);
    const int most = windows_countable(plan->model);
    const int layers = own->layers > 0 ? own->layers : most > 0 ? most : 1;

    if (plan->batch != 1)
        return sim_fail(err, "modnn: a frame is one sample, so workload.batch must be 1.");
    if (own->common.battery_joules > 0)
        return sim_fail(err,
                        "modnn: battery_joules must be 0: who waits for parts of an empty device "
                        "would wait for ever; let its host die in faults instead.");
    if (own->sources > own->nodes)
        return sim_fail(err, "modnn: %d sources are more than the %d nodes that they are of.",
                        own->sources, own->nodes);
    if (!windows_open(plan->arena, plan->model, layers, &prepared->chain, err) ||
        !has_rows_for_all(own, &prepared->chain, err) || !count_products(plan, prepared, err))
        return false;
    prepared->capabilities = sim_new(plan->arena, double, (size_t)own->nodes);
    prepared->cut = sim_new(plan->arena, const struct modnn_cut *, 1);
    prepared->trails = sim_new(plan->arena, struct trail_store, 1);
    prepared->trails->arena = plan->arena;
    sim_cast(plan, "owner", 1);
    sim_cast(plan, "node", own->nodes);
    inf_prepare(plan, &prepared->run, own->sources, MODNN_STAGES, 0);
    prepared->jobs = sim_new(plan->arena, struct modnn_job *, (size_t)prepared->run.count);
    return true;
}

/* A node has all weights of the chain and its share of those of the products. */
static double bytes_of_node(const struct sim_plan *plan, int node)
{
    const struct modnn_prepared *prepared = plan->prepared;
    const struct modnn_cut *cut = *prepared->cut;
    double bytes = (double)stripes_held_bytes(&cut->stripes, node);

    for (int p = 0; p < prepared->product_count; p++)
        bytes += cut->products[p].parts[node].share *
                 (double)plan->model->layers[prepared->chain.count + p].parameter_bytes;
    return bytes;
}

static double bytes_of_owner(const struct sim_plan *plan)
{
    const int first =
        modnn_options(plan)->common.on_loss == INF_LOCAL ? 0 : modnn_of(plan)->chain.count;
    const int end = modnn_options(plan)->fully_connected == MODNN_BY_OWNER
                        ? plan->model->layer_count
                        : modnn_of(plan)->chain.count;
    double bytes = 0;

    for (int l = first; l < end; l++)
        bytes += (double)plan->model->layers[l].parameter_bytes;
    return bytes;
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct modnn_prepared *prepared = plan->prepared;
    const struct sim_group *nodes = sim_role(plan, "node");

    for (int i = 0; i < nodes->size; i++)
        prepared->capabilities[i] = modnn_options(plan)->partition == MODNN_EQUAL
                                        ? 1
                                        : sim_flop_per_second(plan, nodes->peers[i]);
    *prepared->cut = modnn_cut(plan);
    for (int i = 0; i < nodes->size; i++)
        if (!sim_fits_memory(plan, nodes->peers[i], bytes_of_node(plan, i),
                             "The weights and the largest stripe",
                             "ask for fewer layers, or for more nodes", err))
            return false;
    return sim_fits_memory(plan, sim_role(plan, "owner")->peers[0], bytes_of_owner(plan),
                           "The weights of what the owner may have to infer",
                           "ask for fewer layers, or for another fully_connected or on_loss",
                           err) &&
           inf_placed(plan, "node", err);
}

/* ---- roles ---- */

/* What the products of a frame send, and what they would without co-clustering. */
static void note_products(struct sim_peer *me)
{
    const struct modnn_prepared *prepared = modnn_of(me->plan);
    int64_t numbers = 0, in_order = 0, without_fgcp = 0;

    for (int p = 0; p < prepared->product_count; p++) {
        numbers += (*prepared->cut)->products[p].numbers;
        in_order += (*prepared->cut)->products[p].numbers_in_order;
        without_fgcp += (*prepared->cut)->products[p].numbers_without_fgcp;
    }
    if (prepared->product_count > 0)
        sim_note(me, "product_frame_bytes", (double)(MODNN_NUMBER_BYTES * numbers));
    if (modnn_options(me->plan)->fully_connected != MODNN_SPARSE)
        return;
    sim_note(me, "product_bytes_without_clustering", (double)(MODNN_NUMBER_BYTES * in_order));
    sim_note(me, "product_bytes_without_fgcp", (double)(MODNN_NUMBER_BYTES * without_fgcp));
}

static void act_as_owner(struct sim_peer *me)
{
    const struct modnn_prepared *prepared = modnn_of(me->plan);
    const struct sim_group *nodes = sim_role(me->plan, "node");
    struct station *station = station_open(me, &modnn_owner_method, NULL);

    for (int i = 0; i < nodes->size; i++)
        station_hear(station, nodes->peers[i], false);
    station_own(station, SIM_NOBODY);
    sim_note(me, "frame_bytes", (double)modnn_frame_bytes(me->plan, *prepared->cut));
    note_products(me);
    station_run(station);
}

static void act_as_node(struct sim_peer *me)
{
    struct station *station = station_open(me, &modnn_node_method, NULL);

    station_hear(station, sim_role(me->plan, "owner")->peers[0], true);
    if (me->index < modnn_options(me->plan)->sources)
        station_arrivals(station, me->index, false);
    station_run(station);
}

static const struct sim_role roles[] = {
    {"owner", act_as_owner, .help = "the group owner: passes halos on and has the results"},
    {"node", act_as_node, .help = "computes stripes; the first ones have the frames"},
    {0}};

/* ---- tables and laws ---- */

INF_STAGE_COLUMNS(MODNN_STAGES, "frame_seconds", "scatter_seconds", "node_wait_seconds",
                  "compute_seconds", "halo_seconds", "gather_seconds", "owner_wait_seconds",
                  "owner_seconds");
static const struct sim_table tables[] = {INF_REQUESTS(), {0}};

static double all_bytes(const struct sim_plan *plan)
{
    const struct modnn_prepared *prepared = plan->prepared;

    return (double)prepared->run.count * (double)modnn_frame_bytes(plan, *prepared->cut);
}

static bool all_are_answered(const struct sim_plan *plan)
{
    return sim_has_own_hosts(plan) && plan->is_undisturbed && plan->requests->horizon_seconds == 0;
}

static double frame_seconds(const struct sim_plan *plan)
{
    const struct modnn_prepared *prepared = plan->prepared;

    return sim_alone_seconds(plan, sim_role(plan, "node")->peers[0],
                             sim_role(plan, "owner")->peers[0], prepared->chain.layers[0].in.bytes);
}

static double mean_frame_seconds(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "mean_frame_seconds");
}

static bool has_one_frame(const struct sim_plan *plan)
{
    return all_are_answered(plan) && plan->requests->count == 1 && plan->network_is_textbook;
}

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "for each frame: itself, first stripes, halos twice, the result, and what products get and "
     "give",
     all_bytes, sim_total_bytes, .tolerance = 0, .holds = all_are_answered,
     .assumes =
         "every peer has a host of its own, nothing is disturbed, and all requests are answered"},
    {"seconds of the frame to the owner", SIM_UNIT_SECONDS, "a + frame bytes / B", frame_seconds,
     mean_frame_seconds, .tolerance = 1e-9, .holds = has_one_frame,
     .assumes = "one request, network: textbook, every peer has a host of its own, nothing is "
                "disturbed"},
    {0}};

SIM_ALGORITHM(modnn) = {
    .name = "modnn",
    .summary = "MoDNN: the rows of every layer shared out, halos through the group owner",
    .paper = "Mao, Chen, Nixon, Krieger, Chen, MoDNN: Local distributed mobile computing system "
             "for deep neural network, DATE 2017",
    .counts = "N devices that compute; the group owner is none of them",
    .parameters_size = sizeof(struct modnn),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .workload = SIM_NEEDS_WORKLOAD,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
