/* text.c -- texts become tokens and texts again; what is no text gets a sentence. */
#include "tests/unit/close.h"

#include "algorithms/decoding/shared/text.h"
#include "sim/base/shipped.h"

#include <unistd.h>

static const struct text *read_as(struct sim_arena *arena, const char *bytes, bool is_words)
{
    struct sim_error err = {0};
    const struct text *text = text_of("a.txt", bytes, strlen(bytes), is_words, arena, &err);

    assert_string_equal(err.text, "");
    assert_non_null(text);
    return text;
}

static void assert_tokens(const struct text *text, const char *const *written, int count)
{
    assert_int_equal(text->count, count);
    for (int i = 0; i < count; i++)
        assert_string_equal(text->written[text->tokens[i]], written[i]);
}

static void words_marks_and_ends_of_paragraphs_are_tokens(void **state)
{
    static const char *const written[] = {
        "\"", "Don't",    ",",  "\"", " she", " said", ".",    "\n\n",  "A",    " harbour-master",
        " -", " 1,000.5", " m", "(",  "!",    ")",     "\n\n", "Don't", " well"};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_tokens(
        read_as(arena,
                "  \"Don't,\" she\n  said.\r\n \r\n\r\nA harbour-master - 1,000.5 m(!)\n\n"
                "Don't\twell\n\n",
                true),
        written, 19);
    sim_arena_close(arena);
}

static void tokens_beyond_ascii(void **state)
{
    static const char *const words[] = {"“",  "Ça",   " l’été", "”", " …",
                                        " «", "東京", "。",     "»", " x"};
    static const char *const characters[] = {"é", "\n", "東", " ", "é"};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_tokens(read_as(arena, "\xef\xbb\xbf“Ça l’été” … «東京。»\xc2\xa0x", true), words, 10);
    assert_tokens(read_as(arena, "é\n東 é", false), characters, 5);
    assert_int_equal(read_as(arena, "é\n東 é", false)->vocabulary, 4);
    sim_arena_close(arena);
}

static void numbers_stand_in_the_order_of_first_appearance(void **state)
{
    static const int expected[] = {0, 1, 2, 1, 3, 2, 1, 2, 4};
    struct sim_arena *arena = sim_arena_open();
    const struct text *text = read_as(arena, "the tide the tide, the tide the.", true);

    (void)state;
    assert_int_equal(text->vocabulary, 5); /* the, " tide", " the", ",", "." */
    assert_int_equal(text->count, 9);
    assert_memory_equal(text->tokens, expected, sizeof expected);
    sim_arena_close(arena);
}

/* A text with blanks as it should have them comes back byte for byte, whatever its words are. */
static void joined_tokens_are_the_text(void **state)
{
    static const char *const texts[] = {
        "\"Yes,\" said Ilse (the baker) - \"at 10.30, or so...\"\n\nIt's 3 o'clock; isn't it?", "x",
        "a--b 'quoted' 5% of 1,000 [see §7] --- e-mail@host.org", "– “…”, l’ombre; Ünïcode!"};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct text *text = read_as(arena, texts[i], true);

        assert_string_equal(text_join(text, text->tokens, text->count, arena), texts[i]);
        text = read_as(arena, texts[i], false);
        assert_string_equal(text_join(text, text->tokens, text->count, arena), texts[i]);
        assert_string_equal(text_join(text, text->tokens, 0, arena), "");
    }
    sim_arena_close(arena);
}

/* Wrapped lines become blanks: nothing else of the story that comes with dmlsim is lost. */
static void the_shipped_story_can_be_read_and_written(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const char *path = sim_text(arena, "%s/scenarios/texts/harbour.txt", sim_shipped_folder(arena));
    const struct text *text = text_read(path, true, arena, &err);
    const struct text *again;
    const char *joined;

    (void)state;
    assert_non_null(text);
    assert_in_range(text->count, 5000, 8000);
    assert_in_range(text->vocabulary, 500, 3000);
    joined = text_join(text, text->tokens, text->count, arena);
    again = read_as(arena, joined, true);
    assert_int_equal(again->count, text->count);
    assert_memory_equal(again->tokens, text->tokens, (size_t)text->count * sizeof(int));
    assert_non_null(
        strstr(joined, "\"I know,\" said Maren. She took the matches from the shelf, and"));
    assert_null(strstr(joined, " ."));
    assert_null(strstr(joined, "  "));
    sim_arena_close(arena);
}

