/* concurrent.h -- what asynchronous federated methods share: so many clients at work at once, and staleness.
 *
 * Staleness of an update: versions of the model that were made since the one it began from.  Whoever ends is
 * replaced at once by a client that is free; where its update completes a version, with that version.  A client
 * whose update waits in the buffer is not free: it would train on the same version again.
 *
 * An asynchronous method has `struct concurrent` as the first field of its parameters, and these functions as its
 * hooks, or calls them in its own.  iterations are versions. */
#ifndef FEDERATED_CONCURRENT_H
#define FEDERATED_CONCURRENT_H

#include "algorithms/federated/shared/federated.h"

struct concurrent {
    struct federated common;
    int concurrency, max_staleness;
};

#define CONCURRENT_PARAMETERS                                                                      \
    {SIM_COUNT(struct concurrent, concurrency), SIM_DEFAULT("10", SIM_OURS), .least = 1,           \
     .most = 1 << 20, .help = "clients that are at work at once"},                                 \
    {                                                                                              \
        SIM_COUNT(struct concurrent, max_staleness),                                               \
            SIM_DEFAULT("1000000000", SIM_NEUTRAL ": practically none is refused"),                \
            .least = 0, .most = 1e9,                                                               \
            .help = "versions of the model after which an update is refused"                       \
    }

/* Refuses what has no meaning here, a concurrency above the number of clients, and calls fed_prepare. */
bool concurrent_prepare(struct sim_plan *plan, const struct fed_method *method,
                        struct sim_error *err);

void concurrent_open(struct fed_server *server);
int concurrent_wanted(const struct fed_server *server);
bool concurrent_accepts(const struct fed_server *server, const struct fed_turn *turn);
void concurrent_hear(struct fed_server *server, const struct fed_turn *turn);

/* clients_per_round updates have arrived; or fewer, and nobody is left who could send another. */
bool concurrent_is_complete(const struct fed_server *server);

/* The metrics mean_staleness and largest_staleness of all that arrived, and staleness_of_all: the sum over all
 * turns, also those under way. */
void concurrent_tell(struct fed_server *server);

/* R (M - 1): each version makes all others that are at work staler by one. */
double concurrent_staleness(const struct sim_plan *plan);
double concurrent_staleness_of_all(const struct sim_totals *totals);
bool concurrent_is_full(const struct sim_plan *plan);

/* What the hook tables of concurrent methods have in common. */
#define CONCURRENT_HOOKS                                                                           \
    .is_asynchronous = true, .takes_partial_work = true, .open = concurrent_open,                  \
    .wanted = concurrent_wanted, .accepts = concurrent_accepts, .hear = concurrent_hear,           \
    .is_complete = concurrent_is_complete, .tell = concurrent_tell

#define CONCURRENT_ROLES                                                                           \
    FED_SERVER_AND_CLIENT,                                                                         \
        {.name = "trusted",                                                                        \
         .act = fed_act_trusted,                                                                   \
         .help = "with secure_aggregation: knows the masks, and gives away their sum; on the "     \
                 "server's host"},                                                                 \
    {                                                                                              \
        0                                                                                          \
    }

#define CONCURRENT_LAW                                                                             \
    {                                                                                              \
        "staleness of all turns", SIM_UNIT_NONE, "R (M - 1), M clients at work at once",           \
            concurrent_staleness, concurrent_staleness_of_all,                                     \
            .tolerance = 0, .holds = concurrent_is_full,                                           \
            .assumes = "somebody is always free to begin, versions are made of full buffers"       \
    }

#endif
