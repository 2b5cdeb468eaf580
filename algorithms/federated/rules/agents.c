/* agents.c -- values, gradients by hand, replay. */
#include "algorithms/federated/rules/agents.h"
#include "algorithms/learning/sgd.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- what an agent sees ---------------------------------------------------------------------- */

static void raw_features(const struct agent_state *state, double features[AGENT_FEATURES])
{
    const double raw[] = {state->probing_loss, state->probing_seconds, state->upload_seconds,
                          state->upload_bytes, state->samples,         state->round};

    memcpy(features, raw, sizeof raw);
}

struct agent_scales agent_scales_of(const struct agent_state *states, int count, int rounds)
{
    struct agent_scales scales = {{0}};
    double raw[AGENT_FEATURES];

    for (int n = 0; n < count; n++) {
        raw_features(&states[n], raw);
        for (int i = 0; i < AGENT_FEATURES; i++)
            scales.of[i] += raw[i] / count;
    }
    scales.of[AGENT_FEATURES - 1] = rounds / 2.0;
    for (int i = 0; i < AGENT_FEATURES; i++)
        scales.of[i] = scales.of[i] > 0 ? scales.of[i] : 1;
    return scales;
}

void agent_features(const struct agent_scales *scales, const struct agent_state *state,
                    double features[AGENT_FEATURES])
{
    raw_features(state, features);
    for (int i = 0; i < AGENT_FEATURES; i++)
        features[i] = log1p(features[i] / scales->of[i]);
}

double agent_epsilon(const struct agent_settings *settings, int64_t decision)
{
    const double from = settings->explore, to = settings->least;

    if (decision >= settings->decisions)
        return to;
    return from + (to - from) * ((double)decision / (double)settings->decisions);
}

/* ---- the agents ------------------------------------------------------------------------------ */

/* A ring: the i-th transition ever lies at i mod settings.replay, in arrays of N (or 6 N) numbers each. */
struct agent_replay {
    int64_t remembered; /* ever */
    double *features, *after, *rewards;
    enum agent_action *actions;
    bool *present, *present_after, *is_last;
    struct agent_transition *batch;
};

static struct agent_replay *open_replay(struct sim_arena *arena, const struct agent_settings *s)
{
    struct agent_replay *replay = sim_new(arena, struct agent_replay, 1);
    const size_t slots = (size_t)s->replay, all = slots * (size_t)s->agents;

    replay->features = sim_new(arena, double, all *AGENT_FEATURES);
    replay->after = sim_new(arena, double, all *AGENT_FEATURES);
    replay->rewards = sim_new(arena, double, slots);
    replay->actions = sim_new(arena, enum agent_action, all);
    replay->present = sim_new(arena, bool, all);
    replay->present_after = sim_new(arena, bool, all);
    replay->is_last = sim_new(arena, bool, slots);
    replay->batch = sim_new(arena, struct agent_transition, (size_t)s->batch);
    return replay;
}

/* Where the parts of one network begin in its numbers. */
struct layout {
    size_t offsets1, weights2, offsets2, count; /* the first weights are at 0 */
};

static struct layout layout_of(size_t hidden)
{
    const size_t first = AGENT_FEATURES * hidden;

    return (struct layout){first, first + hidden, first + hidden + AGENT_ACTIONS * hidden,
                           first + hidden + AGENT_ACTIONS * hidden + AGENT_ACTIONS};
}

static void initialise(struct agents *agents, uint64_t seed)
{
    const struct layout at = layout_of((size_t)agents->settings.hidden);
    const double deviation = sqrt(2.0 / AGENT_FEATURES);
    const double bound = sqrt(6.0 / (agents->settings.hidden + AGENT_ACTIONS));
    struct sim_random *random = sim_random_open(seed, UINT64_C(0x6167656e74730000)); /* "agents" */

    for (int network = 0; network < agents->networks; network++) {
        double *numbers = agents->weights + (size_t)network * agents->network_numbers;

        for (size_t i = 0; i < at.offsets1; i++)
            numbers[i] = deviation * sim_random_normal(random);
        for (size_t i = at.weights2; i < at.offsets2; i++)
            numbers[i] = bound * (2 * sim_random_uniform(random) - 1);
    }
    sim_random_close(random);
    memcpy(agents->target, agents->weights, agents->count * sizeof *agents->target);
}

