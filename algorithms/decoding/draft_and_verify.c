/* draft_and_verify -- the target drafts with some of its sublayers skipped, until it is not sure, and verifies as a whole.
 *
 * Each round the target, without the attention and MLP sublayers that are skipped, says one token after the other.  It stops
 * behind one whose probability is below a threshold (that token is kept), behind max_step_draft, or where the request's
 * length is reached; the whole target then looks at all of them in one step.  The threshold follows how much was accepted.
 * The first token of a request is the whole target's.
 *
 * Paper: Zhang et al., Draft & Verify: lossless large language model acceleration via self-speculative decoding, ACL 2024,
 * sections 3.2 and 3.3, and the authors' code.
 *
 * A step of the draft costs draft_step_seconds; or the share of the target's step that its sublayers have: of their number
 * where seconds are given, of their parameters where a workload says which model it is.
 *
 * N counts the tokens that each request asks for.  A draft apart that dies proposes nothing until it is back; a target that
 * dies ends the run.
 *
 * Not modelled: which sublayers are best skipped (the paper's search), and that skipping others changes what is accepted;
 * keys and values of skipped layers, which count with the share of the weights; as decoding.h says. */
#include "algorithms/decoding/shared/own_layers.h"
#include "algorithms/decoding/shared/shards.h"
#include "algorithms/decoding/shared/threshold.h"

/* Of 40 layers, as in Llama-2-13B. */
enum { LAYERS = 40, ATTENTION = 24, MLP = 10, MOST_DRAFTS = DEC_MOST_LENGTHS - 1 };

struct draft_and_verify {
    struct decoding common;
    int layers, skipped_attention, skipped_mlp;
    int max_step_draft, interval;
    double threshold, beta1, alpha_hat, epsilon, beta2;
};

static const struct sim_parameter parameters[] = {
    DEC_PARAMETERS,
    DEC_ACCEPTANCE_PARAMETERS,
    DEC_CONFIDENCE_PARAMETERS,
    OWN_LAYERS_PARAMETERS,
    DEC_PLACEMENT_PARAMETERS("together"),
    {SIM_SECONDS(struct decoding, draft_step_seconds), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 1e6, .help = "T_q, a step of the draft; 0: what is not skipped of T_p"},
    {SIM_COUNT(struct draft_and_verify, layers), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 1 << 16, .help = "L, of the target; 0: as the workload says, or 40"},
    {SIM_COUNT(struct draft_and_verify, skipped_attention),
     SIM_DEFAULT("0", "Zhang et al. 2024, for Llama-2-13B: 24 and 10 of 40"), .least = 0,
     .most = 1 << 16, .help = "attention sublayers that the draft skips"},
    {SIM_COUNT(struct draft_and_verify, skipped_mlp),
     SIM_DEFAULT("0", "Zhang et al. 2024, for Llama-2-13B: 24 and 10 of 40"), .least = 0,
     .most = 1 << 16,
     .help = "MLP sublayers that it skips; 0 of both: 24 and 10 of each 40, as of Llama-2-13B"},
    {SIM_COUNT(struct draft_and_verify, max_step_draft),
     SIM_DEFAULT("8", "the authors' code: 8 (12 in their experiments)"), .least = 1,
     .most = MOST_DRAFTS, .help = "drafted tokens of a round, at most"},
    {SIM_RATIO(struct draft_and_verify, threshold),
     SIM_DEFAULT("0.6", "Zhang et al. 2024: 0.6 in their experiments"), .least = 0, .most = 1,
     .help = "at first: drafting stops behind a token whose probability is less"},
    {SIM_COUNT(struct draft_and_verify, interval), SIM_DEFAULT("1", "the authors' code"),
     .least = 1, .most = 1 << 30,
     .help = "verifications of a sequence from one change of its threshold to the next"},
    {SIM_RATIO(struct draft_and_verify, beta1), SIM_DEFAULT("0.5", "the authors' code"), .least = 0,
     .most = 1, .help = "weight of what was accepted before over what was accepted last"},
    {SIM_RATIO(struct draft_and_verify, alpha_hat), SIM_DEFAULT("0.9", "the authors' code"),
     .least = 0, .most = 1, .help = "share of the drafted tokens that is to be accepted"},
    {SIM_RATIO(struct draft_and_verify, epsilon), SIM_DEFAULT("0.01", "the authors' code"),
     .least = 0, .most = 1, .help = "step of the threshold, before beta2; 0: it stays"},
    {SIM_RATIO(struct draft_and_verify, beta2), SIM_DEFAULT("0.9", "the authors' code"), .least = 0,
     .most = 1, .help = "weight of the threshold before over the next one"},
    {0}};

/* Of all sequences. */
struct counts {
    double verifications, threshold_sum;
};

/* Of a sequence. */
struct control {
    struct dec_threshold now;
    int verifications;
};

struct prepared {
    struct dec_run run;
    struct dec_method method;
    struct dec_controller controller;
    double share;         /* of the target's step; 0: */
    double draft_seconds; /* given */
    struct counts *counts;
};

static const struct draft_and_verify *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- the threshold ---- */

