/* casting.c -- who plays which role, and on which host. */
#include "tests/unit/close.h"

#include "sim/scenario/casting.h"

static const struct sim_role roles[] = {
    {"worker", NULL, ""}, {"server", NULL, ""}, {"spare", NULL, ""}, {0}};
static const struct sim_algorithm fake = {.name = "fake", .roles = roles};

/* In natural order, as the engine gives them. */
static const char *const hosts[] = {"edge-0", "edge-1",  "node-0", "node-1",
                                    "node-2", "node-10", "node-11"};
enum {
    HOSTS = sizeof hosts / sizeof hosts[0],
    EDGE_0 = 0,
    EDGE_1,
    NODE_0,
    NODE_1,
    NODE_2,
    NODE_10,
    NODE_11
};

struct stage {
    struct sim_plan plan;
    struct sim_host_rule rules[4];
    struct sim_host_rules all;
    struct sim_error err;
};

static int open_stage(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);

    stage->plan.arena = sim_arena_open();
    stage->plan.algorithm = &fake;
    stage->plan.casting = sim_casting_open(stage->plan.arena);
    stage->all.rules = stage->rules;
    *state = stage;
    return 0;
}

static int close_stage(void **state)
{
    sim_arena_close(((struct stage *)*state)->plan.arena);
    free(*state);
    return 0;
}

static void by_count(struct stage *stage, const char *role, int count)
{
    stage->rules[stage->all.count++] = (struct sim_host_rule){.role = role, .count = count};
}

static void by_name(struct stage *stage, const char *role, const char *const *patterns)
{
    stage->rules[stage->all.count++] = (struct sim_host_rule){.role = role, .patterns = patterns};
}

static bool place(struct stage *stage)
{
    const bool fine =
        sim_casting_place(&stage->plan, &stage->all, hosts, HOSTS, "mini.xml", &stage->err);

    assert_int_equal(fine, stage->err.count == 0);
    return fine;
}

static void is_placed(struct stage *stage, const int *expected, int count)
{
    assert_true(place(stage));
    assert_int_equal(stage->plan.casting->peer_count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(stage->plan.casting->peers[i].host, expected[i]);
}

static void is_refused(struct stage *stage, const char *said)
{
    assert_false(place(stage));
    assert_string_equal(stage->err.text, said);
}

#define PLACED(...)                                                                                \
    is_placed(*state, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- casting ---- */

static void peers_are_numbered_in_the_order_in_which_they_are_cast(void **state)
{
    struct stage *stage = *state;
    const struct sim_casting *casting = stage->plan.casting;
    const struct sim_group *workers, *servers;

    sim_cast(&stage->plan, "worker", 3);
    sim_cast(&stage->plan, "server", 2);
    workers = sim_role(&stage->plan, "worker");
    servers = sim_role(&stage->plan, "server");
    assert_int_equal(workers->size, 3);
    assert_int_equal(servers->size, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(workers->peers[i], i);
    for (int i = 0; i < 2; i++)
        assert_int_equal(servers->peers[i], 3 + i);
    assert_int_equal(casting->peer_count, 5);
    assert_string_equal(casting->peers[4].role, "server");
    assert_int_equal(casting->peers[4].index, 1);
    assert_int_equal(casting->peers[4].beside, -1);
    assert_int_equal(casting->peers[4].host, -1);
}

static void a_role_that_nobody_plays_is_empty(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(sim_role(&stage->plan, "worker")->size, 0);
    sim_cast(&stage->plan, "worker", 3);
    assert_int_equal(sim_role(&stage->plan, "server")->size, 0);
}

static void thousands_of_peers_are_cast(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 10007);
    sim_cast_beside(&stage->plan, "server", 1003, "worker");
    assert_int_equal(stage->plan.casting->peer_count, 11010);
    assert_int_equal(sim_role(&stage->plan, "worker")->peers[10006], 10006);
    assert_int_equal(stage->plan.casting->peers[11009].beside, 1002);
}

/* ---- placing ---- */

static void without_a_word_every_peer_has_the_next_host_of_its_own(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 3);
    sim_cast(&stage->plan, "server", 2);
    PLACED(EDGE_0, EDGE_1, NODE_0, NODE_1, NODE_2);
    assert_false(stage->plan.casting->is_shared);
}

static void a_role_may_name_its_host(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 1);
    by_name(stage, "worker", NAMES("node-2"));
    PLACED(NODE_2);
}

