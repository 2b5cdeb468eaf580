/* calibration.c -- the link behind measured times: each closed form, worked out by hand, and what has no answer. */
#include "tests/unit/close.h"

#include "analysis/calibration.h"
#include "sim/base/file.h"

#include <unistd.h>

static const double A = 7.3e-6, B = 123.4e6;

/* Times without any error, for a = A and B = B: `steps` a + `volume` S / B. */
static struct analysis_measurements exact(double steps, double volume, struct sim_arena *arena)
{
    static const double sizes[] = {0, 1000003, 3000017, 7000001, 50000017};
    struct analysis_measurements m = {.path = "t.txt", .tool = "nccl-tests", .count = 5};

    m.rows = sim_new(arena, struct analysis_measurement, 5);
    for (int i = 0; i < 5; i++)
        m.rows[i] = (struct analysis_measurement){sizes[i], steps * A + volume * sizes[i] / B};
    m.rows[0].seconds = 1e-9; /* nothing was done */
    return m;
}

struct form {
    const char *name, *collective, *algorithm;
    int ranks;
    double steps, volume;
};

static struct form forms[] = {
    {"all_reduce by ring", "all_reduce", "ring", 7, 12, 12.0 / 7},
    {"all_reduce by halving_doubling", "all_reduce", "halving_doubling", 16, 8, 30.0 / 16},
    {"all_reduce by recursive_doubling", "all_reduce", "recursive_doubling", 16, 4, 4},
    {"reduce_scatter by ring", "reduce_scatter", "ring", 7, 6, 6.0 / 7},
    {"reduce_scatter by halving", "reduce_scatter", "halving", 8, 3, 7.0 / 8},
    {"all_gather by ring", "all_gather", "ring", 7, 6, 6.0 / 7},
    {"all_gather by doubling", "all_gather", "doubling", 8, 3, 7.0 / 8},
    {"all_to_all by pairwise", "all_to_all", "pairwise", 7, 6, 6.0 / 7},
    {"broadcast by binomial", "broadcast", "binomial", 7, 3, 3},
    {"reduce by binomial", "reduce", "binomial", 9, 4, 4},
    {"point_to_point", "point_to_point", NULL, 2, 1, 1},
};

static void finds_latency_and_bandwidth(void **state)
{
    const struct form *f = *state;
    struct sim_arena *arena = sim_arena_open();
    struct analysis_measurements m = exact(f->steps, f->volume, arena);
    const struct analysis_question question = {
        .collective = f->collective, .algorithm = f->algorithm, .ranks = f->ranks};
    struct analysis_calibration c;
    struct sim_error err = {0};

    assert_true(analysis_calibrate(&c, &m, &question, arena, &err));
    assert_int_equal(c.line.count, 4);
    assert_close(c.latency_seconds.value, A, 1e-9);
    assert_close(c.bytes_per_second.value, B, 1e-9);
    assert_close(analysis_fitted_seconds(&c, 999), f->steps * A + f->volume * 999 / B, 1e-9);
    assert_string_equal(analysis_form_collective(c.form), f->collective);
    sim_arena_close(arena);
}

static void sizes_of_one_block_are_multiplied_by_the_ranks(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct analysis_measurements m = exact(6, 6, arena);
    struct analysis_question none = {0};
    struct analysis_calibration c;
    struct sim_error err = {0};

    (void)state;
    m.collective = "all_gather";
    m.ranks = 7;
    m.counts_blocks = true;
    assert_true(analysis_calibrate(&c, &m, &none, arena, &err));
    assert_close(c.bytes_per_second.value, B, 1e-9);
    sim_arena_close(arena);
}

/* 10, 14, 25 and 39 us at 1, 2, 4, 7 MB are not on one line; the bounds of B are those of beta. */
static void the_interval_of_the_bandwidth_is_that_of_beta_turned_round(void **state)
{
    struct analysis_measurement rows[] = {{1e6, 10e-6}, {2e6, 14e-6}, {4e6, 25e-6}, {7e6, 39e-6}};
    const struct analysis_measurements m = {.path = "t.txt",
                                            .tool = "nccl-tests",
                                            .collective = "all_reduce",
                                            .ranks = 7,
                                            .rows = rows,
                                            .count = 4};
    const struct analysis_question none = {0};
    struct analysis_calibration c;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    (void)state;
    assert_true(analysis_calibrate(&c, &m, &none, arena, &err));
    assert_true(c.line.beta.low > 0 && c.line.beta.low < c.line.beta.high);
    assert_close(c.bytes_per_second.high, 12.0 / 7 / c.line.beta.low, 1e-12);
    assert_close(c.bytes_per_second.low, 12.0 / 7 / c.line.beta.high, 1e-12);
    assert_close(c.latency_seconds.low, c.line.alpha.low / 12, 1e-12);
    sim_arena_close(arena);
}

static void least_and_most_choose_the_sizes(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct analysis_measurements m = exact(12, 12.0 / 7, arena);
    const struct analysis_question question = {
        .collective = "all_reduce", .ranks = 7, .least_bytes = 1000003, .most_bytes = 7000001};
    struct analysis_calibration c;
    struct sim_error err = {0};

    (void)state;
    assert_true(analysis_calibrate(&c, &m, &question, arena, &err));
    assert_int_equal(c.line.count, 3);
    assert_close(c.least_bytes, 1000003, 0);
    assert_close(c.most_bytes, 7000001, 0);
    assert_false(c.is_fitted[0] || c.is_fitted[4]);
    assert_true(c.is_fitted[1] && c.is_fitted[2] && c.is_fitted[3]);
    sim_arena_close(arena);
}