static void many_different_words_keep_their_numbers(void **state)
{
    enum { WORDS = 3000 };
    struct sim_arena *arena = sim_arena_open();
    char *bytes = sim_new(arena, char, 2 * WORDS * 8), *at = bytes;
    const struct text *text;

    (void)state;
    for (int round = 0; round < 2; round++)
        for (int w = 0; w < WORDS; w++)
            at += sprintf(at, " w%d", w);
    text = read_as(arena, bytes, true);
    assert_int_equal(text->count, 2 * WORDS);
    assert_int_equal(text->vocabulary, WORDS + 1); /* the first has no blank before it */
    assert_string_equal(text->written[text->tokens[WORDS + 2345]], " w2345");
    assert_int_equal(text->tokens[WORDS + 2345], text->tokens[2345]);
    sim_arena_close(arena);
}

static void numbers_of_another_text(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct text *like = read_as(arena, "a b c b", true);
    const struct text *text = read_as(arena, "a c b c c", true), *same;

    (void)state;
    same = text_renumbered(text, like, arena, &err);
    assert_non_null(same);
    assert_int_equal(same->count, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(like->written[same->tokens[i]], text->written[text->tokens[i]]);
    assert_int_equal(same->tokens[1], 2);
    assert_int_equal(same->tokens[2], 1);
    assert_null(text_renumbered(read_as(arena, "a b d", true), like, arena, &err));
    assert_string_equal(
        err.text, "The vocabularies of target and draft do not match: 1 tokens are only in "
                  "a.txt, and 1 only in a.txt, such as ' d'; both need the same tokens (to which "
                  "the blank before a word belongs).");
    err = (struct sim_error){0};
    assert_null(text_renumbered(read_as(arena, "a b", true), like, arena, &err));
    assert_non_null(
        strstr(err.text, "1 tokens are only in a.txt, and 0 only in a.txt, such as ' c'"));
    sim_arena_close(arena);
}

struct broken {
    const char *name, *bytes;
    size_t length;
    const char *said;
};

static void complains(void **state)
{
    const struct broken *broken = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    assert_null(text_of("b.txt", broken->bytes, broken->length, true, arena, &err));
    assert_string_equal(err.text, broken->said);
    sim_arena_close(arena);
}

static void files_that_cannot_be_read(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    char empty[] = "/tmp/dmlsim-text-XXXXXX";
    const int fd = mkstemp(empty);

    (void)state;
    assert_true(fd >= 0);
    assert_null(text_read("/nowhere/story.txt", true, arena, &err));
    assert_non_null(strstr(err.text, "/nowhere/story.txt: cannot be read"));
    err = (struct sim_error){0};
    assert_null(text_read(empty, true, arena, &err));
    assert_non_null(strstr(err.text, ": is empty."));
    err = (struct sim_error){0};
    assert_int_equal(ftruncate(fd, TEXT_MOST_BYTES + 1), 0);
    assert_null(text_read(empty, true, arena, &err));
    assert_non_null(strstr(err.text, "at most 32.0 MB are read."));
    close(fd);
    unlink(empty);
    sim_arena_close(arena);
}

#define BYTES(literal) (literal), sizeof(literal) - 1
#define NO_TEXT        " this is no text: a byte here is not UTF-8, or a control character."

int main(void)
{
    static struct broken broken[] = {
        {"only blanks", BYTES(" \n\n\t\r\n "), "b.txt: holds no words."},
        {"a NUL", BYTES("one\ntwo\0three"), "b.txt:2:" NO_TEXT},
        {"Latin-1", BYTES("l'\xe9t\xe9"), "b.txt:1:" NO_TEXT},
        {"a sequence cut short", BYTES("a\n\nb\xe2\x80"), "b.txt:3:" NO_TEXT},
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_marks_and_ends_of_paragraphs_are_tokens),
        cmocka_unit_test(tokens_beyond_ascii),
        cmocka_unit_test(numbers_stand_in_the_order_of_first_appearance),
        cmocka_unit_test(joined_tokens_are_the_text),
        cmocka_unit_test(the_shipped_story_can_be_read_and_written),
        cmocka_unit_test(many_different_words_keep_their_numbers),
        cmocka_unit_test(numbers_of_another_text),
        cmocka_unit_test(files_that_cannot_be_read),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);

    failures += RUN_CASES(complains, broken);
    return failures;
}
