/* text.c -- see text.h. */
#include "algorithms/decoding/shared/text.h"

#include "sim/base/file.h"
#include "sim/base/utf8.h"

#include <stdint.h>
#include <string.h>

/* ---- the vocabulary under way: written tokens and their numbers ---- */

struct book {
    struct text *text;
    int *slots; /* a number + 1; 0 is free */
    size_t slot_count;
    int token_room, word_room;
    struct sim_arena *arena;
};

static size_t hash(const char *bytes, size_t length)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 29);
}

/* The slot in which that token is, or would be. */
static int *slot_of(const struct book *book, const char *bytes, size_t length)
{
    size_t at = hash(bytes, length) & (book->slot_count - 1);

    for (;; at = (at + 1) & (book->slot_count - 1)) {
        const int held = book->slots[at];
        const char *written = held == 0 ? NULL : book->text->written[held - 1];

        if (held == 0 || (strncmp(written, bytes, length) == 0 && written[length] == '\0'))
            return &book->slots[at];
    }
}

static void widen(struct book *book)
{
    struct text *text = book->text;
    const char **written;

    book->word_room = 2 * book->word_room + 256;
    written = sim_new(book->arena, const char *, (size_t)book->word_room);
    for (int t = 0; t < text->vocabulary; t++)
        written[t] = text->written[t];
    text->written = written;
    book->slot_count = 1;
    while (book->slot_count < 2 * (size_t)book->word_room)
        book->slot_count *= 2;
    book->slots = sim_new(book->arena, int, book->slot_count);
    for (int t = 0; t < text->vocabulary; t++)
        *slot_of(book, written[t], strlen(written[t])) = t + 1;
}

static int number_of(struct book *book, const char *bytes, size_t length)
{
    int *slot = slot_of(book, bytes, length);

    if (*slot == 0) {
        if (book->text->vocabulary == book->word_room) {
            widen(book);
            slot = slot_of(book, bytes, length);
        }
        book->text->written[book->text->vocabulary] = sim_text_copy(book->arena, bytes, length);
        *slot = ++book->text->vocabulary;
    }
    return *slot - 1;
}

static void add(struct book *book, const char *bytes, size_t length)
{
    struct text *text = book->text;

    if (text->count == book->token_room) {
        const int room = 2 * book->token_room + 1024;
        int *tokens = sim_new(book->arena, int, (size_t)room);

        if (text->count > 0)
            memcpy(tokens, text->tokens, (size_t)text->count * sizeof *tokens);
        text->tokens = tokens;
        book->token_room = room;
    }
    text->tokens[text->count++] = number_of(book, bytes, length);
}

/* ---- words ---- */

enum kind { BLANK, LETTER, DIGIT, MARK };

/* Beyond ASCII: U+00A0 is a blank; Latin-1's signs, general and CJK punctuation are marks; all else are letters. */
static enum kind kind_beyond(const unsigned char *bytes, size_t length)
{
    if (length == 2 && bytes[0] == 0xc2)
        return bytes[1] == 0xa0 ? BLANK : bytes[1] == 0xaa || bytes[1] == 0xba ? LETTER : MARK;
    if (length == 3 && bytes[0] == 0xe2 && (bytes[1] == 0x80 || bytes[1] == 0x81))
        return MARK;
    if (length == 3 && bytes[0] == 0xe3 && bytes[1] == 0x80)
        return MARK;
    return LETTER;
}

static enum kind kind_at(const char *at, const char *end, size_t *length)
{
    const unsigned char first = (unsigned char)(at < end ? *at : '\n');

    *length = at < end ? sim_utf8_length(at, (size_t)(end - at)) : 0;
    if (*length > 1)
        return kind_beyond((const unsigned char *)at, *length);
    if (first <= ' ')
        return BLANK;
    if (first >= '0' && first <= '9')
        return DIGIT;
    return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ? LETTER : MARK;
}

/* Does the mark at `at` join what stands on both sides of it?  "don't", "harbour-master", "1,000.5" */
static bool joins(const char *at, const char *end, enum kind before)
{
    size_t length, next;
    const enum kind after =
        kind_at(at, end, &length) == MARK ? kind_at(at + length, end, &next) : BLANK;

    if (before == LETTER && after == LETTER)
        return *at == '\'' || *at == '-' || (length == 3 && memcmp(at, "\xe2\x80\x99", 3) == 0);
    return before == DIGIT && after == DIGIT && (*at == '.' || *at == ',');
}

/* Where the word or the mark that begins at `at` ends. */
static const char *end_of_token(const char *at, const char *end)
{
    size_t length;
    enum kind kind = kind_at(at, end, &length), next;

    at += length;
    if (kind == MARK)
        return at;
    for (;; at += length, kind = next) {
        next = kind_at(at, end, &length);
        if (next == MARK && joins(at, end, kind)) {
            at += length;
            next = kind_at(at, end, &length);
        }
        if (next == BLANK || next == MARK)
            return at;
    }
}

