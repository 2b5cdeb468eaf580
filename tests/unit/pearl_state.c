/* PEARL's state machine: steps by hand, its closed forms by draws, and that it emits what the target alone would. */
#include "algorithms/decoding/shared/expected.h"
#include "algorithms/decoding/shared/pearl_state.h"
#include "sim/base/random.h"
#include "tests/unit/close.h"

static const struct pearl_state at_first = {PEARL_PRE, 0};

/* ---- by hand ---- */

static void steps_follow_each_other_as_in_the_paper(void **state)
{
    static const struct {
        enum pearl_rule rule;
        struct pearl_state before;
        int looked_at, drafted, accepted, emitted, thrown_away;
        struct pearl_state after;
    } rows[] = {
        {PEARL_BOTH, {PEARL_PRE, 0}, 1, 5, 0, 1, 5, {PEARL_PRE, 0}},
        {PEARL_BOTH, {PEARL_PRE, 0}, 1, 5, 1, 1, 0, {PEARL_POST, 4}},
        {PEARL_BOTH, {PEARL_POST, 4}, 5, 5, 5, 5, 0, {PEARL_POST, 4}},
        {PEARL_BOTH, {PEARL_POST, 4}, 5, 5, 4, 5, 5, {PEARL_PRE, 0}},
        {PEARL_BOTH, {PEARL_POST, 4}, 5, 5, 2, 3, 7, {PEARL_PRE, 0}},
        {PEARL_BOTH, {PEARL_POST, 4}, 5, 5, 0, 1, 9, {PEARL_PRE, 0}},
        {PEARL_PRE_VERIFY_ONLY, {PEARL_PRE, 0}, 1, 5, 0, 1, 5, {PEARL_PRE, 0}},
        {PEARL_PRE_VERIFY_ONLY, {PEARL_PRE, 0}, 1, 5, 1, 1, 0, {PEARL_POST, 4}},
        {PEARL_PRE_VERIFY_ONLY, {PEARL_POST, 4}, 4, 0, 4, 5, 0, {PEARL_PRE, 0}},
        {PEARL_PRE_VERIFY_ONLY, {PEARL_POST, 4}, 4, 0, 1, 2, 3, {PEARL_PRE, 0}},
        {PEARL_POST_VERIFY_ONLY, {PEARL_PRE, 0}, 0, 5, 0, 0, 0, {PEARL_POST, 5}},
        {PEARL_POST_VERIFY_ONLY, {PEARL_POST, 5}, 5, 5, 5, 5, 0, {PEARL_POST, 5}},
        {PEARL_POST_VERIFY_ONLY, {PEARL_POST, 5}, 5, 5, 3, 4, 7, {PEARL_PRE, 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct pearl_step step = pearl_step(rows[i].rule, rows[i].before, 5);
        const struct pearl_outcome outcome =
            pearl_judged(rows[i].rule, rows[i].before, 5, rows[i].accepted);

        assert_int_equal(step.looked_at, rows[i].looked_at);
        assert_int_equal(step.drafted, rows[i].drafted);
        assert_int_equal(step.of_window, rows[i].looked_at - rows[i].before.pending);
        assert_int_equal(outcome.emitted, rows[i].emitted);
        assert_int_equal(outcome.has_target, rows[i].emitted > rows[i].accepted);
        assert_int_equal(outcome.thrown_away, rows[i].thrown_away);
        assert_int_equal(outcome.next.mode, rows[i].after.mode);
        assert_int_equal(outcome.next.pending, rows[i].after.pending);
    }
}

/* ---- draws ---- */

/* Sums over cycles, each from one failure to the next. */
struct cycles {
    double count, tokens, steps, pre_steps, drafted, accepted, thrown_away;
    double squares, products, step_squares; /* of tokens, tokens x steps, steps */
    double thrown_away_squares;
};

static int accepted_of(int looked_at, double alpha, struct sim_random *random)
{
    int accepted = 0;

    while (accepted < looked_at && sim_random_uniform(random) < alpha)
        accepted++;
    return accepted;
}

static void draw_cycle(enum pearl_rule rule, double alpha, int gamma, struct sim_random *random,
                       struct cycles *cycles)
{
    struct pearl_state state = at_first;
    double tokens = 0, steps = 0, thrown_away = 0;

    do {
        const struct pearl_step step = pearl_step(rule, state, gamma);
        const int accepted = accepted_of(step.looked_at, alpha, random);
        const struct pearl_outcome outcome = pearl_judged(rule, state, gamma, accepted);

        cycles->pre_steps += state.mode == PEARL_PRE;
        cycles->drafted += step.drafted;
        cycles->accepted += accepted;
        thrown_away += outcome.thrown_away;
        tokens += outcome.emitted;
        steps++;
        state = outcome.next;
    } while (state.mode == PEARL_POST);
    cycles->count++;
    cycles->tokens += tokens;
    cycles->steps += steps;
    cycles->thrown_away += thrown_away;
    cycles->thrown_away_squares += thrown_away * thrown_away;
    cycles->squares += tokens * tokens;
    cycles->products += tokens * steps;
    cycles->step_squares += steps * steps;
}

enum { CYCLES = 120000 };

static struct cycles draw_cycles(enum pearl_rule rule, double alpha, int gamma, uint64_t stream)
{
    struct sim_random *random = sim_random_open(71, stream);
    struct cycles cycles = {0};

    for (int i = 0; i < CYCLES; i++)
        draw_cycle(rule, alpha, gamma, random, &cycles);
    sim_random_close(random);
    return cycles;
}

/* Of tokens / steps, a ratio of means over cycles. */
static double sigma_of_ratio(const struct cycles *cycles)
{
    const double ratio = cycles->tokens / cycles->steps;
    const double variance =
        cycles->squares - 2 * ratio * cycles->products + ratio * ratio * cycles->step_squares;

    return sqrt(variance) / cycles->steps;
}

static const struct {
    double alpha;
    int gamma;
} cases[] = {{.5, 5}, {.7351, 1}, {.7351, 2}, {.7351, 5}, {.8, 5}, {.9, 8}, {.2713, 3}, {.0419, 4}};

static double expected_of(enum pearl_rule rule, double alpha, int gamma)
{
    switch (rule) {
    case PEARL_PRE_VERIFY_ONLY: return dec_pearl_pre_verify_tokens(alpha, gamma);
    case PEARL_POST_VERIFY_ONLY: return dec_pearl_post_verify_tokens(alpha, gamma);
    default: return dec_pearl_tokens(alpha, gamma);
    }
}

static void tokens_of_a_step_are_those_of_the_closed_form(void **state)
{
    (void)state;
    for (int rule = PEARL_BOTH; rule <= PEARL_POST_VERIFY_ONLY; rule++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            const struct cycles cycles =
                draw_cycles((enum pearl_rule)rule, cases[i].alpha, cases[i].gamma, i);

            assert_near(cycles.tokens / cycles.steps,
                        expected_of((enum pearl_rule)rule, cases[i].alpha, cases[i].gamma),
                        3 * sigma_of_ratio(&cycles) + 1e-12);
        }
}

/* Steps of a cycle are 1 + alpha / (1 - alpha^gamma), and one of them is PRE. */
static void shares_of_the_two_modes_are_those_of_the_closed_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cycles cycles =
            draw_cycles(PEARL_BOTH, cases[i].alpha, cases[i].gamma, 20 + i);
        const double mean = cycles.steps / CYCLES;
        const double sigma = sqrt((cycles.step_squares / CYCLES - mean * mean) / CYCLES);

        assert_int_equal((int)cycles.pre_steps, CYCLES);
        assert_near(1 / dec_pearl_pre_share(cases[i].alpha, cases[i].gamma), mean,
                    3 * sigma + 1e-12);
    }
}

