/* station.c -- one loop for all: what is due begins, and then the station waits for whatever ends first. */
#include "algorithms/inference/shared/station.h"

#include "algorithms/inference/shared/line.h"

#include <assert.h>
#include <string.h>

/* To one other station: parcels leave one after the other. */
struct connection {
    int to;
    bool is_local; /* inside one host: its bytes are none of the network */
    struct line line;
    struct sim_activity *send;   /* NULL: nothing is under way */
    struct parcel *moving;       /* by it; the receiver's as soon as it is there */
    struct inf_request *request; /* of that parcel, and what else is asked afterwards */
    int64_t bytes;
    double moving_since;
    double paused_until; /* after a loss */
    struct connection *next;
};

struct ear {
    int from;
    bool is_client, is_deaf; /* whoever it hears has ended, or is dead */
    struct sim_activity *receive;
    struct ear *next;
};

struct reminder {
    double at;
    void *what;
    struct reminder *next; /* later ones */
};

struct station_inside {
    struct line line; /* for the processor; the first is being computed if `compute` is not NULL */
    struct sim_activity *compute;
    double compute_joules; /* that the host had drawn when it began */
    struct connection *connections;
    struct ear *ears;
    struct reminder *reminders, *spare_reminders;
    struct parcel *spare_parcels;
    int ear_count, connection_count;

    int arrives_from; /* source, SIM_NOBODY: all */
    bool has_arrivals, has_battery, is_empty, is_owner;
    int next_arrival;   /* the first request that has not come yet */
    int owned_from;     /* source, SIM_NOBODY: all */
    int owned_open;     /* of those it owns, that have not ended */
    int open_when_told; /* the last time that `ended` was called */
    bool was_looked_at; /* its lines, when the last request had come */
    int waiting_then;

    struct sim_activity **waits; /* room to wait for all at once */
    int room;
};

/* Clocks add up in steps, so what is due at a time may be met a few of its last digits before. */
static bool is_due(double at, double now)
{
    return at - now <= 1e-12 * fmax(1, now);
}

/* ---- opening ---- */

struct station *station_open(struct sim_peer *me, const struct station_method *method, void *own)
{
    struct station *station = sim_new(me->plan->arena, struct station, 1);

    *station = (struct station){.me = me, .method = method, .own = own};
    station->inside = sim_new(me->plan->arena, struct station_inside, 1);
    return station;
}

void station_hear(struct station *station, int peer, bool is_client)
{
    struct ear *ear = sim_new(station->me->plan->arena, struct ear, 1);
    struct ear **last = &station->inside->ears;

    while (*last != NULL)
        last = &(*last)->next;
    *ear = (struct ear){.from = peer, .is_client = is_client};
    *last = ear;
    station->inside->ear_count++;
}

static bool concerns(int source, const struct inf_request *request)
{
    return source == SIM_NOBODY || request->source == source;
}

void station_own(struct station *station, int source)
{
    const struct inf_run *run = inf_run_of(station->me->plan);

    station->inside->is_owner = true;
    station->inside->owned_from = source;
    for (int i = 0; i < run->count; i++)
        if (concerns(source, &run->requests[i])) {
            run->requests[i].owner = station->me->number;
            run->requests[i].owned_open = &station->inside->owned_open;
            station->inside->owned_open++;
        }
    station->inside->open_when_told = station->inside->owned_open;
}

void station_arrivals(struct station *station, int source, bool is_owner)
{
    station->inside->has_arrivals = true;
    station->inside->arrives_from = source;
    if (is_owner)
        station_own(station, source);
}

void station_has_battery(struct station *station)
{
    station->inside->has_battery = inf_run_of(station->me->plan)->options->battery_joules > 0;
}

/* ---- parcels ---- */

struct parcel *station_parcel(struct station *station, struct inf_request *request, int kind)
{
    struct parcel *parcel = station->inside->spare_parcels;

    if (parcel != NULL)
        station->inside->spare_parcels = parcel->next;
    else
        parcel = sim_new(station->me->plan->arena, struct parcel, 1);
    *parcel = (struct parcel){.request = request, .kind = kind};
    return parcel;
}

