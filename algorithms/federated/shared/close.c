/* close.c -- the end of a round: a new model, its test, and what the tables say. */
#include "algorithms/federated/shared/server.h"

#include <stdlib.h>
#include <string.h>

const char *const fed_round_columns[] = {
    "round",          "round_seconds", "selected", "finished", "skipped",
    "rejected",       "dropped",       "late",     "bytes_up", "bytes_down",
    "slowest_client", "loss",          "accuracy", "joules",   NULL};
const char *const fed_client_columns[] = {
    "round",  "client", "download_seconds", "compute_seconds", "upload_seconds", "idle_seconds",
    "epochs", "level",  "relevance",        "action",          "staleness",      "joules",
    NULL};
const char *const fed_learning_columns[] = {"iterations",    "bytes",  "test_loss_nats",
                                            "test_accuracy", "joules", NULL};

const struct sim_table fed_tables[] = {FED_TABLES, {0}};

int fed_by_client(const void *a, const void *b)
{
    const struct fed_turn *const *x = a, *const *y = b;

    if ((*x)->client != (*y)->client)
        return (*x)->client < (*y)->client ? -1 : 1;
    return (*x)->round < (*y)->round ? -1 : (*x)->round > (*y)->round;
}

/* ---- a new model ---- */

double fed_weight(const struct federated *options, const struct fed_turn *turn)
{
    return options->aggregation == FED_WEIGHTED ? turn->samples : 1;
}

static void masked_mean(struct fed_server *server, struct fed_turn *const *arrived, int count,
                        double weight_of_all)
{
    const size_t numbers = server->fed->number_count;

    fed_masked_begin(server);
    for (int i = 0; i < count; i++) {
        const double weight = fed_weight(server->options, arrived[i]);

        for (size_t j = 0; j < numbers; j++)
            server->model[j] = weight * arrived[i]->values[j];
        fed_masked_add(server, i, server->model, NULL);
    }
    fed_masked_end(server, server->model);
    for (size_t j = 0; j < numbers; j++)
        server->model[j] /= weight_of_all;
}

void fed_mean(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const size_t numbers = server->fed->number_count;
    double sum = 0;

    if (numbers == 0)
        return;
    for (int i = 0; i < count; i++)
        sum += fed_weight(server->options, arrived[i]);
    if (fed_is_masked(server->fed)) {
        masked_mean(server, arrived, count, sum);
        return;
    }
    memset(server->model, 0, numbers * sizeof(double));
    for (int i = 0; i < count; i++) {
        const double share = fed_weight(server->options, arrived[i]) / sum;

        for (size_t j = 0; j < numbers; j++)
            server->model[j] += share * arrived[i]->values[j];
    }
}

/* What has arrived comes first, in order of clients: sums do not depend on who was slow. */
static int arrived_first(const void *a, const void *b)
{
    const struct fed_turn *const *x = a, *const *y = b;
    const bool has_x = (*x)->action == FED_ARRIVED, has_y = (*y)->action == FED_ARRIVED;

    return has_x != has_y ? has_y - has_x : fed_by_client(a, b);
}

static void aggregate(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const bool has_pairs = fed_is_masked(server->fed) && !fed_has_trusted(server->fed);
    struct fed_tally *tally = server->tally;
    double bytes = 0;

    for (int i = 0; i < count; i++) {
        bytes += (double)arrived[i]->up_bytes;
        tally->steps += arrived[i]->steps;
        tally->turns++;
        tally->staleness += server->round - arrived[i]->round;
    }
    sim_phase(server->me, "aggregate");
    if (fed_has_trusted(server->fed))
        fed_ask_trusted(server, count);
    sim_compute(server->me, server->options->flop_per_byte * bytes +
                                (has_pairs ? fed_unmasking_flop(server) : 0));
    if (server->fed->method->aggregate != NULL)
        server->fed->method->aggregate(server, arrived, count);
    else
        fed_mean(server, arrived, count);
    if (has_pairs)
        fed_tell_bare(server);
}

/* ---- what it is worth ---- */

static void evaluate(struct fed_server *server)
{
    const struct fed *fed = server->fed;
    const bool is_last = server->round + 1 == fed->rounds;
    struct learner_score test;

    if (fed->learner == NULL ||
        ((server->round + 1) % server->options->evaluate_every != 0 && !is_last))
        return;
    test = learner_evaluate(fed->learner, server->model, fed->data->test);
    server->accuracy = test.accuracy;
    server->test_loss = test.loss;
    server->train_loss = learner_evaluate(fed->learner, server->model, fed->data->train).loss;
    sim_row(server->me, "learning",
            (const double[]){server->round + 1, (double)sim_bytes_until_now(server->me), test.loss,
                             test.accuracy, server->tally->joules});
    sim_note(server->me, "test_accuracy", test.accuracy);
    sim_note(server->me, "test_loss_nats", test.loss);
    sim_note(server->me, "train_loss_nats", server->train_loss);
    if (!(test.accuracy <= server->best_accuracy)) {
        server->best_accuracy = test.accuracy;
        server->best_round = server->round;
    }
    server->has_reached_target =
        server->options->target_accuracy > 0 && test.accuracy >= server->options->target_accuracy;
}

