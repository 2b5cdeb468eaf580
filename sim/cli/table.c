#include "sim/cli/table.h"

#include "sim/base/units.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

struct printer {
    FILE *out;
    bool colours;
};

static const char *bold(const struct printer *p)
{
    return p->colours ? "\033[1m" : "";
}

static const char *plain(const struct printer *p)
{
    return p->colours ? "\033[0m" : "";
}

static const char *verdict_colour(const struct printer *p, const char *verdict)
{
    if (!p->colours)
        return "";
    return strcmp(verdict, "holds") == 0    ? "\033[32m"
           : strcmp(verdict, "BROKEN") == 0 ? "\033[31m"
                                            : "\033[2m";
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static enum sim_unit unit_named(const char *name)
{
    for (int unit = SIM_UNIT_NONE; unit <= SIM_UNIT_JOULES; unit++)
        if (strcmp(sim_unit_name((enum sim_unit)unit), name) == 0)
            return (enum sim_unit)unit;
    return SIM_UNIT_NONE;
}

static const char *formatted(char text[SIM_QUANTITY_SIZE], double value, enum sim_unit unit)
{
    if (isnan(value))
        return "-";
    if (unit == SIM_UNIT_NONE && value == floor(value) && fabs(value) < 1e15) {
        snprintf(text, SIM_QUANTITY_SIZE, "%.0f", value);
        return text;
    }
    return sim_format_quantity(text, value, unit);
}

/* ---- one run ---- */

static void print_head(const struct printer *p, const json_t *summary)
{
    fprintf(p->out, "%s%s%s on %s (%lld hosts), network: %s, seed %lld\n", bold(p),
            text_of(summary, "algorithm"), plain(p), text_of(summary, "platform"),
            (long long)number_of(summary, "hosts"), text_of(summary, "network"),
            (long long)number_of(summary, "seed"));
}

static void print_line(const struct printer *p, const char *label, double value, enum sim_unit unit,
                       const char *remark)
{
    char text[SIM_QUANTITY_SIZE];

    fprintf(p->out, "  %-22s%14s%s%s\n", label, formatted(text, value, unit), *remark ? "   " : "",
            remark);
}

static void print_totals(const struct printer *p, const json_t *summary)
{
    const json_t *card = json_object_get(summary, "busiest_card");
    const json_t *simulation = json_object_get(summary, "simulation");
    char remark[256];

    print_line(p, "simulated time", number_of(summary, "simulated_seconds"), SIM_UNIT_SECONDS, "");
    fprintf(p->out, "  %-22s%14s   %s\n", "simulation", text_of(simulation, "ran"),
            text_of(simulation, "why"));
    snprintf(remark, sizeof remark, "in %.0f messages", number_of(summary, "messages"));
    print_line(p, "bytes on the network", number_of(summary, "bytes"), SIM_UNIT_BYTES, remark);
    if (json_is_object(card)) {
        snprintf(remark, sizeof remark, "one way, %s %s them", text_of(card, "host"),
                 text_of(card, "way"));
        print_line(p, "busiest network card", number_of(card, "bytes"), SIM_UNIT_BYTES, remark);
    }
    if (number_of(summary, "local_bytes") > 0) {
        snprintf(remark, sizeof remark, "in %.0f messages, never on the network",
                 number_of(summary, "local_messages"));
        print_line(p, "bytes inside hosts", number_of(summary, "local_bytes"), SIM_UNIT_BYTES,
                   remark);
    }
    if (number_of(summary, "bytes_cancelled") > 0)
        print_line(p, "bytes cancelled", number_of(summary, "bytes_cancelled"), SIM_UNIT_BYTES, "");
    print_line(p, "computation", number_of(summary, "flop"), SIM_UNIT_FLOP, "");
    if (!json_is_null(json_object_get(summary, "joules")))
        print_line(p, "energy of the hosts", number_of(summary, "joules"), SIM_UNIT_JOULES,
                   "of those that take part");
}

static void print_remarks(const struct printer *p, const json_t *remarks)
{
    const json_t *remark;
    size_t i;

    json_array_foreach (remarks, i, remark)
        fprintf(p->out, "%s  %s\n", i == 0 ? "\n" : "", json_string_value(remark));
}

/* Metrics carry their unit at the end of their name. */
static enum sim_unit unit_of_metric(const char *name)
{
    static const struct {
        const char *end;
        enum sim_unit unit;
    } ends[] = {{"_bytes_per_second", SIM_UNIT_BYTES_PER_SECOND},
                {"_seconds", SIM_UNIT_SECONDS},
                {"_bytes", SIM_UNIT_BYTES},
                {"_joules", SIM_UNIT_JOULES},
                {"_flop", SIM_UNIT_FLOP}};
    const size_t length = strlen(name);

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (length > strlen(ends[i].end) &&
            strcmp(name + length - strlen(ends[i].end), ends[i].end) == 0)
            return ends[i].unit;
    return SIM_UNIT_NONE;
}

static void print_list(const struct printer *p, const char *name, const json_t *values)
{
    char text[SIM_QUANTITY_SIZE];
    const json_t *value;
    size_t i;

    fprintf(p->out, "  %-44s", name);
    json_array_foreach (values, i, value)
        fprintf(p->out, "%s%s", i > 0 ? ", " : "",
                formatted(text, json_is_number(value) ? json_number_value(value) : NAN,
                          unit_of_metric(name)));
    putc('\n', p->out);
}

/* mean_X beside p50_X, p95_X and p99_X: what a table says of its column X. */
static const char *const quantiles[] = {"mean_", "p50_", "p95_", "p99_"};
enum { QUANTILES = 4 };

/* X, where the metric is one of the four and all are there; else NULL. */
static const char *column_of(const json_t *metrics, const char *name)
{
    char other[256];

    for (int q = 0; q < QUANTILES; q++) {
        const char *column = name + strlen(quantiles[q]);
        int found = 0;

        if (strncmp(name, quantiles[q], strlen(quantiles[q])) != 0)
            continue;
        for (int o = 0; o < QUANTILES; o++) {
            snprintf(other, sizeof other, "%s%s", quantiles[o], column);
            found += json_object_get(metrics, other) != NULL;
        }
        return found == QUANTILES ? column : NULL;
    }
    return NULL;
}

static void print_quantiles(const struct printer *p, const json_t *metrics)
{
    char text[SIM_QUANTITY_SIZE], key[256];
    const char *name;
    const json_t *value;
    bool has_head = false;

    json_object_foreach ((json_t *)(uintptr_t)metrics, name, value) {
        const char *column = column_of(metrics, name);

        if (column == NULL || strncmp(name, quantiles[0], strlen(quantiles[0])) != 0)
            continue;
        if (!has_head)
            fprintf(p->out, "\n%s  %-30s%14s%14s%14s%14s%s\n", bold(p), "of all rows", "mean",
                    "p50", "p95", "p99", plain(p));
        has_head = true;
        fprintf(p->out, "  %-30s", column);
        for (int q = 0; q < QUANTILES; q++) {
            snprintf(key, sizeof key, "%s%s", quantiles[q], column);
            fprintf(p->out, "%14s", formatted(text, number_of(metrics, key), unit_of_metric(key)));
        }
        putc('\n', p->out);
    }
}

static void print_metrics(const struct printer *p, const json_t *metrics)
{
    char text[SIM_QUANTITY_SIZE];
    const char *name;
    const json_t *value;

    if (json_object_size(metrics) > 0)
        fprintf(p->out, "\n%s  metrics, last values%s\n", bold(p), plain(p));
    json_object_foreach ((json_t *)(uintptr_t)metrics, name, value) {
        if (column_of(metrics, name) != NULL)
            continue;
        if (json_is_array(value))
            print_list(p, name, value);
        else
            fprintf(p->out, "  %-44s%14s\n", name,
                    formatted(text, json_is_number(value) ? json_number_value(value) : NAN,
                              unit_of_metric(name)));
    }
}

static const char *verdict(const json_t *law)
{
    if (!json_is_true(json_object_get(law, "checked")))
        return "not checked";
    return json_is_true(json_object_get(law, "holds")) ? "holds" : "BROKEN";
}

static void print_law(const struct printer *p, const json_t *law)
{
    const enum sim_unit unit = unit_named(text_of(law, "unit"));
    const bool checked = json_is_true(json_object_get(law, "checked"));
    char theory[SIM_QUANTITY_SIZE], simulated[SIM_QUANTITY_SIZE];

    fprintf(p->out, "  %-36s%14s%14s%10.1e  %s%s%s\n", text_of(law, "quantity"),
            formatted(theory, number_of(law, "theory"), unit),
            formatted(simulated, number_of(law, "simulated"), unit),
            checked && json_is_number(json_object_get(law, "error")) ? number_of(law, "error")
                                                                     : 0.0,
            verdict_colour(p, verdict(law)), verdict(law), plain(p));
    fprintf(p->out, "    = %s\n", text_of(law, "formula"));
    if (!checked)
        fprintf(p->out, "    it assumes: %s\n", text_of(law, "assumes"));
}

static void print_laws(const struct printer *p, const json_t *laws)
{
    const json_t *law;
    size_t i;

    fprintf(p->out, "\n%s  %-36s%14s%14s%10s%s\n", bold(p), "theory beside simulation", "theory",
            "simulated", "error", plain(p));
    json_array_foreach (laws, i, law)
        print_law(p, law);
}

/* Mean over the peers of a role. */
struct share {
    int peers;
    double compute, communicate, wait, idle;
};

static struct share share_of(const json_t *peers, const char *role)
{
    struct share sum = {0};
    const json_t *peer;
    size_t i;

    json_array_foreach (peers, i, peer) {
        if (strcmp(text_of(peer, "role"), role) != 0)
            continue;
        sum.peers++;
        sum.compute += number_of(peer, "compute_seconds");
        sum.communicate += number_of(peer, "communicate_seconds");
        sum.wait += number_of(peer, "wait_seconds");
        sum.idle += number_of(peer, "idle_seconds");
    }
    return sum;
}

static void print_share(const struct printer *p, const char *role, struct share sum, double seconds)
{
    const double whole = seconds * sum.peers / 100;

    fprintf(p->out, "  %-22s%8d", role, sum.peers);
    fprintf(p->out, "%11.1f %%%11.1f %%%11.1f %%%11.1f %%\n", whole > 0 ? sum.compute / whole : 0,
            whole > 0 ? sum.communicate / whole : 0, whole > 0 ? sum.wait / whole : 0,
            whole > 0 ? sum.idle / whole : 0);
}

static bool seen_before(const json_t *peers, size_t place)
{
    const char *role = text_of(json_array_get(peers, place), "role");

    for (size_t i = 0; i < place; i++)
        if (strcmp(text_of(json_array_get(peers, i), "role"), role) == 0)
            return true;
    return false;
}

static void print_roles(const struct printer *p, const json_t *summary)
{
    const json_t *peers = json_object_get(summary, "peers"), *peer;
    size_t i, died = 0;

    fprintf(p->out, "\n%s  %-22s%8s%13s%13s%13s%13s%s\n", bold(p), "where the time went", "peers",
            "compute", "communicate", "wait", "idle", plain(p));
    json_array_foreach (peers, i, peer) {
        died += json_is_true(json_object_get(peer, "died"));
        if (i < 1 ||
            strcmp(text_of(peer, "role"), text_of(json_array_get(peers, i - 1), "role")) != 0)
            if (!seen_before(peers, i))
                print_share(p, text_of(peer, "role"), share_of(peers, text_of(peer, "role")),
                            number_of(summary, "simulated_seconds"));
    }
    if (died > 0)
        fprintf(p->out, "  %zu of %zu peers died; the others finished without them (degraded).\n",
                died, json_array_size(peers));
}

void sim_print_summary(FILE *out, const json_t *summary, bool colours)
{
    const struct printer printer = {out, colours};

    print_head(&printer, summary);
    putc('\n', out);
    print_totals(&printer, summary);
    print_remarks(&printer, json_object_get(summary, "remarks"));
    print_laws(&printer, json_object_get(summary, "laws"));
    print_metrics(&printer, json_object_get(summary, "metrics"));
    print_quantiles(&printer, json_object_get(summary, "metrics"));
    print_roles(&printer, summary);
}

/* ---- several runs, side by side ---- */

enum { LABEL_WIDTH = 36, COLUMN_WIDTH = 24 };

static const json_t *law_of(const json_t *summary, const char *quantity)
{
    const json_t *law;
    size_t i;

    json_array_foreach (json_object_get(summary, "laws"), i, law)
        if (strcmp(text_of(law, "quantity"), quantity) == 0)
            return law;
    return NULL;
}

static void print_row(const struct printer *p, const char *label, const json_t *const *summaries,
                      int count, const char *key, enum sim_unit unit)
{
    char text[SIM_QUANTITY_SIZE];

    fprintf(p->out, "  %-*s", LABEL_WIDTH, label);
    for (int i = 0; i < count; i++)
        fprintf(p->out, "%*s", COLUMN_WIDTH, formatted(text, number_of(summaries[i], key), unit));
    putc('\n', p->out);
}

static void print_card_row(const struct printer *p, const json_t *const *summaries, int count)
{
    char text[SIM_QUANTITY_SIZE];

    fprintf(p->out, "  %-*s", LABEL_WIDTH, "busiest network card, one way");
    for (int i = 0; i < count; i++)
        fprintf(p->out, "%*s", COLUMN_WIDTH,
                formatted(text, number_of(json_object_get(summaries[i], "busiest_card"), "bytes"),
                          SIM_UNIT_BYTES));
    putc('\n', p->out);
}

static void print_law_row(const struct printer *p, const char *quantity,
                          const json_t *const *summaries, int count)
{
    fprintf(p->out, "  %-*s", LABEL_WIDTH, quantity);
    for (int i = 0; i < count; i++) {
        const json_t *law = law_of(summaries[i], quantity);
        char text[SIM_QUANTITY_SIZE], cell[SIM_QUANTITY_SIZE + 16];

        snprintf(cell, sizeof cell, "%s %s",
                 formatted(text, law ? number_of(law, "theory") : NAN,
                           law ? unit_named(text_of(law, "unit")) : SIM_UNIT_NONE),
                 law ? verdict(law) : "");
        fprintf(p->out, "%*s", COLUMN_WIDTH, cell);
    }
    putc('\n', p->out);
    for (int i = 0; i < count; i++) {
        const json_t *law = law_of(summaries[i], quantity);

        if (law != NULL)
            fprintf(p->out, "    %s: %s\n", text_of(summaries[i], "name"), text_of(law, "formula"));
    }
}

static void print_metric_rows(const struct printer *p, const json_t *const *summaries, int count)
{
    char text[SIM_QUANTITY_SIZE];
    json_t *all = json_object();
    const char *name;
    json_t *value;

    for (int i = 0; i < count; i++)
        json_object_update_missing(all, json_object_get(summaries[i], "metrics"));
    if (json_object_size(all) > 0)
        fprintf(p->out, "\n%s  metrics, last values%s\n", bold(p), plain(p));
    json_object_foreach (all, name, value) {
        fprintf(p->out, "  %-*s", LABEL_WIDTH, name);
        for (int i = 0; i < count; i++)
            fprintf(p->out, "%*s", COLUMN_WIDTH,
                    formatted(text, number_of(json_object_get(summaries[i], "metrics"), name),
                              unit_of_metric(name)));
        putc('\n', p->out);
    }
    json_decref(all);
}

static bool is_earlier_law(const json_t *const *summaries, int run, const char *quantity)
{
    for (int i = 0; i < run; i++)
        if (law_of(summaries[i], quantity) != NULL)
            return true;
    return false;
}

void sim_print_comparison(FILE *out, const json_t *const *summaries, int count, bool colours)
{
    const struct printer printer = {out, colours};
    const json_t *law;
    size_t n;

    fprintf(out, "%s  %-*s", bold(&printer), LABEL_WIDTH, "");
    for (int i = 0; i < count; i++)
        fprintf(out, "%*.*s", COLUMN_WIDTH, COLUMN_WIDTH - 1, text_of(summaries[i], "name"));
    fprintf(out, "%s\n", plain(&printer));
    print_row(&printer, "simulated time", summaries, count, "simulated_seconds", SIM_UNIT_SECONDS);
    print_row(&printer, "bytes on the network", summaries, count, "bytes", SIM_UNIT_BYTES);
    print_row(&printer, "messages", summaries, count, "messages", SIM_UNIT_NONE);
    print_card_row(&printer, summaries, count);
    print_row(&printer, "computation", summaries, count, "flop", SIM_UNIT_FLOP);
    print_row(&printer, "energy of the hosts", summaries, count, "joules", SIM_UNIT_JOULES);
    fprintf(out, "\n%s  %s%s\n", bold(&printer), "theory", plain(&printer));
    for (int i = 0; i < count; i++)
        json_array_foreach (json_object_get(summaries[i], "laws"), n, law)
            if (!is_earlier_law(summaries, i, text_of(law, "quantity")))
                print_law_row(&printer, text_of(law, "quantity"), summaries, count);
    print_metric_rows(&printer, summaries, count);
}
