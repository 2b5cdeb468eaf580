/* Flows that share links: rates by the definition of max-min fairness, ends by hand. */
#include "sim/engine/fluid.h"

#include "sim/base/random.h"
#include "sim/engine/fair.h"
#include "tests/unit/close.h"

/* ---- rates ---- */

enum { LINKS = 9, FLOWS = 40, LONGEST = 4 };

struct trial {
    int links, longest; /* few links: one by itself has many flows */
    double spread;      /* of weights: 10 orders of magnitude at most */
    struct sim_random *random;
    struct fair_net *net;
    double capacity[LINKS];
    struct fair_flow flows[FLOWS];
    struct fair_use uses[FLOWS][LONGEST];
    bool is_there[FLOWS];
};

static void draw_flow(struct trial *trial, int number)
{
    struct fair_flow *flow = &trial->flows[number];
    bool taken[LINKS] = {false};

    *flow = (struct fair_flow){.uses = trial->uses[number]};
    flow->weight = sim_random_lognormal(trial->random, trial->spread);
    flow->cap = 100 * sim_random_lognormal(trial->random, 2);
    flow->count = (int)sim_random_below(trial->random, (uint32_t)trial->longest + 1);
    for (int u = 0; u < flow->count; u++) {
        int link;

        do
            link = (int)sim_random_below(trial->random, (uint32_t)trial->links);
        while (taken[link]);
        taken[link] = true;
        flow->uses[u] =
            (struct fair_use){.link = link, .times = 1 + (int)sim_random_below(trial->random, 2)};
        flow->cap = fmin(flow->cap, trial->capacity[link] / flow->uses[u].times);
    }
}

static double load_of(const struct trial *trial, int link, double *highest)
{
    double load = 0;

    *highest = 0;
    for (int f = 0; f < FLOWS; f++)
        for (int u = 0; trial->is_there[f] && u < trial->flows[f].count; u++)
            if (trial->flows[f].uses[u].link == link) {
                load += trial->flows[f].uses[u].times * trial->flows[f].rate;
                *highest = fmax(*highest, trial->flows[f].rate / trial->flows[f].weight);
            }
    return load;
}

/* Bertsekas and Gallager: rates are max-min fair if and only if they are feasible and each flow is at its cap or has
 * a link that is full, on which nobody has more for his weight. */
static void check_fairness(const struct trial *trial)
{
    double load[LINKS], highest[LINKS];

    for (int l = 0; l < LINKS; l++) {
        load[l] = load_of(trial, l, &highest[l]);
        assert_true(load[l] <= trial->capacity[l] * (1 + 1e-12));
    }
    for (int f = 0; f < FLOWS; f++) {
        const struct fair_flow *flow = &trial->flows[f];
        bool is_held_back = !trial->is_there[f] || flow->rate == flow->cap;

        assert_true(flow->rate <= flow->cap);
        for (int u = 0; u < flow->count; u++) {
            const int link = flow->uses[u].link;

            is_held_back |= load[link] >= trial->capacity[link] * (1 - 1e-12) &&
                            flow->rate / flow->weight >= highest[link] * (1 - 1e-12);
        }
        assert_true(is_held_back);
    }
}

static void change_one(struct trial *trial)
{
    const int number = (int)sim_random_below(trial->random, FLOWS);

    if (trial->is_there[number]) {
        fair_remove(trial->net, &trial->flows[number]);
    } else {
        draw_flow(trial, number);
        fair_add(trial->net, &trial->flows[number]);
    }
    trial->is_there[number] = !trial->is_there[number];
}

