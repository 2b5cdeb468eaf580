/* casting.h -- who plays which role, and on which host.
 *
 * An algorithm casts its peers (sim_cast); the scenario's `hosts:` says where roles may live.  Pure: it
 * sees names of hosts, not SimGrid. */
#ifndef SIM_SCENARIO_CASTING_H
#define SIM_SCENARIO_CASTING_H

#include "sim/algorithm.h"

/* One line of `hosts:`: a role takes these hosts (names or shell patterns, in this order), or the first
 * `count` hosts that no other line names. */
struct sim_host_rule {
    const char *role;
    const char *const *patterns; /* NULL-ended; NULL when a count is given */
    int count;
    int line, column;
};

struct sim_host_rules {
    const struct sim_host_rule *rules;
    int count;
    bool round_robin; /* share: round_robin */
};

struct sim_cast_peer {
    const char *role;
    int index;  /* within the role */
    int beside; /* number of the peer whose host it shares, or -1 */
    int host;   /* place in the list of hosts, once placed */
};

enum { SIM_MOST_ROLES = 16 };

struct sim_casting {
    struct sim_cast_peer *peers;
    int peer_count, peer_room;
    struct sim_group groups[SIM_MOST_ROLES];
    int group_count;
    bool is_shared; /* some peers share a host though their algorithm did not ask for it */
};

struct sim_casting *sim_casting_open(struct sim_arena *arena);

/* Give every peer a host.  `hosts` are the platform's names in natural order; `platform` names it in
 * sentences. */
bool sim_casting_place(struct sim_plan *plan, const struct sim_host_rules *rules,
                       const char *const *hosts, int host_count, const char *platform,
                       struct sim_error *err);

#endif
