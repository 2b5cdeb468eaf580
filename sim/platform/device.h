/* device.h -- a host as a device that computes layers: what its properties in the platform file say.
 *
 *   memory             bytes; unknown unless given
 *   memory_bandwidth   bytes per second; unless given, memory is never what a layer waits for
 *   flop_efficiency    share of `speed` that layers reach; 1
 *   <kind>_efficiency  the same for layers of that kind, instead of flop_efficiency
 *   byte_efficiency    share of memory_bandwidth that layers reach; 1
 *   layer_overhead     seconds that every layer takes beside its work; 0
 *   radio              what its transfers draw beside the host: 3g, 4g or wifi, rows of a table; nothing
 *   radio_power        watts while it sends or receives, however fast, instead of the row's
 *   radio_send_energy, radio_receive_energy
 *                      joules a byte on top of them, instead of the row's
 *
 * The table: A. E. Eshratifar and M. Pedram, "Energy and Performance Efficient Computation Offloading for Deep
 * Neural Networks in a Mobile Cloud Computing Environment" (GLSVLSI 2018), Table 3.  Power is beta + alpha t mW at
 * a throughput of t Mbps, so a transfer draws beta for its seconds, and alpha for its bytes:
 * 1 mW / Mbps = 1e-9 J a bit.  What the host itself draws is SimGrid's to count, of wattage_per_state.
 *
 * Other properties (wattage_per_state, a user's own) are none of ours, unless one is so near to these that it
 * must be a slip. */
#ifndef SIM_PLATFORM_DEVICE_H
#define SIM_PLATFORM_DEVICE_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Efficiency for layers of one kind. */
struct sim_kind_efficiency {
    const char *kind;
    double efficiency;
    struct sim_kind_efficiency *next;
};

/* What sending and receiving draw; all 0 where the platform says nothing. */
struct sim_radio {
    double watts; /* while a transfer goes on */
    double send_joules_per_byte, receive_joules_per_byte;
};

struct sim_device {
    const char *name;       /* of the host */
    double flop_per_second; /* speed of a core: what sim_compute runs on */
    double
        reference_flop_per_second; /* of the fastest host that takes part: measured seconds are for it */
    double memory_bytes;           /* 0: not known */
    double memory_bytes_per_second; /* 0: not known */
    double flop_efficiency, byte_efficiency;
    double layer_overhead_seconds;
    struct sim_kind_efficiency *kinds;
    struct sim_radio radio;
};

/* A device of that speed with all defaults; its own reference. */
struct sim_device sim_device_plain(const char *name, double flop_per_second);

/* Take one property of its host; `platform` names the file in sentences. */
bool sim_device_set(struct sim_device *device, const char *platform, const char *property,
                    const char *value, struct sim_arena *arena, struct sim_error *err);

/* The share of its speed that layers of that kind reach. */
double sim_device_efficiency(const struct sim_device *device, const char *kind);

/* What its radio draws for transfers that take so many seconds in all. */
double sim_device_radio_joules(const struct sim_device *device, double seconds, int64_t sent_bytes,
                               int64_t received_bytes);

#endif
