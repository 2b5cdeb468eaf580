/* bench.h -- what is measured: commands, in processes of their own, and what they took. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include "sim/base/file.h"
#include "tests/bench/figure.h"

#include <jansson.h>
#include <stdbool.h>

enum {
    MOST_ROUNDS = 33,
    SHORT_TURNS = 3 /* what takes a second only is run so many times a round */
};

/* OVER: it was ended at the limit, so that its seconds and bytes are the least that it takes.  DIED: it never would end. */
enum end { ENDED, OVER, DIED };

struct sample {
    double cpu_seconds, wall_seconds; /* of the command and its children */
    double peak_bytes;                /* of the largest of its processes; bench_watch: of all */
    double simulated_seconds;         /* NaN unless it ended */
    char ran[8];                      /* dmlsim: fast or full */
    enum end end;
    const char *death; /* how it died, as the end of a sentence; in the bench's arena */
};

struct samples {
    int count;
    struct sample of[MOST_ROUNDS * SHORT_TURNS];
};

/* What has no other tool to be compared with, so that it has a bound in seconds, or in bytes. */
enum {
    TRAINING,
    GPIPE,
    ONE_F_ONE_B,
    FEDERATED_10,
    FEDERATED_100,
    FEDERATED_CROWD,
    FEDPROX,
    SERVER,
    ALL_TO_ALL,
    ITERATIONS_3,
    ITERATIONS_1000,
    GPIPE_3,
    GPIPE_1000,
    SWEEP_8,
    SWEEP_64,
    SWEEP_LINKS,
    RUN_64,
    LIST,
    SHOW,
    CHECK,
    ROWS
};

struct bench {
    struct sim_arena *arena;
    const char *dmlsim, *folder;
    int rounds;
    bool is_quick, failed;
    double
        limit_seconds; /* of the processor, for other tools with more workers than all can have */
    double limit_wall_seconds;
    double least_free_share; /* of the machine's memory: what takes more is ended */
    double began_at_seconds;
    json_t *complaints, *goals, *machine;
    struct samples rows[ROWS];
};

/* End the bench with exit code 2 and a sentence. */
void bench_die(const char *what, const char *name) __attribute__((noreturn));

/* A new file; there is no bench without it. */
FILE *bench_create(const char *path);

/* A star of so many hosts, "node-0" ..., in the bench's folder; its path. */
const char *bench_star(const struct bench *bench, int hosts);

/* goals.c: unless `fine`, `sentence` is kept, and the bench fails. */
void bench_demand(struct bench *bench, bool fine, const char *sentence);

/* The same of a number; each is a row of the table of goals. */
void bench_goal(struct bench *bench, const char *what, double value, enum bench_bound bound,
                double limit, const char *unit);

/* The same of what may be a bound: where that decides nothing, the bench does not fail. */
void bench_goal_of(struct bench *bench, const char *what, struct figure figure,
                   enum bench_bound bound, double limit, const char *unit);

/* All goals, and all that is not good enough. */
void goals_print(const struct bench *bench);

/* measure.c: */

/* Seconds since some moment. */
double bench_now(void);

/* Run a command, words apart by blanks; it must end with 0.  dmlsim's run directory is not there before. */
struct sample bench_run(const struct bench *bench, const char *command);

/* The same, but it is ended at the limit, or when the machine has hardly any memory left; and it may die. */
struct sample bench_run_within_limit(const struct bench *bench, const char *command);

/* As bench_run; its processes are looked at every few milliseconds, so that peak_bytes is what all of them hold at once:
 * dmlsim simulates in a child.  Not for seconds. */
struct sample bench_watch(const struct bench *bench, const char *command);

/* The first line that a command prints, in the bench's arena; "unknown" if it fails. */
const char *bench_first_line(const struct bench *bench, const char *command);

/* Medians; NaN of none. */
double bench_cpu_seconds(const struct samples *samples);
double bench_wall_seconds(const struct samples *samples);

/* The most; NaN of none. */
double bench_peak_bytes(const struct samples *samples);

json_t *bench_json(const struct samples *samples);

/* machine.c: what a figure depends on, for bench.json; and the same, printed. */
json_t *machine_ask(const struct bench *bench);
void machine_print(const json_t *machine);

/* rows.c: what they need, each row once (or a few times), and what came of them. */
void rows_prepare(const struct bench *bench);
void rows_run(struct bench *bench);
json_t *rows_tell(struct bench *bench);

#endif
