/* text_process.h -- token processes of texts, for the tests of tokens_text.c. */
#ifndef TESTS_UNIT_TEXT_PROCESS_H
#define TESTS_UNIT_TEXT_PROCESS_H

#include "tests/unit/close.h"

#include "algorithms/decoding/shared/text_models.h"
#include "algorithms/decoding/shared/tokens.h"

#include <unistd.h>

enum { MOST_VOCABULARY = 1000, SEED = 29 };

/* A process of the story that comes with dmlsim, or of another text, and a sequence of it. */
struct process {
    struct sim_arena *arena;
    struct tokens_options options;
    const struct tokens *tokens;
    struct sim_error err;
};

static const struct tokens_options usual = {.tokens_from = TOKENS_TEXT,
                                            .text = "",
                                            .draft_text = "",
                                            .order = 3,
                                            .interpolation = 0.7519,
                                            .temperature = 1,
                                            .top_p = 1};

static inline void open_process(struct process *process, struct tokens_options options, int drafts,
                                bool are_heads)
{
    process->arena = sim_arena_open();
    process->options = options;
    process->err = (struct sim_error){0};
    process->tokens =
        tokens_open(&process->options, drafts, are_heads, SEED, process->arena, &process->err);
}

static inline void open_usual(struct process *process, double temperature, int drafts)
{
    struct tokens_options options = usual;

    options.temperature = temperature;
    open_process(process, options, drafts, false);
    assert_string_equal(process->err.text, "");
    assert_non_null(process->tokens);
    assert_true(tokens_vocabulary(process->tokens) < MOST_VOCABULARY);
}

static inline void close_process(struct process *process)
{
    sim_arena_close(process->arena);
}

static inline const char *file_of(struct sim_arena *arena, const char *bytes, size_t length)
{
    char *path = sim_text(arena, "/tmp/dmlsim-tokens-XXXXXX");
    const int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
    return path;
}

#endif