/* Past blanks, and how many lines end in them. */
static const char *behind_blanks(const char *at, const char *end, int *lines)
{
    size_t length;

    for (*lines = 0; at < end && kind_at(at, end, &length) == BLANK; at += length)
        *lines += *at == '\n';
    return at;
}

static void read_words(struct book *book, const char *at, const char *end)
{
    char *word = sim_new(book->arena, char, (size_t)(end - at) + 1); /* a blank, and a word */

    word[0] = ' ';
    for (;;) {
        const char *begin, *close;
        int lines;

        begin = behind_blanks(at, end, &lines);
        if (begin == end)
            return;
        if (lines > 1 && book->text->count > 0)
            add(book, "\n\n", 2);
        close = end_of_token(begin, end);
        memcpy(word + 1, begin, (size_t)(close - begin));
        if (begin > at && lines < 2 && book->text->count > 0)
            add(book, word, (size_t)(close - begin) + 1);
        else
            add(book, begin, (size_t)(close - begin));
        at = close;
    }
}

static void read_characters(struct book *book, const char *at, const char *end)
{
    for (size_t length; at < end; at += length) {
        length = sim_utf8_length(at, (size_t)(end - at));
        add(book, at, length);
    }
}

/* ---- whole texts ---- */

static bool is_utf8(const char *path, const char *at, const char *end, struct sim_error *err)
{
    int line = 1;

    for (size_t length; at < end; at += length) {
        length = sim_utf8_length(at, (size_t)(end - at));
        if (length == 0)
            return sim_fail(err,
                            "%s:%d: this is no text: a byte here is not UTF-8, or a control "
                            "character.",
                            path, line);
        line += *at == '\n';
    }
    return true;
}

const struct text *text_of(const char *path, const char *bytes, size_t length, bool is_words,
                           struct sim_arena *arena, struct sim_error *err)
{
    const size_t mark = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct book book = {.text = sim_new(arena, struct text, 1), .arena = arena};

    book.text->path = path;
    book.text->is_words = is_words;
    widen(&book);
    if (!is_utf8(path, bytes + mark, bytes + length, err))
        return NULL;
    if (is_words)
        read_words(&book, bytes + mark, bytes + length);
    else
        read_characters(&book, bytes + mark, bytes + length);
    if (book.text->count > 0)
        return book.text;
    sim_fail(err, "%s: holds no %s.", path, is_words ? "words" : "characters");
    return NULL;
}

const struct text *text_read(const char *path, bool is_words, struct sim_arena *arena,
                             struct sim_error *err)
{
    size_t length;
    const char *bytes = sim_file_read(arena, path, TEXT_MOST_BYTES, &length, err);

    return bytes == NULL ? NULL : text_of(path, bytes, length, is_words, arena, err);
}

/* How many tokens of `text` are not in `book`; the first of them in *example. */
static int strangers(const struct text *text, const struct book *book, const char **example)
{
    int count = 0;

    for (int t = 0; t < text->vocabulary; t++)
        if (*slot_of(book, text->written[t], strlen(text->written[t])) == 0 && count++ == 0)
            *example = text->written[t];
    return count;
}

/* A book to look tokens of `text` up in. */
static struct book index_of(const struct text *text, struct sim_arena *arena)
{
    struct book book = {.text = sim_new(arena, struct text, 1), .arena = arena};

    *book.text = *text;
    book.word_room = text->vocabulary;
    widen(&book);
    return book;
}

/* A token in a sentence: the end of a paragraph or of a line has a name. */
static const char *spoken(const char *written)
{
    if (written[0] == '\n')
        return written[1] == '\n' ? "(end of paragraph)" : "(end of line)";
    return written;
}

const struct text *text_renumbered(const struct text *text, const struct text *like,
                                   struct sim_arena *arena, struct sim_error *err)
{
    const struct book theirs = index_of(like, arena), ours = index_of(text, arena);
    const char *example = "";
    const int missing = strangers(like, &ours, &example), more = strangers(text, &theirs, &example);
    struct text *same;

    if (missing > 0 || more > 0) {
        sim_fail(
            err,
            "The vocabularies of target and draft do not match: %d tokens are only in %s, and "
            "%d only in %s, such as '%s'; both need the same tokens (to which the blank before "
            "a word belongs).",
            missing, like->path, more, text->path, spoken(example));
        return NULL;
    }
    same = sim_new(arena, struct text, 1);
    *same = *like;
    same->path = text->path;
    same->count = text->count;
    same->tokens = sim_new(arena, int, (size_t)text->count);
    for (int i = 0; i < text->count; i++) {
        const char *written = text->written[text->tokens[i]];

        same->tokens[i] = *slot_of(&theirs, written, strlen(written)) - 1;
    }
    return same;
}

const char *text_join(const struct text *text, const int *tokens, int count,
                      struct sim_arena *arena)
{
    size_t length = 0;
    char *joined, *at;

    for (int i = 0; i < count; i++)
        length += strlen(text->written[tokens[i]]);
    at = joined = sim_new(arena, char, length + 1);
    for (int i = 0; i < count; i++)
        at = stpcpy(at, text->written[tokens[i]]);
    return joined;
}
