/* plot_rounds.c -- figures `rounds` and `clients` of a federated run, of rounds.csv and clients.csv: where the time of
 * each round went and what became of those it chose, and the same for each client. */
#include "analysis/csv.h"
#include "analysis/plot.h"
#include "analysis/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BARS = 240, TIMES = 4, FATES = 5, MOST_SHARES = 5 };
enum { DOWNLOAD, COMPUTE, UPLOAD, REST };
enum { ARRIVED, SKIPPED, REJECTED, DROPPED, LATE };

/* One bar of both panels: seconds, and how many turns ended how. */
struct bar {
    double times[TIMES], fates[FATES];
    int turns;   /* whose times are in it: to be divided by */
    int number;  /* of the round, or of the client */
    int slowest; /* client of a round; -1: nobody has answered */
};

struct bars {
    struct bar *list;
    int count, room;
    int each; /* how many rounds or clients a drawn bar stands for */
};

/* A panel: shares of bars, stacked. */
struct panel {
    const char *block, *label;
    const char *names[MOST_SHARES], *colours[MOST_SHARES];
    int shares;
    double top, bottom; /* of the height left for both */
};

static const char *const fate_names[] = {"arrived", "skipped", "rejected", "dropped", "late"};
static const char *const fate_colours[] = {"0072B2", "56B4E9", "C8C8C8", "D55E00", "E69F00"};

/* ---- reading ---- */

/* The bar at that place, those before it too; fresh bars are all 0. */
static struct bar *bar_at(struct bars *bars, int place, struct sim_arena *arena)
{
    if (place >= bars->room) {
        const int room = place >= 2 * bars->room ? place + 64 : 2 * bars->room;
        struct bar *larger = sim_new(arena, struct bar, (size_t)room);

        for (int i = 0; i < bars->count; i++)
            larger[i] = bars->list[i];
        bars->list = larger;
        bars->room = room;
    }
    for (; bars->count <= place; bars->count++)
        bars->list[bars->count].number = bars->count;
    return &bars->list[place];
}

/* Rounds and clients are numbered; a table of other numbers is damaged, and none of ours. */
static bool is_number(double value)
{
    return value >= 0 && value < 1 << 24 && value == floor(value);
}

struct columns {
    int round, client, times[TIMES], action;
};

/* Of its round it is the slowest, and then says where the time went; the rest is waiting and summing up. */
static void add_slowest(struct bar *round, const double *times)
{
    for (int t = 0; t < REST; t++) {
        round->times[t] = times[t];
        round->times[REST] = fmax(0, round->times[REST] - times[t]);
    }
}

static void add_turn(struct analysis_csv *csv, const struct columns *columns, struct bars *rounds,
                     struct bars *clients, struct sim_arena *arena)
{
    const double round = analysis_csv_number(csv, columns->round);
    const double client = analysis_csv_number(csv, columns->client);
    const double action = analysis_csv_number(csv, columns->action);
    double times[TIMES];
    struct bar *own;

    if (!is_number(round) || !is_number(client) || !is_number(action - 1) || action > FATES)
        return;
    own = bar_at(clients, (int)client, arena);
    own->fates[(int)action - 1]++;
    if (action >
        REJECTED + 1) /* its times are those until it was lost, or of a round that it missed */
        return;
    own->turns++;
    for (int t = 0; t < TIMES; t++) {
        times[t] = fmax(0, analysis_csv_number_or_gap(csv, columns->times[t]));
        own->times[t] += times[t];
    }
    if (round >= 1 && round <= rounds->count && rounds->list[(int)round - 1].slowest == client)
        add_slowest(&rounds->list[(int)round - 1], times);
}

static bool read_clients(const struct analysis_run *run, struct bars *rounds, struct bars *clients,
                         struct sim_arena *arena, struct sim_error *err)
{
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/clients.csv", run->folder), arena, err);
    struct columns columns;

