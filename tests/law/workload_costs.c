/* Layers on simulated hosts: what they take is what sim_layer_seconds says, and faults and shares act on it. */
#include "sim/peer.h"

#include "tests/fixtures/simulate.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct nothing {
    int workers;
};

static const struct sim_parameter parameters[] = {
    {SIM_COUNT(struct nothing, workers), .value = "1", .least = 1, .most = 64, .help = "peers"},
    {0}};

/* Forward through all layers, and back. */
static void trainer(struct sim_peer *me)
{
    const struct sim_model *model = me->plan->model;
    double expected = 0;

    for (int i = 0; i < model->layer_count; i++) {
        sim_compute(me, sim_layer_cost_flop(me, &model->layers[i], me->plan->batch, SIM_FORWARD));
        expected += sim_layer_cost_seconds(me, &model->layers[i], me->plan->batch, SIM_FORWARD);
    }
    for (int i = model->layer_count - 1; i >= 0; i--) {
        sim_compute(me, sim_layer_cost_flop(me, &model->layers[i], me->plan->batch, SIM_BACKWARD));
        expected += sim_layer_cost_seconds(me, &model->layers[i], me->plan->batch, SIM_BACKWARD);
    }
    sim_note(me, "expected_seconds", expected);
    sim_note(me, "memory_bytes", sim_memory_bytes(me->plan, me->number));
    sim_note(me, me->index == 0 ? "first_finished_at" : "last_finished_at", sim_now(me));
}

static const struct sim_role roles[] = {{"worker", trainer, ""}, {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    sim_cast(plan, "worker", ((const struct nothing *)plan->parameters)->workers);
    return true;
}

/* ---- a law that uses the model's cost, as algorithms will ---- */

static double all_seconds(const struct sim_plan *plan)
{
    const struct sim_device *device = sim_device_of(plan, 0);
    double seconds = 0;

    for (int i = 0; i < plan->model->layer_count; i++)
        seconds += sim_layer_seconds(device, &plan->model->layers[i], plan->batch, SIM_FORWARD) +
                   sim_layer_seconds(device, &plan->model->layers[i], plan->batch, SIM_BACKWARD);
    return seconds;
}

static bool is_alone(const struct sim_plan *plan)
{
    return plan->is_undisturbed && ((const struct nothing *)plan->parameters)->workers == 1;
}

static const struct sim_law laws[] = {{"seconds", SIM_UNIT_SECONDS, "sum of layers", all_seconds,
                                       sim_total_seconds, 1e-9, is_alone, "one worker"},
                                      {0}};

static const struct sim_algorithm algorithm = {.name = "test",
                                               .summary = "",
                                               .paper = "",
                                               .counts = "",
                                               .parameters_size = sizeof(struct nothing),
                                               .parameters = parameters,
                                               .roles = roles,
                                               .laws = laws,
                                               .workload = SIM_NEEDS_WORKLOAD,
                                               .prepare = prepare};
static const struct sim_algorithm *const algorithms[] = {&algorithm, NULL};

/* Two hosts, the second of 2/5 of the speed, with these properties. */
static const char *two_hosts(const char *properties)
{
    static char path[64];
    FILE *file;

    mkdir("build", 0777);
    mkdir("build/star", 0777);
    snprintf(path, sizeof path, "build/star/device-%ld.xml", (long)getpid());
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM "
            "\"https://simgrid.org/simgrid.dtd\">\n<platform version=\"4.1\">\n"
            "<zone id=\"z\" routing=\"Full\"><host id=\"a\" speed=\"7.3Gf\">%s</host>\n"
            "<host id=\"b\" speed=\"2.92Gf\"/>\n"
            "<link id=\"l\" bandwidth=\"123.4MBps\" latency=\"37us\"/>\n"
            "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>\n",
            properties);
    fclose(file);
    return path;
}

static struct simulated train(const char *properties, const char *model, int workers,
                              const char *more)
{
    char text[512];

    snprintf(text, sizeof text,
             "platform: %s\nalgorithm: {name: test, workers: %d}\nworkload: {model: %s, batch: "
             "7}\n%s",
             two_hosts(properties), workers, model, more);
    return simulate(text, algorithms);
}

#define P(name, value) "<prop id=\"" name "\" value=\"" value "\"/>"

/* ---- the laws ---- */

static void a_pass_over_lenet5_takes_flop_over_speed(void **state)
{
    struct simulated run = train("", "lenet5", 1, "");

    (void)state;
    assert_close(seconds_of(&run), 7 * 3 * 2 * 416520 / 7.3e9, 1e-9);
    assert_close(metric_of(&run, "expected_seconds"), seconds_of(&run), 1e-9);
    assert_int_equal(run.code, 0);
    simulated_release(&run);
}

