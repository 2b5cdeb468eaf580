#include "algorithms/pipeline/shared/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- making ---- */

struct schedule *schedule_new(struct sim_arena *arena, int stages, int chunks, int microbatches,
                              const int *replicas, bool is_split)
{
    struct schedule *schedule = sim_new(arena, struct schedule, 1);
    int *copied = sim_new(arena, int, (size_t)stages), *first = sim_new(arena, int, (size_t)stages);
    int *stage_of, workers = 0;

    for (int s = 0; s < stages; s++) {
        copied[s] = replicas[s];
        first[s] = workers;
        workers += replicas[s];
    }
    stage_of = sim_new(arena, int, (size_t)workers);
    for (int s = 0; s < stages; s++)
        for (int r = 0; r < replicas[s]; r++)
            stage_of[first[s] + r] = s;
    *schedule = (struct schedule){.arena = arena,
                                  .stages = stages,
                                  .chunks = chunks,
                                  .microbatches = microbatches,
                                  .is_split = is_split,
                                  .workers = workers,
                                  .replicas = copied,
                                  .first_worker = first,
                                  .stage_of = stage_of,
                                  .orders = sim_new(arena, struct order, (size_t)workers)};
    return schedule;
}

void schedule_add(const struct desk *desk, enum operation_kind kind, int microbatch, int chunk)
{
    struct schedule *schedule = desk->schedule;
    struct order *order = &schedule->orders[schedule->first_worker[desk->stage] + desk->replica];

    if (order->count == order->room) {
        const int room = order->room == 0 ? 64 : 2 * order->room;
        struct operation *larger = sim_new(schedule->arena, struct operation, (size_t)room);

        if (order->count > 0)
            memcpy(larger, order->operations, (size_t)order->count * sizeof *larger);
        order->operations = larger;
        order->room = room;
    }
    order->operations[order->count++] = (struct operation){
        .kind = (short)kind,
        .chunk = (short)chunk,
        .microbatch = microbatch * schedule->replicas[desk->stage] + desk->replica};
}

void schedule_write(struct schedule *schedule, schedule_order *order)
{
    for (int s = 0; s < schedule->stages; s++)
        for (int r = 0; r < schedule->replicas[s]; r++) {
            const int each = schedule->replicas[s];
            const struct desk desk = {.schedule = schedule,
                                      .stage = s,
                                      .replica = r,
                                      .stages = schedule->stages,
                                      .count = (schedule->microbatches - r + each - 1) / each};

            order(&desk);
        }
}

/* ---- asking ---- */

int schedule_worker(const struct schedule *schedule, int part, int microbatch)
{
    const int stage = part % schedule->stages;

    return schedule->first_worker[stage] + microbatch % schedule->replicas[stage];
}

int schedule_part(const struct schedule *schedule, int worker, const struct operation *operation)
{
    return operation->chunk * schedule->stages + schedule->stage_of[worker];
}

int schedule_source(const struct schedule *schedule, int worker, const struct operation *operation,
                    enum operation_kind *kind)
{
    const int part = schedule_part(schedule, worker, operation);
    const int last = schedule->stages * schedule->chunks - 1;

    switch (operation->kind) {
    case FORWARD: *kind = FORWARD; return part - 1;
    case WEIGHT_GRADIENT: return -1;
    default:
        *kind = schedule->is_split ? INPUT_GRADIENT : BACKWARD;
        return part == last ? -1 : part + 1;
    }
}

const char *operation_name(const struct schedule *schedule, const struct operation *operation,
                           char text[24])
{
    static const char letters[] = {
        [FORWARD] = 'F', [BACKWARD] = 'B', [INPUT_GRADIENT] = 'B', [WEIGHT_GRADIENT] = 'W'};

    if (schedule->chunks > 1)
        snprintf(text, 24, "%c%d.%d", letters[operation->kind], operation->microbatch,
                 operation->chunk);
    else
        snprintf(text, 24, "%c%d", letters[operation->kind], operation->microbatch);
    return text;
}

