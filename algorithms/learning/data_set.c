/* data_set.c -- rows, splits, and the one door for scenarios. */
#include "algorithms/learning/data_set.h"
#include "algorithms/learning/shuffle.h"
#include "algorithms/learning/streams.h"

#include <math.h>
#include <string.h>

static const double digits_test_share = 0.2;

const char *const data_set_choices[] = {"synthetic", "digits", "fashion_mnist", "synthetic_iid",
                                        NULL};

void data_set_rows(const struct data_set *set, const int *numbers, int count, double *rows)
{
    const size_t d = (size_t)set->feature_count;

    for (int i = 0; i < count; i++) {
        const size_t at = (size_t)numbers[i] * d;
        double *row = rows + (size_t)i * d;

        if (set->features != NULL)
            memcpy(row, set->features + at, d * sizeof *row);
        else
            for (size_t j = 0; j < d; j++)
                row[j] = set->pixels[at + j] / set->pixel_most;
    }
}

static struct partition one_part(struct sim_arena *arena, struct sample_list all)
{
    struct sample_list *part = sim_new(arena, struct sample_list, 1);

    *part = all;
    return (struct partition){1, part};
}

const struct learning_data *data_set_split(struct sim_arena *arena, const struct data_set *set,
                                           double test_share, uint64_t seed)
{
    struct learning_data *data = sim_new(arena, struct learning_data, 1);
    struct sim_random *random = sim_random_open(seed, learning_stream(LEARNING_SPLIT));
    int *order = sim_new(arena, int, (size_t)set->count);
    const int tested = (int)lround(test_share * set->count);

    for (int i = 0; i < set->count; i++)
        order[i] = i;
    shuffle(order, set->count, random);
    sim_random_close(random);
    data->set = set;
    data->test = (struct sample_list){order, tested};
    data->train = (struct sample_list){order + tested, set->count - tested};
    data->train_of = one_part(arena, data->train);
    data->test_of = one_part(arena, data->test);
    return data;
}

const struct synthetic synthetic_of_paper = {
    .alpha = 1, .beta = 1, .devices = 30, .features = 60, .classes = 10};

static const double most_synthetic_bytes = 1e9;

static bool synthetic_makes_sense(const struct synthetic *how, uint64_t seed, struct sim_error *err)
{
    double bytes;

    if (!(how->alpha >= 0 && how->beta >= 0 && isfinite(how->alpha) && isfinite(how->beta)))
        return sim_fail(err,
                        "Synthetic(%g, %g): its standard deviations must be numbers of at least 0.",
                        how->alpha, how->beta);
    if (how->devices < 1 || how->features < 1 || how->classes < 2)
        return sim_fail(
            err,
            "Synthetic data of %d devices, %d features and %d classes cannot be made: at "
            "least 1, 1 and 2 are needed.",
            how->devices, how->features, how->classes);
    bytes = data_set_synthetic_count(how, seed) * how->features * (double)sizeof(double);
    return bytes <= most_synthetic_bytes ||
           sim_fail(
               err,
               "Synthetic data of %d devices would take %.1f GB with this seed, and at most 1 GB "
               "is allowed; fewer devices, or learning: off, would do.",
               how->devices, bytes / 1e9);
}

bool data_set_has_devices(enum data_choice choice)
{
    return choice == DATA_SYNTHETIC || choice == DATA_SYNTHETIC_IID;
}

const struct learning_data *data_set_open_as(struct sim_arena *arena, enum data_choice choice,
                                             const struct synthetic *how, uint64_t seed,
                                             struct sim_error *err)
{
    const struct data_set *digits;
    struct synthetic synthetic = *how;

    switch (choice) {
    case DATA_SYNTHETIC_IID: synthetic.iid = true; /* fall through */
    case DATA_SYNTHETIC:
        return synthetic_makes_sense(&synthetic, seed, err)
                   ? data_set_synthetic(arena, &synthetic, seed)
                   : NULL;
    case DATA_DIGITS:
        digits = data_set_digits(arena, err);
        return digits == NULL ? NULL : data_set_split(arena, digits, digits_test_share, seed);
    case DATA_FASHION_MNIST: break;
    }
    return data_set_fashion(arena, err);
}

const struct learning_data *data_set_open(struct sim_arena *arena, enum data_choice choice,
                                          uint64_t seed, struct sim_error *err)
{
    return data_set_open_as(arena, choice, &synthetic_of_paper, seed, err);
}
