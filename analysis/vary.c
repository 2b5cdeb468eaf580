#include "analysis/vary.h"

#include "sim/base/json.h"
#include "sim/base/units.h"
#include "sim/scenario/yaml.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MOST_TARGETS = 256 };

/* ---- quantities ---- */

bool analysis_quantity_of(const char *text, double *number, const char **unit)
{
    const char *end = text + strspn(text, "+-.0123456789");
    char head[64];

    if ((*end == 'e' || *end == 'E') &&
        isdigit((unsigned char)end[end[1] == '+' || end[1] == '-' ? 2 : 1]))
        end += 2 + strspn(end + 2, "0123456789");
    *unit = end + (*end == ' ');
    for (const char *c = *unit; *c != '\0'; c++)
        if (!isalpha((unsigned char)*c))
            return false;
    if (end == text || (size_t)(end - text) >= sizeof head)
        return false;
    memcpy(head, text, (size_t)(end - text));
    head[end - text] = '\0';
    return sim_parse_quantity(head, SIM_UNIT_NONE, number);
}

const char *analysis_times(const char *quantity, double factor, struct sim_arena *arena)
{
    double number;
    const char *unit;

    if (!analysis_quantity_of(quantity, &number, &unit) || !isfinite(number * factor))
        return NULL;
    return sim_text(arena, "%.15g%s", number * factor, unit);
}

bool analysis_factor_of(const char *text, double *factor)
{
    return *text == 'x' && sim_parse_quantity(text + 1, SIM_UNIT_NONE, factor);
}

const char *analysis_short_key(const char *key)
{
    static const char *const heads[] = {"algorithm.", "platform."};

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strncmp(key, heads[i], strlen(heads[i])) == 0 && strcmp(key, "algorithm.name") != 0)
            return key + strlen(heads[i]);
    return key;
}

/* ---- what an input is now ---- */

/* One --vary under reading. */
struct vary {
    const char *text, *key;
    const struct sim_sweep *asked;
    const struct sim_scenario *base;
    struct sim_arena *arena;
    struct sim_error *err;
};

/* "platform.link[uplink].bandwidth" as the place of an edit; false where the key is no such thing. */
static bool target_of(const struct vary *vary, struct sim_platform_edit *target)
{
    static const char head[] = "platform.";
    const char *inner = vary->key + strlen(head), *bracket;

    if (strncmp(vary->key, head, strlen(head)) != 0 || (bracket = strchr(inner, ']')) == NULL ||
        bracket[1] != '.' || bracket[2] == '\0')
        return false;
    target->attribute = bracket + 2;
    return sim_platform_edit_target(
        vary->arena, sim_text_copy(vary->arena, inner, (size_t)(bracket + 1 - inner)), target);
}

/* The value of a dotted key in the scenario with its defaults; NULL where it has none. */
static const json_t *resolved_value(const struct vary *vary)
{
    const json_t *value = vary->base->resolved;
    const char *key = vary->key;

    for (size_t length; value != NULL && *key != '\0'; key += length + (key[length] == '.')) {
        length = strcspn(key, ".");
        value = json_object_get(value, sim_text_copy(vary->arena, key, length));
    }
    return value;
}

/* A single value as text; NULL for a list or a mapping. */
static const char *scalar_text(const struct vary *vary, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_number(value))
        return sim_text(vary->arena, "%.15g", json_number_value(value));
    return NULL;
}

/* `now` is what stands there; NULL: nothing does. */
static bool refuse_factor(const struct vary *vary, const char *label, const char *now)
{
    return sim_fail(vary->err, "--vary %s: %s is a factor, but %s is %s here; give values instead.",
                    vary->text, label, vary->key,
                    now == NULL ? "not given" : sim_text(vary->arena, "%s, no number,", now));
}

/* ---- factors ---- */

/* Elements of one value are changed together, others each by itself. */
static bool put_scaled(const struct vary *vary, const struct sim_platform_edit *found, int count,
                       double factor, struct analysis_variation *variation)
{
    bool are_alike = true;

    for (int i = 0; i < count; i++) {
        const char *now = found[i].value;
        const char *value = now == NULL ? NULL : analysis_times(now, factor, vary->arena);

        if (value == NULL)
            return refuse_factor(vary, variation->label,
                                 now == NULL ? NULL : sim_text(vary->arena, "'%s'", now));
        are_alike &= strcmp(now, found[0].value) == 0;
        variation->value = value;
        json_object_set_new(variation->settings,
                            sim_text(vary->arena, "platform.%s[%s].%s", found[i].element,
                                     found[i].id, found[i].attribute),
                            json_string(value));
    }
    if (are_alike) {
        json_object_clear(variation->settings);
        json_object_set_new(variation->settings, vary->key, json_string(variation->value));
    } else {
        variation->value = "each of its own";
    }
    return true;
}

