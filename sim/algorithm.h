/* algorithm.h -- what one file in algorithms/ says of itself: parameters, roles, laws.
 *
 * With peer.h this is all that an algorithm knows of the simulator.  The tables below are data: they
 * feed the scenario reader, --set, `dmlsim show`, the manual page and the shell completion alike. */
#ifndef SIM_ALGORITHM_H
#define SIM_ALGORITHM_H

#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/base/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_peer;           /* peer.h */
struct sim_model;          /* sim/workload/model.h */
struct sim_requests;       /* sim/workload/requests.h */
struct sim_device;         /* sim/platform/device.h */
struct sim_language_model; /* sim/workload/language.h */
struct sim_language_step;
struct sim_language_workload;
struct sim_record; /* sim/trace/record.h */

/* ---- parameters ---------------------------------------------------------------------------- */

enum sim_kind {
    SIM_KIND_COUNT,         /* int */
    SIM_KIND_BYTES,         /* int64_t */
    SIM_KIND_SECONDS,       /* double */
    SIM_KIND_RATIO,         /* double */
    SIM_KIND_FLOP_PER_BYTE, /* double */
    SIM_KIND_CHOICE,        /* int: the index in `choices` */
    SIM_KIND_NUMBERS, /* struct sim_numbers: a list, as in [3, 1]; bounds are for each of them */
    SIM_KIND_GRID,    /* struct sim_grid: "3x4"; bounds are for both of its numbers */
    SIM_KIND_TEXT,    /* const char *: a name; "" is none */
    SIM_KIND_FILE,    /* const char *: the path of a file that is there; "" is none */
};

enum { SIM_MOST_NUMBERS = 256 };

/* A list of numbers in a scenario; empty unless given. */
struct sim_numbers {
    int count;
    double values[SIM_MOST_NUMBERS];
};

/* Rows x columns. */
struct sim_grid {
    int rows, columns;
};

/* One parameter; a table of them ends with {0}. */
struct sim_parameter {
    const char *name;
    enum sim_kind kind;
    size_t offset;              /* in the algorithm's parameter struct */
    const char *value;          /* default, spelt as a scenario spells it */
    double least, most;         /* bounds, inclusive; unused for a choice */
    const char *const *choices; /* NULL-ended; for SIM_KIND_CHOICE only */
    const char *help;           /* one line, with what it is a number of */
    const char *source;         /* who says that default: a paper, or one of the words below */
};

/* In a row: the default, and where it comes from. */
#define SIM_DEFAULT(value_, source_) .value = value_, .source = source_

/* Sources of defaults that no paper has. */
#define SIM_NEUTRAL   "neutral"        /* adds and changes nothing */
#define SIM_ELSEWHERE "said elsewhere" /* by the workload, the learner or a parameter beside it */
#define SIM_TEACHING  "a round number, for teaching"
#define SIM_OURS      "a choice of ours"

/* The head of a row: name, kind and place of a field whose C type must fit the kind. */
#define SIM_FIELD(type, field, kind_, ctype)                                                       \
    .name = #field, .kind = kind_,                                                                 \
    .offset = _Generic(((type *)0)->field, ctype                                                   \
                       : offsetof(type, field))
#define SIM_COUNT(type, field)         SIM_FIELD(type, field, SIM_KIND_COUNT, int)
#define SIM_BYTES(type, field)         SIM_FIELD(type, field, SIM_KIND_BYTES, int64_t)
#define SIM_SECONDS(type, field)       SIM_FIELD(type, field, SIM_KIND_SECONDS, double)
#define SIM_RATIO(type, field)         SIM_FIELD(type, field, SIM_KIND_RATIO, double)
#define SIM_FLOP_PER_BYTE(type, field) SIM_FIELD(type, field, SIM_KIND_FLOP_PER_BYTE, double)
#define SIM_CHOICE(type, field)        SIM_FIELD(type, field, SIM_KIND_CHOICE, int)
#define SIM_NUMBERS(type, field)       SIM_FIELD(type, field, SIM_KIND_NUMBERS, struct sim_numbers)
#define SIM_GRID(type, field)          SIM_FIELD(type, field, SIM_KIND_GRID, struct sim_grid)
#define SIM_TEXT(type, field)          SIM_FIELD(type, field, SIM_KIND_TEXT, const char *)
#define SIM_FILE(type, field)          SIM_FIELD(type, field, SIM_KIND_FILE, const char *)

/* ---- the plan: one scenario on one platform, before it runs -------------------------------- */

/* An ordered list of peers, by number; lives as long as the plan. */
struct sim_group {
    const char *name; /* the role's name for the groups that sim_cast makes */
    int size;
    const int *peers;
};

struct sim_algorithm;
struct sim_casting; /* who plays which role; sim/scenario/casting.h */
struct sim_world;   /* the loaded platform; sim/engine/ */

struct sim_plan {
    const struct sim_algorithm *algorithm;
    const void *parameters; /* the algorithm's own struct, filled from the scenario */
    int iterations;
    uint64_t seed;
    const struct sim_model *model; /* of the workload; NULL without one */
    int batch;                     /* samples that a peer computes at once */
    const struct sim_language_workload
        *language; /* the workload's target and drafts; NULL without, or where it is `model` */
    const struct sim_requests
        *requests;        /* when users ask; NULL for an algorithm that answers none */
    const void *prepared; /* whatever `prepare` worked out once for all peers */
    struct sim_arena *arena;

