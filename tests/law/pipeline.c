/* Pipelines in time: closed forms worked out by hand, hops, slow and dying stages, links that are shared. */
#include "tests/fixtures/on_star.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double F = 0.01373, B = 0.01291, W = 0.00917, A = 37e-6, LINK = 123.4e6;

/* The backward pass in its two parts: what does not split it adds them up. */
#define TIMES                                                                                      \
    "forward_seconds: 13.73ms, input_gradient_seconds: 12.91ms, weight_gradient_seconds: 9.17ms"

enum { NAIVE, GPIPE, TURNS, INTERLEAVED, H1, H2, SYSTEMS };
static const char *const names[SYSTEMS] = {"naive_model_parallelism", "gpipe", "one_f_one_b",
                                           "interleaved_one_f_one_b", "zb_h1", "zb_h2"};

static struct on_star star(int system, double latency_seconds)
{
    return (struct on_star){names[system], 9, latency_seconds};
}

static const char *shape(char text[512], int system, int p, int m, int v, const char *more)
{
    char chunks[32] = "";

    if (system == INTERLEAVED)
        snprintf(chunks, sizeof chunks, "chunks: %d, ", v);
    snprintf(text, 512, TIMES ", stages: %d, microbatches: %d, %s%s", p, m, chunks, more);
    return text;
}

static struct simulated run_shape(int system, double latency_seconds, int p, int m, int v,
                                  const char *more, const char *rest)
{
    const struct on_star on = star(system, latency_seconds);
    char text[512];

    return on_star_fine(&on, shape(text, system, p, m, v, more), rest);
}

static double seconds_with(int system, int p, int m, const char *more, const char *rest)
{
    struct simulated run = run_shape(system, A, p, m, 2, more, rest);
    const double seconds = seconds_of(&run);

    simulated_release(&run);
    return seconds;
}

/* Is there a law of that name, and was it checked?  That it holds is why the run ended with 0. */
static bool is_checked(const struct simulated *run, const char *quantity)
{
    const json_t *law;
    size_t i;

    json_array_foreach (json_object_get(run->summary, "laws"), i, law)
        if (strcmp(json_string_value(json_object_get(law, "quantity")), quantity) == 0)
            return json_is_true(json_object_get(law, "checked"));
    fail_msg("there is no law of %s", quantity);
    return false;
}

/* ---- without communication ---- */

static double iteration_of(int system, double p, double m, double v, double hop)
{
    const double work = F + B + W;

    switch (system) {
    case NAIVE: return m * (p * work + 2 * (p - 1) * hop);
    case GPIPE: return (m + p - 1) * work + 2 * (p - 1) * hop;
    case TURNS: return (m + p - 1) * work + (p > 1 ? hop * (2 * (p - 1) * m / p + 2 * (p - 2)) : 0);
    case INTERLEAVED: return (m + (p - 1) / v) * work + 2 * (v * p - 1) * hop;
    case H1: return m * work + (p - 1) * (F + B - W + 4 * hop);
    default: return m * work + (p - 1) * (F + B - 2 * W + 2 * hop);
    }
}

static int peak_of(int system, int p, int m, int v)
{
    switch (system) {
    case NAIVE: return 1;
    case GPIPE: return m;
    case INTERLEAVED: return 2 * (p - 1) + (v - 1) * p + 1;
    case H2: return 2 * p - 1;
    default: return p;
    }
}

static void check_shape(int system, int p, int m, int v, double hop)
{
    struct simulated run = run_shape(system, hop, p, m, v, "", "iterations: 3\n");
    const double cost = iteration_of(system, p, m, v, hop), ideal = m * (F + B + W);

    assert_close(metric_of(&run, "iteration_seconds"), cost, 1e-9);
    assert_close(metric_of(&run, "bubble_of_total"), (cost - ideal) / cost, 1e-9);
    assert_close(metric_of(&run, "bubble_of_ideal"), (cost - ideal) / ideal, 1e-9);
    assert_close(metric_of(&run, "utilisation"), ideal / cost, 1e-9);
    assert_close(metric_of(&run, "peak_microbatches"), peak_of(system, p, m, v), 0);
    assert_close(metric_of(&run, "microbatches_per_second"), 3 * m / seconds_of(&run), 1e-9);
    assert_true(is_checked(&run, "bytes on the network"));
    assert_close(number_at(run.summary, "bytes"), 0, 0);
    assert_close(number_at(run.summary, "messages"),
                 3 * 2 * m * (system == INTERLEAVED ? p * v - 1 : p - 1), 0);
    if (system != H1 && system != H2) /* stage 0 is the first and the last of an iteration */
        assert_close(seconds_of(&run), 3 * cost, 1e-9);
    simulated_release(&run);
}

