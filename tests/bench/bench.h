/* bench.h -- what is measured: commands, in processes of their own, and what they took. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include "sim/base/file.h"

#include <jansson.h>
#include <stdbool.h>

enum {
    MOST_ROUNDS = 33,
    SHORT_TURNS = 3
}; /* what takes a second only is run so many times a round */

struct sample {
    double cpu_seconds, wall_seconds, peak_bytes, simulated_seconds;
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
    SWEEP_8,
    SWEEP_64,
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
    json_t *complaints;
    struct samples rows[ROWS];
};

/* End the bench with exit code 2 and a sentence. */
void bench_die(const char *what, const char *name) __attribute__((noreturn));

/* A star of so many hosts, "node-0" ..., in the bench's folder; its path. */
const char *bench_star(const struct bench *bench, int hosts);

/* Run a command, words apart by blanks; it must end with 0. */
struct sample bench_run(const struct bench *bench, const char *command);

/* Medians; NaN of none. */
double bench_cpu_seconds(const struct samples *samples);
double bench_wall_seconds(const struct samples *samples);

/* Unless `fine`, `sentence` is printed, kept, and the bench fails. */
void bench_demand(struct bench *bench, bool fine, const char *sentence);

json_t *bench_json(const struct samples *samples);

/* rows.c: what they need, each row once (or a few times), and what came of them. */
void rows_prepare(const struct bench *bench);
void rows_run(struct bench *bench);
json_t *rows_tell(struct bench *bench);

#endif