struct refusal {
    const char *name, *sentence;
    struct analysis_question question;
};

static struct refusal refusals[] = {
    {"no collective",
     "t.txt: no line says which collective was timed; --collective NAME does "
     "(all_reduce, reduce_scatter, ",
     {.ranks = 7}},
    {"an unknown collective",
     "There is no closed form for a collective 'barrier'; there are all_reduce, ",
     {.collective = "barrier", .ranks = 7}},
    {"an unknown algorithm",
     "There is no closed form for all_reduce by 'tree'; there are ring, halving_doubling, "
     "recursive_doubling.",
     {.collective = "all_reduce", .algorithm = "tree", .ranks = 7}},
    {"no ranks",
     "t.txt: no line says how many ranks took part; --ranks N does.",
     {.collective = "all_reduce"}},
    {"one rank",
     "1 ranks have no network to calibrate; 2 to 1048576 have.",
     {.collective = "all_reduce", .ranks = 1}},
    {"no power of two",
     "The closed form of all_reduce by halving_doubling needs a power of two of ranks, not 7.",
     {.collective = "all_reduce", .algorithm = "halving_doubling", .ranks = 7}},
    {"too few sizes",
     "t.txt: 2 of its 5 sizes are to be fitted; alpha, beta and their confidence need 3 (--least "
     "and --most choose them).",
     {.collective = "all_reduce", .ranks = 7, .least_bytes = 7000000}},
};

static void has_no_answer(void **state)
{
    const struct refusal *c = *state;
    struct sim_arena *arena = sim_arena_open();
    struct analysis_measurements m = exact(12, 12.0 / 7, arena);
    struct analysis_calibration answer;
    struct sim_error err = {0};

    assert_false(analysis_calibrate(&answer, &m, &c->question, arena, &err));
    if (strncmp(err.text, c->sentence, strlen(c->sentence)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", err.text, c->sentence);
    sim_arena_close(arena);
}

static void times_that_fall_with_the_size_have_no_bandwidth(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct analysis_measurements m = exact(12, -1e-3, arena);
    const struct analysis_question question = {.collective = "all_reduce", .ranks = 7};
    struct analysis_calibration answer;
    struct sim_error err = {0};

    (void)state;
    for (int i = 1; i < 5; i++)
        m.rows[i].seconds = 1e-3 - 1e-12 * m.rows[i].bytes;
    assert_false(analysis_calibrate(&answer, &m, &question, arena, &err));
    assert_string_equal(err.text,
                        "t.txt: the times from 1000003 to 50000017 bytes do not grow with the "
                        "size, so they say nothing of a bandwidth; take larger sizes in "
                        "with --most.");
    sim_arena_close(arena);
}

static void a_negative_alpha_makes_no_platform(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct analysis_measurements m = exact(-12, 12.0 / 7, arena);
    const struct analysis_question question = {.collective = "all_reduce", .ranks = 7};
    struct analysis_calibration answer;
    struct sim_error err = {0};

    (void)state;
    assert_true(analysis_calibrate(&answer, &m, &question, arena, &err));
    assert_null(analysis_calibrated_platform(&answer, arena, &err));
    assert_string_equal(err.text,
                        "t.txt: alpha is negative (-7.300 us), which no link can have, so there is "
                        "no platform; the sizes fitted are not on one line: choose others with "
                        "--least and --most.");
    sim_arena_close(arena);
}

static void only_files_of_our_making_are_replaced(void **state)
{
    char folder[] = "/tmp/dmlsim-XXXXXX";
    struct sim_arena *arena = sim_arena_open();
    const char *ours, *other, *nowhere;
    struct sim_error err = {0};
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    ours = sim_text(arena, "%s/ours.xml", folder);
    other = sim_text(arena, "%s/other.xml", folder);
    nowhere = sim_text(arena, "%s/no/where.xml", folder);
    file = fopen(other, "w");
    fputs("<platform/>\n", file);
    fclose(file);
    assert_true(analysis_write_platform("<!-- Calibrated by dmlsim -->\n", ours, arena, &err));
    assert_true(analysis_write_platform("<!-- Calibrated by dmlsim -->\n", ours, arena, &err));
    assert_false(analysis_write_platform("", other, arena, &err));
    assert_false(analysis_write_platform("", nowhere, arena, &err));
    assert_string_equal(err.text,
                        sim_text(arena,
                                 "%s: exists, was not written by calibrate, and is kept as it is.\n"
                                 "%s: cannot be written: No such file or directory.",
                                 other, nowhere));
    sim_remove_tree(folder);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(sizes_of_one_block_are_multiplied_by_the_ranks),
        cmocka_unit_test(the_interval_of_the_bandwidth_is_that_of_beta_turned_round),
        cmocka_unit_test(least_and_most_choose_the_sizes),
        cmocka_unit_test(times_that_fall_with_the_size_have_no_bandwidth),
        cmocka_unit_test(a_negative_alpha_makes_no_platform),
        cmocka_unit_test(only_files_of_our_making_are_replaced),
    };

    return RUN_CASES(finds_latency_and_bandwidth, forms) + RUN_CASES(has_no_answer, refusals) +
           cmocka_run_group_tests(others, NULL, NULL);
}
