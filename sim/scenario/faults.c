/* faults.c -- `faults:` in a scenario: what breaks, when, and for how long. */
#include "sim/scenario/reader.h"

#include <math.h>
#include <string.h>

static const struct sim_parameter fault_rows[] = {
    {SIM_SECONDS(struct sim_fault, at_seconds), .least = 0, .most = 1e12},
    {SIM_SECONDS(struct sim_fault, for_seconds), .least = 1e-12, .most = 1e12},
    {SIM_SECONDS(struct sim_fault, every_seconds), .least = 1e-12, .most = 1e12},
    {SIM_RATIO(struct sim_fault, factor), .least = 0, .most = 1e6},
};
static const char *const fault_keys[] = {"at", "for", "every", "factor", "host", "link", "peer"};

static bool read_fault_key(struct reader *reader, struct fy_node_pair *pair,
                           struct sim_fault *fault)
{
    const char *key = reader_key(reader, pair);

    for (int i = 0; i < 7; i++) {
        if (strcmp(key, fault_keys[i]) != 0)
            continue;
        if (i < 4)
            return reader_quantity(reader, pair, sim_text(reader->arena, "faults.%s", key),
                                   &fault_rows[i], fault);
        if (fault->name != NULL || yaml_scalar(&reader->yaml, fy_node_pair_value(pair)) == NULL)
            return yaml_complain(
                &reader->yaml, reader_place(pair), "faults",
                "faults: a fault names one host, one link or one peer (or a pattern).");
        fault->kind = (enum sim_fault_kind)(i - 4);
        fault->name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));
        return true;
    }
    return reader_unknown_key(reader, pair, key, "faults", fault_keys, 7);
}

static bool fault_makes_sense(struct reader *reader, struct fy_node *node,
                              const struct sim_fault *fault)
{
    const struct yaml *yaml = &reader->yaml;

    if (fault->name == NULL)
        return yaml_complain(yaml, node, "faults",
                             "faults: say which host, link or peer, as in "
                             "{link: uplink, at: 1s, factor: 0.5}.");
    if (isnan(fault->factor))
        return yaml_complain(yaml, node, "faults",
                             "faults: factor is missing: 0 is dead, 0.5 half as fast.");
    if (fault->every_seconds > 0 && fault->for_seconds < 0)
        return yaml_complain(yaml, node, "faults",
                             "faults: what comes again ('every') must end ('for').");
    if (fault->every_seconds > 0 && fault->every_seconds <= fault->for_seconds)
        return yaml_complain(yaml, node, "faults", "faults: 'every' must be longer than 'for'.");
    return true;
}

static bool read_fault(struct reader *reader, struct fy_node *node, struct fy_node *near,
                       struct sim_fault *fault)
{
    struct fy_node *place = yaml_has_place(node) ? node : near;
    struct fy_node_pair *pair;
    void *iterator = NULL;
    bool fine = true;

    *fault = (struct sim_fault){.for_seconds = -1, .factor = NAN};
    if (!fy_node_is_mapping(node))
        return yaml_complain(&reader->yaml, place, "faults",
                             "faults: a fault is a mapping, as in {link: "
                             "uplink, at: 1s, factor: 0.5}.");
    while ((pair = fy_node_mapping_iterate(node, &iterator)) != NULL)
        fine &= read_fault_key(reader, pair, fault);
    return fine && fault_makes_sense(reader, place, fault);
}

bool reader_faults(struct reader *reader, struct fy_node_pair *pair)
{
    struct fy_node *node = fy_node_pair_value(pair), *item;
    struct sim_fault *faults;
    void *iterator = NULL;
    bool fine = true;

    if (node == NULL || !fy_node_is_sequence(node))
        return yaml_complain(&reader->yaml, reader_place(pair), "faults", "faults must be a list.");
    faults = sim_new(reader->arena, struct sim_fault, (size_t)fy_node_sequence_item_count(node));
    reader->scenario->faults = faults;
    while ((item = fy_node_sequence_iterate(node, &iterator)) != NULL)
        fine &= read_fault(reader, item, fy_node_pair_key(pair),
                           &faults[reader->scenario->fault_count++]);
    return fine;
}
