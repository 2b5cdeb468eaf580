/* sampling.c -- temperature, top-k and nucleus by hand; drawing; the rows that were worked out once. */
#include "tests/unit/close.h"

#include "algorithms/decoding/shared/rows.h"
#include "algorithms/decoding/shared/sampling.h"
#include "sim/base/random.h"

#include <gsl/gsl_cdf.h>

enum { COUNT = 5, ALL = 0 };
static const double plain[COUNT] = {0.13, 0.31, 0.07, 0.31, 0.18};

static void assert_adjusted(struct sampling sampling, const double *expected)
{
    double row[COUNT], sum = 0;
    int space[COUNT];

    memcpy(row, plain, sizeof row);
    sampling_adjust(&sampling, row, COUNT, space);
    for (int x = 0; x < COUNT; x++) {
        assert_close(row[x], expected[x], 1e-14);
        sum += row[x];
    }
    assert_close(sum, 1, 1e-14);
}

static void temperature_is_a_power(void **state)
{
    const double s = 0.13 * 0.13 + 2 * 0.31 * 0.31 + 0.07 * 0.07 + 0.18 * 0.18;
    const double r = sqrt(0.13) + 2 * sqrt(0.31) + sqrt(0.07) + sqrt(0.18);

    (void)state;
    assert_adjusted((struct sampling){1, ALL, 1}, plain);
    assert_adjusted((struct sampling){0.5, ALL, 1},
                    (double[]){0.13 * 0.13 / s, 0.31 * 0.31 / s, 0.07 * 0.07 / s, 0.31 * 0.31 / s,
                               0.18 * 0.18 / s});
    assert_adjusted(
        (struct sampling){2, ALL, 1},
        (double[]){sqrt(0.13) / r, sqrt(0.31) / r, sqrt(0.07) / r, sqrt(0.31) / r, sqrt(0.18) / r});
    /* of two most probable ones greedy takes the first; at a temperature near 0 both have a half */
    assert_adjusted((struct sampling){0, ALL, 1}, (double[]){0, 1, 0, 0, 0});
    assert_adjusted((struct sampling){1e-4, ALL, 1}, (double[]){0, 0.5, 0, 0.5, 0});
    assert_adjusted((struct sampling){0, 3, 0.7}, (double[]){0, 1, 0, 0, 0});
}

static void the_k_most_probable(void **state)
{
    (void)state;
    assert_adjusted((struct sampling){1, 1, 1}, (double[]){0, 1, 0, 0, 0});
    assert_adjusted((struct sampling){1, 3, 1},
                    (double[]){0, 0.31 / 0.8, 0, 0.31 / 0.8, 0.18 / 0.8});
    assert_adjusted((struct sampling){1, 5, 1}, plain);
    assert_adjusted((struct sampling){1, 50, 1}, plain);
}

static void the_nucleus(void **state)
{
    (void)state;
    assert_adjusted((struct sampling){1, ALL, 0.2999}, (double[]){0, 1, 0, 0, 0});
    assert_adjusted((struct sampling){1, ALL, 0.3101}, (double[]){0, 0.5, 0, 0.5, 0});
    assert_adjusted((struct sampling){1, ALL, 0.7},
                    (double[]){0, 0.31 / 0.8, 0, 0.31 / 0.8, 0.18 / 0.8});
    assert_adjusted((struct sampling){1, ALL, 0.8001},
                    (double[]){0.13 / 0.93, 0.31 / 0.93, 0, 0.31 / 0.93, 0.18 / 0.93});
}

/* top_p is a share of what top-k left: 0.62 of 0.8 is less than 0.78 of it; and both of what temperature left. */
static void all_three_in_their_order(void **state)
{
    const double a = 0.31 * 0.31, b = 0.18 * 0.18;

    (void)state;
    assert_adjusted((struct sampling){1, 3, 0.77}, (double[]){0, 0.5, 0, 0.5, 0});
    assert_adjusted((struct sampling){1, 3, 0.78},
                    (double[]){0, 0.31 / 0.8, 0, 0.31 / 0.8, 0.18 / 0.8});
    assert_true(0.85 < 2 * a / (2 * a + b) && 2 * a / (2 * a + b) < 0.86);
    assert_adjusted((struct sampling){0.5, 3, 0.85}, (double[]){0, 0.5, 0, 0.5, 0});
    assert_adjusted((struct sampling){0.5, 3, 0.86},
                    (double[]){0, a / (2 * a + b), 0, a / (2 * a + b), b / (2 * a + b)});
}

/* The heap against a look at all, on rows with many equal probabilities. */
static void top_is_the_same_as_looking(void **state)
{
    enum { MANY = 97 };
    struct sim_random *random = sim_random_open(5, 1);

    (void)state;
    for (int round = 0; round < 50; round++) {
        double row[MANY];
        int space[MANY], top;

        for (int x = 0; x < MANY; x++)
            row[x] = sim_random_below(random, 20);
        top = sampling_top(row, MANY, 1 + 2 * round, space);
        assert_int_equal(top, 1 + 2 * round < MANY ? 1 + 2 * round : MANY);
        for (int i = 0; i < top; i++) {
            const int best = sampling_best(row, MANY);

            assert_int_equal(space[i], best);
            row[best] = -1;
        }
    }
    sim_random_close(random);
}

