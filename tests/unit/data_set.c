/* data_set.c -- the sources of samples: the generator's law, files that are right, wrong or missing. */
#include "tests/unit/close.h"

#include "algorithms/learning/data_set.h"
#include "sim/base/file.h"

#include <zlib.h>

static struct sim_arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = sim_arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

/* Every sample of the set is in exactly one of the lists. */
static void assert_cut(const struct data_set *set, const struct sample_list *lists, int count)
{
    int *seen = sim_new(arena, int, (size_t)set->count);

    for (int l = 0; l < count; l++)
        for (int i = 0; i < lists[l].count; i++)
            seen[lists[l].numbers[i]]++;
    for (int i = 0; i < set->count; i++)
        assert_int_equal(seen[i], 1);
}

static const struct learning_data *synthetic(double alpha, double beta, bool iid, int devices,
                                             uint64_t seed)
{
    const struct synthetic how = {alpha, beta, iid, devices, 60, 10};

    return data_set_synthetic(arena, &how, seed);
}

static void synthetic_devices_have_at_least_50_samples_a_tenth_for_the_test(void **state)
{
    const struct learning_data *data = synthetic(1, 1, false, 30, 7);
    int train = 0, test = 0;

    (void)state;
    assert_int_equal(data->train_of.count, 30);
    assert_int_equal(data->test_of.count, 30);
    for (int k = 0; k < 30; k++) {
        const int learnt = data->train_of.parts[k].count, n = learnt + data->test_of.parts[k].count;

        assert_true(n >= 50);
        assert_int_equal(learnt, n * 9 / 10);
        train += learnt;
        test += n - learnt;
    }
    assert_int_equal(data->train.count, train);
    assert_int_equal(data->test.count, test);
    assert_cut(data->set, (struct sample_list[]){data->train, data->test}, 2);
}

/* n_k - 50 is the whole part of a lognormal: its median is e^4 = 54.6.  Of 1,001 devices the share below is
 * a half, to five standard errors. */
static void sizes_of_synthetic_devices_have_the_median_of_the_paper(void **state)
{
    const struct synthetic how = {0, 0, true, 1001, 2, 2};
    const struct learning_data *data = data_set_synthetic(arena, &how, 3);
    int below = 0;

    (void)state;
    for (int k = 0; k < 1001; k++)
        below += data->train_of.parts[k].count + data->test_of.parts[k].count < 50 + 55;
    assert_true(fabs(below / 1001.0 - 0.5) < 5 * 0.5 / sqrt(1001));
}

static int labels_seen(const struct data_set *set, struct sample_list list)
{
    int seen[10] = {0}, count = 0;

    for (int i = 0; i < list.count; i++)
        count += seen[set->labels[list.numbers[i]]]++ == 0;
    return count;
}

/* The paper's point: devices that differ see few labels each, devices that do not see more. */
static void devices_that_differ_see_fewer_labels(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const struct learning_data *unlike = synthetic(1, 1, false, 30, seed);
        const struct learning_data *alike = synthetic(0, 0, true, 30, seed);
        int of_unlike = 0, of_alike = 0;

        for (int k = 0; k < 30; k++) {
            of_unlike += labels_seen(unlike->set, unlike->train_of.parts[k]);
            of_alike += labels_seen(alike->set, alike->train_of.parts[k]);
        }
        assert_true(of_unlike < of_alike);
    }
}

/* iid: x[j] ~ N(0, (j+1)^-1.2). */
static void features_of_iid_devices_have_the_variances_of_the_paper(void **state)
{
    const struct learning_data *data = synthetic(0, 0, true, 30, 5);
    const struct data_set *set = data->set;
    const double n = set->count;

    (void)state;
    for (int j = 0; j < 60; j++) {
        double sum = 0, squares = 0;

        for (int i = 0; i < set->count; i++) {
            const double x = set->features[i * 60 + j];

            sum += x;
            squares += x * x;
        }
        assert_true(fabs(sum / n) < 5 * pow(j + 1, -0.6) / sqrt(n));
        assert_close(squares / n, pow(j + 1, -1.2), 5 * sqrt(2 / n));
    }
}

