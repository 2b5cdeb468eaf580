/* settings.c -- --set: one value laid over the file, and every way to get it wrong. */
#include "tests/unit/reading.h"

#define SMALL PLATFORM "algorithm: {name: ring_allreduce, workers: 3}\n"

/* ---- what a setting does ---- */

static long long integer_at(const struct reading *r, const char *section, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(r->scenario.resolved, section), key));
}

static void a_value_is_replaced_and_what_it_was_is_kept(void **state)
{
    const char *const settings[] = {"algorithm.workers=7", NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL, settings);
    assert_true(r.fine);
    assert_int_equal(integer_at(&r, "algorithm", "workers"), 7);
    assert_int_equal(r.scenario.override_count, 1);
    assert_string_equal(r.scenario.overrides[0].key, "algorithm.workers");
    assert_string_equal(r.scenario.overrides[0].value, "7");
    assert_string_equal(r.scenario.overrides[0].was, "3");
    finish(&r);
}

static void a_new_key_is_added_and_was_nothing(void **state)
{
    const char *const settings[] = {"algorithm.gradient_bytes=1000003", "seed=11", NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL, settings);
    assert_true(r.fine);
    assert_int_equal(integer_at(&r, "algorithm", "gradient_bytes"), 1000003);
    assert_int_equal(integer_at(&r, "algorithm", "workers"), 3);
    assert_int_equal(r.scenario.seed, 11);
    assert_int_equal(r.scenario.override_count, 2);
    assert_null(r.scenario.overrides[0].was);
    assert_null(r.scenario.overrides[1].was);
    finish(&r);
}

static void the_levels_above_a_new_key_are_made(void **state)
{
    const char *const settings[] = {"network.model=CM02", "network.options.network/TCP-gamma=7",
                                    "hosts.worker=[node-1, node-2]", NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL, settings);
    assert_true(r.fine);
    assert_string_equal(r.scenario.network.name, "CM02");
    assert_string_equal(r.scenario.network.options[0], "network/model:CM02");
    assert_string_equal(r.scenario.network.options[1], "network/TCP-gamma:7");
    assert_null(r.scenario.network.options[2]);
    assert_int_equal(r.scenario.hosts.count, 1);
    assert_string_equal(r.scenario.hosts.rules[0].patterns[1], "node-2");
    finish(&r);
}

static void a_mapping_over_a_mapping_merges_key_by_key(void **state)
{
    const char *const settings[] = {"algorithm={workers: 7, compute_seconds: 1ms}", NULL};
    struct reading r;

    (void)state;
    read_text(&r,
              PLATFORM "algorithm: {name: ring_allreduce, workers: 3, gradient_bytes: 1000003}\n",
              settings);
    assert_true(r.fine);
    assert_int_equal(integer_at(&r, "algorithm", "workers"), 7);
    assert_int_equal(integer_at(&r, "algorithm", "gradient_bytes"), 1000003);
    assert_string_equal(
        r.scenario.overrides[0].was,
        "{\"name\": \"ring_allreduce\", \"workers\": 3, \"gradient_bytes\": 1000003}");
    finish(&r);
}

static void an_empty_mapping_over_a_mapping_changes_nothing(void **state)
{
    const char *const settings[] = {"algorithm={}", NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL, settings);
    assert_true(r.fine);
    assert_int_equal(integer_at(&r, "algorithm", "workers"), 3);
    finish(&r);
}

static void a_word_over_a_mapping_replaces_all_of_it(void **state)
{
    const char *const settings[] = {"algorithm=parameter_server", NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL, settings);
    assert_true(r.fine);
    assert_string_equal(r.scenario.algorithm->name, "parameter_server");
    assert_int_equal(integer_at(&r, "algorithm", "workers"), 8);
    finish(&r);
}

static void a_list_replaces_a_list(void **state)
{
    const char *const settings[] = {"hosts.worker=[node-5]", NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL "hosts: {worker: [node-1, node-2]}\n", settings);
    assert_true(r.fine);
    assert_string_equal(r.scenario.hosts.rules[0].patterns[0], "node-5");
    assert_null(r.scenario.hosts.rules[0].patterns[1]);
    assert_string_equal(r.scenario.overrides[0].was, "[\"node-1\", \"node-2\"]");
    finish(&r);
}

