/* expert_parallel -- N workers share E experts, and send every token to the k experts that its router chose.
 *
 * In each of L layers a worker routes its T tokens, dispatches them to the workers that own their experts (an
 * all-to-all), computes what came for its own experts, and the outputs are combined where the tokens live (an
 * all-to-all back).  The backward pass goes the same ways with gradients: four all-to-alls a layer.  How
 * much goes where is what the router really drew; so loads are unequal, and the busiest expert holds up all.
 *
 * Papers: Shazeer et al., Outrageously large neural networks: the sparsely-gated mixture-of-experts layer, ICLR
 * 2017 (section 2 for top-k gating, 3.1 for experts shared by data-parallel workers); Lepikhin et al., GShard:
 * scaling giant models with conditional computation and automatic sharding, ICLR 2021 (section 2.2 and Algorithm 1
 * for capacities of local groups, 3.1 for dispatch and combine).
 *
 * routing: uniform deals choices out in turn; softmax draws them from the softmax of one score for each expert, normal
 * with deviation `skew`, without replacement (skew 0: alike, but still by chance).
 * An expert takes C = ceil(capacity_factor k T/E) tokens of a worker; those beyond are dropped, by the sender.
 * With padding C places are sent whether they are filled or not, as where shapes must be known beforehand.
 *
 * A token is D = b d bytes.  With uniform routing, E dividing T k, and with padding, all-to-alls move (N-1) S D
 * bytes, S = T k or E C places of a worker: 4L(N-1)SD in all.  On one switch, N dividing E, an iteration takes
 * C_dense + L(4(N-1)(a + SD/(N B)) + F(S) + W(S)) seconds, where an expert's forward pass is 4 d h flop for a token.
 *
 * N counts the workers.  An expert has 2dh parameters.  Its worker computes all that came as one product.
 * Not modelled: the time of the router, its training and its auxiliary loss (skew is what they leave), sums of the
 * dense layers' gradients (synchronous_data_parallel has them), dispatch behind computation, tensors inside experts.
 * A slow worker holds all up in each layer.  A dead one ends the run (exit code 1). */
#include "algorithms/collectives/collectives.h"
#include "algorithms/data_parallel/shared/memory.h"
#include "algorithms/data_parallel/shared/router.h"

#include <assert.h>
#include <math.h>

struct expert_parallel {
    int workers, experts, layers, tokens, top_k, routing, padding;
    int model_width, expert_width, bytes_per_number, state_bytes_per_parameter;
    double skew, capacity_factor, compute_seconds, compute_jitter;
};

enum { UNIFORM, SOFTMAX };
enum { NO, YES };

static const char *const routings[] = {[UNIFORM] = "uniform", [SOFTMAX] = "softmax", NULL};
static const char *const yes_or_no[] = {[NO] = "no", [YES] = "yes", NULL};

