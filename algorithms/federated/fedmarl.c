/* fedmarl -- after one epoch, an agent for each client says whether it is worth to let that client go on.
 *
 * A round: the m clients that are chosen (m = K: all) train for a probing epoch and report its loss; the agents see
 * loss, seconds and bytes of each, and keep or drop it; the kept ones finish their epochs and upload, the others
 * stop.  Agents learn over many episodes, each of which is a whole federated training, from
 *
 *   r_t = w1 (U(acc_t) - U(acc_t-1)) - w2 H_t - w3 B_t
 *   H_t = max of probing + max over kept of (rest + upload);   B_t = m reports + G for each that is kept
 *
 * Episodes follow one another inside one simulation: the clock goes on; the model, the order of the data and the
 * agents' memory of uploads begin anew, and with `profile_period` so does the phase of the platform's profiles.
 * What is drawn (jitter, losses) is not repeated.  The agents' weights are the file agents.bin of
 * the run directory; given as `agents` they decide alone, without chance, and learn no more.
 *
 * Paper: S. Q. Zhang, Lin, Q. Zhang, A multi-agent reinforcement learning approach for efficient client selection in
 * federated learning, AAAI 2022, doi 10.1609/aaai.v36i8.20894.  We do not know its w1, w2, w3: a scenario states them.
 *
 * H_t ends with the aggregation, probing with the report.  N counts clients.  Not modelled: seconds of the agents. */
#include "algorithms/federated/rules/agents.h"
#include "algorithms/federated/shared/federated.h"
#include "sim/base/file.h"

#include <string.h>

enum policy { POLICY_LEARNED, POLICY_KEEP_ALL, POLICY_DROP_ALL, POLICY_RANDOM };
static const char *const policies[] = {"learned", "keep_all", "drop_all", "random", NULL};
static const char *const utilities[] = {"linear", "sigmoid", NULL};
static const char *const network_choices[] = {"own", "shared", NULL};

enum { MOST_ROUNDS = 1 << 24, MOST_FILE_BYTES = 1 << 30 };

