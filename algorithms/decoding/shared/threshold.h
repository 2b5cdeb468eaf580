/* threshold.h -- Draft & Verify's controller of the confidence below which drafting stops.
 *
 * Zhang et al., Draft & Verify, ACL 2024, section 3.3, and the authors' code: a running acceptance rate, and a threshold that
 * rises where it is too low and falls where it is high enough and drafting did not reach its limit. */
#ifndef DECODING_THRESHOLD_H
#define DECODING_THRESHOLD_H

/* What does not change: beta1, alpha hat, epsilon, beta2. */
struct dec_controller {
    double rate_memory;      /* beta1: of the running acceptance rate */
    double wanted_rate;      /* alpha hat */
    double step;             /* epsilon */
    double threshold_memory; /* beta2: of the threshold */
    int most_drafts;
};

struct dec_threshold {
    double threshold;
    double rate; /* 0 at first */
};

/* After a verification of `drafted` tokens, at least one. */
void dec_threshold_update(const struct dec_controller *controller, int accepted, int drafted,
                          struct dec_threshold *state);

#endif
