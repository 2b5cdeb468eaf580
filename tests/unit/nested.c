/* Several simulations in one process, on a platform that is loaded once: each is as if it were the first. */
#include "tests/fixtures/act.h"
#include "tests/fixtures/nested.h"

#include <stdio.h>

static const char *const nothing[] = {NULL};

#define RING(platform, more)                                                                       \
    "platform: " platform "\n"                                                                     \
    "algorithm: {name: ring_allreduce, workers: 4, gradient_bytes: 1234567, "                      \
    "compute_seconds: 3ms, compute_jitter: 0.1}\n" more

#define SET(...)                                                                                   \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void clocks_begin_at_nought(void **state)
{
    static const char text[] = RING("platforms/one_switch.xml", "");
    const char *const *const settings[] = {nothing,
                                           SET("seed=7"),
                                           SET("simulation=full", "seed=8"),
                                           nothing,
                                           SET("simulation=full", "iterations=3"),
                                           SET("algorithm.workers=8"),
                                           nothing};

    (void)state;
    assert_int_equal(nested_are_as_alone("one switch", text, settings, 7), 7);
}

/* From 8192 s on SimGrid's precision is made to follow its clock; then it is as it was. */
static void precision_begins_anew(void **state)
{
    const char *const *const settings[] = {nothing, SET("algorithm.compute_seconds=90000"), nothing,
                                           SET("algorithm.compute_seconds=9000"), nothing};
    char text[512];

    (void)state;
    snprintf(text, sizeof text, RING("%s", "simulation: full\n"), star_platform(4, 50));
    assert_int_equal(nested_are_as_alone("late", text, settings, 5), 5);
}

static void links_are_those_of_each(void **state)
{
    static const char text[] = RING("platforms/gpu_cluster.xml", "");
    const char *const *const settings[] = {
        nothing,
        SET("platform.link[node-0-*].bandwidth=1.7Gbps", "platform.link[node-0-*].latency=1.3ms"),
        SET("platform.link[*nvlink].bandwidth=11.3GBps"),
        nothing,
        SET("platform.link[node-0-gpu-1-nic].latency=0", "simulation=full"),
        SET("platform.link[*].bandwidth=77Mbps", "simulation=full"),
        nothing};

    (void)state;
    assert_int_equal(nested_are_as_alone("links", text, settings, 7), 7);
}

/* Not told: what another process must do.  The first is never refused for those that follow. */
static void what_cannot_follow_is_left(void **state)
{
    static const char text[] = RING("platforms/gpu_cluster.xml", "");
    const char *const *const wrong_links[] = {
        nothing, SET("platform.link[nowhere].bandwidth=1Gbps"), nothing};
    const char *const *const wrong_values[] = {
        nothing, SET("platform.link[node-0-gpu-1-nic].latency=-1ms"), nothing};
    const char *const *const faults[] = {SET("faults=[{peer: worker-1, at: 1ms, factor: 0.5}]"),
                                         nothing};

    (void)state;
    assert_int_equal(nested_are_as_alone("no such link", text, wrong_links, 3), 1);
    assert_int_equal(nested_are_as_alone("no latency", text, wrong_values, 3), 1);
    assert_int_equal(nested_are_as_alone("a fault", text, faults, 2), 1);
}

static void joules_of_shared_hosts_are_counted_once(void **state)
{
    static const char text[] = RING("platforms/one_switch.xml", "hosts: {share: round_robin}\n");
    const char *const *const settings[] = {SET("algorithm.workers=16"), SET("algorithm.workers=4")};
    const char *const *const turned[] = {SET("algorithm.workers=4"), SET("algorithm.workers=16"),
                                         SET("algorithm.workers=4")};

    (void)state;
    assert_int_equal(nested_are_as_alone("shared first", text, settings, 2), 0);
    assert_int_equal(nested_are_as_alone("shared second", text, turned, 3), 1);
}

static void a_mistake_is_told_and_others_follow(void **state)
{
    static const char text[] = RING("platforms/one_switch.xml", "");
    const char *const *const settings[] = {nothing, SET("algorithm.workers=400"), nothing};

    (void)state;
    assert_int_equal(nested_are_as_alone("400 workers of 8", text, settings, 3), 3);
}

/* Of settings that no request could hold in all, a child is given as many as it can; others will be its followers'. */
static void what_does_not_fit_is_left(void **state)
{
    enum { POINTS = 16, EACH = 900 }; /* of 20 bytes */
    static const char text[] = RING("platforms/one_switch.xml", "");
    const char *many[EACH + 2], *const *settings[POINTS];
    int told;

    (void)state;
    for (int s = 0; s < EACH; s++)
        many[s] = "algorithm.workers=5";
    many[EACH] = "seed=17";
    many[EACH + 1] = NULL;
    for (int i = 0; i < POINTS; i++)
        settings[i] = many;
    told = nested_are_as_alone("long settings", text, settings, POINTS);
    assert_in_range(told, 2, POINTS - 1);
}

/* ---- actors, which wait for the next peer ---- */

/* With seed 2 all send before they receive. */
static void pass_on(struct sim_peer *me)
{
    const int peers = sim_role(me->plan, "worker")->size, next = (me->index + 1) % peers,
              last = (me->index + peers - 1) % peers;
    const struct sim_message message = {1234567, NULL};

    sim_sleep(me, 0.125);
    if (me->plan->seed == 2) {
        sim_send(me, next, message);
        sim_receive(me, last, NULL);
    } else {
        sim_exchange(me, next, message, last, NULL);
    }
}

static int pass(const char *name, const char *const *const *settings, int count)
{
    static const struct sim_role roles[] = {{"worker", pass_on, "", false}, {0}};
    const struct sim_algorithm algorithm = act_algorithm(roles);
    const struct sim_algorithm *const algorithms[] = {&algorithm, NULL};

    return nested_of(algorithms, name,
                     "platform: platforms/one_switch.xml\nalgorithm: {name: test}\n"
                     "hosts: {share: round_robin}\n",
                     settings, count);
}

/* On two hosts of eight several peers follow each other, and several are there at once. */
static void peers_may_be_fewer_or_more_than_before(void **state)
{
    const char *const *const settings[] = {nothing,
                                           SET("algorithm.workers=8"),
                                           SET("algorithm.workers=2"),
                                           SET("algorithm.workers=10"),
                                           SET("algorithm.workers=5", "simulation=full"),
                                           SET("algorithm.workers=17"),
                                           SET("algorithm.workers=10")};

    (void)state;
    assert_int_equal(pass("as many as they like", settings, 7), 7);
}

/* What it says of the time is another process's to say. */
static void who_is_stuck_is_left(void **state)
{
    const char *const *const settings[] = {nothing, SET("seed=2"), nothing};

    (void)state;
    assert_int_equal(pass("stuck", settings, 3), 1);
    assert_int_equal(pass("stuck at first", settings + 1, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_begin_at_nought),
        cmocka_unit_test(precision_begins_anew),
        cmocka_unit_test(links_are_those_of_each),
        cmocka_unit_test(what_cannot_follow_is_left),
        cmocka_unit_test(joules_of_shared_hosts_are_counted_once),
        cmocka_unit_test(a_mistake_is_told_and_others_follow),
        cmocka_unit_test(what_does_not_fit_is_left),
        cmocka_unit_test(peers_may_be_fewer_or_more_than_before),
        cmocka_unit_test(who_is_stuck_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
