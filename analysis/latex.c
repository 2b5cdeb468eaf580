#include "analysis/latex.h"

#include "sim/base/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 28 };

static const char *replacement_of(char letter)
{
    switch (letter) {
    case '_': return "\\_";
    case '%': return "\\%";
    case '&': return "\\&";
    case '#': return "\\#";
    case '$': return "\\$";
    case '{': return "\\{";
    case '}': return "\\}";
    case '~': return "\\textasciitilde{}";
    case '^': return "\\textasciicircum{}";
    case '\\': return "\\textbackslash{}";
    case '<': return "\\textless{}";
    case '>': return "\\textgreater{}";
    case '|': return "\\textbar{}";
    default: return NULL;
    }
}

const char *analysis_latex_escaped(const char *text, struct sim_arena *arena)
{
    size_t length = 0;
    char *escaped, *at;

    for (const char *c = text; *c != '\0'; c++) {
        const char *other = replacement_of(*c);

        length += other == NULL ? 1 : strlen(other);
    }
    at = escaped = sim_new(arena, char, length + 1);
    for (const char *c = text; *c != '\0'; c++) {
        const char *other = replacement_of(*c);

        if (other == NULL)
            *at++ = *c;
        else
            at = stpcpy(at, other);
    }
    return escaped;
}

/* Is it a number of gnuplot's own, between two dollars? */
static bool is_mathematics(const char *text)
{
    const size_t length = strlen(text);

    return length > 2 && text[0] == '$' && text[length - 1] == '$' &&
           strspn(text + 1, "-+.0123456789^{}\\times ") == length - 2;
}

/* A line that puts words: \put(x,y){...{\strut{}WORDS}}%, with one more brace where they are turned.  NULL: another. */
static const char *words_of(const char *line, const char **end)
{
    const char *words = strstr(line, "{\\strut{}"), *put = strstr(line, "\\put(");
    const size_t tail = strstr(line, "\\rotatebox{") != NULL ? 4 : 3; /* "}}%" */
    const size_t length = strlen(line);

    if (put == NULL || words == NULL || words < put)
        return NULL;
    words += strlen("{\\strut{}");
    *end = line + length - tail;
    return length < tail || *end < words || strncmp(*end, "}}}%" + (4 - tail), tail) != 0 ? NULL
                                                                                          : words;
}

static const char *line_finished(const char *line, struct sim_arena *arena)
{
    const char *end, *words = words_of(line, &end), *text;

    if (words == NULL)
        return line;
    text = sim_text_copy(arena, words, (size_t)(end - words));
    return is_mathematics(text) ? line
                                : sim_text(arena, "%.*s%s%s", (int)(words - line), line,
                                           analysis_latex_escaped(text, arena), end);
}

void analysis_latex_write(FILE *out, const char *tex, struct sim_arena *arena)
{
    while (*tex != '\0') {
        const size_t length = strcspn(tex, "\n");

        fputs(line_finished(sim_text_copy(arena, tex, length), arena), out);
        tex += length;
        if (*tex == '\n')
            putc(*tex++, out);
    }
}

bool analysis_latex_finish(const char *folder, const char *name, struct sim_arena *arena,
                           struct sim_error *err)
{
    const char *from = sim_text(arena, "%s/%s-inc.tex", folder, name);
    const char *to = sim_text(arena, "%s/%s.tex", folder, name);
    size_t length;
    const char *tex = sim_file_read(arena, from, MOST_BYTES, &length, err);
    FILE *out = tex == NULL ? NULL : fopen(to, "we");

    if (tex == NULL)
        return false;
    if (out == NULL)
        return sim_fail(err, "%s: cannot be written.", to);
    analysis_latex_write(out, tex, arena);
    unlink(from);
    return sim_file_close(out, to, err);
}
