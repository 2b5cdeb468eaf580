/* federated.h -- a platform for federated learning: one server, and clients drawn from distributions.
 *
 *     client-k --- client-k-up ------> server-link_DOWN --> server
 *     client-k <-- client-k-down ----- server-link_UP   <-- server
 *
 * Medians of the clients' links: 55.0 Mbps down and 18.9 Mbps up (average of the USA in 2016, quoted by Konecny,
 * McMahan, Yu, Richtarik, Suresh, Bacon, "Federated Learning: Strategies for Improving Communication Efficiency",
 * 2016).  A client's two links are better or worse than that by one factor, so down stays faster than up. */
#ifndef SIM_PLATFORM_FEDERATED_H
#define SIM_PLATFORM_FEDERATED_H

#include "sim/base/error.h"
#include "sim/base/spread.h"

#include <stdint.h>
#include <stdio.h>

enum { SIM_FEDERATED_MOST_CLIENTS = 100 * 1000 };

/* What to draw.  What is drawn is its median times a factor of median 1; sim/base/spread.h says what a spread means. */
struct sim_federated {
    int clients;
    uint64_t seed;
    double flop_per_second, speed_spread; /* of a client: median, spread */
    enum sim_spread speed_distribution;
    double down_bytes_per_second, up_bytes_per_second, link_spread;
    enum sim_spread link_distribution;
    double latency_seconds; /* of each link of a client, one way */
    double server_flop_per_second;
    double server_bytes_per_second; /* of its one link, each way; all clients share it */

    /* A client is up for `available_seconds` of each day, from a phase of its own; phases are drawn such that
     * at the best time of the day (0 h of the simulation) `swing` times as many are up as at the worst (12 h).
     * 0: all are up all the time. */
    double swing, available_seconds;

    /* A client computes at its full speed in the best hour of its day and at 1 / `speed_swing` of it twelve hours away,
     * and follows a cosine between, in steps of an hour; which moment of the day is its best is drawn evenly, for
     * each client alone.  0: its speed is the same all day. */
    double speed_swing;

    double idle_watts, busy_watts; /* of a client; busy 0: no client says what it draws */
};

enum { SIM_FEDERATED_DAY_SECONDS = 86400 };

/* All that dmlsim platform generate federated gives unless told otherwise: 100 clients, seed 1. */
struct sim_federated sim_federated_default(void);

/* Write it as XML for SimGrid.  What client k is depends on the seed and k alone, so more clients change none.
 * A sentence, and nothing written, where numbers make no sense: no client, a rate of 0, a uniform spread of 1, a
 * swing that no choice of phases can have. */
bool sim_federated_write(const struct sim_federated *how, FILE *file, struct sim_error *err);

#endif
