/* engine.h -- private to sim/engine: the world that peers live in.
 *
 *   world.c      the loaded platform: hosts, links, routes
 *   tune.c       other bandwidths and latencies for it
 *   device.c     what a layer costs on a host
 *   channel.c    pairs of peers, their messages
 *   links.c      what a link carries, and when
 *   activity.c   what is under way, and waiting for it
 *   flow.c       transfers that share links; fluid.c and fair.c are its mathematics
 *   joules.c     what hosts draw
 *   account.c    where a peer's time goes
 *   peer.c       the verbs of sim/peer.h
 *   collective.c tables of steps
 *   ahead.c      tables of steps whose peers need not wait for the clock
 *   rounds.c     the same where all members do alike
 *   stream.c     several tables at once, and beside computations
 *   repeat.c     iterations that go as the one before
 *   fault.c      what the scenario breaks, and when
 *   run.c        one run, from plan to record */
#ifndef SIM_ENGINE_ENGINE_H
#define SIM_ENGINE_ENGINE_H

#include "sim/engine/run.h"
#include "sim/engine/s4u.h"
#include "sim/peer.h"
#include "sim/platform/guard.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/record.h"

#include <math.h>
#include <simgrid/actor.h>
#include <simgrid/mailbox.h>
#include <simgrid/semaphore.h>

/* tests/law/falsified builds simulators that lie by 1 %, to see that laws and tests notice. */
#ifndef SIM_LIE_ABOUT_BYTES
#define SIM_LIE_ABOUT_BYTES 1
#endif
#ifndef SIM_LIE_ABOUT_SECONDS
#define SIM_LIE_ABOUT_SECONDS 1
#endif

/* ---- the loaded platform ---- */

struct world_host {
    const char *name;
    sg_host_t host;
    double flop_per_second;
    bool draws_power; /* has wattage_per_state */
};

struct world_link {
    const char *name;
    sg_link_t link;
    double bytes_per_second, latency_seconds;
    bool is_fatpipe, is_wifi;
};

struct sim_world {
    struct sim_arena *arena;
    volatile bool *platform_is_fine; /* false while SimGrid may abort on what the platform says */
    const char *platform;            /* file name, for sentences */
    struct world_host *hosts;        /* natural order of names */
    struct world_link *links;        /* likewise; sg_link_get_data is the place here + 1 */
    const char **host_names;
    struct sim_device *devices; /* by host; device.h */
    int host_count, link_count;
    bool draws_power;         /* some host does */
    struct tunable *tunables; /* elements of the file; tune.c */
    int tunable_count;
    struct actor **waiting_actors; /* by host; NULL: an actor ends with its peer */
    struct sim_arena *lasting;     /* longer than a run; NULL: likewise */
    int runs;                      /* begun on it */
    bool is_worn;                  /* no other can follow as if it were the first */
};

/* Links of a route, in order; lives in the world's arena. */
struct route {
    double latency_seconds, bytes_per_second; /* of the narrowest link */
    int count, links[];
};

bool world_load(struct sim_world *world, const struct sim_scenario *scenario,
                const struct sim_platform_facts *facts, bool with_energy,
                volatile bool *platform_is_fine, struct sim_arena *arena, struct sim_error *err);

/* device.c: what the properties of hosts say; whose speed measured seconds are for, once peers have hosts */
double world_busy_watts(
    const struct world_host *host); /* as SimGrid has it: epsilon + (all - epsilon) / cores */
bool devices_read(struct sim_world *world, struct sim_error *err);
void devices_take_reference(const struct sim_plan *plan);

/* NULL when the platform has no route from host to host. */
const struct route *world_route(struct sim_world *world, int from, int to);

/* ---- peers and what they have under way ---- */

struct engine;

enum activity_kind { SENDING, RECEIVING, COMPUTING };

/* The fields of these structs are ordered by use: with many peers each is out of the cache when its turn
 * comes, so what a message touches should lie together. */