static void rates_are_fair_whatever_comes_and_goes(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct sim_arena *arena = sim_arena_open();
        struct trial *trial = sim_new(arena, struct trial, 1);
        struct fair_flow **found;

        trial->random = sim_random_open(seed, 17);
        trial->spread = sim_random_uniform(trial->random) < 0.5 ? 1 : 5;
        trial->links = 1 + (int)sim_random_below(trial->random, LINKS);
        trial->longest = 1 + (int)sim_random_below(trial->random, LONGEST);
        if (trial->longest > trial->links)
            trial->longest = trial->links;
        trial->net = fair_open(arena, LINKS);
        for (int l = 0; l < LINKS; l++) {
            trial->capacity[l] = 1000 * sim_random_lognormal(trial->random, 1.5);
            fair_set_capacity(trial->net, l, trial->capacity[l]);
        }
        for (int turn = 0; turn < 200; turn++) {
            int count = 1 + (int)sim_random_below(trial->random, 3);

            while (count-- > 0)
                change_one(trial);
            count = fair_solve(trial->net, &found);
            while (count-- > 0)
                found[count]->rate = found[count]->share;
            assert_false(fair_has_changed(trial->net));
            check_fairness(trial);
        }
        sim_random_close(trial->random);
        sim_arena_close(arena);
    }
}

/* Weights 1, 2 and 5 on a link of 90: the third is held to 7 elsewhere, so the others have 83/3 and 166/3. */
static void what_a_capped_flow_leaves_goes_to_the_others_by_weight(void **state)
{
    static const double weights[] = {1, 2, 5}, caps[] = {90, 90, 7};
    struct sim_arena *arena = sim_arena_open();
    struct fair_net *net = fair_open(arena, 1);
    struct fair_use uses[3] = {{.times = 1}, {.times = 1}, {.times = 1}};
    struct fair_flow flows[3] = {{0}}, **found;

    (void)state;
    fair_set_capacity(net, 0, 90);
    for (int f = 0; f < 3; f++) {
        flows[f] =
            (struct fair_flow){.weight = weights[f], .cap = caps[f], .count = 1, .uses = &uses[f]};
        fair_add(net, &flows[f]);
    }
    assert_int_equal(fair_solve(net, &found), 3);
    assert_close(flows[0].share, 83 / 3.0, 1e-14);
    assert_close(flows[1].share, 166 / 3.0, 1e-14);
    assert_close(flows[2].share, 7, 0);
    sim_arena_close(arena);
}

/* Nobody is looked at again who shares nothing with what came. */
static void only_those_that_a_change_may_concern_are_looked_at(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct fair_net *net = fair_open(arena, 2);
    struct fair_use uses[5] = {{0, 0, 1}, {0, 0, 1}, {1, 0, 1}, {1, 0, 1}, {1, 0, 1}};
    struct fair_flow flows[5] = {{0}}, **found;

    (void)state;
    fair_set_capacity(net, 0, 10);
    fair_set_capacity(net, 1, 12);
    for (int f = 0; f < 5; f++)
        flows[f] = (struct fair_flow){.weight = 1, .cap = 9, .count = 1, .uses = &uses[f]};
    for (int f = 0; f < 4; f++)
        fair_add(net, &flows[f]);
    assert_int_equal(fair_solve(net, &found), 4);
    fair_add(net, &flows[4]);
    assert_int_equal(fair_solve(net, &found), 3);
    assert_close(flows[4].share, 4, 1e-15);
    assert_close(flows[0].share, 5, 1e-15);
    fair_remove(net, &flows[0]);
    assert_int_equal(fair_solve(net, &found), 1);
    assert_close(flows[1].share, 9, 0);
    sim_arena_close(arena);
}

/* ---- ends ---- */

static const int both[] = {0, 1}, second[] = {1}, twice[] = {1, 1}, none[] = {2};

static struct fluid *two_links_and_a_fat_pipe(struct sim_arena *arena)
{
    struct fluid *fluid = fluid_open(arena, 3);

    fluid_share(fluid, 0, 10);
    fluid_share(fluid, 1, 60);
    return fluid;
}

static struct fluid_flow *start(struct fluid *fluid, const int *links, int count, double latency,
                                double most, double bytes, double now, char *name)
{
    return fluid_start(fluid, &(struct fluid_way){latency, most, links, count}, bytes, now, name);
}

