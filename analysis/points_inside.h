/* points_inside.h -- the points themselves; for points.c, which reads them, and grid.c, which lays them
 * out. */
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

#endif
