/* vary.c -- "KEY=VALUE,VALUE": factors, units, what is refused; and bars in order of their swing. */
#include "tests/unit/reading.h"

#include "analysis/tornado.h"
#include "analysis/vary.h"

/* The scenario that is varied; its platform has links and hosts of different values. */
static const char scenario_path[] = "scenarios/studies/edge_drafts.yaml";

struct varied {
    struct sim_arena *arena;
    struct sim_scenario base;
    struct analysis_input input;
    struct sim_error err;
    bool fine;
};

static void vary(struct varied *v, const char *text)
{
    static const char *const nothing[] = {NULL};
    const struct sim_sweep asked = {
        .path = scenario_path, .settings = nothing, .catalogue = &shipped};

    *v = (struct varied){.arena = sim_arena_open()};
    assert_true(sim_scenario_read(&v->base, scenario_path, nothing, &shipped, v->arena, &v->err));
    v->fine = analysis_input_read(&v->input, text, &asked, &v->base, v->arena, &v->err);
    assert_int_equal(v->fine, v->err.count == 0);
}

static void release(struct varied *v)
{
    analysis_input_release(&v->input);
    sim_scenario_release(&v->base);
    sim_arena_close(v->arena);
}

struct meaning {
    const char *name, *text;
    const char *settings[4]; /* of each value, as JSON */
};

static struct meaning meanings[] = {
    {"values as they are spelt",
     "algorithm.gamma=2,10",
     {"{\"algorithm.gamma\":2}", "{\"algorithm.gamma\":10}"}},
    {"words and quantities are texts",
     "network=tcp,100MB",
     {"{\"network\":\"tcp\"}", "{\"network\":\"100MB\"}"}},
    {"commas within lists and mappings part nothing",
     "algorithm.acceptance=[0.6, 0.7],{a: 1, b: 2}",
     {"{\"algorithm.acceptance\":[0.6,0.7]}", "{\"algorithm.acceptance\":{\"a\":1,\"b\":2}}"}},
    {"factors of a parameter", /* gamma is 5 there */
     "algorithm.gamma=x2,x0.5,3",
     {"{\"algorithm.gamma\":\"10\"}", "{\"algorithm.gamma\":\"2.5\"}", "{\"algorithm.gamma\":3}"}},
    {"factors of an attribute keep its unit", /* 61.30Mbps, 15ms */
     "platform.link[wan].bandwidth=x0.5,x3",
     {"{\"platform.link[wan].bandwidth\":\"30.65Mbps\"}",
      "{\"platform.link[wan].bandwidth\":\"183.9Mbps\"}"}},
    {"elements that are alike are changed together", /* both 100Mbps */
     "platform.link[wlan-*].bandwidth=x1.3",
     {"{\"platform.link[wlan-*].bandwidth\":\"130Mbps\"}"}},
    {"elements that differ are changed each by its own",
     "platform.link[w*].latency=x2",
     {"{\"platform.link[wlan-0].latency\":\"4ms\",\"platform.link[wlan-1].latency\":\"4ms\","
      "\"platform.link[wan].latency\":\"30ms\"}"}},
    {"factors of a property", /* memory is one of a host: 8GB */
     "platform.host[phone-1].memory=x0.25",
     {"{\"platform.host[phone-1].memory\":\"2GB\"}"}},
};

static void is_meant_so(void **state)
{
    const struct meaning *meaning = *state;
    struct varied v;
    int count = 0;

    vary(&v, meaning->text);
    assert_string_equal(v.err.text, "");
    for (; meaning->settings[count] != NULL; count++) {
        char *text;

        assert_true(count < v.input.count);
        text =
            json_dumps(v.input.variations[count].settings, JSON_COMPACT | JSON_REAL_PRECISION(6));
        assert_string_equal(text, meaning->settings[count]);
        free(text);
    }
    assert_int_equal(v.input.count, count);
    release(&v);
}

struct refusal {
    const char *name, *text, *said;
};

