/* partition.c -- dealing samples and taking batches: nothing is lost, nothing twice. */
#include "tests/unit/close.h"

#include "algorithms/learning/batches.h"
#include "algorithms/learning/partition.h"

enum { COUNT = 1003, LABELS = 7 };

static struct sim_arena *arena;
static int labels[COUNT], all[COUNT];
static const struct data_set set = {.count = COUNT, .class_count = LABELS, .labels = labels};
static const struct sample_list samples = {all, COUNT};

static int set_up(void **state)
{
    (void)state;
    arena = sim_arena_open();
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i * 5 / 3 % LABELS;
        all[i] = i;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

static void assert_dealt(const struct partition *partition, int parts)
{
    int seen[COUNT] = {0};

    assert_int_equal(partition->count, parts);
    for (int k = 0; k < parts; k++) {
        assert_true(partition->parts[k].count > 0);
        for (int i = 0; i < partition->parts[k].count; i++)
            seen[partition->parts[k].numbers[i]]++;
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(seen[i], 1);
}

static int labels_in(struct sample_list part)
{
    int seen[LABELS] = {0}, count = 0;

    for (int i = 0; i < part.count; i++)
        count += seen[labels[part.numbers[i]]]++ == 0;
    return count;
}

static void equal_parts_differ_by_one_sample_at_most(void **state)
{
    (void)state;
    for (int parts = 1; parts <= 33; parts++) {
        struct partition partition;
        struct sim_error err = {0};

        assert_true(partition_iid(arena, samples, parts, 5, &partition, &err));
        assert_dealt(&partition, parts);
        for (int k = 0; k < parts; k++)
            assert_int_equal(partition.parts[k].count, COUNT / parts + (k < COUNT % parts));
    }
}

/* Shards of 1003 / 26 = 38.6 samples of one label or two: a part of two shards sees at most four. */
static void label_shards_give_few_labels_to_each(void **state)
{
    struct partition partition;
    struct sim_error err = {0};

    (void)state;
    assert_true(partition_label_shards(arena, &set, samples, 13, 2, 5, &partition, &err));
    assert_dealt(&partition, 13);
    for (int k = 0; k < 13; k++) {
        assert_in_range(labels_in(partition.parts[k]), 1, 4);
        assert_in_range(partition.parts[k].count, 2 * (COUNT / 26), 2 * (COUNT / 26) + 2);
    }
}

/* Distance of the parts' labels from those of all: 0 would be all alike. */
static double unlikeness(const struct partition *partition)
{
    double sum = 0;

    for (int k = 0; k < partition->count; k++)
        for (int c = 0; c < LABELS; c++) {
            const struct sample_list part = partition->parts[k];
            int here = 0, everywhere = 0;

            for (int i = 0; i < part.count; i++)
                here += labels[part.numbers[i]] == c;
            for (int i = 0; i < COUNT; i++)
                everywhere += labels[i] == c;
            sum += fabs((double)here / part.count - (double)everywhere / COUNT);
        }
    return sum / partition->count;
}

static void a_smaller_concentration_makes_parts_less_alike(void **state)
{
    static const double concentrations[] = {100, 1, 0.1};
    double last = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct partition partition;
        struct sim_error err = {0};
        double now;

        assert_true(
            partition_dirichlet(arena, &set, samples, 5, concentrations[i], 3, &partition, &err));
        assert_dealt(&partition, 5);
        now = unlikeness(&partition);
        assert_true(now > 2 * last);
        last = now;
    }
}

/* 1003 samples to 5 parts by 1/r: 1 + 998/r / (137/60) = 438.08, 219.54, 146.69, 110.27, 88.42 (sum 1003).  The
 * whole parts leave 2 over, for the largest remainders: of 146.69 and 219.54. */
static void sizes_by_a_power_law_are_those_worked_out_by_hand(void **state)
{
    static const int expected[] = {438, 220, 147, 110, 88};
    struct sim_error err = {0};
    const int *sizes = partition_power_law(arena, COUNT, 5, 1, 5, &err);

    (void)state;
    for (int r = 0; r < 5; r++) {
        int found = 0;

        for (int k = 0; k < 5; k++)
            found += sizes[k] == expected[r];
        assert_int_equal(found, 1);
    }
}

static void sizes_by_a_power_law_add_up_and_leave_nobody_without(void **state)
{
    static const double exponents[] = {0, 0.7, 1.3, 40};
    struct partition partition;
    struct sim_error err = {0};

    (void)state;
    for (int e = 0; e < 4; e++)
        for (int parts = 1; parts <= COUNT; parts += 167) {
            const int *sizes = partition_power_law(arena, COUNT, parts, exponents[e], 5, &err);

            partition_sized(arena, samples, parts, sizes, 5, &partition);
            assert_dealt(&partition, parts);
            for (int k = 0; k < parts; k++) {
                assert_int_equal(partition.parts[k].count, sizes[k]);
                if (e == 0)
                    assert_in_range(sizes[k], COUNT / parts, COUNT / parts + 1);
            }
        }
}

/* Who is largest depends on the seed: over 64 seeds each of 3 parts is at least once. */
static void ranks_are_dealt_at_random(void **state)
{
    int largest[3] = {0};
    struct sim_error err = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 64; seed++) {
        const int *sizes = partition_power_law(arena, COUNT, 3, 2, seed, &err);

        for (int k = 0; k < 3; k++)
            largest[k] += sizes[k] > COUNT / 2;
    }
    assert_int_equal(largest[0] + largest[1] + largest[2], 64);
    assert_true(largest[0] > 0 && largest[1] > 0 && largest[2] > 0);
}

