/* study.c -- `study:` in a scenario: its points, their order, and every way to get it wrong. */
#include "tests/unit/reading.h"

#include "sim/study/study.h"

/* A study below the ring on one switch; the text is what stands behind "study: " in line 3. */
static struct sim_study *open_study(struct reading *r, const char *text)
{
    const char *scenario;
    struct sim_arena *arena = sim_arena_open();
    struct sim_study *study = NULL;

    scenario = sim_text(arena, PLATFORM RING "study: %s\n", text);
    read_text(r, scenario, NULL);
    assert_string_equal(r->err.text, "");
    sim_arena_close(arena);
    r->fine = sim_study_read(&study, &r->scenario, r->arena, &r->err);
    assert_int_equal(r->fine, r->err.count == 0);
    return study;
}

/* The settings of a point, one after the other with blanks between. */
static const char *settings_of(struct reading *r, const struct sim_study *study, int64_t point)
{
    const char *all = "";

    for (const char **s = sim_study_settings(study, point, r->arena); *s != NULL; s++)
        all = sim_text(r->arena, "%s%s%s", all, *all ? " " : "", *s);
    return all;
}

struct points {
    const char *name, *text;
    const char *settings[13]; /* of each point, in order */
};

static struct points points[] = {
    {"a grid of one axis", "{grid: {seed: [3, 5, 7]}}", {"seed=3", "seed=5", "seed=7"}},
    {"the last axis of a grid changes fastest",
     "{grid: {algorithm.workers: [2, 7], seed: [1, 3, 5]}}",
     {"algorithm.workers=2 seed=1", "algorithm.workers=2 seed=3", "algorithm.workers=2 seed=5",
      "algorithm.workers=7 seed=1", "algorithm.workers=7 seed=3", "algorithm.workers=7 seed=5"}},
    {"a list alone",
     "{list: [{network: textbook}, {network: tcp, seed: 3}]}",
     {"network=textbook", "network=tcp seed=3"}},
    {"every entry of a list with the whole grid",
     "{grid: {seed: [1, 3, 5]}, list: [{network: textbook}, {network: tcp, iterations: 7}]}",
     {"seed=1 network=textbook", "seed=1 network=tcp iterations=7", "seed=3 network=textbook",
      "seed=3 network=tcp iterations=7", "seed=5 network=textbook",
      "seed=5 network=tcp iterations=7"}},
    {"a list before its grid",
     "{list: [{network: textbook}, {network: tcp}], grid: {seed: [1, 3]}}",
     {"network=textbook seed=1", "network=textbook seed=3", "network=tcp seed=1",
      "network=tcp seed=3"}},
    {"a mapping is flattened to dotted keys",
     "{grid: {algorithm: [{name: ring_allreduce}, {name: parameter_server, placement: dedicated, "
     "servers: "
     "3}]}}",
     {"algorithm.name=ring_allreduce",
      "algorithm.name=parameter_server algorithm.placement=dedicated algorithm.servers=3"}},
    {"mappings are flattened to any depth",
     "{list: [{network: {model: CM02, options: {network/TCP-gamma: 7}}}]}",
     {"network.model=CM02 network.options.network/TCP-gamma=7"}},
    {"a list as a value stays a list",
     "{grid: {hosts.worker: [[node-1, node-2], [node-7]]}}",
     {"hosts.worker=[\"node-1\",\"node-2\"]", "hosts.worker=[\"node-7\"]"}},
    {"numbers, units and words keep their spelling",
     "{grid: {x: [0.1, 1e-7, 100MB, true, 1000003, 7ms]}}",
     {"x=0.1", "x=1e-7", "x=100MB", "x=true", "x=1000003", "x=7ms"}},
    {"an empty entry is the scenario as it is", "{list: [{}, {seed: 7}]}", {"", "seed=7"}},
    {"equal steps keep the unit of their ends",
     "{linspace: {t: {from: 10ms, to: 50ms, points: 3}}}",
     {"t=10ms", "t=30ms", "t=50ms"}},
    {"equal steps of whole numbers that fall together are one",
     "{linspace: {n: {from: 3, to: 5, points: 5, whole: yes}}}",
     {"n=3", "n=4", "n=5"}},
    {"steps of bytes are whole bytes",
     "{linspace: {b: {from: 1kB, to: 2kB, points: 4}}}",
     {"b=1000B", "b=1333B", "b=1667B", "b=2000B"}},
    {"ends in two units are put in one",
     "{linspace: {t: {from: 500us, to: 1.5ms, points: 3}}}",
     {"t=0.0005s", "t=0.001s", "t=0.0015s"}},
    {"equal ratios",
     "{logspace: {r: {from: 7MBps, to: 700MBps, points: 3}}}",
     {"r=7MBps", "r=70MBps", "r=700MBps"}},
    {"a space is an axis like that of a grid, and replications change fastest",
     "{replications: 2, linspace: {x: {from: -1, to: 1.5, points: 2}}, grid: {a: [p, q]}}",
     {"x=-1 a=p seed=1", "x=-1 a=p seed=2", "x=-1 a=q seed=1", "x=-1 a=q seed=2",
      "x=1.5 a=p seed=1", "x=1.5 a=p seed=2", "x=1.5 a=q seed=1", "x=1.5 a=q seed=2"}},
    {"Sobol's sequence begins in the middle",
     "{sobol: {points: 3, over: {x: {from: 0, to: 8}, y: [p, q]}}}",
     {"x=4 y=q", "x=6 y=p", "x=2 y=q"}},
    {"three axes",
     "{grid: {a: [1, 2], b: [3, 4], c: [5, 6]}}",
     {"a=1 b=3 c=5", "a=1 b=3 c=6", "a=1 b=4 c=5", "a=1 b=4 c=6", "a=2 b=3 c=5", "a=2 b=3 c=6",
      "a=2 b=4 c=5", "a=2 b=4 c=6"}},
};

