/* yaml.c -- YAML that is no scenario: all that scenarios leave out, and all that is damaged. */
#include "tests/unit/complaints.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABS "tabs are not used in scenarios; write blanks."

static struct complaint not_a_scenario[] = {
    {"an empty text", TEXT(""), "t.yaml: holds no YAML document."},
    {"a comment alone", TEXT("# nothing\n"), "t.yaml: holds no YAML document."},
    {"a list is no scenario", TEXT("[1, 2]\n"),
     "t.yaml:1:1: a scenario is a mapping, such as 'algorithm: ...'."},
    {"a word is no scenario", TEXT("hello\n"),
     "t.yaml:1:1: a scenario is a mapping, such as 'algorithm: ...'."},
    {"null is no scenario", TEXT("null\n"),
     "t.yaml:1:1: a scenario is a mapping, such as 'algorithm: ...'."},
    {"a tab may not indent", TEXT(PLATFORM "algorithm:\n\tname: ring_allreduce\n"),
     "t.yaml:3:1: " TABS},
    {"a tab before a value", THEN("seed:\t3\n"), "t.yaml:3:6: " TABS},
    {"a key twice", THEN("algorithm: parameter_server\n"),
     "t.yaml:3:1: this is no valid YAML: duplicate key."},
    {"a key twice, once in quotes", THEN("seed: 1\n\"seed\": 2\n"),
     "t.yaml:4:2: this is no valid YAML: duplicate key."},
    {"an open bracket", THEN("hosts: [a\n"),
     "t.yaml:4:1: this is no valid YAML: flow sequence without a closing bracket."},
    {"a list too deep",
     THEN("study: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
     "t.yaml:3:70: this is no valid YAML: Max depth (64) exceeded."},
    {"an anchor", TEXT(PLATFORM "algorithm: &a ring_allreduce\n"),
     "t.yaml:2:15: anchors (&name) are not used in scenarios; write the value."},
    {"an anchor on a mapping", THEN("hosts: &h {worker: node-0}\n"),
     "t.yaml:3:12: anchors (&name) are not used in scenarios; write the value."},
    {"an anchor on the whole", TEXT("&all {platform: p.xml}\n"),
     "t.yaml:1:7: anchors (&name) are not used in scenarios; write the value."},
    {"an anchor on a key", THEN("&k seed: 3\n"),
     "t.yaml:3:4: anchors (&name) are not used in scenarios; write the value."},
    {"an alias", TEXT(PLATFORM "algorithm: *a\n"),
     "t.yaml:2:13: aliases (*name) are not used in scenarios; write the value."},
    {"an alias loop", TEXT(PLATFORM "algorithm: &a [*a]\n"),
     "t.yaml:2:17: anchors (&name) are not used in scenarios; write the value."},
    {"an alias bomb", THEN("study: {a: &a [1, 1], b: &b [*a, *a], c: &c [*b, *b], d: [*c, *c]}\n"),
     "t.yaml:3:16: anchors (&name) are not used in scenarios; write the value."},
    {"a tag", TEXT(PLATFORM "algorithm: !ring ring_allreduce\n"),
     "t.yaml:2:18: tags (!name) are not used in scenarios."},
    {"a standard tag", TEXT(PLATFORM "algorithm: !!str ring_allreduce\n"),
     "t.yaml:2:18: tags (!name) are not used in scenarios."},
    {"a directive", TEXT("%YAML 1.2\n---\n" PLATFORM RING),
     "t.yaml:1:1: directives (lines that begin with '%') are not used in scenarios."},
    {"a directive in a later line", THEN("%TAG\n"),
     "t.yaml:3:1: directives (lines that begin with '%') are not used in scenarios."},
    {"a directive that libfyaml would never return from", TEXT("%\xff"),
     "t.yaml:1:1: directives (lines that begin with '%') are not used in scenarios."},
    {"two documents", THEN("---\nseed: 1\n"),
     "t.yaml: holds more than one document ('---'); a scenario is one."},
    {"a document after the end", THEN("...\nseed\n"),
     "t.yaml: holds more than one document ('---'); a scenario is one."},
    {"a byte that is no UTF-8", TEXT(PLATFORM "seed: \xff\n"),
     "t.yaml:2:7: this is no text: a byte here is not UTF-8."},
    {"UTF-8 cut short", TEXT("seed: \xe2\x82"),
     "t.yaml:1:7: this is no text: a byte here is not UTF-8."},
    {"UTF-8 too long for its letter", TEXT("a: \xc0\xaf"),
     "t.yaml:1:4: this is no text: a byte here is not UTF-8."},
    {"half a surrogate pair", TEXT("a: \xed\xa0\x80"),
     "t.yaml:1:4: this is no text: a byte here is not UTF-8."},
    {"a letter beyond Unicode", TEXT("a: \xf4\x90\x80\x80"),
     "t.yaml:1:4: this is no text: a byte here is not UTF-8."},
    {"a NUL byte", TEXT(PLATFORM "seed: 1\0\n"),
     "t.yaml:2:8: this is no text: a byte here is not UTF-8."},
    {"a control character", TEXT(PLATFORM "seed: \x1b[31m\n"),
     "t.yaml:2:7: this is no text: a byte here is not UTF-8."},
    {"columns count letters, not bytes", THEN("hosts: {\xc3\xa9: 1, b: \"\xff\"}\n"),
     "t.yaml:3:19: this is no text: a byte here is not UTF-8."},
    {"columns after a letter of two bytes", THEN("hosts: {\xc3\xa9: 1, b: 0}\n"),
     "t.yaml:3:18: hosts.b: a count of hosts is at least 1."},
};

/* ---- what has no one right sentence ---- */

static void a_NUL_inside_a_quoted_value_is_refused_and_does_not_cut_it(void **state)
{
    static const char *const texts[] = {PLATFORM RING "seed: \"7\\0x\"\n",
                                        PLATFORM RING "hosts: {worker: \"node-1\\0x\"}\n",
                                        PLATFORM RING "faults: [{host: \"a\\0b\", factor: 0}]\n",
                                        PLATFORM RING "trace: \"full\\0\"\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct reading r;

        read_text(&r, texts[i], NULL);
        assert_false(r.fine);
        assert_begins_with(r.err.text, "t.yaml:3:");
        finish(&r);
    }
}

static void a_NUL_inside_a_quoted_key_does_not_make_it_pass_unread(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, PLATFORM RING "\"seed\\0x\": 7\n", NULL);
    assert_false(r.fine);
    assert_begins_with(r.err.text, "t.yaml:3:");
    finish(&r);
}

