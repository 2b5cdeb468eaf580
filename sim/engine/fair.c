#include "sim/engine/fair.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A flow on a link, and which of its uses that is; its cap and weight here, as often as it crosses the link. */
struct rider {
    struct fair_flow *flow;
    int use;
    bool is_capped; /* as the link was solved last by itself */
    double cap, weight;
};

struct fair_link {
    double capacity;
    double left, weight; /* of those that are not fixed yet */
    double whole;        /* weight when it was last summed up */
    int open;            /* how many these are */
    double level; /* found last by itself, INFINITY: it was not full; 0: others changed it since */
    int tangled;  /* riders that share other links, too */
    int count, room;
    int64_t mark;
    bool has_changed;
    struct rider *riders;
};

/* A link that may be the next to be full, and the level at which it was to be when it was looked at. */
struct brim {
    double level;
    int link;
};

struct fair_net {
    struct sim_arena *arena;
    struct fair_link *links;
    int *changed, changed_count;
    struct fair_flow **alone; /* that came, and share nothing */
    int alone_count, alone_room;
    int64_t mark;
    struct fair_flow **found; /* to be looked at */
    int found_count, found_room;
    int *touched, touched_count; /* their shared links */
    struct brim *brims;          /* a heap */
    int brim_count;
};

struct fair_net *fair_open(struct sim_arena *arena, int links)
{
    struct fair_net *net = sim_new(arena, struct fair_net, 1);

    net->arena = arena;
    net->links = sim_new(arena, struct fair_link, (size_t)links);
    net->changed = sim_new(arena, int, (size_t)links);
    net->touched = sim_new(arena, int, (size_t)links);
    net->brims = sim_new(arena, struct brim, (size_t)links);
    return net;
}

void fair_set_capacity(struct fair_net *net, int link, double bytes_per_second)
{
    net->links[link].capacity = bytes_per_second;
}

double fair_capacity(const struct fair_net *net, int link)
{
    return net->links[link].capacity;
}

void *fair_grown(struct sim_arena *arena, const void *old, size_t size, int *room)
{
    const int before = *room;
    void *new;

    *room = before == 0 ? 4 : 2 * before;
    new = sim_arena_take(arena, (size_t)*room, size);
    if (before > 0)
        memcpy(new, old, (size_t)before * size);
    return new;
}

static void keep(struct sim_arena *arena, struct fair_flow ***list, int *count, int *room,
                 struct fair_flow *flow)
{
    if (*count == *room)
        *list = fair_grown(arena, *list, sizeof(struct fair_flow *), room);
    (*list)[(*count)++] = flow;
}

/* ---- who is on which link ---- */

static void swap_uses(struct fair_net *net, struct fair_flow *flow, int a, int b)
{
    const struct fair_use use = flow->uses[a];

    flow->uses[a] = flow->uses[b];
    flow->uses[b] = use;
    net->links[flow->uses[a].link].riders[flow->uses[a].place].use = a;
    net->links[flow->uses[b].link].riders[flow->uses[b].place].use = b;
}

/* With the second link that a flow shares it ties both to each other. */
static void tie(struct fair_net *net, const struct fair_flow *flow, int by)
{
    if (flow->shared == 2)
        net->links[flow->uses[0].link].tangled += by;
    if (flow->shared >= 2)
        net->links[flow->uses[flow->shared - 1].link].tangled += by;
}

static void now_shares(struct fair_net *net, const struct rider *rider)
{
    struct fair_flow *flow = rider->flow;

    swap_uses(net, flow, rider->use, flow->shared++);
    tie(net, flow, 1);
}

static void now_has_alone(struct fair_net *net, const struct rider *rider)
{
    struct fair_flow *flow = rider->flow;

    swap_uses(net, flow, rider->use, flow->shared - 1);
    tie(net, flow, -1);
    flow->shared--;
}

static void note_change(struct fair_net *net, int number)
{
    if (!net->links[number].has_changed)
        net->changed[net->changed_count++] = number;
    net->links[number].has_changed = true;
}

