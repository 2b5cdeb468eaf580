/* rounds.c -- tables in which all members do alike (sim_step.all_alike), as round a ring: one step of all of them is a
 * few operations on vectors, and as long as all are at one time, and have equal ways and parts, on single numbers.
 *
 * Nobody ends such a table before all have begun it, so the members wait here for the last of them.  The recurrence, with
 * T_r when rank r is ready, d the distance to whom it sends, t_r what its transfer takes and c_r its addition:
 *
 *     E_r = max(T_r, T_{r+d}) + t_r          T_r' = max(E_{r-d}, E_r) + c_r
 *
 * It is exact where each link belongs to one sender or to one receiver, whose transfers follow one another. */
#include "sim/engine/ahead.h"
#include "sim/engine/collective.h"

#include <assert.h>
#include <string.h>

enum { LEAST_MEMBERS = 3, NOBODY_YET = -1, SEVERAL = -2 };

/* What the transfers of one collective have in common with a link. */
struct link_use {
    int64_t number;       /* of the rounds of whom the rest speaks */
    int sender, receiver; /* ranks */
    double begins_at;     /* no transfer before */
};

struct rounds {
    struct rounds *next;     /* that gather */
    int64_t number;          /* 1, 2, ... */
    struct sim_arena *arena; /* its own: a run may have millions of collectives */
    struct engine *engine;
    const struct sim_group *group;
    sim_steps *steps;
    const struct sim_buffer *buffer;
    int size, arrived;
    struct runner **runners; /* [size], by rank, as all that follows */

    double *ready, *begins, *ends; /* of the step under way */
    double *flop_per_second;
    double *spent[SIM_DOINGS]; /* in this phase */
    double added_flop;         /* by each rank, in all; of even parts */
    int *links, link_count;    /* that are used */

    int distance; /* of the channels; 0: none yet */
    struct channel **channels;
    double *latency_seconds, *bytes_per_second;
    bool ways_are_equal, speeds_are_equal;
    int64_t *bytes, messages; /* that they have carried, and are not counted yet */
    int64_t *step_bytes;      /* of the step, where parts differ */

    bool is_level; /* all are ready at `level`; no vector of times and seconds is in use */
    double level, level_end, level_spent[SIM_DOINGS];
    int64_t level_bytes;
};

/* ---- who is to take part ---- */

static bool is_of(const struct rounds *rounds, const struct runner *runner)
{
    return rounds->steps == runner->steps && rounds->size == runner->group->size &&
           rounds->runners[runner->rank] == NULL &&
           (rounds->group == runner->group ||
            memcmp(rounds->group->peers, runner->group->peers,
                   (size_t)rounds->size * sizeof *rounds->group->peers) == 0);
}

static struct rounds *gathering_of(const struct runner *runner)
{
    struct engine *engine = runner->peer->engine;
    struct rounds *rounds = engine->gathering;
    struct sim_arena *arena;

    while (rounds != NULL && !is_of(rounds, runner))
        rounds = rounds->next;
    if (rounds != NULL)
        return rounds;
    arena = sim_arena_open();
    rounds = sim_new(arena, struct rounds, 1);
    rounds->number = ++engine->rounds_begun;
    rounds->arena = arena;
    rounds->engine = engine;
    rounds->group = runner->group;
    rounds->steps = runner->steps;
    rounds->buffer = runner->buffer;
    rounds->size = runner->group->size;
    rounds->runners = sim_new(arena, struct runner *, (size_t)rounds->size);
    rounds->next = engine->gathering;
    engine->gathering = rounds;
    return rounds;
}

static void unlink_rounds(struct rounds *rounds)
{
    struct rounds **place = &rounds->engine->gathering;

    while (*place != rounds)
        place = &(*place)->next;
    *place = rounds->next;
}

/* ---- is it exact? ---- */

static bool buffers_are_alike(const struct rounds *rounds)
{
    for (int r = 0; r < rounds->size; r++)
        if (rounds->runners[r]->buffer->bytes != rounds->buffer->bytes ||
            rounds->runners[r]->buffer->flop_per_byte != rounds->buffer->flop_per_byte ||
            rounds->runners[r]->buffer->values != NULL)
            return false;
    return true;
}

