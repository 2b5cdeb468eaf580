/* heterofl -- federated averaging in which weak clients train narrower models, cut out of the whole one.
 *
 * A client of rate r holds the first ceil(r n) of each hidden layer's n channels; what enters the network and what
 * leaves it stay whole.  It gets that part, trains it and sends it back, and each number of the whole model becomes
 * the mean over those that hold it; what nobody holds stays.  A class's part of the last layer is taken only from
 * clients that have samples of it.  While a client trains, what its hidden layers give is divided by r (`scaler`),
 * and scores of classes that it has no samples of count as 0 (`masked_loss`).
 *
 * Paper: Diao, Ding, Tarokh, HeteroFL: computation and communication efficient federated learning for heterogeneous
 * clients, ICLR 2021.  level_choice: `fixed` deals levels in order of clients, as the authors' program does; `dynamic`
 * draws each client's anew in each round; `speed` gives the widest to the fastest hosts, in the same shares.
 *
 * With a workload bytes and seconds of a level are those of its layers, cut; else a level has 4 bytes a number of
 * the cut learner, and takes as much of compute_seconds_per_sample as it has of the learner's MACs.  A round sends
 * twice the bytes of each chosen client's level.  `doubly_counted_flop` is what the paper's table calls FLOPs.
 *
 * compression: of a client's own part, by its layers; secure_aggregation: two clients share masks of what both hold,
 * and what is bare is said (shared/masking.c).
 *
 * N counts the clients; the server is none of them.  Clients that straggle, vanish or die: as in fedavg.  Not
 * modelled: static batch norm (the learner has none), weight decay, clipped gradients. */
#include "algorithms/federated/shared/levels.h"

#include <stdlib.h>
#include <string.h>

enum { FIXED, DYNAMIC, SPEED };
static const char *const level_choices[] = {
    [FIXED] = "fixed", [DYNAMIC] = "dynamic", [SPEED] = "speed", NULL};
enum { NO, YES };
static const char *const no_yes[] = {[NO] = "no", [YES] = "yes", NULL};

struct heterofl {
    struct federated common;
    struct sim_numbers levels, level_shares;
    int level_choice, scaler, masked_loss;
};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS_WITH("plain"),
    {SIM_NUMBERS(struct heterofl, levels),
     SIM_DEFAULT("1, 0.5, 0.25, 0.125, 0.0625", "Diao et al. 2021"), .least = 1e-6, .most = 1,
     .help = "rates of the levels: of each hidden layer so much is kept"},
    {SIM_NUMBERS(struct heterofl, level_shares), SIM_DEFAULT("", SIM_OURS ": as many of each"),
     .least = 0, .most = 1e6,
     .help = "how many clients are of each level, as proportions; none: all alike"},
    {SIM_CHOICE(struct heterofl, level_choice), SIM_DEFAULT("fixed", "the authors' program: fixed"),
     .choices = level_choices,
     .help = "who is of which level: in order of clients, drawn in each round, the fastest widest"},
    {SIM_CHOICE(struct heterofl, scaler), SIM_DEFAULT("yes", "Diao et al. 2021"), .choices = no_yes,
     .help = "divide what hidden layers give by the rate, while clients train"},
    {SIM_CHOICE(struct heterofl, masked_loss), SIM_DEFAULT("yes", "Diao et al. 2021"),
     .choices = no_yes,
     .help = "in a client's loss scores of classes that it has no samples of count as 0"},
    {0}};

/* fed->own */
struct hetero {
    struct levels levels;
    int *places;         /* [clients]: with level_choice: speed the fastest is 0; else its number */
    const bool *present; /* [clients x classes]: has it samples of that?  NULL with learning off */
    double *sums, *weights, *its_weights; /* [P]; of all, and of one client */
};

static const struct hetero *hetero_of(const struct sim_plan *plan)
{
    return fed_of(plan)->own;
}

/* ---- who is of which level ---- */

static int level_of(const struct sim_plan *plan, int round, int client)
{
    const struct heterofl *heterofl = plan->parameters;
    const struct hetero *own = hetero_of(plan);
    struct sim_random *random;
    int level;

    if (heterofl->level_choice != DYNAMIC)
        return level_at(&own->levels, own->places[client] + 0.5, heterofl->common.clients);
    random = fed_random(plan, FED_OWN, round, client);
    level = level_at(&own->levels, sim_random_uniform(random), 1);
    sim_random_close(random);
    return level;
}

/* Overheads of layers and waits for memory count, so shares of flop differ from host to host. */
static void size(const struct sim_plan *plan, struct fed_turn *turn)
{
    const int level = level_of(plan, turn->round, turn->client);
    const struct level *of = &hetero_of(plan)->levels.at[level];
    const int peer = sim_role(plan, "client")->peers[turn->client];

    turn->level = level;
    turn->slice = of->slice;
    turn->down_bytes = turn->up_bytes = of->bytes;
    turn->flop_share = of->model == NULL ? of->mac_share
                                         : fed_model_seconds(plan, peer, of->model) /
                                               fed_model_seconds(plan, peer, plan->model);
}