struct sim_activity {
    enum activity_kind kind;
    bool is_matched, is_done;
    bool hears;        /* fails when the other end has finished */
    bool is_held;      /* both ends are there, but another lane's transfer goes the same way */
    bool is_watched;   /* a helper knows it, so it is never used again */
    bool is_accounted; /* the time waited for it is in the record */
    bool is_booked;    /* the end of its transfer is in the record */
    bool is_abandoned; /* the other side cancelled it */
    enum sim_status status;
    struct peer *owner;
    struct channel *channel;      /* NULL for a computation */
    struct sim_activity *partner; /* other end of the transfer, while both are open */
    struct sim_message message;
    sg_comm_t comm;      /* NULL when SimGrid does not know it */
    sg_comm_t unstarted; /* what `comm` is to be, in lanes of streams */
    void *sink;          /* where SimGrid puts the payload that we do not use */
    double ready_at;     /* when its end of a transfer was there */
    double started_at, flop;
    sg_actor_t helper;          /* that computes, or watches a transfer */
    double ends_at;             /* of a transfer that is alone on its links; INFINITY: not known */
    struct fluid_flow *flow;    /* NULL: it does not move, or not in our fluid model */
    int step, phase;            /* of its peer when it was started */
    int phase_of_bytes;         /* the sender's, once it is matched */
    struct sim_activity *next;  /* in its channel's queue, or in the engine's spare list */
    struct sim_activity **link; /* where the queue points to it */
    struct sim_activity *next_of_owner, **link_of_owner; /* likewise, of what its peer has open */
    struct runner
        *runner; /* whose it is, if the engine follows a table of steps ahead of the clock */
};

/* What a channel has carried, now or when an iteration began. */
struct channel_account {
    int64_t messages, bytes;
    int64_t *phase_bytes; /* [phases], by the sender's phase; nothing in phases beyond */
    int phases;
};

/* Messages from one peer to another in one lane; matched first to first. */
struct channel {
    struct peer *from, *to;
    int lane;
    struct sim_activity *sends, *receives; /* not matched yet; at most one queue is not empty */
    struct sim_activity **last_send, **last_receive;
    struct channel_account carried, then;
    const struct route *route;
    sg_mailbox_t mailbox;
    bool is_local; /* inside one host */

    /* Of the pair's lane 0, for its other lanes: these send one after the other, as over one connection;
     * else all chunks of a pipeline would share the links evenly, and end together. */
    struct channel *trunk;
    struct sim_activity *running;           /* the sending end */
    struct sim_activity *held, **last_held; /* sending ends, in order */
    double free_at;
    struct channel *next; /* of the same bucket */
    struct channel *next_of_from, *next_of_to;
};

struct peer {
    struct sim_peer open; /* first, so that the roles' pointer is ours */
    struct engine *engine;
    struct channel *last_to, *last_from; /* most roles talk to the same peers again */
    int phase, step;
    int open_activities, blocked_count;
    struct sim_activity *newest;            /* of the open ones */
    struct sim_activity *const *blocked_on; /* the caller's; NULL: not blocked */
    const struct sim_activity
        *waits_for; /* the first of them: all that a deadlock's report has left */
    double blocked_since;
    int waits_for_others;
    double clock;     /* its own, where that is ahead of SimGrid's */
    bool is_ahead;    /* in a table of steps: `clock` tells, and nothing else */
    bool waits_ahead; /* suspended until the end of `waits_for` is known, however late that is */
    struct runner *runner;
    struct peer *next_to_wake;
    struct turns *turns; /* its iterations, in repeat.c */
    int64_t tells;       /* what it has told, drawn, really computed, or asked about this moment */
    bool is_only_one_there; /* of its host, which nothing disturbs */
    bool has_host_alone;    /* so we time its computations: flop / speed */
    double dozed_seconds;   /* computed so, which SimGrid has not seen */
    double executed_seconds,
        executes_since; /* by SimGrid, while it is the only one there; NAN: it does not */
    double dozes_since, dozes_until; /* not in dozed_seconds yet; NAN: nothing */
    bool is_dozing, waits_for_bell, is_poked, is_finished, is_dead, will_return, fell_by_profile;

    const char *phase_name;
    double slowdown;  /* by faults: 1 is none */
    sg_sem_t bell;    /* rung when something that SimGrid does not see is done */
    double wakes_at;  /* while it waits for the bell, at the latest; INFINITY: never */
    sg_comm_t *comms; /* room to wait for several */
    int comm_room;

    int host_place;
    sg_host_t host;
    sg_actor_t actor;
    const struct sim_role *role;
    struct sim_random *random;
    struct channel *channels_from, *channels_to;
    struct background *adds_in; /* what it receives, beside what it does; NULL: nowhere */
};

/* Time in which a link is taken. */
struct span {
    double begin, end;
};

/* What a link carries: small and side by side, since each message looks at every link of its route. */
struct link_load {
    struct span
        *spans; /* while transfers are alone: in order, and apart; of a FATPIPE all, in any order */
    int span_count, span_room;
    int now, peak; /* while SimGrid, or our fluid, shares links out */
    bool is_fatpipe, is_wifi;
    double *sorted; /* room for begins and ends of the spans of a FATPIPE */
};

