/* federated_platform.c -- clients drawn from distributions: their law, their days, and what is refused. */
#include "sim/platform/federated.h"

#include "tests/unit/close.h"

#include "sim/platform/guard.h"
#include "tests/fixtures/spread.h"

#include <stdlib.h>
#include <string.h>

enum { MANY = 1009 };

static struct sim_arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = sim_arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

static const char *written(const struct sim_federated *how)
{
    char *text = NULL;
    const char *copy;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    struct sim_error err = {0};

    if (!sim_federated_write(how, file, &err))
        fail_msg("%s", err.text);
    fclose(file);
    copy = sim_text_copy(arena, text, length);
    free(text);
    return copy;
}

static struct sim_federated many(void)
{
    struct sim_federated how = sim_federated_default();

    how.clients = MANY;
    how.seed = 7;
    return how;
}

/* The number behind `what` in the lines of client k = 0, 1, ...: `what` comes once a client, in order. */
static void numbers(const char *text, const char *what, double *values, int count)
{
    for (int k = 0; k < count; k++) {
        text = strstr(text, what);
        assert_non_null(text);
        text += strlen(what);
        values[k] = strtod(text, NULL);
    }
    assert_null(strstr(text, what));
}

/* A lognormal of median 1 and spread s has logarithms of mean 0 and variance s^2. */
static void assert_lognormal(const double *values, double median, double spread)
{
    double sum = 0, squares = 0;

    for (int k = 0; k < MANY; k++) {
        const double z = log(values[k] / median) / spread;

        sum += z;
        squares += z * z;
    }
    assert_true(fabs(sum / MANY) < 5 / sqrt(MANY));
    assert_close(squares / MANY, 1, 5 * sqrt(2.0 / MANY));
}

static double speeds[MANY + 1], ups[MANY], downs[MANY];

static void speeds_and_links_are_lognormal_with_the_medians_asked_for(void **state)
{
    struct sim_federated how = many();
    const char *text;

    (void)state;
    how.speed_spread = 0.37;
    how.link_spread = 0.83;
    text = written(&how);
    numbers(text, " speed=\"", speeds, MANY + 1);
    numbers(text, "-up\" bandwidth=\"", ups, MANY);
    numbers(text, "-down\" bandwidth=\"", downs, MANY);
    assert_close(speeds[0], how.server_flop_per_second, 0);
    assert_lognormal(speeds + 1, how.flop_per_second, 0.37);
    assert_lognormal(ups, 18.9e6 / 8, 0.83);
    assert_lognormal(downs, 55e6 / 8, 0.83);
    for (int k = 0; k < MANY; k++)
        assert_close(downs[k] / ups[k], 55 / 18.9, 1e-3);
}

static void speeds_and_links_may_be_uniform_or_zipfs(void **state)
{
    static const enum sim_spread kinds[2][2] = {{SIM_SPREAD_UNIFORM, SIM_SPREAD_ZIPF},
                                                {SIM_SPREAD_ZIPF, SIM_SPREAD_UNIFORM}};

    (void)state;
    for (int c = 0; c < 2; c++) {
        struct sim_federated how = many();
        const char *text;

        how.speed_distribution = kinds[c][0];
        how.speed_spread = 0.73;
        how.link_distribution = kinds[c][1];
        how.link_spread = 0.41;
        text = written(&how);
        numbers(text, " speed=\"", speeds, MANY + 1);
        numbers(text, "-up\" bandwidth=\"", ups, MANY);
        numbers(text, "-down\" bandwidth=\"", downs, MANY);
        for (int k = 0; k < MANY; k++) {
            assert_close(downs[k] / ups[k], 55 / 18.9, 1e-3);
            speeds[k + 1] /= how.flop_per_second;
            downs[k] /= how.down_bytes_per_second;
        }
        assert_spread(speeds + 1, MANY, how.speed_distribution, 0.73);
        assert_spread(downs, MANY, how.link_distribution, 0.41);
    }
}

/* Neither the links nor the days, nor who is faster than whom. */
static void another_distribution_of_speeds_changes_no_more_than_speeds(void **state)
{
    struct sim_federated lognormal = many(), zipf = many();
    static double others[MANY + 1];
    const char *of_lognormal, *of_zipf;

    (void)state;
    zipf.speed_distribution = SIM_SPREAD_ZIPF;
    lognormal.swing = zipf.swing = 2;
    of_lognormal = written(&lognormal);
    of_zipf = written(&zipf);
    numbers(of_lognormal, " speed=\"", speeds, MANY + 1);
    numbers(of_zipf, " speed=\"", others, MANY + 1);
    for (int k = 2; k <= MANY; k++) {
        assert_true(speeds[k] != others[k]);
        assert_true((speeds[k] > speeds[k - 1]) == (others[k] > others[k - 1]));
    }
    numbers(of_lognormal, "-up\" bandwidth=\"", ups, MANY);
    numbers(of_zipf, "-up\" bandwidth=\"", downs, MANY);
    assert_memory_equal(ups, downs, sizeof ups);
    assert_string_equal(strstr(of_lognormal, "</zone>"), strstr(of_zipf, "</zone>"));
}

