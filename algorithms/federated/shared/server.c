/* server.c -- the role of the server: chooses, sends, waits, and makes a new model. */
#include "algorithms/federated/shared/server.h"

#include <stdlib.h>
#include <string.h>

int fed_goal(const struct federated *options)
{
    return options->clients_per_round;
}

/* At least as many as are waited for; 1.3 x 10 are 13, whatever 1.3 is in binary. */
int fed_chosen(const struct federated *options)
{
    const int chosen =
        (int)ceil(options->over_selection * options->clients_per_round * (1 - 1e-12));

    return chosen < options->clients ? chosen : options->clients;
}

static int number_of(const struct fed_server *server, int client)
{
    return sim_role(server->me->plan, "client")->peers[client];
}

static struct fed_server *open_server(struct sim_peer *me)
{
    struct sim_arena *arena = me->plan->arena;
    struct fed_server *server = sim_new(arena, struct fed_server, 1);
    const struct fed *fed = fed_of(me->plan);
    const size_t clients = (size_t)fed->options->clients;

    *server = (struct fed_server){.me = me,
                                  .alone_since = NAN,
                                  .fed = fed,
                                  .options = fed->options,
                                  .tally = fed->tally,
                                  .clients = fed->options->clients,
                                  .train_loss = NAN,
                                  .test_loss = NAN,
                                  .accuracy = NAN,
                                  .best_accuracy = NAN};
    server->flights = sim_new(arena, struct fed_turn *, clients);
    server->waits = sim_new(arena, struct sim_activity *, clients);
    server->sends = sim_new(arena, struct sim_activity *, clients);
    server->is_busy = sim_new(arena, bool, clients);
    server->begun_before = sim_new(arena, int, clients);
    server->probed = sim_new(arena, struct fed_turn *, clients);
    server->order = sim_new(arena, int, clients);
    server->straggles = sim_new(arena, bool, clients);
    if (fed->learner != NULL) {
        server->model = sim_new(arena, double, fed->number_count);
        memcpy(server->model, fed->first, fed->number_count * sizeof(double));
    }
    if (fed->method->open != NULL)
        fed->method->open(server);
    return server;
}

/* ---- turns ---- */

static struct fed_turn *take_turn(struct fed_server *server)
{
    struct sim_arena *arena = server->me->plan->arena;
    const size_t numbers = server->fed->number_count;
    struct fed_turn *turn = server->free_turns;
    double *values, *start;
    uint64_t *masked;
    void *own;

    if (turn == NULL) {
        turn = sim_new(arena, struct fed_turn, 1);
        turn->values = numbers > 0 ? sim_new(arena, double, numbers) : NULL;
        turn->start = numbers > 0 ? sim_new(arena, double, numbers) : NULL;
    } else {
        server->free_turns = turn->next;
    }
    values = turn->values;
    start = turn->start;
    masked = turn->masked;
    own = turn->own;
    *turn = (struct fed_turn){.values = values,
                              .start = start,
                              .masked = masked,
                              .own = own,
                              .lost_after = INFINITY,
                              .loss = NAN,
                              .relevance = NAN,
                              .square_loss = NAN};
    return turn;
}

static void free_turns(struct fed_server *server)
{
    for (int i = 0; i < server->ended_count; i++) {
        server->ended[i]->next = server->free_turns;
        server->free_turns = server->ended[i];
    }
    server->ended_count = 0;
}

static void draw_loss(const struct fed_server *server, struct fed_turn *turn)
{
    struct sim_random *random;

    if (server->options->drop_out == 0)
        return;
    random = fed_random(server->me->plan, FED_LOSSES, turn->draw, turn->client);
    if (sim_random_uniform(random) < server->options->drop_out)
        turn->lost_after = sim_random_uniform(random);
    sim_random_close(random);
}

static struct fed_turn *assign(struct fed_server *server, int client, bool straggles)
{
    const struct fed *fed = server->fed;
    const struct fed_turn sized = fed_sized(server->me->plan, server->round, client);
    struct fed_turn *turn = take_turn(server);