void station_drop(struct station *station, struct parcel *parcel)
{
    parcel->next = station->inside->spare_parcels;
    station->inside->spare_parcels = parcel;
}

static void book(const struct parcel *parcel, int stage, double seconds)
{
    assert(stage < INF_MOST_STAGES);
    if (stage != INF_NO_STAGE)
        parcel->request->stages[stage] += seconds;
}

static void add_known(double *sum, double joules)
{
    *sum = isnan(*sum) ? joules : *sum + joules;
}

/* Of the hosts that say what they draw; a radio that draws nothing says nothing either. */
static void book_joules(const struct station *station, struct inf_request *request, double joules)
{
    if (isnan(joules) || joules == 0)
        return;
    add_known(&request->joules, joules);
    if (request->owner == station->me->number)
        add_known(&request->device_joules, joules);
}

/* ---- computing ---- */

void station_compute(struct station *station, struct parcel *parcel, double flop, int wait_stage,
                     int stage)
{
    parcel->flop = flop;
    parcel->wait_stage = wait_stage;
    parcel->stage = stage;
    parcel->since = sim_now(station->me);
    line_join(&station->inside->line, parcel);
    station->computing_count = station->inside->line.count;
}

static void begin_computing(struct station *station)
{
    struct station_inside *inside = station->inside;
    struct parcel *parcel = inside->line.first;
    const double now = sim_now(station->me);

    if (inside->compute != NULL || parcel == NULL || inside->is_empty)
        return;
    book(parcel, parcel->wait_stage, now - parcel->since);
    parcel->moving_since = now;
    inside->compute_joules = sim_joules(station->me, station->me->number);
    inside->compute = sim_start_sole_compute(station->me, parcel->flop);
}

static void end_computing(struct station *station)
{
    struct station_inside *inside = station->inside;
    struct parcel *parcel = line_leave(&inside->line);

    sim_wait(station->me, inside->compute, NULL);
    inside->compute = NULL;
    station->computing_count = inside->line.count;
    book(parcel, parcel->stage, sim_now(station->me) - parcel->moving_since);
    book_joules(station, parcel->request,
                sim_joules(station->me, station->me->number) - inside->compute_joules);
    station->method->computed(station, parcel);
}

/* ---- sending ---- */

static struct connection *connection_to(struct station *station, int to)
{
    struct connection **at = &station->inside->connections;

    while (*at != NULL && (*at)->to != to)
        at = &(*at)->next;
    if (*at == NULL) {
        *at = sim_new(station->me->plan->arena, struct connection, 1);
        (*at)->to = to;
        (*at)->is_local =
            isinf(sim_way_between(station->me->plan, station->me->number, to).bytes_per_second);
        station->inside->connection_count++;
    }
    return *at;
}

void station_send(struct station *station, int to, struct parcel *parcel, int64_t bytes, int stage)
{
    parcel->bytes = bytes;
    parcel->stage = stage;
    parcel->since = sim_now(station->me);
    line_join(&connection_to(station, to)->line, parcel);
}

int station_in_line(const struct station *station, int to)
{
    const struct connection *connection = station->inside->connections;

    while (connection != NULL && connection->to != to)
        connection = connection->next;
    return connection == NULL ? 0 : connection->line.count + (connection->send != NULL);
}

static void begin_sending(struct station *station)
{
    const double now = sim_now(station->me);

    for (struct connection *c = station->inside->connections; c != NULL; c = c->next) {
        if (c->send != NULL || c->line.first == NULL || !is_due(c->paused_until, now) ||
            station->inside->is_empty)
            continue;
        c->moving = line_leave(&c->line);
        c->request = c->moving->request;
        c->bytes = c->moving->bytes;
        c->moving->moving_since = c->moving_since = now;
        if (!c->is_local)
            c->request->bytes += c->bytes;
        c->send = sim_start_telling(station->me, c->to, (struct sim_message){c->bytes, c->moving});
    }
}

static void radio(struct station *station, struct inf_request *request, double seconds,
                  int64_t sent, int64_t received)
{
    const double joules =
        sim_radio_joules(station->me, station->me->number, seconds, sent, received);

    station->radio_joules += joules;
    book_joules(station, request, joules);
}

