/* collective.h -- what the files in algorithms/collectives/ have in common: parameters, the role `worker`,
 * the forms of their laws.
 *
 * Each of those files says in a `struct collective_way` what it is: a table of steps or how its lanes are
 * laid, and its closed forms for one buffer; its own parameters, if any, follow a struct collective in
 * their struct.  N is the number of workers, G the bytes of the buffer, c the number of chunks. */
#ifndef COLLECTIVES_COLLECTIVE_H
#define COLLECTIVES_COLLECTIVE_H

#include "algorithms/collectives/collectives.h"
#include "algorithms/collectives/shared/rounds.h"

struct collective {
    int workers;
    int64_t bytes; /* named gradient_bytes, or message_bytes */
    double flop_per_byte;
    double compute_seconds;
    double compute_jitter;
    int chunks, chunks_at_once;
};

/* ---- parameters: the rows of the common ones ---- */

#define COLLECTIVE_WORKERS                                                                         \
    {                                                                                              \
        SIM_COUNT(struct collective, workers), SIM_DEFAULT("8", SIM_TEACHING),                     \
            .least = 1, .most = 1 << 20,                                                           \
            .help = "N, the number of workers, each on a "                                         \
                    "host of its own"                                                              \
    }
#define COLLECTIVE_BYTES_NAMED(name_, help_)                                                       \
    {                                                                                              \
        .name = name_, .kind = SIM_KIND_BYTES, .offset = offsetof(struct collective, bytes),       \
        SIM_DEFAULT("100MB", SIM_TEACHING), .least = 0, .most = 1e15, .help = help_                \
    }
#define COLLECTIVE_FLOP                                                                            \
    {                                                                                              \
        SIM_FLOP_PER_BYTE(struct collective, flop_per_byte),                                       \
            SIM_DEFAULT("0.25", "one addition for each number of 4 bytes"),                        \
            .least = 0, .most = 1e6,                                                               \
            .help = "cost of adding what "                                                         \
                    "arrived (one flop per "                                                       \
                    "4-byte number)"                                                               \
    }
#define COLLECTIVE_COMPUTE                                                                         \
    {SIM_SECONDS(struct collective, compute_seconds), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,   \
     .most = 1e9,                                                                                  \
     .help = "forward and backward pass of an iteration, on the fastest host that takes part"},    \
    {                                                                                              \
        SIM_RATIO(struct collective, compute_jitter), SIM_DEFAULT("0", SIM_NEUTRAL),               \
            .least = 0, .most = 10,                                                                \
            .help = "sigma of the lognormal factor "                                               \
                    "(mean 1) on every compute phase: "                                            \
                    "stragglers"                                                                   \
    }
#define COLLECTIVE_CHUNKS                                                                          \
    {SIM_COUNT(struct collective, chunks), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,              \
     .most = 1 << 16, .help = "c, into how many chunks the buffer is cut for pipelining"},         \
    {                                                                                              \
        SIM_COUNT(struct collective, chunks_at_once), SIM_DEFAULT("16", SIM_OURS),                 \
            .least = 1, .most = 1 << 16,                                                           \
            .help = "how many of them may be under way "                                           \
                    "at a time"                                                                    \
    }

/* All of them, for what adds gradients, and for what only moves messages. */
#define COLLECTIVE_GRADIENT_PARAMETERS                                                             \
    COLLECTIVE_WORKERS,                                                                            \
        COLLECTIVE_BYTES_NAMED("gradient_bytes",                                                   \
                               "G, the size of the gradient that every worker holds"),             \
        COLLECTIVE_FLOP, COLLECTIVE_COMPUTE, COLLECTIVE_CHUNKS
#define COLLECTIVE_MESSAGE_PARAMETERS(help_)                                                       \
    COLLECTIVE_WORKERS, COLLECTIVE_BYTES_NAMED("message_bytes", help_), COLLECTIVE_COMPUTE,        \
        COLLECTIVE_CHUNKS

/* ---- what one of the collectives is ---- */

enum collective_result {
    COLLECTIVE_ALL_REDUCE,
    COLLECTIVE_REDUCE_SCATTER,
    COLLECTIVE_ALL_GATHER,
    COLLECTIVE_ALL_TO_ALL,
    COLLECTIVE_BROADCAST,
};

/* The longest path through one buffer, on one switch: so many messages after one another, so many bytes in
 * all of them, so many bytes added. */
struct collective_path {
    double messages, bytes, added_bytes;
};

/* What one worker does with one buffer: `lanes_each` lanes, with their stages in the arena. */
typedef void collective_lay(const struct sim_plan *plan, int place, struct sim_buffer buffer,
                            struct sim_lane *lanes);

struct collective_way {
    enum collective_result result;
    sim_steps *steps; /* a collective of one stage; else NULL, and: */
    collective_lay *lay;
    int lanes_each;   /* 0 is 1 */
    sim_edges *edges; /* who talks to whom; NULL: as the steps say, one after another */

    /* Closed forms for one buffer of G bytes. */
    double (*all_bytes)(const struct sim_plan *plan, int64_t bytes);
    double (*all_messages)(const struct sim_plan *plan);
    double (*busiest_card)(const struct sim_plan *plan, int64_t bytes); /* chunks: 1 */
    struct collective_path (*path)(const struct sim_plan *plan, int64_t bytes);

