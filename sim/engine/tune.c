/* tune.c -- other bandwidths and latencies for the links of a platform that SimGrid has loaded. */
#include "sim/base/names.h"
#include "sim/engine/engine.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* A <link> of the file: one link, or the two of a SPLITDUPLEX, which are equal. */
struct tunable {
    const char *id;
    struct world_link *links[2];
    int count;                                /* 0: it cannot be tuned */
    double bytes_per_second, latency_seconds; /* as it was loaded */
    bool is_tuned;
};

static int by_name(const void *name, const void *link)
{
    return sim_natural_order(name, ((const struct world_link *)link)->name);
}

/* Not one of a wireless network, which has a bandwidth for each rate. */
static bool add_link(struct tunable *tunable, const struct sim_world *world, const char *suffix)
{
    const char *name = sim_text(world->arena, "%s%s", tunable->id, suffix);
    struct world_link *link =
        bsearch(name, world->links, (size_t)world->link_count, sizeof *link, by_name);

    if (link == NULL || link->is_wifi)
        return false;
    tunable->links[tunable->count++] = link;
    tunable->bytes_per_second = link->bytes_per_second;
    tunable->latency_seconds = link->latency_seconds;
    return true;
}

void sim_world_allow_tuning(struct sim_world *world, const struct sim_platform_edit *links,
                            int count)
{
    world->tunables = sim_new(world->arena, struct tunable, (size_t)count);
    world->tunable_count = count;
    for (int i = 0; i < count; i++) {
        struct tunable *tunable = &world->tunables[i];

        tunable->id = links[i].id;
        if (!add_link(tunable, world, "") &&
            !(add_link(tunable, world, "_UP") && add_link(tunable, world, "_DOWN")))
            tunable->count = 0;
    }
}

static void set_bandwidth(struct tunable *tunable, double bytes_per_second)
{
    for (int i = 0; i < tunable->count; i++) {
        sg_link_set_bandwidth(tunable->links[i]->link, bytes_per_second);
        tunable->links[i]->bytes_per_second = bytes_per_second;
    }
}

static void set_latency(struct tunable *tunable, double seconds)
{
    for (int i = 0; i < tunable->count; i++) {
        sg_link_set_latency(tunable->links[i]->link, seconds);
        tunable->links[i]->latency_seconds = seconds;
    }
}

static void restore(struct tunable *tunable)
{
    if (!tunable->is_tuned)
        return;
    set_bandwidth(tunable, tunable->bytes_per_second);
    set_latency(tunable, tunable->latency_seconds);
    tunable->is_tuned = false;
}

/* What is no value to simulate with is left to those who load the platform anew, and complain. */
static bool tune(struct tunable *tunable, const struct sim_platform_edit *edit)
{
    const bool is_bandwidth = strcmp(edit->attribute, "bandwidth") == 0;
    double value;

    if (tunable->count == 0)
        return false;
    tunable->is_tuned = true;
    if (is_bandwidth && s4u_read_bandwidth(edit->value, &value) && value > 0)
        set_bandwidth(tunable, value);
    else if (!is_bandwidth && s4u_read_latency(edit->value, &value) && value >= 0)
        set_latency(tunable, value);
    else
        return false;
    return true;
}

static bool tune_all(struct sim_world *world, const struct sim_platform_edit *edit)
{
    bool is_any = false;

    for (int i = 0; i < world->tunable_count; i++)
        if (fnmatch(edit->id, world->tunables[i].id, 0) == 0) {
            if (!tune(&world->tunables[i], edit))
                return false;
            is_any = true;
        }
    return is_any;
}

bool sim_world_tune(struct sim_world *world, const struct sim_platform_edit *edits, int count)
{
    for (int i = 0; i < world->tunable_count; i++)
        restore(&world->tunables[i]);
    for (int e = 0; e < count; e++)
        if (sim_platform_edit_tunes(&edits[e]) && !tune_all(world, &edits[e]))
            return false;
    return true;
}
