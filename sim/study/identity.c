#include "sim/study/identity.h"

#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/version.h"
#include "sim/platform/guard.h"

#include <stdio.h>
#include <string.h>

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

/* A file that cannot be read is as good as empty: the simulation will say so. */
static uint64_t hash_platform(struct sim_identifier *identifier, const char *path)
{
    struct sim_arena *scratch;
    struct sim_error err = {0};
    size_t length;
    const char *text;

    if (identifier->platform != NULL && strcmp(identifier->platform, path) == 0)
        return identifier->platform_hash;
    scratch = sim_arena_open();
    text = sim_file_read(scratch, path, SIM_PLATFORM_MOST_BYTES, &length, &err);
    identifier->platform_hash =
        hash_bytes(0xcbf29ce484222325u, text == NULL ? "" : text, text == NULL ? 0 : length);
    identifier->platform = sim_text(identifier->arena, "%s", path);
    sim_arena_close(scratch);
    return identifier->platform_hash;
}

const char *sim_identify(struct sim_identifier *identifier, const struct sim_scenario *scenario,
                         char identity[SIM_IDENTITY_SIZE], struct sim_arena *arena)
{
    const char *resolved = sim_json_text(arena, scenario->resolved, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t hash = hash_platform(identifier, scenario->platform);

    hash = hash_bytes(hash, SIM_VERSION, strlen(SIM_VERSION));
    hash = hash_bytes(hash, resolved, strlen(resolved));
    snprintf(identity, SIM_IDENTITY_SIZE, "%016llx", (unsigned long long)hash);
    return resolved;
}
