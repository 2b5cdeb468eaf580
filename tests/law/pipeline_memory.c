/* What the stages of a pipeline hold: peaks of every schedule, recomputation, devices that are too small. */
#include "tests/fixtures/simulate.h"

#include "sim/base/csv.h"
#include "sim/base/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a stage's parameters, of what it stores of a micro-batch, of that between B and W, of a boundary; with
 * Adam's two states a byte of parameters is four: itself, its gradient and those. */
static const double WEIGHTS = 10007000, STORED = 1300021, KEPT = 410009, INPUT = 70001;

static const char PARAMETERS[] =
    "forward_seconds: 13.73ms, input_gradient_seconds: 12.91ms, weight_gradient_seconds: 9.17ms, "
    "parameter_bytes: 10007000, activation_bytes: 1300021, kept_bytes: 410009, boundary_bytes: "
    "70001, optimizer_ratio: 2";

enum { P = 4, M = 12 };

struct files {
    struct sim_arena *arena;
    char folder[64];
    struct simulated run;
};

static void run_into(struct files *files, const char *system, const char *more)
{
    char text[1024];

    *files = (struct files){.arena = sim_arena_open()};
    snprintf(files->folder, sizeof files->folder, "build/pipeline-memory-%ld", (long)getpid());
    snprintf(text, sizeof text,
             "platform: platforms/one_switch.xml\nalgorithm: {name: %s, stages: %d, microbatches: "
             "%d, %s%s}\ntrace: summary\niterations: 2\n",
             system, P, M, PARAMETERS, more);
    files->run = simulate_into(text, files->folder);
    if (files->run.code != 0)
        fail_msg("%s%s: %s", system, more, files->run.err.text);
}

static void leave(struct files *files)
{
    simulated_release(&files->run);
    sim_remove_tree(files->folder);
    sim_arena_close(files->arena);
}

/* Of the rows whose first columns (up to two) are as given: the largest number in a column. */
static double largest(const struct files *files, const char *name, const char *column,
                      const char *where, const char *is, const char *where2, const char *is2)
{
    struct sim_error err = {0};
    size_t length;
    const char *path = sim_text(files->arena, "%s/%s", files->folder, name);
    const char *text = sim_file_read(files->arena, path, 1000 * 1000, &length, &err);
    const char *const *head, *const *row;
    int width = 0, count, at = -1, first = -1, second = -1;
    struct sim_csv csv;
    double value = NAN;

    if (text == NULL)
        fail_msg("%s", err.text);
    assert_true(sim_csv_open(&csv, path, text, length, files->arena, &err) &&
                sim_csv_row(&csv, &head, &width));
    for (int i = 0; i < width; i++) {
        at = strcmp(head[i], column) == 0 ? i : at;
        first = strcmp(head[i], where) == 0 ? i : first;
        second = strcmp(head[i], where2) == 0 ? i : second;
    }
    assert_true(at >= 0 && first >= 0 && second >= 0);
    while (sim_csv_row(&csv, &row, &count) && row != NULL)
        if (strcmp(row[first], is) == 0 && strcmp(row[second], is2) == 0)
            value = fmax(value, strtod(row[at], NULL));
    return value;
}

/* The peak of stage s, as stages.csv has it; what metrics.csv shows over time rises as high. */
static double peak_bytes(const struct files *files, int s)
{
    const char *peer = sim_text(files->arena, "stage-%d", s);
    const double peak =
        largest(files, "stages.csv", "peak_memory_bytes", "peer", peer, "replica", "0");

    assert_close(largest(files, "metrics.csv", "value", "peer", peer, "metric", "memory_bytes"),
                 peak, 1e-12);
    return peak;
}

/* ---- the schedules ---- */

struct expected {
    const char *system, *more;
    double (*stored)(int s); /* beyond weights and what rests on them */
};

static double of_naive(int s)
{
    (void)s;
    return STORED;
}

static double of_gpipe(int s)
{
    (void)s;
    return M * STORED;
}

/* M inputs (stage 0 reads the data), and one micro-batch whole. */
static double of_recomputing_gpipe(int s)
{
    return (s > 0 ? M * INPUT : 0) + STORED;
}

static double of_1f1b(int s)
{
    return (P - s) * STORED;
}

static double of_recomputing_1f1b(int s)
{
    return (s > 0 ? (P - s) * INPUT : 0) + STORED;
}

/* Two chunks, of half the size each. */
static double of_interleaved(int s)
{
    return (2 * (P - s - 1) + P + 1) * STORED / 2;
}

static double of_zb_h1(int s)
{
    return (P - s) * STORED + s * KEPT;
}

static double of_zb_h2(int s)
{
    return (2 * (P - s) - 1) * STORED + 2 * s * KEPT;
}