    if (csv == NULL)
        return false;
    columns = (struct columns){.round = analysis_csv_column(csv, "round"),
                               .client = analysis_csv_column(csv, "client"),
                               .times = {analysis_csv_column(csv, "download_seconds"),
                                         analysis_csv_column(csv, "compute_seconds"),
                                         analysis_csv_column(csv, "upload_seconds"),
                                         analysis_csv_column(csv, "idle_seconds")},
                               .action = analysis_csv_column(csv, "action")};
    while (analysis_csv_next(csv))
        add_turn(csv, &columns, rounds, clients, arena);
    return analysis_csv_close(csv, err);
}

static bool read_rounds(const struct analysis_run *run, struct bars *rounds,
                        struct sim_arena *arena, struct sim_error *err)
{
    static const char *const names[FATES] = {"finished", "skipped", "rejected", "dropped", "late"};
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/rounds.csv", run->folder), arena, err);
    int fates[FATES], seconds, client;

    if (csv == NULL)
        return false;
    seconds = analysis_csv_column(csv, "round_seconds");
    client = analysis_csv_column(csv, "slowest_client");
    for (int f = 0; f < FATES; f++)
        fates[f] = analysis_csv_column(csv, names[f]);
    while (analysis_csv_next(csv)) {
        const double slowest = analysis_csv_number_or_gap(csv, client);
        struct bar *bar = bar_at(rounds, rounds->count, arena);

        bar->number = rounds->count;
        bar->slowest = is_number(slowest) ? (int)slowest : -1;
        bar->turns = 1;
        bar->times[REST] = fmax(0, analysis_csv_number_or_gap(csv, seconds)); /* of all, so far */
        for (int f = 0; f < FATES; f++)
            bar->fates[f] = fmax(0, analysis_csv_number_or_gap(csv, fates[f]));
    }
    return analysis_csv_close(csv, err);
}

/* ---- bars ---- */

static double busy_seconds(const struct bar *bar)
{
    return bar->turns == 0
               ? INFINITY
               : (bar->times[DOWNLOAD] + bar->times[COMPUTE] + bar->times[UPLOAD]) / bar->turns;
}

/* Those that never answered stand last. */
static int faster_first(const void *a, const void *b)
{
    const struct bar *x = a, *y = b;
    const double s = busy_seconds(x), t = busy_seconds(y);

    return s != t ? (s < t ? -1 : 1) : x->number - y->number;
}

/* Clients that were chosen, sorted. */
static void sort_clients(struct bars *clients)
{
    int kept = 0;

    for (int i = 0; i < clients->count; i++) {
        double turns = 0;

        for (int f = 0; f < FATES; f++)
            turns += clients->list[i].fates[f];
        if (turns > 0)
            clients->list[kept++] = clients->list[i];
    }
    clients->count = kept;
    qsort(clients->list, (size_t)kept, sizeof *clients->list, faster_first);
}

/* Neighbours share a bar, as their mean, where there are more than can be told apart. */
static void thin_out(struct bars *bars)
{
    const int each = (bars->count + MOST_BARS - 1) / MOST_BARS;
    int kept = 0;

    bars->each = each > 0 ? each : 1;
    for (int i = 0; i < bars->count; i += bars->each) {
        struct bar sum = {.number = bars->list[i].number};
        const int many = bars->count - i < bars->each ? bars->count - i : bars->each;

        for (int j = i; j < i + many; j++) {
            sum.turns += bars->list[j].turns;
            for (int t = 0; t < TIMES; t++)
                sum.times[t] += bars->list[j].times[t];
            for (int f = 0; f < FATES; f++)
                sum.fates[f] += bars->list[j].fates[f] / many;
        }
        bars->list[kept++] = sum;
    }
    bars->count = kept;
}

static struct analysis_scale scale_of(const struct bars *bars, bool with_rest)
{
    double most = 0;

    for (int i = 0; i < bars->count; i++)
        if (bars->list[i].turns > 0)
            most =
                fmax(most, busy_seconds(&bars->list[i]) +
                               (with_rest ? bars->list[i].times[REST] / bars->list[i].turns : 0));
    return analysis_scale_for(most, SIM_UNIT_SECONDS);
}

