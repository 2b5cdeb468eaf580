/* A law of chance holds within five of its deviations, and is broken beyond them. */
#include "sim/peer.h"
#include "tests/fixtures/simulate.h"

#include <stdio.h>
#include <string.h>

struct guess {
    double theory_seconds, deviation;
};

static const struct sim_parameter parameters[] = {
    {SIM_SECONDS(struct guess, theory_seconds), .value = "1", .least = 0, .most = 10, .help = "T"},
    {SIM_RATIO(struct guess, deviation), .value = "0", .least = 0, .most = 1, .help = "sigma"},
    {0}};

/* It takes a second, whatever was expected. */
static void act(struct sim_peer *me)
{
    sim_sleep(me, 1);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    sim_cast(plan, "worker", 1);
    return true;
}

static double theory(const struct sim_plan *plan)
{
    return ((const struct guess *)plan->parameters)->theory_seconds;
}

static double deviation(const struct sim_plan *plan)
{
    return ((const struct guess *)plan->parameters)->deviation;
}

static const struct sim_role roles[] = {{"worker", act, "sleeps"}, {0}};
static const struct sim_law laws[] = {{"seconds", SIM_UNIT_SECONDS, "T", theory, sim_total_seconds,
                                       .tolerance = 1e-9, .deviation = deviation},
                                      {0}};
static const struct sim_algorithm algorithm = {.name = "guess",
                                               .summary = "",
                                               .paper = "",
                                               .counts = "",
                                               .parameters_size = sizeof(struct guess),
                                               .parameters = parameters,
                                               .roles = roles,
                                               .laws = laws,
                                               .prepare = prepare};

/* 0: the law holds; 1: it is broken. */
static int code_of(const char *words)
{
    static const struct sim_algorithm *const algorithms[] = {&algorithm, NULL};
    char text[256];
    struct simulated run;
    int code;

    snprintf(text, sizeof text,
             "platform: platforms/one_switch.xml\nalgorithm: {name: guess, %s}\n", words);
    run = simulate(text, algorithms);
    code = run.code;
    assert_int_equal(strstr(run.err.text, "is broken") != NULL, code == 1);
    simulated_release(&run);
    return code;
}

static void it_holds_within_five_deviations(void **state)
{
    (void)state;
    assert_int_equal(code_of("theory_seconds: 0.9533, deviation: 0.01"), 0); /* 4.9 */
    assert_int_equal(code_of("theory_seconds: 1.0515, deviation: 0.01"), 0);
    assert_int_equal(code_of("theory_seconds: 0.9514, deviation: 0.01"), 1); /* 5.1 */
    assert_int_equal(code_of("theory_seconds: 1.0538, deviation: 0.01"), 1);
}

static void without_chance_its_tolerance_is_what_it_was(void **state)
{
    (void)state;
    assert_int_equal(code_of("theory_seconds: 1"), 0);
    assert_int_equal(code_of("theory_seconds: 1.00000001"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_within_five_deviations),
        cmocka_unit_test(without_chance_its_tolerance_is_what_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
