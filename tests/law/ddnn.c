/* DDNN: its bytes and seconds by hand, and what dies on the way. */
#include "algorithms/inference/ddnn/joining.h"

#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cameras: 100 Mflop/s and 250 kbps, 4.5 ms from gateway and edge, 24 ms from the cloud; and what is between those. */
static const double RADIO = 31250, WAN = 7662500, NEAR = 4.5e-3, FAR = 24e-3, TO_CLOUD = 20.5e-3,
                    EDGE_TO_GATEWAY = 1e-3, PORT = 125e6;

/* ---- bytes and seconds ---- */

/* 3 x 37 bits are 14 bytes. */
#define ODD                                                                                        \
    "algorithm.classes=7 algorithm.filters=3 algorithm.outputs=37 algorithm.question_bytes=5 "     \
    "algorithm.answer_bytes=13 "
#define WITH_EDGE                                                                                  \
    "algorithm.edge_tier=yes algorithm.edge_bytes=1009 algorithm.tier_flop=[1.7e6,3e7,2e9,5e10] "
static const char edge_hosts[] =
    "hosts={device: [\"camera-*\"], gateway: [gateway], edge: [edge], cloud: [cloud]}";

static void bytes_are_scores_questions_features_and_answers(void **state)
{
    struct simulated two = shipped_fine("ddnn", NULL, ODD "algorithm.local_exit_share=0.37");
    struct simulated three = shipped_fine(
        "ddnn", edge_hosts,
        ODD WITH_EDGE "algorithm.local_exit_share=0.37 algorithm.edge_exit_share=0.23");
    struct simulated lost = shipped_fine(
        "ddnn", NULL, ODD "algorithm.local_exit_share=0.37 algorithm.lost_devices=[1,4]");
    const int local = 63, edge = 103 - local, cloud = 171 - 103; /* 171 x 0.37, x 0.60, rounded */

    (void)state;
    assert_close(number_at(two.summary, "bytes"),
                 171 * 6 * 28 + (171 - local) * (6 * (5 + 14) + 13), 0);
    assert_close(number_at(three.summary, "bytes"),
                 171 * 6 * 28 + (edge + cloud) * (6 * (5 + 14) + 13) + cloud * 1009, 0);
    assert_close(number_at(lost.summary, "bytes"),
                 171 * 4 * 28 + (171 - local) * (4 * (5 + 14) + 13), 0);
    assert_close(metric_of(&two, "bytes_per_device_and_sample"), 28 + 14 * 108 / 171.0, 1e-12);
    assert_close(metric_of(&lost, "bytes_per_device_and_sample"), 28 + 14 * 108 / 171.0, 1e-12);
    simulated_release(&two);
    simulated_release(&three);
    simulated_release(&lost);
}

static void a_request_alone_takes_the_way_of_its_exit(void **state)
{
    const double local = 1.7e6 / 1e8 + NEAR + 28 / RADIO + 3e7 / 20e9;
    const double asked = local + NEAR + 5 / RADIO;
    const double at_edge = asked + NEAR + 14 / RADIO + 2e9 / 500e9;

    (void)state;
    assert_close(shipped_metric("ddnn",
                                ODD "algorithm.tier_flop=[1.7e6,3e7,5e10] requests.count=1 "
                                    "algorithm.local_exit_share=1",
                                "mean_latency_seconds"),
                 local, 1e-9);
    assert_close(shipped_metric("ddnn",
                                ODD "algorithm.tier_flop=[1.7e6,3e7,5e10] requests.count=1 "
                                    "algorithm.local_exit_share=0",
                                "mean_latency_seconds"),
                 asked + FAR + 14 / RADIO + 5e10 / 10e12 + TO_CLOUD + 13 / WAN, 1e-9);
    for (int e = 0; e < 2; e++) {
        struct simulated run =
            shipped_fine("ddnn", edge_hosts,
                         e == 0 ? ODD WITH_EDGE "requests.count=1 algorithm.local_exit_share=0 "
                                                "algorithm.edge_exit_share=1"
                                : ODD WITH_EDGE "requests.count=1 algorithm.local_exit_share=0");

        assert_close(metric_of(&run, "mean_latency_seconds"),
                     e == 0 ? at_edge + EDGE_TO_GATEWAY + 13 / PORT
                            : at_edge + TO_CLOUD + 1009 / WAN + 5e10 / 10e12 + TO_CLOUD + 13 / WAN,
                     1e-9);
        simulated_release(&run);
    }
}

/* ---- requests.csv ---- */

