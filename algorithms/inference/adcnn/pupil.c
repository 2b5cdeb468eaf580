#include "algorithms/inference/adcnn/pupil.h"

#include "algorithms/learning/adam.h"
#include "algorithms/learning/batches.h"
#include "algorithms/learning/softmax.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { FILTERS_1 = 4, FILTERS_2 = 8, KERNEL = 3, BATCH = 16, SEPARABLE = 5 };
static const double LEARNING_RATE = 0.01;

/* ---- the network ---- */

static const struct network *separable(struct sim_arena *arena, struct image_shape shape,
                                       const struct quantiser *clip)
{
    const struct network_part parts[SEPARABLE] = {
        {NETWORK_CONVOLUTION, .filters = FILTERS_1, .kernel = KERNEL, .stride = 1, .padding = 1},
        {NETWORK_RELU},
        {NETWORK_POOL, .kernel = 2, .stride = 2},
        {NETWORK_CONVOLUTION, .filters = FILTERS_2, .kernel = KERNEL, .stride = 1, .padding = 1},
        {clip != NULL ? NETWORK_CLIP : NETWORK_RELU, .low = clip != NULL ? clip->low : 0,
         .high = clip != NULL ? clip->high : 0},
    };

    return network_open(arena, shape, parts, SEPARABLE);
}

static void open_networks(struct sim_arena *arena, struct adcnn_pupil *pupil)
{
    const struct network_part behind[] = {
        {NETWORK_POOL, .kernel = 2, .stride = 2},
        {NETWORK_DENSE, .filters = pupil->data->set->class_count},
    };
    const int tiles = pupil->lesson.grid.rows * pupil->lesson.grid.columns;

    pupil->whole = separable(arena, pupil->image, NULL);
    pupil->plain = separable(arena, pupil->tile, NULL);
    pupil->clipped = separable(arena, pupil->tile, &pupil->lesson.coder);
    pupil->head = network_open(arena, pupil->map, behind, 2);
    pupil->whole_stash = network_stash_open(arena, pupil->whole);
    pupil->head_stash = network_stash_open(arena, pupil->head);
    pupil->tile_stash = sim_new(arena, struct network_stash *, (size_t)tiles);
    for (int t = 0; t < tiles; t++)
        pupil->tile_stash[t] = network_stash_open(arena, pupil->plain);
    pupil->tile_slope = sim_new(arena, double, image_size(pupil->tile_map));
    pupil->scratch = sim_new(arena, double, image_size(pupil->map));
    pupil->parameters =
        sim_new(arena, double, pupil->whole->parameter_count + pupil->head->parameter_count);
    network_initialise(pupil->whole, pupil->parameters, pupil->lesson.seed, 0);
    network_initialise(pupil->head, pupil->parameters + pupil->whole->parameter_count,
                       pupil->lesson.seed, 1);
}

/* ---- tiles ---- */

/* Copy the part of a whole that is tile `tile`'s, or put it back there. */
enum direction { FROM_WHOLE, TO_WHOLE };

static void copy_tile(const struct adcnn_pupil *pupil, struct image_shape whole,
                      struct image_shape part, int tile, double *of_whole, double *of_tile,
                      enum direction direction)
{
    const int top = tile / pupil->lesson.grid.columns * part.height;
    const int left = tile % pupil->lesson.grid.columns * part.width;
    const size_t bytes = (size_t)part.width * sizeof(double);

    for (int c = 0; c < part.channels; c++)
        for (int y = 0; y < part.height; y++) {
            double *row =
                of_tile + ((size_t)c * (size_t)part.height + (size_t)y) * (size_t)part.width;
            double *place =
                of_whole +
                ((size_t)c * (size_t)whole.height + (size_t)(top + y)) * (size_t)whole.width + left;

            memcpy(direction == TO_WHOLE ? place : row, direction == TO_WHOLE ? row : place, bytes);
        }
}

static int tile_count(const struct adcnn_pupil *pupil)
{
    return pupil->lesson.grid.rows * pupil->lesson.grid.columns;
}

static const struct network *tile_network(const struct adcnn_pupil *pupil, enum adcnn_form form)
{
    return form == ADCNN_TILED ? pupil->plain : pupil->clipped;
}

