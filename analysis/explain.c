/* explain.c -- dmlsim explain: why a run took as long as it did, and which of its settings mattered.
 *
 * For each phase: who took part, how long it took beside what its busiest link needs at least, bytes by
 * link.  For each --set: the run is made again without it, and compared. */
#include "analysis/explain.h"
#include "sim/base/file.h"
#include "sim/base/units.h"
#include "sim/cli/command.h"
#include "sim/study/simulate.h"
#include "sim/trace/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINKS_NAMED = 5 };

/* Loads that differ by less than this share are shown as one: uneven chunks are not the point here. */
static const double ALIKE = 1e-3;

static const struct sim_option options[] = {{0}};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* ---- bytes by link, from phases.csv ---- */

struct load {
    const char *link;
    double bytes;
};

struct loads {
    struct load *items;
    size_t count, room;
};

static void add_load(struct loads *loads, struct sim_arena *arena, const char *link, double bytes)
{
    if (loads->count == loads->room) {
        struct load *items;

        loads->room = 2 * loads->room + 64;
        items = sim_new(arena, struct load, loads->room);
        if (loads->count > 0)
            memcpy(items, loads->items, loads->count * sizeof *items);
        loads->items = items;
    }
    loads->items[loads->count++] = (struct load){link, bytes};
}

static int by_bytes(const void *a, const void *b)
{
    const struct load *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return strcmp(x->link, y->link);
}

/* Rows "phase,link,bytes,bound"; names with commas are quoted, and then the last two fields still end
 * the row. */
static void read_loads(const char *folder, const char *phase, struct loads *loads,
                       struct sim_arena *arena)
{
    FILE *file = fopen(sim_text(arena, "%s/phases.csv", folder), "r");
    char *line = NULL;
    size_t room = 0, length = strlen(phase);

    while (file != NULL && getline(&line, &room, file) > 0) {
        char *last = strrchr(line, ','), *bytes;

        if (strncmp(line, phase, length) != 0 || line[length] != ',' || last == NULL)
            continue;
        *last = '\0';
        bytes = strrchr(line, ',');
        *bytes = '\0';
        add_load(loads, arena, sim_text(arena, "%s", line + length + 1), strtod(bytes + 1, NULL));
    }
    free(line);
    if (file != NULL)
        fclose(file);
    if (loads->count > 0)
        qsort(loads->items, loads->count, sizeof *loads->items, by_bytes);
}

static void print_loads(const char *folder, const char *phase, struct sim_arena *arena)
{
    struct loads loads = {0};
    char text[SIM_QUANTITY_SIZE];

    read_loads(folder, phase, &loads, arena);
    if (loads.count == 0)
        return;
    if (loads.items[0].bytes <= loads.items[loads.count - 1].bytes * (1 + ALIKE)) {
        printf("  bytes per link   %s on each of %zu links\n",
               sim_format_quantity(text, loads.items[0].bytes, SIM_UNIT_BYTES), loads.count);
        return;
    }
    for (size_t i = 0; i < loads.count && i < MOST_LINKS_NAMED; i++)
        printf("  %-16s %s on %s\n", i == 0 ? "bytes per link" : "",
               sim_format_quantity(text, loads.items[i].bytes, SIM_UNIT_BYTES),
               loads.items[i].link);
    if (loads.count > MOST_LINKS_NAMED)
        printf("  %-16s at most %s on each of %zu other links\n", "",
               sim_format_quantity(text, loads.items[MOST_LINKS_NAMED].bytes, SIM_UNIT_BYTES),
               loads.count - MOST_LINKS_NAMED);
}

/* ---- phases ---- */

static void print_group(const json_t *peers)
{
    const char *role;
    json_t *count;
    bool is_first = true;

    json_object_foreach ((json_t *)(uintptr_t)peers, role, count) {
        printf("%s%lld %s%s", is_first ? "" : " and ", (long long)json_integer_value(count), role,
               json_integer_value(count) == 1 ? "" : "s");
        is_first = false;
    }
}

