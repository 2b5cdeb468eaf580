#include "algorithms/decoding/shared/expected.h"

#include <math.h>

/* 1 + x + ... + x^(n-1). */
static double geometric(double x, int n)
{
    return x == 1 ? n : (1 - pow(x, n)) / (1 - x);
}

/* ---- Leviathan ---- */

double dec_expected_tokens(double alpha, int gamma)
{
    return geometric(alpha, gamma + 1);
}

double dec_accepted_probability(double alpha, int gamma, int accepted)
{
    return pow(alpha, accepted) * (accepted < gamma ? 1 - alpha : 1);
}

double dec_expected_square(double alpha, int gamma)
{
    double sum = 0;

    for (int n = 0; n <= gamma; n++)
        sum += (n + 1.0) * (n + 1.0) * dec_accepted_probability(alpha, gamma, n);
    return sum;
}

double dec_acceptance_rate(double alpha, int gamma)
{
    return (dec_expected_tokens(alpha, gamma) - 1) / gamma;
}

double dec_improvement(double alpha, int gamma, double c, double v, double e)
{
    return dec_expected_tokens(alpha, gamma) / (gamma * c + v + e);
}

double dec_break_even_alpha(int gamma, double c, double v, double e)
{
    double least = 0, most = 1;

    if (dec_improvement(1, gamma, c, v, e) < 1)
        return NAN;
    for (int i = 0; i < 60; i++) { /* the improvement grows with alpha */
        const double middle = (least + most) / 2;

        if (dec_improvement(middle, gamma, c, v, e) < 1)
            least = middle;
        else
            most = middle;
    }
    return most;
}

double dec_break_even_exchange(double alpha, int gamma, double c, double v)
{
    return dec_expected_tokens(alpha, gamma) - gamma * c - v;
}

double dec_operations_factor(double alpha, int gamma, double c_operations)
{
    return (gamma * c_operations + gamma + 1) / dec_expected_tokens(alpha, gamma);
}

int dec_optimal_gamma(double alpha, double c, int most)
{
    int best = 1;

    for (int gamma = 2; gamma <= most; gamma++)
        if (dec_improvement(alpha, gamma, c, 1, 0) > dec_improvement(alpha, best, c, 1, 0))
            best = gamma;
    return best;
}

double dec_oracle_tokens(double alpha)
{
    return 1 / (1 - alpha);
}

/* ---- drafts that stop ---- */

struct dec_confidence dec_uniform_confidence(double least, double most, double eta)
{
    const double from = fmin(fmax(eta, least), most);

    if (least == most)
        return (struct dec_confidence){least, least >= eta, least >= eta ? least : 0};
    return (struct dec_confidence){.mean = (least + most) / 2,
                                   .sure = (most - from) / (most - least),
                                   .sure_mean = (most * most - from * from) / 2 / (most - least)};
}

double dec_stopped_accepted(const struct dec_confidence *confidence, int gamma)
{
    return confidence->mean * geometric(confidence->sure_mean, gamma);
}

double dec_stopped_drafted(const struct dec_confidence *confidence, int gamma)
{
    return geometric(confidence->sure, gamma);
}

/* ---- PEARL ---- */

/* A cycle ends with a rejection, and emits 1 / (1 - alpha) tokens; it has a step of its own for its first token, and where
 * that is accepted one for each window of gamma until one fails. */
double dec_pearl_tokens(double alpha, int gamma)
{
    return 1 / ((1 - alpha) * (1 + alpha / (1 - pow(alpha, gamma))));
}

double dec_pearl_pre_share(double alpha, int gamma)
{
    const double fails = 1 - pow(alpha, gamma);

    return fails / (fails + alpha);
}

double dec_pearl_thrown_away(double alpha, int gamma)
{
    return gamma / dec_pearl_pre_share(alpha, gamma) - alpha / (1 - alpha);
}

/* PRE, and where its token is accepted one POST, which always ends with a token of the target's. */
double dec_pearl_pre_verify_tokens(double alpha, int gamma)
{
    return dec_expected_tokens(alpha, gamma) / (1 + alpha);
}

/* The first window of a cycle is drafted while nothing is verified. */
double dec_pearl_post_verify_tokens(double alpha, int gamma)
{
    return 1 / ((1 - alpha) * (1 + 1 / (1 - pow(alpha, gamma))));
}

/* ---- LayerSkip ---- */

double dec_layerskip_speedup(double rate, int drafts, int exit_layer, int layers)
{
    const double early = (double)exit_layer / layers;

    return (1 + rate * drafts) / ((drafts + 1) * early + (1 - early));
}
