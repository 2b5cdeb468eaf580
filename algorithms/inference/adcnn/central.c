/* central.c -- ADCNN's central node: deals an image's parts, gathers their results until the time limit, computes the
 * layers behind them, and learns how fast each node is. */
#include "algorithms/inference/adcnn/adcnn.h"
#include "algorithms/inference/rules/tile_allocation.h"

#include <string.h>

/* What has come of an image that is open. */
struct adcnn_map {
    struct adcnn_map *next;
    double *values;
};

struct central {
    double *s;    /* [nodes]: Algorithm 2's statistics */
    int *waiting; /* requests that have come, in their order */
    int first, end;
    int open; /* images that have begun and are not answered; the first is images[waiting[first - open]] */
    bool has_sent;
    double missing_parts;
    size_t coded_bytes, coded_results; /* with learning */
    struct adcnn_map *spare_maps;
    double *last_allotted; /* [nodes], for the metric */
};

static struct central *central_of(const struct station *station)
{
    return station->own;
}

static struct adcnn_image *image_of(const struct parcel *parcel)
{
    return parcel->request->own;
}

static int node_peer(const struct station *station, int node)
{
    return sim_role(station->me->plan, "node")->peers[node];
}

static int node_of(const struct station *station, int peer)
{
    return peer - node_peer(station, 0);
}

static void book(struct adcnn_image *image, enum adcnn_stage stage, double from, double to)
{
    image->request->stages[stage] += to - from;
}

/* ---- the layers behind ---- */

static void compute_rest(struct station *station, struct inf_request *request)
{
    const struct sim_peer *me = station->me;

    station_compute(station, station_parcel(station, request, ADCNN_IMAGE),
                    adcnn_flop(me->plan, adcnn_rest_seconds(me->plan, me->number), me->number),
                    ADCNN_REST_WAIT, ADCNN_REST);
}

/* The image from its beginning, undivided. */
static void compute_whole(struct station *station, struct parcel *parcel)
{
    const struct sim_peer *me = station->me;

    station_compute(station, parcel,
                    adcnn_flop(me->plan, adcnn_whole_seconds(me->plan, me->number), me->number),
                    ADCNN_WAIT, ADCNN_CONVOLVE);
}