static void has_these_points(void **state)
{
    const struct points *p = *state;
    struct reading r;
    struct sim_study *study = open_study(&r, p->text);
    int count = 0;

    assert_string_equal(r.err.text, "");
    while (p->settings[count] != NULL)
        count++;
    assert_int_equal(sim_study_points(study), count);
    for (int i = 0; i < count; i++)
        assert_string_equal(settings_of(&r, study, i), p->settings[i]);
    for (int i = count - 1; i >= 0; i--) /* in any order */
        assert_string_equal(settings_of(&r, study, i), p->settings[i]);
    finish(&r);
}

struct refusal {
    const char *name, *text, *said; /* without the file's name */
};

static struct refusal refusals[] = {
    {"an empty study", "{}", "study: give a grid or a list."},
    {"an empty grid", "{grid: {}}", "study: give a grid or a list."},
    {"a grid that is a list", "{grid: [1, 2]}",
     "study: grid must be a mapping of keys to lists of values."},
    {"a grid that is a word", "{grid: all}",
     "study: grid must be a mapping of keys to lists of values."},
    {"an axis that is one value", "{grid: {seed: 3}}",
     "study: seed must be a list of at least one value."},
    {"an axis without a value", "{grid: {seed: []}}",
     "study: seed must be a list of at least one value."},
    {"a list that is a mapping", "{list: {seed: 3}}",
     "study: list must be a list of at least one value."},
    {"a list without an entry", "{list: []}", "study: list must be a list of at least one value."},
    {"an entry that is a word", "{list: [{seed: 3}, tcp]}",
     "study: entry 2 of list must be a mapping of keys to values."},
    {"a key with a slip", "{gird: {seed: [3]}}",
     "there is no key 'study.gird'; did you mean 'grid'?"},
    {"a key near to nothing", "{everything: {seed: [3]}}",
     "there is no key 'study.everything'; it knows grid, list, linspace, logspace, random, "
     "latin_hypercube, sobol and replications."},
    {"replications of a study that sets seeds", "{replications: 3, grid: {seed: [7, 8]}}",
     "study: replications choose the seeds, so no other key may set 'seed'."},
    {"replications of a list that sets seeds", "{replications: 3, list: [{}, {seed: 8}]}",
     "study: replications choose the seeds, so no other key may set 'seed'."},
    {"no replication", "{replications: 0}",
     "study: replications must be a whole number from 1 to 1000000."},
    {"a space that is a list", "{linspace: [1, 2]}",
     "study: linspace must be a mapping of keys to {from, to, points}."},
    {"a space without its ends", "{linspace: {x: {points: 3}}}",
     "study: linspace of x: a range is {from: NUMBER, to: NUMBER}, as in {from: 1MBps, to: "
     "40MBps}."},
    {"a space of one point", "{linspace: {x: {from: 1, to: 3, points: 1}}}",
     "study: linspace of x: points must be a whole number from 2 to 1000000."},
    {"a space backwards", "{logspace: {x: {from: 3, to: 1, points: 2}}}",
     "study: logspace of x: 'from' must be less than 'to'."},
    {"a logarithm of zero", "{logspace: {x: {from: 0, to: 1, points: 2}}}",
     "study: logspace of x: a logarithmic scale begins above zero."},
    {"ends of two kinds", "{linspace: {x: {from: 1s, to: 3MB, points: 2}}}",
     "study: linspace of x: 'from' is in 's' and 'to' in 'MB'; write both in one unit."},
    {"a slip in a range", "{linspace: {x: {from: 1, too: 3, points: 2}}}",
     "study: linspace of x: there is no key 'too'; did you mean 'to'?"},
    {"whole numbers with broken ends", "{linspace: {x: {from: 1.5, to: 3, points: 2, whole: yes}}}",
     "study: linspace of x: of whole numbers both ends are whole."},
    {"a sample of nothing", "{random: {points: 3}}",
     "study: random: 'over' must be a mapping of keys to ranges or lists of values."},
    {"a sample without a number of points", "{sobol: {over: {x: {from: 1, to: 3}}}}",
     "study: sobol: points must be a whole number from 1 to 1000000."},
    {"a sample over a word", "{latin_hypercube: {points: 3, over: {x: all}}}",
     "study: latin_hypercube: x: give a range {from: NUMBER, to: NUMBER} or a list of values."},
    {"a scale that there is not",
     "{random: {points: 3, over: {x: {from: 1, to: 3, scale: cubic}}}}",
     "study: random: x: scale must be linear or log."},
    {"two bad axes are both told", "{grid: {seed: 3, trace: full}}",
     "study: seed must be a list of at least one value.\nt.yaml: study: trace must be a list of at "
     "least one "
     "value."},
};