static void the_last_of_several_settings_wins_and_each_knows_what_was(void **state)
{
    const char *const settings[] = {"seed=5", "seed=7", NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL "seed: 3\n", settings);
    assert_true(r.fine);
    assert_int_equal(r.scenario.seed, 7);
    assert_string_equal(r.scenario.overrides[0].was, "3");
    assert_string_equal(r.scenario.overrides[1].was, "5");
    finish(&r);
}

static void a_right_setting_mends_a_wrong_value_of_the_file(void **state)
{
    const char *const settings[] = {"algorithm.workers=7", NULL};
    struct reading r;

    (void)state;
    read_text(&r, PLATFORM "algorithm: {name: ring_allreduce, workers: none}\n", settings);
    assert_true(r.fine);
    assert_int_equal(integer_at(&r, "algorithm", "workers"), 7);
    finish(&r);
}

static void no_settings_are_no_overrides(void **state)
{
    const char *const settings[] = {NULL};
    struct reading r;

    (void)state;
    read_text(&r, SMALL, settings);
    assert_true(r.fine);
    assert_int_equal(r.scenario.override_count, 0);
    finish(&r);
}

/* ---- what is wrong with one ---- */

struct refusal {
    const char *name, *text;
    const char *settings[4];
    const char *said;
};

#define WRITE      "write --set key=value, as in --set algorithm.workers=16."
#define NO_YAML    "the value is no valid YAML."
#define NO_MAPPING "what stands above the last part of this key is no mapping."

static struct refusal refusals[] = {
    {"a setting without a value", SMALL, {"x"}, "--set x: " WRITE},
    {"a setting without a key", SMALL, {"=3"}, "--set =3: " WRITE},
    {"an empty setting", SMALL, {""}, "--set : " WRITE},
    {"a key with an empty part", SMALL, {"a..b=1"}, "--set a..b=1: " WRITE},
    {"a key that ends in a dot", SMALL, {"algorithm.=1"}, "--set algorithm.=1: " WRITE},
    {"a key that begins with a dot", SMALL, {".seed=1"}, "--set .seed=1: " WRITE},
    {"a key with a blank", SMALL, {"the seed=1"}, "--set the seed=1: " WRITE},
    {"a colon for an equals sign", SMALL, {"seed: 3"}, "--set seed: 3: " WRITE},
    {"an empty value",
     SMALL,
     {"algorithm.workers="},
     "--set algorithm.workers=: the value is missing or no text."},
    {"an open bracket", SMALL, {"algorithm.workers=[1"}, "--set algorithm.workers=[1: " NO_YAML},
    {"an open brace", SMALL, {"algorithm={workers: 1"}, "--set algorithm={workers: 1: " NO_YAML},
    {"a value that is a comment", SMALL, {"seed=#3"}, "--set seed=#3: " NO_YAML},
    {"a value that is blank", SMALL, {"seed= "}, "--set seed= : " NO_YAML},
    {"a key below a value",
     SMALL,
     {"algorithm.workers.most=3"},
     "--set algorithm.workers.most=3: " NO_MAPPING},
    {"a key below a word",
     PLATFORM RING,
     {"algorithm.workers=3"},
     "--set algorithm.workers=3: " NO_MAPPING},
    {"an unknown top key",
     SMALL,
     {"sead=1"},
     "--set sead=1: there is no key 'sead'; did you mean 'seed'?"},
    {"an unknown parameter",
     SMALL,
     {"algorithm.worker=1"},
     "--set algorithm.worker=1: there is no key 'algorithm.worker'; did you mean 'workers'?"},
    {"a parameter out of bounds",
     SMALL,
     {"algorithm.workers=0"},
     "--set algorithm.workers=0: algorithm.workers: 0 is out of bounds: at least 1 and at most "
     "1048576."},
    {"a parameter out of bounds in a mapping",
     SMALL,
     {"algorithm={workers: 0}"},
     "--set algorithm={workers: 0}: algorithm.workers: 0 is out of bounds: at least 1 and at most "
     "1048576."},
    {"the last of two wrong settings of one key is blamed",
     SMALL,
     {"algorithm.workers=0", "algorithm.workers=-1"},
     "--set algorithm.workers=-1: algorithm.workers: -1 is out of bounds: at least 1 and at most "
     "1048576."},
    {"the file is blamed for what the file says",
     PLATFORM "algorithm: {name: ring_allreduce, workers: 0}\n",
     {"algorithm.gradient_bytes=7"},
     "t.yaml:2:44: algorithm.workers: 0 is out of bounds: at least 1 and at most 1048576."},
    {"every bad setting is told",
     SMALL,
     {"x", "=3", "a..b=1"},
     "--set x: " WRITE "\n--set =3: " WRITE "\n--set a..b=1: " WRITE},
    {"a bad seed",
     SMALL,
     {"seed=x"},
     "--set seed=x: seed must be a whole number from 0 to 999999999999999."},
    {"a bad network",
     SMALL,
     {"network=udp"},
     "--set network=udp: network must be textbook, tcp or {model: ..., options: {...}}."},
    {"a bad fault",
     SMALL,
     {"faults=[{host: a}]"},
     "--set faults=[{host: a}]: faults: factor is missing: 0 is dead, 0.5 half as fast."},
    {"an unknown algorithm",
     SMALL,
     {"algorithm=ring"},
     "--set algorithm=ring: there is no algorithm 'ring'; 'dmlsim list algorithms' names them."},
    {"an empty list where a word is due",
     SMALL,
     {"trace=[]"},
     "--set trace=[]: trace must be none, summary, full or paje."},
    {"a bad setting does not take the blame for the file",
     PLATFORM "algorithm: &a ring_allreduce\n",
     {"=3"},
     "t.yaml:2:15: anchors (&name) are not used in scenarios; write the value."},
};