/* False when the link is another's, too. */
static bool use_link(struct rounds *rounds, int link, int sender, int receiver)
{
    struct link_use *use = &rounds->engine->link_uses[link];
    const double begins_at = fmax(rounds->ready[sender], rounds->ready[receiver]);

    if (use->number != rounds->number) {
        *use = (struct link_use){rounds->number, sender, receiver, begins_at};
        rounds->links[rounds->link_count++] = link;
        return true;
    }
    if (use->sender != sender)
        use->sender = SEVERAL;
    if (use->receiver != receiver)
        use->receiver = SEVERAL;
    use->begins_at = fmin(use->begins_at, begins_at);
    return use->sender != SEVERAL || use->receiver != SEVERAL;
}

static struct channel *channel_of(const struct rounds *rounds, int rank, int distance)
{
    return channel_between(rounds->engine, rounds->group->peers[rank],
                           rounds->group->peers[(rank + distance) % rounds->size], 0);
}

static bool use_links(struct rounds *rounds, int distance)
{
    bool fine = true;

    for (int r = 0; r < rounds->size && fine; r++) {
        const struct channel *channel = channel_of(rounds, r, distance);
        const int to = (r + distance) % rounds->size;

        fine = !channel->is_local && channel->sends == NULL && channel->receives == NULL &&
               links_are_free_from(channel, rounds->engine, rounds->ready[r]);
        for (int i = 0; fine && i < channel->route->count; i++)
            fine = use_link(rounds, channel->route->links[i], r, to);
    }
    return fine;
}

static bool links_are_apart(struct rounds *rounds)
{
    struct sim_step step = {0};
    int distance = 0;

    for (int s = 0; rounds->steps(rounds->size, 0, s, &step); s++) {
        assert(step.all_alike && step.from == (rounds->size - step.to) % rounds->size);
        if (step.to != distance && !use_links(rounds, step.to))
            return false;
        distance = step.to;
        step = (struct sim_step){0};
    }
    return true;
}

/* ---- books ---- */

/* What the channels in use have carried since the last time. */
static void count_messages(struct rounds *rounds)
{
    for (int r = 0; r < rounds->size && rounds->messages > 0; r++) {
        channel_count(rounds->channels[r], rounds->messages, rounds->level_bytes + rounds->bytes[r],
                      rounds->runners[r]->peer->phase);
        rounds->bytes[r] = 0;
    }
    rounds->level_bytes = 0;
    rounds->messages = 0;
}

static void spend(struct rounds *rounds)
{
    for (int d = 0; d < SIM_DOINGS; d++) {
        for (int r = 0; r < rounds->size; r++) {
            const double seconds = rounds->level_spent[d] + rounds->spent[d][r];
            struct peer *peer = rounds->runners[r]->peer;

            if (seconds > 0)
                account_spend(peer, (enum sim_doing)d, seconds);
            if (d == SIM_COMPUTING)
                peer->dozed_seconds += seconds;
            rounds->spent[d][r] = 0;
        }
        rounds->level_spent[d] = 0;
    }
}

static void enter_phase(struct rounds *rounds, const char *phase)
{
    if (rounds->runners[0]->peer->phase_name == phase)
        return;
    count_messages(rounds);
    spend(rounds);
    for (int r = 0; r < rounds->size; r++)
        sim_phase(&rounds->runners[r]->peer->open, phase);
}

static void go_so_far(struct rounds *rounds, int distance)
{
    if (rounds->distance == distance)
        return;
    count_messages(rounds);
    rounds->distance = distance;
    rounds->ways_are_equal = true;
    for (int r = 0; r < rounds->size; r++) {
        struct channel *channel = rounds->channels[r] = channel_of(rounds, r, distance);

        rounds->latency_seconds[r] = channel->route->latency_seconds;
        rounds->bytes_per_second[r] = channel->route->bytes_per_second;
        rounds->ways_are_equal &= rounds->latency_seconds[r] == rounds->latency_seconds[0] &&
                                  rounds->bytes_per_second[r] == rounds->bytes_per_second[0];
    }
}

/* ---- a step where all is even ---- */

static bool parts_are_equal(const struct rounds *rounds, const struct sim_step *step)
{
    assert((step->send.of == rounds->size || step->send.of == 1) && step->send.mask == 0);
    return step->send.of == 1 || rounds->buffer->bytes % rounds->size == 0;
}

