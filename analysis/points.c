/* points.c -- a store read into memory: keys, values, and what each point came to. */
#include "analysis/points_inside.h"
#include "analysis/common_parts.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/names.h"
#include "sim/study/store.h"

#include <math.h>
#include <string.h>

/* NULL for what no law speaks of. */
static const char *const law_names[ANALYSIS_QUANTITIES] = {"seconds", "bytes on the network",
                                                           "bytes of the busiest card, one way"};

/* Reading, which goes over the store twice: the first time looking for twins. */
struct reading {
    struct analysis_study *study;
    struct sim_arena *arena;
    json_t *seen;    /* settings met so far, as text */
    json_t *metrics; /* names of all metrics that some point has */
    bool has_twins;
    const char *network, *platform, *version; /* of the first result; "" where others differ */
};

/* ---- keys ---- */

static int key_named(struct reading *reading, const char *name)
{
    struct analysis_study *study = reading->study;

    for (int k = 0; k < study->key_count; k++)
        if (strcmp(study->keys[k].name, name) == 0)
            return k;
    if (study->key_count == ANALYSIS_MOST_KEYS)
        return ANALYSIS_NO_KEY;
    study->keys[study->key_count] =
        (struct analysis_key){.name = sim_text(reading->arena, "%s", name),
                              .places = json_object(),
                              .unit = analysis_unit_of_key(name)};
    return study->key_count++;
}

static int value_named(struct analysis_key *key, const char *value, struct sim_arena *arena)
{
    const json_t *place = json_object_get(key->places, value);

    if (place != NULL)
        return (int)json_integer_value(place);
    if (key->count == key->room) {
        const char **larger = sim_new(arena, const char *, (size_t)key->room * 2 + 16);

        for (int i = 0; i < key->count; i++)
            larger[i] = key->values[i];
        key->values = larger;
        key->room = key->room * 2 + 16;
    }
    key->values[key->count] = sim_text(arena, "%s", value);
    json_object_set_new(key->places, value, json_integer(key->count));
    return key->count++;
}

/* Mappings become dotted keys; a list is one value. */
static void place_settings(struct reading *reading, struct analysis_point *point,
                           const char *prefix, json_t *settings)
{
    const char *key;
    json_t *value;

    json_object_foreach (settings, key, value) {
        const char *name = *prefix == '\0' ? key : sim_text(reading->arena, "%s.%s", prefix, key);
        int k;

        if (json_is_object(value))
            place_settings(reading, point, name, value);
        else if ((k = key_named(reading, name)) != ANALYSIS_NO_KEY)
            point->places[k] = value_named(&reading->study->keys[k],
                                           sim_json_shown(reading->arena, value), reading->arena);
    }
}

/* A list of one number is that number. */
static bool read_number(const struct analysis_key *key, const char *text, double *number)
{
    const size_t length = strlen(text);
    char inner[32];

    if (length > 2 && length < sizeof inner && text[0] == '[' && text[length - 1] == ']') {
        memcpy(inner, text + 1, length - 2);
        inner[length - 2] = '\0';
        return sim_parse_quantity(inner, SIM_UNIT_NONE, number);
    }
    return sim_parse_quantity(text, key->unit, number) ||
           sim_parse_quantity(text, SIM_UNIT_NONE, number);
}

static void find_numbers(struct analysis_study *study, struct sim_arena *arena)
{
    for (int k = 0; k < study->key_count; k++) {
        struct analysis_key *key = &study->keys[k];

        key->is_complete = true;
        for (int p = 0; p < study->point_count; p++)
            key->is_complete &= study->points->list[p].places[k] >= 0;
        key->has_numbers = true;
        key->numbers = sim_new(arena, double, (size_t)key->count + 1);
        for (int i = 0; i < key->count; i++)
            key->has_numbers &= read_number(key, key->values[i], &key->numbers[i]);
        key->is_numeric = key->is_complete && key->has_numbers;
        key->labels = analysis_without_common_parts(key->values, key->count, arena);
    }
}

const char *analysis_value_name(const struct analysis_key *key, int place, double number,
                                struct sim_arena *arena)
{
    const struct analysis_scale scale = analysis_scale_for(number, key->unit);

    if (!key->is_numeric)
        return key->labels[place];
    return sim_text(arena, "%.4g%s%s", number * scale.factor, *scale.unit ? " " : "", scale.unit);
}

