/* Federated devices: the distribution of speeds shows in the seconds that clients compute, and so does the day of a
 * client. */
#include "tests/fixtures/simulate.h"

#include "sim/platform/federated.h"
#include "tests/fixtures/spread.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 523 };

static const char path[] = "build/tests/federated_devices.xml";

static void write_platform(const struct sim_federated *how)
{
    FILE *file = fopen(path, "we");
    struct sim_error err = {0};

    assert_non_null(file);
    if (!sim_federated_write(how, file, &err))
        fail_msg("%s", err.text);
    assert_int_equal(fclose(file), 0);
}

static struct simulated rounds(int clients, int count, const char *parameters, const char *more)
{
    char text[768];

    snprintf(text, sizeof text,
             "platform: %s\n"
             "algorithm: {name: fedavg, clients: %d, clients_per_round: %d, model_bytes: 1kB, "
             "samples_per_client: 1, flop_per_byte: 0, %s}\n"
             "hosts: {server: [server], client: [client-*]}\n"
             "iterations: %d\n%s",
             path, clients, clients, parameters, count, more);
    return simulate(text, NULL);
}

static struct simulated fine(int clients, int count, const char *parameters, const char *more)
{
    struct simulated run = rounds(clients, count, parameters, more);

    if (run.code != 0)
        fail_msg("%s", run.err.text);
    return run;
}

/* ---- speeds ---- */

/* One round of all clients, who take `plain` seconds where the factor is 1. */
static void assert_seconds_follow(const char *parameters, double plain, enum sim_spread spread,
                                  double s)
{
    struct simulated run = fine(CLIENTS, 1, parameters, "");
    double factors[CLIENTS];

    for (int k = 0; k < CLIENTS; k++) {
        const json_t *peer = json_array_get(json_object_get(run.summary, "peers"), (size_t)k + 1);

        assert_string_equal(json_string_value(json_object_get(peer, "role")), "client");
        factors[k] = plain / number_at(peer, "compute_seconds");
    }
    assert_spread(factors, CLIENTS, spread, s);
    simulated_release(&run);
}

static const double spreads[SIM_SPREADS] = {0.83, 0.61, 1.13};

static void speeds_of_a_scenario_show_in_the_seconds_of_clients(void **state)
{
    struct sim_federated how = sim_federated_default();

    (void)state;
    how.clients = CLIENTS;
    how.speed_spread = 0;
    write_platform(&how);
    for (int spread = 0; spread < SIM_SPREADS; spread++) {
        char parameters[128];

        snprintf(parameters, sizeof parameters,
                 "compute_seconds_per_sample: 37, speed_sigma: %g, speed_distribution: %s",
                 spreads[spread], sim_spread_names[spread]);
        assert_seconds_follow(parameters, 37, (enum sim_spread)spread, spreads[spread]);
    }
}

/* Seconds of a sample are those of the fastest client, so it is in the file that the median is found. */
static double fastest_share(const struct sim_federated *how)
{
    char line[256];
    double fastest = 0, speed;
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, " <host id=\"client-%*d\" speed=\"%lff\"", &speed) == 1)
            fastest = fmax(fastest, speed);
    fclose(file);
    return fastest / how->flop_per_second;
}

static void speeds_of_a_platform_show_in_the_seconds_of_clients(void **state)
{
    (void)state;
    for (int spread = 0; spread < SIM_SPREADS; spread++) {
        struct sim_federated how = sim_federated_default();

        how.clients = CLIENTS;
        how.speed_distribution = (enum sim_spread)spread;
        how.speed_spread = spreads[spread];
        write_platform(&how);
        assert_seconds_follow("compute_seconds_per_sample: 37", 37 * fastest_share(&how),
                              how.speed_distribution, how.speed_spread);
    }
}

/* ---- the day ---- */

enum { LINES = 25 };

struct profile {
    double times[LINES], shares[LINES]; /* as in the file */
};

static struct profile read_profile(void)
{
    struct profile profile;
    char line[256];
    int count = 0;
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (count < LINES &&
            sscanf(line, " %lf %lf", &profile.times[count], &profile.shares[count]) == 2)
            count++;
    fclose(file);
    assert_int_equal(count, LINES);
    return profile;
}

/* When work that takes `seconds` at full speed is done, if it begins at `now`. */
static double done_at(const struct profile *profile, double now, double seconds)
{
    for (double midnight = 86400 * floor(now / 86400);; midnight += 86400)
        for (int i = 0; i < LINES; i++) {
            const double end = midnight + (i + 1 < LINES ? profile->times[i + 1] : 86400);
            const double share = profile->shares[i];

            if (end <= now)
                continue;
            if (seconds <= share * (end - now))
                return now + seconds / share;
            seconds -= share * (end - now);
            now = end;
        }
}

/* Rounds of 1 000 s lie within an hour or two, those of 100 000 s go on past the end of the day. */
static void a_client_computes_as_fast_as_its_hour_says(void **state)
{
    static const double works[] = {1013, 7919, 100003};

    (void)state;
    for (uint64_t seed = 3; seed < 6; seed++)
        for (int w = 0; w < 3; w++) {
            struct sim_federated how = sim_federated_default();
            struct profile profile;
            struct simulated run;
            char parameters[64];
            double now = 0;

            how.clients = 1;
            how.seed = seed;
            how.link_spread = 0;
            how.speed_swing = 3.7;
            write_platform(&how);
            profile = read_profile();
            snprintf(parameters, sizeof parameters, "compute_seconds_per_sample: %g", works[w]);
            run = fine(1, 3, parameters, "");
            for (int round = 0; round < 3; round++)
                now = done_at(&profile, now + 0.02 + 1000 * 8 / 55e6, works[w]) + 0.02 +
                      1000 * 8 / 18.9e6;
            assert_close(seconds_of(&run), now, 1e-9);
            simulated_release(&run);
        }
}

/* SimGrid would abort. */
static void a_host_with_a_day_of_its_own_is_not_slowed_by_a_fault(void **state)
{
    static const char slowed[] = "faults: [{host: client-0, at: 1, for: 5, factor: 0.5}]\n";
    struct sim_federated how = sim_federated_default();
    struct simulated run;

    (void)state;
    how.clients = 1;
    how.speed_swing = 3.7;
    write_platform(&how);
    run = rounds(1, 1, "compute_seconds_per_sample: 37", slowed);
    if (run.code != 2 || strstr(run.err.text, "one is possible; slow its peer instead.") == NULL)
        fail_msg("%d %s", run.code, run.err.text);
    simulated_release(&run);
    how.speed_swing = 0;
    write_platform(&how);
    run = fine(1, 1, "compute_seconds_per_sample: 37", slowed);
    assert_close(seconds_of(&run), 37 + 2.5, 0.01);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speeds_of_a_scenario_show_in_the_seconds_of_clients),
        cmocka_unit_test(speeds_of_a_platform_show_in_the_seconds_of_clients),
        cmocka_unit_test(a_client_computes_as_fast_as_its_hour_says),
        cmocka_unit_test(a_host_with_a_day_of_its_own_is_not_slowed_by_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
