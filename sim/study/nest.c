#include "sim/study/nest.h"

#include "sim/study/birth.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES = 2 };

/* What the nest answers: to nothing, once it is ready; and to each request. */
struct answer {
    pid_t pid; /* of the child; -1: there is none.  Once ready, that of the nest */
};

/* A message that brings files: what they write to is the parent's. */
union envelope {
    struct cmsghdr header; /* aligns it */
    char bytes[CMSG_SPACE(FILES * sizeof(int))];
};

static bool send_request(int socket, const struct sim_child *child, const char *request,
                         size_t length)
{
    const int files[FILES] = {fileno(child->reply), fileno(child->complaints)};
    union envelope envelope = {0};
    struct iovec text = {(void *)(uintptr_t)request, length};
    struct msghdr message = {.msg_iov = &text,
                             .msg_iovlen = 1,
                             .msg_control = envelope.bytes,
                             .msg_controllen = sizeof envelope.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof files);
    memcpy(CMSG_DATA(header), files, sizeof files);
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)length;
}

/* ---- in the nest ---- */

/* The length of what is asked for, and the two files; 0 when nobody asks any more. */
static size_t receive_request(int socket, char *request, int *files)
{
    union envelope envelope = {0};
    struct iovec text = {request, SIM_NEST_MOST_BYTES};
    struct msghdr message = {.msg_iov = &text,
                             .msg_iovlen = 1,
                             .msg_control = envelope.bytes,
                             .msg_controllen = sizeof envelope.bytes};
    const ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    if (length <= 0 || header == NULL || header->cmsg_len != CMSG_LEN(FILES * sizeof *files))
        return 0;
    memcpy(files, CMSG_DATA(header), FILES * sizeof *files);
    return (size_t)length;
}

/* A fork whose child is not ours but our parent's, who waits for it.  The nest has one thread, and no handlers of forks
 * that a child would miss. */
static pid_t fork_for_parent(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
}

static void serve(int socket, pid_t parent, sim_nest_job *job, void *context, int terminal)
{
    char *request = malloc(SIM_NEST_MOST_BYTES);
    struct answer answer = {getpid()};
    int files[FILES];
    size_t length;

    if (request == NULL || send(socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
        return;
    while ((length = receive_request(socket, request, files)) > 0) {
        answer.pid = fork_for_parent();
        if (answer.pid == 0) {
            const struct sim_child me = {.reply = fdopen(files[0], "w"),
                                         .complaints = fdopen(files[1], "w")};

            close(socket);
            if (me.reply == NULL || me.complaints == NULL)
                _exit(1);
            birth_become_child(parent, &me);
            birth_leave(job(context, request, length, me.reply, terminal), me.reply);
        }
        close(files[0]);
        close(files[1]);
        if (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
            break;
    }
    free(request);
}

/* ---- in the process that opened it ---- */

static bool get_answer(struct sim_nest *nest, int flags, struct answer *answer)
{
    ssize_t got;

    do
        got = recv(nest->socket, answer, sizeof *answer, flags);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof *answer && (got >= 0 || errno != EAGAIN))
        sim_nest_close(nest);
    return got == (ssize_t)sizeof *answer;
}

bool sim_nest_open(struct sim_nest *nest, sim_nest_prepare *prepare, sim_nest_job *job,
                   void *context)
{
    const pid_t parent = getpid();
    struct sim_child me;
    int sockets[2];

    *nest = (struct sim_nest){0};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return false;
    nest->pid = birth_fork(&me);
    if (nest->pid == 0) {
        const int terminal = birth_become_child(parent, &me);

        close(sockets[0]);
        if (prepare(context))
            serve(sockets[1], parent, job, context, terminal);
        birth_leave(0, me.reply);
    }
    close(sockets[1]);
    nest->socket = sockets[0];
    if (nest->pid < 0) {
        close(nest->socket);
        *nest = (struct sim_nest){0};
        return false;
    }
    fclose(me.reply);
    fclose(me.complaints);
    return true;
}

bool sim_nest_is_ready(struct sim_nest *nest)
{
    struct answer answer;

    if (nest->pid > 0 && !nest->is_ready)
        nest->is_ready = get_answer(nest, MSG_DONTWAIT, &answer);
    return nest->is_ready;
}

bool sim_nest_start(struct sim_nest *nest, struct sim_child *child, const char *request,
                    size_t length)
{
    struct answer answer = {-1};

    if (!nest->is_ready || length == 0 || length > SIM_NEST_MOST_BYTES || !birth_open_files(child))
        return false;
    if (!send_request(nest->socket, child, request, length))
        sim_nest_close(nest);
    else if (get_answer(nest, 0, &answer) && answer.pid > 0) {
        child->pid = answer.pid;
        return true;
    }
    birth_close_files(child);
    return false;
}

/* Whoever waits for children may have waited for this one: then it is nobody's any more, and its number another's. */
void sim_nest_close(struct sim_nest *nest)
{
    if (nest->pid <= 0)
        return;
    close(nest->socket);
    if (waitpid(nest->pid, NULL, WNOHANG) == 0) {
        kill(nest->pid, SIGKILL);
        waitpid(nest->pid, NULL, 0);
    }
    *nest = (struct sim_nest){0};
}
