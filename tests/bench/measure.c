/* measure.c -- one command in a process of its own, and what it took; medians of such. */
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 40, MOST_OUTPUT_BYTES = 100 * 1000 * 1000 };

double bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- a command ---- */

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

static const char *output_of(const struct bench *bench)
{
    return sim_text(bench->arena, "%s/output", bench->folder);
}

/* Replaces this process; its standard output goes to a file. */
static void become(char *command, const char *output)
{
    char *arguments[MOST_ARGUMENTS + 1] = {NULL}, *rest = NULL;
    const int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    int count = 0;

    for (char *word = strtok_r(command, " ", &rest); word != NULL && count < MOST_ARGUMENTS;
         word = strtok_r(NULL, " ", &rest))
        arguments[count++] = word;
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO); /* where SMPI's replay tells its result */
    if (count > 0)
        execvp(arguments[0], arguments);
    _exit(127);
}

static pid_t start(const struct bench *bench, const char *command)
{
    const char *output = output_of(bench);
    const pid_t pid = fork();

    if (pid == 0)
        become(sim_text(bench->arena, "%s", command), output);
    if (pid < 0)
        bench_die("a process for it cannot be started.", command);
    return pid;
}

/* dmlsim prints summary.json, SMPI's replay a sentence, the others a number. */
static double simulated_in(const char *text)
{
    static const char *const keys[] = {"\"simulated_seconds\": ", "Simulation time "};

    for (int k = 0; k < 2; k++) {
        const char *key = strstr(text, keys[k]);

        if (key != NULL)
            return strtod(key + strlen(keys[k]), NULL);
    }
    return strtod(text, NULL);
}

static void read_answer(const struct bench *bench, struct sample *sample)
{
    static const char key[] = "\"ran\": \"";
    struct sim_arena *scratch = sim_arena_open(); /* what this process holds is a child's, too */
    struct sim_error err = {0};
    size_t length;
    const char *text = sim_file_read(scratch, output_of(bench), MOST_OUTPUT_BYTES, &length, &err),
               *ran = text == NULL ? NULL : strstr(text, key);

    sample->simulated_seconds = text == NULL ? NAN : simulated_in(text);
    if (ran != NULL)
        snprintf(sample->ran, sizeof sample->ran, "%.*s", (int)strcspn(ran + strlen(key), "\""),
                 ran + strlen(key));
    sim_arena_close(scratch);
}

/* What was there would be looked at first, and be the larger the more workers the run before had. */
static void forget_run(const struct bench *bench)
{
    sim_remove_tree(sim_text(bench->arena, "%s/run", bench->folder));
}

static void demand_success(const struct bench *bench, const char *command, int status)
{
    if (status != 0)
        bench_die(sim_text(bench->arena, "this failed; %s may say why.", output_of(bench)),
                  command);
}

struct sample bench_run(const struct bench *bench, const char *command)
{
    struct sample sample = {0};
    struct rusage usage;
    double begin;
    int status = 1;
    pid_t pid;

    forget_run(bench);
    begin = bench_now();
    pid = start(bench, command);
    wait4(pid, &status, 0, &usage);
    sample.wall_seconds = bench_now() - begin;
    demand_success(bench, command, status);
    sample.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    sample.peak_bytes = (double)usage.ru_maxrss * 1024;
    read_answer(bench, &sample);
    return sample;
}

const char *bench_first_line(const struct bench *bench, const char *command)
{
    struct sim_error err = {0};
    const char *text;
    size_t length;
    int status = 1;

    waitpid(start(bench, command), &status, 0);
    text = sim_file_read(bench->arena, output_of(bench), MOST_OUTPUT_BYTES, &length, &err);
    if (status != 0 || text == NULL)
        return "unknown";
    return sim_text(bench->arena, "%.*s", (int)strcspn(text, "\n"), text);
}

/* ---- the memory of all its processes ---- */

static const struct timespec BETWEEN_LOOKS = {.tv_nsec = 2 * 1000 * 1000};

struct memory {
    double anonymous_bytes; /* pages that processes share count once */
    double of_files_bytes;  /* libraries: of the process that has most of them */
};

/* A process may have ended meanwhile. */
static FILE *open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "r");
}

static void add_process(struct memory *memory, pid_t pid)
{
    FILE *file = open_proc(pid, "smaps_rollup");
    double resident = 0, anonymous = 0, shared = 0, kilobytes;
    char line[256], key[32];

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%31[A-Za-z_]: %lf kB", key, &kilobytes) != 2)
            continue;
        if (strcmp(key, "Rss") == 0)
            resident = kilobytes;
        else if (strcmp(key, "Anonymous") == 0)
            anonymous = kilobytes;
        else if (strcmp(key, "Pss_Anon") == 0)
            shared = kilobytes;
    }
    if (file != NULL)
        fclose(file);
    memory->anonymous_bytes += 1024 * shared;
    memory->of_files_bytes = fmax(memory->of_files_bytes, 1024 * (resident - anonymous));
}

static void add_tree(struct memory *memory, pid_t pid)
{
    char name[32];
    FILE *file;
    int child;

    snprintf(name, sizeof name, "task/%d/children", (int)pid);
    add_process(memory, pid);
    file = open_proc(pid, name);
    while (file != NULL && fscanf(file, "%d", &child) == 1)
        add_tree(memory, child);
    if (file != NULL)
        fclose(file);
}

struct sample bench_watch(const struct bench *bench, const char *command)
{
    struct sample sample = {0};
    int status = 1;
    pid_t pid;

    forget_run(bench);
    pid = start(bench, command);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        struct memory memory = {0};

        add_tree(&memory, pid);
        sample.peak_bytes = fmax(sample.peak_bytes, memory.anonymous_bytes + memory.of_files_bytes);
        nanosleep(&BETWEEN_LOOKS, NULL);
    }
    demand_success(bench, command, status);
    if (sample.peak_bytes == 0)
        bench_die("Linux does not tell the memory of processes here.", "/proc/PID/smaps_rollup");
    read_answer(bench, &sample);
    return sample;
}

/* ---- many ---- */

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *seconds, int count)
{
    if (count == 0)
        return NAN;
    qsort(seconds, (size_t)count, sizeof *seconds, by_size);
    return (seconds[(count - 1) / 2] + seconds[count / 2]) / 2;
}

double bench_cpu_seconds(const struct samples *samples)
{
    double seconds[MOST_ROUNDS * SHORT_TURNS];

    for (int i = 0; i < samples->count; i++)
        seconds[i] = samples->of[i].cpu_seconds;
    return median(seconds, samples->count);
}

double bench_wall_seconds(const struct samples *samples)
{
    double seconds[MOST_ROUNDS * SHORT_TURNS];

    for (int i = 0; i < samples->count; i++)
        seconds[i] = samples->of[i].wall_seconds;
    return median(seconds, samples->count);
}

double bench_peak_bytes(const struct samples *samples)
{
    double most = NAN;

    for (int i = 0; i < samples->count; i++)
        most = fmax(most, samples->of[i].peak_bytes); /* fmax of NaN and x is x */
    return most;
}

json_t *bench_json(const struct samples *samples)
{
    json_t *cpu = json_array(), *wall = json_array();

    for (int i = 0; i < samples->count; i++) {
        json_array_append_new(cpu, json_real(samples->of[i].cpu_seconds));
        json_array_append_new(wall, json_real(samples->of[i].wall_seconds));
    }
    return json_pack("{s:o, s:o, s:f}", "cpu_seconds", cpu, "wall_seconds", wall, "peak_bytes",
                     bench_peak_bytes(samples));
}
