/* ngram.c -- counts, interpolation and heads by hand; each row is a distribution. */
#include "tests/unit/close.h"

#include "algorithms/decoding/shared/ngram.h"
#include "sim/base/random.h"

/* a b a b c a b a */
enum { A, B, C, VOCABULARY, TOKENS = 8 };
static const int abc[TOKENS] = {A, B, A, B, C, A, B, A};

static void assert_row(const struct ngram *ngram, const int *newest, int length, double weight,
                       const double *expected)
{
    double row[VOCABULARY];

    ngram_row(ngram, ngram_context(ngram, newest, length), weight, row);
    for (int x = 0; x < VOCABULARY; x++)
        assert_close(row[x], expected[x], 1e-14);
}

static void maximum_likelihood_is_the_share_of_what_followed(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct ngram *ngram = ngram_count(abc, TOKENS, VOCABULARY, 3, 0, arena);

    (void)state;
    assert_row(ngram, NULL, 0, 1, (double[]){4.0 / 8, 3.0 / 8, 1.0 / 8});
    assert_row(ngram, (int[]){A}, 1, 1, (double[]){0, 1, 0});             /* a: b b b */
    assert_row(ngram, (int[]){B}, 1, 1, (double[]){2.0 / 3, 0, 1.0 / 3}); /* b: a c a */
    assert_row(ngram, (int[]){B, A}, 2, 1, (double[]){2.0 / 3, 0, 1.0 / 3});
    assert_row(ngram, (int[]){A, C}, 2, 1, (double[]){0, 1, 0});
    assert_int_equal(ngram_seen(ngram, ngram_context(ngram, (int[]){B}, 1), A), 2);
    assert_int_equal(ngram_seen(ngram, ngram_context(ngram, (int[]){B}, 1), B), 0);
    assert_int_equal(ngram_seen_at_all(ngram, NGRAM_EMPTY), TOKENS);
    /* none, three tokens, and the pairs ab, ba, bc, ca */
    assert_int_equal(ngram_contexts(ngram), 1 + 3 + 4);
    sim_arena_close(arena);
}

/* A context that was never seen is its longest part that was: c c is c, and b behind nothing else is b. */
static void unseen_contexts_are_shorter_ones(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct ngram *ngram = ngram_count(abc, TOKENS, VOCABULARY, 3, 0, arena);

    (void)state;
    assert_int_equal(ngram_context(ngram, (int[]){C, C}, 2), ngram_context(ngram, (int[]){C}, 1));
    assert_int_equal(ngram_context(ngram, (int[]){B, B}, 2), ngram_context(ngram, (int[]){B}, 1));
    assert_int_not_equal(ngram_context(ngram, (int[]){B, A}, 2),
                         ngram_context(ngram, (int[]){B}, 1));
    /* what only ends the text was followed by nothing */
    ngram = ngram_count((int[]){A, A, B}, 3, VOCABULARY, 2, 0, arena);
    assert_int_equal(ngram_context(ngram, (int[]){B}, 1), NGRAM_EMPTY);
    sim_arena_close(arena);
}

static void interpolation_by_hand(void **state)
{
    const double w = 0.7351, u = (1 - w) / 3;
    const double one[] = {w * 4 / 8 + u, w * 3 / 8 + u, w * 1 / 8 + u};
    const double two[] = {w * 2 / 3 + (1 - w) * one[0], (1 - w) * one[1],
                          w * 1 / 3 + (1 - w) * one[2]};
    const double three[] = {w * 2 / 3 + (1 - w) * two[0], (1 - w) * two[1],
                            w * 1 / 3 + (1 - w) * two[2]};
    struct sim_arena *arena = sim_arena_open();
    const struct ngram *ngram = ngram_count(abc, TOKENS, VOCABULARY, 3, 0, arena);

    (void)state;
    assert_row(ngram, NULL, 0, w, one);
    assert_row(ngram, (int[]){B}, 1, w, two);
    assert_row(ngram, (int[]){B, A}, 2, w, three);
    assert_row(ngram, (int[]){B, B}, 2, w, two);
    assert_row(ngram, (int[]){B, A}, 2, 0, (double[]){1.0 / 3, 1.0 / 3, 1.0 / 3});
    sim_arena_close(arena);
}

/* Shorter contexts of a longer model's counts are the shorter model. */
static void lower_orders_are_the_same_counts(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct ngram *three = ngram_count(abc, TOKENS, VOCABULARY, 3, 0, arena);
    const struct ngram *two = ngram_count(abc, TOKENS, VOCABULARY, 2, 0, arena);

    (void)state;
    for (int x = 0; x < VOCABULARY; x++) {
        double row[VOCABULARY];

        ngram_row(two, ngram_context(two, &x, 1), 0.6173, row);
        assert_row(three, &x, 1, 0.6173, row);
    }
    sim_arena_close(arena);
}

