/* point.h -- one point of a study: its scenario, what it is known by, and what came of it. */
#ifndef SIM_STUDY_POINT_H
#define SIM_STUDY_POINT_H

#include "sim/study/identity.h"
#include "sim/study/platforms.h"
#include "sim/study/store.h"
#include "sim/study/study.h"

/* How the points of a study are read. */
struct sim_points {
    struct sim_study *study;
    struct sim_scenario_text text;
    const char *const
        *settings; /* "key=value", laid over every point before its own; ends with NULL */
    struct sim_identifier identifier;
};

/* A point that has been read, and is not stored yet. */
struct sim_point {
    struct sim_arena *arena; /* of its own, in which it lies */
    struct sim_scenario scenario;
    struct sim_platform_point of_platform;
    struct sim_stored stored;
    struct sim_error err;
    struct sim_point *next; /* of the caller's list */
};

/* Read the text for all points, without the study, if they are the same without it: `scenario` is what the text says with it.
 * A list of a thousand points would be read a thousand times. */
void sim_points_open(struct sim_points *points, const struct sim_scenario *scenario,
                     struct sim_arena *arena);
void sim_points_close(struct sim_points *points);

/* Settings of a point: `common`, then its own, then that there be no trace.  All end with NULL. */
const char *const *sim_point_settings(const char *const *common, const char *const *own,
                                      struct sim_arena *arena);

/* Read point `number`.  If it is wrong, with the sentence in point->err. */
struct sim_point *sim_point_read(struct sim_points *points, int64_t number);
void sim_point_close(struct sim_point *point);

#endif
