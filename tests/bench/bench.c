/* bench.c -- dmlsim beside SMPI and a bare loop on SimGrid: seconds, messages a second, memory, all in one run.
 *
 *     bench DMLSIM FOLDER ROUNDS [quick]
 *
 * A ring all-reduce of 80-byte chunks among N workers: by dmlsim, by dmlsim in full (`simulation: full`: SimGrid's network
 * model for every message), by SMPI (a real MPI_Allreduce, algorithm lr, whose 64-byte chunks travel with envelopes of
 * 16), by SMPI's replay of a trace that says the same, and by a bare loop on SimGrid's C API, twice: with the C library's
 * allocator, and with the one that dmlsim is linked to.  All have the same network model and must simulate the same
 * seconds, which on a star are 2(N-1)(a + S/(N B)).  Tools take turns, point by point, ROUNDS times, three turns each, for
 * machines are noisy: trust the ratios of the medians of CPU seconds only (each tool uses one processor), so that others
 * who use it too do not count.  SMPI with 1,024 ranks runs once.  With 4,096 and more only dmlsim runs, beside the closed
 * form: the others simulate each of the 33.5 million messages, at what the table says of their messages a second.
 * quick: the others run up to N = 256.
 *
 * FOLDER holds bare_ring, bare_ring_alike (linked with the allocator that dmlsim has) and smpi_ring, and
 * gets the platforms, bench.json and bench.dat, which tests/bench/bench.gp draws.  Exit code 1 when one of the bounds is
 * broken. */
#include "tests/bench/bench.h"

#include "tests/oracle/smpi_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where all tools run; the largest with --quick.  Links of all platforms: */
enum { LARGEST_OF_ALL = 1024, LARGEST_WHEN_QUICK = 256 };
enum { MESSAGE_BYTES = 80, ENVELOPE_BYTES = 16, LINK_MEGABITS = 10, LINK_MICROSECONDS = 1 };

enum tool { DMLSIM, FULL, SMPI, REPLAY, BARE, BARE_ALIKE, TOOLS };

static const char *const tool_names[TOOLS] = {"dmlsim", "full", "smpi",
                                              "replay", "bare", "bare_alike"};

/* Ten percent slower than the bare loop: it takes 1 / 1.1 of our time. */
static const double LEAST_TO_SMPI_256 = 2, LEAST_TO_SMPI_1024 = 4, LEAST_TO_BARE = 1 / 1.1,
                    MOST_BYTES_A_WORKER = 25e3, MOST_DIFFERENCE = 1e-9;

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
    double bytes_of_all; /* what dmlsim's processes hold at once, where there is a goal */
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

FILE *bench_create(const char *path)
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
    FILE *file = bench_create(platform_of(bench, point));

    fprintf(
        file,
        "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
        "<platform version=\"4.1\">\n"
        "  <cluster id=\"bench\" prefix=\"node-\" suffix=\"\" radical=\"0-%d\" speed=\"1Gf\" "
        "bw=\"%dMbps\"\n"
        "           lat=\"%dus\" sharing_policy=\"SPLITDUPLEX\" %s/>\n</platform>\n",
        point->n - 1, LINK_MEGABITS, LINK_MICROSECONDS, point->topology);
    fclose(file);
    file = bench_create(hosts_of(bench, point));
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
    FILE *file = bench_create(trace);

    for (int rank = 0; rank < ranks; rank++)
        fprintf(file, "%d init\n%d allreduce %d 0\n%d finalize\n", rank, rank,
                ranks * (MESSAGE_BYTES - ENVELOPE_BYTES), rank);
    fclose(file);
    file = bench_create(list);
    fprintf(file, "%s\n", trace);
    fclose(file);
    return list;
}

/* ---- one run ---- */

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

static struct sample run(const struct bench *bench, const struct point *point, enum tool tool)
{
    return bench_run(bench, command_of(bench, point, tool));
}

/* ---- all runs ---- */

static bool is_star(const struct point *point)
{
    return strcmp(point->shape, "star") == 0;
}

/* Where another tool takes minutes. */
static bool is_for_dmlsim_alone(const struct bench *bench, const struct point *point)
{
    return point->n > (bench->is_quick ? LARGEST_WHEN_QUICK : LARGEST_OF_ALL);
}

