/* network.c -- `network:` in a scenario: textbook, tcp, or SimGrid's own options. */
#include "sim/scenario/reader.h"

#include <string.h>

const char *const reader_textbook_options[] = {"network/model:CM02", "network/crosstraffic:0",
                                               "network/TCP-gamma:0", NULL};
static const char *const tcp_options[] = {"network/model:LV08", NULL};

static bool read_network_options(struct reader *reader, struct fy_node_pair *pair,
                                 const char **options, int *count)
{
    struct fy_node_pair *option;
    void *iterator = NULL;

    if (!reader_is_mapping(reader, pair, "network.options"))
        return false;
    while ((option = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        const char *key = reader_key(reader, option);
        const char *value = yaml_scalar(&reader->yaml, fy_node_pair_value(option));

        if (strncmp(key, "network/", 8) != 0 || strcmp(key, "network/model") == 0 ||
            value == NULL || *count > 40 || strcmp(value, "help") == 0)
            return yaml_complain(&reader->yaml, reader_place(option),
                                 sim_text(reader->arena, "network.options.%s", key),
                                 "network.options: a line here is 'network/...: value', as SimGrid "
                                 "spells its own.");
        options[(*count)++] = sim_text(reader->arena, "%s:%s", key, value);
    }
    return true;
}

/* SimGrid's Constant refuses links, and its ns-3 fails on rings. */
static bool is_model(const char *name)
{
    static const char *const models[] = {"LV08", "CM02", "SMPI", "IB"};

    for (size_t i = 0; name != NULL && i < sizeof models / sizeof models[0]; i++)
        if (strcmp(name, models[i]) == 0)
            return true;
    return false;
}

static bool read_network_mapping(struct reader *reader, struct fy_node_pair *pair)
{
    static const char *const names[] = {"model", "options"};
    const char **options = sim_new(reader->arena, const char *, 48);
    const char *model = NULL;
    struct fy_node_pair *item;
    void *iterator = NULL;
    int count = 1;
    bool fine = true;

    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        const char *key = reader_key(reader, item);

        if (strcmp(key, "model") == 0)
            model = yaml_scalar(&reader->yaml, fy_node_pair_value(item));
        else if (strcmp(key, "options") == 0)
            fine &= read_network_options(reader, item, options, &count);
        else
            fine = reader_unknown_key(reader, item, key, "network", names, 2);
    }
    if (!is_model(model))
        return yaml_complain(&reader->yaml, reader_place(pair), "network.model",
                             "network.model must be one of SimGrid's LV08, CM02, SMPI and IB.");
    options[0] = sim_text(reader->arena, "network/model:%s", model);
    reader->scenario->network = (struct sim_network){model, options};
    return fine;
}

bool reader_network(struct reader *reader, struct fy_node_pair *pair)
{
    const char *name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    if (fy_node_pair_value(pair) != NULL && fy_node_is_mapping(fy_node_pair_value(pair)))
        return read_network_mapping(reader, pair);
    if (name != NULL && strcmp(name, "textbook") == 0)
        reader->scenario->network = (struct sim_network){"textbook", reader_textbook_options};
    else if (name != NULL && strcmp(name, "tcp") == 0)
        reader->scenario->network = (struct sim_network){"tcp", tcp_options};
    else
        return yaml_complain(&reader->yaml, reader_place(pair), "network",
                             "network must be textbook, tcp or {model: ..., options: {...}}.");
    return true;
}