static void is_refused(void **state)
{
    const struct refusal *refusal = *state;
    struct reading r;

    read_text(&r, refusal->text, refusal->settings);
    assert_string_equal(r.err.text, refusal->said);
    finish(&r);
}

/* What must be blamed on the setting, in one sentence, whatever its words. */
static struct refusal blamed[] = {
    {"an anchor in a value", SMALL, {"seed=&a 3"}, NULL},
    {"an alias in a value", SMALL, {"seed=*a"}, NULL},
    {"a tag in a value", SMALL, {"seed=!x 3"}, NULL},
    {"a directive in a value", SMALL, {"seed=%YAML"}, NULL},
    {"a value that is no UTF-8", SMALL, {"seed=\xff"}, NULL},
    {"a tab in a value", SMALL, {"hosts={? a:\t- b}"}, NULL},
    {"a value of two documents", SMALL, {"seed=1\n---\n2"}, NULL},
    {"a value with a NUL in quotes", SMALL, {"seed=\"1\\0x\""}, NULL},
    {"a value with a key twice", SMALL, {"algorithm={workers: 1, workers: 2}"}, NULL},
    {"a key below another that takes none", SMALL, {"seed.x=1"}, NULL},
    {"a model that is none", SMALL, {"network.model=help"}, NULL},
    {"a model that is none over one that is",
     SMALL "network: {model: CM02}\n",
     {"network.model=help"},
     NULL},
    {"an option that is none", SMALL "network: {model: CM02}\n", {"network.options.gamma=3"}, NULL},
};

static void is_blamed_on_the_setting(void **state)
{
    const struct refusal *refusal = *state;
    char beginning[64];
    struct reading r;

    read_text(&r, refusal->text, refusal->settings);
    assert_false(r.fine);
    snprintf(beginning, sizeof beginning, "--set %s: ", refusal->settings[0]);
    assert_begins_with(r.err.text, beginning);
    assert_int_equal(r.err.count, 1);
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest settings_work[] = {
        cmocka_unit_test(a_value_is_replaced_and_what_it_was_is_kept),
        cmocka_unit_test(a_new_key_is_added_and_was_nothing),
        cmocka_unit_test(the_levels_above_a_new_key_are_made),
        cmocka_unit_test(a_mapping_over_a_mapping_merges_key_by_key),
        cmocka_unit_test(an_empty_mapping_over_a_mapping_changes_nothing),
        cmocka_unit_test(a_word_over_a_mapping_replaces_all_of_it),
        cmocka_unit_test(a_list_replaces_a_list),
        cmocka_unit_test(the_last_of_several_settings_wins_and_each_knows_what_was),
        cmocka_unit_test(a_right_setting_mends_a_wrong_value_of_the_file),
        cmocka_unit_test(no_settings_are_no_overrides),
    };

    return cmocka_run_group_tests(settings_work, NULL, NULL) + RUN_CASES(is_refused, refusals) +
           RUN_CASES(is_blamed_on_the_setting, blamed);
}
