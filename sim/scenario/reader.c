/* reader.c -- what the sections of a scenario share. */
#include "sim/scenario/reader.h"

#include "sim/base/names.h"
#include "sim/scenario/parameters.h"

#include <string.h>

const char *reader_key(const struct reader *reader, struct fy_node_pair *pair)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_key(pair));

    return text == NULL ? "" : text;
}

struct fy_node *reader_place(struct fy_node_pair *pair)
{
    struct fy_node *value = fy_node_pair_value(pair);
    const bool is_empty =
        value == NULL || (fy_node_is_scalar(value) && fy_node_get_scalar0(value)[0] == '\0');

    return is_empty || !yaml_has_place(value) ? fy_node_pair_key(pair) : value;
}

bool reader_unknown_key(const struct reader *reader, struct fy_node_pair *pair, const char *key,
                        const char *where, const char *const *names, size_t count)
{
    const char *near = sim_nearest_name(key, names, count);
    const char *dotted = sim_text(reader->arena, "%s%s%s", where, *where ? "." : "", key);

    if (near != NULL)
        return yaml_complain(&reader->yaml, fy_node_pair_key(pair), dotted,
                             "there is no key '%s'; did you mean '%s'?", dotted, near);
    return yaml_complain(&reader->yaml, fy_node_pair_key(pair), dotted,
                         "there is no key '%s'; it knows '%s'%s.", dotted, names[0],
                         count > 1 ? " and others" : "");
}

bool reader_is_mapping(struct reader *reader, struct fy_node_pair *pair, const char *key)
{
    struct fy_node *node = fy_node_pair_value(pair);

    return (node != NULL && fy_node_is_mapping(node)) ||
           yaml_complain(&reader->yaml, reader_place(pair), key, "%s must be a mapping.", key);
}

/* A number with a unit, within bounds. */
bool reader_quantity(struct reader *reader, struct fy_node_pair *pair, const char *key,
                     const struct sim_parameter *row, void *values)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));
    char complaint[256];

    if (text == NULL)
        return yaml_complain(&reader->yaml, reader_place(pair), key, "%s must be one value.", key);
    if (!sim_parameter_read(row, text, values, complaint, sizeof complaint))
        return yaml_complain(&reader->yaml, reader_place(pair), key, "%s: %s.", key, complaint);
    return true;
}