struct fedmarl {
    struct federated common;
    int episodes;
    double profile_period;
    int policy;
    double keep_rate;
    const char *agents;
    int utility;
    double w1, w2, w3;
    int probe_epochs;
    int64_t report_bytes, decision_bytes;
    int agent_networks, agent_width;
    double agent_rate, discount;
    int agent_batch, replay, target_every, learn_steps;
    double explore, explore_least, explore_share;
};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS,
    {SIM_COUNT(struct fedmarl, episodes), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,
     .most = MOST_ROUNDS, .help = "trainings of the model, each of `iterations` rounds"},
    {SIM_SECONDS(struct fedmarl, profile_period), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1e9, .help = "episodes begin at its multiples: period of the profiles; 0: at once"},
    {SIM_CHOICE(struct fedmarl, policy), SIM_DEFAULT("learned", "Zhang et al. 2022"),
     .choices = policies,
     .help = "who is kept: as the agents say, all, nobody, each with probability keep_rate"},
    {SIM_RATIO(struct fedmarl, keep_rate), SIM_DEFAULT("0.5", SIM_OURS), .least = 0, .most = 1,
     .help = "of policy: random"},
    {SIM_FILE(struct fedmarl, agents), SIM_DEFAULT("", SIM_NEUTRAL),
     .help = "agents.bin of a run that trained them; then they decide, and learn no more"},
    {SIM_CHOICE(struct fedmarl, utility), SIM_DEFAULT("linear", SIM_OURS), .choices = utilities,
     .help = "U of an accuracy x: x itself, or 20 / (1 + e^(0.35 (1 - x))) - 10"},
    {SIM_RATIO(struct fedmarl, w1), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 0, .most = 1e9,
     .help = "reward of a unit of U: with U linear, of accuracy 1"},
    {SIM_RATIO(struct fedmarl, w2), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0, .most = 1e9,
     .help = "what a second costs, in the same money"},
    {SIM_RATIO(struct fedmarl, w3), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0, .most = 1e9,
     .help = "what a byte on its way up costs"},
    {SIM_COUNT(struct fedmarl, probe_epochs), SIM_DEFAULT("1", "Zhang et al. 2022, retold"),
     .least = 1, .most = 1 << 16, .help = "epochs before the decision, of the local_epochs"},
    {SIM_BYTES(struct fedmarl, report_bytes), SIM_DEFAULT("64", SIM_OURS), .least = 0, .most = 1e9,
     .help = "what a client reports after probing"},
    {SIM_BYTES(struct fedmarl, decision_bytes), SIM_DEFAULT("16", SIM_OURS), .least = 0,
     .most = 1e9, .help = "what it is answered"},
    {SIM_CHOICE(struct fedmarl, agent_networks), SIM_DEFAULT("own", "Zhang et al. 2022, retold"),
     .choices = network_choices, .help = "a network for each agent, or one for all"},
    {SIM_COUNT(struct fedmarl, agent_width), SIM_DEFAULT("64", SIM_OURS), .least = 1,
     .most = 1 << 12, .help = "hidden units of an agent's network"},
    {SIM_RATIO(struct fedmarl, agent_rate), SIM_DEFAULT("0.001", SIM_OURS), .least = 0, .most = 10,
     .help = "of the agents' learning (Adam)"},
    {SIM_RATIO(struct fedmarl, discount), SIM_DEFAULT("0.95", SIM_OURS), .least = 0, .most = 1,
     .help = "gamma, of later rewards"},
    {SIM_COUNT(struct fedmarl, agent_batch), SIM_DEFAULT("32", SIM_OURS), .least = 1,
     .most = 1 << 16, .help = "rounds in one step of the agents' learning"},
    {SIM_COUNT(struct fedmarl, replay), SIM_DEFAULT("2000", SIM_OURS), .least = 1, .most = 1 << 24,
     .help = "rounds that are remembered"},
    {SIM_COUNT(struct fedmarl, target_every), SIM_DEFAULT("100", SIM_OURS), .least = 1,
     .most = 1 << 30, .help = "steps of learning between copies to the target network"},
    {SIM_COUNT(struct fedmarl, learn_steps), SIM_DEFAULT("1", SIM_OURS), .least = 0,
     .most = 1 << 10, .help = "steps of learning after each round"},
    {SIM_RATIO(struct fedmarl, explore), SIM_DEFAULT("1", SIM_OURS), .least = 0, .most = 1,
     .help = "epsilon, the share of decisions left to chance, at first"},
    {SIM_RATIO(struct fedmarl, explore_least), SIM_DEFAULT("0.05", SIM_OURS), .least = 0, .most = 1,
     .help = "and in the end"},
    {SIM_RATIO(struct fedmarl, explore_share), SIM_DEFAULT("0.5", SIM_OURS), .least = 0, .most = 1,
     .help = "of all rounds, over which epsilon falls"},
    {0}};

/* ---- what is kept between rounds ---- */

/* One decision on all K clients; those that have not probed are not present. */
struct decision {
    double *features; /* K x 6 */
    enum agent_action *actions;
    bool *present;
};

struct episode {
    double gain; /* the sum of rewards */
    double seconds, bytes, epsilon;
    int64_t probed, kept;
};

/* fed->own */
struct marl {
    struct agents *agents; /* NULL unless they decide */
    bool trains, has_scales;
    int rounds; /* of an episode */
    bool *kept; /* [rounds of all episodes][K], for laws */
    int64_t kept_ever;
    struct reward reward;
    double first_accuracy; /* of the model that an episode begins with */

    struct decision now, before;
    bool is_pending;            /* `before` waits for what follows it */
    double pending_reward;      /* since then */
    struct agent_state *states; /* K */
    double *upload_seconds;     /* K: sum of those in this episode */
    int *uploads;               /* K: how many */
    double accuracy;            /* after the round before */
    double up_bytes_before;
    struct episode episode;
};

static const struct fedmarl *own_options(const struct sim_plan *plan)
{
    return plan->parameters;
}
static struct marl *marl_of(const struct fed_server *server)
{
    return server->fed->own;
}