static void without_spread_all_clients_are_alike(void **state)
{
    struct sim_federated how = many();

    (void)state;
    how.speed_spread = how.link_spread = 0;
    numbers(written(&how), " speed=\"", speeds, MANY + 1);
    for (int k = 1; k <= MANY; k++)
        assert_close(speeds[k], 20e9, 0);
}

static void more_clients_and_options_change_no_client(void **state)
{
    struct sim_federated few = many(), more = many(), other = many();
    const char *of_few, *of_more;
    double with[MANY + 1];

    (void)state;
    few.clients = 3;
    more.swing = 2;
    more.busy_watts = 3;
    other.seed = 8;
    of_few = strstr(written(&few), "<host id=\"client-2\"");
    of_more = strstr(written(&more), "<host id=\"client-2\"");
    assert_memory_equal(of_few, of_more, strlen("<host id=\"client-2\" speed=\"12345678901"));
    assert_string_equal(written(&few), written(&few));
    numbers(written(&more), " speed=\"", speeds, MANY + 1);
    numbers(written(&other), " speed=\"", with, MANY + 1);
    assert_true(with[1] != speeds[1]);
}

/* Is client up at that time of day?  Its trace is two or three lines of time and state. */
static bool is_up(const char *trace, double t)
{
    bool up = true;
    const char *at = strchr(trace, '\n') + 1;

    for (;;) {
        char *end;
        const double when = strtod(at, &end);

        if (end == at || when > t)
            return up;
        up = strtol(end, &end, 10) == 1;
        at = end;
    }
}

static double share_up(const char *text, double t)
{
    int up = 0, count = 0;

    for (const char *at = text; (at = strstr(at, "<trace id=")) != NULL; at++, count++)
        up += is_up(at, t);
    assert_int_equal(count, MANY);
    return (double)up / MANY;
}

/* At t the share is L/T (1 + (S - 1)/(S + 1) cos(2 pi t / T)), to five standard errors. */
static void as_many_clients_are_up_as_the_swing_says(void **state)
{
    static const struct {
        double swing, hours;
    } cases[] = {{4, 8}, {1, 8}, {2.7, 13.3}};

    (void)state;
    for (int c = 0; c < 3; c++) {
        struct sim_federated how = many();
        const double length = cases[c].hours / 24, swing = cases[c].swing;
        const char *text;

        how.swing = swing;
        how.available_seconds = 3600 * cases[c].hours;
        text = written(&how);
        for (int hour = 0; hour < 24; hour += 3) {
            const double expected =
                length * (1 + (swing - 1) / (swing + 1) * cos(2 * acos(-1) * hour / 24));
            const double error = sqrt(expected * (1 - expected) / MANY);

            assert_true(fabs(share_up(text, 3600 * hour + 1e-3) - expected) < 5 * error);
        }
    }
}

/* A cosine from 1 to 1 / swing in steps of an hour; when its best hour begins goes to *begin. */
static void assert_cosine(const char *trace, double swing, double *begin)
{
    double times[25], shares[25];
    const char *at = strchr(trace, '\n') + 1;
    int best = 0;

    for (int i = 0; i < 25; i++) {
        char *end;

        times[i] = strtod(at, &end);
        shares[i] = strtod(end, &end);
        assert_int_equal(*end, '\n');
        at = end + 1;
        if (i > 0 && shares[i] == 1)
            best = i;
    }
    assert_true(strncmp(at, "  </trace>", strlen("  </trace>")) == 0);
    assert_true(best > 0 && times[0] == 0 && times[1] < 3600);
    assert_close(shares[0], shares[24], 0); /* the hour that midnight cuts */
    for (int i = 1; i < 25; i++) {
        const double cosine = cos(2 * acos(-1) * (i - best) / 24);

        assert_true(fabs(times[i] - times[1] - 3600 * (i - 1)) < 2e-3);
        assert_close(shares[i], (1 + cosine) / 2 + (1 - cosine) / 2 / swing, 1e-8);
    }
    *begin = times[best];
}

