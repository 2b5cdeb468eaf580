/* birth.h -- what all children have in common, however they are forked; for child.c and nest.c. */
#ifndef SIM_STUDY_BIRTH_H
#define SIM_STUDY_BIRTH_H

#include "sim/study/child.h"

/* Two empty files of the child's own, in memory.  False, with errno: there are none. */
bool birth_open_files(struct sim_child *child);
void birth_close_files(struct sim_child *child);

/* Open the files and fork.  Negative, with errno: neither was done. */
pid_t birth_fork(struct sim_child *child);

/* In the child: die with the parent, leave no core file, catch what libraries print.  Returns where the standard error was
 * until now. */
int birth_become_child(pid_t parent, const struct sim_child *child);

/* In the child: end, with `code`, or 1 if the reply cannot be written. */
void birth_leave(int code, FILE *reply) __attribute__((noreturn));

#endif
