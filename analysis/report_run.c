/* report_run.c -- the page of a run directory, section by section. */
#include "analysis/report.h"

#include "analysis/page.h"
#include "analysis/plot.h"
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/base/units.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PEERS = 100, MOST_LINKS = 20, DOINGS = 4 };

static const char *const doings[DOINGS] = {"compute", "communicate", "wait", "idle"};

static const char *quantity(struct report *report, double value, enum sim_unit unit)
{
    char text[SIM_QUANTITY_SIZE];

    return sim_text(report->arena, "%s", sim_format_quantity(text, value, unit));
}

static double doing_of(const json_t *peer, int doing)
{
    static const char *const keys[DOINGS] = {"compute_seconds", "communicate_seconds",
                                             "wait_seconds", "idle_seconds"};

    return analysis_value(peer, keys[doing]);
}

/* ---- the result in a sentence ---- */

/* What most of all peers' time went into, and its share. */
static int most_of_the_time(const json_t *peers, double *share)
{
    double sums[DOINGS] = {0}, all = 0;
    const json_t *peer;
    size_t i;
    int most = 0;

    json_array_foreach ((json_t *)(uintptr_t)peers, i, peer)
        for (int d = 0; d < DOINGS; d++) {
            sums[d] += doing_of(peer, d);
            all += doing_of(peer, d);
        }
    for (int d = 1; d < DOINGS; d++)
        if (sums[d] > sums[most])
            most = d;
    *share = all > 0 ? sums[most] / all : 0;
    return most;
}

static const char *laws_in_words(struct report *report, const json_t *laws)
{
    int checked = 0, broken = 0;
    const json_t *law;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)laws, i, law)
        if (json_is_true(json_object_get(law, "checked"))) {
            checked++;
            broken += !json_is_true(json_object_get(law, "holds"));
        }
    if (broken > 0)
        return sim_text(report->arena, "%d of %d laws that could be checked %s broken", broken,
                        checked, broken == 1 ? "is" : "are");
    return checked == 0
               ? "no law could be checked"
               : sim_text(report->arena, "%s law%s that could be checked hold%s",
                          checked == 1 ? "the one" : sim_text(report->arena, "all %d", checked),
                          checked == 1 ? "" : "s", checked == 1 ? "s" : "");
}

static void write_result(struct report *report, const json_t *summary)
{
    const json_t *peers = json_object_get(summary, "peers");
    static const char *const verbs[DOINGS] = {"computing", "communicating", "waiting", "idling"};
    double share;
    const int most = most_of_the_time(peers, &share);

    page_element(
        report->out, "p class=\"result\"",
        sim_text(report->arena,
                 "%s with %zu peers on %s takes %s and moves %s in %.0f messages; %s. Of the "
                 "peers' time, %.0f %% goes into %s.",
                 analysis_text(summary, "algorithm"), json_array_size(peers),
                 sim_stem_of(report->arena, analysis_text(summary, "platform")),
                 quantity(report, analysis_value(summary, "simulated_seconds"), SIM_UNIT_SECONDS),
                 quantity(report, analysis_value(summary, "bytes"), SIM_UNIT_BYTES),
                 analysis_value(summary, "messages"),
                 laws_in_words(report, json_object_get(summary, "laws")), 100 * share,
                 verbs[most]));
}

/* ---- what ran ---- */

static void write_pair(FILE *out, const char *name, const char *value)
{
    fputs("<div>", out);
    page_element(out, "dt", name);
    page_element(out, "dd", value);
    fputs("</div>", out);
}

