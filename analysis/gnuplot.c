#include "analysis/gnuplot.h"

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

/* One gnuplot under way. */
struct drawing {
    const char *name;
    pid_t pid;        /* 0: ended, or never started */
    FILE *complaints; /* its standard error; NULL once it was read */
};

/* main blocks signals and ignores SIGPIPE, which a child would inherit. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, pipes;

    sigemptyset(&none);
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &pipes);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* gnuplot -d NAME.gp, in the folder of the figure; -d: no start-up file changes how figures look. */
static int spawn(struct drawing *drawing, const char *folder, char *script)
{
    char program[] = "gnuplot", defaults[] = "-d";
    char *arguments[] = {program, defaults, script, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int problem;

    set_attributes(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(drawing->complaints), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(drawing->complaints), STDERR_FILENO);
    problem = posix_spawnp(&drawing->pid, program, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

static bool start(struct drawing *drawing, const struct analysis_figures *all,
                  const struct analysis_figure *figure, struct sim_error *err)
{
    int problem;

    *drawing = (struct drawing){.name = figure->name, .complaints = tmpfile()};
    if (drawing->complaints == NULL)
        return sim_fail(err, "A temporary file cannot be made: %s.", strerror(errno));
    problem = spawn(drawing, all->partial, sim_text(all->arena, "%s.gp", figure->name));
    if (problem == 0)
        return true;
    drawing->pid = 0;
    if (problem == ENOENT)
        return sim_fail(err, "gnuplot, which draws the figures, is not installed: apt-get install "
                             "gnuplot-nox brings it. The results are untouched.");
    return sim_fail(err, "gnuplot cannot be started: %s.", strerror(problem));
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
        return sim_fail(err, "gnuplot died of signal %d (%s) while it drew %s.", WTERMSIG(status),
                        strsignal(WTERMSIG(status)), drawing->name);
    return sim_fail(err, "gnuplot could not draw %s: %s", drawing->name,
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

static const char *const endings[] = {"gp", "dat", "png", "svg", "pdf"};

enum { ENDINGS = sizeof endings / sizeof endings[0] };

/* A gnuplot that exits with 0 has written its pictures, unless it is no gnuplot. */
static bool all_are_there(const struct analysis_figures *all, struct sim_error *err)
{
    for (int i = 0; i < all->count; i++)
        for (int e = 0; e < ENDINGS; e++) {
            const char *name = sim_text(all->arena, "%s.%s", all->list[i]->name, endings[e]);
            struct stat status;

            if (stat(sim_text(all->arena, "%s/%s", all->partial, name), &status) != 0 ||
                status.st_size == 0)
                return sim_fail(err, "gnuplot did not complain, and yet it wrote no %s.", name);
        }
    return true;
}

static bool put_in_place(const struct analysis_figures *all, struct sim_error *err)
{
    for (int i = 0; i < all->count; i++)
        for (int e = 0; e < ENDINGS; e++) {
            const char *name = sim_text(all->arena, "%s.%s", all->list[i]->name, endings[e]);
            const char *target = sim_text(all->arena, "%s/%s", all->folder, name);

            if (rename(sim_text(all->arena, "%s/%s", all->partial, name), target) != 0)
                return sim_fail(err, "%s: cannot be put in place: %s.", target, strerror(errno));
        }
    return true;
}

int analysis_figures_draw(const struct analysis_figures *all, struct sim_error *err)
{
    struct drawing drawings[ANALYSIS_MOST_FIGURES] = {{0}};
    bool started = true;
    int code = 2;

    for (int i = 0; i < all->count && started; i++)
        started = start(&drawings[i], all, all->list[i], err);
    if (started)
        code = wait_for_all(drawings, all->count, all->arena, err);
    stop_all(drawings, all->count);
    if (code == 0 && !(all_are_there(all, err) && put_in_place(all, err)))
        code = 2;
    analysis_figures_abandon(all);
    return code;
}
