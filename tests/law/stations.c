/* Stations that serve requests: lines, losses, horizons, batteries; on BranchyNet, which does little else. */
#include "algorithms/inference/shared/requests.h"

#include "tests/fixtures/act.h"
#include "tests/fixtures/shipped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double B = ACT_BYTES_PER_SECOND, A = ACT_LATENCY_SECONDS, SPEED = ACT_FLOP_PER_SECOND,
                    G = 1000003;

/* ---- the verbs that stations rest on ---- */

static void hears_until_the_end(struct sim_peer *me)
{
    struct sim_message message;

    if (me->index == 1) {
        sim_sleep(me, 0.25);
        sim_send(me, 0, (struct sim_message){(int64_t)G, me});
        return;
    }
    sim_note(me, "first", sim_wait(me, sim_start_hearing(me, 1), &message) == SIM_OK);
    sim_note(me, "second", sim_wait(me, sim_start_hearing(me, 1), NULL) == SIM_FAILED);
    sim_note(me, "second_at", sim_now(me));
    sim_note(me, "third", sim_wait(me, sim_start_hearing(me, 1), NULL) == SIM_FAILED);
    sim_note(me, "told",
             sim_wait(me, sim_start_telling(me, 1, (struct sim_message){7, NULL}), NULL) ==
                 SIM_FAILED);
}

static void who_hears_learns_that_a_role_is_over(void **state)
{
    struct simulated run = act_with(hears_until_the_end, 2, "");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "first"), 1, 0);
    assert_close(metric_of(&run, "second"), 1, 0);
    assert_close(metric_of(&run, "second_at"), 0.25 + A + G / B, 1e-9);
    assert_close(metric_of(&run, "third"), 1, 0);
    assert_close(metric_of(&run, "told"), 1, 0);
    simulated_release(&run);
}

static void waits_until_poked(struct sim_peer *me)
{
    struct sim_activity *heard[1];

    if (me->index == 1) {
        sim_sleep(me, 0.125);
        sim_poke(me, 0);
        sim_sleep(me, 0.125);
        return;
    }
    heard[0] = sim_start_hearing(me, 1);
    sim_note(me, "poked", sim_wait_any(me, heard, 1, -1));
    sim_note(me, "poked_at", sim_now(me));
    sim_note(me, "then", sim_wait_any(me, heard, 1, -1));
    sim_note(me, "then_at", sim_now(me));
    sim_wait(me, heard[0], NULL);
}

static void a_poke_ends_a_wait_and_nothing_else(void **state)
{
    struct simulated run = act_with(waits_until_poked, 2, "");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "poked"), -1, 0);
    assert_close(metric_of(&run, "poked_at"), 0.125, 1e-9);
    assert_close(metric_of(&run, "then"), 0, 0);
    assert_close(metric_of(&run, "then_at"), 0.25, 1e-9);
    simulated_release(&run);
}

static void computes_beside_a_transfer(struct sim_peer *me)
{
    struct sim_activity *open[2];

    if (me->index == 1) {
        sim_send(me, 0, (struct sim_message){(int64_t)G, NULL});
        return;
    }
    open[0] = sim_start_sole_compute(me, 2 * SPEED * (A + G / B));
    open[1] = sim_start_hearing(me, 1);
    sim_note(me, "first", sim_wait_any(me, open, 2, -1));
    sim_wait(me, open[1], NULL);
    sim_wait(me, open[0], NULL);
    open[0] = sim_start_sole_compute(me, SPEED);
    sim_sleep(me, 0.25);
    sim_cancel(me, open[0]);
}

static void a_sole_computation_overlaps_and_can_be_cut_short(void **state)
{
    static const char *const modes[] = {"", "simulation: full\n"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct simulated run = act_with(computes_beside_a_transfer, 2, modes[i]);

        assert_int_equal(run.code, 0);
        assert_close(metric_of(&run, "first"), 1, 0);
        assert_close(seconds_of(&run), 2 * (A + G / B) + 0.25, 1e-9);
        assert_close(number_at(run.summary, "flop"), SPEED * 2 * (A + G / B),
                     1e-9); /* what was cut short is not counted */
        simulated_release(&run);
    }
}

