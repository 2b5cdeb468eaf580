#include "analysis/lessons/figures.h"

#include "analysis/lessons/exchange.h"
#include "analysis/lessons/write.h"

json_t *figure_of(const char *view)
{
    return json_pack("{s:s, s:[], s:[], s:[], s:[]}", "view", view, "rows", "bars", "kinds",
                     "steps");
}

void figure_row(json_t *figure, const char *name)
{
    json_array_append_new(json_object_get(figure, "rows"), json_string(name));
}

void figure_bar(json_t *figure, int row, double start, double end, int kind, const char *label)
{
    json_array_append_new(json_object_get(figure, "bars"),
                          json_pack("[i, f, f, i, s]", row, start, end, kind, label));
}

json_t *figure_step(json_t *figure, double seconds, const char *text, json_t *counters)
{
    json_t *step = json_pack("{s:s, s:f}", "text", text, "seconds", seconds);

    if (counters != NULL)
        json_object_set_new(step, "counters", counters);
    json_array_append_new(json_object_get(figure, "steps"), step);
    return step;
}

/* ---- what crosses the network ---- */

static json_t *system_of(struct lesson_bench *bench, const char *run, const char *label,
                         json_t *patterns)
{
    json_t *system = json_pack("{s:s}", "label", label);
    json_t *summary = json_pack("{s:f, s:I, s:I, s:{s:I}}", "simulated_seconds",
                                lesson_look(bench, run, "simulated_seconds"), "bytes",
                                (json_int_t)lesson_look(bench, run, "bytes"), "messages",
                                (json_int_t)lesson_look(bench, run, "messages"), "busiest_card",
                                "bytes", (json_int_t)lesson_look(bench, run, "busiest_card/bytes"));
    struct sim_error err = {0};

    if (!exchange_of_run(system, patterns, summary, lesson_folder(bench, run), lesson_arena(bench),
                         &err))
        lesson_fail(bench, &err);
    json_decref(summary);
    return system;
}

/* Steps in words, one for each tick of each system. */
static void tell_ticks(struct lesson_bench *bench, json_t *figure, const json_t *system)
{
    const json_t *ticks = json_object_get(system, "ticks"), *tick;
    const json_t *patterns = json_object_get(figure, "patterns");
    struct sim_arena *arena = lesson_arena(bench);
    double so_far = 0;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)ticks, i, tick) {
        const double bytes = json_number_value(json_array_get(tick, 3));
        const double end = json_number_value(json_array_get(tick, 1));
        const size_t place = (size_t)json_integer_value(json_array_get(tick, 2));
        const int moves = (int)json_array_size(json_array_get(patterns, place)) / 2;

        so_far += moves * bytes;
        figure_step(
            figure, end,
            sim_text(arena,
                     "%s, step %zu of %zu: %d messages of %s have arrived after %s; %s in all",
                     json_string_value(json_object_get(system, "label")), i + 1,
                     json_array_size(ticks), moves, lesson_written(arena, bytes, LESSON_BYTES),
                     lesson_written(arena, end, LESSON_SECONDS),
                     lesson_written(arena, so_far, LESSON_BYTES)),
            NULL);
    }
}

static int nodes_in(const json_t *patterns)
{
    const json_t *pattern, *node;
    json_int_t most = 0;
    size_t i, j;

    json_array_foreach ((json_t *)(uintptr_t)patterns, i, pattern)
        json_array_foreach ((json_t *)(uintptr_t)pattern, j, node)
            most = json_integer_value(node) > most ? json_integer_value(node) : most;
    return (int)most + 1;
}

json_t *figure_exchange(struct lesson_bench *bench, const char *const runs[2],
                        const char *const labels[2])
{
    json_t *figure = figure_of("exchange"), *patterns = json_array(), *systems = json_array();

    json_object_set_new(figure, "patterns", patterns);
    json_object_set_new(figure, "systems", systems);
    for (int i = 0; i < 2; i++)
        json_array_append_new(systems, system_of(bench, runs[i], labels[i], patterns));
    json_object_set_new(figure, "nodes", json_integer(nodes_in(patterns)));
    for (size_t i = 0; i < 2; i++)
        tell_ticks(bench, figure, json_array_get(systems, i));
    if (lesson_bench_code(bench) == 0)
        return figure;
    json_decref(figure);
    return NULL;
}
