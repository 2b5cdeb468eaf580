/* agents_file.c -- agents.bin, to and from bytes. */
#include "algorithms/federated/rules/agents.h"
#include "algorithms/codecs/bits.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

enum { MAGIC_BYTES = 8, VERSION = 1, HEADER_BYTES = MAGIC_BYTES + 4 * 4, CRC_BYTES = 4 };

static const char magic[MAGIC_BYTES + 1] = "DMLAGENT";

static void put_double(unsigned char *bytes, double value)
{
    uint64_t word;

    memcpy(&word, &value, sizeof word);
    bits_put_word(bytes, (uint32_t)word, 4);
    bits_put_word(bytes + 4, (uint32_t)(word >> 32), 4);
}

static double get_double(const unsigned char *bytes)
{
    const uint64_t word = bits_get_word(bytes, 4) | (uint64_t)bits_get_word(bytes + 4, 4) << 32;
    double value;

    memcpy(&value, &word, sizeof value);
    return value;
}

static uint32_t checksum(const unsigned char *bytes, size_t size)
{
    return (uint32_t)crc32_z(0, bytes, size);
}

size_t agents_file_bytes(const struct agents *agents)
{
    return HEADER_BYTES + 8 * (AGENT_FEATURES + agents->count) + CRC_BYTES;
}

void agents_save(const struct agents *agents, unsigned char *bytes)
{
    const uint32_t sizes[] = {VERSION, (uint32_t)agents->settings.agents,
                              (uint32_t)agents->settings.hidden, (uint32_t)agents->networks};
    unsigned char *at = bytes + MAGIC_BYTES;

    memcpy(bytes, magic, MAGIC_BYTES);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++, at += 4)
        bits_put_word(at, sizes[i], 4);
    for (size_t i = 0; i < AGENT_FEATURES; i++, at += 8)
        put_double(at, agents->scales.of[i]);
    for (size_t i = 0; i < agents->count; i++, at += 8)
        put_double(at, agents->weights[i]);
    bits_put_word(at, checksum(bytes, (size_t)(at - bytes)), 4);
}

/* Is this a file of ours, whole, and for agents of these sizes? */
static bool is_for(const struct agents *agents, const unsigned char *bytes, size_t size,
                   const char *path, struct sim_error *err)
{
    uint32_t sizes[4];
    const size_t wanted = agents_file_bytes(agents);

    if (size < MAGIC_BYTES || memcmp(bytes, magic, MAGIC_BYTES) != 0)
        return sim_fail(err, "%s: no file of trained agents: it does not begin with %s.", path,
                        magic);
    if (size < HEADER_BYTES)
        return sim_fail(err, "%s: ends after %zu bytes, within its head of %d.", path, size,
                        HEADER_BYTES);
    for (int i = 0; i < 4; i++)
        sizes[i] = bits_get_word(bytes + MAGIC_BYTES + 4 * i, 4);
    if (sizes[0] != VERSION)
        return sim_fail(err, "%s: agents of version %u; this program reads version %d.", path,
                        sizes[0], VERSION);
    if (sizes[1] != (uint32_t)agents->settings.agents ||
        sizes[2] != (uint32_t)agents->settings.hidden || sizes[3] != (uint32_t)agents->networks)
        return sim_fail(err,
                        "%s: holds %u agents with %u hidden units in %u networks; this run has %d "
                        "agents with %d hidden units in %d networks.",
                        path, sizes[1], sizes[2], sizes[3], agents->settings.agents,
                        agents->settings.hidden, agents->networks);
    if (size != wanted)
        return sim_fail(err, "%s: has %zu bytes; agents of its sizes take %zu.", path, size,
                        wanted);
    if (checksum(bytes, size - CRC_BYTES) != bits_get_word(bytes + size - CRC_BYTES, 4))
        return sim_fail(err, "%s: is damaged: its checksum is not that of its bytes.", path);
    return true;
}

bool agents_load(struct agents *agents, const void *bytes, size_t size, const char *path,
                 struct sim_error *err)
{
    const unsigned char *scales = (const unsigned char *)bytes + HEADER_BYTES;
    const unsigned char *weights = scales + 8 * AGENT_FEATURES;

    if (!is_for(agents, bytes, size, path, err))
        return false;
    for (size_t i = 0; i < AGENT_FEATURES; i++)
        if (!(get_double(scales + 8 * i) > 0) || !isfinite(get_double(scales + 8 * i)))
            return sim_fail(err,
                            "%s: feature %zu of %d is measured against %g; it must be above 0.",
                            path, i + 1, AGENT_FEATURES, get_double(scales + 8 * i));
    for (size_t i = 0; i < agents->count; i++)
        if (!isfinite(get_double(weights + 8 * i)))
            return sim_fail(err, "%s: number %zu of %zu is %g.", path, i + 1, agents->count,
                            get_double(weights + 8 * i));
    for (size_t i = 0; i < AGENT_FEATURES; i++)
        agents->scales.of[i] = get_double(scales + 8 * i);
    for (size_t i = 0; i < agents->count; i++)
        agents->weights[i] = get_double(weights + 8 * i);
    memcpy(agents->target, agents->weights, agents->count * sizeof *agents->target);
    memset(agents->mean, 0, agents->count * sizeof *agents->mean);
    memset(agents->square, 0, agents->count * sizeof *agents->square);
    agents->steps = 0;
    return true;
}
