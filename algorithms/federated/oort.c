/* oort -- federated averaging that chooses clients by what their data still teach and by how long they take.
 *
 *   U = |B| sqrt(mean of loss^2) + sqrt(0.1 ln R / L),   x (T / t)^alpha if t > T
 *
 * in round R of a client that last took part in round L and then took t seconds; U is cut off at a quantile first.  A
 * share epsilon of the chosen are clients not tried before, drawn by expected speed or by samples; the others are
 * drawn, in proportion to U, of those that reach 95 % of the last one's U.  epsilon falls by a factor each round.  The
 * pacer lets T grow when the utilities won in the last W rounds sum to less than those of the W before.
 *
 * Paper: Lai, Zhu, Madhyastha, Chowdhury, Oort: efficient federated learning via guided participant selection, OSDI
 * 2021 (Algorithm 1, sections 4.2 to 4.4); defaults are those of the authors' program, but for the pacer's
 * seconds, which are ours.
 *
 * Losses are those of the model that the client was sent, over all its samples: what its first epoch would meet; they
 * cost no time of their own.  With learning off every loss counts as 1.  Who is late is heard all the same; who
 * vanishes counts as tried.  All else is fedavg's, over-selection too.  R whole rounds send 2 R m G bytes.  N counts
 * the clients; the server is none of them.  Not modelled: testing selection, fairness, noise on utilities. */
#include "algorithms/federated/rules/utility.h"
#include "algorithms/federated/shared/federated.h"

struct oort {
    struct federated common;
    double round_penalty, uncertainty, clip, cut_off;
    double exploration, exploration_decay, least_exploration;
    double preferred_seconds, pacer_step_seconds;
    int pacer_window, scaled, explore_by;
};

enum { NO, YES };
enum { BY_SPEED, BY_SAMPLES };
static const char *const no_yes[] = {[NO] = "no", [YES] = "yes", NULL};
static const char *const priors[] = {[BY_SPEED] = "speed", [BY_SAMPLES] = "samples", NULL};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS,
    {SIM_RATIO(struct oort, round_penalty), SIM_DEFAULT("2", "the authors' program"), .least = 0,
     .most = 100, .help = "alpha, the exponent of T / t for clients slower than T"},
    {SIM_RATIO(struct oort, uncertainty), SIM_DEFAULT("0.1", "the authors' program"), .least = 0,
     .most = 1e6, .help = "factor of ln R / L under the root: what has not been heard for long"},
    {SIM_RATIO(struct oort, clip), SIM_DEFAULT("0.9", "the authors' program"), .least = 0,
     .most = 1, .help = "quantile of the statistical utilities at which they are cut off"},
    {SIM_RATIO(struct oort, cut_off), SIM_DEFAULT("0.95", "the authors' program"), .least = 0,
     .most = 1, .help = "share of the last one's utility that is enough to be drawn from"},
    {SIM_CHOICE(struct oort, scaled), SIM_DEFAULT("yes", "the authors' program"), .choices = no_yes,
     .help = "bring utilities into 0 .. 1 before the uncertainty is added, as the program does"},
    {SIM_RATIO(struct oort, exploration), SIM_DEFAULT("0.9", "the authors' program"), .least = 0,
     .most = 1, .help = "epsilon before the first round: share of the chosen who are new"},
    {SIM_RATIO(struct oort, exploration_decay), SIM_DEFAULT("0.98", "the authors' program"),
     .least = 0, .most = 1, .help = "factor on epsilon in each round"},
    {SIM_RATIO(struct oort, least_exploration), SIM_DEFAULT("0.3", "the authors' program"),
     .least = 0, .most = 1, .help = "below which epsilon does not fall"},
    {SIM_CHOICE(struct oort, explore_by), SIM_DEFAULT("speed", "Lai et al. 2021"),
     .choices = priors,
     .help = "what new clients are drawn in proportion to: speed (paper), samples (program)"},
    {SIM_SECONDS(struct oort, preferred_seconds), SIM_DEFAULT("10", SIM_OURS), .least = 1e-9,
     .most = 1e9, .help = "T in the first round"},
    {SIM_SECONDS(struct oort, pacer_step_seconds), SIM_DEFAULT("10", SIM_OURS), .least = 0,
     .most = 1e9, .help = "Delta, by which T grows; 0: T stays"},
    {SIM_COUNT(struct oort, pacer_window), SIM_DEFAULT("20", "the authors' program"), .least = 1,
     .most = 1 << 20, .help = "W, rounds after which the pacer looks"},
    {0}};

struct selector {
    struct utility_client *clients;
    struct utility_space *space;
    int *chosen;
    double preferred_seconds;
    double *gains; /* [rounds] */
};

/* ---- what is known ---- */

static int peer_of(const struct sim_plan *plan, int client)
{
    return sim_role(plan, "client")->peers[client];
}