void fair_add(struct fair_net *net, struct fair_flow *flow)
{
    assert(flow->weight > 0 && flow->cap > 0);
    flow->shared = 0;
    for (int u = 0; u < flow->count; u++) {
        const int number = flow->uses[u].link;
        struct fair_link *link = &net->links[number];

        if (link->count == link->room)
            link->riders = fair_grown(net->arena, link->riders, sizeof *link->riders, &link->room);
        flow->uses[u].place = link->count;
        link->riders[link->count++] = (struct rider){.flow = flow,
                                                     .use = u,
                                                     .cap = flow->uses[u].times * flow->cap,
                                                     .weight = flow->uses[u].times * flow->weight};
        if (link->count == 2)
            now_shares(net, &link->riders[0]);
        if (link->count >= 2) {
            now_shares(net, &link->riders[link->count - 1]);
            note_change(net, number);
        }
    }
    if (flow->shared == 0)
        keep(net->arena, &net->alone, &net->alone_count, &net->alone_room, flow);
}

void fair_remove(struct fair_net *net, struct fair_flow *flow)
{
    for (int i = 0; i < net->alone_count; i++)
        if (net->alone[i] == flow)
            net->alone[i--] = net->alone[--net->alone_count];
    for (; flow->shared > 0; flow->shared--)
        tie(net, flow, -1);
    for (int u = 0; u < flow->count; u++) {
        struct fair_link *link = &net->links[flow->uses[u].link];
        const int place = flow->uses[u].place;
        const struct rider last = link->riders[--link->count];

        link->riders[place] = last;
        last.flow->uses[last.use].place = place;
        if (link->count == 1)
            now_has_alone(net, &link->riders[0]);
        if (link->count >= 1)
            note_change(net, flow->uses[u].link);
    }
}

bool fair_has_changed(const struct fair_net *net)
{
    return net->changed_count > 0 || net->alone_count > 0;
}

/* ---- whom a change may concern ---- */

static void find_flow(struct fair_net *net, struct fair_flow *flow)
{
    if (flow->mark == net->mark)
        return;
    flow->mark = net->mark;
    flow->is_fixed = false;
    flow->share = flow->cap;
    keep(net->arena, &net->found, &net->found_count, &net->found_room, flow);
    for (int u = 0; u < flow->shared; u++) {
        struct fair_link *link = &net->links[flow->uses[u].link];

        if (link->mark != net->mark) {
            link->mark = net->mark;
            link->level = 0;
            link->left = link->capacity;
            link->weight = 0;
            link->open = 0;
            net->touched[net->touched_count++] = flow->uses[u].link;
        }
        link->weight += flow->uses[u].times * flow->weight;
        link->open++;
    }
}

static void find_riders(struct fair_net *net, const struct fair_link *link)
{
    for (int i = 0; i < link->count; i++)
        find_flow(net, link->riders[i].flow);
}

/* ---- a link whose riders share no other: most often that of a server ---- */

/* What riders leave to each other at a level: it is right if it is the same again. */
static double next_level(struct fair_link *link, double level)
{
    double left = link->capacity, weight = 0;

    for (int i = 0; i < link->count; i++)
        if (link->riders[i].cap <= level * link->riders[i].weight)
            left -= link->riders[i].cap;
        else
            weight += link->riders[i].weight;
    if (weight > 0)
        return left / weight;
    return left >= 0 ? INFINITY : 0; /* all may have their caps; or the level is far too high */
}

/* Newton's method on what all have at a level, which is concave and made of straight pieces: it steps to the right
 * level or below it, and from below it climbs, a piece at least at a time. */
static double level_by_itself(struct fair_link *link)
{
    double level = link->level, next = next_level(link, level);

    if (next < level) {
        level = next;
        next = next_level(link, level);
    }
    while (next > level) {
        level = next;
        next = next_level(link, level);
    }
    return level;
}

static void solve_by_itself(struct fair_net *net, struct fair_link *link)
{
    const bool knows_capped = link->level > 0;
    const double level = level_by_itself(link);

    for (int i = 0; i < link->count; i++) {
        struct rider *rider = &link->riders[i];
        const bool is_capped = rider->cap <= level * rider->weight;

        if (knows_capped && is_capped && rider->is_capped)
            continue;
        rider->is_capped = is_capped;
        rider->flow->share = is_capped ? rider->flow->cap : level * rider->flow->weight;
        keep(net->arena, &net->found, &net->found_count, &net->found_room, rider->flow);
    }
    link->level = level;
}