/* Of n samples round(share n) are of one label; each other label has the rest divided by their number, within
 * one. */
static void assert_dominated(struct sample_list part, double share)
{
    int counts[LABELS] = {0}, main = 0;
    const int most = (int)lround(share * part.count), others = part.count - most;

    for (int i = 0; i < part.count; i++)
        counts[labels[part.numbers[i]]]++;
    while (main < LABELS - 1 && counts[main] != most)
        main++;
    assert_int_equal(counts[main], most);
    for (int c = 0; c < LABELS; c++)
        if (c != main)
            assert_in_range(counts[c], others / (LABELS - 1),
                            others / (LABELS - 1) + (others % (LABELS - 1) > 0));
}

static void assert_dealt_once_at_most(const struct partition *partition)
{
    int seen[COUNT] = {0};

    for (int k = 0; k < partition->count; k++)
        for (int i = 0; i < partition->parts[k].count; i++)
            assert_int_equal(seen[partition->parts[k].numbers[i]]++, 0);
}

static void a_dominant_label_has_its_share_of_each_part_exactly(void **state)
{
    static const double shares[] = {0.8, 0.5, 1, 0.31};
    struct sim_error err = {0};

    (void)state;
    for (int s = 0; s < 4; s++)
        for (uint64_t seed = 1; seed <= 5; seed++)
            for (int unequal = 0; unequal < 2; unequal++) {
                const int *sizes =
                    unequal ? partition_power_law(arena, COUNT, 23, 0.9, seed, &err) : NULL;
                struct partition partition;

                assert_true(partition_dominant_label(arena, &set, samples, 23, sizes, shares[s],
                                                     seed, &partition, &err));
                assert_int_equal(partition.count, 23);
                assert_dealt_once_at_most(&partition);
                for (int k = 0; k < 23; k++)
                    assert_dominated(partition.parts[k], shares[s]);
            }
}

/* Sizes shrink by one factor: what was twice as large stays so, and some label is used up but for what rounding
 * leaves: at most a sample or two for each part. */
static void sizes_shrink_alike_until_labels_last(void **state)
{
    const int sizes[] = {400, 200, 200, 100, 100};
    struct partition partition;
    struct sim_error err = {0};
    int used[LABELS] = {0}, most = 0;

    (void)state;
    assert_true(partition_dominant_label(arena, &set, samples, 5, sizes, 0.8, 3, &partition, &err));
    assert_true(partition.parts[0].count < 400);
    for (int k = 0; k < 5; k++) {
        assert_in_range(400 * partition.parts[k].count / sizes[k], partition.parts[0].count - 4,
                        partition.parts[0].count + 4);
        for (int i = 0; i < partition.parts[k].count; i++)
            used[labels[partition.parts[k].numbers[i]]]++;
    }
    for (int c = 0; c < LABELS; c++)
        most = used[c] > most ? used[c] : most;
    assert_in_range(most, COUNT / LABELS - 10, COUNT / LABELS + 1);
}

static void what_no_power_law_or_label_can_do_is_refused(void **state)
{
    static int one_label[COUNT];
    const struct data_set same = {.count = COUNT, .class_count = LABELS, .labels = one_label};
    const struct sample_list three = {all, 3};
    struct partition partition;
    struct sim_error err[6] = {0};

    (void)state;
    assert_null(partition_power_law(arena, 3, 4, 1, 1, &err[0]));
    assert_string_equal(err[0].text,
                        "3 samples cannot be dealt to 4 parts: each needs at least one.");
    assert_null(partition_power_law(arena, 30, 4, -0.5, 1, &err[1]));
    assert_string_equal(err[1].text,
                        "Sizes cannot follow a power law of exponent -0.5; it must be at least 0.");
    assert_false(
        partition_dominant_label(arena, &set, three, 4, NULL, 0.8, 1, &partition, &err[2]));
    assert_string_equal(err[2].text, err[0].text);
    assert_false(
        partition_dominant_label(arena, &set, samples, 4, NULL, 1.5, 1, &partition, &err[3]));
    assert_string_equal(err[3].text,
                        "A part cannot have 1.5 of its samples of one label; 0 to 1 it may be.");
    assert_false(
        partition_dominant_label(arena, &same, samples, 4, NULL, 0.8, 1, &partition, &err[4]));
    assert_string_equal(err[4].text, "All 1003 samples have one label: no part can have another "
                                     "for the rest.");
    assert_false(
        partition_dominant_label(arena, &set, samples, COUNT, NULL, 0.8, 1, &partition, &err[5]));
    assert_non_null(strstr(err[5].text, " of 1003 would have no sample: with 0.8 of each part"));
}

