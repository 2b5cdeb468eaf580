#include "sim/workload/requests.h"

#include "sim/base/csv.h"
#include "sim/base/random.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *const sim_arrival_names[] = {"one", "fixed", "poisson", "trace", NULL};

/* Streams of peers are numbered from 0; this one is none of theirs. */
static const uint64_t arrivals_stream = 0x7265717565737473;

/* ---- processes ---- */

/* How many at most: the limit, or what the rate lets in until the horizon, with room for chance. */
static double most_arrivals(const struct sim_requests *requests)
{
    const double expected = requests->rate * requests->horizon_seconds;

    return requests->limit > 0 ? requests->limit : expected + 10 * sqrt(expected) + 10;
}

static bool draw_process(struct sim_requests *requests, uint64_t seed, struct sim_arena *arena,
                         struct sim_error *err)
{
    const bool is_poisson = requests->arrival == SIM_ARRIVAL_POISSON;
    const double most = most_arrivals(requests);
    struct sim_random *random;
    double *at, now = 0;
    float *draw;

    if (most > SIM_MOST_REQUESTS)
        return sim_fail(err,
                        "requests: %.3g requests would arrive; dmlsim takes %d at most: lower "
                        "rate, horizon or count.",
                        most, SIM_MOST_REQUESTS);
    at = sim_new(arena, double, (size_t)most);
    draw = sim_new(arena, float, (size_t)most);
    random = is_poisson ? sim_random_open(seed, arrivals_stream) : NULL;
    for (requests->count = 0; requests->count < (int)most; requests->count++) {
        now = is_poisson ? now - log1p(-sim_random_uniform(random)) / requests->rate
                         : requests->count / requests->rate;
        if (requests->horizon_seconds > 0 && now >= requests->horizon_seconds)
            break;
        at[requests->count] = now;
        if (is_poisson)
            draw[requests->count] = (float)sim_random_below(random, 1 << 24) / (1 << 24);
    }
    sim_random_close(random);
    requests->at_seconds = at;
    requests->source_draw = is_poisson ? draw : NULL;
    return requests->count > 0 ||
           sim_fail(err, "requests: none arrives before the horizon of %g s.",
                    requests->horizon_seconds);
}

/* ---- a trace ---- */

struct trace {
    struct sim_csv csv;
    int arrived_place, source_place; /* columns; -1: not there */
    double *at;
    int *sources;
    int room;
};

static bool read_head(struct trace *trace)
{
    const char *const *fields;
    int count;

    if (!sim_csv_row(&trace->csv, &fields, &count))
        return false;
    trace->arrived_place = sim_csv_place(fields, count, "arrived_seconds");
    trace->source_place = sim_csv_place(fields, count, "source");
    return trace->arrived_place >= 0 ||
           sim_fail(trace->csv.err,
                    "%s:1: the first line must name the columns, and arrived_seconds among them.",
                    trace->csv.path);
}

/* A field as a number from 0 to `most`; negative if it is none. */
static double number_in(const char *const *fields, int count, int place, double most)
{
    char *end = NULL;
    const double value = place < count ? strtod(fields[place], &end) : -1;

    return end == NULL || end == fields[place] || *end != '\0' || !(value >= 0 && value <= most)
               ? -1
               : value;
}

static void make_room(struct trace *trace, int count)
{
    const int room = trace->room > 0 ? 2 * trace->room : 1024;
    double *at;
    int *sources;

    if (count < trace->room)
        return;
    at = sim_new(trace->csv.arena, double, (size_t)room);
    sources = sim_new(trace->csv.arena, int, (size_t)room);
    if (count > 0) {
        memcpy(at, trace->at, (size_t)count * sizeof *at);
        memcpy(sources, trace->sources, (size_t)count * sizeof *sources);
    }
    trace->at = at;
    trace->sources = sources;
    trace->room = room;
}

static bool read_arrival(struct trace *trace, const char *const *fields, int count, int number)
{
    const double at = number_in(fields, count, trace->arrived_place, 1e12);
    const double source =
        trace->source_place < 0 ? 0 : number_in(fields, count, trace->source_place, 1e9);

    if (at < 0 || (number > 0 && at < trace->at[number - 1]))
        return sim_fail(trace->csv.err,
                        "%s:%d: arrived_seconds must be a number of seconds, not before that of "
                        "the line above.",
                        trace->csv.path, trace->csv.line);
    if (source < 0 || source != floor(source))
        return sim_fail(trace->csv.err,
                        "%s:%d: source must be the number of a source, counted from 0.",
                        trace->csv.path, trace->csv.line);
    make_room(trace, number);
    trace->at[number] = at;
    trace->sources[number] = (int)source;
    return true;
}

static bool read_trace(struct sim_requests *requests, struct sim_arena *arena,
                       struct sim_error *err)
{
    struct trace trace = {.room = 0};
    const char *const *fields;
    int width;

    if (!sim_csv_load(&trace.csv, requests->file, 1000 * 1000 * 1000, arena, err) ||
        !read_head(&trace))
        return false;
    for (requests->count = 0;; requests->count++) {
        if (!sim_csv_row(&trace.csv, &fields, &width))
            return false;
        if (fields == NULL || (requests->limit > 0 && requests->count == requests->limit))
            break;
        if (requests->count == SIM_MOST_REQUESTS)
            return sim_fail(err, "%s holds more than %d requests; give requests.count.",
                            requests->file, SIM_MOST_REQUESTS);
        if (!read_arrival(&trace, fields, width, requests->count))
            return false;
        if (requests->horizon_seconds > 0 && trace.at[requests->count] >= requests->horizon_seconds)
            break;
    }
    requests->at_seconds = trace.at;
    requests->sources = trace.source_place < 0 ? NULL : trace.sources;
    return requests->count > 0 ||
           sim_fail(err, "%s: no request arrives%s.", requests->file,
                    requests->horizon_seconds > 0 ? " before the horizon" : "");
}

bool sim_requests_draw(struct sim_requests *requests, uint64_t seed, struct sim_arena *arena,
                       struct sim_error *err)
{
    static const double at_once[] = {0};

    if (requests->arrival == SIM_ARRIVAL_TRACE)
        return read_trace(requests, arena, err);
    if (requests->arrival != SIM_ARRIVAL_ONE)
        return draw_process(requests, seed, arena, err);
    requests->count = 1;
    requests->at_seconds = at_once;
    return true;
}

int sim_request_source(const struct sim_requests *requests, int i, int sources)
{
    if (requests->sources != NULL)
        return requests->sources[i] % sources;
    if (requests->source_draw != NULL)
        return (int)(requests->source_draw[i] * (float)sources);
    return i % sources;
}
