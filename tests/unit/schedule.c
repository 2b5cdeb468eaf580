/* Pipeline schedules as data: the orders that papers print, most micro-batches, and the longest way. */
#include "tests/unit/close.h"

#include "algorithms/pipeline/shared/pipeline.h"
#include "sim/base/random.h"
#include "sim/scenario/casting.h"
#include "sim/scenario/parameters.h"

extern const struct sim_algorithm naive_model_parallelism, gpipe, one_f_one_b,
    interleaved_one_f_one_b, zb_h1, zb_h2;

static const double F = 0.01373, B = 0.02191, W = 0.00917, HOP = 0.00031;

static bool is_split(const struct sim_algorithm *algorithm)
{
    return algorithm == &zb_h1 || algorithm == &zb_h2;
}

/* The schedule that a system prepares. */
static const struct schedule *written(const struct sim_algorithm *algorithm,
                                      struct sim_arena *arena, int stages, int microbatches,
                                      int chunks)
{
    struct pipeline *own = sim_new(arena, struct pipeline, 1);
    struct sim_plan *plan = sim_new(arena, struct sim_plan, 1);
    struct sim_error err = {0};

    sim_parameters_default(algorithm->parameters, own);
    own->stages = stages;
    own->microbatches = microbatches;
    own->chunks = chunks;
    own->forward_seconds = F;
    if (is_split(algorithm)) {
        own->input_gradient_seconds = B;
        own->weight_gradient_seconds = W;
    } else {
        own->backward_seconds = B;
    }
    *plan = (struct sim_plan){.algorithm = algorithm,
                              .parameters = own,
                              .iterations = 1,
                              .arena = arena,
                              .casting = sim_casting_open(arena)};
    if (!algorithm->prepare(plan, &err))
        fail_msg("%s, %d stages, %d micro-batches: %s", algorithm->name, stages, microbatches,
                 err.text);
    return pipeline_layout(plan)->schedule;
}

/* ---- orders ---- */

struct printed {
    const char *name;
    const struct sim_algorithm *algorithm;
    int stages, microbatches, chunks, stage;
    const char *line;
};

static struct printed orders[] = {
    {"gpipe goes backward from the last micro-batch", &gpipe, 4, 5, 0, 2,
     "stage 2: F0 F1 F2 F3 F4 B4 B3 B2 B1 B0"},
    {"naive_model_parallelism has one mini-batch under way", &naive_model_parallelism, 3, 3, 0, 1,
     "stage 1: F0 B0 F1 B1 F2 B2"},
    {"1F1B, the first of four stages", &one_f_one_b, 4, 8, 0, 0,
     "stage 0: F0 F1 F2 F3 B0 F4 B1 F5 B2 F6 B3 F7 B4 B5 B6 B7"},
    {"1F1B, the last of four stages", &one_f_one_b, 4, 8, 0, 3,
     "stage 3: F0 B0 F1 B1 F2 B2 F3 B3 F4 B4 F5 B5 F6 B6 F7 B7"},
    {"1F1B, fewer micro-batches than stages", &one_f_one_b, 5, 2, 0, 1, "stage 1: F0 F1 B0 B1"},
    {"interleaved 1F1B, the first of four stages", &interleaved_one_f_one_b, 4, 8, 2, 0,
     "stage 0: F0.0 F1.0 F2.0 F3.0 F0.1 F1.1 F2.1 F3.1 F4.0 F5.0 F6.0 B0.1 F7.0 B1.1 F4.1 B2.1 "
     "F5.1 B3.1 F6.1 B0.0 F7.1 B1.0 B2.0 B3.0 B4.1 B5.1 B6.1 B7.1 B4.0 B5.0 B6.0 B7.0"},
    {"interleaved 1F1B, the last of four stages", &interleaved_one_f_one_b, 4, 8, 2, 3,
     "stage 3: F0.0 F1.0 F2.0 F3.0 F0.1 B0.1 F1.1 B1.1 F2.1 B2.1 F3.1 B3.1 F4.0 B0.0 F5.0 B1.0 "
     "F6.0 B2.0 F7.0 B3.0 F4.1 B4.1 F5.1 B5.1 F6.1 B6.1 F7.1 B7.1 B4.0 B5.0 B6.0 B7.0"},
    {"ZB-H1, the first of four stages: W follows B", &zb_h1, 4, 6, 0, 0,
     "stage 0: F0 F1 F2 F3 B0 W0 F4 B1 W1 F5 B2 W2 B3 W3 B4 W4 B5 W5"},
    {"ZB-H1, the last of four stages: W is three late", &zb_h1, 4, 6, 0, 3,
     "stage 3: F0 B0 F1 B1 F2 B2 F3 B3 W0 F4 B4 W1 F5 B5 W2 W3 W4 W5"},
    {"ZB-H2, the first of two stages", &zb_h2, 2, 4, 0, 0,
     "stage 0: F0 F1 F2 B0 W0 F3 B1 W1 B2 W2 B3 W3"},
    {"ZB-H2, the last of two stages: W is two late", &zb_h2, 2, 4, 0, 1,
     "stage 1: F0 B0 F1 B1 F2 B2 W0 F3 B3 W1 W2 W3"},
};

