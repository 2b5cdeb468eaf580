/* Federated runs that cannot come to a good end: each ends, and says why in a sentence. */
#include "tests/fixtures/simulate.h"

#include <stdio.h>
#include <string.h>

static const char *const path = "build/federated_bad_input.xml";

/* Three clients and a server on a star; client k is up as `traces[k]` says (NULL: always). */
static void write_platform(const char *const traces[3])
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fputs("<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
          "<platform version=\"4.1\"><zone id=\"z\" routing=\"Cluster\">\n",
          file);
    for (int k = 0; k < 4; k++)
        fprintf(file,
                "<host id=\"h-%d\" speed=\"1Gf\"/><link id=\"l-%d\" bandwidth=\"7.3MBps\" "
                "latency=\"1ms\" sharing_policy=\"SPLITDUPLEX\"/>\n"
                "<host_link id=\"h-%d\" up=\"l-%d_UP\" down=\"l-%d_DOWN\"/>\n",
                k, k, k, k, k);
    fputs("</zone>\n", file);
    for (int k = 0; k < 3; k++)
        if (traces[k] != NULL)
            fprintf(file,
                    "<trace id=\"t-%d\" periodicity=\"-1\">\n%s\n</trace>"
                    "<trace_connect kind=\"HOST_AVAIL\" trace=\"t-%d\" element=\"h-%d\"/>\n",
                    k, traces[k], k, k + 1);
    fputs("</platform>\n", file);
    assert_int_equal(fclose(file), 0);
}

static struct simulated with(const char *const traces[3], const char *more)
{
    char text[1024];

    write_platform(traces);
    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nhosts: {server: [h-0], client: [h-1, h-2, h-3]}\n"
             "algorithm: {name: fedavg, clients: 3, clients_per_round: 2, "
             "compute_seconds_per_sample: 7ms%s}\niterations: 4\n",
             path, more);
    return simulate(text, NULL);
}

static void says(const char *const traces[3], const char *more, int code, const char *sentence)
{
    struct simulated run = with(traces, more);

    if (run.code != code || strstr(run.err.text, sentence) == NULL)
        fail_msg("%s: exit code %d and '%s', not %d and '%s'", more, run.code, run.err.text, code,
                 sentence);
    simulated_release(&run);
}

static const char *const always[3] = {NULL, NULL, NULL};

static void no_client_is_ever_available(void **state)
{
    static const char *const never[3] = {"0 0", "0 0", "0 0"};

    (void)state;
    says(never, ", model_bytes: 10007, retry_seconds: 1000", 1, "no client has been available for");
}

/* With one client of three left, a round takes whom it finds. */
static void a_round_takes_whom_it_finds(void **state)
{
    static const char *const one[3] = {"0 0", NULL, "0 0"};
    struct simulated run = with(one, ", model_bytes: 10007");

    (void)state;
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    assert_true(metric_of(&run, "rounds") == 4);
    assert_true(metric_of(&run, "uploads") >= 4);
    simulated_release(&run);
}

static void all_drop_out(void **state)
{
    (void)state;
    says(always, ", model_bytes: 10007, drop_out: 1", 1,
         "in none of 4 rounds an update has arrived");
}

static void a_target_that_is_not_reached_is_a_number(void **state)
{
    struct simulated run = with(always, ", learning: softmax, target_accuracy: 1");

    (void)state;
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    assert_true(metric_of(&run, "target_reached") == 0);
    assert_null(json_object_get(json_object_get(run.summary, "metrics"), "seconds_to_target"));
    simulated_release(&run);
}

static void samples_that_cannot_be_dealt(void **state)
{
    (void)state;
    says(always, ", learning: softmax, partition: label_shards, shards_per_client: 60000", 2,
         "each needs at least one");
    says(always, ", learning: softmax, data: digits", 2, "say how digits is dealt to clients");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_client_is_ever_available),
        cmocka_unit_test(a_round_takes_whom_it_finds),
        cmocka_unit_test(all_drop_out),
        cmocka_unit_test(a_target_that_is_not_reached_is_a_number),
        cmocka_unit_test(samples_that_cannot_be_dealt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