    turn->client = client;
    turn->round = server->round;
    turn->draw = fed->method->is_asynchronous ? server->begun_before[client]++ : server->round;
    turn->samples = fed->devices[client].samples.count;
    turn->epochs = server->options->local_epochs;
    turn->level = sized.level;
    turn->slice = sized.slice;
    turn->flop_share = sized.flop_share;
    turn->down_bytes = sized.down_bytes + fed_key_bytes(fed);
    turn->up_bytes = sized.up_bytes;
    turn->slowness = fed_slowness(server->me->plan, turn->draw, client, straggles);
    turn->is_straggler = straggles;
    if (straggles && server->options->straggler_work == FED_PARTIAL) {
        turn->epochs = fed_partial_epochs(server->me->plan, turn->draw, client);
        turn->is_unfinished = !fed->method->takes_partial_work;
    }
    draw_loss(server, turn);
    if (server->model != NULL && turn->start != NULL)
        memcpy(turn->start, server->model, fed->number_count * sizeof(double));
    if (fed->method->assign != NULL)
        fed->method->assign(server, turn);
    return turn;
}

/* What the client's radio drew for one transfer. */
static void count_radio(const struct fed_server *server, struct fed_turn *turn, double seconds,
                        int64_t sent_bytes, int64_t received_bytes)
{
    turn->radio_joules += sim_radio_joules(server->me, number_of(server, turn->client), seconds,
                                           sent_bytes, received_bytes);
}

static void begin_turn(struct fed_server *server, struct fed_turn *turn)
{
    const int client = number_of(server, turn->client), i = server->flight_count++;

    turn->joules = sim_joules(server->me, client);
    turn->messages_down = 1;
    turn->chosen_at = sim_now(server->me);
    server->flights[i] = turn;
    server->is_busy[turn->client] = true;
    server->begun++;
    server->outstanding++;
    server->probing += turn->probe_epochs > 0;
    sim_phase(server->me, "download");
    server->waits[i] = sim_start_receive(server->me, client);
    server->sends[i] =
        sim_start_send(server->me, client, (struct sim_message){turn->down_bytes, turn});
}

/* ---- choosing ---- */

static int wanted(const struct fed_server *server)
{
    if (server->fed->method->wanted != NULL)
        return server->fed->method->wanted(server);
    return server->begun == 0 ? fed_chosen(server->options) : 0;
}

static bool is_available(const struct fed_server *server, int client)
{
    return !server->is_busy[client] && !sim_is_dead(server->me, number_of(server, client));
}

/* Of a method whose rounds choose once, draws are rounds; others draw again and again. */
static void put_in_order(struct fed_server *server)
{
    const struct fed_method *method = server->fed->method;

    if (method->choose != NULL)
        method->choose(server, server->order);
    else
        fed_shuffled(server->me->plan, method->is_asynchronous ? server->draws++ : server->round,
                     server->order);
}

static void draw_stragglers(struct fed_server *server, int count)
{
    struct sim_random *random;

    if (!server->fed->method->is_asynchronous) {
        fed_straggling(server->me->plan, server->round, count, server->straggles);
        return;
    }
    random = fed_random(server->me->plan, FED_STRAGGLERS, server->draws, 0);
    for (int i = 0; i < count; i++)
        server->straggles[i] = sim_random_uniform(random) < server->options->stragglers;
    sim_random_close(random);
}

static void begin_turns(struct fed_server *server)
{
    const int most = wanted(server);
    int count = 0;

    if (most <= 0)
        return;
    put_in_order(server);
    for (int i = 0; i < server->clients && count < most; i++)
        if (is_available(server, server->order[i]))
            server->order[count++] = server->order[i];
    if (count > 0)
        server->alone_since = NAN;
    draw_stragglers(server, count);
    for (int i = 0; i < count; i++)
        begin_turn(server, assign(server, server->order[i], server->straggles[i]));
}

/* One that a profile turns off may never come back, and SimGrid does not tell. */
enum { MOST_SECONDS_ALONE = 10 * 86400 };

/* Nobody could be chosen, and nobody is under way: wait for somebody to come back, if anybody will. */
static void await_somebody(struct fed_server *server)
{
    bool comes_back = false;

    for (int k = 0; k < server->clients && !comes_back; k++)
        comes_back = sim_will_return(server->me, number_of(server, k));
    if (!comes_back)
        sim_give_up(server->me, "in round %d no client is available, and none will come back",
                    server->round + 1);
    if (isnan(server->alone_since))
        server->alone_since = sim_now(server->me);
    if (sim_now(server->me) - server->alone_since > MOST_SECONDS_ALONE)
        sim_give_up(server->me, "in round %d no client has been available for ten days",
                    server->round + 1);
    sim_sleep(server->me, server->options->retry_seconds);
}

/* ---- the end of a turn ---- */

