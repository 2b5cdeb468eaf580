/* What is worth sending over 3G: nothing.
 *
 * Duan and Wu, Joint optimization of DNN partition and scheduling for mobile cloud computing, ICPP 2021 (JPS): on a
 * Raspberry Pi behind 3G (1.1 Mbps up) cloud-only takes over 4 s for every network (4.82 Mbit of input), and the best
 * single split of AlexNet and of ResNet-18 is to send nothing (a reduction of 0 % in Table 1).  Their Pi is a 4B, ours
 * a slower 3B+: what it keeps at home a faster one keeps, too. */
#include "tests/fixtures/shipped.h"

static const char *const networks[] = {"alexnet", "resnet18", "mobilenet_v2", "vgg16"};

static struct simulated over_3g(const char *model, const char *split)
{
    struct sim_arena *arena = sim_arena_open();
    struct simulated run =
        shipped_fine("neurosurgeon", "hosts={device: [pi-3g], server: [server]}",
                     sim_text(arena,
                              "workload.model=%s algorithm.split=%s algorithm.objective=latency "
                              "requests.arrival=one requests.rate=0 requests.count=1",
                              model, split));

    sim_arena_close(arena);
    return run;
}

static void cloud_only_over_3g_takes_more_than_four_seconds(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct simulated run = over_3g(networks[i], "cloud");

        assert_true(metric_of(&run, "mean_latency_seconds") > 4);
        assert_true(metric_of(&run, "mean_uplink_seconds") > 4.816896 / 1.1);
        simulated_release(&run);
    }
}

static void the_best_split_of_alexnet_and_resnet18_over_3g_is_to_send_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct simulated best = over_3g(networks[i], "auto");
        struct simulated local = over_3g(networks[i], "device");

        assert_close(number_at(best.summary, "bytes"), 0, 0);
        assert_close(metric_of(&best, "mean_latency_seconds"),
                     metric_of(&local, "mean_latency_seconds"), 0);
        simulated_release(&best);
        simulated_release(&local);
    }
}

/* Not so over Wi-Fi, and not for a network as large as VGG-16. */
static void over_wifi_vgg16_is_sent(void **state)
{
    struct simulated run =
        shipped_fine("neurosurgeon", NULL,
                     "workload.model=vgg16 algorithm.objective=latency requests.arrival=one "
                     "requests.rate=0 requests.count=1");

    (void)state;
    assert_close(metric_of(&run, "layers_on_device"), 0, 0);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cloud_only_over_3g_takes_more_than_four_seconds),
        cmocka_unit_test(the_best_split_of_alexnet_and_resnet18_over_3g_is_to_send_nothing),
        cmocka_unit_test(over_wifi_vgg16_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
