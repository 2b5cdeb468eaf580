/* federated.h -- federated learning: one server protocol and one client protocol, varied by a table of functions.
 *
 * A round: the server sends its model to the clients that it chose; each trains on what it alone has, and sends
 * its model back; the server waits until the round is complete, and makes a new model of what arrived.  Training
 * is real with learning on; only devices and network are simulated.  Without learning the same code runs, and
 * the model is a number of bytes.
 *
 * A client's part in a round is one struct fed_turn, from the choice to the row in the table.  The
 * server fills its upper half (`assign`), the client its lower half; it travels as the payload of both messages.
 *
 * TO ADD A METHOD, write algorithms/federated/NAME.c with
 *   - a parameter struct whose first field is `struct federated common`; its table begins with FED_PARAMETERS;
 *   - a struct fed_method, in which each function that is NULL does what FedAvg does:
 *
 *     prepare     what all peers share beside struct fed    fed.own; false with a sentence
 *     rounds      how many there are                        the scenario's iterations
 *     size        level, bytes and flop of a turn           the whole model, each way
 *     open        state of the method's own on the server   fed_server.own
 *     wanted      how many clients shall begin now          m at the round's begin, then none
 *     choose      in which order clients are preferred      at random, by (seed, round)
 *     assign      what a client shall do: epochs, bytes,    all epochs
 *                 mu, a probing epoch
 *     train       some epochs of a turn, on its `values`    fed_train: SGD, with mu the proximal term
 *     upload      what goes up, from `values`: change       the model; true
 *                 `up_bytes`; false: only a skip message
 *     decide      of all that have probed: who goes on      (only with `probe_epochs`)
 *     accepts     may this update count; false: it is   yes
 *                 too late
 *     discount    what a stale update still counts, in   1
 *                 0 .. 1: asked with masks only
 *     hear        a turn has ended, in whatever way         nothing
 *     is_complete shall the round be closed now             K have arrived, or nobody is left, or it is too late
 *     aggregate   a new model from what arrived             the mean, weighted by samples, or plain
 *     tell        after each round: metrics of its own      nothing
 *
 *   - `prepare`, which calls fed_prepare, roles FED_ROLES, tables fed_tables, laws FED_LAWS and its own.
 *
 * Asynchronous methods set `is_asynchronous`: what arrives from an earlier round is not late, but stale by
 * server->round - turn->round; `wanted` is asked again whenever a turn ends.  A round is then one aggregation.
 *
 * Random numbers are functions of (seed, what for, round, client), see fed_random: methods on one seed see the
 * same choice, the same stragglers, the same batches. */
#ifndef FEDERATED_FEDERATED_H
#define FEDERATED_FEDERATED_H

#include "algorithms/federated/shared/options.h"
#include "algorithms/learning/batches.h"
#include "algorithms/learning/learner.h"
#include "algorithms/learning/sgd.h"
#include "sim/base/random.h"
#include "sim/peer.h"

#include <math.h>

struct fed_method;
struct top_k;         /* algorithms/codecs/top_k.h */
struct learner_slice; /* algorithms/learning/slice.h */
struct fed_server;
struct fed_client;

/* ---- a client's part in a round ---- */

/* What has become of it. */
enum fed_action {
    FED_UNDER_WAY, /* also: has probed and shall go on */
    FED_ARRIVED,
    FED_SKIPPED,  /* the client found that its update is not worth sending */
    FED_REJECTED, /* the server told it to stop after the probing epochs */
    FED_DROPPED,  /* vanished, died, or had not finished */
    FED_LATE,     /* arrived after its round was closed */
};

/* What a message up to the server is. */
enum fed_kind { FED_UPDATE, FED_REPORT, FED_SKIP, FED_STOPPED, FED_LOST, FED_KEYS };

