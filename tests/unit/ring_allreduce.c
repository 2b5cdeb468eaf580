/* ring_allreduce.c -- the table of steps of the ring, walked by hand on real vectors, and how things are
 * cut in parts. */
#include "tests/unit/close.h"

#include "algorithms/collectives/collectives.h"

enum { MOST = 33 };

static struct sim_step step_of(int n, int rank, int s)
{
    struct sim_step step = {0};

    assert_true(ring_allreduce_steps(n, rank, s, &step));
    return step;
}

static void there_are_twice_n_minus_one_steps_for_every_rank(void **state)
{
    (void)state;
    for (int n = 1; n <= MOST; n++)
        for (int rank = 0; rank < n; rank++) {
            struct sim_step step;
            int s = 0;

            while (s < 1000 && ring_allreduce_steps(n, rank, s, &step))
                s++;
            assert_int_equal(s, 2 * (n - 1));
            assert_false(ring_allreduce_steps(n, rank, s + 7, &step));
        }
}

static void what_one_rank_sends_is_what_its_right_neighbour_receives(void **state)
{
    (void)state;
    for (int n = 2; n <= MOST; n++)
        for (int s = 0; s < 2 * (n - 1); s++)
            for (int rank = 0; rank < n; rank++) {
                const struct sim_step mine = step_of(n, rank, s);
                const struct sim_step next = step_of(n, (rank + 1) % n, s);

                assert_int_equal(mine.to, (rank + 1) % n);
                assert_int_equal(next.from, rank);
                assert_int_equal(mine.send.first, next.receive.first);
                assert_int_equal(mine.send.count, 1);
                assert_int_equal(next.receive.count, 1);
                assert_int_equal(mine.send.of, n);
                assert_int_equal(next.receive.of, n);
                assert_in_range(mine.send.first, 0, n - 1);
                assert_int_not_equal(mine.send.first, mine.receive.first);
            }
}

static void the_first_half_adds_and_the_second_half_replaces(void **state)
{
    (void)state;
    for (int n = 2; n <= MOST; n++)
        for (int s = 0; s < 2 * (n - 1); s++) {
            const struct sim_step step = step_of(n, n / 2, s);

            assert_int_equal(step.combine, s < n - 1 ? SIM_SUM : SIM_REPLACE);
            assert_string_equal(step.phase, s < n - 1 ? "share-reduce" : "share-only");
        }
}

/* One step of all ranks at once: everything is sent before anything is received. */
static void walk(double **vectors, double **before, int n, int length, int s)
{
    for (int rank = 0; rank < n; rank++)
        memcpy(before[rank], vectors[rank], (size_t)length * sizeof(double));
    for (int rank = 0; rank < n; rank++) {
        const struct sim_step step = step_of(n, rank, s);
        const int64_t begin = sim_part_begin(length, step.receive.first, n);
        const int64_t end = sim_part_begin(length, step.receive.first + step.receive.count, n);

        for (int64_t i = begin; i < end; i++)
            vectors[rank][i] =
                before[step.from][i] + (step.combine == SIM_SUM ? vectors[rank][i] : 0);
    }
}

/* Whole numbers, whose sums are exact in any order; 7919 and 104729 are primes. */
static double value(int rank, int i)
{
    return (double)((rank + 1) * 7919 + (int64_t)i * (rank + 3) % 104729);
}

static void every_rank_ends_with_the_sum_of_all(void **state)
{
    (void)state;
    for (int n = 1; n <= MOST; n++) {
        const int length = 1000 + n;
        double *vectors[MOST], *before[MOST];

        for (int rank = 0; rank < n; rank++) {
            vectors[rank] = malloc((size_t)length * sizeof(double));
            before[rank] = malloc((size_t)length * sizeof(double));
            for (int i = 0; i < length; i++)
                vectors[rank][i] = value(rank, i);
        }
        for (int s = 0; s < 2 * (n - 1); s++)
            walk(vectors, before, n, length, s);
        for (int i = 0; i < length; i++) {
            double sum = 0;

            for (int rank = 0; rank < n; rank++)
                sum += value(rank, i);
            for (int rank = 0; rank < n; rank++)
                assert_true(vectors[rank][i] == sum);
        }
        for (int rank = 0; rank < n; rank++) {
            free(vectors[rank]);
            free(before[rank]);
        }
    }
}

/* The two halves leave out one chunk each: the rank's own sum is where it began. */
static void every_rank_sends_all_chunks_but_one_in_each_half(void **state)
{
    (void)state;
    for (int n = 2; n <= MOST; n++)
        for (int rank = 0; rank < n; rank++)
            for (int half = 0; half < 2; half++) {
                uint64_t sent = 0;

                for (int s = half * (n - 1); s < (half + 1) * (n - 1); s++)
                    sent |= 1ull << step_of(n, rank, s).send.first;
                assert_int_equal(__builtin_popcountll(sent), n - 1);
                assert_int_equal(sent >> ((rank + 1 + half) % n) & 1, 0);
            }
}

/* ---- parts ---- */

static const int64_t sizes[] = {0, 1, 7, 1000003, 999999999999989, (int64_t)1 << 53};

static void parts_cover_exactly_and_the_first_are_longer_by_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int n = 1; n <= 1003; n += n < 40 ? 1 : 107) {
            const int64_t size = sizes[i];

            assert_int_equal(sim_part_begin(size, 0, n), 0);
            assert_int_equal(sim_part_begin(size, n, n), size);
            for (int k = 0; k < n; k++)
                assert_int_equal(sim_part_begin(size, k + 1, n) - sim_part_begin(size, k, n),
                                 size / n + (k < size % n));
        }
}

static void the_largest_chunk_is_the_first_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int n = 1; n <= 1003; n++)
            assert_int_equal(sim_largest_chunk(sizes[i], n), sim_part_begin(sizes[i], 1, n));
}

static void chunks_are_counted_round_the_ring_in_both_directions(void **state)
{
    (void)state;
    for (int n = 1; n <= MOST; n++)
        for (int k = -3 * n; k <= 3 * n; k++) {
            const struct sim_range range = sim_chunk(n, k);

            assert_int_equal(range.first, (k + 3 * n) % n);
            assert_int_equal(range.count, 1);
            assert_int_equal(range.of, n);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_twice_n_minus_one_steps_for_every_rank),
        cmocka_unit_test(what_one_rank_sends_is_what_its_right_neighbour_receives),
        cmocka_unit_test(the_first_half_adds_and_the_second_half_replaces),
        cmocka_unit_test(every_rank_ends_with_the_sum_of_all),
        cmocka_unit_test(every_rank_sends_all_chunks_but_one_in_each_half),
        cmocka_unit_test(parts_cover_exactly_and_the_first_are_longer_by_one),
        cmocka_unit_test(the_largest_chunk_is_the_first_part),
        cmocka_unit_test(chunks_are_counted_round_the_ring_in_both_directions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
