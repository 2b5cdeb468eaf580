/* lesson.h -- what a lesson is: a table.  A file beside this one for each of them; one engine runs them all.
 *
 * A text may hold {name}, the number of that name, which bench.h finds in the runs that were made just now: no number that
 * comes of a run is typed.  {name:b} gives it without prefix, for sums that a reader follows digit by digit. */
#ifndef ANALYSIS_LESSONS_LESSON_H
#define ANALYSIS_LESSONS_LESSON_H

#include <jansson.h>
#include <stdbool.h>

/* How a number is written, and read from a reader. */
enum lesson_unit {
    LESSON_NUMBER, /* 28, 7.97 */
    LESSON_BYTES,
    LESSON_SECONDS,
    LESSON_RATE,  /* bytes a second */
    LESSON_SHARE, /* of one; "27 %" or 0.27 */
    LESSON_TIMES, /* how many times as much: 7.97 or 7.97x */
};

/* One simulation of a shipped scenario. */
struct lesson_run {
    const char *name;
    const char *scenario;        /* scenarios/NAME.yaml */
    const char *const *settings; /* "key=value", NULL-ended */
    bool is_long;                /* without events.csv */
};

struct lesson_bench;

/* A number that texts can name: what a run says, or what is worked out from other numbers. */
struct lesson_number {
    const char *name;
    enum lesson_unit unit;
    const char *run;
    const char *where;                             /* in that run; see bench.h */
    double (*compute)(struct lesson_bench *bench); /* instead of run and where */
};

/* A line of the result: what the simulation says, beside it what the closed form says. */
struct lesson_row {
    const char *label;
    const char *simulated; /* number */
    const char *closed;    /* number, or NULL where nobody knows one */
    const char *formula;
};

enum { LESSON_EXERCISES = 3 };

struct lesson_exercise {
    const char *question;
    const char *answer; /* number that a run says */
    const char *closed; /* number: the closed form */
    double tolerance;   /* relative: what still is right */
    const char *why;
};

struct lesson_axis {
    const char *label;
    const char *key;
    const char *const *values; /* NULL-ended */
    int at;                    /* the value that the slider begins with */
};

/* Many runs: two systems, each at every combination of the axes. */
struct lesson_grid {
    const char *scenarios[2];
    const char *const *settings; /* of all, NULL-ended */
    const struct lesson_axis *axes;
    int axis_count;
};

/* The same figure of several of the lesson's runs: a slider moves among them. */
struct lesson_variants {
    const char *label;
    const char *const *runs;   /* NULL-ended */
    const char *const *values; /* what the slider says, beside runs */
    int at;                    /* the run that the figure begins with */
    json_t *(*figure)(struct lesson_bench *bench, const char *run);
};

struct lesson {
    const char *name, *title, *summary;
    const char *question;
    struct {
        const char *text;   /* what the reader is asked */
        const char *number; /* what the run says to that */
        const char *after;  /* what to say then */
    } prediction;
    const struct lesson_run
        *runs; /* {0}-ended; those from the name `exercises_from` on are of exercises alone */
    const char *exercises_from;
    const struct lesson_number *numbers; /* {0}-ended */
    const struct lesson_row *rows;       /* {0}-ended */
    const char *const *explanation;      /* paragraphs, NULL-ended */
    struct lesson_exercise exercises[LESSON_EXERCISES];
    const char *figure_title;
    /* Steps of the figure, from the runs' events (steps.h); the caller owns it.  NULL: the bench says why. */
    json_t *(*figure)(struct lesson_bench *bench);
    const struct lesson_grid *grid;         /* or NULL */
    const struct lesson_variants *variants; /* or NULL */
};

/* All of them, in the order of the lecture, NULL-ended. */
extern const struct lesson *const lesson_catalogue[];

extern const struct lesson lesson_allreduce, lesson_bubble, lesson_versions, lesson_compression,
    lesson_straggler, lesson_exits, lesson_halos, lesson_speculation;

#endif
