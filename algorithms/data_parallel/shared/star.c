#include "algorithms/data_parallel/shared/star.h"

const char *const star_placements[] = {
    [STAR_COLOCATED] = "colocated", [STAR_DEDICATED] = "dedicated", NULL};

void star_cast(struct sim_plan *plan, int workers, enum star_placement placement)
{
    sim_cast(plan, "worker", workers);
    if (placement == STAR_COLOCATED)
        sim_cast_beside(plan, "server", 1, "worker");
    else
        sim_cast(plan, "server", 1);
}

/* ---- worker ---- */

struct sim_message star_push(struct sim_peer *me, struct sim_message pushed)
{
    const int server = sim_role(me->plan, "server")->peers[0];
    struct sim_activity *answer = sim_start_receive(me, server);
    struct sim_message pulled = {0};
    enum sim_status status;

    sim_phase(me, "push");
    status = sim_send(me, server, pushed);
    sim_phase(me, "pull");
    if (status != SIM_OK || sim_wait(me, answer, &pulled) != SIM_OK)
        sim_give_up(me, "the server is dead or out of reach");
    return pulled;
}

/* ---- server ---- */

static struct sim_activity *listen_to(const struct star *star, int worker)
{
    return sim_start_receive(star->me, sim_role(star->me->plan, "worker")->peers[worker]);
}

struct star *star_open(struct sim_peer *me, int rounds)
{
    struct sim_arena *arena = me->plan->arena;
    struct star *star = sim_new(arena, struct star, 1);
    const int workers = sim_role(me->plan, "worker")->size;

    *star = (struct star){.me = me, .workers = workers, .rounds = rounds};
    star->waits = sim_new(arena, struct sim_activity *, (size_t)workers);
    star->sends = sim_new(arena, struct sim_activity *, (size_t)workers);
    star->payloads = sim_new(arena, void *, (size_t)workers);
    for (int w = 0; w < workers && rounds > 0; w++)
        star->waits[w] = listen_to(star, w);
    return star;
}

static void lose(const struct star *star, int worker)
{
    sim_give_up(star->me, "worker-%d is dead or out of reach, and every step needs all gradients",
                worker);
}

void star_gather(struct star *star, double flop_per_byte)
{
    struct sim_activity **here = star->sends; /* not in use now: those not yet taken */
    struct sim_message message;

    sim_phase(star->me, "aggregate");
    star->rounds--;
    for (int w = 0; w < star->workers; w++)
        here[w] = star->waits[w];
    for (int taken = 0; taken < star->workers; taken++) {
        const int w = sim_wait_any(star->me, here, star->workers, -1);

        if (sim_wait(star->me, here[w], &message) != SIM_OK)
            lose(star, w);
        here[w] = NULL;
        star->payloads[w] = message.payload;
        star->waits[w] = star->rounds > 0 ? listen_to(star, w) : NULL;
        if (taken > 0)
            sim_compute(star->me, flop_per_byte * (double)message.bytes);
    }
}

void star_answer(struct star *star, struct sim_message answer)
{
    sim_phase(star->me, "pull");
    for (int w = 0; w < star->workers; w++)
        star->sends[w] =
            sim_start_send(star->me, sim_role(star->me->plan, "worker")->peers[w], answer);
    for (int w = 0; w < star->workers; w++)
        if (sim_wait(star->me, star->sends[w], NULL) != SIM_OK)
            lose(star, w);
}

/* ---- laws ---- */

double star_remote_workers(int workers, enum star_placement placement)
{
    return placement == STAR_COLOCATED ? workers - 1 : workers;
}

/* Every worker to the server, and back. */
bool star_edges(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");
    const int server = sim_role(plan, "server")->peers[0];

    if (i >= 2 * workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[i / 2], server};
    if (i % 2 == 1)
        *edge = (struct sim_edge){server, workers->peers[i / 2]};
    return true;
}