struct fed_turn {
    /* The server's: */
    int client; /* index in the role */
    int round;  /* in which it began; from 0 */
    int draw; /* what its random numbers and batches are of: the round; with asynchronous methods how often
                       * this client has begun before, as it may begin twice in a round */
    int samples;      /* n_k */
    int epochs;       /* to be done, the probing ones included */
    int probe_epochs; /* after which a report goes up, and the client waits for the decision; 0: none */
    int level;        /* of the model's size; 0: whole */
    const struct learner_slice *slice; /* of that level; NULL: all of the learner */
    int64_t down_bytes, up_bytes, report_bytes, decision_bytes;
    double slowness;    /* factor on the time of its training: device, jitter, straggler */
    double flop_share;  /* flop of a sample / those of the whole model */
    double mu;          /* proximal term */
    bool is_straggler;  /* does fewer epochs than all */
    bool is_unfinished; /* its work is not wanted: it reports that it has not finished */
    double lost_after;  /* share of its training after which it vanishes; INFINITY: it does not */
    double chosen_at;
    int messages_down; /* sent to the client in this turn */
    bool is_decided;   /* a client that has probed was told whether it goes on */
    int trips;         /* of secure aggregation: so many have come up; and been answered */
    double *start;     /* P: the model that went down; NULL with learning off */
    /* With a trusted party: by which its sum and the server's multiply what arrived; the round of that sum. */
    uint64_t whole_weight;
    int buffer;

    /* The client's: */
    enum fed_kind kind; /* of the message that goes up now */
    enum fed_action action;
    double *values; /* P: what it trains; begins as `start` */
    double loss;    /* mean over the samples of the last epoch done, nats; NaN with learning off */
    double relevance; /* NaN unless the method has one */
    double
        square_loss; /* mean over its samples of the squared loss; NaN unless the method works it out */
    int64_t steps; /* of descent, or what they would be */
    int epochs_done;
    int messages_received;
    bool has_reported;
    double download_seconds, probe_seconds, compute_seconds; /* compute includes probing */
    double sent_at, arrived_at;                              /* begin and end of the upload */

    /* With a trusted party: P, what goes up in place of values; and the seed of the mask on it. */
    uint64_t *masked, seed;

    void *
        own; /* the method's; like `start` it stays when the turn is used again for another client */

    /* The server's again: what the client's host drew until it was chosen, then from its choice to the end of its
     * turn, its radio's transfers that came to their end included (a decision by its bytes alone).  NaN where the
     * host states no watts. */
    double joules, radio_joules;

    struct fed_turn *next; /* of the free ones */
};

/* ---- what all peers share ---- */

struct fed_device {
    struct sample_list samples; /* `numbers` is NULL with learning off */
    double slowness;            /* factor on the time of all its computations */
    int delivered_draw; /* of the last turn whose answer has crossed the network, and when it had */
    double delivered_at;
    int64_t told, heard; /* messages that have crossed the network; of which the server has taken */
};

/* Counts of what has crossed the network, kept by the server. */
enum { FED_MOST_LEVELS = 16 };
struct fed_tally {
    int64_t level_downloads[FED_MOST_LEVELS], level_uploads[FED_MOST_LEVELS]; /* of which */
    int64_t downloads, uploads, reports, decisions, skips, stopped;
    int64_t down_bytes, up_bytes; /* of all messages that arrived */
    int64_t steps, turns;         /* of updates that arrived in time */
    int64_t dropped, late, staleness;
    int rounds, abandoned;
    double upload_seconds,
        alone_seconds;   /* of all uploads that came to their end; had each been alone */
    double told_seconds; /* alone_seconds when the server told its metrics */
    double closed_at;    /* the last round */
    int64_t messages;    /* that arrived, up or down */
    int64_t key_bytes;   /* of secure aggregation in rounds: of which */
    int64_t trusted_messages, trusted_bytes; /* to and from the trusted party */
    double joules;                  /* of all turns that have ended; NaN once one is not known */
    double fastest_flop_per_second; /* of the hosts of clients; 0: not looked up yet */
};

