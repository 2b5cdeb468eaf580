/* collective_tables.c -- the tables of steps of all collectives, played in plain C on real vectors by all ranks
 * at once, without a simulator: sends meet their receives first to first, nobody waits for ever, and the
 * values at the end are right, for every number of workers from 1 to 33. */
#include "tests/unit/close.h"

#include "algorithms/collectives/collectives.h"
#include "sim/scenario/casting.h"
#include "tests/fixtures/collective_case.h"

enum { MOST = 33, LENGTH = 217, MOST_LANES = 12, MOST_STEPS = 2000 };

/* ---- a rank in one of its lanes ---- */

struct parcel {
    struct parcel *next;
    bool is_taken;
    int64_t bytes;
    int count;
    double values[LENGTH];
};

struct player {
    const struct sim_lane *lane;
    int stage, s;
    struct sim_step step;
    const struct parcel *sent; /* not yet taken */
    bool is_done, has_step, has_received;
};

struct stage_of_play {
    struct sim_arena *arena;
    int n, lanes;
    struct player players[MOST][MOST_LANES];
    struct parcel *queues[MOST][MOST][MOST_LANES]; /* from, to, lane: first to first */
    double values[MOST][LENGTH], original[MOST][LENGTH];
};

static int place_in(const struct sim_group *group, int number)
{
    for (int i = 0; i < group->size; i++)
        if (group->peers[i] == number)
            return i;
    fail_msg("peer %d is not in its group", number);
    return -1;
}

/* Elements of a range, one after another, as peer.h says: round the ring, and with a mask. */
static int elements(int64_t size, struct sim_range range, int places[])
{
    int count = 0;

    assert_in_range(range.first, 0, range.of - 1);
    assert_in_range(range.count, 0, range.of);
    for (int k = 0; k < range.count; k++) {
        const int part = (range.first + k) % range.of;

        if (range.mask != 0 && (k & range.mask) == 0)
            continue;
        for (int64_t e = sim_part_begin(size, part, range.of);
             e < sim_part_begin(size, part + 1, range.of); e++) {
            if (places != NULL)
                places[count] = (int)e;
            count++;
        }
    }
    return count;
}

static void send(struct stage_of_play *play, int rank, int l, const struct sim_stage *stage)
{
    struct player *player = &play->players[rank][l];
    const struct sim_step *step = &player->step;
    const double *values = step->sends_original ? stage->buffer.original : stage->buffer.values;
    struct parcel *parcel = sim_new(play->arena, struct parcel, 1), **end;
    int places[LENGTH];

    assert_in_range(step->to, 0, stage->group->size - 1);
    end = &play->queues[rank][stage->group->peers[step->to]][l];
    parcel->bytes = elements(stage->buffer.bytes, step->send, NULL);
    parcel->count = elements((int64_t)stage->buffer.count, step->send, places);
    for (int i = 0; i < parcel->count; i++)
        parcel->values[i] = values[places[i]];
    while (*end != NULL)
        end = &(*end)->next;
    *end = parcel;
    player->sent = parcel;
}

static bool receive(struct stage_of_play *play, int rank, int l, const struct sim_stage *stage)
{
    const struct sim_step *step = &play->players[rank][l].step;
    struct parcel **first = &play->queues[stage->group->peers[step->from]][rank][l], *parcel;
    int places[LENGTH], count;

    assert_in_range(step->from, 0, stage->group->size - 1);
    parcel = *first;
    if (parcel == NULL)
        return false;
    *first = parcel->next;
    parcel->is_taken = true;
    count = elements((int64_t)stage->buffer.count, step->receive, places);
    assert_int_equal(parcel->count, count);
    assert_int_equal(parcel->bytes, elements(stage->buffer.bytes, step->receive, NULL));
    for (int i = 0; i < count; i++)
        stage->buffer.values[places[i]] =
            parcel->values[i] + (step->combine == SIM_SUM ? stage->buffer.values[places[i]] : 0);
    return true;
}

/* The next step of the lane, if there is one in this stage; it starts to send. */
static void begin(struct stage_of_play *play, int rank, int l, const struct sim_stage *stage)
{
    struct player *player = &play->players[rank][l];

    assert_in_range(player->s, 0, MOST_STEPS);
    player->has_step =
        stage->steps(stage->group->size, place_in(stage->group, rank), player->s++, &player->step);
    if (!player->has_step) {
        player->stage++;
        player->s = 0;
        return;
    }
    assert_non_null(player->step.phase);
    assert_true(player->step.to == SIM_NOBODY || stage->group->peers[player->step.to] != rank);
    player->sent = NULL;
    player->has_received = player->step.from == SIM_NOBODY;
    if (player->step.to != SIM_NOBODY)
        send(play, rank, l, stage);
}