/* Nothing is pending where a cycle ends, so that each drafted token was either accepted or thrown away. */
static void no_draft_is_lost(void **state)
{
    (void)state;
    for (int rule = PEARL_BOTH; rule <= PEARL_POST_VERIFY_ONLY; rule++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            const struct cycles cycles =
                draw_cycles((enum pearl_rule)rule, cases[i].alpha, cases[i].gamma, 40 + i);

            assert_true(cycles.drafted == cycles.accepted + cycles.thrown_away);
        }
}

static void drafts_thrown_away_are_those_of_the_closed_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cycles cycles =
            draw_cycles(PEARL_BOTH, cases[i].alpha, cases[i].gamma, 60 + i);
        const double mean = cycles.thrown_away / CYCLES;
        const double sigma = sqrt((cycles.thrown_away_squares / CYCLES - mean * mean) / CYCLES);

        assert_near(mean, dec_pearl_thrown_away(cases[i].alpha, cases[i].gamma), 3 * sigma + 1e-12);
    }
}

/* gamma 1: the target looks at one token a step, and emits one. */
static void windows_of_one_emit_one_token_a_step(void **state)
{
    struct sim_random *random = sim_random_open(71, 77);
    struct pearl_state now = at_first;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        const int looked_at = pearl_step(PEARL_BOTH, now, 1).looked_at;
        const struct pearl_outcome outcome =
            pearl_judged(PEARL_BOTH, now, 1, accepted_of(looked_at, .7351, random));

        assert_int_equal(looked_at, 1);
        assert_int_equal(outcome.emitted, 1);
        now = outcome.next;
    }
    sim_random_close(random);
}

