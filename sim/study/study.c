#include "sim/study/study.h"

#include "sim/base/json.h"
#include "sim/base/names.h"
#include "sim/study/samples.h"

#include <ctype.h>
#include <string.h>

/* Beyond, double counts no longer exactly. */
static const double MOST_POINTS = 9e15;

/* A key and the values it takes; or, for `list` and drawn points, no key and mappings of several. */
struct axis {
    const char *key;
    json_t *values; /* a JSON array, owned by the study's document */
};

struct sim_study {
    struct axis *axes; /* the last one changes fastest */
    int axis_count;
    int64_t points;
};

/* What reading needs; the document keeps values alive that were not written out in it. */
struct reading {
    struct sim_study *study;
    const struct sim_scenario *scenario;
    json_t *kept;
    struct sim_arena *arena;
};

static bool add_axis(struct reading *r, const char *key, json_t *values, struct sim_error *err)
{
    struct sim_study *study = r->study;
    const char *path = r->scenario->path, *name = key == NULL ? "list" : key;

    if (!json_is_array(values) || json_array_size(values) == 0)
        return sim_fail(err, "%s: study: %s must be a list of at least one value.", path, name);
    if ((double)study->points * (double)json_array_size(values) > MOST_POINTS)
        return sim_fail(err, "%s: study: this is more than %.0e points; nobody can wait for them.",
                        path, MOST_POINTS);
    study->points *= (int64_t)json_array_size(values);
    study->axes[study->axis_count++] = (struct axis){key, values};
    return true;
}

/* Values that were made here live as long as the document. */
static bool add_made_axis(struct reading *r, const char *key, json_t *values, struct sim_error *err)
{
    if (values == NULL)
        return false;
    json_array_append_new(r->kept, values);
    return add_axis(r, key, values, err);
}

static bool read_grid(struct reading *r, const char *name, json_t *grid, struct sim_error *err)
{
    const char *key;
    json_t *values;
    bool fine = true;

    if (!json_is_object(grid))
        return sim_fail(err, "%s: study: %s must be a mapping of keys to lists of values.",
                        r->scenario->path, name);
    json_object_foreach (grid, key, values)
        fine &= add_axis(r, key, values, err);
    return fine;
}

static bool read_list(struct reading *r, const char *name, json_t *list, struct sim_error *err)
{
    json_t *point;
    size_t i;

    json_array_foreach (list, i, point)
        if (!json_is_object(point))
            return sim_fail(err, "%s: study: entry %zu of %s must be a mapping of keys to values.",
                            r->scenario->path, i + 1, name);
    return add_axis(r, NULL, list, err);
}

static bool read_space(struct reading *r, const char *name, json_t *spaces, struct sim_error *err)
{
    const bool is_log = strcmp(name, "logspace") == 0;
    const char *key;
    json_t *range;
    bool fine = true;

    if (!json_is_object(spaces))
        return sim_fail(err, "%s: study: %s must be a mapping of keys to {from, to, points}.",
                        r->scenario->path, name);
    json_object_foreach (spaces, key, range) {
        const char *where = sim_text(r->arena, "%s: study: %s of %s", r->scenario->path, name, key);

        fine &= add_made_axis(r, key, sim_samples_space(where, range, is_log, r->arena, err), err);
    }
    return fine;
}

static bool read_sample(struct reading *r, const char *name, json_t *spec, struct sim_error *err)
{
    const char *where = sim_text(r->arena, "%s: study: %s", r->scenario->path, name);
    const enum sim_sampling sampling = strcmp(name, "random") == 0  ? SIM_SAMPLE_RANDOM
                                       : strcmp(name, "sobol") == 0 ? SIM_SAMPLE_SOBOL
                                                                    : SIM_SAMPLE_LATIN_HYPERCUBE;

    return add_made_axis(r, NULL, sim_samples_draw(where, sampling, spec, r->arena, err), err);
}

static bool axis_sets_seed(const struct axis *axis)
{
    json_t *point;
    size_t i;

    if (axis->key != NULL)
        return strcmp(axis->key, "seed") == 0;
    json_array_foreach (axis->values, i, point)
        if (json_object_get(point, "seed") != NULL)
            return true;
    return false;
}

static bool sets_seed(const struct sim_study *study)
{
    for (int a = 0; a < study->axis_count; a++)
        if (axis_sets_seed(&study->axes[a]))
            return true;
    return false;
}