/* The next that ends, and when. */
static const char *next_end(struct fluid *fluid, double *at)
{
    const char *name;

    while ((name = fluid_ended(fluid)) == NULL && isfinite(fluid_next(fluid))) {
        *at = fluid_next(fluid);
        fluid_advance(fluid, *at);
    }
    return name;
}

static void expect(struct fluid *fluid, const char *name, double at)
{
    double ended_at = NAN;

    assert_ptr_equal(next_end(fluid, &ended_at), name);
    assert_close(ended_at, at, 1e-14);
}

/* `a` moves 10 B/s over the narrow link from 2 s on; `b` has the other 50 from 3 s on: 800 bytes by 19 s, and then all
 * of the link, since `a` has moved its 170. */
static void flows_take_turns_as_by_hand(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct fluid *fluid = two_links_and_a_fat_pipe(arena);
    char a[] = "a", b[] = "b";
    struct fluid_flow *narrow = start(fluid, both, 2, 2, 10, 170, 0, a);
    const struct fluid_flow *wide = start(fluid, second, 1, 3, 60, 920, 0, b);

    (void)state;
    assert_close(fluid_next(fluid), 2, 0);
    fluid_advance(fluid, 2);
    assert_close(fluid_rate(narrow), 10, 0);
    assert_close(fluid_rate(wide), 0, 0);
    fluid_advance(fluid, 3);
    assert_close(fluid_rate(wide), 50, 1e-15);
    expect(fluid, a, 19);
    expect(fluid, b, 21);
    assert_true(isinf(fluid_next(fluid)));
    sim_arena_close(arena);
}

/* What is broken off at 5 s has moved 3 s x 10 B/s; the other has 60 B/s from then on. */
static void what_is_broken_off_leaves_room(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct fluid *fluid = two_links_and_a_fat_pipe(arena);
    char a[] = "a", b[] = "b";
    struct fluid_flow *narrow = start(fluid, both, 2, 2, 10, 170, 0, a);

    (void)state;
    start(fluid, second, 1, 2, 60, 450, 0, b);
    fluid_advance(fluid, 2);
    assert_close(fluid_break_off(fluid, narrow, 5), 140, 1e-14);
    assert_close(fluid_next(fluid), 5, 0);
    expect(fluid, b, 10);
    narrow = start(fluid, both, 2, 7, 10, 33, 10, a);
    assert_close(fluid_break_off(fluid, narrow, 11), 33, 0); /* still in its latency */
    assert_true(isinf(fluid_next(fluid)));
    sim_arena_close(arena);
}

/* Who crosses a link twice has half of it; a fat pipe hinders nobody; no bytes take the latency alone; those that end
 * together are told in the order in which they started. */
static void odd_flows_end_when_they_should(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct fluid *fluid = two_links_and_a_fat_pipe(arena);
    char names[4][2] = {"a", "b", "c", "d"};

    (void)state;
    start(fluid, twice, 2, 1, 60, 90, 0, names[0]);
    start(fluid, none, 1, 1, 5, 15, 0, names[1]);
    start(fluid, none, 1, 2, 5, 10, 0, names[2]);
    start(fluid, both, 2, 3, 10, 0, 0, names[3]);
    expect(fluid, names[3], 3);
    expect(fluid, names[0], 4);
    assert_ptr_equal(fluid_ended(fluid), names[1]);
    assert_ptr_equal(fluid_ended(fluid), names[2]);
    assert_null(fluid_ended(fluid));
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_fair_whatever_comes_and_goes),
        cmocka_unit_test(what_a_capped_flow_leaves_goes_to_the_others_by_weight),
        cmocka_unit_test(only_those_that_a_change_may_concern_are_looked_at),
        cmocka_unit_test(flows_take_turns_as_by_hand),
        cmocka_unit_test(what_is_broken_off_leaves_room),
        cmocka_unit_test(odd_flows_end_when_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
