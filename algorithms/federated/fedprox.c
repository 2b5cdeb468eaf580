/* fedprox -- federated averaging in which stragglers' partial work counts, and a proximal term holds clients near
 * the model that they were given.
 *
 * A client minimises F_k(w) + (mu / 2) |w - w_t|^2: each step is w -= eta (g + mu (w - w_t)).  Of the m chosen
 * exactly round(stragglers x m) have time for 1 .. E-1 epochs only, drawn anew each round; what they have then is
 * averaged like the rest.  With mu = 0 and no stragglers this is fedavg, event by event.
 *
 * Paper: Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith, Federated optimization in heterogeneous networks, MLSys 2020
 * (Algorithm 2; section 5.3.2 for mu that adapts).  It averages plainly and chooses clients by n_k; the authors' code
 * weights by n_k and chooses uniformly: that is the default here, and `aggregation: plain` gives the paper's mean.
 *
 * adaptive_mu: mu grows by 0.1 when the training loss has risen, and falls by 0.1 when it has fallen five rounds in
 * a row.  N counts the clients; the server is none of them.  Clients that vanish or die are dropped, as
 * in fedavg.  Not modelled: gamma-inexactness as a stopping rule (epochs are given). */
#include "algorithms/federated/shared/federated.h"

struct fedprox {
    struct federated common;
    double mu;
    int adaptive_mu;
};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS,
    {SIM_RATIO(struct fedprox, mu),
     SIM_DEFAULT("1", "Li et al. 2020: best of their grid for Synthetic"), .least = 0, .most = 1e6,
     .help = "weight of the proximal term; where it adapts, what it begins with"},
    {SIM_CHOICE(struct fedprox, adaptive_mu), SIM_DEFAULT("no", SIM_NEUTRAL),
     .choices = fed_no_yes_choices,
     .help = "mu +0.1 when the training loss rises, -0.1 after five falls in a row"},
    {0}};

struct proximity {
    double mu, last_loss;
    int falls; /* in a row */
};

static void open(struct fed_server *server)
{
    const struct fedprox *fedprox = server->me->parameters;
    struct proximity *own = sim_new(server->me->plan->arena, struct proximity, 1);

    *own = (struct proximity){.mu = fedprox->mu, .last_loss = NAN};
    server->own = own;
}

static void assign(struct fed_server *server, struct fed_turn *turn)
{
    const struct proximity *own = server->own;

    turn->mu = own->mu;
}

static void tell(struct fed_server *server)
{
    const struct fedprox *fedprox = server->me->parameters;
    struct proximity *own = server->own;

    if (fedprox->adaptive_mu == FED_NO)
        return;
    if (server->train_loss > own->last_loss) {
        own->mu += 0.1;
        own->falls = 0;
    } else if (server->train_loss < own->last_loss && ++own->falls == 5) {
        own->mu = fmax(0, own->mu - 0.1);
        own->falls = 0;
    }
    own->last_loss = server->train_loss;
    sim_note(server->me, "mu", own->mu);
}

static const struct fed_method method = {
    .takes_partial_work = true, .open = open, .assign = assign, .tell = tell};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct fedprox *fedprox = plan->parameters;

    if (fedprox->adaptive_mu == FED_YES &&
        (fedprox->common.learning == FED_NO_LEARNING || fedprox->common.evaluate_every != 1))
        return sim_fail(err,
                        "algorithm.adaptive_mu: mu follows the training loss of each round, which "
                        "needs learning, and evaluate_every: 1.");
    return fed_prepare(plan, &method, err);
}

static const struct sim_role roles[] = {FED_ROLES};
static const struct sim_law laws[] = {FED_LAWS, {0}};

SIM_ALGORITHM(fedprox) = {
    .name = "fedprox",
    .summary = "federated averaging with a proximal term, and with stragglers' partial work",
    .paper = "Li et al., Federated optimization in heterogeneous networks, MLSys 2020",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct fedprox),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