/* One move; false if it waits, or is done.  A step ends when both its messages have arrived. */
static bool advance(struct stage_of_play *play, int rank, int l)
{
    struct player *player = &play->players[rank][l];
    const struct sim_stage *stage = &player->lane->stages[player->stage];

    if (player->is_done)
        return false;
    if (player->stage == player->lane->count)
        return player->is_done = true;
    if (!player->has_step) {
        begin(play, rank, l, stage);
        return true;
    }
    if (!player->has_received && receive(play, rank, l, stage))
        return player->has_received = true;
    if (!player->has_received || (player->sent != NULL && !player->sent->is_taken))
        return false;
    player->has_step = false;
    return true;
}

static void play_to_the_end(struct stage_of_play *play)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (int rank = 0; rank < play->n; rank++)
            for (int l = 0; l < play->lanes; l++)
                while (advance(play, rank, l))
                    moved = true;
    }
    for (int rank = 0; rank < play->n; rank++)
        for (int l = 0; l < play->lanes; l++) {
            if (!play->players[rank][l].is_done)
                fail_msg("rank %d of %d waits for ever in lane %d", rank, play->n, l);
            for (int to = 0; to < play->n; to++)
                assert_null(play->queues[rank][to][l]);
        }
}

/* ---- every collective ---- */

static void fill(struct stage_of_play *play, const struct sim_plan *plan, int chunks)
{
    const enum collective_result result = collective_way(plan)->result;

    for (int rank = 0; rank < play->n; rank++) {
        struct sim_buffer buffer = {.bytes = 1000 + play->n,
                                    .values = play->values[rank],
                                    .original = play->original[rank],
                                    .count = LENGTH};
        const struct sim_lane *lanes = collective_lanes(plan, rank, &buffer, &play->lanes);

        assert_in_range(play->lanes, 1, MOST_LANES);
        for (int l = 0; l < play->lanes; l++)
            play->players[rank][l].lane = &lanes[l];
        for (int i = 0; i < LENGTH; i++)
            play->values[rank][i] = play->original[rank][i] =
                collective_before(result, play->n, chunks, rank, i, LENGTH);
    }
}

static void check(const struct stage_of_play *play, enum collective_result result, int chunks)
{
    for (int rank = 0; rank < play->n; rank++)
        for (int i = 0; i < LENGTH; i++) {
            double expected;

            if (collective_after(result, play->n, chunks, rank, i, LENGTH, &expected) &&
                play->values[rank][i] != expected)
                fail_msg("n = %d, %d chunks: rank %d has %g in element %d, not %g", play->n, chunks,
                         rank, play->values[rank][i], i, expected);
        }
}

static void play_case(const struct collective_case *with, int n, int chunks)
{
    struct sim_arena *arena = sim_arena_open();
    struct stage_of_play *play = sim_new(arena, struct stage_of_play, 1);
    union collective_parameters parameters;
    struct sim_plan plan = {.algorithm = with->algorithm,
                            .parameters = &parameters,
                            .iterations = 1,
                            .arena = arena,
                            .casting = sim_casting_open(arena)};
    struct sim_error err = {0};

    collective_fill(with, n, 1000 + n, chunks, &parameters);
    play->arena = arena;
    play->n = n;
    if (!with->algorithm->prepare(&plan, &err))
        fail_msg("%s", err.text);
    fill(play, &plan, chunks);
    play_to_the_end(play);
    check(play, collective_way(&plan)->result, chunks);
    sim_arena_close(arena);
}

static void ends_with_the_right_values_for_1_to_33_workers(void **state)
{
    const struct collective_case *with = *state;

    for (int n = 1; n <= MOST; n++)
        if (with->takes == NULL || with->takes(n)) {
            play_case(with, n, 1);
            if (n % 4 == 3)
                play_case(with, n, 5);
        }
}

/* ---- tables in which all do alike ---- */

static bool ranges_are_shifted(struct sim_range range, struct sim_range first, int rank)
{
    return range.of == first.of && range.count == first.count && range.mask == first.mask &&
           (range.count == range.of || range.first == (first.first + rank) % first.of);
}