static bool scale_platform(const struct vary *vary, const struct sim_platform_edit *target,
                           double factor, struct analysis_variation *variation)
{
    const struct sim_scenario *base = vary->base;
    const struct sim_platform_edit *found;
    const int count =
        sim_platform_values(base->platform, base->platform_edits, base->platform_edit_count, target,
                            &found, vary->arena, vary->err);

    if (count > MOST_TARGETS)
        return sim_fail(vary->err,
                        "--vary %s: this means %d elements; a factor can change %d at a time.",
                        vary->text, count, MOST_TARGETS);
    return count > 0 && put_scaled(vary, found, count, factor, variation);
}

/* A key that there is not gets the sentence that --set would get. */
static bool refuse_key(const struct vary *vary, const char *label)
{
    const struct sim_sweep *asked = vary->asked;
    size_t count = 0;
    const char **settings;
    struct sim_scenario scenario = {0};
    bool is_key;

    while (asked->settings[count] != NULL)
        count++;
    settings = sim_new(vary->arena, const char *, count + 2);
    memcpy(settings, asked->settings, count * sizeof *settings);
    settings[count] = sim_text(vary->arena, "%s=1", vary->key);
    is_key = sim_scenario_read(&scenario, asked->path, settings, asked->catalogue, vary->arena,
                               vary->err);
    sim_scenario_release(&scenario);
    return is_key && refuse_factor(vary, label, NULL);
}

static bool scale_parameter(const struct vary *vary, double factor,
                            struct analysis_variation *variation)
{
    const json_t *now = resolved_value(vary);
    const char *text = now == NULL ? NULL : scalar_text(vary, now);

    if (now == NULL)
        return refuse_key(vary, variation->label);
    variation->value = text == NULL ? NULL : analysis_times(text, factor, vary->arena);
    if (variation->value != NULL) {
        json_object_set_new(variation->settings, vary->key, json_string(variation->value));
        return true;
    }
    return refuse_factor(vary, variation->label, sim_json_value(vary->arena, now));
}

/* ---- reading ---- */

/* The texts between commas, which may be lists and mappings themselves, as a JSON array that the caller owns. */
static json_t *read_values(const struct vary *vary, const char *values)
{
    const char *text = sim_text(vary->arena, "{values: [%s]}", values), *json = NULL;
    struct sim_error err = {0};
    struct yaml *yaml = sim_new(vary->arena, struct yaml, 1);
    json_t *all, *list;

    *yaml = (struct yaml){.path = "--vary", .arena = vary->arena, .err = &err};
    if (yaml_parse(yaml, text, strlen(text)))
        json = yaml_json(yaml, fy_document_root(yaml->document));
    yaml_release(yaml);
    all = json == NULL ? NULL : json_loads(json, 0, NULL);
    list = json_object_size(all) == 1 ? json_incref(json_object_get(all, "values")) : NULL;
    json_decref(all);
    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    sim_fail(vary->err,
             "--vary %s: '%s' is no list of values; write them as in --vary "
             "algorithm.workers=4,8,16 or --vary algorithm.workers=x0.5,x2.",
             vary->text, values);
    return NULL;
}

static bool read_variation(const struct vary *vary, struct analysis_variation *variation,
                           json_t *value)
{
    struct sim_platform_edit target;
    double factor;

    variation->label = sim_json_shown(vary->arena, value);
    variation->value = "";
    if (!json_is_string(value) || !analysis_factor_of(variation->label, &factor))
        return json_object_set(variation->settings, vary->key, value) == 0;
    return target_of(vary, &target) ? scale_platform(vary, &target, factor, variation)
                                    : scale_parameter(vary, factor, variation);
}

bool analysis_input_read(struct analysis_input *input, const char *text,
                         const struct sim_sweep *asked, const struct sim_scenario *base,
                         struct sim_arena *arena, struct sim_error *err)
{
    const char *equals = strchr(text, '=');
    struct vary vary = {.text = text, .asked = asked, .base = base, .arena = arena, .err = err};
    json_t *values, *value;
    bool fine = true;
    size_t i;

    if (equals == NULL || equals == text)
        return sim_fail(err,
                        "--vary %s: write --vary KEY=VALUE,VALUE, as in --vary "
                        "algorithm.workers=4,8,16.",
                        text);
    vary.key = sim_text_copy(arena, text, (size_t)(equals - text));
    values = read_values(&vary, equals + 1);
    *input = (struct analysis_input){.key = vary.key, .owner = json_array()};
    input->variations = sim_new(arena, struct analysis_variation, json_array_size(values) + 1);
    json_array_foreach (values, i, value) {
        struct analysis_variation *variation = &input->variations[input->count++];

        variation->settings = json_object();
        json_array_append_new(input->owner, variation->settings);
        fine = fine && read_variation(&vary, variation, value);
    }
    json_decref(values);
    return fine && input->count > 0;
}

void analysis_input_release(struct analysis_input *input)
{
    json_decref(input->owner);
    input->owner = NULL;
}
