/* agents.c -- FedMARL's agents: gradients, targets, learning where the best policy is known, and their file. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/agents.h"

enum { MOST = 7 }; /* agents */

static const struct agent_scales ones = {{1, 1, 1, 1, 1, 1}};
static const struct agent_settings some = {
    .agents = 3,
    .hidden = 5,
    .discount = 0.83,
    .optimiser = AGENT_ADAM,
    .rate = 0.01,
    .batch = 4,
    .replay = 11,
    .target_every = 3,
};

static void fill(double *values, size_t count, struct sim_random *random)
{
    for (size_t i = 0; i < count; i++)
        values[i] = 2 * sim_random_uniform(random) - 0.7;
}

/* ---- features and exploration ---------------------------------------------------------------- */

static void features_are_logarithms_of_multiples_of_the_scales(void **state)
{
    const struct agent_state states[] = {{1.1, 3.7, 0.6, 1000003, 251, 0},
                                         {2.3, 5.9, 0.2, 1000003, 1303, 0}};
    const struct agent_scales scales = agent_scales_of(states, 2, 34);
    double x[AGENT_FEATURES];

    (void)state;
    assert_close(scales.of[0], 1.7, 1e-15);
    assert_close(scales.of[4], 777, 1e-15);
    assert_true(scales.of[5] == 17);
    agent_features(&scales, &states[1], x);
    assert_close(x[0], log(1 + 2.3 / 1.7), 1e-15);
    assert_close(x[1], log(1 + 5.9 / 4.8), 1e-15);
    assert_close(x[2], log(1.5), 1e-14);
    assert_close(x[3], log(2), 1e-15);
    assert_close(x[4], log(1 + 1303 / 777.0), 1e-15);
    assert_true(x[5] == 0);
    assert_true(agent_scales_of(&(struct agent_state){.samples = 5}, 1, 0).of[2] == 1);
}

static void epsilon_falls_in_a_line_and_then_stays(void **state)
{
    const struct agent_settings falls = {.explore = 0.9, .least = 0.1, .decisions = 40};
    const struct agent_settings none = {.explore = 0.9, .least = 0.05};

    (void)state;
    assert_true(agent_epsilon(&falls, 0) == 0.9);
    assert_close(agent_epsilon(&falls, 10), 0.7, 1e-15);
    assert_close(agent_epsilon(&falls, 39), 0.12, 1e-14);
    assert_true(agent_epsilon(&falls, 40) == 0.1 && agent_epsilon(&falls, 1000003) == 0.1);
    assert_true(agent_epsilon(&none, 0) == 0.05);
}

/* Half of those who explore keep: of 30,000 agents at epsilon 0.4 a fifth leaves its own best action. */
static void exploring_agents_do_either_and_absent_ones_nothing(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct agents *agents = agents_open(arena, &some, &ones, 41);
    struct sim_random *random = sim_random_open(5, 1);
    double features[3 * AGENT_FEATURES];
    const bool present[] = {true, false, true};
    enum agent_action best[3], actions[3];
    int differ = 0;

    (void)state;
    fill(features, 3 * AGENT_FEATURES, random);
    agents_act(agents, features, NULL, 0, random, best);
    for (int n = 0; n < 3; n++) {
        double values[AGENT_ACTIONS];

        agents_values(agents, n, features + n * AGENT_FEATURES, values);
        assert_true((values[AGENT_KEEPS] > values[AGENT_DROPS]) == (best[n] == AGENT_KEEPS));
    }
    for (int i = 0; i < 10000; i++) {
        agents_act(agents, features, NULL, 0.4, random, actions);
        for (int n = 0; n < 3; n++)
            differ += actions[n] != best[n];
    }
    assert_true(abs(differ - 6000) < 5 * 70); /* five standard deviations of 69.3 */
    for (int i = 0; i < 100; i++) {
        agents_act(agents, features, present, 1, random, actions);
        assert_int_equal(actions[1], AGENT_DROPS);
    }
    sim_random_close(random);
    sim_arena_close(arena);
}

/* ---- the loss ---------------------------------------------------------------------------------- */

struct batch {
    double features[2][MOST * AGENT_FEATURES], after[2][MOST * AGENT_FEATURES];
    enum agent_action actions[2][MOST];
    struct agent_transition transitions[2];
};

