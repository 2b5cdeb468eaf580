/* peer.h -- the verbs of a peer: all that a role can do in the simulated world.
 *
 * Every verb takes the peer that speaks, `me`, and may only be called from its own role.  Time is in
 * simulated seconds, computation in flop, messages in bytes.  A message carries a byte count, which
 * the network sees, and may carry a pointer to a real payload, which it does not.
 *
 * Peers on one host talk in zero seconds and never enter the network (counted as local bytes).
 * What goes wrong in the world (a link or a peer dies) is a status that the role can act on. */
#ifndef SIM_PEER_H
#define SIM_PEER_H

#include "sim/algorithm.h"
#include "sim/workload/cost.h"

/* Embedded at the head of the engine's own record; borrowed by the role for its whole life. */
struct sim_peer {
    const struct sim_plan *plan;
    const void *parameters; /* plan->parameters */
    const char *role;
    int index;  /* within the role */
    int number; /* within the plan: what messages are addressed to */
    int life;   /* how often it has died and come back: 0 at first */
};

enum sim_status {
    SIM_OK,
    SIM_TIMED_OUT, /* nothing happened to the activity: it goes on, and can be waited for again */
    SIM_FAILED,    /* the other peer or a link between is dead */
    SIM_CANCELLED, /* the other side cancelled */
};

struct sim_message {
    int64_t bytes;
    void *payload; /* borrowed from the sender, who leaves it untouched until it is read */
};

/* Something under way: a send, a receive, a computation.  Owned by the engine; valid until sim_wait
 * has returned anything but SIM_TIMED_OUT for it, or it was cancelled.  Wait for each, once. */
struct sim_activity;

/* ---- doing ---- */

void sim_compute(struct sim_peer *me, double flop);

/* Compute what the fastest host that takes part does in `seconds`; a slower host takes longer. */
void sim_compute_for(struct sim_peer *me, double seconds);

/* The flop of sim_compute_for. */
double sim_flop_for(const struct sim_peer *me, double seconds);

void sim_sleep(struct sim_peer *me, double seconds);

/* Seconds of a layer of plan->model on this peer's host, if nothing else runs there and nothing slows it. */
double sim_layer_cost_seconds(const struct sim_peer *me, const struct sim_layer *layer, int batch,
                              enum sim_pass pass);

/* The flop with which sim_compute takes as long on this host: overheads and waits for memory are in it, so it
 * is what passes, not what the layer computes.  A host that is slowed or shared takes longer, as it should. */
double sim_layer_cost_flop(const struct sim_peer *me, const struct sim_layer *layer, int batch,
                           enum sim_pass pass);

/* The iterations of a role that does the same in each of them, whatever its number: what differs is chance alone, or what
 * it tells.  Those that would go as the one before did need not be done (trace: summary), and are counted all the same.
 * What a role that keeps to messages reads in one of them was sent in the same.
 *
 *     for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) { ... }                                               */
struct sim_turn {
    int number;  /* 0 .. plan->iterations - 1; the last is always done */
    int skipped; /* just before this one: each of them went as the last that was done */
    bool has_begun;
    bool
        is_unlike; /* said by the role: each is to be done, as where it really computes something */
};
bool sim_next_turn(struct sim_peer *me, struct sim_turn *turn);

/* ---- telling ---- */

double sim_now(const struct sim_peer *me);

/* For a role that keeps to messages (struct sim_role): from here on what peers have left in memory that they share is as of
 * now, in the order of time.  Others need not ask. */
void sim_let_time_pass(struct sim_peer *me);

/* This peer's own stream of random numbers; see sim/base/random.h. */
struct sim_random *sim_random(struct sim_peer *me);

/* A lognormal factor of mean 1, from that stream; sigma 0 is 1 and draws nothing. */
double sim_jitter(struct sim_peer *me, double sigma);

/* From here on this peer is in the phase of that name; `phase` must outlive the run. */
void sim_phase(struct sim_peer *me, const char *phase);