/* ---- drawing ---- */

static void write_numbers(struct analysis_figure *figure, const struct bars *bars, bool by_number,
                          double factor)
{
    for (int i = 0; i < bars->count; i++) {
        const struct bar *bar = &bars->list[i];

        fprintf(figure->data, "%d", by_number ? bar->number : i * bars->each + 1);
        for (int t = 0; t < TIMES; t++) {
            putc(' ', figure->data);
            analysis_number(figure->data, bar->turns > 0 ? bar->times[t] / bar->turns * factor : 0);
        }
        for (int f = 0; f < FATES; f++) {
            putc(' ', figure->data);
            analysis_number(figure->data, bar->fates[f]);
        }
        fprintf(figure->data, " %d\n", bar->number);
    }
}

/* Boxes from the sum of the columns before to the sum with this one. */
static void write_panel(const struct analysis_figure *figure, const struct panel *panel, int first,
                        int each)
{
    const char *before = "0";
    char sums[MOST_SHARES][64] = {""};

    fprintf(
        figure->script,
        "set tmargin at screen top-%g*share\nset bmargin at screen top-%g*share\nset ylabel '%s'\n"
        "plot ",
        panel->top, panel->bottom, panel->label);
    for (int s = 0; s < panel->shares; s++) {
        snprintf(sums[s], sizeof sums[s], "%.50s+$%d", before, first + s);
        fprintf(figure->script,
                "%s'%s.dat' index '%s' using ($1+%g):(%s):($1-0.5):($1+%d-0.5):(%s):(%s) with "
                "boxxyerror fillcolor rgb '#%s' linewidth 0 title '%s'",
                s > 0 ? ", \\\n     " : "", figure->name, panel->block, 0.5 * (each - 1), sums[s],
                each, before, sums[s], panel->colours[s], panel->names[s]);
        before = sums[s];
    }
    putc('\n', figure->script);
}

static bool draw(struct analysis_figures *all, const struct analysis_look *look,
                 const struct bars *bars, const char *x, const struct panel *panels, double factor,
                 struct sim_error *err)
{
    const bool by_number = strcmp(look->name, "rounds") == 0;
    struct analysis_figure *figure = analysis_figure_begin(all, look, err);
    const double low = (3.6 + 0.86 * analysis_note_lines(look, all->arena)) * 0.1135;

    if (figure == NULL)
        return false;
    fprintf(figure->script,
            "top = 1 - 0.5/height\nshare = top - %.3f/height\n"
            "set style fill solid 1 noborder\nset grid noxtics\nset xrange [0.4:%d.6]\n"
            "set yrange [0:*]\nset lmargin at screen 0.105\nset rmargin at screen 0.975\n",
            low, bars->count * bars->each);
    analysis_block(figure, "bars",
                   "number  download compute upload rest  arrived skipped rejected dropped late  "
                   "round or client");
    write_numbers(figure, bars, by_number, factor);
    analysis_figure_plot(figure);
    fputs("set multiplot\nset format x ''\nunset xlabel\n", figure->script);
    write_panel(figure, &panels[0], 2, bars->each);
    fprintf(figure->script, "unset label\nset format x '%%g'\nset xlabel '%s'\n", x);
    write_panel(figure, &panels[1], 2 + TIMES, bars->each);
    fputs("unset multiplot\n", figure->script);
    analysis_frame(figure->script, look, all->arena);
    fputs("set grid noxtics\nset format x ''\nunset xlabel\n", figure->script);
    return analysis_figure_end(figure, err);
}

static struct panel fate_panel(const char *label)
{
    struct panel panel = {
        .block = "bars", .label = label, .shares = FATES, .top = 0.66, .bottom = 1};

    for (int f = 0; f < FATES; f++) {
        panel.names[f] = fate_names[f];
        panel.colours[f] = fate_colours[f];
    }
    return panel;
}