static void write_what_ran(struct report *report, const json_t *summary)
{
    const json_t *simulation = json_object_get(summary, "simulation");
    const json_t *remarks = json_object_get(summary, "remarks"), *item;
    FILE *out = report->out;
    size_t i;

    fputs("<section>\n<h2>What ran</h2>\n<dl class=\"counters\">\n", out);
    write_pair(out, "scenario", analysis_text(summary, "scenario_file"));
    write_pair(out, "platform", sim_stem_of(report->arena, analysis_text(summary, "platform")));
    write_pair(out, "hosts", sim_text(report->arena, "%.0f", analysis_value(summary, "hosts")));
    write_pair(out, "network", analysis_text(summary, "network"));
    write_pair(out, "transfers", analysis_text(summary, "transfers"));
    if (simulation != NULL) /* earlier versions say nothing of it */
        write_pair(out, "simulation",
                   sim_text(report->arena, "%s: %s", analysis_text(simulation, "ran"),
                            analysis_text(simulation, "why")));
    write_pair(out, "seed",
               sim_text(report->arena, "%.0f%s", analysis_value(summary, "seed"),
                        json_is_true(json_object_get(summary, "used_random_numbers"))
                            ? ""
                            : " (nothing is random)"));
    write_pair(out, "flop", quantity(report, analysis_value(summary, "flop"), SIM_UNIT_FLOP));
    if (json_is_number(json_object_get(summary, "joules")))
        write_pair(out, "energy",
                   quantity(report, analysis_value(summary, "joules"), SIM_UNIT_JOULES));
    write_pair(out, "dmlsim", analysis_text(summary, "dmlsim"));
    fputs("</dl>\n", out);
    json_array_foreach ((json_t *)(uintptr_t)remarks, i, item)
        page_element(out, "p class=\"hint\"", json_string_value(item));
    json_array_foreach ((json_t *)(uintptr_t)json_object_get(summary, "overrides"), i, item)
        page_element(out, "p class=\"hint\"",
                     sim_text(report->arena, "--set %s=%s", analysis_text(item, "key"),
                              analysis_text(item, "value")));
    fputs("</section>\n", out);
}

/* ---- tables ---- */

static enum sim_unit unit_named(const char *name)
{
    for (int unit = SIM_UNIT_BYTES; unit <= SIM_UNIT_JOULES; unit++)
        if (strcmp(sim_unit_name((enum sim_unit)unit), name) == 0)
            return (enum sim_unit)unit;
    return SIM_UNIT_NONE;
}

static void write_law(struct report *report, const json_t *law)
{
    const bool is_checked = json_is_true(json_object_get(law, "checked"));
    const enum sim_unit unit = unit_named(analysis_text(law, "unit"));
    FILE *out = report->out;

    fputs("<tr>", out);
    page_element(out, "td", analysis_text(law, "quantity"));
    page_element(out, "td class=\"formula\"", analysis_text(law, "formula"));
    report_cell(out, is_checked ? analysis_value(law, "theory") : NAN, unit);
    report_cell(out, analysis_value(law, "simulated"), unit);
    if (is_checked)
        fprintf(out, "<td class=\"number\">%.2g</td>", analysis_value(law, "error"));
    else
        fputs("<td class=\"number\">-</td>", out);
    page_element(out, "td",
                 !is_checked
                     ? sim_text(report->arena, "not checked: %s", analysis_text(law, "assumes"))
                 : json_is_true(json_object_get(law, "holds")) ? "holds"
                                                               : "BROKEN");
    fputs("</tr>\n", out);
}

static void write_laws(struct report *report, const json_t *laws)
{
    static const char *const head[] = {"quantity", "theory", "#by theory", "#simulated",
                                       "#error",   "",       NULL};
    const json_t *law;
    size_t i;

    if (json_array_size(laws) == 0)
        return;
    fputs("<section>\n<h2>Theory beside simulation</h2>\n", report->out);
    report_table(report->out, "Laws of this system, by formula and as simulated", head, false);
    json_array_foreach ((json_t *)(uintptr_t)laws, i, law)
        write_law(report, law);
    report_table_end(report->out);
    fputs("</section>\n", report->out);
}

static void write_share_bar(FILE *out, const json_t *peer, double seconds)
{
    fputs("<td><span class=\"shares\" aria-hidden=\"true\">", out);
    for (int d = 0; d < DOINGS; d++)
        if (seconds > 0 && doing_of(peer, d) > 0)
            fprintf(out, "<i class=\"%s\" style=\"width:%.2f%%\"></i>", doings[d],
                    100 * doing_of(peer, d) / seconds);
    fputs("</span></td>", out);
}

