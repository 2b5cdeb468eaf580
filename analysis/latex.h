/* latex.h -- figures for LaTeX: gnuplot's cairolatex leaves the words to LaTeX, but as they are, and LaTeX reads much of them
 * as commands: an underscore, a per cent sign. */
#ifndef ANALYSIS_LATEX_H
#define ANALYSIS_LATEX_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdio.h>

/* `text` as LaTeX prints it: \_ \% \& \# \$ \{ \}, ~ ^ \ < > | and the like by name. */
const char *analysis_latex_escaped(const char *text, struct sim_arena *arena);

/* Write what cairolatex wrote with the words of the figure escaped; numbers in mathematics, as $10^{3}$, stay. */
void analysis_latex_write(FILE *out, const char *tex, struct sim_arena *arena);

/* Read NAME-inc.tex in `folder` and write NAME.tex, which includes NAME-inc.pdf, in its stead. */
bool analysis_latex_finish(const char *folder, const char *name, struct sim_arena *arena,
                           struct sim_error *err);

#endif