static struct panel time_panel(const char *label, const char *rest)
{
    return (struct panel){.block = "bars",
                          .label = label,
                          .names = {"download", "compute", "upload", rest},
                          .colours = {"56B4E9", "0072B2", "E69F00", "DDDDDD"},
                          .shares = TIMES,
                          .top = 0,
                          .bottom = 0.54};
}

static const char *note_on_bars(const struct bars *bars, const char *what, struct sim_arena *arena)
{
    return bars->each == 1 ? "" : sim_text(arena, " A bar is the mean of %d %s.", bars->each, what);
}

static bool plot_rounds(struct analysis_figures *all, const struct analysis_run *run,
                        struct bars *rounds, struct sim_error *err)
{
    const int count = rounds->count;
    struct analysis_scale scale;
    struct analysis_look look = {.name = "rounds", .width = 5.4, .height = 3.5, .key_rows = 1};
    struct panel panels[2];

    thin_out(rounds);
    scale = scale_of(rounds, true);
    look.title = sim_text(all->arena, "%s: what %d round%s waited for", run->title, count,
                          analysis_plural(count));
    look.notes[0] =
        sim_text(all->arena,
                 "Above: the seconds of the client that was waited for longest; the rest of the "
                 "round is the "
                 "server's (waiting for others, a deadline, the sum of updates). Below: what "
                 "became of those "
                 "that were chosen; who is late counts in the round in which it arrived.%s",
                 note_on_bars(rounds, "rounds", all->arena));
    look.notes[1] = run->origin;
    panels[0] = time_panel(sim_text(all->arena, "slowest (%s)", scale.unit), "rest");
    panels[1] = fate_panel("clients");
    return draw(all, &look, rounds, "round", panels, scale.factor, err);
}

static bool plot_clients(struct analysis_figures *all, const struct analysis_run *run,
                         struct bars *clients, struct sim_error *err)
{
    struct analysis_scale scale;
    struct analysis_look look = {.name = "clients", .width = 5.4, .height = 3.5, .key_rows = 1};
    struct panel panels[2];
    int count;

    sort_clients(clients);
    count = clients->count;
    thin_out(clients);
    scale = scale_of(clients, true);
    look.title = sim_text(all->arena, "%s: what %d client%s did in a round", run->title, count,
                          analysis_plural(count));
    look.notes[0] = sim_text(
        all->arena,
        "Each client that was chosen, in order of its mean time; above, the mean of the rounds in "
        "which it "
        "answered (idle: from its answer to the round's end); below, how often it was chosen.%s",
        note_on_bars(clients, "clients", all->arena));
    look.notes[1] = run->origin;
    panels[0] = time_panel(sim_text(all->arena, "mean (%s)", scale.unit), "idle");
    panels[1] = fate_panel("turns");
    return draw(all, &look, clients, "clients, the fastest first", panels, scale.factor, err);
}

bool analysis_plot_rounds(struct analysis_figures *all, const struct analysis_run *run,
                          struct sim_error *err)
{
    static const char *const of_rounds[] = {
        "round_seconds", "slowest_client", "finished", "skipped",
        "rejected",      "dropped",        "late",     NULL};
    static const char *const of_clients[] = {
        "round",          "client",       "download_seconds", "compute_seconds",
        "upload_seconds", "idle_seconds", "action",           NULL};
    struct bars rounds = {0}, clients = {0};

    if (!analysis_csv_holds(sim_text(all->arena, "%s/rounds.csv", run->folder), of_rounds,
                            all->arena) ||
        !analysis_csv_holds(sim_text(all->arena, "%s/clients.csv", run->folder), of_clients,
                            all->arena))
        return true;
    if (!read_rounds(run, &rounds, all->arena, err) ||
        !read_clients(run, &rounds, &clients, all->arena, err))
        return false;
    return (rounds.count == 0 || plot_rounds(all, run, &rounds, err)) &&
           (clients.count == 0 || plot_clients(all, run, &clients, err));
}