static void print_shares(const json_t *phase)
{
    static const struct {
        const char *key, *name;
    } parts[] = {{"compute_seconds", "compute"},
                 {"communicate_seconds", "communicate"},
                 {"wait_seconds", "wait"},
                 {"idle_seconds", "idle"}};
    double sum = 0;

    for (size_t i = 0; i < 4; i++)
        sum += number_of(phase, parts[i].key);
    for (size_t i = 0; i < 4 && sum > 0; i++)
        printf("%s%s %.1f %%", i > 0 ? ", " : "", parts[i].name,
               100 * number_of(phase, parts[i].key) / sum);
}

static void print_phase(const json_t *summary, const json_t *phase, const char *folder,
                        struct sim_arena *arena)
{
    const double longest = number_of(phase, "longest_seconds");
    const double bound = number_of(phase, "bandwidth_bound_seconds");
    char text[SIM_QUANTITY_SIZE];

    printf("\nphase %s: %s, ", text_of(phase, "name"), text_of(summary, "algorithm"));
    print_group(json_object_get(phase, "peers"));
    printf("\n  time             %s for the peer that was longest in it (",
           sim_format_quantity(text, longest, SIM_UNIT_SECONDS));
    print_shares(phase);
    puts(")");
    if (bound <= 0) {
        puts("  bound            nothing crosses the network");
        return;
    }
    printf("  bound            %s at least", sim_format_quantity(text, bound, SIM_UNIT_SECONDS));
    printf(": %s cross the bottleneck link %s",
           sim_format_quantity(text, number_of(phase, "bottleneck_bytes"), SIM_UNIT_BYTES),
           text_of(phase, "bottleneck_link"));
    if (bound > longest)
        puts(" (more than the phase took: hidden behind what else went on)");
    else
        printf(" (%.1f %% of the time)\n", longest > 0 ? 100 * bound / longest : 0);
    print_loads(folder, text_of(phase, "name"), arena);
}

/* ---- settings ---- */

/* The mapping that holds the last part of a dotted key, and that part. */
static json_t *holder(json_t *scenario, const char *key, const char **last, struct sim_arena *arena)
{
    size_t length;

    while (scenario != NULL && key[length = strcspn(key, ".")] == '.') {
        scenario = json_object_get(scenario, sim_text_copy(arena, key, length));
        key += length + 1;
    }
    *last = key;
    return scenario;
}

/* The resolved scenario with one setting taken back, as text. */
static const char *without(const json_t *summary, const json_t *setting, struct sim_arena *arena)
{
    json_t *scenario = json_deep_copy(json_object_get(summary, "scenario"));
    const json_t *was = json_object_get(setting, "was");
    const char *last, *copy = NULL;
    json_t *map = holder(scenario, text_of(setting, "key"), &last, arena);
    char *text;

    if (json_is_object(map)) {
        json_t *former = json_is_string(was) ? json_loads(json_string_value(was), 0, NULL) : NULL;

        json_object_del(map, last);
        if (former != NULL)
            json_object_set_new(map, last, former);
        else if (json_is_string(was))
            json_object_set_new(map, last, json_string(json_string_value(was)));
        json_object_set_new(scenario, "trace", json_string("none"));
        text = json_dumps(scenario, JSON_INDENT(1));
        copy = sim_text(arena, "%s", text);
        free(text);
    }
    json_decref(scenario);
    return copy;
}

