#include "analysis/contour.h"

#include <math.h>

enum { FEWEST = 3, MOST = 6 };

static const double rounding = 1e-9;
static const double mantissas[] = {1, 2, 5};

enum { MANTISSAS = sizeof mantissas / sizeof mantissas[0] };

/* Multiples of `step` strictly between; how many there are if they fit, else more than MOST. */
static int multiples(double least, double most, double step, double levels[ANALYSIS_MOST_LEVELS])
{
    const double first = floor(least / step + rounding) + 1;
    int count = 0;

    for (double k = first; k * step < most - rounding * step; k++) {
        if (count == MOST)
            return MOST + 1;
        levels[count++] = k * step;
    }
    return count;
}

/* From the finest step on, the first that is coarse enough. */
static int linear_levels(double least, double most, double levels[ANALYSIS_MOST_LEVELS])
{
    const int power = (int)floor(log10(most - least)) - 2;

    for (int i = 0; i < 4 * MANTISSAS; i++) {
        const int tens = power + i / MANTISSAS;
        const int count = multiples(least, most, mantissas[i % MANTISSAS] * pow(10, tens), levels);

        if (count <= MOST)
            return count;
    }
    return 0;
}

/* Those of `used` mantissas; more than MOST: too many. */
static int decades(double least, double most, int used, int every,
                   double levels[ANALYSIS_MOST_LEVELS])
{
    const int first = (int)floor(log10(least)), last = (int)ceil(log10(most));
    int count = 0;

    for (int power = first; power <= last; power++)
        for (int m = 0; m < used; m++) {
            const double level = mantissas[m] * pow(10, power);

            if (power % every != 0 || level <= least * (1 + 1e-12) || level >= most * (1 - 1e-12))
                continue;
            if (count == MOST)
                return MOST + 1;
            levels[count++] = level;
        }
    return count;
}

int analysis_contour_levels(double least, double most, bool is_log,
                            double levels[ANALYSIS_MOST_LEVELS])
{
    int count;

    if (!(most > least))
        return 0;
    if (!is_log || most < 10 * least)
        return linear_levels(least, most, levels);
    count = decades(least, most, MANTISSAS, 1, levels);
    for (int every = 1; count > MOST; every++)
        count = decades(least, most, 1, every, levels);
    return count;
}

/* ---- marching squares ---- */

/* Where between a and b the level lies, as a share of the way. */
static double share(double a, double b, double level, bool is_log)
{
    return is_log ? log(level / a) / log(b / a) : (level - a) / (b - a);
}

struct crossing {
    double x, y;
};

/* The sides of a square, in turn: top, right, bottom, left; corners likewise from the top left. */
static struct crossing cross(int side, const double corners[4], double level, bool is_log)
{
    const double s = share(corners[side], corners[(side + 1) % 4], level, is_log);

    switch (side) {
    case 0: return (struct crossing){s, 0};
    case 1: return (struct crossing){1, s};
    case 2: return (struct crossing){1 - s, 1};
    default: return (struct crossing){0, 1 - s};
    }
}

static struct analysis_edge piece(double x, double y, struct crossing from, struct crossing to)
{
    return (struct analysis_edge){x + from.x, y + from.y, to.x - from.x, to.y - from.y};
}

/* Of a saddle, where all four sides are crossed, the mean of the corners says which two corners are joined. */
static int square(const double corners[4], double x, double y, double level, bool is_log,
                  struct analysis_edge *pieces)
{
    struct crossing found[4];
    int count = 0;
    bool joins_first;

    for (int side = 0; side < 4; side++)
        if ((corners[side] < level) != (corners[(side + 1) % 4] < level))
            found[count++] = cross(side, corners, level, is_log);
    if (count == 0)
        return 0;
    if (count == 2) {
        pieces[0] = piece(x, y, found[0], found[1]);
        return 1;
    }
    joins_first =
        ((corners[0] + corners[1] + corners[2] + corners[3]) / 4 < level) == (corners[0] < level);
    pieces[0] = piece(x, y, found[0], found[joins_first ? 1 : 3]);
    pieces[1] = piece(x, y, found[2], found[joins_first ? 3 : 1]);
    return 2;
}

int analysis_contour(const double *values, const double *at, int rows, int columns, double level,
                     bool is_log, struct analysis_edge *pieces)
{
    int count = 0;

    for (int r = 0; r + 1 < rows; r++) {
        if (at[r + 1] > at[r] + 1.5)
            continue; /* another block */
        for (int c = 0; c + 1 < columns; c++) {
            const double *low = &values[r * columns + c], *high = low + columns;
            const double corners[4] = {low[0], low[1], high[1], high[0]};

            if (isnan(corners[0] + corners[1] + corners[2] + corners[3]))
                continue;
            count += square(corners, c, at[r], level, is_log, &pieces[count]);
        }
    }
    return count;
}