/* Huang et al. (GPipe), section 2.3; Narayanan et al. (1F1B), section 2.2; Qi et al. (zero bubble), table 1. */
static void every_stage_stores_what_the_papers_say(void **state)
{
    static const struct expected all[] = {
        {"naive_model_parallelism", "", of_naive},
        {"gpipe", "", of_gpipe},
        {"gpipe", ", recompute: yes", of_recomputing_gpipe},
        {"one_f_one_b", "", of_1f1b},
        {"one_f_one_b", ", recompute: yes", of_recomputing_1f1b},
        {"interleaved_one_f_one_b", ", chunks: 2", of_interleaved},
        {"zb_h1", "", of_zb_h1},
        {"zb_h2", "", of_zb_h2},
    };

    (void)state;
    for (int i = 0; i < 8; i++) {
        struct files files;
        double most = 0;

        run_into(&files, all[i].system, all[i].more);
        for (int s = 0; s < P; s++) {
            assert_close(peak_bytes(&files, s), 4 * WEIGHTS + all[i].stored(s), 1e-12);
            most = fmax(most, peak_bytes(&files, s));
        }
        assert_close(metric_of(&files.run, "peak_memory_bytes"), most, 0);
        leave(&files);
    }
}

static void what_was_taken_is_given_back(void **state)
{
    static const char *const systems[] = {"gpipe", "one_f_one_b", "zb_h1", "zb_h2"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct files files;

        run_into(&files, systems[i], "");
        assert_close(metric_of(&files.run, "memory_bytes"), 4 * WEIGHTS, 1e-12);
        leave(&files);
    }
}

/* Each rank of a tensor-parallel stage holds its share; replicas hold all. */
static void ranks_share_and_replicas_do_not(void **state)
{
    struct files files;

    (void)state;
    run_into(&files, "one_f_one_b", ", tensor_width: 2");
    for (int p = 0; p < 2 * P; p++)
        assert_close(peak_bytes(&files, p), (4 * WEIGHTS + of_1f1b(p / 2)) / 2, 1e-12);
    leave(&files);
    run_into(&files, "one_f_one_b", ", replicas: 2");
    assert_close(largest(&files, "stages.csv", "peak_memory_bytes", "stage", "1", "replica", "1"),
                 4 * WEIGHTS + of_1f1b(1), 1e-12);
    leave(&files);
}

/* ---- devices that are too small ---- */

#define LARGE                                                                                      \
    "platform: platforms/one_switch.xml\nalgorithm: {name: one_f_one_b, stages: 4, microbatches: " \
    "8, forward_seconds: 10ms, backward_seconds: 20ms, parameter_bytes: 2GB, activation_bytes: "   \
    "3GB, optimizer_ratio: 2}\ntrace: none\n"

/* 8 GB of weights and what rests on them, and 12, 9, 6 and 3 GB of micro-batches; the hosts have 16. */
static void a_stage_that_does_not_fit_is_named_with_what_it_lacks(void **state)
{
    struct simulated run = simulate(LARGE, NULL);

    (void)state;
    assert_int_equal(run.code, 2);
    assert_string_equal(
        run.err.text,
        "The weights and activations of stage 0 need 20.00 GB on host node-0, 4.000 GB more than "
        "its memory of 16.00 GB: use more stages, smaller micro-batches or recompute: yes, or go "
        "on with --allow-oom.\n"
        "The weights and activations of stage 1 need 17.00 GB on host node-1, 1.000 GB more than "
        "its memory of 16.00 GB: use more stages, smaller micro-batches or recompute: yes, or go "
        "on with --allow-oom.");
    simulated_release(&run);
}

static void with_allow_oom_it_goes_on_and_says_so(void **state)
{
    struct simulated run = simulate(LARGE "allow_oom: yes\n", NULL);
    const json_t *remarks = json_object_get(run.summary, "remarks");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_int_equal(json_array_size(remarks), 2);
    assert_string_equal(
        json_string_value(json_array_get(remarks, 1)),
        "The weights and activations of stage 1 need 17.00 GB on host node-1, 1.000 GB more than "
        "its memory of 16.00 GB; it goes on all the same (allow_oom).");
    assert_close(metric_of(&run, "peak_memory_bytes"), 20e9, 1e-12);
    simulated_release(&run);
}

/* A model from a table: however it is cut, all of it is there once. */
static void a_model_is_cut_without_loss(void **state)
{
    static const char *const cuts[] = {"stages: 3", "stages: 5",
                                       "stages: 3, stage_layers: [1, 2, 18]"};
    double flop = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        char text[512];
        struct simulated run;

        snprintf(text, sizeof text,
                 "platform: platforms/one_switch.xml\nworkload: {model: vgg16, batch: "
                 "1}\nalgorithm: {name: gpipe, microbatches: 3, %s}\ntrace: none\n",
                 cuts[i]);
        run = simulate(text, NULL);
        if (run.code != 0)
            fail_msg("%s: %s", cuts[i], run.err.text);
        if (i == 0)
            flop = number_at(run.summary, "flop");
        assert_close(number_at(run.summary, "flop"), flop, 1e-9);
        assert_close(metric_of(&run, "samples_per_second"), 3 / seconds_of(&run), 1e-9);
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_stores_what_the_papers_say),
        cmocka_unit_test(what_was_taken_is_given_back),
        cmocka_unit_test(ranks_share_and_replicas_do_not),
        cmocka_unit_test(a_stage_that_does_not_fit_is_named_with_what_it_lacks),
        cmocka_unit_test(with_allow_oom_it_goes_on_and_says_so),
        cmocka_unit_test(a_model_is_cut_without_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
