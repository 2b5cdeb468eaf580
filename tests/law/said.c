/* said.c -- said.csv has every drafted token and every token that was said, and what was said is text.txt. */
#include "analysis/csv.h"
#include "sim/base/file.h"
#include "tests/fixtures/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 23, REQUESTS = 3, MOST_BYTES = 20000 };

static const char *const fates[] = {"accepted", "rejected", "unseen", "target", "surplus"};

/* What said.csv holds. */
struct said {
    int counts[5];
    char text[REQUESTS][MOST_BYTES]; /* tokens that were kept */
};

static void count(struct said *said, const char *folder, struct sim_arena *arena)
{
    struct sim_error err = {0};
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/said.csv", folder), arena, &err);
    int request, token, fate;

    assert_non_null(csv);
    request = analysis_csv_column(csv, "request");
    token = analysis_csv_column(csv, "token");
    fate = analysis_csv_column(csv, "fate");
    while (analysis_csv_next(csv)) {
        int f = 0;

        while (f < 5 && strcmp(analysis_csv_text(csv, fate), fates[f]) != 0)
            f++;
        assert_true(f < 5);
        said->counts[f]++;
        if (f == 0 || f == 3)
            strcat(said->text[(int)analysis_csv_number(csv, request)],
                   analysis_csv_text(csv, token));
    }
    assert_true(analysis_csv_close(csv, &err));
}

static void decode(const char *algorithm, const char *more, struct said *said)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const char *folder = sim_text(arena, "build/said/%s", algorithm);
    const char *scenario =
        sim_text(arena,
                 "platform: platforms/one_switch.xml\nalgorithm: {name: %s, tokens_from: text, "
                 "tokens: %d, batch: 2%s}\nrequests: {arrival: fixed, rate: 100, count: %d}\n",
                 algorithm, TOKENS, more, REQUESTS);
    struct simulated run = simulate_into(scenario, folder);
    size_t length;
    const char *text;

    if (run.code != 0)
        fail_msg("%s: %s", algorithm, run.err.text);
    count(said, folder, arena);
    assert_int_equal(said->counts[0] + said->counts[3], TOKENS * REQUESTS);
    assert_close(said->counts[0] + said->counts[1] + said->counts[2],
                 metric_of(&run, "drafted_tokens"), 0.1); /* and some of the surplus */
    assert_true(said->counts[0] + said->counts[1] + said->counts[2] <=
                metric_of(&run, "drafted_tokens"));
    text = sim_file_read(arena, sim_text(arena, "%s/text.txt", folder), MOST_BYTES, &length, &err);
    assert_non_null(text);
    for (int r = 0; r < REQUESTS;
         r++) /* text.txt may go on behind the last token that was asked for */
        assert_non_null(strstr(text, sim_text(arena, "---- request %d\n%s", r, said->text[r])));
    simulated_release(&run);
    sim_arena_close(arena);
}

static void chains(void **state)
{
    struct said said = {0};

    (void)state;
    decode("speculative_decoding", ", gamma: 5", &said);
    assert_true(said.counts[1] > 0 && said.counts[2] > 0);
}

static void trees(void **state)
{
    struct said said = {0};

    (void)state;
    decode("specinfer", "", &said);
    assert_true(said.counts[1] > 0);
}

static void given_tokens_say_nothing(void **state)
{
    struct simulated run =
        simulate_into("platform: platforms/one_switch.xml\nalgorithm: {name: "
                      "speculative_decoding, tokens: 7}\nrequests: {arrival: one}\n",
                      "build/said/given");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_false(sim_file_exists("build/said/given/said.csv"));
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains),
        cmocka_unit_test(trees),
        cmocka_unit_test(given_tokens_say_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
