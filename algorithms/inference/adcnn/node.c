/* node.c -- ADCNN's Conv nodes: tile after tile by themselves (FDSP), or layer by layer with the others; and the
 * cloud. */
#include "algorithms/inference/adcnn/adcnn.h"

struct node {
    struct parcel *first, **last; /* what it has to compute, linked by parcel->own */
    double begun_at;
    double *tile_flop; /* [tiles] */
    struct adcnn_packet *spare;
};

static struct node *node_of(const struct station *station)
{
    return station->own;
}

static struct adcnn_image *image_of(const struct parcel *parcel)
{
    return parcel->request->own;
}

static int central_peer(const struct station *station)
{
    return sim_role(station->me->plan, "central")->peers[0];
}

static struct adcnn_packet *packet_of(struct station *station, const struct parcel *parcel)
{
    const struct adcnn_pupil *pupil = adcnn_run_of(station->me->plan)->pupil;
    struct node *node = node_of(station);
    struct adcnn_packet *packet = node->spare;

    if (packet != NULL) {
        node->spare = packet->next;
    } else {
        packet = sim_new(station->me->plan->arena, struct adcnn_packet, 1);
        packet->bytes =
            sim_new(station->me->plan->arena, unsigned char,
                    quantise_most_bytes(&pupil->lesson.coder, adcnn_pupil_count(pupil)));
    }
    packet->spare = &node->spare;
    packet->size = adcnn_pupil_encode(pupil, parcel->request->number, parcel->part, packet->bytes);
    return packet;
}

/* As many bytes for the workload's tile as the small network's has taken, for as many numbers. */
static int64_t coded_bytes(const struct adcnn_run *run, int tile, size_t size)
{
    const double floats = 4 * (double)adcnn_pupil_count(run->pupil);

    return (int64_t)ceil((double)size / floats * (double)adcnn_map_bytes(run, tile));
}

static void give_back(struct station *station, struct parcel *parcel)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    struct adcnn_packet *packet;

    parcel->kind = ADCNN_RESULT;
    if (run->pupil == NULL) {
        station_send(station, central_peer(station), parcel, run->result_bytes[parcel->part],
                     INF_NO_STAGE);
        return;
    }
    parcel->own = packet = packet_of(station, parcel);
    station_send(station, central_peer(station), parcel,
                 coded_bytes(run, parcel->part, packet->size), INF_NO_STAGE);
}

/* ---- tile by tile ---- */

static void join_line(struct station *station, struct parcel *parcel)
{
    struct node *node = node_of(station);

    if (node->first == NULL)
        node->last = &node->first;
    parcel->own = NULL;
    *node->last = parcel;
    node->last = (struct parcel **)&parcel->own;
}

/* Tiles of an image of which the central node has said that it is closed are left. */
static void compute_next(struct station *station)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    struct node *node = node_of(station);

    while (station->computing_count == 0 && node->first != NULL) {
        struct parcel *parcel = node->first;

        node->first = parcel->own;
        parcel->own = NULL;
        if (image_of(parcel)->was_told[station->me->index]) {
            station_drop(station, parcel);
            continue;
        }
        node->begun_at = sim_now(station->me);
        station_compute(station, parcel,
                        node->tile_flop[parcel->part] / run->speeds[station->me->index],
                        INF_NO_STAGE, INF_NO_STAGE);
    }
}

static void unpack(struct station *station, struct parcel *bundle)
{
    const struct adcnn_image *image = image_of(bundle);

    for (int p = 0; p < image->allotted[station->me->index]; p++) {
        struct parcel *tile = station_parcel(station, bundle->request, ADCNN_TILE);

        tile->is_part = true;
        tile->part = bundle->part + p;
        join_line(station, tile);
    }
    station_drop(station, bundle);
    compute_next(station);
}

/* ---- layer by layer ---- */

static int *pieces_here(const struct station *station, const struct adcnn_image *image, int layer)
{
    return &image->pieces_here[layer * adcnn_run_of(station->me->plan)->nodes + station->me->index];
}

static int64_t piece_bytes(const struct station *station, int layer, int from, int to)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);

    return run->pieces[(layer * run->nodes + from) * run->nodes + to];
}

static int pieces_needed(const struct station *station, int layer)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    int count = 0;

    for (int from = 0; from < run->nodes; from++)
        count += piece_bytes(station, layer, from, station->me->index) > 0;
    return count;
}