static void make_batch(struct batch *batch, int agents, struct sim_random *random)
{
    for (int i = 0; i < 2; i++) {
        fill(batch->features[i], (size_t)agents * AGENT_FEATURES, random);
        fill(batch->after[i], (size_t)agents * AGENT_FEATURES, random);
        for (int n = 0; n < agents; n++)
            batch->actions[i][n] = sim_random_below(random, 2) ? AGENT_KEEPS : AGENT_DROPS;
        batch->transitions[i] = (struct agent_transition){
            .features = batch->features[i],
            .after = batch->after[i],
            .actions = batch->actions[i],
            .reward = sim_random_normal(random),
            .is_last = i == 1,
        };
    }
}

/* Every number against central differences; the target network does not move with the weights. */
static void check_gradient(bool are_shared, bool some_are_absent)
{
    static const bool present[] = {true, false, true}, after[] = {false, true, true};
    struct agent_settings settings = some;
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(77, 2);
    const double step = 1e-6;
    struct agents *agents;
    struct batch batch;
    double *gradient, *unused;

    settings.are_shared = are_shared;
    agents = agents_open(arena, &settings, &ones, 19);
    gradient = sim_new(arena, double, agents->count);
    unused = sim_new(arena, double, agents->count);
    fill(agents->target, agents->count, random);
    make_batch(&batch, settings.agents, random);
    for (int i = 0; i < 2 && some_are_absent; i++) {
        batch.transitions[i].present = present;
        batch.transitions[i].present_after = after;
    }
    agents_loss(agents, batch.transitions, 2, gradient);
    for (size_t i = 0; i < agents->count; i++) {
        const double weight = agents->weights[i];
        double high, low;

        agents->weights[i] = weight + step;
        high = agents_loss(agents, batch.transitions, 2, unused);
        agents->weights[i] = weight - step;
        low = agents_loss(agents, batch.transitions, 2, unused);
        agents->weights[i] = weight;
        assert_true(fabs((high - low) / (2 * step) - gradient[i]) < 2e-8);
    }
    if (some_are_absent && !are_shared) /* the absent agent learns nothing */
        for (size_t i = 0; i < agents->network_numbers; i++)
            assert_true(gradient[agents->network_numbers + i] == 0);
    sim_random_close(random);
    sim_arena_close(arena);
}

static void gradients_are_finite_differences(void **state)
{
    (void)state;
    check_gradient(false, false);
    check_gradient(true, false);
    check_gradient(false, true);
    check_gradient(true, true);
}

/* By hand, out of the values of single agents: weights and target network are two policies. */
static void the_loss_is_the_temporal_difference_of_sums(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(78, 2);
    struct agents *agents = agents_open(arena, &some, &ones, 23);
    struct agents *old = agents_open(arena, &some, &ones, 29);
    double *gradient = sim_new(arena, double, agents->count);
    double error[2] = {0};
    struct batch batch;

    (void)state;
    make_batch(&batch, some.agents, random);
    memcpy(agents->target, old->weights, agents->count * sizeof *agents->target);
    for (int i = 0; i < 2; i++) {
        error[i] = batch.transitions[i].reward;
        for (int n = 0; n < some.agents; n++) {
            double now[AGENT_ACTIONS], next[AGENT_ACTIONS];

            agents_values(agents, n, batch.features[i] + n * AGENT_FEATURES, now);
            agents_values(old, n, batch.after[i] + n * AGENT_FEATURES, next);
            error[i] -= now[batch.actions[i][n]];
            error[i] += i == 1 ? 0 : 0.83 * (next[0] > next[1] ? next[0] : next[1]);
        }
    }
    assert_close(agents_loss(agents, batch.transitions, 2, gradient),
                 (error[0] * error[0] + error[1] * error[1]) / 4, 1e-13);
    sim_random_close(random);
    sim_arena_close(arena);
}