static bool is_same(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {"simulated_seconds", "bytes",  "messages",
                                       "local_bytes",       "flop",   "joules",
                                       "busiest_card",      "metrics"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
            return false;
    return true;
}

static void print_difference(const json_t *summary, const json_t *other)
{
    const double now = number_of(summary, "simulated_seconds");
    const double then = number_of(other, "simulated_seconds");
    char text[SIM_QUANTITY_SIZE];

    printf(" without it: %s", sim_format_quantity(text, then, SIM_UNIT_SECONDS));
    printf(" instead of %s", sim_format_quantity(text, now, SIM_UNIT_SECONDS));
    if (number_of(summary, "bytes") != number_of(other, "bytes")) {
        printf(", %s", sim_format_quantity(text, number_of(other, "bytes"), SIM_UNIT_BYTES));
        printf(" instead of %s",
               sim_format_quantity(text, number_of(summary, "bytes"), SIM_UNIT_BYTES));
    }
    puts(".");
}

static bool changes_only_what_is_kept(const char *key)
{
    return strcmp(key, "trace") == 0;
}

static int explain_setting(const struct sim_call *call, const json_t *summary,
                           const json_t *setting)
{
    const char *key = text_of(setting, "key");
    const char *text = without(summary, setting, call->arena);
    struct sim_scenario scenario;
    struct sim_simulation simulation = {.scenario = &scenario};
    struct sim_error err = {0};
    json_t *other = NULL;
    int code = 0;

    printf("--set %s=%s", key, text_of(setting, "value"));
    if (changes_only_what_is_kept(key)) {
        puts(" changes what is written down, not what happens.");
        return 0;
    }
    if (text != NULL &&
        sim_scenario_parse(&scenario, text_of(summary, "scenario_file"), text, strlen(text), NULL,
                           call->catalogue, call->arena, &err)) {
        code = sim_simulate(&simulation, call->arena, &other, &err);
        sim_scenario_release(&scenario);
    }
    if (other == NULL)
        printf(" cannot be judged; without it: %.*s\n", (int)strcspn(err.text, "\n"),
               err.count > 0 ? err.text : "there is nothing to set it back to.");
    else if (!is_same(summary, other))
        print_difference(summary, other);
    else
        printf(" changed nothing%s.\n",
               strcmp(key, "seed") == 0 &&
                       !json_is_true(json_object_get(summary, "used_random_numbers"))
                   ? ": this run draws no random numbers"
                   : "");
    json_decref(other);
    return code == SIM_INTERRUPTED ? code : 0;
}

/* ---- the whole ---- */

static int explain(const struct sim_call *call, const json_t *summary, const char *folder)
{
    const json_t *item, *simulation = json_object_get(summary, "simulation");
    char text[SIM_QUANTITY_SIZE];
    struct sim_error err = {0};
    size_t i;
    int code = 0;

    printf("%s on %s, network: %s: %s\n", text_of(summary, "algorithm"),
           text_of(summary, "platform"), text_of(summary, "network"),
           sim_format_quantity(text, number_of(summary, "simulated_seconds"), SIM_UNIT_SECONDS));
    if (simulation != NULL) /* earlier versions say nothing of it */
        printf("simulated %s: %s\n", text_of(simulation, "ran"), text_of(simulation, "why"));
    if (!analysis_explain_pipeline(summary, folder, call->arena, &err)) {
        fflush(stdout);
        return sim_complain(&err, 2);
    }
    json_array_foreach (json_object_get(summary, "phases"), i, item)
        if (number_of(item, "longest_seconds") > 0 || number_of(item, "bottleneck_bytes") > 0)
            print_phase(summary, item, folder, call->arena);
    if (!sim_file_exists(sim_text(call->arena, "%s/phases.csv", folder)))
        puts("\nBytes per link were not kept: run with --trace summary or full.");
    if (json_array_size(json_object_get(summary, "overrides")) > 0)
        putchar('\n');
    json_array_foreach (json_object_get(summary, "overrides"), i, item) {
        fflush(stdout);
        code = code != 0 ? code : explain_setting(call, summary, item);
    }
    return code;
}

static int run(const struct sim_call *call)
{
    const char *folder = call->arguments[0];
    struct sim_error err = {0};
    json_t *summary;
    int code;

    if (!sim_is_run_directory(call->arena, folder)) {
        sim_fail(
            &err,
            "%s: is no run directory (it has no summary.json of ours); 'dmlsim run' makes one.",
            folder);
        return sim_complain(&err, 2);
    }
    summary = json_load_file(sim_text(call->arena, "%s/summary.json", folder), 0, NULL);
    code = explain(call, summary, folder);
    json_decref(summary);
    return code;
}

SIM_COMMAND(explain) = {
    .name = "explain",
    .arguments = "RUN_DIR",
    .summary = "say why a run took as long as it did, and which settings mattered",
    .description =
        "For each phase: the algorithm and its group, time beside the bound that the busiest link "
        "sets, bytes per link. Each --set of the run is judged by a run without it; one that "
        "changed nothing is named. Of a pipeline: the order of operations, its bubble in both "
        "definitions, and where its stages wait.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