static void properties_of_the_host_are_in_it(void **state)
{
    struct simulated run = train(P("flop_efficiency", "0.66") P("fc_efficiency", "0.33")
                                     P("layer_overhead", "39us") P("memory", "1GB"),
                                 "lenet5", 1, "");
    const double conv = 2 * (117600 + 240000) / 0.66, fc = 2 * (48000 + 10080 + 840) / 0.33;

    (void)state;
    assert_close(metric_of(&run, "memory_bytes"), 1e9, 0);
    assert_close(seconds_of(&run), 14 * 39e-6 + 7 * 3 * (conv + fc) / 7.3e9, 1e-9);
    assert_int_equal(run.code, 0);
    simulated_release(&run);
}

static void memory_bandwidth_slows_it_down(void **state)
{
    struct simulated plain = train("", "alexnet", 1, ""),
                     bound = train(P("memory_bandwidth", "1GBps"), "alexnet", 1, "");

    (void)state;
    assert_true(seconds_of(&bound) > 1.001 * seconds_of(&plain));
    assert_close(metric_of(&bound, "expected_seconds"), seconds_of(&bound), 1e-9);
    simulated_release(&plain);
    simulated_release(&bound);
}

static void a_slower_host_takes_longer_and_a_slowed_one_too(void **state)
{
    struct simulated two = train("", "lenet5", 2, ""),
                     slowed = train("", "lenet5", 1, "faults: [{host: a, at: 0, factor: 0.25}]\n");
    const double once = 7 * 3 * 2 * 416520 / 7.3e9;

    (void)state;
    assert_close(metric_of(&two, "first_finished_at"), once, 1e-9);
    assert_close(metric_of(&two, "last_finished_at"), once / 0.4, 1e-9);
    assert_close(seconds_of(&slowed), once / 0.25, 1e-9);
    simulated_release(&two);
    simulated_release(&slowed);
}

static void measured_seconds_are_for_the_fastest_host_that_takes_part(void **state)
{
    static const char path[] = "build/star/measured.csv";
    struct simulated both, slow;
    FILE *file;

    (void)state;
    two_hosts("");
    file = fopen(path, "w");
    fputs("name,forward_seconds,backward_seconds,measured_batch\na,0.3,0.5,7\nb,0.07,,7\n", file);
    fclose(file);
    both = train("", path, 2, "");
    slow = train("", path, 1, "hosts: {worker: b}\n");
    assert_close(metric_of(&both, "first_finished_at"), 0.3 + 0.5 + 3 * 0.07, 1e-9);
    assert_close(metric_of(&both, "last_finished_at"), (0.3 + 0.5 + 3 * 0.07) / 0.4, 1e-9);
    assert_close(seconds_of(&slow), 0.3 + 0.5 + 3 * 0.07, 1e-9);
    simulated_release(&both);
    simulated_release(&slow);
}

static void a_wrong_property_is_told_with_its_host(void **state)
{
    struct simulated run =
        train(P("memory_bandwidth", "fast") P("byte_eficiency", "1"), "lenet5", 1, "");
    char said[512];

    (void)state;
    snprintf(said, sizeof said,
             "%s: host a: there is no property 'byte_eficiency'; did you mean 'byte_efficiency'?\n"
             "%s: host a: property memory_bandwidth is 'fast', which is no bytes per second; write "
             "it as in 1.25GBps.",
             two_hosts(""), two_hosts(""));
    assert_int_equal(run.code, 2);
    assert_string_equal(run.err.text, said);
    simulated_release(&run);
}

static void the_summary_says_what_was_trained(void **state)
{
    struct simulated run = train("", "lenet5", 1, "");
    const json_t *workload = json_object_get(json_object_get(run.summary, "scenario"), "workload");

    (void)state;
    assert_string_equal(json_string_value(json_object_get(workload, "model")), "lenet5");
    assert_int_equal(json_integer_value(json_object_get(workload, "batch")), 7);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_over_lenet5_takes_flop_over_speed),
        cmocka_unit_test(properties_of_the_host_are_in_it),
        cmocka_unit_test(memory_bandwidth_slows_it_down),
        cmocka_unit_test(a_slower_host_takes_longer_and_a_slowed_one_too),
        cmocka_unit_test(measured_seconds_are_for_the_fastest_host_that_takes_part),
        cmocka_unit_test(a_wrong_property_is_told_with_its_host),
        cmocka_unit_test(the_summary_says_what_was_trained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
