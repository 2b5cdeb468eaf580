/* points.h -- the points of a study as a table: an axis across, series of lines, a cell for each pair.
 *
 * A key of the study that takes several values is an axis or names a series.  Seeds do neither: points
 * that differ in nothing but the seed share a cell, which holds their mean and its interval, least and most. */
#ifndef ANALYSIS_POINTS_H
#define ANALYSIS_POINTS_H

#include "analysis/learning.h"
#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/base/units.h"

enum analysis_quantity {
    ANALYSIS_SECONDS,
    ANALYSIS_BYTES,
    ANALYSIS_BUSIEST_BYTES,
    ANALYSIS_ACCURACY, /* of the last test; these two are NaN where nothing learns */
    ANALYSIS_LOSS,
    ANALYSIS_CLIENT_JOULES, /* of a federated system's clients; NaN where they are not known */
    ANALYSIS_CHOSEN,        /* the metric `chosen` of the study; NaN where a point has none */
    ANALYSIS_COMPUTE,       /* seconds of a mean peer, in this order */
    ANALYSIS_COMMUNICATE,
    ANALYSIS_WAIT,
    ANALYSIS_IDLE,
    ANALYSIS_PARETO_X, /* the two of a Pareto front; NaN where a point has none */
    ANALYSIS_PARETO_Y,
    ANALYSIS_QUANTITIES
};

enum { ANALYSIS_NO_KEY = -1 };

/* One key that the study sets, and the values it takes, in order of first use. */
struct analysis_key {
    const char *name;
    const char **values;
    const char **labels; /* [count]: the values without what all of them have in common */
    double *numbers;     /* [count], meaningful when has_numbers */
    int count, room;
    bool is_complete; /* every point sets it */
    bool has_numbers; /* all its values are numbers */
    bool is_numeric;  /* both */
    enum sim_unit unit;
    void *places; /* private to points.c */
};

/* What a caller wants to see, besides time and bytes. */
struct analysis_choice {
    const char *
        metric; /* or a number at the top of the summary; NULL: speedup or scaling_efficiency, where points tell one */
    const char *break_even; /* a quantity; NULL: 1 for a speedup, nowhere for others */
    const char *
        pareto; /* "X,Y": two quantities of which a point can be better in one only at the cost of the other */
};

/* One axis of a Pareto front. */
struct analysis_goal {
    const char *name; /* "seconds", "bytes", or a metric; NULL: no front was asked for */
    enum sim_unit unit;
    bool more_is_better;
};

struct analysis_points; /* opaque: the points themselves */

struct analysis_study {
    const char *name, *origin; /* origin: network, platform, version, for the small print */
    struct analysis_key *keys;
    int key_count;
    struct analysis_points *points;
    const char *chosen; /* a metric that its figures show, too; NULL: none */
    enum sim_unit chosen_unit;
    struct analysis_goal goals[2]; /* x and y of a Pareto front */
    double
        break_even; /* of that metric, above zero: who is below it, and who is not; NaN: nowhere */
    struct analysis_pace pace;       /* what all points have in common */
    int point_count, failed, broken; /* points with results; without; of the former, a law broken */
};

/* What the points that share a place came to. */
struct analysis_cell {
    int results; /* 0: no point stands here */
    double mean[ANALYSIS_QUANTITIES], least[ANALYSIS_QUANTITIES], most[ANALYSIS_QUANTITIES];
    double theory[ANALYSIS_QUANTITIES];  /* NaN where no law was checked */
    double squares[ANALYSIS_QUANTITIES]; /* sum of (value - mean)^2 */
    /* What holds the mean in 95 of 100 such studies, by Student's t; the mean itself where the results are one, or equal:
     * then there is no interval to show. */
    double low[ANALYSIS_QUANTITIES], high[ANALYSIS_QUANTITIES];
};

/* Is there an interval? */
bool analysis_has_interval(const struct analysis_cell *cell, enum analysis_quantity quantity);

struct analysis_series {
    const char *label; /* "parameter_server, 4 servers"; "" when there is only one series */
    int block;         /* series that differ in the grid's `second` key alone are of one block */
    const char *block_label; /* what names the block */
    double row;              /* the number of the `second` key; 0 without one */
    int contender, field;    /* who competes with others here, and on which field */
    const char *contender_label, *field_label;
    struct analysis_cell *cells; /* [column_count] */
};

struct analysis_grid {
    int x;        /* the key across, or ANALYSIS_NO_KEY: one column */
    int second;   /* another numeric key, or ANALYSIS_NO_KEY */
    int *columns; /* place of each column's value among the key's values, in order of size */
    int column_count;
    struct analysis_series *series; /* blocks in the order of the study; each in order of `row` */
    int series_count, block_count;
    int contender_count,
        field_count;  /* keys of the algorithm tell contenders apart, others fields */
    int most_results; /* in one cell */
};

/* Read a store, and what is to be shown of it, too.  Refuses, with a sentence, one without a single result, and
 * a metric that no point has. */
bool analysis_study_read(struct analysis_study *study, const char *path,
                         const struct analysis_choice *choice, struct sim_arena *arena,
                         struct sim_error *err);

/* A value as an axis of words names it: "10 MB" for the number of a numeric key, or the label of a place. */
const char *analysis_value_name(const struct analysis_key *key, int place, double number,
                                struct sim_arena *arena);

/* Choose the axes (workers first) and lay out the points. */
bool analysis_grid_of(struct analysis_grid *grid, const struct analysis_study *study,
                      const char *path, struct sim_arena *arena, struct sim_error *err);

/* How wide the intervals of the means are, for the small print of a figure that has no room to draw them: "Their 95 %
 * intervals (Student's t) reach up to 5.2 % to either side."; "" where there is none. */
const char *analysis_interval_note(const struct analysis_grid *grid,
                                   enum analysis_quantity quantity, struct sim_arena *arena);

/* What column `i` stands for: its number, or `i` where the axis is none of numbers. */
double analysis_column_number(const struct analysis_grid *grid, const struct analysis_study *study,
                              int i);

#endif
