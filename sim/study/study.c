#include "sim/study/study.h"

#include "sim/base/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A key and the values it takes; or, for `list`, no key and mappings of several. */
struct axis {
    const char *key;
    json_t *values; /* a JSON array, owned by the study's document */
};

struct sim_study {
    struct axis *axes; /* the last one changes fastest */
    int axis_count, points;
};

static const char *const keys[] = {"grid", "list"};

static bool add_axis(struct sim_study *study, const char *path, const char *key, json_t *values,
                     struct sim_error *err)
{
    const char *name = key == NULL ? "list" : key;

    if (!json_is_array(values) || json_array_size(values) == 0)
        return sim_fail(err, "%s: study: %s must be a list of at least one value.", path, name);
    if ((double)study->points * (double)json_array_size(values) > SIM_STUDY_MOST_POINTS)
        return sim_fail(err, "%s: study: this is more than %d points; make an axis shorter.", path,
                        SIM_STUDY_MOST_POINTS);
    study->points *= (int)json_array_size(values);
    study->axes[study->axis_count++] = (struct axis){key, values};
    return true;
}

static bool add_grid(struct sim_study *study, const char *path, json_t *grid, struct sim_error *err)
{
    const char *key;
    json_t *values;
    bool fine = true;

    if (!json_is_object(grid))
        return sim_fail(err, "%s: study: grid must be a mapping of keys to lists of values.", path);
    json_object_foreach (grid, key, values)
        fine &= add_axis(study, path, key, values, err);
    return fine;
}

static bool add_list(struct sim_study *study, const char *path, json_t *list, struct sim_error *err)
{
    json_t *point;
    size_t i;

    json_array_foreach (list, i, point)
        if (!json_is_object(point))
            return sim_fail(err,
                            "%s: study: entry %zu of list must be a mapping of keys to values.",
                            path, i + 1);
    return add_axis(study, path, NULL, list, err);
}

static bool read_axes(struct sim_study *study, const char *path, json_t *document,
                      struct sim_arena *arena, struct sim_error *err)
{
    const char *key;
    json_t *value;
    bool fine = true;

    json_object_foreach (document, key, value) {
        if (strcmp(key, "grid") == 0) {
            fine &= add_grid(study, path, value, err);
        } else if (strcmp(key, "list") == 0) {
            fine &= add_list(study, path, value, err);
        } else {
            fine = sim_fail(err, "%s: there is no key 'study.%s'%s", path, key,
                            sim_did_you_mean(arena, key, keys, 2, "; it knows 'grid' and 'list'."));
        }
    }
    if (fine && study->axis_count == 0)
        return sim_fail(err, "%s: study: give a grid or a list.", path);
    return fine;
}

bool sim_study_read(struct sim_study **study, const struct sim_scenario *scenario,
                    struct sim_arena *arena, struct sim_error *err)
{
    json_error_t where;
    json_t *document;

    if (scenario->study == NULL)
        return sim_fail(err, "%s: has no key 'study'; 'dmlsim run' simulates a single scenario.",
                        scenario->path);
    document = json_loads(scenario->study, 0, &where);
    if (document == NULL)
        return sim_fail(err, "%s: study: holds a value that cannot be read: %s.", scenario->path,
                        where.text);
    *study = sim_new(arena, struct sim_study, 1);
    (*study)->points = 1;
    (*study)->axes =
        sim_new(arena, struct axis, 64 + json_object_size(json_object_get(document, "grid")));
    json_object_set_new(scenario->resolved, "study", document); /* which keeps it alive */
    return read_axes(*study, scenario->path, document, arena, err);
}

int sim_study_points(const struct sim_study *study)
{
    return study->points;
}

/* ---- the settings of one point ---- */

struct settings {
    struct sim_arena *arena;
    const char **items; /* NULL-ended; room is one more than it says */
    int count, room;
};

static void add_setting(struct settings *settings, const char *setting)
{
    if (settings->count == settings->room) {
        const int room = 2 * settings->room + 16;
        const char **items = sim_new(settings->arena, const char *, (size_t)room + 1);

        if (settings->count > 0)
            memcpy(items, settings->items, (size_t)settings->count * sizeof items[0]);
        settings->items = items;
        settings->room = room;
    }
    settings->items[settings->count++] = setting;
}

/* Does YAML read these letters as the text that they are? */
static bool is_plain_text(const char *text)
{
    return (isalnum((unsigned char)*text) || *text == '/' || *text == '.') &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-* ") ==
               strlen(text) &&
           text[strlen(text) - 1] != ' ';
}

/* As JSON, which is YAML too: quotes keep a text what it is, where it needs them. */
static const char *value_text(struct sim_arena *arena, const json_t *value)
{
    if (json_is_string(value) && is_plain_text(json_string_value(value)))
        return json_string_value(value);
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    const char *copy = sim_text(arena, "%s", text);

    free(text);
    return copy;
}

/* A mapping is several settings, with dotted keys. */
static void flatten(struct settings *settings, const char *prefix, json_t *value)
{
    const char *key;
    json_t *inner;

    if (!json_is_object(value)) {
        add_setting(settings,
                    sim_text(settings->arena, "%s=%s", prefix, value_text(settings->arena, value)));
        return;
    }
    json_object_foreach (value, key, inner)
        flatten(settings, *prefix ? sim_text(settings->arena, "%s.%s", prefix, key) : key, inner);
}

const char **sim_study_settings(const struct sim_study *study, int i, struct sim_arena *arena)
{
    struct settings settings = {.arena = arena, .items = sim_new(arena, const char *, 1)};
    int left = study->points;

    for (int a = 0; a < study->axis_count; a++) {
        const struct axis *axis = &study->axes[a];

        left /= (int)json_array_size(axis->values);
        flatten(&settings, axis->key == NULL ? "" : axis->key,
                json_array_get(axis->values, (size_t)(i / left)));
        i %= left;
    }
    return settings.items;
}