static void computed(struct station *station, struct parcel *parcel)
{
    if (!parcel->request->is_over)
        station_finish(station, parcel->request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
    station_drop(station, parcel);
}

/* ---- statistics ---- */

/* What a node gave back within the limit; as a rate, in the time that the longest of them took, so that who was done
 * early counts for what it could have done. */
static void learn_speeds(struct station *station, const struct adcnn_image *image)
{
    const struct adcnn *own = adcnn_options(station->me->plan);
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    struct central *central = central_of(station);
    double longest = 0, rates = 0;

    for (int k = 0; k < run->nodes; k++)
        longest = fmax(longest, image->busy[k]);
    for (int k = 0; k < run->nodes; k++) {
        double n = image->returned[k];

        if (own->statistics == ADCNN_RATE && image->allotted[k] == 0)
            n = central->s[k]; /* nothing is known of it */
        else if (own->statistics == ADCNN_RATE && n > 0)
            n *= longest / image->busy[k];
        central->s[k] = tile_statistic(central->s[k], n, own->gamma);
        rates += central->s[k];
    }
    for (int k = 0; k < run->nodes && rates > 0 && own->statistics == ADCNN_RATE; k++)
        central->s[k] *= run->tiles / rates; /* of an image's tiles, whoever was slow in this one */
}

/* ---- with learning ---- */

static void open_map(struct station *station, struct adcnn_image *image)
{
    const struct adcnn_pupil *pupil = adcnn_run_of(station->me->plan)->pupil;
    struct central *central = central_of(station);

    if (pupil == NULL)
        return;
    image->map = central->spare_maps;
    if (image->map != NULL) {
        central->spare_maps = image->map->next;
    } else {
        image->map = sim_new(station->me->plan->arena, struct adcnn_map, 1);
        image->map->values = sim_new(station->me->plan->arena, double, image_size(pupil->map));
    }
    memset(image->map->values, 0, image_size(pupil->map) * sizeof *image->map->values);
}

static void read_packet(struct station *station, const struct parcel *parcel, bool is_wanted)
{
    const struct adcnn_pupil *pupil = adcnn_run_of(station->me->plan)->pupil;
    struct central *central = central_of(station);
    struct adcnn_packet *packet = parcel->own;

    if (pupil == NULL)
        return;
    if (is_wanted)
        adcnn_pupil_decode(pupil, parcel->part, packet->bytes, packet->size,
                           image_of(parcel)->map->values);
    central->coded_bytes += packet->size;
    central->coded_results++;
    packet->next = *packet->spare;
    *packet->spare = packet;
}

/* The answer is that of the small network, from what there is of the image. */
static void judge(struct station *station, struct adcnn_image *image)
{
    const struct adcnn_pupil *pupil = adcnn_run_of(station->me->plan)->pupil;
    struct central *central = central_of(station);

    if (image->map == NULL)
        return;
    image->request->correct =
        adcnn_pupil_is_right(pupil, image->request->number, image->map->values);
    image->map->next = central->spare_maps;
    central->spare_maps = image->map;
    image->map = NULL;
}

/* ---- gathering ---- */

static void tell_late_nodes(struct station *station, struct adcnn_image *image)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);

    for (int k = 0; k < run->nodes; k++)
        if (image->returned[k] < image->allotted[k] &&
            !sim_is_dead(station->me, node_peer(station, k))) {
            struct parcel *parcel = station_parcel(station, image->request, ADCNN_CLOSED);

            parcel->is_part = true;
            station_send(station, node_peer(station, k), parcel, 0, INF_NO_STAGE);
        }
}

/* What is missing is zeros from here on. */
static void close_image(struct station *station, struct adcnn_image *image)
{
    const struct sim_plan *plan = station->me->plan;
    const struct adcnn_run *run = adcnn_run_of(plan);
    const double now = sim_now(station->me);

    image->is_closed = true;
    if (image->next_node < run->nodes || image->sending_to >= 0) {
        image->next_node = run->nodes; /* what has not been sent is not sent any more */
        image->sending_to = -1;
        image->scattered_at = now;
        book(image, ADCNN_SCATTER, image->begun_at, now);
    }
    book(image, ADCNN_CONVOLVE, image->scattered_at, now);
    central_of(station)->missing_parts += run->parts - image->got;
    if (!adcnn_is_layerwise(plan))
        learn_speeds(station, image);
    judge(station, image);
    if (image->got < run->parts)
        tell_late_nodes(station, image);
    compute_rest(station, image->request);
}

static void close_if_complete(struct station *station, struct adcnn_image *image)
{
    if (!image->is_closed && image->got == image->expected)
        close_image(station, image);
}

/* T_L runs from the last result on, or from when the last node had its tiles, once some node has given back all of its
 * own: a node that has much to do otherwise lets nobody wait in vain. */
static double limit_of(const struct station *station, const struct adcnn_image *image)
{
    return fmax(image->last_result_at, image->scattered_at) +
           adcnn_options(station->me->plan)->time_limit;
}

static void watch(struct station *station, struct adcnn_image *image)
{
    const bool is_scattered = image->sending_to < 0;

    if (adcnn_options(station->me->plan)->time_limit == 0 || !image->somebody_is_done ||
        !is_scattered || image->is_timed || image->is_closed ||
        adcnn_is_layerwise(station->me->plan))
        return;
    image->is_timed = true;
    station_remind(station, limit_of(station, image), image);
}

static void remind(struct station *station, void *what)
{
    const double now = sim_now(station->me);
    struct adcnn_image *image = what;

    image->is_timed = false;
    if (image->is_closed || image->request->is_over)
        return;
    if (limit_of(station, image) - now > 1e-12 * fmax(1, now))
        watch(station, image);
    else
        close_image(station, image);
}