/* ---- what goes wrong ---- */

static bool falls_back(struct station *station, struct parcel *parcel, int to)
{
    return inf_run_of(station->me->plan)->options->on_loss == INF_LOCAL &&
           station->method->fall_back != NULL && station->method->fall_back(station, parcel, to);
}

static bool is_spared(struct station *station, struct parcel *parcel, int to)
{
    return station->method->spare != NULL && station->method->spare(station, parcel, to);
}

static bool is_gone(const struct sim_peer *me, int peer)
{
    return sim_has_finished(me, peer) || (sim_is_dead(me, peer) && !sim_will_return(me, peer));
}

static void lose(struct station *station, struct connection *connection)
{
    const struct inference *options = inf_run_of(station->me->plan)->options;
    struct parcel *parcel = connection->moving;
    struct inf_request *request = parcel->request;

    book(parcel, parcel->stage, sim_now(station->me) - parcel->since);
    parcel->since = sim_now(station->me);
    if (request->is_over || sim_has_finished(station->me, connection->to)) {
        is_spared(station, parcel, connection->to);
        station_drop(station, parcel);
    } else if (falls_back(station, parcel, connection->to)) {
        return;
    } else if (options->on_loss == INF_FAIL || is_gone(station->me, connection->to)) {
        const bool goes_on = is_spared(station, parcel, connection->to);

        station_drop(station, parcel);
        if (!goes_on)
            station_finish(station, request, INF_LOST);
    } else {
        connection->paused_until = sim_now(station->me) + options->retry_seconds;
        line_join_first(&connection->line, parcel);
    }
}

/* Its receiver may be at work on the parcel already, so nothing of it is looked at. */
static void end_sending(struct station *station, struct connection *connection)
{
    const enum sim_status status = sim_wait(station->me, connection->send, NULL);

    connection->send = NULL;
    radio(station, connection->request, sim_now(station->me) - connection->moving_since,
          status == SIM_OK ? connection->bytes : 0, 0);
    if (status != SIM_OK)
        lose(station, connection);
    else if (station->method->delivered != NULL)
        station->method->delivered(station, connection->to);
}

/* ---- hearing ---- */

/* What the dead had of this station's own is lost. */
static void mourn(struct station *station, int dead)
{
    const struct inf_run *run = inf_run_of(station->me->plan);

    for (int i = 0; i < run->count; i++) {
        struct inf_request *request = &run->requests[i];
        struct parcel *parcel;

        if (request->owner != station->me->number || request->is_over || request->holder != dead)
            continue;
        parcel = station_parcel(station, request, 0);
        request->holder = station->me->number;
        if (!falls_back(station, parcel, dead)) {
            station_drop(station, parcel);
            station_finish(station, request, INF_LOST);
        }
    }
}

static void end_hearing(struct station *station, struct ear *ear)
{
    struct sim_message message;
    const enum sim_status status = sim_wait(station->me, ear->receive, &message);
    struct parcel *parcel = message.payload;

    ear->receive = NULL;
    if (status != SIM_OK) {
        if (station->method->died != NULL && sim_is_dead(station->me, ear->from))
            station->method->died(station, ear->from);
        ear->is_deaf = is_gone(station->me, ear->from);
        if (ear->is_deaf && sim_is_dead(station->me, ear->from))
            mourn(station, ear->from);
        return;
    }
    book(parcel, parcel->stage, sim_now(station->me) - parcel->since);
    radio(station, parcel->request, sim_now(station->me) - parcel->moving_since, 0, parcel->bytes);
    if (!parcel->is_part)
        parcel->request->holder = station->me->number;
    if (station->inside->is_empty)
        station_drop(station, parcel);
    else
        station->method->arrive(station, parcel, ear->from);
}

static void begin_hearing(struct station *station)
{
    for (struct ear *ear = station->inside->ears; ear != NULL; ear = ear->next)
        if (ear->receive == NULL && !ear->is_deaf)
            ear->receive = sim_start_hearing(station->me, ear->from);
}

/* ---- requests ---- */