/* Mean of all features of all samples of device k. */
static double mean_of_device(const struct learning_data *data, int k)
{
    const struct sample_list part = data->train_of.parts[k];
    const int d = data->set->feature_count;
    double sum = 0;

    for (int i = 0; i < part.count; i++)
        for (int j = 0; j < d; j++)
            sum += data->set->features[part.numbers[i] * d + j];
    return sum / part.count / d;
}

/* Devices' means of 4 features have the variance beta^2 + 1/4 + less than 0.003 (of x in 45 samples or more);
 * over 301 devices it is right to sqrt(2 / 301). */
static void means_of_devices_spread_as_beta_says(void **state)
{
    static const double betas[] = {0, 2};

    (void)state;
    for (int b = 0; b < 2; b++) {
        const struct synthetic how = {1, betas[b], false, 301, 4, 3};
        const struct learning_data *data = data_set_synthetic(arena, &how, 8);
        double squares = 0;

        for (int k = 0; k < 301; k++)
            squares += pow(mean_of_device(data, k), 2);
        assert_close(squares / 301, betas[b] * betas[b] + 0.25, 5 * sqrt(2.0 / 301) + 0.012);
    }
}

/* u_k is the mean of all entries of W_k and b_k alike, so it adds the same to the score of every class: the
 * argmax, and so the label, does not see alpha.  That is so in FedProx's own code. */
static void alpha_changes_no_label(void **state)
{
    const struct learning_data *none = synthetic(0, 1, false, 7, 2);
    const struct learning_data *some = synthetic(1, 1, false, 7, 2);
    const size_t n = (size_t)none->set->count;

    (void)state;
    assert_int_equal(none->set->count, some->set->count);
    assert_memory_equal(none->set->features, some->set->features, n * 60 * sizeof(double));
    assert_memory_equal(none->set->labels, some->set->labels, n * sizeof(int));
}

static void the_door_gives_what_the_generator_makes(void **state)
{
    const struct synthetic how = {0.5, 0.3, true, 13, 7, 3};
    const struct learning_data *made = data_set_synthetic(arena, &how, 11), *given, *paper;
    struct sim_error err = {0};
    size_t numbers;

    (void)state;
    given = data_set_open_as(arena, DATA_SYNTHETIC, &how, 11, &err);
    numbers = (size_t)made->set->count * 7;
    assert_int_equal(given->train_of.count, 13);
    assert_int_equal(given->set->count, made->set->count);
    assert_memory_equal(given->set->features, made->set->features, numbers * sizeof(double));
    assert_true(data_set_synthetic_count(&how, 11) == made->set->count);
    paper = data_set_open(arena, DATA_SYNTHETIC, 11, &err);
    assert_int_equal(paper->train_of.count, 30);
    assert_string_equal(paper->set->name, "synthetic(1, 1)");
}

static void synthetic_iid_is_a_choice_of_its_own(void **state)
{
    const struct synthetic unlike = {0.5, 0.3, false, 13, 7, 3}, alike = {0.5, 0.3, true, 13, 7, 3};
    const struct learning_data *made = data_set_synthetic(arena, &alike, 11), *given;
    struct sim_error err = {0};

    (void)state;
    given = data_set_open_as(arena, DATA_SYNTHETIC_IID, &unlike, 11, &err);
    assert_int_equal(given->set->count, made->set->count);
    assert_memory_equal(given->set->features, made->set->features,
                        (size_t)made->set->count * 7 * sizeof(double));
    assert_string_equal(data_set_choices[DATA_SYNTHETIC_IID], "synthetic_iid");
    assert_true(data_set_has_devices(DATA_SYNTHETIC_IID) && !data_set_has_devices(DATA_DIGITS));
}

