#include "sim/scenario/casting.h"

#include "sim/base/names.h"

#include <assert.h>
#include <fnmatch.h>
#include <string.h>

struct sim_casting *sim_casting_open(struct sim_arena *arena)
{
    return sim_new(arena, struct sim_casting, 1);
}

static int first_number_of(const struct sim_plan *plan, const char *role)
{
    const struct sim_group *group = sim_role(plan, role);

    assert(group->size > 0);
    return group->peers[0];
}

static bool has_role(const struct sim_algorithm *algorithm, const char *name)
{
    for (const struct sim_role *role = algorithm->roles; role->name != NULL; role++)
        if (strcmp(role->name, name) == 0)
            return true;
    return false;
}

static void make_room(struct sim_casting *casting, struct sim_arena *arena, int count)
{
    struct sim_cast_peer *peers;

    if (casting->peer_count + count <= casting->peer_room)
        return;
    casting->peer_room = 2 * casting->peer_room + count;
    peers = sim_new(arena, struct sim_cast_peer, (size_t)casting->peer_room);
    if (casting->peer_count > 0)
        memcpy(peers, casting->peers, (size_t)casting->peer_count * sizeof *peers);
    casting->peers = peers;
}

/* The i-th beside the i-th of those `beside_count` peers from number `beside` on, counted round; alone where there are none. */
static void cast(struct sim_plan *plan, const char *role, int count, int beside, int beside_count)
{
    struct sim_casting *casting = plan->casting;
    int *numbers = sim_new(plan->arena, int, (size_t)count);

    assert(has_role(plan->algorithm, role) && casting->group_count < SIM_MOST_ROLES);
    make_room(casting, plan->arena, count);
    for (int i = 0; i < count; i++) {
        numbers[i] = casting->peer_count;
        casting->peers[casting->peer_count++] =
            (struct sim_cast_peer){.role = role,
                                   .index = i,
                                   .beside = beside_count == 0 ? -1 : beside + i % beside_count,
                                   .host = -1};
    }
    casting->groups[casting->group_count++] = (struct sim_group){role, count, numbers};
}

void sim_cast(struct sim_plan *plan, const char *role, int count)
{
    cast(plan, role, count, -1, 0);
}

void sim_cast_beside(struct sim_plan *plan, const char *role, int count, const char *other)
{
    assert(sim_role(plan, other)->size > 0);
    cast(plan, role, count, first_number_of(plan, other), sim_role(plan, other)->size);
}

const struct sim_group *sim_role(const struct sim_plan *plan, const char *role)
{
    static const struct sim_group nobody = {"", 0, NULL};

    for (int i = 0; i < plan->casting->group_count; i++)
        if (strcmp(plan->casting->groups[i].name, role) == 0)
            return &plan->casting->groups[i];
    return &nobody;
}

/* ---- placing ---- */

/* The hosts, and which of them some line of `hosts:` has already given away. */
struct inventory {
    const char *const *names;
    bool *is_taken;
    int count;
    const char *platform;
    struct sim_arena *arena;
};

static const struct sim_host_rule *rule_of(const struct sim_host_rules *rules, const char *role)
{
    for (int i = 0; i < rules->count; i++)
        if (strcmp(rules->rules[i].role, role) == 0)
            return &rules->rules[i];
    return NULL;
}

static bool take_matching(const struct sim_host_rule *rule, const char *pattern,
                          struct inventory *hosts, int *places, int *count, struct sim_error *err)
{
    int matches = 0;

    for (int h = 0; h < hosts->count; h++) {
        if (fnmatch(pattern, hosts->names[h], 0) != 0)
            continue;
        matches++;
        if (!hosts->is_taken[h]) {
            hosts->is_taken[h] = true;
            places[(*count)++] = h;
        }
    }
    return matches > 0 ||
           sim_fail(
               err, "hosts.%s: %s has no host '%s'%s", rule->role, hosts->platform, pattern,
               sim_did_you_mean(hosts->arena, pattern, hosts->names, (size_t)hosts->count, "."));
}

/* The hosts that one role may use, in order, in places[]; how many, in *count. */
static bool hosts_of_role(const struct sim_host_rule *rule, struct inventory *hosts, int *places,
                          int *count, struct sim_error *err)
{
    bool fine = true;

    *count = 0;
    if (rule != NULL && rule->patterns != NULL) {
        for (const char *const *pattern = rule->patterns; *pattern != NULL; pattern++)
            fine &= take_matching(rule, *pattern, hosts, places, count, err);
        return fine;
    }
    for (int h = 0; h < hosts->count; h++)
        if (!hosts->is_taken[h] && (rule == NULL || *count < rule->count))
            places[(*count)++] = h;
    if (rule != NULL && *count < rule->count)
        return sim_fail(err, "hosts.%s: %d hosts are asked for, but %s has only %d that are free.",
                        rule->role, rule->count, hosts->platform, *count);
    return true;
}