static void gather(struct station *station, struct parcel *parcel, int node)
{
    struct adcnn_image *image = image_of(parcel);
    const bool is_wanted =
        !image->is_closed && !parcel->request->is_over && !image->is_here[parcel->part];

    read_packet(station, parcel, is_wanted);
    if (is_wanted) {
        image->is_here[parcel->part] = true;
        image->got++;
        image->returned[node]++;
        image->busy[node] += image->took[parcel->part];
        image->last_result_at = sim_now(station->me);
        image->somebody_is_done |= image->returned[node] == image->allotted[node];
        close_if_complete(station, image);
        watch(station, image);
    }
    station_drop(station, parcel);
}

/* ---- scattering ---- */

static void allot(struct station *station, struct adcnn_image *image)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    struct central *central = central_of(station);
    double *s = central->last_allotted; /* room for a moment */

    if (adcnn_is_layerwise(station->me->plan)) {
        for (int k = 0; k < run->nodes; k++)
            image->allotted[k] = 1;
    } else {
        for (int k = 0; k < run->nodes; k++)
            s[k] = sim_is_dead(station->me, node_peer(station, k)) ? 0 : central->s[k];
        tile_allocate(run->tiles, s, run->most, run->nodes, image->allotted);
    }
    for (int k = 0, part = 0; k < run->nodes; part += image->allotted[k++]) {
        image->first_part[k] = part;
        central->last_allotted[k] = image->allotted[k];
    }
}

/* One node after the other has the air for itself; each begins as soon as it has its parts. */
static void send_next(struct station *station, struct adcnn_image *image)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    struct parcel *parcel;
    int64_t bytes = 0;

    while (image->next_node < run->nodes && image->allotted[image->next_node] == 0)
        image->next_node++;
    if (image->next_node == run->nodes) {
        image->sending_to = -1;
        image->scattered_at = sim_now(station->me);
        book(image, ADCNN_SCATTER, image->begun_at, image->scattered_at);
        watch(station, image);
        return;
    }
    image->sending_to = image->next_node++;
    parcel = station_parcel(station, image->request, ADCNN_BUNDLE);
    parcel->is_part = true;
    parcel->part = image->first_part[image->sending_to];
    for (int p = 0; p < image->allotted[image->sending_to]; p++)
        bytes += run->part_bytes[parcel->part + p];
    station_send(station, node_peer(station, image->sending_to), parcel, bytes, INF_NO_STAGE);
}

static struct adcnn_image *open_image(const struct station *station, int i)
{
    const struct central *central = central_of(station);

    return &adcnn_run_of(station->me->plan)
                ->images[central->waiting[central->first - central->open + i]];
}

/* The one that is being sent; NULL: none. */
static struct adcnn_image *scattered_image(const struct station *station)
{
    for (int i = 0; i < central_of(station)->open; i++)
        if (open_image(station, i)->sending_to >= 0)
            return open_image(station, i);
    return NULL;
}

/* With overlap the next image is sent as soon as the one before has been, and waits at the nodes; so one is computed
 * and one waits. */
static bool may_begin(const struct station *station)
{
    const struct central *central = central_of(station);
    const bool overlaps = adcnn_options(station->me->plan)->overlap == ADCNN_OVERLAPPED &&
                          !adcnn_is_layerwise(station->me->plan);
    int busy = 0;

    for (int i = 0; i < central->open; i++)
        busy += overlaps ? !open_image(station, i)->is_closed &&
                               !open_image(station, i)->request->is_over
                         : true;
    return central->first < central->end &&
           (overlaps ? busy < 2 && scattered_image(station) == NULL : busy == 0);
}

static void begin(struct station *station, struct adcnn_image *image)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);

    open_map(station, image);
    image->begun_at = sim_now(station->me);
    image->expected = run->parts;
    image->next_node = 0;
    book(image, ADCNN_WAIT, image->request->arrived_at, image->begun_at);
    allot(station, image);
    send_next(station, image);
}

