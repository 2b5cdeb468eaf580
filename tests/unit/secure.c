/* secure.c -- secure aggregation: masks hide each vector and cancel in the sum, exactly. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/secure.h"
#include "sim/base/random.h"

enum { CLIENTS = 7, COUNT = 1009 };

static const struct secure group = {
    .clients = CLIENTS, .bits = 32, .fraction_bits = 20, .seed = 99};

/* x: what clients have; exact: their sum in multiples of 2^-20; words: what they upload. */
struct round {
    double x[CLIENTS][COUNT];
    int64_t exact[COUNT];
    uint64_t plain[CLIENTS][COUNT], words[CLIENTS][COUNT], sum[COUNT];
};

static void play(struct round *round, const struct secure *secure, const bool *survives)
{
    struct sim_random *random = sim_random_open(4, 5);
    struct sim_error err = {0};

    memset(round, 0, sizeof *round);
    for (int k = 0; k < CLIENTS; k++) {
        for (int i = 0; i < COUNT; i++)
            round->x[k][i] = 20 * sim_random_normal(random);
        assert_true(secure_quantise(secure, round->x[k], COUNT, round->words[k], &err));
        memcpy(round->plain[k], round->words[k], sizeof round->plain[k]);
        secure_mask(secure, k, round->words[k], COUNT);
        if (!survives[k])
            continue;
        secure_add(secure, round->sum, round->words[k], COUNT);
        for (int i = 0; i < COUNT; i++)
            round->exact[i] += llround(ldexp(round->x[k][i], secure->fraction_bits));
    }
    sim_random_close(random);
}

static void check_sum(const struct round *round, const struct secure *secure)
{
    double values[COUNT];

    secure_restore(secure, round->sum, COUNT, values);
    for (int i = 0; i < COUNT; i++)
        assert_true(values[i] == ldexp((double)round->exact[i], -secure->fraction_bits));
}

static void masks_cancel_in_the_sum_exactly(void **state)
{
    static const bool all[CLIENTS] = {1, 1, 1, 1, 1, 1, 1};
    static struct round round;
    struct secure wide = group;

    (void)state;
    play(&round, &group, all);
    check_sum(&round, &group);
    wide.bits = 63;
    wide.fraction_bits = 40;
    play(&round, &wide, all);
    check_sum(&round, &wide);
}

static void who_drops_out_is_left_out_once_its_masks_are_taken_off(void **state)
{
    static const bool survives[CLIENTS] = {0, 1, 1, 0, 1, 1, 0};
    static struct round round;
    double values[COUNT];
    int wrong = 0;

    (void)state;
    play(&round, &group, survives);
    secure_restore(&group, round.sum, COUNT, values);
    for (int i = 0; i < COUNT; i++)
        wrong += values[i] != ldexp((double)round.exact[i], -20);
    assert_true(wrong > COUNT - 5); /* until then the sum says nothing */
    secure_unmask(&group, survives, round.sum, COUNT);
    check_sum(&round, &group);
}

/* Each stride divides the next: of two clients the one with fewer has a part of what the other has. */
static void where_clients_have_parts_masks_of_pairs_cancel_number_by_number(void **state)
{
    static const int strides[CLIENTS] = {1, 2, 2, 4, 4, 12, 12};
    static const bool survives[CLIENTS] = {0, 1, 0, 1, 1, 1, 1};
    static size_t places[CLIENTS][COUNT];
    static uint64_t words[COUNT], sum[COUNT];
    static int64_t exact[COUNT];
    static double x[COUNT], values[COUNT];
    struct secure_part parts[CLIENTS];
    struct secure secure = group;
    struct sim_error err = {0};
    int bare = 0;

    (void)state;
    secure.parts = parts;
    for (int k = 0; k < CLIENTS; k++) {
        parts[k] = (struct secure_part){places[k], 0};
        for (int i = 0; i < COUNT; i += strides[k])
            places[k][parts[k].count++] = (size_t)i;
    }
    for (int k = 0; k < CLIENTS; k++) {
        for (int i = 0; i < COUNT; i++) {
            x[i] = i % strides[k] == 0 ? sin(1.7 * i + k) : 0;
            exact[i] += survives[k] ? llround(ldexp(x[i], secure.fraction_bits)) : 0;
        }
        assert_true(secure_quantise(&secure, x, COUNT, words, &err));
        secure_mask(&secure, k, words, COUNT);
        for (int i = 0; i < COUNT; i++) {
            assert_true(i % strides[k] == 0 ||
                        words[i] == 0); /* what it has not it does not send */
            bare += k == 0 && i % 2 == 1 &&
                    words[i] == ((uint64_t)llround(ldexp(x[i], secure.fraction_bits)) &
                                 secure_all_bits(&secure));
        }
        if (survives[k])
            secure_add(&secure, sum, words, COUNT);
    }
    assert_int_equal(bare, COUNT / 2); /* client 0 alone has the odd ones */
    secure_unmask(&secure, survives, sum, COUNT);
    secure_restore(&secure, sum, COUNT, values);
    for (int i = 0; i < COUNT; i++)
        assert_true(values[i] == ldexp((double)exact[i], -secure.fraction_bits));
}

