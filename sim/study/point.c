#include "sim/study/point.h"

#include "sim/base/json.h"

#include <string.h>
#include <time.h>

static double processor_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What tells the point from others: all but the last, which is the same for all. */
static const char *settings_json(const char *const *settings, struct sim_arena *arena)
{
    json_t *object = json_object();
    const char *text;

    for (; settings[1] != NULL; settings++) {
        const size_t length = strcspn(*settings, "=");

        json_t *value = json_loads(*settings + length + 1, JSON_DECODE_ANY, NULL);

        if (json_is_string(value))
            json_object_setn(object, *settings, length, value);
        else /* as it is spelt */
            json_object_setn_new(object, *settings, length, json_string(*settings + length + 1));
        json_decref(value);
    }
    text = sim_json_text(arena, object, JSON_COMPACT);
    json_decref(object);
    return text;
}

const char *const *sim_point_settings(const char *const *common, const char *const *own,
                                      struct sim_arena *arena)
{
    size_t n = 0, m = 0;
    const char **all;

    while (common[n] != NULL)
        n++;
    while (own[m] != NULL)
        m++;
    all = sim_new(arena, const char *, n + m + 2);
    memcpy(all, common, n * sizeof *all);
    memcpy(all + n, own, m * sizeof *all);
    all[n + m] = "trace=none";
    return all;
}

/* ---- without the study ---- */

/* The line behind this one; the end of the text when it is the last. */
static char *next_line(char *line)
{
    return line + strcspn(line, "\n") + (strchr(line, '\n') != NULL);
}

/* Does it belong to what a line before it began?  A comment belongs to anything. */
static bool goes_on(const char *line)
{
    return *line != '\0' && strchr(" \t\r\n#", *line) != NULL;
}

/* Where a section begins with that line, make it blanks: all that follows stays on its line, and in its column. */
static bool blank_section(char *text, const char *key)
{
    char *line = text, *end;

    while (*line != '\0' && strncmp(line, key, strlen(key)) != 0)
        line = next_line(line);
    if (*line == '\0')
        return false;
    end = next_line(line);
    while (goes_on(end))
        end = next_line(end);
    for (; line < end; line++)
        if (*line != '\n')
            *line = ' ';
    return true;
}

static bool says(const struct sim_scenario_text *text, const char *const *settings,
                 const struct sim_scenario *scenario)
{
    struct sim_arena *scratch = sim_arena_open();
    struct sim_error nobody_asks = {0};
    struct sim_scenario said = {0};
    const bool is_same = sim_scenario_of_text(&said, text, settings, scratch, &nobody_asks) &&
                         json_equal(said.resolved, scenario->resolved);

    sim_scenario_release(&said);
    sim_arena_close(scratch);
    return is_same;
}

void sim_points_open(struct sim_points *points, const struct sim_scenario *scenario,
                     struct sim_arena *arena)
{
    char *rest = sim_text_copy(arena, points->text.text, points->text.length);
    struct sim_scenario_text without = points->text;

    without.text = rest;
    if (strlen(rest) == without.length && blank_section(rest, "study:")) {
        sim_scenario_text_read(&without);
        if (says(&without, points->settings, scenario)) {
            points->text = without;
            return;
        }
        sim_scenario_text_release(&without);
    }
    sim_scenario_text_read(&points->text);
}

void sim_points_close(struct sim_points *points)
{
    sim_scenario_text_release(&points->text);
}

/* ---- reading ---- */

static void identify(struct sim_points *points, struct sim_point *point)
{
    char identity[SIM_IDENTITY_SIZE];

    point->stored.scenario =
        sim_identify(&points->identifier, &point->scenario, identity, point->arena);
    point->stored.hash = sim_text_copy(point->arena, identity, SIM_IDENTITY_SIZE - 1);
}

struct sim_point *sim_point_read(struct sim_points *points, int64_t number)
{
    const double began_at = processor_now();
    struct sim_arena *arena = sim_arena_open();
    struct sim_point *point = sim_new(arena, struct sim_point, 1);
    const char *const *settings = sim_point_settings(
        points->settings, sim_study_settings(points->study, number, arena), arena);

    point->arena = arena;
    point->stored =
        (struct sim_stored){.number = number,
                            .settings = settings_json(settings, arena),
                            .scenario = "",
                            .hash = sim_text(arena, "bad point %lld", (long long)number)};
    point->of_platform.nested = (struct sim_nested){{.scenario = &point->scenario}, settings};
    if (sim_scenario_of_text(&point->scenario, &points->text, settings, arena, &point->err)) {
        point->of_platform.read_seconds = processor_now() - began_at;
        identify(points, point);
    }
    return point;
}

void sim_point_close(struct sim_point *point)
{
    sim_platforms_leave(&point->of_platform);
    sim_scenario_release(&point->scenario);
    sim_arena_close(point->arena);
}