static void drawing_by_hand(void **state)
{
    const double row[COUNT] = {0, 0.31, 0, 0.5, 0.19 - 1e-9};

    (void)state;
    assert_int_equal(sampling_draw(row, COUNT, 0), 1);
    assert_int_equal(sampling_draw(row, COUNT, 0.3099), 1);
    assert_int_equal(sampling_draw(row, COUNT, 0.3101), 3);
    assert_int_equal(sampling_draw(row, COUNT, 0.8101), 4);
    assert_int_equal(sampling_draw(row, COUNT, 1 - 1e-12), 4); /* a sum that is less than 1 */
    assert_int_equal(sampling_draw((double[]){0, 1, 0}, 3, 1 - 1e-16), 1);
}

/* Chi-square of 20,000 draws; a sound one fails once in 10,000 seeds. */
static void drawn_tokens_follow_the_row(void **state)
{
    enum { DRAWS = 20000 };
    struct sim_random *random = sim_random_open(7, 3);
    double squares = 0;
    int drawn[COUNT] = {0};

    (void)state;
    for (int i = 0; i < DRAWS; i++)
        drawn[sampling_draw(plain, COUNT, sim_random_uniform(random))]++;
    for (int x = 0; x < COUNT; x++)
        squares += pow(drawn[x] - DRAWS * plain[x], 2) / (DRAWS * plain[x]);
    assert_true(gsl_cdf_chisq_Q(squares, COUNT - 1) > 1e-4);
    sim_random_close(random);
}

static void without_a_token_the_others_share(void **state)
{
    double row[COUNT];

    (void)state;
    memcpy(row, plain, sizeof row);
    assert_true(sampling_without(row, COUNT, 3));
    assert_close(row[1], 0.31 / 0.69, 1e-14);
    assert_close(row[3], 0, 0);
    for (int x = 0; x < COUNT; x++)
        assert_int_equal(sampling_without(row, COUNT, x), x < 4);
}

static void overlap_by_hand(void **state)
{
    const double p[] = {0.45, 0.25, 0.15, 0.10, 0.05}, q[] = {0.25, 0.40, 0.20, 0.05, 0.10};

    (void)state;
    assert_close(sampling_overlap(p, q, COUNT), 0.75, 1e-14);
    assert_close(sampling_overlap(p, p, COUNT), 1, 1e-14);
}

/* ---- rows.h ---- */

enum { LENGTH = 1000, MOST = 64 };

static int held(struct rows *rows, uint64_t key)
{
    bool is_new;
    const int place = rows_hold(rows, key, &is_new);
    double *row = rows_at(rows, place);

    if (is_new)
        row[0] = row[LENGTH - 1] = (double)key;
    assert_true(row[0] == (double)key && row[LENGTH - 1] == (double)key);
    return place;
}

static void rows_are_found_again_within_their_memory(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct rows *rows = rows_open(LENGTH, MOST * LENGTH * sizeof(double), arena);
    bool is_new;

    (void)state;
    for (int round = 0; round < 3; round++)
        for (uint64_t key = 0; key < 500; key++) {
            rows_release(rows, held(rows, key * 7));
            rows_release(rows, held(rows, 21)); /* asked for all the time: it stays */
        }
    assert_int_equal(rows_count(rows), MOST);
    rows_release(rows, rows_hold(rows, 21, &is_new));
    assert_false(is_new);
    rows_release(rows, rows_hold(rows, 7, &is_new));
    assert_true(is_new);
    sim_arena_close(arena);
}

static void a_held_row_stays(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct rows *rows = rows_open(LENGTH, 1, arena);
    int places[3 * MOST];
    const double *values[3 * MOST];

    (void)state;
    for (int i = 0; i < 3 * MOST; i++) { /* more than there is room for */
        places[i] = i % 5 == 4 ? rows_hold_blank(rows) : held(rows, (uint64_t)i);
        values[i] = rows_at(rows, places[i]);
        rows_at(rows, places[i])[0] = i;
    }
    for (uint64_t key = 1000; key < 2000; key++)
        rows_release(rows, held(rows, key));
    for (int i = 0; i < 3 * MOST; i++) {
        assert_ptr_equal(rows_at(rows, places[i]), values[i]);
        assert_true(values[i][0] == i);
        rows_release(rows, places[i]);
    }
    assert_int_equal(rows_count(rows), 3 * MOST + 1);
    for (uint64_t key = 2000; key < 3000; key++)
        rows_release(rows, held(rows, key));
    assert_int_equal(rows_count(rows), 3 * MOST + 1);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temperature_is_a_power),
        cmocka_unit_test(the_k_most_probable),
        cmocka_unit_test(the_nucleus),
        cmocka_unit_test(all_three_in_their_order),
        cmocka_unit_test(top_is_the_same_as_looking),
        cmocka_unit_test(drawing_by_hand),
        cmocka_unit_test(drawn_tokens_follow_the_row),
        cmocka_unit_test(without_a_token_the_others_share),
        cmocka_unit_test(overlap_by_hand),
        cmocka_unit_test(rows_are_found_again_within_their_memory),
        cmocka_unit_test(a_held_row_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
