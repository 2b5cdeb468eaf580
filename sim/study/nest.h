/* nest.h -- a process in which what many children begin with is done once: they are forked from it.
 *
 * They are children of whoever opened the nest all the same: sim_child_wait and sim_child_kill know no difference, and
 * when that process dies the nest and they die with it.  Whatever ends the nest ends nobody else. */
#ifndef SIM_STUDY_NEST_H
#define SIM_STUDY_NEST_H

#include "sim/study/child.h"

enum { SIM_NEST_MOST_BYTES = 128 * 1024 }; /* of a request: what a socket takes at once */

/* In the nest, once.  False, or death: nobody will be born there. */
typedef bool sim_nest_prepare(void *context);

/* In each child: sim_job, with what was asked for. */
typedef int sim_nest_job(void *context, const char *request, size_t length, FILE *reply,
                         int terminal);

/* Begins as {0}, which is a nest that nobody opened. */
struct sim_nest {
    pid_t pid;
    int socket;
    bool is_ready;
};

/* Both are called in the nest, and see `context` as it is now.  False: no such process can be made. */
bool sim_nest_open(struct sim_nest *nest, sim_nest_prepare *prepare, sim_nest_job *job,
                   void *context);

/* Is it there, and prepared?  Does not wait for it. */
bool sim_nest_is_ready(struct sim_nest *nest);

/* Start a child in a nest that is ready.  False: it is dead, or cannot, or the request is too long; nothing was started. */
bool sim_nest_start(struct sim_nest *nest, struct sim_child *child, const char *request,
                    size_t length);

/* Its children go on. */
void sim_nest_close(struct sim_nest *nest);

#endif
