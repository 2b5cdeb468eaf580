/* laws.c -- what the laws of several systems ask: when they hold, what chance does, what a round costs. */
#include "algorithms/decoding/shared/shards.h"

/* ---- when ---- */

bool dec_is_simple(const struct sim_plan *plan)
{
    const struct decoding *options = dec_options(plan);

    return plan->is_undisturbed && plan->network_is_textbook && plan->requests->count == 1 &&
           plan->requests->horizon_seconds == 0 && plan->language == NULL &&
           options->prompt_tokens == 0 && dec_run_of(plan)->target_cost.curve == NULL &&
           dec_run_of(plan)->draft_costs[0].curve == NULL &&
           dec_exchange_of(plan) == DEC_EXCHANGE_TOKENS;
}

bool dec_is_apart(const struct sim_plan *plan)
{
    return dec_run_of(plan)->drafts_apart && dec_options(plan)->placement == DEC_APART &&
           sim_has_own_hosts(plan);
}

bool dec_has_many_rounds(const struct sim_plan *plan, double tokens_per_round)
{
    return plan->is_undisturbed &&
           dec_options(plan)->tokens * (double)plan->requests->count / tokens_per_round >= 200;
}

double dec_deviation(const struct sim_plan *plan)
{
    const struct dec_tally *tally = dec_run_of(plan)->tally;
    const double rounds = (double)tally->rounds;
    double sum = 0, squares = 0, mean;

    for (int n = 0; n < DEC_MOST_LENGTHS; n++) {
        sum += (double)tally->lengths[n] * n;
        squares += (double)tally->lengths[n] * n * n;
    }
    mean = sum / rounds;
    return sqrt(fmax(0, squares / rounds - mean * mean) / rounds) / (1 + mean) +
           (double)plan->requests->count / rounds;
}

double dec_steps(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "target_steps");
}

double dec_speedup(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "speedup");
}

double dec_tokens_per_step(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "tokens_per_step");
}

bool dec_bytes_are_known(const struct sim_plan *plan)
{
    return dec_is_simple(plan) && dec_is_apart(plan);
}

bool dec_is_iid(const struct sim_plan *plan)
{
    return tokens_are_iid(&dec_options(plan)->tokens_options);
}

double dec_alpha(const struct sim_plan *plan)
{
    return tokens_alpha(&dec_options(plan)->tokens_options);
}

/* ---- costs ---- */

/* Latency and bandwidth make a straight line, so that the lengths of single messages do not matter. */
double dec_exchange_seconds(const struct sim_plan *plan, double rounds, double answer_bytes)
{
    int target, draft;
    double empty;

    if (!dec_run_of(plan)->drafts_apart)
        return 0;
    target = sim_role(plan, "target")->peers[0];
    draft = sim_role(plan, "draft")->peers[0];
    empty = sim_alone_seconds(plan, draft, target, 0);
    return rounds * (sim_alone_seconds(plan, target, draft, DEC_ORDER_BYTES) + empty) +
           sim_alone_seconds(plan, draft, target, (int64_t)answer_bytes) - empty;
}

double dec_cost_ratio(const struct sim_plan *plan)
{
    struct dec_step one = {.layer_share = 1};

    dec_step_add(&one, 1, dec_options(plan)->prompt_tokens);
    return dec_step_seconds(plan, sim_role(plan, "draft")->peers[0],
                            &dec_run_of(plan)->draft_costs[0], &one) /
           dec_target_seconds(plan, &one);
}
