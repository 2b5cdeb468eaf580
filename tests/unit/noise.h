/* noise.h -- what tests of the learner differentiate: random samples, some of them, and random vectors. */
#ifndef TESTS_UNIT_NOISE_H
#define TESTS_UNIT_NOISE_H

#include "tests/unit/close.h"

#include "algorithms/learning/learner.h"
#include "sim/base/random.h"

enum { SAMPLES = 523, FEATURES = 7, CLASSES = 5 };

/* Random features and labels: nothing to learn, much to differentiate. */
static inline const struct data_set *noise(struct sim_arena *arena)
{
    struct data_set *set = sim_new(arena, struct data_set, 1);
    double *features = sim_new(arena, double, SAMPLES *FEATURES);
    int *labels = sim_new(arena, int, SAMPLES);
    struct sim_random *random = sim_random_open(11, 1000003);

    for (int i = 0; i < SAMPLES * FEATURES; i++)
        features[i] = sim_random_normal(random);
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = (int)sim_random_below(random, CLASSES);
    sim_random_close(random);
    *set = (struct data_set){.name = "noise",
                             .count = SAMPLES,
                             .feature_count = FEATURES,
                             .class_count = CLASSES,
                             .features = features,
                             .labels = labels};
    return set;
}

/* Samples 0, 3, 6, ... round the set: more than the learner's workspace holds at once. */
static inline int *every_third(struct sim_arena *arena, int count)
{
    int *numbers = sim_new(arena, int, (size_t)count);

    for (int i = 0; i < count; i++)
        numbers[i] = 3 * i % SAMPLES;
    return numbers;
}

static inline void random_vector(double *vector, size_t count, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, 7);

    for (size_t i = 0; i < count; i++)
        vector[i] = sim_random_normal(random);
    sim_random_close(random);
}

#endif
