/* pupil.h -- the small network that really learns to be cut in tiles.
 *
 * Separable layers: convolution of 4 filters, rectifier, pool, convolution of 8 filters, rectifier; behind them a pool
 * and a dense layer.  It is trained undivided, then cut in tiles that know nothing of each other (FDSP), and retrained
 * as the paper does, progressively: with tiles, with the clipped rectifier, with codes (section 5). */
#ifndef INFERENCE_ADCNN_PUPIL_H
#define INFERENCE_ADCNN_PUPIL_H

#include "algorithms/codecs/quantise.h"
#include "algorithms/inference/rules/spatial.h"
#include "algorithms/learning/data_set.h"
#include "algorithms/learning/network.h"

enum adcnn_learning { ADCNN_LEARNS_NOT, ADCNN_DIGITS, ADCNN_FASHION_MNIST };

enum adcnn_form { ADCNN_UNDIVIDED, ADCNN_TILED, ADCNN_CLIPPED, ADCNN_CODED, ADCNN_FORMS };

struct adcnn_lesson {
    enum adcnn_learning learning;
    struct spatial_grid grid;
    struct quantiser coder;  /* and with it the clipped rectifier */
    int epochs[ADCNN_FORMS]; /* of training in each form */
    uint64_t seed;
};

struct adcnn_pupil {
    const struct learning_data *data;
    struct adcnn_lesson lesson;
    struct image_shape image, map; /* of the whole; map: what the separable layers give */
    struct image_shape tile, tile_map;
    const struct network *whole, *plain, *clipped, *head; /* undivided; of a tile; behind */
    struct network_stash *whole_stash, *head_stash, **tile_stash;
    double *parameters;           /* the separable layers', then the head's */
    double *scratch;              /* [map] */
    double *tile_slope;           /* [tile_map] */
    double accuracy[ADCNN_FORMS]; /* once it is trained in that form */
    double accuracy_cut;          /* in tiles, before it is retrained */
};

/* Trained.  NULL with a sentence where the data are not there, or tiles do not divide the small network's map. */
const struct adcnn_pupil *adcnn_pupil_open(struct sim_arena *arena,
                                           const struct adcnn_lesson *lesson,
                                           struct sim_error *err);

/* Numbers of a tile of the map. */
size_t adcnn_pupil_count(const struct adcnn_pupil *pupil);

/* What a node sends of tile `tile` of test sample `sample`: codes, into `bytes` (quantise_most_bytes of the count). */
size_t adcnn_pupil_encode(const struct adcnn_pupil *pupil, int sample, int tile,
                          unsigned char *bytes);

/* What comes of it, into its place in `map`, which holds zeros where nothing has come. */
void adcnn_pupil_decode(const struct adcnn_pupil *pupil, int tile, const unsigned char *bytes,
                        size_t size, double *map);

/* Is that test sample told right from such a map? */
bool adcnn_pupil_is_right(const struct adcnn_pupil *pupil, int sample, const double *map);

#endif
