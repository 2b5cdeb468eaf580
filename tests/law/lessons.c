/* lessons.c -- what lessons print comes of runs, and is what is worked out here by hand once more. */
#include "analysis/lessons/exchange.h"
#include "analysis/lessons/grid.h"
#include "sim/study/child.h"
#include "tests/fixtures/lesson.h"
#include "tests/fixtures/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

/* platforms/one_switch.xml */
static const double LATENCY = 50e-6, BANDWIDTH = 1.25e9;

static json_t *figure_made(struct made_lesson *made)
{
    json_t *figure = lesson_of(made->bench)->figure(made->bench);

    assert_non_null(figure);
    assert_true(json_array_size(json_object_get(figure, "steps")) >= 6);
    return figure;
}

static const json_t *counter(const json_t *figure, size_t step, size_t which)
{
    const json_t *counters =
        json_object_get(json_array_get(json_object_get(figure, "steps"), step), "counters");

    return json_array_get(json_array_get(counters, which), 1);
}

/* ---- lesson by lesson ---- */

/* Bytes of all transfers of a system. */
static double moved(const json_t *system, const json_t *patterns)
{
    const json_t *tick;
    double bytes = 0;
    size_t i;

    json_array_foreach (json_object_get(system, "ticks"), i, tick) {
        const size_t pattern = (size_t)json_integer_value(json_array_get(tick, 2));

        bytes += json_number_value(json_array_get(tick, 3)) *
                 (double)json_array_size(json_array_get(patterns, pattern)) / 2;
    }
    return bytes;
}

static void server_and_ring(void **state)
{
    struct made_lesson *made = lesson_made(&lesson_allreduce, true);
    const double n = 8, g = 100e6;
    json_t *figure = figure_made(made);
    const json_t *systems = json_object_get(figure, "systems"),
                 *patterns = json_object_get(figure, "patterns");

    (void)state;
    lesson_is_sound(made, true, 1e-9);
    lesson_says(made, "server_bytes", 2 * (n - 1) * g, 0);
    lesson_says(made, "ring_bytes", 2 * (n - 1) * g, 0);
    lesson_says(made, "server_card", (n - 1) * g, 0);
    lesson_says(made, "ring_card", 2 * (n - 1) * g / n, 0);
    lesson_says(made, "server_seconds", 2 * LATENCY + 2 * (n - 1) * g / BANDWIDTH, 1e-9);
    lesson_says(made, "ring_seconds", 14 * (LATENCY + 12.5e6 / BANDWIDTH), 1e-9);
    lesson_says(made, "bytes_of_16", 3e9, 0);
    lesson_says(made, "shared_card", 175e6, 0);
    lesson_says(made, "small_times",
                14 * (LATENCY + 1e3 / BANDWIDTH) / (2 * (LATENCY + 7 * 8e3 / BANDWIDTH)), 1e-9);
    for (size_t i = 0; i < 2; i++)
        assert_close(moved(json_array_get(systems, i), patterns), 2 * (n - 1) * g, 0);
    assert_int_equal(json_array_size(json_object_get(json_array_get(systems, 0), "ticks")), 2);
    assert_int_equal(json_array_size(json_object_get(json_array_get(systems, 1), "ticks")), 14);
    json_decref(figure);
    lesson_released(made);
}

static void bubble(void **state)
{
    struct made_lesson *made = lesson_made(&lesson_bubble, true);
    const double hop = LATENCY + 4e6 / BANDWIDTH;
    json_t *figure = figure_made(made);

    (void)state;
    lesson_is_sound(made, true, 0.02);
    lesson_says(made, "seconds", 11 * 0.28 + 6 * hop, 1e-9);
    lesson_says(made, "bubble", 1 - 8 * 0.28 / (11 * 0.28 + 6 * hop), 1e-6);
    lesson_says(made, "closed_bubble", 3 / 11.0, 1e-12);
    lesson_says(made, "naive_bubble", 1 - 0.28 / (4 * 0.28 + 6 * hop), 1e-6);
    lesson_says(made, "many_bubble", 1 - 32 * 0.28 / (35 * 0.28 + 6 * hop), 1e-6);
    lesson_says(made, "eight_seconds", 15 * 0.28 + 14 * hop, 1e-9);
    lesson_says(made, "stored", 8, 0);
    assert_int_equal(json_array_size(json_object_get(figure, "bars")), 4 * 8 * 2);
    assert_close(number_at(figure, "seconds"), 11 * 0.28 + 6 * hop, 1e-9);
    json_decref(figure);
    lesson_released(made);
}

