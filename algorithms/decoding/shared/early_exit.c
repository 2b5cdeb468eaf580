#include "algorithms/decoding/shared/early_exit.h"

enum { LAYERS = 32, STATE_BYTES = 2 * 4096 }; /* of Llama-2-7B */

static const struct early_run *early_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static const struct early_exit *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

/* ---- before ---- */

static bool costs_are_said_once(const struct sim_plan *plan, struct sim_error *err)
{
    const struct early_exit *own = plan->parameters;

    if (own->state_bytes > 0 && own->common.placement == DEC_TOGETHER)
        return sim_fail(err, "No state is sent inside a host: leave out state_bytes, or add "
                             "placement: apart.");
    return plan->language == NULL || (own->head_share == 0 && own->state_bytes == 0) ||
           sim_fail(err, "What the head costs and how large a state is follows from the workload: "
                         "leave out head_share and state_bytes.");
}

bool early_exit_prepare(struct sim_plan *plan, struct early_run *early,
                        const struct dec_method *method, struct sim_error *err)
{
    const struct early_exit *own = plan->parameters;
    const int layers = own_layers_count(plan, own->layers, LAYERS, err);

    if (layers == 0 || !costs_are_said_once(plan, err))
        return false;
    if (own->exit_layer >= layers)
        return sim_fail(err,
                        "exit_layer: %d, of %d layers: at least one must be left to verify with.",
                        own->exit_layer, layers);
    if (!own_layers_prepare(plan, &early->run, method, err))
        return false;
    early->exit_share = (double)own->exit_layer / layers;
    own_layers_take(&early->run, early->exit_share, early->adapter_parameters);
    return true;
}

/* ---- steps ---- */

/* Where seconds are given, the head is a share of them, too. */
static double share_of_seconds(const struct sim_plan *plan, double layers, bool has_head)
{
    const double head = options_of(plan)->head_share;

    return layers * (1 - head) + (has_head ? head : 0);
}

static void make_part(const struct sim_plan *plan, double from, double share, bool has_head,
                      struct dec_step *step)
{
    step->layer_from = from;
    step->layer_share = plan->language != NULL ? share : share_of_seconds(plan, share, has_head);
    step->skips_head = !has_head;
}

int early_exit_draft_steps(const struct sim_plan *plan, struct dec_sequence *const *batch,
                           int count, int draft, struct dec_step *steps)
{
    const struct early_run *early = early_of(plan);
    const int passes = dec_draft_steps(plan, batch, count, draft, steps);

    for (int s = 0; s < passes; s++) {
        make_part(plan, 0, early->exit_share, true, &steps[s]);
        steps[s].extra_seconds = early->adapter_seconds;
        steps[s].extra_parameters = early->adapter_parameters;
    }
    steps[passes] = (struct dec_step){0};
    make_part(plan, 0, early->exit_share, false, &steps[passes]);
    for (int i = 0; i < count; i++)
        dec_step_add(&steps[passes], 1, dec_held_tokens(batch[i]) + batch[i]->tree.count - 1);
    return passes + 1;
}

/* Where nobody drafted there are no states to go on from: one token goes through all layers. */
void early_exit_add_to_verify(const struct sim_plan *plan, const struct dec_sequence *sequence,
                              struct dec_step *step)
{
    const double exit_share = early_of(plan)->exit_share;

    if (sequence->tree.count > 1)
        make_part(plan, exit_share, 1 - exit_share, true, step);
    dec_add_tree(sequence, step);
}

static int64_t state_bytes(const struct sim_plan *plan, int64_t positions)
{
    const int64_t given = options_of(plan)->state_bytes;

    if (plan->language != NULL)
        return dec_hidden_bytes(&early_of(plan)->run.target_cost, positions);
    return positions * (given > 0 ? given : STATE_BYTES);
}

int64_t early_exit_proposal_bytes(const struct sim_plan *plan, const struct dec_sequence *sequence,
                                  int draft)
{
    (void)draft; /* there is one */
    return state_bytes(plan, sequence->tree.count);
}

/* ---- for laws ---- */

static double answer_bytes(const struct sim_plan *plan, double rounds, double drafted)
{
    return drafted * DEC_TOKEN_BYTES + (rounds + drafted) * (double)state_bytes(plan, 1);
}

double early_exit_seconds(const struct sim_plan *plan, double rounds, double drafted)
{
    const struct early_run *early = early_of(plan);
    const double step = early->run.target_cost.step_seconds, head = options_of(plan)->head_share;
    const double layers = step * (1 - head), exit = early->exit_share;

    return drafted * (exit * layers + step * head + early->adapter_seconds) +
           rounds * (exit * layers + (1 - exit) * layers + step * head) +
           dec_exchange_seconds(plan, rounds, answer_bytes(plan, rounds, drafted));
}

double early_exit_bytes(const struct sim_plan *plan, double rounds, double drafted)
{
    return own_layers_bytes(rounds, answer_bytes(plan, rounds, drafted));
}

double early_exit_speedup(const struct sim_plan *plan, double tokens, double drafted)
{
    const double rounds = 1e9; /* so many that no byte is lost where bytes are whole numbers */

    return rounds * tokens * early_of(plan)->run.target_cost.step_seconds /
           early_exit_seconds(plan, rounds, rounds * drafted);
}

double early_exit_theory_seconds(const struct sim_plan *plan)
{
    const struct dec_tally *tally = early_of(plan)->run.tally;

    return early_exit_seconds(plan, (double)tally->steps, (double)tally->drafted);
}

double early_exit_theory_bytes(const struct sim_plan *plan)
{
    const struct dec_tally *tally = early_of(plan)->run.tally;

    return early_exit_bytes(plan, (double)tally->steps, (double)tally->drafted);
}