/* Gradients of Adam's first step do not matter but for their sign: each weight moves by the rate. */
static void steps_are_those_of_the_optimiser_and_the_target_follows(void **state)
{
    struct agent_settings settings = some;
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(79, 2);
    struct batch batch;

    (void)state;
    settings.batch = 1;
    make_batch(&batch, settings.agents, random);
    for (int kind = AGENT_ADAM; kind <= AGENT_SGD; kind++) {
        struct agents *agents, *start;
        double *gradient;

        settings.optimiser = kind;
        agents = agents_open(arena, &settings, &ones, 31);
        start = agents_open(arena, &settings, &ones, 31);
        gradient = sim_new(arena, double, agents->count);
        assert_true(isnan(agents_learn(agents, random)));
        agents_remember(agents, &batch.transitions[0]);
        agents_loss(start, &batch.transitions[0], 1, gradient);
        agents_learn(agents, random);
        for (size_t i = 0; i < agents->count; i++) {
            const double g = gradient[i];
            const double move = kind == AGENT_SGD ? g : g / (fabs(g) + 1e-8);

            assert_true(fabs(agents->weights[i] - start->weights[i] + 0.01 * move) < 1e-14);
            assert_true(agents->target[i] == start->weights[i]);
        }
        agents_learn(agents, random);
        agents_learn(agents, random); /* the third step copies */
        assert_memory_equal(agents->target, agents->weights, agents->count * sizeof(double));
    }
    sim_random_close(random);
    sim_arena_close(arena);
}

/* Rewards 1000, 1001, ...: with a replay of 11, the loss of a batch is that of one of the last 11 only. */
static void the_oldest_are_forgotten(void **state)
{
    struct agent_settings settings = some;
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(80, 2);
    struct agents *agents;
    struct batch batch;
    bool seen[30] = {false};

    (void)state;
    settings.batch = 1;
    settings.rate = 0;
    agents = agents_open(arena, &settings, &ones, 37);
    make_batch(&batch, settings.agents, random);
    for (int i = 0; i < 30; i++) {
        batch.transitions[1].reward = 1000 + i;
        agents_remember(agents, &batch.transitions[1]);
        assert_int_equal(agents_remembered(agents), i < 10 ? i + 1 : 11);
    }
    for (int i = 0; i < 300; i++) {
        double value = 0;
        const double error = sqrt(2 * agents_learn(agents, random));

        for (int n = 0; n < settings.agents; n++) {
            double values[AGENT_ACTIONS];

            agents_values(agents, n, batch.features[1] + n * AGENT_FEATURES, values);
            value += values[batch.actions[1][n]];
        }
        seen[lround(error + value) - 1000] = true;
    }
    for (int i = 0; i < 30; i++)
        assert_int_equal(seen[i], i >= 19);
    sim_random_close(random);
    sim_arena_close(arena);
}

/* ---- learning ---------------------------------------------------------------------------------- */

/* A toy: every client has a gain that it sees (its loss), uniform in 0..1, and a threshold that nobody tells it.
 * The team gets the sum over kept clients of gain - threshold.  To keep iff gain > threshold is best, to keep
 * all or none is not.  Episodes have five rounds. */
static const double thresholds[MOST] = {0.17, 0.83, 0.41, 0.67, 0.29, 0.59, 0.91};
enum { ROUNDS = 5 };

static void see(struct agent_state *states, double *features, int round, struct sim_random *random)
{
    const struct agent_scales scales = {{0.5, 1, 1, 1, 1, ROUNDS / 2.0}};

    for (int n = 0; n < MOST; n++) {
        states[n] = (struct agent_state){sim_random_uniform(random), 1, 1, 1, 1, round};
        agent_features(&scales, &states[n], features + n * AGENT_FEATURES);
    }
}

static double paid(const struct agent_state *states, const enum agent_action *actions)
{
    double reward = 0;

    for (int n = 0; n < MOST; n++)
        reward += actions[n] == AGENT_KEEPS ? states[n].probing_loss - thresholds[n] : 0;
    return reward;
}

static void train(struct agents *agents, int decisions, struct sim_random *random)
{
    double features[2][MOST * AGENT_FEATURES];
    struct agent_state states[MOST];
    enum agent_action actions[MOST];

    see(states, features[0], 0, random);
    for (int d = 0; d < decisions; d++) {
        double *now = features[d % 2], *next = features[(d + 1) % 2];
        struct agent_transition t = {.features = now, .after = next, .actions = actions};

        agents_act(agents, now, NULL, agent_epsilon(&agents->settings, d), random, actions);
        t.reward = paid(states, actions);
        t.is_last = d % ROUNDS == ROUNDS - 1;
        see(states, next, (d + 1) % ROUNDS, random);
        agents_remember(agents, &t);
        agents_learn(agents, random);
    }
}

