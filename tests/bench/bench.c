/* bench.c -- dmlsim beside SMPI and a bare loop on SimGrid: seconds, messages a second, memory, all in one run.
 *
 *     bench DMLSIM FOLDER ROUNDS LIMIT [quick]
 *
 * A ring all-reduce of 80-byte chunks among N workers: by dmlsim, by dmlsim in full (`simulation: full`: SimGrid's network
 * model for every message), by SMPI (a real MPI_Allreduce, algorithm lr, whose 64-byte chunks travel with envelopes of
 * 16), by SMPI's replay of a trace that says the same, and by a bare loop on SimGrid's C API, twice: with the C library's
 * allocator, and with the one that dmlsim is linked to.  All have the same network model and must simulate the same
 * seconds, which on a star are 2(N-1)(a + S/(N B)).  Tools take turns, point by point, ROUNDS times, three turns each, for
 * machines are noisy: trust the ratios of the medians of CPU seconds only (each tool uses one processor), so that others
 * who use it too do not count.  SMPI with 1,024 ranks runs once.
 *
 * With 4,096 workers and more each other tool runs once, and is ended, with all its processes, after LIMIT seconds of the
 * processor or four times as many on the wall: then what is known is that it takes longer, and every figure that follows
 * is a bound and says so.  A tool may also die there, or be ended since it leaves the machine hardly any memory.  What did
 * not come to its end is not begun with more workers.  quick: the others run up to N = 256.
 *
 * FOLDER holds bare_ring, bare_ring_alike (linked with the allocator that dmlsim has) and smpi_ring, and
 * gets the platforms, bench.json and bench.dat, which tests/bench/bench.gp draws.  Exit code 1 when one of the bounds is
 * broken. */
#include "tests/bench/point.h"

#include "tests/oracle/smpi_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ten percent slower than the bare loop: it takes 1 / 1.1 of our time. */
static const double LEAST_TO_SMPI_256 = 2, LEAST_TO_SMPI_1024 = 4, LEAST_TO_BARE = 1 / 1.1,
                    MOST_BYTES_A_WORKER = 25e3, MOST_DIFFERENCE = 1e-9, LEAST_FREE_SHARE = 1.0 / 16;
enum {
    MOST_LIMIT_SECONDS = 7 * 24 * 3600,
    WALL_TO_LIMIT = 4 /* what waits instead of computing may do so for so many limits */
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

/* ---- all runs ---- */

/* Where the closed form stands alone beside dmlsim, so that the bench takes a few minutes only. */
static bool is_for_dmlsim_alone(const struct bench *bench, const struct point *point)
{
    return bench->is_quick && point->n > LARGEST_WHEN_QUICK;
}

/* dmlsim shall come to its end everywhere. */
static bool has_limit(const struct point *point, enum tool tool)
{
    return tool != DMLSIM && point->n > LARGEST_OF_ALL;
}

/* SMPI with 1,024 ranks takes half a minute. */
static bool runs_once(const struct point *point, enum tool tool)
{
    return has_limit(point, tool) ||
           ((tool == SMPI || tool == REPLAY) && point->n == LARGEST_OF_ALL);
}

/* Fewer workers on the same network, with which the tool did not come to its end: with more, it simulates more messages
 * (16 times as many with four times the workers), takes longer and holds more. */
static const struct point *without_end_before(const struct point *point, enum tool tool)
{
    for (const struct point *other = points; other < point; other++)
        if (other->n < point->n && strcmp(other->shape, point->shape) == 0 &&
            point_end(other, tool) != ENDED)
            return other;
    return NULL;
}

static bool is_due(const struct bench *bench, struct point *point, enum tool tool, int round)
{
    if (tool == DMLSIM)
        return true;
    if (is_for_dmlsim_alone(bench, point) || (round > 0 && runs_once(point, tool)))
        return false;
    point->follows_from[tool] = without_end_before(point, tool);
    return point->follows_from[tool] == NULL;
}

static struct sample run(const struct bench *bench, const struct point *point, enum tool tool)
{
    const char *command = command_of(bench, point, tool);