int schedule_peak(const struct schedule *schedule, int worker)
{
    const struct order *order = &schedule->orders[worker];
    int held = 0, peak = 0;

    for (int i = 0; i < order->count; i++) {
        held += order->operations[i].kind == FORWARD;
        peak = held > peak ? held : peak;
        held -=
            order->operations[i].kind == BACKWARD || order->operations[i].kind == INPUT_GRADIENT;
    }
    return peak;
}

const char *schedule_text(const struct schedule *schedule)
{
    size_t room = 1, used = 0;
    char *text, name[24];

    for (int w = 0; w < schedule->workers; w++)
        room += 64 + 24 * (size_t)schedule->orders[w].count;
    text = sim_new(schedule->arena, char, room);
    for (int w = 0; w < schedule->workers; w++) {
        const int stage = schedule->stage_of[w];
        const struct order *order = &schedule->orders[w];

        used += (size_t)snprintf(text + used, room - used, "stage %d", stage);
        if (schedule->replicas[stage] > 1)
            used += (size_t)snprintf(text + used, room - used, " replica %d",
                                     w - schedule->first_worker[stage]);
        text[used++] = ':';
        for (int i = 0; i < order->count; i++)
            used += (size_t)snprintf(text + used, room - used, " %s",
                                     operation_name(schedule, &order->operations[i], name));
        text[used++] = '\n';
    }
    return text;
}

/* ---- walking through it ---- */

/* What is known of part v's work on micro-batch b. */
struct result {
    double ended_at; /* NAN: not yet */
    int waiter;      /* the worker that waits for it; -1: nobody */
};

struct walk {
    const struct schedule *schedule;
    const struct schedule_costs *costs; /* NULL: only whether it comes to its end */
    struct result *forward, *backward;  /* [parts x microbatches] */
    int *next;                          /* by worker: the operation that it is to do */
    double *free_at, *began_at;         /* by worker */
    int *ready, ready_count;            /* workers that may go on */
    double *was_free_at;                /* likewise, before the last walk */
    double busy_seconds;
};

static struct result *result_of(const struct walk *walk, enum operation_kind kind, int part,
                                int microbatch)
{
    return &(kind == FORWARD ? walk->forward
                             : walk->backward)[(size_t)part * (size_t)walk->schedule->microbatches +
                                               (size_t)microbatch];
}

static void walk_open(struct walk *walk, const struct schedule *schedule,
                      const struct schedule_costs *costs)
{
    const size_t workers = (size_t)schedule->workers;
    const size_t results =
        (size_t)schedule->stages * (size_t)schedule->chunks * (size_t)schedule->microbatches;

    *walk = (struct walk){.schedule = schedule,
                          .costs = costs,
                          .forward = sim_new(schedule->arena, struct result, results),
                          .backward = sim_new(schedule->arena, struct result, results),
                          .next = sim_new(schedule->arena, int, workers),
                          .free_at = sim_new(schedule->arena, double, workers),
                          .began_at = sim_new(schedule->arena, double, workers),
                          .was_free_at = sim_new(schedule->arena, double, workers),
                          .ready = sim_new(schedule->arena, int, workers)};
}

static void walk_begin(struct walk *walk)
{
    const size_t results = (size_t)walk->schedule->stages * (size_t)walk->schedule->chunks *
                           (size_t)walk->schedule->microbatches;

    for (size_t i = 0; i < results; i++)
        walk->forward[i] = walk->backward[i] = (struct result){NAN, -1};
    for (int w = 0; w < walk->schedule->workers; w++) {
        walk->next[w] = 0;
        walk->began_at[w] = NAN;
        walk->was_free_at[w] = walk->free_at[w];
        walk->ready[w] = w;
    }
    walk->ready_count = walk->schedule->workers;
}

