/* grid.c -- which keys of a study are axes, which name series, and where each point belongs. */
#include "analysis/points_inside.h"
#include "analysis/scale.h"
#include "sim/base/fit.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CELLS = 1000 * 1000 };

/* ---- choosing keys ---- */

bool analysis_key_varies(const struct analysis_study *study, int key)
{
    return study->keys[key].count > 1 && strcmp(study->keys[key].name, "seed") != 0;
}

/* Does key `of` alone decide what `key` is, as where the platform grows with the workers? */
static bool follows_from(const struct analysis_study *study, int key, int of,
                         struct sim_arena *arena)
{
    int *decided = sim_new(arena, int, (size_t)study->keys[of].count);

    for (int p = 0; p < study->point_count; p++) {
        const int *places = study->points->list[p].places;

        if (places[of] < 0)
            return false;
        if (decided[places[of]] == 0)
            decided[places[of]] = places[key] + 2; /* 0 is undecided, 1 is not set */
        else if (decided[places[of]] != places[key] + 2)
            return false;
    }
    return true;
}

static bool is_of_workers(const char *name)
{
    const size_t length = strlen(name);

    return length >= 7 && strcmp(name + length - 7, "workers") == 0;
}

int analysis_first_axis(const struct analysis_study *study)
{
    int numeric = ANALYSIS_NO_KEY, any = ANALYSIS_NO_KEY;

    for (int k = study->key_count - 1; k >= 0; k--) {
        if (!analysis_key_varies(study, k) || !study->keys[k].is_complete)
            continue;
        any = k;
        if (study->keys[k].is_numeric)
            numeric = k;
    }
    for (int k = 0; k < study->key_count; k++)
        if (analysis_key_varies(study, k) && study->keys[k].is_numeric &&
            is_of_workers(study->keys[k].name))
            return k;
    return numeric != ANALYSIS_NO_KEY ? numeric : any;
}

bool *analysis_naming_keys(const struct analysis_study *study, int x, struct sim_arena *arena)
{
    bool *names = sim_new(arena, bool, (size_t)study->key_count + 1);

    for (int k = 0; k < study->key_count; k++)
        names[k] = analysis_key_varies(study, k) && k != x &&
                   (x == ANALYSIS_NO_KEY || !follows_from(study, k, x, arena));
    return names;
}

static int choose_second(const struct analysis_study *study, const bool *names)
{
    for (int k = 0; k < study->key_count; k++)
        if (names[k] && study->keys[k].is_numeric)
            return k;
    return ANALYSIS_NO_KEY;
}

/* ---- columns ---- */

static int by_number(const void *a, const void *b, void *context)
{
    const struct analysis_key *key = context;
    const double x = key->numbers[*(const int *)a], y = key->numbers[*(const int *)b];

    return x < y ? -1 : x > y;
}

static void sort_columns(struct analysis_grid *grid, const struct analysis_study *study,
                         struct sim_arena *arena)
{
    struct analysis_key *key = grid->x == ANALYSIS_NO_KEY ? NULL : &study->keys[grid->x];

    grid->column_count = key == NULL ? 1 : key->count;
    grid->columns = sim_new(arena, int, (size_t)grid->column_count);
    for (int i = 0; i < grid->column_count; i++)
        grid->columns[i] = i;
    if (key != NULL && key->is_numeric)
        qsort_r(grid->columns, (size_t)grid->column_count, sizeof *grid->columns, by_number, key);
}

double analysis_column_number(const struct analysis_grid *grid, const struct analysis_study *study,
                              int i)
{
    if (grid->x == ANALYSIS_NO_KEY || !study->keys[grid->x].is_numeric)
        return i;
    return study->keys[grid->x].numbers[grid->columns[i]];
}

/* ---- series ---- */

/* Words that say nothing without their key. */
static bool is_mute(const char *word)
{
    static const char *const mute[] = {"yes", "no", "true", "false", "on", "off", "none", "auto"};

    for (size_t i = 0; i < sizeof mute / sizeof mute[0]; i++)
        if (strcmp(word, mute[i]) == 0)
            return true;
    return false;
}

static const char *value_label(const struct analysis_key *key, int place, struct sim_arena *arena)
{
    struct analysis_scale scale;

    if (!key->has_numbers && is_mute(key->labels[place]))
        return sim_text(arena, "%s %s",
                        analysis_key_label(key->name, (struct analysis_scale){1, ""}, arena),
                        key->labels[place]);
    if (!key->has_numbers)
        return key->labels[place];
    scale = analysis_scale_for(key->numbers[place], key->unit);
    return sim_text(arena, "%s %g%s%s",
                    analysis_key_label(key->name, (struct analysis_scale){1, ""}, arena),
                    key->numbers[place] * scale.factor, *scale.unit ? " " : "", scale.unit);
}