static void clients_have_best_hours_of_their_own_all_over_the_day(void **state)
{
    struct sim_federated how = many(), plain = many();
    static double begins[MANY];
    const char *text, *of_plain, *clients;
    int count = 0;

    (void)state;
    how.speed_swing = 3.7;
    text = written(&how);
    for (const char *at = text; (at = strstr(at, "<trace id=")) != NULL; at++) {
        assert_true(count < MANY);
        assert_cosine(at, 3.7, &begins[count++]);
    }
    assert_int_equal(count, MANY);
    assert_even(begins, MANY, 86400);
    of_plain = written(&plain);
    clients = strstr(of_plain, "<zone");
    assert_memory_equal(strstr(text, "<zone"), clients, strstr(clients, "</zone>") - clients);
    assert_null(strstr(of_plain, "<trace"));
}

static void the_guard_finds_them_fine_and_tells_what_they_have(void **state)
{
    (void)state;
    for (int with = 0; with < 8; with++) {
        struct sim_federated how = many();
        struct sim_platform_facts facts;
        struct sim_error err = {0};
        const char *text;

        how.clients = 30;
        how.swing = with & 1 ? 4 : 0;
        how.busy_watts = with & 2 ? 3 : 0;
        how.speed_swing = with & 4 ? 3 : 0;
        text = written(&how);
        if (!sim_guard_platform_text("f.xml", text, strlen(text), &facts, arena, &err))
            fail_msg("%s", err.text);
        assert_int_equal(facts.has_state_profiles, with & 1);
        assert_int_equal(facts.has_speed_profiles, (with & 4) > 0);
        assert_int_equal(facts.has_profiles, (with & 5) > 0);
        assert_int_equal(facts.has_wattage, (with & 2) > 0);
        assert_string_equal(facts.summary,
                            "A server and 30 clients for federated learning, drawn with seed 7");
    }
}

enum { REFUSED = 13 };

static void numbers_that_make_no_sense_are_refused(void **state)
{
    struct sim_federated all[REFUSED];
    static const char *const says[REFUSED] = {
        "A federated platform has 1 to 100000 clients, not 0.",
        "A federated platform has 1 to 100000 clients, not 100001.",
        "speeds and bandwidths are from 1 to 1e18 flop/s or B/s; one is 0.",
        "speeds and bandwidths are from 1 to 1e18 flop/s or B/s; one is -5.",
        "spreads, latencies and watts are from 0 to 1e6; one is -0.02.",
        "A spread of more than 3 would draw clients of no speed at all.",
        "Clients are up for more than 0 and less than 24 hours a day, not 24.",
        "it is 0.5.",
        "A swing of 40 cannot be had with clients that are up for 8 hours: at most 10.6; fewer",
        "A uniform spread is half the width as a share of the median, so less than 1; it is 1.",
        "so less than 1; it is 1.37.",
        "at best as at worst, so more than 1 and at most 1000; it is 1.",
        "so more than 1 and at most 1000; it is 1001.",
    };
    char sink[256];

    (void)state;
    for (int i = 0; i < REFUSED; i++)
        all[i] = sim_federated_default();
    all[0].clients = 0;
    all[1].clients = 100001;
    all[2].flop_per_second = 0;
    all[3].up_bytes_per_second = -5;
    all[4].latency_seconds = -0.02;
    all[5].link_spread = 3.5;
    all[6].swing = 4;
    all[6].available_seconds = 86400;
    all[7].swing = 0.5;
    all[8].swing = 40;
    all[9].speed_distribution = SIM_SPREAD_UNIFORM;
    all[9].speed_spread = 1;
    all[10].link_distribution = SIM_SPREAD_UNIFORM;
    all[10].link_spread = 1.37;
    all[11].speed_swing = 1;
    all[12].speed_swing = 1001;
    for (int i = 0; i < REFUSED; i++) {
        FILE *file = fmemopen(sink, sizeof sink, "w");
        struct sim_error err = {0};

        assert_false(sim_federated_write(&all[i], file, &err));
        assert_int_equal(ftell(file), 0);
        fclose(file);
        if (strstr(err.text, says[i]) == NULL)
            fail_msg("case %d says: %s", i, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speeds_and_links_are_lognormal_with_the_medians_asked_for),
        cmocka_unit_test(speeds_and_links_may_be_uniform_or_zipfs),
        cmocka_unit_test(another_distribution_of_speeds_changes_no_more_than_speeds),
        cmocka_unit_test(without_spread_all_clients_are_alike),
        cmocka_unit_test(more_clients_and_options_change_no_client),
        cmocka_unit_test(as_many_clients_are_up_as_the_swing_says),
        cmocka_unit_test(clients_have_best_hours_of_their_own_all_over_the_day),
        cmocka_unit_test(the_guard_finds_them_fine_and_tells_what_they_have),
        cmocka_unit_test(numbers_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
