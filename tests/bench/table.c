/* table.c -- what came of all tools at all points: printed, as JSON, and for the picture. */
#include "tests/bench/point.h"

#include <math.h>
#include <string.h>

/* As they are called in tables. */
static const char *const titles[TOOLS] = {"dmlsim", "full", "SMPI", "replay", "bare", "alike"};

/* ---- printed ---- */

static struct figure in_thousands(struct figure figure, double thousands)
{
    return figure_quotient(figure, figure_exact(thousands));
}

static void print_number(const char *format, const char *nothing, double value)
{
    if (isnan(value))
        fputs(nothing, stdout);
    else
        printf(format, value);
}

static void print_head(void)
{
    printf("\n%14s %7s %53s %27s %27s %34s\n", "", "wall s", "thousand messages a CPU second",
           "dmlsim's ratio to", "full's ratio to", "peak MB");
    printf("%-8s %5s %7s %8s %8s %8s %8s %8s %8s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s "
           "%6s\n",
           "network", "N", "dmlsim", "dmlsim", "full", "SMPI", "replay", "bare", "alike*", "SMPI",
           "replay", "bare", "alike*", "SMPI", "replay", "bare", "alike*", "dmlsim", "full", "SMPI",
           "replay", "bare");
}

static void print_point(const struct point *point)
{
    printf("%-8s %5d", point->shape, point->n);
    print_number(" %7.3f", "       -", bench_wall_seconds(&point->tools[DMLSIM]));
    for (enum tool tool = 0; tool < TOOLS; tool++)
        figure_print(in_thousands(point_messages_per_second(point, tool), 1e3), 8, 0);
    for (enum tool tool = SMPI; tool < TOOLS; tool++)
        figure_print(point_ratio(point, DMLSIM, tool), 6, 1);
    for (enum tool tool = SMPI; tool < TOOLS; tool++)
        figure_print(point_ratio(point, FULL, tool), 6, 2);
    for (enum tool tool = 0; tool < BARE_ALIKE; tool++)
        figure_print(in_thousands(point_peak_bytes(point, tool), 1e6), 6, 0);
    putchar('\n');
}

/* What they say, beside what the others and the closed form say. */
static void print_agreement(const struct point *points, int count)
{
    printf("\n%-8s %5s %5s %17s   %-55s %12s\n", "network", "N", "ran", "simulated s",
           "relative difference to", "MB of all**");
    printf("%39s %9s %9s %9s %9s %9s %9s\n", "", "full", "SMPI", "replay", "bare", "alike*",
           "2(N-1)...");
    for (const struct point *point = points; point < points + count; point++) {
        const double ours = point_simulated_seconds(point, DMLSIM);

        printf("%-8s %5d %5s %17.12g  ", point->shape, point->n, point->tools[DMLSIM].of[0].ran,
               ours);
        for (enum tool tool = FULL; tool < TOOLS; tool++)
            print_number(" %9.1e", "         -",
                         point_difference(ours, point_simulated_seconds(point, tool)));
        print_number(" %9.1e", "         -",
                     point_difference(ours, point_closed_form_seconds(point)));
        print_number(" %9.0f", "         -",
                     point->bytes_of_all > 0 ? point->bytes_of_all / 1e6 : NAN);
        putchar('\n');
    }
}

/* The names of tools that ended so at this point, one after the other; NULL if there are none. */
static const char *names_of(const struct bench *bench, const struct point *point, enum end end,
                            bool was_begun)
{
    const char *names = NULL;

    for (enum tool tool = 0; tool < TOOLS; tool++)
        if (point_end(point, tool) == end && (point->follows_from[tool] == NULL) == was_begun)
            names = names == NULL ? titles[tool]
                                  : sim_text(bench->arena, "%s, %s", names, titles[tool]);
    return names;
}

static void print_ends(const struct bench *bench, const struct point *point)
{
    const char *over = names_of(bench, point, OVER, true),
               *longer = names_of(bench, point, OVER, false),
               *larger = names_of(bench, point, DIED, false);

    if (over != NULL)
        printf(
            ">< %s-%d: ended after %g s of the processor, or %g s on the wall, and not done: %s.  "
            "They take longer,\n   so ratios to them are larger, their messages a second "
            "fewer; memory is what they had by then.\n",
            point->shape, point->n, bench->limit_seconds, bench->limit_wall_seconds, over);
    if (longer != NULL)
        printf(">< %s-%d: not begun: %s.  Each message is simulated there, and so many workers "
               "exchange more than those\n   with which they were not done: the same seconds are "
               "a bound here, too.\n",
               point->shape, point->n, longer);
    for (enum tool tool = 0; tool < TOOLS; tool++)
        if (point->tools[tool].count > 0 && point->tools[tool].of[0].end == DIED)
            printf("-  %s-%d: %s %s.\n", point->shape, point->n, titles[tool],
                   point->tools[tool].of[0].death);
    if (larger != NULL)
        printf("-  %s-%d: not begun, since fewer workers were too many: %s.\n", point->shape,
               point->n, larger);
}

void table_print(const struct bench *bench, const struct point *points, int count)
{
    print_head();
    for (int i = 0; i < count; i++)
        print_point(&points[i]);
    print_agreement(points, count);
    puts("*  the bare loop with the allocator that dmlsim has, tcmalloc; \"bare\" has the C "
         "library's; - not known\n"
         "** what dmlsim's processes hold at once; peak MB: the largest process's");
    for (int i = 0; i < count; i++)
        print_ends(bench, &points[i]);
    putchar('\n');
}

