#include "analysis/common_parts.h"

#include <stdbool.h>
#include <string.h>

static const char separators[] = "/_-.";

static bool separates(char c)
{
    return c != '\0' && strchr(separators, c) != NULL;
}

/* Letters at the start that all names share, up to and with a separator. */
static size_t common_head(const char *const *names, int count)
{
    size_t length = strlen(names[0]);

    for (int i = 1; i < count; i++) {
        size_t same = 0;

        while (same < length && names[i][same] == names[0][same])
            same++;
        length = same;
    }
    while (length > 0 && !separates(names[0][length - 1]))
        length--;
    return length;
}

/* The same at the end, from a separator on; `room` is what no name can spare more of. */
static size_t common_tail(const char *const *names, int count, size_t room)
{
    const char *first = names[0] + strlen(names[0]);
    size_t length = room;

    for (int i = 1; i < count; i++) {
        const char *end = names[i] + strlen(names[i]);
        size_t same = 0;

        while (same < length && end[-1 - (long)same] == first[-1 - (long)same])
            same++;
        length = same;
    }
    while (length > 0 && !separates(first[-(long)length]))
        length--;
    return length;
}

const char **analysis_without_common_parts(const char *const *names, int count,
                                           struct sim_arena *arena)
{
    const char **shorter = sim_new(arena, const char *, (size_t)count + 1);
    size_t shortest = (size_t)-1, head = 0, tail = 0;

    for (int i = 0; i < count; i++)
        shortest = strlen(names[i]) < shortest ? strlen(names[i]) : shortest;
    if (count > 1 && shortest > 0) {
        head = common_head(names, count);
        tail = head < shortest ? common_tail(names, count, shortest - head - 1) : 0;
        head = head < shortest ? head : 0;
    }
    for (int i = 0; i < count; i++)
        shorter[i] = sim_text_copy(arena, names[i] + head, strlen(names[i]) - head - tail);
    return shorter;
}
