/* onnx_names.c -- names to numbers, and names that may stand in a table. */
#include "sim/workload/onnx.h"

#include <string.h>

struct sim_onnx_names sim_onnx_names_open(struct sim_arena *arena, size_t most)
{
    struct sim_onnx_names names = {.mask = 7};

    while (names.mask < 2 * most)
        names.mask = 2 * names.mask + 1;
    names.keys = sim_new(arena, const char *, names.mask + 1);
    names.numbers = sim_new(arena, int, names.mask + 1);
    return names;
}

/* Where the name stands, or would; at least half of the table is free. */
static size_t place(const struct sim_onnx_names *names, const char *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    size_t at;

    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    at = (size_t)(hash ^ hash >> 32) & names->mask;
    while (names->keys[at] != NULL && strcmp(names->keys[at], name) != 0)
        at = (at + 1) & names->mask;
    return at;
}

int sim_onnx_find(const struct sim_onnx_names *names, const char *name)
{
    const size_t at = place(names, name);

    return names->keys[at] == NULL ? -1 : names->numbers[at];
}

void sim_onnx_enter(struct sim_onnx_names *names, const char *name, int number)
{
    const size_t at = place(names, name);

    names->keys[at] = name;
    names->numbers[at] = number;
}

/* Lists of names are separated by blanks, tables are CSV and JSON, sentences stand on one line. */
const char *sim_onnx_clean(struct sim_arena *arena, const char *name)
{
    char *clean = sim_text_copy(arena, name, strlen(name));

    for (char *c = clean; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127 || *c == ',' || *c == '"')
            *c = '_';
    return clean;
}
