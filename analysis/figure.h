/* figure.h -- one figure is NAME.gp, the gnuplot script, and NAME.dat, its numbers; gnuplot makes of them
 * NAME.png, NAME.svg and NAME.pdf, all five in one folder; for LaTeX also NAME.tex and NAME-inc.pdf.  A graph is NAME.dot, of which graphviz makes the same.
 *
 * The files are written under a folder of their own inside the target and renamed at the end
 * (gnuplot.h), so the target never holds half a figure.  Scripts name files without folders: whoever
 * wants another style edits the .gp and runs `gnuplot NAME.gp` beside it. */
#ifndef ANALYSIS_FIGURE_H
#define ANALYSIS_FIGURE_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdio.h>

enum { ANALYSIS_MOST_FIGURES = 20, ANALYSIS_MOST_NOTES = 8, ANALYSIS_LINE_TYPES = 8 };

/* How a figure looks before anything is drawn in it. */
struct analysis_look {
    const char *name; /* of its files: letters and underscores */
    const char *title;
    double width, height; /* inches */
    double key_rows;      /* room for the key, between title and plot */
    const char
        *notes[ANALYSIS_MOST_NOTES + 1]; /* small print below, NULL-ended; NULL alone: none */
};

/* Open from analysis_figure_begin to analysis_figure_end; lives in the arena. */
struct analysis_figure {
    const char *name;
    FILE *script, *data; /* data: NULL for a graph */
    const char *script_path, *data_path;
    bool is_graph;
    bool has_latex;
    bool is_left_out; /* what would draw it is not installed */
};

/* The figures of one call. */
struct analysis_figures {
    struct sim_arena *arena;
    const char *folder;  /* where they shall be */
    const char *partial; /* where they are being made */
    bool made_folder;
    bool wants_latex; /* set before the first figure is begun */
    struct analysis_figure *list[ANALYSIS_MOST_FIGURES];
    int count;
    const char *left_out[ANALYSIS_MOST_FIGURES]; /* sentences about figures that are not made */
    int left_out_count;
};

/* Make the folders.  Refuses, with a sentence, a target that cannot be written. */
bool analysis_figures_begin(struct analysis_figures *all, const char *folder,
                            struct sim_arena *arena, struct sim_error *err);

/* Open the files of a figure and write what all figures have in common; NULL, with a sentence, when
 * that cannot be.  Then write settings to ->script and numbers to ->data. */
struct analysis_figure *analysis_figure_begin(struct analysis_figures *all,
                                              const struct analysis_look *look,
                                              struct sim_error *err);

/* The same for a graph: write it to ->script, in graphviz's language. */
struct analysis_figure *analysis_graph_begin(struct analysis_figures *all, const char *name,
                                             struct sim_error *err);

/* A figure is not made, for a reason that others do not share: one whole sentence, for the end of the call. */
void analysis_leave_out(struct analysis_figures *all, const char *sentence);

/* The lines of the small print as wide as the figure, NULL-ended. */
const char *const *analysis_broken_notes(const struct analysis_look *look, struct sim_arena *arena);

/* Title, small print, border, tics and grid, which a figure of several plots takes away and needs again for the
 * next format. */
void analysis_frame(FILE *script, const struct analysis_look *look, struct sim_arena *arena);

/* How many lines the small print takes. */
int analysis_note_lines(const struct analysis_look *look, struct sim_arena *arena);

/* What is written to ->script from here on is the plot command, run once a format; `kind` is "png",
 * "svg" or "pdf" there, or "tex". */
void analysis_figure_plot(struct analysis_figure *figure);

bool analysis_figure_end(struct analysis_figure *figure, struct sim_error *err);

/* Forget all that was made; the target is as it was. */
void analysis_figures_abandon(const struct analysis_figures *all);

/* `text` as a string of gnuplot, in single quotes, in which nothing is special. */
void analysis_quote(FILE *script, const char *text);

/* `text`, or its head and tail round an ellipsis if it has more than `most` letters. */
const char *analysis_shorten(const char *text, int most, struct sim_arena *arena);

/* Set line types 1 to ANALYSIS_LINE_TYPES, which can be told apart in grey, too. */
void analysis_line_types(FILE *script);

/* Begin a block of ->data; the script draws it with `index 'NAME'`.  No block may stay empty. */
void analysis_block(struct analysis_figure *figure, const char *name, const char *columns);

/* A number for ->data; NaN stands for a gap. */
void analysis_number(FILE *data, double value);

/* Every how manieth of `count` ticks has a label, so that labels of at most `widest` letters stand apart
 * on an axis with room for `letters`. */
int analysis_tick_step(int count, int widest, double letters);

/* How many letters of the small print fit into so many inches. */
double analysis_small_letters(double inches);

#endif
