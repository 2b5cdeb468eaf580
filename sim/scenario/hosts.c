/* hosts.c -- `hosts:` in a scenario: which host plays which role. */
#include "sim/scenario/reader.h"

#include <stdlib.h>
#include <string.h>

static bool read_host_rule(struct reader *reader, struct fy_node_pair *pair,
                           struct sim_host_rule *rule)
{
    struct fy_node *node = fy_node_pair_value(pair), *item;
    const char *key = sim_text(reader->arena, "hosts.%s", reader_key(reader, pair));
    const char *text = yaml_scalar(&reader->yaml, node);
    void *iterator = NULL;
    int count = 0;

    *rule = (struct sim_host_rule){.role = reader_key(reader, pair)};
    if (text != NULL && strspn(text, "0123456789") == strlen(text)) {
        rule->count = atoi(text);
        return (rule->count > 0 && strlen(text) < 9) ||
               yaml_complain(&reader->yaml, reader_place(pair), key,
                             "%s: a count of hosts is at least 1.", key);
    }
    if (text == NULL && (node == NULL || !fy_node_is_sequence(node)))
        return yaml_complain(&reader->yaml, reader_place(pair), key,
                             "%s must be a host's name, a pattern, a list of them, or a count.",
                             key);
    const char **patterns =
        sim_new(reader->arena, const char *,
                text != NULL ? 2 : (size_t)fy_node_sequence_item_count(node) + 1);
    rule->patterns = patterns;
    if (text != NULL)
        patterns[count++] = text;
    else
        while ((item = fy_node_sequence_iterate(node, &iterator)) != NULL)
            if ((patterns[count++] = yaml_scalar(&reader->yaml, item)) == NULL)
                return yaml_complain(&reader->yaml,
                                     yaml_has_place(item) ? item : reader_place(pair), key,
                                     "%s: a host's name is missing here.", key);
    return count > 0 ||
           yaml_complain(&reader->yaml, reader_place(pair), key, "%s names no host.", key);
}

bool reader_hosts(struct reader *reader, struct fy_node_pair *pair)
{
    struct sim_host_rules *hosts = &reader->scenario->hosts;
    struct fy_node_pair *item;
    struct sim_host_rule *rules;
    void *iterator = NULL;
    bool fine = true;

    if (!reader_is_mapping(reader, pair, "hosts"))
        return false;
    rules = sim_new(reader->arena, struct sim_host_rule,
                    (size_t)fy_node_mapping_item_count(fy_node_pair_value(pair)));
    hosts->rules = rules;
    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        const char *value = yaml_scalar(&reader->yaml, fy_node_pair_value(item));

        if (strcmp(reader_key(reader, item), "share") != 0) {
            fine &= read_host_rule(reader, item, &rules[hosts->count++]);
            continue;
        }
        hosts->round_robin = value != NULL && strcmp(value, "round_robin") == 0;
        if (!hosts->round_robin && (value == NULL || strcmp(value, "none") != 0))
            fine = yaml_complain(&reader->yaml, reader_place(item), "hosts.share",
                                 "hosts.share must be none or round_robin.");
    }
    return fine;
}
