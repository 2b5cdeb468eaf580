/* Speculative decoding: what papers print, beside the closed forms that our runs are checked with. */
#include "algorithms/decoding/shared/expected.h"
#include "algorithms/decoding/shared/shapes.h"
#include "tests/published/published.h"
#include "tests/unit/close.h"

/* Leviathan, Kalman, Matias, ICML 2023, Table 1 (c = 0). */
static void leviathan_table_1(void **state)
{
    static const struct {
        double alpha;
        int gamma;
        double operations, speed; /* as printed */
        double operations_4,
            speed_4; /* the formula to four digits, worked out apart from this code */
    } rows[] = {{.6, 2, 1.53, 1.96, 1.5306, 1.9600}, {.7, 3, 1.58, 2.53, 1.5792, 2.5330},
                {.8, 2, 1.23, 2.44, 1.2295, 2.4400}, {.8, 5, 1.63, 3.69, 1.6263, 3.6893},
                {.9, 2, 1.11, 2.71, 1.1070, 2.7100}, {.9, 10, 1.60, 6.86, 1.6031, 6.8619}};

    (void)state;
    print_published_head("Leviathan et al., Table 1: operations, speed");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double operations = dec_operations_factor(rows[i].alpha, rows[i].gamma, 0);
        const double speed = dec_improvement(rows[i].alpha, rows[i].gamma, 0, 1, 0);
        char what[64];

        snprintf(what, sizeof what, "alpha %.1f, gamma %d", rows[i].alpha, rows[i].gamma);
        print_published(what, rows[i].operations, operations);
        print_published(what, rows[i].speed, speed);
        assert_near(operations, rows[i].operations, 5.1e-3);
        assert_near(speed, rows[i].speed, 5.1e-3);
        assert_near(operations, rows[i].operations_4, 5.1e-5);
        assert_near(speed, rows[i].speed_4, 5.1e-5);
    }
}

/* Table 2 with the expected column of Table 4 (appendix A.3): T5-XXL on a TPU v4, batch 1.  What was measured is printed
 * beside it: the theorem assumes that gamma + 1 tokens cost no more than one. */
static void leviathan_table_2(void **state)
{
    static const struct {
        const char *what;
        int gamma;
        double alpha, c, expected, empirical;
    } rows[] = {{"EnDe, T5-small, T = 0", 7, .75, .02, 3.2, 3.4},
                {"EnDe, T5-base, T = 0", 7, .80, .04, 3.3, 2.8},
                {"EnDe, T5-large, T = 0", 7, .82, .11, 2.5, 1.7},
                {"EnDe, T5-small, T = 1", 7, .62, .02, 2.3, 2.6},
                {"EnDe, T5-base, T = 1", 5, .68, .04, 2.4, 2.4},
                {"EnDe, T5-large, T = 1", 3, .71, .11, 2.0, 1.4}};

    (void)state;
    print_published_head("Leviathan et al., Tables 2 and 4: expected, then measured");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double ours = dec_improvement(rows[i].alpha, rows[i].gamma, rows[i].c, 1, 0);

        print_published(rows[i].what, rows[i].expected, ours);
        print_published("  measured", rows[i].empirical, ours);
        assert_near(ours, rows[i].expected, .07);
    }
}

/* nano-PEARL, docs/bench_summary.md, H200, batch 1, Qwen3-0.6B drafts for Qwen3-32B: tokens a second of both, and MAT, the
 * tokens of a cycle with the corrected one, so that alpha = 1 - 1 / MAT.  gamma 5; a step takes what the target takes. */
static void nano_pearl(void **state)
{
    static const struct {
        const char *what;
        double alone, pearl, tokens_of_cycle;
    } rows[] = {{"AIME", 78.61, 204.39, 6.397},
                {"CNNDM", 77.77, 134.46, 3.182},
                {"GSM8K", 78.70, 212.87, 6.944},
                {"HumanEval", 78.64, 171.26, 4.417}};

    (void)state;
    print_published_head("nano-PEARL, Qwen3-0.6B and 32B on H200: tokens a second");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double ours = rows[i].alone * dec_pearl_tokens(1 - 1 / rows[i].tokens_of_cycle, 5);

        assert_near(print_published(rows[i].what, rows[i].pearl, ours), 0, .06);
    }
}