/* The greedy policy's pay on 2,000 fresh rounds, as a share of the best policy's. */
static double share_of_best(const struct agents *agents)
{
    struct sim_random *random = sim_random_open(987, 6);
    double features[MOST * AGENT_FEATURES], got = 0, best = 0;
    struct agent_state states[MOST];
    enum agent_action actions[MOST];

    for (int i = 0; i < 2000; i++) {
        see(states, features, i % ROUNDS, random);
        agents_act(agents, features, NULL, 0, random, actions);
        got += paid(states, actions);
        for (int n = 0; n < MOST; n++)
            best += fmax(0, states[n].probing_loss - thresholds[n]);
    }
    sim_random_close(random);
    return got / best;
}

static double learnt(struct sim_arena *arena, bool are_shared, uint64_t seed)
{
    const struct agent_settings settings = {
        .agents = MOST,
        .hidden = 12,
        .are_shared = are_shared,
        .discount = 0.5,
        .optimiser = AGENT_ADAM,
        .rate = 0.003,
        .most_norm = 10,
        .batch = 16,
        .replay = 2000,
        .target_every = 50,
        .explore = 1,
        .least = 0.1,
        .decisions = 1500,
    };
    struct agents *agents = agents_open(arena, &settings, &ones, seed);
    struct sim_random *random = sim_random_open(seed, 9);
    double share;

    train(agents, 3000, random);
    share = share_of_best(agents);
    sim_random_close(random);
    return share;
}

/* All agents learn out of the sum alone, each what its own threshold is. */
static void agents_learn_their_private_thresholds_from_the_teams_reward(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const double share = learnt(arena, false, seed);

        print_message("seed %d: %.4f of the best policy's pay\n", (int)seed, share);
        assert_true(share > 0.95 && share <= 1);
    }
    sim_arena_close(arena);
}

/* One network that sees no threshold can do no better than the best common one, so the test above can fail. */
static void shared_agents_cannot_learn_private_thresholds(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    double share = learnt(arena, true, 1), best = 0, common = 0;

    (void)state;
    for (int n = 0; n < MOST; n++)
        best += (1 - thresholds[n]) * (1 - thresholds[n]) / 2;
    for (double c = 0; c <= 1;
         c += 0.001) { /* keep iff gain > c: integral of gain - threshold above c */
        double sum = 0;

        for (int n = 0; n < MOST; n++)
            sum += (1 - c * c) / 2 - thresholds[n] * (1 - c);
        common = fmax(common, sum);
    }
    print_message("shared: %.4f of the best policy's pay; a common threshold can have %.4f\n",
                  share, common / best);
    assert_true(share < common / best + 0.03 && share > common / best - 0.1);
    sim_arena_close(arena);
}

static void the_same_seed_learns_the_same_bytes(void **state)
{
    struct agent_settings settings = some;
    struct sim_arena *arena = sim_arena_open();
    struct agents *twins[2];

    (void)state;
    settings.agents = MOST;
    settings.decisions = 100;
    settings.explore = 1;
    for (int i = 0; i < 2; i++) {
        struct sim_random *random = sim_random_open(3, 9);

        twins[i] = agents_open(arena, &settings, &ones, 3);
        train(twins[i], 200, random);
        sim_random_close(random);
    }
    assert_memory_equal(twins[0]->weights, twins[1]->weights, twins[0]->count * sizeof(double));
    assert_true(twins[0]->weights[0] != agents_open(arena, &settings, &ones, 3)->weights[0]);
    sim_arena_close(arena);
}

/* ---- agents.bin -------------------------------------------------------------------------------- */

struct saved {
    struct sim_arena *arena;
    struct agents *agents, *other;
    unsigned char *bytes;
    size_t size;
    struct sim_error err;
};

static void save(struct saved *s)
{
    const struct agent_scales scales = {{1.7, 0.3, 12.5, 1000003, 777, 17}};

    *s = (struct saved){.arena = sim_arena_open()};
    s->agents = agents_open(s->arena, &some, &scales, 43);
    s->other = agents_open(s->arena, &some, &ones, 44);
    s->size = agents_file_bytes(s->agents);
    s->bytes = sim_new(s->arena, unsigned char, s->size + 1);
    agents_save(s->agents, s->bytes);
}

