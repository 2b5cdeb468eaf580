/* adcnn.h -- what the roles of ADCNN share: options, what each part of an image costs, and how far each image is.
 *
 * An image's separable layers are dealt in parts: tiles under FDSP, of which a node has as many as Algorithm 3 allots;
 * one part a node where all go layer by layer (halo, channelwise). */
#ifndef INFERENCE_ADCNN_H
#define INFERENCE_ADCNN_H

#include "algorithms/inference/adcnn/pupil.h"
#include "algorithms/inference/rules/spatial.h"
#include "algorithms/inference/shared/station.h"

enum adcnn_partition { ADCNN_FDSP, ADCNN_HALO, ADCNN_CHANNELWISE, ADCNN_SINGLE, ADCNN_CLOUD };
enum adcnn_overlap { ADCNN_ONE_BY_ONE, ADCNN_OVERLAPPED };
enum adcnn_statistics { ADCNN_RATE, ADCNN_RESULTS };

enum adcnn_stage {
    ADCNN_WAIT,
    ADCNN_SCATTER,
    ADCNN_CONVOLVE,
    ADCNN_REST_WAIT,
    ADCNN_REST,
    ADCNN_ANSWER,
    ADCNN_STAGES
};

struct adcnn {
    struct inference common;
    int partition, nodes, tiles, separable_layers, overlap, statistics, bits, learning;
    struct sim_numbers node_speeds, epochs, clip;
    double conv_seconds, rest_seconds;
    int64_t image_bytes, map_bytes, answer_bytes;
    double density, gamma, time_limit;
};

/* Defaults, by which is known what a scenario says. */
enum {
    ADCNN_USUAL_NODES = 8,
    ADCNN_USUAL_TILES = 64,
    ADCNN_USUAL_BITS = 4,
    ADCNN_USUAL_ANSWER_BYTES = 4000
};
#define ADCNN_USUAL_GAMMA         0.9
#define ADCNN_USUAL_LIMIT_SECONDS 0.03
#define ADCNN_USUAL_DENSITY                                                                        \
    0.068 /* of codes that are not 0: 0.032 of the bytes, as the paper has of VGG-16 */

/* ---- what is worked out once ---- */

struct adcnn_run {
    struct inf_run run;   /* first: inf_run_of */
    int nodes, tiles;     /* 0 nodes: single, cloud */
    int parts;            /* tiles, or nodes where all go layer by layer */
    int separable;        /* layers of the workload that are dealt; 0 without one */
    const double *speeds; /* [nodes], of what the host does */
    int *most;            /* [nodes]: tiles that there is memory for */
    struct windows_chain chain;
    struct spatial_cut cut;

    const int64_t *part_bytes, *result_bytes; /* [parts]: to the node, and back */
    const int64_t *
        pieces; /* [separable + 1][from x nodes + to]: before layer l, and behind the last; NULL under FDSP */
    int64_t image_bytes, map_bytes;
    struct adcnn_image *images;
    const struct adcnn_pupil *pupil; /* NULL with learning: off */
};

static inline const struct adcnn *adcnn_options(const struct sim_plan *plan)
{
    return plan->parameters;
}

static inline const struct adcnn_run *adcnn_run_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static inline bool adcnn_is_layerwise(const struct sim_plan *plan)
{
    return adcnn_run_of(plan)->pieces != NULL;
}

/* Check what bounds cannot say, cast the peers, and fill in plan->prepared; and what depends on devices. */
bool adcnn_prepare(struct sim_plan *plan, struct sim_error *err);
bool adcnn_placed(struct sim_plan *plan, struct sim_error *err);

/* Fill in part_bytes and result_bytes, of tiles or of nodes; of these `pieces`, too. */
void adcnn_size_tiles(const struct sim_plan *plan, struct adcnn_run *run);
void adcnn_size_layers(const struct sim_plan *plan, struct adcnn_run *run);
int64_t adcnn_map_bytes(const struct adcnn_run *run, int tile); /* of its result as floats */
int64_t adcnn_largest_tile_bytes(const struct adcnn_run *run);

/* Bytes of a node's weights; and of weights and maps that it holds at once, with the image of `held_parts` tiles. */
double adcnn_weight_bytes(const struct sim_plan *plan, int node);
double adcnn_node_bytes(const struct sim_plan *plan, int node, int held_parts);

/* Seconds on that peer's host if nothing slows it: of layer `layer` for a part; of all separable layers for a tile; of
 * the layers behind them; and of all layers, undivided. */
double adcnn_layer_seconds(const struct sim_plan *plan, int part, int layer, int peer);
double adcnn_tile_seconds(const struct sim_plan *plan, int tile, int peer);
double adcnn_rest_seconds(const struct sim_plan *plan, int peer);
double adcnn_whole_seconds(const struct sim_plan *plan, int peer);

/* The same as flop, for sim_compute there. */
static inline double adcnn_flop(const struct sim_plan *plan, double seconds, int peer)
{
    return seconds * sim_flop_per_second(plan, peer);
}

/* ---- how far an image is ---- */

/* The central node's, but for what stands in messages: seconds of a tile, which its result carries. */
struct adcnn_image {
    struct inf_request *request;
    int *allotted;   /* [nodes] parts */
    int *first_part; /* [nodes]: of those, which follow each other */
    int *returned;   /* [nodes] */
    double *busy;    /* [nodes] seconds that they took */
    bool *is_here;   /* [parts] */
    double *took;    /* [parts] seconds, as their results say */
    int expected, got;
    int next_node;  /* whose parts are sent next; nodes: all have been */
    int sending_to; /* -1: nobody */
    double begun_at, scattered_at, last_result_at;
    struct adcnn_map *map; /* with learning: what has come of it; zeros are missing */
    bool somebody_is_done, is_closed, is_timed;

    /* The nodes': what they know. */
    bool *was_told;                   /* [nodes]: that it is closed */
    int *pieces_here;                 /* [separable + 1][nodes] */
    int *at_layer;                    /* [nodes] */
    struct parcel **waits_for_pieces; /* [nodes]: what stands before that layer; NULL: nothing */
};

/* With learning: codes of a tile.  Its node's again once they have been read. */
struct adcnn_packet {
    struct adcnn_packet *next, **spare; /* of the node */
    size_t size;
    unsigned char *bytes;
};

/* Kinds of parcels. */
enum adcnn_kind {
    ADCNN_IMAGE,  /* to the cloud, or the central node's own */
    ADCNN_BUNDLE, /* the parts of a node */
    ADCNN_TILE,   /* one of them, in the node */
    ADCNN_RESULT,
    ADCNN_PIECE, /* halo or partial sums before layer `part` */
    ADCNN_CLOSED,
    ADCNN_REPLY,
};

/* ---- roles ---- */

void adcnn_central(struct sim_peer *me);
void adcnn_node(struct sim_peer *me);
void adcnn_cloud(struct sim_peer *me);

/* ---- laws ---- */

extern const struct sim_law adcnn_laws[];

#endif
