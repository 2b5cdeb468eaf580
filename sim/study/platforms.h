/* platforms.h -- the platforms of a study's points: points vary little but numbers, so the guard looks at each platform once,
 * and from its second point on points are simulated several in a child, forked from a nest that has loaded it.  Platforms
 * that differ in nothing but bandwidths and latencies of links are one. */
#ifndef SIM_STUDY_PLATFORMS_H
#define SIM_STUDY_PLATFORMS_H

#include "sim/study/simulate.h"

struct sim_platforms; /* opaque */

/* A point of the study: its simulation, and what its scenario was made from. */
struct sim_platform_point {
    struct sim_nested nested;
    double
        read_seconds; /* of the processor's: what a child spends that has to read the scenario once more */
    bool is_alone; /* it cannot follow others */
    struct sim_platform *
        platform; /* NULL before sim_platforms_enter, and where there is no room for its platform */
    bool is_tuned; /* that platform's links are not all as this point has them */
};

/* None yet; `text` and the arena outlive them.  Closing ends the nests. */
struct sim_platforms *sim_platforms_open(const struct sim_scenario_text *text,
                                         struct sim_arena *arena);
void sim_platforms_close(struct sim_platforms *platforms); /* NULL is allowed */

/* Find the point's platform.  False: the guard refuses it, with sentences.  The point stays where it is until
 * sim_platforms_leave. */
bool sim_platforms_enter(struct sim_platforms *platforms, struct sim_platform_point *point,
                         struct sim_error *err);
void sim_platforms_leave(struct sim_platform_point *point);

/* May the two be simulated by one child?  Of a point and itself: may others join it? */
bool sim_platforms_can_share(const struct sim_platform_point *a,
                             const struct sim_platform_point *b);

/* Start a child for as many of the points, the first ones, as can share it; how many in *started.  False, with sentences
 * about the first point: none.  Of children under way each has a place of its own (0 .. SIM_NEST_PLACES - 1). */
bool sim_platforms_start(struct sim_platforms *platforms, struct sim_platform_point *const *points,
                         int count, int place, struct sim_child *child, int *started,
                         struct sim_arena *arena, struct sim_error *err);

#endif