static const struct sim_parameter parameters[] = {
    {SIM_COUNT(struct expert_parallel, workers), SIM_DEFAULT("8", SIM_TEACHING), .least = 1,
     .most = 1 << 16, .help = "N, the number of workers, each on a host of its own"},
    {SIM_COUNT(struct expert_parallel, experts), SIM_DEFAULT("16", SIM_TEACHING), .least = 1,
     .most = 1 << 16, .help = "E, of each layer, dealt out to the workers in order"},
    {SIM_COUNT(struct expert_parallel, layers), SIM_DEFAULT("1", SIM_TEACHING), .least = 1,
     .most = 1 << 12, .help = "L, those that have experts"},
    {SIM_COUNT(struct expert_parallel, tokens), SIM_DEFAULT("1024", SIM_TEACHING), .least = 1,
     .most = 1 << 24, .help = "T, of a worker in each iteration"},
    {SIM_COUNT(struct expert_parallel, top_k), SIM_DEFAULT("2", SIM_TEACHING), .least = 1,
     .most = ROUTER_MOST_CHOICES, .help = "k, how many experts a token is sent to"},
    {SIM_CHOICE(struct expert_parallel, routing),
     SIM_DEFAULT("softmax", SIM_OURS "; the softmax of noisy gating is Shazeer et al. 2017"),
     .choices = routings, .help = "experts in turn, or drawn from a softmax"},
    {SIM_RATIO(struct expert_parallel, skew),
     SIM_DEFAULT("1", SIM_OURS ", for what training leaves of imbalance"), .least = 0, .most = 100,
     .help = "deviation of the experts' scores in the softmax; 0: all are as likely"},
    {SIM_RATIO(struct expert_parallel, capacity_factor), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1e6,
     .help = "places that an expert has for a worker's tokens, of their mean; 0: no limit"},
    {SIM_CHOICE(struct expert_parallel, padding), SIM_DEFAULT("no", SIM_NEUTRAL),
     .choices = yes_or_no, .help = "send and compute empty places, too"},
    {SIM_COUNT(struct expert_parallel, model_width), SIM_DEFAULT("1024", SIM_TEACHING), .least = 1,
     .most = 1 << 20, .help = "d, numbers of a token"},
    {SIM_COUNT(struct expert_parallel, expert_width), SIM_DEFAULT("4096", SIM_TEACHING), .least = 1,
     .most = 1 << 20, .help = "h, neurons of an expert's hidden layer"},
    {SIM_COUNT(struct expert_parallel, bytes_per_number),
     SIM_DEFAULT("2", "Rajbhandari et al. 2020 (ZeRO), section 3.1: Adam with half precision"),
     .least = 1, .most = 8, .help = "b, of parameters, gradients and tokens; 2: half precision"},
    {SIM_COUNT(struct expert_parallel, state_bytes_per_parameter),
     SIM_DEFAULT("12", "Rajbhandari et al. 2020 (ZeRO), section 3.1: Adam with half precision"),
     .least = 0, .most = 1024,
     .help = "K, of the optimizer (ZeRO): 12 with Adam and half precision"},
    {SIM_SECONDS(struct expert_parallel, compute_seconds), SIM_DEFAULT("0", SIM_NEUTRAL),
     .least = 0, .most = 1e9,
     .help = "both passes of all that are no experts, on the fastest host that takes part"},
    {SIM_RATIO(struct expert_parallel, compute_jitter), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 10, .help = "sigma of the lognormal factor (mean 1) on every iteration: stragglers"},
    {0}};

#define ROUTING_TABLE "routing"

static const char *const routing_columns[] = {
    "iteration", "layer", "busiest_expert_tokens", "mean_expert_tokens", "dropped_tokens", NULL};
static const struct sim_table tables[] = {
    {ROUTING_TABLE, "what the routers of all workers chose in a layer, before and after capacity",
     routing_columns},
    {0}};

/* ---- what is worked out once ---- */

/* What all routers chose in the present layer: nobody begins the next before all have dispatched this one. */
struct census {
    int arrived, layers, finished;
    double *tokens; /* by expert */
    double layer_dropped, dropped, chosen, sent, imbalance, exposed_seconds, memory_bytes;
};

struct model {
    const double *odds;      /* [layers][experts] */
    struct sim_layer expert; /* a token through an expert; its parameters are all of a worker's */
    struct census *census;
};

static const struct model *model_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static int first_expert(const struct expert_parallel *own, int worker)
{
    return (int)sim_part_begin(own->experts, worker, own->workers);
}

/* A token on the wire. */
static int64_t token_bytes(const struct expert_parallel *own)
{
    return (int64_t)own->model_width * own->bytes_per_number;
}

/* C, or as many as a worker has when there is no limit.  A product that is whole stays so. */
static int capacity(const struct expert_parallel *own)
{
    const double places =
        own->capacity_factor * own->top_k * (double)own->tokens / own->experts * (1 - 1e-12);

    return own->capacity_factor > 0 && places < own->tokens ? (int)ceil(places) : own->tokens;
}

/* S: what a worker sends and keeps in one all-to-all. */
static double places(const struct expert_parallel *own)
{
    return own->padding == YES ? (double)own->experts * capacity(own)
                               : (double)own->tokens * own->top_k;
}

/* ---- a worker ---- */

struct desk {
    struct sim_peer *me;
    const struct expert_parallel *own;
    const struct model *model;
    struct router *router;
    int64_t *sent, *received; /* [layers][workers]: tokens, also for the ways back */
    int64_t *returned;        /* [workers] */
    struct sim_layer expert;
    struct memory memory;
    double jitter, exposed_seconds;
};