    const char *const *remarks; /* NULL-ended, or NULL: see sim_remark */

    struct sim_casting *casting;
    struct sim_world *world;
    bool network_is_textbook;
    bool network_is_ours;  /* textbook or tcp: no model of the user's own */
    bool is_undisturbed;   /* no faults, and no profiles in the platform */
    bool somebody_may_die; /* a fault of factor 0, or a state profile */
    bool is_alone;         /* transfers never share a link: each takes sim_alone_seconds */
    bool keeps_events;     /* trace: full or paje */
    bool allows_oom;       /* --allow-oom: a device may hold more than its memory */
};

/* `count` peers for the role of that name, each on a host of its own; called from `prepare`. */
void sim_cast(struct sim_plan *plan, const char *role, int count);

/* The same, but the i-th peer shares the host of the i-th peer of `other`, a role cast before; counted round where `other`
 * has fewer. */
void sim_cast_beside(struct sim_plan *plan, const char *role, int count, const char *other);

/* All peers of a role, in order; size 0 before it is cast. */
const struct sim_group *sim_role(const struct sim_plan *plan, const char *role);

/* The device that a peer computes on, for sim_layer_seconds (sim/workload/cost.h); once `prepare` is over,
 * which is what gives peers their hosts. */
const struct sim_device *sim_device_of(const struct sim_plan *plan, int peer);

/* Seconds of a step of a language model on that device; with sim_flop_per_second they become what sim_compute takes. */
double sim_language_seconds(const struct sim_plan *plan, int peer,
                            const struct sim_language_model *model,
                            const struct sim_language_step *step);

/* Seconds in which that device does what the fastest host that takes part does in `seconds`. */
double sim_seconds_on(const struct sim_plan *plan, int peer, double seconds);

/* The name of the host that it is on, for sentences; and does the platform say what that host draws
 * (wattage_per_state)?  Once peers have hosts. */
const char *sim_host_name(const struct sim_plan *plan, int peer);
bool sim_states_watts(const struct sim_plan *plan, int peer);

/* What that host draws while one computation runs on it, in all; NaN where the platform does not say. */
double sim_busy_watts(const struct sim_plan *plan, int peer);

/* What its radio draws beside that for one transfer; 0 without a radio. */
double sim_radio_joules_of(const struct sim_plan *plan, int peer, double seconds,
                           int64_t sent_bytes, int64_t received_bytes);

/* What sim_compute does there in a second, if nothing slows it; once `prepare` is over. */
double sim_flop_per_second(const struct sim_plan *plan, int peer);

/* The memory of that device, as its host's property `memory` says; 0 when it says nothing. */
double sim_memory_bytes(const struct sim_plan *plan, int peer);

/* Does that device hold so many bytes?  If it does not: false, with a sentence such as "`what` need 20 GB on host
 * gpu-3, 4 GB more than its memory: `advice`"; under --allow-oom true, and a remark.  Called from `placed`. */
bool sim_fits_memory(struct sim_plan *plan, int peer, double bytes, const char *what,
                     const char *advice, struct sim_error *err);