static void what_was_saved_comes_back(void **state)
{
    struct saved s;

    (void)state;
    save(&s);
    assert_int_equal(s.size, 8 + 16 + 8 * (6 + 3 * (9 * 5 + 2)) + 4);
    assert_true(agents_load(s.other, s.bytes, s.size, "agents.bin", &s.err));
    assert_int_equal(s.err.count, 0);
    assert_memory_equal(s.other->weights, s.agents->weights, s.agents->count * sizeof(double));
    assert_memory_equal(s.other->target, s.agents->weights, s.agents->count * sizeof(double));
    assert_memory_equal(&s.other->scales, &s.agents->scales, sizeof s.agents->scales);
    /* little-endian, whatever the machine: 1.7 is 0x3ffb333333333333 */
    assert_memory_equal(s.bytes, "DMLAGENT\1\0\0\0\3\0\0\0\5\0\0\0\3\0\0\0", 24);
    assert_memory_equal(s.bytes + 24, "\x33\x33\x33\x33\x33\x33\xfb\x3f", 8);
    sim_arena_close(s.arena);
}

static void every_truncated_or_damaged_file_is_refused(void **state)
{
    struct saved s;
    double first;

    (void)state;
    save(&s);
    first = s.other->weights[0];
    for (size_t size = 0; size < s.size; size++) {
        struct sim_error err = {0};

        assert_false(agents_load(s.other, s.bytes, size, "agents.bin", &err));
        assert_int_equal(err.count, 1);
    }
    assert_false(agents_load(s.other, s.bytes, s.size + 1, "agents.bin", &s.err));
    for (size_t i = 0; i < s.size; i++) {
        struct sim_error err = {0};

        s.bytes[i] ^= 0x10;
        assert_false(agents_load(s.other, s.bytes, s.size, "agents.bin", &err));
        assert_int_equal(err.count, 1);
        s.bytes[i] ^= 0x10;
    }
    assert_true(s.other->weights[0] == first && s.other->scales.of[0] == 1);
    sim_arena_close(s.arena);
}

static void refuse(const struct saved *s, struct agents *agents, size_t size, const char *said)
{
    struct sim_error err = {0};

    assert_false(agents_load(agents, s->bytes, size, "a.bin", &err));
    assert_string_equal(err.text, said);
}

static void each_refusal_says_why(void **state)
{
    struct agent_settings shared = some;
    struct saved s;

    (void)state;
    save(&s);
    shared.are_shared = true;
    shared.agents = 12;
    refuse(&s, agents_open(s.arena, &shared, &ones, 1), s.size,
           "a.bin: holds 3 agents with 5 hidden units in 3 networks; this run has 12 agents with 5 "
           "hidden units in 1 networks.");
    refuse(&s, s.other, 20, "a.bin: ends after 20 bytes, within its head of 24.");
    refuse(&s, s.other, 1000, "a.bin: has 1000 bytes; agents of its sizes take 1204.");
    refuse(&s, s.other, 1205, "a.bin: has 1205 bytes; agents of its sizes take 1204.");
    s.bytes[300] ^= 1;
    refuse(&s, s.other, s.size, "a.bin: is damaged: its checksum is not that of its bytes.");
    s.bytes[8] = 2;
    refuse(&s, s.other, s.size, "a.bin: agents of version 2; this program reads version 1.");
    s.bytes[0] = '{';
    refuse(&s, s.other, s.size,
           "a.bin: no file of trained agents: it does not begin with DMLAGENT.");
    s.agents->weights[6] = NAN;
    agents_save(s.agents, s.bytes);
    refuse(&s, s.other, s.size, "a.bin: number 7 of 141 is nan.");
    s.agents->scales.of[1] = 0;
    agents_save(s.agents, s.bytes);
    refuse(&s, s.other, s.size, "a.bin: feature 2 of 6 is measured against 0; it must be above 0.");
    sim_arena_close(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_logarithms_of_multiples_of_the_scales),
        cmocka_unit_test(epsilon_falls_in_a_line_and_then_stays),
        cmocka_unit_test(exploring_agents_do_either_and_absent_ones_nothing),
        cmocka_unit_test(gradients_are_finite_differences),
        cmocka_unit_test(the_loss_is_the_temporal_difference_of_sums),
        cmocka_unit_test(steps_are_those_of_the_optimiser_and_the_target_follows),
        cmocka_unit_test(the_oldest_are_forgotten),
        cmocka_unit_test(agents_learn_their_private_thresholds_from_the_teams_reward),
        cmocka_unit_test(shared_agents_cannot_learn_private_thresholds),
        cmocka_unit_test(the_same_seed_learns_the_same_bytes),
        cmocka_unit_test(what_was_saved_comes_back),
        cmocka_unit_test(every_truncated_or_damaged_file_is_refused),
        cmocka_unit_test(each_refusal_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
