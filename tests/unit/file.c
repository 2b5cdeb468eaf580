/* file.c -- whole files in, whole files out; every refusal in its own words. */
#include "tests/unit/close.h"

#include "sim/base/file.h"

#include <sys/stat.h>
#include <unistd.h>

struct place {
    struct sim_arena *arena;
    char folder[32];
};

static int open_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    place->arena = sim_arena_open();
    strcpy(place->folder, "/tmp/dmlsim-XXXXXX");
    *state = place;
    return mkdtemp(place->folder) == NULL;
}

static int close_place(void **state)
{
    struct place *place = *state;

    sim_remove_tree(place->folder);
    sim_arena_close(place->arena);
    free(place);
    return 0;
}

static const char *in(struct place *place, const char *name)
{
    return sim_text(place->arena, "%s/%s", place->folder, name);
}

static const char *write_file(struct place *place, const char *name, const char *text,
                              size_t length)
{
    const char *path = in(place, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void refuses(struct place *place, const char *path, size_t most, const char *sentence)
{
    struct sim_error err = {0};
    size_t length;

    assert_null(sim_file_read(place->arena, path, most, &length, &err));
    assert_int_equal(err.count, 1);
    assert_string_equal(err.text, sim_text(place->arena, "%s: %s", path, sentence));
}

static void a_file_is_read_whole_and_ended_with_NUL(void **state)
{
    struct sim_error err = {0};
    const char *path = write_file(*state, "f", "a\0b\nc", 5);
    size_t length = 0;
    const char *text = sim_file_read(((struct place *)*state)->arena, path, 1003, &length, &err);

    assert_int_equal(length, 5);
    assert_memory_equal(text, "a\0b\nc", 6);
    assert_int_equal(err.count, 0);
}

static void a_file_may_be_as_long_as_allowed_and_no_longer(void **state)
{
    struct place *place = *state;
    char *text = sim_new(place->arena, char, 1250003);
    struct sim_error err = {0};
    size_t length = 0;
    const char *path;

    memset(text, 'x', 1250003);
    path = write_file(place, "f", text, 1250003);
    assert_non_null(sim_file_read(place->arena, path, 1250003, &length, &err));
    assert_int_equal(length, 1250003);
    refuses(place, path, 700000, "is 1.3 MB long; at most 0.7 MB are read.");
    assert_null(sim_file_read(place->arena, path, 1250002, &length, &err));
}

static void a_missing_file_is_refused(void **state)
{
    refuses(*state, in(*state, "none"), 1003, "cannot be read: No such file or directory.");
}

static void a_file_below_a_file_is_refused(void **state)
{
    write_file(*state, "f", "x", 1);
    refuses(*state, in(*state, "f/g"), 1003, "cannot be read: Not a directory.");
}

static void a_directory_is_refused(void **state)
{
    refuses(*state, ((struct place *)*state)->folder, 1003, "is a directory; a file was expected.");
}

static void an_empty_file_is_refused(void **state)
{
    refuses(*state, write_file(*state, "f", "", 0), 1003, "is empty.");
}

static void a_fifo_is_refused_without_waiting_for_a_writer(void **state)
{
    const char *path = in(*state, "fifo");

    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(120);
    refuses(*state, path, 1003, "is not a regular file.");
    alarm(0);
    refuses(*state, "/dev/null", 1003, "is not a regular file.");
}

static void a_private_file_is_taken_whole(void **state)
{
    FILE *file = tmpfile();
    size_t length = 0;
    char *text;

    fprintf(file, "%0*d", 100003, 7);
    text = sim_file_take(((struct place *)*state)->arena, file, &length);
    assert_int_equal(length, 100003);
    assert_int_equal(strlen(text), 100003);
    assert_int_equal(text[100002], '7');
}

static void what_exists_and_what_is_a_directory_are_told_apart(void **state)
{
    const char *file = write_file(*state, "f", "x", 1), *folder = ((struct place *)*state)->folder;

    assert_true(sim_file_exists(file) && !sim_is_directory(file));
    assert_true(sim_file_exists(folder) && sim_is_directory(folder));
    assert_false(sim_file_exists(in(*state, "none")) || sim_is_directory(in(*state, "none")));
}

static void directories_are_made_with_all_that_are_above_them(void **state)
{
    struct sim_error err = {0};
    const char *path = in(*state, "a/b//c/d");

    assert_true(sim_make_directories(path, &err));
    assert_true(sim_is_directory(path));
    assert_true(sim_make_directories(path, &err)); /* once more changes nothing */
    assert_int_equal(err.count, 0);
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0}, nameless = {0}, endless = {0};
    const char *file = write_file(place, "f", "x", 1);

    assert_false(sim_make_directories(in(place, "f/g/h"), &err));
    assert_string_equal(
        err.text, sim_text(place->arena, "%s: this directory cannot be made: File exists.", file));
    assert_false(sim_make_directories("", &nameless));
    assert_string_equal(nameless.text, "'' is no name for a directory.");
    assert_false(sim_make_directories(sim_text(place->arena, "%05000d", 7), &endless));
    assert_int_equal(endless.count, 1);
}

static void a_tree_is_removed_with_what_is_in_it_but_not_what_it_points_to(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0};
    const char *kept = write_file(place, "kept", "x", 1);

    assert_true(sim_make_directories(in(place, "tree/deep/er"), &err));
    write_file(place, "tree/deep/er/f", "x", 1);
    assert_int_equal(symlink(kept, in(place, "tree/link")), 0);
    assert_int_equal(symlink(place->folder, in(place, "tree/up")), 0);
    sim_remove_tree(in(place, "tree"));
    assert_false(sim_file_exists(in(place, "tree")));
    assert_true(sim_file_exists(kept));
    sim_remove_tree(in(place, "tree")); /* a missing one is no error */
}