/* The map of tile `tile` of the image in whole_stash->x[0]; borrowed from the tile's stash. */
static double *tile_map(const struct adcnn_pupil *pupil, enum adcnn_form form, int tile)
{
    struct network_stash *stash = pupil->tile_stash[tile];
    const struct network *network = tile_network(pupil, form);

    copy_tile(pupil, pupil->image, pupil->tile, tile, pupil->whole_stash->x[0], stash->x[0],
              FROM_WHOLE);
    network_forward(network, pupil->parameters, stash->x[0], stash);
    return stash->x[network->depth];
}

/* ---- forward and backward ---- */

static void take_sample(const struct adcnn_pupil *pupil, int number)
{
    data_set_rows(pupil->data->set, &number, 1, pupil->whole_stash->x[0]);
}

/* What the separable layers give of the sample that was taken, into head_stash->x[0].  A code is what it stands for:
 * quantise_round of what clipping has left begins from the number before. */
static void forward(const struct adcnn_pupil *pupil, enum adcnn_form form)
{
    const struct quantiser *q = &pupil->lesson.coder;
    double *map = pupil->head_stash->x[0];

    if (form == ADCNN_UNDIVIDED) {
        network_forward(pupil->whole, pupil->parameters, pupil->whole_stash->x[0],
                        pupil->whole_stash);
        memcpy(map, pupil->whole_stash->x[SEPARABLE], image_size(pupil->map) * sizeof *map);
        return;
    }
    for (int t = 0; t < tile_count(pupil); t++)
        copy_tile(pupil, pupil->map, pupil->tile_map, t, map, tile_map(pupil, form, t), TO_WHOLE);
    for (size_t i = 0; form == ADCNN_CODED && i < image_size(pupil->map); i++)
        map[i] = quantise_round(q, map[i] + q->low);
}

static const double *scores(const struct adcnn_pupil *pupil, const double *map)
{
    return network_forward(pupil->head, pupil->parameters + pupil->whole->parameter_count, map,
                           pupil->head_stash);
}

/* The gradient of one sample, added; codes let it pass as if they were not there. */
static void learn_from(const struct adcnn_pupil *pupil, enum adcnn_form form, int number,
                       double weight, double *gradient)
{
    const size_t separable_count = pupil->whole->parameter_count;
    double slope[64];

    take_sample(pupil, number);
    forward(pupil, form);
    softmax_loss(scores(pupil, pupil->head_stash->x[0]), pupil->data->set->class_count,
                 pupil->data->set->labels[number], weight, slope);
    network_backward(pupil->head, pupil->parameters + separable_count, pupil->head_stash, slope,
                     gradient + separable_count, pupil->scratch);
    if (form == ADCNN_UNDIVIDED) {
        network_backward(pupil->whole, pupil->parameters, pupil->whole_stash, pupil->scratch,
                         gradient, NULL);
        return;
    }
    for (int t = 0; t < tile_count(pupil); t++) {
        copy_tile(pupil, pupil->map, pupil->tile_map, t, pupil->scratch, pupil->tile_slope,
                  FROM_WHOLE);
        network_backward(tile_network(pupil, form), pupil->parameters, pupil->tile_stash[t],
                         pupil->tile_slope, gradient, NULL);
    }
}

/* ---- lessons ---- */

static double accuracy(const struct adcnn_pupil *pupil, enum adcnn_form form)
{
    const struct sample_list test = pupil->data->test;
    int right = 0;

    for (int i = 0; i < test.count; i++) {
        take_sample(pupil, test.numbers[i]);
        forward(pupil, form);
        right += softmax_highest(scores(pupil, pupil->head_stash->x[0]),
                                 pupil->data->set->class_count) ==
                 pupil->data->set->labels[test.numbers[i]];
    }
    return (double)right / test.count;
}

/* Adam begins anew in each form: its moments are those of another loss. */
static void train(struct sim_arena *arena, const struct adcnn_pupil *pupil, enum adcnn_form form)
{
    const size_t count = pupil->whole->parameter_count + pupil->head->parameter_count;
    const int samples = pupil->data->train.count;
    struct adam adam = adam_open(arena, LEARNING_RATE, count);
    struct batches *batches = batches_open(arena, pupil->data->train, pupil->lesson.seed, form);
    double *gradient = sim_new(arena, double, count);
    int numbers[BATCH];

    for (int64_t first = 0; first < (int64_t)samples * pupil->lesson.epochs[form]; first += BATCH) {
        memset(gradient, 0, count * sizeof *gradient);
        batches_take(batches, first, BATCH, numbers);
        for (int i = 0; i < BATCH; i++)
            learn_from(pupil, form, numbers[i], 1.0 / BATCH, gradient);
        adam_step(&adam, pupil->parameters, gradient);
    }
}

