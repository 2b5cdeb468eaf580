/* The verbs of sim/peer.h, each in a small algorithm of two or three peers on a star. */
#include "sim/peer.h"

#include "tests/fixtures/act.h"

#include <stdio.h>

static const double B = ACT_BYTES_PER_SECOND, A = ACT_LATENCY_SECONDS, SPEED = ACT_FLOP_PER_SECOND,
                    G = 1000003;

/* ---- wait-any, time-outs ---- */

static void impatient(struct sim_peer *me)
{
    struct sim_activity *waiting[3] = {NULL};
    struct sim_message message;

    if (me->index > 0) {
        sim_sleep(me, 0.1 * me->index);
        sim_send(me, 0, (struct sim_message){(int64_t)G, me});
        return;
    }
    waiting[1] = sim_start_receive(me, 2);
    waiting[2] = sim_start_receive(me, 1);
    sim_note(me, "timed_out", sim_wait_for(me, waiting[1], 0.05, NULL) == SIM_TIMED_OUT);
    sim_note(me, "timed_out_at", sim_now(me));
    sim_note(me, "none_within", sim_wait_any(me, waiting, 3, 0.01));
    sim_note(me, "first", sim_wait_any(me, waiting, 3, -1));
    sim_note(me, "first_at", sim_now(me));
    sim_wait(me, waiting[2], &message);
    waiting[2] = NULL;
    sim_note(me, "first_bytes", (double)message.bytes);
    sim_note(me, "second", sim_wait_any(me, waiting, 3, -1));
    sim_wait(me, waiting[1], NULL);
    waiting[1] = NULL;
    sim_note(me, "nothing_left", sim_wait_any(me, waiting, 3, -1));
}

static void a_time_out_leaves_the_transfer_running_and_wait_any_finds_it(void **state)
{
    struct simulated run = act_with(impatient, 3, "");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "timed_out"), 1, 0);
    assert_close(metric_of(&run, "timed_out_at"), 0.05, 1e-9);
    assert_close(metric_of(&run, "none_within"), -1, 0);
    assert_close(metric_of(&run, "first"), 2, 0);
    assert_close(metric_of(&run, "first_at"), 0.1 + A + G / B, 1e-9);
    assert_close(metric_of(&run, "first_bytes"), G, 0);
    assert_close(metric_of(&run, "second"), 1, 0);
    assert_close(metric_of(&run, "nothing_left"), -1, 0);
    assert_close(seconds_of(&run), 0.2 + A + G / B, 1e-9);
    simulated_release(&run);
}

/* ---- cancelling ---- */

static void fickle(struct sim_peer *me)
{
    struct sim_activity *activity;

    if (me->index == 0) {
        activity = sim_start_receive(me, 1);
        sim_wait_for(me, activity, A + G / B / 4, NULL);
        sim_cancel(me, activity);
        sim_note(me, "received_again", sim_receive(me, 1, NULL) == SIM_OK);
    } else {
        sim_note(me, "sender_learns",
                 sim_send(me, 0, (struct sim_message){(int64_t)G, NULL}) == SIM_CANCELLED);
        sim_note(me, "sender_learns_at", sim_now(me));
        sim_send(me, 0, (struct sim_message){70001, NULL});
    }
}

static void who_cancels_stops_the_bytes_and_the_other_side_learns_it(void **state)
{
    struct simulated run = act_with(fickle, 2, "");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "sender_learns"), 1, 0);
    assert_close(metric_of(&run, "sender_learns_at"), A + G / B / 4, 1e-9);
    assert_close(metric_of(&run, "received_again"), 1, 0);
    assert_close(number_at(run.summary, "bytes"), 70001, 0);
    assert_close(number_at(run.summary, "messages"), 1, 0);
    assert_close(number_at(run.summary, "bytes_cancelled"), G / 4, 1e-4);
    simulated_release(&run);
}

static void undecided(struct sim_peer *me)
{
    struct sim_activity *never = me->index == 0 ? sim_start_receive(me, 1) : NULL;

    if (me->index == 0)
        sim_cancel(me, never);
    sim_sleep(me, 0.25);
    if (me->index == 0)
        sim_receive(me, 1, NULL);
    else
        sim_send(me, 0, (struct sim_message){1000, NULL});
}

static void what_was_cancelled_before_it_began_leaves_no_trace(void **state)
{
    struct simulated run = act_with(undecided, 2, "");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(seconds_of(&run), 0.25 + A + 1000 / B, 1e-9);
    assert_close(number_at(run.summary, "bytes_cancelled"), 0, 0);
    simulated_release(&run);
}

/* ---- computing beside communicating ---- */

