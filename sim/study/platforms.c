#include "sim/study/platforms.h"

/* A nest is a process with some MB of its own; studies with a grid of platforms run through the platforms last or first. */
enum { MOST_PLATFORMS = 4 };

/* A nest saves a point about 1.5 ms: starting SimGrid, loading 8 hosts, and the pages of the sweep's own process, which are
 * copied at a fork.  A child of a nest reads the scenario again, and some read models of megabytes. */
static const double most_read_seconds = 1e-3;

/* One that the guard has passed. */
struct sim_platform {
    struct sim_arena *arena; /* NULL: this place is free */
    json_t *platform, *network;
    struct sim_platform_facts facts;
    struct sim_simulations_nest nest;
    int users;             /* points under way */
    int64_t uses, used_at; /* so far; the last one */
};

struct sim_platforms {
    const struct sim_scenario_text *text;
    struct sim_platform platforms[MOST_PLATFORMS];
    int64_t uses;
};

struct sim_platforms *sim_platforms_open(const struct sim_scenario_text *text,
                                         struct sim_arena *arena)
{
    struct sim_platforms *platforms = sim_new(arena, struct sim_platforms, 1);

    platforms->text = text;
    return platforms;
}

static void forget(struct sim_platform *platform)
{
    if (platform->arena == NULL)
        return;
    sim_simulations_nest_close(&platform->nest);
    json_decref(platform->platform);
    json_decref(platform->network);
    sim_arena_close(platform->arena);
    *platform = (struct sim_platform){0};
}

void sim_platforms_close(struct sim_platforms *platforms)
{
    if (platforms == NULL)
        return;
    for (int i = 0; i < MOST_PLATFORMS; i++)
        forget(&platforms->platforms[i]);
}

/* Its file, its edits, and the options that SimGrid loads it with. */
static bool is_of(const struct sim_platform *platform, const json_t *resolved)
{
    return platform->arena != NULL &&
           json_equal(platform->platform, json_object_get(resolved, "platform")) &&
           json_equal(platform->network, json_object_get(resolved, "network"));
}

/* The one that was used longest ago and that no point needs; NULL where all are needed. */
static struct sim_platform *make_room(struct sim_platforms *platforms)
{
    struct sim_platform *oldest = NULL;

    for (int i = 0; i < MOST_PLATFORMS; i++) {
        struct sim_platform *platform = &platforms->platforms[i];

        if (platform->users == 0 && (oldest == NULL || platform->used_at < oldest->used_at))
            oldest = platform;
    }
    if (oldest != NULL)
        forget(oldest);
    return oldest;
}

/* NULL where the guard refuses it, with sentences, and where there is no room. */
static struct sim_platform *look_at(struct sim_platforms *platforms,
                                    const struct sim_scenario *scenario, struct sim_error *err)
{
    struct sim_platform *platform = make_room(platforms);

    if (platform == NULL)
        return NULL;
    platform->arena = sim_arena_open();
    platform->platform = json_incref(json_object_get(scenario->resolved, "platform"));
    platform->network = json_incref(json_object_get(scenario->resolved, "network"));
    if (sim_guard_edited(scenario->platform, scenario->platform_edits,
                         scenario->platform_edit_count, &platform->facts, platform->arena, err))
        return platform;
    forget(platform);
    return NULL;
}

static struct sim_platform *find(struct sim_platforms *platforms,
                                 const struct sim_scenario *scenario, struct sim_error *err)
{
    for (int i = 0; i < MOST_PLATFORMS; i++)
        if (is_of(&platforms->platforms[i], scenario->resolved))
            return &platforms->platforms[i];
    return look_at(platforms, scenario, err);
}

/* One that could not be made, or died, is not made again: then children begin without, and tell what is wrong. */
static bool start_in_nest(struct sim_platforms *platforms, struct sim_platform *platform,
                          struct sim_platform_point *point, int place, struct sim_child *child)
{
    if (point->read_seconds > most_read_seconds)
        return false;
    if (platform->uses == 2)
        sim_simulations_nest_open(&platform->nest, platforms->text, point->simulation.scenario,
                                  &platform->facts);
    return sim_simulation_start_in(&platform->nest, place, &point->simulation, point->settings,
                                   child);
}

bool sim_platforms_start(struct sim_platforms *platforms, struct sim_platform_point *point,
                         int place, struct sim_child *child, struct sim_arena *arena,
                         struct sim_error *err)
{
    struct sim_platform *platform = point->platform;

    if (platform == NULL) {
        platform = find(platforms, point->simulation.scenario, err);
        if (err->count > 0)
            return false;
    }
    if (platform != NULL) {
        platform->users += point->platform == NULL;
        point->platform = platform;
        platform->uses++;
        platform->used_at = ++platforms->uses;
        point->simulation.known_facts = &platform->facts;
        if (start_in_nest(platforms, platform, point, place, child))
            return true;
    }
    return sim_simulation_start(&point->simulation, child, arena, err);
}

void sim_platforms_leave(struct sim_platform_point *point)
{
    if (point->platform != NULL)
        point->platform->users--;
    point->platform = NULL;
}
