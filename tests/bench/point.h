/* point.h -- a network of N hosts, and what each tool took for the ring there. */
#ifndef TESTS_BENCH_POINT_H
#define TESTS_BENCH_POINT_H

#include "tests/bench/bench.h"

/* Where all tools run to their end; the largest with --quick. */
enum { LARGEST_OF_ALL = 1024, LARGEST_WHEN_QUICK = 256 };

/* Of all messages, and of all links: */
enum { MESSAGE_BYTES = 80, ENVELOPE_BYTES = 16, LINK_MEGABITS = 10, LINK_MICROSECONDS = 1 };

enum tool { DMLSIM, FULL, SMPI, REPLAY, BARE, BARE_ALIKE, TOOLS };
extern const char *const tool_names[TOOLS];

struct point {
    const char *shape; /* of the network */
    const char *topology;
    int n;
    struct samples tools[TOOLS];
    const struct point *follows_from
        [TOOLS]; /* of fewer workers, with which that tool never ended: it was not begun here */
    double bytes_of_all; /* what dmlsim's processes hold at once, where there is a goal */
};

/* From command to result, on a machine that does nothing else. */
struct wall_goal {
    int n;
    double wall_seconds, bytes;
};
enum { WALL_GOALS = 3 };
extern const struct wall_goal wall_goals[WALL_GOALS];

bool point_is_star(const struct point *point);

/* ENDED, too, where it was not begun since nobody asked. */
enum end point_end(const struct point *point, enum tool tool);

/* NaN where it did not run, or did not end. */
double point_simulated_seconds(const struct point *point, enum tool tool);

/* NaN where no formula is known. */
double point_closed_form_seconds(const struct point *point);

/* NaN where that tool, or that formula, says nothing. */
double point_difference(double ours, double theirs);

/* Medians, or the least that it takes; unknown where it did not run, or died. */
struct figure point_cpu_seconds(const struct point *point, enum tool tool);
struct figure point_wall_seconds(const struct point *point, enum tool tool);

/* Unknown also where the tool was not begun. */
struct figure point_peak_bytes(const struct point *point, enum tool tool);

struct figure point_messages_per_second(const struct point *point, enum tool tool);

/* How many times as long `other` takes. */
struct figure point_ratio(const struct point *point, enum tool tool, enum tool other);

/* table.c: all of it, printed, but for goals; as JSON; and as the picture's data. */
void table_print(const struct bench *bench, const struct point *points, int count);
json_t *table_json(const struct point *points, int count);
void table_write_figures(const struct bench *bench, const struct point *points, int count);

#endif