/* The value of a named metric from now on; `name` must outlive the run. */
void sim_note(struct sim_peer *me, const char *name, double value);

/* A metric that is a list, of `count` values (copied); a later one of that name takes its place. */
void sim_note_list(struct sim_peer *me, const char *name, const double *values, int count);

/* A row of one of the algorithm's own tables: a value for each of its columns. */
void sim_row(struct sim_peer *me, const char *table, const double *values);

/* A sentence that every output of the run shall show; as sim_remark, which is for before the run. */
void sim_say(struct sim_peer *me, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A file of the run directory, with those bytes (copied); a second one of the same name takes its place.  `name`
 * must outlive the run. */
void sim_output(struct sim_peer *me, const char *name, const void *bytes, size_t size);

/* What has begun to cross the network until now, by all peers. */
int64_t sim_bytes_until_now(const struct sim_peer *me);

/* What that peer's host has drawn since the start, whoever computed there; NaN where the platform does not say what
 * it draws (wattage_per_state). */
double sim_joules(const struct sim_peer *me, int peer);

/* What that host's radio draws, beside the host, for transfers of so many seconds and bytes in all; 0 where the
 * platform says nothing of one (property `radio` and those beside it). */
double sim_radio_joules(const struct sim_peer *me, int peer, double seconds, int64_t sent_bytes,
                        int64_t received_bytes);

/* This peer cannot go on: the run ends with exit code 1 and this sentence.  Does not return. */
void sim_give_up(struct sim_peer *me, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* ---- messages, the short form: block until done ---- */

enum sim_status sim_send(struct sim_peer *me, int to, struct sim_message message);
enum sim_status sim_receive(struct sim_peer *me, int from, struct sim_message *message);

/* Send and receive at once; the first failure of the two. */
enum sim_status sim_exchange(struct sim_peer *me, int to, struct sim_message sent, int from,
                             struct sim_message *received);

/* ---- messages, the long form: start, then wait ---- */

/* A transfer begins when both its ends have started; messages of a pair arrive in order. */
struct sim_activity *sim_start_send(struct sim_peer *me, int to, struct sim_message message);
struct sim_activity *sim_start_receive(struct sim_peer *me, int from);

/* As sim_start_receive, but where `from` is dead it waits for the first message after its return. */
struct sim_activity *sim_start_listening(struct sim_peer *me, int from);

/* As sim_start_receive, but it fails, too, when the role of `from` comes to its end, or has: for peers that serve
 * whoever may still ask.  Where `from` is dead for a time it waits for the first message after its return. */
struct sim_activity *sim_start_hearing(struct sim_peer *me, int from);

/* As sim_start_send, likewise: it fails, too, when the role of `to` comes to its end before it has begun. */
struct sim_activity *sim_start_telling(struct sim_peer *me, int to, struct sim_message message);

/* If that peer waits in sim_wait_any, and for something that has not begun, it returns now, as after a time-out. */
void sim_poke(struct sim_peer *me, int peer);

bool sim_is_dead(const struct sim_peer *me, int peer);

/* Is that peer dead for a time only: will a repair let its role begin anew? */
bool sim_will_return(const struct sim_peer *me, int peer);

/* Has that peer's role come to its end?  Then it neither sends nor receives any more. */
bool sim_has_finished(const struct sim_peer *me, int peer);

struct sim_activity *sim_start_compute(struct sim_peer *me, double flop);

/* The same for a peer that computes one thing after the other: until this is waited for or cancelled it starts nothing
 * else that computes.  Much cheaper. */
struct sim_activity *sim_start_sole_compute(struct sim_peer *me, double flop);

/* Block until it is done; *message, if not NULL, is what was received. */
enum sim_status sim_wait(struct sim_peer *me, struct sim_activity *activity,
                         struct sim_message *message);

/* The same, for at most `seconds`. */
enum sim_status sim_wait_for(struct sim_peer *me, struct sim_activity *activity, double seconds,
                             struct sim_message *message);

/* Block until one of the activities is done (NULL entries are passed over) and return its index; -1
 * after `seconds` (negative: no limit), or when there is none.  What is done must still be given to
 * sim_wait, which then returns at once. */
int sim_wait_any(struct sim_peer *me, struct sim_activity *const *activities, int count,
                 double seconds);

/* End it; the other side learns it as SIM_CANCELLED.  The activity is gone afterwards. */
void sim_cancel(struct sim_peer *me, struct sim_activity *activity);

/* ---- collectives: tables of steps on a group ---- */

/* Parts `first` .. `first + count - 1`, round the ring, of something cut in `of` parts; with a mask, only
 * those whose place among them (0 .. count - 1) has a bit in common with it, as Bruck sends them. */
struct sim_range {
    int first, count, of;
    int mask;
};

/* Chunk k (any integer, counted round) of n. */
struct sim_range sim_chunk(int n, int k);

/* All of it, uncut. */
struct sim_range sim_whole(void);

enum sim_combine {
    SIM_REPLACE, /* what arrives takes the place of what was there */
    SIM_SUM,     /* it is added, element by element */
};

enum { SIM_NOBODY = -1 };

/* What one member does in one step; `to` and `from` are places in the group, or SIM_NOBODY. */
struct sim_step {
    int to, from;
    struct sim_range send, receive;
    enum sim_combine combine;
    bool
        sends_original; /* from buffer.original, what there was before the first step: all-to-all */

    /* Each member of the group does in this step what member 0 does, with its own rank added to places and, round the ring, to
     * parts; so it is in all steps of the table, and nobody comes to its end before all have begun. */
    bool all_alike;
    const char *phase;
};

/* Step `s` of member `rank` in a group of n; false after its last step.  A pure function. */
typedef bool sim_steps(int n, int rank, int s, struct sim_step *step);

/* What a collective works on: `bytes` on the wire, and `count` real numbers if values is not NULL.
 * Both are cut in the same parts, the first of which are the larger by one. */
struct sim_buffer {
    int64_t bytes;
    double *values;
    const double *original; /* for steps that send it, if values is not NULL */
    size_t count;
    double flop_per_byte; /* cost of SIM_SUM */
};

/* That part of a buffer, as a buffer; the range is one piece (it does not wrap) and has no mask. */
struct sim_buffer sim_slice(const struct sim_buffer *whole, struct sim_range part);

/* Take part in a collective of `group`, as the member that `me` is. */
enum sim_status sim_collective(struct sim_peer *me, const struct sim_group *group, sim_steps *steps,
                               const struct sim_buffer *buffer);

/* Collectives that follow one another, as those inside the machines and between them do. */
struct sim_stage {
    const struct sim_group *group;
    sim_steps *steps;
    struct sim_buffer buffer;
};
struct sim_lane {
    const struct sim_stage *stages;
    int count;
};

/* Take part in several lanes at once, at most `at_once` under way (pipelining: a lane for each chunk);
 * lanes begin in their order, and lane l of one peer talks to lane l of the others.  The first failure. */
enum sim_status sim_lanes(struct sim_peer *me, const struct sim_lane *lanes, int count,
                          int at_once);

/* The same beside other work: lane l follows lane l - at_once; lanes may be added while it goes on, all peers in the same order; they move
 * on whenever the peer computes or waits through this `stream`.  `lane` and what it points to must last. */
struct sim_stream;
struct sim_stream *sim_stream_open(struct sim_peer *me, int at_once);
void sim_stream_add(struct sim_stream *stream, const struct sim_lane *lane);
enum sim_status sim_stream_compute(struct sim_stream *stream, double flop);
enum sim_status sim_stream_finish(struct sim_stream *stream); /* wait for all lanes */

/* Wait for the first `count` of all lanes ever added, while the others go on; and how many such have ended. */
enum sim_status sim_stream_wait(struct sim_stream *stream, int count);
int sim_stream_ended(const struct sim_stream *stream);

/* Where part k of n begins in something of `size` elements; part n begins at its end. */
int64_t sim_part_begin(int64_t size, int k, int n);

#endif
