/* cmfl -- federated averaging in which a client keeps to itself an update that points elsewhere than the model goes.
 *
 * After its epochs a client compares the sign of each number of its update u with that of the last global update
 * u_bar: relevance e = share of the numbers whose signs agree.  If e >= v_t it uploads, otherwise it sends a message
 * of `skip_bytes`, which tells the server not to wait.  v_t is constant, or v_0 / sqrt(t); in round 1 there is no
 * global update yet, and all upload.  The mean is taken over what was uploaded; if nothing was, the model stays, and
 * u_bar remains the last update that was made.
 *
 * Paper: L. Wang, W. Wang, B. Li, CMFL: mitigating communication overhead for federated learning, ICDCS 2019.
 * What an irrelevant client sends is not told there; public programs send nothing, so that their server could not
 * know when a round is over.  They weight all uploads alike, which is the default of `aggregation` here.
 *
 * Clients know u_bar, which is the difference of the last two models, where all take part in every round.  Where
 * they do not, `feedback_bytes` go down beside the model from round 2 on.  With learning off a share
 * `relevant_share` of the updates is relevant, drawn at random.
 *
 * A whole round sends 2 m G bytes, less G - skip_bytes for each that skips; with a threshold of 0 it is fedavg's.  N
 * counts the clients; the server is none of them.  Clients that straggle, vanish or die: as in fedavg.  Not
 * modelled: the time to compare signs. */
#include "algorithms/federated/rules/relevance.h"
#include "algorithms/federated/shared/federated.h"

#include <string.h>

struct cmfl {
    struct federated common;
    double threshold;
    int threshold_form;
    int64_t skip_bytes, feedback_bytes;
    double relevant_share;
};

static const char *const forms[] = {
    [RELEVANCE_CONSTANT] = "constant", [RELEVANCE_FALLING] = "falling", NULL};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS_WITH("plain"),
    {SIM_RATIO(struct cmfl, threshold),
     SIM_DEFAULT("0.8", "a public program of CMFL: 0.8 / sqrt(t)"), .least = 0, .most = 1e6,
     .help = "v_0, the relevance from which on an update is sent; 0: all are"},
    {SIM_CHOICE(struct cmfl, threshold_form),
     SIM_DEFAULT("falling", "a public program of CMFL: 0.8 / sqrt(t)"), .choices = forms,
     .help = "v_t = v_0, or v_0 / sqrt(t) in round t = 1, 2, ..."},
    {SIM_BYTES(struct cmfl, skip_bytes),
     SIM_DEFAULT("8", SIM_OURS ": the paper does not say what is sent"), .least = 0, .most = 1e15,
     .help = "of the message that an irrelevant client sends instead"},
    {SIM_BYTES(struct cmfl, feedback_bytes), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1e15,
     .help = "sent down beside the model from round 2 on, for clients that do not know the last "
             "global update"},
    {SIM_RATIO(struct cmfl, relevant_share), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 0, .most = 1,
     .help = "with learning off: probability that an update is relevant"},
    {0}};

/* u_bar; there is none before the first aggregation. */
struct direction {
    bool is_known;
    double *update; /* P; NULL with learning off */
};

/* On the server. */
struct memory {
    struct direction last;
    double *before; /* P: the model before an aggregation */
    double sum;     /* of relevances heard so far */
    int heard;
};

static struct direction open_direction(struct fed_server *server)
{
    const size_t numbers = server->fed->number_count;

    return (struct direction){false, numbers > 0 ? sim_new(server->me->plan->arena, double, numbers)
                                                 : NULL};
}

static void open(struct fed_server *server)
{
    struct memory *own = sim_new(server->me->plan->arena, struct memory, 1);

    own->last = open_direction(server);
    own->before = open_direction(server).update;
    server->own = own;
}

/* What the client compares with: a copy, for it may answer when the server has gone on. */
static void assign(struct fed_server *server, struct fed_turn *turn)
{
    const struct cmfl *cmfl = server->me->parameters;
    const struct memory *own = server->own;
    struct direction *copy = turn->own;

    if (copy == NULL) {
        turn->own = copy = sim_new(server->me->plan->arena, struct direction, 1);
        *copy = open_direction(server);
    }
    copy->is_known = own->last.is_known;
    if (!copy->is_known)
        return;
    turn->down_bytes += cmfl->feedback_bytes;
    if (copy->update != NULL)
        memcpy(copy->update, own->last.update, server->fed->number_count * sizeof(double));
}

/* The gradient of the last step is done with: its room holds the update. */
static double relevance(struct fed_client *client, const struct fed_turn *turn)
{
    const struct direction *last = turn->own;
    const size_t numbers = client->fed->number_count;

    for (size_t i = 0; i < numbers; i++)
        client->gradient[i] = turn->values[i] - turn->start[i];
    return relevance_of(client->gradient, last->update, numbers);
}