const char *analysis_point_label(const struct analysis_study *study, const bool *names,
                                 const int *places, int but, struct sim_arena *arena)
{
    const char *label = "";

    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < study->key_count; k++) {
            if (!names[k] || places[k] < 0 || k == but || study->keys[k].has_numbers != (pass == 1))
                continue;
            label = sim_text(arena, "%s%s%s", label, *label ? ", " : "",
                             value_label(&study->keys[k], places[k], arena));
        }
    return label;
}

/* Series and blocks under way, each known by the places of the keys that name it. */
struct naming {
    const bool *names, *contender_names, *field_names; /* the latter two without `second` */
    json_t *series, *blocks, *contenders, *fields;
};

enum { ID_SIZE = ANALYSIS_MOST_KEYS * 12 };

static void write_id(char id[ID_SIZE], const struct analysis_study *study, const bool *names,
                     const int *places, int but)
{
    int length = 0;

    id[0] = '\0';
    for (int k = 0; k < study->key_count; k++)
        if (names[k] && k != but)
            length += snprintf(id + length, (size_t)(ID_SIZE - length), " %d", places[k]);
}

/* The number known by `id`, which is `next` if it is new. */
static int number_of(json_t *known, const char *id, int next)
{
    const json_t *number = json_object_get(known, id);

    if (number != NULL)
        return (int)json_integer_value(number);
    json_object_set_new(known, id, json_integer(next));
    return next;
}

/* The keys of the algorithm, or all others, that name a series and are not the grid's `second` one. */
static bool *choose_side(const struct analysis_study *study, const struct naming *naming,
                         int second, bool of_algorithm, struct sim_arena *arena)
{
    bool *chosen = sim_new(arena, bool, (size_t)study->key_count + 1);

    for (int k = 0; k < study->key_count; k++)
        chosen[k] = naming->names[k] && k != second &&
                    (strncmp(study->keys[k].name, "algorithm.", 10) == 0) == of_algorithm;
    return chosen;
}

/* Who competes, and where. */
static void place_in_contest(struct analysis_series *made, struct analysis_grid *grid,
                             const struct analysis_study *study, const struct naming *naming,
                             const int *places, struct sim_arena *arena)
{
    char id[ID_SIZE];

    write_id(id, study, naming->contender_names, places, ANALYSIS_NO_KEY);
    made->contender = number_of(naming->contenders, id, grid->contender_count);
    made->contender_label =
        analysis_point_label(study, naming->contender_names, places, ANALYSIS_NO_KEY, arena);
    write_id(id, study, naming->field_names, places, ANALYSIS_NO_KEY);
    made->field = number_of(naming->fields, id, grid->field_count);
    made->field_label =
        analysis_point_label(study, naming->field_names, places, ANALYSIS_NO_KEY, arena);
    grid->contender_count += made->contender == grid->contender_count;
    grid->field_count += made->field == grid->field_count;
}

/* The series of a point, made if it is the first of it. */
static int series_of(struct analysis_grid *grid, const struct analysis_study *study,
                     const struct naming *naming, const int *places, struct sim_arena *arena)
{
    char id[ID_SIZE];
    struct analysis_series *made = &grid->series[grid->series_count];
    int number;

    write_id(id, study, naming->names, places, ANALYSIS_NO_KEY);
    number = number_of(naming->series, id, grid->series_count);
    if (number < grid->series_count)
        return number;
    write_id(id, study, naming->names, places, grid->second);
    *made = (struct analysis_series){
        .label = analysis_point_label(study, naming->names, places, ANALYSIS_NO_KEY, arena),
        .block = number_of(naming->blocks, id, grid->block_count),
        .block_label = analysis_point_label(study, naming->names, places, grid->second, arena),
        .cells = sim_new(arena, struct analysis_cell, (size_t)grid->column_count)};
    place_in_contest(made, grid, study, naming, places, arena);
    if (grid->second != ANALYSIS_NO_KEY)
        made->row = study->keys[grid->second].numbers[places[grid->second]];
    if (made->block == grid->block_count)
        grid->block_count++;
    return grid->series_count++;
}

/* ---- cells ---- */

static void add_result(struct analysis_cell *cell, const struct analysis_point *point)
{
    const bool is_first = cell->results++ == 0;

    for (int q = 0; q < ANALYSIS_QUANTITIES; q++) {
        const double value = point->simulated[q], step = value - cell->mean[q];

        cell->mean[q] += step / cell->results;
        cell->squares[q] += step * (value - cell->mean[q]); /* Welford's */
        cell->least[q] = is_first ? value : fmin(cell->least[q], value);
        cell->most[q] = is_first ? value : fmax(cell->most[q], value);
        cell->theory[q] =
            is_first ? point->theory[q]
                     : cell->theory[q] + (point->theory[q] - cell->theory[q]) / cell->results;
    }
}