/* The last of all workers to route a layer sums up. */
static void sum_up(struct desk *desk, int iteration, int layer)
{
    struct census *census = desk->model->census;
    const int experts = desk->own->experts;
    double largest = 0, all = 0;

    for (int e = 0; e < experts; e++) {
        largest = fmax(largest, census->tokens[e]);
        all += census->tokens[e];
        census->tokens[e] = 0;
    }
    census->imbalance += largest / (all / experts);
    census->chosen += all;
    census->dropped += census->layer_dropped;
    census->layers++;
    sim_row(desk->me, ROUTING_TABLE,
            (const double[]){iteration, layer, largest, all / experts, census->layer_dropped});
    census->layer_dropped = 0;
    census->arrived = 0;
}

/* Choose experts, and count what goes to each worker: what fits, or all places. */
static void route(struct desk *desk, int iteration, int layer)
{
    const struct expert_parallel *own = desk->own;
    const int places = capacity(own);
    struct census *census = desk->model->census;
    int64_t *sent = desk->sent + (size_t)layer * (size_t)own->workers;

    if (own->routing == UNIFORM)
        router_deal(desk->router, (int64_t)desk->me->index * own->tokens * own->top_k);
    else
        router_draw(desk->router, desk->model->odds + (size_t)layer * (size_t)own->experts,
                    sim_random(desk->me));
    for (int w = 0; w < own->workers; w++) {
        sent[w] = 0;
        for (int e = first_expert(own, w); e < first_expert(own, w + 1); e++) {
            const int chosen = desk->router->chosen[e], kept = chosen < places ? chosen : places;

            sent[w] += own->padding == YES ? places : kept;
            census->tokens[e] += chosen;
            census->layer_dropped += chosen - kept;
        }
        census->sent += w == desk->me->index ? 0 : (double)sent[w];
    }
    if (++census->arrived == own->workers)
        sum_up(desk, iteration, layer);
}

/* Pair by pair, as pairwise_alltoall has it, but as many tokens as there are. */
static void exchange(struct desk *desk, const char *phase, const int64_t *out, int64_t *in)
{
    const struct sim_group *workers = sim_role(desk->me->plan, "worker");
    const double begin = sim_now(desk->me);
    struct sim_step step = {0};

    sim_phase(desk->me, phase);
    in[desk->me->index] = out[desk->me->index];
    for (int s = 0; pairwise_alltoall_steps(workers->size, desk->me->index, s, &step); s++) {
        const struct sim_message sent = {out[step.to] * token_bytes(desk->own), NULL};
        struct sim_message received;

        if (sim_exchange(desk->me, workers->peers[step.to], sent, workers->peers[step.from],
                         &received) != SIM_OK)
            sim_give_up(desk->me,
                        "another worker is dead or out of reach, and its experts with it");
        in[step.from] = received.bytes / token_bytes(desk->own);
    }
    desk->exposed_seconds += sim_now(desk->me) - begin;
}

static void compute_dense(struct desk *desk, enum sim_pass pass)
{
    const double share = (pass == SIM_FORWARD ? 1.0 : 2.0) / 3 / desk->own->layers;

    sim_phase(desk->me, "dense");
    sim_compute_for(desk->me, desk->own->compute_seconds * share * desk->jitter);
}

static void compute_experts(struct desk *desk, const int64_t *received, enum sim_pass pass)
{
    int64_t tokens = 0;

    for (int w = 0; w < desk->own->workers; w++)
        tokens += received[w];
    sim_phase(desk->me, "experts");
    if (tokens > 0)
        sim_compute(desk->me,
                    desk->jitter * sim_layer_cost_flop(desk->me, &desk->expert, (int)tokens, pass));
}

/* To the experts and back, with tokens or with gradients; what comes back is what was sent. */
static void go_through(struct desk *desk, int layer, enum sim_pass pass)
{
    const size_t first = (size_t)layer * (size_t)desk->own->workers;
    const int64_t *sent = desk->sent + first;

    exchange(desk, "dispatch", sent, desk->received + first);
    compute_experts(desk, desk->received + first, pass);
    exchange(desk, "combine", desk->received + first, desk->returned);
    for (int w = 0; w < desk->own->workers; w++)
        assert(desk->returned[w] == sent[w]);
}

static void iterate(struct desk *desk, int iteration)
{
    desk->jitter = sim_jitter(desk->me, desk->own->compute_jitter);
    for (int l = 0; l < desk->own->layers; l++) {
        compute_dense(desk, SIM_FORWARD);
        route(desk, iteration, l);
        go_through(desk, l, SIM_FORWARD);
    }
    for (int l = desk->own->layers - 1; l >= 0; l--) {
        go_through(desk, l, SIM_BACKWARD);
        compute_dense(desk, SIM_BACKWARD);
    }
}