static bool is_drawn(const struct sim_plan *plan, const struct fed_turn *turn)
{
    const struct cmfl *cmfl = plan->parameters;
    struct sim_random *random = fed_random(plan, FED_OWN, turn->round, turn->client);
    const bool drawn = sim_random_uniform(random) < cmfl->relevant_share;

    sim_random_close(random);
    return drawn;
}

static bool is_relevant(struct fed_client *client, struct fed_turn *turn)
{
    const struct cmfl *cmfl = client->me->parameters;
    const struct direction *last = turn->own;
    const struct relevance rule = {(enum relevance_threshold)cmfl->threshold_form, cmfl->threshold};

    if (!last->is_known)
        return true;
    if (client->fed->learner == NULL)
        return is_drawn(client->me->plan, turn);
    turn->relevance = relevance(client, turn);
    return relevance_uploads(&rule, turn->round + 1, turn->relevance);
}

static bool upload(struct fed_client *client, struct fed_turn *turn)
{
    const struct cmfl *cmfl = client->me->parameters;

    if (is_relevant(client, turn))
        return true;
    turn->up_bytes = cmfl->skip_bytes;
    return false;
}

static void aggregate(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    struct memory *own = server->own;
    const size_t numbers = server->fed->number_count;

    own->last.is_known = true;
    for (size_t i = 0; i < numbers; i++)
        own->before[i] = server->model[i];
    fed_mean(server, arrived, count);
    for (size_t i = 0; i < numbers; i++)
        own->last.update[i] = server->model[i] - own->before[i];
}

static void hear(struct fed_server *server, const struct fed_turn *turn)
{
    struct memory *own = server->own;

    if (isnan(turn->relevance) || (turn->action != FED_ARRIVED && turn->action != FED_SKIPPED))
        return;
    own->sum += turn->relevance;
    own->heard++;
}

static void tell(struct fed_server *server)
{
    const struct memory *own = server->own;

    sim_note(server->me, "skipped", (double)server->tally->skips);
    if (own->heard > 0)
        sim_note(server->me, "relevance", own->sum / own->heard);
}

static const struct fed_method method = {.open = open,
                                         .assign = assign,
                                         .upload = upload,
                                         .hear = hear,
                                         .aggregate = aggregate,
                                         .tell = tell};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct cmfl *cmfl = plan->parameters;

    if (cmfl->relevant_share < 1 && cmfl->common.learning != FED_NO_LEARNING)
        return sim_fail(err, "algorithm.relevant_share: with learning on the threshold says which "
                             "updates are relevant; leave this out.");
    return fed_prepare(plan, &method, err);
}

/* ---- laws ---- */

static double message_bytes(const struct sim_plan *plan)
{
    const struct cmfl *cmfl = plan->parameters;
    const double skips = (double)fed_of(plan)->tally->skips * (double)cmfl->skip_bytes;

    return fed_message_bytes(plan) + (fed_has_changed_sizes(plan) ? 0 : skips);
}

static bool is_plain(const struct sim_plan *plan)
{
    const struct cmfl *cmfl = plan->parameters;

    return cmfl->feedback_bytes == 0 || fed_has_changed_sizes(plan);
}

/* With all there in round 1 there is a global update to speak of in each round after it. */
static double whole_bytes(const struct sim_plan *plan)
{
    const struct cmfl *cmfl = plan->parameters;
    const struct fed *fed = fed_of(plan);
    const double feedbacks = (double)(plan->iterations - 1) * fed_goal(fed->options);

    return fed_whole_bytes(plan) + feedbacks * (double)cmfl->feedback_bytes -
           (double)fed->tally->skips * (double)(fed->model_bytes - cmfl->skip_bytes);
}

static const struct sim_role roles[] = {FED_ROLES};
static const struct sim_law laws[] = {
    FED_UPLOADS_LAW,
    FED_MESSAGES_LAW,
    {"bytes of all messages", SIM_UNIT_BYTES, "downloads x G + uploads x G + skips x skip_bytes",
     message_bytes, fed_all_bytes, .tolerance = 0, .holds = is_plain,
     .assumes = "feedback_bytes: 0, or all messages counted one by one"},
    {"bytes of whole rounds", SIM_UNIT_BYTES,
     "2 R m G - skips x (G - skip_bytes) + (R - 1) m feedback_bytes", whole_bytes, fed_all_bytes,
     .tolerance = 0, .holds = fed_is_whole,
     .assumes = "every client that is chosen answers in every round, compression: none"},
    {0}};

SIM_ALGORITHM(cmfl) = {
    .name = "cmfl",
    .summary = "federated averaging of those updates that point where the model already goes",
    .paper = "Wang, Wang, Li, CMFL: mitigating communication overhead for federated learning, "
             "ICDCS 2019",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct cmfl),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