static void busy(struct sim_peer *me)
{
    struct sim_activity *both[2];

    if (me->index == 0) {
        both[0] = sim_start_compute(me, 0.5 * SPEED);
        both[1] = sim_start_receive(me, 1);
        sim_note(me, "first", sim_wait_any(me, both, 2, -1));
        sim_wait(me, both[1], NULL);
        sim_wait(me, both[0], NULL);
    } else {
        sim_send(me, 0, (struct sim_message){(int64_t)G, NULL});
    }
}

static void a_computation_overlaps_a_transfer(void **state)
{
    struct simulated run = act_with(busy, 2, "");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "first"), 1, 0);
    assert_close(seconds_of(&run), 0.5, 1e-9);
    assert_close(number_at(run.summary, "flop"), 0.5 * SPEED, 1e-12);
    simulated_release(&run);
}

/* ---- exchange, duplex ---- */

static void swap(struct sim_peer *me)
{
    struct sim_message mine = {(int64_t)G, me}, theirs;

    sim_note(me, "ok", sim_exchange(me, 1 - me->index, mine, 1 - me->index, &theirs) == SIM_OK);
    sim_note(me, "payload_is_the_other",
             ((const struct sim_peer *)theirs.payload)->index == 1 - me->index);
}

static void an_exchange_goes_both_ways_at_once(void **state)
{
    struct simulated run = act_with(swap, 2, "");

    (void)state;
    assert_close(seconds_of(&run), A + G / B, 1e-9);
    assert_close(metric_of(&run, "payload_is_the_other"), 1, 0);
    simulated_release(&run);
}

/* ---- inside a host: bells and watchers ---- */

static void neighbours(struct sim_peer *me)
{
    struct sim_activity *from[3] = {NULL};

    if (me->index > 0) {
        sim_sleep(me, me->index == 1 ? 0.2 : 0.1);
        sim_send(me, 0, (struct sim_message){(int64_t)G, NULL});
        return;
    }
    from[1] = sim_start_receive(me, 1);
    from[2] = sim_start_receive(me, 2);
    sim_note(me, "none_within", sim_wait_any(me, from, 3, 0.05));
    sim_note(me, "first", sim_wait_any(me, from, 3, -1));
    sim_note(me, "first_at", sim_now(me));
    sim_wait(me, from[2], NULL);
    sim_wait(me, from[1], NULL);
    sim_note(me, "second_at", sim_now(me));
}

static void wait_any_mixes_a_host_neighbour_with_the_network(void **state)
{
    /* worker-1 on the host of worker-0: its message is local, that of worker-2 is not, or the reverse */
    struct simulated near =
        act_with(neighbours, 3, "hosts: {worker: [h-0, h-1], share: round_robin}\n");
    struct simulated far = act_with(neighbours, 3, "");

    (void)state;
    assert_int_equal(near.code, 0);
    assert_close(metric_of(&near, "none_within"), -1, 0);
    assert_close(metric_of(&near, "first"), 2, 0);
    assert_close(metric_of(&near, "first_at"), 0.1, 1e-9); /* worker-2 sits on h-0 */
    assert_close(metric_of(&near, "second_at"), 0.2 + A + G / B, 1e-9);
    assert_close(number_at(near.summary, "local_bytes"), G, 0);
    assert_close(metric_of(&far, "first_at"), 0.1 + A + G / B, 1e-9);
    simulated_release(&near);
    simulated_release(&far);
}

/* ---- account of time ---- */

static void four_things(struct sim_peer *me)
{
    if (me->index == 0) {
        sim_compute(me, 0.3 * SPEED);
        sim_send(me, 1, (struct sim_message){(int64_t)G, NULL});
        sim_sleep(me, 0.1);
    } else {
        sim_receive(me, 0, NULL);
    }
}

static void a_peer_s_time_is_computing_communicating_waiting_or_idle(void **state)
{
    struct simulated run = act_with(four_things, 2, "");
    const json_t *peers = json_object_get(run.summary, "peers");
    const json_t *sender = json_array_get(peers, 0), *receiver = json_array_get(peers, 1);

    (void)state;
    assert_close(number_at(sender, "compute_seconds"), 0.3, 1e-9);
    assert_close(number_at(sender, "communicate_seconds"), A + G / B, 1e-9);
    assert_close(number_at(sender, "idle_seconds"), 0.1, 1e-9);
    assert_close(number_at(receiver, "wait_seconds"), 0.3, 1e-9);
    assert_close(number_at(receiver, "communicate_seconds"), A + G / B, 1e-9);
    assert_close(number_at(receiver, "idle_seconds"), 0.1, 1e-9);
    simulated_release(&run);
}

