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