/* Do iterations go as those before them? */
struct repeat {
    bool is_possible;
    int compared_at,
        compared; /* the iteration whose beginnings are compared, and of how many peers they were */
    int furthest; /* that anybody has begun */
    bool are_alike;
    double seconds, first_begins_at; /* of those who have been compared */
    int resting;                     /* peers with clocks of their own, until all have come */
    int jumps_at; /* who begins this one goes on with the last; 0: not known yet */
    int skipped;
};

struct engine {
    const struct sim_scenario *scenario;
    const struct sim_plan *plan;
    struct sim_world *world;
    struct sim_arena *arena;
    struct sim_record *record;
    struct peer *peers;
    struct link_load *loads; /* by link */
    struct channel **buckets;
    size_t bucket_mask;
    struct sim_activity *spare_activities;
    struct spare_values *spare_values[64]; /* by power of two */
    struct sim_stream *spare_streams;
    struct waiting_lane *spare_waiting;
    struct alarm *last_alarm, *spare_alarms;
    struct sleeper *spare_sleepers;
    double fastest_flop_per_second;
    bool keeps_events, is_over, has_shown;
    bool keeps_actors;          /* for the run that follows */
    bool has_helpers;           /* actors that are no peers */
    bool has_computing_helpers; /* of them, such as computed beside a peer */
    bool simgrid_counts;   /* joules: something else than the only peer of a host computes there */
    bool some_share_hosts; /* peers */
    int left;              /* peers whose actor has ended */
    int returns;           /* of peers from the dead */
    bool is_ours;          /* SimGrid is told of no transfer: `is_alone`, or `fluid` */
    bool is_alone; /* every transfer is alone on its links, and takes latency + bytes / bandwidth */
    bool may_be_ahead; /* of SimGrid's clock: tables of steps are followed by themselves */
    bool
        have_own_clocks; /* peers, too, are ahead of it: they know of each other by messages only */
    struct repeat repeat;
    bool has_been_ahead;
    double ahead_until;      /* what has been counted lies before this time */
    const char *why_full;    /* why something was not followed ahead of the clock; NULL: nothing */
    double horizon;          /* all spans to come begin after it */
    int spans_until_horizon; /* is found anew */
    struct runner *first_ready, **last_ready; /* that can go on */
    struct peer *first_to_wake, **last_to_wake;
    struct rounds *gathering;   /* of collectives that not all members have reached */
    struct link_use *link_uses; /* by link, for rounds.c */
    int64_t rounds_begun;
    enum sim_timing again_with; /* after SIM_RUN_AGAIN */
    struct fluid *fluid;
    struct s4u_timer *flows_timer; /* at the time of the next change in `fluid` */
    double flows_turn_at;
    struct sim_error *gave_up;
    int exit_code; /* once is_over */
    int terminal;  /* for the progress line; -1: none */
    double wall_started, wall_shown;
    double simulated_shown;
    int64_t messages_shown;
};

/* Simulated times closer than this are one: SimGrid's precision (world.c), or the last digits of a clock. */
static inline double engine_soon(double now)
{
    return now + (now < 1e3 ? 1e-12 : now * 1e-15);
}

/* channel.c */
struct channel *channel_between(struct engine *engine, int from, int to, int lane);
sg_mailbox_t channel_mailbox(struct channel *channel);
void channel_post(struct channel *channel, struct sim_activity *activity);
void channel_withdraw(struct sim_activity *activity);
void channel_unhold(struct sim_activity *activity); /* both ends of it */
void channel_is_free(struct sim_activity *ended);   /* of those that hold each other up */
int64_t channel_phase_bytes(const struct channel_account *account, int phase);
void channel_count(struct channel *channel, int64_t messages, int64_t bytes, int phase);
void channel_tell_links(struct engine *engine);

/* What one message of so many bytes counts, and how long it takes where it is alone. */
static inline int64_t engine_counted_bytes(int64_t bytes)
{
    return (int64_t)ceil((double)bytes * SIM_LIE_ABOUT_BYTES);
}
static inline double engine_bytes_seconds(const struct route *route, int64_t bytes)
{
    return (double)bytes * SIM_LIE_ABOUT_SECONDS / route->bytes_per_second;
}

/* links.c: a transfer is counted on its links while it goes on; or it takes them, alone, for a time: the place of a
 * link that another one has then, or ALL_TAKEN */
enum { ALL_TAKEN = -1 };
void links_count(const struct channel *channel, struct engine *engine);
void links_uncount(const struct channel *channel, struct engine *engine);
int links_take(const struct channel *channel, struct engine *engine, double begin, double end);
void links_leave(const struct channel *channel, struct engine *engine, double from, double until);
bool links_are_free_from(const struct channel *channel, const struct engine *engine, double begin);
void links_keep(struct engine *engine, int link, double begin, double end); /* it was free */
void links_move(struct engine *engine, double from,
                double seconds); /* whatever ends after `from` */