static struct refusal refusals[] = {
    {"no value", "algorithm.gamma", "write --vary KEY=VALUE,VALUE"},
    {"no key", "=3", "write --vary KEY=VALUE,VALUE"},
    {"an empty list", "algorithm.gamma=", "is no list of values"},
    {"a value that is missing", "algorithm.gamma=2,,3", "is no list of values"},
    {"brackets that close too early", "algorithm.gamma=2], a: [3", "is no list of values"},
    {"a factor of a word", "algorithm.name=x2", "is \"speculative_decoding\", no number, here"},
    {"a factor of a list", "algorithm.acceptance=x2", "is [0.8"},
    {"a factor of what is several numbers", "platform.host[edge].wattage_per_state=x2",
     "is '60:60:450', no number, here"},
    {"a factor of a property that is not there", "platform.host[edge].rent=x2",
     "is not given here"},
    {"a factor of a key with a slip", "algorithm.gama=x2", "there is no key 'algorithm.gama'"},
    {"a factor of a link that is not there", "platform.link[man].latency=x2",
     "there is no link 'man'"},
};

static void is_refused(void **state)
{
    const struct refusal *refusal = *state;
    struct varied v;

    vary(&v, refusal->text);
    if (strstr(v.err.text, refusal->said) == NULL)
        fail_msg("it says: %s", v.err.text);
    release(&v);
}

static void quantities_are_a_number_and_a_unit(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const char *unit;
    double number;

    (void)state;
    assert_true(analysis_quantity_of("1.25GBps", &number, &unit));
    assert_true(number == 1.25);
    assert_string_equal(unit, "GBps");
    assert_true(analysis_quantity_of("2.5e-3", &number, &unit));
    assert_true(number == 2.5e-3 && *unit == '\0');
    assert_string_equal(analysis_times("7EB", 3, arena), "21EB"); /* E is no exponent here */
    assert_string_equal(analysis_times("1e3s", 0.5, arena), "500s");
    assert_string_equal(analysis_times("50 ms", 0.1, arena), "5ms");
    assert_null(analysis_times("node-1", 2, arena));
    assert_null(analysis_times("1-2", 2, arena));
    assert_null(analysis_times("1e308", 1e9, arena));
    assert_null(analysis_times("ms", 2, arena));
    sim_arena_close(arena);
}

static void a_factor_is_an_x_and_a_number(void **state)
{
    double factor;

    (void)state;
    assert_true(analysis_factor_of("x0.37", &factor));
    assert_true(factor == 0.37);
    assert_false(analysis_factor_of("xeon", &factor));
    assert_false(analysis_factor_of("x2GB", &factor));
    assert_false(analysis_factor_of("x", &factor));
    assert_false(analysis_factor_of("2", &factor));
    assert_false(analysis_factor_of("xnan", &factor));
}

/* ---- the tornado's bars ---- */

static void the_largest_swing_is_on_top(void **state)
{
    static const double one[] = {9.5, 12.25}, two[] = {3.5, 9}, three[] = {10.5}, four[] = {13.25};
    static const char *const labels[] = {"x2", "x7"};
    struct analysis_swing swings[] = {
        {.key = "one", .values = one, .labels = labels, .count = 2},
        {.key = "two", .values = two, .labels = labels, .count = 2},
        {.key = "none", .values = one, .labels = labels, .count = 0},
        {.key = "three", .values = three, .labels = labels, .count = 1},
        {.key = "four", .values = four, .labels = labels, .count = 1},
    };

    (void)state;
    for (int i = 0; i < 5; i++)
        analysis_swing_measure(&swings[i], 10.5);
    assert_true(swings[0].least == 9.5 && swings[0].most == 12.25);
    assert_string_equal(swings[0].least_label, "x2");
    assert_string_equal(swings[0].most_label, "x7");
    assert_true(swings[1].least == 3.5 && swings[1].most == 10.5);
    assert_string_equal(swings[1].most_label, ""); /* the base itself */
    assert_true(swings[2].least == 10.5 && swings[2].most == 10.5);
    analysis_swing_order(swings, 5);
    assert_string_equal(swings[0].key, "two");
    assert_string_equal(swings[1].key, "one"); /* 2.75, as four has */
    assert_string_equal(swings[2].key, "four");
    assert_string_equal(swings[3].key, "none");
    assert_string_equal(swings[4].key, "three");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_a_number_and_a_unit),
        cmocka_unit_test(a_factor_is_an_x_and_a_number),
        cmocka_unit_test(the_largest_swing_is_on_top),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + RUN_CASES(is_meant_so, meanings) +
           RUN_CASES(is_refused, refusals);
}
