/* planner.c -- PipeDream's dynamic programme beside all partitions, tried one by one. */
#include "analysis/planner.h"
#include "sim/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { LAYERS = 6 };

static void draw(struct planner_layer *layers, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, 3);

    for (int l = 0; l < LAYERS; l++)
        layers[l] = (struct planner_layer){.seconds = 1e-3 + sim_random_uniform(random) * 0.0931,
                                           .parameter_bytes = sim_random_uniform(random) * 7.13e7,
                                           .output_bytes = sim_random_uniform(random) * 3.17e7};
    sim_random_close(random);
}

/* So many components of a level, each of which takes `inside` for a minibatch and has `below` machines. */
static double stage(const struct planner_layer *layers, int first, int last, double inside, int m,
                    double rate, int below, enum planner_rule rule)
{
    double bytes = 0;

    for (int l = first; l <= last; l++)
        bytes += layers[l].parameter_bytes;
    return rule == PLANNER_PAPER ? fmax(inside, 2 * (m - 1.0) / m * bytes / rate) / m
                                 : (inside + 4 * (m - 1.0) / m * bytes / rate / below) / m;
}

/* A hierarchy from the outside in; below its last level there are single machines. */
struct around {
    const struct planner_layer *layers;
    const struct planner_level *levels;
    int level_count;
    enum planner_rule rule;
};

static double all_ways(const struct around *around, int k, int start, int first, int end,
                       int machines);

/* Of layers first .. last on one component of level k. */
static double inside(const struct around *around, int k, int first, int last)
{
    double seconds = 0;

    if (k > 0)
        return all_ways(around, k - 1, first, first, last, around->levels[k - 1].components);
    for (int l = first; l <= last; l++)
        seconds += around->layers[l].seconds;
    return seconds;
}

/* The fastest of all ways to use exactly `machines` components of level k on layers first .. end, which follow layers from
 * `start` on. */
static double all_ways(const struct around *around, int k, int start, int first, int end,
                       int machines)
{
    const double rate = around->levels[k].bytes_per_second;
    const int below = k > 0 ? around->levels[k - 1].components : 1;
    const double sent = first > start ? 2 * around->layers[first - 1].output_bytes / rate : 0;
    double best = INFINITY;

    for (int last = first; last <= end; last++)
        for (int m = 1; m <= machines; m++) {
            double slowest;

            if ((last == end) != (m == machines))
                continue;
            slowest = stage(around->layers, first, last, inside(around, k, first, last), m, rate,
                            below, around->rule);
            slowest = fmax(slowest, around->rule == PLANNER_CODE ? sent / m : sent);
            if (last < end)
                slowest = fmax(slowest, all_ways(around, k, start, last + 1, end, machines - m));
            best = fmin(best, slowest);
        }
    return best;
}

/* The plan is as fast as the best of all ways, and so is its own slowest stage. */
static void expect_the_best(const struct planner_level *levels, int level_count, uint64_t seed,
                            enum planner_rule rule)
{
    struct sim_arena *arena = sim_arena_open();
    struct planner_layer layers[LAYERS];
    const struct around around = {layers, levels, level_count, rule};
    struct planner_plan plan;
    double best, slowest = 0;

    draw(layers, seed);
    plan = planner_solve(arena, layers, LAYERS, levels, level_count, rule);
    best = all_ways(&around, level_count - 1, 0, 0, LAYERS - 1, levels[level_count - 1].components);
    assert_true(fabs(plan.seconds - best) <= 1e-12 * best);
    for (int s = 0; s < plan.stage_count; s++)
        slowest = fmax(slowest, plan.stages[s].seconds);
    assert_true(fabs(plan.seconds - slowest) <= 1e-12 * plan.seconds);
    sim_arena_close(arena);
}

static void no_partition_is_faster_than_the_plan(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++)
        for (int rule = PLANNER_PAPER; rule <= PLANNER_CODE; rule++)
            for (int machines = 1; machines <= 5; machines++) {
                const struct planner_level level = {machines, 1.37e9};

                expect_the_best(&level, 1, seed, (enum planner_rule)rule);
            }
}

static void nor_is_one_of_a_hierarchy(void **state)
{
    static const struct planner_level two[][2] = {
        {{3, 7.1e9}, {2, 0.93e9}}, {{2, 3.3e9}, {4, 1.37e9}}, {{2, 0.57e9}, {3, 2.9e9}}};
    /* Fast outside: the outermost level copies, and pays for its sums. */
    static const struct planner_level three[] = {{2, 1.1e9}, {3, 2.9e9}, {2, 9.7e9}};

    (void)state;
    for (uint64_t seed = 101; seed <= 120; seed++)
        for (int rule = PLANNER_PAPER; rule <= PLANNER_CODE; rule++) {
            for (size_t i = 0; i < sizeof two / sizeof two[0]; i++)
                expect_the_best(two[i], 2, seed, (enum planner_rule)rule);
            expect_the_best(three, 3, seed, (enum planner_rule)rule);
        }
}

/* All layers once, in order, on all machines. */
static void a_plan_is_whole(void **state)
{
    const struct planner_level levels[2] = {{3, 7.1e9}, {2, 0.93e9}};

    (void)state;
    for (uint64_t seed = 41; seed <= 80; seed++) {
        struct sim_arena *arena = sim_arena_open();
        struct planner_layer layers[LAYERS];
        struct planner_plan plan;
        int next = 0, machines = 0;

        draw(layers, seed);
        plan = planner_solve(arena, layers, LAYERS, levels, 2, PLANNER_CODE);
        for (int s = 0; s < plan.stage_count; s++) {
            assert_int_equal(plan.stages[s].first, next);
            assert_true(plan.stages[s].last >= next);
            next = plan.stages[s].last + 1;
            machines += plan.stages[s].replicas;
        }
        assert_int_equal(next, LAYERS);
        assert_int_equal(machines, 6);
        assert_int_equal(plan.in_flight,
                         (6 + plan.stages[0].replicas - 1) / plan.stages[0].replicas);
        sim_arena_close(arena);
    }
}

/* Servers of one machine are no level at all; one server is its inner level alone. */
static void a_level_of_one_changes_nothing(void **state)
{
    const struct planner_level flat = {4, 1.37e9}, around[2] = {{4, 1.37e9}, {1, 5.3e8}},
                               inside[2] = {{1, 7.7e9}, {4, 1.37e9}};

    (void)state;
    for (uint64_t seed = 81; seed <= 100; seed++)
        for (int rule = PLANNER_PAPER; rule <= PLANNER_CODE; rule++) {
            struct sim_arena *arena = sim_arena_open();
            struct planner_layer layers[LAYERS];
            double seconds;

            draw(layers, seed);
            seconds =
                planner_solve(arena, layers, LAYERS, &flat, 1, (enum planner_rule)rule).seconds;
            assert_true(
                planner_solve(arena, layers, LAYERS, around, 2, (enum planner_rule)rule).seconds ==
                seconds);
            assert_true(
                planner_solve(arena, layers, LAYERS, inside, 2, (enum planner_rule)rule).seconds ==
                seconds);
            sim_arena_close(arena);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_partition_is_faster_than_the_plan),
        cmocka_unit_test(nor_is_one_of_a_hierarchy),
        cmocka_unit_test(a_plan_is_whole),
        cmocka_unit_test(a_level_of_one_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
