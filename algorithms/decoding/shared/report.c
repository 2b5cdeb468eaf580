#include "algorithms/decoding/shared/report.h"

#include "algorithms/decoding/shared/baseline.h"
#include "algorithms/decoding/shared/said.h"
#include "algorithms/decoding/shared/shards.h"

#include <string.h>

/* ---- tables ---- */

const char *const dec_request_columns[] = {"request",
                                           "arrived_seconds",
                                           "finished_seconds",
                                           "latency_seconds",
                                           "time_to_first_token_seconds",
                                           "time_per_output_token_seconds",
                                           "tokens",
                                           "rounds",
                                           "drafted",
                                           "accepted",
                                           NULL};
const char *const *const dec_request_words[10] = {0};
const char *const dec_request_summarised[] = {"latency_seconds", "time_to_first_token_seconds",
                                              "time_per_output_token_seconds", NULL};
const char *const dec_round_columns[] = {
    "round",         "sequences",        "drafted",        "accepted", "emitted",
    "draft_seconds", "exchange_seconds", "verify_seconds", NULL};
const char *const *const dec_round_words[8] = {0};

const struct sim_table dec_tables[] = {DEC_TABLES, {0}};

void dec_count_round(struct dec_server *server, struct dec_sequence *sequence, int committed)
{
    const int accepted = sequence->verdict.accepted;

    sequence->rounds++;
    server->tally->rounds++;
    server->tally->committed += committed;
    server->tally->cycles += sequence->verdict.has_bonus;
    server->tally->lengths[accepted < DEC_MOST_LENGTHS ? accepted : DEC_MOST_LENGTHS - 1]++;
}

void dec_report_round(struct dec_server *server)
{
    const double row[] = {(double)server->tally->reported++, server->count,
                          (double)server->drafted,           (double)server->accepted,
                          (double)server->emitted,           server->draft_seconds,
                          server->exchange_seconds,          server->verify_seconds};

    sim_row(server->me, "rounds", row);
    server->tally->draft_seconds += server->draft_seconds;
    server->tally->exchange_seconds += server->exchange_seconds;
    server->tally->verify_seconds += server->verify_seconds;
}

void dec_report_request(struct sim_peer *me, const struct dec_sequence *sequence)
{
    const double decoding = sequence->finished_at - sequence->first_token_at;
    const double row[] = {sequence->number,
                          sequence->arrived_at,
                          sequence->finished_at,
                          sequence->finished_at - sequence->arrived_at,
                          sequence->first_token_at - sequence->arrived_at,
                          sequence->emitted > 1 ? decoding / (sequence->emitted - 1) : NAN,
                          sequence->emitted,
                          sequence->rounds,
                          sequence->drafted,
                          sequence->accepted};

    sim_row(me, "requests", row);
}

/* ---- metrics ---- */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

static void note(struct dec_server *server, const char *name, double value)
{
    if (!isnan(value))
        sim_note(server->me, name, value);
}

static void note_acceptance(struct dec_server *server)
{
    const struct dec_tally *tally = server->tally;
    double lengths[DEC_MOST_LENGTHS];
    int count = 0;

    note(server, "tokens_per_step", ratio((double)tally->committed, (double)tally->rounds));
    if (tally->drafted == 0)
        return;
    note(server, "mean_acceptance_length", ratio((double)tally->committed, (double)tally->cycles));
    note(server, "draft_acceptance_rate", ratio((double)tally->accepted, (double)tally->drafted));
    note(server, "alpha",
         ratio((double)tally->accepted, (double)tally->accepted + (double)tally->rejected));
    note(server, "drafted_tokens", (double)tally->drafted);
    note(server, "thrown_away_tokens", (double)tally->drafted - (double)tally->accepted);
    for (int n = 0; n < DEC_MOST_LENGTHS; n++) {
        lengths[n] = (double)tally->lengths[n];
        if (tally->lengths[n] > 0)
            count = n + 1;
    }
    sim_note_list(server->me, "accepted_lengths", lengths, count);
}

