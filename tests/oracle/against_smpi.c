#include "tests/oracle/against_smpi.h"

#include "sim/base/file.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

enum { MOST_SETTINGS = 7 };

/* ---- TAP ---- */

void against_begin(struct against *on, char **argv, bool is_fine, const char *usage)
{
    struct sim_error err = {0};

    if (!is_fine) {
        fprintf(stderr, "usage: %s\n", usage);
        exit(2);
    }
    *on = (struct against){
        .platform = argv[1], .smpi_program = argv[2], .folder = argv[3], .arena = sim_arena_open()};
    sim_child_guard();
    if (!sim_make_directories(on->folder, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }
}

int against_end(struct against *on)
{
    printf("1..%d\n", on->tests);
    sim_arena_close(on->arena);
    return on->failed ? 1 : 0;
}

void against_tell(struct against *on, bool fine, const char *format, ...)
{
    va_list arguments;

    printf("%s %d - %s: ", fine ? "ok" : "not ok", ++on->tests, on->platform);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    on->failed |= !fine;
}

/* ---- what SMPI says ---- */

static const char *write_hosts(const struct against *on, int p)
{
    const char *path = sim_text(on->arena, "%s/hosts-%d", on->folder, p);
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return NULL;
    for (int i = 0; i < p; i++)
        fprintf(file, "node-%d\n", i);
    return fclose(file) == 0 ? path : NULL;
}

FILE *against_ask(const struct against *on, int p, const char *selectors, const char *arguments)
{
    const char *hosts = write_hosts(on, p);

    if (hosts == NULL)
        return NULL;
    return popen(sim_text(on->arena, "smpirun -np %d -platform %s -hostfile %s %s %s %s %s", p,
                          on->platform, hosts, SMPI_OPTIONS, selectors, on->smpi_program,
                          arguments),
                 "r");
}

/* ---- what we say ---- */

/* What reduces has a gradient and adds, which must take no time here; the others move messages. */
static void settings_of(const struct against *on, const char *algorithm, const char *setting, int p,
                        int64_t bytes, const char *settings[MOST_SETTINGS + 1])
{
    const bool reduces = strstr(algorithm, "reduce") != NULL;
    int count = 0;

    settings[count++] = sim_text(on->arena, "platform=%s", on->platform);
    settings[count++] = sim_text(on->arena, "algorithm.workers=%d", p);
    settings[count++] = sim_text(on->arena, "algorithm.%s=%lld",
                                 reduces ? "gradient_bytes" : "message_bytes", (long long)bytes);
    settings[count++] = "algorithm.compute_seconds=0";
    settings[count++] = "trace=none";
    if (reduces)
        settings[count++] = "algorithm.flop_per_byte=0";
    if (setting != NULL)
        settings[count++] = setting;
    settings[count] = NULL;
}

double against_simulate(const struct against *on, const char *algorithm, const char *setting, int p,
                        int64_t bytes)
{
    const struct sim_catalogue catalogue = {sim_algorithms, "."};
    const char *settings[MOST_SETTINGS + 1];
    struct sim_error err = {0};
    struct sim_scenario scenario;
    double seconds = NAN;
    json_t *summary = NULL;

    settings_of(on, algorithm, setting, p, bytes, settings);
    if (sim_scenario_read(&scenario, sim_text(on->arena, "scenarios/%s.yaml", algorithm), settings,
                          &catalogue, on->arena, &err)) {
        struct sim_simulation simulation = {.scenario = &scenario};

        if (sim_simulate(&simulation, on->arena, &summary, &err) == 0)
            seconds = json_number_value(json_object_get(summary, "simulated_seconds"));
        json_decref(summary);
        sim_scenario_release(&scenario);
    }
    if (err.count > 0)
        printf("# %s\n", err.text);
    return seconds;
}
