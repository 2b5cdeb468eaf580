/* child.h -- SimGrid is run in child processes only: it aborts on bad input, and a process can hold one
 * simulation.  The child sends back a reply; whatever kills it becomes a sentence here.
 *
 * From the first child on SIGINT, SIGTERM, SIGHUP and SIGCHLD are blocked, so that an interruption is an
 * answer of sim_child_wait and not a death; main does it at once. */
#ifndef SIM_STUDY_CHILD_H
#define SIM_STUDY_CHILD_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/types.h>

/* One child under way; lives where the caller puts it, from sim_child_start to sim_child_wait. */
struct sim_child {
    pid_t pid;
    FILE *reply;      /* private file that the child writes */
    FILE *complaints; /* its standard error */
};

/* The exit code of a child in which LeakSanitizer, where it is built in, has found a leak; no job returns it. */
enum { SIM_LEAKED = 23 };

/* In place of an exit code: what was told was not the last that the child did. */
enum { SIM_LIVED_ON = -1 };

/* How a child ended. */
struct sim_outcome {
    int exit_code; /* 0 done, 1 failed, 2 bad input, SIM_LEAKED, SIM_LIVED_ON; 1 when a signal ended it */
    int signal;        /* that signal, or 0 */
    const char *reply; /* what it wrote; in the arena */
    size_t reply_length;
    const char *complaints;
};

/* What runs in the child: writes its reply, returns its exit code.  `terminal` is the standard error
 * that the parent has; the child's own is caught. */
typedef int sim_job(void *context, FILE *reply, int terminal);

void sim_child_guard(void);

/* The signals that sim_child_guard blocks, and that are waited for: SIGCHLD, and what interrupts. */
void sim_watched_signals(sigset_t *set);

bool sim_child_start(struct sim_child *child, sim_job *job, void *context, struct sim_error *err);

/* Has SIGINT, SIGTERM or SIGHUP arrived?  For long work without children; the answer uses the signal up. */
bool sim_child_interrupted(void);

/* For posix_spawn of a program that is not ours: main blocks signals and ignores some, which it would inherit.  The caller
 * destroys them. */
void sim_spawn_attributes(posix_spawnattr_t *attributes);

/* Start another program (arguments[0], looked for in PATH; no shell) as a child whose standard output is its reply.
 * 0, or the errno of why it cannot be started: ENOENT when it is not installed. */
int sim_child_spawn(struct sim_child *child, char *const arguments[]);

/* End all children that are under way (those with pid 0 are passed over), and forget what they said. */
void sim_child_kill(struct sim_child *children, int count);

/* Wait until one of the children ends (those with pid 0 are passed over), and return its index; its
 * pid is then 0.  -1 after SIGINT or SIGTERM: all children are killed then. */
int sim_child_wait(struct sim_child *children, int count, struct sim_arena *arena,
                   struct sim_outcome *outcome);

#endif