    return has_limit(point, tool) ? bench_run_within_limit(bench, command)
                                  : bench_run(bench, command);
}

static void take_turns(const struct bench *bench, struct point *point, int round)
{
    for (enum tool tool = 0; tool < TOOLS; tool++) {
        struct samples *samples = &point->tools[tool];

        if (!is_due(bench, point, tool, round))
            continue;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[Kround %d of %d: %s, N = %d, %s", round + 1, bench->rounds,
                    point->shape, point->n, tool_names[tool]);
        samples->of[samples->count++] = run(bench, point, tool);
    }
}

/* ---- what comes of it ---- */

/* SMPI's replay prints seconds with six places. */
static bool is_same(double ours, double theirs, enum tool tool)
{
    return tool == REPLAY ? fabs(ours - theirs) <= 0.51e-6
                          : point_difference(ours, theirs) <= MOST_DIFFERENCE;
}

static void judge_agreement(struct bench *bench, const struct point *point)
{
    const double ours = point_simulated_seconds(point, DMLSIM),
                 theory = point_closed_form_seconds(point);

    for (enum tool tool = 0; tool < TOOLS; tool++)
        for (int i = 0; i < point->tools[tool].count; i++) {
            const double theirs = point->tools[tool].of[i].simulated_seconds;

            if (point->tools[tool].of[i].end != ENDED)
                continue;
            bench_demand(bench, is_same(ours, theirs, tool),
                         sim_text(bench->arena, "%s-%d: dmlsim simulates %.12g s, %s %.12g s.",
                                  point->shape, point->n, ours, tool_names[tool], theirs));
        }
    if (point_is_star(point))
        bench_demand(bench, point_difference(ours, theory) <= MOST_DIFFERENCE,
                     sim_text(bench->arena,
                              "star-%d: dmlsim simulates %.12g s, 2(N-1)(a + S/(N B)) is %.12g s.",
                              point->n, ours, theory));
}

/* Else the rows do not compare what they say. */
static void judge_what_ran(struct bench *bench, const struct point *point)
{
    const struct samples *ours = &point->tools[DMLSIM], *full = &point->tools[FULL];

    bench_demand(
        bench, !point_is_star(point) || strcmp(ours->of[0].ran, "fast") == 0,
        sim_text(bench->arena, "star-%d: auto ran %s, not fast.", point->n, ours->of[0].ran));
    bench_demand(
        bench, full->count == 0 || full->of[0].end != ENDED || strcmp(full->of[0].ran, "full") == 0,
        sim_text(bench->arena, "%s-%d: full ran %s.", point->shape, point->n, full->of[0].ran));
    bench_demand(
        bench, full->count == 0 || full->of[0].end != DIED,
        sim_text(bench->arena, "%s-%d: full %s.", point->shape, point->n, full->of[0].death));
}

static double least_to_smpi(const struct point *point)
{
    return point->n >= LARGEST_OF_ALL ? LEAST_TO_SMPI_1024 : LEAST_TO_SMPI_256;
}

static void judge_ratio(struct bench *bench, const struct point *point, enum tool tool,
                        const char *other, struct figure ratio, double least)
{
    if (figure_is_known(ratio))
        bench_goal_of(bench,
                      sim_text(bench->arena, "%s-%d, %s: speed to %s", point->shape, point->n,
                               tool_names[tool], other),
                      ratio, AT_LEAST, least, "x");
}

/* To the faster of SMPI's two; one that died is none. */
static struct figure ratio_to_smpi(const struct point *point, enum tool tool)
{
    const struct figure to_smpi = point_ratio(point, tool, SMPI),
                        to_replay = point_ratio(point, tool, REPLAY);

