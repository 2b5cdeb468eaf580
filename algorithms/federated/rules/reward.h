/* reward.h -- what FedMARL's agents are paid for: accuracy gained, seconds spent, bytes sent.
 *
 * S. Q. Zhang, J. Lin, Q. Zhang, "A Multi-Agent Reinforcement Learning Approach for Efficient Client Selection in
 * Federated Learning", AAAI 2022, 36(8), 9091-9099, doi 10.1609/aaai.v36i8.20894:
 *
 *   r_t = w1 (U(acc_t) - U(acc_t-1)) - w2 H_t - w3 B_t
 *   H_t = max over all of probing + max over kept of (rest + upload);   B_t = bytes that the kept ones upload
 *
 * The paper's weights are not known to us: whoever calls states them. */
#ifndef FEDERATED_REWARD_H
#define FEDERATED_REWARD_H

/* What an agent decides on its client, after the probing epoch. */
enum agent_action { AGENT_DROPS, AGENT_KEEPS };

/* U of an accuracy x = 0 .. 1.  LINEAR: x itself.  SIGMOID: 20 / (1 + e^(0.35 (1 - x))) - 10, steepest at x = 1.
 * The sigmoid's numbers are recalled, not checked against the paper, and recalled with the other sign:
 * 10 - 20 / (1 + e^(0.35 (1 - x))) falls as accuracy grows, so that every gain would be fined. */
enum reward_utility { REWARD_LINEAR, REWARD_SIGMOID };
double reward_utility(enum reward_utility utility, double accuracy);

struct reward {
    enum reward_utility utility;
    double accuracy_weight; /* w1, per unit of U */
    double second_weight;   /* w2, per second */
    double byte_weight;     /* w3, per byte */
};

/* r_t of one round. */
double reward_of_round(const struct reward *reward, double accuracy_before, double accuracy,
                       double seconds, double bytes);

/* One client in one round. */
struct round_cost {
    double probing_seconds; /* H^p: its first epoch */
    double rest_seconds;    /* H^rest: the other epochs, if it is kept */
    double upload_seconds;  /* H^u, if it is kept */
    double upload_bytes;    /* B, if it is kept */
};

/* H_t: every client of the round probes; without any that is kept the round ends with the slowest probe, and 0
 * clients take 0 s.  B_t. */
double round_seconds(const struct round_cost *costs, const enum agent_action *actions, int count);
double round_bytes(const struct round_cost *costs, const enum agent_action *actions, int count);

#endif