/* ---- tables ---- */

static void tell_client(struct fed_server *server, const struct fed_turn *turn)
{
    const bool has_sent = turn->arrived_at > 0;
    const double upload = has_sent ? turn->arrived_at - turn->sent_at : 0;
    const double idle = has_sent ? sim_now(server->me) - turn->arrived_at : NAN;

    sim_row(server->me, "clients",
            (const double[]){turn->round + 1, turn->client, turn->download_seconds,
                             turn->compute_seconds, upload, idle, turn->epochs_done, turn->level,
                             turn->relevance, turn->action, server->round - turn->round,
                             turn->joules});
}

/* The client whose part took longest of those that have answered; NaN where nobody has. */
static double slowest(const struct fed_server *server)
{
    double longest = -1, client = NAN;

    for (int i = 0; i < server->ended_count; i++) {
        const struct fed_turn *turn = server->ended[i];
        const double seconds = turn->arrived_at - turn->chosen_at;

        if (turn->action != FED_DROPPED && turn->action != FED_LATE && seconds > longest) {
            longest = seconds;
            client = turn->client;
        }
    }
    return client;
}

static void tell_round(struct fed_server *server, int64_t up_bytes, int64_t down_bytes)
{
    double joules = 0;

    for (int i = 0; i < server->ended_count; i++)
        joules += server->ended[i]->joules;
    sim_row(server->me, "rounds",
            (const double[]){server->round + 1, sim_now(server->me) - server->began_at,
                             server->begun, server->arrived, server->skipped, server->rejected,
                             server->dropped, server->late, (double)up_bytes, (double)down_bytes,
                             slowest(server), server->train_loss, server->accuracy, joules});
    for (int i = 0; i < server->ended_count; i++)
        tell_client(server, server->ended[i]);
}

void fed_close_round(struct fed_server *server)
{
    struct fed_tally *tally = server->tally;
    const int arrived = server->arrived;
    const double least = server->options->minimum_fraction * fed_goal(server->options);

    if (server->ended_count > 0)
        qsort(server->ended, (size_t)server->ended_count, sizeof(void *), arrived_first);
    if (arrived > 0 && arrived >= least * (1 - 1e-12))
        aggregate(server, server->ended, arrived);
    else
        tally->abandoned++;
    tally->rounds++;
    tally->dropped += server->dropped;
    tally->late += server->late;
    tally->closed_at = sim_now(server->me);
    evaluate(server);
    tell_round(server, tally->up_bytes - server->up_bytes_before,
               tally->down_bytes - server->down_bytes_before);
    server->up_bytes_before = tally->up_bytes;
    server->down_bytes_before = tally->down_bytes;
    if (server->fed->method->tell != NULL)
        server->fed->method->tell(server);
}

/* What was reached, and what it took; or in words that it was not. */
static void tell_target(struct fed_server *server)
{
    struct sim_peer *me = server->me;
    const double joules = server->tally->joules; /* of clients and their radios */

    sim_note(me, "target_reached", server->has_reached_target);
    if (!server->has_reached_target) {
        sim_say(me,
                "The target accuracy %g was not reached in %d rounds; the best was %.4g, after "
                "round %d.",
                server->options->target_accuracy, server->tally->rounds, server->best_accuracy,
                server->best_round + 1);
        return;
    }
    sim_note(me, "seconds_to_target", server->tally->closed_at);
    sim_note(me, "bytes_to_target", (double)sim_bytes_until_now(me));
    if (!isnan(joules))
        sim_note(me, "joules_to_target", joules);
}

void fed_tell_end(struct fed_server *server)
{
    struct fed_tally *tally = server->tally;
    struct sim_peer *me = server->me;

    sim_note(me, "rounds", tally->rounds);
    sim_note(me, "rounds_abandoned", tally->abandoned);
    sim_note(me, "downloads", (double)tally->downloads);
    sim_note(me, "uploads", (double)tally->uploads);
    sim_note(me, "bytes_up", (double)tally->up_bytes);
    sim_note(me, "bytes_down", (double)tally->down_bytes);
    sim_note(me, "dropped", (double)tally->dropped);
    sim_note(me, "late", (double)tally->late);
    sim_note(me, "round_seconds", tally->closed_at / tally->rounds);
    sim_note(me, "upload_seconds", tally->upload_seconds);
    tally->told_seconds = tally->alone_seconds;
    if (fed_has_trusted(server->fed)) {
        sim_note(me, "trusted_messages", (double)tally->trusted_messages);
        sim_note(me, "trusted_bytes", (double)tally->trusted_bytes);
    }
    if (isfinite(tally->joules))
        sim_note(me, "client_joules", tally->joules);
    if (tally->turns > 0)
        sim_note(me, "updates_per_client", (double)tally->steps / (double)tally->turns);
    if (server->model != NULL)
        sim_note(me, "weights_projection",
                 learner_projection(server->model, server->fed->number_count));
    if (server->options->dissimilarity == FED_YES)
        sim_note(me, "gradient_dissimilarity", fed_dissimilarity(server));
    if (server->options->target_accuracy > 0)
        tell_target(server);
}