static void write_peers(struct report *report, const json_t *summary)
{
    static const char *const head[] = {"peer",         "role",      "host",  "#compute",
                                       "#communicate", "#wait",     "#idle", "share",
                                       "#sent",        "#received", NULL};
    const json_t *peers = json_object_get(summary, "peers"), *peer;
    FILE *out = report->out;
    size_t i;

    fputs("<section>\n<h2>Where the time went</h2>\n", out);
    report_table(out, "Seconds of each peer", head, true);
    json_array_foreach ((json_t *)(uintptr_t)peers, i, peer) {
        if (i == MOST_PEERS)
            break;
        fputs("<tr>", out);
        page_element(out, "th scope=\"row\"", analysis_text(peer, "name"));
        page_element(out, "td", analysis_text(peer, "role"));
        page_element(out, "td", analysis_text(peer, "host"));
        for (int d = 0; d < DOINGS; d++)
            report_cell(out, doing_of(peer, d), SIM_UNIT_SECONDS);
        write_share_bar(out, peer, analysis_value(summary, "simulated_seconds"));
        report_cell(out, analysis_value(peer, "bytes_sent"), SIM_UNIT_BYTES);
        report_cell(out, analysis_value(peer, "bytes_received"), SIM_UNIT_BYTES);
        fputs("</tr>\n", out);
    }
    report_table_end(out);
    if (json_array_size(peers) > MOST_PEERS)
        page_element(out, "p class=\"hint\"",
                     sim_text(report->arena, "The first %d of %zu peers; summary.json has all.",
                              MOST_PEERS, json_array_size(peers)));
}

static void write_phases(struct report *report, const json_t *phases)
{
    static const char *const head[] = {"phase",           "#longest",
                                       "#compute",        "#communicate",
                                       "#wait",           "#at least, by its bottleneck",
                                       "bottleneck link", NULL};
    const json_t *phase;
    FILE *out = report->out;
    size_t i;

    if (json_array_size(phases) > 0) {
        report_table(out,
                     "Phases: the longest time a peer spent in each, and the sums of all peers",
                     head, true);
        json_array_foreach ((json_t *)(uintptr_t)phases, i, phase) {
            fputs("<tr>", out);
            page_element(out, "th scope=\"row\"", analysis_text(phase, "name"));
            report_cell(out, analysis_value(phase, "longest_seconds"), SIM_UNIT_SECONDS);
            report_cell(out, analysis_value(phase, "compute_seconds"), SIM_UNIT_SECONDS);
            report_cell(out, analysis_value(phase, "communicate_seconds"), SIM_UNIT_SECONDS);
            report_cell(out, analysis_value(phase, "wait_seconds"), SIM_UNIT_SECONDS);
            report_cell(out, analysis_value(phase, "bandwidth_bound_seconds"), SIM_UNIT_SECONDS);
            page_element(out, "td", analysis_text(phase, "bottleneck_link"));
            fputs("</tr>\n", out);
        }
        report_table_end(out);
    }
    fputs("</section>\n", out);
}

static void write_metrics(struct report *report, json_t *metrics)
{
    static const char *const head[] = {"metric", "#last value", NULL};
    const char *name;
    json_t *value;

    if (json_object_size(metrics) == 0)
        return;
    fputs("<section>\n<h2>Metrics</h2>\n", report->out);
    report_table(report->out, "Numbers of this system", head, false);
    json_object_foreach (metrics, name, value)
        if (json_is_number(value)) {
            fputs("<tr>", report->out);
            page_element(report->out, "th scope=\"row\"", name);
            report_cell(report->out, json_number_value(value), SIM_UNIT_NONE);
            fputs("</tr>\n", report->out);
        }
    report_table_end(report->out);
    fputs("</section>\n", report->out);
}

/* ---- links ---- */

struct link {
    const char *name;
    double bytes, busy_share;
};

static int by_busy_share(const void *a, const void *b)
{
    const struct link *first = a, *second = b;

    return (first->busy_share < second->busy_share) - (first->busy_share > second->busy_share);
}

static bool read_links(struct report *report, struct link **links, int *count,
                       struct sim_error *err)
{
    enum { MOST_BYTES = 256 << 20 };
    const char *const *fields;
    struct sim_csv csv;
    int columns, name, bytes, busy;

    *count = 0;
    if (!sim_csv_load(&csv, sim_text(report->arena, "%s/links.csv", report->path), MOST_BYTES,
                      report->arena, err) ||
        !sim_csv_row(&csv, &fields, &columns))
        return false;
    name = sim_csv_place(fields, columns, "link");
    bytes = sim_csv_place(fields, columns, "bytes");
    busy = sim_csv_place(fields, columns, "busy_share");
    if (name < 0 || bytes < 0 || busy < 0)
        return sim_fail(err, "%s: lacks a column 'link', 'bytes' or 'busy_share'.", csv.path);
    *links = sim_new(report->arena, struct link, sim_csv_most_rows(&csv) + 1);
    for (;;) {
        if (!sim_csv_row(&csv, &fields, &columns))
            return false;
        if (fields == NULL)
            break;
        if (columns > name && columns > bytes && columns > busy)
            (*links)[(*count)++] =
                (struct link){sim_text(report->arena, "%s", fields[name]),
                              strtod(fields[bytes], NULL), strtod(fields[busy], NULL)};
    }
    qsort(*links, (size_t)*count, sizeof **links, by_busy_share);
    return true;
}

