/* record.h -- all that a run leaves behind, as plain data.
 *
 * The engine fills it; the writers of the run directory, and nobody else, read it.  Everything lives in
 * the arena of the run.  Seconds are simulated seconds. */
#ifndef SIM_TRACE_RECORD_H
#define SIM_TRACE_RECORD_H

#include "sim/algorithm.h"

/* What a peer does at any moment; the five add up to the simulated time of the run. */
enum sim_doing { SIM_COMPUTING, SIM_SENDING, SIM_RECEIVING, SIM_WAITING, SIM_IDLING, SIM_DOINGS };

extern const char *const sim_doing_names[SIM_DOINGS]; /* "compute", "send", ... */

enum { SIM_MOST_PHASES = 64, SIM_NO_STEP = -1 };

/* One interval in the life of one peer. */
struct sim_event {
    double begin, end, flop;
    int64_t bytes;
    int peer, other; /* other peer, or SIM_NOBODY */
    int step;        /* of a collective, or SIM_NO_STEP */
    short phase, doing;
    int64_t number; /* in the order in which events were recorded */
};

struct sim_note_event {
    double at, value;
    int peer;
    const char *name;
};

/* A metric that is a list. */
struct sim_list_record {
    const char *name;
    int count;
    const double *values;
    struct sim_list_record *next;
};

/* A metric of the run as a whole, worked out of a table when the run is over. */
struct sim_statistic {
    const char *name;
    double value;
};

struct sim_peer_record {
    const char *name, *role, *host;
    double seconds[SIM_DOINGS];
    double *phase_seconds[SIM_MOST_PHASES]; /* [SIM_DOINGS] each; NULL: never in that phase */
    double flop;
    int64_t bytes_sent, bytes_received; /* on the network */
    double finished_at;
    double
        joules; /* of its host, whoever computed there; NaN where that does not say what it draws */
    bool is_dead;
};

struct sim_link_record {
    const char *name;
    double bytes_per_second; /* as the platform gives it, before faults and profiles */
    double latency_seconds;
    int64_t bytes, messages;
    int64_t *phase_bytes; /* [phase_count] */
    int peak_transfers;
};

struct sim_law_record {
    const struct sim_law *law;
    bool is_checked;                 /* its assumptions hold on this plan */
    double theory, simulated, error; /* error relative to theory */
    double tolerance; /* relative; of a law of chance as wide as its deviations are */
    bool holds;
};

/* The rows of one of the algorithm's own tables. */
struct sim_table_record {
    const struct sim_table *table;
    size_t column_count, row_count, row_room;
    double *rows; /* [row_count][2 + column_count]: seconds, peer, and the table's own */
};

/* A file of its own that an algorithm leaves behind. */
struct sim_output_record {
    const char *name;
    const void *bytes;
    size_t size;
    struct sim_output_record *next;
};

/* Chunks, so that a long trace never moves in memory. */
enum { SIM_EVENTS_A_CHUNK = 8192 };

struct sim_event_chunk {
    struct sim_event_chunk *next;
    int count;
    struct sim_event events[SIM_EVENTS_A_CHUNK];
};

struct sim_record {
    struct sim_totals totals;
    int64_t local_messages, bytes_cancelled;
    double joules;              /* NaN where no host says what it draws */
    const char *const *remarks; /* NULL-ended, or NULL */
    const char *transfers;      /* what timed them */
    bool was_fast;              /* all tables of steps were followed ahead of the clock */
    const char *why;            /* it was, or was not: a clause */

    int phase_count;
    const char *phases[SIM_MOST_PHASES]; /* in order of first use */

    int peer_count, link_count, law_count, host_count;
    struct sim_peer_record *peers;
    struct sim_link_record *links;
    struct sim_law_record *laws;
    const char *busiest_card_host; /* and which way: "sends" or "receives" */
    const char *busiest_card_way;
    bool used_random_numbers;

    struct sim_event_chunk *first_events, *last_events;
    int64_t event_count;
    int table_count;
    struct sim_table_record *tables;
    struct sim_output_record *outputs;
    struct sim_note_event *notes;
    size_t note_count, note_room;
    struct sim_list_record *lists;
    struct sim_statistic *statistics;
    size_t statistic_count;
};

/* A list like `remarks` with one sentence more (copied). */
const char *const *sim_record_remarks(struct sim_arena *arena, const char *const *remarks,
                                      const char *sentence);
void sim_record_event(struct sim_record *record, struct sim_arena *arena,
                      const struct sim_event *event);
void sim_record_tables(struct sim_record *record, struct sim_arena *arena,
                       const struct sim_table *tables);
void sim_record_row(struct sim_record *record, struct sim_arena *arena, const char *table,
                    double at, int peer, const double *values);
void sim_record_output(struct sim_record *record, struct sim_arena *arena, const char *name,
                       const void *bytes, size_t size);
void sim_record_note(struct sim_record *record, struct sim_arena *arena,
                     const struct sim_note_event *note);

/* A list under that name (copied); a second one of the same name takes its place. */
void sim_record_list(struct sim_record *record, struct sim_arena *arena, const char *name,
                     const double *values, int count);

/* Notes and rows in the order of time, those of one time in the order in which they came: peers may have been ahead of
 * one another. */
void sim_record_in_order(struct sim_record *record, struct sim_arena *arena);

/* Work out the statistics, when all rows are there; see `summarised` in sim/algorithm.h. */
void sim_record_statistics(struct sim_record *record, struct sim_arena *arena, int warm_up);

#endif