static void is_as_printed(void **state)
{
    const struct printed *printed = *state;
    struct sim_arena *arena = sim_arena_open();
    const char *text = schedule_text(written(printed->algorithm, arena, printed->stages,
                                             printed->microbatches, printed->chunks));

    for (int s = 0; s < printed->stage; s++)
        text = strchr(text, '\n') + 1;
    assert_string_equal(sim_text(arena, "%.*s", (int)strcspn(text, "\n"), text), printed->line);
    sim_arena_close(arena);
}

/* ---- peaks ---- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int naive_peak(int p, int s, int m, int v)
{
    (void)p, (void)s, (void)m, (void)v;
    return 1;
}

static int gpipe_peak(int p, int s, int m, int v)
{
    (void)p, (void)s, (void)v;
    return m;
}

static int one_f_one_b_peak(int p, int s, int m, int v)
{
    (void)v;
    return least(p - s, m);
}

static int interleaved_peak(int p, int s, int m, int v)
{
    return least(2 * (p - s - 1) + (v - 1) * p + 1, m * v);
}

static int zb_h2_peak(int p, int s, int m, int v)
{
    (void)v;
    return least(2 * (p - s) - 1, m);
}

struct peaks {
    const char *name;
    const struct sim_algorithm *algorithm;
    int (*peak)(int p, int s, int m, int v);
};

static struct peaks peaks[] = {
    {"naive_model_parallelism stores one", &naive_model_parallelism, naive_peak},
    {"gpipe stores M on every stage", &gpipe, gpipe_peak},
    {"1F1B stores min(P-s, M)", &one_f_one_b, one_f_one_b_peak},
    {"interleaved 1F1B stores min(2(P-s-1) + (v-1)P + 1, Mv) pairs", &interleaved_one_f_one_b,
     interleaved_peak},
    {"ZB-H1 stores as many as 1F1B", &zb_h1, one_f_one_b_peak},
    {"ZB-H2 stores min(2(P-s)-1, M)", &zb_h2, zb_h2_peak},
};

/* prepare has checked each of these schedules: so they are complete and come to their end. */
static void stores_at_most(void **state)
{
    const struct peaks *of = *state;
    const bool has_chunks = of->algorithm == &interleaved_one_f_one_b;

    for (int p = 1; p <= 9; p++)
        for (int k = 1; k <= 19; k += has_chunks ? 6 : 1)
            for (int v = 1; v <= (has_chunks ? 4 : 1); v++) {
                struct sim_arena *arena = sim_arena_open();
                const int m = has_chunks ? (k + 5) / 6 * p : k;
                const struct schedule *schedule =
                    written(of->algorithm, arena, p, m, has_chunks ? v : 0);

                for (int s = 0; s < p; s++)
                    if (schedule_peak(schedule, s) != of->peak(p, s, m, v))
                        fail_msg("%d stages, %d micro-batches, %d chunks: stage %d stores %d, "
                                 "not %d",
                                 p, m, v, s, schedule_peak(schedule, s), of->peak(p, s, m, v));
                sim_arena_close(arena);
            }
}

/* ---- times ---- */

struct uniform {
    double seconds[OPERATION_KINDS], hop;
    int chunks;
};

static double uniform_operation(const void *context, int worker, const struct operation *operation)
{
    const struct uniform *uniform = context;

    (void)worker;
    return uniform->seconds[operation->kind] / uniform->chunks;
}

