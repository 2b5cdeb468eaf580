/* nested.c -- many simulations of one scenario's text, whose platform is loaded once: in a nest.
 *
 * The parent asks for several at a time.  A child of the nest simulates them one after another, as if each were the first,
 * so that results do not depend on which were asked for together. */
#include "sim/engine/run.h"
#include "sim/study/simulated.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Long enough to outweigh a fork, and short enough to lose when somebody interrupts it. */
static const double usual_seconds = 0.1;

/* ---- in the nest, and its children ---- */

/* What they have from the parent, and what is made once. */
struct nest {
    const struct sim_scenario_text *text;
    const struct sim_scenario *scenario; /* one of those that are simulated there */
    const struct sim_platform_facts *facts;
    volatile bool *platform_is_fine;
    struct sim_arena *arena; /* of what is loaded */
    struct sim_world *loaded;
};

/* The links that its file names, with the edits that are in the file already. */
static void allow_tuning(const struct nest *nest, struct sim_arena *arena)
{
    static const struct sim_platform_edit all_links = {"link", "*", "bandwidth", NULL};
    const struct sim_scenario *scenario = nest->scenario;
    const struct sim_platform_edit *links;
    struct sim_error nobody_asks = {0};
    int edits, count;
    const struct sim_platform_edit *lasting = sim_platform_edits_that_last(
        scenario->platform_edits, scenario->platform_edit_count, &edits, arena);

    count = sim_platform_values(scenario->platform, lasting, edits, &all_links, &links, arena,
                                &nobody_asks);
    sim_world_allow_tuning(nest->loaded, links, count);
}

/* Its last place is the nest's own.  What is wrong is left to the next child of the parent to tell. */
static bool load(void *context)
{
    struct nest *nest = context;
    struct sim_error nobody_asks = {0};

    nest->arena = sim_arena_open();
    nest->loaded = sim_load(nest->scenario, nest->facts, &nest->platform_is_fine[SIM_NEST_PLACES],
                            nest->arena, &nobody_asks);
    if (nest->loaded == NULL)
        return false;
    allow_tuning(nest, nest->arena);
    sim_world_keep_actors(nest->loaded);
    return true;
}

/* What is asked for: first this; then, for each simulation, a struct begin and its settings, each with its NUL. */
struct request {
    int place, count;
    double seconds; /* none is begun later */
};

struct begin {
    struct sim_again again;
    int settings;
};

static const char *const *read_settings(const char **at, int count, struct sim_arena *arena)
{
    const char **settings = sim_new(arena, const char *, (size_t)count + 1);

    for (int i = 0; i < count; i++, *at += strlen(*at) + 1)
        settings[i] = *at;
    return settings;
}

/* What is wrong with its scenario has changed since the parent read it. */
static int simulate_one(const struct nest *nest, int place, const char **at, FILE *reply)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct sim_scenario scenario;
    struct begin begin;
    struct sim_simulation simulation = {
        .scenario = &scenario,
        .facts = *nest->facts,
        .loaded = nest->loaded,
        .platform_is_fine = &nest->platform_is_fine[place],
    };
    int code = 2;

    memcpy(&begin, *at, sizeof begin);
    *at += sizeof begin;
    simulation.again = begin.again;
    if (sim_scenario_of_text(&scenario, nest->text, read_settings(at, begin.settings, arena), arena,
                             &err))
        code = simulated_next(&simulation, reply);
    else
        simulated_tell_wrong(&err, reply);
    sim_scenario_release(&scenario);
    sim_arena_close(arena);
    return code;
}

/* Each is told of by itself, so that none is lost with a later one. */
static int simulate_request(void *context, const char *text, size_t length, FILE *reply,
                            int terminal)
{
    const struct nest *nest = context;
    const double began_at = simulated_wall_now();
    const char *at = text + sizeof(struct request);
    struct request request;
    int code = 0, told = 0;

    (void)length;
    (void)terminal;
    memcpy(&request, text, sizeof request);
    for (int i = 0; i < request.count && code != SIM_RUN_ELSEWHERE &&
                    (i == 0 || simulated_wall_now() < began_at + request.seconds);
         i++) {
        code = simulate_one(nest, request.place, &at, reply);
        if (code != SIM_RUN_ELSEWHERE) {
            putc('\n', reply);
            told = code;
        }
        fflush(reply);
    }
    return told;
}

