/* Lesson 7: an image in tiles: halos, and the partition that does without. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

#define ONE_IMAGE     "requests.count=1", "algorithm.tiles=0"
#define HALO          ONE_IMAGE, "algorithm.partition=halo"
#define BETWEEN_NODES "events.csv sum bytes kind=receive peer=node-* other_peer=node-*"

static const char *const halo[] = {HALO, NULL};
static const char *const fdsp[] = {ONE_IMAGE, NULL};
static const char *const fused[] = {NULL};
static const char *const two[] = {HALO, "algorithm.nodes=2", NULL};
static const char *const four[] = {HALO, "algorithm.nodes=4", NULL};
static const char *const first_two[] = {HALO, "algorithm.separable_layers=2", NULL};

static const struct lesson_run runs[] = {{"halo", "adcnn", halo},
                                         {"fdsp", "adcnn", fdsp},
                                         {"fused", "fused_tiles", fused},
                                         {"two", "adcnn", two},
                                         {"four", "adcnn", four},
                                         {"first two", "adcnn", first_two},
                                         {0}};

/* Inputs of VGG-16's 3 x 3 convolutions behind the first, as far as they are dealt (Simonyan, Zisserman, ICLR 2015):
 * rows (and columns), channels. The image itself comes with its halo. */
static const struct {
    double side, channels;
} maps[] = {{224, 64}, {112, 64}, {112, 128}, {56, 128}, {56, 256}, {56, 256}};

enum { MAPS = sizeof maps / sizeof maps[0], FLOAT_BYTES = 4 };

/* Numbers of a map that tiles in so many rows and columns lack: a line on each side of every cut, and at each crossing
 * of cuts one in every corner. */
static double lacking(double side, double rows, double columns)
{
    return 2 * side * (rows - 1) + 2 * side * (columns - 1) + 4 * (rows - 1) * (columns - 1);
}

static double halo_bytes(double rows, double columns, int map_count)
{
    double bytes = 0;

    for (int i = 0; i < map_count; i++)
        bytes += FLOAT_BYTES * maps[i].channels * lacking(maps[i].side, rows, columns);
    return bytes;
}

static double of_eight(struct lesson_bench *bench)
{
    (void)bench;
    return halo_bytes(2, 4, MAPS);
}

static double of_two(struct lesson_bench *bench)
{
    (void)bench;
    return halo_bytes(1, 2, MAPS);
}

static double of_four(struct lesson_bench *bench)
{
    (void)bench;
    return halo_bytes(2, 2, MAPS);
}

static double of_first_two(struct lesson_bench *bench)
{
    (void)bench;
    return halo_bytes(2, 4, 1);
}

static double of_fdsp(struct lesson_bench *bench)
{
    (void)bench;
    return 0;
}

static double share_of_halos(struct lesson_bench *bench)
{
    return lesson_value(bench, "halos") / lesson_look(bench, "halo", "bytes");
}

static const struct lesson_number numbers[] = {
    {"nodes", LESSON_NUMBER, "halo", "scenario/algorithm/nodes"},
    {"halos", LESSON_BYTES, "halo", BETWEEN_NODES},
    {"halo_share", LESSON_SHARE, .compute = share_of_halos},
    {"fdsp_halos", LESSON_BYTES, "fdsp", BETWEEN_NODES},
    {"halo_convolve", LESSON_SECONDS, "halo", "metrics/mean_convolve_seconds"},
    {"fdsp_convolve", LESSON_SECONDS, "fdsp", "metrics/mean_convolve_seconds"},
    {"halo_latency", LESSON_SECONDS, "halo", "metrics/mean_latency_seconds"},
    {"fdsp_latency", LESSON_SECONDS, "fdsp", "metrics/mean_latency_seconds"},
    {"redundant", LESSON_TIMES, "fused", "metrics/redundant_compute"},
    {"bandwidth", LESSON_RATE, "halo", "links.csv max bandwidth_bytes_per_second"},
    {"halos_of_two", LESSON_BYTES, "two", BETWEEN_NODES},
    {"halos_of_four", LESSON_BYTES, "four", BETWEEN_NODES},
    {"halos_of_first_two", LESSON_BYTES, "first two", BETWEEN_NODES},
    {"closed_halos", LESSON_BYTES, .compute = of_eight},
    {"closed_fdsp", LESSON_BYTES, .compute = of_fdsp},
    {"closed_two", LESSON_BYTES, .compute = of_two},
    {"closed_four", LESSON_BYTES, .compute = of_four},
    {"closed_first_two", LESSON_BYTES, .compute = of_first_two},
    {0}};

