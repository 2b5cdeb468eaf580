#include "sim/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sim_fail(struct sim_error *err, const char *format, ...)
{
    const size_t used = strlen(err->text);
    const size_t left = sizeof err->text - used;
    va_list arguments;
    int length;

    err->count++;
    if (left < 2)
        return false;
    if (used > 0)
        err->text[used] = '\n';
    va_start(arguments, format);
    length = vsnprintf(err->text + used + (used > 0), left - (used > 0), format, arguments);
    va_end(arguments);
    if (used > 0 && (size_t)length >= left - 1)
        err->text[used] = '\0'; /* half a sentence is worse than none; count still tells */
    return false;
}