static void step_level(struct rounds *rounds, const struct sim_step *step)
{
    const int64_t bytes = collective_length(rounds->buffer->bytes, step->send);
    const double flop = collective_flop(rounds->buffer, step);
    const double begin = rounds->level;

    rounds->level_end = rounds->level = begin + rounds->latency_seconds[0] +
                                        engine_bytes_seconds(rounds->channels[0]->route, bytes);
    rounds->level_spent[SIM_RECEIVING] += rounds->level - begin;
    rounds->level += flop / rounds->flop_per_second[0];
    rounds->level_spent[SIM_COMPUTING] += flop / rounds->flop_per_second[0];
    rounds->level_bytes += engine_counted_bytes(bytes);
    rounds->added_flop += flop;
    rounds->messages++;
}

static void leave_level(struct rounds *rounds)
{
    for (int r = 0; r < rounds->size && rounds->is_level; r++) {
        rounds->ready[r] = rounds->level;
        rounds->ends[r] = rounds->level_end;
    }
    rounds->is_level = false;
}

/* ---- a step of vectors ---- */

static void cut_parts(struct rounds *rounds, const struct sim_step *step)
{
    struct sim_range part = step->send;
    const int64_t even = collective_length(rounds->buffer->bytes, part);
    const bool are_equal = parts_are_equal(rounds, step);

    for (int r = 0; r < rounds->size; r++) {
        rounds->step_bytes[r] = are_equal ? even : collective_length(rounds->buffer->bytes, part);
        rounds->bytes[r] += engine_counted_bytes(rounds->step_bytes[r]);
        if (++part.first == part.of)
            part.first = 0;
    }
}

/* Ranks from .. to - 1, whose receivers are `shift` places on. */
static void move(struct rounds *rounds, int from, int to, int shift)
{
    const double *ready = rounds->ready, *receiver = rounds->ready + shift;

    for (int r = from; r < to; r++) {
        const double begin = ready[r] > receiver[r] ? ready[r] : receiver[r];

        rounds->begins[r] = begin;
        rounds->ends[r] =
            begin + rounds->latency_seconds[r] +
            (double)rounds->step_bytes[r] * SIM_LIE_ABOUT_SECONDS / rounds->bytes_per_second[r];
    }
}

/* As a peer that waits for what it receives, then for what it sends; `shift` places on is its sender. */
static void arrive(struct rounds *rounds, int from, int to, int shift)
{
    const double *begins = rounds->begins + shift, *ends = rounds->ends + shift;

    for (int r = from; r < to; r++) {
        const double got = ends[r], gave = rounds->ends[r];
        const double sent_from = rounds->begins[r] > got ? rounds->begins[r] : got;

        rounds->spent[SIM_WAITING][r] += begins[r] - rounds->ready[r];
        rounds->spent[SIM_RECEIVING][r] += got - begins[r];
        if (gave > got) {
            rounds->spent[SIM_WAITING][r] += sent_from - got;
            rounds->spent[SIM_SENDING][r] += gave - sent_from;
        }
        rounds->ready[r] = gave > got ? gave : got;
    }
}

static void add_up(struct rounds *rounds, const struct sim_step *step)
{
    const double flop_per_byte = rounds->buffer->flop_per_byte;

    if (step->combine != SIM_SUM || flop_per_byte == 0)
        return;
    for (int r = 0; r < rounds->size; r++) {
        const int sender = (r - step->to + rounds->size) % rounds->size;
        const double flop = flop_per_byte * (double)rounds->step_bytes[sender];

        rounds->ready[r] += flop / rounds->flop_per_second[r];
        rounds->spent[SIM_COMPUTING][r] += flop / rounds->flop_per_second[r];
        rounds->runners[r]->added_flop += flop;
    }
}

static void step_uneven(struct rounds *rounds, const struct sim_step *step)
{
    const int n = rounds->size, d = step->to;

    leave_level(rounds);
    cut_parts(rounds, step);
    move(rounds, 0, n - d, d);
    move(rounds, n - d, n, d - n);
    arrive(rounds, 0, d, n - d);
    arrive(rounds, d, n, -d);
    add_up(rounds, step);
    rounds->messages++;
}

/* ---- all steps ---- */