static void count_joules(struct fed_server *server, struct fed_turn *turn)
{
    if (turn->messages_received > 0)
        count_radio(server, turn, turn->download_seconds, 0, turn->down_bytes);
    if (turn->messages_received > 1)
        count_radio(server, turn, 0, 0, turn->decision_bytes);
    if (turn->arrived_at > 0 && turn->kind != FED_STOPPED)
        count_radio(server, turn, turn->arrived_at - turn->sent_at, turn->up_bytes, 0);
    turn->joules =
        sim_joules(server->me, number_of(server, turn->client)) - turn->joules + turn->radio_joules;
    server->tally->joules += turn->joules;
}

static void keep(struct fed_server *server, struct fed_turn *turn)
{
    if (server->ended_count == server->ended_room) {
        const int room = server->ended_room > 0 ? 2 * server->ended_room : 16;
        struct fed_turn **ended = sim_new(server->me->plan->arena, struct fed_turn *, (size_t)room);

        if (server->ended_count > 0)
            memcpy(ended, server->ended, (size_t)server->ended_count * sizeof(void *));
        server->ended = ended;
        server->ended_room = room;
    }
    server->ended[server->ended_count++] = turn;
}

static void count_end(struct fed_server *server, const struct fed_turn *turn)
{
    switch (turn->action) {
    case FED_ARRIVED: server->arrived++; break;
    case FED_SKIPPED: server->skipped++; break;
    case FED_REJECTED: server->rejected++; break;
    case FED_LATE: server->late++; break;
    default: server->dropped++;
    }
}

static void end_turn(struct fed_server *server, int i, enum fed_action action)
{
    struct fed_turn *turn = server->flights[i];
    const bool is_of_this_round = turn->round == server->round;

    if (action != FED_DROPPED && !is_of_this_round && !server->fed->method->is_asynchronous)
        action = FED_LATE;
    if (action == FED_ARRIVED && server->fed->method->accepts != NULL &&
        !server->fed->method->accepts(server, turn))
        action = FED_LATE;
    turn->action = action;
    server->is_busy[turn->client] = false;
    server->outstanding -= is_of_this_round;
    server->flight_count--;
    server->flights[i] = server->flights[server->flight_count];
    server->waits[i] = server->waits[server->flight_count];
    server->sends[i] = server->sends[server->flight_count];
    count_end(server, turn);
    count_joules(server, turn);
    keep(server, turn);
    if (action == FED_ARRIVED && fed_has_trusted(server->fed))
        fed_forward_seed(server, turn);
    if (server->fed->method->hear != NULL)
        server->fed->method->hear(server, turn);
}

/* ---- what arrives ---- */

static bool has_been_delivered(const struct fed_server *server, const struct fed_turn *turn)
{
    const struct fed_device *device = &server->fed->devices[turn->client];

    return device->delivered_at > 0 && device->delivered_draw == turn->draw;
}

/* While the server computes, several may arrive: the first of them is taken first, whatever its place among
 * those that are under way.  `i` is one that has arrived. */
static int first_delivered(const struct fed_server *server, int i)
{
    double earliest = INFINITY;

    for (int f = 0; f < server->flight_count; f++) {
        const struct fed_turn *turn = server->flights[f];
        const double at = server->fed->devices[turn->client].delivered_at;

        if (has_been_delivered(server, turn) && at < earliest) {
            earliest = at;
            i = f;
        }
    }
    return i;
}

/* The message down has arrived, or never will: the client has answered, or died. */
static void take_send(struct fed_server *server, int i)
{
    const struct fed_turn *turn = server->flights[i];
    struct fed_tally *tally = server->tally;

    if (server->sends[i] != NULL && sim_wait(server->me, server->sends[i], NULL) == SIM_OK) {
        tally->messages++;
        if (turn->trips > 0) {
            const int64_t bytes = fed_trip_of(server->fed, turn->trips - 1).down_bytes;

            tally->down_bytes += bytes;
            tally->key_bytes += bytes;
            server->sends[i] = NULL;
            return;
        }
        *(turn->is_decided ? &tally->decisions : &tally->downloads) += 1;
        tally->level_downloads[turn->level] += !turn->is_decided;
        tally->down_bytes += turn->is_decided ? turn->decision_bytes : turn->down_bytes;
    }
    server->sends[i] = NULL;
}

/* Has it reported, and waits to hear whether it goes on? */
static bool waits_for_decision(const struct fed_turn *turn)
{
    return turn->has_reported && !turn->is_decided;
}