/* ---- stuck: everyone sends before anyone receives ---- */

static void all_send_first(struct sim_peer *me)
{
    sim_sleep(me, 0.125);
    sim_send(me, (me->index + 1) % 3, (struct sim_message){1000, NULL});
    sim_receive(me, (me->index + 2) % 3, NULL);
}

static void a_deadlock_says_who_waits_for_whom_and_since_when(void **state)
{
    struct simulated run = act_with(all_send_first, 3, "");

    (void)state;
    assert_int_equal(run.code, 1);
    assert_null(run.summary);
    assert_string_equal(run.err.text,
                        "The simulation is stuck at 0.125 s: 3 of 3 peers wait for ever.\n"
                        "  worker-0 has waited since 0.125 s to send to worker-1.\n"
                        "  worker-1 has waited since 0.125 s to send to worker-2.\n"
                        "  worker-2 has waited since 0.125 s to send to worker-0.");
    simulated_release(&run);
}

static void deadlocks_are_found_under_faults_that_recur_for_ever(void **state)
{
    struct simulated link = act_with(
        all_send_first, 3, "faults: [{link: '*', at: 1, for: 1, every: 3, factor: 0.5}]\n");
    struct simulated host = act_with(
        all_send_first, 3, "faults: [{host: h-1, at: 1, for: 1, every: 3, factor: 0.5}]\n");

    (void)state;
    assert_int_equal(link.code, 1);
    assert_int_equal(host.code, 1);
    simulated_release(&link);
    simulated_release(&host);
}

/* ---- death ---- */

static void mourner(struct sim_peer *me)
{
    if (me->index == 0) {
        sim_note(me, "status", sim_receive(me, 1, NULL));
        sim_note(me, "learned_at", sim_now(me));
        sim_note(me, "again", sim_send(me, 1, (struct sim_message){1, NULL}));
    } else {
        sim_sleep(me, 0.5);
        sim_send(me, 0, (struct sim_message){(int64_t)(B * 10), NULL});
    }
}

static void phoenix(struct sim_peer *me)
{
    enum sim_status status = SIM_FAILED;

    if (me->index == 1) {
        sim_note(me, "begun_at", sim_now(me));
        sim_note(me, "life", me->life);
        sim_sleep(me, 0.4);
        sim_send(me, 0, (struct sim_message){(int64_t)G, NULL});
        return;
    }
    for (int tries = 0; status != SIM_OK; tries++) {
        sim_note(me, "tries", tries);
        sim_sleep(me, 0.3);
        status = sim_receive(me, 1, NULL);
    }
}

static void who_comes_back_begins_anew_and_can_be_talked_to_again(void **state)
{
    static const char *const faults[] = {
        "faults: [{peer: worker-1, at: 0.125, factor: 0, for: 0.5}]\n",
        "faults: [{host: h-1, at: 0.125, factor: 0, for: 0.5}]\n"};

    (void)state;
    for (int f = 0; f < 2; f++) {
        struct simulated run = act_as((struct sim_role){"worker", phoenix, "", true}, 2, faults[f]);

        if (run.code != 0)
            fail_msg("%s", run.err.text);
        assert_close(metric_of(&run, "begun_at"), 0.625, 1e-12);
        assert_close(metric_of(&run, "life"), 1, 0);
        assert_close(metric_of(&run, "tries"), 2,
                     0); /* dead at 0.3 s, and at 0.6 s; not at 0.9 s */
        assert_close(seconds_of(&run), 0.625 + 0.4 + A + G / B, 1e-9);
        simulated_release(&run);
    }
}

static void who_cannot_come_back_is_not_repaired(void **state)
{
    struct simulated run =
        act_with(phoenix, 2, "faults: [{peer: worker-1, at: 0.125, factor: 0, for: 0.5}]\n");

    (void)state;
    assert_int_equal(run.code, 2);
    assert_string_equal(run.err.text, "test.yaml: faults: worker-1 of test cannot begin anew after "
                                      "its death; leave out 'for'.");
    simulated_release(&run);
}

static void who_waits_for_the_dead_learns_it_at_once(void **state)
{
    static const char *const faults[] = {"faults: [{host: h-1, at: 0.25, factor: 0}]\n",
                                         "faults: [{peer: worker-1, at: 0.25, factor: 0}]\n",
                                         "faults: [{host: h-1, at: 0.75, factor: 0}]\n",
                                         "faults: [{peer: worker-1, at: 0.75, factor: 0}]\n"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct simulated run = act_with(mourner, 2, faults[i]);

        assert_int_equal(run.code, 0);
        assert_close(metric_of(&run, "status"), SIM_FAILED, 0);
        assert_close(metric_of(&run, "learned_at"), i < 2 ? 0.25 : 0.75, 1e-9);
        assert_close(metric_of(&run, "again"), SIM_FAILED, 0);
        assert_close(number_at(run.summary, "bytes"), 0, 0);
        simulated_release(&run);
    }
}

