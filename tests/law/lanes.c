/* Collectives in lanes: pieces of a buffer at once, stages one after the other, beside computations. */
#include "algorithms/collectives/collectives.h"
#include "tests/fixtures/act.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH = 1009, CHUNKS = 5, MEMBERS = 3 };

static const double B = ACT_BYTES_PER_SECOND, A = ACT_LATENCY_SECONDS, SPEED = ACT_FLOP_PER_SECOND;

static struct sim_buffer filled(struct sim_peer *me)
{
    double *values = sim_new(me->plan->arena, double, LENGTH);

    for (int i = 0; i < LENGTH; i++)
        values[i] = i * 3 + me->index;
    return (struct sim_buffer){
        .bytes = 1000003, .values = values, .count = LENGTH, .flop_per_byte = 0.25};
}

static void note_wrong_sums(struct sim_peer *me, const struct sim_buffer *buffer)
{
    const double n = sim_role(me->plan, "worker")->size;
    int wrong = 0;

    for (int i = 0; i < LENGTH; i++)
        wrong += buffer->values[i] != n * i * 3 + n * (n - 1) / 2;
    sim_note(me, sim_text(me->plan->arena, "wrong_at_%d", me->index), wrong);
}

static void expect_right_sums(void (*act)(struct sim_peer *me), int workers)
{
    struct simulated run = act_with(act, workers, "");

    if (run.code != 0)
        fail_msg("%s", run.err.text);
    for (int r = 0; r < workers; r++) {
        char name[32];

        snprintf(name, sizeof name, "wrong_at_%d", r);
        assert_close(metric_of(&run, name), 0, 0);
    }
    simulated_release(&run);
}

/* ---- chunks of one buffer ---- */

static void add_in_chunks(struct sim_peer *me, int at_once)
{
    const struct sim_buffer whole = filled(me);
    struct sim_stage stages[CHUNKS];
    struct sim_lane lanes[CHUNKS];

    for (int c = 0; c < CHUNKS; c++) {
        stages[c] = (struct sim_stage){sim_role(me->plan, "worker"), ring_allreduce_steps,
                                       sim_slice(&whole, (struct sim_range){c, 1, CHUNKS, 0})};
        lanes[c] = (struct sim_lane){&stages[c], 1};
    }
    for (int again = 0; again < 2; again++) { /* the same lanes twice: slots are used again */
        if (again == 1)
            for (int i = 0; i < LENGTH; i++)
                whole.values[i] = i * 3 + me->index;
        sim_note(me, "status", sim_lanes(me, lanes, CHUNKS, at_once));
    }
    note_wrong_sums(me, &whole);
}

static void one_at_once(struct sim_peer *me)
{
    add_in_chunks(me, 1);
}

static void two_at_once(struct sim_peer *me)
{
    add_in_chunks(me, 2);
}

static void all_at_once(struct sim_peer *me)
{
    add_in_chunks(me, CHUNKS + 3);
}

static void chunks_come_out_right_however_many_are_under_way(void **state)
{
    static void (*const acts[])(struct sim_peer *) = {one_at_once, two_at_once, all_at_once};

    (void)state;
    for (int a = 0; a < 3; a++)
        for (int n = 1; n <= 9; n += n < 3 ? 1 : 3)
            expect_right_sums(acts[a], n);
}

/* ---- stages: inside groups of three, then between them, on a part each, then inside again ---- */

static bool scatter_half(int n, int rank, int s, struct sim_step *step)
{
    return s < n - 1 && ring_allreduce_steps(n, rank, s, step);
}

static bool gather_half(int n, int rank, int s, struct sim_step *step)
{
    return s < n - 1 && ring_allreduce_steps(n, rank, s + n - 1, step);
}

static struct sim_group every(struct sim_peer *me, int first, int stride, int size)
{
    int *peers = sim_new(me->plan->arena, int, (size_t)size);

    for (int i = 0; i < size; i++)
        peers[i] = sim_role(me->plan, "worker")->peers[first + i * stride];
    return (struct sim_group){"part", size, peers};
}

