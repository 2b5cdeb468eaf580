/* cost.c -- a layer on a device: the roofline, worked out by hand once more. */
#include "sim/workload/cost.h"

#include "sim/platform/device.h"

#include "tests/unit/close.h"

static const double SPEED = 7.3e9, BANDWIDTH = 123.4e6;

static struct sim_layer layer(void)
{
    return (struct sim_layer){.name = "a",
                              .kind = "conv",
                              .forward_flop = 1000003,
                              .backward_flop = 2500007,
                              .activation_bytes = 1009,
                              .input_bytes = 5003,
                              .parameter_bytes = 70001,
                              .forward_seconds = -1,
                              .backward_seconds = -1,
                              .measured_batch = 1};
}

static struct sim_device device(void)
{
    return sim_device_plain("h", SPEED);
}

static void without_a_memory_bandwidth_it_is_flop_over_speed(void **state)
{
    const struct sim_device plain = device();
    const struct sim_layer one = layer();

    (void)state;
    assert_close(sim_layer_seconds(&plain, &one, 1, SIM_FORWARD), 1000003 / SPEED, 1e-15);
    assert_close(sim_layer_seconds(&plain, &one, 7, SIM_FORWARD), 7 * 1000003 / SPEED, 1e-15);
    assert_close(sim_layer_seconds(&plain, &one, 7, SIM_BACKWARD), 7 * 2500007 / SPEED, 1e-15);
}

static void efficiency_divides_and_a_kind_has_its_own(void **state)
{
    struct sim_device slow = device();
    struct sim_kind_efficiency conv = {"conv", 0.25, NULL}, fc = {"fc", 0.8, &conv};
    struct sim_layer one = layer();

    (void)state;
    slow.flop_efficiency = 0.6;
    assert_close(sim_layer_seconds(&slow, &one, 1, SIM_FORWARD), 1000003 / SPEED / 0.6, 1e-15);
    slow.kinds = &fc;
    assert_close(sim_layer_seconds(&slow, &one, 1, SIM_FORWARD), 1000003 / SPEED / 0.25, 1e-15);
    one.kind = "pool";
    assert_close(sim_layer_seconds(&slow, &one, 1, SIM_FORWARD), 1000003 / SPEED / 0.6, 1e-15);
}

static void memory_and_arithmetic_meet_at_a_smooth_knee(void **state)
{
    struct sim_device d = device();
    const struct sim_layer one = layer();
    const double flop_seconds = 7 * 1000003 / SPEED / 0.66;
    const double bytes = 70001 + 7 * (5003 + 1009);
    const double byte_seconds = bytes / (BANDWIDTH * 0.78);

    (void)state;
    d.flop_efficiency = 0.66;
    d.byte_efficiency = 0.78;
    d.memory_bytes_per_second = BANDWIDTH;
    d.layer_overhead_seconds = 39e-6;
    assert_close(sim_layer_memory_bytes(&one, 7, SIM_FORWARD), bytes, 0);
    assert_close(sim_layer_memory_bytes(&one, 7, SIM_BACKWARD), 2 * bytes, 0);
    assert_close(sim_layer_seconds(&d, &one, 7, SIM_FORWARD),
                 39e-6 + sqrt(flop_seconds * flop_seconds + byte_seconds * byte_seconds), 1e-14);
}

/* Two equal times make sqrt(2) of one; far from the knee the larger alone is left. */
static void the_knee_is_at_equal_times(void **state)
{
    struct sim_device d = device();
    struct sim_layer one = layer();

    (void)state;
    one.parameter_bytes = 1000003;
    one.input_bytes = one.activation_bytes = 0;
    d.memory_bytes_per_second = SPEED;
    assert_close(sim_layer_seconds(&d, &one, 1, SIM_FORWARD), sqrt(2) * 1000003 / SPEED, 1e-15);
    assert_close(sim_layer_seconds(&d, &one, 100003, SIM_FORWARD), 100003 * 1000003.0 / SPEED,
                 1e-9);
}

