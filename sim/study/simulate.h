/* simulate.h -- one scenario, simulated in a child process; what comes back is plain data.
 *
 * A run that writes a directory, a point of a sweep, one side of a comparison and a question of `explain`
 * are all this. */
#ifndef SIM_STUDY_SIMULATE_H
#define SIM_STUDY_SIMULATE_H

#include "sim/engine/run.h"
#include "sim/platform/guard.h"
#include "sim/study/child.h"
#include "sim/study/nest.h"
#include "sim/scenario/scenario.h"

enum { SIM_INTERRUPTED = 130 }; /* exit code after Ctrl-C or SIGTERM */

/* How it is to be started once more, when it has ended with SIM_AGAIN, and why. */
struct sim_again {
    bool is_again;
    enum sim_timing timing;
    char why[256];
};

/* What to simulate; borrowed until the child has ended. */
struct sim_simulation {
    const struct sim_scenario *scenario;
    const char *folder; /* write the run directory's files here; NULL: nowhere */
    bool shows_progress;
    struct sim_again again;
    struct sim_platform_facts facts;
    volatile bool *platform_is_fine; /* in `shared`, memory that the child has too */
    void *shared;
    const struct sim_platform_facts *known_facts; /* NULL: the platform is yet to be looked at */
    struct sim_world *loaded;                     /* NULL: the platform is yet to be loaded */
    const char *const *hosts;                     /* of sim_tell_routes_file; ends with NULL */
};

/* Look at the platform file and start a child.  False with a sentence: bad input, nothing started. */
bool sim_simulation_start(struct sim_simulation *simulation, struct sim_child *child,
                          struct sim_arena *arena, struct sim_error *err);

/* ---- many simulations of one scenario's text ---- */

enum { SIM_NEST_PLACES = 4096 };

/* The nest of those on one platform, which it has loaded.  Lives where the caller puts it; begins as {0}. */
struct sim_simulations_nest {
    struct sim_nest nest;
    volatile bool
        *platform_is_fine; /* [SIM_NEST_PLACES] of memory that nest and children have, too */
    double child_seconds;  /* after which a child begins none of its simulations any more */
};

/* Load the platform of `scenario` there, but for what sim_world_tune can change, which its simulations have on their own.
 * False: no such process can be made, so that simulations begin without. */
bool sim_simulations_nest_open(struct sim_simulations_nest *nest,
                               const struct sim_scenario_text *text,
                               const struct sim_scenario *scenario,
                               const struct sim_platform_facts *facts);
void sim_simulations_nest_close(struct sim_simulations_nest *nest);

/* One of several. */
struct sim_nested {
    struct sim_simulation simulation;
    const char *const *settings; /* over the text, which made simulation.scenario; ends with NULL */
};

/* Start a child there, if the nest is ready by now, which reads the scenarios again and simulates them one after another,
 * each as if it were alone.  It ends when nest->child_seconds have passed, or when a simulation cannot follow another: what it has not
 * told of by then is to be started again.  Returns how many were given to it: those first that one request can hold; 0: no
 * child was started.  No two children of one nest may have the same place (0 .. SIM_NEST_PLACES - 1)
 * at a time. */
int sim_simulations_start_in(struct sim_simulations_nest *nest, int place,
                             struct sim_nested *const *nested, int count, struct sim_child *child);

/* What it told of, as outcomes of children that simulated one each, each[count]; how many. */
int sim_simulations_told(const struct sim_outcome *outcome, struct sim_outcome *each, int count,
                         struct sim_arena *arena);

/* ---- how it ended ---- */

enum { SIM_AGAIN = -1 };

/* What the child that ended says: the exit code, with a sentence in *err unless it is 0, and the summary, as JSON in the
 * arena, in *summary (NULL when there is none).  SIM_AGAIN: start the simulation once more. */
int sim_simulation_ended(struct sim_simulation *simulation, const struct sim_outcome *outcome,
                         const char **summary, double *wall_seconds, struct sim_arena *arena,
                         struct sim_error *err);

/* The same, with the summary as a value, which the caller owns. */
int sim_simulation_end(struct sim_simulation *simulation, const struct sim_outcome *outcome,
                       json_t **summary, double *wall_seconds, struct sim_error *err);

/* Start, wait, end.  The summary as JSON, in the arena; or as a value, which the caller owns. */
int sim_simulate_text(struct sim_simulation *simulation, struct sim_arena *arena,
                      const char **summary, struct sim_error *err);
int sim_simulate(struct sim_simulation *simulation, struct sim_arena *arena, json_t **summary,
                 struct sim_error *err);

/* All of a run but the run, in a child (sim_check); the exit code. */
int sim_check_scenario(const struct sim_scenario *scenario, struct sim_arena *arena,
                       struct sim_error *err);

/* The same for a platform file alone. */
int sim_check_platform_file(const char *path, struct sim_arena *arena, struct sim_error *err);

/* What a platform file holds (sim_tell_platform), in *told, which the caller owns; the exit code. */
int sim_tell_platform_file(const char *path, struct sim_platform_facts *facts, json_t **told,
                           struct sim_arena *arena, struct sim_error *err);

/* The routes between some of its hosts (sim_tell_routes), in *told, which the caller owns; the exit code. */
int sim_tell_routes_file(const char *path, const char *const *hosts, json_t **told,
                         struct sim_arena *arena, struct sim_error *err);

#endif