static void a_list_is_taken_in_its_own_order(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 3);
    by_name(stage, "worker", NAMES("node-10", "edge-1", "node-0"));
    PLACED(NODE_10, EDGE_1, NODE_0);
}

static void a_pattern_is_taken_in_natural_order(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 4);
    by_name(stage, "worker", NAMES("node-*"));
    PLACED(NODE_0, NODE_1, NODE_2, NODE_10);
}

static void a_host_that_two_patterns_match_is_taken_once(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 5);
    by_name(stage, "worker", NAMES("node-1", "node-?", "node-1*"));
    PLACED(NODE_1, NODE_0, NODE_2, NODE_10, NODE_11);
}

static void who_names_hosts_chooses_before_who_was_cast_first(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 2);
    sim_cast(&stage->plan, "server", 2);
    by_name(stage, "server", NAMES("edge-*"));
    PLACED(NODE_0, NODE_1, EDGE_0, EDGE_1);
    assert_false(stage->plan.casting->is_shared);
}

static void a_count_takes_the_first_hosts_that_nobody_names(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 2);
    sim_cast(&stage->plan, "server", 1);
    by_count(stage, "worker", 2);
    by_name(stage, "server", NAMES("edge-1"));
    PLACED(EDGE_0, NODE_0, EDGE_1);
}

static void peers_beside_others_share_their_hosts(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 3);
    sim_cast_beside(&stage->plan, "server", 2, "worker");
    by_name(stage, "worker", NAMES("node-*"));
    PLACED(NODE_0, NODE_1, NODE_2, NODE_0, NODE_1);
    assert_false(stage->plan.casting->is_shared); /* their algorithm asked for it */
}

static void peers_beside_others_need_no_hosts_of_their_own(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", HOSTS);
    sim_cast_beside(&stage->plan, "server", HOSTS, "worker");
    assert_true(place(stage));
}

/* ---- more peers than hosts ---- */

static void round_robin_begins_again_at_the_first_host(void **state)
{
    struct stage *stage = *state;

    stage->all.round_robin = true;
    sim_cast(&stage->plan, "worker", 9);
    PLACED(0, 1, 2, 3, 4, 5, 6, 0, 1);
    assert_true(stage->plan.casting->is_shared);
}

static void round_robin_goes_round_the_hosts_that_a_role_names(void **state)
{
    struct stage *stage = *state;

    stage->all.round_robin = true;
    sim_cast(&stage->plan, "worker", 5);
    by_name(stage, "worker", NAMES("edge-*"));
    PLACED(EDGE_0, EDGE_1, EDGE_0, EDGE_1, EDGE_0);
    assert_true(stage->plan.casting->is_shared);
}

static void round_robin_goes_round_a_count_of_hosts(void **state)
{
    struct stage *stage = *state;

    stage->all.round_robin = true;
    sim_cast(&stage->plan, "worker", 5);
    sim_cast(&stage->plan, "server", 2);
    by_count(stage, "worker", 3);
    PLACED(0, 1, 2, 0, 1, 3, 4);
}

static void round_robin_shares_all_hosts_when_none_is_free(void **state)
{
    struct stage *stage = *state;

    stage->all.round_robin = true;
    sim_cast(&stage->plan, "worker", HOSTS);
    sim_cast(&stage->plan, "server", 2);
    PLACED(0, 1, 2, 3, 4, 5, 6, 0, 1);
    assert_true(stage->plan.casting->is_shared);
}

static void round_robin_that_is_not_needed_shares_nothing(void **state)
{
    struct stage *stage = *state;

    stage->all.round_robin = true;
    sim_cast(&stage->plan, "worker", HOSTS);
    assert_true(place(stage));
    assert_false(stage->plan.casting->is_shared);
}

/* ---- what is wrong ---- */

static void too_few_hosts_are_told_with_both_numbers_and_what_helps(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 9);
    is_refused(
        stage,
        "mini.xml has 7 hosts (7 free for role worker), but the scenario casts 9 peers that "
        "each want one (9 of role worker): take a platform of at least 9 hosts, or say hosts: "
        "{share: round_robin}.");
}

static void too_few_hosts_for_the_second_role_name_that_one(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 5);
    sim_cast_beside(&stage->plan, "spare", 5, "worker");
    sim_cast(&stage->plan, "server", 3);
    is_refused(
        stage,
        "mini.xml has 7 hosts (2 free for role server), but the scenario casts 8 peers that "
        "each want one (3 of role server): take a platform of at least 8 hosts, or say hosts: "
        "{share: round_robin}.");
}

