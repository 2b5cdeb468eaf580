/* bench.c -- dmlsim beside SMPI and a bare loop on SimGrid: seconds, messages a second, memory, all in one run.
 *
 *     bench DMLSIM FOLDER ROUNDS [quick]
 *
 * A ring all-reduce of 80-byte chunks among N workers: by dmlsim, by dmlsim in full (`simulation: full`: SimGrid's network
 * model for every message), by SMPI (a real MPI_Allreduce, algorithm lr, whose 64-byte chunks travel with envelopes of
 * 16), by SMPI's replay of a trace that says the same, and by a bare loop on SimGrid's C API, twice: with the C library's
 * allocator, and with the one that dmlsim is linked to.  All have the same network model and must simulate the same
 * seconds.  Tools take turns, point by point, ROUNDS times, three turns each, for these machines are noisy: trust the
 * ratios of the medians of CPU seconds only (each tool uses one processor), so that others who use it too do not count.
 * SMPI with 1,024 ranks takes half a minute or more, and runs once; from 4,096 workers on only dmlsim runs: SMPI would take
 * 20 minutes there, the bare loop 7.
 *
 * FOLDER holds bare_ring, bare_ring_alike (linked with the allocator that dmlsim has) and smpi_ring, and
 * gets the platforms, bench.json and bench.dat, which tests/bench/bench.gp draws.  Exit code 1 when one of the bounds is
 * broken. */
#include "tests/bench/bench.h"

#include "tests/oracle/smpi_options.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 80, ENVELOPE_BYTES = 16, MOST_ARGUMENTS = 40, LARGEST_OF_ALL = 1024 };

enum tool { DMLSIM, FULL, SMPI, REPLAY, BARE, BARE_ALIKE, TOOLS };

static const char *const tool_names[TOOLS] = {"dmlsim", "full", "smpi",
                                              "replay", "bare", "bare_alike"};

static const double LEAST_TO_SMPI_256 = 2, LEAST_TO_SMPI_1024 = 4, LEAST_TO_BARE = 0.9,
                    MOST_BYTES_A_WORKER = 25e3;

/* From command to result, on a machine that does nothing else. */
static const struct {
    int n;
    double wall_seconds, bytes;
} goals[] = {{1024, 0.15, INFINITY}, {4096, 0.5, 100e6}, {16384, 2, 300e6}};
enum { GOALS = sizeof goals / sizeof goals[0] };

struct point {
    const char *shape; /* of the network */
    const char *topology;
    int n;
    struct samples tools[TOOLS];
};

/* As platforms/fat_tree.xml and torus.xml are built. */
static struct point points[] = {
    {.shape = "star", .topology = "", .n = 64},
    {.shape = "fat_tree",
     .topology = "topology='FAT_TREE' topo_parameters='2;8,8;1,8;1,1'",
     .n = 64},
    {.shape = "torus", .topology = "topology='TORUS' topo_parameters='4,4,4'", .n = 64},
    {.shape = "star", .topology = "", .n = 256},
    {.shape = "fat_tree",
     .topology = "topology='FAT_TREE' topo_parameters='2;16,16;1,16;1,1'",
     .n = 256},
    {.shape = "torus", .topology = "topology='TORUS' topo_parameters='8,8,4'", .n = 256},
    {.shape = "star", .topology = "", .n = 1024},
    {.shape = "fat_tree",
     .topology = "topology='FAT_TREE' topo_parameters='2;32,32;1,32;1,1'",
     .n = 1024},
    {.shape = "torus", .topology = "topology='TORUS' topo_parameters='16,8,8'", .n = 1024},
    {.shape = "star", .topology = "", .n = 4096},
    {.shape = "star", .topology = "", .n = 16384},
};
enum { POINTS = sizeof points / sizeof points[0] };

void bench_die(const char *what, const char *name)
{
    fprintf(stderr, "bench: %s: %s\n", name, what);
    exit(2);
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        bench_die("cannot be written.", path);
    return file;
}

/* ---- platforms ---- */

static const char *platform_of(const struct bench *bench, const struct point *point)
{
    return sim_text(bench->arena, "%s/%s-%d.xml", bench->folder, point->shape, point->n);
}

