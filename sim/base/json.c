#include "sim/base/json.h"

/* Most texts are shorter.  Into a buffer of that size jansson writes half as fast again as into one that grows. */
enum { USUAL_BYTES = 64 * 1024 };

const char *sim_json_text(struct sim_arena *arena, const json_t *value, size_t flags)
{
    char usual[USUAL_BYTES], *text;
    const size_t length = json_dumpb(value, usual, sizeof usual, flags);

    if (length == 0)
        return NULL;
    if (length <= sizeof usual)
        return sim_text_copy(arena, usual, length);
    text = sim_new(arena, char, length + 1);
    json_dumpb(value, text, length, flags);
    return text;
}

const char *sim_json_value(struct sim_arena *arena, const json_t *value)
{
    return sim_json_text(arena, value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
}

const char *sim_json_shown(struct sim_arena *arena, const json_t *value)
{
    return json_is_string(value) ? sim_text(arena, "%s", json_string_value(value))
                                 : sim_json_value(arena, value);
}