/* LayerSkip's README: Llama-2-7B, 32 layers.  Only our arithmetic is gated: measured speedups have heads, caches and
 * kernels in them that the closed form has not. */
static void layerskip(void **state)
{
    static const struct {
        const char *what;
        int exit, drafts;
        double rate, measured, closed_form; /* worked out apart from this code */
    } rows[] = {{"CNN/DM continuation", 8, 6, .7945, 2.052, 2.307},
                {"language modelling", 8, 6, .4316, 1.311, 1.436},
                {"HumanEval", 10, 6, .5554, 1.388, 1.507},
                {"CNN/DM, one shot", 8, 12, .4305, 1.321, 1.542},
                {"XSUM, three shots", 8, 12, .4386, 1.069, 1.566}};

    (void)state;
    print_published_head("LayerSkip, Llama-2-7B: measured speedup beside the closed form");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double ours = dec_layerskip_speedup(rows[i].rate, rows[i].drafts, rows[i].exit, 32);

        print_published(rows[i].what, rows[i].measured, ours);
        assert_near(ours, rows[i].closed_form, 6e-4);
        assert_true(ours > rows[i].measured);
    }
}

/* ---- SpecInfer ---- */

enum { WIDTHS = 5 };

/* Tokens that a step is expected to verify with <1, 1, width, 1, 1, 1, 1, 1>, if each level is right on its own as often as
 * Table 1 says: cumulative[r] that the token of LLaMA-7B is among the r + 1 best of LLaMA-68M. */
static double expected_of_width(const double *cumulative, int width)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct shape *shape =
        shape_expansion((int[]){1, 1, width, 1, 1, 1, 1, 1}, 8, arena, &err);
    double right[WIDTHS], expected;
    const struct shape_accuracy accuracy = {
        .depths = 1, .ranks = WIDTHS, .right = right, .goes_on = true};

    for (int r = 0; r < WIDTHS; r++)
        right[r] = cumulative[r] - (r > 0 ? cumulative[r - 1] : 0);
    expected = shape_expected(shape, &accuracy);
    sim_arena_close(arena);
    return expected;
}

/* Miao et al., SpecInfer, ASPLOS 2024, Tables 1 and 2.  Gated is our arithmetic, not the paper's second table: its levels are
 * not independent, a share over all tokens is not one of those that follow accepted drafts, and where tokens are sampled a
 * token among the k best is not yet one that multi-step sampling accepts. */
static void specinfer_table_2(void **state)
{
    static const struct {
        const char *what;
        double cumulative[WIDTHS];  /* Table 1 */
        double verified[WIDTHS];    /* Table 2 */
        double independent[WIDTHS]; /* worked out apart from this code */
    } rows[] = {{"greedy, Alpaca",
                 {.68, .77, .81, .84, .85},
                 {2.95, 3.07, 3.21, 3.33, 3.43},
                 {3.03, 3.15, 3.20, 3.24, 3.25}},
                {"greedy, CP",
                 {.69, .79, .83, .86, .87},
                 {2.58, 3.24, 3.46, 3.59, 3.69},
                 {3.11, 3.25, 3.30, 3.34, 3.36}},
                {"stochastic, Alpaca",
                 {.54, .81, .91, .95, .97},
                 {1.79, 2.11, 2.26, 2.32, 2.38},
                 {2.17, 2.33, 2.39, 2.42, 2.43}},
                {"stochastic, CP",
                 {.56, .82, .92, .95, .97},
                 {1.69, 1.99, 2.15, 2.23, 2.28},
                 {2.26, 2.44, 2.51, 2.53, 2.54}}};

    (void)state;
    print_published_head("SpecInfer, Table 2: tokens verified in a step, by width");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int w = 0; w < WIDTHS; w++) {
            const double ours = expected_of_width(rows[i].cumulative, w + 1);
            char what[64];

            snprintf(what, sizeof what, "%s, width %d", rows[i].what, w + 1);
            print_published(what, rows[i].verified[w], ours);
            assert_near(ours, rows[i].independent[w], .01);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leviathan_table_1), cmocka_unit_test(leviathan_table_2),
        cmocka_unit_test(nano_pearl),        cmocka_unit_test(layerskip),
        cmocka_unit_test(specinfer_table_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