/* ---- requests.csv ---- */

enum { MOST_ROWS = 400, COLUMNS = 2 + INF_COLUMN_COUNT + 9 };

struct rows {
    int count;
    double values[MOST_ROWS][COLUMNS]; /* words are NaN */
    char outcomes[MOST_ROWS][16];
};

static void read_rows(struct rows *rows, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[1024];

    assert_non_null(file);
    rows->count = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        char *at = line;

        assert_true(rows->count < MOST_ROWS);
        for (int c = 0; c < COLUMNS; c++) {
            const size_t length = strcspn(at, ",\n");
            char *end;

            rows->values[rows->count][c] = strtod(at, &end);
            if (end == at)
                rows->values[rows->count][c] = NAN;
            if (c == 7)
                snprintf(rows->outcomes[rows->count], 16, "%.*s", (int)length, at);
            at += length + (c < COLUMNS - 1);
        }
        rows->count++;
    }
    fclose(file);
}

#define SCENARIO                                                                                   \
    "platform: platforms/device_edge_cloud.xml\n"                                                  \
    "hosts: {device: [\"device-*\"], edge: [\"edge-*\"], cloud: [cloud]}\n"                        \
    "algorithm: {name: branchynet, exit_rates: [0.37, 0.41, 0.22], segment_flop: [1.7e8, 2.9e9, "  \
    "3.1e10], cut_bytes: [31337, 7919]}\n"                                                         \
    "seed: 11\n"

/* Contention on the way, lines at every station: what passes is somewhere all the time. */
static void the_stages_of_a_request_add_up_to_its_latency(void **state)
{
    static struct rows rows;
    struct simulated run = simulate_into(
        SCENARIO "requests: {arrival: poisson, rate: 170, count: 350}\n", "build/stations_rows");
    double waited = 0;

    (void)state;
    assert_int_equal(run.code, 0);
    read_rows(&rows, "build/stations_rows/requests.csv");
    assert_int_equal(rows.count, 350);
    for (int r = 0; r < rows.count; r++) {
        const double *row = rows.values[r];
        double sum = 0;

        for (int c = 2 + INF_COLUMN_COUNT; c < COLUMNS; c++)
            sum += row[c];
        assert_close(sum, row[6], 1e-9);
        waited += row[2 + INF_COLUMN_COUNT] + row[2 + INF_COLUMN_COUNT + 3];
    }
    assert_true(waited > 0);
    simulated_release(&run);
}

static void one_request_alone_takes_what_its_path_takes(void **state)
{
    struct simulated run = simulate_into(
        "platform: platforms/device_edge_cloud.xml\n"
        "hosts: {device: [\"device-*\"], edge: [\"edge-*\"], cloud: [cloud]}\n"
        "algorithm: {name: branchynet, exit_rates: [0, 0, 1], segment_flop: [1.7e8, 2.9e9, "
        "3.1e10], cut_bytes: [31337, 7919], answer_bytes: 43}\n",
        "build/stations_one");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "mean_latency_seconds"),
                 1.7e8 / 20e9 + 2.9e9 / 500e9 + 3.1e10 / 10e12 + 2.5e-3 + 31337 / 12.5e6 + 20.5e-3 +
                     7919 / 7.6625e6 + 22e-3 + 43 / 7.6625e6,
                 1e-9);
    simulated_release(&run);
}