/* ---- as JSON ---- */

static json_t *json_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_of_figure(struct figure figure)
{
    return json_or_null(figure.value);
}

static json_t *json_of_ended(const struct point *point, enum tool tool)
{
    json_t *json = bench_json(&point->tools[tool]);

    json_object_set_new(json, "simulated_seconds",
                        json_or_null(point_simulated_seconds(point, tool)));
    if (tool == DMLSIM || tool == FULL)
        json_object_set_new(json, "ran", json_string(point->tools[tool].of[0].ran));
    json_object_set_new(json, "messages_per_cpu_second",
                        json_of_figure(point_messages_per_second(point, tool)));
    json_object_set_new(json, "dmlsim_is_faster_by",
                        json_of_figure(point_ratio(point, DMLSIM, tool)));
    return json;
}

/* Bounds have fields of their own, so that nobody takes them for measurements. */
static json_t *json_of_over(const struct point *point, enum tool tool)
{
    const struct point *other = point->follows_from[tool];
    json_t *json = json_pack(
        "{s:b, s:{s:o, s:o, s:o, s:o}, s:{s:o}}", "over", 1, "at_least", "cpu_seconds",
        json_of_figure(point_cpu_seconds(point, tool)), "wall_seconds",
        json_of_figure(point_wall_seconds(point, tool)), "peak_bytes",
        json_of_figure(point_peak_bytes(point, tool)), "dmlsim_is_faster_by",
        json_of_figure(point_ratio(point, DMLSIM, tool)), "at_most", "messages_per_cpu_second",
        json_of_figure(point_messages_per_second(point, tool)));

    if (other != NULL)
        json_object_set_new(json, "follows_from_workers", json_integer(other->n));
    return json;
}

static json_t *json_of_died(const struct point *point, enum tool tool)
{
    const struct point *other = point->follows_from[tool];
    const struct sample *sample = &(other != NULL ? other : point)->tools[tool].of[0];

    if (other != NULL)
        return json_pack("{s:s, s:i}", "died", sample->death, "follows_from_workers", other->n);
    return json_pack("{s:s, s:{s:f, s:f, s:f}}", "died", sample->death, "until_then", "cpu_seconds",
                     sample->cpu_seconds, "wall_seconds", sample->wall_seconds, "peak_bytes",
                     sample->peak_bytes);
}

static json_t *json_of_tool(const struct point *point, enum tool tool)
{
    switch (point_end(point, tool)) {
    case OVER: return json_of_over(point, tool);
    case DIED: return json_of_died(point, tool);
    default: return json_of_ended(point, tool);
    }
}

static json_t *json_of(const struct point *point)
{
    json_t *json =
        json_pack("{s:s, s:i, s:o, s:o}", "platform", point->shape, "workers", point->n,
                  "closed_form_seconds", json_or_null(point_closed_form_seconds(point)),
                  "bytes_of_all_processes",
                  point->bytes_of_all > 0 ? json_real(point->bytes_of_all) : json_null());

    for (enum tool tool = 0; tool < TOOLS; tool++)
        if (point->tools[tool].count > 0 || point->follows_from[tool] != NULL)
            json_object_set_new(json, tool_names[tool], json_of_tool(point, tool));
    return json;
}

json_t *table_json(const struct point *points, int count)
{
    json_t *json = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(json, json_of(&points[i]));
    return json;
}

/* ---- for the picture ---- */

static bool is_drawn(const struct point *point, enum tool tool, enum figure_is is)
{
    const struct figure seconds = point_wall_seconds(point, tool);

    return point_is_star(point) && figure_is_known(seconds) && seconds.is == is;
}

static void write_bounds(FILE *file, const struct bench *bench, const struct point *points,
                         int count)
{
    bool is_first = true;

    for (enum tool tool = 0; tool < TOOLS; tool++)
        for (int i = 0; i < count; i++) {
            if (!is_drawn(&points[i], tool, MORE))
                continue;
            if (is_first)
                fprintf(file,
                        "\n\n\"ended after %g s of the processor, with as many workers or fewer: "
                        "takes longer\"\n",
                        bench->limit_seconds);
            fprintf(file, "%d %.6f %d\n", points[i].n, point_wall_seconds(&points[i], tool).value,
                    (int)tool);
            is_first = false;
        }
}

/* Wall seconds over N on a star: a block a tool, goals, and bounds, with the tool behind, if there are any. */
void table_write_figures(const struct bench *bench, const struct point *points, int count)
{
    FILE *file = bench_create(sim_text(bench->arena, "%s/bench.dat", bench->folder));

    for (enum tool tool = 0; tool < TOOLS; tool++) {
        fprintf(file, "\"%s\"\n", tool_names[tool]);
        for (int i = 0; i < count; i++)
            if (is_drawn(&points[i], tool, EXACT))
                fprintf(file, "%d %.6f\n", points[i].n, point_wall_seconds(&points[i], tool).value);
        fputs("\n\n", file);
    }
    fputs("\"goal\"\n", file);
    for (int g = 0; g < WALL_GOALS; g++)
        fprintf(file, "%d %g\n", wall_goals[g].n, wall_goals[g].wall_seconds);
    write_bounds(file, bench, points, count);
    fclose(file);
}