enum { ROWS = 300, FIRST_STAGE = 2 + INF_COLUMN_COUNT, COLUMNS = FIRST_STAGE + JOINING_STAGES };

static double rows[ROWS][COLUMNS];

static void read_rows(const char *path, int expected)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    int count = 0;

    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file) != NULL; count++) {
        const char *at = line;

        assert_true(count < ROWS);
        for (int c = 0; c < COLUMNS; c++) {
            char *end;

            rows[count][c] = strtod(at, &end);
            if (end == at)
                rows[count][c] = NAN; /* a word, or a gap */
            at += strcspn(at, ",\n");
            at += c < COLUMNS - 1;
        }
    }
    fclose(file);
    assert_int_equal(count, expected);
}

/* Six devices that share two WANs, and more requests than pass at once. */
static void the_stages_of_the_slowest_way_add_up_to_the_latency(void **state)
{
    struct simulated run = simulate_into(
        "platform: platforms/device_edge_cloud.xml\n"
        "hosts: {device: [\"device-*\"], gateway: [edge-0], edge: [edge-1], cloud: [cloud]}\n"
        "algorithm: {name: ddnn, edge_tier: yes, local_exit_share: 0.31, edge_exit_share: 0.29, "
        "filters: 31, outputs: 4099, edge_bytes: 7919, answer_bytes: 1013, question_bytes: 101, "
        "tier_flop: [7.3e7, 1.1e9, 2.3e9, 3.1e10]}\n"
        "requests: {arrival: poisson, rate: 190, count: 300}\nseed: 5\n",
        "build/ddnn_rows");
    double waited = 0;

    (void)state;
    assert_int_equal(run.code, 0);
    read_rows("build/ddnn_rows/requests.csv", ROWS);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0;

        for (int s = 0; s < JOINING_STAGES; s++) {
            assert_true(rows[r][FIRST_STAGE + s] >= 0);
            sum += rows[r][FIRST_STAGE + s];
        }
        assert_close(sum, rows[r][6], 1e-9);
        waited += rows[r][FIRST_STAGE + DEVICE_WAIT];
    }
    assert_true(waited > 0);
    simulated_release(&run);
}

/* ---- when things go wrong ---- */

static struct simulated with_fault(const char *faults, const char *words)
{
    return shipped_fine("ddnn", faults, words);
}

static double metric_or_0(const struct simulated *run, const char *name)
{
    return json_number_value(json_object_get(json_object_get(run->summary, "metrics"), name));
}

static double ended(const struct simulated *run)
{
    return metric_or_0(run, "requests_answered") + metric_or_0(run, "requests_lost") +
           metric_or_0(run, "requests_unfinished");
}

/* Every moment of a request's way: it computes, sends scores, is asked, sends features; on a radio that is slower than
 * the others', so that it is waited for when it dies. */
static void a_dead_device_is_not_waited_for(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++) {
        char faults[128];
        struct simulated run;

        snprintf(faults, sizeof faults,
                 "faults=[{link: radio-2_UP, at: 0s, factor: 0.1}, {peer: device-2, at: %.4fs, "
                 "factor: 0}]",
                 0.0001 + 0.0071 * i);
        run = with_fault(faults, "algorithm.local_exit_share=0.1 requests.count=11");
        assert_close(metric_of(&run, "requests_answered"), 11, 0);
        simulated_release(&run);
    }
}

/* At 1 s to the digit the eleventh request comes, and nothing else: each device's wait is over just then. */
static void a_device_may_die_as_a_request_comes(void **state)
{
    static const char *const faults[] = {"faults=[{peer: device-1, at: 1s, factor: 0}]",
                                         "faults=[{host: camera-1, at: 1s, factor: 0}]"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct simulated run = with_fault(faults[i], "requests.count=21");

        assert_close(metric_of(&run, "requests_answered"), 21, 0);
        simulated_release(&run);
    }
}

static void when_all_devices_are_dead_what_is_left_is_lost(void **state)
{
    struct simulated run = with_fault("faults=[{peer: \"device-*\", at: 5.02s, factor: 0}]",
                                      "algorithm.on_loss=local");

    (void)state;
    assert_true(metric_of(&run, "requests_answered") >= 50);
    assert_true(metric_of(&run, "requests_answered") <= 52);
    assert_close(ended(&run), 171, 0);
    simulated_release(&run);
}