static int wanted_hosts(const struct sim_casting *casting)
{
    int wanted = 0;

    for (int i = 0; i < casting->peer_count; i++)
        wanted += casting->peers[i].beside < 0;
    return wanted;
}

static bool too_few(const struct sim_casting *casting, const struct sim_group *group, int found,
                    bool round_robin, const struct inventory *hosts, struct sim_error *err)
{
    if (round_robin)
        return sim_fail(err, "hosts.%s: other roles have taken the hosts that this line names.",
                        group->name);
    return sim_fail(
        err,
        "%s has %d host%s (%d free for role %s), but the scenario casts %d peers that each want "
        "one (%d of role %s): take a platform of at least %d hosts, or say hosts: {share: "
        "round_robin}.",
        hosts->platform, hosts->count, hosts->count == 1 ? "" : "s", found, group->name,
        wanted_hosts(casting), group->size, group->name, wanted_hosts(casting));
}

static bool place_group(struct sim_casting *casting, const struct sim_group *group,
                        const struct sim_host_rules *rules, struct inventory *hosts, int *places,
                        struct sim_error *err)
{
    const struct sim_host_rule *rule = rule_of(rules, group->name);
    int found;

    if (group->size == 0 || casting->peers[group->peers[0]].beside >= 0)
        return rule == NULL ||
               sim_fail(
                   err,
                   "hosts.%s: this role lives on the hosts of another role here; place that one.",
                   group->name);
    if (!hosts_of_role(rule, hosts, places, &found, err))
        return false;
    if (found == 0 && rules->round_robin && rule == NULL)
        for (; found < hosts->count; found++)
            places[found] = found;
    if (found == 0 || (found < group->size && !rules->round_robin))
        return too_few(casting, group, found, rules->round_robin, hosts, err);
    for (int i = 0; i < group->size; i++) {
        const int host = places[i % found];

        casting->is_shared |= i >= found || (rule == NULL && hosts->is_taken[host]);
        casting->peers[group->peers[i]].host = host;
        hosts->is_taken[host] = true;
    }
    return true;
}

static bool rules_name_roles(const struct sim_plan *plan, const struct sim_host_rules *rules,
                             struct sim_error *err)
{
    const char *names[SIM_MOST_ROLES];
    size_t count = 0;
    bool fine = true;

    for (const struct sim_role *role = plan->algorithm->roles; role->name != NULL; role++)
        names[count++] = role->name;
    for (int i = 0; i < rules->count; i++) {
        const char *role = rules->rules[i].role;

        if (!has_role(plan->algorithm, role))
            fine = sim_fail(err, "hosts.%s: %s has no such role%s", role, plan->algorithm->name,
                            sim_did_you_mean(plan->arena, role, names, count, "."));
        else if (sim_role(plan, role)->size == 0)
            fine = sim_fail(err, "hosts.%s: nobody plays this role here; leave it out.", role);
    }
    return fine;
}

/* Roles that the scenario places by name choose first, whatever the order in which they were cast. */
bool sim_casting_place(struct sim_plan *plan, const struct sim_host_rules *rules,
                       const char *const *hosts, int host_count, const char *platform,
                       struct sim_error *err)
{
    struct sim_casting *casting = plan->casting;
    struct inventory inventory = {hosts, sim_new(plan->arena, bool, (size_t)host_count), host_count,
                                  platform, plan->arena};
    int *places = sim_new(plan->arena, int, (size_t)host_count);
    bool fine = rules_name_roles(plan, rules, err);

    for (int named = 1; fine && named >= 0; named--)
        for (int g = 0; fine && g < casting->group_count; g++) {
            const struct sim_host_rule *rule = rule_of(rules, casting->groups[g].name);

            if ((rule != NULL && rule->patterns != NULL) == named)
                fine = place_group(casting, &casting->groups[g], rules, &inventory, places, err);
        }
    for (int i = 0; fine && i < casting->peer_count; i++)
        if (casting->peers[i].beside >= 0)
            casting->peers[i].host = casting->peers[casting->peers[i].beside].host;
    return fine;
}
