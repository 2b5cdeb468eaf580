/* names.c -- names as people write and sort them. */
#include "tests/unit/close.h"

#include "sim/base/names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const keys[] = {"platform",   "network", "hosts", "algorithm", "workload",
                                   "iterations", "seed",    "trace", "faults",    "study"};

static void a_word_with_a_slip_finds_the_name_it_was_meant_to_be(void **state)
{
    static const char *const slips[][2] = {{"platfrom", "platform"},  {"plattform", "platform"},
                                           {"host", "hosts"},         {"Algorithm", "algorithm"},
                                           {"algoritm", "algorithm"}, {"itteration", "iterations"},
                                           {"sed", "seed"},           {"sede", "seed"},
                                           {"trac", "trace"},         {"STUDY", "study"},
                                           {"faults", "faults"}};

    (void)state;
    for (size_t i = 0; i < COUNT(slips); i++)
        assert_string_equal(sim_nearest_name(slips[i][0], keys, COUNT(keys)), slips[i][1]);
}

static void a_word_that_is_far_from_all_names_finds_none(void **state)
{
    static const char *const strangers[] = {"zzz", "", "bandwidth", "x", "sxyz", "nodes-and-edges"};

    (void)state;
    for (size_t i = 0; i < COUNT(strangers); i++)
        assert_null(sim_nearest_name(strangers[i], keys, COUNT(keys)));
    assert_null(sim_nearest_name("seed", keys, 0));
}

static void a_third_of_the_letters_may_be_wrong_and_not_more(void **state)
{
    static const char *const name[] = {"abcdefghi"};

    (void)state;
    assert_non_null(sim_nearest_name("xxxdefghi", name, 1));
    assert_null(sim_nearest_name("xxxxefghi", name, 1));
}

static void neighbours_that_changed_places_are_one_slip(void **state)
{
    static const char *const name[] = {"abc"};

    (void)state;
    assert_non_null(sim_nearest_name("acb", name, 1));
    assert_null(sim_nearest_name("axy", name, 1));
}

static void of_equally_near_names_the_first_is_taken(void **state)
{
    static const char *const names[] = {"node-7", "node-1", "node-2"};

    (void)state;
    assert_string_equal(sim_nearest_name("node-x", names, 3), "node-7");
    assert_string_equal(sim_nearest_name("node-2", names, 3), "node-2");
}

static void a_very_long_word_is_near_to_nothing(void **state)
{
    char word[301];

    (void)state;
    for (int length = 60; length <= 300; length += 7) {
        memset(word, 'q', (size_t)length);
        word[length] = '\0';
        assert_null(sim_nearest_name(word, keys, COUNT(keys)));
    }
}

/* In natural order. */
static const char *const sorted[] = {"",
                                     "0",
                                     "00",
                                     "01",
                                     "1",
                                     "10",
                                     "Z",
                                     "a01b2",
                                     "a1b02",
                                     "a1b10",
                                     "n",
                                     "n1",
                                     "n01b",
                                     "n2",
                                     "n2.5",
                                     "n2a",
                                     "n10",
                                     "n99999999999999999999999",
                                     "n100000000000000000000000",
                                     "node",
                                     "node-",
                                     "node-1",
                                     "node-2",
                                     "node-10",
                                     "node-010x",
                                     "nodes",
                                     "z",
                                     "\xc3\xa9"};

static int by_natural_order(const void *a, const void *b)
{
    return sim_natural_order(*(const char *const *)a, *(const char *const *)b);
}

static void numbers_in_names_are_compared_as_numbers(void **state)
{
    (void)state;
    assert_true(sim_natural_order("node-2", "node-10") < 0);
    assert_true(sim_natural_order("node-10", "node-2") > 0);
    assert_true(sim_natural_order("rack-2-node-9", "rack-10-node-1") < 0);
    assert_true(sim_natural_order("n007", "n8") < 0);
}

static void names_that_differ_in_zeros_only_have_an_order_too(void **state)
{
    (void)state;
    assert_true(sim_natural_order("n01", "n1") != 0);
    assert_int_equal(sim_natural_order("n01", "n1") < 0, sim_natural_order("n1", "n01") > 0);
    assert_int_equal(sim_natural_order("n01", "n01"), 0);
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void natural_order_is_total(void **state)
{
    (void)state;
    for (size_t a = 0; a < COUNT(sorted); a++)
        for (size_t b = 0; b < COUNT(sorted); b++) {
            const int ab = sign(sim_natural_order(sorted[a], sorted[b]));

            assert_int_equal(ab, -sign(sim_natural_order(sorted[b], sorted[a])));
            assert_int_equal(ab == 0, a == b);
            for (size_t c = 0; c < COUNT(sorted); c++)
                if (ab < 0 && sim_natural_order(sorted[b], sorted[c]) < 0)
                    assert_true(sim_natural_order(sorted[a], sorted[c]) < 0);
        }
}

/* A shuffle that is the same on every machine (Fisher and Yates; Knuth's MMIX generator). */
static void shuffle(const char **names, size_t count, uint64_t seed)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t other;
        const char *name = names[i];

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        other = (size_t)(seed >> 33) % (i + 1);
        names[i] = names[other];
        names[other] = name;
    }
}

static void sorting_gives_natural_order_whatever_the_order_before(void **state)
{
    const char *names[COUNT(sorted)];

    (void)state;
    for (uint64_t seed = 0; seed < 53; seed++) {
        memcpy(names, sorted, sizeof names);
        shuffle(names, COUNT(names), seed);
        qsort(names, COUNT(names), sizeof names[0], by_natural_order);
        for (size_t i = 0; i < COUNT(names); i++)
            assert_string_equal(names[i], sorted[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_with_a_slip_finds_the_name_it_was_meant_to_be),
        cmocka_unit_test(a_word_that_is_far_from_all_names_finds_none),
        cmocka_unit_test(a_third_of_the_letters_may_be_wrong_and_not_more),
        cmocka_unit_test(neighbours_that_changed_places_are_one_slip),
        cmocka_unit_test(of_equally_near_names_the_first_is_taken),
        cmocka_unit_test(a_very_long_word_is_near_to_nothing),
        cmocka_unit_test(numbers_in_names_are_compared_as_numbers),
        cmocka_unit_test(names_that_differ_in_zeros_only_have_an_order_too),
        cmocka_unit_test(natural_order_is_total),
        cmocka_unit_test(sorting_gives_natural_order_whatever_the_order_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