static void versions(void **state)
{
    struct made_lesson *made = lesson_made(&lesson_versions, true);
    json_t *figure = figure_made(made);
    int most[4] = {0};

    (void)state;
    lesson_is_sound(made, true, 1e-9);
    lesson_says(made, "versions_0", 4, 1e-12);
    lesson_says(made, "versions_3", 1, 1e-12);
    lesson_says(made, "age", 3, 0);
    lesson_says(made, "versions_of_six", 6, 0);
    lesson_says(made, "weights_newest", 4 * 400e6, 0);
    lesson_says(made, "stored_of_64", 4, 0);
    for (size_t step = 0; step < json_array_size(json_object_get(figure, "steps")); step++)
        for (size_t s = 0; s < 4; s++) {
            const int held = atoi(json_string_value(counter(figure, step, s)));

            most[s] = held > most[s] ? held : most[s];
        }
    for (int s = 0; s < 4; s++)
        assert_int_equal(most[s], 4 - s); /* the figure counts them by another way than memory */
    json_decref(figure);
    lesson_released(made);
}

static void compression(void **state)
{
    static const double layers[] = {34944,  307456,   885120,   663936,
                                    442624, 37752832, 16781312, 4097000};
    struct made_lesson *made = lesson_made(&lesson_compression, true);
    const double parameters = 60965224;
    double records = 0;
    json_t *figure = figure_made(made);

    (void)state;
    for (int i = 0; i < 8; i++)
        records += round(layers[i] * 0.001);
    lesson_is_sound(made, true, 1e-3);
    lesson_says(made, "message", 6 * records, 1e-4);
    lesson_says(made, "sparse_bytes", 56 * 6 * records, 1e-4);
    lesson_says(made, "dense_bytes", 14 * 4 * parameters, 0);
    lesson_says(made, "bytes_99", 56 * 6 * 0.01 * parameters, 1e-4);
    lesson_says(made, "times_75", 14 * 4 / (56 * 6 * 0.25), 1e-4);
    lesson_says(made, "bytes_four", 12 * 6 * records, 1e-4);
    json_decref(figure);
    lesson_released(made);
}

static void straggler(void **state)
{
    struct made_lesson *made = lesson_made(&lesson_straggler, true);
    json_t *figure = figure_made(made);
    const double g = 796840;

    (void)state;
    lesson_is_sound(made, true, 1e-6);
    lesson_says(made, "bytes", 2 * 10 * g, 0);
    lesson_says(made, "bytes_of_twenty", 2 * 20 * g, 0);
    /* phone 33 is on 3G: 88 ms and 83 + 5 ms; 150 ms of training, on a slow processor 10 times the fastest one's 15 ms */
    lesson_says(made, "seconds", g * 8 / 2.0275e6 + 0.088 + 0.15 + g * 8 / 1.1e6 + 0.088, 1e-6);
    lesson_says(made, "seconds_of_five", g * 8 / 2.0275e6 + 0.088 + 0.75 + g * 8 / 1.1e6 + 0.088,
                1e-6);
    assert_int_equal(json_array_size(json_object_get(figure, "rows")), 10);
    json_decref(figure);
    lesson_released(made);
}

static void halos(void **state)
{
    struct made_lesson *made = lesson_made(&lesson_halos, true);
    json_t *figure = figure_made(made);
    const size_t last = json_array_size(json_object_get(figure, "steps")) - 1;

    (void)state;
    lesson_is_sound(made, true, 0);
    /* 2 x 4 tiles: a cut across and three down, three crossings; H x C of the six inputs */
    lesson_says(made, "halos",
                4.0 * ((8 * 224 + 12) * 64 + (8 * 112 + 12) * (64 + 128) +
                       (8 * 56 + 12) * (128 + 256 + 256)),
                0);
    lesson_says(made, "fdsp_halos", 0, 0);
    lesson_says(made, "halos_of_two", 573440, 0);
    lesson_says(made, "halos_of_four", 1161216, 0);
    lesson_says(made, "halos_of_first_two", 4.0 * 64 * (8 * 224 + 12), 0);
    assert_string_equal(json_string_value(counter(figure, last, 0)), "2.337 MB");
    json_decref(figure);
    lesson_released(made);
}

