#include "algorithms/inference/shared/requests.h"

#include <string.h>

const char *const inf_on_loss_choices[] = {"retry", "local", "fail", NULL};
const char *const inf_outcome_words[] = {"unfinished", "answered", "fell_back",
                                         "lost",       "empty",    NULL};

void inf_prepare(struct sim_plan *plan, struct inf_run *run, int sources, int stage_count,
                 int exit_count)
{
    const struct sim_requests *asked = plan->requests;

    *run = (struct inf_run){.options = plan->parameters,
                            .count = asked->count,
                            .stage_count = stage_count,
                            .exit_count = exit_count};
    run->requests = sim_new(plan->arena, struct inf_request, (size_t)asked->count);
    run->tally = sim_new(plan->arena, struct inf_tally, 1);
    run->tally->exits = sim_new(plan->arena, int, (size_t)exit_count + 1);
    for (int i = 0; i < asked->count; i++)
        run->requests[i] = (struct inf_request){.number = i,
                                                .source = sim_request_source(asked, i, sources),
                                                .owner = SIM_NOBODY,
                                                .holder = SIM_NOBODY,
                                                .arrived_at = asked->at_seconds[i],
                                                .finished_at = NAN,
                                                .exit = -1,
                                                .device_joules = NAN,
                                                .joules = NAN,
                                                .correct = NAN};
    plan->prepared = run;
}

bool inf_placed(struct sim_plan *plan, const char *role, struct sim_error *err)
{
    const struct inference *options = plan->parameters;
    const struct sim_group *devices = sim_role(plan, role);
    struct inf_tally *tally = inf_run_of(plan)->tally;

    for (const struct sim_role *r = plan->algorithm->roles; r->name != NULL; r++)
        tally->peer_count += sim_role(plan, r->name)->size;
    tally->is_closed = sim_new(plan->arena, bool, (size_t)tally->peer_count);

    if (options->battery_joules == 0)
        return true;
    for (int i = 0; i < devices->size; i++)
        if (!sim_states_watts(plan, devices->peers[i]))
            return sim_fail(err,
                            "battery_joules: host %s does not say what it draws, so its battery "
                            "never empties; give it wattage_per_state in the platform file.",
                            sim_host_name(plan, devices->peers[i]));
    return true;
}

static void count(const struct inf_run *run, const struct sim_plan *plan,
                  const struct inf_request *request)
{
    struct inf_tally *tally = run->tally;

    tally->outcomes[request->outcome]++;
    if (request->number < plan->requests->warm_up)
        return;
    if (request->exit >= 0 && request->exit < run->exit_count) {
        tally->exits[request->exit]++;
        tally->exits_counted++;
    }
    if (!isnan(request->correct)) {
        tally->known_count++;
        tally->correct_count += request->correct != 0;
    }
}

void inf_end(struct sim_peer *me, struct inf_request *request, enum inf_outcome outcome)
{
    const struct inf_run *run = inf_run_of(me->plan);
    const bool is_answered = outcome == INF_ANSWERED || outcome == INF_FELL_BACK;
    double row[INF_COLUMN_COUNT + INF_MOST_STAGES] = {request->number, request->source,
                                                      request->arrived_at};

    request->is_over = true;
    request->outcome = outcome;

    request->finished_at = is_answered ? sim_now(me) : NAN;
    if (!is_answered)
        request->correct = NAN;
    row[3] = request->finished_at;
    row[4] = request->finished_at - request->arrived_at;
    row[5] = outcome;
    row[6] = request->exit >= 0 ? request->exit : NAN;
    row[7] = request->correct;
    row[8] = (double)request->bytes;
    row[9] = request->device_joules;
    row[10] = request->joules;
    for (int s = 0; s < run->stage_count; s++)
        row[INF_COLUMN_COUNT + s] = is_answered ? request->stages[s] : NAN;
    sim_row(me, "requests", row);
    count(run, me->plan, request);
}

static void tell(struct sim_peer *me)
{
    const struct inf_run *run = inf_run_of(me->plan);
    const struct inf_tally *tally = run->tally;
    double shares[64];

    sim_note(me, "requests_answered",
             tally->outcomes[INF_ANSWERED] + tally->outcomes[INF_FELL_BACK]);
    if (tally->outcomes[INF_FELL_BACK] > 0)
        sim_note(me, "requests_fell_back", tally->outcomes[INF_FELL_BACK]);
    if (tally->outcomes[INF_LOST] > 0)
        sim_note(me, "requests_lost", tally->outcomes[INF_LOST]);
    if (tally->outcomes[INF_EMPTY] > 0)
        sim_note(me, "requests_battery_empty", tally->outcomes[INF_EMPTY]);
    if (tally->outcomes[INF_UNFINISHED] > 0)
        sim_note(me, "requests_unfinished", tally->outcomes[INF_UNFINISHED]);
    if (tally->known_count > 0)
        sim_note(me, "accuracy", (double)tally->correct_count / tally->known_count);
    if (tally->exits_counted == 0)
        return;
    for (int e = 0; e < run->exit_count && e < 64; e++)
        shares[e] = (double)tally->exits[e] / tally->exits_counted;
    sim_note_list(me, "exit_shares", shares, run->exit_count < 64 ? run->exit_count : 64);
}

static bool is_last(const struct sim_peer *me)
{
    const struct inf_run *run = inf_run_of(me->plan);

    for (int p = 0; p < run->tally->peer_count; p++)
        if (!run->tally->is_closed[p] && !sim_is_dead(me, p))
            return false;
    return true;
}

/* Where more waits than chance explains, the line grows as long as requests come. */
static void note_line(const struct inf_run *run, const struct sim_peer *me, int waiting)
{
    struct inf_tally *tally = run->tally;

    if (waiting <= 10 || waiting <= run->count / 50)
        return;
    tally->full_hosts++;
    if (waiting > tally->worst_waiting) {
        tally->worst_waiting = waiting;
        tally->worst_host = me->number;
    }
}

static void say_what_grew(struct sim_peer *me)
{
    const struct inf_run *run = inf_run_of(me->plan);
    const struct inf_tally *tally = run->tally;

    if (tally->full_hosts > 0)
        sim_say(
            me,
            "More was asked of %d host%s than can be done, most of all of %s: when the last of %d "
            "requests had come, %d waited there. The queue grows as long as they come, and "
            "latencies with it.",
            tally->full_hosts, tally->full_hosts > 1 ? "s" : "",
            sim_host_name(me->plan, tally->worst_host), run->count, tally->worst_waiting);
}

void inf_close(struct sim_peer *me, int waiting)
{
    const struct inf_run *run = inf_run_of(me->plan);

    run->tally->is_closed[me->number] = true;
    note_line(run, me, waiting);
    if (!is_last(me))
        return;
    say_what_grew(me);
    for (int i = 0; i < run->count; i++)
        if (!run->requests[i].is_over && run->requests[i].arrived_at <= sim_now(me))
            inf_end(me, &run->requests[i], INF_UNFINISHED);
    tell(me);
}

double inf_mean_latency_seconds(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "mean_latency_seconds");
}
