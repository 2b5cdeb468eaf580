#include "sim/platform/device.h"

#include "sim/base/names.h"
#include "sim/base/units.h"

#include <stddef.h>
#include <string.h>

static const char kind_ending[] = "_efficiency";

/* What a property is, and where it goes. */
static const struct {
    const char *name;
    size_t offset;
    enum sim_unit unit;
    bool may_be_zero, is_share;
} properties[] = {
    {"memory", offsetof(struct sim_device, memory_bytes), SIM_UNIT_BYTES, false, false},
    {"memory_bandwidth", offsetof(struct sim_device, memory_bytes_per_second),
     SIM_UNIT_BYTES_PER_SECOND, false, false},
    {"flop_efficiency", offsetof(struct sim_device, flop_efficiency), SIM_UNIT_NONE, false, true},
    {"byte_efficiency", offsetof(struct sim_device, byte_efficiency), SIM_UNIT_NONE, false, true},
    {"layer_overhead", offsetof(struct sim_device, layer_overhead_seconds), SIM_UNIT_SECONDS, true,
     false},
    {"radio_power", offsetof(struct sim_device, radio.watts), SIM_UNIT_WATTS, true, false},
    {"radio_send_energy", offsetof(struct sim_device, radio.send_joules_per_byte), SIM_UNIT_JOULES,
     true, false},
    {"radio_receive_energy", offsetof(struct sim_device, radio.receive_joules_per_byte),
     SIM_UNIT_JOULES, true, false},
};
enum { PROPERTIES = sizeof properties / sizeof properties[0] };

/* Rows of the table that device.h names, in its units. */
static const struct {
    const char *name;
    double alpha_send, alpha_receive, beta; /* mW / Mbps, mW / Mbps, mW */
} radios[] = {
    {"3g", 868.98, 122.12, 817.88},
    {"4g", 438.39, 51.97, 1288.04},
    {"wifi", 283.17, 137.01, 132.86},
};

struct sim_device sim_device_plain(const char *name, double flop_per_second)
{
    return (struct sim_device){.name = name,
                               .flop_per_second = flop_per_second,
                               .reference_flop_per_second = flop_per_second,
                               .flop_efficiency = 1,
                               .byte_efficiency = 1};
}

/* A property under reading: what it belongs to, for sentences. */
struct reading {
    const char *platform, *host, *property, *value;
    struct sim_error *err;
};

static bool read_share(const struct reading *reading, double *share)
{
    double value;

    if (!sim_parse_quantity(reading->value, SIM_UNIT_NONE, &value) || value <= 0 || value > 1)
        return sim_fail(reading->err,
                        "%s: host %s: property %s is '%s'; it must be a share greater than 0 and "
                        "at most 1, as in 0.5.",
                        reading->platform, reading->host, reading->property, reading->value);
    *share = value;
    return true;
}

static bool read_quantity(const struct reading *reading, enum sim_unit unit, bool may_be_zero,
                          double *quantity)
{
    double value;

    if (!sim_parse_quantity(reading->value, unit, &value))
        return sim_fail(reading->err,
                        "%s: host %s: property %s is '%s', which is no %s; write it as in %s.",
                        reading->platform, reading->host, reading->property, reading->value,
                        sim_unit_name(unit), sim_unit_example(unit));
    if (value < 0 || (value == 0 && !may_be_zero))
        return sim_fail(reading->err, "%s: host %s: property %s is %s; it must %s.",
                        reading->platform, reading->host, reading->property, reading->value,
                        may_be_zero ? "not be negative" : "be greater than 0");
    *quantity = value;
    return true;
}

static bool add_kind(struct sim_device *device, const struct reading *reading,
                     struct sim_arena *arena)
{
    struct sim_kind_efficiency *kind = sim_new(arena, struct sim_kind_efficiency, 1);

    kind->kind = sim_text_copy(arena, reading->property,
                               strlen(reading->property) - (sizeof kind_ending - 1));
    kind->next = device->kinds;
    device->kinds = kind;
    return read_share(reading, &kind->efficiency);
}

static bool read_radio(struct sim_radio *radio, const struct reading *reading)
{
    static const double watts = 1e-3, joules_per_byte = 8e-9; /* a mW, a mW / Mbps */

    for (size_t i = 0; i < sizeof radios / sizeof radios[0]; i++)
        if (strcmp(reading->value, radios[i].name) == 0) {
            *radio =
                (struct sim_radio){radios[i].beta * watts, radios[i].alpha_send * joules_per_byte,
                                   radios[i].alpha_receive * joules_per_byte};
            return true;
        }
    return sim_fail(reading->err,
                    "%s: host %s: property radio is '%s'; it is 3g, 4g or wifi (or leave it out, "
                    "and state radio_power, radio_send_energy and radio_receive_energy).",
                    reading->platform, reading->host, reading->value);
}

static bool is_no_slip(const struct reading *reading)
{
    const char *names[PROPERTIES + 1] = {[PROPERTIES] = "radio"}, *near;

    for (int i = 0; i < PROPERTIES; i++)
        names[i] = properties[i].name;
    near = sim_nearest_name(reading->property, names, PROPERTIES + 1);
    return near == NULL ||
           sim_fail(reading->err, "%s: host %s: there is no property '%s'; did you mean '%s'?",
                    reading->platform, reading->host, reading->property, near);
}

bool sim_device_set(struct sim_device *device, const char *platform, const char *property,
                    const char *value, struct sim_arena *arena, struct sim_error *err)
{
    const struct reading reading = {platform, device->name, property, value, err};
    const size_t length = strlen(property), ending = sizeof kind_ending - 1;

    for (int i = 0; i < PROPERTIES; i++)
        if (strcmp(property, properties[i].name) == 0) {
            double *field = (double *)(void *)((char *)device + properties[i].offset);

            return properties[i].is_share ? read_share(&reading, field)
                                          : read_quantity(&reading, properties[i].unit,
                                                          properties[i].may_be_zero, field);
        }
    if (strcmp(property, "radio") ==
        0) /* properties come in order of names: numbers replace a row's */
        return read_radio(&device->radio, &reading);
    if (length > ending && strcmp(property + length - ending, kind_ending) == 0)
        return add_kind(device, &reading, arena);
    return is_no_slip(&reading);
}

double sim_device_efficiency(const struct sim_device *device, const char *kind)
{
    for (const struct sim_kind_efficiency *k = device->kinds; k != NULL; k = k->next)
        if (strcmp(k->kind, kind) == 0)
            return k->efficiency;
    return device->flop_efficiency;
}

double sim_device_radio_joules(const struct sim_device *device, double seconds, int64_t sent_bytes,
                               int64_t received_bytes)
{
    const struct sim_radio *radio = &device->radio;

    return radio->watts * seconds + radio->send_joules_per_byte * (double)sent_bytes +
           radio->receive_joules_per_byte * (double)received_bytes;
}