void station_finish(struct station *station, struct inf_request *request, enum inf_outcome outcome)
{
    if (request->is_over)
        return;
    inf_end(station->me, request, outcome);
    if (request->owned_open == NULL)
        return;
    (*request->owned_open)--;
    if (request->owner != station->me->number)
        sim_poke(station->me, request->owner);
}

static const struct inf_request *next_arrival(const struct station *station)
{
    const struct inf_run *run = inf_run_of(station->me->plan);
    struct station_inside *inside = station->inside;

    if (!inside->has_arrivals)
        return NULL;
    while (inside->next_arrival < run->count &&
           !concerns(inside->arrives_from, &run->requests[inside->next_arrival]))
        inside->next_arrival++;
    return inside->next_arrival < run->count ? &run->requests[inside->next_arrival] : NULL;
}

static void take_arrivals(struct station *station)
{
    const struct inf_run *run = inf_run_of(station->me->plan);
    const double now = sim_now(station->me);

    while (next_arrival(station) != NULL && is_due(next_arrival(station)->arrived_at, now)) {
        struct inf_request *request = &run->requests[station->inside->next_arrival++];

        if (request->owner == station->me->number)
            request->holder = station->me->number;
        if (station->inside->is_empty)
            station_finish(station, request, INF_EMPTY);
        else if (!request->is_over)
            station->method->arrive(station, station_parcel(station, request, 0), SIM_NOBODY);
    }
}

/* Calls `ended` once for all that have ended since. */
static void tell_of_ends(struct station *station)
{
    struct station_inside *inside = station->inside;

    if (inside->owned_open == inside->open_when_told)
        return;
    inside->open_when_told = inside->owned_open;
    if (station->method->ended != NULL)
        station->method->ended(station);
}

/* ---- batteries ---- */

static void drain(struct station *station)
{
    const struct inf_run *run = inf_run_of(station->me->plan);
    struct station_inside *inside = station->inside;
    double spent;

    if (!inside->has_battery || inside->is_empty)
        return;
    spent = sim_joules(station->me, station->me->number) + station->radio_joules;
    if (!(spent >= run->options->battery_joules))
        return;
    inside->is_empty = true;
    sim_note(station->me, "battery_lasted_seconds", sim_now(station->me));
    for (int i = 0; i < run->count; i++)
        if (run->requests[i].owner == station->me->number && !run->requests[i].is_over &&
            run->requests[i].arrived_at <= sim_now(station->me))
            station_finish(station, &run->requests[i], INF_EMPTY);
}

/* ---- reminders ---- */

void station_remind(struct station *station, double at, void *what)
{
    struct station_inside *inside = station->inside;
    struct reminder *reminder = inside->spare_reminders, **place = &inside->reminders;

    if (reminder != NULL)
        inside->spare_reminders = reminder->next;
    else
        reminder = sim_new(station->me->plan->arena, struct reminder, 1);
    while (*place != NULL && (*place)->at <= at)
        place = &(*place)->next;
    *reminder = (struct reminder){at, what, *place};
    *place = reminder;
}

static void remind(struct station *station)
{
    struct station_inside *inside = station->inside;

    while (inside->reminders != NULL && is_due(inside->reminders->at, sim_now(station->me))) {
        struct reminder *due = inside->reminders;

        inside->reminders = due->next;
        due->next = inside->spare_reminders;
        inside->spare_reminders = due;
        station->method->remind(station, due->what);
    }
}

/* ---- the loop ---- */

/* Wait for all at once: the computation, then ears, then connections, in the order of their lists. */
static int gather(struct station *station)
{
    struct station_inside *inside = station->inside;
    int count = 0;

    if (inside->room < 1 + inside->ear_count + inside->connection_count) {
        inside->room = 2 * (1 + inside->ear_count + inside->connection_count);
        inside->waits =
            sim_new(station->me->plan->arena, struct sim_activity *, (size_t)inside->room);
    }
    inside->waits[count++] = inside->compute;
    for (struct ear *ear = inside->ears; ear != NULL; ear = ear->next)
        inside->waits[count++] = ear->receive;
    for (struct connection *c = inside->connections; c != NULL; c = c->next)
        inside->waits[count++] = c->send;
    return count;
}

