/* Neurosurgeon at work: it follows bandwidth and load as they change, and is never later than either baseline. */
#include "tests/fixtures/shipped.h"

#include <stdio.h>
#include <string.h>

static double latency(const char *words)
{
    return shipped_metric("neurosurgeon", words, "mean_latency_seconds");
}

/* Its law holds in each: latency is that of the formula to 1e-9, bytes exactly. */
static void every_legal_cut_takes_what_the_formula_says_and_auto_takes_the_least(void **state)
{
    static const char *const splits[] = {"device", "cloud", "conv1",  "pool1",  "conv2", "pool2",
                                         "conv7",  "conv8", "pool13", "conv18", "pool17"};
    const double best = latency("algorithm.split=auto");
    bool was_equal = false;

    (void)state;
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        char words[64];
        struct simulated run;

        snprintf(words, sizeof words, "algorithm.split=%s", splits[i]);
        run = shipped_run("neurosurgeon", NULL, words);
        if (run.code == 0)
            assert_true(metric_of(&run, "mean_latency_seconds") >= best * (1 - 1e-9));
        else
            assert_int_equal(run.code, 2); /* two tensors cross, or no such layer */
        was_equal |= run.code == 0;
        simulated_release(&run);
    }
    assert_true(was_equal);
}

static void a_slower_way_moves_the_cut_to_the_device(void **state)
{
    struct simulated run = shipped_fine(
        "neurosurgeon", "faults=[{link: wifi-up, at: 15s, factor: 0.05}]", "requests.count=60");
    struct simulated fixed = shipped_fine(
        "neurosurgeon", "faults=[{link: wifi-up, at: 15s, factor: 0.02}]", "algorithm.split=cloud");

    (void)state;
    assert_close(metric_of(&run, "split_changes"), 1, 0);
    assert_close(metric_of(&run, "layers_on_device"), 30, 0);
    assert_true(metric_of(&run, "mean_latency_seconds") <
                metric_of(&fixed, "mean_latency_seconds") / 3);
    simulated_release(&run);
    simulated_release(&fixed);
}

/* The same by a profile of the platform; and a change to another link leaves the profile where it is. */
static void a_profile_of_the_way_moves_the_cut_too(void **state)
{
    static const char link[] = "<link id=\"wifi-up\" bandwidth=\"18.88Mbps\"";
    FILE *profile = fopen("build/slow_way.profile", "w");
    FILE *to = fopen("build/slow_way.xml", "w"), *from = fopen("platforms/three_radios.xml", "r");
    char line[1024];

    (void)state;
    fputs("0 2360000\n20 118000\nLOOPAFTER 1000\n", profile);
    fclose(profile);
    while (fgets(line, sizeof line, from) != NULL) {
        char *at = strstr(line, link);

        if (at != NULL)
            fprintf(to, "    %s bandwidth_file=\"slow_way.profile\"%s", link, at + strlen(link));
        else
            fputs(line, to);
    }
    fclose(from);
    fclose(to);
    assert_close(shipped_metric("neurosurgeon", "platform=build/slow_way.xml requests.count=60",
                                "split_changes"),
                 1, 0);
    assert_close(shipped_metric("neurosurgeon",
                                "platform=build/slow_way.xml requests.count=60 "
                                "platform.link[wifi-down].bandwidth=9Mbps",
                                "split_changes"),
                 1, 0);
}

/* Requests are so rare that none is under way when the way is free again: without probes the device stays where it went, since no answer tells it that the way is free again. */
static void probes_find_out_that_the_way_is_free_again(void **state)
{
    static const char slow[] = "faults=[{link: wifi-up, at: 60s, for: 150s, factor: 0.05}]";
    struct simulated blind =
        shipped_fine("neurosurgeon", slow, "requests.rate=0.02 requests.count=10");
    struct simulated probing =
        shipped_fine("neurosurgeon", slow,
                     "algorithm.probe_bytes=10kB algorithm.probe_seconds=3s requests.rate=0.02 "
                     "requests.count=10");

    (void)state;
    assert_close(metric_of(&blind, "split_changes"), 1, 0);
    assert_close(metric_of(&blind, "layers_on_device"), 30, 0);
    assert_close(metric_of(&probing, "split_changes"), 2, 0);
    assert_true(metric_of(&probing, "layers_on_device") < 30);
    assert_true(metric_of(&probing, "mean_latency_seconds") <
                metric_of(&blind, "mean_latency_seconds"));
    simulated_release(&blind);
    simulated_release(&probing);
}

static void a_slower_server_gets_less(void **state)
{
    struct simulated run =
        shipped_fine("neurosurgeon", "faults=[{host: server, at: 15s, factor: 0.002}]", "");
    double before = 0;

    (void)state;
    assert_true(metric_of(&run, "split_changes") >= 1);
    assert_close(metric_of(&run, "layers_on_device"), 30, 0);
    simulated_release(&run);
    for (int i = 0; i < 4; i++) {
        static const char *const loads[] = {"algorithm.server_load=0", "algorithm.server_load=0.9",
                                            "algorithm.server_load=0.99",
                                            "algorithm.server_load=0.999"};
        const double layers = shipped_metric("neurosurgeon", loads[i], "layers_on_device");

        assert_true(layers >= before);
        before = layers;
    }
    assert_close(before, 30, 0);
}