static void expect_alike(const char *name, const struct sim_step *step,
                         const struct sim_step *first, int n, int rank)
{
    const bool parts_are = (first->send.of == n && first->receive.of == n) || rank == 0;

    if (!step->all_alike || step->to != (first->to + rank) % n ||
        step->from != (first->from + rank) % n || first->from != (n - first->to) % n ||
        step->combine != first->combine || step->sends_original != first->sends_original ||
        strcmp(step->phase, first->phase) != 0 || !parts_are ||
        !ranges_are_shifted(step->send, first->send, rank) ||
        !ranges_are_shifted(step->receive, first->receive, rank))
        fail_msg("%s claims that all do alike, but rank %d of %d does not", name, rank, n);
}

/* What the state of each rank depends on: one bit for each of the ranks at the start. */
static void depend(uint64_t *on, int n, const struct sim_step *first)
{
    uint64_t after[MOST];

    for (int r = 0; r < n;
         r++) /* when its two transfers end, and those begin when both ends are there */
        after[r] = on[r] | on[(r + first->from) % n] | on[(r + first->to) % n];
    memcpy(on, after, (size_t)n * sizeof *on);
}

static bool claims_to_be_alike(sim_steps *steps, int n)
{
    struct sim_step step = {0};

    return steps(n, 0, 0, &step) && step.all_alike;
}

static void check_alike(const char *name, sim_steps *steps, int n)
{
    struct sim_step first = {0}, step = {0};
    uint64_t on[MOST];
    int s = 0;

    for (int r = 0; r < n; r++)
        on[r] = (uint64_t)1 << r;
    for (; steps(n, 0, s, &first); s++) {
        for (int r = 0; r < n; r++) {
            assert_true(steps(n, r, s, &step));
            expect_alike(name, &step, &first, n, r);
            step = (struct sim_step){0};
        }
        depend(on, n, &first);
        first = (struct sim_step){0};
    }
    for (int r = 0; r < n; r++) {
        assert_false(steps(n, r, s, &step));
        if (on[r] != ((uint64_t)1 << n) - 1)
            fail_msg("%s: rank %d of %d may end before all have begun", name, r, n);
    }
}

static void who_claims_that_all_do_alike_is_right(void **state)
{
    static const struct {
        const char *name;
        sim_steps *steps;
    } tables[] = {
        {"ring_allreduce", ring_allreduce_steps},
        {"recursive_doubling_allreduce", recursive_doubling_allreduce_steps},
        {"rabenseifner_allreduce", rabenseifner_allreduce_steps},
        {"rabenseifner_farthest_allreduce", rabenseifner_farthest_allreduce_steps},
        {"binomial_tree_allreduce", binomial_tree_allreduce_steps},
        {"double_binary_tree_first", double_binary_tree_first_steps},
        {"double_binary_tree_second", double_binary_tree_second_steps},
        {"binomial_reduce", binomial_reduce_steps},
        {"ring_reduce_scatter", ring_reduce_scatter_steps},
        {"pairwise_reduce_scatter", pairwise_reduce_scatter_steps},
        {"recursive_halving_reduce_scatter", recursive_halving_reduce_scatter_steps},
        {"ring_allgather", ring_allgather_steps},
        {"pairwise_allgather", pairwise_allgather_steps},
        {"recursive_doubling_allgather", recursive_doubling_allgather_steps},
        {"bruck_allgather", bruck_allgather_steps},
        {"pairwise_alltoall", pairwise_alltoall_steps},
        {"bruck_alltoall", bruck_alltoall_steps},
        {"binomial_broadcast", binomial_broadcast_steps},
        {"scatter_allgather_broadcast", scatter_allgather_broadcast_steps},
    };
    int claims = 0;

    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (int n = 2; n <= MOST; n++)
            if (claims_to_be_alike(tables[t].steps, n)) {
                check_alike(tables[t].name, tables[t].steps, n);
                claims++;
            }
    assert_true(claims >= 6 * (MOST - 1)); /* six tables of them, whatever their size */
}

int main(void)
{
    struct collective_case cases[64];
    const struct CMUnitTest alike[] = {cmocka_unit_test(who_claims_that_all_do_alike_is_right)};

    memcpy(cases, collective_cases, (size_t)collective_case_count * sizeof cases[0]);
    return run_cases("values", ends_with_the_right_values_for_1_to_33_workers, cases,
                     (size_t)collective_case_count, sizeof cases[0]) +
           cmocka_run_group_tests(alike, NULL, NULL);
}