static const struct lesson_row rows[] = {
    {"halos: bytes from node to node", "halos", "closed_halos",
     "sum over layers of 4 C (8 H + 12)"},
    {"FDSP: bytes from node to node", "fdsp_halos", "closed_fdsp", "0"},
    {"halos: until all tiles are back", "halo_convolve", NULL, "simulation alone"},
    {"FDSP: until all tiles are back", "fdsp_convolve", NULL, "simulation alone"},
    {"halos: latency of the picture", "halo_latency", NULL, "simulation alone"},
    {"FDSP: latency of the picture", "fdsp_latency", NULL, "simulation alone"},
    {"fused tiles: computed, times what is needed", "redundant", NULL, "simulation alone"},
    {0}};

static const char *const explanation[] = {
    "A 3 x 3 convolution looks one row and one column over the edge of its tile. In a grid of 2 x "
    "4 tiles there is one "
    "cut across and three down; at each cut both sides lack a line, and at each of the three "
    "crossings four tiles lack a corner: "
    "2H + 6H + 12 numbers of each of the C channels, 4 bytes each. Over the six convolutions "
    "behind the first that is "
    "{closed_halos:b} bytes; the simulation moves {halos:b}.",
    "All that goes through one Wi-Fi channel of {bandwidth}, and before every layer each node "
    "waits for its neighbours: "
    "{halo_share} of all bytes are halos, and the tiles are back after {halo_convolve}.",
    "FDSP, the partition of ADCNN, puts zeros where the halo would be: no node needs another one, "
    "tiles are back after "
    "{fdsp_convolve}, and the network must be trained to live with wrong edges. Fused tiles "
    "(DeepThings) give exact results without any "
    "exchange, and compute what overlaps more than once: {redundant} times the work in a 3 x 3 "
    "grid.",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    static const char *const both[] = {"halo", "fdsp"};
    static const char *const labels[] = {"halo", "FDSP"};

    return figure_tiles(bench, both, labels);
}

const struct lesson lesson_halos = {
    .name = "halos",
    .title = "Halos and FDSP",
    .summary = "tiles of an image need their neighbours' edges, or zeros",
    .question =
        "VGG-16's first seven convolutions are computed by {nodes} Raspberry Pis, each with one "
        "tile of the picture (2 rows, 4 columns of tiles). Before each layer a node "
        "asks its neighbours for the lines at its edges. The maps have 224, 112 or 56 rows of as "
        "many numbers, in 64 to 256 channels of floats.",
    .prediction = {"How many bytes do the nodes send to each other for one picture?", "halos",
                   "The picture itself has 224 x 224 x 3 floats, 602,112 bytes."},
    .runs = runs,
    .exercises_from = "two",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises = {{"Two nodes, one cut: how many bytes of halos? The inputs of the six "
                   "convolutions have 224, 112, 112, 56, 56, 56 "
                   "rows and 64, 64, 128, 128, 256, 256 channels.",
                   "halos_of_two", "closed_two", 0.01,
                   "Each side of the cut lacks H x C floats of each map: 8 H C bytes."},
                  {"Four nodes, 2 x 2: how many bytes?", "halos_of_four", "closed_four", 0.01,
                   "Two cuts, and one crossing: 4 C (4 H + 4) bytes of each map."},
                  {"{nodes} nodes, but only the first two convolutions are dealt: how many bytes?",
                   "halos_of_first_two", "closed_first_two", 0.01,
                   "Only the second one's input, 224 x 224 x 64, has to be exchanged: the first "
                   "one's halo comes with the picture."}},
    .figure_title = "Who computes, who waits for a neighbour",
    .figure = figure,
};