static void take_turns(const struct bench *bench, struct point *point, int round)
{
    for (enum tool tool = 0; tool < TOOLS; tool++) {
        struct samples *samples = &point->tools[tool];

        if ((tool != DMLSIM && is_for_dmlsim_alone(bench, point)) ||
            ((tool == SMPI || tool == REPLAY) && point->n == LARGEST_OF_ALL && round > 0))
            continue;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[Kround %d of %d: %s, N = %d, %s", round + 1, bench->rounds,
                    point->shape, point->n, tool_names[tool]);
        samples->of[samples->count++] = run(bench, point, tool);
    }
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

/* 2(N-1)(a + S/(N B)) of the ring: two links between any two hosts, and S/N is what a message carries. */
static double closed_form_seconds(const struct point *point)
{
    const double a = 2 * 1e-6 * LINK_MICROSECONDS, bytes_per_second = LINK_MEGABITS * 1e6 / 8;

    return is_star(point) ? 2.0 * (point->n - 1) * (a + MESSAGE_BYTES / bytes_per_second) : NAN;
}

/* NaN where that tool, or that formula, says nothing. */
static double difference(double ours, double theirs)
{
    return fabs(ours - theirs) / theirs;
}

static double simulated_seconds(const struct point *point, enum tool tool)
{
    return point->tools[tool].count == 0 ? NAN : point->tools[tool].of[0].simulated_seconds;
}

/* ---- what comes of it ---- */

/* SMPI's replay prints seconds with six places. */
static bool is_same(double ours, double theirs, enum tool tool)
{
    return tool == REPLAY ? fabs(ours - theirs) <= 0.51e-6
                          : difference(ours, theirs) <= MOST_DIFFERENCE;
}

static void judge_agreement(struct bench *bench, const struct point *point)
{
    const double ours = simulated_seconds(point, DMLSIM), theory = closed_form_seconds(point);

    for (enum tool tool = 0; tool < TOOLS; tool++)
        for (int i = 0; i < point->tools[tool].count; i++) {
            const double theirs = point->tools[tool].of[i].simulated_seconds;

            bench_demand(bench, is_same(ours, theirs, tool),
                         sim_text(bench->arena, "%s-%d: dmlsim simulates %.12g s, %s %.12g s.",
                                  point->shape, point->n, ours, tool_names[tool], theirs));
        }
    if (is_star(point))
        bench_demand(bench, difference(ours, theory) <= MOST_DIFFERENCE,
                     sim_text(bench->arena,
                              "star-%d: dmlsim simulates %.12g s, 2(N-1)(a + S/(N B)) is %.12g s.",
                              point->n, ours, theory));
}

/* Else the rows do not compare what they say. */
static void judge_what_ran(struct bench *bench, const struct point *point)
{
    const struct samples *ours = &point->tools[DMLSIM], *full = &point->tools[FULL];

    bench_demand(
        bench, !is_star(point) || strcmp(ours->of[0].ran, "fast") == 0,
        sim_text(bench->arena, "star-%d: auto ran %s, not fast.", point->n, ours->of[0].ran));
    bench_demand(
        bench, full->count == 0 || strcmp(full->of[0].ran, "full") == 0,
        sim_text(bench->arena, "%s-%d: full ran %s.", point->shape, point->n, full->of[0].ran));
}

static double least_to_smpi(const struct point *point)
{
    return point->n == LARGEST_OF_ALL ? LEAST_TO_SMPI_1024 : LEAST_TO_SMPI_256;
}

/* By CPU time: auto on all networks, as whoever runs it has it; full on a star, what each message costs where all are
 * simulated; to the faster of SMPI's two. */
static void judge_ratios(struct bench *bench, const struct point *point, enum tool tool)
{
    const double to_smpi = fmin(ratio(point, tool, SMPI), ratio(point, tool, REPLAY));

    if (point->n < 256 || point->tools[SMPI].count == 0 || (tool == FULL && !is_star(point)))
        return;
    bench_goal(bench,
               sim_text(bench->arena, "%s-%d, %s: speed to SMPI's", point->shape, point->n,
                        tool_names[tool]),
               to_smpi, AT_LEAST, least_to_smpi(point), "x");
    bench_goal(bench,
               sim_text(bench->arena, "%s-%d, %s: speed to the bare loop's", point->shape, point->n,
                        tool_names[tool]),
               ratio(point, tool, BARE), AT_LEAST, LEAST_TO_BARE, "x");
}

static void judge_goal(struct bench *bench, const struct point *point)
{
    for (int g = 0; g < GOALS; g++) {
        if (goals[g].n != point->n || !is_star(point))
            continue;
        bench_goal(bench, sim_text(bench->arena, "star-%d: from command to result", point->n),
                   bench_wall_seconds(&point->tools[DMLSIM]), AT_MOST, goals[g].wall_seconds,
                   "s on the wall");
        if (isfinite(goals[g].bytes))
            bench_goal(bench, sim_text(bench->arena, "star-%d: memory of all processes", point->n),
                       point->bytes_of_all / 1e6, AT_MOST, goals[g].bytes / 1e6, "MB");
    }
}

static void judge(struct bench *bench, const struct point *point)
{
    judge_agreement(bench, point);
    judge_what_ran(bench, point);
    judge_ratios(bench, point, DMLSIM);
    judge_ratios(bench, point, FULL);
    judge_goal(bench, point);
}

static struct point *star_of(int n, int count)
{
    for (int i = 0; i < count; i++)
        if (points[i].n == n && is_star(&points[i]))
            return &points[i];
    return NULL;
}

/* A look may miss the last milliseconds, in which a short run holds most. */
enum { WATCHES = 4 };

static double watched_bytes(const struct bench *bench, const struct point *point, enum tool tool,
                            int times)
{
    double most = 0;

    for (int i = 0; i < times; i++)
        most = fmax(most, bench_watch(bench, command_of(bench, point, tool)).peak_bytes);
    return most;
}

/* What all processes hold, where there are goals. */
static void watch_goals(const struct bench *bench, int count)
{
    for (int g = 0; g < GOALS; g++) {
        struct point *point = star_of(goals[g].n, count);

        point->bytes_of_all = watched_bytes(bench, point, DMLSIM, WATCHES);
    }
}

/* What a worker, its host and its link cost in full: the slope, since every run holds libraries.  The peak of the
 * largest process would not do: up to a thousand workers, that is not the one that simulates. */
static double bytes_a_worker(const struct bench *bench, int count)
{
    const struct point *small = star_of(LARGEST_WHEN_QUICK, count),
                       *large = star_of(LARGEST_OF_ALL, count);
    const double few = watched_bytes(bench, small, FULL, WATCHES),
                 many = watched_bytes(bench, large, FULL, 1);

    return (many - few) / (large->n - small->n);
}

static void judge_memory(struct bench *bench, double a_worker, int count)
{
    const double inherited = bench_run(bench, "true").peak_bytes;

    bench_goal(bench, "a worker in full, host and link included", a_worker / 1e3, AT_MOST,
               MOST_BYTES_A_WORKER / 1e3, "KB");
    for (int i = 0; i < count; i++)
        for (enum tool tool = 0; tool < TOOLS; tool++)
            bench_demand(bench, !(bench_peak_bytes(&points[i].tools[tool]) <= inherited),
                         sim_text(bench->arena,
                                  "%s-%d, %s: the bench's own memory counted, %.1f MB.",
                                  points[i].shape, points[i].n, tool_names[tool], inherited / 1e6));
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
        print_number(" %5.0f", "     -", bench_peak_bytes(&point->tools[tool]) / 1e6);
    putchar('\n');
}

static json_t *json_or_null(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *json_of(const struct point *point)
{
    json_t *json = json_pack(
        "{s:s, s:i, s:o, s:o}", "platform", point->shape, "workers", point->n,
        "closed_form_seconds", json_or_null(closed_form_seconds(point)), "bytes_of_all_processes",
        point->bytes_of_all > 0 ? json_real(point->bytes_of_all) : json_null());

    for (enum tool tool = 0; tool < TOOLS; tool++) {
        json_t *measured;

        if (point->tools[tool].count == 0) /* it would take too long */
            continue;
        measured = bench_json(&point->tools[tool]);
        json_object_set_new(measured, "simulated_seconds",
                            json_real(simulated_seconds(point, tool)));
        if (tool == DMLSIM || tool == FULL)
            json_object_set_new(measured, "ran", json_string(point->tools[tool].of[0].ran));
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
    FILE *file = bench_create(sim_text(bench->arena, "%s/bench.dat", bench->folder));

    for (enum tool tool = 0; tool < TOOLS; tool++) {
        fprintf(file, "\"%s\"\n", tool_names[tool]);
        for (int i = 0; i < count; i++)
            if (is_star(&points[i]) && points[i].tools[tool].count > 0)
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

/* What they say, beside what the others and the closed form say. */
static void print_agreement(int count)
{
    printf("\n%-8s %5s %5s %17s   %-55s %12s\n", "network", "N", "ran", "simulated s",
           "relative difference to", "MB of all**");
    printf("%39s %9s %9s %9s %9s %9s %9s\n", "", "full", "SMPI", "replay", "bare", "alike*",
           "2(N-1)...");
    for (int i = 0; i < count; i++) {
        const struct point *point = &points[i];
        const double ours = simulated_seconds(point, DMLSIM);

        printf("%-8s %5d %5s %17.12g  ", point->shape, point->n, point->tools[DMLSIM].of[0].ran,
               ours);
        for (enum tool tool = FULL; tool < TOOLS; tool++)
            print_number(" %9.1e", "         -", difference(ours, simulated_seconds(point, tool)));
        print_number(" %9.1e", "         -", difference(ours, closed_form_seconds(point)));
        print_number(" %9.0f", "         -",
                     point->bytes_of_all > 0 ? point->bytes_of_all / 1e6 : NAN);
        putchar('\n');
    }
}

static void write_json(const struct bench *bench, json_t *alone, double a_worker, int count)
{
    const char *path = sim_text(bench->arena, "%s/bench.json", bench->folder);
    json_t *results = json_array(), *all;

    for (int i = 0; i < count; i++)
        json_array_append_new(results, json_of(&points[i]));
    all = json_pack("{s:O, s:i, s:b, s:f, s:o, s:o, s:f, s:O, s:O}", "machine", bench->machine,
                    "rounds", bench->rounds, "quick", (int)bench->is_quick, "took_seconds",
                    bench_now() - bench->began_at_seconds, "points", results, "alone", alone,
                    "bytes_a_worker", a_worker, "goals", bench->goals, "complaints",
                    bench->complaints);
    if (json_dump_file(all, path, JSON_INDENT(2)) != 0)
        bench_die("cannot be written.", path);
    json_decref(all);
    printf("all figures, of %d round%s and %.0f seconds: %s\n", bench->rounds,
           bench->rounds == 1 ? "" : "s", bench_now() - bench->began_at_seconds, path);
}

static void tell(struct bench *bench, int count)
{
    const double a_worker = bytes_a_worker(bench, count);
    json_t *alone;

    watch_goals(bench, count);
    machine_print(bench->machine);
    print_head();
    for (int i = 0; i < count; i++)
        print_point(&points[i]);
    print_agreement(count);
    puts("*  the bare loop with the allocator that dmlsim has, tcmalloc; \"bare\" has the C "
         "library's; - would take too long\n"
         "** what dmlsim's processes hold at once; peak MB: the largest process's\n");
    alone = rows_tell(bench);
    write_figures(bench, count);
    for (int i = 0; i < count; i++)
        judge(bench, &points[i]);
    judge_memory(bench, a_worker, count);
    goals_print(bench);
    write_json(bench, alone, a_worker, count);
}

/* Those that stay are moved to the front. */
static int choose_points(const struct bench *bench)
{
    int count = 0;

    for (int i = 0; i < POINTS; i++)
        if (is_star(&points[i]) || !is_for_dmlsim_alone(bench, &points[i]))
            points[count++] = points[i];
    return count;
}

static void measure(struct bench *bench, int count)
{
    for (int i = 0; i < count; i++)
        write_platform(bench, &points[i]);
    rows_prepare(bench);
    for (int round = 0; round < bench->rounds; round++) {
        rows_run(bench);
        for (int i = 0; i < count; i++)
            for (int turn = 0; turn < (points[i].n >= LARGEST_OF_ALL ? 1 : SHORT_TURNS); turn++)
                take_turns(bench, &points[i], round);
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

int main(int argc, char **argv)
{
    struct bench bench = {.arena = sim_arena_open(),
                          .complaints = json_array(),
                          .goals = json_array(),
                          .began_at_seconds = bench_now()};
    struct sim_error err = {0};
    int count;

    if (argc < 4 || atoi(argv[3]) < 1 || atoi(argv[3]) > MOST_ROUNDS)
        bench_die("usage: bench DMLSIM FOLDER ROUNDS [quick]",
                  argc < 4 ? "too few arguments" : argv[3]);
    bench.dmlsim = argv[1];
    bench.folder = argv[2];
    bench.rounds = atoi(argv[3]);
    bench.is_quick = argc > 4 && strcmp(argv[4], "quick") == 0;
    if (!sim_make_directories(bench.folder, &err))
        bench_die(err.text, bench.folder);
    bench.machine = machine_ask(&bench);
    count = choose_points(&bench);
    measure(&bench, count);
    tell(&bench, count);
    json_decref(bench.complaints);
    json_decref(bench.goals);
    json_decref(bench.machine);
    sim_arena_close(bench.arena);
    return bench.failed ? 1 : 0;
}