/* ---- before the first round ---- */

static bool belongs_together(const struct sim_plan *plan, struct sim_error *err)
{
    const struct fedmarl *options = own_options(plan);
    const bool learns = options->common.learning != FED_NO_LEARNING;
    bool fine = true;

    if (options->probe_epochs > options->common.local_epochs)
        fine = sim_fail(err, "algorithm.probe_epochs: of %d local epochs %d cannot be for probing.",
                        options->common.local_epochs, options->probe_epochs);
    if (options->common.stragglers > 0 && options->common.straggler_work == FED_PARTIAL)
        fine = sim_fail(err, "algorithm.straggler_work: whoever has probed does all epochs or is "
                             "dropped, so stragglers are only slower: it must be all.");
    if (options->policy == POLICY_LEARNED && !learns)
        fine = sim_fail(err, "algorithm.policy: agents learn from loss and accuracy; with learning "
                             "off there are none.");
    if (options->policy != POLICY_LEARNED && *options->agents != '\0')
        fine = sim_fail(err, "algorithm.agents: with policy: %s no agents are asked.",
                        policies[options->policy]);
    if (learns && options->common.evaluate_every != 1)
        fine = sim_fail(err, "algorithm.evaluate_every: each round is paid by the accuracy it "
                             "gains, so it must be 1.");
    if (options->episodes > 1 && options->common.target_accuracy > 0)
        fine = sim_fail(err, "algorithm.target_accuracy: all episodes have all their rounds; this "
                             "goes with episodes: 1 only.");
    if ((int64_t)options->episodes * plan->iterations > MOST_ROUNDS)
        fine =
            sim_fail(err, "algorithm.episodes: %d episodes of %d rounds are more than %d rounds.",
                     options->episodes, plan->iterations, MOST_ROUNDS);
    return fine;
}

static int rounds_of_all(const struct sim_plan *plan)
{
    const int64_t rounds = (int64_t)own_options(plan)->episodes * plan->iterations;

    return rounds > MOST_ROUNDS ? MOST_ROUNDS : (int)rounds; /* what is more is refused */
}

static struct agent_settings settings_of(const struct sim_plan *plan, bool trains)
{
    const struct fedmarl *options = own_options(plan);

    return (struct agent_settings){
        .agents = options->common.clients,
        .hidden = options->agent_width,
        .are_shared = options->agent_networks == 1,
        .discount = options->discount,
        .optimiser = AGENT_ADAM,
        .rate = options->agent_rate,
        .most_norm = 10,
        .batch = options->agent_batch,
        .replay = trains ? options->replay : 1,
        .target_every = options->target_every,
        .explore = trains ? options->explore : 0,
        .least = trains ? options->explore_least : 0,
        .decisions = trains ? (int64_t)(options->explore_share * rounds_of_all(plan)) : 0,
    };
}

/* Scales come with the file, or from the first probing. */
static bool open_agents(const struct sim_plan *plan, struct marl *marl, struct sim_error *err)
{
    const struct fedmarl *options = own_options(plan);
    const struct agent_scales none = {{1, 1, 1, 1, 1, 1}};
    struct agent_settings settings;
    const char *bytes;
    size_t size;

    if (options->policy != POLICY_LEARNED)
        return true;
    marl->trains = *options->agents == '\0';
    settings = settings_of(plan, marl->trains);
    marl->agents = agents_open(plan->arena, &settings, &none, plan->seed);
    if (marl->trains)
        return true;
    bytes = sim_file_read(plan->arena, options->agents, MOST_FILE_BYTES, &size, err);
    marl->has_scales = true;
    return bytes != NULL && agents_load(marl->agents, bytes, size, options->agents, err);
}

static struct decision open_decision(struct sim_arena *arena, size_t clients)
{
    return (struct decision){sim_new(arena, double, clients *AGENT_FEATURES),
                             sim_new(arena, enum agent_action, clients),
                             sim_new(arena, bool, clients)};
}

