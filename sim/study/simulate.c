#include "sim/study/simulate.h"

#include "sim/engine/run.h"
#include "sim/study/simulated.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* ---- starting ---- */

void *simulated_share(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static bool guard(struct sim_simulation *simulation, struct sim_arena *arena, struct sim_error *err)
{
    const struct sim_scenario *scenario = simulation->scenario;

    if (simulation->known_facts != NULL) {
        simulation->facts = *simulation->known_facts;
        return true;
    }
    return sim_guard_edited(scenario->platform, scenario->platform_edits,
                            scenario->platform_edit_count, &simulation->facts, arena, err);
}

bool sim_simulation_start(struct sim_simulation *simulation, struct sim_child *child,
                          struct sim_arena *arena, struct sim_error *err)
{
    if (!guard(simulation, arena, err))
        return false;
    simulation->shared = simulated_share(1);
    if (simulation->shared == NULL)
        return sim_fail(err, "This machine has no memory left: %s.", strerror(errno));
    simulation->platform_is_fine = simulation->shared;
    return sim_child_start(child, simulated_job, simulation, err);
}

/* SimGrid's last words, one line of them. */
static int died(const struct sim_simulation *simulation, const struct sim_outcome *outcome,
                bool platform_is_fine, struct sim_error *err)
{
    const char *words = outcome->complaints == NULL ? "" : outcome->complaints;
    const int length = (int)strcspn(words, "\n");

    if (platform_is_fine)
        sim_fail(err, "The simulation of %s ended without a result (%s)%s%.*s",
                 simulation->scenario->path,
                 outcome->signal != 0 ? strsignal(outcome->signal) : "no answer",
                 length > 0 ? ": " : ".", length, words);
    else
        sim_fail(err, "%s: SimGrid refuses this platform: %.*s", simulation->scenario->platform,
                 length > 0 ? length : 22, length > 0 ? words : "it gives no reason for");
    return platform_is_fine ? 1 : 2;
}

/* The next line that has a letter in it, or NULL; *text goes on behind it. */
static const char *next_words(const char **text, int *length)
{
    while (**text != '\0') {
        const char *line = *text + strspn(*text, " ");

        *length = (int)strcspn(line, "\n");
        *text = line + *length + (line[*length] != '\0');
        for (int i = 0; i < *length; i++)
            if (isalpha((unsigned char)line[i]))
                return line;
    }
    return NULL;
}

/* The reply is written before the process ends: a leak is told by exit code and complaints only. */
static int contradicted(const struct sim_simulation *simulation, const struct sim_outcome *outcome,
                        int code, struct sim_arena *arena, struct sim_error *err)
{
    enum { MOST_LINES = 5 }; /* enough for who allocated what leaked */
    const char *all = outcome->complaints == NULL ? "" : outcome->complaints, *said = "", *line;
    const char *worst = strstr(all, "ERROR:"), *rest = worst == NULL ? all : worst;
    int length;

    for (int i = 0; i < MOST_LINES && (line = next_words(&rest, &length)) != NULL; i++)
        said = sim_text(arena, "%s%s%.*s", said, i == 0 ? ": " : "; ", length, line);
    sim_fail(err, "The simulation of %s told of exit code %d, but its process ended with %d%s",
             simulation->scenario->path, code, outcome->exit_code, *said == '\0' ? "." : said);
    return 1;
}

void simulated_begin_again(struct sim_again *again, enum sim_timing timing, const char *why)
{
    snprintf(again->why, sizeof again->why, "%s", why);
    again->timing = timing;
    again->is_again = true;
}

/* The second line of a reply that is complete, and where the first ends; else NULL. */
static json_t *read_ending(const struct sim_outcome *outcome, size_t *summary_length)
{
    const char *line = outcome->signal != 0 || outcome->reply == NULL
                           ? NULL
                           : memrchr(outcome->reply, '\n', outcome->reply_length);

    if (line == NULL)
        return NULL;
    *summary_length = (size_t)(line - outcome->reply);
    return json_loads(line + 1, 0, NULL);
}

int sim_simulation_ended(struct sim_simulation *simulation, const struct sim_outcome *outcome,
                         const char **summary, double *wall_seconds, struct sim_arena *arena,
                         struct sim_error *err)
{
    size_t summary_length = 0;
    json_t *ending = read_ending(outcome, &summary_length);
    const bool platform_is_fine = *simulation->platform_is_fine;
    int code;

    if (simulation->shared != NULL)
        munmap(simulation->shared, 1);
    simulation->shared = NULL;
    *summary = NULL;
    *wall_seconds = 0;
    if (ending == NULL)
        return died(simulation, outcome, platform_is_fine, err);
    code = (int)json_integer_value(json_object_get(ending, "code"));
    *wall_seconds = json_real_value(json_object_get(ending, "wall_seconds"));
    if (outcome->exit_code != SIM_LIVED_ON && outcome->exit_code != code) {
        json_decref(ending);
        return contradicted(simulation, outcome, code, arena, err);
    }
    if (summary_length > 0)
        *summary = sim_text_copy(arena, outcome->reply, summary_length);
    if (code == SIM_RUN_AGAIN)
        simulated_begin_again(&simulation->again,
                              (enum sim_timing)json_integer_value(json_object_get(ending, "next")),
                              json_string_value(json_object_get(ending, "error")));
    else if (code != 0)
        sim_fail(err, "%s", json_string_value(json_object_get(ending, "error")));
    json_decref(ending);
    return code == SIM_RUN_AGAIN ? SIM_AGAIN : code;
}

int sim_simulation_end(struct sim_simulation *simulation, const struct sim_outcome *outcome,
                       json_t **summary, double *wall_seconds, struct sim_error *err)
{
    struct sim_arena *arena = sim_arena_open();
    const char *text;
    const int code = sim_simulation_ended(simulation, outcome, &text, wall_seconds, arena, err);

    *summary = text == NULL ? NULL : json_loads(text, 0, NULL);
    sim_arena_close(arena);
    return code;
}

int sim_simulate_text(struct sim_simulation *simulation, struct sim_arena *arena,
                      const char **summary, struct sim_error *err)
{
    struct sim_child child;
    struct sim_outcome outcome;
    double wall_seconds;
    int code;

    *summary = NULL;
    do {
        if (!sim_simulation_start(simulation, &child, arena, err))
            return 2;
        if (sim_child_wait(&child, 1, arena, &outcome) < 0) {
            sim_fail(err, "Interrupted: nothing was written.");
            return SIM_INTERRUPTED;
        }
        code = sim_simulation_ended(simulation, &outcome, summary, &wall_seconds, arena, err);
    } while (code == SIM_AGAIN);
    return code;
}

int sim_simulate(struct sim_simulation *simulation, struct sim_arena *arena, json_t **summary,
                 struct sim_error *err)
{
    const char *text;
    const int code = sim_simulate_text(simulation, arena, &text, err);

    *summary = text == NULL ? NULL : json_loads(text, 0, NULL);
    return code;
}

/* ---- checking ---- */

static int check(void *context, FILE *reply, int terminal)
{
    const struct sim_simulation *simulation = context;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const bool fine = sim_check(simulation->scenario, &simulation->facts, arena, &err);

    (void)terminal;
    fputs(fine ? "fine" : err.text, reply);
    sim_arena_close(arena);
    return fine ? 0 : 2;
}

/* The guard first, then `job` in a child; its reply, or NULL with the exit code in *code. */
static const char *look(struct sim_simulation *simulation, sim_job *job, struct sim_arena *arena,
                        int *code, struct sim_error *err)
{
    struct sim_child child;
    struct sim_outcome outcome;

    *code = 2;
    if (!guard(simulation, arena, err) || !sim_child_start(&child, job, simulation, err))
        return NULL;
    *code = SIM_INTERRUPTED;
    if (sim_child_wait(&child, 1, arena, &outcome) < 0)
        return NULL;
    *code = outcome.exit_code;
    if (outcome.signal != 0 || outcome.reply == NULL || outcome.reply_length == 0)
        *code = died(simulation, &outcome, false, err);
    else if (outcome.exit_code == SIM_LEAKED)
        *code = contradicted(simulation, &outcome, 0, arena, err);
    else if (outcome.exit_code != 0)
        sim_fail(err, "%s", outcome.reply);
    return *code == 0 ? outcome.reply : NULL;
}

int sim_check_scenario(const struct sim_scenario *scenario, struct sim_arena *arena,
                       struct sim_error *err)
{
    struct sim_simulation simulation = {.scenario = scenario};
    int code;

    look(&simulation, check, arena, &code, err);
    return code;
}

/* A platform alone. */
static struct sim_scenario scenario_of(const char *path)
{
    static const char *const no_options[] = {NULL};

    return (struct sim_scenario){
        .path = path, .platform = path, .network = {"textbook", no_options}};
}

int sim_check_platform_file(const char *path, struct sim_arena *arena, struct sim_error *err)
{
    const struct sim_scenario scenario = scenario_of(path);

    return sim_check_scenario(&scenario, arena, err);
}

/* Hosts and links, or the routes between some hosts. */
static int tell(void *context, FILE *reply, int terminal)
{
    const struct sim_simulation *simulation = context;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    json_t *told = simulation->hosts == NULL
                       ? sim_tell_platform(simulation->scenario, &simulation->facts, arena, &err)
                       : sim_tell_routes(simulation->scenario, &simulation->facts,
                                         simulation->hosts, arena, &err);

    (void)terminal;
    if (told == NULL)
        fputs(err.text, reply);
    else
        json_dumpf(told, reply, JSON_COMPACT);
    json_decref(told);
    sim_arena_close(arena);
    return told != NULL ? 0 : 2;
}

int sim_tell_platform_file(const char *path, struct sim_platform_facts *facts, json_t **told,
                           struct sim_arena *arena, struct sim_error *err)
{
    const struct sim_scenario scenario = scenario_of(path);
    struct sim_simulation simulation = {.scenario = &scenario};
    int code;
    const char *reply = look(&simulation, tell, arena, &code, err);

    *facts = simulation.facts;
    *told = reply == NULL ? NULL : json_loads(reply, 0, NULL);
    return code;
}

int sim_tell_routes_file(const char *path, const char *const *hosts, json_t **told,
                         struct sim_arena *arena, struct sim_error *err)
{
    const struct sim_scenario scenario = scenario_of(path);
    struct sim_simulation simulation = {.scenario = &scenario, .hosts = hosts};
    int code;
    const char *reply = look(&simulation, tell, arena, &code, err);

    *told = reply == NULL ? NULL : json_loads(reply, 0, NULL);
    return code;
}
