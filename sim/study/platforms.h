/* platforms.h -- the platforms of a study's points: points vary little but numbers, so the guard looks at each platform once,
 * and from its second point on points are forked from a nest that has loaded it. */
#ifndef SIM_STUDY_PLATFORMS_H
#define SIM_STUDY_PLATFORMS_H

#include "sim/study/simulate.h"

struct sim_platforms; /* opaque */

/* A point of the study: its simulation, and what its scenario was made from. */
struct sim_platform_point {
    struct sim_simulation simulation;
    const char *const *settings; /* over the text; ends with NULL */
    double
        read_seconds; /* of the processor's: what a child spends that has to read the scenario once more */
    struct sim_platform *platform; /* NULL until it is started */
};

/* None yet; `text` and the arena outlive them.  Closing ends the nests. */
struct sim_platforms *sim_platforms_open(const struct sim_scenario_text *text,
                                         struct sim_arena *arena);
void sim_platforms_close(struct sim_platforms *platforms); /* NULL is allowed */

/* As sim_simulation_start, and where it pays in a nest.  The point stays where it is until sim_platforms_leave; of two
 * points under way each has a place of its own (0 .. SIM_NEST_PLACES - 1). */
bool sim_platforms_start(struct sim_platforms *platforms, struct sim_platform_point *point,
                         int place, struct sim_child *child, struct sim_arena *arena,
                         struct sim_error *err);

/* It is over, or was not started. */
void sim_platforms_leave(struct sim_platform_point *point);

#endif