static bool prepare_own(struct sim_plan *plan, struct fed *fed, struct sim_error *err)
{
    const struct fedmarl *options = own_options(plan);
    const size_t clients = (size_t)options->common.clients;
    struct marl *marl = sim_new(plan->arena, struct marl, 1);

    if (!belongs_together(plan, err) || !open_agents(plan, marl, err))
        return false;
    if (options->episodes > 1 && options->profile_period == 0 && !plan->is_undisturbed)
        sim_remark(plan, "Profiles and faults go on from episode to episode: give profile_period, "
                         "where the platform has profiles, and episodes begin alike.");
    fed->own = marl;
    marl->rounds = plan->iterations;
    marl->kept = sim_new(plan->arena, bool, (size_t)fed->rounds *clients);
    marl->reward = (struct reward){(enum reward_utility)options->utility, options->w1, options->w2,
                                   options->w3};
    marl->now = open_decision(plan->arena, clients);
    marl->before = open_decision(plan->arena, clients);
    marl->states = sim_new(plan->arena, struct agent_state, clients);
    marl->upload_seconds = sim_new(plan->arena, double, clients);
    marl->uploads = sim_new(plan->arena, int, clients);
    if (fed->learner != NULL)
        marl->first_accuracy = learner_evaluate(fed->learner, fed->first, fed->data->test).accuracy;
    marl->accuracy = marl->first_accuracy;
    return true;
}

/* ---- a round ---- */

static void assign(struct fed_server *server, struct fed_turn *turn)
{
    const struct fedmarl *options = own_options(server->me->plan);

    turn->probe_epochs = options->probe_epochs;
    turn->report_bytes = options->report_bytes;
    turn->decision_bytes = options->decision_bytes;
}

/* The order of the data begins anew with each episode. */
static double train(struct fed_client *client, const struct fed_turn *turn, int first, int count)
{
    struct fed_turn same = *turn;

    same.draw %= client->me->plan->iterations;
    return fed_train(client, &same, first, count);
}

/* A client that has not uploaded in this episode: what its way takes alone. */
static double upload_seconds(const struct fed_server *server, const struct fed_turn *turn)
{
    const struct sim_plan *plan = server->me->plan;
    const struct marl *marl = marl_of(server);
    const int n = turn->client;

    return marl->uploads[n] > 0
               ? marl->upload_seconds[n] / marl->uploads[n]
               : sim_alone_seconds(plan, sim_role(plan, "client")->peers[n],
                                   sim_role(plan, "server")->peers[0], turn->up_bytes);
}

static struct agent_state state_of(const struct fed_server *server, const struct fed_turn *turn)
{
    return (struct agent_state){.probing_loss = turn->loss,
                                .probing_seconds = turn->download_seconds + turn->probe_seconds,
                                .upload_seconds = upload_seconds(server, turn),
                                .upload_bytes = (double)turn->up_bytes,
                                .samples = turn->samples,
                                .round = server->round % marl_of(server)->rounds};
}

static void look(struct fed_server *server, struct fed_turn *const *probed, int count)
{
    struct marl *marl = marl_of(server);

    for (int i = 0; i < count; i++) {
        if (!isfinite(probed[i]->loss)) /* no number that a network could take */
            sim_give_up(server->me, "in round %d the loss of client %d is %g: the model diverges",
                        server->round + 1, probed[i]->client, probed[i]->loss);
        marl->states[i] = state_of(server, probed[i]);
    }
    if (!marl->has_scales && count > 0) {
        marl->agents->scales = agent_scales_of(marl->states, count, marl->rounds);
        marl->has_scales = true;
    }
    memset(marl->now.present, 0, (size_t)server->clients * sizeof(bool));
    memset(marl->now.features, 0, (size_t)server->clients * AGENT_FEATURES * sizeof(double));
    for (int i = 0; i < count; i++) {
        marl->now.present[probed[i]->client] = true;
        agent_features(&marl->agents->scales, &marl->states[i],
                       marl->now.features + (size_t)probed[i]->client * AGENT_FEATURES);
    }
}

