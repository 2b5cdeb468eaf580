/* measure.c -- one command in processes of its own, and what it took; medians of such. */
#include "tests/bench/job.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { MOST_OUTPUT_BYTES = 100 * 1000 * 1000 };

void bench_die(const char *what, const char *name)
{
    fprintf(stderr, "bench: %s: %s\n", name, what);
    exit(2);
}

FILE *bench_create(const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        bench_die("cannot be written.", path);
    return file;
}

double bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- a command ---- */

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
    const char *text = sim_file_read(scratch, job_output(bench), MOST_OUTPUT_BYTES, &length, &err),
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
        bench_die(sim_text(bench->arena, "this failed; %s may say why.", job_output(bench)),
                  command);
}

static struct sample sample_of(const struct job *job)
{
    return (struct sample){.cpu_seconds = job->cpu_seconds,
                           .wall_seconds = job->wall_seconds,
                           .peak_bytes = job->peak_bytes,
                           .simulated_seconds = NAN};
}

struct sample bench_run(const struct bench *bench, const char *command)
{
    struct sample sample;
    struct job job;

    forget_run(bench);
    job = job_start(bench, command, 0);
    job_await(&job);
    demand_success(bench, command, job.status);
    sample = sample_of(&job);
    read_answer(bench, &sample);
    return sample;
}

const char *bench_first_line(const struct bench *bench, const char *command)
{
    struct job job = job_start(bench, command, 0);
    struct sim_error err = {0};
    const char *text;
    size_t length;

    job_await(&job);
    text = sim_file_read(bench->arena, job_output(bench), MOST_OUTPUT_BYTES, &length, &err);
    if (job.status != 0 || text == NULL)
        return "unknown";
    return sim_text(bench->arena, "%.*s", (int)strcspn(text, "\n"), text);
}

/* ---- a command that may take too long, or too much ---- */

static const double BETWEEN_LOOKS_AT_SECONDS = 0.1;

/* A line of /proc/meminfo; NaN if there is none. */
static double memory_of_machine(const char *key)
{
    FILE *file = fopen("/proc/meminfo", "r");
    double kilobytes = NAN;
    char line[128];

    while (file != NULL && isnan(kilobytes) && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            kilobytes = strtod(line + strlen(key), NULL);
    if (file != NULL)
        fclose(file);
    return 1024 * kilobytes;
}

/* False where Linux does not tell. */
static bool is_memory_short(const struct bench *bench)
{
    return memory_of_machine("MemAvailable:") <
           bench->least_free_share * memory_of_machine("MemTotal:");
}

static bool is_out_of_time(const struct bench *bench, const struct job *job)
{
    return job_cpu_seconds(job) >= bench->limit_seconds ||
           bench_now() - job->began_at_seconds >= bench->limit_wall_seconds;
}

enum { MOST_SAID = 200 };

/* SimGrid says first what is wrong, and then where it was. */
static const char *first_words(const struct bench *bench)
{
    struct sim_error err = {0};
    size_t length;
    const char *text =
        sim_file_read(bench->arena, job_output(bench), MOST_OUTPUT_BYTES, &length, &err);
    int said;

    if (text == NULL)
        return "";
    text += strspn(text, " \n");
    said = (int)strcspn(text, "\n");
    return sim_text(bench->arena, "%.*s", said < MOST_SAID ? said : MOST_SAID, text);
}

/* smpirun makes 128 + n of a signal. */
static int signal_in(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status);
    return WEXITSTATUS(status) > 128 ? WEXITSTATUS(status) - 128 : 0;
}

static const char *death_of(const struct bench *bench, const struct job *job)
{
    const int number = signal_in(job->status);
    const char *said = first_words(bench),
               *how = number > 0 ? sim_text(bench->arena, "died of signal %d, %s", number,
                                            strsignal(number))
                                 : sim_text(bench->arena, "ended with exit code %d",
                                            WEXITSTATUS(job->status));

    return sim_text(bench->arena, "%s, after %.0f s, holding %.0f MB%s%s", how, job->cpu_seconds,
                    job->peak_bytes / 1e6, *said == '\0' ? "" : "; it said: ", said);
}

static const char *ended_for_memory(const struct bench *bench, const struct job *job)
{
    return sim_text(bench->arena,
                    "was ended after %.0f s, holding %.0f MB: the machine had less than %.0f MB "
                    "left",
                    job->cpu_seconds, job->peak_bytes / 1e6,
                    bench->least_free_share * memory_of_machine("MemTotal:") / 1e6);
}

struct sample bench_run_within_limit(const struct bench *bench, const char *command)
{
    bool is_late = false, is_short = false;
    struct sample sample;
    struct job job;

    forget_run(bench);
    job = job_start(bench, command, bench->limit_seconds);
    while (!job_is_over(&job) && !is_late && !is_short) {
        job_nap(&job, BETWEEN_LOOKS_AT_SECONDS);
        is_late = !job_is_over(&job) && is_out_of_time(bench, &job);
        is_short = !job.is_over && !is_late && is_memory_short(bench);
    }
    if (is_late || is_short)
        job_end(&job);
    sample = sample_of(&job);
    sample.end = is_late ? OVER : is_short || job.status != 0 ? DIED : ENDED;
    if (sample.end == DIED)
        sample.death = is_short ? ended_for_memory(bench, &job) : death_of(bench, &job);
    if (sample.end == ENDED)
        read_answer(bench, &sample);
    return sample;
}

/* ---- the memory of all its processes ---- */

static const double BETWEEN_WATCHES_SECONDS = 2e-3;

struct memory {
    double anonymous_bytes; /* pages that processes share count once */
    double of_files_bytes;  /* libraries: of the process that has most of them */
};

/* A process may have ended meanwhile. */
static void add_process(void *what, pid_t pid)
{
    struct memory *memory = what;
    FILE *file = job_open_proc(pid, "smaps_rollup");
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

struct sample bench_watch(const struct bench *bench, const char *command)
{
    struct sample sample;
    double peak_bytes = 0;
    struct job job;

    forget_run(bench);
    job = job_start(bench, command, 0);
    while (!job_is_over(&job)) {
        struct memory memory = {0};

        job_visit(&job, add_process, &memory);
        peak_bytes = fmax(peak_bytes, memory.anonymous_bytes + memory.of_files_bytes);
        job_nap(&job, BETWEEN_WATCHES_SECONDS);
    }
    demand_success(bench, command, job.status);
    if (peak_bytes == 0)
        bench_die("Linux does not tell the memory of processes here.", "/proc/PID/smaps_rollup");
    sample = sample_of(&job);
    sample.peak_bytes = peak_bytes;
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