static void begin_what_may(struct station *station)
{
    const struct adcnn_run *run = adcnn_run_of(station->me->plan);
    struct central *central = central_of(station);

    while (central->open > 0 && open_image(station, 0)->request->is_over)
        central->open--;
    while (may_begin(station)) {
        central->open++;
        begin(station, &run->images[central->waiting[central->first++]]);
    }
}

static void delivered(struct station *station, int to)
{
    struct adcnn_image *image = scattered_image(station);

    if (image == NULL || node_peer(station, image->sending_to) != to ||
        station_in_line(station, to) > 0)
        return;
    if (!central_of(station)->has_sent)
        sim_note(station->me, "first_parts_seconds", sim_now(station->me) - image->begun_at);
    central_of(station)->has_sent = true;
    send_next(station, image);
    begin_what_may(station);
}

/* ---- what goes wrong ---- */

/* Parts that will never come: zeros, all computed here, or the request is lost. */
static void do_without(struct station *station, struct adcnn_image *image, int parts)
{
    const struct sim_plan *plan = station->me->plan;
    const struct inference *options = &adcnn_options(plan)->common;

    if (image->is_closed || image->request->is_over || parts == 0)
        return;
    if (options->on_loss == INF_LOCAL) {
        struct parcel *parcel = station_parcel(station, image->request, ADCNN_IMAGE);

        parcel->falls_back = true;
        image->is_closed = true;
        image->sending_to = -1;
        tell_late_nodes(station, image);
        compute_whole(station, parcel);
    } else if (options->on_loss == INF_FAIL || adcnn_is_layerwise(plan) ||
               image->expected == parts) {
        image->sending_to = -1;
        station_finish(station, image->request, INF_LOST);
    } else {
        image->expected -= parts;
        close_if_complete(station, image);
    }
}

static void died(struct station *station, int peer)
{
    const int node = node_of(station, peer);

    for (int i = 0; i < central_of(station)->open; i++) {
        struct adcnn_image *image = open_image(station, i);
        const bool has_parts = node < image->next_node && node != image->sending_to;

        if (has_parts) {
            do_without(station, image, image->allotted[node] - image->returned[node]);
            image->allotted[node] = image->returned[node];
        }
    }
}

/* A bundle that was not delivered. */
static bool spare(struct station *station, struct parcel *parcel, int to)
{
    struct adcnn_image *image = image_of(parcel);

    if (parcel->kind != ADCNN_BUNDLE || parcel->request->is_over || image->is_closed)
        return true;
    do_without(station, image, image->allotted[node_of(station, to)]);
    if (!image->is_closed && !image->request->is_over)
        send_next(station, image);
    return true;
}

static bool fall_back(struct station *station, struct parcel *parcel, int to)
{
    if (parcel->kind == ADCNN_BUNDLE)
        spare(station, parcel, to);
    if (parcel->kind == ADCNN_IMAGE) {
        parcel->falls_back = true;
        compute_whole(station, parcel);
        return true;
    }
    station_drop(station, parcel);
    return true;
}

/* ---- arrivals ---- */

static void arrive_alone(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;

    if (adcnn_options(plan)->partition == ADCNN_CLOUD)
        station_send(station, sim_role(plan, "cloud")->peers[0], parcel,
                     adcnn_run_of(plan)->image_bytes, ADCNN_SCATTER);
    else
        compute_whole(station, parcel);
}

static void arrive(struct station *station, struct parcel *parcel, int from)
{
    struct central *central = central_of(station);

    if (parcel->kind == ADCNN_RESULT) {
        gather(station, parcel, node_of(station, from));
        begin_what_may(station);
    } else if (parcel->kind == ADCNN_REPLY) {
        computed(station, parcel);
    } else if (adcnn_run_of(station->me->plan)->nodes == 0) {
        arrive_alone(station, parcel);
    } else {
        central->waiting[central->end++] = parcel->request->number;
        station_drop(station, parcel);
        begin_what_may(station);
    }
}

