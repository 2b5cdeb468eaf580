/* bench.c -- how fast, and how large: dmlsim beside SMPI and beside a bare loop on SimGrid.
 *
 *     bench DMLSIM FOLDER ROUNDS [quick]
 *
 * dmlsim times messages that are alone on their links as such, and with `simulation: full` has SimGrid's
 * network model time them, as the bare loop and SMPI do; both are measured, and the bounds are for the first.
 * All simulate every message of one ring all-reduce: N workers, 2N(N-1) messages of 80 bytes on a network
 * of 10 Mbps (so a message takes 64 us, as 80 KB would on 10 Gbps; SMPI really copies what it sends).  SMPI
 * sends 64 bytes and an envelope of 16.  So the simulated seconds must be the same, and that is checked.
 * The tools take turns, round by round, since the machine may be noisy.  Seconds are those of the processor
 * (each tool uses one), so that others who use it too do not count; on an idle machine that is the time on
 * the wall.  Trust the ratios of the medians only.
 * SMPI with 1024 ranks takes half a minute or more, and runs once.
 * Beside these, alone: a sweep of 2,000 points; 100 iterations of ResNet-50 on 64 workers, synchronous data parallelism; and 10 iterations of
 * gpipe and of one_f_one_b, 64 stages and 1,024 micro-batches: 1.3 million messages and as many operations;
 * 100 rounds of fedavg without learning, 10 and 100 of 1,000 clients and 100 of 10,000 behind one server's link; and
 * 200 rounds of fedprox that really learns, on Synthetic(1, 1), 20 epochs a round.
 *
 * FOLDER holds bare_ring, bare_ring_alike (linked with the allocator that dmlsim has) and smpi_ring, and
 * gets the platforms and bench.json.  Exit code 1 when one of the bounds below is broken. */
#include "sim/base/file.h"
#include "tests/oracle/smpi_options.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES = 80,
    ENVELOPE_BYTES = 16,
    MOST_ROUNDS = 33,
    MOST_ARGUMENTS = 40,
    LARGEST = 1024
};
enum { SHORT_TURNS = 3 }; /* what takes a second only is run so many times a round */

enum tool { DMLSIM, FULL, SMPI, BARE, BARE_ALIKE, TOOLS };

static const char *const tool_names[TOOLS] = {"dmlsim", "full", "smpi", "bare", "bare_alike"};

static const double LEAST_TO_SMPI_256 = 2, LEAST_TO_SMPI_1024 = 4, LEAST_TO_BARE = 0.9,
                    MOST_BYTES_A_WORKER = 25e3;

struct sample {
    double cpu_seconds, wall_seconds, peak_bytes, simulated_seconds;
};

struct samples {
    int count;
    struct sample of[MOST_ROUNDS * SHORT_TURNS];
};

struct point {
    const char *shape; /* of the network */
    const char *topology;
    int n;
    struct samples tools[TOOLS];
};

/* What has no other tool to be compared with, so that it has a bound in seconds, or in bytes. */
enum {
    TRAINING,
    GPIPE,
    ONE_F_ONE_B,
    FEDERATED_10,
    FEDERATED_100,
    FEDERATED_CROWD,
    FEDPROX,
    SWEEP,
    ALONE
};

static const struct {
    const char *key, *title;
    double most_seconds; /* of CPU */
    double most_bytes;   /* 0: no bound */
    int clients, chosen; /* of FedAvg */
} alone[ALONE] = {
    {"training", "ResNet-50 on 64 workers, 100 iterations, dmlsim", 5},
    {"gpipe", "gpipe, 64 x 1,024, 10 iterations, dmlsim", 10},
    {"one_f_one_b", "one_f_one_b, 64 x 1,024, 10 iterations, dmlsim", 10},
    {"federated_10", "fedavg, 10 of 1,000 clients, 100 rounds, dmlsim", 10, 0, 1000, 10},
    {"federated_100", "fedavg, 100 of 1,000 clients, 100 rounds, dmlsim", 10, 0, 1000, 100},
    {"federated_crowd", "fedavg, 100 of 10,000 clients, 100 rounds, dmlsim", 100, 2e9, 10000, 100},
    {"fedprox", "fedprox, Synthetic(1, 1), 200 rounds, dmlsim", 15},
    {"sweep", "a sweep of 2,000 points of 8 hosts into a new store, dmlsim",
     16}, /* 8 s on two cores */
};

enum { STAGES = 64 }; /* on the first of the points' platforms */

struct bench {
    struct sim_arena *arena;
    const char *dmlsim, *folder;
    int rounds;
    bool is_quick, failed;
    json_t *complaints;
    struct samples alone[ALONE];
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
};
enum { POINTS = sizeof points / sizeof points[0] };