static void what_the_cloud_had_is_lost_or_answered_by_the_gateway(void **state)
{
    static const char dead[] = "faults=[{peer: cloud-0, at: 5.04s, factor: 0}]";
    struct simulated lost = with_fault(dead, "algorithm.local_exit_share=0.4");
    struct simulated local =
        with_fault(dead, "algorithm.local_exit_share=0.4 algorithm.on_loss=local");

    (void)state;
    assert_close(metric_of(&local, "requests_answered"), 171, 0);
    assert_close(metric_of(&local, "requests_fell_back"), metric_of(&lost, "requests_lost"), 0);
    assert_true(metric_of(&lost, "requests_lost") > 50);
    assert_close(ended(&lost), 171, 0);
    simulated_release(&lost);
    simulated_release(&local);
}

/* Of edge and cloud each may die; what leaves before them is answered. */
static void with_an_edge_either_may_die(void **state)
{
    static const char *const who[] = {"edge", "cloud"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        char words[256], faults[96];
        struct simulated run;

        snprintf(faults, sizeof faults, "faults=[{peer: %s-0, at: 5.027s, factor: 0}]", who[i % 2]);
        snprintf(words, sizeof words,
                 "algorithm.edge_tier=yes hosts.edge=edge algorithm.local_exit_share=0.3 "
                 "algorithm.edge_exit_share=0.3 algorithm.on_loss=%s",
                 i < 2 ? "local" : "retry");
        run = with_fault(faults, words);
        assert_close(ended(&run), 171, 0);
        if (i < 2)
            assert_close(metric_of(&run, "requests_answered"), 171, 0);
        assert_true(metric_or_0(&run, i < 2 ? "requests_fell_back" : "requests_lost") > 20);
        simulated_release(&run);
    }
}

static void a_link_that_dies_delays_loses_or_is_done_without(void **state)
{
    static const char down[] = "faults=[{link: wan_*, at: 1s, for: 2s, factor: 0}]";
    struct simulated retry = with_fault(down, "algorithm.on_loss=retry");
    struct simulated local = with_fault(down, "algorithm.on_loss=local");
    struct simulated lost = with_fault(down, "algorithm.on_loss=fail");

    (void)state;
    assert_close(metric_of(&retry, "requests_answered"), 171, 0);
    assert_close(metric_of(&local, "requests_answered"), 171, 0);
    assert_close(metric_of(&local, "requests_fell_back"), metric_of(&lost, "requests_lost"), 0);
    assert_true(metric_of(&local, "requests_fell_back") > 3);
    assert_true(metric_of(&retry, "p99_latency_seconds") >
                10 * metric_of(&local, "p99_latency_seconds"));
    assert_close(ended(&lost), 171, 0);
    simulated_release(&retry);
    simulated_release(&local);
    simulated_release(&lost);
}

/* One camera's radio: its scores are sent again, or the request is given up. */
static void a_camera_that_cannot_be_heard_delays_or_loses(void **state)
{
    static const char down[] = "faults=[{link: radio-3_UP, at: 1s, for: 2s, factor: 0}]";
    struct simulated retry = with_fault(down, "algorithm.on_loss=local");
    struct simulated lost = with_fault(down, "algorithm.on_loss=fail");

    (void)state;
    assert_close(metric_of(&retry, "requests_answered"), 171, 0);
    assert_true(metric_of(&retry, "p99_latency_seconds") > 1.5);
    assert_true(metric_of(&lost, "requests_lost") >= 19);
    simulated_release(&retry);
    simulated_release(&lost);
}

static void a_dead_gateway_ends_the_run(void **state)
{
    struct simulated run = with_fault("faults=[{peer: gateway-0, at: 5.01s, factor: 0}]", "");

    (void)state;
    assert_true(seconds_of(&run) < 30);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_scores_questions_features_and_answers),
        cmocka_unit_test(a_request_alone_takes_the_way_of_its_exit),
        cmocka_unit_test(the_stages_of_the_slowest_way_add_up_to_the_latency),
        cmocka_unit_test(a_dead_device_is_not_waited_for),
        cmocka_unit_test(a_device_may_die_as_a_request_comes),
        cmocka_unit_test(when_all_devices_are_dead_what_is_left_is_lost),
        cmocka_unit_test(what_the_cloud_had_is_lost_or_answered_by_the_gateway),
        cmocka_unit_test(with_an_edge_either_may_die),
        cmocka_unit_test(a_link_that_dies_delays_loses_or_is_done_without),
        cmocka_unit_test(a_camera_that_cannot_be_heard_delays_or_loses),
        cmocka_unit_test(a_dead_gateway_ends_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