static const char *hosts_of(const struct bench *bench, const struct point *point)
{
    return sim_text(bench->arena, "%s/hosts-%d", bench->folder, point->n);
}

static void write_platform(const struct bench *bench, const struct point *point)
{
    FILE *file = create(platform_of(bench, point));

    fprintf(
        file,
        "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
        "<platform version=\"4.1\">\n"
        "  <cluster id=\"bench\" prefix=\"node-\" suffix=\"\" radical=\"0-%d\" speed=\"1Gf\" "
        "bw=\"10Mbps\"\n"
        "           lat=\"1us\" sharing_policy=\"SPLITDUPLEX\" %s/>\n</platform>\n",
        point->n - 1, point->topology);
    fclose(file);
    file = create(hosts_of(bench, point));
    for (int i = 0; i < point->n; i++)
        fprintf(file, "node-%d\n", i);
    fclose(file);
}

const char *bench_star(const struct bench *bench, int hosts)
{
    const struct point star = {.shape = "star", .topology = "", .n = hosts};

    write_platform(bench, &star);
    return platform_of(bench, &star);
}

/* One trace for all ranks, and the list of traces that replay reads. */
static const char *write_trace(const struct bench *bench, int ranks)
{
    const char *trace = sim_text(bench->arena, "%s/trace-%d", bench->folder, ranks),
               *list = sim_text(bench->arena, "%s/traces-%d", bench->folder, ranks);
    FILE *file = create(trace);

    for (int rank = 0; rank < ranks; rank++)
        fprintf(file, "%d init\n%d allreduce %d 0\n%d finalize\n", rank, rank,
                ranks * (MESSAGE_BYTES - ENVELOPE_BYTES), rank);
    fclose(file);
    file = create(list);
    fprintf(file, "%s\n", trace);
    fclose(file);
    return list;
}

/* ---- one run ---- */