static void begin(const struct sim_plan *plan, struct dec_sequence *sequence)
{
    struct control *control = sim_new(plan->arena, struct control, 1);

    control->now.threshold = options_of(plan)->threshold;
    sequence->own = control;
}

static void judged(struct sim_peer *me, struct dec_sequence *sequence)
{
    const struct prepared *prepared = prepared_of(me->plan);
    struct control *control = sequence->own;
    const int drafted = sequence->tree.count - 1, accepted = sequence->verdict.accepted;

    if (drafted == 0)
        return;
    if (++control->verifications % options_of(me->plan)->interval == 0)
        dec_threshold_update(&prepared->controller, accepted, drafted, &control->now);
    sim_row(me, "thresholds",
            (const double[]){sequence->number, drafted, accepted, control->now.rate,
                             control->now.threshold});
    prepared->counts->verifications++;
    prepared->counts->threshold_sum += control->now.threshold;
}

static void report(struct sim_peer *me)
{
    const struct counts *counts = prepared_of(me->plan)->counts;

    if (counts->verifications > 0)
        sim_note(me, "mean_threshold", counts->threshold_sum / counts->verifications);
}

/* ---- drafting ---- */

/* The target's own token comes behind the drafts, so the last one is not drafted; whether a length is reached is asked
 * behind a token, so that one is. */
static void propose(const struct sim_plan *plan, struct dec_sequence *sequence, int draft)
{
    const struct control *control = sequence->own;
    const int left = options_of(plan)->common.tokens - sequence->emitted - 1;
    struct own_stop stop = {.most = options_of(plan)->max_step_draft,
                            .threshold = control->now.threshold};

    if (left < stop.most)
        stop.most = left > 1 ? left : 1;
    if (sequence->emitted > 0)
        own_layers_draft(sequence, draft, &stop);
}

static int draft_steps(const struct sim_plan *plan, struct dec_sequence *const *batch, int count,
                       int draft, struct dec_step *steps)
{
    const int step_count = dec_draft_steps(plan, batch, count, draft, steps);

    for (int s = 0; s < step_count; s++) {
        steps[s].layer_share = prepared_of(plan)->share;
        steps[s].extra_seconds = prepared_of(plan)->draft_seconds;
        steps[s].is_spread = true;
    }
    return step_count;
}

/* ---- before ---- */

/* Share of the layers' parameters: the MLP's are known, attention has the rest. */
static double share_of_mlp(const struct sim_language_model *model)
{
    const double mlp = (model->is_gated ? 3.0 : 2.0) * model->hidden * model->ffn;

    return mlp * model->layers / (double)model->linear_parameters;
}

/* Of a step of the target; NaN with a sentence. */
static double share_that_is_left(const struct sim_plan *plan, int layers, struct sim_error *err)
{
    const struct draft_and_verify *own = plan->parameters;
    const double mlp = plan->language != NULL ? share_of_mlp(plan->language->target) : 0.5;
    int skipped_attention = own->skipped_attention, skipped_mlp = own->skipped_mlp;

    if (skipped_attention == 0 && skipped_mlp == 0) {
        skipped_attention = ATTENTION * layers / LAYERS;
        skipped_mlp = MLP * layers / LAYERS;
    }
    if (skipped_attention <= layers && skipped_mlp <= layers &&
        skipped_attention + skipped_mlp < 2 * layers)
        return 1 - ((1 - mlp) * skipped_attention + mlp * skipped_mlp) / layers;
    sim_fail(err,
             "skipped_attention: %d and skipped_mlp: %d of %d layers: there are not so many, or "
             "nothing is left to draft with.",
             skipped_attention, skipped_mlp, layers);
    return NAN;
}

static bool choose_cost(const struct sim_plan *plan, struct prepared *prepared,
                        struct sim_error *err)
{
    const struct draft_and_verify *own = plan->parameters;
    int layers;

    if (own->common.draft_step_seconds > 0) {
        prepared->draft_seconds = own->common.draft_step_seconds;
        return (own->skipped_attention == 0 && own->skipped_mlp == 0 && own->layers == 0) ||
               sim_fail(err, "draft_step_seconds says what a step of the draft takes: leave out "
                             "layers, skipped_attention and skipped_mlp.");
    }
    layers = own_layers_count(plan, own->layers, LAYERS, err);
    if (layers == 0)
        return false;
    prepared->share = share_that_is_left(plan, layers, err);
    return !isnan(prepared->share);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct draft_and_verify *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);

    prepared->counts = sim_new(plan->arena, struct counts, 1);
    prepared->controller = (struct dec_controller){.rate_memory = own->beta1,
                                                   .wanted_rate = own->alpha_hat,
                                                   .step = own->epsilon,
                                                   .threshold_memory = own->beta2,
                                                   .most_drafts = own->max_step_draft};
    prepared->method = (struct dec_method){.propose = propose,
                                           .draft_steps = draft_steps,
                                           .judged = judged,
                                           .report = report,
                                           .begin = begin,
                                           .judgement = {.rule = TOKENS_EXACT, .lenience = 1}};
    if (!choose_cost(plan, prepared, err) ||
        !own_layers_prepare(plan, &prepared->run, &prepared->method, err))
        return false;
    own_layers_take(&prepared->run, prepared->share, 0);
    return true;
}

