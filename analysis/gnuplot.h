/* gnuplot.h -- figures that are written are drawn, all at once, a gnuplot process each, or three of graphviz's dot. */
#ifndef ANALYSIS_GNUPLOT_H
#define ANALYSIS_GNUPLOT_H

#include "analysis/figure.h"

/* Draw all figures, and put their files in place only when every gnuplot is content; otherwise the
 * target stays as it was.  Without dot, graphs are left out (->left_out says so) and the others drawn.
 * Returns the exit code: 0, 2 (no gnuplot, or one complained: sentences in *err), 130 after Ctrl-C or SIGTERM. */
int analysis_figures_draw(struct analysis_figures *all, struct sim_error *err);

#endif
