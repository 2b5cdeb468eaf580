/* space.c -- the keys of a study as a search sees them: lists, ranges, and what a point of them sets. */
#include "tests/unit/reading.h"

#include "analysis/space.h"

struct opened {
    struct reading scenario;
    struct analysis_space space;
    struct sim_error err;
};

/* The space of a study below the ring on one switch. */
static void open_space(struct opened *o, const char *study, const char *over)
{
    struct sim_arena *arena = sim_arena_open();
    bool fine;

    *o = (struct opened){0};
    read_text(&o->scenario, sim_text(arena, PLATFORM RING "study: %s\n", study), NULL);
    assert_string_equal(o->scenario.err.text, "");
    sim_arena_close(arena);
    fine = analysis_space_read(&o->space, &o->scenario.scenario, over, o->scenario.arena, &o->err);
    assert_int_equal(fine, o->err.count == 0);
}

static void close_space(struct opened *o)
{
    analysis_space_release(&o->space);
    sim_scenario_release(&o->scenario.scenario);
    sim_arena_close(o->scenario.arena);
}

struct meaning {
    const char *name, *study, *over;
    int counts[4]; /* of each key, ended by -1 */
    double point[3];
    const char *settings; /* of that point */
};

static struct meaning meanings[] = {
    {"the values of a grid",
     "{grid: {algorithm.workers: [2, 5, 7], network: [textbook, tcp]}}",
     "network,algorithm.workers",
     {2, 3, -1},
     {1, 2},
     "{\"network\":\"tcp\",\"algorithm.workers\":7}"},
    {"all keys, unless some are named",
     "{grid: {algorithm.workers: [2, 5, 7], seed: [3, 1]}}",
     NULL,
     {3, 2, -1},
     {0, 0},
     "{\"algorithm.workers\":2,\"seed\":3}"},
    {"the entries of a list, each value once",
     "{list: [{seed: 3, network: tcp}, {seed: 7}, {seed: 3}, {network: textbook}]}",
     "seed,network",
     {2, 2, -1},
     {1, 1},
     "{\"seed\":7,\"network\":\"textbook\"}"},
    {"what is not chosen yet is not set",
     "{grid: {algorithm.workers: [2, 5, 7], seed: [3, 1]}}",
     "algorithm.workers,seed",
     {3, 2, -1},
     {NAN, 1},
     "{\"seed\":1}"},
    {"a range", /* 0.2 + 0.3 * 1.1 */
     "{linspace: {algorithm.compute_jitter: {from: 0.2, to: 1.3, points: 5}}}",
     "algorithm.compute_jitter",
     {0, -1},
     {0.3},
     "{\"algorithm.compute_jitter\":\"0.53\"}"},
    {"a range by its logarithm", /* 1 ms * 100^0.5 */
     "{logspace: {algorithm.compute_seconds: {from: 1ms, to: 0.1s, points: 3}}}",
     "algorithm.compute_seconds",
     {0, -1},
     {0.5},
     "{\"algorithm.compute_seconds\":\"10ms\"}"},
    {"a key whose brackets hold a comma and a dot",
     "{linspace: {\"platform.link[a,b.c].bandwidth\": {from: 2Gbps, to: 1GBps, points: 3}}}",
     "platform.link[a,b.c].bandwidth",
     {0, -1},
     {0.5},
     "{\"platform.link[a,b.c].bandwidth\":\"5Gbps\"}"},
    {"whole numbers that are few are a list",
     "{linspace: {algorithm.chunks: {from: 3, to: 9, points: 2}}}",
     "algorithm.chunks",
     {7, -1},
     {4},
     "{\"algorithm.chunks\":7}"},
    {"whole numbers that are many are a range, rounded", /* 7 + 0.37 * 999993 = 370004.41 */
     "{linspace: {algorithm.gradient_bytes: {from: 7, to: 1000000, points: 2}}}",
     "algorithm.gradient_bytes",
     {0, -1},
     {0.37},
     "{\"algorithm.gradient_bytes\":\"370004\"}"},
    {"ranges and lists of a sample",
     "{sobol: {points: 9, over: {algorithm.flop_per_byte: {from: 0.01, to: 1, scale: log}, seed: "
     "[3, "
     "5]}}}",
     "algorithm.flop_per_byte,seed",
     {0, 2, -1},
     {0.5, 1},
     "{\"algorithm.flop_per_byte\":\"0.1\",\"seed\":5}"},
    {"a number that the study says is whole",
     "{random: {points: 9, over: {algorithm.compute_seconds: {from: 2, to: 4, whole: yes}}}}",
     "algorithm.compute_seconds",
     {3, -1},
     {1},
     "{\"algorithm.compute_seconds\":3}"},
};

static void is_seen_so(void **state)
{
    const struct meaning *meaning = *state;
    struct opened o;
    json_t *settings;
    char *text;
    int count = 0;

    open_space(&o, meaning->study, meaning->over);
    assert_string_equal(o.err.text, "");
    for (; meaning->counts[count] >= 0; count++)
        assert_int_equal(o.space.coordinates[count].count, meaning->counts[count]);
    assert_int_equal(o.space.count, count);
    settings = analysis_space_settings(&o.space, meaning->point, o.scenario.arena);
    text = json_dumps(settings, JSON_COMPACT);
    assert_string_equal(text, meaning->settings);
    free(text);
    json_decref(settings);
    close_space(&o);
}

struct refusal {
    const char *name, *study, *over, *said;
};

static struct refusal refusals[] = {
    {"a key that the study does not have", "{grid: {seed: [3]}}", "iterations",
     "it has no key 'iterations' to search over; it has seed."},
    {"a range without a beginning", "{linspace: {seed: {to: 3}}}", NULL, "must have from and to"},
    {"a range of words", "{linspace: {seed: {from: node-1, to: node-3}}}", NULL,
     "must have from and to"},
    {"a range that goes down", "{linspace: {seed: {from: 7, to: 3}}}", NULL, "must go up"},
    {"a range of two units", "{linspace: {seed: {from: 1Gbps, to: 3ms}}}", NULL, "in one unit"},
    {"the logarithm of less than nothing", "{logspace: {seed: {from: -1, to: 3}}}", NULL,
     "it must begin above 0"},
    {"whole numbers between two neighbours", "{linspace: {seed: {from: 3.2, to: 3.9}}}", NULL,
     "holds no whole number"},
    {"a number as values", "{grid: {seed: 3}}", NULL, "must be a list of at least one value"},
};

static void is_refused(void **state)
{
    const struct refusal *refusal = *state;
    struct opened o;

    open_space(&o, refusal->study, refusal->over);
    if (strstr(o.err.text, refusal->said) == NULL)
        fail_msg("it says: %s", o.err.text);
    close_space(&o);
}

int main(void)
{
    return RUN_CASES(is_seen_so, meanings) + RUN_CASES(is_refused, refusals);
}