static void synthetic_data_that_makes_no_sense_is_refused(void **state)
{
    static const struct {
        struct synthetic how;
        const char *says;
    } cases[] = {
        {{-1, 1, false, 30, 60, 10}, "Synthetic(-1, 1): its standard deviations must be numbers"},
        {{1, INFINITY, false, 30, 60, 10}, "Synthetic(1, inf): its standard deviations"},
        {{1, NAN, false, 30, 60, 10}, "its standard deviations must be numbers"},
        {{1, 1, false, 0, 60, 10}, "of 0 devices, 60 features and 10 classes cannot be made"},
        {{1, 1, false, 30, 60, 1}, "of 30 devices, 60 features and 1 classes cannot be made"},
        {{1, 1, false, 100000, 60, 10}, "Synthetic data of 100000 devices would take "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_error err = {0};

        assert_null(data_set_open_as(arena, DATA_SYNTHETIC, &cases[i].how, 7, &err));
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, err.text);
    }
}

static void the_same_seed_gives_the_same_bytes_and_another_seed_others(void **state)
{
    const struct learning_data *a = synthetic(0.5, 0.5, false, 7, 13);
    const struct learning_data *b = synthetic(0.5, 0.5, false, 7, 13);
    const struct learning_data *other = synthetic(0.5, 0.5, false, 7, 14);
    const size_t numbers = (size_t)a->set->count * 60;

    (void)state;
    assert_int_equal(a->set->count, b->set->count);
    assert_memory_equal(a->set->features, b->set->features, numbers * sizeof(double));
    assert_memory_equal(a->set->labels, b->set->labels, (size_t)a->set->count * sizeof(int));
    assert_memory_equal(a->train.numbers, b->train.numbers, (size_t)a->train.count * sizeof(int));
    assert_true(a->set->features[0] != other->set->features[0]);
}

/* The counts of the classes and the sum of all pixels of the file as scikit-learn ships it. */
static void the_digits_are_those_of_uci(void **state)
{
    static const int per_class[] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    struct sim_error err = {0};
    const struct data_set *set = data_set_digits(arena, &err);
    int counts[10] = {0};
    double sum = 0, row[64];

    (void)state;
    if (set == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(set->count, 1797);
    assert_int_equal(set->feature_count, 64);
    for (int i = 0; i < set->count; i++) {
        counts[set->labels[i]]++;
        data_set_rows(set, &i, 1, row);
        for (int j = 0; j < 64; j++)
            sum += row[j];
    }
    assert_memory_equal(counts, per_class, sizeof counts);
    assert_true(sum == 561718 / 16.0);
}

static void a_split_is_a_cut_of_the_right_size(void **state)
{
    const struct data_set set = {.count = 1003};
    const struct learning_data *a = data_set_split(arena, &set, 0.2, 1);
    const struct learning_data *b = data_set_split(arena, &set, 0.2, 2);

    (void)state;
    assert_int_equal(a->test.count, 201);
    assert_int_equal(a->train.count, 802);
    assert_cut(&set, (struct sample_list[]){a->train, a->test}, 2);
    assert_true(memcmp(a->test.numbers, b->test.numbers, 201 * sizeof(int)) != 0);
}

/* ---- files ---- */

static const char *write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    const char *path = sim_text(arena, "%s/%s", folder, name);
    gzFile file = gzopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), (int)size);
    gzclose(file);
    return path;
}

static const char *scratch_folder(void)
{
    char *folder = sim_text(arena, "/tmp/dmlsim-data-set-XXXXXX");

    assert_non_null(mkdtemp(folder));
    return folder;
}

static const char *digits_text(int images, const char *last)
{
    const char *text = "";

    for (int i = 0; i < images; i++) {
        for (int j = 0; j < 64; j++)
            text = sim_text(arena, "%s%d,", text, (i + j) % 17);
        text = sim_text(arena, "%s%s\n", text, i == images - 1 ? last : "7");
    }
    return text;
}

struct bad {
    const char *name, *text, *says;
};