static void die(const char *what, const char *name)
{
    fprintf(stderr, "bench: %s: %s\n", name, what);
    exit(2);
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        die("cannot be written.", path);
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
    execvp(arguments[0], arguments);
    _exit(127);
}

/* dmlsim prints summary.json, the others print a number. */
static double simulated_in(const char *text)
{
    const char *key = strstr(text, "\"simulated_seconds\": ");

    return strtod(key == NULL ? text : key + strlen("\"simulated_seconds\": "), NULL);
}

static struct sample run_command(const struct bench *bench, const char *command)
{
    const char *output = sim_text(bench->arena, "%s/output", bench->folder);
    const double begin = wall_now();
    struct sim_error err = {0};
    struct sample sample;
    struct rusage usage;
    const char *text;
    size_t length;
    int status;
    const pid_t pid = fork();

    if (pid == 0)
        become(sim_text(bench->arena, "%s", command), output);
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
        die("this failed.", command);
    sample.wall_seconds = wall_now() - begin;
    sample.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    sample.peak_bytes = (double)usage.ru_maxrss * 1024;
    text = sim_file_read(bench->arena, output, 1000 * 1000, &length, &err);
    sample.simulated_seconds = text == NULL ? NAN : simulated_in(text);
    return sample;
}

static struct sample run(const struct bench *bench, const struct point *point, enum tool tool)
{
    return run_command(bench, command_of(bench, point, tool));
}

static const char *clients_of(const struct bench *bench, int which)
{
    return sim_text(bench->arena, "%s/clients-%d.xml", bench->folder, alone[which].clients);
}

static void write_clients(const struct bench *bench)
{
    for (int i = 0; i < ALONE; i++)
        if (alone[i].clients > 0)
            run_command(bench,
                        sim_text(bench->arena,
                                 "%s platform generate federated --clients=%d --seed=3 --out=%s",
                                 bench->dmlsim, alone[i].clients, clients_of(bench, i)));
}

static const char *federated_command(const struct bench *bench, int which)
{
    if (which == FEDPROX)
        return sim_text(bench->arena,
                        "%s run scenarios/fedprox.yaml --set algorithm.local_epochs=20 --set "
                        "algorithm.stragglers=0 --set iterations=200 --trace summary --json --out "
                        "%s/run",
                        bench->dmlsim, bench->folder);
    return sim_text(bench->arena,
                    "%s run scenarios/fedavg.yaml --set platform=%s --set "
                    "hosts={\"server\":[server],\"client\":[\"client-*\"]} --set "
                    "algorithm.clients=%d --set algorithm.clients_per_round=%d --set "
                    "iterations=100 --trace summary --json --out %s/run",
                    bench->dmlsim, clients_of(bench, which), alone[which].clients,
                    alone[which].chosen, bench->folder);
}

/* Start, 2,000 simulations of a millisecond, and storage. */
static const char *sweep_command(const struct bench *bench)
{
    const char *study = sim_text(bench->arena, "%s/sweep.yaml", bench->folder),
               *store = sim_text(bench->arena, "%s/sweep.db", bench->folder);
    FILE *file = fopen(study, "w");

    if (file == NULL ||
        fputs("platform: platforms/one_switch.xml\nalgorithm: {name: ring_allreduce, workers: 8}\n"
              "study: {replications: 2000}\n",
              file) < 0 ||
        fclose(file) != 0)
        die("this cannot be written.", study);
    remove(store);
    return sim_text(bench->arena, "%s sweep %s --out %s", bench->dmlsim, study, store);
}

static struct sample run_alone(const struct bench *bench, int which)
{
    const struct point star = {.shape = "star", .n = STAGES};

    if (which == SWEEP)
        return run_command(bench, sweep_command(bench));
    if (which >= FEDERATED_10)
        return run_command(bench, federated_command(bench, which));
    if (which != TRAINING)
        return run_command(
            bench,
            sim_text(bench->arena,
                     "%s run scenarios/%s.yaml --set platform=%s --set algorithm.stages=%d --set "
                     "algorithm.microbatches=1024 --set algorithm.boundary_bytes=1000 --set "
                     "iterations=10 --trace summary --json --out %s/run",
                     bench->dmlsim, alone[which].key, platform_of(bench, &star), STAGES,
                     bench->folder));
    return run_command(
        bench,
        sim_text(bench->arena,
                 "%s run scenarios/synchronous_data_parallel.yaml "
                 "--set platform=platforms/gpu_cluster.xml --set algorithm.workers=64 "
                 "--set iterations=100 --set algorithm.learning=off --trace summary --json --out "
                 "%s/run",
                 bench->dmlsim, bench->folder));
}

