/* agents.h -- FedMARL's agents: for each client a small network that says what it is worth to keep it this round.
 *
 * Zhang, Lin, Zhang, AAAI 2022 (reward.h); values added up as in VDN (Sunehag et al., "Value-Decomposition
 * Networks for Cooperative Multi-Agent Learning Based on Team Reward", AAMAS 2018, section 3.1); target network
 * and replay as in Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015,
 * Algorithm 1:
 *
 *   Q_n(s, .) = W2 relu(W1 s + b1) + b2,   two layers, six features in, two actions out
 *   Q_tot = sum over agents n of Q_n(s_n, a_n)
 *   y = r + gamma sum_n max_a Q_n(s'_n, a) by the target network;   y = r after the last round of an episode
 *   loss = mean over a batch of (y - Q_tot)^2 / 2
 *
 * An agent whose client is not there has no part in either sum.  The same settings, seed and calls give the same
 * bytes.  Nothing here knows a simulator. */
#ifndef FEDERATED_AGENTS_H
#define FEDERATED_AGENTS_H

#include "algorithms/federated/rules/reward.h"
#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AGENT_FEATURES = 6, AGENT_ACTIONS = 2 };

/* ---- what an agent sees ---------------------------------------------------------------------- */

/* One client at one decision, in the paper's order; all at least 0. */
struct agent_state {
    double probing_loss;    /* nats */
    double probing_seconds; /* latencies may be means over past rounds: the caller's choice */
    double upload_seconds;
    double upload_bytes;
    double samples;
    double round; /* from 0 */
};

/* What each feature is measured against, in the same order; all above 0. */
struct agent_scales {
    double of[AGENT_FEATURES];
};

/* The mean of each feature over these states (those of a first probing, say), 1 where that is 0; for the round half
 * of `rounds`, the length of an episode. */
struct agent_scales agent_scales_of(const struct agent_state *states, int count, int rounds);

/* x_i = ln(1 + feature_i / scale_i): no unit left, order kept, about 0.7 at the mean, and a client that is a
 * hundred times slower than that stays below 5.  The paper does not say how it normalises. */
void agent_features(const struct agent_scales *scales, const struct agent_state *state,
                    double features[AGENT_FEATURES]);

/* ---- the agents ------------------------------------------------------------------------------ */

enum agent_optimiser { AGENT_ADAM, AGENT_SGD };

struct agent_settings {
    int agents;      /* N, one a client */
    int hidden;      /* width of the hidden layer; the paper's is 256, recalled and not checked */
    bool are_shared; /* one network for all agents instead of one each */
    double discount; /* gamma, 0 .. 1 */
    enum agent_optimiser optimiser;
    double rate;       /* of learning */
    double most_norm;  /* the gradient is clipped to that norm; 0: not */
    int batch;         /* transitions in one step of learning */
    int replay;        /* transitions remembered; then the oldest are forgotten */
    int target_every;  /* steps of learning between copies to the target network; at least 1 */
    double explore;    /* epsilon at decision 0 ... */
    double least;      /* ... falls linearly to that ... */
    int64_t decisions; /* ... at this decision, and stays; 0: is `least` from the start */
};

/* epsilon of decision 0, 1, ... (a decision is one round of one episode). */
double agent_epsilon(const struct agent_settings *settings, int64_t decision);

struct agent_replay; /* agents.c */

/* All numbers of all networks are one vector: for each network W1 (features x hidden, row by row), b1, W2 (hidden x
 * actions), b2. */
struct agents {
    struct agent_settings settings;
    struct agent_scales scales; /* kept with the weights: a policy means nothing without them */
    int networks;               /* N, or 1 if shared */
    size_t network_numbers;     /* 9 hidden + 2: numbers of one network */
    size_t count;               /* of all networks */
    double *weights;
    double *target;                   /* theta^-, what y is made of */
    double *gradient, *mean, *square; /* the latter two are Adam's */
    int64_t steps;                    /* of learning, so far */
    double *hidden;                   /* workspace: the hidden layer of each agent */
    struct agent_replay *replay;
};

/* Weights normal with variance 2 / inputs in the first layer (He et al., ICCV 2015, eq. 10), uniform with variance
 * 2 / (inputs + outputs) in the last (Glorot and Bengio, AISTATS 2010, eq. 16), out of that seed; offsets 0. */
struct agents *agents_open(struct sim_arena *arena, const struct agent_settings *settings,
                           const struct agent_scales *scales, uint64_t seed);

/* Q of agent n's two actions for those six features. */
void agents_values(const struct agents *agents, int n, const double *features,
                   double values[AGENT_ACTIONS]);

/* What each agent does: features are N x 6.  With probability epsilon, each agent by itself, either action; else
 * that of the higher value, to keep if they are equal.  Two draws for every agent, whatever it does.  `present`
 * (N) says whose client is there, NULL: all; absent clients are dropped, and shift no draw. */
void agents_act(const struct agents *agents, const double *features, const bool *present,
                double epsilon, struct sim_random *random, enum agent_action *actions);

/* ---- learning -------------------------------------------------------------------------------- */

/* One round and what followed; features N x 6, actions and presence N each.  `after` and `present_after` are not
 * read if is_last.  Presence NULL: all. */
struct agent_transition {
    const double *features, *after;
    const enum agent_action *actions;
    const bool *present, *present_after;
    double reward;
    bool is_last;
};

/* Copy it to the replay memory. */
void agents_remember(struct agents *agents, const struct agent_transition *transition);
int agents_remembered(const struct agents *agents);

/* The loss of those transitions, and its gradient (agents->count numbers, of which the target network's part is
 * none: y is a constant). */
double agents_loss(const struct agents *agents, const struct agent_transition *transitions,
                   int count, double *gradient);

/* One step on a batch drawn from the replay memory, each transition as likely, with replacement; copies to the
 * target network when that is due.  Adam: Kingma and Ba, ICLR 2015, Algorithm 1, beta 0.9 and 0.999, epsilon 1e-8.
 * Returns the batch's loss before the step; does nothing, and returns NaN, while nothing is remembered. */
double agents_learn(struct agents *agents, struct sim_random *random);

/* ---- agents.bin ------------------------------------------------------------------------------ */

/* Little-endian on every machine: "DMLAGENT", version 1, agents, hidden, networks (32 bits each), the six scales,
 * the weights (64-bit IEEE 754), and the CRC-32 of all before it. */
size_t agents_file_bytes(const struct agents *agents);
void agents_save(const struct agents *agents, unsigned char *bytes);

/* Weights and scales of a saved policy into `agents`, whose target network gets them too; what the optimiser
 * remembers starts anew.  False, with a sentence that begins with `path`, and agents unchanged, for what is no
 * such file, truncated, longer, damaged, of another version, holds numbers that are not finite, or belongs to
 * other sizes. */
bool agents_load(struct agents *agents, const void *bytes, size_t size, const char *path,
                 struct sim_error *err);

#endif