/* When what the operation waits for is there; NAN: not yet, and then the worker is noted down. */
static double arrival(const struct walk *walk, int worker, const struct operation *operation)
{
    enum operation_kind kind;
    const int part = schedule_source(walk->schedule, worker, operation, &kind);
    struct result *result;
    int from;

    if (part < 0)
        return 0;
    result = result_of(walk, kind, part, operation->microbatch);
    if (isnan(result->ended_at)) {
        result->waiter = worker;
        return NAN;
    }
    from = schedule_worker(walk->schedule, part, operation->microbatch);
    return result->ended_at +
           (walk->costs == NULL || from == worker
                ? 0
                : walk->costs->hop_seconds(walk->costs->context, from, worker, kind != FORWARD));
}

/* All that the worker can do now. */
static void advance(struct walk *walk, int worker)
{
    const struct order *order = &walk->schedule->orders[worker];

    while (walk->next[worker] < order->count) {
        const struct operation *operation = &order->operations[walk->next[worker]];
        const double at = arrival(walk, worker, operation);
        double begin, seconds = 0;
        struct result *result;

        if (isnan(at))
            return;
        begin = fmax(at, walk->free_at[worker]);
        if (walk->costs != NULL)
            seconds = walk->costs->operation_seconds(walk->costs->context, worker, operation);
        if (isnan(walk->began_at[worker]))
            walk->began_at[worker] = begin;
        walk->free_at[worker] = begin + seconds;
        walk->busy_seconds += seconds;
        walk->next[worker]++;
        if (operation->kind == WEIGHT_GRADIENT)
            continue;
        result = result_of(walk, (enum operation_kind)operation->kind,
                           schedule_part(walk->schedule, worker, operation), operation->microbatch);
        result->ended_at = begin + seconds;
        if (result->waiter >= 0 && result->waiter != worker)
            walk->ready[walk->ready_count++] = result->waiter;
        result->waiter = -1;
    }
}

static void walk_through(struct walk *walk)
{
    walk_begin(walk);
    while (walk->ready_count > 0)
        advance(walk, walk->ready[--walk->ready_count]);
}

/* All workers are free as much later than before the last walk as the first is: so it will be after the next. */
static bool is_periodic(const struct walk *walk)
{
    const double period = walk->free_at[0] - walk->was_free_at[0];

    for (int w = 1; w < walk->schedule->workers; w++)
        if (fabs(walk->free_at[w] - walk->was_free_at[w] - period) > 1e-14 * walk->free_at[w])
            return false;
    return true;
}

struct schedule_times schedule_time(const struct schedule *schedule,
                                    const struct schedule_costs *costs, int iterations)
{
    struct schedule_times times = {0};
    struct walk walk;

    walk_open(&walk, schedule, costs);
    for (int left = iterations, count = 1; left > 0; left -= count) {
        const double busy_seconds = walk.busy_seconds;
        double longest = 0;

        walk_through(&walk);
        count = is_periodic(&walk) ? left : 1;
        for (int w = 0; w < schedule->workers; w++) {
            longest = fmax(longest, walk.free_at[w] - walk.began_at[w]);
            times.seconds =
                fmax(times.seconds,
                     walk.free_at[w] + (count - 1) * (walk.free_at[w] - walk.was_free_at[w]));
        }
        times.iteration_seconds += count * longest / iterations;
        times.busy_seconds += count * (walk.busy_seconds - busy_seconds);
    }
    return times;
}

/* ---- checking ---- */

static const char *who(const struct schedule *schedule, int worker)
{
    const int stage = schedule->stage_of[worker];

    return schedule->replicas[stage] == 1 ? sim_text(schedule->arena, "stage %d", stage)
                                          : sim_text(schedule->arena, "stage %d replica %d", stage,
                                                     worker - schedule->first_worker[stage]);
}

enum { MOST_COMPLAINTS = 8 };

