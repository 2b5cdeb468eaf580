/* latex.c -- words of figures as LaTeX prints them. */
#include "tests/unit/close.h"

#include "analysis/latex.h"

struct line {
    const char *name, *from, *to;
};

static struct line lines[] = {
    {"words are escaped", "\\put(1,2){\\makebox(0,0)[l]{\\strut{}95 % of a_b & #3}}%",
     "\\put(1,2){\\makebox(0,0)[l]{\\strut{}95 \\% of a\\_b \\& \\#3}}%"},
    {"so are words that are turned",
     "\\put(233,2203){\\rotatebox{-270}{\\makebox(0,0){\\strut{}x_1 (s)}}}%",
     "\\put(233,2203){\\rotatebox{-270}{\\makebox(0,0){\\strut{}x\\_1 (s)}}}%"},
    {"words with braces end where they end", "\\put(1,2){\\makebox(0,0){\\strut{}{a}}}%",
     "\\put(1,2){\\makebox(0,0){\\strut{}\\{a\\}}}%"},
    {"numbers in mathematics stay", "\\put(1,2){\\makebox(0,0)[r]{\\strut{}$10^{-3}$}}%",
     "\\put(1,2){\\makebox(0,0)[r]{\\strut{}$10^{-3}$}}%"},
    {"a price is no mathematics", "\\put(1,2){\\makebox(0,0)[r]{\\strut{}$n$}}%",
     "\\put(1,2){\\makebox(0,0)[r]{\\strut{}\\$n\\$}}%"},
    {"no words, no change", "\\put(1,2){\\makebox(0,0)[r]{\\strut{}}}%",
     "\\put(1,2){\\makebox(0,0)[r]{\\strut{}}}%"},
    {"the picture is no words", "\\put(0,0){\\includegraphics[width={259bp}]{a_b-inc}}%",
     "\\put(0,0){\\includegraphics[width={259bp}]{a_b-inc}}%"},
    {"commands stay", "\\gplgaddtomacro\\gplbacktext{% 100 %",
     "\\gplgaddtomacro\\gplbacktext{% 100 %"},
    {"lines end as they did", "\\put(1,2){\\strut{}_}}%\n\n\\a_b%\n",
     "\\put(1,2){\\strut{}\\_}}%\n\n\\a_b%\n"},
};

static void is_written_as(void **state)
{
    const struct line *line = *state;
    struct sim_arena *arena = sim_arena_open();
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    analysis_latex_write(out, line->from, arena);
    fclose(out);
    assert_string_equal(text, line->to);
    free(text);
    sim_arena_close(arena);
}

static void every_special_letter_has_a_name(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_string_equal(analysis_latex_escaped("a~b^c\\d<e>f|g\xe2\x80\xa6", arena),
                        "a\\textasciitilde{}b\\textasciicircum{}c\\textbackslash{}d\\textless{}e"
                        "\\textgreater{}f\\textbar{}g\xe2\x80\xa6");
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_special_letter_has_a_name)};

    return RUN_CASES(is_written_as, lines) + cmocka_run_group_tests(tests, NULL, NULL);
}
