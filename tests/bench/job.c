/* job.c -- process groups: what a command starts is waited for, measured and ended together.
 *
 * Signals that interrupt the bench, and SIGCHLD, are blocked and waited for: nothing has to be told to a handler. */
#include "tests/bench/job.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 40, GRACE_SECONDS = 5, SPARE_CPU_SECONDS = 60 };

static const double LONG_SECONDS = 3600;

/* ---- its start ---- */

const char *job_output(const struct bench *bench)
{
    return sim_text(bench->arena, "%s/output", bench->folder);
}

/* What nohup or a shell in the background ignores, we do, too. */
static sigset_t interrupts(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction now;
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < 3; i++)
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&set, signals[i]);
    return set;
}

/* In the child. */
static void limit_oneself(double most_cpu_seconds)
{
    const rlim_t seconds = (rlim_t)ceil(most_cpu_seconds) + SPARE_CPU_SECONDS;
    const struct rlimit limit = {seconds, seconds};
    FILE *file;

    if (most_cpu_seconds <= 0)
        return;
    setrlimit(RLIMIT_CPU, &limit);
    file = fopen("/proc/self/oom_score_adj", "w");
    if (file == NULL)
        return;
    fputs("1000", file);
    fclose(file);
}

/* Replaces this process; what it prints goes to a file: SMPI's replay tells its result as an error. */
static void become(char *command, const char *output)
{
    char *arguments[MOST_ARGUMENTS + 1] = {NULL}, *rest = NULL;
    const int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666),
              nothing = open("/dev/null", O_RDONLY);
    int count = 0;

    for (char *word = strtok_r(command, " ", &rest); word != NULL && count < MOST_ARGUMENTS;
         word = strtok_r(NULL, " ", &rest))
        arguments[count++] = word;
    dup2(nothing, STDIN_FILENO);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    if (count > 0)
        execvp(arguments[0], arguments);
    _exit(127);
}

struct job job_start(const struct bench *bench, const char *command, double most_cpu_seconds)
{
    const char *output = job_output(bench);
    struct job job = {.status = 1};
    sigset_t blocked = interrupts(), before;

    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* who outlives its parent is ours to wait for */
    job.began_at_seconds = bench_now();
    job.leader = fork();
    if (job.leader < 0)
        bench_die("a process for it cannot be started.", command);
    if (job.leader == 0) {
        setpgid(0, 0);
        sigdelset(&before, SIGCHLD);
        sigdelset(&before, SIGINT);
        sigdelset(&before, SIGTERM);
        sigdelset(&before, SIGHUP);
        sigprocmask(SIG_SETMASK, &before, NULL);
        limit_oneself(most_cpu_seconds);
        become(sim_text(bench->arena, "%s", command), output);
    }
    setpgid(job.leader, job.leader); /* whoever comes first */
    return job;
}

/* ---- its end ---- */

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* Take note of processes that have ended; false when there is none left. */
static bool reap(struct job *job, int options)
{
    struct rusage usage;
    pid_t pid;
    int status;

    while ((pid = wait4(-job->leader, &status, options, &usage)) > 0) {
        job->cpu_seconds += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
        job->peak_bytes = fmax(job->peak_bytes, 1024 * (double)usage.ru_maxrss);
        if (pid != job->leader)
            continue;
        job->wall_seconds = bench_now() - job->began_at_seconds;
        job->status = status;
        job->is_over = true;
    }
    return pid == 0 || errno != ECHILD;
}

bool job_is_over(struct job *job)
{
    reap(job, WNOHANG);
    if (!job->is_over)
        return false;
    kill(-job->leader, SIGKILL);
    reap(job, 0);
    return true;
}

static void pause_a_little(void)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

    nanosleep(&pause, NULL);
}

void job_end(struct job *job)
{
    const double begin = bench_now();

    kill(-job->leader, SIGTERM);
    while (reap(job, WNOHANG) && bench_now() - begin < GRACE_SECONDS)
        pause_a_little();
    kill(-job->leader, SIGKILL);
    reap(job, 0);
}

/* As if the signal had met us. */
static void die_of(int signal_number)
{
    sigset_t set;

    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signal_number);
}

void job_nap(struct job *job, double seconds)
{
    const struct timespec most = {(time_t)seconds, (long)(1e9 * (seconds - floor(seconds)))};
    sigset_t set = interrupts();
    int number;

    sigaddset(&set, SIGCHLD);
    number = sigtimedwait(&set, NULL, &most);
    if (number <= 0 || number == SIGCHLD)
        return;
    job_end(job);
    die_of(number);
}

void job_await(struct job *job)
{
    while (!job_is_over(job))
        job_nap(job, LONG_SECONDS);
}

/* ---- its processes ---- */

FILE *job_open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "r");
}

static void visit(pid_t pid, void (*look)(void *what, pid_t pid), void *what)
{
    char name[32];
    FILE *file;
    int child;

    snprintf(name, sizeof name, "task/%d/children", (int)pid);
    look(what, pid);
    file = job_open_proc(pid, name);
    while (file != NULL && fscanf(file, "%d", &child) == 1)
        visit(child, look, what);
    if (file != NULL)
        fclose(file);
}

void job_visit(const struct job *job, void (*look)(void *what, pid_t pid), void *what)
{
    visit(job->leader, look, what);
}

/* Its own ticks, and those of children that it has waited for: fields 14 to 17, counted from the name, which may hold
 * anything. */
static void add_ticks(void *what, pid_t pid)
{
    FILE *file = job_open_proc(pid, "stat");
    double *ticks = what;
    char line[1024];
    unsigned long user, kernel, of_children, kernel_of_children;

    if (file == NULL)
        return;
    if (fgets(line, sizeof line, file) != NULL && strrchr(line, ')') != NULL &&
        sscanf(strrchr(line, ')'), ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu %lu %lu",
               &user, &kernel, &of_children, &kernel_of_children) == 4)
        *ticks += (double)(user + kernel + of_children + kernel_of_children);
    fclose(file);
}

double job_cpu_seconds(const struct job *job)
{
    double ticks = 0;

    job_visit(job, add_ticks, &ticks);
    return job->cpu_seconds + ticks / (double)sysconf(_SC_CLK_TCK);
}
