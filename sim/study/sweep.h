/* sweep.h -- runs the points of a study in child processes, several at a time, and several in each. */
#ifndef SIM_STUDY_SWEEP_H
#define SIM_STUDY_SWEEP_H

#include "sim/scenario/scenario.h"

enum {
    SIM_SWEEP_MANY_POINTS = 100 * 1000, /* more are asked for with `force` */
    SIM_SWEEP_FIRST_POINTS = 50 /* if all of these are bad input, the study is wrong, not a point */
};

/* What to sweep, and how; borrowed for the length of the call. */
struct sim_sweep {
    const char *path;            /* the scenario */
    const char *study;           /* JSON of a study; NULL: the scenario's own */
    const char *const *settings; /* laid over every point before the point's own */
    const struct sim_catalogue *catalogue;
    const char *out;   /* the store */
    const char *known; /* another store: what is done there is not simulated; NULL: none */
    int jobs;          /* children at a time */
    const int64_t
        *numbers; /* only the points with these numbers, number_count of them; NULL: all */
    int64_t number_count;
    int shard, shards; /* of these only those whose place is shard - 1 modulo shards; 0, 0: all */
    bool keep_going;   /* even if the first SIM_SWEEP_FIRST_POINTS are all wrong */
    bool force;        /* even more than SIM_SWEEP_MANY_POINTS */
    bool is_dry;       /* simulate nothing and write nothing: count, and show */
    bool shows_progress;
    /* is_dry: called for each point that would be simulated, with the sentence if it is wrong; NULL: not */
    void (*show)(void *context, int64_t number, const char *settings, const char *error);
    void *context;
};

/* How it went. */
struct sim_sweep_result {
    int64_t points;                /* of this shard */
    int64_t skipped, done, failed; /* is_dry: `done` would be simulated, `failed` are wrong */
};

/* Numbers of points from a file, one a line, in the arena and in *asked. */
bool sim_sweep_read_numbers(const char *path, struct sim_sweep *asked, struct sim_arena *arena,
                            struct sim_error *err);

/* Simulate all points that the store does not have yet.  One that fails stops no other.  Returns the worst exit code of
 * a point, 2 when the study itself is wrong, SIM_INTERRUPTED after Ctrl-C; sentences in *err. */
int sim_sweep_run(const struct sim_sweep *asked, struct sim_sweep_result *result,
                  struct sim_arena *arena, struct sim_error *err);

#endif
