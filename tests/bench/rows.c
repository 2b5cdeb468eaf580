/* rows.c -- dmlsim alone: whole runs, sweeps and starts, with bounds. */
#include "tests/bench/bench.h"

#include <stdio.h>

/* BANDWIDTHS x LATENCIES of one link make SWEEP_LINKS. */
enum { STAGES = 64, BANDWIDTHS = 80, LATENCIES = 50, LEAST_POINTS_A_CPU_SECOND = 4000 };

/* Bounds of 0 are none.  Seconds of the wall are goals for a machine of two cores that does nothing else. */
static const struct {
    const char *key, *title;
    double most_cpu_seconds, most_wall_seconds, most_bytes;
    int clients, chosen; /* of FedAvg */
    int points;          /* of a sweep; on the wall: */
    double least_a_second;
} rows[ROWS] = {
    [TRAINING] = {"training", "ResNet-50 on 64 workers, 100 iterations", 5},
    [GPIPE] = {"gpipe", "gpipe, 64 x 1,024, 10 iterations", 10},
    [ONE_F_ONE_B] = {"one_f_one_b", "one_f_one_b, 64 x 1,024, 10 iterations", 10},
    [FEDERATED_10] = {"federated_10", "fedavg, 10 of 1,000 clients, 100 rounds", 10, 0, 0, 1000,
                      10},
    [FEDERATED_100] = {"federated_100", "fedavg, 100 of 1,000 clients, 100 rounds", 10, 0, 0, 1000,
                       100},
    [FEDERATED_CROWD] = {"federated_crowd", "fedavg, 100 of 10,000 clients, 100 rounds", 100, 0,
                         2e9, 10000, 100},
    [FEDPROX] = {"fedprox", "fedprox, Synthetic(1, 1), 200 rounds", 15},
    [SERVER] = {"server", "parameter_server, 1,024 equal pushes at once", 2},
    [ALL_TO_ALL] = {"all_to_all", "pairwise_alltoall of 256", 2},
    [ITERATIONS_3] = {"iterations_3", "ring_allreduce of 64, 3 iterations", 1},
    [ITERATIONS_1000] = {"iterations_1000", "the same, 1,000 iterations", 1},
    [GPIPE_3] = {"gpipe_3", "gpipe, 8 x 32, 3 iterations", 1},
    [GPIPE_1000] = {"gpipe_1000", "gpipe, 8 x 32, 1,000 iterations", 1},
    [SWEEP_8] = {"sweep_8", "a sweep of 2,000 points of 8 hosts", 16, .points = 2000,
                 .least_a_second = 600},
    [SWEEP_64] = {"sweep_64", "a sweep of 500 points of 64 hosts", 16, .points = 500,
                  .least_a_second = 250},
    [SWEEP_LINKS] = {"sweep_links", "a sweep of 4,000 bandwidths and latencies"},
    [RUN_64] = {"run_64", "a run of 64 workers", 1, 0.08},
    [LIST] = {"list", "list algorithms", 1, 0.06},
    [SHOW] = {"show", "show ring_allreduce", 1, 0.06},
    [CHECK] = {"check", "check scenarios/ring_allreduce.yaml", 1, 0.06},
};

/* As many iterations cost as much as three; a quarter more is the machine's. */
static const double MOST_TO_THREE_ITERATIONS = 1.25;

/* ---- commands ---- */

static const char *clients_of(const struct bench *bench, int row)
{
    return sim_text(bench->arena, "%s/clients-%d.xml", bench->folder, rows[row].clients);
}

void rows_prepare(const struct bench *bench)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].clients > 0)
            bench_run(bench,
                      sim_text(bench->arena,
                               "%s platform generate federated --clients=%d --seed=3 --out=%s",
                               bench->dmlsim, rows[i].clients, clients_of(bench, i)));
}

/* A shipped scenario with settings, into a run directory. */
static const char *run_of(const struct bench *bench, const char *scenario, const char *settings)
{
    return sim_text(bench->arena, "%s run scenarios/%s.yaml %s --trace summary --json --out %s/run",
                    bench->dmlsim, scenario, settings, bench->folder);
}

static const char *on_star(const struct bench *bench, int hosts, const char *settings)
{
    return sim_text(bench->arena, "--set platform=%s %s", bench_star(bench, hosts), settings);
}

static const char *federated(const struct bench *bench, int row)
{
    return run_of(bench, "fedavg",
                  sim_text(bench->arena,
                           "--set platform=%s --set "
                           "hosts={\"server\":[server],\"client\":[\"client-*\"]} --set "
                           "algorithm.clients=%d --set algorithm.clients_per_round=%d --set "
                           "iterations=100",
                           clients_of(bench, row), rows[row].clients, rows[row].chosen));
}

