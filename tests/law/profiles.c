/* Profiles of hosts: who dies by one comes back by it; who is slow is slow again. */
#include "tests/fixtures/shipped.h"

#include <stdio.h>
#include <string.h>

static const char path[] = "build/tests/by_day.xml";

/* The client is up for 10 s of every 100. */
static void write_platform(const char *trace)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file,
            "<?xml version='1.0'?>\n"
            "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
            "<platform version=\"4.1\">\n"
            " <zone id=\"all\" routing=\"Full\">\n"
            "  <host id=\"cloud\" speed=\"7Gf\"/>\n"
            "  <host id=\"phone\" speed=\"1Gf\"/>\n"
            "  <host id=\"tablet\" speed=\"1Gf\"/>\n"
            "  <link id=\"air\" bandwidth=\"1GBps\" latency=\"1us\" sharing_policy=\"FATPIPE\"/>\n"
            "  <route src=\"cloud\" dst=\"phone\"><link_ctn id=\"air\"/></route>\n"
            "  <route src=\"cloud\" dst=\"tablet\"><link_ctn id=\"air\"/></route>\n"
            "  <route src=\"phone\" dst=\"tablet\"><link_ctn id=\"air\"/></route>\n"
            " </zone>\n"
            " %s\n"
            " <trace_connect kind=\"HOST_AVAIL\" trace=\"day\" element=\"phone\"/>\n"
            "</platform>\n",
            trace);
    fclose(file);
}

static struct simulated three_rounds(int clients, double retry_seconds, const char *faults)
{
    char text[768];

    snprintf(text, sizeof text,
             "platform: %s\n"
             "algorithm: {name: fedavg, clients: %d, clients_per_round: %d, model_bytes: 1kB, "
             "samples_per_client: 8, compute_seconds_per_sample: 1, retry_seconds: %g}\n"
             "hosts: {server: [cloud], client: [%s]}\n"
             "iterations: 3\n%s",
             path, clients, clients, retry_seconds, clients == 1 ? "phone" : "phone, tablet",
             faults);
    return simulate(text, NULL);
}

/* Round 1 ends at 8 s, round 2 is lost at 10 s, round 3 begins at 100 s: within half a second the server looks. */
static void a_client_comes_back_with_its_host(void **state)
{
    struct simulated run;

    (void)state;
    write_platform("<trace id=\"day\" periodicity=\"100\">\n0 1\n10 0\n</trace>");
    run = three_rounds(1, 0.5, "");
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    assert_close(metric_of(&run, "uploads"), 2, 0);
    assert_close(metric_of(&run, "dropped"), 1, 0);
    assert_true(seconds_of(&run) >= 108 && seconds_of(&run) < 109);
    simulated_release(&run);
}

/* The tablet's client is gone by a fault of its own, for longer than the run: no host's morning brings it back. */
static void a_host_that_comes_back_brings_its_own_peers_alone(void **state)
{
    struct simulated run;

    (void)state;
    write_platform("<trace id=\"day\" periodicity=\"100\">\n0 1\n10 0\n</trace>");
    run = three_rounds(2, 0.5, "faults: [{peer: client-1, at: 1, for: 1000, factor: 0}]\n");
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    assert_close(metric_of(&run, "uploads"), 2, 0);
    assert_close(metric_of(&run, "dropped"), 2, 0);
    simulated_release(&run);
}

static void a_client_that_never_comes_back_is_not_waited_for_for_ever(void **state)
{
    struct simulated run;

    (void)state;
    write_platform("<trace id=\"day\" periodicity=\"-1\">\n0 1\n10 0\n</trace>");
    run = three_rounds(1, 1000, "");
    if (run.code != 1)
        fail_msg("%d %s", run.code, run.err.text);
    assert_non_null(strstr(run.err.text, "no client has been available for ten days"));
    simulated_release(&run);
}

/* A minute of work; half of it is lost in 5 s from 2, 25 and 48 s on. */
static void a_slow_host_is_slow_again_every_so_often(void **state)
{
    char text[512];
    struct simulated run;

    (void)state;
    snprintf(text, sizeof text,
             "platform: %s\n"
             "algorithm: {name: gpipe, stages: 1, microbatches: 60, forward_seconds: 0.5, "
             "backward_seconds: 0.5}\n"
             "faults: [{host: h-0, at: 2, for: 5, every: 23, factor: 0.5}]\n",
             star_platform(2, 7));
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    assert_close(seconds_of(&run), 60 + 3 * 2.5, 1e-9);
    simulated_release(&run);
}

/* Whether SimGrid shares the processor out, or a computation that has it alone is an event of ours. */
static void joules_do_not_depend_on_who_times_computations(void **state)
{
    static const char *const names[] = {"one_f_one_b", "synchronous_data_parallel", "zb_h2"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct simulated ours = shipped_fine(names[i], NULL, "iterations=2"),
                         full = shipped_fine(names[i], NULL, "iterations=2 simulation=full");

        assert_true(number_at(ours.summary, "joules") > 0);
        assert_close(number_at(ours.summary, "joules"), number_at(full.summary, "joules"), 1e-9);
        simulated_release(&ours);
        simulated_release(&full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joules_do_not_depend_on_who_times_computations),
        cmocka_unit_test(a_slow_host_is_slow_again_every_so_often),
        cmocka_unit_test(a_client_comes_back_with_its_host),
        cmocka_unit_test(a_host_that_comes_back_brings_its_own_peers_alone),
        cmocka_unit_test(a_client_that_never_comes_back_is_not_waited_for_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
