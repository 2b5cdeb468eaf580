#include "analysis/gnuplot.h"

#include "analysis/latex.h"
#include "sim/base/file.h"
#include "sim/study/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INTERRUPTED = 130 };

/* One gnuplot, or dot, under way. */
struct drawing {
    struct analysis_figure *figure;
    const char *program;
    pid_t pid;        /* 0: ended, or never started */
    FILE *complaints; /* its standard error; NULL once it was read */
};

static int spawn(struct drawing *drawing, const char *folder, char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int problem;

    sim_spawn_attributes(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(drawing->complaints), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(drawing->complaints), STDERR_FILENO);
    problem =
        posix_spawnp(&drawing->pid, drawing->program, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

/* gnuplot -d NAME.gp, in the folder of the figure; -d: no start-up file changes how figures look. */
static int spawn_gnuplot(struct drawing *drawing, const struct analysis_figures *all)
{
    char program[] = "gnuplot", defaults[] = "-d";
    char *script = sim_text(all->arena, "%s.gp", drawing->figure->name);
    char *arguments[] = {program, defaults, script, NULL};

    drawing->program = "gnuplot";
    return spawn(drawing, all->partial, arguments);
}

/* dot -Tpng -oNAME.png NAME.dot, for one format of the three. */
static int spawn_dot(struct drawing *drawing, const struct analysis_figures *all,
                     const char *format)
{
    char program[] = "dot", sharp[] = "-Gdpi=333", common[] = "-Gdpi=72";
    char *kind = sim_text(all->arena, "-T%s", format);
    char *out = sim_text(all->arena, "-o%s.%s", drawing->figure->name, format);
    char *script = sim_text(all->arena, "%s.dot", drawing->figure->name);
    char *arguments[] = {program, strcmp(format, "png") == 0 ? sharp : common, kind, out, script,
                         NULL};

    drawing->program = "dot";
    return spawn(drawing, all->partial, arguments);
}

/* Without gnuplot there is nothing; without dot the other figures stay. */
static bool was_started(struct drawing *drawing, struct analysis_figures *all, int problem,
                        struct sim_error *err)
{
    if (problem == 0)
        return true;
    drawing->pid = 0;
    if (problem == ENOENT && drawing->figure->is_graph) {
        if (!drawing->figure->is_left_out)
            analysis_leave_out(
                all, sim_text(all->arena,
                              "%s is left out: graphviz, which lays it out, is not installed: "
                              "apt-get install graphviz brings it.",
                              drawing->figure->name));
        drawing->figure->is_left_out = true;
        return true;
    }
    if (problem == ENOENT)
        return sim_fail(err, "gnuplot, which draws the figures, is not installed: apt-get install "
                             "gnuplot-nox brings it. The results are untouched.");
    return sim_fail(err, "%s cannot be started: %s.", drawing->program, strerror(problem));
}

static bool start(struct drawing *drawing, struct analysis_figures *all,
                  struct analysis_figure *figure, const char *format, struct sim_error *err)
{
    *drawing = (struct drawing){.figure = figure, .complaints = tmpfile()};
    if (drawing->complaints == NULL)
        return sim_fail(err, "A temporary file cannot be made: %s.", strerror(errno));
    return was_started(
        drawing, all,
        figure->is_graph ? spawn_dot(drawing, all, format) : spawn_gnuplot(drawing, all), err);
}

/* gnuplot's complaint is its last line that is not the pointer to a column. */
static const char *last_line(char *text)
{
    char *last = text;

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (line[strspn(line, " \t^")] != '\0')
            last = line;
    return last;
}

/* Read and close what a gnuplot that has ended complained about. */
static bool judge(struct drawing *drawing, int status, struct sim_arena *arena,
                  struct sim_error *err)
{
    size_t length;
    char *complaints = sim_file_take(arena, drawing->complaints, &length);

    drawing->complaints = NULL;
    drawing->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status))
        return sim_fail(err, "%s died of signal %d (%s) while it drew %s.", drawing->program,
                        WTERMSIG(status), strsignal(WTERMSIG(status)), drawing->figure->name);
    return sim_fail(err, "%s could not draw %s: %s", drawing->program, drawing->figure->name,
                    complaints == NULL || *complaints == '\0' ? "it does not say why."
                                                              : last_line(complaints));
}

static void stop_all(struct drawing *drawings, int count)
{
    for (int i = 0; i < count; i++) {
        if (drawings[i].pid > 0) {
            kill(drawings[i].pid, SIGKILL);
            waitpid(drawings[i].pid, NULL, 0);
        }
        if (drawings[i].complaints != NULL)
            fclose(drawings[i].complaints);
        drawings[i] = (struct drawing){0};
    }
}