static double uniform_hop(const void *context, int from, int to, bool is_gradient)
{
    (void)from, (void)to, (void)is_gradient;
    return ((const struct uniform *)context)->hop;
}

struct times {
    const char *name;
    const struct sim_algorithm *algorithm;
    double hop;
    bool is_multiple; /* M is one of P */
    int least;        /* M > least x (P - 1) */
    double w;
    double (*iteration)(double p, double m, double v, double hop, double w);
};

static double flushed(double p, double m, double v, double hop, double w)
{
    (void)v, (void)w;
    return (m + p - 1) * (F + B) + 2 * (p - 1) * hop;
}

static double taking_turns(double p, double m, double v, double hop, double w)
{
    (void)v, (void)w;
    return (m + p - 1) * (F + B) + (p > 1 ? hop * (2 * (p - 1) * m / p + 2 * (p - 2)) : 0);
}

static double one_at_a_time(double p, double m, double v, double hop, double w)
{
    (void)v, (void)w;
    return m * (p * (F + B) + 2 * (p - 1) * hop);
}

static double interleaved(double p, double m, double v, double hop, double w)
{
    (void)hop, (void)w;
    return (m + (p - 1) / v) * (F + B);
}

static double with_memory_of_1f1b(double p, double m, double v, double hop, double w)
{
    (void)v, (void)hop;
    return m * (F + B + w) + (p - 1) * (F + B - w);
}

/* F = B = W: F + B - 2W is nothing. */
static double without_bubble(double p, double m, double v, double hop, double w)
{
    (void)p, (void)v, (void)hop, (void)w;
    return m * 3 * F;
}

static struct times times[] = {
    {"naive_model_parallelism takes M (P(F+B) + 2(P-1) hop)", &naive_model_parallelism, 0.00031,
     false, 0, 0, one_at_a_time},
    {"gpipe takes (M+P-1)(F+B)", &gpipe, 0, false, 0, 0, flushed},
    {"gpipe has 2(P-1) hops more", &gpipe, 0.00031, false, 0, 0, flushed},
    {"1F1B takes (M+P-1)(F+B)", &one_f_one_b, 0, false, 0, 0, taking_turns},
    {"1F1B has 2(P-1)M/P + 2(P-2) hops more", &one_f_one_b, 0.00031, true, 0, 0, taking_turns},
    {"interleaved 1F1B takes (M + (P-1)/v)(F+B)", &interleaved_one_f_one_b, 0, true, 0, 0,
     interleaved},
    {"ZB-H1 takes M(F+B+W) + (P-1)(F+B-W)", &zb_h1, 0, false, 1, 0.00917, with_memory_of_1f1b},
    {"ZB-H2 takes M(F+B+W) where F = B = W", &zb_h2, 0, false, 2, 0, without_bubble},
};

static void check_times(const struct times *of, int p, int m, int v)
{
    struct sim_arena *arena = sim_arena_open();
    const bool is_even = of->algorithm == &zb_h2;
    const struct uniform uniform = {.seconds = {[FORWARD] = F,
                                                [BACKWARD] = B,
                                                [INPUT_GRADIENT] = is_even ? F : B,
                                                [WEIGHT_GRADIENT] = is_even ? F : W},
                                    .hop = of->hop,
                                    .chunks = v};
    const struct schedule_costs costs = {uniform_operation, uniform_hop, &uniform};
    const struct schedule *schedule = written(of->algorithm, arena, p, m, v);
    const struct schedule_times once = schedule_time(schedule, &costs, 1);
    const double work =
        uniform.seconds[FORWARD] +
        (schedule->is_split ? uniform.seconds[INPUT_GRADIENT] + uniform.seconds[WEIGHT_GRADIENT]
                            : B);

    assert_close(once.iteration_seconds, of->iteration(p, m, v, of->hop, of->w), 1e-12);
    assert_close(once.busy_seconds, p * m * work, 1e-12);
    if (!schedule->is_split) /* its iterations cannot overlap: stage 0 is the first and the last */
        assert_close(schedule_time(schedule, &costs, 3).seconds, 3 * once.seconds, 1e-12);
    sim_arena_close(arena);
}

static void takes_so_long(void **state)
{
    const struct times *of = *state;
    const int most_chunks = of->algorithm == &interleaved_one_f_one_b ? 4 : 1;

    for (int p = 1; p <= 9; p++)
        for (int v = 1; v <= most_chunks; v++)
            for (int i = 1; i <= 7; i++)
                check_times(of, p, of->is_multiple ? i * p : of->least * (p - 1) + i, v);
}