/* skip 1: a _ a, b _ b, a _ c, b _ a, c _ b, a _ a; that is a: a c a, b: b a, c: b. */
static void a_head_passes_tokens_over(void **state)
{
    const double w = 0.8217, u = (1 - w) / 3;
    const double one[] = {w * 4 / 8 + u, w * 3 / 8 + u, w * 1 / 8 + u};
    struct sim_arena *arena = sim_arena_open();
    const struct ngram *head = ngram_count(abc, TOKENS, VOCABULARY, 3, 1, arena);

    (void)state;
    assert_row(head, (int[]){A}, 1, 1, (double[]){2.0 / 3, 0, 1.0 / 3});
    assert_row(head, (int[]){B}, 1, 1, (double[]){1.0 / 2, 1.0 / 2, 0});
    assert_row(head, (int[]){C}, 1, 1, (double[]){0, 1, 0});
    assert_row(head, (int[]){B}, 1, w,
               (double[]){w / 2 + (1 - w) * one[0], w / 2 + (1 - w) * one[1], (1 - w) * one[2]});
    /* two tokens: a b _ b, b a _ c, a b _ a, b c _ b, c a _ a */
    assert_row(head, (int[]){B, A}, 2, 1, (double[]){1.0 / 2, 1.0 / 2, 0});
    assert_row(head, (int[]){A, B}, 2, 1, (double[]){0, 0, 1});
    assert_row(head, (int[]){A, C}, 2, 1, (double[]){1, 0, 0});
    sim_arena_close(arena);
}

/* Of a random text, whose counts grow tables many times; every context there is. */
static void each_row_sums_to_1_and_is_positive(void **state)
{
    enum { MANY = 5000, DIFFERENT = 73 };
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(41, 7);
    int *tokens = sim_new(arena, int, MANY);

    (void)state;
    for (int i = 0; i < MANY; i++)
        tokens[i] = (int)(DIFFERENT * pow(sim_random_uniform(random), 2.3));
    sim_random_close(random);
    for (int skip = 0; skip < 3; skip += 2) {
        const struct ngram *ngram = ngram_count(tokens, MANY, DIFFERENT, 4, skip, arena);
        double row[DIFFERENT];

        assert_true(ngram_contexts(ngram) > MANY / 2);
        for (int c = 0; c < ngram_contexts(ngram); c += 3) {
            double sum = 0, least = 1;

            ngram_row(ngram, c, 0.6931, row);
            for (int x = 0; x < DIFFERENT; x++) {
                sum += row[x];
                least = fmin(least, row[x]);
            }
            assert_close(sum, 1, 1e-13);
            assert_true(least >= pow(1 - 0.6931, 4) / DIFFERENT);
            ngram_row(ngram, c, 1, row);
            for (int x = 0; x < DIFFERENT; x++)
                assert_close(row[x] * ngram_seen_at_all(ngram, c), ngram_seen(ngram, c, x), 1e-13);
        }
    }
    sim_arena_close(arena);
}

/* The tree of contexts says what counting by looking says. */
static void counts_are_those_of_looking(void **state)
{
    enum { MANY = 400, DIFFERENT = 5 };
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(43, 7);
    int tokens[MANY];
    const struct ngram *ngram;

    (void)state;
    for (int i = 0; i < MANY; i++)
        tokens[i] = (int)sim_random_below(random, DIFFERENT);
    sim_random_close(random);
    ngram = ngram_count(tokens, MANY, DIFFERENT, 3, 0, arena);
    for (int code = 0; code < DIFFERENT * DIFFERENT * DIFFERENT; code++) {
        const int newest[] = {code % DIFFERENT, code / DIFFERENT % DIFFERENT};
        const int next = code / DIFFERENT / DIFFERENT;
        int seen = 0;

        for (int i = 2; i < MANY; i++)
            seen += tokens[i] == next && tokens[i - 1] == newest[0] && tokens[i - 2] == newest[1];
        assert_int_equal(ngram_seen(ngram, ngram_context(ngram, newest, 2), next), seen);
    }
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maximum_likelihood_is_the_share_of_what_followed),
        cmocka_unit_test(unseen_contexts_are_shorter_ones),
        cmocka_unit_test(interpolation_by_hand),
        cmocka_unit_test(lower_orders_are_the_same_counts),
        cmocka_unit_test(a_head_passes_tokens_over),
        cmocka_unit_test(each_row_sums_to_1_and_is_positive),
        cmocka_unit_test(counts_are_those_of_looking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