/* What stations book is what the choice was made by: compute, and the radio's two transfers. */
static void joules_of_a_request_are_as_planned(void **state)
{
    static const char *const radios[] = {"hosts={device: [pi-3g], server: [server]}",
                                         "hosts={device: [pi-4g], server: [server]}",
                                         "hosts={device: [pi-wifi], server: [server]}"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct simulated energy =
            shipped_fine("neurosurgeon", radios[i],
                         "algorithm.objective=energy requests.rate=0.01 workload.model=vgg16");
        struct simulated quick =
            shipped_fine("neurosurgeon", radios[i], "requests.rate=0.01 workload.model=vgg16");

        assert_close(metric_of(&energy, "mean_device_joules"), metric_of(&energy, "planned_joules"),
                     1e-6);
        assert_true(metric_of(&energy, "mean_device_joules") <=
                    metric_of(&quick, "mean_device_joules") * (1 + 1e-9));
        simulated_release(&energy);
        simulated_release(&quick);
    }
}

static void a_link_that_dies_in_mid_request_is_survived_in_three_ways(void **state)
{
    static const char down[] = "faults=[{link: wifi-up, at: 10.5s, for: 1s, factor: 0}]";
    struct simulated retry = shipped_fine("neurosurgeon", down, "algorithm.on_loss=retry");
    struct simulated local = shipped_fine("neurosurgeon", down, "algorithm.on_loss=local");
    struct simulated lost = shipped_fine("neurosurgeon", down, "algorithm.on_loss=fail");

    (void)state;
    assert_close(metric_of(&retry, "requests_answered"), 20, 0);
    assert_close(metric_of(&local, "requests_fell_back"), 1, 0);
    assert_close(metric_of(&lost, "requests_lost"), 1, 0);
    simulated_release(&retry);
    simulated_release(&local);
    simulated_release(&lost);
}

static void a_device_predicts_from_measurements(void **state)
{
    FILE *file = fopen("build/neurosurgeon_layers.csv", "w");
    struct simulated run;

    (void)state;
    fputs("side,kind,macs,activation_bytes,seconds\n", file);
    for (int i = 1; i <= 5; i++) {
        static const char *const kinds[] = {"conv",   "pool",    "norm", "relu",
                                            "concat", "reshape", "fc",   "add"};

        for (int k = 0; k < 8; k++) {
            const double macs = k == 0 || k == 6 ? 1e8 * i : 0;

            fprintf(file, "device,%s,%g,%d,%g\n", kinds[k], macs, 40000 * i,
                    1e-9 * i + macs / 10e9);
            fprintf(file, "server,%s,%g,%d,%g\n", kinds[k], macs, 40000 * i,
                    1e-9 * i + macs / 5e12);
        }
    }
    fclose(file);
    run =
        shipped_fine("neurosurgeon", NULL, "algorithm.measurements=build/neurosurgeon_layers.csv");
    assert_true(metric_of(&run, "prediction_error") < 0.01);
    assert_close(metric_of(&run, "mean_latency_seconds"), latency("seed=2"), 1e-9);
    simulated_release(&run);
    shipped_fails("neurosurgeon", NULL,
                  "algorithm.measurements=build/neurosurgeon_layers.csv workload.model=bert_base",
                  2, "was measured on the device, and bert_base has some");
}

static void what_does_not_fit_is_said_before_it_runs(void **state)
{
    (void)state;
    shipped_fails("neurosurgeon", NULL, "workload.model=llama_7b", 2,
                  "the parameters of llama_7b need");
    shipped_fails("neurosurgeon", NULL, "workload.model=resnet18 algorithm.split=conv2_1_a", 2,
                  "2 tensors cross, as inside a residual block");
    shipped_fails("neurosurgeon", NULL, "workload.model=resnet18 algorithm.split=conv2_1_z", 2,
                  "has no layer 'conv2_1_z'");
    shipped_fails("neurosurgeon", NULL,
                  "platform=platforms/device_edge_cloud.xml algorithm.objective=energy "
                  "hosts.device=[device-0] hosts.server=[cloud]",
                  2, "does not say what it draws");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_legal_cut_takes_what_the_formula_says_and_auto_takes_the_least),
        cmocka_unit_test(a_slower_way_moves_the_cut_to_the_device),
        cmocka_unit_test(a_profile_of_the_way_moves_the_cut_too),
        cmocka_unit_test(probes_find_out_that_the_way_is_free_again),
        cmocka_unit_test(a_slower_server_gets_less),
        cmocka_unit_test(joules_of_a_request_are_as_planned),
        cmocka_unit_test(a_link_that_dies_in_mid_request_is_survived_in_three_ways),
        cmocka_unit_test(a_device_predicts_from_measurements),
        cmocka_unit_test(what_does_not_fit_is_said_before_it_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
