/* arena.c -- memory that lives as long as one run. */
#include "tests/unit/close.h"

#include "sim/base/arena.h"

#include <stdalign.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_arena(void **state)
{
    *state = sim_arena_open();
    return 0;
}

static int close_arena(void **state)
{
    sim_arena_close(*state);
    return 0;
}

static void every_piece_is_aligned_for_any_type(void **state)
{
    for (size_t size = 0; size < 1003; size += 7)
        assert_int_equal((uintptr_t)sim_arena_take(*state, 1, size) % alignof(max_align_t), 0);
}

static void every_piece_is_zeroed(void **state)
{
    for (size_t i = 0; i < 503; i++) {
        unsigned char *piece = sim_arena_take(*state, 7, i);

        for (size_t b = 0; b < 7 * i; b++)
            assert_int_equal(piece[b], 0);
        memset(piece, 0xa5, 7 * i);
    }
}

/* What an arena before left behind; 4,000, 8,000 ... and 65,536 bytes are just what a block holds. */
static void memory_that_was_used_before_is_zeroed_again(void **state)
{
    static const size_t sizes[] = {1,     3999,  4000,  4001,  16,    7984,   8000,   16000,
                                   32000, 31999, 64000, 65535, 65536, 131071, 131072, 5};

    (void)state;
    for (int round = 0; round < 3; round++) {
        struct sim_arena *arena = sim_arena_open();

        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *piece = sim_arena_take(arena, 1, sizes[i]);

            for (size_t b = 0; b < sizes[i]; b++)
                assert_int_equal(piece[b], 0);
            memset(piece, 0xa5, sizes[i]);
        }
        sim_arena_close(arena);
    }
}

static void pieces_do_not_overlap(void **state)
{
    enum { PIECES = 1009 };
    unsigned char *pieces[PIECES];

    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = sim_arena_take(*state, 1, i + 1);
        memset(pieces[i], (int)(i % 251), i + 1);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t b = 0; b <= i; b++)
            assert_int_equal(pieces[i][b], i % 251);
}

static void a_piece_may_be_larger_than_any_block(void **state)
{
    unsigned char *small = sim_arena_take(*state, 1, 13);
    double *big = sim_new(*state, double, 1000003);
    unsigned char *after = sim_arena_take(*state, 1, 13);

    for (size_t i = 0; i < 1000003; i++)
        assert_true(big[i] == 0);
    memset(small, 1, 13);
    memset(after, 3, 13);
    big[0] = big[1000002] = 2;
    assert_int_equal(small[12], 1);
    assert_int_equal(after[0], 3);
}

static void nothing_at_all_is_a_piece_too(void **state)
{
    assert_non_null(sim_arena_take(*state, 0, 1003));
    assert_non_null(sim_arena_take(*state, 1003, 0));
}

static void a_text_is_formatted_at_any_length(void **state)
{
    const char *shorter = sim_text(*state, "%s-%d", "node", 1000003);
    const char *longer = sim_text(*state, "%*s", 100003, "x");

    assert_string_equal(shorter, "node-1000003");
    assert_int_equal(strlen(longer), 100003);
    assert_int_equal(longer[100002], 'x');
    assert_string_equal(sim_text(*state, "%s", ""), "");
}

static void a_copied_text_ends_where_it_is_told_to(void **state)
{
    assert_string_equal(sim_text_copy(*state, "gradient_bytes", 8), "gradient");
    assert_string_equal(sim_text_copy(*state, "gradient_bytes", 0), "");
    assert_memory_equal(sim_text_copy(*state, "a\0b", 3), "a\0b", 4);
}

static void closing_no_arena_is_allowed(void **state)
{
    (void)state;
    sim_arena_close(NULL);
}

/* What a child that asks for `count` elements of `size` bytes says; its exit code. */
static int take_in_child(size_t count, size_t size, char *said, size_t room)
{
    int ends[2], status;
    pid_t child;
    ssize_t n;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct sim_arena *arena = sim_arena_open();

        dup2(ends[1], STDERR_FILENO);
        sim_arena_take(arena, count, size);
        exit(0);
    }
    close(ends[1]);
    n = read(ends[0], said, room - 1);
    said[n < 0 ? 0 : n] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_product_too_large_for_size_t_ends_with_a_sentence_instead_of_a_small_piece(
    void **state)
{
    char said[256];

    (void)state;
    assert_int_equal(take_in_child(SIZE_MAX / 3, 7, said, sizeof said), 1);
    assert_string_equal(said, "dmlsim: this machine has no memory left for the simulation.\n");
    assert_int_equal(take_in_child(SIZE_MAX - 3, 1, said, sizeof said), 1);
    assert_string_equal(said, "dmlsim: this machine has no memory left for the simulation.\n");
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(every_piece_is_aligned_for_any_type),
        WITH_ARENA(every_piece_is_zeroed),
        WITH_ARENA(memory_that_was_used_before_is_zeroed_again),
        WITH_ARENA(pieces_do_not_overlap),
        WITH_ARENA(a_piece_may_be_larger_than_any_block),
        WITH_ARENA(nothing_at_all_is_a_piece_too),
        WITH_ARENA(a_text_is_formatted_at_any_length),
        WITH_ARENA(a_copied_text_ends_where_it_is_told_to),
        cmocka_unit_test(closing_no_arena_is_allowed),
        cmocka_unit_test(
            a_product_too_large_for_size_t_ends_with_a_sentence_instead_of_a_small_piece),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