/* ---- all runs ---- */

static void take_turns(const struct bench *bench, struct point *point, int round)
{
    for (enum tool tool = 0; tool < TOOLS; tool++) {
        struct samples *samples = &point->tools[tool];

        if (tool == SMPI && point->n == LARGEST && round > 0)
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

static double median_of(const struct samples *samples)
{
    double seconds[MOST_ROUNDS * SHORT_TURNS];

    for (int i = 0; i < samples->count; i++)
        seconds[i] = samples->of[i].cpu_seconds;
    qsort(seconds, (size_t)samples->count, sizeof *seconds, by_size);
    return (seconds[(samples->count - 1) / 2] + seconds[samples->count / 2]) / 2;
}

static double median_seconds(const struct point *point, enum tool tool)
{
    return median_of(&point->tools[tool]);
}

static double messages_per_second(const struct point *point, enum tool tool)
{
    return 2.0 * point->n * (point->n - 1) / median_seconds(point, tool);
}

static double dmlsim_to(const struct point *point, enum tool tool)
{
    return median_seconds(point, tool) / median_seconds(point, DMLSIM);
}

static double peak_bytes(const struct point *point, enum tool tool)
{
    return point->tools[tool].of[0].peak_bytes;
}

/* ---- what comes of it ---- */

static void demand(struct bench *bench, bool fine, const char *sentence)
{
    if (fine)
        return;
    bench->failed = true;
    json_array_append_new(bench->complaints, json_string(sentence));
    printf("not good enough: %s\n", sentence);
}

static void judge(struct bench *bench, const struct point *point)
{
    const double to_smpi = dmlsim_to(point, SMPI), to_bare = dmlsim_to(point, BARE);
    const bool is_star = strcmp(point->shape, "star") == 0;

    for (enum tool tool = 0; tool < TOOLS; tool++) {
        const double ours = point->tools[DMLSIM].of[0].simulated_seconds;
        const double theirs = point->tools[tool].of[0].simulated_seconds;

        demand(bench, fabs(ours - theirs) <= 1e-9 * ours,
               sim_text(bench->arena, "%s-%d: dmlsim simulates %.12g s, %s %.12g s.", point->shape,
                        point->n, ours, tool_names[tool], theirs));
    }
    if (is_star && point->n == 256)
        demand(
            bench, to_smpi >= LEAST_TO_SMPI_256,
            sim_text(bench->arena, "star-256: %.2f x SMPI, not %g x.", to_smpi, LEAST_TO_SMPI_256));
    if (is_star && point->n == LARGEST)
        demand(bench, to_smpi >= LEAST_TO_SMPI_1024,
               sim_text(bench->arena, "star-1024: %.2f x SMPI, not %g x.", to_smpi,
                        LEAST_TO_SMPI_1024));
    if (point->n >= 256)
        demand(bench, to_bare >= LEAST_TO_BARE,
               sim_text(bench->arena, "%s-%d: %.2f x the bare loop, not %g x.", point->shape,
                        point->n, to_bare, LEAST_TO_BARE));
}

/* What a worker costs beyond what the libraries take for nothing. */
static double bytes_a_worker(const struct bench *bench, const struct point *large)
{
    const struct point two = {.shape = "star", .topology = "", .n = 2};

    write_platform(bench, &two);
    return (peak_bytes(large, DMLSIM) - run(bench, &two, DMLSIM).peak_bytes) / (large->n - two.n);
}

static void print_point(const struct point *point)
{
    printf("%-8s %5d", point->shape, point->n);
    for (enum tool tool = 0; tool < TOOLS; tool++)
        printf(" %8.0f", messages_per_second(point, tool));
    for (enum tool tool = FULL; tool < TOOLS; tool++)
        printf(" %6.2f", dmlsim_to(point, tool));
    for (enum tool tool = 0; tool < BARE_ALIKE; tool++)
        printf(" %5.0f", peak_bytes(point, tool) / 1e6);
    putchar('\n');
}

static json_t *json_of_samples(const struct samples *samples)
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
        json_t *measured = json_of_samples(&point->tools[tool]);

        json_object_set_new(measured, "messages_per_second",
                            json_real(messages_per_second(point, tool)));
        json_object_set_new(measured, "dmlsim_is_faster_by", json_real(dmlsim_to(point, tool)));
        json_object_set_new(json, tool_names[tool], measured);
    }
    return json;
}