    if (point_end(point, SMPI) == DIED)
        return to_replay;
    return point_end(point, REPLAY) == DIED ? to_smpi : figure_smaller(to_smpi, to_replay);
}

/* By CPU time: auto on all networks, as whoever runs it has it; full on a star, what each message costs where all are
 * simulated.  Where both were ended there is nothing to judge. */
static void judge_ratios(struct bench *bench, const struct point *point, enum tool tool)
{
    if (point->n < 256 || (tool == FULL && !point_is_star(point)))
        return;
    judge_ratio(bench, point, tool, "SMPI's", ratio_to_smpi(point, tool), least_to_smpi(point));
    judge_ratio(bench, point, tool, "the bare loop's", point_ratio(point, tool, BARE),
                LEAST_TO_BARE);
}

static void judge_goal(struct bench *bench, const struct point *point)
{
    for (int g = 0; g < WALL_GOALS; g++) {
        if (wall_goals[g].n != point->n || !point_is_star(point))
            continue;
        bench_goal(bench, sim_text(bench->arena, "star-%d: from command to result", point->n),
                   bench_wall_seconds(&point->tools[DMLSIM]), AT_MOST, wall_goals[g].wall_seconds,
                   "s on the wall");
        if (isfinite(wall_goals[g].bytes))
            bench_goal(bench, sim_text(bench->arena, "star-%d: memory of all processes", point->n),
                       point->bytes_of_all / 1e6, AT_MOST, wall_goals[g].bytes / 1e6, "MB");
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
        if (points[i].n == n && point_is_star(&points[i]))
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
    for (int g = 0; g < WALL_GOALS; g++) {
        struct point *point = star_of(wall_goals[g].n, count);

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
            bench_demand(bench, !(point_peak_bytes(&points[i], tool).value <= inherited),
                         sim_text(bench->arena,
                                  "%s-%d, %s: the bench's own memory counted, %.1f MB.",
                                  points[i].shape, points[i].n, tool_names[tool], inherited / 1e6));
}

static void write_json(const struct bench *bench, json_t *alone, double a_worker, int count)
{
    const char *path = sim_text(bench->arena, "%s/bench.json", bench->folder);
    json_t *all =
        json_pack("{s:O, s:i, s:b, s:f, s:f, s:o, s:o, s:f, s:O, s:O}", "machine", bench->machine,
                  "rounds", bench->rounds, "quick", (int)bench->is_quick, "limit_cpu_seconds",
                  bench->limit_seconds, "took_seconds", bench_now() - bench->began_at_seconds,
                  "points", table_json(points, count), "alone", alone, "bytes_a_worker", a_worker,
                  "goals", bench->goals, "complaints", bench->complaints);

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
    table_print(bench, points, count);
    alone = rows_tell(bench);
    table_write_figures(bench, points, count);
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
        if (point_is_star(&points[i]) || !is_for_dmlsim_alone(bench, &points[i]))
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

static void read_arguments(struct bench *bench, int argc, char **argv)
{
    char *end = NULL;

    if (argc < 5)
        bench_die("usage: bench DMLSIM FOLDER ROUNDS LIMIT [quick]", "too few arguments");
    bench->dmlsim = argv[1];
    bench->folder = argv[2];
    bench->rounds = (int)strtol(argv[3], &end, 10);
    if (*end != '\0' || bench->rounds < 1 || bench->rounds > MOST_ROUNDS)
        bench_die(sim_text(bench->arena, "ROUNDS shall be a number from 1 to %d.", MOST_ROUNDS),
                  argv[3]);
    bench->limit_seconds = strtod(argv[4], &end);
    if (*end != '\0' || !(bench->limit_seconds > 0 && bench->limit_seconds <= MOST_LIMIT_SECONDS))
        bench_die(sim_text(bench->arena,
                           "LIMIT shall be seconds of the processor, more than 0 and at most %d.",
                           MOST_LIMIT_SECONDS),
                  argv[4]);
    bench->limit_wall_seconds = WALL_TO_LIMIT * bench->limit_seconds;
    bench->is_quick = argc > 5 && strcmp(argv[5], "quick") == 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {.arena = sim_arena_open(),
                          .complaints = json_array(),
                          .goals = json_array(),
                          .least_free_share = LEAST_FREE_SHARE,
                          .began_at_seconds = bench_now()};
    struct sim_error err = {0};
    int count;

    read_arguments(&bench, argc, argv);
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