/* Parameters of that many experts in all layers, with their gradients and the optimizer's states. */
static double states_bytes(const struct expert_parallel *own, int experts)
{
    return 2.0 * own->model_width * own->expert_width * own->layers * experts *
           (2 * own->bytes_per_number + own->state_bytes_per_parameter);
}

static void finish(struct desk *desk)
{
    struct census *census = desk->model->census;
    const int workers = desk->own->workers, iterations = desk->me->plan->iterations;
    const double seconds = sim_now(desk->me) / iterations;

    census->memory_bytes = fmax(census->memory_bytes, desk->memory.peak_bytes);
    census->exposed_seconds += desk->exposed_seconds / iterations / workers;
    if (++census->finished < workers)
        return;
    sim_note(desk->me, "memory_bytes", census->memory_bytes);
    if (!(seconds > 0))
        return;
    sim_note(desk->me, "load_imbalance", census->imbalance / census->layers);
    sim_note(desk->me, "dropped_share", census->dropped / census->chosen);
    sim_note(desk->me, "tokens_sent", census->sent);
    sim_note(desk->me, "iteration_seconds", seconds);
    sim_note(desk->me, "exposed_communication_seconds", census->exposed_seconds);
    sim_note(desk->me, "tokens_per_second", (double)workers * desk->own->tokens / seconds);
}

static struct desk *open_desk(struct sim_peer *me)
{
    const struct expert_parallel *own = me->parameters;
    const int experts = first_expert(own, me->index + 1) - first_expert(own, me->index);
    const size_t pairs = (size_t)own->layers * (size_t)own->workers;
    struct sim_arena *arena = me->plan->arena;
    struct desk *desk = sim_new(arena, struct desk, 1);

    *desk = (struct desk){.me = me,
                          .own = own,
                          .model = model_of(me->plan),
                          .router = router_open(arena, own->experts, own->tokens, own->top_k),
                          .sent = sim_new(arena, int64_t, pairs),
                          .received = sim_new(arena, int64_t, pairs),
                          .returned = sim_new(arena, int64_t, (size_t)own->workers)};
    desk->expert = desk->model->expert;
    desk->expert.parameter_bytes *= experts;
    memory_hold(me, &desk->memory, states_bytes(own, experts),
                "experts, their gradients and states of the optimizer",
                "take more workers, or fewer experts");
    return desk;
}

static void worker(struct sim_peer *me)
{
    struct desk *desk = open_desk(me);

    for (int i = 0; i < me->plan->iterations; i++)
        iterate(desk, i);
    finish(desk);
}

static const struct sim_role roles[] = {
    {"worker", worker, "sends its tokens to their experts, and computes those that its own get"},
    {0}};

/* ---- preparing ---- */

static struct sim_layer expert_layer(const struct expert_parallel *own)
{
    const double products = 2.0 * own->model_width * own->expert_width;

    return (struct sim_layer){
        .name = "expert",
        .kind = "fc",
        .parameters = (int64_t)products,
        .macs = (int64_t)products,
        .forward_flop = 2 * products,
        .backward_flop = 4 * products,
        .input_bytes = token_bytes(own),
        .activation_bytes = token_bytes(own),
        .forward_seconds = -1,
        .backward_seconds = -1,
        .measured_batch = 1,
        .parameter_bytes = (int64_t)products * own->bytes_per_number,
    };
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct expert_parallel *own = plan->parameters;
    struct model *model = sim_new(plan->arena, struct model, 1);

    plan->prepared = model;
    if (own->top_k > own->experts)
        return sim_fail(err,
                        "algorithm.top_k is %d, but there are only %d experts that a token could "
                        "be sent to.",
                        own->top_k, own->experts);
    if (own->padding == YES && own->capacity_factor == 0)
        return sim_fail(err, "algorithm.padding: yes sends as many places as an expert has; give "
                             "a capacity_factor, which says how many.");
    if (own->workers * places(own) > INT32_MAX)
        return sim_fail(
            err,
            "algorithm.tokens: %d workers with %.0f places for tokens each are more than "
            "the %d that one worker can count.",
            own->workers, places(own), INT32_MAX);
    sim_cast(plan, "worker", own->workers);
    model->odds = router_odds(plan->arena, own->layers * own->experts, own->skew, plan->seed);
    model->expert = expert_layer(own);
    model->census = sim_new(plan->arena, struct census, 1);
    model->census->tokens = sim_new(plan->arena, double, (size_t)own->experts);
    return true;
}