    /* Under which conditions, beyond one switch, one chunk and no jitter, the path is the longest; for
     * several iterations all workers must end at one time or be waited for.  NULL: always. */
    bool (*path_is_exact)(const struct sim_plan *plan);
};

/* Cast the workers and remember the way; the last thing of an algorithm's `prepare`. */
void collective_prepare(struct sim_plan *plan, const struct collective_way *way);

const struct collective_way *collective_way(const struct sim_plan *plan);

/* All lanes of the worker at `place` for this buffer: chunk by chunk; *count of them. */
struct sim_lane *collective_lanes(const struct sim_plan *plan, int place,
                                  const struct sim_buffer *buffer, int *count);

/* A lane of one stage. */
struct sim_lane collective_single_lane(struct sim_arena *arena, const struct sim_group *group,
                                       sim_steps *steps, struct sim_buffer buffer);

/* The role: computes, takes part, and again; at the end it notes the bandwidths of nccl-tests, with S the
 * bytes of the buffer and t the mean time that it spent in the collective (the last worker's word stands):
 * algorithm bandwidth S/t, and bus bandwidth, which is that times 2(N-1)/N for all-reduce, (N-1)/N for
 * reduce-scatter, all-gather and all-to-all, 1 for broadcast (nccl-tests, doc/PERFORMANCE.md). */
void collective_worker(struct sim_peer *me);

/* ---- laws ---- */

int collective_workers(const struct sim_plan *plan);
bool collective_divides(const struct sim_plan *plan, int parts); /* G into equal parts? */
bool collective_once_or_even(const struct sim_plan *plan);       /* one iteration, or N divides G */
bool collective_even(const struct sim_plan *plan);               /* N divides G */

sim_edges collective_ring_edges; /* each to its right neighbour */
sim_edges
    collective_all_edges; /* each to all others: N squared ways, so laws look at them up to 512 workers */
enum { COLLECTIVE_MOST_PAIRED = 512 };

double collective_all_bytes(const struct sim_plan *plan);
double collective_all_messages(const struct sim_plan *plan);
double collective_busiest_card(const struct sim_plan *plan);
double collective_seconds(const struct sim_plan *plan);
bool collective_card_holds(const struct sim_plan *plan);
bool collective_seconds_hold(const struct sim_plan *plan);

/* Forms that many share. */
double collective_n_minus_1(const struct sim_plan *plan, int64_t bytes);       /* (N-1)G */
double collective_twice_n_minus_1(const struct sim_plan *plan, int64_t bytes); /* 2(N-1)G */

/* All of N parts but a smallest one: what a card carries one way where every worker gives, or gets, all parts
 * but its own. */
double collective_all_but_one(const struct sim_plan *plan, int64_t bytes);

/* A largest of N parts, N-1 times. */
double collective_one_part_again(const struct sim_plan *plan, int64_t bytes);

/* N(N-1) messages: one from each worker in each step. */
double collective_n_squared_minus_n(const struct sim_plan *plan);

/* N ceil(lg N) messages: one from each worker in each round. */
double collective_n_lg_n(const struct sim_plan *plan);

/* N-1 parts one after another, each a largest of N: only moved, or added to what is there. */
struct collective_path collective_hops(const struct sim_plan *plan, int64_t bytes);
struct collective_path collective_hops_with_sums(const struct sim_plan *plan, int64_t bytes);

#define COLLECTIVE_OWN_HOSTS "every worker has a host of its own, and none dies"

#define COLLECTIVE_LAW_OF_BYTES(formula_)                                                          \
    {                                                                                              \
        "bytes on the network", SIM_UNIT_BYTES, formula_, collective_all_bytes, sim_total_bytes,   \
            .tolerance = 0, .holds = sim_has_own_hosts, .assumes = COLLECTIVE_OWN_HOSTS            \
    }
#define COLLECTIVE_LAW_OF_MESSAGES(formula_)                                                       \
    {                                                                                              \
        "messages", SIM_UNIT_NONE, formula_, collective_all_messages, sim_total_messages,          \
            .tolerance = 0, .holds = sim_has_own_hosts, .assumes = COLLECTIVE_OWN_HOSTS            \
    }
#define COLLECTIVE_LAW_OF_THE_CARD(formula_)                                                       \
    {                                                                                              \
        "bytes of the busiest card, one way", SIM_UNIT_BYTES, formula_, collective_busiest_card,   \
            sim_busiest_card_bytes, .tolerance = 0, .holds = collective_card_holds,                \
                                    .assumes = COLLECTIVE_OWN_HOSTS ", one chunk"                  \
    }
#define COLLECTIVE_UP_TO_512 ", at most 512 workers"
#define COLLECTIVE_LAW_OF_SECONDS(formula_, more_)                                                 \
    {                                                                                              \
        "seconds", SIM_UNIT_SECONDS, formula_, collective_seconds, sim_total_seconds,              \
            .tolerance = 1e-9, .holds = collective_seconds_hold,                                   \
            .assumes = "one full-duplex switch, network: textbook, equal hosts, no jitter, no "    \
                       "faults, one chunk" more_                                                   \
    }

#endif
