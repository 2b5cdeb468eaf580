/* actors.c -- SimGrid's actors, which play the peers.
 *
 * An actor costs a guarded stack, which is four calls to the kernel, and more than many a short run.  So where one run
 * follows another on the same platform, an actor that has played its peer to the end waits for the next on its host. */
#include "sim/engine/engine.h"

struct actor {
    struct peer *peer;      /* NULL: it waits */
    struct actor **waiting; /* where it does: the first of those on its host; NULL: it never will */
    struct actor *next;     /* that waits there */
    sg_actor_t actor;
};

void sim_world_keep_actors(struct sim_world *world)
{
    world->lasting = world->arena;
    world->waiting_actors = sim_new(world->lasting, struct actor *, (size_t)world->host_count);
}

/* ---- the life of an actor ---- */

/* Returns when there is one to play. */
static struct peer *wait_for_peer(struct actor *actor)
{
    struct peer *played = actor->peer;

    actor->peer = NULL;
    actor->next = *actor->waiting;
    *actor->waiting = actor;
    peer_left(0, played);
    s4u_suspend();
    return actor->peer;
}

/* However it ends. */
static void leave(int failed, void *context)
{
    struct actor *actor = context, **place;

    if (actor->peer != NULL) {
        peer_left(failed, actor->peer);
        return;
    }
    place = actor->waiting;
    while (*place != NULL && *place != actor)
        place = &(*place)->next;
    if (*place == actor) /* not dismissed */
        *place = actor->next;
}

static void play(int argc, char *argv[])
{
    struct actor *actor = sg_actor_self_get_data();
    struct peer *peer = actor->peer;

    (void)argc;
    (void)argv;
    sg_actor_on_exit(leave, actor);
    while (peer != NULL) {
        peer_play(peer);
        peer = peer->engine->keeps_actors ? wait_for_peer(actor) : NULL;
    }
}

/* ---- who plays a peer ---- */

/* Where actors wait on the peer's host; NULL: they do not. */
static struct actor **waiting_for(const struct peer *peer)
{
    const struct engine *engine = peer->engine;

    return engine->keeps_actors ? &engine->world->waiting_actors[peer->host_place] : NULL;
}

static struct actor *take_first(struct actor **waiting)
{
    struct actor *first = waiting == NULL ? NULL : *waiting;

    if (first != NULL)
        *waiting = first->next;
    return first;
}

static void start_anew(struct peer *peer)
{
    const struct engine *engine = peer->engine;
    struct actor *actor =
        sim_new(engine->keeps_actors ? engine->world->lasting : engine->arena, struct actor, 1);

    actor->peer = peer;
    actor->waiting = waiting_for(peer);
    actor->actor = sg_actor_init(peer_record(peer)->name, peer->host);
    peer->actor = actor->actor;
    sg_actor_set_data(actor->actor, actor);
    sg_actor_start_(actor->actor, play, 0, NULL);
}

void peer_begin(struct peer *peer)
{
    struct actor *actor = take_first(waiting_for(peer));

    if (actor == NULL) {
        start_anew(peer);
        return;
    }
    actor->peer = peer;
    peer->actor = actor->actor;
    sg_actor_resume(actor->actor);
}

/* ---- all of them ---- */

static void dismiss(struct actor **first)
{
    for (const struct actor *actor = *first; actor != NULL; actor = actor->next)
        sg_actor_kill(actor->actor);
    *first = NULL;
}

/* Where SimGrid has more under way than actors, it is to wind that up, and ends when no actor is left. */
void actors_open(struct engine *engine)
{
    const struct sim_world *world = engine->world;

    if (world->waiting_actors == NULL)
        return;
    engine->keeps_actors = engine->is_ours && engine->plan->is_undisturbed;
    for (int h = 0; h < world->host_count && !engine->keeps_actors; h++)
        dismiss(&world->waiting_actors[h]);
}