static void without_hops_all_closed_forms_are_exact(void **state)
{
    static const int stages[] = {2, 3, 7}, of[] = {2, 5};

    (void)state;
    for (int system = 0; system < SYSTEMS; system++)
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 2; k++)
                check_shape(system, stages[i], stages[i] * of[k] + (system != INTERLEAVED), 2 + k,
                            0);
}

static void the_bubble_has_its_two_textbook_shares(void **state)
{
    (void)state;
    for (int system = GPIPE; system <= TURNS; system++) {
        struct simulated run = run_shape(system, 0, 5, 11, 0, "", "");

        assert_close(metric_of(&run, "bubble_of_total"), 4.0 / 15, 1e-9);
        assert_close(metric_of(&run, "bubble_of_ideal"), 4.0 / 11, 1e-9);
        simulated_release(&run);
    }
}

static void one_stage_has_no_bubble(void **state)
{
    (void)state;
    for (int system = 0; system < SYSTEMS; system++) {
        struct simulated run = run_shape(system, A, 1, 6, 3, "", "iterations: 2\n");

        assert_close(seconds_of(&run), 12 * (F + B + W), 1e-9);
        assert_close(metric_of(&run, "bubble_of_total"), 0, 1e-9);
        assert_close(number_at(run.summary, "messages"), 0, 0);
        simulated_release(&run);
    }
}

/* ---- with hops ---- */

static void hops_are_exposed_as_often_as_the_closed_forms_say(void **state)
{
    static const int stages[] = {2, 3, 7}, of[] = {2, 5};

    (void)state;
    for (int system = 0; system < SYSTEMS; system++)
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 2; k++)
                check_shape(system, stages[i], stages[i] * of[k], 2 + k, 0.00037);
}

/* What is measured as a hop includes what the links of the platform need. */
static void hop_seconds_is_the_least_that_a_hop_takes(void **state)
{
    const double bytes = 100003, hop = A + bytes / LINK;

    (void)state;
    assert_true(hop < 0.0013);
    assert_close(seconds_with(GPIPE, 4, 8, "boundary_bytes: 100003", ""),
                 iteration_of(GPIPE, 4, 8, 1, hop), 1e-9);
    assert_close(seconds_with(GPIPE, 4, 8, "boundary_bytes: 100003, hop_seconds: 0.5ms", ""),
                 iteration_of(GPIPE, 4, 8, 1, hop), 1e-9);
    assert_close(seconds_with(GPIPE, 4, 8, "boundary_bytes: 100003, hop_seconds: 1.3ms", ""),
                 iteration_of(GPIPE, 4, 8, 1, 0.0013), 1e-9);
}

static void recomputation_is_another_forward_pass(void **state)
{
    (void)state;
    assert_close(seconds_with(GPIPE, 4, 9, "recompute: yes", ""), 12 * (2 * F + B + W) + 6 * A,
                 1e-9);
    assert_close(seconds_with(TURNS, 4, 8, "recompute: yes", ""),
                 11 * (2 * F + B + W) + A * (2 * 3 * 2 + 2 * 2), 1e-9);
    assert_close(seconds_with(NAIVE, 4, 2, "recompute: yes", ""), 2 * (4 * (2 * F + B + W) + 6 * A),
                 1e-9);
}

/* ---- stages that are not alike ---- */