static void the_folder_and_the_stem_of_a_path(void **state)
{
    static const char *const paths[][3] = {{"scenarios/ring.yaml", "scenarios", "ring"},
                                           {"ring.yaml", ".", "ring"},
                                           {"/ring.yaml", "/", "ring"},
                                           {"/a/b/c", "/a/b", "c"},
                                           {"a/b.d/c", "a/b.d", "c"},
                                           {"a/b.tar.gz", "a", "b.tar"},
                                           {"./x.y", ".", "x"},
                                           {".hidden", ".", ".hidden"},
                                           {"a/.hidden.yaml", "a", ".hidden"},
                                           {"x.", ".", "x"},
                                           {"", ".", ""}};
    struct sim_arena *arena = ((struct place *)*state)->arena;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_string_equal(sim_folder_of(arena, paths[i][0]), paths[i][1]);
        assert_string_equal(sim_stem_of(arena, paths[i][0]), paths[i][2]);
    }
}

static void what_did_not_reach_the_disk_is_told_when_the_file_is_closed(void **state)
{
    struct sim_error err = {0};
    FILE *full = fopen("/dev/full", "w");

    fputs("x", full);
    assert_false(sim_file_close(full, "f.csv", &err));
    assert_string_equal(err.text, "f.csv: cannot be written: No space left on device.");
    err = (struct sim_error){0};
    assert_true(sim_file_close(fopen(in(*state, "f"), "w"), "f", &err));
    assert_int_equal(err.count, 0);
}

#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(a_file_is_read_whole_and_ended_with_NUL),
        IN_A_PLACE(a_file_may_be_as_long_as_allowed_and_no_longer),
        IN_A_PLACE(a_missing_file_is_refused),
        IN_A_PLACE(a_file_below_a_file_is_refused),
        IN_A_PLACE(a_directory_is_refused),
        IN_A_PLACE(an_empty_file_is_refused),
        IN_A_PLACE(a_fifo_is_refused_without_waiting_for_a_writer),
        IN_A_PLACE(a_private_file_is_taken_whole),
        IN_A_PLACE(what_exists_and_what_is_a_directory_are_told_apart),
        IN_A_PLACE(directories_are_made_with_all_that_are_above_them),
        IN_A_PLACE(a_directory_that_cannot_be_made_is_named),
        IN_A_PLACE(a_tree_is_removed_with_what_is_in_it_but_not_what_it_points_to),
        IN_A_PLACE(the_folder_and_the_stem_of_a_path),
        IN_A_PLACE(what_did_not_reach_the_disk_is_told_when_the_file_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
