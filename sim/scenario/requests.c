/* requests.c -- `requests:` in a scenario: when users ask. */
#include "sim/workload/requests.h"

#include "sim/scenario/parameters.h"
#include "sim/scenario/reader.h"

#include <string.h>

const struct sim_parameter sim_request_rows[] = {
    {SIM_CHOICE(struct sim_requests, arrival), .value = "one", .choices = sim_arrival_names},
    {SIM_RATIO(struct sim_requests, rate), .value = "0", .least = 0, .most = 1e9},
    {.name = "count",
     .kind = SIM_KIND_COUNT,
     .offset = offsetof(struct sim_requests, limit),
     .value = "0",
     .least = 0,
     .most = SIM_MOST_REQUESTS},
    {.name = "horizon",
     .kind = SIM_KIND_SECONDS,
     .offset = offsetof(struct sim_requests, horizon_seconds),
     .value = "0",
     .least = 0,
     .most = 1e12},
    {SIM_COUNT(struct sim_requests, warm_up), .value = "0", .least = 0, .most = SIM_MOST_REQUESTS},
    {SIM_FILE(struct sim_requests, file), .value = ""},
    {0}};

static bool read_key(struct reader *reader, struct fy_node_pair *pair,
                     struct sim_requests *requests)
{
    const char *key = reader_key(reader, pair), *names[8];
    const struct sim_parameter *row = sim_parameter_find(sim_request_rows, key);
    size_t count = 0;

    if (row != NULL)
        return reader_value(reader, pair, sim_text(reader->arena, "requests.%s", key), row,
                            requests);
    for (row = sim_request_rows; row->name != NULL; row++)
        names[count++] = row->name;
    return reader_unknown_key(reader, pair, key, "requests", names, count);
}

/* What is given and would change nothing, or is missing; NULL: all is well. */
static const char *what_is_wrong(const struct sim_requests *requests)
{
    const bool is_process =
        requests->arrival == SIM_ARRIVAL_FIXED || requests->arrival == SIM_ARRIVAL_POISSON;
    const bool is_trace = requests->arrival == SIM_ARRIVAL_TRACE;

    if (is_process && requests->rate == 0)
        return "rate is missing: how many requests arrive in a second, as in {arrival: poisson, "
               "rate: 20, count: 1000}.";
    if (is_process && requests->limit == 0 && requests->horizon_seconds == 0)
        return "say for how long they arrive: count: 1000, horizon: 60s, or both.";
    if (!is_process && requests->rate != 0)
        return "rate belongs to arrival: fixed and arrival: poisson; leave it out.";
    if (is_trace && *requests->file == '\0')
        return "file is missing: a CSV file with a column arrived_seconds.";
    if (!is_trace && *requests->file != '\0')
        return "file belongs to arrival: trace; leave it out.";
    if (requests->arrival == SIM_ARRIVAL_ONE && requests->limit > 1)
        return "arrival: one is one request; take fixed, poisson or trace for more.";
    if (requests->limit > 0 && requests->warm_up >= requests->limit)
        return "warm_up leaves out all of them; it must be less than count.";
    return NULL;
}

bool reader_requests(struct reader *reader, struct fy_node_pair *pair)
{
    const struct sim_algorithm *algorithm = reader->scenario->algorithm;
    struct sim_requests *requests = sim_new(reader->arena, struct sim_requests, 1);
    struct fy_node_pair *item;
    const char *wrong;
    void *iterator = NULL;
    bool fine = true;

    if (algorithm == NULL || !algorithm->takes_requests)
        return yaml_complain(&reader->yaml, fy_node_pair_key(pair), "requests",
                             "%s takes no 'requests'; leave it out.",
                             algorithm ? algorithm->name : "this algorithm");
    if (!reader_is_mapping(reader, pair, "requests"))
        return false;
    sim_parameters_default(sim_request_rows, requests);
    reader->scenario->requests = requests;
    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL)
        fine &= read_key(reader, item, requests);
    wrong = fine ? what_is_wrong(requests) : NULL;
    return wrong == NULL ? fine
                         : yaml_complain(&reader->yaml, reader_place(pair), "requests",
                                         "requests: %s", wrong);
}

/* A scenario whose algorithm answers requests and that does not say when they come: one, at once. */
bool reader_requests_end(struct reader *reader)
{
    struct sim_scenario *scenario = reader->scenario;
    struct sim_requests *requests;

    if (!scenario->algorithm->takes_requests)
        return true;
    if (scenario->iterations > 1)
        return sim_fail(reader->yaml.err,
                        "%s: %s answers requests and has no iterations; say how many there are, as "
                        "in requests: {arrival: fixed, rate: 10, count: %d}.",
                        scenario->path, scenario->algorithm->name, scenario->iterations);
    if (scenario->requests != NULL)
        return true;
    requests = sim_new(reader->arena, struct sim_requests, 1);
    sim_parameters_default(sim_request_rows, requests);
    scenario->requests = requests;
    return true;
}