static void send_decision(struct fed_server *server, int i)
{
    struct fed_turn *turn = server->flights[i];

    turn->is_decided = true;
    turn->messages_down++;
    sim_phase(server->me, "decide");
    server->sends[i] = sim_start_send(server->me, number_of(server, turn->client),
                                      (struct sim_message){turn->decision_bytes, turn});
}

/* All of this round have probed, or are lost: each is told whether it goes on. */
static void decide(struct fed_server *server)
{
    int count = 0;

    for (int i = 0; i < server->flight_count; i++)
        if (waits_for_decision(server->flights[i]))
            server->probed[count++] = server->flights[i];
    qsort(server->probed, (size_t)count, sizeof(void *), fed_by_client);
    server->fed->method->decide(server, server->probed, count);
    for (int i = 0; i < server->flight_count; i++)
        if (waits_for_decision(server->flights[i]))
            send_decision(server, i);
}

static void reject(struct fed_server *server, int i)
{
    server->flights[i]->action = FED_REJECTED;
    send_decision(server, i);
}

/* Whoever has probed in a round that was closed meanwhile is told to stop. */
static void take_report(struct fed_server *server, int i)
{
    struct fed_turn *turn = server->flights[i];

    server->tally->reports++;
    server->tally->up_bytes += turn->report_bytes;
    count_radio(server, turn, sim_now(server->me) - turn->sent_at, turn->report_bytes, 0);
    turn->has_reported = true;
    server->waits[i] = sim_start_receive(server->me, number_of(server, turn->client));
    if (turn->round != server->round)
        reject(server, i);
}

/* Keys or shares: answered at once. */
static void take_keys(struct fed_server *server, int i)
{
    struct fed_turn *turn = server->flights[i];
    const struct fed_trip trip = fed_trip_of(server->fed, turn->trips);

    server->tally->up_bytes += trip.up_bytes;
    server->tally->key_bytes += trip.up_bytes;
    count_radio(server, turn, sim_now(server->me) - turn->sent_at, trip.up_bytes, trip.down_bytes);
    turn->trips++;
    turn->messages_down++;
    server->waits[i] = sim_start_receive(server->me, number_of(server, turn->client));
    server->sends[i] = sim_start_send(server->me, number_of(server, turn->client),
                                      (struct sim_message){trip.down_bytes, turn});
}

static void take_update(struct fed_server *server, int i)
{
    struct fed_turn *turn = server->flights[i];

    turn->arrived_at = has_been_delivered(server, turn)
                           ? server->fed->devices[turn->client].delivered_at
                           : sim_now(server->me);
    server->tally->up_bytes += turn->kind == FED_STOPPED ? 0 : turn->up_bytes;
    switch (turn->kind) {
    case FED_UPDATE:
        server->tally->uploads++;
        server->tally->level_uploads[turn->level]++;
        end_turn(server, i, FED_ARRIVED);
        break;
    case FED_SKIP:
        server->tally->skips++;
        end_turn(server, i, FED_SKIPPED);
        break;
    default: server->tally->stopped++; end_turn(server, i, FED_REJECTED);
    }
}

static void take(struct fed_server *server, int i)
{
    struct fed_turn *turn = server->flights[i];
    struct sim_message message = {0};
    const enum sim_status status = sim_wait(server->me, server->waits[i], &message);
    const bool was_probing =
        turn->probe_epochs > 0 && turn->round == server->round && !turn->has_reported;

    server->tally->messages += status == SIM_OK;
    server->fed->devices[turn->client].heard += status == SIM_OK;
    take_send(server, i);
    if (status != SIM_OK || message.payload == NULL || turn->kind == FED_LOST)
        end_turn(server, i, FED_DROPPED);
    else if (turn->kind == FED_REPORT)
        take_report(server, i);
    else if (turn->kind == FED_KEYS)
        take_keys(server, i);
    else
        take_update(server, i);
    if (was_probing && --server->probing == 0)
        decide(server);
}

/* ---- a round ---- */

bool fed_is_complete(const struct fed_server *server)
{
    const int answers = server->arrived + server->skipped + server->rejected;

    return server->begun > 0 && (server->outstanding == 0 || answers >= fed_goal(server->options));
}

static bool is_complete(const struct fed_server *server)
{
    return server->fed->method->is_complete == NULL ? fed_is_complete(server)
                                                    : server->fed->method->is_complete(server);
}

