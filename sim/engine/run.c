/* run.c -- one run: load the platform, cast the peers, let them act, compare with the laws. */
#include "sim/engine/run.h"

#include "sim/base/random.h"
#include "sim/engine/ahead.h"

#include <math.h>
#include <simgrid/engine.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xbt/config.h>

/* ---- before ---- */

void sim_remark(struct sim_plan *plan, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    plan->remarks = sim_record_remarks(plan->arena, plan->remarks, text);
}

/* SimGrid aborts where a host gets a second profile of its speed, and a slow-down is one. */
static bool can_be_slowed(const struct sim_scenario *scenario,
                          const struct sim_platform_facts *facts, struct sim_error *err)
{
    for (int f = 0; f < scenario->fault_count && facts->has_speed_profiles; f++)
        if (scenario->faults[f].kind == SIM_FAULT_HOST && scenario->faults[f].factor > 0)
            return sim_fail(err,
                            "%s: faults: host %s cannot be slowed, because hosts of %s have speed "
                            "profiles of their own, and one is possible; slow its peer instead.",
                            scenario->path, scenario->faults[f].name, scenario->platform);
    return true;
}

static bool plan_make(struct sim_plan *plan, const struct sim_scenario *scenario,
                      const struct sim_platform_facts *facts, struct sim_world *world,
                      struct sim_error *err)
{
    bool may_die = facts->has_state_profiles;

    for (int f = 0; f < scenario->fault_count; f++)
        may_die |= scenario->faults[f].factor == 0;
    *plan = (struct sim_plan){
        .algorithm = scenario->algorithm,
        .parameters = scenario->parameters,
        .iterations = scenario->iterations,
        .seed = scenario->seed,
        .model = scenario->model,
        .batch = scenario->batch,
        .language = scenario->language,
        .requests = scenario->requests,
        .arena = world->arena,
        .casting = sim_casting_open(world->arena),
        .world = world,
        .network_is_textbook = strcmp(scenario->network.name, "textbook") == 0,
        .network_is_ours = strcmp(scenario->network.name, "textbook") == 0 ||
                           strcmp(scenario->network.name, "tcp") == 0,
        .is_undisturbed = scenario->fault_count == 0 && !facts->has_profiles,
        .somebody_may_die = may_die,
        .keeps_events = scenario->trace >= SIM_TRACE_FULL,
        .allows_oom = scenario->allows_oom,
    };
    if (!can_be_slowed(scenario, facts, err) ||
        (scenario->requests != NULL &&
         !sim_requests_draw(scenario->requests, scenario->seed, world->arena, err)) ||
        !scenario->algorithm->prepare(plan, err) ||
        !sim_casting_place(plan, &scenario->hosts, world->host_names, world->host_count,
                           scenario->platform, err))
        return false;
    devices_take_reference(plan);
    return scenario->algorithm->placed == NULL || scenario->algorithm->placed(plan, err);
}

static void record_open(struct sim_record *record, const struct sim_plan *plan,
                        enum sim_timing timing)
{
    static const char *const words[] = {
        [SIM_FAST] = "each alone on its links, a + S/B",
        [SIM_ALONE] = "each alone on its links, a + S/B",
        [SIM_FLUID] = "fair shares of their links, a fluid model of our own",
        [SIM_SIMGRIDS] = "SimGrid's network model",
    };
    const struct sim_casting *casting = plan->casting;
    const struct sim_world *world = plan->world;

    *record = (struct sim_record){
        .transfers = words[timing],
        .joules = NAN,
        .remarks = plan->remarks,
        .peer_count = casting->peer_count,
        .host_count = world->host_count,
        .link_count = world->link_count,
        .peers = sim_new(plan->arena, struct sim_peer_record, (size_t)casting->peer_count),
        .links = sim_new(plan->arena, struct sim_link_record, (size_t)world->link_count),
    };
    sim_record_tables(record, plan->arena, plan->algorithm->tables);
    for (int i = 0; i < casting->peer_count; i++) {
        const struct sim_cast_peer *peer = &casting->peers[i];

        record->peers[i] = (struct sim_peer_record){
            .name = sim_text(plan->arena, "%s-%d", peer->role, peer->index),
            .role = peer->role,
            .host = world->host_names[peer->host],
        };
    }
    for (int i = 0; i < world->link_count; i++)
        record->links[i] = (struct sim_link_record){
            .name = world->links[i].name,
            .bytes_per_second = world->links[i].bytes_per_second,
            .latency_seconds = world->links[i].latency_seconds,
        };
}