static void is_refused(void **state)
{
    const struct refusal *refusal = *state;
    char said[512];
    struct reading r;

    open_study(&r, refusal->text);
    snprintf(said, sizeof said, "t.yaml: %s", refusal->said);
    assert_string_equal(r.err.text, said);
    finish(&r);
}

static void a_scenario_without_a_study_is_told_to_be_run(void **state)
{
    struct sim_study *study;
    struct reading r;

    (void)state;
    read_text(&r, PLATFORM RING, NULL);
    assert_false(sim_study_read(&study, &r.scenario, r.arena, &r.err));
    assert_string_equal(r.err.text,
                        "t.yaml: has no key 'study'; 'dmlsim run' simulates a single scenario.");
    finish(&r);
}

static void a_value_that_JSON_cannot_hold_is_told(void **state)
{
    struct reading r;

    (void)state;
    open_study(&r, "{grid: {x: [1e999]}}");
    assert_begins_with(r.err.text, "t.yaml: study: holds a value that cannot be read: ");
    finish(&r);
}

/* A grid of `axes` axes of `values` values each. */
static const char *grid(struct sim_arena *arena, int axes, int values)
{
    const char *list = "0", *text = "";

    for (int v = 1; v < values; v++)
        list = sim_text(arena, "%s, %d", list, v);
    for (int a = 0; a < axes; a++)
        text = sim_text(arena, "%s%sk%d: [%s]", text, a > 0 ? ", " : "", a, list);
    return sim_text(arena, "{grid: {%s}}", text);
}

static void more_points_can_be_counted_than_anyone_simulates(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct reading most, far_more;
    struct sim_study *study = open_study(&most, grid(arena, 12, 10));

    (void)state;
    assert_int_equal(sim_study_points(study), 1000000000000);
    assert_string_equal(settings_of(&most, study, 123456789012),
                        "k0=1 k1=2 k2=3 k3=4 k4=5 k5=6 k6=7 k7=8 k8=9 k9=0 k10=1 k11=2");
    open_study(&far_more, grid(arena, 90, 2));
    assert_begins_with(far_more.err.text,
                       "t.yaml: study: this is more than 9e+15 points; nobody can wait for them.");
    finish(&most);
    finish(&far_more);
    sim_arena_close(arena);
}