struct speed {
    double seconds;
    int client;
};

static int faster(const void *a, const void *b)
{
    const struct speed *x = a, *y = b;

    if (x->seconds != y->seconds)
        return x->seconds < y->seconds ? -1 : 1;
    return x->client - y->client;
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct heterofl *heterofl = plan->parameters;
    const struct sim_group *clients = sim_role(plan, "client");
    struct speed *speeds = sim_new(plan->arena, struct speed, (size_t)clients->size);

    (void)err;
    for (int k = 0; k < clients->size; k++)
        speeds[k] = (struct speed){
            sim_seconds_on(plan, clients->peers[k], 1) * fed_of(plan)->devices[k].slowness, k};
    if (heterofl->level_choice == SPEED)
        qsort(speeds, (size_t)clients->size, sizeof *speeds, faster);
    for (int k = 0; k < clients->size; k++)
        hetero_of(plan)->places[speeds[k].client] = k;
    return true;
}

/* ---- learning ---- */

static void assign(struct fed_server *server, struct fed_turn *turn)
{
    const struct hetero *own = server->fed->own;

    if (server->fed->learner != NULL)
        learner_slice_take(own->levels.at[turn->level].slice, server->model, turn->start);
}

static const bool *present_at(const struct fed *fed, int client)
{
    const struct hetero *own = fed->own;

    return own->present + (size_t)client * (size_t)fed->data->set->class_count;
}

static double train(struct fed_client *client, const struct fed_turn *turn, int first, int count)
{
    const struct heterofl *heterofl = client->me->parameters;
    const struct hetero *own = client->fed->own;
    const struct level *level = &own->levels.at[turn->level];
    const struct learner_options how = {.label_present = heterofl->masked_loss == YES
                                                             ? present_at(client->fed, turn->client)
                                                             : NULL,
                                        .scaler = heterofl->scaler == YES ? level->rate : 1};

    return fed_train_with(client, turn, first, count, level->slice->learner, &how);
}

static void add(const struct fed_server *server, const struct fed_turn *turn, double *sums,
                double *weights)
{
    learner_slice_add(turn->slice, turn->values, fed_weight(server->options, turn),
                      present_at(server->fed, turn->client), sums, weights);
}

/* A client sends 0, masked, for classes that it has no samples of: what it holds is masked with all who hold it. */
static void add_masked(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const struct hetero *own = server->fed->own;
    const size_t numbers = server->fed->number_count;

    fed_masked_begin(server);
    for (int i = 0; i < count; i++) {
        memset(own->sums, 0, numbers * sizeof *own->sums);
        memset(own->its_weights, 0, numbers * sizeof *own->its_weights);
        add(server, arrived[i], own->sums, own->its_weights);
        fed_masked_add(server, i, own->sums, own->its_weights);
        for (size_t j = 0; j < numbers; j++)
            own->weights[j] += own->its_weights[j];
    }
    fed_masked_end(server, own->sums);
}

static void aggregate(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const struct hetero *own = server->fed->own;
    const size_t numbers = server->fed->number_count;

    if (numbers == 0)
        return;
    memset(own->sums, 0, numbers * sizeof *own->sums);
    memset(own->weights, 0, numbers * sizeof *own->weights);
    if (fed_is_masked(server->fed))
        add_masked(server, arrived, count);
    else
        for (int i = 0; i < count; i++)
            add(server, arrived[i], own->sums, own->weights);
    learner_slice_merge(own->sums, own->weights, server->model, numbers);
}

/* ---- preparing ---- */

static bool belongs_together(const struct sim_plan *plan, struct sim_error *err)
{
    const struct federated *options = plan->parameters;

    if (options->model_bytes > 0)
        return sim_fail(err,
                        "algorithm.model_bytes: what a part of the model has depends on its "
                        "layers; leave this out, and give a workload or learning: perceptron.");
    if (options->learning == FED_SOFTMAX)
        return sim_fail(err, "algorithm.learning: softmax regression has no hidden layer that "
                             "could be cut; let a perceptron learn.");
    if (options->learning == FED_NO_LEARNING && plan->model == NULL)
        return sim_fail(err, "algorithm.learning: with learning off and no workload there are no "
                             "layers to cut.");
    return true;
}

static void find_labels(struct sim_plan *plan, const struct fed *fed, struct hetero *own)
{
    const size_t classes = (size_t)fed->data->set->class_count;
    bool *present = sim_new(plan->arena, bool, (size_t)fed->options->clients *classes);

    for (int k = 0; k < fed->options->clients; k++) {
        const struct sample_list *samples = &fed->devices[k].samples;

        for (int i = 0; i < samples->count; i++)
            present[(size_t)k * classes + (size_t)fed->data->set->labels[samples->numbers[i]]] =
                true;
    }
    own->present = present;
    own->sums = sim_new(plan->arena, double, fed->number_count);
    own->weights = sim_new(plan->arena, double, fed->number_count);
    own->its_weights = sim_new(plan->arena, double, fed->number_count);
}