static void in_two_levels(struct sim_peer *me)
{
    const int node = me->index / MEMBERS, place = me->index % MEMBERS;
    const int nodes = sim_role(me->plan, "worker")->size / MEMBERS;
    const struct sim_group inside = every(me, node * MEMBERS, 1, MEMBERS);
    const struct sim_group between = every(me, place, MEMBERS, nodes);
    const struct sim_buffer whole = filled(me);
    const struct sim_stage stages[] = {
        {&inside, scatter_half, whole},
        {&between, ring_allreduce_steps, sim_slice(&whole, sim_chunk(MEMBERS, place + 1))},
        {&inside, gather_half, whole}};
    const struct sim_lane lane = {stages, 3};

    sim_lanes(me, &lane, 1, 1);
    note_wrong_sums(me, &whole);
}

static void stages_follow_one_another_on_slices(void **state)
{
    (void)state;
    expect_right_sums(in_two_levels, 3);
    expect_right_sums(in_two_levels, 6);
    expect_right_sums(in_two_levels, 9);
}

/* ---- beside a computation ---- */

static const double WORK_SECONDS = 0.0317;

static void overlap(struct sim_peer *me)
{
    const struct sim_buffer first = filled(me), second = filled(me);
    const struct sim_stage stages[] = {
        {sim_role(me->plan, "worker"), ring_allreduce_steps, first},
        {sim_role(me->plan, "worker"), ring_allreduce_steps, second}};
    const struct sim_lane lanes[] = {{&stages[0], 1}, {&stages[1], 1}};
    struct sim_stream *stream = sim_stream_open(me, 1);

    sim_stream_compute(stream, WORK_SECONDS * SPEED);
    sim_stream_add(stream, &lanes[0]);
    sim_stream_compute(stream, WORK_SECONDS * SPEED);
    sim_note(me, "computed_at", sim_now(me));
    sim_stream_add(stream, &lanes[1]);
    sim_note(me, "status", sim_stream_finish(stream));
    note_wrong_sums(me, &first);
    note_wrong_sums(me, &second);
}

static void what_moves_beside_a_computation_costs_only_what_is_exposed(void **state)
{
    const double chunk = 500002, sum = 2 * (A + chunk / B); /* two workers: a ring of two steps */
    struct simulated run = act_with(overlap, 2, "");
    const json_t *peer = json_array_get(json_object_get(run.summary, "peers"), 0);

    (void)state;
    assert_int_equal(run.code, 0);
    assert_true(sum < WORK_SECONDS);
    assert_close(metric_of(&run, "status"), SIM_OK, 0);
    assert_true(metric_of(&run, "computed_at") >= 2 * WORK_SECONDS); /* additions share the core */
    assert_true(metric_of(&run, "computed_at") < 2 * WORK_SECONDS + 0.001);
    assert_close(seconds_of(&run) - metric_of(&run, "computed_at"), sum + 0.25 * chunk / SPEED,
                 1e-4);
    assert_close(number_at(peer, "communicate_seconds"), sum, 1e-9);
    assert_close(number_at(run.summary, "bytes"), 4 * 1000003, 0);
    simulated_release(&run);
}

static const json_t *phase_of(const struct simulated *run, const char *name)
{
    const json_t *phases = json_object_get(run->summary, "phases"), *phase;
    size_t i;

    json_array_foreach (phases, i, phase) {
        if (strcmp(json_string_value(json_object_get(phase, "name")), name) == 0)
            return phase;
    }
    fail_msg("there is no phase '%s'", name);
    return NULL;
}

/* A role's first phase is "start"; the steps of a ring have their own. */
static void what_moves_beside_a_computation_is_no_part_of_its_phase(void **state)
{
    struct simulated run = act_with(overlap, 2, "");
    const json_t *work = phase_of(&run, "start");

    (void)state;
    assert_true(number_at(work, "compute_seconds") >= 2 * 2 * WORK_SECONDS);
    assert_close(number_at(work, "communicate_seconds"), 0, 0);
    assert_close(number_at(work, "bottleneck_bytes"), 0, 0);
    assert_close(number_at(phase_of(&run, "share-reduce"), "bottleneck_bytes"), 1000003, 1e-5);
    assert_close(number_at(phase_of(&run, "share-only"), "bottleneck_bytes"), 1000003, 1e-5);
    assert_close(number_at(phase_of(&run, "share-only"), "compute_seconds"), 0, 0);
    simulated_release(&run);
}

