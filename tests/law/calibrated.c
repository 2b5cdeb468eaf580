/* calibrated.c -- a calibrated platform is one: it passes our own check, and the ring takes the fitted times on it. */
#include "tests/fixtures/simulate.h"

#include "analysis/calibration.h"
#include "sim/study/simulate.h"

#include <stdio.h>
#include <sys/stat.h>

/* t = 37 us + 1.37 ns/B S, off by a few per cent this way and that. */
static struct analysis_calibration calibrated(int ranks, const char *path, struct sim_arena *arena)
{
    static const double errors[] = {0.02, -0.03, 0.01, -0.01, 0.03};
    struct analysis_measurements *m = sim_new(arena, struct analysis_measurements, 1);
    const struct analysis_question none = {0};
    struct analysis_calibration c;
    struct sim_error err = {0};
    const char *text;

    *m = (struct analysis_measurements){.path = "t.txt",
                                        .tool = "nccl-tests",
                                        .collective = "all_reduce",
                                        .ranks = ranks,
                                        .rows = sim_new(arena, struct analysis_measurement, 5),
                                        .count = 5};
    for (int i = 0; i < 5; i++) {
        m->rows[i].bytes = 10007 * (i + 1) * (i + 1);
        m->rows[i].seconds = (37e-6 + 1.37e-9 * m->rows[i].bytes) * (1 + errors[i]);
    }
    assert_true(analysis_calibrate(&c, m, &none, arena, &err));
    text = analysis_calibrated_platform(&c, arena, &err);
    assert_non_null(text);
    assert_true(analysis_write_platform(text, path, arena, &err));
    return c;
}

static void the_ring_takes_the_fitted_times_on_the_calibrated_platform(void **state)
{
    static const int ranks[] = {2, 3, 7, 8, 16};
    static const long long blocks[] = {1, 1001, 142867, 99999989};

    (void)state;
    mkdir("build", 0777);
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++)
        for (size_t j = 0; j < sizeof blocks / sizeof blocks[0]; j++) {
            const long long bytes = ranks[i] * blocks[j]; /* equal chunks: no rounding up */
            struct sim_arena *arena = sim_arena_open();
            const struct analysis_calibration c =
                calibrated(ranks[i], "build/calibrated.xml", arena);
            struct simulated run =
                simulate(sim_text(arena,
                                  "platform: build/calibrated.xml\nalgorithm: {name: "
                                  "ring_allreduce, workers: %d, gradient_bytes: %lld, "
                                  "flop_per_byte: 0}\ntrace: none\n",
                                  ranks[i], bytes),
                         NULL);

            assert_close(seconds_of(&run), analysis_fitted_seconds(&c, (double)bytes), 1e-9);
            simulated_release(&run);
            sim_arena_close(arena);
        }
}

static void a_calibrated_platform_passes_the_check(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    (void)state;
    mkdir("build", 0777);
    calibrated(7, "build/calibrated.xml", arena);
    sim_child_guard();
    assert_int_equal(sim_check_platform_file("build/calibrated.xml", arena, &err), 0);
    assert_string_equal(err.text, "");
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ring_takes_the_fitted_times_on_the_calibrated_platform),
        cmocka_unit_test(a_calibrated_platform_passes_the_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