/* ---- in the parent ---- */

bool sim_simulations_nest_open(struct sim_simulations_nest *nest,
                               const struct sim_scenario_text *text,
                               const struct sim_scenario *scenario,
                               const struct sim_platform_facts *facts)
{
    struct nest prepared = {.text = text, .scenario = scenario, .facts = facts};

    *nest = (struct sim_simulations_nest){.platform_is_fine = simulated_share(SIM_NEST_PLACES + 1),
                                          .child_seconds = usual_seconds};
    prepared.platform_is_fine = nest->platform_is_fine;
    if (nest->platform_is_fine != NULL &&
        sim_nest_open(&nest->nest, load, simulate_request, &prepared))
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

static int count_settings(const struct sim_nested *nested)
{
    int count = 0;

    while (nested->settings[count] != NULL)
        count++;
    return count;
}

static size_t bytes_of(const struct sim_nested *nested)
{
    size_t bytes = sizeof(struct begin);

    for (const char *const *s = nested->settings; *s != NULL; s++)
        bytes += strlen(*s) + 1;
    return bytes;
}

/* How many of them one request can hold. */
static int count_that_fit(struct sim_nested *const *nested, int count)
{
    size_t bytes = sizeof(struct request);
    int fit = 0;

    while (fit < count && (bytes += bytes_of(nested[fit])) <= SIM_NEST_MOST_BYTES)
        fit++;
    return fit;
}

static void write_request(FILE *text, const struct request *request,
                          struct sim_nested *const *nested)
{
    fwrite(request, sizeof *request, 1, text);
    for (int i = 0; i < request->count; i++) {
        const struct begin begin = {nested[i]->simulation.again, count_settings(nested[i])};

        fwrite(&begin, sizeof begin, 1, text);
        for (const char *const *s = nested[i]->settings; *s != NULL; s++)
            fwrite(*s, strlen(*s) + 1, 1, text);
    }
}

int sim_simulations_start_in(struct sim_simulations_nest *nest, int place,
                             struct sim_nested *const *nested, int count, struct sim_child *child)
{
    const int fit = count_that_fit(nested, count);
    char *request = NULL;
    size_t length = 0;
    FILE *text =
        fit > 0 && sim_nest_is_ready(&nest->nest) ? open_memstream(&request, &length) : NULL;
    bool is_started;

    if (text == NULL)
        return 0;
    write_request(text, &(struct request){place, fit, nest->child_seconds}, nested);
    fclose(text);
    for (int i = 0; i < fit; i++)
        nested[i]->simulation.platform_is_fine = &nest->platform_is_fine[place];
    nest->platform_is_fine[place] = true;
    is_started = sim_nest_start(&nest->nest, child, request, length);
    free(request);
    return is_started ? fit : 0;
}

/* Two lines for each; the second says how it ended. */
static char *end_of_telling(char *told)
{
    char *line = strchr(told, '\n');

    return line == NULL ? NULL : strchr(line + 1, '\n');
}

int sim_simulations_told(const struct sim_outcome *outcome, struct sim_outcome *each, int count,
                         struct sim_arena *arena)
{
    char *at =
        outcome->reply == NULL ? NULL : sim_text_copy(arena, outcome->reply, outcome->reply_length);
    char *end;
    int told = 0;

    for (; told < count && at != NULL && (end = end_of_telling(at)) != NULL; told++) {
        *end = '\0';
        each[told] = (struct sim_outcome){.exit_code = SIM_LIVED_ON,
                                          .reply = at,
                                          .reply_length = (size_t)(end - at),
                                          .complaints = outcome->complaints};
        at = end + 1;
    }
    if (told > 0 && outcome->signal == 0)
        each[told - 1].exit_code = outcome->exit_code;
    return told;
}