/* plan->prepared */
struct fed {
    const struct fed_method *method;
    const struct federated *options;
    int64_t model_bytes;           /* G */
    size_t number_count;           /* P; 0 with learning off */
    const struct learner *learner; /* NULL with learning off */
    const struct learning_data *data;
    struct partition parts; /* of data->train */
    const double *first;    /* P: where the server begins */
    struct sgd sgd;
    struct fed_device *devices; /* [clients] */
    struct fed_tally *tally;
    bool *is_over; /* the server has closed its last round */
    int rounds;    /* until the server closes the last of them */
    void *own;     /* of the method's `prepare` */
};

const struct fed *fed_of(const struct sim_plan *plan);

/* What random numbers are for. */
enum fed_purpose {
    FED_CHOICE,
    FED_STRAGGLERS,
    FED_EPOCHS,
    FED_LOSSES,
    FED_JITTER,
    FED_SIZES,
    FED_SPEEDS,
    FED_OWN,
    FED_CODES,
    FED_PADS
};

/* A stream of that purpose, round and client (0 where it is for all); to be closed. */
struct sim_random *fed_random(const struct sim_plan *plan, enum fed_purpose purpose, int round,
                              int client);

/* The clients, in the order of preference of that draw (a round, where each round draws once); of those that
 * were chosen, the ones that straggle; and how many epochs a straggler does. */
void fed_shuffled(const struct sim_plan *plan, int draw, int *order);
void fed_straggling(const struct sim_plan *plan, int round, int chosen, bool *straggles);
int fed_partial_epochs(const struct sim_plan *plan, int round, int client);

/* The factor on the time that this client's training takes in that round. */
double fed_slowness(const struct sim_plan *plan, int round, int client, bool straggles);

/* Seconds of a sample of an epoch on the host of that peer, if nothing slows it; of a model, both passes. */
double fed_sample_seconds(const struct sim_plan *plan, int peer);
double fed_model_seconds(const struct sim_plan *plan, int peer, const struct sim_model *model);

/* Flop that a sample of an epoch of the whole model takes, both passes, on this peer's host. */
double fed_sample_flop(struct sim_peer *me);

/* Steps of descent in so many epochs. */
int64_t fed_steps(const struct federated *options, int samples, int epochs);

/* ---- the client ---- */

struct fed_client {
    struct sim_peer *me;
    const struct fed *fed;
    struct batches *batches; /* NULL with learning off */
    double *gradient, *velocity;
    int *numbers;
    double *change; /* P; NULL before something is compressed, like the rest */
    unsigned char *codes;
    uint32_t *places;
    struct top_k *top_k;
};

/* Epochs first .. first + count - 1 of a turn, in place on turn->values; the mean loss of the last of them.
 * Batches of B samples, the last of an epoch smaller; w -= rate (g + mu (w - start)). */
double fed_train(struct fed_client *client, const struct fed_turn *turn, int first, int count);

/* The same of another learner over the same data set, of at most as many numbers; `how`: as options in learner.h. */
double fed_train_with(struct fed_client *client, const struct fed_turn *turn, int first, int count,
                      const struct learner *learner, const struct learner_options *how);

/* Encode values - start as `compression` says, in values and up_bytes: what every update goes through last. */
void fed_compress(struct fed_client *client, struct fed_turn *turn);

/* What `plain_bytes` of that slice (NULL: of the learner) become; of top_k at most, as changes of 0 are not sent. */
int64_t fed_compressed_bytes(const struct fed *fed, const struct learner_slice *slice,
                             int64_t plain_bytes);

/* Of that many numbers, with learning off. */
size_t fed_encoded_bytes(const struct federated *options, size_t numbers);

/* ---- the server ---- */

struct fed_server {
    struct sim_peer *me;
    const struct fed *fed;
    const struct federated *options;
    struct fed_tally *tally;
    int clients;        /* K */
    int round;          /* from 0; with asynchronous methods the version of the model */
    double began_at;    /* the round */
    double counts_from; /* its deadline: when somebody begins, who may have to be waited for */
    double *model;      /* P */

