/* plot.c -- dmlsim plot: figures of a run directory, of a study's store, or of several runs. */
#include "analysis/plot.h"

#include "analysis/gnuplot.h"
#include "analysis/points.h"
#include "sim/base/file.h"
#include "sim/cli/command.h"
#include "sim/trace/directory.h"

#include <string.h>

static const struct sim_option options[] = {
    {"out", 'o', "DIR",
     "where the figures go, instead of RUN_DIR/plots or STUDY.plots beside the store; needed for "
     "several"},
    {"metric", 'm', "NAME",
     "of a study: a number of its summaries that is drawn, too, as NAME, NAME_map and "
     "NAME_winners; speedup or scaling_efficiency unless given"},
    {"break-even", 0, "VALUE",
     "of that metric: where NAME has a dashed line and NAME_map parts cells; 1 for a speedup"},
    {"pareto", 0, "X,Y",
     "of a study: the points that no other beats in both, as in seconds,bytes or joules,loss:less; "
     "drawn as 'pareto'"},
    {"latex", 0, NULL,
     "write NAME.tex and NAME-inc.pdf, too: \\input{NAME} in a document that uses graphicx and "
     "color"},
    {0}};

/* out/x.db -> out/x.plots; out/ring -> out/ring/plots. */
static const char *default_folder(const char *path, bool is_run, struct sim_arena *arena)
{
    const char *slash = strrchr(path, '/');

    if (is_run)
        return sim_text(arena, "%s/plots", path);
    return sim_text(arena, "%.*s%s.plots", slash == NULL ? 0 : (int)(slash - path) + 1, path,
                    sim_stem_of(arena, path));
}

/* Anything else would get a sentence of SQLite's. */
static bool is_database(const char *path)
{
    static const char magic[] = "SQLite format 3";
    char head[sizeof magic] = "";
    FILE *file = fopen(path, "re");
    const bool fine = file != NULL && fread(head, 1, sizeof head, file) == sizeof head;

    if (file != NULL)
        fclose(file);
    return fine && memcmp(head, magic, sizeof magic) == 0;
}

static bool is_plottable(const char *path, bool is_run, struct sim_error *err)
{
    if (is_run)
        return true;
    if (!sim_file_exists(path))
        return sim_fail(err, "%s: there is no such run directory or store.", path);
    if (sim_is_directory(path))
        return sim_fail(
            err, "%s: is a directory, but no run directory (it has no summary.json of ours).",
            path);
    if (!is_database(path))
        return sim_fail(err, "%s: is neither a run directory nor the store of a study.", path);
    return true;
}

static void list_figures(const struct analysis_figures *all)
{
    for (int i = 0; i < all->count; i++)
        if (!all->list[i]->is_left_out)
            printf("%s/%s.{png,svg,pdf%s}\n", all->folder, all->list[i]->name,
                   all->list[i]->has_latex ? ",tex" : "");
    fflush(stdout);
    for (int i = 0; i < all->left_out_count; i++)
        fprintf(stderr, "dmlsim: %s\n", all->left_out[i]);
}

/* What one call draws. */
struct job {
    const char *const *paths;
    int count;
    bool is_run; /* or all are: several are runs */
    struct analysis_choice choice;
};

static bool write_figures(struct analysis_figures *all, const struct job *job,
                          struct sim_error *err)
{
    if (job->count > 1)
        return analysis_plot_runs(all, job->paths, job->count, err);
    return job->is_run ? analysis_plot_run(all, job->paths[0], err)
                       : analysis_plot_store(all, job->paths[0], &job->choice, err);
}

static int draw(struct analysis_figures *all, const struct job *job, struct sim_error *err)
{
    int code;

    if (!write_figures(all, job, err)) {
        analysis_figures_abandon(all);
        return 2;
    }
    code = analysis_figures_draw(all, err);
    if (code == 0)
        list_figures(all);
    return code;
}

