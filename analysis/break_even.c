#include "analysis/break_even.h"

#include <math.h>

static const double rounding = 1e-9;

bool analysis_is_below(double value, double level)
{
    return value < level - rounding * fabs(level);
}

static bool is_crossed(double a, double b, double level)
{
    return !isnan(a) && !isnan(b) && analysis_is_below(a, level) != analysis_is_below(b, level);
}

int analysis_break_even(const double *values, const double *at, int rows, int columns, double level,
                        struct analysis_edge *edges)
{
    int count = 0;

    for (int r = 0; r < rows; r++) {
        const bool has_next = r + 1 < rows && at[r + 1] < at[r] + 1.5;

        for (int c = 0; c < columns; c++) {
            const double *here = &values[r * columns + c];

            if (c + 1 < columns && is_crossed(here[0], here[1], level))
                edges[count++] = (struct analysis_edge){c + 0.5, at[r] - 0.5, 0, 1};
            if (has_next && is_crossed(here[0], here[columns], level))
                edges[count++] = (struct analysis_edge){c - 0.5, at[r] + 0.5, 1, 0};
        }
    }
    return count;
}