static const struct sim_role *role_named(const struct sim_algorithm *algorithm, const char *name)
{
    const struct sim_role *role = algorithm->roles;

    while (strcmp(role->name, name) != 0)
        role++;
    return role;
}

static void open_peer(struct engine *engine, int number)
{
    const struct sim_cast_peer *cast = &engine->plan->casting->peers[number];
    const struct world_host *host = &engine->world->hosts[cast->host];
    struct peer *peer = &engine->peers[number];

    *peer = (struct peer){
        .open = {.plan = engine->plan,
                 .parameters = engine->plan->parameters,
                 .role = cast->role,
                 .index = cast->index,
                 .number = number},
        .engine = engine,
        .host = host->host,
        .host_place = cast->host,
        .role = role_named(engine->plan->algorithm, cast->role),
        .phase_name = "start",
        .step = SIM_NO_STEP,
        .dozes_since = NAN,
        .executes_since = NAN,
        .slowdown = 1,
    };
    if (host->flop_per_second > engine->fastest_flop_per_second)
        engine->fastest_flop_per_second = host->flop_per_second;
}

/* A guarded stack takes two memory maps, of which Linux gives a process 65,530; beyond this many peers
 * stacks are small, and unguarded.  Otherwise 268 KiB: no power of two, or the tops of all stacks would
 * fall into the same sets of the cache. */
enum { MOST_GUARDED_STACKS = 30000, STACK_KIB = 268, SMALL_STACK_KIB = 32 };

/* LeakSanitizer, where it is built in, looks for pointers in the stacks of those who still live, which are blocks of the
 * heap: a guard, that nobody may read, would end its search.  AddressSanitizer has guards of its own. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void choose_stacks(int peers)
{
    const bool has_room = peers <= MOST_GUARDED_STACKS;

    sg_cfg_set_int("contexts/stack-size", has_room ? STACK_KIB : SMALL_STACK_KIB);
    if (!has_room || __lsan_do_recoverable_leak_check != NULL)
        sg_cfg_set_int("contexts/guard-size", 0);
}

/* SimGrid has nothing to share out where one peer computes on a host: it takes flop / speed. */
static void find_lonely(struct engine *engine)
{
    const int count = engine->record->peer_count;
    int *on = sim_new(engine->arena, int, (size_t)engine->world->host_count);

    for (int i = 0; i < count; i++)
        on[engine->peers[i].host_place]++;
    for (int i = 0; i < count; i++) {
        const int place = engine->peers[i].host_place;

        engine->peers[i].is_only_one_there = on[place] == 1;
        engine->peers[i].has_host_alone = on[place] == 1 && engine->is_ours;
        engine->some_share_hosts |= on[place] > 1;
    }
}

static void engine_open(struct engine *engine, const struct sim_plan *plan,
                        struct sim_record *record)
{
    size_t buckets = 64;

    while (buckets < 4 * (size_t)record->peer_count)
        buckets *= 2;
    engine->plan = plan;
    engine->world = plan->world;
    engine->arena = plan->arena;
    engine->record = record;
    engine->peers = sim_new(plan->arena, struct peer, (size_t)record->peer_count);
    engine->loads = sim_new(plan->arena, struct link_load, (size_t)record->link_count);
    for (int i = 0; i < record->link_count; i++)
        engine->loads[i] = (struct link_load){.is_fatpipe = plan->world->links[i].is_fatpipe,
                                              .is_wifi = plan->world->links[i].is_wifi};
    engine->buckets = sim_new(plan->arena, struct channel *, buckets);
    engine->bucket_mask = buckets - 1;
    record->phases[record->phase_count++] = "start";
    choose_stacks(record->peer_count);
    for (int i = 0; i < record->peer_count; i++)
        open_peer(engine, i);
    if (plan->is_undisturbed)
        find_lonely(engine);
}

/* ---- after ---- */

static void describe_wait(const struct engine *engine, const struct peer *peer,
                          struct sim_error *err)
{
    const struct sim_activity *activity = peer->waits_for;
    const char *name = engine->record->peers[peer->open.number].name;
    const int others = peer->waits_for_others;

    if (activity == NULL || activity->channel == NULL) {
        sim_fail(err, "  %s has waited since %.9g s.", name, peer->blocked_since);
        return;
    }
    sim_fail(err, "  %s has waited since %.9g s to %s %s%s.", name, peer->blocked_since,
             activity->kind == SENDING ? "send to" : "receive from",
             engine->record
                 ->peers[activity->kind == SENDING ? activity->channel->to->open.number
                                                   : activity->channel->from->open.number]
                 .name,
             others > 0 ? sim_text(engine->arena, ", or for one of %d others", others) : "");
}

