#include "sim/workload/shape.h"

#include <ctype.h>
#include <stdlib.h>

static const int64_t MOST_NUMBERS = INT64_C(1) << 50;

bool sim_shape_size(const char *text, int64_t *numbers)
{
    int64_t size = 1;

    for (;; text++) {
        char *end;
        long long side;

        if (!isdigit((unsigned char)*text))
            return false;
        side = strtoll(text, &end, 10);
        if (size > 0 && side > MOST_NUMBERS / size)
            return false;
        size *= side;
        text = end;
        if (*text != 'x')
            break;
    }
    *numbers = size;
    return *text == '\0';
}

int sim_shape_sides(const char *text, int64_t *sides, int most)
{
    int64_t numbers;
    int count = 0;

    if (!sim_shape_size(text, &numbers))
        return 0;
    for (;; text++) {
        char *end;

        if (count == most)
            return 0;
        sides[count++] = strtoll(text, &end, 10);
        text = end;
        if (*text == '\0')
            return count;
    }
}