/* ---- the longest way, found another way ---- */

struct uneven {
    const struct schedule *schedule;
    const double *stage_seconds; /* [stages x kinds] */
    double hop_seconds[2];
};

static double uneven_operation(const void *context, int worker, const struct operation *operation)
{
    const struct uneven *uneven = context;

    return uneven->stage_seconds[worker * OPERATION_KINDS + operation->kind] *
           (1 + 0.01 * operation->microbatch);
}

static double uneven_hop(const void *context, int from, int to, bool is_gradient)
{
    return ((const struct uneven *)context)->hop_seconds[is_gradient] * (1 + from + to);
}

/* When an operation of that kind, part and micro-batch ends, or 0. */
static double *end_of(double *ends, const struct schedule *schedule, int kind, int part, int b)
{
    return &ends[((kind == FORWARD) * schedule->stages * schedule->chunks + part) *
                     schedule->microbatches +
                 b];
}

/* Ends of all operations, pushed later until nothing has to be: no order of work, no lists of waiters. */
static double relaxed_seconds(const struct uneven *uneven, struct sim_arena *arena)
{
    const struct schedule *schedule = uneven->schedule;
    const int parts = schedule->stages * schedule->chunks;
    double *ends = sim_new(arena, double, (size_t)(2 * parts * schedule->microbatches));
    double last = 0;

    for (bool changes = true; changes;) {
        changes = false;
        last = 0;
        for (int w = 0; w < schedule->workers; w++) {
            double free_at = 0;

            for (int i = 0; i < schedule->orders[w].count; i++) {
                const struct operation *o = &schedule->orders[w].operations[i];
                const int part = o->chunk * schedule->stages + w;
                const int before = o->kind == FORWARD ? part - 1 : part + 1;
                double begin = free_at;

                if (o->kind != WEIGHT_GRADIENT && before >= 0 && before < parts) {
                    const int from = before % schedule->stages;

                    begin =
                        fmax(begin,
                             *end_of(ends, schedule, o->kind, before, o->microbatch) +
                                 (from == w ? 0 : uneven_hop(uneven, from, w, o->kind != FORWARD)));
                }
                free_at = begin + uneven_operation(uneven, w, o);
                if (o->kind == WEIGHT_GRADIENT)
                    continue;
                if (*end_of(ends, schedule, o->kind, part, o->microbatch) != free_at)
                    changes = true;
                *end_of(ends, schedule, o->kind, part, o->microbatch) = free_at;
            }
            last = fmax(last, free_at);
        }
    }
    return last;
}

static void the_longest_way_is_that_of_a_plain_relaxation(void **state)
{
    static const struct sim_algorithm *const systems[] = {
        &naive_model_parallelism, &gpipe, &one_f_one_b, &interleaved_one_f_one_b, &zb_h1, &zb_h2};
    struct sim_random *random = sim_random_open(71, 3);

    (void)state;
    for (int i = 0; i < 60; i++) {
        const struct sim_algorithm *system = systems[i % 6];
        const int p = 1 + (i * 7) % 6, m = p * (1 + i % 3), v = 1 + i % 3;
        struct sim_arena *arena = sim_arena_open();
        double *seconds = sim_new(arena, double, (size_t)(p * OPERATION_KINDS));
        const struct uneven uneven = {
            written(system, arena, p, m, system == &interleaved_one_f_one_b ? v : 1),
            seconds,
            {HOP * sim_random_uniform(random), HOP * sim_random_uniform(random)}};
        const struct schedule_costs costs = {uneven_operation, uneven_hop, &uneven};

        for (int k = 0; k < p * OPERATION_KINDS; k++)
            seconds[k] = 0.001 + sim_random_uniform(random);
        assert_close(schedule_time(uneven.schedule, &costs, 1).seconds,
                     relaxed_seconds(&uneven, arena), 1e-12);
        sim_arena_close(arena);
    }
    sim_random_close(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_way_is_that_of_a_plain_relaxation),
    };

    return RUN_CASES(is_as_printed, orders) + RUN_CASES(stores_at_most, peaks) +
           RUN_CASES(takes_so_long, times) + cmocka_run_group_tests(tests, NULL, NULL);
}
