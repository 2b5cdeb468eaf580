/* station.h -- a peer that serves: what all systems of distributed inference are made of.
 *
 * A station has one processor, which computes one thing after the other in the order in which they were handed to it,
 * and one connection to each station that it talks to, over which messages leave one after the other while it
 * computes.  It hears those who may send to it, and goes on until nobody is left who could.  A system is a table of
 * functions that say what happens to a parcel next. */
#ifndef INFERENCE_STATION_H
#define INFERENCE_STATION_H

#include "algorithms/inference/shared/requests.h"

struct station;

/* What is computed and sent: a request, or a part of one. */
struct parcel {
    struct inf_request *request;
    int kind;        /* the system's: what it holds, which way it goes */
    int part;        /* the system's: which tile, which view */
    void *own;       /* the system's */
    bool is_part;    /* the request itself stays where it is */
    bool falls_back; /* it is not answered in the way that was meant: INF_FELL_BACK */

    /* The station's: */
    double since;        /* it stands in line, or has been on its way */
    double moving_since; /* the transfer began */
    double flop;
    int64_t bytes;
    int wait_stage, stage; /* where its seconds are booked; INF_NO_STAGE: nowhere */
    struct parcel *next;
};

enum { INF_NO_STAGE = -1 };

struct station_method {
    /* A request of its own has come (from: SIM_NOBODY), or a parcel from another station. */
    void (*arrive)(struct station *station, struct parcel *parcel, int from);

    void (*computed)(struct station *station, struct parcel *parcel);

    /* It has reached its receiver, who has it now: nothing of it may be touched.  NULL: nothing. */
    void (*delivered)(struct station *station, int to);

    /* on_loss: local.  It did not reach `to`, or `to` died with it (then `parcel` is a new one of the request, kind 0,
     * at its owner).  False: there is no way round, and it is sent again; the parcel is as it was then.  NULL: the
     * system knows none, and refuses on_loss: local. */
    bool (*fall_back)(struct station *station, struct parcel *parcel, int to);

    /* It did not reach `to`, and is not sent again.  True: the request goes on without it; else it is lost with it.
     * NULL: it always is. */
    bool (*spare)(struct station *station, struct parcel *parcel, int to);

    /* Somebody that it hears has died, for good or for a time.  NULL: nothing. */
    void (*died)(struct station *station, int peer);

    /* Requests of its own are over, whoever ended them.  NULL: nothing. */
    void (*ended)(struct station *station);

    /* The time of station_remind has come. */
    void (*remind)(struct station *station, void *what);
};

/* What a system may look at; `own` is its own state. */
struct station {
    struct sim_peer *me;
    const struct station_method *method;
    void *own;
    int computing_count; /* in line for the processor, the one under way included */
    double radio_joules; /* of its transfers until now; 0 without a radio */
    struct station_inside *inside;
};

struct station *station_open(struct sim_peer *me, const struct station_method *method, void *own);

/* Whether others may send to it.  It does not end before all its clients have: of the others it only hears. */
void station_hear(struct station *station, int peer, bool is_client);

/* Requests come to it: those of that source (SIM_NOBODY: all).  As their owner it ends when they have all ended, too. */
void station_arrivals(struct station *station, int source, bool is_owner);

/* Requests are its own that come to others: it ends when they all have ended.  Of that source, or all. */
void station_own(struct station *station, int source);

/* It runs on a battery (options: battery_joules): when that is empty, it is silent. */
void station_has_battery(struct station *station);

/* Serve until all is over. */
void station_run(struct station *station);

/* ---- for the functions of the method ---- */

struct parcel *station_parcel(struct station *station, struct inf_request *request, int kind);
void station_drop(struct station *station, struct parcel *parcel);

/* The parcel joins the line for the processor. */
void station_compute(struct station *station, struct parcel *parcel, double flop, int wait_stage,
                     int stage);

/* The parcel joins the line to that station; its seconds until it is there are booked as `stage`. */
void station_send(struct station *station, int to, struct parcel *parcel, int64_t bytes, int stage);

/* Parcels in line to that station, the one that moves included. */
int station_in_line(const struct station *station, int to);

/* Call `remind` at that time, or at the next event after it. */
void station_remind(struct station *station, double at, void *what);

/* The request is over; by its owner.  Parcels of it that are still about must be dropped by whoever meets them. */
void station_finish(struct station *station, struct inf_request *request, enum inf_outcome outcome);

/* Is it over already?  Then what is done for it is in vain. */
static inline bool station_is_over(const struct inf_request *request)
{
    return request->is_over;
}

#endif