static void too_few_hosts_of_the_name(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 3);
    by_name(stage, "worker", NAMES("edge-*"));
    is_refused(
        stage,
        "mini.xml has 7 hosts (2 free for role worker), but the scenario casts 3 peers that "
        "each want one (3 of role worker): take a platform of at least 3 hosts, or say hosts: "
        "{share: round_robin}.");
}

static void a_count_above_the_hosts_that_are_free(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 3);
    sim_cast(&stage->plan, "server", 1);
    by_name(stage, "server", NAMES("edge-0"));
    by_count(stage, "worker", 11);
    is_refused(stage,
               "hosts.worker: 11 hosts are asked for, but mini.xml has only 6 that are free.");
}

static void a_host_with_a_slip_is_told_with_the_nearest_name(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 1);
    by_name(stage, "worker", NAMES("nod-10"));
    is_refused(stage, "hosts.worker: mini.xml has no host 'nod-10'; did you mean 'node-10'?");
}

static void every_host_that_does_not_exist_is_told(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 2);
    by_name(stage, "worker", NAMES("gpu-*", "node-0", "xyz"));
    is_refused(
        stage,
        "hosts.worker: mini.xml has no host 'gpu-*'.\nhosts.worker: mini.xml has no host 'xyz'.");
}

static void an_unknown_role_is_told_with_the_nearest_name(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 2);
    by_count(stage, "wroker", 2);
    by_count(stage, "accelerator", 2);
    is_refused(stage, "hosts.wroker: fake has no such role; did you mean 'worker'?\n"
                      "hosts.accelerator: fake has no such role.");
}

static void a_role_beside_another_takes_no_hosts(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 2);
    sim_cast_beside(&stage->plan, "server", 1, "worker");
    by_name(stage, "server", NAMES("node-0"));
    is_refused(stage,
               "hosts.server: this role lives on the hosts of another role here; place that one.");
}

static void hosts_for_a_role_that_nobody_plays_are_not_ignored(void **state)
{
    struct stage *stage = *state;

    sim_cast(&stage->plan, "worker", 2);
    by_name(stage, "spare", NAMES("node-0"));
    assert_false(place(stage));
    assert_int_equal(strncmp(stage->err.text, "hosts.spare: ", 13), 0);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(peers_are_numbered_in_the_order_in_which_they_are_cast),
        ON_STAGE(a_role_that_nobody_plays_is_empty),
        ON_STAGE(thousands_of_peers_are_cast),
        ON_STAGE(without_a_word_every_peer_has_the_next_host_of_its_own),
        ON_STAGE(a_role_may_name_its_host),
        ON_STAGE(a_list_is_taken_in_its_own_order),
        ON_STAGE(a_pattern_is_taken_in_natural_order),
        ON_STAGE(a_host_that_two_patterns_match_is_taken_once),
        ON_STAGE(who_names_hosts_chooses_before_who_was_cast_first),
        ON_STAGE(a_count_takes_the_first_hosts_that_nobody_names),
        ON_STAGE(peers_beside_others_share_their_hosts),
        ON_STAGE(peers_beside_others_need_no_hosts_of_their_own),
        ON_STAGE(round_robin_begins_again_at_the_first_host),
        ON_STAGE(round_robin_goes_round_the_hosts_that_a_role_names),
        ON_STAGE(round_robin_goes_round_a_count_of_hosts),
        ON_STAGE(round_robin_shares_all_hosts_when_none_is_free),
        ON_STAGE(round_robin_that_is_not_needed_shares_nothing),
        ON_STAGE(too_few_hosts_are_told_with_both_numbers_and_what_helps),
        ON_STAGE(too_few_hosts_for_the_second_role_name_that_one),
        ON_STAGE(too_few_hosts_of_the_name),
        ON_STAGE(a_count_above_the_hosts_that_are_free),
        ON_STAGE(a_host_with_a_slip_is_told_with_the_nearest_name),
        ON_STAGE(every_host_that_does_not_exist_is_told),
        ON_STAGE(an_unknown_role_is_told_with_the_nearest_name),
        ON_STAGE(a_role_beside_another_takes_no_hosts),
        ON_STAGE(hosts_for_a_role_that_nobody_plays_are_not_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
