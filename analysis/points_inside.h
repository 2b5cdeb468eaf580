/* points_inside.h -- the points themselves; for points.c, which reads them, and for those who lay them out: grid.c,
 * replications.c. */
#ifndef ANALYSIS_POINTS_INSIDE_H
#define ANALYSIS_POINTS_INSIDE_H

#include "analysis/points.h"

enum { ANALYSIS_MOST_KEYS = 96 };

struct analysis_point {
    int places
        [ANALYSIS_MOST_KEYS]; /* which of the key's values it has; -1: it does not set the key */
    double simulated[ANALYSIS_QUANTITIES], theory[ANALYSIS_QUANTITIES];
};

struct analysis_points {
    struct analysis_point *list;
    int room;
};

/* Does it take several values, and is it not the seed? */
bool analysis_key_varies(const struct analysis_study *study, int key);

/* The key across: workers, else the first number that all points set, else the first word; ANALYSIS_NO_KEY: none varies. */
int analysis_first_axis(const struct analysis_study *study);

/* Which keys tell points apart that stand at one value of `x`: all that vary, but for x and what follows from it.
 * [key_count]; of ANALYSIS_NO_KEY all that vary. */
bool *analysis_naming_keys(const struct analysis_study *study, int x, struct sim_arena *arena);

/* The values that a point has of those keys, all but one: words, then numbers, as in "fedavg, clients 12". */
const char *analysis_point_label(const struct analysis_study *study, const bool *names,
                                 const int *places, int but, struct sim_arena *arena);

#endif