static double wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const char *command_of(const struct bench *bench, const struct point *point, enum tool tool)
{
    const char *platform = platform_of(bench, point);

    switch (tool) {
    case DMLSIM:
    case FULL:
        return sim_text(
            bench->arena,
            "%s run scenarios/ring_allreduce.yaml --set platform=%s --set algorithm.workers=%d "
            "--set algorithm.gradient_bytes=%d --set algorithm.flop_per_byte=0 "
            "--set algorithm.compute_seconds=0 --set simulation=%s --trace summary --json --out "
            "%s/run",
            bench->dmlsim, platform, point->n, point->n * MESSAGE_BYTES,
            tool == FULL ? "full" : "auto", bench->folder);
    case SMPI:
        return sim_text(bench->arena,
                        "smpirun -np %d -platform %s -hostfile %s " SMPI_OPTIONS
                        " --cfg=smpi/allreduce:lr %s/smpi_ring %d",
                        point->n, platform, hosts_of(bench, point), bench->folder,
                        MESSAGE_BYTES - ENVELOPE_BYTES);
    case REPLAY:
        return sim_text(bench->arena,
                        "smpirun -np %d -platform %s -hostfile %s " SMPI_OPTIONS
                        " --cfg=smpi/allreduce:lr --log=smpi_replay.thres:info -replay %s",
                        point->n, platform, hosts_of(bench, point), write_trace(bench, point->n));
    default:
        return sim_text(bench->arena, "%s/%s %s %d %d", bench->folder,
                        tool == BARE ? "bare_ring" : "bare_ring_alike", platform, point->n,
                        MESSAGE_BYTES);
    }
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
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

struct sample bench_run(const struct bench *bench, const char *command)
{
    const char *output = sim_text(bench->arena, "%s/output", bench->folder);
    const double begin = wall_now();
    struct sim_error err = {0};
    struct sim_arena *scratch;
    struct sample sample;
    struct rusage usage;
    const char *text;
    size_t length;
    int status;
    const pid_t pid = fork();

    if (pid == 0)
        become(sim_text(bench->arena, "%s", command), output);
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
        bench_die(sim_text(bench->arena, "this failed; %s may say why.", output), command);
    sample.wall_seconds = wall_now() - begin;
    sample.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    sample.peak_bytes = (double)usage.ru_maxrss * 1024;
    scratch =
        sim_arena_open(); /* a child begins with what this process holds, which counts as its own */
    text = sim_file_read(scratch, output, 100 * 1000 * 1000, &length, &err);
    sample.simulated_seconds = text == NULL ? NAN : simulated_in(text);
    sim_arena_close(scratch);
    return sample;
}

static struct sample run(const struct bench *bench, const struct point *point, enum tool tool)
{
    return bench_run(bench, command_of(bench, point, tool));
}

/* ---- all runs ---- */

static void take_turns(const struct bench *bench, struct point *point, int round)
{
    for (enum tool tool = 0; tool < TOOLS; tool++) {
        struct samples *samples = &point->tools[tool];

        if ((point->n > LARGEST_OF_ALL && tool != DMLSIM) ||
            ((tool == SMPI || tool == REPLAY) && point->n == LARGEST_OF_ALL && round > 0))
            continue;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[Kround %d of %d: %s, N = %d, %s", round + 1, bench->rounds,
                    point->shape, point->n, tool_names[tool]);
        samples->of[samples->count++] = run(bench, point, tool);
    }
}

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

static double messages_per_second(const struct point *point, enum tool tool)
{
    return 2.0 * point->n * (point->n - 1) / bench_cpu_seconds(&point->tools[tool]);
}

/* How many times as long `other` takes. */
static double ratio(const struct point *point, enum tool tool, enum tool other)
{
    return bench_cpu_seconds(&point->tools[other]) / bench_cpu_seconds(&point->tools[tool]);
}

static double peak_bytes(const struct point *point, enum tool tool)
{
    return point->tools[tool].count == 0 ? NAN : point->tools[tool].of[0].peak_bytes;
}

/* ---- what comes of it ---- */

void bench_demand(struct bench *bench, bool fine, const char *sentence)
{
    if (fine)
        return;
    bench->failed = true;
    json_array_append_new(bench->complaints, json_string(sentence));
    printf("not good enough: %s\n", sentence);
}

/* SMPI's replay prints seconds with six places. */
static bool is_same(double ours, double theirs, enum tool tool)
{
    return fabs(ours - theirs) <= (tool == REPLAY ? 0.51e-6 : 1e-9 * ours);
}

static void judge_agreement(struct bench *bench, const struct point *point)
{
    const double ours = point->tools[DMLSIM].of[0].simulated_seconds;

    for (enum tool tool = 0; tool < TOOLS; tool++)
        if (point->tools[tool].count > 0)
            bench_demand(bench, is_same(ours, point->tools[tool].of[0].simulated_seconds, tool),
                         sim_text(bench->arena, "%s-%d: dmlsim simulates %.12g s, %s %.12g s.",
                                  point->shape, point->n, ours, tool_names[tool],
                                  point->tools[tool].of[0].simulated_seconds));
}

/* What each message costs where all are simulated. */
static void judge_full(struct bench *bench, const struct point *point)
{
    const double to_smpi = fmin(ratio(point, FULL, SMPI), ratio(point, FULL, REPLAY)),
                 to_bare = ratio(point, FULL, BARE);
    const double least = point->n == LARGEST_OF_ALL ? LEAST_TO_SMPI_1024 : LEAST_TO_SMPI_256;

    if (point->n < 256 || point->n > LARGEST_OF_ALL || strcmp(point->shape, "star") != 0)
        return;
    bench_demand(bench, to_smpi >= least,
                 sim_text(bench->arena, "star-%d, in full: %.2f x SMPI, not %g x.", point->n,
                          to_smpi, least));
    bench_demand(bench, to_bare >= LEAST_TO_BARE,
                 sim_text(bench->arena, "star-%d, in full: %.2f x the bare loop, not %g x.",
                          point->n, to_bare, LEAST_TO_BARE));
}

static void judge_goal(struct bench *bench, const struct point *point)
{
    const double wall = bench_wall_seconds(&point->tools[DMLSIM]),
                 bytes = peak_bytes(point, DMLSIM);

    for (int g = 0; g < GOALS; g++)
        if (goals[g].n == point->n && strcmp(point->shape, "star") == 0)
            bench_demand(bench, wall <= goals[g].wall_seconds && bytes <= goals[g].bytes,
                         sim_text(bench->arena, "star-%d: %.3f s and %.0f MB, not %g s and %g MB.",
                                  point->n, wall, bytes / 1e6, goals[g].wall_seconds,
                                  goals[g].bytes / 1e6));
}

/* As whoever runs it has it. */
static void judge_auto(struct bench *bench, const struct point *point)
{
    const double to_smpi = ratio(point, DMLSIM, SMPI), to_bare = ratio(point, DMLSIM, BARE);
    const double least = point->n == LARGEST_OF_ALL ? LEAST_TO_SMPI_1024 : LEAST_TO_SMPI_256;

    if (point->n < 256 || point->n > LARGEST_OF_ALL)
        return;
    bench_demand(bench, to_smpi >= least,
                 sim_text(bench->arena, "%s-%d: %.2f x SMPI, not %g x.", point->shape, point->n,
                          to_smpi, least));
    bench_demand(bench, to_bare >= LEAST_TO_BARE,
                 sim_text(bench->arena, "%s-%d: %.2f x the bare loop, not %g x.", point->shape,
                          point->n, to_bare, LEAST_TO_BARE));
}

static void judge(struct bench *bench, const struct point *point)
{
    judge_agreement(bench, point);
    judge_auto(bench, point);
    judge_full(bench, point);
    judge_goal(bench, point);
}

/* What a worker costs beyond what the libraries take for nothing. */
static double bytes_a_worker(const struct bench *bench, const struct point *large)
{
    const struct point two = {.shape = "star", .topology = "", .n = 2};

    write_platform(bench, &two);
    return (peak_bytes(large, FULL) - run(bench, &two, FULL).peak_bytes) / (large->n - two.n);
}

static void print_number(const char *format, const char *nothing, double value)
{
    if (isnan(value))
        fputs(nothing, stdout);
    else
        printf(format, value);
}

static void print_point(const struct point *point)
{
    printf("%-8s %5d", point->shape, point->n);
    print_number(" %7.3f", "       -", bench_wall_seconds(&point->tools[DMLSIM]));
    for (enum tool tool = 0; tool < TOOLS; tool++)
        print_number(" %8.0f", "        -", messages_per_second(point, tool) / 1e3);
    for (enum tool tool = SMPI; tool < TOOLS; tool++)
        print_number(" %6.1f", "      -", ratio(point, DMLSIM, tool));
    for (enum tool tool = SMPI; tool < TOOLS; tool++)
        print_number(" %6.2f", "      -", ratio(point, FULL, tool));
    for (enum tool tool = 0; tool < BARE_ALIKE; tool++)
        print_number(" %5.0f", "     -", peak_bytes(point, tool) / 1e6);
    putchar('\n');
}

json_t *bench_json(const struct samples *samples)
{
    json_t *cpu = json_array(), *wall = json_array();

    for (int i = 0; i < samples->count; i++) {
        json_array_append_new(cpu, json_real(samples->of[i].cpu_seconds));
        json_array_append_new(wall, json_real(samples->of[i].wall_seconds));
    }
    return json_pack("{s:o, s:o, s:f}", "cpu_seconds", cpu, "wall_seconds", wall, "peak_bytes",
                     samples->of[0].peak_bytes);
}

static json_t *json_of(const struct point *point)
{
    json_t *json = json_pack("{s:s, s:i}", "platform", point->shape, "workers", point->n);

    for (enum tool tool = 0; tool < TOOLS; tool++) {
        json_t *measured;

        if (point->tools[tool].count == 0) /* it would take too long */
            continue;
        measured = bench_json(&point->tools[tool]);
        json_object_set_new(measured, "messages_per_cpu_second",
                            json_real(messages_per_second(point, tool)));
        json_object_set_new(measured, "dmlsim_is_faster_by", json_real(ratio(point, DMLSIM, tool)));
        json_object_set_new(json, tool_names[tool], measured);
    }
    return json;
}

/* For the picture: a block a tool, wall seconds over N on a star. */
static void write_figures(const struct bench *bench, int count)
{
    FILE *file = create(sim_text(bench->arena, "%s/bench.dat", bench->folder));

    for (enum tool tool = 0; tool < TOOLS; tool++) {
        fprintf(file, "\"%s\"\n", tool_names[tool]);
        for (int i = 0; i < count; i++)
            if (strcmp(points[i].shape, "star") == 0 && points[i].tools[tool].count > 0)
                fprintf(file, "%d %.6f\n", points[i].n, bench_wall_seconds(&points[i].tools[tool]));
        fputs("\n\n", file);
    }
    fputs("\"goal\"\n", file);
    for (int g = 0; g < GOALS; g++)
        fprintf(file, "%d %g\n", goals[g].n, goals[g].wall_seconds);
    fclose(file);
}

static void print_head(void)
{
    printf("\n%14s %7s %53s %27s %27s %29s\n", "", "wall s", "thousand messages a CPU second",
           "dmlsim's ratio to", "full's ratio to", "peak MB");
    printf("%-8s %5s %7s %8s %8s %8s %8s %8s %8s %6s %6s %6s %6s %6s %6s %6s %6s %5s %5s %5s %5s "
           "%5s\n",
           "network", "N", "dmlsim", "dmlsim", "full", "SMPI", "replay", "bare", "alike*", "SMPI",
           "replay", "bare", "alike*", "SMPI", "replay", "bare", "alike*", "dmls.", "full", "SMPI",
           "repl.", "bare");
}

static void tell(struct bench *bench, int count)
{
    const char *path = sim_text(bench->arena, "%s/bench.json", bench->folder);
    json_t *results = json_array(), *lonely;
    double a_worker = NAN;

    print_head();
    for (int i = 0; i < count; i++) {
        print_point(&points[i]);
        json_array_append_new(results, json_of(&points[i]));
    }
    puts("* the bare loop with the allocator that dmlsim has, tcmalloc; \"bare\" has the C "
         "library's; - would take too long");
    lonely = rows_tell(bench);
    write_figures(bench, count);
    for (int i = 0; i < count; i++) {
        judge(bench, &points[i]);
        if (points[i].n == LARGEST_OF_ALL && strcmp(points[i].shape, "star") == 0)
            a_worker = bytes_a_worker(bench, &points[i]);
    }
    if (!bench->is_quick) {
        printf("%.1f KB a worker, host and link included\n", a_worker / 1e3);
        bench_demand(bench, a_worker <= MOST_BYTES_A_WORKER,
                     sim_text(bench->arena, "%.1f KB a worker, not %g KB.", a_worker / 1e3,
                              MOST_BYTES_A_WORKER / 1e3));
    }
    results =
        json_pack("{s:i, s:o, s:o, s:o, s:o}", "rounds", bench->rounds, "points", results, "alone",
                  lonely, "bytes_a_worker", isnan(a_worker) ? json_null() : json_real(a_worker),
                  "complaints", json_incref(bench->complaints));
    if (json_dump_file(results, path, JSON_INDENT(2)) != 0)
        bench_die("cannot be written.", path);
    json_decref(results);
    printf("all figures: %s\n", path);
}

int main(int argc, char **argv)
{
    struct bench bench = {.arena = sim_arena_open(), .complaints = json_array()};
    struct sim_error err = {0};
    int count = POINTS;

    if (argc < 4 || atoi(argv[3]) < 1 || atoi(argv[3]) > MOST_ROUNDS)
        bench_die("usage: bench DMLSIM FOLDER ROUNDS [quick]",
                  argc < 4 ? "too few arguments" : argv[3]);
    bench.dmlsim = argv[1];
    bench.folder = argv[2];
    bench.rounds = atoi(argv[3]);
    bench.is_quick = argc > 4 && strcmp(argv[4], "quick") == 0;
    if (!sim_make_directories(bench.folder, &err))
        bench_die(err.text, bench.folder);
    while (bench.is_quick && points[count - 1].n >= LARGEST_OF_ALL)
        count--;
    for (int i = 0; i < count; i++)
        write_platform(&bench, &points[i]);
    rows_prepare(&bench);
    for (int round = 0; round < bench.rounds; round++) {
        rows_run(&bench);
        for (int i = 0; i < count; i++)
            for (int turn = 0; turn < (points[i].n >= LARGEST_OF_ALL ? 1 : SHORT_TURNS); turn++)
                take_turns(&bench, &points[i], round);
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    tell(&bench, count);
    json_decref(bench.complaints);
    sim_arena_close(bench.arena);
    return bench.failed ? 1 : 0;
}
