#include "algorithms/collectives/shared/collective.h"

void collective_prepare(struct sim_plan *plan, const struct collective_way *way)
{
    plan->prepared = way;
    sim_cast(plan, "worker", collective_workers(plan));
}

const struct collective_way *collective_way(const struct sim_plan *plan)
{
    return plan->prepared;
}

int collective_workers(const struct sim_plan *plan)
{
    return ((const struct collective *)plan->parameters)->workers;
}

/* ---- the worker ---- */

struct sim_lane collective_single_lane(struct sim_arena *arena, const struct sim_group *group,
                                       sim_steps *steps, struct sim_buffer buffer)
{
    struct sim_stage *stage = sim_new(arena, struct sim_stage, 1);

    *stage = (struct sim_stage){.group = group, .steps = steps, .buffer = buffer};
    return (struct sim_lane){.stages = stage, .count = 1};
}

static int lanes_each(const struct collective_way *way)
{
    return way->lanes_each > 0 ? way->lanes_each : 1;
}

struct sim_lane *collective_lanes(const struct sim_plan *plan, int place,
                                  const struct sim_buffer *buffer, int *count)
{
    const struct collective *wanted = plan->parameters;
    const struct collective_way *way = collective_way(plan);
    const int each = lanes_each(way);
    struct sim_lane *lanes;

    *count = wanted->chunks * each;
    lanes = sim_new(plan->arena, struct sim_lane, (size_t)*count);
    for (int c = 0; c < wanted->chunks; c++) {
        const struct sim_buffer chunk = sim_slice(buffer, sim_chunk(wanted->chunks, c));

        if (way->lay != NULL)
            way->lay(plan, place, chunk, &lanes[c * each]);
        else
            lanes[c] =
                collective_single_lane(plan->arena, sim_role(plan, "worker"), way->steps, chunk);
    }
    return lanes;
}

static double bus_factor(enum collective_result result, double n)
{
    switch (result) {
    case COLLECTIVE_ALL_REDUCE: return 2 * (n - 1) / n;
    case COLLECTIVE_BROADCAST: return 1;
    default: return (n - 1) / n;
    }
}

static void report(struct sim_peer *me, double seconds)
{
    const struct collective *wanted = me->parameters;
    const double bandwidth = (double)wanted->bytes / seconds;

    if (!(seconds > 0))
        return;
    sim_note(me, "algorithm_bandwidth_bytes_per_second", bandwidth);
    sim_note(me, "bus_bandwidth_bytes_per_second",
             bandwidth * bus_factor(collective_way(me->plan)->result, wanted->workers));
}

void collective_worker(struct sim_peer *me)
{
    const struct collective *wanted = me->parameters;
    const struct sim_buffer buffer = {.bytes = wanted->bytes,
                                      .flop_per_byte = wanted->flop_per_byte};
    const int at_once = wanted->chunks_at_once * lanes_each(collective_way(me->plan));
    double seconds = 0, last = 0;
    int count;
    const struct sim_lane *lanes = collective_lanes(me->plan, me->index, &buffer, &count);

    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        double begin;

        seconds += turn.skipped * last;
        sim_phase(me, "compute");
        sim_compute_for(me, wanted->compute_seconds * sim_jitter(me, wanted->compute_jitter));
        begin = sim_now(me);
        if (sim_lanes(me, lanes, count, at_once) != SIM_OK)
            sim_give_up(me, "a worker or a link of its collective is dead, and the others cannot "
                            "finish without it");
        last = sim_now(me) - begin;
        seconds += last;
    }
    report(me, seconds / me->plan->iterations);
}

/* ---- laws: of one buffer, for all chunks and iterations ---- */

bool collective_divides(const struct sim_plan *plan, int parts)
{
    return ((const struct collective *)plan->parameters)->bytes % parts == 0;
}

bool collective_even(const struct sim_plan *plan)
{
    return collective_divides(plan, collective_workers(plan));
}

bool collective_once_or_even(const struct sim_plan *plan)
{
    return plan->iterations == 1 || collective_even(plan);
}

double collective_all_bytes(const struct sim_plan *plan)
{
    const struct collective *wanted = plan->parameters;
    double sum = 0;

    for (int c = 0; c < wanted->chunks; c++) {
        const int64_t begin = sim_part_begin(wanted->bytes, c, wanted->chunks);
        const int64_t end = sim_part_begin(wanted->bytes, c + 1, wanted->chunks);

        sum += collective_way(plan)->all_bytes(plan, end - begin);
    }
    return sum * plan->iterations;
}

