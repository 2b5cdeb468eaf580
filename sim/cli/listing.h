/* listing.h -- what there is: the lists that `dmlsim list` prints and the generated documents tell. */
#ifndef SIM_CLI_LISTING_H
#define SIM_CLI_LISTING_H

#include "sim/cli/command.h"

struct sim_listed {
    const char *name, *summary; /* the summary is one line, or "" */
};

struct sim_list {
    struct sim_listed items[1024];
    size_t count;
};

extern const char
    *const sim_list_kinds[]; /* NULL-ended: algorithms, platforms, scenarios, models */

/* All of one kind, by name, in the call's arena; NULL where there is no such kind. */
const struct sim_list *sim_list_of(const struct sim_call *call, const char *what);

/* Where a file or folder of a list is: here, or where dmlsim's own are. */
const char *sim_listed_path(const struct sim_call *call, const char *name);

#endif