static bool is_complete(const struct schedule *schedule, int worker, struct sim_error *err)
{
    const struct order *order = &schedule->orders[worker];
    const int stage = schedule->stage_of[worker], each = schedule->replicas[stage];
    const int replica = worker - schedule->first_worker[stage];
    const size_t room =
        (size_t)OPERATION_KINDS * (size_t)schedule->chunks * (size_t)schedule->microbatches;
    int *places = sim_new(schedule->arena, int, room); /* + 1 */
    int complaints = 0;
    char name[24];

#define PLACE(kind, chunk, b)                                                                      \
    places[((size_t)(kind) * (size_t)schedule->chunks + (size_t)(chunk)) *                         \
               (size_t)schedule->microbatches +                                                    \
           (size_t)(b)]
    for (int i = 0; i < order->count && complaints < MOST_COMPLAINTS; i++) {
        const struct operation *operation = &order->operations[i];
        int *place = &PLACE(operation->kind, operation->chunk, operation->microbatch);

        if (*place != 0 && ++complaints)
            sim_fail(err, "%s does %s twice.", who(schedule, worker),
                     operation_name(schedule, operation, name));
        *place = i + 1;
    }
    for (int b = replica; b < schedule->microbatches; b += each)
        for (int c = 0; c < schedule->chunks; c++)
            for (int kind = FORWARD; kind < OPERATION_KINDS && complaints < MOST_COMPLAINTS;
                 kind++) {
                const bool is_wanted = kind == FORWARD || (kind == BACKWARD) != schedule->is_split;
                const struct operation operation = {(short)kind, (short)c, b};
                const int before = kind == FORWARD           ? 1
                                   : kind == WEIGHT_GRADIENT ? PLACE(INPUT_GRADIENT, c, b)
                                                             : PLACE(FORWARD, c, b);

                if (is_wanted && PLACE(kind, c, b) == 0 && ++complaints)
                    sim_fail(err, "%s never does %s.", who(schedule, worker),
                             operation_name(schedule, &operation, name));
                else if (is_wanted && kind != FORWARD && before > PLACE(kind, c, b) && ++complaints)
                    sim_fail(
                        err,
                        "%s does %s before that on which it rests, %s of the same micro-batch.",
                        who(schedule, worker), operation_name(schedule, &operation, name),
                        kind == WEIGHT_GRADIENT ? "B" : "F");
            }
#undef PLACE
    return complaints == 0;
}

static void tell_waits(const struct walk *walk, struct sim_error *err)
{
    const struct schedule *schedule = walk->schedule;
    int told = 0;

    sim_fail(err, "The schedule cannot come to its end; these operations wait for each other:");
    for (int w = 0; w < schedule->workers && told < MOST_COMPLAINTS; w++) {
        const struct operation *operation = &schedule->orders[w].operations[walk->next[w]];
        enum operation_kind kind;
        char name[24], other[24];
        struct operation source;
        int part;

        if (walk->next[w] == schedule->orders[w].count)
            continue;
        part = schedule_source(schedule, w, operation, &kind);
        source = (struct operation){(short)kind, (short)(part / schedule->stages),
                                    operation->microbatch};
        sim_fail(err, "  %s waits with %s for %s of %s.", who(schedule, w),
                 operation_name(schedule, operation, name),
                 operation_name(schedule, &source, other),
                 who(schedule, schedule_worker(schedule, part, operation->microbatch)));
        told++;
    }
}

bool schedule_check(const struct schedule *schedule, struct sim_error *err)
{
    struct walk walk;
    bool fine = true;

    for (int w = 0; w < schedule->workers; w++)
        fine &= is_complete(schedule, w, err);
    if (!fine)
        return false;
    walk_open(&walk, schedule, NULL);
    walk_through(&walk);
    for (int w = 0; w < schedule->workers && fine; w++)
        fine = walk.next[w] == schedule->orders[w].count;
    if (!fine)
        tell_waits(&walk, err);
    return fine;
}
