#include "sim/study/simulate.h"

#include "sim/base/file.h"
#include "sim/engine/run.h"
#include "sim/trace/writers.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

/* ---- in the child ---- */

static double wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Does the fault change what a link carries, or break a transfer off? */
static bool touches_transfers(const struct sim_fault *fault)
{
    return fault->kind == SIM_FAULT_LINK || fault->factor == 0;
}

/* Cross traffic lets transfers share links that they do not cross; other models may do anything; and what
 * is under way must last as long as it was to last when it began. */
static const char *why_simgrids(const struct sim_simulation *simulation)
{
    const struct sim_scenario *scenario = simulation->scenario;

    if (scenario->simulation == SIM_SIMULATION_FULL)
        return "the scenario asks for it";
    for (int i = 0; i < scenario->fault_count; i++)
        if (touches_transfers(&scenario->faults[i]))
            return "a fault breaks transfers off, or changes what a link carries";
    if (simulation->facts.has_profiles)
        return "the platform has profiles, which change hosts and links as time passes";
    if (strcmp(scenario->network.name, "tcp") == 0)
        return "network: tcp has cross traffic, so that transfers slow each other down without "
               "meeting";
    if (strcmp(scenario->network.name, "textbook") != 0)
        return "the network model is SimGrid's, with options of the scenario's own";
    return NULL;
}

static struct sim_attempt attempt_of(const struct sim_simulation *simulation)
{
    struct sim_attempt first = {.timing = SIM_FAST, .why = why_simgrids(simulation)};

    if (simulation->again.is_again)
        return (struct sim_attempt){.timing = simulation->again.timing,
                                    .why = simulation->again.why};
    if (first.why != NULL)
        first.timing = SIM_SIMGRIDS;
    return first;
}

/* `simulation: fast` is for those who would rather have nothing than wait. */
static int refuse(const struct sim_simulation *simulation, const char *why, struct sim_error *err)
{
    *err = (struct sim_error){0};
    sim_fail(err,
             "%s: simulation: fast would not be exact here: %s.  With simulation: auto it runs in "
             "full.",
             simulation->scenario->path, why);
    return 2;
}

/* Wall-clock figures differ from run to run, so they have a file of their own. */
static bool write_timing(const struct sim_simulation *simulation, const struct sim_record *record,
                         double wall_seconds, struct sim_arena *arena, struct sim_error *err)
{
    const char *path = sim_text(arena, "%s/timing.json", simulation->folder);
    FILE *file = fopen(path, "w");
    struct rusage usage;

    if (file == NULL)
        return sim_fail(err, "%s: cannot be written: %s.", path, strerror(errno));
    getrusage(RUSAGE_SELF, &usage);
    fprintf(file,
            "{\"wall_seconds\": %.6f, \"messages_per_second\": %.0f, \"peak_memory_bytes\": "
            "%lld}\n",
            wall_seconds, wall_seconds > 0 ? (double)record->totals.messages / wall_seconds : 0,
            (long long)usage.ru_maxrss * 1024);
    return sim_file_close(file, path, err);
}

static int run(const struct sim_simulation *simulation, int terminal, struct sim_attempt *attempt,
               struct sim_arena *arena, struct sim_record *record, struct sim_error *err)
{
    const struct sim_scenario *scenario = simulation->scenario;
    const bool must_be_fast = scenario->simulation == SIM_SIMULATION_FAST;
    int code;

    if (must_be_fast && attempt->timing != SIM_FAST)
        return refuse(simulation, attempt->why, err);
    code = sim_run(scenario, &simulation->facts, simulation->loaded, terminal, attempt,
                   simulation->platform_is_fine, arena, record, err);
    if (must_be_fast && code == SIM_RUN_AGAIN)
        return refuse(simulation, sim_text(arena, "%s", err->text), err);
    if (must_be_fast && code == 0 && !record->was_fast)
        return refuse(simulation, record->why, err);
    return code;
}

/* The reply is two lines of JSON: the summary, or nothing, and how the run ended.  The parent of a sweep stores the first as
 * it is, and believes it where it finds the second. */
struct ending {
    int code;
    const char *error;
    double wall_seconds;
    enum sim_timing next; /* where it is to be started again */
};

static void write_summary(const struct sim_scenario *scenario, const struct sim_record *record,
                          FILE *reply)
{
    json_t *summary = sim_summary_json(scenario, record);

    json_dumpf(summary, reply, JSON_COMPACT);
    json_decref(summary);
}

static void write_ending(const struct ending *ending, FILE *reply)
{
    json_t *told = json_pack("{s:i, s:s, s:f, s:i}", "code", ending->code, "error", ending->error,
                             "wall_seconds", ending->wall_seconds, "next", (int)ending->next);

    if (told == NULL)
        told = json_pack("{s:i, s:s, s:f}", "code", ending->code, "error",
                         "The complaint holds bytes that are no text.", "wall_seconds", 0.0);
    putc('\n', reply);
    json_dumpf(told, reply, JSON_COMPACT);
    json_decref(told);
}

static int simulate(void *context, FILE *reply, int terminal)
{
    const struct sim_simulation *simulation = context;
    struct sim_arena *arena = sim_arena_open();
    struct sim_record *record = sim_new(arena, struct sim_record, 1);
    struct sim_error err = {0};
    const double begin = wall_now();
    struct sim_attempt attempt = attempt_of(simulation);
    int code =
        run(simulation, simulation->shows_progress ? terminal : -1, &attempt, arena, record, &err);
    const bool has_result = record->laws != NULL && code != 2;

    if (has_result && simulation->folder != NULL &&
        (!sim_write_run(simulation->scenario, record, simulation->folder, arena, &err) ||
         !write_timing(simulation, record, wall_now() - begin, arena, &err)))
        code = 2;
    if (has_result && code != 2)
        write_summary(simulation->scenario, record, reply);
    write_ending(&(struct ending){code, err.text, wall_now() - begin, attempt.next}, reply);
    sim_arena_close(arena);
    return code;
}

