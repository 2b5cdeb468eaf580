/* replications.h -- the points of a study place by place: those that differ in nothing but the seed are replications of
 * one place.  And which points of two values of a key are pairs: those equal in the seed and all other settings. */
#ifndef ANALYSIS_REPLICATIONS_H
#define ANALYSIS_REPLICATIONS_H

#include "analysis/points.h"

/* One place; in the arena. */
struct analysis_place {
    const char *label; /* "ring_allreduce, workers 4"; the study's name where nothing varies */
    double *
        values; /* [count], of the quantity asked for; of points that have none nothing stands here */
    double *x; /* [count]: the number of the axis, where one was asked for */
    size_t count;
};

struct analysis_places {
    struct analysis_place *list;
    size_t count;
    size_t missing; /* points without the quantity */
};

/* All places, in the order of the study.  With an axis that is not ANALYSIS_NO_KEY the points along it share a place, and
 * `x` says where each stands: then a place is what a model is fitted to. */
struct analysis_places analysis_places_of(const struct analysis_study *study,
                                          enum analysis_quantity quantity, int axis,
                                          struct sim_arena *arena);

/* Two values of a key over all else: a[i] and b[i] are the i-th pair. */
struct analysis_rivals {
    const char *label; /* what they have in common, but for the seed */
    double *a, *b;     /* [count] */
    size_t count, room;
};

struct analysis_contest {
    int key, a, b; /* of the study; the two places among its values */
    struct analysis_rivals *list;
    size_t count;
    size_t alone; /* points of either value without a partner */
};

/* `asked` is KEY=A,B, "algorithm" short for "algorithm.name".  Keys that only some points set, as the servers of a
 * parameter server, are not among those that must be equal.  False, with a sentence: no such key or value, no pair at
 * all, several points of one value at one place and seed. */
bool analysis_contest_of(struct analysis_contest *contest, const struct analysis_study *study,
                         enum analysis_quantity quantity, const char *asked,
                         struct sim_arena *arena, struct sim_error *err);

#endif