struct agents *agents_open(struct sim_arena *arena, const struct agent_settings *settings,
                           const struct agent_scales *scales, uint64_t seed)
{
    struct agents *agents = sim_new(arena, struct agents, 1);
    const size_t hidden = (size_t)settings->hidden;

    assert(settings->agents > 0 && settings->hidden > 0 && settings->batch > 0);
    assert(settings->replay > 0 && settings->target_every > 0);
    agents->settings = *settings;
    agents->scales = *scales;
    agents->networks = settings->are_shared ? 1 : settings->agents;
    agents->network_numbers = layout_of(hidden).count;
    agents->count = (size_t)agents->networks * agents->network_numbers;
    agents->weights = sim_new(arena, double, agents->count);
    agents->target = sim_new(arena, double, agents->count);
    agents->gradient = sim_new(arena, double, agents->count);
    agents->mean = sim_new(arena, double, agents->count);
    agents->square = sim_new(arena, double, agents->count);
    agents->hidden = sim_new(arena, double, (size_t)settings->agents *hidden);
    agents->replay = open_replay(arena, settings);
    initialise(agents, seed);
    return agents;
}

static size_t network_at(const struct agents *agents, int n)
{
    return agents->settings.are_shared ? 0 : (size_t)n * agents->network_numbers;
}

/* Q of both actions by that network; the hidden layer after ReLU stays in `z`. */
static void forward(const double *network, size_t hidden, const double *features, double *z,
                    double values[AGENT_ACTIONS])
{
    const struct layout at = layout_of(hidden);

    for (size_t a = 0; a < AGENT_ACTIONS; a++)
        values[a] = network[at.offsets2 + a];
    for (size_t h = 0; h < hidden; h++) {
        double sum = network[at.offsets1 + h];

        for (size_t i = 0; i < AGENT_FEATURES; i++)
            sum += features[i] * network[i * hidden + h];
        z[h] = sum > 0 ? sum : 0;
        for (size_t a = 0; a < AGENT_ACTIONS; a++)
            values[a] += z[h] * network[at.weights2 + h * AGENT_ACTIONS + a];
    }
}

/* Adds `factor` times the gradient of Q(action), for the hidden layer that forward left in z; z then holds that of
 * its inputs. */
static void backward(const double *network, size_t hidden, const double *features, double *z,
                     enum agent_action action, double factor, double *gradient)
{
    const struct layout at = layout_of(hidden);

    gradient[at.offsets2 + action] += factor;
    for (size_t h = 0; h < hidden; h++) {
        const size_t second = at.weights2 + h * AGENT_ACTIONS + action;

        gradient[second] += factor * z[h];
        z[h] = z[h] > 0 ? factor * network[second] : 0;
        gradient[at.offsets1 + h] += z[h];
    }
    for (size_t i = 0; i < AGENT_FEATURES; i++)
        for (size_t h = 0; h < hidden; h++)
            gradient[i * hidden + h] += z[h] * features[i];
}

void agents_values(const struct agents *agents, int n, const double *features,
                   double values[AGENT_ACTIONS])
{
    forward(agents->weights + network_at(agents, n), (size_t)agents->settings.hidden, features,
            agents->hidden, values);
}

void agents_act(const struct agents *agents, const double *features, const bool *present,
                double epsilon, struct sim_random *random, enum agent_action *actions)
{
    for (int n = 0; n < agents->settings.agents; n++) {
        const bool explores = sim_random_uniform(random) < epsilon;
        const bool keeps_if_exploring = sim_random_uniform(random) < 0.5;
        double values[AGENT_ACTIONS];

        agents_values(agents, n, features + (size_t)n * AGENT_FEATURES, values);
        if (present != NULL && !present[n])
            actions[n] = AGENT_DROPS;
        else if (explores)
            actions[n] = keeps_if_exploring ? AGENT_KEEPS : AGENT_DROPS;
        else
            actions[n] = values[AGENT_KEEPS] >= values[AGENT_DROPS] ? AGENT_KEEPS : AGENT_DROPS;
    }
}

/* ---- learning -------------------------------------------------------------------------------- */

/* `present` may be NULL: all are. */
static void copy_presence(bool *to, const bool *present, int count)
{
    for (int n = 0; n < count; n++)
        to[n] = present == NULL || present[n];
}

void agents_remember(struct agents *agents, const struct agent_transition *transition)
{
    struct agent_replay *replay = agents->replay;
    const size_t count = (size_t)agents->settings.agents;
    const size_t slot = (size_t)(replay->remembered++ % agents->settings.replay), at = slot * count;
    const size_t size = count * AGENT_FEATURES * sizeof(double);

    memcpy(replay->features + at * AGENT_FEATURES, transition->features, size);
    memcpy(replay->actions + at, transition->actions, count * sizeof *transition->actions);
    copy_presence(replay->present + at, transition->present, agents->settings.agents);
    replay->rewards[slot] = transition->reward;
    replay->is_last[slot] = transition->is_last;
    if (transition->is_last)
        return;
    memcpy(replay->after + at * AGENT_FEATURES, transition->after, size);
    copy_presence(replay->present_after + at, transition->present_after, agents->settings.agents);
}