/* ---- points ---- */

static struct analysis_point *add_point(struct reading *reading)
{
    struct analysis_points *points = reading->study->points;
    const int count = reading->study->point_count++;

    if (count == points->room) {
        struct analysis_point *larger =
            sim_new(reading->arena, struct analysis_point, (size_t)points->room * 2 + 64);

        if (count > 0)
            memcpy(larger, points->list, (size_t)count * sizeof *larger);
        points->list = larger;
        points->room = points->room * 2 + 64;
    }
    for (int k = 0; k < ANALYSIS_MOST_KEYS; k++)
        points->list[count].places[k] = -1;
    return &points->list[count];
}

static double theory_of(const json_t *summary, const char *quantity)
{
    const json_t *law;
    size_t i;

    json_array_foreach (json_object_get(summary, "laws"), i, law)
        if (strcmp(analysis_text(law, "quantity"), quantity) == 0 &&
            json_is_number(json_object_get(law, "theory")))
            return analysis_value(law, "theory");
    return NAN;
}

/* A metric, or a number that the summary tells of every run, as "joules". */
static double metric_of(const json_t *summary, const char *name)
{
    const json_t *value = json_object_get(json_object_get(summary, "metrics"), name);

    value = value == NULL ? json_object_get(summary, name) : value;
    if (value == NULL && strcmp(name, "seconds") == 0)
        value = json_object_get(summary, "simulated_seconds");
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Laws speak in words. */
static double chosen_theory_of(const json_t *summary, const char *name, struct sim_arena *arena)
{
    char *words = sim_text(arena, "%s", name);

    for (char *c = words; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    return theory_of(summary, words);
}

/* What a mean peer did; NaN where the summary tells of none. */
static void take_shares(struct analysis_point *point, const json_t *peers)
{
    static const char *const keys[] = {"compute_seconds", "communicate_seconds", "wait_seconds",
                                       "idle_seconds"};
    const size_t count = json_array_size(peers);

    for (int k = 0; k < 4; k++) {
        double sum = 0;

        for (size_t p = 0; p < count; p++)
            sum += analysis_value(json_array_get(peers, p), keys[k]);
        point->simulated[ANALYSIS_COMPUTE + k] = count == 0 ? NAN : sum / (double)count;
    }
}

static void take_results(struct analysis_point *point, const json_t *summary,
                         const struct analysis_study *study, struct sim_arena *arena)
{
    const char *chosen = study->chosen;

    point->simulated[ANALYSIS_SECONDS] = analysis_value(summary, "simulated_seconds");
    point->simulated[ANALYSIS_BYTES] = analysis_value(summary, "bytes");
    point->simulated[ANALYSIS_BUSIEST_BYTES] =
        analysis_value(json_object_get(summary, "busiest_card"), "bytes");
    point->simulated[ANALYSIS_ACCURACY] = metric_of(summary, "test_accuracy");
    point->simulated[ANALYSIS_LOSS] = metric_of(summary, "test_loss_nats");
    point->simulated[ANALYSIS_CLIENT_JOULES] = metric_of(summary, "client_joules");
    take_shares(point, json_object_get(summary, "peers"));
    for (int q = 0; q < ANALYSIS_QUANTITIES; q++)
        point->theory[q] = law_names[q] == NULL ? NAN : theory_of(summary, law_names[q]);
    point->simulated[ANALYSIS_CHOSEN] = chosen == NULL ? NAN : metric_of(summary, chosen);
    if (chosen != NULL)
        point->theory[ANALYSIS_CHOSEN] = chosen_theory_of(summary, chosen, arena);
    for (int axis = 0; axis < 2; axis++)
        point->simulated[ANALYSIS_PARETO_X + axis] =
            study->goals[axis].name == NULL ? NAN : metric_of(summary, study->goals[axis].name);
}

/* ---- the metric that is shown, too ---- */

static void note_numbers(struct reading *reading, json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value)
        if (json_is_number(value))
            json_object_set_new(reading->metrics, name, json_true());
}

static void note_metrics(struct reading *reading, json_t *summary)
{
    note_numbers(reading, json_object_get(summary, "metrics"));
    note_numbers(reading, summary);
}

/* Is there such a metric?  Where no point has a result, that is what is complained about. */
static bool is_known(const struct reading *reading, const char *metric, const char *path,
                     struct sim_error *err)
{
    const size_t count = json_object_size(reading->metrics);
    const char **names = sim_new(reading->arena, const char *, count + 1), *name;
    json_t *value;
    size_t i = 0;

    if (count == 0 || json_object_get(reading->metrics, metric) != NULL)
        return true;
    json_object_foreach (reading->metrics, name, value)
        names[i++] = sim_text(reading->arena, "%s", name);
    return sim_fail(err, "%s: no point has a metric '%s'%s", path, metric,
                    sim_did_you_mean(reading->arena, metric, names, count,
                                     "; 'dmlsim run' prints those that there are."));
}

/* What is worth a figure without being asked for: who is faster than without, and how well workers are used. */
static const char *unasked_metric(const struct reading *reading,
                                  const struct analysis_choice *choice)
{
    if (json_object_get(reading->metrics, "speedup") != NULL)
        return "speedup";
    return choice->break_even == NULL &&
                   json_object_get(reading->metrics, "scaling_efficiency") != NULL
               ? "scaling_efficiency"
               : NULL;
}

static bool choose_metric(struct reading *reading, const struct analysis_choice *choice,
                          const char *path, struct sim_error *err)
{
    struct analysis_study *study = reading->study;
    study->break_even = NAN;
    if (choice->metric != NULL && !is_known(reading, choice->metric, path, err))
        return false;
    study->chosen = choice->metric != NULL ? choice->metric : unasked_metric(reading, choice);
    if (study->chosen == NULL)
        return choice->break_even == NULL ||
               sim_fail(err, "%s: no point has a speedup; name the --metric that breaks even.",
                        path);
    study->chosen_unit = analysis_unit_of_metric(study->chosen);
    if (strcmp(study->chosen, "speedup") == 0)
        study->break_even = 1;
    return choice->break_even == NULL ||
           (sim_parse_quantity(choice->break_even, study->chosen_unit, &study->break_even) &&
            study->break_even > 0) ||
           sim_fail(err, "--break-even: '%s' is no value of %s above zero; write it as in %s.",
                    choice->break_even, study->chosen, sim_unit_example(study->chosen_unit));
}

/* One axis of a Pareto front: NAME, or NAME:more or NAME:less where the name does not say which is better. */
static bool read_goal(struct reading *reading, struct analysis_goal *goal, const char *text,
                      const char *path, struct sim_error *err)
{
    const char *colon = strrchr(text, ':');
    const size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
    enum analysis_better better;

    goal->name = sim_text_copy(reading->arena, text, length);
    goal->unit = analysis_unit_of_metric(goal->name);
    if (strcmp(goal->name, "seconds") != 0 && !is_known(reading, goal->name, path, err))
        return false;
    if (colon != NULL && strcmp(colon, ":more") != 0 && strcmp(colon, ":less") != 0)
        return sim_fail(err, "--pareto: '%s' ends in neither :more nor :less.", text);
    better = colon != NULL
                 ? (strcmp(colon, ":more") == 0 ? ANALYSIS_MORE_IS_BETTER : ANALYSIS_LESS_IS_BETTER)
                 : analysis_better_of_metric(goal->name);
    goal->more_is_better = better == ANALYSIS_MORE_IS_BETTER;
    return better != ANALYSIS_NEITHER_IS_BETTER ||
           sim_fail(err, "--pareto: is more of %s better, or less? Write %s:more or %s:less.",
                    goal->name, goal->name, goal->name);
}

static bool choose_goals(struct reading *reading, const char *asked, const char *path,
                         struct sim_error *err)
{
    const char *comma = asked == NULL ? NULL : strchr(asked, ',');
    struct analysis_goal *goals = reading->study->goals;

    if (asked == NULL)
        return true;
    if (comma == NULL || comma == asked || comma[1] == '\0' || strchr(comma + 1, ',') != NULL)
        return sim_fail(err,
                        "--pareto is '%s'; two quantities were expected, as in seconds,bytes or "
                        "joules,test_accuracy.",
                        asked);
    return read_goal(reading, &goals[0],
                     sim_text_copy(reading->arena, asked, (size_t)(comma - asked)), path, err) &&
           read_goal(reading, &goals[1], comma + 1, path, err) &&
           (strcmp(goals[0].name, goals[1].name) != 0 ||
            sim_fail(err, "--pareto: %s is both quantities; there is no choice between them.",
                     goals[0].name));
}

/* What all points have in common is told; what they differ in is "". */
static void note_common(struct reading *reading, const char **common, const char *value)
{
    if (*common == NULL)
        *common = sim_text(reading->arena, "%s", value);
    else if (strcmp(*common, value) != 0)
        *common = "";
}

static void note_pace(struct reading *reading, const json_t *summary)
{
    const struct analysis_pace pace =
        analysis_pace_of(json_object_get(summary, "scenario"), reading->arena);
    struct analysis_study *study = reading->study;

    study->pace = study->point_count == 1 ? pace : analysis_common_pace(study->pace, pace);
}

static bool look_for_twins(void *context, const struct sim_stored *stored)
{
    struct reading *reading = context;
    json_t *summary;

    if (stored->summary == NULL || (summary = json_loads(stored->summary, 0, NULL)) == NULL)
        return true;
    note_metrics(reading, summary);
    json_decref(summary);
    reading->has_twins |= json_object_get(reading->seen, stored->settings) != NULL;
    json_object_set_new(reading->seen, stored->settings, json_true());
    return true;
}

/* Points of equal settings come from sweeps of other common settings (--set): then the resolved
 * scenarios tell what makes them differ. */
static bool take_point(void *context, const struct sim_stored *stored)
{
    struct reading *reading = context;
    json_t *settings, *summary;
    struct analysis_point *point;

    if (stored->summary == NULL || (summary = json_loads(stored->summary, 0, NULL)) == NULL) {
        reading->study->failed++;
        return true;
    }
    settings = json_loads(reading->has_twins ? stored->scenario : stored->settings, 0, NULL);
    json_object_del(settings, "study");
    point = add_point(reading);
    place_settings(reading, point, "", settings);
    take_results(point, summary, reading->study, reading->arena);
    note_pace(reading, summary);
    note_common(reading, &reading->network, analysis_text(summary, "network"));
    note_common(reading, &reading->platform, analysis_text(summary, "platform"));
    note_common(reading, &reading->version, analysis_text(summary, "dmlsim"));
    reading->study->broken += stored->exit_code != 0;
    json_decref(settings);
    json_decref(summary);
    return true;
}

static const char *origin_of(const struct reading *reading)
{
    struct sim_arena *arena = reading->arena;

    return sim_text(arena, "network: %s; platform: %s; dmlsim %s.",
                    *reading->network == '\0' ? "several" : reading->network,
                    *reading->platform == '\0' ? "several" : sim_stem_of(arena, reading->platform),
                    *reading->version == '\0' ? "in several versions" : reading->version);
}

static bool has_results(const struct analysis_study *study, const char *path, struct sim_error *err)
{
    if (study->point_count > 0)
        return true;
    if (study->failed == 0)
        return sim_fail(err, "%s: holds no point yet; 'dmlsim sweep' fills it.", path);
    return sim_fail(err, "%s: holds no result to draw: all of its %d point%s failed.", path,
                    study->failed, analysis_plural(study->failed));
}

bool analysis_study_read(struct analysis_study *study, const char *path,
                         const struct analysis_choice *choice, struct sim_arena *arena,
                         struct sim_error *err)
{
    struct reading reading = {
        .study = study, .arena = arena, .seen = json_object(), .metrics = json_object()};
    struct sim_store *store;
    bool fine = false;

    *study =
        (struct analysis_study){.keys = sim_new(arena, struct analysis_key, ANALYSIS_MOST_KEYS),
                                .points = sim_new(arena, struct analysis_points, 1)};
    if (sim_store_open(&store, path, false, err)) {
        study->name = sim_store_noted(store, "name", arena);
        fine = sim_store_each(store, look_for_twins, &reading, err) &&
               choose_metric(&reading, choice, path, err) &&
               choose_goals(&reading, choice->pareto, path, err) &&
               sim_store_each(store, take_point, &reading, err) && has_results(study, path, err);
    }
    if (fine) {
        find_numbers(study, arena);
        study->origin = origin_of(&reading);
        if (*study->name == '\0')
            study->name = sim_stem_of(arena, path);
    }
    for (int k = 0; k < study->key_count; k++)
        json_decref(study->keys[k].places);
    json_decref(reading.seen);
    json_decref(reading.metrics);
    sim_store_close(store);
    return fine;
}
