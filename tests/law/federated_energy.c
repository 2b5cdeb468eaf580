/* What a client's turn takes in joules: its host by wattage_per_state, and its radio, reckoned by hand. */
#include "tests/fixtures/simulate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double idle_watts = 1.37, busy_watts = 4.71;
static const double down = 1.713e6, up = 0.617e6,
                    latency = 0.0031; /* bytes per second, seconds one way */
static const double model_bytes = 1234567, samples = 137, epochs = 3, sample_seconds = 3.7e-3;

static const char *const path = "build/federated_energy.xml";

/* One client and one server, with the properties of each. */
static void write_platform(const char *server, const char *client)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fprintf(
        file,
        "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
        "<platform version=\"4.1\"><zone id=\"z\" routing=\"Full\">\n"
        "<host id=\"s\" speed=\"1Tf\">%s</host><host id=\"c\" speed=\"2.3Gf\">%s</host>\n"
        "<link id=\"down\" bandwidth=\"%.17gBps\" latency=\"%.17gs\"/>\n"
        "<link id=\"up\" bandwidth=\"%.17gBps\" latency=\"%.17gs\"/>\n"
        "<route src=\"s\" dst=\"c\" symmetrical=\"NO\"><link_ctn id=\"down\"/></route>\n"
        "<route src=\"c\" dst=\"s\" symmetrical=\"NO\"><link_ctn id=\"up\"/></route>\n"
        "</zone></platform>\n",
        server, client, down, latency, up, latency);
    assert_int_equal(fclose(file), 0);
}

/* Of so many rounds; `more` are parameters. */
static struct simulated with_both(const char *server, const char *client, int rounds,
                                  const char *more)
{
    struct simulated run;
    char text[1024];

    write_platform(server, client);
    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nhosts: {server: [s], client: [c]}\n"
             "algorithm: {name: fedavg, clients: 1, clients_per_round: 1, local_epochs: %.0f, "
             "model_bytes: %.0f, samples_per_client: %.0f, compute_seconds_per_sample: %.17gs%s}\n"
             "iterations: %d\n",
             path, epochs, model_bytes, samples, sample_seconds, more, rounds);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", client, run.err.text);
    return run;
}

static struct simulated with(const char *properties, int rounds, const char *more)
{
    return with_both("", properties, rounds, more);
}

static double joules(const char *properties, int rounds, const char *more)
{
    struct simulated run = with(properties, rounds, more);
    const double value = metric_of(&run, "client_joules");

    simulated_release(&run);
    return value;
}

#define WATTS "<prop id=\"wattage_per_state\" value=\"1.37:1.37:4.71\"/>"

static double compute_seconds(void)
{
    return samples * epochs * sample_seconds;
}

static double transfer_seconds(void)
{
    return latency + model_bytes / down + latency + model_bytes / up;
}

static double host_joules(void)
{
    return idle_watts * transfer_seconds() + busy_watts * compute_seconds();
}

static void a_host_draws_idle_watts_while_it_sends(void **state)
{
    (void)state;
    assert_close(joules(WATTS, 1, ""), host_joules(), 1e-9);
}

/* The table in mW and mW / Mbps, as printed: power at the rate of the link, for the bytes, and beta for the latency. */
static void a_radio_draws_what_its_row_says(void **state)
{
    static const struct {
        const char *name;
        double alpha_up, alpha_down, beta;
    } rows[] = {{"3g", 868.98, 122.12, 817.88},
                {"4g", 438.39, 51.97, 1288.04},
                {"wifi", 283.17, 137.01, 132.86}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        const double up_mw = rows[i].alpha_up * up * 8 / 1e6 + rows[i].beta;
        const double down_mw = rows[i].alpha_down * down * 8 / 1e6 + rows[i].beta;
        const double radio =
            (up_mw * model_bytes / up + down_mw * model_bytes / down + 2 * latency * rows[i].beta) /
            1000;
        char text[160];

        snprintf(text, sizeof text, WATTS "<prop id=\"radio\" value=\"%s\"/>", rows[i].name);
        assert_close(joules(text, 1, ""), host_joules() + radio, 1e-9);
    }
}

static void own_numbers_replace_those_of_a_row(void **state)
{
    const double radio = 0.81 * transfer_seconds() + model_bytes * (2.9e-6 + 137.01 * 8e-9);

    (void)state;
    assert_close(joules(WATTS "<prop id=\"radio_send_energy\" value=\"2.9e-6J\"/>"
                              "<prop id=\"radio\" value=\"wifi\"/>"
                              "<prop id=\"radio_power\" value=\"0.81W\"/>",
                        1, ""),
                 host_joules() + radio, 1e-9);
}

/* Rounds follow one another; the server's sum between them is no part of a turn. */
static void turns_add_up(void **state)
{
    (void)state;
    assert_close(joules(WATTS, 7, ""), 7 * host_joules(), 1e-9);
    assert_close(joules(WATTS, 7, ", flop_per_byte: 1e6"), 7 * host_joules(), 1e-9);
}

static void a_host_that_says_nothing_has_no_joules(void **state)
{
    struct simulated run = with("<prop id=\"radio\" value=\"4g\"/>", 2, "");

    (void)state;
    assert_null(json_object_get(json_object_get(run.summary, "metrics"), "client_joules"));
    simulated_release(&run);
}

/* A run is over when its last peer has left: an alarm set for a deadline that nobody needed draws nothing more. */
static void nothing_is_drawn_after_the_last_peer_has_left(void **state)
{
    static const char *const deadlines[] = {"", ", round_deadline: 1234"};

    (void)state;
    for (int d = 0; d < 2; d++) {
        struct simulated run = with_both(WATTS, WATTS, 3, deadlines[d]);
        const json_t *peers = json_object_get(run.summary, "peers");
        double joules_by_hand = 2 * idle_watts * seconds_of(&run);

        for (size_t p = 0; p < json_array_size(peers); p++)
            joules_by_hand +=
                (busy_watts - idle_watts) * number_at(json_array_get(peers, p), "compute_seconds");
        assert_close(number_at(run.summary, "joules"), joules_by_hand, 1e-9);
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_drawn_after_the_last_peer_has_left),
        cmocka_unit_test(a_host_draws_idle_watts_while_it_sends),
        cmocka_unit_test(a_radio_draws_what_its_row_says),
        cmocka_unit_test(own_numbers_replace_those_of_a_row),
        cmocka_unit_test(turns_add_up),
        cmocka_unit_test(a_host_that_says_nothing_has_no_joules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
