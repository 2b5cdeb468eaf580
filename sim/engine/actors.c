/* actors.c -- SimGrid's actors, which play the peers.
 *
 * An actor costs a guarded stack, which is four calls to the kernel, and more than many a short run.  So where one run
 * follows another on the same platform, an actor that has played its peer to the end waits for the next on its host. */
#include "sim/engine/engine.h"

struct actor {
    struct actor *next; /* that waits on the same host */
    struct peer *peer;  /* NULL: it waits */
    struct sim_world *world;
    int host_place;
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
    struct actor **first = &actor->world->waiting_actors[actor->host_place];
    struct peer *played = actor->peer;

    actor->peer = NULL;
    actor->next = *first;
    *first = actor;
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
    place = &actor->world->waiting_actors[actor->host_place];
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

static struct actor *take_waiting(const struct peer *peer)
{
    struct sim_world *world = peer->engine->world;
    struct actor **first, *actor;

    if (world->waiting_actors == NULL)
        return NULL;
    first = &world->waiting_actors[peer->host_place];
    actor = *first;
    if (actor != NULL)
        *first = actor->next;
    return actor;
}

static void start_anew(struct peer *peer)
{
    const struct engine *engine = peer->engine;
    struct actor *actor =
        sim_new(engine->keeps_actors ? engine->world->lasting : engine->arena, struct actor, 1);

    *actor = (struct actor){.peer = peer,
                            .world = engine->world,
                            .host_place = peer->host_place,
                            .actor = sg_actor_init(peer_record(peer)->name, peer->host)};
    peer->actor = actor->actor;
    sg_actor_set_data(actor->actor, actor);
    sg_actor_start_(actor->actor, play, 0, NULL);
}

void peer_begin(struct peer *peer)
{
    struct actor *actor = take_waiting(peer);

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
