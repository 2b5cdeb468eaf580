/* run_length.c -- the format byte by byte, there and back, and its expected size. */
#include "tests/unit/close.h"

#include "algorithms/codecs/bits.h"
#include "algorithms/codecs/run_length.h"
#include "sim/base/random.h"

enum { COUNT = 1000003 };

static double values[COUNT], sum[COUNT];
static uint32_t places[COUNT];
static unsigned char bytes[COUNT * RUN_LENGTH_RECORD_BYTES];

static size_t encode(const uint32_t *at, size_t kept)
{
    const size_t written = run_length_encode(values, at, kept, bytes);

    assert_int_equal(written, run_length_bytes(at, kept));
    return written;
}

/* 1.0 is 0x3f800000, -2.5 is 0xc0200000: [0 0 1.0 -2.5 0] */
static void two_numbers_are_these_twelve_bytes(void **state)
{
    static const unsigned char expected[] = {2, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0x20, 0xc0};
    const double vector[] = {0, 0, 1, -2.5, 0};
    const uint32_t at[] = {2, 3};

    (void)state;
    assert_int_equal(run_length_encode(vector, at, 2, bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

struct run {
    const char *name;
    uint32_t zeros;
    size_t records;
    unsigned last; /* run of the last record */
};

static struct run runs[] = {
    {"no zero", 0, 1, 0},
    {"300 zeros: both bytes of a run", 300, 1, 300},
    {"65,535 zeros are one run", 65535, 1, 65535},
    {"65,536 zeros are a filler and no run", 65536, 2, 0},
    {"131,071 zeros are a filler and a run", 131071, 2, 65535},
    {"131,072 zeros are two fillers", 131072, 3, 0},
    {"1,000,002 zeros are 15 fillers and a run", 1000002, 16, 16962},
};

static void long_runs_begin_with_fillers(void **state)
{
    static const unsigned char filler[] = {0xff, 0xff, 0, 0, 0, 0};
    const struct run *run = *state;
    struct sim_error err = {0};
    size_t written;

    memset(values, 0, sizeof values);
    memset(sum, 0, sizeof sum);
    values[run->zeros] = 0.375;
    written = encode(&run->zeros, 1);
    assert_int_equal(written, run->records * RUN_LENGTH_RECORD_BYTES);
    for (size_t i = 0; i + 1 < run->records; i++)
        assert_memory_equal(bytes + i * sizeof filler, filler, sizeof filler);
    assert_int_equal(bits_get_word(bytes + written - 6, 2), run->last);
    assert_true(run_length_add(bytes, written, sum, (size_t)run->zeros + 1, &err));
    assert_memory_equal(values, sum, sizeof sum);
}

/* Each number is there with probability `density`, and is one that 32 bits hold. */
static size_t draw(double density, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, 1);
    size_t kept = 0;

    for (uint32_t i = 0; i < COUNT; i++) {
        values[i] = 0;
        if (sim_random_uniform(random) < density) {
            values[i] = (double)(float)sim_random_normal(random);
            places[kept++] = i;
        }
    }
    sim_random_close(random);
    return kept;
}

static void what_is_encoded_comes_back(void **state)
{
    static const double densities[] = {0, 1e-6, 1e-5, 1e-3, 0.25, 1};

    (void)state;
    for (size_t d = 0; d < sizeof densities / sizeof densities[0]; d++) {
        const size_t kept = draw(densities[d], d), written = encode(places, kept);
        struct sim_error err = {0};

        memset(sum, 0, sizeof sum);
        assert_true(run_length_add(bytes, written, sum, COUNT, &err));
        for (int i = 0; i < COUNT; i++)
            assert_true(sum[i] == values[i]);
    }
}

static void numbers_are_added_to_what_is_there(void **state)
{
    const double vector[] = {0.5, 0, 0.25};
    const uint32_t at[] = {0, 2};
    double there[] = {1, 2, 3};
    struct sim_error err = {0};

    (void)state;
    assert_true(run_length_add(bytes, run_length_encode(vector, at, 2, bytes), there, 3, &err));
    assert_true(there[0] == 1.5 && there[1] == 2 && there[2] == 3.25);
}

static void streams_that_are_cut_or_too_long_are_refused(void **state)
{
    const double vector[] = {0, 1, 1};
    const uint32_t at[] = {1, 2};
    const size_t written = run_length_encode(vector, at, 2, bytes);
    double there[3] = {0};
    struct sim_error cut = {0}, longer = {0};

    (void)state;
    assert_false(run_length_add(bytes, written - 1, there, 3, &cut));
    assert_string_equal(cut.text,
                        "A run-length stream of 11 bytes is cut: its records have 6 bytes.");
    assert_false(run_length_add(bytes, written, there, 2, &longer));
    assert_string_equal(longer.text, "A run-length stream goes on after the last of 2 numbers.");
}

/* By hand: one place of n is as likely as any, so fillers number floor(place / 65536) on average; and without
 * a run of 65,536 the size is 6 bytes a number exactly. */
static void the_expected_size_is_that_by_hand(void **state)
{
    double fillers = 0;

    (void)state;
    for (int place = 0; place < COUNT; place++)
        fillers += place / 65536; /* whole */
    assert_close(run_length_expected_bytes(COUNT, 1), 6 * (1 + fillers / COUNT), 1e-12);
    assert_close(run_length_expected_bytes(65536, 7), 42, 0);
    assert_close(run_length_expected_bytes(COUNT, COUNT), 6.0 * COUNT, 0);
    assert_close(run_length_expected_bytes(COUNT, 0), 0, 0);
    /* runs are geometric in the limit: q = (1 - density)^65536, q + q^2 + ... fillers a number */
    assert_close(run_length_expected_bytes(1e9, 1e5), 6e5 / (1 - pow(1 - 1e-4, 65536)), 1e-6);
}

/* 2,000 draws of 20 places: a mean of sizes within five of its own standard errors. */
static void sizes_are_as_expected_on_average(void **state)
{
    struct sim_random *random = sim_random_open(12, 0);
    double total = 0, squares = 0, mean, error;

    (void)state;
    for (int draws = 0; draws < 2000; draws++) {
        uint32_t at[20];
        double size;

        for (int i = 0; i < 20;
             i++) { /* insertion keeps them sorted; an equal one is drawn again */
            const uint32_t place = sim_random_below(random, COUNT);
            int k = i;

            while (k > 0 && at[k - 1] > place) {
                at[k] = at[k - 1];
                k--;
            }
            at[k] = place;
            if (k > 0 && at[k - 1] == place) {
                memmove(at + k, at + k + 1, (size_t)(i - k) * sizeof *at);
                i--;
            }
        }
        size = (double)run_length_bytes(at, 20);
        total += size;
        squares += size * size;
    }
    sim_random_close(random);
    mean = total / 2000;
    error = sqrt((squares / 2000 - mean * mean) / 2000);
    assert_true(mean > 121);
    assert_true(fabs(mean - run_length_expected_bytes(COUNT, 20)) < 5 * error);
}

static void packed_codes_of_any_width_come_back(void **state)
{
    (void)state;
    for (int width = 1; width <= 16; width++) {
        struct sim_random *random = sim_random_open((uint64_t)width, 2);
        unsigned codes[1003];
        const size_t size = bits_bytes(1003, width);

        memset(bytes, 0, size);
        bytes[size] = 0xa5;
        for (size_t i = 0; i < 1003; i++) {
            codes[i] = sim_random_below(random, 1u << width);
            bits_put(bytes, i, width, codes[i]);
        }
        for (size_t i = 0; i < 1003; i++)
            assert_int_equal(bits_get(bytes, i, width), codes[i]);
        assert_int_equal(size, (1003 * width + 7) / 8);
        assert_int_equal(bytes[size], 0xa5);
        sim_random_close(random);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_numbers_are_these_twelve_bytes),
        cmocka_unit_test(what_is_encoded_comes_back),
        cmocka_unit_test(numbers_are_added_to_what_is_there),
        cmocka_unit_test(streams_that_are_cut_or_too_long_are_refused),
        cmocka_unit_test(the_expected_size_is_that_by_hand),
        cmocka_unit_test(sizes_are_as_expected_on_average),
        cmocka_unit_test(packed_codes_of_any_width_come_back),
    };

    return RUN_CASES(long_runs_begin_with_fillers, runs) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
