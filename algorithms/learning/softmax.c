#include "algorithms/learning/softmax.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

double softmax_cross_entropy(const double *scores, int classes, int label, double *shares)
{
    const double of_label = scores[label];
    double highest = scores[0], sum = 0;

    assert(classes > 0);
    for (int c = 1; c < classes; c++)
        highest = scores[c] > highest ? scores[c] : highest;
    for (int c = 0; c < classes; c++) {
        const double term = exp(scores[c] - highest);

        sum += term;
        if (shares != NULL)
            shares[c] = term;
    }
    for (int c = 0; c < classes && shares != NULL; c++)
        shares[c] /= sum;
    return log(sum) + highest - of_label;
}

double softmax_loss(const double *scores, int classes, int label, double weight, double *gradient)
{
    const double loss = softmax_cross_entropy(scores, classes, label, gradient);

    gradient[label] -= 1;
    for (int c = 0; c < classes; c++)
        gradient[c] *= weight;
    return loss;
}

double softmax_entropy(const double *shares, int classes)
{
    double sum = 0;

    for (int c = 0; c < classes; c++)
        if (shares[c] > 0)
            sum -= shares[c] * log(shares[c]);
    return sum;
}

int softmax_highest(const double *scores, int classes)
{
    int best = 0;

    for (int c = 1; c < classes; c++)
        if (scores[c] > scores[best])
            best = c;
    return best;
}