/* The next layer, once all pieces that it needs are here; behind the last the result. */
static void go_on(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    const struct adcnn_run *run = adcnn_run_of(plan);
    struct adcnn_image *image = image_of(parcel);
    const int me = station->me->index, layer = image->at_layer[me];

    if (image->was_told[me]) {
        station_drop(station, parcel);
    } else if (*pieces_here(station, image, layer) < pieces_needed(station, layer)) {
        image->waits_for_pieces[me] = parcel;
    } else if (layer == run->separable) {
        give_back(station, parcel);
    } else {
        const double seconds = adcnn_layer_seconds(plan, me, layer, station->me->number);

        station_compute(station, parcel,
                        adcnn_flop(plan, seconds, station->me->number) / run->speeds[me],
                        INF_NO_STAGE, INF_NO_STAGE);
    }
}

static void share_pieces(struct station *station, struct inf_request *request, int layer)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    const int me = station->me->index;

    for (int i = 1; i < run->nodes; i++) {
        const int to = (me + i) % run->nodes;
        struct parcel *piece;

        if (piece_bytes(station, layer, me, to) == 0)
            continue;
        piece = station_parcel(station, request, ADCNN_PIECE);
        piece->is_part = true;
        piece->part = layer;
        station_send(station, sim_role(station->me->plan, "node")->peers[to], piece,
                     piece_bytes(station, layer, me, to), INF_NO_STAGE);
    }
}

static void take_piece(struct station *station, struct parcel *piece)
{
    struct adcnn_image *image = image_of(piece);
    const int me = station->me->index;
    struct parcel *waiting = image->waits_for_pieces[me];

    (*pieces_here(station, image, piece->part))++;
    station_drop(station, piece);
    if (waiting == NULL)
        return;
    image->waits_for_pieces[me] = NULL;
    go_on(station, waiting);
}

/* ---- both ---- */

static void computed(struct station *station, struct parcel *parcel)
{
    struct adcnn_image *image = image_of(parcel);
    const int me = station->me->index;

    if (adcnn_is_layerwise(station->me->plan)) {
        share_pieces(station, parcel->request, ++image->at_layer[me]);
        go_on(station, parcel);
        return;
    }
    image->took[parcel->part] = sim_now(station->me) - node_of(station)->begun_at;
    if (image->was_told[me])
        station_drop(station, parcel);
    else
        give_back(station, parcel);
    compute_next(station);
}

static void forget(struct station *station, struct parcel *closed)
{
    struct adcnn_image *image = image_of(closed);

    image->was_told[station->me->index] = true;
    station_drop(station, closed);
}

static void arrive(struct station *station, struct parcel *parcel, int from)
{
    (void)from;
    if (parcel->kind == ADCNN_CLOSED)
        forget(station, parcel);
    else if (parcel->kind == ADCNN_PIECE)
        take_piece(station, parcel);
    else if (adcnn_is_layerwise(station->me->plan))
        go_on(station, parcel);
    else
        unpack(station, parcel);
}

/* A result that is lost is a tile that is missing; without a piece the layers cannot go on. */
static bool spare(struct station *station, struct parcel *parcel, int to)
{
    (void)parcel;
    (void)to;
    return adcnn_options(station->me->plan)->common.on_loss != INF_FAIL;
}

static const struct station_method node_method = {
    .arrive = arrive, .computed = computed, .spare = spare};

void adcnn_node(struct sim_peer *me)
{
    const struct sim_group *nodes = sim_role(me->plan, "node");
    const struct adcnn_run *run = adcnn_run_of(me->plan);
    struct node *node = sim_new(me->plan->arena, struct node, 1);
    struct station *station = station_open(me, &node_method, node);

    station_hear(station, central_peer(station), true);
    for (int k = 0; k < nodes->size && run->pieces != NULL; k++)
        if (k != me->index)
            station_hear(station, nodes->peers[k], false);
    if (run->pieces == NULL) {
        node->tile_flop = sim_new(me->plan->arena, double, (size_t)run->tiles);
        for (int t = 0; t < run->tiles; t++)
            node->tile_flop[t] =
                adcnn_flop(me->plan, adcnn_tile_seconds(me->plan, t, me->number), me->number);
    }
    station_run(station);
}

/* ---- cloud ---- */

static void cloud_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct sim_peer *me = station->me;

    (void)from;
    station_compute(station, parcel,
                    adcnn_flop(me->plan, adcnn_whole_seconds(me->plan, me->number), me->number),
                    ADCNN_WAIT, ADCNN_CONVOLVE);
}

static void cloud_computed(struct station *station, struct parcel *parcel)
{
    parcel->kind = ADCNN_REPLY;
    station_send(station, central_peer(station), parcel,
                 adcnn_options(station->me->plan)->answer_bytes, ADCNN_ANSWER);
}

static const struct station_method cloud_method = {.arrive = cloud_arrive,
                                                   .computed = cloud_computed};

void adcnn_cloud(struct sim_peer *me)
{
    struct station *station = station_open(me, &cloud_method, NULL);

    station_hear(station, central_peer(station), true);
    station_run(station);
}