static void open_vectors(struct rounds *rounds)
{
    const size_t size = (size_t)rounds->size;
    struct sim_arena *arena = rounds->arena;

    rounds->begins = sim_new(arena, double, size);
    rounds->ends = sim_new(arena, double, size);
    rounds->flop_per_second = sim_new(arena, double, size);
    for (int d = 0; d < SIM_DOINGS; d++)
        rounds->spent[d] = sim_new(arena, double, size);
    rounds->channels = sim_new(arena, struct channel *, size);
    rounds->latency_seconds = sim_new(arena, double, size);
    rounds->bytes_per_second = sim_new(arena, double, size);
    rounds->bytes = sim_new(arena, int64_t, size);
    rounds->step_bytes = sim_new(arena, int64_t, size);
}

/* Where all begin at one time, on equal hosts, they may stay level. */
static void look_at_peers(struct rounds *rounds)
{
    rounds->is_level = rounds->speeds_are_equal = true;
    rounds->level = rounds->ready[0];
    for (int r = 0; r < rounds->size; r++) {
        const struct peer *peer = rounds->runners[r]->peer;

        rounds->flop_per_second[r] = peer->engine->world->hosts[peer->host_place].flop_per_second;
        rounds->is_level &= rounds->ready[r] == rounds->level;
        rounds->speeds_are_equal &= rounds->flop_per_second[r] == rounds->flop_per_second[0];
    }
}

static void follow_steps(struct rounds *rounds)
{
    struct sim_step step = {0};

    for (int s = 0; rounds->steps(rounds->size, 0, s, &step); s++) {
        enter_phase(rounds, step.phase);
        go_so_far(rounds, step.to);
        if (rounds->is_level && rounds->ways_are_equal && parts_are_equal(rounds, &step) &&
            (rounds->speeds_are_equal || collective_flop(rounds->buffer, &step) == 0))
            step_level(rounds, &step);
        else
            step_uneven(rounds, &step);
        step = (struct sim_step){0};
    }
    leave_level(rounds);
    count_messages(rounds);
    spend(rounds);
}

static void keep_links(const struct rounds *rounds)
{
    struct engine *engine = rounds->engine;

    for (int i = 0; i < rounds->link_count; i++) {
        const struct link_use *use = &engine->link_uses[rounds->links[i]];
        const double end =
            use->sender != SEVERAL ? rounds->ends[use->sender] : rounds->ready[use->receiver];

        links_keep(engine, rounds->links[i], use->begins_at, fmax(end, use->begins_at));
    }
}

static void let_go(struct rounds *rounds)
{
    for (int r = 0; r < rounds->size; r++) {
        struct runner *runner = rounds->runners[r];
        const double flop = rounds->added_flop + runner->added_flop;

        runner->clock = rounds->ready[r];
        account_added(runner->peer, flop);
        ahead_is_over(runner);
    }
}

static bool play(struct rounds *rounds)
{
    struct engine *engine = rounds->engine;
    const size_t links = (size_t)engine->record->link_count;

    if (engine->link_uses == NULL)
        engine->link_uses = sim_new(engine->arena, struct link_use, links);
    rounds->ready = sim_new(rounds->arena, double, (size_t)rounds->size);
    rounds->links = sim_new(rounds->arena, int, links);
    for (int r = 0; r < rounds->size; r++)
        rounds->ready[r] = rounds->runners[r]->clock;
    if (!buffers_are_alike(rounds) || !links_are_apart(rounds))
        return false;
    open_vectors(rounds);
    look_at_peers(rounds);
    follow_steps(rounds);
    keep_links(rounds);
    let_go(rounds);
    return true;
}

bool rounds_join(struct runner *runner)
{
    const struct engine *engine = runner->peer->engine;
    struct sim_step step = {0};
    struct rounds *rounds;

    if (engine->keeps_events || runner->group->size < LEAST_MEMBERS ||
        !runner->steps(runner->group->size, 0, 0, &step) || !step.all_alike)
        return false;
    rounds = gathering_of(runner);
    rounds->runners[runner->rank] = runner;
    if (++rounds->arrived < rounds->size)
        return true;
    unlink_rounds(rounds);
    if (!play(rounds))
        for (int r = 0; r < rounds->size; r++)
            ahead_begin(rounds->runners[r]);
    sim_arena_close(rounds->arena);
    return true;
}

void rounds_close(struct engine *engine)
{
    while (engine->gathering != NULL) {
        struct rounds *rounds = engine->gathering;

        engine->gathering = rounds->next;
        sim_arena_close(rounds->arena);
    }
}
