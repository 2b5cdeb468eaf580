/* server.c -- the role `target`: it admits sequences to its batch, and decodes them round by round. */
#include "algorithms/decoding/shared/server.h"

#include "algorithms/decoding/shared/baseline.h"
#include "algorithms/decoding/shared/report.h"
#include "algorithms/decoding/shared/said.h"
#include "algorithms/decoding/shared/shards.h"

static int draft_peer(const struct dec_server *server, int draft)
{
    return sim_role(server->me->plan, "draft")->peers[draft];
}

/* ---- steps of the target ---- */

/* One after the other on the target's devices; the seconds that passed. */
static double compute(struct dec_server *server, struct dec_step *steps, int count,
                      const char *phase)
{
    const double begin = sim_now(server->me);

    sim_phase(server->me, phase);
    dec_target_compute(server->me, steps, count);
    return sim_now(server->me) - begin;
}

/* What it read and computed, prompts left out: they are the same whoever decodes. */
static void count_target_steps(struct dec_server *server, const struct dec_step *steps, int count)
{
    const struct dec_cost *cost = &server->run->target_cost;

    for (int s = 0; s < count; s++) {
        server->tally->target_memory_bytes += dec_step_memory_bytes(cost, &steps[s]);
        server->tally->target_flop += dec_step_flop(cost, &steps[s]);
    }
}

/* ---- admitting ---- */

static bool has_arrived(const struct dec_server *server)
{
    return server->next < server->run->count &&
           server->run->sequences[server->next].arrived_at <= sim_now(server->me);
}

static void begin(struct dec_server *server, struct dec_sequence *sequence)
{
    const struct sim_plan *plan = server->me->plan;

    sequence->tree.arena = plan->arena;
    sequence->tokens = token_sequence_open(server->run->tokens, sequence->number,
                                           server->options->prompt_tokens, plan->arena);
    sequence->context_tokens = server->options->prompt_tokens;
    if (server->run->method->begin != NULL)
        server->run->method->begin(plan, sequence);
    server->batch[server->count++] = sequence;
    server->new_count++;
}

static void admit(struct dec_server *server)
{
    server->new_count = 0;
    while (has_arrived(server) && dec_has_room(server))
        begin(server, &server->run->sequences[server->next++]);
}

/* ---- what drafts are asked ---- */

static void order(struct dec_server *server, int draft, struct dec_order *what, int64_t bytes)
{
    const struct sim_message message = {bytes, what};

    server->pending[draft] = sim_start_send(server->me, draft_peer(server, draft), message);
}

/* Did it get there?  If not, it takes no part. */
static void await_order(struct dec_server *server, int draft)
{
    if (sim_wait(server->me, server->pending[draft], NULL) == SIM_OK)
        return;
    server->takes_part[draft] = false;
    server->is_behind[draft] = true;
}

/* Drafts read what they do not know: new prompts, or after their own death all that there is. */
static void order_reading(struct dec_server *server, int draft)
{
    struct dec_order *reads = &server->reads[draft];
    const int first = server->is_behind[draft] ? 0 : server->count - server->new_count;

    reads->kind = DEC_ORDER_READ;
    reads->steps[0] = (struct dec_step){.layer_share = 1};
    reads->step_count = 1;
    for (int i = first; i < server->count; i++)
        dec_step_add(&reads->steps[0], server->batch[i]->context_tokens, 0);
    server->is_behind[draft] = false;
    if (reads->steps[0].rows > 0)
        order(server, draft, reads, DEC_TOKEN_BYTES * reads->steps[0].rows);
}

static void say_first_token(struct dec_sequence *sequence, bool draft_speaks)
{
    token_sequence_append(sequence->tokens, draft_speaks ? tokens_next_of_draft(sequence->tokens, 0)
                                                         : tokens_next(sequence->tokens));
}