/* Tokens of one fate in all rounds of a figure. */
static int tokens_of(const json_t *figure, int fate)
{
    const json_t *round, *word;
    size_t i, j;
    int count = 0;

    json_array_foreach (json_object_get(figure, "rounds"), i, round)
        json_array_foreach (round, j, word)
            count += json_integer_value(json_array_get(word, 1)) == fate;
    return count;
}

static void speculation(void **state)
{
    struct made_lesson *made = lesson_made(&lesson_speculation, true);
    json_t *figure = figure_made(made);

    (void)state;
    lesson_is_sound(made, true, 0.02);
    lesson_says(made, "closed_tokens", 1 + 0.8 + 0.64 + 0.512 + 0.4096, 1e-12);
    lesson_says(made, "tokens", 3.3616, 0.01);
    lesson_says(made, "tokens_of_half", 1.9375, 0.01);
    lesson_says(made, "tokens_of_eight", (1 - 0.134217728) / 0.2, 0.015);
    lesson_says(made, "speedup_of_never", 20 / 28.0, 0.01);
    assert_int_equal(tokens_of(figure, 0) + tokens_of(figure, 3), 60); /* what was asked for */
    assert_close(tokens_of(figure, 0) + tokens_of(figure, 1) + tokens_of(figure, 2) +
                     tokens_of(figure, 4),
                 lesson_value(made->bench, "text_drafted"), 0.05);
    json_decref(figure);
    lesson_released(made);
}

/* ---- the grid ---- */

static void grid_of_simulations(void **state)
{
    static const char *const workers[] = {"3", "7", NULL}, *const bytes[] = {"420000", "21000",
                                                                             NULL};
    static const struct lesson_axis axes[] = {{"N", "algorithm.workers", workers, 0},
                                              {"G", "algorithm.gradient_bytes", bytes, 0}};
    static const char *const settings[] = {"algorithm.compute_seconds=0",
                                           "algorithm.flop_per_byte=0", "trace=full", NULL};
    static const struct lesson_grid grid = {
        {"parameter_server", "ring_allreduce"}, settings, axes, 2};
    static const double n[] = {3, 3, 7, 7}, g[] = {420000, 21000, 420000, 21000};
    const struct sim_catalogue catalogue = {sim_algorithms, "."};
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    json_t *points;

    (void)state;
    sim_child_guard();
    assert_int_equal(grid_run(&grid, &catalogue, "build/lesson_grid", arena, &points, &err), 0);
    assert_int_equal(json_array_size(json_object_get(points, "points")), 4);
    for (size_t p = 0; p < 4; p++)
        for (size_t s = 0; s < 2; s++) {
            const json_t *system =
                json_array_get(json_array_get(json_object_get(points, "points"), p), s);

            assert_close(number_at(system, "bytes"), 2 * (n[p] - 1) * g[p], 0);
            assert_close(moved(system, json_object_get(points, "patterns")), 2 * (n[p] - 1) * g[p],
                         0);
            assert_close(number_at(system, "card_bytes"),
                         s == 0 ? (n[p] - 1) * g[p] : 2 * (n[p] - 1) * g[p] / n[p], 0);
            assert_close(number_at(system, "seconds"),
                         s == 0 ? 2 * (LATENCY + (n[p] - 1) * g[p] / BANDWIDTH)
                                : 2 * (n[p] - 1) * (LATENCY + g[p] / n[p] / BANDWIDTH),
                         1e-9);
        }
    json_decref(points);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_and_ring), cmocka_unit_test(bubble),
        cmocka_unit_test(versions),        cmocka_unit_test(compression),
        cmocka_unit_test(straggler),       cmocka_unit_test(halos),
        cmocka_unit_test(speculation),     cmocka_unit_test(grid_of_simulations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
