/* reader.h -- private to sim/scenario: one scenario under reading, and its sections.
 *
 * A section's reader takes the pair "key: value", fills in the scenario, and complains with line and
 * column; it returns false if it complained. */
#ifndef SIM_SCENARIO_READER_H
#define SIM_SCENARIO_READER_H

#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml.h"

struct reader {
    struct yaml yaml;
    struct sim_scenario *scenario;
    const struct sim_catalogue *catalogue;
    struct sim_arena *arena;
};

/* reader.c: what sections share */

/* The key as text, "" if it is none. */
const char *reader_key(const struct reader *reader, struct fy_node_pair *pair);

/* The node whose place a complaint about the pair should name: the value, or the key of an empty one. */
struct fy_node *reader_place(struct fy_node_pair *pair);

/* Complain about a key that is none of `names`, under the dotted key `where`. */
bool reader_unknown_key(const struct reader *reader, struct fy_node_pair *pair, const char *key,
                        const char *where, const char *const *names, size_t count);

bool reader_is_mapping(struct reader *reader, struct fy_node_pair *pair, const char *key);

/* A value with a unit, within bounds, into the field of `values` that the row describes. */
bool reader_quantity(struct reader *reader, struct fy_node_pair *pair, const char *key,
                     const struct sim_parameter *row, void *values);

/* scenario.c: the same for a parameter of any kind: a quantity, a list, a file. */
bool reader_value(struct reader *reader, struct fy_node_pair *pair, const char *key,
                  const struct sim_parameter *row, void *values);

/* network.c, hosts.c, workload.c, requests.c, faults.c: a section each */
extern const char *const reader_textbook_options[];
bool reader_network(struct reader *reader, struct fy_node_pair *pair);
bool reader_hosts(struct reader *reader, struct fy_node_pair *pair);
bool reader_workload(struct reader *reader, struct fy_node_pair *pair);
bool reader_requests(struct reader *reader, struct fy_node_pair *pair);
bool reader_faults(struct reader *reader, struct fy_node_pair *pair);

/* After all sections: requests where the algorithm answers some, and their sense beside the other sections. */
bool reader_requests_end(struct reader *reader);

#endif