static void what_cannot_be_dealt_is_refused(void **state)
{
    const struct sample_list three = {all, 3};
    struct partition partition;
    struct sim_error err[4] = {0};

    (void)state;
    assert_false(partition_iid(arena, three, 4, 1, &partition, &err[0]));
    assert_string_equal(err[0].text,
                        "3 samples cannot be dealt to 4 parts: each needs at least one.");
    assert_false(partition_label_shards(arena, &set, three, 2, 2, 1, &partition, &err[1]));
    assert_string_equal(err[1].text,
                        "3 samples cannot be dealt to 4 shards: each needs at least one.");
    assert_false(partition_dirichlet(arena, &set, three, 4, 1, 1, &partition, &err[2]));
    assert_false(partition_dirichlet(arena, &set, samples, 50, 1e-3, 1, &partition, &err[3]));
    assert_string_equal(err[3].text,
                        "A Dirichlet of concentration 0.001 left a part of 50 empty "
                        "1000 times; a larger concentration, or fewer parts, would do.");
}

static void the_same_seed_deals_alike(void **state)
{
    struct partition a, b, other;
    struct sim_error err = {0};

    (void)state;
    assert_true(partition_iid(arena, samples, 7, 5, &a, &err) &&
                partition_iid(arena, samples, 7, 5, &b, &err) &&
                partition_iid(arena, samples, 7, 6, &other, &err));
    for (int k = 0; k < 7; k++)
        assert_memory_equal(a.parts[k].numbers, b.parts[k].numbers,
                            (size_t)a.parts[k].count * sizeof(int));
    assert_true(memcmp(a.parts[0].numbers, other.parts[0].numbers,
                       (size_t)a.parts[0].count * sizeof(int)) != 0);
}

static void every_sample_comes_once_an_epoch_in_a_new_order(void **state)
{
    struct batches *batches = batches_open(arena, samples, 5, 3);
    int seen[COUNT] = {0}, numbers[32], first[COUNT], second[COUNT];

    (void)state;
    for (int t = 0; t * 17 < COUNT; t++) {
        const int left = COUNT - t * 17;

        batches_take(batches, t * 17, 17, numbers);
        for (int i = 0; i < 17 && i < left; i++)
            seen[numbers[i]]++;
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(seen[i], 1);
    batches_take(batches, 0, COUNT, first);
    batches_take(batches, COUNT, COUNT, second);
    assert_true(memcmp(first, second, sizeof first) != 0);
}

static void a_step_gives_the_same_samples_whenever_it_is_asked_for(void **state)
{
    struct batches *a = batches_open(arena, samples, 5, 3), *b = batches_open(arena, samples, 5, 3);
    struct batches *other = batches_open(arena, samples, 5, 4);
    int ours[40], later[40], others[40];

    (void)state;
    batches_take(a, COUNT - 20, 40, ours); /* across the end of an epoch */
    batches_take(b, 9 * COUNT, 40, later);
    batches_take(b, COUNT - 20, 40, later);
    batches_take(other, COUNT - 20, 40, others);
    assert_memory_equal(ours, later, sizeof ours);
    assert_true(memcmp(ours, others, sizeof ours) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_parts_differ_by_one_sample_at_most),
        cmocka_unit_test(label_shards_give_few_labels_to_each),
        cmocka_unit_test(a_smaller_concentration_makes_parts_less_alike),
        cmocka_unit_test(what_cannot_be_dealt_is_refused),
        cmocka_unit_test(sizes_by_a_power_law_are_those_worked_out_by_hand),
        cmocka_unit_test(sizes_by_a_power_law_add_up_and_leave_nobody_without),
        cmocka_unit_test(ranks_are_dealt_at_random),
        cmocka_unit_test(a_dominant_label_has_its_share_of_each_part_exactly),
        cmocka_unit_test(sizes_shrink_alike_until_labels_last),
        cmocka_unit_test(what_no_power_law_or_label_can_do_is_refused),
        cmocka_unit_test(the_same_seed_deals_alike),
        cmocka_unit_test(every_sample_comes_once_an_epoch_in_a_new_order),
        cmocka_unit_test(a_step_gives_the_same_samples_whenever_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
