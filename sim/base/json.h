/* json.h -- JSON values as text. */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include "sim/base/arena.h"

#include <jansson.h>

/* `value` as jansson writes it with `flags` (JSON_COMPACT, ...), in the arena; NULL where that fails.  Needs 64 KB of stack:
 * not for actors. */
const char *sim_json_text(struct sim_arena *arena, const json_t *value, size_t flags);

/* What a key is set to: any value, compact, numbers with 15 digits; and the same as people read it, a string by itself. */
const char *sim_json_value(struct sim_arena *arena, const json_t *value);
const char *sim_json_shown(struct sim_arena *arena, const json_t *value);

#endif