/* What came of the decision before is known now: its rewards, and what is seen after it. */
static void remember(struct marl *marl, bool is_last)
{
    const struct decision *before = &marl->before, *now = &marl->now;
    const struct agent_transition transition = {
        before->features, now->features,        before->actions, before->present,
        now->present,     marl->pending_reward, is_last};

    if (marl->is_pending)
        agents_remember(marl->agents, &transition);
    marl->is_pending = false;
}

/* Those of a round, beyond its clients'. */
enum stream { CHANCE, REPLAY };
static struct sim_random *stream(const struct fed_server *server, enum stream which)
{
    return fed_random(server->me->plan, FED_OWN, server->round, server->clients + (int)which);
}

static void ask_agents(struct fed_server *server, struct fed_turn *const *probed, int count)
{
    struct marl *marl = marl_of(server);
    struct sim_random *random = stream(server, CHANCE);
    const struct decision before = marl->before;

    look(server, probed, count);
    if (marl->trains)
        remember(marl, false);
    marl->episode.epsilon = agent_epsilon(&marl->agents->settings, server->round);
    agents_act(marl->agents, marl->now.features, marl->now.present, marl->episode.epsilon, random,
               marl->now.actions);
    sim_random_close(random);
    for (int i = 0; i < count; i++)
        if (marl->now.actions[probed[i]->client] == AGENT_DROPS)
            probed[i]->action = FED_REJECTED;
    marl->before = marl->now;
    marl->now = before;
    marl->is_pending = true;
    marl->pending_reward = 0;
}

static bool is_kept_by_chance(const struct fed_server *server, int client)
{
    const struct sim_plan *plan = server->me->plan;
    struct sim_random *random = fed_random(plan, FED_OWN, server->round, client);
    const bool is_kept = sim_random_uniform(random) < own_options(plan)->keep_rate;

    sim_random_close(random);
    return is_kept;
}

static void decide(struct fed_server *server, struct fed_turn *const *probed, int count)
{
    struct marl *marl = marl_of(server);
    const enum policy policy = (enum policy)own_options(server->me->plan)->policy;
    bool *kept = marl->kept + (size_t)server->round * (size_t)server->clients;

    if (policy == POLICY_LEARNED)
        ask_agents(server, probed, count);
    for (int i = 0; i < count; i++) {
        if (policy == POLICY_DROP_ALL ||
            (policy == POLICY_RANDOM && !is_kept_by_chance(server, probed[i]->client)))
            probed[i]->action = FED_REJECTED;
        kept[probed[i]->client] = probed[i]->action != FED_REJECTED;
        marl->episode.kept += kept[probed[i]->client];
        marl->kept_ever += kept[probed[i]->client];
    }
    marl->episode.probed += count;
}

static void hear(struct fed_server *server, const struct fed_turn *turn)
{
    struct marl *marl = marl_of(server);

    if (turn->action != FED_ARRIVED)
        return;
    marl->upload_seconds[turn->client] += turn->arrived_at - turn->sent_at;
    marl->uploads[turn->client]++;
}

static bool is_complete(const struct fed_server *server)
{
    return server->begun > 0 && server->outstanding == 0; /* who is kept is waited for */
}

/* ---- the end of a round, and of an episode ---- */

static void learn(const struct fed_server *server)
{
    const struct fedmarl *options = own_options(server->me->plan);
    struct agents *agents = marl_of(server)->agents;
    struct sim_random *random;

    if (agents_remembered(agents) < options->agent_batch)
        return;
    random = stream(server, REPLAY);
    for (int i = 0; i < options->learn_steps; i++)
        agents_learn(agents, random);
    sim_random_close(random);
}

static void tell_episode(struct fed_server *server)
{
    const struct marl *marl = marl_of(server);
    const struct episode *episode = &marl->episode;
    const int number = server->round / marl->rounds + 1;
    const double rate = episode->probed > 0 ? (double)episode->kept / (double)episode->probed : 0;

    sim_row(server->me, "episodes",
            (const double[]){number, episode->gain, server->accuracy, episode->seconds,
                             episode->bytes, rate, episode->epsilon});
    sim_note(server->me, "return", episode->gain);
    sim_note(server->me, "keep_rate", rate);
    sim_note(server->me, "episode_seconds", episode->seconds);
    sim_note(server->me, "episode_bytes_up", episode->bytes);
}