enum { MOST_STUCK_NAMED = 12 };

/* SimGrid takes a deadlock for an end like any other. */
static bool all_finished(const struct engine *engine, struct sim_error *err)
{
    const int count = engine->record->peer_count;
    int stuck = 0;

    for (int i = 0; i < count; i++)
        stuck += !engine->peers[i].is_finished && !engine->peers[i].is_dead;
    if (stuck == 0)
        return true;
    sim_fail(err, "The simulation is stuck at %.9g s: %d of %d peers wait for ever.",
             simgrid_get_clock(), stuck, count);
    for (int i = 0, named = 0; i < count && named < MOST_STUCK_NAMED; i++)
        if (!engine->peers[i].is_finished && !engine->peers[i].is_dead) {
            describe_wait(engine, &engine->peers[i], err);
            named++;
        }
    if (stuck > MOST_STUCK_NAMED)
        sim_fail(err, "  ... and %d more.", stuck - MOST_STUCK_NAMED);
    return false;
}

static bool all_dead(const struct engine *engine)
{
    for (int i = 0; i < engine->record->peer_count; i++)
        if (!engine->peers[i].is_dead)
            return false;
    return true;
}

/* The host that sends or receives most: the lesson of the lecture is its number. */
static void find_busiest_card(const struct engine *engine)
{
    struct sim_record *record = engine->record;
    const size_t hosts = (size_t)engine->world->host_count;
    int64_t *sent = sim_new(engine->arena, int64_t, hosts);
    int64_t *received = sim_new(engine->arena, int64_t, hosts);

    for (int i = 0; i < record->peer_count; i++) {
        sent[engine->peers[i].host_place] += record->peers[i].bytes_sent;
        received[engine->peers[i].host_place] += record->peers[i].bytes_received;
    }
    for (size_t h = 0; h < hosts; h++) {
        const bool sends = sent[h] >= received[h];
        const int64_t bytes = sends ? sent[h] : received[h];

        if (bytes > record->totals.busiest_card_bytes) {
            record->totals.busiest_card_bytes = bytes;
            record->busiest_card_host = engine->world->hosts[h].name;
            record->busiest_card_way = sends ? "sends" : "receives";
        }
    }
}

static void close_peers(struct engine *engine)
{
    const double end = engine->record->totals.seconds;

    for (int i = 0; i < engine->record->peer_count; i++) {
        struct sim_peer_record *peer = &engine->record->peers[i];
        double busy = 0;

        for (int d = 0; d < SIM_DOINGS; d++)
            busy += d == SIM_IDLING ? 0 : peer->seconds[d];
        peer->seconds[SIM_IDLING] = end > busy ? end - busy : 0;
        engine->record->used_random_numbers |= engine->peers[i].random != NULL;
        sim_random_close(engine->peers[i].random);
    }
}

/* The last moment in which a peer lived: profiles may keep SimGrid's clock going. */
static double last_finish(const struct sim_record *record)
{
    double last = 0;

    for (int i = 0; i < record->peer_count; i++)
        if (record->peers[i].finished_at > last)
            last = record->peers[i].finished_at;
    return last;
}

static bool check_laws(const struct sim_plan *plan, struct sim_record *record,
                       struct sim_error *err)
{
    const struct sim_law *laws = plan->algorithm->laws;
    bool fine = true;

    while (laws[record->law_count].quantity != NULL)
        record->law_count++;
    record->laws = sim_new(plan->arena, struct sim_law_record, (size_t)record->law_count + 1);
    for (int i = 0; i < record->law_count; i++) {
        const struct sim_law *law = &laws[i];
        struct sim_law_record *found = &record->laws[i];

        found->law = law;
        found->simulated = law->simulated(&record->totals);
        found->is_checked = law->holds == NULL || law->holds(plan);
        if (!found->is_checked)
            continue;
        found->theory = law->theory(plan);
        found->error = found->theory == found->simulated ? 0
                       : found->theory == 0              ? INFINITY
                                                         : found->simulated / found->theory - 1;
        found->tolerance = law->tolerance;
        if (law->deviation != NULL)
            found->tolerance = fmax(found->tolerance, SIM_DEVIATIONS * law->deviation(plan));
        found->holds = fabs(found->error) <= found->tolerance;
        if (!found->holds)
            fine = sim_fail(err, "The law %s = %s is broken: %.17g in theory, %.17g simulated.",
                            law->quantity, law->formula, found->theory, found->simulated);
    }
    return fine;
}

