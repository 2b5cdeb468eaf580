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
        cmocka_unit_test(the_same_seed_deals_alike),
        cmocka_unit_test(every_sample_comes_once_an_epoch_in_a_new_order),
        cmocka_unit_test(a_step_gives_the_same_samples_whenever_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
