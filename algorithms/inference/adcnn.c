/* adcnn -- an image's first layers in tiles on many small devices; tiles that are late are zeros.
 *
 * The central node cuts an image in tiles and deals them to Conv nodes, to each as many as it has shown to be good for
 * (Algorithms 2 and 3: rules/tile_allocation.h).  Each node computes the separable layers of its tiles with zeros where
 * a halo would be (fully decomposable spatial partition, FDSP), clips and quantises what comes out, and sends it back
 * as runs of zeros and codes (codecs/quantise.h).  What has not come in time is zeros; the central node computes the
 * layers behind.
 *
 * Paper: Zhang, Lin, Zhang, Adaptive distributed convolutional neural network inference at the network edge with ADCNN,
 * ICPP 2020.
 *
 * Beside it, by `partition`, what it is compared with: halo, where nodes exchange what their windows reach beyond their
 * tile before each layer; channelwise, where each has a part of the input channels and of the weights, and after each
 * convolution all exchange their partial sums; one device alone; and the cloud.
 *
 * Closed form, one image, results without bytes: max_k (sum_{j <= k} (a + x_j b / B) + x_k t / s_k) + a + rest.
 *
 * N counts the Conv nodes; the central node and the cloud are none of them.  One node after the other gets its tiles,
 * and begins when it has them.  Not modelled: adding up partial sums, coding and decoding.
 * T_L runs from the last result or the last tile sent on, once some node has given back all of its own.  A node that
 * is slowed gives back less, and gets less.  One that dies, for a time or for good, does not come back; it leaves zeros
 * (on_loss: retry), or has the image computed by the central node (local), or lost (fail); with halos or channels
 * nobody can go on without it, and retry loses the image, too. */
#include "algorithms/inference/adcnn/adcnn.h"

static const char *const partitions[] = {
    [ADCNN_FDSP] = "fdsp",     [ADCNN_HALO] = "halo",   [ADCNN_CHANNELWISE] = "channelwise",
    [ADCNN_SINGLE] = "single", [ADCNN_CLOUD] = "cloud", NULL};
static const char *const off_or_on[] = {
    [ADCNN_ONE_BY_ONE] = "off", [ADCNN_OVERLAPPED] = "on", NULL};
static const char *const learning[] = {[ADCNN_LEARNS_NOT] = "off",
                                       [ADCNN_DIGITS] = "digits",
                                       [ADCNN_FASHION_MNIST] = "fashion_mnist",
                                       NULL};