/* ---- waiting for some lanes ---- */

static void wait_for_the_first(struct sim_peer *me)
{
    const struct sim_buffer buffer = filled(me);
    const struct sim_stage stage = {sim_role(me->plan, "worker"), ring_allreduce_steps, buffer};
    const struct sim_lane lane = {&stage, 1};
    struct sim_stream *stream = sim_stream_open(me, 1);

    for (int l = 0; l < 3; l++)
        sim_stream_add(stream, &lane);
    sim_note(me, "ended_at_first", sim_stream_ended(stream));
    sim_note(me, "status", sim_stream_wait(stream, 1));
    sim_note(me, "ended_then", sim_stream_ended(stream));
    sim_note(me, "first_seconds", sim_now(me));
    sim_stream_wait(stream, 1); /* once more takes no time */
    sim_stream_compute(stream, 1.5 * sim_now(me) * SPEED);
    sim_note(me, "ended_beside_work", sim_stream_ended(stream));
    sim_stream_wait(stream, 3);
    sim_note(me, "ended_at_last", sim_stream_ended(stream));
    sim_note(me, "last_seconds", sim_now(me));
}

static void some_lanes_can_be_waited_for_while_the_others_go_on(void **state)
{
    struct simulated run = act_with(wait_for_the_first, 2, "");
    const double once = 2 * (A + 500002 / B) + 0.25 * 500002 / SPEED;

    (void)state;
    assert_int_equal(run.code, 0);
    assert_close(metric_of(&run, "ended_at_first"), 0, 0);
    assert_close(metric_of(&run, "status"), SIM_OK, 0);
    assert_close(metric_of(&run, "ended_then"), 1, 0);
    assert_close(metric_of(&run, "first_seconds"), once, 1e-4);
    assert_close(metric_of(&run, "ended_beside_work"), 2, 0);
    assert_close(metric_of(&run, "ended_at_last"), 3, 0);
    assert_close(metric_of(&run, "last_seconds"), 3 * once, 1e-2); /* additions share the core */
    simulated_release(&run);
}

static void wait_for_the_dead(struct sim_peer *me)
{
    const struct sim_buffer buffer = filled(me);
    const struct sim_stage stage = {sim_role(me->plan, "worker"), ring_allreduce_steps, buffer};
    const struct sim_lane lane = {&stage, 1};
    struct sim_stream *stream = sim_stream_open(me, 1);

    sim_stream_add(stream, &lane);
    sim_stream_add(stream, &lane);
    sim_note(me, "status", sim_stream_wait(stream, 1));
    sim_note(me, "again", sim_stream_wait(stream, 2));
    sim_note(me, "finish", sim_stream_finish(stream));
}

static void waiting_for_a_lane_of_the_dead_fails_and_goes_on_failing(void **state)
{
    struct simulated run =
        act_with(wait_for_the_dead, 2, "faults: [{host: h-1, at: 1ms, factor: 0}]\n");

    (void)state;
    assert_close(metric_of(&run, "status"), SIM_FAILED, 0);
    assert_close(metric_of(&run, "again"), SIM_FAILED, 0);
    assert_close(metric_of(&run, "finish"), SIM_FAILED, 0);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_come_out_right_however_many_are_under_way),
        cmocka_unit_test(stages_follow_one_another_on_slices),
        cmocka_unit_test(what_moves_beside_a_computation_costs_only_what_is_exposed),
        cmocka_unit_test(what_moves_beside_a_computation_is_no_part_of_its_phase),
        cmocka_unit_test(some_lanes_can_be_waited_for_while_the_others_go_on),
        cmocka_unit_test(waiting_for_a_lane_of_the_dead_fails_and_goes_on_failing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
