#include "algorithms/decoding/shared/own_layers.h"

/* ---- before ---- */

static bool is_one_lower_order(const struct tokens_options *options, struct sim_error *err)
{
    const struct sim_numbers *orders = &options->draft_orders;

    if (orders->count > 1)
        return sim_fail(err, "draft_orders: there is one draft, and %d orders are given.",
                        orders->count);
    return orders->count == 0 || orders->values[0] <= options->order ||
           sim_fail(err,
                    "draft_orders: the draft is part of the target, and cannot know more than its "
                    "n-grams of %d; %g is more.",
                    options->order, orders->values[0]);
}

static bool exchanges_what_it_says(const struct decoding *options, struct sim_error *err)
{
    return options->placement == DEC_APART || options->exchange == DEC_EXCHANGE_AUTO ||
           sim_fail(err, "Nothing is exchanged inside a host: leave out exchange, or add "
                         "placement: apart.");
}

bool own_layers_prepare(struct sim_plan *plan, struct dec_run *run, const struct dec_method *method,
                        struct sim_error *err)
{
    const struct decoding *options = plan->parameters;

    if (!is_one_lower_order(&options->tokens_options, err) ||
        !exchanges_what_it_says(options, err) ||
        !dec_prepare(plan, run, method, DEC_OWN_LAYERS, 1, err))
        return false;
    run->draft_costs[0] = run->target_cost;
    run->draft_costs[0].tensor_parallel = 1; /* apart it has one device */
    return true;
}

/* It needs the embedding and the head as a whole.  Keys and values are taken to be the same share, which is a bit more than
 * those of its layers. */
void own_layers_take(struct dec_run *run, double share, double extra_parameters)
{
    const struct sim_language_model *model = run->target_cost.model;

    if (model == NULL)
        return;
    run->layers_of_draft = 1 - ((1 - share) * (double)model->linear_parameters - extra_parameters) /
                                   (double)model->parameters;
    if (run->drafts_here)
        run->extra_parameters = extra_parameters;
}

int own_layers_count(const struct sim_plan *plan, int given, int otherwise, struct sim_error *err)
{
    if (plan->language == NULL)
        return given > 0 ? given : otherwise;
    if (given == 0)
        return plan->language->target->layers;
    sim_fail(err, "layers: %s has %d, as the workload says; leave it out.",
             plan->language->target->name, plan->language->target->layers);
    return 0;
}

/* ---- drafting ---- */

static bool stops(const struct own_stop *stop, double confidence)
{
    return confidence < stop->threshold || (stop->at_threshold && confidence == stop->threshold);
}

void own_layers_draft(struct dec_sequence *sequence, int draft, const struct own_stop *stop)
{
    struct tree *tree = &sequence->tree;
    int last = TREE_ROOT;

    do {
        tokens_draft(sequence->tokens, tree, last, draft, TOKENS_SAMPLE, 1);
        last = tree->count - 1;
    } while (tree->nodes[last].depth < stop->most && !stops(stop, tree->nodes[last].confidence));
}

/* ---- for laws ---- */

struct dec_confidence own_layers_confidence(const struct sim_plan *plan, double threshold)
{
    const double alpha = dec_alpha(plan);
    const double half =
        dec_options(plan)->tokens_options.confidence_spread * fmin(alpha, 1 - alpha);

    return dec_uniform_confidence(alpha - half, alpha + half, threshold);
}

double own_layers_bytes(double rounds, double bytes)
{
    return rounds * DEC_ORDER_BYTES + bytes;
}

double own_layers_drafted_per_step(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "drafted_tokens") / dec_steps(totals);
}

double own_layers_drafted_deviation(const struct sim_plan *plan, int most)
{
    const struct dec_tally *tally = dec_run_of(plan)->tally;
    const double rounds = (double)tally->rounds, mean = (double)tally->drafted / rounds;

    return sqrt(fmax(0, (most - mean) * (mean - 1)) / rounds) / mean +
           (double)plan->requests->count / rounds;
}
