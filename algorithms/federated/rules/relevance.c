#include "algorithms/federated/rules/relevance.h"

#include <math.h>

double relevance_of(const double *update, const double *previous, size_t count)
{
    size_t equal = 0;

    /* no product of the two: that of small numbers is 0 */
    for (size_t j = 0; j < count; j++)
        equal += (update[j] > 0 && previous[j] > 0) || (update[j] < 0 && previous[j] < 0);
    return (double)equal / (double)count;
}

double relevance_threshold(const struct relevance *relevance, int round)
{
    return relevance->form == RELEVANCE_CONSTANT ? relevance->threshold
                                                 : relevance->threshold / sqrt(round);
}

bool relevance_uploads(const struct relevance *relevance, int round, double e)
{
    return round == 1 || e >= relevance_threshold(relevance, round);
}
