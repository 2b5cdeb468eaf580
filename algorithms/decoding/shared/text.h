/* text.h -- a text file as numbered tokens, and tokens as text again.
 *
 * Words: a word, a number or a punctuation mark is a token, and so is the end of a paragraph (an empty line).  A token
 * carries the blank before it, as in GPT-2's vocabulary (Radford et al. 2019), so that tokens written one behind the other
 * read as the text did; the end of a line inside a paragraph is a blank.  Apostrophes and hyphens between letters, and
 * points and commas between digits, belong to the word.  Languages that leave no blanks are better read as characters.
 *
 * Characters: a UTF-8 code point is a token, whatever it is.
 *
 * The vocabulary stands in the order of first appearance.  Two texts whose tokens are the same set can share one: see
 * text_renumbered.  Not modelled: subwords, unknown tokens, upper and lower case as one. */
#ifndef DECODING_TEXT_H
#define DECODING_TEXT_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdbool.h>

enum { TEXT_MOST_BYTES = 32 * 1000 * 1000 };

struct text {
    const char *path; /* names it in sentences */
    bool is_words;
    int count;
    int *tokens;          /* [count] */
    int vocabulary;       /* different tokens */
    const char **written; /* [vocabulary] each with the blank before it */
};

/* NULL with a sentence: it cannot be read, is empty or blank, too long, or not UTF-8. */
const struct text *text_read(const char *path, bool is_words, struct sim_arena *arena,
                             struct sim_error *err);

/* The same of a text in memory; `path` names it in sentences. */
const struct text *text_of(const char *path, const char *bytes, size_t length, bool is_words,
                           struct sim_arena *arena, struct sim_error *err);

/* `text` with the token numbers of `like`.  NULL where their vocabularies differ, with a sentence that says how much. */
const struct text *text_renumbered(const struct text *text, const struct text *like,
                                   struct sim_arena *arena, struct sim_error *err);

/* Tokens one behind the other, in the arena. */
const char *text_join(const struct text *text, const int *tokens, int count,
                      struct sim_arena *arena);

#endif
