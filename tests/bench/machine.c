/* machine.c -- what figures depend on: the machine, the libraries, how dmlsim was built, and who else was there. */
#include "tests/bench/bench.h"

#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* rules.mk says how all was built, in one go with dmlsim. */
#ifndef BENCH_COMPILER
#define BENCH_COMPILER "unknown"
#endif
#ifndef BENCH_FLAGS
#define BENCH_FLAGS "unknown"
#endif
#ifndef BENCH_LINKED_WITH
#define BENCH_LINKED_WITH "unknown"
#endif

/* In /proc/cpuinfo of x86, s390 and some others. */
static const char *cpu_model(const struct bench *bench)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    const char *model = "unknown";
    char line[512];

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strstr(line, ": ");

        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        model = sim_text(bench->arena, "%s", colon + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
    return model;
}

static const char *now(const struct bench *bench)
{
    const time_t seconds = time(NULL);
    struct tm utc;
    char text[32];

    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&seconds, &utc));
    return sim_text(bench->arena, "%s", text);
}

/* How many others want a processor, on average of the last minute: above 0, seconds on the wall say little. */
static double load(void)
{
    double average = 0;

    return getloadavg(&average, 1) == 1 ? average : -1;
}

json_t *machine_ask(const struct bench *bench)
{
    struct utsname system;

    uname(&system);
    return json_pack(
        "{s:s, s:s, s:i, s:f, s:s, s:f, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "date", now(bench),
        "cpu", cpu_model(bench), "cores", (int)sysconf(_SC_NPROCESSORS_ONLN), "memory_bytes",
        (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE), "kernel",
        sim_text(bench->arena, "%s %s %s", system.sysname, system.release, system.machine),
        "load_average_before", load(), "simgrid", bench_first_line(bench, "smpirun -version"),
        "libc", sim_text(bench->arena, "glibc %s", gnu_get_libc_version()), "compiler",
        BENCH_COMPILER, "flags", BENCH_FLAGS, "linked_with", BENCH_LINKED_WITH, "dmlsim",
        bench_first_line(bench, sim_text(bench->arena, "%s --version", bench->dmlsim)), "commit",
        bench_first_line(bench, "git describe --always --dirty --abbrev=12"));
}

static const char *text_of(const json_t *machine, const char *key)
{
    return json_string_value(json_object_get(machine, key));
}

static double number_of(const json_t *machine, const char *key)
{
    return json_number_value(json_object_get(machine, key));
}

void machine_print(const json_t *machine)
{
    printf("%s, commit %s; %s; %s\n", text_of(machine, "dmlsim"), text_of(machine, "commit"),
           text_of(machine, "simgrid"), text_of(machine, "libc"));
    printf("built by %s with %s, linked with %s\n", text_of(machine, "compiler"),
           text_of(machine, "flags"), text_of(machine, "linked_with"));
    printf("on %.0f x %s, %.0f GB, %s, %s, load average %.2f before\n", number_of(machine, "cores"),
           text_of(machine, "cpu"), number_of(machine, "memory_bytes") / 1e9,
           text_of(machine, "kernel"), text_of(machine, "date"),
           number_of(machine, "load_average_before"));
}