/* No link can carry more than its bandwidth allows in the time of the run: a check on SimGrid, and on us. */
static bool links_are_believable(const struct engine *engine, struct sim_error *err)
{
    const struct sim_record *record = engine->record;
    bool fine = true;

    if (!engine->plan->is_undisturbed || !engine->plan->network_is_ours)
        return true;
    for (int l = 0; l < record->link_count; l++) {
        const struct sim_link_record *link = &record->links[l];
        const double most = link->bytes_per_second * record->totals.seconds * (1 + 1e-6);
        const bool is_shared =
            !engine->world->links[l].is_fatpipe && !engine->world->links[l].is_wifi;

        if (is_shared && (double)link->bytes > most)
            fine = sim_fail(
                err,
                "Link %s carried %lld bytes in %.9g s, more than its %.9g B/s allow: this is "
                "a defect of the simulation.",
                link->name, (long long)link->bytes, record->totals.seconds, link->bytes_per_second);
    }
    return fine;
}

/* All that a peer knows of others came by messages, so none need wait for the others' time to pass. */
static bool keep_to_messages(const struct sim_algorithm *algorithm)
{
    bool all = true;

    for (const struct sim_role *role = algorithm->roles; role->name != NULL; role++)
        all &= role->keeps_to_messages;
    return all;
}

enum { LEAST_REPEATED = 3 }; /* iterations: with fewer there is nothing to skip */

static void look_ahead(struct engine *engine)
{
    engine->may_be_ahead = engine->plan->is_undisturbed;
    if (!engine->may_be_ahead)
        engine_tell_why(engine, "a fault changes how fast a host computes");
    engine->have_own_clocks = engine->may_be_ahead && keep_to_messages(engine->plan->algorithm);
}

/* Where a full trace is wanted each iteration is to be in it; and the joules of what SimGrid computes are SimGrid's. */
static void look_for_repeats(struct engine *engine)
{
    const struct sim_plan *plan = engine->plan;
    const bool is_possible = engine->is_ours && plan->is_undisturbed && !plan->keeps_events &&
                             plan->iterations > LEAST_REPEATED && !engine->some_share_hosts;

    engine->repeat = (struct repeat){.is_possible = is_possible, .compared_at = 1};
}

static void tell_simulation(struct engine *engine)
{
    struct sim_record *record = engine->record;
    const bool was_ahead = engine->has_been_ahead || engine->have_own_clocks;

    if (!was_ahead)
        engine_tell_why(engine, "its roles are written message by message");
    record->was_fast = engine->why_full == NULL;
    record->why = record->was_fast
                      ? "no two transfers meet on a link: steps are followed without waiting"
                      : engine->why_full;
    if (engine->repeat.skipped > 0)
        record->why = sim_text(engine->arena, "%s; %d of %d iterations went as the one before",
                               record->why, engine->repeat.skipped, engine->plan->iterations);
}

static int finish(struct engine *engine, struct sim_error *err)
{
    struct sim_record *record = engine->record;

    if (engine->is_over)
        return engine->exit_code;
    if (!all_finished(engine, err))
        return 1;
    if (all_dead(engine)) {
        sim_fail(err, "All peers are dead at %.9g s, so nothing was finished.",
                 simgrid_get_clock());
        return 1;
    }
    record->totals.seconds = last_finish(record);
    record->totals.record = record;
    channel_tell_links(engine);
    find_busiest_card(engine);
    close_peers(engine);
    sim_record_in_order(record, engine->plan->arena);
    sim_record_statistics(record, engine->plan->arena,
                          engine->plan->requests == NULL ? 0 : engine->plan->requests->warm_up);
    return check_laws(engine->plan, record, err) & links_are_believable(engine, err) &
                   joules_are_believable(engine, err)
               ? 0
               : 1;
}

struct sim_world *sim_load(const struct sim_scenario *scenario,
                           const struct sim_platform_facts *facts, volatile bool *platform_is_fine,
                           struct sim_arena *arena, struct sim_error *err)
{
    struct sim_world *world = sim_new(arena, struct sim_world, 1);

    return world_load(world, scenario, facts, facts->has_wattage, platform_is_fine, arena, err)
               ? world
               : NULL;
}

/* What was loaded before is the same, but lives and complains here. */
static struct sim_world *adopt(struct sim_world *loaded, volatile bool *platform_is_fine,
                               struct sim_arena *arena)
{
    loaded->arena = arena;
    loaded->platform_is_fine = platform_is_fine;
    *platform_is_fine = true;
    return loaded;
}

