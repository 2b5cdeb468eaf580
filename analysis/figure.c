#include "analysis/figure.h"

#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/base/version.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Points as printed: most figures are as wide as a column of 9 cm. */
enum { FONT_POINTS = 7, SMALL_POINTS = 6 };

static const double marker_scale = 0.48; /* in PDF */

/* ---- names from elsewhere ---- */

/* Bytes of the UTF-8 letter at `text`; 0 if it is none, or a control letter. */
static int letter_length(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    const int length = *c < 0x80 ? 1 : *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;

    if (*c < 0x20 || *c == 0x7f || (*c >= 0x80 && *c < 0xc2) || *c > 0xf4)
        return 0;
    for (int i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

void analysis_quote(FILE *script, const char *text)
{
    putc('\'', script);
    if (*text == '[' || *text == '{') /* of which cairolatex would make a position */
        putc(' ', script);
    while (*text != '\0') {
        const int length = letter_length(text);

        if (length == 0)
            putc('?', script);
        else if (*text == '\'')
            fputs("''", script);
        else
            fwrite(text, 1, (size_t)length, script);
        text += length == 0 ? 1 : length;
    }
    putc('\'', script);
}

static int count_letters(const char *text)
{
    int letters = 0;

    for (; *text != '\0'; letters++) {
        const int length = letter_length(text);

        text += length == 0 ? 1 : length;
    }
    return letters;
}

static const char *skip_letters(const char *text, int letters)
{
    for (; letters > 0; letters--) {
        const int length = letter_length(text);

        text += length == 0 ? 1 : length;
    }
    return text;
}

const char *analysis_shorten(const char *text, int most, struct sim_arena *arena)
{
    const int letters = count_letters(text), head = (most - 1) / 2;

    if (letters <= most)
        return text;
    return sim_text(arena, "%.*s…%s", (int)(skip_letters(text, head) - text), text,
                    skip_letters(text, letters - (most - 1 - head)));
}

/* ---- the script ---- */

double analysis_small_letters(double inches)
{
    return inches * 72 / (SMALL_POINTS * 0.56); /* DejaVu Sans is 0.56 em wide on average */
}

int analysis_tick_step(int count, int widest, double letters)
{
    const int step = (int)ceil(count * (widest * 1.15 + 1.5) / letters);

    return step < 1 ? 1 : step;
}

enum { MOST_LINES = 24 };

/* Break the notes into lines of at most `width` letters, each note on a line of its own. */
static int break_notes(const char *const *notes, int width, const char *lines[MOST_LINES],
                       struct sim_arena *arena)
{
    int count = 0;

    for (; *notes != NULL; notes++) {
        const char *word = *notes;
        bool is_open = false; /* a line that this note may go on with */

        while (*(word += strspn(word, " ")) != '\0' && count < MOST_LINES) {
            const int length = (int)strcspn(word, " ");
            const bool fits = is_open && count_letters(lines[count - 1]) + 1 + length <= width;

            if (fits)
                lines[count - 1] = sim_text(arena, "%s %.*s", lines[count - 1], length, word);
            else
                lines[count++] = sim_text_copy(arena, word, (size_t)length);
            is_open = true;
            word += length;
        }
    }
    return count;
}

/* The small print: labels, from the lowest line up to the axis. */
static void write_notes(FILE *script, const char *const *lines, int count)
{
    for (int i = 0; i < count; i++) {
        fputs("set label ", script);
        analysis_quote(script, lines[i]);
        fprintf(script, " at character 1.2,%.2f left font ',%d' textcolor rgb '#555555'\n",
                0.55 + 0.86 * (count - 1 - i), SMALL_POINTS);
    }
}

/* A key at the top of the plot leaves no room for a title there, so the title is a label. */
static void write_title(FILE *script, const struct analysis_look *look, struct sim_arena *arena)
{
    const double letters = analysis_small_letters(look->width - 0.2) * SMALL_POINTS / FONT_POINTS;

    fputs("set label ", script);
    analysis_quote(script, analysis_shorten(look->title, (int)letters, arena));
    fprintf(script,
            " at screen 0, screen 1 offset character 1.2, character -1.05 left font face.',%d'\n",
            FONT_POINTS);
}

int analysis_note_lines(const struct analysis_look *look, struct sim_arena *arena)
{
    const char *lines[MOST_LINES];

    return break_notes(look->notes, (int)analysis_small_letters(look->width - 0.2), lines, arena);
}

const char *const *analysis_broken_notes(const struct analysis_look *look, struct sim_arena *arena)
{
    const char **lines = sim_new(arena, const char *, MOST_LINES + 1);

    break_notes(look->notes, (int)analysis_small_letters(look->width - 0.2), lines, arena);
    return lines;
}

void analysis_frame(FILE *script, const struct analysis_look *look, struct sim_arena *arena)
{
    const char *notes[MOST_LINES];
    const int lines =
        break_notes(look->notes, (int)analysis_small_letters(look->width - 0.2), notes, arena);

    fputs("set border 3 linecolor rgb '#444444' linewidth 0.7\n"
          "set tics nomirror out scale 0.5 font ',6.5' textcolor rgb '#222222'\n"
          "set grid linetype 1 linecolor rgb '#E2E2E2' linewidth 0.5\n",
          script);
    write_title(script, look, arena);
    write_notes(script, notes, lines);
}

static void write_prologue(FILE *script, const struct analysis_look *look, struct sim_arena *arena)
{
    const int lines = analysis_note_lines(look, arena);

    fprintf(script,
            "# %s.gp -- drawn by dmlsim " SIM_VERSION ".  Restyle it and run: gnuplot %s.gp\n"
            "set encoding utf8\n"
            "face = 'DejaVu Sans'\n"
            "width = %.2f    # inches\n"
            "height = %.2f\n"
            "dots = 333      # of the PNG, an inch\n\n",
            look->name, look->name, look->width, look->height);
    fprintf(
        script,
        "set tmargin %.2f\nset bmargin %.2f\nset rmargin 2.5\n"
        "set key at graph 0.5, graph %.3f bottom center horizontal noenhanced samplen 2 width 2 "
        "Left reverse font ',6.5'\n",
        2.1 + 0.95 * look->key_rows, 3.4 + 0.86 * lines + (lines > 0 ? 0.3 : 0),
        1 + 0.04 / fmax(0.4, look->height - 1.1));
    analysis_frame(script, look, arena);
}

/* Neighbours differ in lightness, marker and dashes; of markers that may fall on each other every
 * second one is hollow and larger. */
static const struct {
    const char *colour;
    int marker;
    double size;
    const char *dashes;
} types[ANALYSIS_LINE_TYPES] = {
    {"0072B2", 7, 0.75, "1"},      {"E69F00", 4, 1.25, "(12,5)"},
    {"000000", 9, 0.8, "(3,4)"},   {"009E73", 12, 1.5, "(12,4,3,4)"},
    {"D55E00", 5, 0.7, "(6,4)"},   {"56B4E9", 6, 1.3, "(18,4)"},
    {"777777", 13, 0.95, "(2,6)"}, {"CC79A7", 8, 1.3, "(12,3,3,3,3,3)"}};

void analysis_line_types(FILE *script)
{
    for (int i = 0; i < ANALYSIS_LINE_TYPES; i++)
        fprintf(script,
                "set linetype %d linecolor rgb '#%s' pointtype %d pointsize %g dashtype %s "
                "linewidth 1.4\n",
                i + 1, types[i].colour, types[i].marker, types[i].size, types[i].dashes);
}

/* The document's fonts, of a size that suits the room left for words: 7 points in a document of 10.  cairolatex does not
 * scale markers.  dmlsim escapes what LaTeX would take for commands, and makes NAME.tex of it. */
static void write_latex_terminal(FILE *script)
{
    fprintf(script,
            "if (kind eq 'tex') {\n"
            "    set terminal cairolatex pdf input colortext header '\\scriptsize' size width "
            "in,height "
            "in font ',%d' fontscale 0.75 linewidth 1.1\n",
            FONT_POINTS);
    for (int i = 0; i < ANALYSIS_LINE_TYPES; i++)
        fprintf(script, "    set linetype %d pointsize %g\n", i + 1, types[i].size * marker_scale);
    fputs("}\n", script);
}

void analysis_figure_plot(struct analysis_figure *figure)
{
    fprintf(
        figure->script,
        "\ndo for [kind in 'png svg pdf%s'] {\n"
        "if (kind eq 'png') {\n"
        "    set terminal pngcairo size width*dots,height*dots font face.',%d' fontscale dots/96. "
        "linewidth dots/120. pointscale dots/135. noenhanced\n}\n"
        "if (kind eq 'svg') {\n"
        "    set terminal svg size width*96,height*96 font face.',%d' fontscale 96/72. linewidth "
        "0.8 "
        "background rgb 'white' noenhanced\n}\n"
        "if (kind eq 'pdf') {\n"
        "    set terminal pdfcairo size width in,height in font face.',%d' fontscale 0.75 "
        "linewidth 1.1 "
        "pointscale %g noenhanced\n}\n",
        figure->has_latex ? " tex" : "", FONT_POINTS, FONT_POINTS, FONT_POINTS, marker_scale);
    if (figure->has_latex)
        write_latex_terminal(figure->script);
    fprintf(figure->script, "set output kind eq 'tex' ? '%s-inc.tex' : '%s.'.kind\n", figure->name,
            figure->name);
}

void analysis_block(struct analysis_figure *figure, const char *name, const char *columns)
{
    fprintf(figure->data, "%s# %s\n# %s\n", ftell(figure->data) > 0 ? "\n\n" : "", name, columns);
}

void analysis_number(FILE *data, double value)
{
    if (isnan(value))
        fputs("NaN", data);
    else
        sim_csv_number(data, value);
}

/* ---- files ---- */

bool analysis_figures_begin(struct analysis_figures *all, const char *folder,
                            struct sim_arena *arena, struct sim_error *err)
{
    *all = (struct analysis_figures){.arena = arena,
                                     .folder = folder,
                                     .partial =
                                         sim_text(arena, "%s/.partial-%ld", folder, (long)getpid()),
                                     .made_folder = !sim_file_exists(folder)};
    if (!sim_make_directories(folder, err))
        return false;
    sim_remove_tree(all->partial);
    if (mkdir(all->partial, 0777) != 0)
        return sim_fail(err, "%s: nothing can be written here: %s.", folder, strerror(errno));
    return true;
}

void analysis_figures_abandon(const struct analysis_figures *all)
{
    sim_remove_tree(all->partial);
    if (all->made_folder)
        rmdir(all->folder); /* which fails when there are figures in it */
}

static FILE *open_in(const struct analysis_figures *all, const char *name, const char *ending,
                     const char **path, struct sim_error *err)
{
    FILE *file;

    *path = sim_text(all->arena, "%s/%s.%s", all->partial, name, ending);
    file = fopen(*path, "we");
    if (file == NULL)
        sim_fail(err, "%s: cannot be written: %s.", *path, strerror(errno));
    return file;
}

struct analysis_figure *analysis_figure_begin(struct analysis_figures *all,
                                              const struct analysis_look *look,
                                              struct sim_error *err)
{
    struct analysis_figure *figure = sim_new(all->arena, struct analysis_figure, 1);

    figure->name = look->name;
    figure->has_latex = all->wants_latex;
    figure->script = open_in(all, look->name, "gp", &figure->script_path, err);
    if (figure->script == NULL)
        return NULL;
    figure->data = open_in(all, look->name, "dat", &figure->data_path, err);
    if (figure->data == NULL) {
        fclose(figure->script);
        return NULL;
    }
    all->list[all->count++] = figure;
    write_prologue(figure->script, look, all->arena);
    return figure;
}

struct analysis_figure *analysis_graph_begin(struct analysis_figures *all, const char *name,
                                             struct sim_error *err)
{
    struct analysis_figure *figure = sim_new(all->arena, struct analysis_figure, 1);

    *figure = (struct analysis_figure){.name = name, .is_graph = true};
    figure->script = open_in(all, name, "dot", &figure->script_path, err);
    if (figure->script == NULL)
        return NULL;
    all->list[all->count++] = figure;
    return figure;
}

void analysis_leave_out(struct analysis_figures *all, const char *sentence)
{
    all->left_out[all->left_out_count++] = sentence;
}

bool analysis_figure_end(struct analysis_figure *figure, struct sim_error *err)
{
    bool fine;

    if (!figure->is_graph)
        fputs("}\nset output\n", figure->script);
    fine = sim_file_close(figure->script, figure->script_path, err);
    return (figure->is_graph || sim_file_close(figure->data, figure->data_path, err)) && fine;
}