static void the_warm_up_is_not_in_the_statistics(void **state)
{
    /* The first of two requests at one device computes alone, the second waits for it. */
    const double both = shipped_metric(
        "branchynet",
        "algorithm.devices=1 algorithm.exit_rates=[1,0,0] requests.rate=1000 requests.count=2 "
        "requests.arrival=fixed",
        "mean_latency_seconds");
    const double second = shipped_metric(
        "branchynet",
        "algorithm.devices=1 algorithm.exit_rates=[1,0,0] requests.rate=1000 requests.count=2 "
        "requests.arrival=fixed requests.warm_up=1",
        "mean_latency_seconds");

    (void)state;
    assert_close(both, (5e-3 + 9e-3) / 2, 1e-9);
    assert_close(second, 9e-3, 1e-9);
}

/* ---- when things go wrong ---- */

static const char *const wan_is_down = "faults=[{link: \"wan-*\", at: 1s, for: 2s, factor: 0}]";

/* Some of many requests are on their way when the link dies. */
#define BUSY "requests.arrival=poisson requests.rate=40 "

static void a_lost_message_is_sent_again_or_not_as_the_scenario_says(void **state)
{
    struct simulated retry =
        shipped_fine("branchynet", wan_is_down, BUSY "algorithm.on_loss=retry");
    struct simulated local =
        shipped_fine("branchynet", wan_is_down, BUSY "algorithm.on_loss=local");
    struct simulated lost = shipped_fine("branchynet", wan_is_down, BUSY "algorithm.on_loss=fail");

    (void)state;
    assert_close(metric_of(&retry, "requests_answered"), 300, 0);
    assert_close(metric_of(&local, "requests_answered"), 300, 0);
    assert_close(metric_of(&lost, "requests_answered"), 300 - metric_of(&lost, "requests_lost"), 0);
    assert_true(metric_of(&local, "requests_fell_back") > 0);
    assert_true(metric_of(&lost, "requests_lost") > 0);
    assert_true(metric_of(&retry, "p99_latency_seconds") >
                10 * metric_of(&local, "p99_latency_seconds"));
    simulated_release(&retry);
    simulated_release(&local);
    simulated_release(&lost);
}

static void what_the_dead_had_is_lost_or_answered_without_them(void **state)
{
    static const char dead[] = "faults=[{peer: cloud-0, at: 1s, factor: 0}]";
    struct simulated lost = shipped_fine("branchynet", dead, "algorithm.on_loss=retry");
    struct simulated local = shipped_fine("branchynet", dead, "algorithm.on_loss=local");

    (void)state;
    assert_close(metric_of(&local, "requests_answered"), 300, 0);
    assert_close(metric_of(&local, "requests_fell_back"), metric_of(&lost, "requests_lost"), 0);
    simulated_release(&lost);
    simulated_release(&local);
}

static void a_dead_device_asks_no_more_and_the_others_go_on(void **state)
{
    struct simulated run =
        shipped_fine("branchynet", "faults=[{peer: device-0, at: 1s, factor: 0}]", "");

    (void)state;
    assert_close(metric_of(&run, "requests_answered") + metric_of(&run, "requests_unfinished"), 300,
                 0);
    assert_true(metric_of(&run, "requests_unfinished") > 20);
    simulated_release(&run);
}

static bool remarks_have(const struct simulated *run, const char *text)
{
    const json_t *remark;
    size_t i;

    json_array_foreach (json_object_get(run->summary, "remarks"), i, remark)
        if (strstr(json_string_value(remark), text) != NULL)
            return true;
    return false;
}

/* Six devices of 200 a second each are asked for 4000. */
static void above_capacity_the_run_ends_at_its_horizon_and_says_so(void **state)
{
    struct simulated run = shipped_fine(
        "branchynet", NULL, "requests.rate=4000 requests.count=0 requests.horizon=300ms");
    struct simulated calm = shipped_fine("branchynet", NULL, "requests.rate=4");

    (void)state;
    assert_close(seconds_of(&run), 0.3, 1e-9);
    assert_true(metric_of(&run, "requests_answered") <= 360);
    assert_true(metric_of(&run, "requests_unfinished") > 500);
    assert_true(remarks_have(&run, "More was asked of 6 hosts than can be done"));
    assert_false(remarks_have(&calm, "More was asked"));
    simulated_release(&run);
    simulated_release(&calm);
}

