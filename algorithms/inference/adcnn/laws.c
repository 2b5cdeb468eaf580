/* laws.c -- ADCNN in closed form: bytes and messages of an image, and its latency where nothing meets on the way. */
#include "algorithms/inference/adcnn/adcnn.h"
#include "algorithms/inference/rules/tile_allocation.h"

/* ---- what the first image is dealt ---- */

enum { MOST_NODES = 256 };

static int node_peer(const struct sim_plan *plan, int node)
{
    return sim_role(plan, "node")->peers[node];
}

static int central_peer(const struct sim_plan *plan)
{
    return sim_role(plan, "central")->peers[0];
}

static void first_allotted(const struct sim_plan *plan, int *allotted)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double s[MOST_NODES];

    for (int k = 0; k < run->nodes; k++)
        s[k] = run->speeds[k] * sim_flop_per_second(plan, node_peer(plan, k));
    tile_allocate(run->tiles, s, run->most, run->nodes, allotted);
    for (int k = 0; k < run->nodes && adcnn_is_layerwise(plan); k++)
        allotted[k] = 1;
}

static int64_t bytes_of_parts(const struct adcnn_run *run, int first, int count)
{
    int64_t bytes = 0;

    for (int p = first; p < first + count; p++)
        bytes += run->part_bytes[p];
    return bytes;
}

static double tile_seconds(const struct sim_plan *plan, int tile, int node)
{
    return adcnn_tile_seconds(plan, tile, node_peer(plan, node)) / adcnn_run_of(plan)->speeds[node];
}

/* ---- bytes and messages ---- */

static double distributed_bytes(const struct sim_plan *plan)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double bytes = (double)bytes_of_parts(run, 0, run->parts);

    for (int p = 0; p < run->parts; p++)
        bytes += (double)run->result_bytes[p];
    for (int i = 0; run->pieces != NULL && i < (run->separable + 1) * run->nodes * run->nodes; i++)
        bytes += (double)run->pieces[i];
    return bytes;
}

static double all_bytes(const struct sim_plan *plan)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    const struct adcnn *own = adcnn_options(plan);
    double bytes = 0;

    if (run->nodes > 0)
        bytes = distributed_bytes(plan);
    else if (own->partition == ADCNN_CLOUD)
        bytes = (double)(run->image_bytes + own->answer_bytes);
    return plan->requests->count * bytes;
}

static double all_messages(const struct sim_plan *plan)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double messages = run->nodes + run->parts;

    for (int i = 0; run->pieces != NULL && i < (run->separable + 1) * run->nodes * run->nodes; i++)
        messages += run->pieces[i] > 0;
    if (run->nodes == 0)
        messages = adcnn_options(plan)->partition == ADCNN_CLOUD ? 2 : 0;
    return plan->requests->count * messages;
}

static double longest_tile(const struct sim_plan *plan, int node)
{
    double longest = 0;

    for (int t = 0; t < adcnn_run_of(plan)->tiles; t++)
        longest = fmax(longest, tile_seconds(plan, t, node));
    return longest;
}

/* Seconds of a result on its way, should it meet those of all nodes. */
static double result_seconds(const struct sim_plan *plan, int node)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    const int from = node_peer(plan, node), to = central_peer(plan);
    int64_t largest = 0;

    for (int t = 0; t < run->tiles; t++)
        largest = run->result_bytes[t] > largest ? run->result_bytes[t] : largest;
    return sim_alone_seconds(plan, from, to, 0) +
           run->nodes *
               (sim_alone_seconds(plan, from, to, largest) - sim_alone_seconds(plan, from, to, 0));
}

/* No node has more than twice as much to do as another: then all are at work on an image while it is waited for, and no
 * more than a tile passes between two results of it. */
static bool no_tile_is_late(const struct sim_plan *plan)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    const double limit = adcnn_options(plan)->time_limit;
    double longest_gap = 0, least_load = INFINITY, most_load = 0;
    int allotted[MOST_NODES];

    if (limit == 0 || adcnn_is_layerwise(plan))
        return true;
    first_allotted(plan, allotted);
    for (int k = 0; k < run->nodes; k++) {
        const double tile = longest_tile(plan, k);

        if (allotted[k] == 0)
            return false;
        longest_gap = fmax(longest_gap, tile + result_seconds(plan, k));
        least_load = fmin(least_load, allotted[k] * tile);
        most_load = fmax(most_load, allotted[k] * tile);
    }
    return limit > longest_gap && most_load < 2 * least_load;
}

