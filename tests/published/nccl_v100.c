/* nccl_v100.c -- a line fitted to 16..64 MiB predicts NCCL's all-reduce up to 1 GiB within 3 %.
 *
 * Source of the times: nccl_v100_all_reduce.csv beside this file.  Below 16 MiB NCCL takes other
 * protocols (LL, LL128) on this machine, each a line of its own: those sizes are printed, and gate
 * nothing.  The predicted times are also simulated: a ring on the calibrated platform. */
#include "tests/fixtures/simulate.h"
#include "tests/published/published.h"

#include "analysis/calibration.h"

#include <string.h>
#include <sys/stat.h>

#define MIB 1048576.0

static const char DATA[] = "tests/published/nccl_v100_all_reduce.csv";
static const double TOLERANCE = 0.03;

enum { MOST_ROWS = 64 };

/* The out-of-place times of one number of GPUs. */
static struct analysis_measurements read_times(int gpus, struct sim_arena *arena)
{
    struct analysis_measurements m = {.path = DATA,
                                      .tool = "nccl-tests",
                                      .collective = "all_reduce",
                                      .ranks = gpus,
                                      .rows =
                                          sim_new(arena, struct analysis_measurement, MOST_ROWS)};
    FILE *file = fopen(DATA, "r");
    char line[256];

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct analysis_measurement row;
        int of;

        if (sscanf(line, "%d,%lf,%lf,", &of, &row.bytes, &row.seconds) == 3 && of == gpus &&
            m.count < MOST_ROWS)
            m.rows[m.count++] = row;
    }
    fclose(file);
    return m;
}

static double simulated_seconds(const struct analysis_calibration *c, double bytes,
                                struct sim_arena *arena)
{
    struct sim_error err = {0};
    const char *platform = analysis_calibrated_platform(c, arena, &err);
    struct simulated run;
    double seconds;

    assert_non_null(platform);
    mkdir("build", 0777);
    assert_true(analysis_write_platform(platform, "build/nccl_v100.xml", arena, &err));
    run = simulate(sim_text(arena,
                            "platform: build/nccl_v100.xml\nalgorithm: {name: ring_allreduce, "
                            "workers: %d, gradient_bytes: %.0f, flop_per_byte: 0}\ntrace: none\n",
                            c->ranks, bytes),
                   NULL);
    seconds = seconds_of(&run);
    simulated_release(&run);
    return seconds;
}

static void print_fit(const struct analysis_calibration *c)
{
    printf("# %d GPUs: %zu sizes fitted, error %.2f %% on average, %.2f %% at worst\n", c->ranks,
           c->line.count, 100 * c->line.mean_relative, 100 * c->line.worst_relative);
    printf("#   a = %.3f us (%.3f .. %.3f), B = %.2f GB/s (%.2f .. %.2f)\n",
           c->latency_seconds.value * 1e6, c->latency_seconds.low * 1e6,
           c->latency_seconds.high * 1e6, c->bytes_per_second.value / 1e9,
           c->bytes_per_second.low / 1e9, c->bytes_per_second.high / 1e9);
}

static void predict(int gpus)
{
    const struct analysis_question middle = {.least_bytes = 16 * MIB, .most_bytes = 64 * MIB};
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_measurements m = read_times(gpus, arena);
    struct analysis_calibration c;
    struct sim_error err = {0};
    int predicted = 0;

    assert_true(analysis_calibrate(&c, &m, &middle, arena, &err));
    assert_int_equal(c.line.count, 49);
    print_fit(&c);
    for (size_t i = 0; i < m.count; i++) {
        const struct analysis_measurement *row = &m.rows[i];
        const double seconds = analysis_fitted_seconds(&c, row->bytes);
        char name[64];

        if (c.is_fitted[i])
            continue;
        snprintf(name, sizeof name, "%d GPUs, %.0f MiB, us%s", gpus, row->bytes / MIB,
                 row->bytes < 16 * MIB ? " (another protocol; gates nothing)" : "");
        print_published(name, row->seconds * 1e6, seconds * 1e6);
        if (row->bytes < 16 * MIB)
            continue;
        assert_close(seconds, row->seconds, TOLERANCE);
        assert_close(simulated_seconds(&c, row->bytes, arena), seconds, 1e-9);
        predicted++;
    }
    assert_int_equal(predicted, 4);
    sim_arena_close(arena);
}

static void times_of_16_to_64_MiB_predict_those_up_to_1_GiB_within_3_percent(void **state)
{
    static const int gpus[] = {2, 4, 8};

    (void)state;
    print_published_head("NCCL all-reduce, one server of V100, alpha-beta line");
    for (size_t i = 0; i < sizeof gpus / sizeof gpus[0]; i++)
        predict(gpus[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_16_to_64_MiB_predict_those_up_to_1_GiB_within_3_percent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
