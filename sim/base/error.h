/* error.h -- what a user did wrong, in whole sentences.
 *
 * Functions that read a user's input take a `struct sim_error *err` last and return bool.  On success
 * *err is untouched, so calls chain with `&&`; chained with `&` they collect every complaint at once.
 * Our own mistakes are asserts, never errors. */
#ifndef SIM_ERROR_H
#define SIM_ERROR_H

#include <stdbool.h>

/* The sentences, one a line, none ending in a newline.  Lives wherever the caller puts it;
 * `(struct sim_error){0}` is empty. */
struct sim_error {
    int count; /* complaints made, also those that no longer fit */
    char text[4096];
};

/* Add one sentence to *err.  Always false, so that `return sim_fail(err, ...)` reads well. */
bool sim_fail(struct sim_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