static bool goes_as_meant(const struct sim_plan *plan)
{
    return sim_has_own_hosts(plan) && plan->is_undisturbed && plan->network_is_textbook &&
           plan->requests->horizon_seconds == 0 && adcnn_run_of(plan)->pupil == NULL &&
           adcnn_options(plan)->common.battery_joules == 0 &&
           (adcnn_run_of(plan)->nodes == 0 ||
            (adcnn_run_of(plan)->nodes <= MOST_NODES && no_tile_is_late(plan)));
}

/* ---- seconds ---- */

static double first_parts(const struct sim_plan *plan)
{
    int allotted[MOST_NODES], first = 0;

    first_allotted(plan, allotted);
    while (allotted[first] == 0)
        first++;
    return sim_alone_seconds(plan, central_peer(plan), node_peer(plan, first),
                             bytes_of_parts(adcnn_run_of(plan), 0, allotted[first]));
}

static double first_parts_simulated(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "first_parts_seconds");
}

static bool has_nodes(const struct sim_plan *plan)
{
    return goes_as_meant(plan) && adcnn_run_of(plan)->nodes > 0;
}

/* Node after node gets its tiles, and computes them; the latest result, where results do not meet. */
static double spread_seconds(const struct sim_plan *plan)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double sent = 0, latest = 0;
    int allotted[MOST_NODES];

    first_allotted(plan, allotted);
    for (int k = 0, tile = 0; k < run->nodes; k++) {
        const int last = tile + allotted[k];
        double done;

        if (allotted[k] == 0)
            continue;
        sent += sim_alone_seconds(plan, central_peer(plan), node_peer(plan, k),
                                  bytes_of_parts(run, tile, allotted[k]));
        done = sent;
        for (; tile < last; tile++)
            done += tile_seconds(plan, tile, k);
        latest = fmax(latest, done + sim_alone_seconds(plan, node_peer(plan, k), central_peer(plan),
                                                       run->result_bytes[last - 1]));
    }
    return latest;
}

static double latency(const struct sim_plan *plan)
{
    const int central = central_peer(plan);
    int cloud;

    if (adcnn_run_of(plan)->nodes > 0)
        return spread_seconds(plan) + adcnn_rest_seconds(plan, central);
    if (adcnn_options(plan)->partition == ADCNN_SINGLE)
        return adcnn_whole_seconds(plan, central);
    cloud = sim_role(plan, "cloud")->peers[0];
    return sim_alone_seconds(plan, central, cloud, adcnn_run_of(plan)->image_bytes) +
           adcnn_whole_seconds(plan, cloud) +
           sim_alone_seconds(plan, cloud, central, adcnn_options(plan)->answer_bytes);
}

static bool has_one_image(const struct sim_plan *plan)
{
    const struct adcnn_run *run = adcnn_run_of(plan);

    if (!goes_as_meant(plan) || plan->requests->count != 1 || plan->requests->warm_up > 0 ||
        adcnn_is_layerwise(plan))
        return false;
    for (int t = 0; t < run->parts; t++)
        if (run->result_bytes[t] > 0)
            return false;
    return true;
}

const struct sim_law adcnn_laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "R (image, halos once more + results + pieces of all layers); cloud R (image + answer)",
     all_bytes, sim_total_bytes, .tolerance = 0, .holds = goes_as_meant,
     .assumes = "network: textbook, every peer has a host of its own, nothing is disturbed, no "
                "tile misses the time limit, learning: off"},
    {"messages", SIM_UNIT_NONE, "R (N + tiles + pieces of all layers); cloud 2R", all_messages,
     sim_total_messages, .tolerance = 0, .holds = goes_as_meant, .assumes = "the same"},
    {"seconds until the first node has its parts", SIM_UNIT_SECONDS, "a + parts / B", first_parts,
     first_parts_simulated, .tolerance = 1e-9, .holds = has_nodes,
     .assumes = "the same, and there are nodes"},
    {"mean latency", SIM_UNIT_SECONDS,
     "max_k (sum_{j <= k} (a + x_j b/B) + x_k t/s_k) + a + rest; single C; cloud 2a + bytes/B + C",
     latency, inf_mean_latency_seconds, .tolerance = 1e-9, .holds = has_one_image,
     .assumes = "the same, one image, tile by tile, results without bytes, so that none meet"},
    {0}};
