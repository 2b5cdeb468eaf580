/* star.h -- workers that all push to one server, round by round, and pull what it answers.
 *
 * A round is over when every worker has pushed and has been answered: bulk-synchronous.  The roles are named
 * "worker" and "server".  Receives are posted before the pushes start, so the pushes of a round share the
 * server's network card.  A peer whose partner is dead or out of reach gives up: the run ends (exit code 1). */
#ifndef DATA_PARALLEL_STAR_H
#define DATA_PARALLEL_STAR_H

#include "sim/peer.h"

/* The server on the host of the first worker, or on one of its own. */
enum star_placement { STAR_COLOCATED, STAR_DEDICATED };
extern const char *const star_placements[]; /* NULL-ended, for a SIM_CHOICE parameter */

/* `workers` workers and the server. */
void star_cast(struct sim_plan *plan, int workers, enum star_placement placement);

/* ---- worker ---- */

/* Push, and wait for the answer. */
struct sim_message star_push(struct sim_peer *me, struct sim_message pushed);

/* ---- server ---- */

struct star {
    struct sim_peer *me;
    int workers, rounds;         /* rounds that are still to begin */
    struct sim_activity **waits; /* [workers]: the next push of each */
    struct sim_activity **sends; /* [workers] */
    void **payloads;             /* [workers]: what each pushed in this round */
};

/* Ready for so many rounds; lives in the arena. */
struct star *star_open(struct sim_peer *me, int rounds);

/* Take a push from each worker: payloads are theirs.  Each that arrives but the first is added, for so many
 * flop a byte of it; what is added should be so in order of the workers, and not of arrival: then the sum does not
 * depend on who was slow. */
void star_gather(struct star *star, double flop_per_byte);

/* The same answer to all. */
void star_answer(struct star *star, struct sim_message answer);

/* ---- laws ---- */

/* How many workers reach the server over the network. */
double star_remote_workers(int workers, enum star_placement placement);

sim_edges star_edges;

#endif
