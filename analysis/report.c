/* report.c -- dmlsim report: a run directory or a store as one page of HTML. */
#include "analysis/report.h"

#include "analysis/gnuplot.h"
#include "analysis/page.h"
#include "analysis/web/web.h"
#include "sim/base/file.h"
#include "sim/base/units.h"
#include "sim/base/version.h"
#include "sim/cli/command.h"
#include "sim/study/store.h"
#include "sim/trace/directory.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct sim_option options[] = {
    {"out", 'o', "FILE.html",
     "the page, instead of report.html in the run directory or STORE.html beside the store"},
    {0}};

/* ---- what both kinds of report have ---- */

void report_cell(FILE *out, double value, int unit)
{
    char text[SIM_QUANTITY_SIZE];

    if (isnan(value))
        fputs("<td class=\"number\">-</td>", out);
    else
        fprintf(out, "<td class=\"number\" data-value=\"%.17g\">%s</td>", value,
                sim_format_quantity(text, value, (enum sim_unit)unit));
}

void report_table(FILE *out, const char *caption, const char *const *head, bool is_sortable)
{
    fprintf(out,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table%s>\n",
            caption, is_sortable ? " class=\"sortable\"" : "");
    page_element(out, "caption", caption);
    fputs("<thead><tr>", out);
    for (; *head != NULL; head++) {
        const bool is_number = **head == '#';

        fprintf(out, "<th scope=\"col\"%s>", is_number ? " class=\"number\"" : "");
        page_text(out, *head + is_number);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void report_table_end(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

bool report_has_charts(struct report *report)
{
    if (*web_uplot_script != '\0')
        return true;
    fputs("<p class=\"hint\">This dmlsim was built without uPlot (npm was not there), so the "
          "figures below stand "
          "still.</p>\n",
          report->out);
    return false;
}

static void embed(struct report *report, const struct analysis_figures *all, const char *name)
{
    enum { MOST_BYTES = 4 << 20 };
    struct sim_error err = {0};
    size_t length;
    const char *title = sim_text(report->arena, "%s", name),
               *svg = sim_file_read(report->arena,
                                    sim_text(report->arena, "%s/%s.svg", all->folder, name),
                                    MOST_BYTES, &length, &err);

    for (char *c = (char *)(uintptr_t)title; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    fputs("<figure>\n", report->out);
    if (svg == NULL)
        page_element(report->out, "p class=\"hint\"", err.text);
    else
        page_picture(report->out, svg, length, sim_text(report->arena, "Figure: %s", title));
    page_element(report->out, "figcaption", title);
    fputs("</figure>\n", report->out);
}

void report_figures(struct report *report, bool (*draw)(struct analysis_figures *all,
                                                        const char *path, struct sim_error *err))
{
    const char *temporary = getenv("TMPDIR");
    char *folder = (char *)(uintptr_t)sim_text(report->arena, "%s/dmlsim-report-XXXXXX",
                                               temporary == NULL ? "/tmp" : temporary);
    struct analysis_figures all;
    struct sim_error err = {0};

    if (mkdtemp(folder) == NULL) {
        sim_fail(&err, "Figures are left out: %s cannot be made.", folder);
    } else if (analysis_figures_begin(&all, folder, report->arena, &err)) {
        if (!draw(&all, report->path, &err))
            analysis_figures_abandon(&all);
        else if (analysis_figures_draw(&all, &err) == 0)
            for (int i = 0; i < all.count; i++)
                if (!all.list[i]->is_left_out)
                    embed(report, &all, all.list[i]->name);
        for (int i = 0; i < all.left_out_count; i++)
            page_element(report->out, "p class=\"hint\"", all.left_out[i]);
    }
    if (err.count > 0)
        page_element(report->out, "p class=\"hint\"", err.text);
    sim_remove_tree(folder);
}

/* ---- the command ---- */

static const char *title_of(struct report *report, bool is_run)
{
    struct sim_error err = {0};
    struct sim_store *store;
    const char *title = "";

    if (is_run) {
        json_t *summary =
            json_load_file(sim_text(report->arena, "%s/summary.json", report->path), 0, NULL);

        title = json_string_value(json_object_get(summary, "name"));
        title = sim_text(report->arena, "%s", title == NULL ? "A run" : title);
        json_decref(summary);
    } else if (sim_store_open(&store, report->path, false, &err)) {
        title = sim_store_noted(store, "name", report->arena);
        sim_store_close(store);
    }
    return *title == '\0' ? sim_stem_of(report->arena, report->path) : title;
}

static bool write_page(struct report *report, const char *path, bool is_run, struct sim_error *err)
{
    const bool has_charts = *web_uplot_script != '\0';
    const unsigned char *const styles[] = {web_report_style, web_uplot_style, NULL},
                               *const scripts[] = {web_uplot_script, web_report_script, NULL};
    bool fine;

    report->out = sim_file_begin(report->arena, path, err);
    if (report->out == NULL)
        return false;
    page_begin(report->out, title_of(report, is_run), styles);
    fine = (is_run ? report_run : report_study)(report, err);
    if (has_charts) {
        fputs("<!-- uPlot, which this page holds:\n", report->out);
        fputs((const char *)web_uplot_licence, report->out);
        fputs("-->\n", report->out);
    }
    page_end(report->out,
             "Made by dmlsim " SIM_VERSION ". Seconds, bytes and joules are simulated.", scripts);
    (void)fine; /* with a sentence in *err the file is removed */
    return sim_file_end(report->arena, report->out, path, err);
}

static int run(const struct sim_call *call)
{
    const char *path = sim_without_slash(call->arena, call->arguments[0]);
    const char *out = sim_option_value(call, "out");
    const bool is_run = sim_is_run_directory(call->arena, path);
    struct report report = {.path = path, .arena = call->arena};
    struct sim_error err = {0};
    bool fine;

    if (!sim_file_exists(path))
        fine = sim_fail(&err, "%s: there is no such file or folder.", path);
    else if (!is_run && sim_is_directory(path))
        fine = sim_fail(
            &err, "%s: is a directory, but no run directory (it has no summary.json of ours).",
            path);
    else {
        if (out == NULL)
            out = is_run ? sim_text(call->arena, "%s/report.html", path)
                         : sim_text(call->arena, "%s/%s.html", sim_folder_of(call->arena, path),
                                    sim_stem_of(call->arena, path));
        fine = write_page(&report, out, is_run, &err);
    }
    if (fine)
        printf("%s\n", out);
    fflush(stdout);
    return sim_complain(&err, fine ? 0 : 2);
}

SIM_COMMAND(report) = {
    .name = "report",
    .arguments = "RUN_DIR|STUDY.db",
    .summary = "write a page of HTML that tells of a run or a study",
    .description = "One file without any network, for readers who do not have dmlsim: the result "
                   "in a sentence, what ran, the "
                   "platform, tables, theory beside simulation, figures; of a run with --trace "
                   "full a timeline to zoom, "
                   "filter and search, in which a message can be followed from sender to receiver; "
                   "of a study a table that can be sorted, "
                   "and charts. Charts can be looked into where dmlsim was built with uPlot (make "
                   "deps fetches it with npm); "
                   "else, and in print, they are pictures, for which gnuplot is needed.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