    /* Of this round: */
    int begun, arrived, skipped, rejected, dropped, late;
    int outstanding; /* turns of this round that have not ended */
    int probing;     /* of which have not reported yet */

    struct fed_turn **flights;   /* all that is under way, also from earlier rounds */
    struct sim_activity **waits; /* receives, beside flights */
    struct sim_activity **sends;
    int flight_count;
    int draws;
    struct fed_turn **ended; /* in this round; in order of clients when `aggregate` sees them */
    int ended_count, ended_room;
    bool *is_busy;                              /* [clients] */
    int *begun_before;                          /* [clients]: turns */
    struct fed_turn **probed;                   /* [clients] */
    int64_t up_bytes_before, down_bytes_before; /* this round */
    int *order;                                 /* [clients] */
    bool *straggles;                            /* [clients]: would, in this round */
    struct fed_turn *free_turns;
    double train_loss, test_loss, accuracy; /* of the last evaluation; NaN before it */
    double best_accuracy;                   /* of all tests; NaN before the first */
    int best_round;                         /* from 0 */
    bool has_reached_target;
    struct fed_masking *masking; /* masking.c; NULL before the first sum */
    struct fed_opening *opening; /* trusted.c; likewise */
    double alone_since;          /* nobody has been available since then; NaN: somebody is */
    void *own;
};

struct fed_method {
    bool is_asynchronous;
    bool takes_partial_work; /* the updates of stragglers count */
    int weight_bits; /* of the whole numbers that masked updates are multiplied by: `discount` in so many; 0: 1 */

    bool (*prepare)(struct sim_plan *plan, struct fed *fed, struct sim_error *err);
    int (*rounds)(const struct sim_plan *plan);
    void (*size)(const struct sim_plan *plan, struct fed_turn *turn); /* of (round, client) only */
    void (*open)(struct fed_server *server);
    int (*wanted)(const struct fed_server *server);
    void (*choose)(struct fed_server *server,
                   int *order); /* a permutation of 0 .. K-1: the best first */
    void (*assign)(struct fed_server *server, struct fed_turn *turn);
    double (*train)(struct fed_client *client, const struct fed_turn *turn, int first, int count);
    bool (*upload)(struct fed_client *client, struct fed_turn *turn);
    void (*decide)(struct fed_server *server, struct fed_turn *const *probed, int count);
    bool (*accepts)(const struct fed_server *server, const struct fed_turn *turn);
    double (*discount)(const struct fed_server *server, const struct fed_turn *turn);
    void (*hear)(struct fed_server *server, const struct fed_turn *turn);
    bool (*is_complete)(const struct fed_server *server);
    void (*aggregate)(struct fed_server *server, struct fed_turn *const *arrived, int count);
    void (*tell)(struct fed_server *server);
};

/* What `size` says of a client's turn in a round; the rest of it is empty. */
struct fed_turn fed_sized(const struct sim_plan *plan, int round, int client);

/* m: how many updates close a round; and how many clients are chosen for them. */
int fed_goal(const struct federated *options);
int fed_chosen(const struct federated *options);

/* What is_complete does where a method has none. */
bool fed_is_complete(const struct fed_server *server);

/* n_k or 1, as `aggregation` says. */
double fed_weight(const struct federated *options, const struct fed_turn *turn);

/* The mean of what arrived, weighted as `aggregation` says, in place of the model. */
void fed_mean(struct fed_server *server, struct fed_turn *const *arrived, int count);

/* ---- secure aggregation in rounds: masking.c ---- */

enum { FED_TRIPS = 3 };
struct fed_trip {
    int64_t up_bytes, down_bytes;
};
bool fed_is_masked(const struct fed *fed);
int64_t fed_masked_bytes(const struct fed *fed, int64_t plain_bytes); /* of an update */
struct fed_trip fed_trip_of(const struct fed *fed, int trip);
double fed_unmasking_flop(struct fed_server *server); /* in this round */