static const char *pipeline(const struct bench *bench, int row)
{
    return run_of(bench, rows[row].key,
                  on_star(bench, STAGES,
                          sim_text(bench->arena,
                                   "--set algorithm.stages=%d --set algorithm.microbatches=1024 "
                                   "--set algorithm.boundary_bytes=1000 --set iterations=10",
                                   STAGES)));
}

static const char *into_store(const struct bench *bench, const char *study, const char *name)
{
    const char *store = sim_text(bench->arena, "%s/%s.db", bench->folder, name);

    remove(store);
    return sim_text(bench->arena, "%s sweep %s --out %s", bench->dmlsim, study, store);
}

static void write_all(const char *path, const char *text)
{
    FILE *file = bench_create(path);

    if (fputs(text, file) < 0 || fclose(file) != 0)
        bench_die("this cannot be written.", path);
}

/* Start, simulations of a millisecond, and storage. */
static const char *sweep(const struct bench *bench, const char *platform, int workers, int points)
{
    const char *name = sim_text(bench->arena, "sweep-%d", workers),
               *study = sim_text(bench->arena, "%s/%s.yaml", bench->folder, name);

    write_all(study, sim_text(bench->arena,
                              "platform: %s\nalgorithm: {name: ring_allreduce, workers: %d}\n"
                              "study: {replications: %d}\n",
                              platform, workers, points));
    return into_store(bench, study, name);
}

/* Two racks of four hosts, and a link between them, whose rate and latency are all that differs from point to point. */
static const char *sweep_of_links(const struct bench *bench)
{
    const char *platform = sim_text(bench->arena, "%s/racks-8.xml", bench->folder),
               *study = sim_text(bench->arena, "%s/sweep-links.yaml", bench->folder);

    write_all(
        platform,
        "<?xml version='1.0'?>\n"
        "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
        "<platform version=\"4.1\">\n  <zone id=\"world\" routing=\"Full\">\n"
        "    <cluster id=\"rack-0\" prefix=\"node-\" suffix=\"\" radical=\"0-3\" speed=\"1Gf\" "
        "bw=\"1Gbps\" lat=\"1us\"\n             sharing_policy=\"SPLITDUPLEX\" "
        "router_id=\"switch-0\"/>\n"
        "    <cluster id=\"rack-1\" prefix=\"node-\" suffix=\"\" radical=\"4-7\" speed=\"1Gf\" "
        "bw=\"1Gbps\" lat=\"1us\"\n             sharing_policy=\"SPLITDUPLEX\" "
        "router_id=\"switch-1\"/>\n"
        "    <link id=\"uplink\" bandwidth=\"1Gbps\" latency=\"1us\" "
        "sharing_policy=\"SPLITDUPLEX\"/>\n"
        "    <zoneRoute src=\"rack-0\" dst=\"rack-1\" gw_src=\"switch-0\" "
        "gw_dst=\"switch-1\">\n"
        "      <link_ctn id=\"uplink\" direction=\"UP\"/>\n    </zoneRoute>\n"
        "  </zone>\n</platform>\n");
    write_all(study,
              sim_text(bench->arena,
                       "platform: %s\nalgorithm: {name: ring_allreduce, workers: 8}\nstudy:\n"
                       "  linspace:\n    platform.link[uplink].bandwidth: "
                       "{from: 10Mbps, to: 10Gbps, points: %d}\n"
                       "  logspace:\n    platform.link[uplink].latency: "
                       "{from: 1us, to: 1ms, points: %d}\n",
                       platform, BANDWIDTHS, LATENCIES));
    return into_store(bench, study, "sweep-links");
}

static const char *ring_of_64(const struct bench *bench, int iterations)
{
    return run_of(bench, "ring_allreduce",
                  on_star(bench, 64,
                          sim_text(bench->arena, "--set algorithm.workers=64 --set iterations=%d",
                                   iterations)));
}

/* Few micro-batches, or a thousand iterations would take minutes where none is repeated. */
static const char *gpipe_of_8(const struct bench *bench, int iterations)
{
    return run_of(bench, "gpipe",
                  on_star(bench, 8,
                          sim_text(bench->arena,
                                   "--set algorithm.stages=8 --set algorithm.microbatches=32 "
                                   "--set algorithm.boundary_bytes=1000 --set iterations=%d",
                                   iterations)));
}

