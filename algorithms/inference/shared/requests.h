/* requests.h -- distributed inference: requests, what becomes of them, and their row in requests.csv.
 *
 * A request belongs to one peer, its owner: the device that it came to, or whoever gathers what several devices saw.
 * Only the owner ends it.  Its seconds are told by stages of the path that the system names: on a path without
 * branches they add up to the latency.
 *
 * TO ADD A SYSTEM, write algorithms/inference/NAME.c with
 *   - a parameter struct whose first field is `struct inference common`; its table begins with INF_PARAMETERS;
 *   - an enum of stages, and INF_STAGE_COLUMNS for them, and tables that begin with INF_REQUESTS;
 *   - `prepare`, which casts the peers and calls inf_prepare; `placed`, which calls inf_placed;
 *   - roles, each of which opens a station (station.h), says whom it hears, and runs it;
 *   - `takes_requests = true`, and laws. */
#ifndef INFERENCE_REQUESTS_H
#define INFERENCE_REQUESTS_H

#include "sim/peer.h"
#include "sim/workload/requests.h"

#include <math.h>

/* ---- parameters that all systems share ---- */

enum inf_on_loss { INF_RETRY, INF_LOCAL, INF_FAIL };
extern const char *const inf_on_loss_choices[]; /* "retry", "local", "fail" */

/* The first field of every system's parameters. */
struct inference {
    int on_loss;
    double retry_seconds;
    double battery_joules;
};

#define INF_PARAMETERS                                                                             \
    {SIM_CHOICE(struct inference, on_loss), SIM_DEFAULT("retry", SIM_OURS),                        \
     .choices = inf_on_loss_choices,                                                               \
     .help = "when a message cannot be delivered: try again, compute the rest where it was sent "  \
             "from, or give the request up"},                                                      \
        {SIM_SECONDS(struct inference, retry_seconds), SIM_DEFAULT("100ms", SIM_OURS),             \
         .least = 1e-6, .most = 1e6, .help = "until a lost message is sent again"},                \
    {                                                                                              \
        SIM_RATIO(struct inference, battery_joules), SIM_DEFAULT("0", SIM_NEUTRAL),                \
            .least = 0, .most = 1e12,                                                              \
            .help = "joules that each device has for itself and its radio; 0: it is never empty"   \
    }

/* ---- a request ---- */

enum inf_outcome {
    INF_UNFINISHED,
    INF_ANSWERED,
    INF_FELL_BACK, /* answered, but not by the way that was meant: on_loss: local */
    INF_LOST,      /* on_loss: fail, or the peer that had it died */
    INF_EMPTY,     /* its device's battery was */
    INF_OUTCOMES
};

enum { INF_MOST_STAGES = 16 };

struct inf_request {
    int number; /* place in plan->requests */
    int source; /* of how many sources it was asked: sim_request_source */
    int owner;  /* peer; SIM_NOBODY: nobody has it yet */
    double arrived_at, finished_at;
    enum inf_outcome outcome;
    int exit;       /* of the system's exits, or places that answer; -1: none */
    double correct; /* 1 or 0; NaN: nobody knows */
    int64_t bytes;  /* of its messages that entered the network */
    double device_joules,
        joules; /* of the owner, and of all that say what they draw, for its computations and by
                                    * radio; NaN: nobody said */
    double stages[INF_MOST_STAGES]; /* seconds */
    void *own;                      /* the system's */
    bool is_over;
    int holder; /* peer that has it, or had it when it died; a part's (parcel.is_part) does not count */
    int *owned_open; /* of its owner: requests that have not ended */
};

/* ---- the run ---- */

/* What is counted while the run goes on. */
struct inf_tally {
    int peer_count;
    bool *is_closed; /* [peers]: its station has ended */
    int outcomes[INF_OUTCOMES];
    int *
        exits; /* [exit_count]: answered at each, without the warm-up; their sum in exits_counted */
    int exits_counted;
    int full_hosts, worst_host,
        worst_waiting;              /* whose lines were long when the last request had come */
    int known_count, correct_count; /* answers known to be right or wrong, without the warm-up */
};

/* A system's plan->prepared begins with it. */
struct inf_run {
    const struct inference *options;
    int count;
    struct inf_request *requests;
    int stage_count, exit_count;
    struct inf_tally *tally;
};

/* Fill in `run`, which the system has taken from the arena (it may be the head of its own struct), and make it
 * plan->prepared.  Requests are dealt to `sources` sources. */
void inf_prepare(struct sim_plan *plan, struct inf_run *run, int sources, int stage_count,
                 int exit_count);

/* Once peers have hosts: false with a sentence where a battery is given and the hosts of `role` do not say what they
 * draw. */
bool inf_placed(struct sim_plan *plan, const char *role, struct sim_error *err);

static inline const struct inf_run *inf_run_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* The request is over: its row is written.  For stations (station.h: station_finish). */
void inf_end(struct sim_peer *me, struct inf_request *request, enum inf_outcome outcome);

/* This peer's station has ended, in whose longest line so many waited when the last request had come.  The last of them writes the rows of what nobody has answered, and the metrics of the
 * run: answered, lost, accuracy, shares of exits. */
void inf_close(struct sim_peer *me, int waiting);

/* ---- requests.csv ---- */

extern const char *const inf_outcome_words[];

#define INF_COLUMNS                                                                                \
    "request", "source", "arrived_seconds", "finished_seconds", "latency_seconds", "outcome",      \
        "exit", "correct", "bytes", "device_joules", "joules"
enum { INF_COLUMN_COUNT = 11 };

/* Of which there are statistics, before the stages. */
#define INF_SUMMARISED "latency_seconds", "device_joules", "joules"
#define INF_WORDS      NULL, NULL, NULL, NULL, NULL, inf_outcome_words, NULL, NULL, NULL, NULL, NULL
#define INF_TABLE_HELP                                                                             \
    "a row for each request: what became of it, and the seconds of each stage of its path"

/* The columns of a system whose stages have those names; then its tables begin with INF_REQUESTS("what is special"). */
#define INF_STAGE_COLUMNS(stages, ...)                                                             \
    static const char *const request_columns[] = {INF_COLUMNS, __VA_ARGS__, NULL};                 \
    static const char *const *const request_words[INF_COLUMN_COUNT + (stages)] = {INF_WORDS};      \
    static const char *const request_summarised[] = {INF_SUMMARISED, __VA_ARGS__, NULL};           \
    _Static_assert(sizeof request_columns / sizeof *request_columns ==                             \
                       INF_COLUMN_COUNT + (stages) + 1,                                            \
                   "each stage has its column")
#define INF_REQUESTS(more)                                                                         \
    {                                                                                              \
        "requests", INF_TABLE_HELP more, request_columns, request_words, request_summarised        \
    }

/* ---- laws that hold for all ---- */

double inf_mean_latency_seconds(const struct sim_totals *totals);

#endif
