/* expected.h -- what theory expects of speculative decoding: closed forms that stand beside the simulation.
 *
 * alpha: the probability that a drafted token is accepted, given that those before it were, i.i.d.  gamma: drafts of a round.
 * c: seconds of a step of the draft over one of the target.  "Derived" means: not printed in the paper, follows from it.
 *
 * Leviathan, Kalman, Matias, Fast inference from transformers via speculative decoding, ICML 2023.
 * Liu et al., PEARL: parallel speculative decoding with adaptive draft length, ICLR 2025.
 * Elhoushi et al., LayerSkip, ACL 2024.  Liu et al., Kangaroo, NeurIPS 2024.  Zhang et al., Draft & Verify, ACL 2024. */
#ifndef DECODING_EXPECTED_H
#define DECODING_EXPECTED_H

/* ---- Leviathan ---- */

/* Tokens of a round, (1 - alpha^(gamma+1)) / (1 - alpha): Eq. 1; and the mean of their square (derived). */
double dec_expected_tokens(double alpha, int gamma);
double dec_expected_square(double alpha, int gamma);

/* The probability that exactly `accepted` of gamma drafts are accepted (derived). */
double dec_accepted_probability(double alpha, int gamma, int accepted);

/* Of all drafted tokens the share that is accepted: (E - 1) / gamma, less than alpha (derived). */
double dec_acceptance_rate(double alpha, int gamma);

/* Eq. 1 / (gamma c + v + e): Theorem 3.8 is v = 1, e = 0.  v: a step that verifies gamma + 1 tokens over one of one token;
 * e: what crosses the network in a round, over a step of the target. */
double dec_improvement(double alpha, int gamma, double c, double v, double e);

/* Where it is 1, so that drafting neither gains nor loses: the alpha, NAN if none is large enough, and the e, below 0 if there
 * is nothing to gain even where nothing crosses the network. */
double dec_break_even_alpha(int gamma, double c, double v, double e);
double dec_break_even_exchange(double alpha, int gamma, double c, double v);

/* Arithmetic operations over those of the target alone: Theorem 3.11; c_operations: those of a draft's step over a target's. */
double dec_operations_factor(double alpha, int gamma, double c_operations);

/* The gamma in 1 .. most of the largest Theorem 3.8, by trying all. */
int dec_optimal_gamma(double alpha, double c, int most);

/* If gamma could be known before each round: 1 / (1 - alpha) tokens (section 3.5). */
double dec_oracle_tokens(double alpha);

/* ---- drafts that stop where they are not sure: Draft & Verify, Kangaroo (derived) ---- */

/* Confidences C are i.i.d. and calibrated (accepted with probability C), and drafting stops behind the first below eta. */
struct dec_confidence {
    double mean;      /* mu = E[C] */
    double sure;      /* s = P(C >= eta) */
    double sure_mean; /* m = E[C 1(C >= eta)] */
};

/* Of C uniform on [least, most]; least == most: always the same. */
struct dec_confidence dec_uniform_confidence(double least, double most, double eta);

/* mu (1 - m^gamma) / (1 - m) accepted and (1 - s^gamma) / (1 - s) drafted in a round of gamma at most. */
double dec_stopped_accepted(const struct dec_confidence *confidence, int gamma);
double dec_stopped_drafted(const struct dec_confidence *confidence, int gamma);

/* ---- PEARL (derived from its two strategies) ---- */

/* Tokens of a step of the target, 1 / ((1 - alpha)(1 + alpha / (1 - alpha^gamma))); 1 for gamma = 1. */
double dec_pearl_tokens(double alpha, int gamma);

/* Share of steps that verify one token only. */
double dec_pearl_pre_share(double alpha, int gamma);

/* Drafts of a cycle, from one failure to the next, that are thrown away: gamma steps - alpha / (1 - alpha). */
double dec_pearl_thrown_away(double alpha, int gamma);

/* Tokens of a step with one of the two strategies alone. */
double dec_pearl_pre_verify_tokens(double alpha, int gamma);
double dec_pearl_post_verify_tokens(double alpha, int gamma);

/* ---- LayerSkip (derived from its algorithm) ---- */

/* (1 + rate d) / ((d + 1) E / L + (L - E) / L): rate is accepted over drafted, the head costs nothing, and a step of d + 1
 * tokens no more than one of one. */
double dec_layerskip_speedup(double rate, int drafts, int exit_layer, int layers);

#endif
