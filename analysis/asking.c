#include "analysis/asking.h"

#include "sim/base/file.h"
#include "sim/base/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_JOBS = 256 };

static bool read_jobs(const struct sim_call *call, int *jobs, struct sim_error *err)
{
    const char *text = sim_option_value(call, "jobs");
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char *end;
    long asked;

    *jobs = processors < 1 ? 1 : processors > MOST_JOBS ? MOST_JOBS : (int)processors;
    if (text == NULL)
        return true;
    asked = strtol(text, &end, 10);
    *jobs = (int)asked;
    return (end != text && *end == '\0' && asked >= 1 && asked <= MOST_JOBS) ||
           sim_fail(err, "--jobs=%s must be a whole number from 1 to %d.", text, MOST_JOBS);
}

bool analysis_asking(struct sim_sweep *asked, const struct sim_call *call, const char *kind,
                     struct sim_error *err)
{
    const char *found = sim_find_file(call->arena, call->catalogue, ".", call->arguments[0]);
    const char *out = sim_option_value(call, "out");

    *asked = (struct sim_sweep){.path = found != NULL ? found : call->arguments[0],
                                .settings = sim_settings(call),
                                .catalogue = call->catalogue};
    asked->out = out != NULL ? out
                             : sim_text(call->arena, "out/%s.%s.db",
                                        sim_stem_of(call->arena, asked->path), kind);
    return read_jobs(call, &asked->jobs, err);
}

const char *analysis_asking_folder(const struct sim_sweep *asked, struct sim_arena *arena)
{
    const char *slash = strrchr(asked->out, '/');

    return sim_text(arena, "%.*s%s.plots", slash == NULL ? 0 : (int)(slash - asked->out) + 1,
                    asked->out, sim_stem_of(arena, asked->out));
}

const char *analysis_metric_name(const char *asked)
{
    return strcmp(asked, "seconds") == 0 ? "simulated_seconds" : asked;
}

double analysis_metric_of(const json_t *summary, const char *name)
{
    const json_t *value = json_object_get(json_object_get(summary, "metrics"), name);

    value = value == NULL ? json_object_get(summary, name) : value;
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void note_numbers(json_t *names, json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value)
        if (json_is_number(value))
            json_object_set_new(names, name, json_true());
}

bool analysis_metric_is_known(json_t *const *summaries, int count, const char *name,
                              struct sim_arena *arena, struct sim_error *err)
{
    json_t *all = json_object(), *value;
    const char **names, *one;
    size_t n = 0;
    bool is_known;

    for (int i = 0; i < count; i++) {
        note_numbers(all, json_object_get(summaries[i], "metrics"));
        note_numbers(all, summaries[i]);
    }
    names = sim_new(arena, const char *, json_object_size(all) + 1);
    json_object_foreach (all, one, value)
        names[n++] = sim_text(arena, "%s", one);
    is_known = n == 0 || json_object_get(all, name) != NULL;
    json_decref(all);
    return is_known || sim_fail(err, "There is no metric '%s' here%s", name,
                                sim_did_you_mean(arena, name, names, n,
                                                 "; 'dmlsim run' prints those that there are."));
}

const char *analysis_first_sentence(const char *error, struct sim_arena *arena)
{
    return sim_text_copy(arena, error, strcspn(error, "\n"));
}

const char *analysis_metric_label(const char *metric, const char *unit, struct sim_arena *arena)
{
    static const struct {
        const char *metric, *words;
    } known[] = {{"simulated_seconds", "simulated time"},
                 {"bytes", "bytes on the network"},
                 {"joules", "energy of the hosts"}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(metric, known[i].metric) == 0)
            return *unit == '\0' ? known[i].words
                                 : sim_text(arena, "%s (%s)", known[i].words, unit);
    return analysis_key_label(metric, (struct analysis_scale){1, unit}, arena);
}

const char *analysis_shown(double value, struct analysis_scale scale, struct sim_arena *arena)
{
    return sim_text(arena, "%.4g%s%s", value * scale.factor, *scale.unit == '\0' ? "" : " ",
                    scale.unit);
}
