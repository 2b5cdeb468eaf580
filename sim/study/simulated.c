/* simulated.c -- one simulation, in the child. */
#include "sim/study/simulated.h"

#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/engine/run.h"
#include "sim/trace/writers.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

double simulated_wall_now(void)
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

static void write_summary(const json_t *summary, struct sim_arena *arena, FILE *reply)
{
    const char *text = sim_json_text(arena, summary, JSON_COMPACT);

    if (text != NULL)
        fputs(text, reply);
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

void simulated_tell_wrong(const struct sim_error *err, FILE *reply)
{
    write_ending(&(struct ending){.code = 2, .error = err->text}, reply);
}

/* Nothing is told of a run that ends otherwise than all do. */
static bool is_an_end(const struct sim_simulation *simulation, int code)
{
    return code != SIM_RUN_ELSEWHERE && (code != SIM_RUN_AGAIN || simulation->loaded == NULL ||
                                         !sim_world_can_run(simulation->loaded));
}

int simulated_job(void *context, FILE *reply, int terminal)
{
    struct sim_simulation *simulation = context;
    struct sim_arena *arena = sim_arena_open();
    struct sim_record *record = sim_new(arena, struct sim_record, 1);
    struct sim_error err = {0};
    const double begin = simulated_wall_now();
    struct sim_attempt attempt = attempt_of(simulation);
    int code =
        run(simulation, simulation->shows_progress ? terminal : -1, &attempt, arena, record, &err);
    json_t *summary = record->laws != NULL && code != 2
                          ? sim_summary_json(simulation->scenario, record)
                          : NULL; /* there is no result */

    if (summary != NULL && simulation->folder != NULL &&
        (!sim_write_run(simulation->scenario, record, summary, simulation->folder, arena, &err) ||
         !write_timing(simulation, record, simulated_wall_now() - begin, arena, &err)))
        code = 2;
    if (summary != NULL && code != 2)
        write_summary(summary, arena, reply);
    json_decref(summary);
    if (is_an_end(simulation, code))
        write_ending(&(struct ending){code, err.text, simulated_wall_now() - begin, attempt.next},
                     reply);
    else
        simulated_begin_again(&simulation->again, attempt.next, err.text);
    sim_arena_close(arena);
    return code;
}

int simulated_next(struct sim_simulation *simulation, FILE *reply)
{
    const struct sim_scenario *scenario = simulation->scenario;
    int code;

    if (!sim_world_can_run(simulation->loaded) ||
        !sim_world_tune(simulation->loaded, scenario->platform_edits,
                        scenario->platform_edit_count))
        return SIM_RUN_ELSEWHERE;
    do
        code = simulated_job(simulation, reply, -1);
    while (code == SIM_RUN_AGAIN && sim_world_can_run(simulation->loaded));
    return code;
}