/* ---- in a nest, and its children ---- */

/* What they have from the parent, and what is made once. */
struct nested {
    const struct sim_scenario_text *text;
    const struct sim_scenario *scenario; /* one of those that are simulated there */
    const struct sim_platform_facts *facts;
    volatile bool *platform_is_fine;
    struct sim_arena *arena; /* of what is loaded */
    struct sim_world *loaded;
};

/* Its last place is the nest's own.  What is wrong is left to the next child of the parent to tell. */
static bool load(void *context)
{
    struct nested *nested = context;
    struct sim_error nobody_asks = {0};

    nested->arena = sim_arena_open();
    nested->loaded =
        sim_load(nested->scenario, nested->facts, &nested->platform_is_fine[SIM_NEST_PLACES],
                 nested->arena, &nobody_asks);
    return nested->loaded != NULL;
}

/* What is asked for: how, and behind it the settings, each with its NUL. */
struct request {
    int place;
    struct sim_again again;
};

static const char *const *read_settings(const char *at, const char *end, struct sim_arena *arena)
{
    size_t count = 0;
    const char **settings;

    for (const char *c = at; c < end; c++)
        count += *c == '\0';
    settings = sim_new(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        settings[i] = at;
    return settings;
}

static int simulate_request(void *context, const char *text, size_t length, FILE *reply,
                            int terminal)
{
    const struct nested *nested = context;
    const struct sim_scenario_text *read = nested->text;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct sim_scenario scenario;
    struct request request;
    struct sim_simulation simulation = {
        .scenario = &scenario, .facts = *nested->facts, .loaded = nested->loaded};
    int code = 2;

    memcpy(&request, text, sizeof request);
    simulation.again = request.again;
    simulation.platform_is_fine = &nested->platform_is_fine[request.place];
    if (sim_scenario_parse(&scenario, read->path, read->text, read->length,
                           read_settings(text + sizeof request, text + length, arena),
                           read->catalogue, arena, &err))
        code = simulate(&simulation, reply, terminal);
    else /* its files have changed since the parent read it */
        write_ending(&(struct ending){.code = code, .error = err.text}, reply);
    sim_scenario_release(&scenario);
    sim_arena_close(arena);
    return code;
}

/* ---- in the parent ---- */

static void *shared_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

bool sim_simulations_nest_open(struct sim_simulations_nest *nest,
                               const struct sim_scenario_text *text,
                               const struct sim_scenario *scenario,
                               const struct sim_platform_facts *facts)
{
    struct nested nested = {.text = text, .scenario = scenario, .facts = facts};

    *nest = (struct sim_simulations_nest){.platform_is_fine = shared_memory(SIM_NEST_PLACES + 1)};
    nested.platform_is_fine = nest->platform_is_fine;
    if (nest->platform_is_fine != NULL &&
        sim_nest_open(&nest->nest, load, simulate_request, &nested))
        return true;
    sim_simulations_nest_close(nest);
    return false;
}

void sim_simulations_nest_close(struct sim_simulations_nest *nest)
{
    sim_nest_close(&nest->nest);
    if (nest->platform_is_fine != NULL)
        munmap((void *)(uintptr_t)nest->platform_is_fine, SIM_NEST_PLACES + 1);
    *nest = (struct sim_simulations_nest){0};
}

bool sim_simulation_start_in(struct sim_simulations_nest *nest, int place,
                             struct sim_simulation *simulation, const char *const *settings,
                             struct sim_child *child)
{
    const struct request request = {place, simulation->again};
    struct sim_arena *scratch;
    size_t length = sizeof request, at = sizeof request;
    char *text;
    bool is_started;

    if (!sim_nest_is_ready(&nest->nest))
        return false;
    scratch = sim_arena_open();
    for (const char *const *s = settings; *s != NULL; s++)
        length += strlen(*s) + 1;
    text = sim_new(scratch, char, length);
    memcpy(text, &request, sizeof request);
    for (; *settings != NULL; settings++) {
        const size_t bytes = strlen(*settings) + 1;

        memcpy(text + at, *settings, bytes);
        at += bytes;
    }
    simulation->platform_is_fine = &nest->platform_is_fine[place];
    *simulation->platform_is_fine = true;
    is_started = sim_nest_start(&nest->nest, child, text, length);
    sim_arena_close(scratch);
    return is_started;
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
    simulation->shared = shared_memory(1);
    if (simulation->shared == NULL)
        return sim_fail(err, "This machine has no memory left: %s.", strerror(errno));
    simulation->platform_is_fine = simulation->shared;
    return sim_child_start(child, simulate, simulation, err);
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

static void take_next(struct sim_again *again, const json_t *ending)
{
    snprintf(again->why, sizeof again->why, "%s",
             json_string_value(json_object_get(ending, "error")));
    again->timing = (enum sim_timing)json_integer_value(json_object_get(ending, "next"));
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
    if (code != outcome->exit_code) {
        json_decref(ending);
        return contradicted(simulation, outcome, code, arena, err);
    }
    if (summary_length > 0)
        *summary = sim_text_copy(arena, outcome->reply, summary_length);
    if (code == SIM_RUN_AGAIN)
        take_next(&simulation->again, ending);
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

int sim_simulate(struct sim_simulation *simulation, struct sim_arena *arena, json_t **summary,
                 struct sim_error *err)
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
        code = sim_simulation_end(simulation, &outcome, summary, &wall_seconds, err);
    } while (code == SIM_AGAIN);
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