static void a_directive_behind_a_byte_order_mark_is_refused_too(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, "\xef\xbb\xbf%YAML 1.2\n---\n" PLATFORM RING, NULL);
    assert_false(r.fine);
    assert_non_null(
        strstr(r.err.text, "directives (lines that begin with '%') are not used in scenarios."));
    finish(&r);
}

static void a_byte_order_mark_alone_is_harmless(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, "\xef\xbb\xbf" PLATFORM RING, NULL);
    assert_true(r.fine);
    finish(&r);
}

static void an_anchor_on_nothing_is_told_with_its_place(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, PLATFORM RING "hosts: &h {}\n", NULL);
    assert_false(r.fine);
    assert_begins_with(r.err.text, "t.yaml:3:");
    finish(&r);
}

/* The largest file that is read at all, all of it keys: none may be looked for among all others. */
static void write_many_keys(FILE *file)
{
    long length = fprintf(file, PLATFORM RING);

    for (int i = 0; length < SIM_SCENARIO_MOST_BYTES - 64; i++)
        length += fprintf(file, "k%d: 1\n", i);
    fclose(file);
}

/* Reads the file in a child, which may crash or hang; its exit code is 0 when it was refused with a sentence. */
static int read_in_child(const char *path, int *killer)
{
    int status;
    const pid_t child = fork();

    if (child == 0) {
        static struct sim_scenario scenario;
        static struct sim_error err;
        struct sim_arena *arena = sim_arena_open();

        signal(SIGSEGV, SIG_DFL); /* which cmocka would catch */
        signal(SIGABRT, SIG_DFL);
        alarm(60);
        exit(sim_scenario_read(&scenario, path, NULL, &shipped, arena, &err) || err.count == 0);
    }
    waitpid(child, &status, 0);
    *killer = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return WEXITSTATUS(status);
}

static void the_largest_scenario_is_answered_within_a_minute(void **state)
{
    char path[] = "/tmp/dmlsim-XXXXXX";
    int code, killer;

    (void)state;
    write_many_keys(fdopen(mkstemp(path), "w"));
    code = read_in_child(path, &killer);
    remove(path);
    assert_int_equal(killer, 0);
    assert_int_equal(code, 0);
}

static void what_makes_libfyaml_write_where_it_has_no_memory_is_refused_before(void **state)
{
    static const char *const texts[] = {"? a:\t- b", "? s:\t\t\t:", "? a:\t? b"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char path[] = "/tmp/dmlsim-XXXXXX";
        FILE *file = fdopen(mkstemp(path), "w");
        int code, killer;

        fputs(texts[i], file);
        fclose(file);
        code = read_in_child(path, &killer);
        remove(path);
        assert_int_equal(killer, 0);
        assert_int_equal(code, 0);
    }
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_NUL_inside_a_quoted_value_is_refused_and_does_not_cut_it),
        cmocka_unit_test(a_NUL_inside_a_quoted_key_does_not_make_it_pass_unread),
        cmocka_unit_test(a_directive_behind_a_byte_order_mark_is_refused_too),
        cmocka_unit_test(a_byte_order_mark_alone_is_harmless),
        cmocka_unit_test(an_anchor_on_nothing_is_told_with_its_place),
        cmocka_unit_test(the_largest_scenario_is_answered_within_a_minute),
        cmocka_unit_test(what_makes_libfyaml_write_where_it_has_no_memory_is_refused_before),
    };

    return RUN_CASES(complains, not_a_scenario) + cmocka_run_group_tests(others, NULL, NULL);
}