/* ---- laws ---- */

static double seconds_of(const struct sim_plan *plan, double rounds, double drafted)
{
    const struct prepared *prepared = prepared_of(plan);
    const double target = prepared->run.target_cost.step_seconds;

    return drafted * (prepared->share * target + prepared->draft_seconds) + rounds * target +
           dec_exchange_seconds(plan, rounds, drafted * DEC_TOKEN_BYTES);
}

static double theory_seconds(const struct sim_plan *plan)
{
    const struct dec_tally *tally = prepared_of(plan)->run.tally;

    return seconds_of(plan, (double)tally->steps, (double)tally->drafted);
}

static double theory_bytes(const struct sim_plan *plan)
{
    const struct dec_tally *tally = prepared_of(plan)->run.tally;

    return own_layers_bytes((double)tally->steps, (double)tally->drafted * DEC_TOKEN_BYTES);
}

static double theory_tokens(const struct sim_plan *plan)
{
    const struct dec_confidence confidence =
        own_layers_confidence(plan, options_of(plan)->threshold);

    return 1 + dec_stopped_accepted(&confidence, options_of(plan)->max_step_draft);
}

static double theory_drafted(const struct sim_plan *plan)
{
    const struct dec_confidence confidence =
        own_layers_confidence(plan, options_of(plan)->threshold);

    return dec_stopped_drafted(&confidence, options_of(plan)->max_step_draft);
}

/* The first and the last round of a request are not like the others. */
static bool has_many_rounds(const struct sim_plan *plan)
{
    return dec_is_iid(plan) && plan->requests->count == 1 && options_of(plan)->epsilon == 0 &&
           dec_has_many_rounds(plan, theory_tokens(plan));
}

/* A billion rounds, so that a byte is not lost where bytes are whole numbers. */
static double theory_speedup(const struct sim_plan *plan)
{
    const double rounds = 1e9;

    return rounds * theory_tokens(plan) * prepared_of(plan)->run.target_cost.step_seconds /
           seconds_of(plan, rounds, rounds * theory_drafted(plan));
}

static bool has_simple_rounds(const struct sim_plan *plan)
{
    return dec_is_simple(plan) && has_many_rounds(plan);
}

#define FIXED "one request, one given alpha, epsilon: 0, and " DEC_MANY_ROUNDS

static double drafted_deviation(const struct sim_plan *plan)
{
    return own_layers_drafted_deviation(plan, options_of(plan)->max_step_draft);
}

static double speedup_deviation(const struct sim_plan *plan)
{
    return dec_deviation(plan) + drafted_deviation(plan);
}

static const struct sim_law laws[] = {
    {"seconds", SIM_UNIT_SECONDS, "drafted x T_q + steps x (T_p + exchange)", theory_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = dec_is_simple, .assumes = DEC_SIMPLE},
    {"bytes on the network", SIM_UNIT_BYTES, "8 steps + 4 drafted", theory_bytes, sim_total_bytes,
     .holds = dec_bytes_are_known, .assumes = DEC_APART_TOO},
    {"tokens per step", SIM_UNIT_NONE,
     "1 + mu (1 - m^gamma) / (1 - m); confidence C, mu = E[C], m = E[C 1(C >= threshold)]",
     theory_tokens, dec_tokens_per_step, .tolerance = 1e-9, .deviation = dec_deviation,
     .holds = has_many_rounds, .assumes = FIXED},
    {"drafted per step", SIM_UNIT_NONE, "(1 - s^gamma) / (1 - s), s = P(C >= threshold)",
     theory_drafted, own_layers_drafted_per_step, .tolerance = 1e-9, .deviation = drafted_deviation,
     .holds = has_many_rounds, .assumes = FIXED},
    {"speedup", SIM_UNIT_NONE, "tokens per step x T_p / (drafted per step x T_q + T_p + exchange)",
     theory_speedup, dec_speedup, .tolerance = 1e-9, .deviation = speedup_deviation,
     .holds = has_simple_rounds, .assumes = "all of the above"},
    {0}};

/* ---- */

static const char *const threshold_columns[] = {"request",         "drafted",   "accepted",
                                                "acceptance_rate", "threshold", NULL};
static const char *const *const threshold_words[5] = {0};
static const struct sim_table tables[] = {
    DEC_TABLES,
    {"thresholds",
     "a row for each verification of drafts: how many were accepted, and the threshold behind it",
     threshold_columns, threshold_words, NULL},
    {0}};

static const struct sim_role roles[] = {DEC_TARGET, DEC_DRAFT, DEC_SHARD, {0}};

SIM_ALGORITHM(draft_and_verify) = {
    .name = "draft_and_verify",
    .summary = "the target drafts with some sublayers skipped, until it is not sure",
    .paper = "Zhang et al., Draft & Verify: lossless large language model acceleration via "
             "self-speculative decoding, ACL 2024",
    .counts = "N tokens of each request",
    .parameters_size = sizeof(struct draft_and_verify),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
    .takes_requests = true,
    .prepare = prepare,
    .placed = dec_placed,
};