static void files_of_digits_that_are_wrong_are_refused_with_line_and_reason(void **state)
{
    const char *folder = scratch_folder();
    const struct bad cases[] = {
        {"label", digits_text(3, "10"), "line 3: its last number is no digit from 0 to 9."},
        {"label", digits_text(2, ""), "line 2: its last number is no digit from 0 to 9."},
        {"more", digits_text(2, "1,1"), "line 2: its last number is no digit from 0 to 9."},
        {"pixel", "0,17,", "line 1, number 2: a whole number from 0 to 16 and a comma"},
        {"sign", "-1,", "line 1, number 1: a whole number from 0 to 16 and a comma"},
        {"nan", "nan,", "line 1, number 1: a whole number from 0 to 16 and a comma"},
        {"empty", "", "holds no image."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_error err = {0};
        const char *path = write_file(folder, "d.csv.gz", cases[i].text, strlen(cases[i].text));

        assert_null(data_set_digits_file(arena, path, &err));
        assert_int_equal(err.count, 1);
        if (strstr(err.text, cases[i].says) == NULL || strstr(err.text, path) == NULL)
            fail_msg("%s: %s", cases[i].name, err.text);
    }
    sim_remove_tree(folder);
}

static void a_file_of_digits_is_read_plain_or_compressed(void **state)
{
    const char *folder = scratch_folder(), *text = digits_text(5, "3");
    const char *path = write_file(folder, "d.csv.gz", text, strlen(text));
    struct sim_error err = {0};
    const struct data_set *set = data_set_digits_file(arena, path, &err);
    FILE *file;

    (void)state;
    assert_non_null(set);
    assert_int_equal(set->count, 5);
    assert_int_equal(set->labels[3], 7);
    assert_int_equal(set->labels[4], 3);
    assert_int_equal(set->pixels[4 * 64 + 13], (4 + 13) % 17);
    file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    set = data_set_digits_file(arena, path, &err);
    assert_non_null(set);
    assert_int_equal(set->pixels[4 * 64 + 13], (4 + 13) % 17);
    sim_remove_tree(folder);
    assert_null(data_set_digits_file(arena, path, &err));
    assert_non_null(strstr(err.text, "cannot be read"));
}

/* Four small IDX files: 3 images to train on, 2 for the test; `spoil` changes one byte of one file, `cut`
 * leaves bytes off its end. */
static const char *idx_folder(int spoiled_file, int at, unsigned char value, int cut)
{
    static const char *const names[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                        "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
    const char *folder = scratch_folder();

    for (int f = 0; f < 4; f++) {
        unsigned char bytes[16 + 3 * 784] = {0, 0, 8, f % 2 ? 1 : 3};
        const int n = f < 2 ? 3 : 2, head = f % 2 ? 8 : 16, size = head + n * (f % 2 ? 1 : 784);

        bytes[7] = (unsigned char)n;
        if (f % 2 == 0)
            bytes[11] = bytes[15] = 28;
        for (int i = head; i < size; i++)
            bytes[i] = (unsigned char)(f % 2 ? (i + f) % 10 : i * 7 + f);
        if (f == spoiled_file)
            bytes[at] = value;
        write_file(folder, names[f], bytes, (size_t)(size - (f == spoiled_file ? cut : 0)));
    }
    return folder;
}

static void four_idx_files_become_one_set_with_the_authors_split(void **state)
{
    struct sim_error err = {0};
    const char *folder = idx_folder(-1, 0, 0, 0);
    const struct learning_data *data = data_set_fashion_folder(arena, folder, &err);
    double row[784];
    const int number = 3;

    (void)state;
    assert_non_null(data);
    assert_int_equal(data->set->count, 5);
    assert_int_equal(data->train.count, 3);
    assert_int_equal(data->test.count, 2);
    assert_int_equal(data->test.numbers[0], 3);
    assert_int_equal(data->set->labels[0], 9);
    assert_int_equal(data->set->labels[4], (9 + 3) % 10);
    data_set_rows(data->set, &number, 1, row);
    assert_true(row[1] == (17 * 7 + 2) / 255.0);
    sim_remove_tree(folder);
}

static void idx_files_that_are_wrong_are_refused_with_a_reason(void **state)
{
    static const struct {
        int file, at;
        unsigned char value;
        int cut;
        const char *says;
    } cases[] = {
        {0, 3, 1, 0,
         "train-images-idx3-ubyte.gz: is no IDX file of images (its magic number is 2049"},
        {1, 3, 3, 0,
         "train-labels-idx1-ubyte.gz: is no IDX file of labels (its magic number is 2051"},
        {0, 11, 27, 0, "its images are 27 x 28, not 28 x 28."},
        {2, 7, 0, 0, "says that it holds 0 entries"},
        {2, 4, 255, 0, "says that it holds 4278190082 entries"},
        {3, 9, 10, 0, "label 2 is 10; 0 to 9 were expected."},
        {3, 7, 1, 0, "has 1 labels for 2 images."},
        {0, 0, 0, 1, "train-images-idx3-ubyte.gz: ends too early, or is damaged."},
        {3, 0, 0, 7, "t10k-labels-idx1-ubyte.gz: ends too early, or is damaged."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_error err = {0};
        const char *folder = idx_folder(cases[i].file, cases[i].at, cases[i].value, cases[i].cut);

        assert_null(data_set_fashion_folder(arena, folder, &err));
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, err.text);
        sim_remove_tree(folder);
    }
}

static void a_folder_without_idx_files_is_refused(void **state)
{
    const char *folder = scratch_folder();
    struct sim_error err = {0};

    (void)state;
    assert_null(data_set_fashion_folder(arena, folder, &err));
    assert_non_null(strstr(err.text, "train-images-idx3-ubyte.gz: cannot be read."));
    sim_remove_tree(folder);
}

/* The first half of a compressed file: gzread gives what it can before it notices. */
static void half_a_file_of_digits_is_refused(void **state)
{
    const char *folder = scratch_folder(), *text = digits_text(40, "3"), *bytes;
    const char *path = write_file(folder, "d.csv.gz", text, strlen(text));
    struct sim_error err = {0};
    size_t length;
    FILE *file;

    (void)state;
    bytes = sim_file_read(arena, path, 1 << 20, &length, &err);
    file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, length / 2, file), length / 2);
    fclose(file);
    assert_null(data_set_digits_file(arena, path, &err));
    assert_int_equal(err.count, 1);
    assert_non_null(strstr(err.text, path));
    sim_remove_tree(folder);
}

