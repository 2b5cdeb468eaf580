/* yaml.h -- YAML of unknown origin, made safe and given places.
 *
 * Refuses what could loop, explode or surprise: anchors, aliases, tags, directives, several documents,
 * bytes that are not UTF-8.  Keeps line and column of every node for complaints. */
#ifndef SIM_SCENARIO_YAML_H
#define SIM_SCENARIO_YAML_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <libfyaml.h>

enum { YAML_MOST_SETTINGS = 1024 };

/* A key that a setting put into the document: what stands there is the setting's fault. */
struct yaml_put {
    const char *key, *setting;
};

/* A document under reading; opened and released by sim/scenario/scenario.c. */
struct yaml {
    const char *path;
    struct fy_diag *diagnostics;
    struct fy_document *document; /* owned */
    const char *setting;          /* the document is the value of this "key=value"; else NULL */
    struct yaml_put puts[YAML_MOST_SETTINGS];
    int put_count;
    struct sim_arena *arena;
    struct sim_error *err;
};

/* False with complaints in yaml->err; yaml_release is needed in either case. */
bool yaml_parse(struct yaml *yaml, const char *text, size_t length);
void yaml_release(struct yaml *yaml);

/* As if what was read before were read again. */
bool yaml_copy(struct yaml *yaml, const struct fy_document *read);

/* Lay "key=value" over the document; *was becomes what stood there, or NULL. */
bool yaml_set(struct yaml *yaml, const char *setting, const char **key, const char **value,
              const char **was);

/* Complain about the node (or its key, if it is NULL or empty) that stands at the dotted `key`.  Always
 * false. */
bool yaml_complain(const struct yaml *yaml, struct fy_node *node, const char *key,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Does libfyaml know where this node stands?  It does not for what is empty. */
bool yaml_has_place(struct fy_node *node);

/* The text of a scalar, in the arena; NULL for anything else, and for an empty value. */
const char *yaml_scalar(const struct yaml *yaml, struct fy_node *node);

/* The node as JSON in one line, in the arena. */
const char *yaml_json(const struct yaml *yaml, struct fy_node *node);

#endif
