/* laws.h -- closed forms that hold for federated systems, as functions for their tables of laws. */
#ifndef FEDERATED_LAWS_H
#define FEDERATED_LAWS_H

#include "sim/algorithm.h"

/* Bytes of all that the server counted, message by message; beside those that hosts and network saw. */
double fed_message_bytes(const struct sim_plan *plan);
double fed_all_bytes(const struct sim_totals *totals);

/* Are updates compressed or masked?  Then fed_message_bytes has all messages, those of a method's own too. */
bool fed_has_changed_sizes(const struct sim_plan *plan);

/* Messages between server and clients that have arrived, likewise; where each has a host of its own. */
double fed_counted_messages(const struct sim_plan *plan);

/* What all uploads took, beside what each takes alone on its links. */
double fed_alone_seconds(const struct sim_plan *plan);
double fed_upload_seconds(const struct sim_totals *totals);
bool fed_has_room(const struct sim_plan *plan);

/* R versions of K updates: R (66 K + 8 + the masked sum), and R (K + 2) messages, of the trusted party with the server;
 * beside what was said inside hosts, and what the server counted. */
double fed_trusted_bytes(const struct sim_plan *plan);
double fed_local_bytes(const struct sim_totals *totals);
double fed_trusted_messages(const struct sim_plan *plan);
double fed_noted_trusted_messages(const struct sim_totals *totals);

/* Does every client that is chosen answer with an update, in every round of the scenario? */
bool fed_is_whole(const struct sim_plan *plan);
double fed_whole_bytes(const struct sim_plan *plan); /* 2 R m G */

/* Seconds of R rounds in which `chosen` says how many of the first of `order` begin; NULL: m. */
typedef int fed_chosen_in(const struct sim_plan *plan, int round, int *order);
double fed_rounds_seconds(const struct sim_plan *plan, fed_chosen_in *chosen);

/* The same of m; it holds where rounds are whole, draws are the default ones, and links have room. */
double fed_ideal_seconds(const struct sim_plan *plan);
bool fed_is_uncontended(const struct sim_plan *plan); /* links only */
bool fed_is_ideal(const struct sim_plan *plan);

/* Steps of descent of an update: where all clients have as many samples, which B divides. */
double fed_ideal_steps(const struct sim_plan *plan);
double fed_mean_steps(const struct sim_totals *totals);
bool fed_has_equal_parts(const struct sim_plan *plan);

#define FED_UPLOADS_LAW                                                                            \
    {                                                                                              \
        "seconds of all uploads", SIM_UNIT_SECONDS,                                                \
            "sum over uploads of latency + bytes / bandwidth", fed_alone_seconds,                  \
            fed_upload_seconds, .tolerance = 1e-9, .holds = fed_has_room,                          \
                                .assumes = "links have room for all clients at once, hosts of "    \
                                           "their own, network: textbook, no faults, no profiles"  \
    }
#define FED_MESSAGES_LAW                                                                           \
    {                                                                                              \
        "messages", SIM_UNIT_NONE,                                                                 \
            "downloads, decisions, answers to keys; uploads, keys, reports, refusals",             \
            fed_counted_messages, sim_total_messages, .tolerance = 0, .holds = sim_has_own_hosts,  \
                                                      .assumes = "hosts of their own, nobody dies" \
    }
#define FED_BYTES_LAW                                                                              \
    {"bytes of all messages",                                                                      \
     SIM_UNIT_BYTES,                                                                               \
     "downloads x G + uploads x G, or what those become; and keys",                                \
     fed_message_bytes,                                                                            \
     fed_all_bytes,                                                                                \
     .tolerance = 0},                                                                              \
        FED_UPLOADS_LAW, FED_MESSAGES_LAW
#define FED_STEPS_LAW                                                                              \
    {                                                                                              \
        "steps of an update", SIM_UNIT_NONE, "u = n E / (K B)", fed_ideal_steps, fed_mean_steps,   \
            .tolerance = 1e-12, .holds = fed_has_equal_parts,                                      \
            .assumes = "all clients have as many samples, which B divides, and no stragglers"      \
    }
#define FED_SECONDS "sum over rounds of max(download + compute + upload) + aggregation"
#define FED_SECONDS_ASSUMES                                                                        \
    "all that are chosen answer, compression: none, links have room for all of them, hosts of "    \
    "their own, network: "                                                                         \
    "textbook"

/* What FedAvg obeys, and whatever changes neither sizes nor choice; FED_STEPS_LAW where no shipped scenario has
 * stragglers. */
#define FED_LAWS                                                                                   \
    FED_BYTES_LAW,                                                                                 \
        {"bytes of whole rounds",                                                                  \
         SIM_UNIT_BYTES,                                                                           \
         "2 R m G",                                                                                \
         fed_whole_bytes,                                                                          \
         fed_all_bytes,                                                                            \
         .tolerance = 0,                                                                           \
         .holds = fed_is_whole,                                                                    \
         .assumes = "every client that is chosen answers in every round, compression: none"},      \
    {                                                                                              \
        "seconds", SIM_UNIT_SECONDS, FED_SECONDS, fed_ideal_seconds, sim_total_seconds,            \
            .tolerance = 1e-9, .holds = fed_is_ideal, .assumes = FED_SECONDS_ASSUMES               \
    }

#endif
