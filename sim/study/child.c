#include "sim/study/child.h"

#include "sim/base/file.h"
#include "sim/study/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void sim_watched_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGCHLD);
}

/* The first thread blocks what it watches, but one that a library started before main (OpenBLAS does) does not: there a
 * SIGCHLD would be lost and waited for in vain, and a SIGTERM would end the process.  It hands them over. */
static void hand_over(int number)
{
    const int saved = errno;
    const bool is_first = gettid() == getpid();

    if (is_first &&
        number != SIGCHLD) /* somebody unblocked it, as a longjmp does: it is to end us */
        signal(number, SIG_DFL);
    if (!is_first || number != SIGCHLD)
        tgkill(getpid(), getpid(), number); /* the first thread has the number of the process */
    errno = saved;
}

static void watch(const sigset_t *set, void (*handler)(int number))
{
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    for (int number = 1; number < NSIG; number++)
        if (sigismember(set, number) == 1)
            sigaction(number, &action, NULL);
}

void sim_child_guard(void)
{
    sigset_t set;

    sim_watched_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    watch(&set, hand_over);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk, and a sentence */
}

int birth_become_child(pid_t parent, const struct sim_child *child)
{
    const int terminal = dup(STDERR_FILENO);
    sigset_t set;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sim_watched_signals(&set);
    watch(&set, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGINT, SIG_IGN); /* a terminal sends Ctrl-C to both; the parent decides */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    dup2(fileno(child->complaints), STDERR_FILENO);
    return terminal;
}

/* Those who watch a process must have their say before it ends without its exit handlers: they are there in a build
 * for coverage, and in one with sanitizers. */
extern void __gcov_dump(void) __attribute__((weak));
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* The exit handlers of thirty libraries would touch memory that the child shares with its parent, which is then copied:
 * half of what a point of a sweep costs.  What the job wrote is flushed; files of its own it closes itself. */
void birth_leave(int code, FILE *reply)
{
    if (fflush(reply) != 0 || ferror(reply))
        code = 1;
    fflush(NULL);
    if (__gcov_dump != NULL)
        __gcov_dump();
    if (__lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0)
        code = SIM_LEAKED;
    _exit(code);
}

/* In memory: a simulation of a millisecond has no time for a file system. */
static FILE *private_file(const char *name)
{
    const int descriptor = memfd_create(name, MFD_CLOEXEC);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w+");

    if (file == NULL && descriptor >= 0)
        close(descriptor);
    return file;
}

bool birth_open_files(struct sim_child *child)
{
    *child = (struct sim_child){.reply = private_file("reply"),
                                .complaints = private_file("complaints")};
    if (child->reply != NULL && child->complaints != NULL)
        return true;
    birth_close_files(child);
    return false;
}

void birth_close_files(struct sim_child *child)
{
    const int saved = errno;

    if (child->reply != NULL)
        fclose(child->reply);
    if (child->complaints != NULL)
        fclose(child->complaints);
    *child = (struct sim_child){0};
    errno = saved;
}

pid_t birth_fork(struct sim_child *child)
{
    sim_child_guard(); /* a SIGCHLD that is not blocked would be lost, and waited for in vain */
    if (!birth_open_files(child))
        return -1;
    fflush(NULL);
    child->pid = fork();
    if (child->pid < 0)
        birth_close_files(child);
    return child->pid;
}

bool sim_child_start(struct sim_child *child, sim_job *job, void *context, struct sim_error *err)
{
    const pid_t parent = getpid(), pid = birth_fork(child);

    if (pid < 0)
        return sim_fail(err, "A process for the simulation cannot be started: %s.",
                        strerror(errno));
    if (pid == 0) {
        const int terminal = birth_become_child(parent, child);

        birth_leave(job(context, child->reply, terminal), child->reply);
    }
    return true;
}

bool sim_child_interrupted(void)
{
    const struct timespec at_once = {0};
    sigset_t set;

    sim_watched_signals(&set);
    sigdelset(&set, SIGCHLD);
    return sigtimedwait(&set, NULL, &at_once) > 0;
}

void sim_spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, usual;

    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &usual);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int sim_child_spawn(struct sim_child *child, char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int problem;

    if (!birth_open_files(child))
        return errno;
    sim_spawn_attributes(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(child->reply), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(child->complaints), STDERR_FILENO);
    problem = posix_spawnp(&child->pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (problem != 0)
        birth_close_files(child);
    return problem;
}

static int index_of(const struct sim_child *children, int count, pid_t pid)
{
    for (int i = 0; i < count; i++)
        if (children[i].pid == pid)
            return i;
    return -1;
}

void sim_child_kill(struct sim_child *children, int count)
{
    for (int i = 0; i < count; i++)
        if (children[i].pid > 0) {
            kill(children[i].pid, SIGKILL);
            waitpid(children[i].pid, NULL, 0);
            birth_close_files(&children[i]);
        }
}

static void collect(struct sim_child *child, int status, struct sim_arena *arena,
                    struct sim_outcome *outcome)
{
    size_t length;

    *outcome = (struct sim_outcome){
        .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 1,
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .reply = sim_file_take(arena, child->reply, &outcome->reply_length),
    };
    outcome->reply_length = outcome->reply == NULL ? 0 : strlen(outcome->reply);
    outcome->complaints = sim_file_take(arena, child->complaints, &length);
    child->pid = 0;
}

int sim_child_wait(struct sim_child *children, int count, struct sim_arena *arena,
                   struct sim_outcome *outcome)
{
    sigset_t set;

    sim_watched_signals(&set);
    for (;;) {
        int status;
        const pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid > 0) {
            const int i = index_of(children, count, pid);

            if (i >= 0) {
                collect(&children[i], status, arena, outcome);
                return i;
            }
        } else {
            const int arrived = sigwaitinfo(&set, NULL);

            if (arrived > 0 && arrived != SIGCHLD) {
                sim_child_kill(children, count);
                return -1;
            }
        }
    }
}
