/* published.h -- published numbers beside ours: a table in the TAP output, as comments.
 *
 * The numbers stand in the tests, with their source; a test gates what it says that it gates. */
#ifndef TESTS_PUBLISHED_H
#define TESTS_PUBLISHED_H

#include <math.h>
#include <stdio.h>

static inline void print_published_head(const char *title)
{
    printf("# %s\n# %-52s %14s %14s %9s\n", title, "", "published", "ours", "error");
}

/* One row; returns ours / published - 1. */
static inline double print_published(const char *what, double published, double ours)
{
    const double error = ours / published - 1;

    printf("# %-52s %14.8g %14.8g %+7.2f %%\n", what, published, ours, 100 * error);
    return error;
}

#endif