static void a_layer_without_flop_takes_the_time_of_its_bytes(void **state)
{
    struct sim_device d = device();
    struct sim_layer pool = layer();

    (void)state;
    pool.forward_flop = 0;
    pool.parameter_bytes = 0;
    assert_close(sim_layer_seconds(&d, &pool, 3, SIM_FORWARD), 0, 0);
    d.memory_bytes_per_second = BANDWIDTH;
    assert_close(sim_layer_seconds(&d, &pool, 3, SIM_FORWARD), 3 * (5003 + 1009) / BANDWIDTH,
                 1e-15);
}

static void of_a_table_of_embeddings_only_rows_looked_up_are_read(void **state)
{
    struct sim_layer table = layer();

    (void)state;
    table.kind = "embedding";
    assert_close(sim_layer_memory_bytes(&table, 7, SIM_FORWARD), 7 * 1009 + 7 * (5003 + 1009), 0);
    table.kind = "gather";
    assert_close(sim_layer_memory_bytes(&table, 1000, SIM_FORWARD), 70001 + 1000 * (5003 + 1009),
                 0);
}

static void measured_seconds_are_those_of_the_reference(void **state)
{
    struct sim_device d = device();
    struct sim_layer one = layer();

    (void)state;
    d.layer_overhead_seconds = 1;
    d.flop_efficiency = 0.5;
    one.forward_seconds = 0.7;
    one.measured_batch = 3;
    assert_close(sim_layer_seconds(&d, &one, 3, SIM_FORWARD), 0.7, 1e-15);
    assert_close(sim_layer_seconds(&d, &one, 7, SIM_FORWARD), 0.7 * 7 / 3, 1e-15);
    d.reference_flop_per_second = 2.5 * SPEED;
    assert_close(sim_layer_seconds(&d, &one, 3, SIM_FORWARD), 0.7 * 2.5, 1e-15);
    assert_close(sim_layer_seconds(&d, &one, 3, SIM_BACKWARD), 0.7 * 2.5 * 2500007 / 1000003,
                 1e-15);
    one.forward_flop = one.backward_flop = 0;
    assert_close(sim_layer_seconds(&d, &one, 3, SIM_BACKWARD), 0.7 * 2.5 * 2, 1e-15);
    one.backward_seconds = 1.1;
    assert_close(sim_layer_seconds(&d, &one, 3, SIM_BACKWARD), 1.1 * 2.5, 1e-15);
    one.forward_seconds = -1;
    assert_close(sim_layer_seconds(&d, &one, 3, SIM_BACKWARD), 1.1 * 2.5, 1e-15);
    assert_close(sim_layer_seconds(&d, &one, 3, SIM_FORWARD), 1, 0);
}

static void what_stands_for_an_input_takes_no_time(void **state)
{
    struct sim_device d = device();
    struct sim_layer input = layer();

    (void)state;
    d.layer_overhead_seconds = 1;
    d.memory_bytes_per_second = BANDWIDTH;
    input.kind = "input";
    assert_close(sim_layer_seconds(&d, &input, 7, SIM_FORWARD), 0, 0);
    assert_close(sim_layer_seconds(&d, &input, 7, SIM_BACKWARD), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_memory_bandwidth_it_is_flop_over_speed),
        cmocka_unit_test(efficiency_divides_and_a_kind_has_its_own),
        cmocka_unit_test(memory_and_arithmetic_meet_at_a_smooth_knee),
        cmocka_unit_test(the_knee_is_at_equal_times),
        cmocka_unit_test(a_layer_without_flop_takes_the_time_of_its_bytes),
        cmocka_unit_test(of_a_table_of_embeddings_only_rows_looked_up_are_read),
        cmocka_unit_test(measured_seconds_are_those_of_the_reference),
        cmocka_unit_test(what_stands_for_an_input_takes_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