/* If it has the links for itself, and nothing slows it. */
static double expected_seconds(const struct fed_server *server, int client)
{
    const struct sim_plan *plan = server->me->plan;
    const struct fed_device *device = &server->fed->devices[client];
    const int peer = peer_of(plan, client);
    const struct sim_way down = sim_way_between(plan, server->me->number, peer);
    const struct sim_way up = sim_way_between(plan, peer, server->me->number);
    const double bytes = (double)server->fed->model_bytes;

    return down.latency_seconds + bytes / down.bytes_per_second + up.latency_seconds +
           bytes / up.bytes_per_second +
           fed_sample_seconds(plan, peer) * device->slowness * device->samples.count *
               server->options->local_epochs;
}

static void open(struct fed_server *server)
{
    const struct oort *own = server->me->parameters;
    struct sim_arena *arena = server->me->plan->arena;
    struct selector *selector = sim_new(arena, struct selector, 1);
    const size_t clients = (size_t)server->clients;

    *selector = (struct selector){sim_new(arena, struct utility_client, clients),
                                  utility_open(arena, server->clients),
                                  sim_new(arena, int, clients), own->preferred_seconds,
                                  sim_new(arena, double, (size_t)server->me->plan->iterations)};
    for (int k = 0; k < server->clients; k++) {
        struct utility_client *client = &selector->clients[k];

        client->seconds = expected_seconds(server, k);
        client->prior = own->explore_by == BY_SAMPLES ? server->fed->devices[k].samples.count
                                                      : 1 / fmax(client->seconds, 1e-9);
    }
    server->own = selector;
}

/* ---- choosing ---- */

static void choose(struct fed_server *server, int *order)
{
    const struct oort *own = server->me->parameters;
    const struct utility_rule rule = {own->round_penalty, own->uncertainty, own->clip, own->cut_off,
                                      own->scaled == YES};
    struct selector *selector = server->own;
    const int round = server->round + 1;
    struct sim_random *random = fed_random(server->me->plan, FED_OWN, server->round, 0);
    const double epsilon = utility_exploration(own->exploration, own->exploration_decay,
                                               own->least_exploration, round);
    int count, others;

    for (int k = 0; k < server->clients; k++)
        selector->clients[k].is_available =
            !server->is_busy[k] && !sim_is_dead(server->me, peer_of(server->me->plan, k));
    count = utility_select(&rule, selector->clients, server->clients, fed_chosen(server->options),
                           round, epsilon, selector->preferred_seconds, random, selector->space,
                           selector->chosen);
    sim_random_close(random);
    others = count;
    for (int k = 0, c = 0; k < server->clients; k++)
        if (c < count && selector->chosen[c] == k)
            order[c++] = k;
        else
            order[others++] = k;
}

/* ---- hearing ---- */

static bool upload(struct fed_client *client, struct fed_turn *turn)
{
    const struct fed *fed = client->fed;
    const struct sample_list *samples = &fed->devices[client->me->index].samples;
    double squares = 0;

    turn->square_loss = 1;
    if (fed->learner == NULL)
        return true;
    for (int i = 0; i < samples->count; i++) {
        const struct sample_list one = {samples->numbers + i, 1};
        const double loss = learner_evaluate(fed->learner, turn->start, one).loss;

        squares += loss * loss;
    }
    turn->square_loss = squares / samples->count;
    return true;
}

static void hear(struct fed_server *server, const struct fed_turn *turn)
{
    struct selector *selector = server->own;
    struct utility_client *client = &selector->clients[turn->client];

    client->last_round = turn->round + 1;
    if (turn->action != FED_ARRIVED && turn->action != FED_LATE)
        return;
    client->statistical = utility_of_mean_square(turn->square_loss, turn->samples);
    client->seconds = turn->arrived_at - turn->chosen_at;
    if (turn->action == FED_ARRIVED)
        selector->gains[server->round] += client->statistical;
}

static void tell(struct fed_server *server)
{
    const struct oort *own = server->me->parameters;
    struct selector *selector = server->own;
    int tried = 0;

    selector->preferred_seconds =
        utility_pace(selector->gains, server->round + 1, own->pacer_window,
                     selector->preferred_seconds, own->pacer_step_seconds);
    for (int k = 0; k < server->clients; k++)
        tried += selector->clients[k].last_round > 0;
    sim_note(server->me, "preferred_seconds", selector->preferred_seconds);
    sim_note(server->me, "clients_tried", tried);
    sim_note(server->me, "utility_of_round", selector->gains[server->round]);
}

static const struct fed_method method = {
    .open = open, .choose = choose, .upload = upload, .hear = hear, .tell = tell};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &method, err);
}

static const struct sim_role roles[] = {FED_ROLES};
static const struct sim_law laws[] = {FED_BYTES_LAW, {0}};

SIM_ALGORITHM(oort) = {
    .name = "oort",
    .summary = "federated averaging that chooses clients by their losses and their speed",
    .paper = "Lai et al., Oort: efficient federated learning via guided participant selection, "
             "OSDI 2021",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct oort),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