int agents_remembered(const struct agents *agents)
{
    const int64_t ever = agents->replay->remembered;

    return ever < agents->settings.replay ? (int)ever : agents->settings.replay;
}

static struct agent_transition recall(const struct agents *agents, uint32_t slot)
{
    const struct agent_replay *replay = agents->replay;
    const size_t at = slot * (size_t)agents->settings.agents;

    return (struct agent_transition){
        .features = replay->features + at * AGENT_FEATURES,
        .after = replay->after + at * AGENT_FEATURES,
        .actions = replay->actions + at,
        .present = replay->present + at,
        .present_after = replay->present_after + at,
        .reward = replay->rewards[slot],
        .is_last = replay->is_last[slot],
    };
}

/* y: the best joint action is each agent's own best, because their values only add up. */
static double target_of(const struct agents *agents, const struct agent_transition *t)
{
    double next = 0;

    if (t->is_last)
        return t->reward;
    for (int n = 0; n < agents->settings.agents; n++) {
        double values[AGENT_ACTIONS];

        if (t->present_after != NULL && !t->present_after[n])
            continue;
        forward(agents->target + network_at(agents, n), (size_t)agents->settings.hidden,
                t->after + (size_t)n * AGENT_FEATURES, agents->hidden, values);
        next += fmax(values[AGENT_DROPS], values[AGENT_KEEPS]);
    }
    return t->reward + agents->settings.discount * next;
}

/* Squared error of one transition; adds `share` times the gradient of half of it. */
static double learn_from(const struct agents *agents, const struct agent_transition *t,
                         double share, double *gradient)
{
    const size_t hidden = (size_t)agents->settings.hidden;
    double error = -target_of(agents, t);

    for (int n = 0; n < agents->settings.agents; n++) {
        double values[AGENT_ACTIONS];

        if (t->present != NULL && !t->present[n])
            continue;
        forward(agents->weights + network_at(agents, n), hidden,
                t->features + (size_t)n * AGENT_FEATURES, agents->hidden + (size_t)n * hidden,
                values);
        error += values[t->actions[n]];
    }
    for (int n = 0; n < agents->settings.agents; n++)
        if (t->present == NULL || t->present[n])
            backward(agents->weights + network_at(agents, n), hidden,
                     t->features + (size_t)n * AGENT_FEATURES, agents->hidden + (size_t)n * hidden,
                     t->actions[n], share * error, gradient + network_at(agents, n));
    return error * error;
}

double agents_loss(const struct agents *agents, const struct agent_transition *transitions,
                   int count, double *gradient)
{
    double squares = 0;

    memset(gradient, 0, agents->count * sizeof *gradient);
    for (int i = 0; i < count; i++)
        squares += learn_from(agents, &transitions[i], 1.0 / count, gradient);
    return squares / (2 * count);
}

/* Step t = 1, 2, ... of Adam. */
static void adam_step(struct agents *agents, int64_t t)
{
    const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    const double whole1 = 1 - pow(beta1, (double)t), whole2 = 1 - pow(beta2, (double)t);

    for (size_t i = 0; i < agents->count; i++) {
        const double g = agents->gradient[i];

        agents->mean[i] = beta1 * agents->mean[i] + (1 - beta1) * g;
        agents->square[i] = beta2 * agents->square[i] + (1 - beta2) * g * g;
        agents->weights[i] -= agents->settings.rate * (agents->mean[i] / whole1) /
                              (sqrt(agents->square[i] / whole2) + epsilon);
    }
}

double agents_learn(struct agents *agents, struct sim_random *random)
{
    const struct agent_settings *settings = &agents->settings;
    const struct sgd sgd = {.rate = settings->rate};
    const int remembered = agents_remembered(agents);
    double loss;

    if (remembered == 0)
        return NAN;
    for (int i = 0; i < settings->batch; i++)
        agents->replay->batch[i] = recall(agents, sim_random_below(random, (uint32_t)remembered));
    loss = agents_loss(agents, agents->replay->batch, settings->batch, agents->gradient);
    sgd_clip(agents->gradient, agents->count, settings->most_norm);
    agents->steps++;
    if (settings->optimiser == AGENT_ADAM)
        adam_step(agents, agents->steps);
    else
        sgd_step(&sgd, agents->steps - 1, agents->weights, agents->gradient, NULL, agents->count);
    if (agents->steps % settings->target_every == 0)
        memcpy(agents->target, agents->weights, agents->count * sizeof *agents->target);
    return loss;
}
