/* Speculative decoding: what papers print, beside the closed forms that our runs are checked with. */
#include "algorithms/decoding/shared/expected.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leviathan_table_1),
        cmocka_unit_test(leviathan_table_2),
        cmocka_unit_test(nano_pearl),
        cmocka_unit_test(layerskip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
