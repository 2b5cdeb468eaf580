/* requests.h -- when users ask: the arrivals of a scenario's `requests:`, for systems that answer.
 *
 * One table of instants for the whole system; which source (device, user) a request comes to is drawn with it. */
#ifndef SIM_WORKLOAD_REQUESTS_H
#define SIM_WORKLOAD_REQUESTS_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdint.h>

enum sim_arrival {
    SIM_ARRIVAL_ONE,   /* one request, at 0 s */
    SIM_ARRIVAL_FIXED, /* every 1 / rate seconds, from 0 s on, sources in turn */
    SIM_ARRIVAL_POISSON, /* gaps are exponential with mean 1 / rate, sources at random: a Poisson process at each */
    SIM_ARRIVAL_TRACE, /* from a file */
};

extern const char *const sim_arrival_names[]; /* NULL-ended */

enum { SIM_MOST_REQUESTS = 2 * 1000 * 1000 };

struct sim_requests {
    int arrival; /* enum sim_arrival */
    double rate; /* requests a second, of all sources together; 0 where there is none */
    int limit;   /* `count`: so many at most; 0: no limit but the horizon */
    double
        horizon_seconds; /* nothing arrives from then on, and the run ends then; 0: when all are answered */
    int warm_up;         /* the first so many are not in the statistics */
    const char *file; /* of a trace; "" is none */

    /* Filled in by sim_requests_draw. */
    int count;
    const double *at_seconds; /* [count], ascending */
    const float *source_draw; /* [count], in [0, 1): see sim_request_source; NULL: in turn */
    const int *sources;       /* [count], of a trace that names them; NULL */
};

/* Fill in count, at_seconds and who is asked, from `seed` alone.  A trace is a CSV file whose first line names its
 * columns: arrived_seconds (ascending), and source (from 0) if the sources are not to take turns.  False with a sentence
 * where the file makes no sense, nothing arrives, or more than SIM_MOST_REQUESTS do. */
bool sim_requests_draw(struct sim_requests *requests, uint64_t seed, struct sim_arena *arena,
                       struct sim_error *err);

/* To which of `sources` sources request i comes.  A trace that names a source beyond them counts round. */
int sim_request_source(const struct sim_requests *requests, int i, int sources);

#endif