static void fashion_mnist_is_whole_where_it_is_installed(void **state)
{
    struct sim_error err = {0};
    const struct learning_data *data = data_set_fashion(arena, &err);
    int counts[10] = {0};

    (void)state;
    if (data == NULL) {
        assert_non_null(strstr(err.text, "'apt-get install dataset-fashion-mnist'"));
        skip();
    }
    assert_int_equal(data->train.count, 60000);
    assert_int_equal(data->test.count, 10000);
    for (int i = 0; i < data->test.count; i++)
        counts[data->set->labels[data->test.numbers[i]]]++;
    for (int c = 0; c < 10; c++)
        assert_int_equal(counts[c], 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synthetic_devices_have_at_least_50_samples_a_tenth_for_the_test),
        cmocka_unit_test(sizes_of_synthetic_devices_have_the_median_of_the_paper),
        cmocka_unit_test(devices_that_differ_see_fewer_labels),
        cmocka_unit_test(features_of_iid_devices_have_the_variances_of_the_paper),
        cmocka_unit_test(means_of_devices_spread_as_beta_says),
        cmocka_unit_test(alpha_changes_no_label),
        cmocka_unit_test(the_door_gives_what_the_generator_makes),
        cmocka_unit_test(synthetic_iid_is_a_choice_of_its_own),
        cmocka_unit_test(synthetic_data_that_makes_no_sense_is_refused),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_seed_others),
        cmocka_unit_test(the_digits_are_those_of_uci),
        cmocka_unit_test(a_split_is_a_cut_of_the_right_size),
        cmocka_unit_test(files_of_digits_that_are_wrong_are_refused_with_line_and_reason),
        cmocka_unit_test(a_file_of_digits_is_read_plain_or_compressed),
        cmocka_unit_test(four_idx_files_become_one_set_with_the_authors_split),
        cmocka_unit_test(idx_files_that_are_wrong_are_refused_with_a_reason),
        cmocka_unit_test(a_folder_without_idx_files_is_refused),
        cmocka_unit_test(half_a_file_of_digits_is_refused),
        cmocka_unit_test(fashion_mnist_is_whole_where_it_is_installed),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
