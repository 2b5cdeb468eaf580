/* job.h -- a command in a process group of its own: started, waited for, and ended with all that it has started.
 *
 * Who interrupts the bench (SIGINT, SIGTERM, SIGHUP) while it waits for a job ends the job, too. */
#ifndef TESTS_BENCH_JOB_H
#define TESTS_BENCH_JOB_H

#include "tests/bench/bench.h"

#include <sys/types.h>

struct job {
    pid_t leader; /* of the group */
    double began_at_seconds;
    bool is_over;                                 /* the leader has ended */
    int status;                                   /* then: the leader's */
    double cpu_seconds, wall_seconds, peak_bytes; /* of those that have ended; of the largest */
};

/* Where what it prints goes. */
const char *job_output(const struct bench *bench);

/* Words of the command are apart by blanks.  `most_cpu_seconds`: none of its processes lives longer than a little more, so
 * that nothing goes on for hours should the bench be killed; and Linux, out of memory, takes them first.  0: no limit. */
struct job job_start(const struct bench *bench, const char *command, double most_cpu_seconds);

/* Has it ended?  What it may have left behind ends with it. */
bool job_is_over(struct job *job);

/* Until a process of it ends, but no longer than that. */
void job_nap(struct job *job, double seconds);

/* Wait for its end. */
void job_await(struct job *job);

/* It is asked to end, which leaves it a moment to tidy up, and then ended.  No process of it is left. */
void job_end(struct job *job);

/* Each process of it, the leader first. */
void job_visit(const struct job *job, void (*look)(void *what, pid_t pid), void *what);

/* A file of a process in /proc; NULL if that has ended. */
FILE *job_open_proc(pid_t pid, const char *name);

/* Of all its processes so far, those that have ended included. */
double job_cpu_seconds(const struct job *job);

#endif