static void a_point_sets_all_of_its_keys_however_many_they_are(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const char *text = "{list: [{k0: 0";
    struct sim_study *study;
    struct reading r;
    int count = 0;

    (void)state;
    for (int k = 1; k < 307; k++)
        text = sim_text(arena, "%s, k%d: %d", text, k, k);
    study = open_study(&r, sim_text(arena, "%s}]}", text));
    if (r.fine) { /* to refuse it is the other honest answer */
        for (const char **s = sim_study_settings(study, 0, r.arena); *s != NULL; s++)
            count++;
        assert_int_equal(count, 307);
    }
    finish(&r);
    sim_arena_close(arena);
}

/* A text that means something else when it is read as YAML once more. */
static void a_text_means_the_same_in_a_point_as_in_the_scenario(void **state)
{
    static const char *const texts[] = {"node-7", "7 ms", "a #b", "a: b",   "[a",  "*",
                                        "&a",     "!x",   "'",    "a\\\"b", " a ", "~"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sim_arena *arena = sim_arena_open();
        struct reading direct, point, applied;
        struct sim_study *study;

        read_text(&direct, sim_text(arena, PLATFORM RING "hosts: {worker: \"%s\"}\n", texts[i]),
                  NULL);
        assert_string_equal(direct.err.text, "");
        study = open_study(&point, sim_text(arena, "{grid: {hosts.worker: [\"%s\"]}}", texts[i]));
        read_text(&applied, PLATFORM RING, sim_study_settings(study, 0, point.arena));
        assert_string_equal(applied.err.text, "");
        assert_non_null(applied.scenario.hosts.rules[0].patterns);
        assert_string_equal(applied.scenario.hosts.rules[0].patterns[0],
                            direct.scenario.hosts.rules[0].patterns[0]);
        finish(&direct);
        finish(&point);
        finish(&applied);
        sim_arena_close(arena);
    }
}

/* What is settled by sim_study_settings is what the scenario reader makes of it. */
static void every_point_of_the_shipped_study_is_a_scenario(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct sim_scenario scenario;
    struct sim_study *study;

    (void)state;
    assert_true(sim_scenario_read(&scenario, "scenarios/studies/ring_vs_ps.yaml", NULL, &shipped,
                                  arena, &err));
    assert_true(sim_study_read(&study, &scenario, arena, &err));
    assert_int_equal(sim_study_points(study), 16);
    for (int i = 0; i < 16; i++) {
        struct sim_scenario point;

        assert_true(sim_scenario_read(&point, scenario.path, sim_study_settings(study, i, arena),
                                      &shipped, arena, &err));
        assert_string_equal(point.algorithm->name, i < 8 ? "ring_allreduce" : "parameter_server");
        assert_int_equal(json_integer_value(json_object_get(
                             json_object_get(point.resolved, "algorithm"), "workers")),
                         i % 8 + 1);
        sim_scenario_release(&point);
    }
    sim_scenario_release(&scenario);
    sim_arena_close(arena);
}

/* The study lives in the resolved scenario, which needs every name to be UTF-8. */
static void a_study_in_a_folder_whose_name_is_no_UTF8_is_read_or_refused_with_the_reason(
    void **state)
{
    struct sim_study *study;
    struct reading r;

    (void)state;
    read_in_odd_folder(&r, "platform: p.xml\n" RING "study: {grid: {seed: [3, 5, 7]}}\n");
    if (r.fine) {
        assert_non_null(r.scenario.resolved);
        assert_true(sim_study_read(&study, &r.scenario, r.arena, &r.err));
        assert_int_equal(sim_study_points(study), 3);
    }
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_scenario_without_a_study_is_told_to_be_run),
        cmocka_unit_test(a_value_that_JSON_cannot_hold_is_told),
        cmocka_unit_test(more_points_can_be_counted_than_anyone_simulates),
        cmocka_unit_test(a_point_sets_all_of_its_keys_however_many_they_are),
        cmocka_unit_test(a_text_means_the_same_in_a_point_as_in_the_scenario),
        cmocka_unit_test(every_point_of_the_shipped_study_is_a_scenario),
        cmocka_unit_test(
            a_study_in_a_folder_whose_name_is_no_UTF8_is_read_or_refused_with_the_reason),
    };

    return RUN_CASES(has_these_points, points) + RUN_CASES(is_refused, refusals) +
           cmocka_run_group_tests(others, NULL, NULL);
}