/* A sentence that every output of the run shall show; called from `prepare` or `placed`. */
void sim_remark(struct sim_plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- what a law may ask of the plan -------------------------------------------------------- */

/* Seconds that `bytes` take from peer to peer when nothing else moves and nothing is disturbed, under network:
 * textbook: latency + bytes / bandwidth of the narrowest link; 0 inside a host.  Once peers have hosts. */
double sim_alone_seconds(const struct sim_plan *plan, int from, int to, int64_t bytes);

/* Does every peer that was cast with a host of its own have one, and does nobody die?  False under
 * `hosts: {share: round_robin}` where peers outnumber hosts: then some messages stay inside a host. */
bool sim_has_own_hosts(const struct sim_plan *plan);

struct sim_edge {
    int from, to;
}; /* numbers of peers */

/* The i-th pair of peers that talk to each other; false after the last. */
typedef bool sim_edges(const struct sim_plan *plan, int i, struct sim_edge *edge);

/* A switch as the textbooks have it. */
struct sim_switch {
    double latency_seconds;  /* a: one way, from host to host */
    double bytes_per_second; /* B: of every network card, each way */
    double flop_per_second;  /* of every host */
};

/* Do all those pairs meet on one full-duplex switch: every host with a link of its own each way, all
 * alike, nothing between them that can be the narrowest, nothing disturbed, network: textbook?
 * Pairs on one host are passed over.  Fills *found only when true. */
bool sim_is_one_switch(const struct sim_plan *plan, sim_edges *edges, struct sim_switch *found);

/* What a message meets between the hosts of two peers if nothing else is under way; none inside a host. */
struct sim_way {
    double latency_seconds;
    double bytes_per_second; /* of the narrowest link; INFINITY where there is none */
};
struct sim_way sim_way_between(const struct sim_plan *plan, int from, int to);

/* Can any `at_once` of those pairs talk at once, none of them slowed by another?  Each link is wide enough for
 * the widest ways that cross it, or is one pair's alone; nothing disturbed, network: textbook, every peer with a
 * host of its own. */
bool sim_is_uncontended(const struct sim_plan *plan, sim_edges *edges, int at_once);

/* The chunks of `bytes` cut in n: the first bytes % n are one byte longer. */
int64_t sim_largest_chunk(int64_t bytes, int n);

/* ---- laws ---------------------------------------------------------------------------------- */

/* What a run measured, as far as laws speak of it. */
struct sim_totals {
    double seconds;
    int64_t bytes, messages;    /* on the network */
    int64_t local_bytes;        /* between peers of one host */
    int64_t busiest_card_bytes; /* most that one host sent, or received */
    double flop;
    const struct sim_record *record; /* for sim_largest_metric */
};

/* A closed form; a table of them ends with {0}.  Every run checks those that hold. */
struct sim_law {
    const char *quantity; /* "bytes on the network" */
    enum sim_unit unit;
    const char *formula; /* "2(N-1)G" */
    double (*theory)(const struct sim_plan *plan);
    double (*simulated)(const struct sim_totals *totals);
    double tolerance;                           /* relative; 0 is exact */
    bool (*holds)(const struct sim_plan *plan); /* NULL: always */
    const char *assumes;                        /* in words, when `holds` is given */

    /* Of a law of chance: the relative standard deviation of what is simulated, as theory or the run's own counts tell it;
     * the law holds within SIM_DEVIATIONS of them, and `tolerance` is for what is no chance.  NULL: it is none. */
    double (*deviation)(const struct sim_plan *plan);
};

enum { SIM_DEVIATIONS = 5 }; /* one law in 1.7 million is broken by chance */

double sim_total_seconds(const struct sim_totals *totals);
double sim_total_bytes(const struct sim_totals *totals);
double sim_total_messages(const struct sim_totals *totals);
double sim_busiest_card_bytes(const struct sim_totals *totals);

/* The largest value that any peer noted under that name (sim_note), or the statistic of that name of a table
 * (`summarised`); 0 when there is none. */
double sim_largest_metric(const struct sim_totals *totals, const char *name);

/* ---- the algorithm itself ------------------------------------------------------------------ */

/* A table of roles ends with {0}. */
struct sim_role {
    const char *name;
    void (*act)(struct sim_peer *me);
    const char *help; /* what this role does, one line */
    bool
        comes_back; /* `act` begins again, with another me->life, when its host or peer is repaired */

    /* All that it learns of other peers, and when, comes by messages that it waits for one by one: not by sim_wait_any, not
     * by memory that peers share, not by questions such as sim_has_finished.  Such peers need not go through time together. */
    bool keeps_to_messages;
};

/* A table of its own that an algorithm writes, row by row (sim_row), as NAME.csv in the run directory;
 * each row begins with the simulated seconds and the peer.  A list of them ends with {0}. */
struct sim_table {
    const char *name;
    const char *help;
    const char *const *columns; /* NULL-ended, with units in their names */

    /* For columns that hold words: what 0, 1, ... mean, NULL-ended; NULL for a number.  As many as columns. */
    const char *const *const *words;

    /* Columns of which the summary has mean, p50, p95 and p99 as metrics (mean_latency_seconds), NULL-ended; gaps are
     * left out, and so are columns of nothing else.  In a table with the column `request`, those of the warm-up are left out, too.  NULL: none. */
    const char *const *summarised;
};

/* Does a scenario of this algorithm have `workload: {model, batch}`, of layers? */
enum sim_workload_use {
    SIM_NO_WORKLOAD, /* one is refused */
    SIM_MAY_HAVE_WORKLOAD,
    SIM_NEEDS_WORKLOAD,
    SIM_MAY_HAVE_LANGUAGE_MODELS, /* `workload: {model, draft}`: plan->language */
};

struct sim_algorithm {
    const char *name;
    const char *summary; /* one line */
    const char *paper;   /* author, title, venue, year */
    const char *counts;  /* what N counts: "N workers; the server is none of them" */
    size_t parameters_size;
    const struct sim_parameter *parameters;
    const struct sim_role *roles;
    const struct sim_law *laws;
    const struct sim_table *tables; /* NULL: none */
    enum sim_workload_use workload;
    bool takes_requests; /* has a scenario of it `requests:`?  Then it has no iterations */

    /* Once, before any actor starts: cast the peers, check what bounds cannot say, work out what all
     * peers share (plan->prepared).  Memory from plan->arena. */
    bool (*prepare)(struct sim_plan *plan, struct sim_error *err);

    /* Once, after that, when peers have their hosts: what depends on devices.  NULL: nothing does. */
    bool (*placed)(struct sim_plan *plan, struct sim_error *err);
};

/* The foot of an algorithm's file: SIM_ALGORITHM(ring_allreduce) = {...};  make finds it there. */
#define SIM_ALGORITHM(id)                                                                          \
    extern const struct sim_algorithm id;                                                          \
    const struct sim_algorithm id

#endif