static bool prepare_own(struct sim_plan *plan, struct fed *fed, struct sim_error *err)
{
    const struct heterofl *heterofl = plan->parameters;
    struct hetero *own = sim_new(plan->arena, struct hetero, 1);

    if (!levels_open(plan, fed, &heterofl->levels, &heterofl->level_shares, &own->levels, err))
        return false;
    own->places = sim_new(plan->arena, int, (size_t)fed->options->clients);
    if (fed->learner != NULL)
        find_labels(plan, fed, own);
    fed->own = own;
    return true;
}

/* Of one sample at each level, added up: beside the closed form. */
static void open(struct fed_server *server)
{
    const struct levels *levels = &hetero_of(server->me->plan)->levels;
    double flop = 0;

    if (server->me->plan->model == NULL)
        return;
    for (int l = 0; l < levels->count; l++)
        flop += level_doubled_flop(levels->at[l].model);
    if (flop > 0)
        sim_note(server->me, "doubly_counted_flop", flop);
}

static const struct fed_method method = {.prepare = prepare_own,
                                         .size = size,
                                         .open = open,
                                         .assign = assign,
                                         .train = train,
                                         .aggregate = aggregate};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return belongs_together(plan, err) && fed_prepare(plan, &method, err);
}

/* ---- laws ---- */

/* What an update of that level has on the wire. */
static double sent_bytes(const struct fed *fed, const struct level *level)
{
    if (fed_is_masked(fed))
        return (double)fed_masked_bytes(fed, level->bytes);
    return (double)fed_compressed_bytes(fed, level->slice, level->bytes);
}

/* Zeros are not among the largest: who has fewer changes than top_k asks for sends fewer. */
static bool has_sizes(const struct sim_plan *plan)
{
    const struct federated *options = plan->parameters;

    return options->compression != FED_TOP_K || options->learning == FED_NO_LEARNING;
}

static double message_bytes(const struct sim_plan *plan)
{
    const struct levels *levels = &hetero_of(plan)->levels;
    const struct fed *fed = fed_of(plan);
    const struct fed_tally *tally = fed->tally;
    double bytes = (double)tally->key_bytes;

    if (!has_sizes(plan))
        return (double)(tally->down_bytes + tally->up_bytes);
    for (int l = 0; l < levels->count; l++)
        bytes += (double)tally->level_downloads[l] * (double)levels->at[l].bytes +
                 (double)tally->level_uploads[l] * sent_bytes(fed, &levels->at[l]);
    return bytes;
}

static double whole_bytes(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    int *order = sim_new(plan->arena, int, (size_t)fed->options->clients);
    double bytes = 0;

    for (int r = 0; r < plan->iterations; r++) {
        fed_shuffled(plan, r, order);
        for (int i = 0; i < fed_goal(fed->options); i++)
            bytes += 2 * (double)hetero_of(plan)->levels.at[level_of(plan, r, order[i])].bytes;
    }
    return bytes;
}

static bool has_published_flop(const struct sim_plan *plan)
{
    return plan->model != NULL && level_doubled_flop(plan->model) > 0;
}

static double published_flop(const struct sim_plan *plan)
{
    const struct levels *levels = &hetero_of(plan)->levels;
    double flop = 0;

    for (int l = 0; l < levels->count; l++)
        flop += level_doubled_form(plan->model, levels->at[l].rate);
    return flop;
}

static double noted_flop(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "doubly_counted_flop");
}

static const struct sim_role roles[] = {FED_ROLES};
static const struct sim_law laws[] = {
    FED_UPLOADS_LAW,
    FED_MESSAGES_LAW,
    {"bytes of all messages", SIM_UNIT_BYTES,
     "sum over levels l of downloads_l x G_l + uploads_l x what G_l is sent as, and keys",
     message_bytes, fed_all_bytes, .tolerance = 0},
    {"bytes of whole rounds", SIM_UNIT_BYTES, "2 G_l for each client that is chosen", whole_bytes,
     fed_all_bytes, .tolerance = 0, .holds = fed_is_whole,
     .assumes = "every client that is chosen answers in every round"},
    {"seconds", SIM_UNIT_SECONDS, FED_SECONDS, fed_ideal_seconds, sim_total_seconds,
     .tolerance = 1e-9, .holds = fed_is_ideal, .assumes = FED_SECONDS_ASSUMES},
    {"doubly counted flop", SIM_UNIT_NONE,
     "sum over levels of 2 [sum s^2 (k c_in c_out + c_out) + sum 2 c_out s^2 + c_last classes]",
     published_flop, noted_flop, .tolerance = 0, .holds = has_published_flop,
     .assumes = "the workload is conv with batch norm, pool, and one fc at the end"},
    {0}};

SIM_ALGORITHM(heterofl) = {
    .name = "heterofl",
    .summary = "federated averaging in which weak clients train narrower parts of the model",
    .paper = "Diao, Ding, Tarokh, HeteroFL: computation and communication efficient federated "
             "learning for heterogeneous clients, ICLR 2021",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct heterofl),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
    .placed = placed,
};