/* Several paths are run directories whose curves are compared; nothing else can be. */
static bool are_plottable(const struct job *job, struct sim_arena *arena, struct sim_error *err)
{
    if (job->count == 1)
        return is_plottable(job->paths[0], job->is_run, err);
    for (int i = 0; i < job->count; i++)
        if (!sim_is_run_directory(arena, job->paths[i]))
            return sim_fail(err,
                            "%s: is no run directory; only the learning curves of run directories "
                            "can be drawn together. A study's points are in one store already.",
                            job->paths[i]);
    return true;
}

static int run(const struct sim_call *call)
{
    const char **paths = sim_new(call->arena, const char *, (size_t)call->argument_count);
    const char *out = sim_option_value(call, "out");
    struct job job = {.paths = paths, .count = call->argument_count};
    struct analysis_figures all;
    struct sim_error err = {0};
    int code = 2;

    for (int i = 0; i < call->argument_count; i++)
        paths[i] = sim_without_slash(call->arena, call->arguments[i]);
    job.is_run = sim_is_run_directory(call->arena, paths[0]);
    if (job.count > 1 && out == NULL)
        return sim_misused(call, "several run directories have no folder in common: say with --out "
                                 "DIR where their figure goes.");
    job.choice = (struct analysis_choice){sim_option_value(call, "metric"),
                                          sim_option_value(call, "break-even"),
                                          sim_option_value(call, "pareto")};
    if (job.is_run &&
        (job.choice.metric != NULL || job.choice.break_even != NULL || job.choice.pareto != NULL))
        return sim_misused(call, "--metric, --break-even and --pareto are for a study's store.");
    if (are_plottable(&job, call->arena, &err)) {
        out = out == NULL ? default_folder(paths[0], job.is_run, call->arena)
                          : sim_without_slash(call->arena, out);
        if (analysis_figures_begin(&all, out, call->arena, &err)) {
            all.wants_latex = sim_option_given(call, "latex");
            code = draw(&all, &job, &err);
        }
    }
    fflush(stdout);
    return sim_complain(&err, code);
}

SIM_COMMAND(plot) = {
    .name = "plot",
    .arguments = "RUN_DIR...|STUDY.db",
    .summary = "draw a run directory or a study as PNG, SVG and PDF",
    .description =
        "A run directory gives 'timeline' (who did what when, if it was run with --trace full; "
        "else how long each peer did what), 'links' (bytes and busy share of each link), "
        "'platform_graph' (the same on the graph of the platform, if graphviz is installed) and, "
        "if "
        "a small model learned, 'learning' (its accuracy and loss over simulated time, over "
        "bytes and, of clients that state their watts, over joules); of a federated run also "
        "'rounds' "
        "(what each round waited for, and who dropped) and 'clients' (the times of each); of a "
        "pipeline's run also 'schedule' (the operations of each stage) and 'memory' "
        "(what each stage holds over time); of a run that decodes also 'first_rounds' (their "
        "timeline), 'acceptance' (how many drafts are accepted) and, without drafts, 'waits' (for "
        "tokens). Several run directories give 'learning' with a curve each. A study gives 'time', "
        "'bytes' and 'busiest_card' over its first axis, theory as lines and simulation as "
        "markers; 'breakdown' (what a mean peer did at each point); 'learning' with the last test "
        "of each point; 'pareto', if two quantities are named; 'heat_map' if two keys vary, with "
        "contours over two long axes of numbers, and "
        "'winners' (which algorithm is fastest where) if algorithms compete, too; 'speedup' and "
        "'speedup_map' (and 'speedup_winners') if points tell one, else 'scaling_efficiency', or "
        "another --metric; 'exits' if "
        "requests "
        "leave at several: their shares, and accuracy over latency. Points that differ in the seed "
        "alone are shown as their mean, with the interval that holds it in 95 of 100 such studies "
        "(Student's t). Beside each "
        "figure stand the script (.gp) and the numbers (.dat) it was made of: edit the script and "
        "run gnuplot on it for another style; to keep it from being replaced by the next call, "
        "give --out. With --latex a figure is also NAME.tex with NAME-inc.pdf, its words in the "
        "fonts of the document that inputs it. Needs gnuplot (apt-get install gnuplot-nox).",
    .options = options,
    .least_arguments = 1,
    .most_arguments = ANALYSIS_LINE_TYPES,
    .run = run,
};