/* Hosts h-0 ... h-3 of unequal speeds, a link of its own for each pair. */
static const char *unequal_platform(const double speeds[4])
{
    static char path[64];
    FILE *file;

    mkdir("build", 0777);
    snprintf(path, sizeof path, "build/unequal-%ld.xml", (long)getpid());
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM "
          "\"https://simgrid.org/simgrid.dtd\">\n<platform version=\"4.1\">\n"
          "<zone id=\"z\" routing=\"Full\">\n",
          file);
    for (int h = 0; h < 4; h++)
        fprintf(file, "<host id=\"h-%d\" speed=\"%.17gf\"/>\n", h, speeds[h]);
    for (int h = 0; h < 4; h++)
        for (int g = h + 1; g < 4; g++)
            fprintf(file,
                    "<link id=\"l-%d-%d\" bandwidth=\"123.4MBps\" latency=\"37us\" "
                    "sharing_policy=\"SPLITDUPLEX\"/>\n",
                    h, g);
    for (int h = 0; h < 4; h++)
        for (int g = h + 1; g < 4; g++)
            fprintf(file,
                    "<route src=\"h-%d\" dst=\"h-%d\"><link_ctn id=\"l-%d-%d\" "
                    "direction=\"UP\"/></route>\n",
                    h, g, h, g);
    fputs("</zone>\n</platform>\n", file);
    fclose(file);
    return path;
}

/* Forward times are those of the fastest host.  GPipe is two flow shops, one there and one back: the sum over
 * stages, and M - 1 times the slowest of them. */
static void a_slow_stage_delays_as_the_longest_way_says(void **state)
{
    static const double speeds[] = {7.3e9, 5.1e9, 2.9e9, 6.7e9};
    char platform[96];
    double all = 0, slowest = 0;

    (void)state;
    snprintf(platform, sizeof platform, "platform: %s\niterations: 2\n", unequal_platform(speeds));
    for (int h = 0; h < 4; h++) {
        all += (F + B + W) * 7.3e9 / speeds[h];
        slowest = fmax(slowest, (F + B + W) * 7.3e9 / speeds[h]);
    }
    for (int system = 0; system < SYSTEMS; system++) {
        struct simulated run = run_shape(system, A, 4, 8, 2, "", platform);

        assert_true(is_checked(&run, "seconds"));
        if (system == GPIPE)
            assert_close(metric_of(&run, "iteration_seconds"), all + 7 * slowest + 6 * A, 1e-9);
        else if (system == NAIVE)
            assert_close(metric_of(&run, "iteration_seconds"), 8 * (all + 6 * A), 1e-9);
        else /* the slow stage computes all of its micro-batches, one after the other */
            assert_true(metric_of(&run, "iteration_seconds") > 8 * slowest);
        simulated_release(&run);
    }
    unlink(unequal_platform(speeds));
}

static void a_stage_that_is_slowed_holds_up_all(void **state)
{
    (void)state;
    for (int system = 0; system < SYSTEMS; system++) {
        const double plain = seconds_with(system, 4, 8, "", "");

        for (int s = 0; s < 4; s++) {
            char fault[96];
            double seconds;

            snprintf(fault, sizeof fault, "faults: [{host: h-%d, at: 0, factor: 0.5}]\n", s);
            seconds = seconds_with(system, 4, 8, "", fault);
            assert_true(seconds > (1 - 1e-12) * 8 * 2 * (F + B + W)); /* what it computes itself */
            assert_true(seconds > plain);
        }
    }
}

static void expect_end(int system, const char *fault)
{
    const struct on_star on = star(system, A);
    char text[512], rest[160];
    struct simulated run;

    snprintf(rest, sizeof rest, "iterations: 3\nfaults: [%s]\n", fault);
    run = on_star_run(&on, shape(text, system, 4, 8, 2, "boundary_bytes: 100003"), rest);
    if (run.code != 1 || strstr(run.err.text, "stage") == NULL ||
        strstr(run.err.text, "dead or out of reach") == NULL)
        fail_msg("%s, %s: exit code %d, %s", names[system], fault, run.code, run.err.text);
    simulated_release(&run);
}