/* ---- laws ---- */

/* Every expert gets as much from every worker. */
static bool is_balanced(const struct sim_plan *plan)
{
    const struct expert_parallel *own = plan->parameters;
    const int64_t choices = (int64_t)own->tokens * own->top_k;

    return sim_has_own_hosts(plan) &&
           (own->padding == YES || (own->routing == UNIFORM && choices % own->experts == 0 &&
                                    choices / own->experts <= capacity(own)));
}

static double all_to_alls(const struct sim_plan *plan)
{
    return 4.0 * ((const struct expert_parallel *)plan->parameters)->layers * plan->iterations;
}

static double all_bytes(const struct sim_plan *plan)
{
    const struct expert_parallel *own = plan->parameters;

    return all_to_alls(plan) * (own->workers - 1) * places(own) * (double)token_bytes(own);
}

static double all_messages(const struct sim_plan *plan)
{
    const double n = ((const struct expert_parallel *)plan->parameters)->workers;

    return all_to_alls(plan) * n * (n - 1);
}

static double most_states_bytes(const struct sim_plan *plan)
{
    const struct expert_parallel *own = plan->parameters;

    return states_bytes(own, (int)sim_largest_chunk(own->experts, own->workers));
}

static double noted_states_bytes(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "memory_bytes");
}

static bool every_pair(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");

    if (i / workers->size >= workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[i / workers->size], workers->peers[i % workers->size]};
    return true;
}

static bool on_one_switch(const struct sim_plan *plan)
{
    const struct expert_parallel *own = plan->parameters;
    struct sim_switch found;

    return is_balanced(plan) && own->experts % own->workers == 0 && own->compute_jitter == 0 &&
           sim_is_one_switch(plan, every_pair, &found);
}

static double ideal_seconds(const struct sim_plan *plan)
{
    const struct expert_parallel *own = plan->parameters;
    const double n = own->workers, share = places(own) / n * (double)token_bytes(own);
    const struct sim_device *device = sim_device_of(plan, sim_role(plan, "worker")->peers[0]);
    struct sim_layer expert = model_of(plan)->expert;
    struct sim_switch on = {0};
    double exchanged = 0;

    sim_is_one_switch(plan, every_pair, &on);
    expert.parameter_bytes *= own->experts / own->workers;
    if (n > 1)
        exchanged = (n - 1) * (on.latency_seconds + share / on.bytes_per_second);
    return plan->iterations *
           (own->compute_seconds +
            own->layers *
                (4 * exchanged + sim_layer_seconds(device, &expert, (int)places(own), SIM_FORWARD) +
                 sim_layer_seconds(device, &expert, (int)places(own), SIM_BACKWARD)));
}

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES, "4L(N-1)SD, S = T k or, padded, E C", all_bytes,
     sim_total_bytes, .tolerance = 0, .holds = is_balanced,
     .assumes = "every worker has a host of its own, none dies, padding, or uniform routing of "
                "what the experts divide and have places for"},
    {"messages", SIM_UNIT_NONE, "4LN(N-1)", all_messages, sim_total_messages, .tolerance = 0,
     .holds = sim_has_own_hosts, .assumes = "every worker has a host of its own, and none dies"},
    {"bytes of experts in memory", SIM_UNIT_BYTES, "2dh(2b + K)L ceil(E/N)", most_states_bytes,
     noted_states_bytes, .tolerance = 0},
    {"seconds", SIM_UNIT_SECONDS, "C + L(4(N-1)(a + SD/(N B)) + F(S) + W(S))", ideal_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = on_one_switch,
     .assumes = "one full-duplex switch, network: textbook, equal hosts, no jitter, no faults, N "
                "divides E, and the law of bytes holds"},
    {0}};

SIM_ALGORITHM(expert_parallel) = {
    .name = "expert_parallel",
    .summary = "N workers share E experts; tokens go to theirs and back, four all-to-alls a layer",
    .paper = "Lepikhin et al., GShard: scaling giant models with conditional computation and "
             "automatic sharding, ICLR 2021; Shazeer et al., ICLR 2017",
    .counts = "N workers, which own the experts and the tokens",
    .parameters_size = sizeof(struct expert_parallel),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .prepare = prepare,
};
