/* slurm.h -- a sweep beyond one machine: a job array of Slurm whose tasks take a shard of the points each, and a job
 * behind it that merges their stores.
 *
 * Beside the store lies a folder, STORE.shards:
 *
 *     tasks.sh, merge.sh   what is submitted; they can be read, and handed to sbatch on another machine
 *     points               the numbers of the points that the store lacked, one a line: what the tasks share out
 *     JOB_TASK.db, .log    each task's own store, until it is collected, and what the task said
 *     JOB.log              what the merging job said
 *     submitted            the two jobs under way, as sbatch names them
 *
 * No store is ever open on two machines at once (SQLite's log in memory does not travel over a network's file system):
 * tasks read a list, not the store, and a study whose jobs are still in the queue is not submitted again.  A killed task
 * leaves a store with what it had done; that is collected, too, and the next submission shares out the rest. */
#ifndef SIM_STUDY_SLURM_H
#define SIM_STUDY_SLURM_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdio.h>

/* What is submitted; borrowed.  Study and store are as dmlsim sweep was given them, seen from `folder`: what a point is
 * told apart by holds the path of its platform, and here and on the nodes that must be spelt alike. */
struct sim_slurm {
    const char *program; /* dmlsim, with its whole path: the nodes see the same file system */
    const char *folder;  /* where the sweep was asked for, with its whole path */
    const char *study, *store;
    const char *name;            /* of the jobs */
    const char *const *settings; /* KEY=VALUE, NULL-ended */
    bool keep_going, force;      /* options of dmlsim sweep */
    int tasks;                   /* of the array */
    int jobs; /* points at a time in each task, and processors that it asks for */
    const char *partition, *time; /* NULL: what Slurm has for those who say nothing */
    const char *const *lines;     /* further options, each as behind #SBATCH, NULL-ended */
};

/* STORE.shards */
const char *sim_slurm_folder(const struct sim_slurm *slurm, struct sim_arena *arena);

/* The same as a script's word: in single quotes, so that a shell changes nothing in it. */
const char *sim_slurm_quoted(const char *text, struct sim_arena *arena);

/* Can it be said in a script?  Lines behind #SBATCH cannot be broken, and Slurm takes a backslash out of paths. */
bool sim_slurm_check(const struct sim_slurm *slurm, struct sim_arena *arena, struct sim_error *err);

/* The scripts of what was checked: of the array's tasks, and of the job behind them. */
void sim_slurm_put_tasks(FILE *out, const struct sim_slurm *slurm, struct sim_arena *arena);
void sim_slurm_put_merge(FILE *out, const struct sim_slurm *slurm, struct sim_arena *arena);

/* Both into their folder, which is there. */
bool sim_slurm_write(const struct sim_slurm *slurm, struct sim_arena *arena, struct sim_error *err);

/* A job as Slurm names it. */
struct sim_slurm_job {
    const char *id;      /* digits */
    const char *cluster; /* NULL: the only one there is */
};

/* What `sbatch --parsable` prints: "1234" or "1234;cluster". */
bool sim_slurm_read_job(const char *text, struct sim_slurm_job *job, struct sim_arena *arena,
                        struct sim_error *err);

/* Refuse, with a sentence, while jobs of an earlier submission are in the queue, unless this is the one that merges.
 * The exit code. */
int sim_slurm_refuse_busy(const struct sim_slurm *slurm, struct sim_arena *arena,
                          struct sim_error *err);

/* Hand the written scripts to sbatch: both jobs, or none.  The exit code. */
int sim_slurm_submit(const struct sim_slurm *slurm, struct sim_slurm_job *tasks,
                     struct sim_slurm_job *merge, struct sim_arena *arena, struct sim_error *err);

/* Take the stores that tasks have left into the study's own, and remove each that is in.  One that is damaged keeps out
 * no other: it stays, and *err tells of it. */
bool sim_slurm_collect(const struct sim_slurm *slurm, struct sim_arena *arena,
                       struct sim_error *err);

#endif