/* Results that are equal but for rounding are those of a run in which nothing is random. */
static void find_intervals(struct analysis_cell *cell)
{
    for (int q = 0; q < ANALYSIS_QUANTITIES; q++) {
        const double size = fmax(fabs(cell->least[q]), fabs(cell->most[q]));
        const struct sim_estimate mean =
            sim_mean_of(cell->mean[q], cell->squares[q], (size_t)cell->results);
        const bool differs = cell->results > 1 && cell->most[q] - cell->least[q] > 1e-12 * size;

        cell->low[q] = differs ? mean.low : cell->mean[q];
        cell->high[q] = differs ? mean.high : cell->mean[q];
    }
}

bool analysis_has_interval(const struct analysis_cell *cell, enum analysis_quantity quantity)
{
    return cell->high[quantity] > cell->low[quantity];
}

const char *analysis_interval_note(const struct analysis_grid *grid,
                                   enum analysis_quantity quantity, struct sim_arena *arena)
{
    double widest = 0;

    for (int s = 0; s < grid->series_count; s++)
        for (int c = 0; c < grid->column_count; c++) {
            const struct analysis_cell *cell = &grid->series[s].cells[c];

            if (analysis_has_interval(cell, quantity))
                widest = fmax(widest, (cell->high[quantity] - cell->mean[quantity]) /
                                          fabs(cell->mean[quantity]));
        }
    return widest == 0 ? ""
                       : sim_text(arena,
                                  "Their 95 %% intervals (Student's t) reach up to %s %% to either "
                                  "side. ",
                                  analysis_three_digits(100 * widest, arena));
}

static bool fill(struct analysis_grid *grid, const struct analysis_study *study,
                 const struct naming *naming, const char *path, struct sim_arena *arena,
                 struct sim_error *err)
{
    const int key_count = grid->x == ANALYSIS_NO_KEY ? 1 : study->keys[grid->x].count;
    int *column_of = sim_new(arena, int, (size_t)key_count);
    bool fine = true;

    for (int i = 0; i < grid->column_count; i++)
        column_of[grid->columns[i]] = i;
    grid->series = sim_new(arena, struct analysis_series, (size_t)study->point_count);
    for (int p = 0; p < study->point_count && fine; p++) {
        const struct analysis_point *point = &study->points->list[p];
        const int series = series_of(grid, study, naming, point->places, arena);
        const int place = grid->x == ANALYSIS_NO_KEY ? 0 : point->places[grid->x];
        struct analysis_cell *cell;

        if ((double)grid->series_count * grid->column_count > MOST_CELLS)
            fine =
                sim_fail(err,
                         "%s: its points lie on no grid of at most %d cells, so no figure can show "
                         "them; sweep fewer values of each key.",
                         path, MOST_CELLS);
        if (!fine)
            continue;
        cell = &grid->series[series].cells[column_of[place]];
        add_result(cell, point);
        grid->most_results =
            cell->results > grid->most_results ? cell->results : grid->most_results;
    }
    for (int s = 0; s < grid->series_count; s++)
        for (int c = 0; c < grid->column_count; c++)
            find_intervals(&grid->series[s].cells[c]);
    return fine;
}

static int by_block_and_row(const void *a, const void *b)
{
    const struct analysis_series *x = a, *y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

bool analysis_grid_of(struct analysis_grid *grid, const struct analysis_study *study,
                      const char *path, struct sim_arena *arena, struct sim_error *err)
{
    struct naming naming = {.series = json_object(),
                            .blocks = json_object(),
                            .contenders = json_object(),
                            .fields = json_object()};
    bool fine;

    *grid = (struct analysis_grid){.x = analysis_first_axis(study)};
    naming.names = analysis_naming_keys(study, grid->x, arena);
    grid->second = choose_second(study, naming.names);
    naming.contender_names = choose_side(study, &naming, grid->second, true, arena);
    naming.field_names = choose_side(study, &naming, grid->second, false, arena);
    sort_columns(grid, study, arena);
    fine = fill(grid, study, &naming, path, arena, err);
    if (fine)
        qsort(grid->series, (size_t)grid->series_count, sizeof *grid->series, by_block_and_row);
    json_decref(naming.series);
    json_decref(naming.blocks);
    json_decref(naming.contenders);
    json_decref(naming.fields);
    return fine;
}