static bool write_links(struct report *report, struct sim_error *err)
{
    static const char *const head[] = {"link", "#bytes", "#busy", "", NULL};
    struct link *links;
    FILE *out = report->out;
    int count;

    if (!sim_file_exists(sim_text(report->arena, "%s/links.csv", report->path)))
        return true;
    if (!read_links(report, &links, &count, err))
        return false;
    fputs("<section>\n<h2>The busiest links</h2>\n", out);
    report_table(out,
                 "Bytes over each link, and what share of the run it was busy at full bandwidth",
                 head, true);
    for (int i = 0; i < count && i < MOST_LINKS && links[i].bytes > 0; i++) {
        fputs("<tr>", out);
        page_element(out, "th scope=\"row\"", links[i].name);
        report_cell(out, links[i].bytes, SIM_UNIT_BYTES);
        fprintf(out,
                "<td class=\"number\" data-value=\"%.17g\">%.1f %%</td><td><span class=\"shares\" "
                "aria-hidden=\"true\"><i class=\"communicate\" "
                "style=\"width:%.2f%%\"></i></span></td></tr>\n",
                links[i].busy_share, 100 * links[i].busy_share, 100 * fmin(1, links[i].busy_share));
    }
    report_table_end(out);
    if (count > MOST_LINKS)
        page_element(out, "p class=\"hint\"",
                     sim_text(report->arena, "The %d busiest of %d links; links.csv has all.",
                              MOST_LINKS, count));
    fputs("</section>\n", out);
    return true;
}

/* ---- the page ---- */

static void write_scenario(struct report *report, const json_t *summary)
{
    char *text =
        json_dumps(json_object_get(summary, "scenario"), JSON_INDENT(2) | JSON_REAL_PRECISION(15));

    fputs("<section>\n<h2>The scenario, with all defaults</h2>\n<details><summary>JSON</summary>\n",
          report->out);
    if (text != NULL)
        page_element(report->out, "pre tabindex=\"0\"", text);
    fputs("</details>\n</section>\n", report->out);
    free(text);
}

static bool write_timeline(struct report *report, const json_t *summary, struct sim_error *err)
{
    FILE *out = report->out;

    fputs("<section>\n<h2>Timeline</h2>\n", out);
    if (!sim_file_exists(sim_text(report->arena, "%s/events.csv", report->path))) {
        fputs("<p class=\"hint\">This run kept no events. <code>--trace full</code> keeps them; "
              "then who did what when "
              "can be looked at here.</p>\n</section>\n",
              out);
        return true;
    }
    fputs("<div id=\"timeline\"><noscript>The timeline needs JavaScript; the tables below tell the "
          "same in "
          "sums.</noscript></div>\n</section>\n",
          out);
    return report_events(report, summary, err);
}

static bool write_sections(struct report *report, json_t *summary, struct sim_error *err)
{
    write_result(report, summary);
    write_what_ran(report, summary);
    write_laws(report, json_object_get(summary, "laws"));
    if (!write_timeline(report, summary, err))
        return false;
    write_peers(report, summary);
    write_phases(report, json_object_get(summary, "phases"));
    if (!write_links(report, err))
        return false;
    fputs("<section>\n<h2>Figures</h2>\n", report->out);
    if (report_has_charts(report) && !report_curves(report, err))
        return false;
    fputs("<div class=\"still\">\n", report->out);
    report_figures(report, analysis_plot_run_but_timelines);
    fputs("</div>\n</section>\n", report->out);
    write_metrics(report, json_object_get(summary, "metrics"));
    write_scenario(report, summary);
    return true;
}

bool report_run(struct report *report, struct sim_error *err)
{
    json_t *summary =
        json_load_file(sim_text(report->arena, "%s/summary.json", report->path), 0, NULL);
    bool fine;

    if (json_array_size(json_object_get(summary, "peers")) == 0)
        fine = sim_fail(err, "%s/summary.json: tells of no peers, so there is nothing to report.",
                        report->path);
    else
        fine = write_sections(report, summary, err);
    json_decref(summary);
    return fine;
}
