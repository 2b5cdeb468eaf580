/* numbers.c -- the list of points that a sweep is to simulate, from a file. */
#include "sim/base/file.h"
#include "sim/study/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const size_t MOST_BYTES = 1000 * 1000 * 1000;

static int64_t count_lines(const char *text)
{
    int64_t lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines + 1; /* the last may lack its end */
}

bool sim_sweep_read_numbers(const char *path, struct sim_sweep *asked, struct sim_arena *arena,
                            struct sim_error *err)
{
    size_t length;
    const char *text = sim_file_read(arena, path, MOST_BYTES, &length, err);
    int64_t *numbers;

    if (text == NULL)
        return false;
    numbers = sim_new(arena, int64_t, (size_t)count_lines(text));
    for (const char *line = text; *line != '\0';) {
        char *end;

        errno = 0;
        numbers[asked->number_count] = strtoll(line, &end, 10);
        if (end == line || errno != 0 || *line < '0' || *line > '9' ||
            (*end != '\n' && *end != '\0'))
            return sim_fail(err, "%s:%lld: '%.*s' is no number of a point; they count from 0.",
                            path, (long long)asked->number_count + 1, (int)strcspn(line, "\n"),
                            line);
        asked->number_count++;
        line = end + (*end == '\n');
    }
    asked->numbers = numbers;
    return true;
}