static void patient(struct sim_peer *me)
{
    if (me->index == 0) {
        sim_note(me, "status", sim_receive(me, 1, NULL));
        sim_note(me, "learned_at", sim_now(me));
    } else {
        sim_sleep(me, 0.5);
        sim_note(me, "status_of_sender",
                 sim_send(me, 0, (struct sim_message){(int64_t)(B * 10), NULL}));
    }
}

static void a_dead_link_fails_what_crosses_it(void **state)
{
    struct simulated run =
        act_with(patient, 2, "faults: [{link: star_link_1, at: 0.75, factor: 0}]\n");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "status"), SIM_FAILED, 0);
    assert_close(metric_of(&run, "status_of_sender"), SIM_FAILED, 0);
    assert_close(metric_of(&run, "learned_at"), 0.75, 1e-9);
    simulated_release(&run);
}

static void a_slower_link_takes_longer_from_then_on(void **state)
{
    /* 10 seconds' worth of bytes from 0.5 s on; a quarter of the speed from 2.5 s to 6.5 s */
    struct simulated run =
        act_with(patient, 2, "faults: [{link: star_link_1, at: 2.5, for: 4, factor: 0.25}]\n");

    (void)state;
    assert_close(metric_of(&run, "learned_at"), 0.5 + A + 10 + 3, 1e-6);
    simulated_release(&run);
}

/* ---- real vectors ---- */

static void sums(struct sim_peer *me);

#include "algorithms/collectives/collectives.h"

static void sums(struct sim_peer *me)
{
    enum { LENGTH = 1009 };
    const struct sim_group *all = sim_role(me->plan, "worker");
    int *numbers = sim_new(me->plan->arena, int, 64);
    const struct sim_group backwards = {"backwards", all->size, numbers};
    double *values = sim_new(me->plan->arena, double, LENGTH);
    const struct sim_buffer buffer = {.bytes = 1000003, .values = values, .count = LENGTH};
    const double n = all->size;
    int wrong = 0;

    for (int i = 0; i < all->size; i++)
        numbers[i] = all->peers[all->size - 1 - i];
    for (int i = 0; i < LENGTH; i++)
        values[i] = i * 3 + me->index;
    sim_collective(me, &backwards, ring_allreduce_steps, &buffer);
    for (int i = 0; i < LENGTH; i++)
        wrong += values[i] != n * i * 3 + n * (n - 1) / 2;
    sim_note(me, sim_text(me->plan->arena, "wrong_at_%d", me->index), wrong);
}

static void every_member_of_a_ring_ends_with_the_sum(void **state)
{
    static const int sizes[] = {1, 2, 3, 7, 9};

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct simulated run = act_with(sums, sizes[i], "");

        assert_int_equal(run.code, 0);
        for (int r = 0; r < sizes[i]; r++) {
            char name[32];

            snprintf(name, sizeof name, "wrong_at_%d", r);
            assert_close(metric_of(&run, name), 0, 0);
        }
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_out_leaves_the_transfer_running_and_wait_any_finds_it),
        cmocka_unit_test(who_cancels_stops_the_bytes_and_the_other_side_learns_it),
        cmocka_unit_test(what_was_cancelled_before_it_began_leaves_no_trace),
        cmocka_unit_test(a_computation_overlaps_a_transfer),
        cmocka_unit_test(an_exchange_goes_both_ways_at_once),
        cmocka_unit_test(wait_any_mixes_a_host_neighbour_with_the_network),
        cmocka_unit_test(a_peer_s_time_is_computing_communicating_waiting_or_idle),
        cmocka_unit_test(a_deadlock_says_who_waits_for_whom_and_since_when),
        cmocka_unit_test(deadlocks_are_found_under_faults_that_recur_for_ever),
        cmocka_unit_test(who_waits_for_the_dead_learns_it_at_once),
        cmocka_unit_test(who_comes_back_begins_anew_and_can_be_talked_to_again),
        cmocka_unit_test(who_cannot_come_back_is_not_repaired),
        cmocka_unit_test(a_dead_link_fails_what_crosses_it),
        cmocka_unit_test(a_slower_link_takes_longer_from_then_on),
        cmocka_unit_test(every_member_of_a_ring_ends_with_the_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