static void teach(struct sim_arena *arena, struct adcnn_pupil *pupil)
{
    for (enum adcnn_form form = ADCNN_UNDIVIDED; form < ADCNN_FORMS; form++) {
        train(arena, pupil, form);
        pupil->accuracy[form] = accuracy(pupil, form);
        if (form == ADCNN_UNDIVIDED)
            pupil->accuracy_cut = accuracy(pupil, ADCNN_TILED);
    }
}

/* ---- opening ---- */

/* The same number of rows and columns for each tile, and at least the halo of both convolutions. */
static bool tiles_fit(const struct adcnn_pupil *pupil, struct sim_error *err)
{
    const struct spatial_grid grid = pupil->lesson.grid;

    return (pupil->map.height % grid.rows == 0 && pupil->map.width % grid.columns == 0) ||
           sim_fail(err,
                    "adcnn: the small network's map of %s has %d x %d places, which %d x %d "
                    "tiles do not divide; with learning take 4 or 16 tiles of digits, 4 or 49 "
                    "of fashion_mnist.",
                    pupil->data->set->name, pupil->map.height, pupil->map.width, grid.rows,
                    grid.columns);
}

static const struct learning_data *open_data(struct sim_arena *arena,
                                             const struct adcnn_lesson *lesson,
                                             struct sim_error *err)
{
    return data_set_open(arena, lesson->learning == ADCNN_DIGITS ? DATA_DIGITS : DATA_FASHION_MNIST,
                         lesson->seed, err);
}

const struct adcnn_pupil *adcnn_pupil_open(struct sim_arena *arena,
                                           const struct adcnn_lesson *lesson, struct sim_error *err)
{
    struct adcnn_pupil *pupil = sim_new(arena, struct adcnn_pupil, 1);
    int side;

    *pupil = (struct adcnn_pupil){.data = open_data(arena, lesson, err), .lesson = *lesson};
    if (pupil->data == NULL)
        return NULL;
    side = (int)lround(sqrt(pupil->data->set->feature_count));
    pupil->image = (struct image_shape){1, side, side};
    pupil->map = (struct image_shape){FILTERS_2, side / 2, side / 2};
    if (!tiles_fit(pupil, err))
        return NULL;
    pupil->tile = (struct image_shape){1, side / lesson->grid.rows, side / lesson->grid.columns};
    pupil->tile_map = (struct image_shape){FILTERS_2, pupil->map.height / lesson->grid.rows,
                                           pupil->map.width / lesson->grid.columns};
    open_networks(arena, pupil);
    teach(arena, pupil);
    return pupil;
}

/* ---- what goes over the air ---- */

size_t adcnn_pupil_count(const struct adcnn_pupil *pupil)
{
    return image_size(pupil->tile_map);
}

static int test_number(const struct adcnn_pupil *pupil, int sample)
{
    return pupil->data->test.numbers[sample % pupil->data->test.count];
}

size_t adcnn_pupil_encode(const struct adcnn_pupil *pupil, int sample, int tile,
                          unsigned char *bytes)
{
    struct sim_error err = {0};
    double *values;
    size_t size;

    take_sample(pupil, test_number(pupil, sample));
    values = tile_map(pupil, ADCNN_CODED, tile);
    for (size_t i = 0; i < adcnn_pupil_count(pupil); i++)
        values[i] += pupil->lesson.coder.low; /* the coder clips by itself, and again to the same */
    if (!quantise_encode(&pupil->lesson.coder, values, adcnn_pupil_count(pupil), bytes, &size,
                         &err))
        assert(!"what was clipped is finite");
    return size;
}

void adcnn_pupil_decode(const struct adcnn_pupil *pupil, int tile, const unsigned char *bytes,
                        size_t size, double *map)
{
    struct sim_error err = {0};
    double *values = pupil->tile_slope;

    if (!quantise_decode(&pupil->lesson.coder, bytes, size, values, adcnn_pupil_count(pupil), &err))
        assert(!"what was encoded can be decoded");
    copy_tile(pupil, pupil->map, pupil->tile_map, tile, map, values, TO_WHOLE);
}

bool adcnn_pupil_is_right(const struct adcnn_pupil *pupil, int sample, const double *map)
{
    return softmax_highest(scores(pupil, map), pupil->data->set->class_count) ==
           pupil->data->set->labels[test_number(pupil, sample)];
}
