/* goals.c -- bounds: what was measured, what it shall be, and whether it is. */
#include "tests/bench/bench.h"

#include <string.h>

void bench_demand(struct bench *bench, bool fine, const char *sentence)
{
    if (fine)
        return;
    bench->failed = true;
    json_array_append_new(bench->complaints, json_string(sentence));
}

static json_t *json_of_verdict(enum verdict verdict)
{
    return verdict == UNDECIDED ? json_null() : json_boolean(verdict == MET);
}

void bench_goal_of(struct bench *bench, const char *what, struct figure figure,
                   enum bench_bound bound, double limit, const char *unit)
{
    const enum verdict verdict = figure_meets(figure, bound, limit);
    const char *kind = bound == AT_LEAST ? "at least" : "at most";
    json_t *goal = json_object();

    json_object_set_new(goal, "what", json_string(what));
    json_object_set_new(goal, "value",
                        figure_is_known(figure) ? json_real(figure.value) : json_null());
    if (figure.is != EXACT)
        json_object_set_new(goal, "value_is",
                            json_string(figure.is == MORE ? "at least" : "at most"));
    json_object_set_new(goal, "bound", json_string(kind));
    json_object_set_new(goal, "limit", json_real(limit));
    json_object_set_new(goal, "unit", json_string(unit));
    json_object_set_new(goal, "met", json_of_verdict(verdict));
    json_array_append_new(bench->goals, goal);
    bench_demand(bench, verdict != MISSED,
                 sim_text(bench->arena, "%s: %s%.3g %s, not %s %.3g.", what,
                          figure.is == LESS ? "less than " : "", figure.value, unit, kind, limit));
}

void bench_goal(struct bench *bench, const char *what, double value, enum bench_bound bound,
                double limit, const char *unit)
{
    bench_goal_of(bench, what, figure_exact(value), bound, limit, unit);
}

/* " 4.53", "> 265" or "-". */
static void print_value(const json_t *goal)
{
    const json_t *value = json_object_get(goal, "value");
    const char *bound = json_string_value(json_object_get(goal, "value_is"));

    if (bound != NULL)
        figure_print(
            (struct figure){json_number_value(value), strcmp(bound, "at least") == 0 ? MORE : LESS},
            9, 2);
    else if (json_is_null(value))
        printf(" %9s", "-");
    else
        printf(" %9.3g", json_number_value(value));
}

void goals_print(const struct bench *bench)
{
    const json_t *goal, *complaint;
    size_t i;

    printf("\n%-58s %9s  %s\n", "goals", "measured", "shall be");
    json_array_foreach (bench->goals, i, goal) {
        const json_t *met = json_object_get(goal, "met");

        printf("%-58s", json_string_value(json_object_get(goal, "what")));
        print_value(goal);
        printf("  %-8s %6.4g %-14s%s\n", json_string_value(json_object_get(goal, "bound")),
               json_number_value(json_object_get(goal, "limit")),
               json_string_value(json_object_get(goal, "unit")),
               json_is_true(met)   ? ""
               : json_is_null(met) ? " open: the limit came first"
                                   : " MISSED");
    }
    json_array_foreach (bench->complaints, i, complaint)
        printf("not good enough: %s\n", json_string_value(complaint));
}