/* A Raspberry Pi that draws 1.9 W idle for its first computation, of 5 ms at 3.5 W or so, lasts ten seconds on 20 J. */
static void an_empty_battery_ends_what_a_device_does(void **state)
{
    struct simulated run = shipped_fine(
        "branchynet", "hosts={device: [device-0], edge: [device-1], cloud: [device-2]}",
        "platform=platforms/wifi_edge.xml algorithm.devices=1 algorithm.edges=1 "
        "algorithm.battery_joules=20 requests.arrival=fixed requests.rate=5 "
        "algorithm.exit_rates=[1,0,0]");
    struct simulated twice = shipped_fine(
        "branchynet", "hosts={device: [device-0], edge: [device-1], cloud: [device-2]}",
        "platform=platforms/wifi_edge.xml algorithm.devices=1 algorithm.edges=1 "
        "algorithm.battery_joules=40 requests.arrival=fixed requests.rate=5 "
        "algorithm.exit_rates=[1,0,0]");

    (void)state;
    assert_close(metric_of(&run, "requests_answered") + metric_of(&run, "requests_battery_empty"),
                 300, 0);
    assert_close(metric_of(&twice, "battery_lasted_seconds"),
                 2 * metric_of(&run, "battery_lasted_seconds"), 0.03);
    assert_true(metric_of(&run, "mean_device_joules") > 0);
    simulated_release(&run);
    simulated_release(&twice);
}

/* What stands in its line when the battery is empty is never sent, and nobody waits for it. */
static void an_empty_battery_leaves_what_was_to_be_sent(void **state)
{
    struct simulated run = shipped_fine(
        "branchynet", "hosts={device: [device-0], edge: [device-1], cloud: [device-2]}",
        "platform=platforms/wifi_edge.xml algorithm.devices=1 algorithm.edges=1 "
        "algorithm.battery_joules=3.7 algorithm.exit_rates=[0,0.5,0.5] "
        "algorithm.segment_flop=[1e6,1e6,1e6] algorithm.cut_bytes=[99999,99999] "
        "requests.rate=300 requests.count=900");

    (void)state;
    assert_true(metric_of(&run, "requests_answered") > 20);
    assert_close(metric_of(&run, "requests_answered") + metric_of(&run, "requests_battery_empty"),
                 900, 0);
    simulated_release(&run);
}

static void every_peer_tells_what_its_host_drew(void **state)
{
    struct simulated run = shipped_fine("adcnn", NULL, "requests.count=3");
    const json_t *peer;
    double sum = 0;
    size_t i;

    (void)state;
    json_array_foreach (json_object_get(run.summary, "peers"), i, peer) {
        assert_true(number_at(peer, "host_joules") > 0);
        sum += number_at(peer, "host_joules");
    }
    assert_close(sum, number_at(run.summary, "joules"), 1e-12);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_hears_learns_that_a_role_is_over),
        cmocka_unit_test(a_poke_ends_a_wait_and_nothing_else),
        cmocka_unit_test(a_sole_computation_overlaps_and_can_be_cut_short),
        cmocka_unit_test(the_stages_of_a_request_add_up_to_its_latency),
        cmocka_unit_test(one_request_alone_takes_what_its_path_takes),
        cmocka_unit_test(the_warm_up_is_not_in_the_statistics),
        cmocka_unit_test(a_lost_message_is_sent_again_or_not_as_the_scenario_says),
        cmocka_unit_test(what_the_dead_had_is_lost_or_answered_without_them),
        cmocka_unit_test(a_dead_device_asks_no_more_and_the_others_go_on),
        cmocka_unit_test(above_capacity_the_run_ends_at_its_horizon_and_says_so),
        cmocka_unit_test(an_empty_battery_ends_what_a_device_does),
        cmocka_unit_test(an_empty_battery_leaves_what_was_to_be_sent),
        cmocka_unit_test(every_peer_tells_what_its_host_drew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
