/* goals.c -- bounds: what was measured, what it shall be, and whether it is. */
#include "tests/bench/bench.h"

#include <math.h>

void bench_demand(struct bench *bench, bool fine, const char *sentence)
{
    if (fine)
        return;
    bench->failed = true;
    json_array_append_new(bench->complaints, json_string(sentence));
}

/* NaN, which nobody measured, meets none. */
void bench_goal(struct bench *bench, const char *what, double value, enum bench_bound bound,
                double limit, const char *unit)
{
    const bool met = bound == AT_LEAST ? value >= limit : value <= limit;
    const char *kind = bound == AT_LEAST ? "at least" : "at most";
    json_t *goal = json_object();

    json_object_set_new(goal, "what", json_string(what));
    json_object_set_new(goal, "value", isnan(value) ? json_null() : json_real(value));
    json_object_set_new(goal, "bound", json_string(kind));
    json_object_set_new(goal, "limit", json_real(limit));
    json_object_set_new(goal, "unit", json_string(unit));
    json_object_set_new(goal, "met", json_boolean(met));
    json_array_append_new(bench->goals, goal);
    bench_demand(
        bench, met,
        sim_text(bench->arena, "%s: %.3g %s, not %s %.3g.", what, value, unit, kind, limit));
}

void goals_print(const struct bench *bench)
{
    const json_t *goal, *complaint;
    size_t i;

    printf("\n%-58s %9s  %s\n", "goals", "measured", "shall be");
    json_array_foreach (bench->goals, i, goal) {
        const json_t *value = json_object_get(goal, "value");

        printf("%-58s ", json_string_value(json_object_get(goal, "what")));
        if (json_is_null(value))
            printf("%9s", "-");
        else
            printf("%9.3g", json_number_value(value));
        printf("  %-8s %6.4g %-14s%s\n", json_string_value(json_object_get(goal, "bound")),
               json_number_value(json_object_get(goal, "limit")),
               json_string_value(json_object_get(goal, "unit")),
               json_is_true(json_object_get(goal, "met")) ? "" : " MISSED");
    }
    json_array_foreach (bench->complaints, i, complaint)
        printf("not good enough: %s\n", json_string_value(complaint));
}