static void a_death_ends_the_run_with_a_sentence_and_never_hangs(void **state)
{
    static const char *const at[] = {"0", "0.01", "0.1373", "0.6"};

    (void)state;
    for (int system = 0; system < SYSTEMS; system++)
        for (int i = 0; i < 4; i++) {
            char fault[96];

            snprintf(fault, sizeof fault, "{peer: stage-%d, at: %s, factor: 0}", i, at[i]);
            expect_end(system, fault);
            snprintf(fault, sizeof fault, "{link: star_link_%d_UP, at: %s, factor: 0}", 1 + i % 2,
                     at[i]);
            expect_end(system, fault);
        }
}

/* ---- links that are shared ---- */

/* Stages 0 and 2 in one rack, 1 and 3 in the other: what 0 sends to 1 and 2 to 3 meets on the uplink.  15 MB take
 * 12 ms there, and F is 13.73 ms: a second stage's transfer begins before the first one's end. */
static void transfers_that_meet_take_longer_than_the_longest_way(void **state)
{
    static const char apart[] = "platform: platforms/two_racks.xml\n"
                                "hosts: {stage: [node-0, node-8, node-1, node-9]}\n";
    static const char together[] = "platform: platforms/two_racks.xml\n";
    static const char large[] = "boundary_bytes: 15MB", small[] = "boundary_bytes: 10kB";
    const double hop = 15e6 / 1.25e9;

    (void)state;
    for (int system = GPIPE; system <= TURNS; system++) {
        struct simulated meets = run_shape(system, A, 4, 8, 1, large, apart);
        struct simulated alone = run_shape(system, A, 4, 8, 1, large, together);
        struct simulated light = run_shape(system, A, 4, 8, 1, small, apart);

        assert_false(is_checked(&meets, "seconds"));
        if (system == GPIPE) {
            assert_true(is_checked(&alone, "seconds"));
            assert_close(seconds_of(&alone), iteration_of(GPIPE, 4, 8, 1, hop + 50e-6), 1e-9);
            assert_true(seconds_of(&meets) > 1.02 * iteration_of(GPIPE, 4, 8, 1, hop + 100e-6));
        }
        assert_true(seconds_of(&meets) > 1.02 * seconds_of(&alone));
        assert_true(seconds_of(&light) < seconds_of(&alone));
        simulated_release(&meets);
        simulated_release(&alone);
        simulated_release(&light);
    }
}

/* ---- jitter ---- */

/* A pipeline waits for the slowest of what it waits for: unequal operations of the same mean take longer. */
static void jitter_costs_time_and_follows_the_seed(void **state)
{
    (void)state;
    for (int system = GPIPE; system < SYSTEMS; system++) {
        const double plain = seconds_with(system, 6, 24, "", "");
        double last = 0;

        for (int seed = 1; seed <= 3; seed++) {
            char rest[32];
            double seconds;

            snprintf(rest, sizeof rest, "seed: %d\n", seed);
            seconds = seconds_with(system, 6, 24, "compute_jitter: 0.4", rest);
            assert_true(seconds > plain);
            assert_true(seconds != last);
            last = seconds;
        }
        assert_close(seconds_with(system, 6, 24, "compute_jitter: 0.4", "seed: 3\n"), last, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_hops_all_closed_forms_are_exact),
        cmocka_unit_test(the_bubble_has_its_two_textbook_shares),
        cmocka_unit_test(one_stage_has_no_bubble),
        cmocka_unit_test(hops_are_exposed_as_often_as_the_closed_forms_say),
        cmocka_unit_test(hop_seconds_is_the_least_that_a_hop_takes),
        cmocka_unit_test(recomputation_is_another_forward_pass),
        cmocka_unit_test(a_slow_stage_delays_as_the_longest_way_says),
        cmocka_unit_test(a_stage_that_is_slowed_holds_up_all),
        cmocka_unit_test(a_death_ends_the_run_with_a_sentence_and_never_hangs),
        cmocka_unit_test(transfers_that_meet_take_longer_than_the_longest_way),
        cmocka_unit_test(jitter_costs_time_and_follows_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