static void find_all(struct fair_net *net)
{
    net->mark++;
    net->found_count = net->touched_count = 0;
    for (int i = 0; i < net->alone_count; i++)
        if (net->alone[i]->shared == 0) /* still */
            find_flow(net, net->alone[i]);
    for (int c = 0; c < net->changed_count; c++) {
        struct fair_link *link = &net->links[net->changed[c]];

        link->has_changed = false;
        if (link->count >= 2 && link->tangled == 0)
            solve_by_itself(net, link);
        else
            find_riders(net, link);
    }
    for (int t = 0; t < net->touched_count; t++) /* more are touched on the way */
        find_riders(net, &net->links[net->touched[t]]);
    net->changed_count = net->alone_count = 0;
}

/* ---- links in the order in which they become full ---- */

/* What is left of a sum after many subtractions is mostly rounding. */
static void sum_up(struct fair_link *link)
{
    link->left = link->capacity;
    link->weight = 0;
    for (int i = 0; i < link->count; i++) {
        const struct fair_flow *flow = link->riders[i].flow;
        const int times = flow->uses[link->riders[i].use].times;

        if (flow->is_fixed)
            link->left -= times * flow->share;
        else
            link->weight += times * flow->weight;
    }
    link->whole = link->weight;
}

static double level_of(struct fair_link *link)
{
    if (link->weight < 1e-3 * link->whole)
        sum_up(link);
    return link->left / link->weight;
}

static void sift_down(struct fair_net *net, int place)
{
    const struct brim brim = net->brims[place];

    for (int child; (child = 2 * place + 1) < net->brim_count; place = child) {
        if (child + 1 < net->brim_count && net->brims[child + 1].level < net->brims[child].level)
            child++;
        if (brim.level <= net->brims[child].level)
            break;
        net->brims[place] = net->brims[child];
    }
    net->brims[place] = brim;
}

static void fix(struct fair_net *net, struct fair_flow *flow, double share)
{
    flow->is_fixed = true;
    flow->share = share;
    for (int u = 0; u < flow->shared; u++) {
        struct fair_link *link = &net->links[flow->uses[u].link];

        link->left -= flow->uses[u].times * share;
        link->weight -= flow->uses[u].times * flow->weight;
        link->open--;
    }
}

/* The flows of this link that reach their caps before the link is full; are there any? */
static bool fix_capped(struct fair_net *net, const struct fair_link *link, double level)
{
    const int before = link->open;

    for (int i = 0; i < link->count; i++) {
        struct fair_flow *flow = link->riders[i].flow;

        if (!flow->is_fixed && flow->cap <= level * flow->weight)
            fix(net, flow, flow->cap);
    }
    return link->open < before;
}

static void fix_all(struct fair_net *net, const struct fair_link *link, double level)
{
    for (int i = 0; i < link->count; i++) {
        struct fair_flow *flow = link->riders[i].flow;

        if (!flow->is_fixed)
            fix(net, flow, level * flow->weight);
    }
}

/* Levels only rise while flows are fixed: whoever is fixed took no more than his share of what was left.  So the link
 * at the top is the next to be full, unless its level has risen since it was looked at. */
int fair_solve(struct fair_net *net, struct fair_flow ***flows)
{
    double level = 0;

    find_all(net);
    net->brim_count = net->touched_count;
    for (int t = 0; t < net->touched_count; t++) {
        struct fair_link *link = &net->links[net->touched[t]];

        link->whole = link->weight;
        net->brims[t] = (struct brim){level_of(link), net->touched[t]};
    }
    for (int place = net->brim_count / 2 - 1; place >= 0; place--)
        sift_down(net, place);
    while (net->brim_count > 0) {
        struct brim *top = &net->brims[0];
        struct fair_link *link = &net->links[top->link];

        if (link->open > 0 && level_of(link) > top->level) {
            top->level = level_of(link);
        } else if (link->open > 0) {
            level = fmax(level, top->level); /* rounding must not take it back */
            if (!fix_capped(net, link, level))
                fix_all(net, link, level);
        } else {
            *top = net->brims[--net->brim_count];
        }
        if (net->brim_count > 0)
            sift_down(net, 0);
    }
    *flows = net->found;
    return net->found_count;
}