static const struct station_method method = {.arrive = arrive,
                                             .computed = computed,
                                             .delivered = delivered,
                                             .fall_back = fall_back,
                                             .spare = spare,
                                             .died = died,
                                             .ended = begin_what_may,
                                             .remind = remind};

/* ---- the role ---- */

/* layers.csv, for the plot: early layers take most of the time, and give most of the bytes. */
static void tell_layers(struct sim_peer *me)
{
    const struct sim_model *model = me->plan->model;

    for (int l = 0; model != NULL && l < model->layer_count; l++) {
        const struct sim_layer *layer = &model->layers[l];
        const double row[] = {l, sim_layer_cost_seconds(me, layer, 1, SIM_FORWARD),
                              (double)layer->activation_bytes};

        sim_row(me, "layers", row);
    }
}

static void tell_lesson(struct sim_peer *me, const struct central *central)
{
    const struct adcnn_pupil *pupil = adcnn_run_of(me->plan)->pupil;

    if (pupil == NULL)
        return;
    sim_note(me, "accuracy_undivided", pupil->accuracy[ADCNN_UNDIVIDED]);
    sim_note(me, "accuracy_cut", pupil->accuracy_cut);
    sim_note(me, "accuracy_retrained", pupil->accuracy[ADCNN_TILED]);
    sim_note(me, "accuracy_clipped", pupil->accuracy[ADCNN_CLIPPED]);
    sim_note(me, "accuracy_coded", pupil->accuracy[ADCNN_CODED]);
    if (central->coded_results > 0)
        sim_note(me, "coded_share",
                 (double)central->coded_bytes /
                     (4 * (double)adcnn_pupil_count(pupil) * (double)central->coded_results));
}

static void tell(struct sim_peer *me, const struct central *central)
{
    const struct adcnn_run *run = adcnn_run_of(me->plan);
    double *bytes = sim_new(me->plan->arena, double, (size_t)run->nodes);

    if (run->nodes == 0)
        return;
    tell_lesson(me, central);
    sim_note_list(me, "tiles_per_node", central->last_allotted, run->nodes);
    sim_note(me, "missing_tiles", central->missing_parts);
    for (int k = 0; k < run->nodes; k++)
        bytes[k] = adcnn_node_bytes(me->plan, k, (int)central->last_allotted[k]);
    if (me->plan->model != NULL)
        sim_note_list(me, "node_memory_bytes", bytes, run->nodes);
}

static struct central *open_central(struct sim_peer *me)
{
    const struct adcnn_run *run = adcnn_run_of(me->plan);
    struct central *central = sim_new(me->plan->arena, struct central, 1);
    double sum = 0;

    central->s = sim_new(me->plan->arena, double, (size_t)run->nodes + 1);
    central->last_allotted = sim_new(me->plan->arena, double, (size_t)run->nodes + 1);
    central->waiting = sim_new(me->plan->arena, int, (size_t)run->run.count);
    for (int k = 0; k < run->nodes; k++)
        sum += run->speeds[k] * sim_flop_per_second(me->plan, sim_role(me->plan, "node")->peers[k]);
    for (int k = 0; k < run->nodes; k++)
        central->s[k] = run->tiles * run->speeds[k] *
                        sim_flop_per_second(me->plan, sim_role(me->plan, "node")->peers[k]) / sum;
    return central;
}

void adcnn_central(struct sim_peer *me)
{
    const struct sim_group *nodes = sim_role(me->plan, "node"),
                           *cloud = sim_role(me->plan, "cloud");
    struct central *central = open_central(me);
    struct station *station = station_open(me, &method, central);

    for (int k = 0; k < nodes->size; k++)
        station_hear(station, nodes->peers[k], false);
    if (cloud->size > 0)
        station_hear(station, cloud->peers[0], false);
    tell_layers(me);
    station_arrivals(station, SIM_NOBODY, true);
    station_has_battery(station);
    station_run(station);
    tell(me, central);
}