/* The sum of this round: of the i-th that arrived what its numbers are, times what they weigh, P of the whole learner
 * and 0 where its slice has none; `weights`, P, are above 0 where it has a say, NULL: everywhere.  What comes of
 * it, P numbers into `total`, is exact to half a multiple of 2^-24 for each that arrived. */
void fed_masked_begin(struct fed_server *server);
void fed_masked_add(struct fed_server *server, int i, const double *weighed, const double *weights);
void fed_masked_end(struct fed_server *server, double *total);

/* How many numbers of the sum are one client's: a metric, and once in words. */
void fed_tell_bare(struct fed_server *server);

/* ---- secure aggregation without rounds: trusted.c ---- */

bool fed_has_trusted(const struct fed *fed);
int64_t fed_key_bytes(
    const struct fed *fed); /* that go down beside the model; 0 without a trusted party */

int64_t fed_sealed_bytes(const struct fed *fed, int64_t plain_bytes); /* of an update */

/* Mask weight x (values - start), and seal the seed: what an update goes through last; up_bytes. */
void fed_seal(struct fed_client *client, struct fed_turn *turn);

/* An update counts: its seed goes on to the trusted party.  Wait until all of them are there. */
void fed_forward_seed(struct fed_server *server, struct fed_turn *turn);
void fed_settle_seeds(struct fed_server *server);

/* Get the masks of the `count` that are in the buffer, and take them off: then the sum of discount x weight x
 * (values - start) can be had, P numbers, and what each of those products was, with the discount in whole
 * multiples of 2^-weight_bits. */
void fed_ask_trusted(struct fed_server *server, int count);
const double *fed_opened_sum(struct fed_server *server, struct fed_turn *const *arrived, int count);
double fed_opened_weight(const struct fed_server *server, const struct fed_turn *turn);

void fed_act_trusted(struct sim_peer *me);

/* ---- the algorithm's file ---- */

/* Check what belongs together; open data, learner, devices; cast the peers; plan->prepared.  False with a
 * sentence. */
bool fed_prepare(struct sim_plan *plan, const struct fed_method *method, struct sim_error *err);

void fed_act_server(struct sim_peer *me);
void fed_act_client(struct sim_peer *me);

#define FED_SERVER_AND_CLIENT                                                                      \
    {.name = "server",                                                                             \
     .act = fed_act_server,                                                                        \
     .help = "chooses clients, and makes one model of theirs"},                                    \
    {                                                                                              \
        .name = "client", .act = fed_act_client, .comes_back = true,                               \
        .help = "trains the model on data that it alone has"                                       \
    }
#define FED_ROLES                                                                                  \
    FED_SERVER_AND_CLIENT,                                                                         \
    {                                                                                              \
        0                                                                                          \
    }

/* Rows of a list of tables, and the list of those alone. */
extern const char *const fed_round_columns[], *const fed_client_columns[],
                                                  *const fed_learning_columns[];
extern const struct sim_table fed_tables[];

#define FED_TABLES                                                                                 \
    {"rounds",                                                                                     \
     "what became of the clients chosen in each round; loss over all samples that are trained "    \
     "on; joules of their turns",                                                                  \
     fed_round_columns},                                                                           \
        {"clients",                                                                                \
         "a row for each client's part in a round; action: 1 arrived, 2 skipped, 3 rejected, 4 "   \
         "dropped, 5 late; staleness: models made since the one it began from; joules of its "     \
         "host from choice to end, and of its radio",                                              \
         fed_client_columns},                                                                      \
    {                                                                                              \
        "learning",                                                                                \
            "the model, tested: what it knows after so many seconds, bytes and joules of clients", \
            fed_learning_columns                                                                   \
    }

#include "algorithms/federated/shared/laws.h"

#endif
