/* measurements.h -- times of collectives by size, as benchmarks print them.
 *
 * Understood are the tables of nccl-tests (all_reduce_perf and its sisters, with and without the columns
 * of later versions) and of the OSU micro-benchmarks (osu_allreduce, osu_latency, osu_bw ...), with
 * whatever an mpirun or a job scheduler printed around them. */
#ifndef ANALYSIS_MEASUREMENTS_H
#define ANALYSIS_MEASUREMENTS_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

struct analysis_measurement {
    double bytes, seconds; /* bytes: the size as printed */
};

/* One table; lives in the arena. */
struct analysis_measurements {
    const char *path;
    const char *tool;       /* "nccl-tests" or "OSU micro-benchmarks" */
    const char *collective; /* "all_reduce" ...; NULL: no line says which */
    int ranks;              /* 0: not said */
    bool counts_blocks; /* the size printed is what one rank contributes, not the whole buffer */
    struct analysis_measurement *rows; /* in order of the file */
    size_t count;
};

/* Read the one table of `path`; of nccl-tests' two times the out-of-place one, or the other.  Whatever
 * is damaged or doubtful is refused with its line: a row cut short, wrong results, a second table. */
bool analysis_measurements_read(struct analysis_measurements *measurements, const char *path,
                                bool in_place, struct sim_arena *arena, struct sim_error *err);

#endif