/* The target reads its new prompts in one step, while drafts do, and says the first token of each. */
static void prefill(struct dec_server *server)
{
    struct dec_step step = {.layer_share = 1};

    for (int d = 0; d < server->run->drafts; d++) {
        server->pending[d] = NULL;
        server->takes_part[d] =
            server->run->drafts_apart && !sim_is_dead(server->me, draft_peer(server, d));
        if (server->takes_part[d])
            order_reading(server, d);
        else
            server->is_behind[d] = true;
    }
    for (int i = server->count - server->new_count; i < server->count; i++)
        dec_step_add(&step, server->batch[i]->context_tokens, 0);
    if (step.rows > 0)
        server->tally->prefill_seconds += compute(server, &step, 1, "prefill");
    for (int i = server->count - server->new_count; step.rows > 0 && i < server->count; i++) {
        say_first_token(server->batch[i], server->run->draft_speaks);
        dec_emit(server, server->batch[i], 1, 0, 0, false);
    }
    for (int d = 0; d < server->run->drafts; d++)
        if (server->pending[d] != NULL)
            await_order(server, d);
}

void dec_propose(struct dec_server *server)
{
    const struct dec_method *method = server->run->method;

    for (int i = 0; i < server->count; i++) {
        tree_begin(&server->batch[i]->tree);
        server->batch[i]->window_from = server->batch[i]->tree.count;
        for (int d = 0; d < server->run->drafts; d++)
            if (server->takes_part[d] || !server->run->drafts_apart)
                method->propose(server->me->plan, server->batch[i], d);
    }
}

static int draft_steps(const struct dec_server *server, int draft, struct dec_step *steps)
{
    const struct dec_method *method = server->run->method;

    return (method->draft_steps != NULL ? method->draft_steps : dec_draft_steps)(
        server->me->plan, server->batch, server->count, draft, steps);
}

/* How many of a sequence's last drafts were accepted, and the target's own token.  A draft knows what it said itself, but of
 * several drafts none knows what the others said: they are sent the accepted path. */
static int64_t order_bytes(const struct dec_server *server)
{
    int64_t tokens = 0;

    for (int i = 0; i < server->count; i++)
        tokens += 2 + (server->run->drafts > 1 ? server->batch[i]->verdict.accepted : 0);
    return DEC_TOKEN_BYTES * tokens;
}

void dec_order_drafts(struct dec_server *server)
{
    sim_phase(server->me, "await drafts");
    for (int d = 0; d < server->run->drafts; d++) {
        struct dec_order *drafts = &server->orders[d];

        server->pending[d] = NULL;
        if (!server->takes_part[d])
            continue;
        drafts->kind = DEC_ORDER_DRAFT;
        drafts->step_count = draft_steps(server, d, drafts->steps);
        drafts->answer_bytes = 0;
        for (int i = 0; i < server->count; i++)
            drafts->answer_bytes += dec_proposal_bytes(server->me->plan, server->batch[i], d);
        order(server, d, drafts, order_bytes(server));
    }
}

static void count_draft_steps(struct dec_server *server, int draft, const struct dec_step *steps,
                              int count)
{
    const struct dec_cost *cost = &server->run->draft_costs[draft];

    for (int s = 0; s < count; s++) {
        server->tally->draft_memory_bytes += dec_step_memory_bytes(cost, &steps[s]);
        server->tally->draft_flop += dec_step_flop(cost, &steps[s]);
    }
}

static void drop(struct dec_server *server, int draft)
{
    server->takes_part[draft] = false;
    server->is_behind[draft] = true;
    for (int i = 0; i < server->count; i++)
        dec_drop_draft(&server->batch[i]->tree, draft, server->batch[i]->window_from);
}

void dec_await_orders(struct dec_server *server)
{
    for (int d = 0; d < server->run->drafts; d++) {
        if (server->pending[d] == NULL)
            continue;
        await_order(server, d);
        if (!server->takes_part[d])
            drop(server, d);
    }
}

