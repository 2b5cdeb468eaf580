#include "sim/study/platforms.h"

/* A nest is a process with some MB of its own; studies with a grid of platforms run through the platforms last or first. */
enum { MOST_PLATFORMS = 8 };

/* A nest saves a point some 2 ms: a fork, starting SimGrid, loading 8 hosts.  A child of a nest reads the scenario again, and
 * some read models of megabytes. */
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

/* The file and its edits, without those that can be made once it is loaded. */
static json_t *untuned(const struct sim_scenario *scenario)
{
    json_t *platform = json_deep_copy(json_object_get(scenario->resolved, "platform"));

    for (int e = 0; e < scenario->platform_edit_count; e++) {
        const struct sim_platform_edit *edit = &scenario->platform_edits[e];
        char target[512];

        snprintf(target, sizeof target, "%s[%s]", edit->element, edit->id);
        if (sim_platform_edit_tunes(edit))
            json_object_del(json_object_get(platform, target), edit->attribute);
        if (json_object_size(json_object_get(platform, target)) == 0)
            json_object_del(platform, target);
    }
    return platform;
}

/* Of a file alone there is no more than its name. */
static const json_t *essence(const json_t *platform)
{
    return json_object_size(platform) == 1 ? json_object_get(platform, "file") : platform;
}

/* With the options that SimGrid loads it with. */
static bool is_of(const struct sim_platform *platform, const json_t *untuned,
                  const json_t *resolved)
{
    return platform->arena != NULL && json_equal(essence(platform->platform), essence(untuned)) &&
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
static struct sim_platform *look_at(struct sim_platforms *platforms, json_t *untuned,
                                    const struct sim_scenario *scenario, struct sim_error *err)
{
    struct sim_platform *platform = make_room(platforms);
    const struct sim_platform_edit *lasting;
    int edits;

    if (platform == NULL)
        return NULL;
    platform->arena = sim_arena_open();
    platform->platform = json_incref(untuned);
    platform->network = json_incref(json_object_get(scenario->resolved, "network"));
    lasting = sim_platform_edits_that_last(scenario->platform_edits, scenario->platform_edit_count,
                                           &edits, platform->arena);
    if (sim_guard_edited(scenario->platform, lasting, edits, &platform->facts, platform->arena,
                         err))
        return platform;
    forget(platform);
    return NULL;
}

static struct sim_platform *find(struct sim_platforms *platforms,
                                 const struct sim_scenario *scenario, struct sim_error *err)
{
    json_t *platform = untuned(scenario);
    struct sim_platform *found = NULL;

    for (int i = 0; i < MOST_PLATFORMS && found == NULL; i++)
        if (is_of(&platforms->platforms[i], platform, scenario->resolved))
            found = &platforms->platforms[i];
    if (found == NULL)
        found = look_at(platforms, platform, scenario, err);
    json_decref(platform);
    return found;
}

static bool is_tuned(const struct sim_scenario *scenario)
{
    for (int e = 0; e < scenario->platform_edit_count; e++)
        if (sim_platform_edit_tunes(&scenario->platform_edits[e]))
            return true;
    return false;
}

/* What is wrong before its links are tuned may be right afterwards: the guard looks again when it is started. */
bool sim_platforms_enter(struct sim_platforms *platforms, struct sim_platform_point *point,
                         struct sim_error *err)
{
    const struct sim_scenario *scenario = point->nested.simulation.scenario;
    struct sim_error untuned = {0};

    point->is_tuned = is_tuned(scenario);
    point->platform = find(platforms, scenario, point->is_tuned ? &untuned : err);
    if (point->platform != NULL) {
        point->platform->users++;
        if (!point->is_tuned)
            point->nested.simulation.known_facts = &point->platform->facts;
    }
    return err->count == 0;
}

void sim_platforms_leave(struct sim_platform_point *point)
{
    if (point->platform != NULL)
        point->platform->users--;
    point->platform = NULL;
}

static bool can_nest(const struct sim_platform_point *point)
{
    return point->platform != NULL && !point->is_alone && point->read_seconds <= most_read_seconds;
}

bool sim_platforms_can_share(const struct sim_platform_point *a, const struct sim_platform_point *b)
{
    return can_nest(a) && can_nest(b) && a->platform == b->platform &&
           sim_nest_is_ready(&a->platform->nest.nest);
}

/* How many of them.  A nest that could not be made, or died, is not made again: then children begin without, and tell what
 * is wrong. */
static int start_in_nest(struct sim_platforms *platforms, struct sim_platform_point *const *points,
                         int count, int place, struct sim_child *child)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_nested **nested = sim_new(arena, struct sim_nested *, (size_t)count);
    struct sim_platform *platform = points[0]->platform;
    int started;

    if (platform->uses == 2)
        sim_simulations_nest_open(&platform->nest, platforms->text,
                                  points[0]->nested.simulation.scenario, &platform->facts);
    for (int i = 0; i < count; i++)
        nested[i] = &points[i]->nested;
    started = sim_simulations_start_in(&platform->nest, place, nested, count, child);
    sim_arena_close(arena);
    return started;
}

static int count_sharing(struct sim_platform_point *const *points, int count)
{
    int sharing = 1;

    while (sharing < count && sim_platforms_can_share(points[0], points[sharing]))
        sharing++;
    return sharing;
}

bool sim_platforms_start(struct sim_platforms *platforms, struct sim_platform_point *const *points,
                         int count, int place, struct sim_child *child, int *started,
                         struct sim_arena *arena, struct sim_error *err)
{
    struct sim_platform *platform = points[0]->platform;

    if (platform != NULL) {
        platform->uses++;
        platform->used_at = ++platforms->uses;
    }
    *started = can_nest(points[0])
                   ? start_in_nest(platforms, points, count_sharing(points, count), place, child)
                   : 0;
    if (*started > 0)
        return true;
    *started = 1;
    return sim_simulation_start(&points[0]->nested.simulation, child, arena, err);
}