static void note_times(struct dec_server *server)
{
    const struct dec_tally *tally = server->tally;

    note(server, "target_steps", (double)tally->steps);
    note(server, "tokens_per_second", ratio((double)tally->emitted, sim_now(server->me)));
    note(server, "mean_batch", ratio((double)tally->sequence_steps, (double)tally->steps));
    if (tally->most_resident_bytes > 0)
        note(server, "most_memory_bytes", tally->most_resident_bytes);
    note(server, "verify_seconds", tally->verify_seconds);
    if (tally->drafted > 0) {
        note(server, "draft_seconds", tally->draft_seconds);
        note(server, "exchange_seconds", tally->exchange_seconds);
    }
    if (server->options->prompt_tokens > 0)
        note(server, "prefill_seconds", tally->prefill_seconds);
}

/* Speedup is how much sooner a request is answered, from its arrival to its last token. */
static void note_speedup(struct dec_server *server)
{
    const struct sim_plan *plan = server->me->plan;
    const struct dec_tally *tally = server->tally;
    struct dec_baseline alone;
    double latency = 0;
    int counted = 0;

    server->tally->speedup = NAN;
    if (tally->unfinished > 0)
        return;
    alone = dec_autoregressive(plan);
    for (int i = plan->requests->warm_up; i < server->run->count; i++) {
        const struct dec_sequence *sequence = &server->run->sequences[i];

        latency += sequence->finished_at - sequence->arrived_at;
        counted++;
    }
    server->tally->speedup = ratio(alone.mean_latency_seconds, latency / counted);
    note(server, "speedup", tally->speedup);
    note(server, "autoregressive_seconds", alone.seconds);
    if (tally->target_memory_bytes == 0)
        return;
    note(server, "memory_read_bytes", tally->target_memory_bytes + tally->draft_memory_bytes);
    note(server, "computed_flop", tally->target_flop + tally->draft_flop);
    note(server, "memory_read_ratio",
         (tally->target_memory_bytes + tally->draft_memory_bytes) / alone.memory_bytes);
    note(server, "computed_flop_ratio", (tally->target_flop + tally->draft_flop) / alone.flop);
}

/* Of all hosts that take part, if all say what they draw. */
static void note_joules(struct dec_server *server)
{
    const struct sim_plan *plan = server->me->plan;
    double joules = 0;

    for (const struct sim_role *role = plan->algorithm->roles; role->name != NULL; role++) {
        const struct sim_group *group = sim_role(plan, role->name);

        for (int i = 0; i < group->size; i++) {
            bool is_counted = false;

            for (const struct sim_role *r = plan->algorithm->roles; r <= role; r++)
                for (int j = 0; j < sim_role(plan, r->name)->size; j++)
                    if (r < role || j < i)
                        is_counted |= strcmp(sim_host_name(plan, sim_role(plan, r->name)->peers[j]),
                                             sim_host_name(plan, group->peers[i])) == 0;
            if (!is_counted)
                joules += sim_joules(server->me, group->peers[i]);
        }
    }
    note(server, "joules_per_token", ratio(joules, (double)server->tally->emitted));
}

/* ---- the text ---- */

/* All requests one after the other, each under a line with its number. */
static void write_text(struct dec_server *server)
{
    const struct sim_plan *plan = server->me->plan;
    const char **parts = sim_new(plan->arena, const char *, (size_t)server->next + 1);
    size_t size = 0, at = 0;
    char *bytes;

    if (tokens_vocabulary(server->run->tokens) == 0)
        return;
    for (int i = 0; i < server->next; i++) {
        const struct dec_sequence *sequence = &server->run->sequences[i];

        parts[i] = sim_text(
            plan->arena, "%s---- request %d\n%s\n", i > 0 ? "\n" : "", i,
            token_sequence_text(sequence->tokens, server->options->prompt_tokens, plan->arena));
        size += strlen(parts[i]);
    }
    bytes = sim_new(plan->arena, char, size + 1);
    for (int i = 0; i < server->next; i++) {
        memcpy(bytes + at, parts[i], strlen(parts[i]));
        at += strlen(parts[i]);
    }
    sim_output(server->me, "text.txt", bytes, size);
}

void dec_report(struct dec_server *server)
{
    for (int i = 0; i < server->count; i++)
        dec_report_request(server->me, server->batch[i]);
    server->tally->unfinished = server->count + server->run->count - server->next;
    if (server->tally->unfinished > 0)
        note(server, "requests_unfinished", server->tally->unfinished);
    note_acceptance(server);
    note_times(server);
    note_speedup(server);
    note_joules(server);
    if (server->run->method->report != NULL)
        server->run->method->report(server->me);
    write_text(server);
    dec_said_write(server);
}