double collective_all_messages(const struct sim_plan *plan)
{
    const struct collective *wanted = plan->parameters;

    return collective_way(plan)->all_messages(plan) * wanted->chunks * plan->iterations;
}

double collective_busiest_card(const struct sim_plan *plan)
{
    const struct collective *wanted = plan->parameters;

    return wanted->workers == 1
               ? 0
               : collective_way(plan)->busiest_card(plan, wanted->bytes) * plan->iterations;
}

bool collective_card_holds(const struct sim_plan *plan)
{
    return ((const struct collective *)plan->parameters)->chunks == 1 && sim_has_own_hosts(plan);
}

double collective_n_minus_1(const struct sim_plan *plan, int64_t bytes)
{
    return (collective_workers(plan) - 1.0) * (double)bytes;
}

double collective_twice_n_minus_1(const struct sim_plan *plan, int64_t bytes)
{
    return 2 * collective_n_minus_1(plan, bytes);
}

double collective_all_but_one(const struct sim_plan *plan, int64_t bytes)
{
    const int64_t smallest = bytes / collective_workers(plan);

    return (double)(bytes - smallest);
}

double collective_one_part_again(const struct sim_plan *plan, int64_t bytes)
{
    const int n = collective_workers(plan);

    return (n - 1) * (double)sim_largest_chunk(bytes, n);
}

double collective_n_squared_minus_n(const struct sim_plan *plan)
{
    const double n = collective_workers(plan);

    return n * (n - 1);
}

double collective_n_lg_n(const struct sim_plan *plan)
{
    const int n = collective_workers(plan);

    return (double)n * collective_ceil_log2(n);
}

struct collective_path collective_hops(const struct sim_plan *plan, int64_t bytes)
{
    return (struct collective_path){collective_workers(plan) - 1,
                                    collective_one_part_again(plan, bytes), 0};
}

struct collective_path collective_hops_with_sums(const struct sim_plan *plan, int64_t bytes)
{
    struct collective_path path = collective_hops(plan, bytes);

    path.added_bytes = path.bytes;
    return path;
}

/* ---- laws of seconds ---- */

bool collective_ring_edges(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");

    if (i >= workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[i], workers->peers[(i + 1) % workers->size]};
    return true;
}

bool collective_all_edges(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");
    const int from = i / workers->size, to = i % workers->size;

    if (from >= workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[from], workers->peers[to]};
    return true;
}

/* Who sends to whom in a table: rank by rank, round by round; idle ranks talk to themselves. */
static bool table_edges(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");
    const int n = workers->size, rank = i % n;
    struct sim_step step;

    if (!collective_way(plan)->steps(n, rank, i / n, &step))
        return false;
    *edge = (struct sim_edge){workers->peers[rank],
                              workers->peers[step.to == SIM_NOBODY ? rank : step.to]};
    return true;
}

static bool is_one_switch(const struct sim_plan *plan, struct sim_switch *found)
{
    sim_edges *edges = collective_way(plan)->edges;

    return sim_is_one_switch(plan, edges != NULL ? edges : table_edges, found);
}

bool collective_seconds_hold(const struct sim_plan *plan)
{
    const struct collective *wanted = plan->parameters;
    const struct collective_way *way = collective_way(plan);
    struct sim_switch found;

    if (way->edges == collective_all_edges && wanted->workers > COLLECTIVE_MOST_PAIRED)
        return false;
    return wanted->compute_jitter == 0 && wanted->chunks == 1 &&
           (way->path_is_exact == NULL || way->path_is_exact(plan)) && is_one_switch(plan, &found);
}

double collective_seconds(const struct sim_plan *plan)
{
    const struct collective *wanted = plan->parameters;
    struct collective_path path = {0};
    struct sim_switch on = {0};

    is_one_switch(plan, &on);
    if (wanted->workers > 1)
        path = collective_way(plan)->path(plan, wanted->bytes);
    return plan->iterations * (wanted->compute_seconds + path.messages * on.latency_seconds +
                               path.bytes / on.bytes_per_second +
                               wanted->flop_per_byte * path.added_bytes / on.flop_per_second);
}