void dec_collect_drafts(struct dec_server *server)
{
    sim_phase(server->me, "await drafts");
    for (int d = 0; d < server->run->drafts; d++)
        server->pending[d] =
            server->takes_part[d] ? sim_start_receive(server->me, draft_peer(server, d)) : NULL;
    for (int d = 0; d < server->run->drafts; d++) {
        if (server->pending[d] == NULL)
            continue;
        if (sim_wait(server->me, server->pending[d], NULL) != SIM_OK) {
            drop(server, d);
            continue;
        }
        server->draft_seconds = fmax(server->draft_seconds, server->orders[d].computed_seconds);
        count_draft_steps(server, d, server->orders[d].steps, server->orders[d].step_count);
    }
}

void dec_wait_for_drafts(struct dec_server *server)
{
    const double begin = sim_now(server->me);

    dec_order_drafts(server);
    dec_await_orders(server);
    dec_collect_drafts(server);
    server->exchange_seconds += sim_now(server->me) - begin - server->draft_seconds;
}

/* The target's own layers draft. */
static void draft_here(struct dec_server *server)
{
    struct dec_order *own = &server->orders[0];

    own->step_count = draft_steps(server, 0, own->steps);
    server->draft_seconds = compute(server, own->steps, own->step_count, "draft");
    count_draft_steps(server, 0, own->steps, own->step_count);
}

void dec_verify(struct dec_server *server, struct dec_step *step)
{
    server->verify_seconds += compute(server, step, 1, "verify");
    count_target_steps(server, step, 1);
    server->tally->steps++;
    server->tally->sequence_steps += server->count;
}

void dec_emit(struct dec_server *server, struct dec_sequence *sequence, int committed, int drafted,
              int accepted, bool is_rejected)
{
    struct dec_tally *tally = server->tally;
    const int wanted = server->options->tokens - sequence->emitted;
    const int emitted = committed < wanted ? committed : wanted;

    if (sequence->emitted == 0 && emitted > 0)
        sequence->first_token_at = sim_now(server->me);
    sequence->emitted += emitted;
    sequence->context_tokens += committed;
    sequence->drafted += drafted;
    sequence->accepted += accepted;
    tally->emitted += emitted;
    tally->drafted += drafted;
    tally->accepted += accepted;
    tally->rejected += is_rejected;
    server->emitted += emitted;
    server->drafted += drafted;
    server->accepted += accepted;
}

void dec_fetch_rows(struct dec_server *server, int rejected)
{
    const double begin = sim_now(server->me);
    struct dec_order *rows = &server->orders[0];

    if (rejected == 0 || !server->takes_part[0] ||
        dec_exchange_of(server->me->plan) != DEC_EXCHANGE_ROW_ON_REJECTION)
        return;
    sim_phase(server->me, "await drafts");
    rows->kind = DEC_ORDER_ROWS;
    rows->answer_bytes = rejected * DEC_TOKEN_BYTES * (int64_t)dec_row_length(server->me->plan);
    order(server, 0, rows, DEC_TOKEN_BYTES * (int64_t)rejected);
    await_order(server, 0);
    if (server->takes_part[0] && sim_receive(server->me, draft_peer(server, 0), NULL) != SIM_OK)
        server->is_behind[0] = true;
    server->exchange_seconds += sim_now(server->me) - begin;
}

void dec_judge(struct dec_server *server)
{
    const struct dec_method *method = server->run->method;
    int rejected = 0;

    for (int i = 0; i < server->count; i++) {
        struct dec_sequence *sequence = server->batch[i];

        sequence->verdict =
            server->run->draft_speaks
                ? (struct tokens_verdict){.bonus = tokens_next_of_draft(sequence->tokens, 0),
                                          .has_bonus = true}
                : tokens_verify(sequence->tokens, &sequence->tree, &method->judgement);
        rejected += tree_child(&sequence->tree, sequence->verdict.node, TREE_NONE) != TREE_NONE;
    }
    dec_fetch_rows(server, rejected);
    for (int i = 0; i < server->count; i++) {
        struct dec_sequence *sequence = server->batch[i];
        const struct tokens_verdict *verdict = &sequence->verdict;
        int committed;

        dec_say(server, sequence);
        committed = token_sequence_commit(sequence->tokens, &sequence->tree, verdict);
        dec_count_round(server, sequence, committed);
        dec_emit(server, sequence, committed, sequence->tree.count - 1, verdict->accepted,
                 tree_child(&sequence->tree, verdict->node, TREE_NONE) != TREE_NONE);
        if (method->judged != NULL)
            method->judged(server->me, sequence);
    }
}