/* ---- the text ---- */

enum { LENGTH = 3000, MOST_GAMMA = 7 };

/* The target's token behind a prefix: a function of all of it, so that a wrong token changes all that follow. */
static unsigned digest(const unsigned *tokens, int count)
{
    unsigned sum = 2166136261u;

    for (int i = count > 6 ? count - 6 : 0; i < count; i++)
        sum = (sum ^ (tokens[i] + (unsigned)i)) * 16777619u;
    return sum >> 7;
}

static unsigned target_says(const unsigned *tokens, int count)
{
    return digest(tokens, count) % 89;
}

/* Right three times of four. */
static unsigned draft_says(const unsigned *tokens, int count)
{
    return target_says(tokens, count) + (digest(tokens, count) / 89 % 4 == 0);
}

/* Prefix, what is pending and the window stand behind each other in `held`; what was not looked at is never emitted, for
 * only the machine's counts say what is. */
static int emit(enum pearl_rule rule, int gamma, unsigned *held)
{
    struct pearl_state now = at_first;
    int prefix = 0;

    while (prefix < LENGTH) {
        const struct pearl_step step = pearl_step(rule, now, gamma);
        const int end = prefix + now.pending;
        struct pearl_outcome outcome;
        int accepted = 0;

        for (int i = end; i < end + step.drafted; i++)
            held[i] = draft_says(held, i);
        while (accepted < step.looked_at &&
               held[prefix + accepted] == target_says(held, prefix + accepted))
            accepted++;
        outcome = pearl_judged(rule, now, gamma, accepted);
        prefix += outcome.emitted;
        if (outcome.has_target)
            held[prefix - 1] = target_says(held, prefix - 1);
        now = outcome.next;
    }
    return prefix;
}

static void the_text_is_the_target_s_own(void **state)
{
    static unsigned alone[LENGTH], held[LENGTH + 4 * MOST_GAMMA];

    (void)state;
    for (int i = 0; i < LENGTH; i++)
        alone[i] = target_says(alone, i);
    for (int rule = PEARL_BOTH; rule <= PEARL_POST_VERIFY_ONLY; rule++)
        for (int gamma = 1; gamma <= MOST_GAMMA; gamma++) {
            assert_true(emit((enum pearl_rule)rule, gamma, held) >= LENGTH);
            assert_memory_equal(held, alone, sizeof alone);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_each_other_as_in_the_paper),
        cmocka_unit_test(tokens_of_a_step_are_those_of_the_closed_form),
        cmocka_unit_test(shares_of_the_two_modes_are_those_of_the_closed_form),
        cmocka_unit_test(no_draft_is_lost),
        cmocka_unit_test(drafts_thrown_away_are_those_of_the_closed_form),
        cmocka_unit_test(windows_of_one_emit_one_token_a_step),
        cmocka_unit_test(the_text_is_the_target_s_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
