#include "algorithms/learning/slice.h"

#include <assert.h>
#include <math.h>

int learner_slice_width(double rate, int width)
{
    assert(0 < rate && rate <= 1);
    return (int)ceil(rate * width);
}

static const struct learner *narrow_learner(struct sim_arena *arena, const struct learner *wide,
                                            double rate)
{
    const int hidden_count = wide->depth - 1;
    int *hidden = sim_new(arena, int, (size_t)hidden_count + 1);

    for (int l = 0; l < hidden_count; l++)
        hidden[l] = learner_slice_width(rate, wide->widths[l + 1]);
    return learner_open(arena, wide->set, hidden, hidden_count);
}

/* Where the numbers of dense layer l stand in the wide vector: weights row by row, then offsets. */
static void find_places(const struct learner *wide, const struct learner *narrow, int l,
                        size_t *places)
{
    const size_t rows = (size_t)narrow->widths[l], columns = (size_t)narrow->widths[l + 1];
    const size_t wide_columns = (size_t)wide->widths[l + 1];
    size_t at = narrow->layers[2 * l].offset;

    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            places[at++] = wide->layers[2 * l].offset + i * wide_columns + j;
    for (size_t j = 0; j < columns; j++)
        places[at++] = wide->layers[2 * l + 1].offset + j;
}

const struct learner_slice *learner_slice_open(struct sim_arena *arena, const struct learner *wide,
                                               double rate)
{
    struct learner_slice *slice = sim_new(arena, struct learner_slice, 1);
    size_t *places;

    slice->wide = wide;
    slice->learner = narrow_learner(arena, wide, rate);
    places = sim_new(arena, size_t, slice->learner->parameter_count);
    for (int l = 0; l < wide->depth; l++)
        find_places(wide, slice->learner, l, places);
    slice->places = places;
    return slice;
}

void learner_slice_take(const struct learner_slice *slice, const double *wide, double *narrow)
{
    for (size_t i = 0; i < slice->learner->parameter_count; i++)
        narrow[i] = wide[slice->places[i]];
}

void learner_slice_add(const struct learner_slice *slice, const double *narrow, double weight,
                       const bool *label_present, double *sums, double *weights)
{
    const struct learner *learner = slice->learner;
    const size_t classes = (size_t)learner->set->class_count;
    const size_t first = learner->layers[learner->layer_count - 2].offset; /* of the last layer */

    for (size_t i = 0; i < learner->parameter_count; i++) {
        if (i >= first && label_present != NULL && !label_present[(i - first) % classes])
            continue;
        sums[slice->places[i]] += weight * narrow[i];
        weights[slice->places[i]] += weight;
    }
}

void learner_slice_merge(const double *sums, const double *weights, double *wide, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (weights[i] > 0)
            wide[i] = sums[i] / weights[i];
}