/* Rows of their own. */
static json_t *tell_alone(struct bench *bench)
{
    json_t *all = json_object();

    printf("%-50s %8s %8s\n", "", "CPU s", "peak MB");
    for (int i = 0; i < ALONE; i++) {
        const double seconds = median_of(&bench->alone[i]);
        json_t *json = json_of_samples(&bench->alone[i]);

        printf("%-50s %8.2f %8.0f\n", alone[i].title, seconds,
               bench->alone[i].of[0].peak_bytes / 1e6);
        demand(bench, seconds < alone[i].most_seconds,
               sim_text(bench->arena, "%s: %.2f CPU seconds, not under %g.", alone[i].title,
                        seconds, alone[i].most_seconds));
        demand(bench,
               alone[i].most_bytes == 0 || bench->alone[i].of[0].peak_bytes < alone[i].most_bytes,
               sim_text(bench->arena, "%s: %.0f MB, not under %g.", alone[i].title,
                        bench->alone[i].of[0].peak_bytes / 1e6, alone[i].most_bytes / 1e6));
        json_object_set_new(json, "median_cpu_seconds", json_real(seconds));
        json_object_set_new(all, alone[i].key, json);
    }
    return all;
}

static void tell(struct bench *bench, int count)
{
    const char *path = sim_text(bench->arena, "%s/bench.json", bench->folder);
    json_t *results = json_array(), *lonely;
    double a_worker = NAN;

    printf("\n%14s %44s %27s %23s\n", "", "messages a CPU second", "dmlsim's ratio to", "peak MB");
    printf("%-8s %5s %8s %8s %8s %8s %8s %6s %6s %6s %6s %5s %5s %5s %5s\n", "network", "N",
           "dmlsim", "full", "SMPI", "bare", "alike*", "full", "SMPI", "bare", "alike*", "dmls.",
           "full", "SMPI", "bare");
    for (int i = 0; i < count; i++) {
        print_point(&points[i]);
        json_array_append_new(results, json_of(&points[i]));
    }
    puts("* the bare loop with the allocator that dmlsim has, tcmalloc; \"bare\" has the C "
         "library's");
    lonely = tell_alone(bench);
    for (int i = 0; i < count; i++) {
        judge(bench, &points[i]);
        if (points[i].n == LARGEST && strcmp(points[i].shape, "star") == 0)
            a_worker = bytes_a_worker(bench, &points[i]);
    }
    if (!bench->is_quick) {
        printf("%.1f KB a worker, host and link included\n", a_worker / 1e3);
        demand(bench, a_worker <= MOST_BYTES_A_WORKER,
               sim_text(bench->arena, "%.1f KB a worker, not %g KB.", a_worker / 1e3,
                        MOST_BYTES_A_WORKER / 1e3));
    }
    results =
        json_pack("{s:i, s:o, s:o, s:o, s:o}", "rounds", bench->rounds, "points", results, "alone",
                  lonely, "bytes_a_worker", isnan(a_worker) ? json_null() : json_real(a_worker),
                  "complaints", json_incref(bench->complaints));
    if (json_dump_file(results, path, JSON_INDENT(2)) != 0)
        die("cannot be written.", path);
    json_decref(results);
    printf("all figures: %s\n", path);
}

int main(int argc, char **argv)
{
    struct bench bench = {.arena = sim_arena_open(), .complaints = json_array()};
    struct sim_error err = {0};
    int count = POINTS;

    if (argc < 4 || atoi(argv[3]) < 1 || atoi(argv[3]) > MOST_ROUNDS)
        die("usage: bench DMLSIM FOLDER ROUNDS [quick]", argc < 4 ? "too few arguments" : argv[3]);
    bench.dmlsim = argv[1];
    bench.folder = argv[2];
    bench.rounds = atoi(argv[3]);
    bench.is_quick = argc > 4 && strcmp(argv[4], "quick") == 0;
    if (!sim_make_directories(bench.folder, &err))
        die(err.text, bench.folder);
    while (bench.is_quick && points[count - 1].n == LARGEST)
        count--;
    for (int i = 0; i < count; i++)
        write_platform(&bench, &points[i]);
    write_clients(&bench);
    for (int round = 0; round < bench.rounds; round++) {
        for (int i = 0; i < ALONE; i++)
            bench.alone[i].of[bench.alone[i].count++] = run_alone(&bench, i);
        for (int i = 0; i < count; i++)
            for (int turn = 0; turn < (points[i].n == LARGEST ? 1 : SHORT_TURNS); turn++)
                take_turns(&bench, &points[i], round);
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    tell(&bench, count);
    json_decref(bench.complaints);
    sim_arena_close(bench.arena);
    return bench.failed ? 1 : 0;
}