static const char *const statistics[] = {[ADCNN_RATE] = "rate", [ADCNN_RESULTS] = "results", NULL};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_CHOICE(struct adcnn, partition), SIM_DEFAULT("fdsp", "Zhang, Lin, Zhang 2020"),
     .choices = partitions,
     .help = "tiles computed alone, tiles with halos, channels; or one device, or the cloud"},
    {SIM_COUNT(struct adcnn, nodes),
     SIM_DEFAULT("8", "Zhang, Lin, Zhang 2020: eight Raspberry Pis, and one for the rest"),
     .least = 1, .most = 256, .help = "N, the Conv nodes"},
    {SIM_COUNT(struct adcnn, tiles), SIM_DEFAULT("0", "Zhang, Lin, Zhang 2020: 8 x 8 for VGG-16"),
     .least = 0, .most = 4096,
     .help = "D, in a grid nearest to a square; 0: 64, and with halos one a node"},
    {SIM_NUMBERS(struct adcnn, node_speeds), SIM_DEFAULT("", SIM_ELSEWHERE), .least = 1e-6,
     .most = 1e6, .help = "what each node has of its host's speed; none: all of it"},
    {SIM_COUNT(struct adcnn, separable_layers), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 100000,
     .help = "layers of the workload that are dealt, the first ones; 0: all that have rows"},
    {SIM_CHOICE(struct adcnn, overlap), SIM_DEFAULT("on", "Zhang, Lin, Zhang 2020"),
     .choices = off_or_on, .help = "send the next image's tiles while one is computed"},
    {SIM_CHOICE(struct adcnn, statistics),
     SIM_DEFAULT("rate", SIM_OURS
                 ": as a plain count a node that has become fast again stays idle (MODEL.md)"),
     .choices = statistics,
     .help = "Algorithm 2 counts results in the time of the slowest node, or results alone"},
    {SIM_RATIO(struct adcnn, gamma), SIM_DEFAULT("0.9", "Zhang, Lin, Zhang 2020, Algorithm 2: 0.9"),
     .least = 0, .most = 1, .help = "weight of the last image in the statistics"},
    {SIM_SECONDS(struct adcnn, time_limit), SIM_DEFAULT("30ms", "Zhang, Lin, Zhang 2020: 30 ms"),
     .least = 0, .most = 1e6,
     .help = "T_L, after the last result or tile sent, once a node is done; 0: none"},
    {SIM_COUNT(struct adcnn, bits), SIM_DEFAULT("4", "Zhang, Lin, Zhang 2020: 4"), .least = 0,
     .most = 8, .help = "of a code of a result; 0: floats"},
    {SIM_RATIO(struct adcnn, density),
     SIM_DEFAULT("0.068", "worked out from Zhang, Lin, Zhang 2020: with it VGG-16's results take "
                          "the published 0.032 of their floats"),
     .least = 0, .most = 1, .help = "share of codes that are not 0"},
    {SIM_CHOICE(struct adcnn, learning), SIM_DEFAULT("off", SIM_NEUTRAL), .choices = learning,
     .help = "train a small network in tiles; its codes and answers are those of the requests"},
    {SIM_NUMBERS(struct adcnn, epochs), SIM_DEFAULT("", SIM_OURS), .least = 0, .most = 1000,
     .help =
         "of it undivided, in tiles, clipped, coded; none: 4, 3, 2, 1, or 1 each of fashion_mnist"},
    {SIM_NUMBERS(struct adcnn, clip), SIM_DEFAULT("", SIM_OURS), .least = -1e6, .most = 1e6,
     .help = "a and b of its clipped rectifier; none: 0.3, 3"},
    {SIM_SECONDS(struct adcnn, conv_seconds), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 1e9, .help = "of all separable layers on the fastest host, without a workload"},
    {SIM_SECONDS(struct adcnn, rest_seconds), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 1e9, .help = "of the layers behind them, likewise"},
    {SIM_BYTES(struct adcnn, image_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 1e12, .help = "of an image, without a workload"},
    {SIM_BYTES(struct adcnn, map_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0, .most = 1e12,
     .help = "of what the separable layers give, as floats, without a workload"},
    {SIM_BYTES(struct adcnn, answer_bytes),
     SIM_DEFAULT("4000", SIM_OURS ": 1000 classes of 4 bytes"), .least = 0, .most = 1e12,
     .help = "of the cloud's answer"},
    {0}};

static const struct sim_role roles[] = {
    {"central", adcnn_central, .help = "deals tiles, gathers results, computes the last layers"},
    {"node", adcnn_node, .help = "computes the separable layers of its tiles"},
    {"cloud", adcnn_cloud, .help = "computes whole images"},
    {0}};

INF_STAGE_COLUMNS(ADCNN_STAGES, "wait_seconds", "scatter_seconds", "convolve_seconds",
                  "rest_wait_seconds", "rest_seconds", "answer_seconds");
static const char *const layer_columns[] = {"layer", "compute_seconds", "output_bytes", NULL};
static const struct sim_table tables[] = {
    INF_REQUESTS(),
    {"layers", "what each layer of the workload takes on the central node, and gives",
     layer_columns},
    {0}};

SIM_ALGORITHM(adcnn) = {
    .name = "adcnn",
    .summary = "an image's first layers in tiles on N small devices, late tiles are zeros",
    .paper = "Zhang, Lin, Zhang, Adaptive distributed convolutional neural network inference at "
             "the network edge with ADCNN, ICPP 2020",
    .counts = "N Conv nodes; the central node and the cloud are none of them",
    .parameters_size = sizeof(struct adcnn),
    .parameters = parameters,
    .roles = roles,
    .laws = adcnn_laws,
    .tables = tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .takes_requests = true,
    .prepare = adcnn_prepare,
    .placed = adcnn_placed,
};