static int reap(struct drawing *drawings, int count, struct sim_arena *arena, struct sim_error *err,
                bool *fine)
{
    int running = 0, status;

    for (int i = 0; i < count; i++) {
        if (drawings[i].pid == 0)
            continue;
        if (waitpid(drawings[i].pid, &status, WNOHANG) == drawings[i].pid)
            *fine = judge(&drawings[i], status, arena, err) && *fine;
        else
            running++;
    }
    return running;
}

static int wait_for_all(struct drawing *drawings, int count, struct sim_arena *arena,
                        struct sim_error *err)
{
    bool fine = true;
    sigset_t set;

    sim_watched_signals(&set);
    while (reap(drawings, count, arena, err, &fine) > 0) {
        const int arrived = sigwaitinfo(&set, NULL);

        if (arrived > 0 && arrived != SIGCHLD) {
            sim_fail(err, "Interrupted: no figure was changed.");
            return INTERRUPTED;
        }
    }
    return fine ? 0 : 2;
}

static const char *const formats[] = {"png", "svg", "pdf"};

enum { FORMATS = sizeof formats / sizeof formats[0], MOST_ENDINGS = FORMATS + 4 };

/* All files of a figure, NULL-ended; none of one that is left out. */
static void list_files(const struct analysis_figure *figure, const char *files[MOST_ENDINGS + 1],
                       struct sim_arena *arena)
{
    int count = 0;

    if (!figure->is_left_out) {
        files[count++] = sim_text(arena, "%s.%s", figure->name, figure->is_graph ? "dot" : "gp");
        if (!figure->is_graph)
            files[count++] = sim_text(arena, "%s.dat", figure->name);
        for (int f = 0; f < FORMATS; f++)
            files[count++] = sim_text(arena, "%s.%s", figure->name, formats[f]);
        if (figure->has_latex) {
            files[count++] = sim_text(arena, "%s.tex", figure->name);
            files[count++] = sim_text(arena, "%s-inc.pdf", figure->name);
        }
    }
    files[count] = NULL;
}

static bool finish_latex(const struct analysis_figures *all, struct sim_error *err)
{
    for (int i = 0; i < all->count; i++)
        if (all->list[i]->has_latex &&
            !analysis_latex_finish(all->partial, all->list[i]->name, all->arena, err))
            return false;
    return true;
}

/* A gnuplot that exits with 0 has written its pictures, unless it is no gnuplot. */
static bool all_are_there(const struct analysis_figures *all, struct sim_error *err)
{
    const char *files[MOST_ENDINGS + 1];

    for (int i = 0; i < all->count; i++) {
        list_files(all->list[i], files, all->arena);
        for (int f = 0; files[f] != NULL; f++) {
            struct stat status;

            if (stat(sim_text(all->arena, "%s/%s", all->partial, files[f]), &status) != 0 ||
                status.st_size == 0)
                return sim_fail(err, "%s did not complain, and yet it wrote no %s.",
                                all->list[i]->is_graph ? "dot" : "gnuplot", files[f]);
        }
    }
    return true;
}

static bool put_in_place(const struct analysis_figures *all, struct sim_error *err)
{
    const char *files[MOST_ENDINGS + 1];

    for (int i = 0; i < all->count; i++) {
        list_files(all->list[i], files, all->arena);
        for (int f = 0; files[f] != NULL; f++) {
            const char *target = sim_text(all->arena, "%s/%s", all->folder, files[f]);

            if (rename(sim_text(all->arena, "%s/%s", all->partial, files[f]), target) != 0)
                return sim_fail(err, "%s: cannot be put in place: %s.", target, strerror(errno));
        }
    }
    return true;
}

int analysis_figures_draw(struct analysis_figures *all, struct sim_error *err)
{
    struct drawing drawings[ANALYSIS_MOST_FIGURES * FORMATS] = {{0}};
    bool started = true;
    int code = 2, count = 0;

    for (int i = 0; i < all->count && started; i++)
        for (int f = 0; f < (all->list[i]->is_graph ? FORMATS : 1) && started; f++)
            started = start(&drawings[count++], all, all->list[i], formats[f], err);
    if (started)
        code = wait_for_all(drawings, count, all->arena, err);
    stop_all(drawings, count);
    if (code == 0 && !(finish_latex(all, err) && all_are_there(all, err) && put_in_place(all, err)))
        code = 2;
    analysis_figures_abandon(all);
    return code;
}