static void put_out_agents(const struct fed_server *server)
{
    const struct agents *agents = marl_of(server)->agents;
    const size_t size = agents_file_bytes(agents);
    unsigned char *bytes = sim_new(server->me->plan->arena, unsigned char, size);

    agents_save(agents, bytes);
    sim_output(server->me, "agents.bin", bytes, size);
}

static void begin_anew(struct fed_server *server)
{
    const double period = own_options(server->me->plan)->profile_period;
    const double now = sim_now(server->me);
    const size_t clients = (size_t)server->clients;
    struct marl *marl = marl_of(server);

    if (server->fed->number_count > 0)
        memcpy(server->model, server->fed->first, server->fed->number_count * sizeof(double));
    memset(marl->upload_seconds, 0, clients * sizeof(double));
    memset(marl->uploads, 0, clients * sizeof(int));
    marl->episode = (struct episode){0};
    marl->accuracy = marl->first_accuracy;
    if (period > 0) {
        sim_phase(server->me, "between episodes");
        sim_sleep(server->me, ceil(now / period) * period - now);
    }
}

static void end_episode(struct fed_server *server)
{
    tell_episode(server);
    if (server->round + 1 < server->fed->rounds)
        begin_anew(server);
    else if (marl_of(server)->trains)
        put_out_agents(server);
}

static void tell(struct fed_server *server)
{
    struct marl *marl = marl_of(server);
    const bool is_last = (server->round + 1) % marl->rounds == 0;
    const double seconds = sim_now(server->me) - server->began_at;
    const double bytes = (double)server->tally->up_bytes - marl->up_bytes_before;
    const double accuracy = server->fed->learner != NULL ? server->accuracy : 0;
    const double reward = reward_of_round(&marl->reward, marl->accuracy, accuracy, seconds, bytes);

    marl->up_bytes_before += bytes;
    marl->accuracy = accuracy;
    marl->episode.gain += reward;
    marl->episode.seconds += seconds;
    marl->episode.bytes += bytes;
    marl->pending_reward += reward;
    if (marl->trains && is_last)
        remember(marl, true);
    if (marl->trains)
        learn(server);
    if (is_last || server->has_reached_target)
        end_episode(server);
}

static const struct fed_method method = {.prepare = prepare_own,
                                         .rounds = rounds_of_all,
                                         .assign = assign,
                                         .train = train,
                                         .decide = decide,
                                         .hear = hear,
                                         .is_complete = is_complete,
                                         .tell = tell};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &method, err);
}

/* ---- laws: who is kept is the agents' to say; what it costs follows ---- */

static double message_bytes(const struct sim_plan *plan)
{
    const struct fedmarl *options = own_options(plan);
    const struct fed_tally *tally = fed_of(plan)->tally;
    const double own = (double)(tally->reports * options->report_bytes +
                                tally->decisions * options->decision_bytes);

    return fed_message_bytes(plan) + (fed_has_changed_sizes(plan) ? 0 : own);
}

static double bytes_up(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const struct marl *marl = fed->own;

    return (double)marl->kept_ever * (double)fed->model_bytes +
           (double)fed->rounds * fed_goal(fed->options) * (double)own_options(plan)->report_bytes;
}

static double counted_bytes_up(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "bytes_up");
}

/* Of one client; and the seconds from the decision on in which one that is dropped says that it has stopped. */
static struct round_cost cost_of(const struct sim_plan *plan, int round, int client, bool straggles,
                                 double *stop_seconds)
{
    const struct fedmarl *options = own_options(plan);
    const struct fed *fed = fed_of(plan);
    const int server = sim_role(plan, "server")->peers[0],
              peer = sim_role(plan, "client")->peers[client];
    const double epoch = fed_sample_seconds(plan, peer) * fed->devices[client].samples.count *
                         fed_slowness(plan, round, client, straggles);
    const double decision = sim_alone_seconds(plan, server, peer, options->decision_bytes);

    *stop_seconds = decision + sim_alone_seconds(plan, peer, server, 0);
    return (struct round_cost){
        .probing_seconds = sim_alone_seconds(plan, server, peer, fed->model_bytes) +
                           options->probe_epochs * epoch +
                           sim_alone_seconds(plan, peer, server, options->report_bytes),
        .rest_seconds = decision + (options->common.local_epochs - options->probe_epochs) * epoch,
        .upload_seconds = sim_alone_seconds(plan, peer, server, fed->model_bytes)};
}

