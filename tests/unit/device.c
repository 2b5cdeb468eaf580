/* device.c -- properties of hosts: what they mean, and what is wrong with one. */
#include "sim/platform/device.h"

#include "tests/unit/close.h"

static void properties_are_read_with_their_units(void **state)
{
    static const char *const right[][2] = {
        {"memory", "80GB"},          {"memory_bandwidth", "2039GBps"},
        {"flop_efficiency", "0.66"}, {"byte_efficiency", "1"},
        {"layer_overhead", "39us"},  {"conv_efficiency", "0.5"},
        {"fc_efficiency", "1e-3"},   {"wattage_per_state", "1:2:3"},
        {"colour", "red"},           {"wattage_range", "1:2:3"},
        {"wattage_off", "5"}};
    struct sim_arena *arena = sim_arena_open();
    struct sim_device d = sim_device_plain("h", 7.3e9);
    struct sim_error err = {0};

    (void)state;
    assert_close(d.flop_efficiency, 1, 0);
    assert_close(d.byte_efficiency, 1, 0);
    assert_close(d.layer_overhead_seconds, 0, 0);
    assert_close(d.memory_bytes_per_second, 0, 0);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        assert_true(sim_device_set(&d, "p.xml", right[i][0], right[i][1], arena, &err));
    assert_string_equal(err.text, "");
    assert_close(d.memory_bytes, 80e9, 0);
    assert_close(d.memory_bytes_per_second, 2039e9, 0);
    assert_close(d.flop_efficiency, 0.66, 0);
    assert_close(d.layer_overhead_seconds, 39e-6, 1e-15);
    assert_close(sim_device_efficiency(&d, "conv"), 0.5, 0);
    assert_close(sim_device_efficiency(&d, "fc"), 1e-3, 0);
    assert_close(sim_device_efficiency(&d, "pool"), 0.66, 0);
    sim_arena_close(arena);
}

static struct complaint {
    const char *name, *property, *value, *said;
} complaints[] = {
    {"memory in no unit", "memory", "80 gigabytes",
     "p.xml: host h: property memory is '80 gigabytes', which is no bytes; write it as in 100MB."},
    {"no memory", "memory", "0", "p.xml: host h: property memory is 0; it must be greater than 0."},
    {"a radio of no row", "radio", "5g",
     "p.xml: host h: property radio is '5g'; it is 3g, 4g or wifi (or leave it out, and state "
     "radio_power, radio_send_energy and radio_receive_energy)."},
    {"a radio that gives power", "radio_power", "-1W",
     "p.xml: host h: property radio_power is -1W; it must not be negative."},
    {"an empty memory", "memory", "",
     "p.xml: host h: property memory is '', which is no bytes; write it as in 100MB."},
    {"negative memory", "memory", "-1GB",
     "p.xml: host h: property memory is -1GB; it must be greater than 0."},
    {"bandwidth in bytes", "memory_bandwidth", "2039GB",
     "p.xml: host h: property memory_bandwidth is '2039GB', which is no bytes per second; write it "
     "as in 1.25GBps."},
    {"bandwidth of none", "memory_bandwidth", "0Bps",
     "p.xml: host h: property memory_bandwidth is 0Bps; it must be greater than 0."},
    {"an efficiency of none", "flop_efficiency", "0",
     "p.xml: host h: property flop_efficiency is '0'; it must be a share greater than 0 and at "
     "most "
     "1, as in 0.5."},
    {"an efficiency above all", "byte_efficiency", "1.01",
     "p.xml: host h: property byte_efficiency is '1.01'; it must be a share greater than 0 and at "
     "most 1, as in 0.5."},
    {"an efficiency in percent", "conv_efficiency", "50%",
     "p.xml: host h: property conv_efficiency is '50%'; it must be a share greater than 0 and at "
     "most 1, as in 0.5."},
    {"an efficiency that is no number", "fc_efficiency", "nan",
     "p.xml: host h: property fc_efficiency is 'nan'; it must be a share greater than 0 and at "
     "most "
     "1, as in 0.5."},
    {"a negative overhead", "layer_overhead", "-1us",
     "p.xml: host h: property layer_overhead is -1us; it must not be negative."},
    {"an endless overhead", "layer_overhead", "1e999",
     "p.xml: host h: property layer_overhead is '1e999', which is no seconds; write it as in "
     "50us."},
    {"a slip", "memory_bandwith", "2039GBps",
     "p.xml: host h: there is no property 'memory_bandwith'; did you mean 'memory_bandwidth'?"},
    {"another slip", "flop_eficiency", "0.5",
     "p.xml: host h: there is no property 'flop_eficiency'; did you mean 'flop_efficiency'?"},
};

static void is_refused(void **state)
{
    const struct complaint *complaint = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_device d = sim_device_plain("h", 7.3e9);
    struct sim_error err = {0};

    assert_false(sim_device_set(&d, "p.xml", complaint->property, complaint->value, arena, &err));
    assert_string_equal(err.text, complaint->said);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {cmocka_unit_test(properties_are_read_with_their_units)};

    return cmocka_run_group_tests(others, NULL, NULL) + RUN_CASES(is_refused, complaints);
}
