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

static double stage(const struct planner_layer *layers, int first, int last, int m, double rate,
                    enum planner_rule rule)
{
    double seconds = 0, bytes = 0;

    for (int l = first; l <= last; l++) {
        seconds += layers[l].seconds;
        bytes += layers[l].parameter_bytes;
    }
    return rule == PLANNER_PAPER ? fmax(seconds, 2 * (m - 1.0) / m * bytes / rate) / m
                                 : (seconds + 4 * (m - 1.0) / m * bytes / rate) / m;
}

/* The fastest of all ways to use exactly `machines` on layers first .. the last. */
static double all_ways(const struct planner_layer *layers, int first, int machines, double rate,
                       enum planner_rule rule, bool is_first)
{
    double best = INFINITY;

    for (int last = first; last < LAYERS; last++)
        for (int m = 1; m <= machines; m++) {
            const bool is_end = last == LAYERS - 1;
            const double own = stage(layers, first, last, m, rate, rule);
            const double sent = is_first ? 0
                                         : 2 * layers[first - 1].output_bytes / rate /
                                               (rule == PLANNER_CODE ? m : 1);
            double rest = 0;

            if (is_end != (m == machines))
                continue;
            if (!is_end)
                rest = all_ways(layers, last + 1, machines - m, rate, rule, false);
            best = fmin(best, fmax(fmax(own, sent), rest));
        }
    return best;
}

static void no_partition_is_faster_than_the_plan(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++)
        for (int rule = PLANNER_PAPER; rule <= PLANNER_CODE; rule++)
            for (int machines = 1; machines <= 5; machines++) {
                const struct planner_level level = {machines, 1.37e9};
                struct sim_arena *arena = sim_arena_open();
                struct planner_layer layers[LAYERS];
                struct planner_plan plan;
                double best;

                draw(layers, seed);
                plan = planner_solve(arena, layers, LAYERS, &level, 1, (enum planner_rule)rule);
                best = all_ways(layers, 0, machines, level.bytes_per_second,
                                (enum planner_rule)rule, true);
                assert_true(fabs(plan.seconds - best) <= 1e-12 * best);
                sim_arena_close(arena);
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
        cmocka_unit_test(a_plan_is_whole),
        cmocka_unit_test(a_level_of_one_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
