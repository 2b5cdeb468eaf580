#include "analysis/lessons/tables.h"

#include "analysis/csv.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 8 };

/* What is asked of a table. */
struct question {
    struct analysis_csv *csv;
    const char *what;
    int terms[MOST_WORDS], term_count;
    int keys[MOST_WORDS], key_count;
    const char *wanted[MOST_WORDS];
};

struct values {
    double *list;
    size_t count, room;
};

static void add(struct values *values, double value, struct sim_arena *arena)
{
    if (values->count == values->room) {
        double *list;

        values->room = 2 * values->room + 64;
        list = sim_new(arena, double, values->room);
        if (values->count > 0)
            memcpy(list, values->list, values->count * sizeof *list);
        values->list = list;
    }
    values->list[values->count++] = value;
}

/* "node-*" is a beginning, all else the whole. */
static bool is_meant(const char *text, const char *wanted)
{
    const size_t length = strlen(wanted);

    return length > 0 && wanted[length - 1] == '*' ? strncmp(text, wanted, length - 1) == 0
                                                   : strcmp(text, wanted) == 0;
}

static bool row_is_meant(const struct question *question)
{
    for (int i = 0; i < question->key_count; i++)
        if (!is_meant(analysis_csv_text(question->csv, question->keys[i]), question->wanted[i]))
            return false;
    return true;
}

static void ask(struct question *question, char *words)
{
    char *rest = NULL, *more = NULL;

    question->what = strtok_r(words, " ", &rest);
    for (char *term = strtok_r(strtok_r(NULL, " ", &rest), "+", &more); term != NULL;
         term = strtok_r(NULL, "+", &more))
        question->terms[question->term_count++] = analysis_csv_column(question->csv, term);
    for (char *key = strtok_r(NULL, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(key, '=');

        *value = '\0';
        question->wanted[question->key_count] = value + 1;
        question->keys[question->key_count++] = analysis_csv_column(question->csv, key);
    }
}

static double sum_of(const struct values *values)
{
    double sum = 0;

    for (size_t i = 0; i < values->count; i++)
        sum += values->list[i];
    return sum;
}

static double answer(const char *what, struct values *values)
{
    if (strcmp(what, "count") == 0)
        return (double)values->count;
    if (strcmp(what, "sum") == 0)
        return sum_of(values);
    if (values->count == 0)
        return NAN;
    if (strncmp(what, "row:", 4) == 0)
        return (size_t)atoi(what + 4) < values->count ? values->list[atoi(what + 4)] : NAN;
    if (strcmp(what, "max") == 0)
        return gsl_stats_max(values->list, 1, values->count);
    if (strcmp(what, "min") == 0)
        return gsl_stats_min(values->list, 1, values->count);
    if (strcmp(what, "mean") == 0)
        return gsl_stats_mean(values->list, 1, values->count);
    gsl_sort(values->list, 1, values->count);
    return gsl_stats_median_from_sorted_data(values->list, 1, values->count);
}

double lesson_table_number(const char *folder, const char *where, struct sim_arena *arena,
                           struct sim_error *err)
{
    char *words = sim_text(arena, "%s", where);
    char *blank = strchr(words, ' ');
    struct question question = {0};
    struct values values = {0};

    *blank = '\0';
    question.csv = analysis_csv_open(sim_text(arena, "%s/%s", folder, words), arena, err);
    if (question.csv == NULL)
        return NAN;
    ask(&question, blank + 1);
    while (analysis_csv_next(question.csv)) {
        double sum = 0;

        if (!row_is_meant(&question))
            continue;
        for (int i = 0; i < question.term_count; i++)
            sum += analysis_csv_number(question.csv, question.terms[i]);
        add(&values, sum, arena);
    }
    return analysis_csv_close(question.csv, err) ? answer(question.what, &values) : NAN;
}