static void verify_all(struct dec_server *server)
{
    const struct dec_method *method = server->run->method;
    struct dec_step step = {.layer_share = 1};

    for (int i = 0; i < server->count; i++)
        if (method->add_to_verify != NULL)
            method->add_to_verify(server->me->plan, server->batch[i], &step);
        else
            dec_add_tree(server->batch[i], &step);
    dec_verify(server, &step);
}

static void round_of(struct dec_server *server)
{
    dec_propose(server);
    if (server->run->drafts_apart)
        dec_wait_for_drafts(server);
    else if (server->run->drafts_here)
        draft_here(server);
    verify_all(server);
    dec_judge(server);
}

/* ---- the loop ---- */

static bool is_done(const struct dec_server *server)
{
    const double horizon = server->me->plan->requests->horizon_seconds;

    return (server->count == 0 && server->next == server->run->count) ||
           (horizon > 0 && sim_now(server->me) >= horizon);
}

static void wait_for_arrival(struct dec_server *server)
{
    const double seconds = server->run->sequences[server->next].arrived_at - sim_now(server->me);

    sim_phase(server->me, "idle");
    sim_sleep(server->me, fmax(seconds, 0));
}

/* Sequences that have all their tokens leave the batch. */
static void retire(struct dec_server *server)
{
    int kept = 0;

    for (int i = 0; i < server->count; i++) {
        struct dec_sequence *sequence = server->batch[i];

        if (sequence->emitted < server->options->tokens) {
            server->batch[kept++] = sequence;
            continue;
        }
        sequence->finished_at = sim_now(server->me);
        token_sequence_cut(sequence->tokens,
                           server->options->prompt_tokens + server->options->tokens);
        dec_report_request(server->me, sequence);
        token_sequence_close(sequence->tokens);
    }
    server->count = kept;
}

static void one_round(struct dec_server *server)
{
    server->draft_seconds = server->exchange_seconds = server->verify_seconds = 0;
    server->drafted = server->accepted = server->emitted = 0;
    prefill(server);
    retire(server); /* whoever wanted one token only */
    if (server->count == 0)
        return;
    dec_note_memory(server);
    if (server->run->method->round != NULL)
        server->run->method->round(server);
    else
        round_of(server);
    dec_report_round(server);
    retire(server);
}

static struct dec_server *server_open(struct sim_peer *me)
{
    const struct dec_run *run = dec_run_of(me->plan);
    struct sim_arena *arena = me->plan->arena;
    const size_t drafts = (size_t)run->drafts;
    struct dec_server *server = sim_new(arena, struct dec_server, 1);

    server->me = me;
    server->run = run;
    server->options = run->options;
    server->tally = run->tally;
    server->batch = sim_new(arena, struct dec_sequence *, (size_t)run->options->batch);
    server->said = dec_said_open(server);
    server->is_behind = sim_new(arena, bool, drafts + 1);
    server->takes_part = sim_new(arena, bool, drafts + 1);
    server->orders = sim_new(arena, struct dec_order, drafts + 1);
    server->pending = sim_new(arena, struct sim_activity *, drafts + 1);
    server->reads = sim_new(arena, struct dec_order, drafts + 1);
    for (size_t d = 0; d < drafts + 1; d++) {
        server->orders[d].steps = sim_new(arena, struct dec_step, DEC_MOST_STEPS);
        server->reads[d].steps = sim_new(arena, struct dec_step, 1);
    }
    return server;
}

void dec_act_as_target(struct sim_peer *me)
{
    struct dec_server *server = server_open(me);

    while (!is_done(server)) {
        admit(server);
        if (server->count == 0)
            wait_for_arrival(server);
        else
            one_round(server);
    }
    dec_report(server);
}
