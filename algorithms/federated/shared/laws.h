/* laws.h -- closed forms that hold for federated systems. */
#ifndef FEDERATED_LAWS_H
#define FEDERATED_LAWS_H

#include "sim/algorithm.h"

double fed_message_bytes(const struct sim_plan *plan);
double fed_all_bytes(const struct sim_totals *totals);
double fed_whole_bytes(const struct sim_plan *plan);
bool fed_is_whole(const struct sim_plan *plan);

#define FED_LAWS                                                                                   \
    {"bytes of all messages", SIM_UNIT_BYTES, "downloads x G + uploads x G",                       \
     fed_message_bytes,       fed_all_bytes,  .tolerance = 0},                                     \
    {                                                                                              \
        "bytes of whole rounds", SIM_UNIT_BYTES, "2 R m G", fed_whole_bytes, fed_all_bytes,        \
            .tolerance = 0, .holds = fed_is_whole,                                                 \
            .assumes = "every client that is chosen answers in every round"                        \
    }

#endif