static const char *command_of(const struct bench *bench, int row)
{
    switch (row) {
    case TRAINING:
        return run_of(bench, "synchronous_data_parallel",
                      "--set platform=platforms/gpu_cluster.xml --set algorithm.workers=64 --set "
                      "iterations=100 --set algorithm.learning=off");
    case GPIPE:
    case ONE_F_ONE_B: return pipeline(bench, row);
    case FEDPROX:
        return run_of(bench, "fedprox",
                      "--set algorithm.local_epochs=20 --set algorithm.stragglers=0 --set "
                      "iterations=200");
    case SERVER:
        return run_of(bench, "parameter_server",
                      on_star(bench, 1025, "--set algorithm.workers=1024"));
    case ALL_TO_ALL:
        return run_of(bench, "pairwise_alltoall",
                      on_star(bench, 256, "--set algorithm.workers=256"));
    case ITERATIONS_3: return ring_of_64(bench, 3);
    case ITERATIONS_1000: return ring_of_64(bench, 1000);
    case GPIPE_3: return gpipe_of_8(bench, 3);
    case GPIPE_1000: return gpipe_of_8(bench, 1000);
    case SWEEP_8: return sweep(bench, "platforms/one_switch.xml", 8, rows[row].points);
    case SWEEP_64: return sweep(bench, bench_star(bench, 64), 64, rows[row].points);
    case SWEEP_LINKS: return sweep_of_links(bench);
    case RUN_64: return ring_of_64(bench, 1);
    case LIST: return sim_text(bench->arena, "%s list algorithms", bench->dmlsim);
    case SHOW: return sim_text(bench->arena, "%s show ring_allreduce", bench->dmlsim);
    case CHECK:
        return sim_text(bench->arena, "%s check scenarios/ring_allreduce.yaml", bench->dmlsim);
    default: return federated(bench, row);
    }
}

void rows_run(struct bench *bench)
{
    for (int i = 0; i < ROWS; i++)
        for (int turn = 0; turn < (i >= ITERATIONS_3 ? SHORT_TURNS : 1); turn++)
            bench->rows[i].of[bench->rows[i].count++] = bench_run(bench, command_of(bench, i));
}

/* ---- what came of them ---- */

static void judge(struct bench *bench, int row)
{
    const struct samples *samples = &bench->rows[row];
    const char *title = rows[row].title;

    if (row == SWEEP_LINKS) /* children included */
        bench_goal(bench, title, BANDWIDTHS * LATENCIES / bench_cpu_seconds(samples), AT_LEAST,
                   LEAST_POINTS_A_CPU_SECOND, "a CPU second");
    else
        bench_goal(bench, title, bench_cpu_seconds(samples), AT_MOST, rows[row].most_cpu_seconds,
                   "CPU s");
    if (rows[row].least_a_second > 0)
        bench_goal(bench, title, rows[row].points / bench_wall_seconds(samples), AT_LEAST,
                   rows[row].least_a_second, "a second");
    if (rows[row].most_wall_seconds > 0)
        bench_goal(bench, title, bench_wall_seconds(samples), AT_MOST, rows[row].most_wall_seconds,
                   "s on the wall");
    if (rows[row].most_bytes > 0)
        bench_goal(bench, title, bench_peak_bytes(samples) / 1e6, AT_MOST,
                   rows[row].most_bytes / 1e6, "MB");
}

static void judge_iterations(struct bench *bench, const char *what, int three, int thousand)
{
    bench_goal(bench, what,
               bench_cpu_seconds(&bench->rows[thousand]) / bench_cpu_seconds(&bench->rows[three]),
               AT_MOST, MOST_TO_THREE_ITERATIONS, "x");
}

json_t *rows_tell(struct bench *bench)
{
    json_t *all = json_object();

    printf("%-50s %8s %8s %8s\n", "dmlsim alone", "CPU s", "wall s", "peak MB");
    for (int i = 0; i < ROWS; i++) {
        const double cpu = bench_cpu_seconds(&bench->rows[i]),
                     wall = bench_wall_seconds(&bench->rows[i]);
        json_t *json = bench_json(&bench->rows[i]);

        printf("%-50s %8.2f %8.2f %8.0f\n", rows[i].title, cpu, wall,
               bench_peak_bytes(&bench->rows[i]) / 1e6);
        judge(bench, i);
        json_object_set_new(json, "median_cpu_seconds", json_real(cpu));
        json_object_set_new(json, "median_wall_seconds", json_real(wall));
        json_object_set_new(all, rows[i].key, json);
    }
    judge_iterations(bench, "1,000 iterations, to what 3 cost", ITERATIONS_3, ITERATIONS_1000);
    judge_iterations(bench, "1,000 iterations of gpipe, to what 3 cost", GPIPE_3, GPIPE_1000);
    return all;
}