/* The top bit of what goes on the wire is one in half of the words, within five standard deviations, and unrelated to
 * that of the number. */
static void what_is_uploaded_says_nothing_of_the_numbers(void **state)
{
    static const bool all[CLIENTS] = {1, 1, 1, 1, 1, 1, 1};
    static struct round round;
    int ones = 0, same = 0;

    (void)state;
    play(&round, &group, all);
    for (int k = 0; k < CLIENTS; k++)
        for (int i = 0; i < COUNT; i++) {
            ones += round.words[k][i] >> 31 == 1;
            same += round.words[k][i] >> 31 == round.plain[k][i] >> 31;
        }
    assert_true(abs(ones - CLIENTS * COUNT / 2) < 5 * sqrt(CLIENTS * COUNT) / 2);
    assert_true(abs(same - CLIENTS * COUNT / 2) < 5 * sqrt(CLIENTS * COUNT) / 2);
}

static void a_number_without_room_in_the_sum_is_refused(void **state)
{
    const struct secure small = {.clients = 3, .bits = 8, .fraction_bits = 2};
    const double room[] = {10.5, -10.5}, none[] = {1, 10.7}, nan[] = {NAN};
    struct sim_error err = {0};
    uint64_t words[2], sum[2] = {0};
    double back[2];

    (void)state;
    assert_true(secure_quantise(&small, room, 2, words, &err));
    for (int k = 0; k < 3; k++)
        secure_add(&small, sum, words, 2);
    secure_restore(&small, sum, 2, back);
    assert_true(back[0] == 31.5 && back[1] == -31.5);
    assert_false(secure_quantise(&small, nan, 1, words, &(struct sim_error){0}));
    assert_false(secure_quantise(&small, none, 2, words, &err));
    assert_string_equal(err.text, "Number 2 of 2 is 10.7: 3 such numbers with 2 bits after the "
                                  "point have no room in a sum of 8 bits.");
}

/* Bonawitz et al., abstract: 1.73 and 1.98 times the plain bytes. */
static void the_expansion_is_the_papers(void **state)
{
    const double first = secure_bytes(1 << 10, 1 << 20, 16, 256) / (2.0 * (1 << 20));
    const double second = secure_bytes(1 << 14, 1 << 24, 16, 256) / (2.0 * (1 << 24));

    (void)state;
    print_message("expansion: %.4f (paper: 1.73) and %.4f (paper: 1.98)\n", first, second);
    assert_int_equal(secure_sum_bits(1 << 10, 16), 26);
    assert_int_equal(secure_sum_bits(1, 16), 16);
    assert_int_equal(secure_sum_bits(3, 16), 18);
    assert_true(fabs(first - 1.73) <= 0.005 && fabs(second - 1.98) <= 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_cancel_in_the_sum_exactly),
        cmocka_unit_test(who_drops_out_is_left_out_once_its_masks_are_taken_off),
        cmocka_unit_test(where_clients_have_parts_masks_of_pairs_cancel_number_by_number),
        cmocka_unit_test(what_is_uploaded_says_nothing_of_the_numbers),
        cmocka_unit_test(a_number_without_room_in_the_sum_is_refused),
        cmocka_unit_test(the_expansion_is_the_papers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