bool sim_world_can_run(const struct sim_world *world)
{
    return !world->is_worn && (world->runs == 0 || s4u_can_restart());
}

/* A run that ended as it should, or that we ourselves broke off, leaves nothing under way. */
static bool wears_out(const struct engine *engine, int code)
{
    return !engine->plan->is_undisturbed ||
           (engine->world->draws_power && engine->simgrid_counts) ||
           (code != 0 && code != SIM_RUN_AGAIN);
}

int sim_run(const struct sim_scenario *scenario, const struct sim_platform_facts *facts,
            struct sim_world *loaded, int terminal, struct sim_attempt *attempt,
            volatile bool *platform_is_fine, struct sim_arena *arena, struct sim_record *record,
            struct sim_error *err)
{
    struct sim_world *world = loaded != NULL
                                  ? adopt(loaded, platform_is_fine, arena)
                                  : sim_load(scenario, facts, platform_is_fine, arena, err);
    struct sim_plan *plan = sim_new(arena, struct sim_plan, 1);
    struct engine *engine = sim_new(arena, struct engine, 1);
    const enum sim_timing timing = attempt->timing;
    char complaint[1024];
    int code;

    if (world == NULL || !plan_make(plan, scenario, facts, world, err))
        return 2;
    if (world->runs++ > 0)
        s4u_restart();
    world->is_worn = true; /* until it has ended well */
    plan->is_alone = timing <= SIM_ALONE;
    record_open(record, plan, timing);
    engine->scenario = scenario;
    engine->keeps_events = plan->keeps_events;
    engine->gave_up = err;
    engine->terminal = terminal;
    engine->is_ours = timing != SIM_SIMGRIDS;
    engine->is_alone = timing <= SIM_ALONE;
    engine->why_full = attempt->why;
    engine_open(engine, plan, record);
    if (timing == SIM_FAST)
        look_ahead(engine);
    look_for_repeats(engine);
    if (timing == SIM_FLUID)
        flows_open(engine);
    actors_open(engine);
    for (int i = 0; i < record->peer_count; i++)
        peer_begin(&engine->peers[i]);
    if (!faults_arm(engine, err))
        return 2;
    if (!s4u_run(engine->keeps_actors, complaint, sizeof complaint)) {
        complaint[strcspn(complaint, "\n")] = '\0';
        sim_fail(err, "SimGrid gave up at %.9g s: %s", simgrid_get_clock(), complaint);
        return 1;
    }
    progress_clear(engine);
    rounds_close(engine);
    if (engine->keeps_actors && engine->left < record->peer_count)
        return SIM_RUN_ELSEWHERE; /* which is stuck, and to say at what time */
    attempt->next = engine->again_with;
    tell_simulation(engine);
    code = finish(engine, err);
    world->is_worn = wears_out(engine, code);
    return code;
}

/* ---- checking ---- */

enum { MOST_ROUTES_CHECKED = 1000 * 1000 };

static bool has_all_routes(struct sim_world *world, struct sim_error *err)
{
    int64_t left = MOST_ROUTES_CHECKED;
    bool fine = true;

    for (int from = 0; from < world->host_count; from++)
        for (int to = 0; to < world->host_count && left > 0; to++, left--)
            if (from != to && world_route(world, from, to) == NULL)
                fine = sim_fail(err, "%s: there is no route from host %s to host %s.",
                                world->platform, world->hosts[from].name, world->hosts[to].name);
    return fine;
}

bool sim_check(const struct sim_scenario *scenario, const struct sim_platform_facts *facts,
               struct sim_arena *arena, struct sim_error *err)
{
    struct sim_world *world = sim_new(arena, struct sim_world, 1);
    struct sim_plan *plan = sim_new(arena, struct sim_plan, 1);
    struct engine *engine = sim_new(arena, struct engine, 1);
    struct sim_record *record = sim_new(arena, struct sim_record, 1);
    volatile bool platform_is_fine;

    if (!world_load(world, scenario, facts, false, &platform_is_fine, arena, err))
        return false;
    if (scenario->algorithm == NULL)
        return has_all_routes(world, err);
    if (!plan_make(plan, scenario, facts, world, err))
        return false;
    record_open(record, plan, SIM_SIMGRIDS);
    engine->scenario = scenario;
    engine_open(engine, plan, record);
    engine->is_over = true; /* nobody acts, so nobody can be hit by a fault */
    return faults_arm(engine, err) & has_all_routes(world, err);
}