/* Turns of a round that never fills must not go on for ever. */
static void check_progress(const struct fed_server *server)
{
    if (server->arrived == 0 && server->ended_count > 1000 + 10 * server->clients)
        sim_give_up(server->me, "in round %d %d clients have begun, and no update has arrived",
                    server->round + 1, server->ended_count);
}

/* False: it is too late. */
static bool take_next(struct fed_server *server)
{
    const double deadline = server->options->round_deadline;
    const bool has_deadline =
        deadline > 0 && (server->begun > 0 || server->fed->method->is_asynchronous);
    const double left = server->counts_from + deadline - sim_now(server->me);
    int i;

    sim_phase(server->me, "collect");
    if (has_deadline && left <= 0)
        return false;
    i = sim_wait_any(server->me, server->waits, server->flight_count, has_deadline ? left : -1);
    if (i < 0)
        return false;
    take(server, first_delivered(server, i));
    check_progress(server);
    return true;
}

static void run_round(struct fed_server *server)
{
    server->began_at = server->counts_from = sim_now(server->me);
    server->begun = server->arrived = server->skipped = server->rejected = 0;
    server->dropped = server->late = server->outstanding = server->probing = 0;
    for (;;) {
        if (server->begun == 0 && !server->fed->method->is_asynchronous)
            server->counts_from = sim_now(server->me);
        begin_turns(server);
        if (is_complete(server))
            break;
        if (server->flight_count == 0)
            await_somebody(server);
        else if (!take_next(server))
            break;
    }
    for (int i = 0; i < server->flight_count; i++)
        if (waits_for_decision(server->flights[i]))
            reject(server, i);
    fed_close_round(server);
    fed_settle_seeds(server);
    free_turns(server);
}

/* ---- the end ---- */

/* What the client has received is done with, but nobody has waited for it; all else is broken off. */
static void hang_up_on(struct fed_server *server, int i)
{
    if (server->sends[i] == NULL)
        return;
    if (server->flights[i]->messages_received == server->flights[i]->messages_down)
        take_send(server, i);
    else
        sim_cancel(server->me, server->sends[i]);
}

/* It came while the server made its last model: nobody looks at it, but it has crossed the network. */
static void count_arrival(struct fed_server *server, int i)
{
    const struct fed_turn *turn = server->flights[i];
    struct fed_tally *tally = server->tally;
    struct sim_message message = {0};

    if (sim_wait(server->me, server->waits[i], &message) != SIM_OK)
        return;
    tally->messages++;
    if (message.payload == NULL)
        return;
    tally->up_bytes += message.bytes;
    switch (turn->kind) {
    case FED_UPDATE:
        tally->uploads++;
        tally->level_uploads[turn->level]++;
        break;
    case FED_SKIP: tally->skips++; break;
    case FED_STOPPED: tally->stopped++; break;
    case FED_REPORT: tally->reports++; break;
    case FED_KEYS: tally->key_bytes += message.bytes; break;
    default: break;
    }
}

/* Has a message crossed the network that the server has not taken? */
static bool has_unheard(const struct fed_server *server, const struct fed_turn *turn)
{
    const struct fed_device *device = &server->fed->devices[turn->client];

    return device->told > device->heard;
}

/* To begin a message and to break it off at once wakes who waits for one, in no time and for no bytes. */
static void wake(struct fed_server *server, int peer)
{
    if (!sim_is_dead(server->me, peer) && !sim_has_finished(server->me, peer))
        sim_cancel(server->me, sim_start_send(server->me, peer, (struct sim_message){0, NULL}));
}

static void hang_up(struct fed_server *server)
{
    *server->fed->is_over = true;
    for (int i = 0; i < server->flight_count; i++) {
        if (has_unheard(server, server->flights[i]))
            count_arrival(server, i);
        else
            sim_cancel(server->me, server->waits[i]);
        hang_up_on(server, i);
    }
    for (int k = 0; k < server->clients; k++)
        wake(server, number_of(server, k));
    if (fed_has_trusted(server->fed))
        wake(server, sim_role(server->me->plan, "trusted")->peers[0]);
}

void fed_act_server(struct sim_peer *me)
{
    struct fed_server *server = open_server(me);

    for (; server->round < server->fed->rounds && !server->has_reached_target; server->round++)
        run_round(server);
    hang_up(server);
    if (server->tally->turns + server->tally->skips + server->tally->stopped == 0)
        sim_give_up(me, "in none of %d rounds an update has arrived", server->round);
    fed_tell_end(server);
}
