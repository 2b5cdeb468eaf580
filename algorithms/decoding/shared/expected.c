#include "algorithms/decoding/shared/expected.h"
#include <math.h>
double dec_expected_tokens(double alpha, int gamma)
{
    return alpha == 1 ? gamma + 1 : (1 - pow(alpha, gamma + 1)) / (1 - alpha);
}
int dec_optimal_gamma(double a, double c, int most)
{
    int b = 1;
    for (int g = 1; g <= most; g++)
        if (dec_expected_tokens(a, g) / (g * c + 1) > dec_expected_tokens(a, b) / (b * c + 1))
            b = g;
    return b;
}
