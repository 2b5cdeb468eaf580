/* point.c -- what is known of a tool at a point: measured, or that it takes longer than it was let. */
#include "tests/bench/point.h"

#include <math.h>
#include <string.h>

const char *const tool_names[TOOLS] = {"dmlsim", "full", "smpi", "replay", "bare", "bare_alike"};

const struct wall_goal wall_goals[WALL_GOALS] = {
    {1024, 0.15, INFINITY}, {4096, 0.5, 100e6}, {16384, 2, 300e6}};

bool point_is_star(const struct point *point)
{
    return strcmp(point->shape, "star") == 0;
}

/* 2(N-1)(a + S/(N B)) of the ring: two links between any two hosts, and S/N is what a message carries. */
double point_closed_form_seconds(const struct point *point)
{
    const double a = 2 * 1e-6 * LINK_MICROSECONDS, bytes_per_second = LINK_MEGABITS * 1e6 / 8;

    return point_is_star(point) ? 2.0 * (point->n - 1) * (a + MESSAGE_BYTES / bytes_per_second)
                                : NAN;
}

double point_difference(double ours, double theirs)
{
    return fabs(ours - theirs) / theirs;
}

/* Where it ran, or would have to: of another number of workers if with so many it never ended. */
static const struct samples *samples_of(const struct point *point, enum tool tool)
{
    const struct point *other = point->follows_from[tool];

    return &(other != NULL ? other : point)->tools[tool];
}

/* What is limited runs once. */
enum end point_end(const struct point *point, enum tool tool)
{
    return samples_of(point, tool)->of[0].end;
}

double point_simulated_seconds(const struct point *point, enum tool tool)
{
    const struct samples *samples = &point->tools[tool];

    return samples->count == 0 ? NAN : samples->of[0].simulated_seconds;
}

static struct figure as_far_as_it_came(const struct point *point, enum tool tool, double value)
{
    const enum end end = point_end(point, tool);

    if (end == DIED || isnan(value))
        return figure_unknown();
    return (struct figure){value, end == OVER ? MORE : EXACT};
}

struct figure point_cpu_seconds(const struct point *point, enum tool tool)
{
    return as_far_as_it_came(point, tool, bench_cpu_seconds(samples_of(point, tool)));
}

struct figure point_wall_seconds(const struct point *point, enum tool tool)
{
    return as_far_as_it_came(point, tool, bench_wall_seconds(samples_of(point, tool)));
}

struct figure point_peak_bytes(const struct point *point, enum tool tool)
{
    return as_far_as_it_came(point, tool, bench_peak_bytes(&point->tools[tool]));
}

struct figure point_messages_per_second(const struct point *point, enum tool tool)
{
    return figure_quotient(figure_exact(2.0 * point->n * (point->n - 1)),
                           point_cpu_seconds(point, tool));
}

struct figure point_ratio(const struct point *point, enum tool tool, enum tool other)
{
    return figure_quotient(point_cpu_seconds(point, other), point_cpu_seconds(point, tool));
}