static bool read_replications(struct reading *r, const char *name, json_t *value,
                              struct sim_error *err)
{
    const json_int_t count = json_integer_value(value);
    json_t *seeds;

    if (!json_is_integer(value) || count < 1 || count > SIM_SAMPLES_MOST)
        return sim_fail(err, "%s: study: %s must be a whole number from 1 to %d.",
                        r->scenario->path, name, SIM_SAMPLES_MOST);
    if (sets_seed(r->study))
        return sim_fail(err, "%s: study: %s choose the seeds, so no other key may set 'seed'.",
                        r->scenario->path, name);
    seeds = json_array();
    for (json_int_t i = 0; i < count; i++)
        json_array_append_new(seeds, json_integer((json_int_t)r->scenario->seed + i));
    return add_made_axis(r, "seed", seeds, err);
}

/* Replications come last, whichever place they have: all seeds of one point stand side by side. */
static const struct section {
    const char *name;
    bool (*read)(struct reading *r, const char *name, json_t *value, struct sim_error *err);
} sections[] = {{"grid", read_grid},      {"list", read_list},
                {"linspace", read_space}, {"logspace", read_space},
                {"random", read_sample},  {"latin_hypercube", read_sample},
                {"sobol", read_sample},   {"replications", read_replications}};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

static bool read_section(struct reading *r, const char *name, json_t *value, struct sim_error *err)
{
    const char *names[SECTIONS];

    for (int i = 0; i < SECTIONS; i++) {
        names[i] = sections[i].name;
        if (strcmp(name, sections[i].name) == 0)
            return sections[i].read(r, name, value, err);
    }
    return sim_fail(
        err, "%s: there is no key 'study.%s'%s", r->scenario->path, name,
        sim_did_you_mean(r->arena, name, names, SECTIONS,
                         "; it knows grid, list, linspace, logspace, random, latin_hypercube, "
                         "sobol and replications."));
}

static bool read_axes(struct reading *r, json_t *document, struct sim_error *err)
{
    json_t *replications = json_object_get(document, "replications"), *value;
    const char *name;
    bool fine = true;

    json_object_foreach (document, name, value)
        if (value != replications)
            fine &= read_section(r, name, value, err);
    if (replications != NULL)
        fine &= read_section(r, "replications", replications, err);
    if (fine && r->study->axis_count == 0)
        return sim_fail(err, "%s: study: give a grid or a list.", r->scenario->path);
    return fine;
}

static size_t most_axes(const json_t *document)
{
    static const char *const of_keys[] = {"grid", "linspace", "logspace"};
    size_t most = SECTIONS;

    for (int i = 0; i < 3; i++)
        most += json_object_size(json_object_get(document, of_keys[i]));
    return most;
}

bool sim_study_read(struct sim_study **study, const struct sim_scenario *scenario,
                    struct sim_arena *arena, struct sim_error *err)
{
    struct reading reading = {.scenario = scenario, .arena = arena};
    json_error_t where;
    json_t *document;

    if (scenario->study == NULL)
        return sim_fail(err, "%s: has no key 'study'; 'dmlsim run' simulates a single scenario.",
                        scenario->path);
    document = json_loads(scenario->study, 0, &where);
    if (document == NULL)
        return sim_fail(err, "%s: study: holds a value that cannot be read: %s.", scenario->path,
                        where.text);
    reading.kept = json_array();
    reading.study = *study = sim_new(arena, struct sim_study, 1);
    (*study)->points = 1;
    (*study)->axes = sim_new(arena, struct axis, most_axes(document));
    /* which keeps them alive */
    json_object_set_new(scenario->resolved, "study", document);
    json_object_set_new(scenario->resolved, "study values", reading.kept);
    return read_axes(&reading, document, err);
}

int64_t sim_study_points(const struct sim_study *study)
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
    return sim_json_value(arena, value);
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

const char **sim_study_settings(const struct sim_study *study, int64_t i, struct sim_arena *arena)
{
    struct settings settings = {.arena = arena, .items = sim_new(arena, const char *, 1)};
    int64_t left = study->points;

    for (int a = 0; a < study->axis_count; a++) {
        const struct axis *axis = &study->axes[a];

        left /= (int64_t)json_array_size(axis->values);
        flatten(&settings, axis->key == NULL ? "" : axis->key,
                json_array_get(axis->values, (size_t)(i / left)));
        i %= left;
    }
    return settings.items;
}