static void end(struct station *station, int found)
{
    struct ear *ear = station->inside->ears;
    struct connection *connection = station->inside->connections;

    if (found-- == 0) {
        end_computing(station);
        return;
    }
    for (; ear != NULL; ear = ear->next)
        if (found-- == 0) {
            end_hearing(station, ear);
            return;
        }
    while (found-- > 0)
        connection = connection->next;
    end_sending(station, connection);
}

/* Seconds until something is due that no activity tells of; negative: nothing is. */
static double until_due(struct station *station, double horizon)
{
    const struct inf_request *arrival = next_arrival(station);
    const double now = sim_now(station->me);
    double at = horizon > 0 ? horizon : INFINITY;

    if (arrival != NULL)
        at = fmin(at, arrival->arrived_at);
    if (station->inside->reminders != NULL)
        at = fmin(at, station->inside->reminders->at);
    for (const struct connection *c = station->inside->connections; c != NULL; c = c->next)
        if (c->send == NULL && c->line.first != NULL && !station->inside->is_empty)
            at = fmin(at, c->paused_until);
    return isinf(at) ? -1 : fmax(at - now, 0);
}

/* Is nobody left who could want something, and nothing left to do? */
static bool is_over(const struct station *station)
{
    const struct station_inside *inside = station->inside;

    if (inside->is_owner ? inside->owned_open > 0 : next_arrival(station) != NULL)
        return false;
    for (const struct ear *ear = inside->ears; ear != NULL; ear = ear->next)
        if (ear->is_client && !ear->is_deaf)
            return false;
    if (inside->is_owner || inside->is_empty)
        return true; /* what is still under way is in vain */
    for (const struct connection *c = inside->connections; c != NULL; c = c->next)
        if (c->send != NULL || c->line.first != NULL)
            return false;
    return inside->line.first == NULL;
}

/* How long its lines were when the last request had come: where they are long, they grow. */
static void look_at_lines(struct station *station)
{
    const struct sim_requests *asked = station->me->plan->requests;
    struct station_inside *inside = station->inside;

    if (inside->was_looked_at ||
        !is_due(asked->at_seconds[inf_run_of(station->me->plan)->count - 1], sim_now(station->me)))
        return;
    inside->was_looked_at = true;
    inside->waiting_then = inside->line.count;
    for (const struct connection *c = inside->connections; c != NULL; c = c->next)
        if (c->line.count > inside->waiting_then)
            inside->waiting_then = c->line.count;
}

static void close(struct station *station)
{
    struct station_inside *inside = station->inside;

    if (inside->compute != NULL)
        sim_cancel(station->me, inside->compute);
    for (struct ear *ear = inside->ears; ear != NULL; ear = ear->next)
        if (ear->receive != NULL)
            sim_cancel(station->me, ear->receive);
    for (struct connection *c = inside->connections; c != NULL; c = c->next)
        if (c->send != NULL)
            sim_cancel(station->me, c->send);
    inf_close(station->me, inside->waiting_then);
}

/* The place of what has ended; negative where something else is due, or where there is a request less to wait for. */
static int wait_for(struct station *station, int count, double seconds)
{
    bool has_any = false;

    for (int i = 0; i < count; i++)
        has_any |= station->inside->waits[i] != NULL;
    if (has_any)
        return sim_wait_any(station->me, station->inside->waits, count, seconds);
    if (seconds < 0)
        sim_give_up(station->me, "it waits for requests that nobody has any more");
    sim_sleep(station->me, seconds);
    return -1;
}

void station_run(struct station *station)
{
    const double horizon = station->me->plan->requests->horizon_seconds;

    for (;;) {
        int found;

        take_arrivals(station);
        remind(station);
        tell_of_ends(station);
        drain(station);
        look_at_lines(station);
        begin_computing(station);
        begin_sending(station);
        if (is_over(station) || (horizon > 0 && is_due(horizon, sim_now(station->me))))
            break;
        begin_hearing(station);
        found = wait_for(station, gather(station), until_due(station, horizon));
        if (found >= 0)
            end(station, found);
    }
    close(station);
}