void links_close(struct engine *engine);

/* activity.c */
void helper_start(struct sim_activity *activity, const char *name,
                  void (*act)(int argc, char *argv[]));
struct sim_activity *activity_new(struct peer *peer, enum activity_kind kind);
void activity_done(struct sim_activity *activity, enum sim_status status);
int activity_wait_any(struct peer *peer, struct sim_activity *const *activities, int count,
                      double seconds);
void activity_wait(struct peer *peer, struct sim_activity *activity);
enum sim_status activity_consume(struct sim_activity *activity, struct sim_message *message);
void activity_cancel(struct sim_activity *activity);
bool activity_has_ended(struct sim_activity *activity, double now);
bool activity_is_moving(const struct sim_activity *activity);
void peer_ring(struct peer *peer);
void peer_wake_at(struct peer *peer, double at); /* a peer that waits suspended */
void peer_doze(struct peer *peer, double until); /* nothing else can wake it, but for peer_wake */
void peer_wake(struct peer *peer);

/* joules.c */
void peer_has_dozed(struct peer *peer);    /* a computation that we timed is over */
void peer_has_executed(struct peer *peer); /* one of SimGrid's, begun at executes_since */
double peer_host_joules(
    const struct peer *peer); /* of its host until now; NAN: it states no watts */
void joules_let_simgrid_count(
    struct engine *engine); /* several things compute on one host: only in a first run */
void engine_take_joules(
    const struct engine *engine); /* of hosts that take part, until now, into the record */
bool joules_are_believable(const struct engine *engine,
                           struct sim_error *err); /* after a first run: are ours SimGrid's? */

/* flow.c: both ends of a transfer whose links may be shared; bytes that it had still to move */
void flows_open(struct engine *engine);
void flow_begin(const struct channel *channel, struct sim_activity *send,
                struct sim_activity *receive);
double flow_break_off(struct sim_activity *activity);

/* account.c: the time from `begin` to `now`, which is the peer's */
void account_beside(struct peer *peer, const struct sim_activity *activity,
                    double now); /* traced, not spent */
struct sim_peer_record *peer_record(const struct peer *peer);
void account_spend(struct peer *peer, enum sim_doing doing, double seconds);
void account_activity(struct peer *peer, struct sim_activity *activity, double begin, double now);
void account_in_vain(struct peer *peer, double begin); /* waited, and nothing came of it */
void account_computed(struct peer *peer, double flop, double begin, double now);
void account_added(struct peer *peer, double flop); /* their seconds are spent already */
void account_computing(struct peer *peer, double flop, double begin,
                       double now); /* its flop are counted already */
void account_idle(struct peer *peer, double begin);

/* peer.c: messages of one lane are matched among themselves; the roles' own are those of lane 0 */
struct sim_activity *peer_start_send(struct peer *peer, int to, int lane,
                                     struct sim_message message);
struct sim_activity *peer_start_receive(struct peer *peer, int from, int lane);
void engine_stop(struct engine *engine, int exit_code) __attribute__((noreturn)); /* by a peer */
void engine_again(struct engine *engine, enum sim_timing timing, const char *why, ...)
    __attribute__((format(printf, 3, 4), noreturn)); /* likewise: start the run anew */
void engine_tell_why(struct engine *engine,
                     const char *why); /* not ahead of the clock; the first counts */
double peer_compute_ahead(struct peer *peer, double flop); /* alone on its host: the seconds */
void peer_catch_up(struct peer *peer);                     /* let SimGrid's clock reach its own */
void peer_rest_ahead(struct peer *peer,
                     const struct sim_activity *activity); /* until somebody knows when that ends */
void peer_go_on(
    struct peer *peer); /* that rests: now, or, without own clocks, at the time of its own */
int peer_phase_number(const struct peer *peer, const char *phase);
void peer_play(struct peer *peer); /* by the calling actor */

/* actors.c */
void actors_open(struct engine *engine); /* do they wait for another run when this one is over? */
void peer_begin(struct peer *peer);      /* by an actor that waits, or a new one */

/* fault.c */
bool faults_arm(struct engine *engine, struct sim_error *err);
void peer_ends(struct peer *peer);             /* its role has returned */
void peer_left(int failed, struct peer *peer); /* by its actor, in whatever way */

/* progress.c */
void progress_show(struct engine *engine);
void progress_clear(struct engine *engine);

#endif