static double latency_of_round(const struct sim_plan *plan, int round, struct round_cost *costs,
                               enum agent_action *actions, int *order, bool *straggles)
{
    const struct fed *fed = fed_of(plan);
    const struct marl *marl = fed->own;
    const int clients = fed->options->clients, m = fed_goal(fed->options);
    const double flop_per_second = sim_flop_per_second(plan, sim_role(plan, "server")->peers[0]);
    double probing = 0, stop = 0, kept = 0;

    fed_shuffled(plan, round, order);
    fed_straggling(plan, round, m, straggles);
    for (int i = 0; i < m; i++) {
        const bool is_kept = marl->kept[(size_t)round * (size_t)clients + (size_t)order[i]];
        double stop_seconds;

        costs[i] = cost_of(plan, round, order[i], straggles[i], &stop_seconds);
        actions[i] = is_kept ? AGENT_KEEPS : AGENT_DROPS;
        probing = fmax(probing, costs[i].probing_seconds);
        stop = is_kept ? stop : fmax(stop, stop_seconds);
        kept += is_kept;
    }
    return fmax(round_seconds(costs, actions, m), probing + stop) +
           fed->options->flop_per_byte * (double)fed->model_bytes * kept / flop_per_second;
}

static double latencies(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const size_t clients = (size_t)fed->options->clients;
    struct round_cost *costs = sim_new(plan->arena, struct round_cost, clients);
    enum agent_action *actions = sim_new(plan->arena, enum agent_action, clients);
    int *order = sim_new(plan->arena, int, clients);
    bool *straggles = sim_new(plan->arena, bool, clients);
    double seconds = 0;

    for (int r = 0; r < fed->rounds; r++)
        seconds += latency_of_round(plan, r, costs, actions, order, straggles);
    return seconds;
}

static bool is_ideal(const struct sim_plan *plan)
{
    return fed_is_ideal(plan) && own_options(plan)->profile_period == 0;
}

static const struct sim_role roles[] = {FED_ROLES};

static const struct sim_law laws[] = {
    FED_UPLOADS_LAW,
    FED_MESSAGES_LAW,
    {"bytes of all messages", SIM_UNIT_BYTES,
     "(downloads + uploads) x G + reports and decisions, or what they are compressed to",
     message_bytes, fed_all_bytes, .tolerance = 0},
    {"bytes up", SIM_UNIT_BYTES, "m reports a round, and G for each that is kept", bytes_up,
     counted_bytes_up, .tolerance = 0, .holds = fed_is_whole,
     .assumes = "every client that is chosen answers in every round, compression: none"},
    {"seconds", SIM_UNIT_SECONDS,
     "sum over rounds of max probing + max over kept of (rest + upload) + aggregation", latencies,
     sim_total_seconds, .tolerance = 1e-9, .holds = is_ideal,
     .assumes = "all that are chosen answer, compression: none, links have room for all of them, "
                "hosts of their own, network: textbook, no profile_period"},
    {0}};

static const char *const episode_columns[] = {
    "episode", "return", "accuracy", "episode_seconds", "bytes_up", "keep_rate", "epsilon", NULL};
static const struct sim_table tables[] = {
    FED_TABLES,
    {"episodes", "what each training of the model was worth to the agents", episode_columns},
    {0}};

SIM_ALGORITHM(fedmarl) = {
    .name = "fedmarl",
    .summary = "agents learn whom to keep in a round of federated averaging",
    .paper = "Zhang et al., A multi-agent reinforcement learning approach for efficient client "
             "selection in federated learning, AAAI 2022",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct fedmarl),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
