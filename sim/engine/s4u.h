/* s4u.h -- the few things that SimGrid 3.32 offers safely only in C++.
 *
 * Its C functions for waiting, loading and routing let C++ exceptions through C frames, which aborts the
 * process; these catch them all.  s4u.cpp is the only C++ file of the project. */
#ifndef SIM_ENGINE_S4U_H
#define SIM_ENGINE_S4U_H

#include <simgrid/comm.h>
#include <simgrid/host.h>
#include <simgrid/link.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum s4u_outcome { S4U_DONE, S4U_TIMED_OUT, S4U_FAILED, S4U_CANCELLED };

/* Start SimGrid with our options and then `options`, each "key:value" and NULL-ended.  False, with
 * SimGrid's words in complaint[size], when it refuses one. */
bool s4u_start(const char *const *ours, const char *const *options, char *complaint, size_t size);

/* Load a platform file and let no more be added to it, so that all routes are known; false, with
 * SimGrid's words, when it is refused. */
bool s4u_load(const char *path, char *complaint, size_t size);

/* Run until no actor is left or none can go on; with `can_be_ended` also until s4u_end_run, while actors wait, and the
 * clock says nothing of use where none can go on. */
bool s4u_run(bool can_be_ended, char *complaint, size_t size);

/* Called by a timer, or an actor: when no timer is left. */
void s4u_end_run(void);

/* Set the clock to 0 for another run on the same platform, when nothing of the one before is under way any more; where
 * this SimGrid lets us. */
bool s4u_can_restart(void);
void s4u_restart(void);

/* As an attribute of a <link> says it; false where SimGrid cannot read it. */
bool s4u_read_bandwidth(const char *text, double *bytes_per_second);
bool s4u_read_latency(const char *text, double *seconds);

/* The links from host to host, at most `most` of them; their number, or -1 when there is no route. */
int s4u_route(sg_host_t from, sg_host_t to, sg_link_t *links, int most, double *latency_seconds);

/* Block the calling actor until `comm` is over.  Where hosts may die SimGrid is to watch the caller's, for
 * which it makes an action of its own; to leave that out is faster. */
enum s4u_outcome s4u_wait(sg_comm_t comm, bool hosts_may_die);

/* Block until one of the comms is over, for at most `seconds` (negative: no limit); its index in
 * *index.  A time-out cancels nothing. */
enum s4u_outcome s4u_wait_any(const sg_comm_t *comms, int count, double seconds, int *index);

/* End a communication; the bytes that it had still to move. */
double s4u_cancel(sg_comm_t comm);

/* Both ends of a message, each made by the actor that it belongs to, started later by anyone, together.
 * `sink` is where SimGrid puts the payload. */
sg_comm_t s4u_send_later(sg_mailbox_t mailbox, void *payload, long bytes);
sg_comm_t s4u_receive_later(sg_mailbox_t mailbox, void **sink);
void s4u_start_both(sg_comm_t send, sg_comm_t receive);

void s4u_release(sg_comm_t comm);

/* Suspend the calling actor, with all that it has under way, until sg_actor_resume. */
void s4u_suspend(void);

/* Call `act(context)` at that simulated time, outside any actor, unless s4u_forget comes before. */
struct s4u_timer *s4u_at(double date, void (*act)(void *context), void *context);
void s4u_forget(struct s4u_timer *timer);

/* Call `act(host, context)` whenever a host has been turned on or off, by whatever. */
void s4u_when_host_turns(void (*act)(sg_host_t host, void *context), void *context);

void s4u_link_turn(sg_link_t link, bool on);
bool s4u_link_is_wifi(sg_link_t link);
bool s4u_link_is_fatpipe(sg_link_t link);

/* Let every host use a Wi-Fi link at its first rate: SimGrid has no default, and aborts without one. */
void s4u_link_use_first_rate(sg_link_t link, const sg_host_t *hosts, int count);

/* From the dates on, in rising order, the host computes at factor x its speed; the list starts again
 * every `period` seconds, from its first date on, if that is positive. */
void s4u_host_set_speed_profile(sg_host_t host, const char *lines, double period);

#ifdef __cplusplus
}
#endif
#endif
