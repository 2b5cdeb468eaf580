/* Lesson 5: a federated round lasts as long as its slowest client. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

#include <math.h>

#define TURN "download_seconds+compute_seconds+upload_seconds"

static const char *const one_round[] = {"iterations=1", NULL};
static const char *const twenty[] = {"iterations=1", "algorithm.clients_per_round=20", NULL};
static const char *const deadline[] = {"iterations=1", "algorithm.round_deadline=2s", NULL};
static const char *const five[] = {"iterations=1", "algorithm.local_epochs=5", NULL};

static const struct lesson_run runs[] = {{"round", "fedavg", one_round},
                                         {"twenty", "fedavg", twenty},
                                         {"deadline", "fedavg", deadline},
                                         {"five epochs", "fedavg", five},
                                         {0}};

static double row_of_round(struct lesson_bench *bench, int row, const char *columns)
{
    return lesson_look(bench, "round",
                       sim_text(lesson_arena(bench), "clients.csv row:%d %s", row, columns));
}

static double idle_share(struct lesson_bench *bench)
{
    return lesson_look(bench, "round", "clients.csv mean idle_seconds") /
           lesson_value(bench, "seconds");
}

static double aggregation(struct lesson_bench *bench)
{
    return lesson_value(bench, "seconds") - lesson_value(bench, "slowest");
}

/* ---- closed forms ---- */

static double slowest(struct lesson_bench *bench)
{
    return lesson_look(bench, "round", "clients.csv max " TURN);
}

static double bytes_of_round(struct lesson_bench *bench)
{
    return 2 * lesson_value(bench, "m") * lesson_value(bench, "G");
}

static double bytes_of_twenty(struct lesson_bench *bench)
{
    return 2 * lesson_look(bench, "twenty", "scenario/algorithm/clients_per_round") *
           lesson_value(bench, "G");
}

static double closed_idle(struct lesson_bench *bench)
{
    return 1 - lesson_look(bench, "round", "clients.csv mean " TURN) / slowest(bench);
}

/* Turns of the first run that fit: the same clients are chosen. */
static double in_time(struct lesson_bench *bench)
{
    const double most = lesson_look(bench, "deadline", "scenario/algorithm/round_deadline");
    double count = 0;

    for (int i = 0; i < (int)lesson_value(bench, "m"); i++)
        count += row_of_round(bench, i, TURN) <= most;
    return count;
}

/* The same clients, the same bytes; training takes five times as long. */
static double closed_five(struct lesson_bench *bench)
{
    const double epochs = lesson_look(bench, "five epochs", "scenario/algorithm/local_epochs");
    double longest = 0;

    for (int i = 0; i < (int)lesson_value(bench, "m"); i++)
        longest = fmax(longest, row_of_round(bench, i, TURN) +
                                    (epochs - 1) * row_of_round(bench, i, "compute_seconds"));
    return longest + aggregation(bench);
}

static const struct lesson_number numbers[] = {
    {"clients", LESSON_NUMBER, "round", "scenario/algorithm/clients"},
    {"m", LESSON_NUMBER, "round", "scenario/algorithm/clients_per_round"},
    {"G", LESSON_BYTES, "round", "scenario/algorithm/model_bytes"},
    {"seconds", LESSON_SECONDS, "round", "metrics/round_seconds"},
    {"fastest", LESSON_SECONDS, "round", "clients.csv min " TURN},
    {"median", LESSON_SECONDS, "round", "clients.csv median " TURN},
    {"slowest", LESSON_SECONDS, .compute = slowest},
    {"most_training", LESSON_SECONDS, "round", "clients.csv max compute_seconds"},
    {"most_upload", LESSON_SECONDS, "round", "clients.csv max upload_seconds"},
    {"bytes", LESSON_BYTES, "round", "bytes"},
    {"idle", LESSON_SHARE, .compute = idle_share},
    {"bytes_of_twenty", LESSON_BYTES, "twenty", "bytes"},
    {"arrived", LESSON_NUMBER, "deadline", "rounds.csv sum finished"},
    {"seconds_of_five", LESSON_SECONDS, "five epochs", "metrics/round_seconds"},
    {"closed_bytes", LESSON_BYTES, .compute = bytes_of_round},
    {"closed_idle", LESSON_SHARE, .compute = closed_idle},
    {"closed_bytes_of_twenty", LESSON_BYTES, .compute = bytes_of_twenty},
    {"closed_arrived", LESSON_NUMBER, .compute = in_time},
    {"closed_five", LESSON_SECONDS, .compute = closed_five},
    {0}};

static const struct lesson_row rows[] = {
    {"time of the round", "seconds", "slowest", "max (download + training + upload)"},
    {"turn of the median client", "median", NULL, "simulation alone"},
    {"turn of the fastest client", "fastest", NULL, "simulation alone"},
    {"share of clients' time that is waiting", "idle", "closed_idle",
     "1 - mean turn / longest turn"},
    {"bytes of the round", "bytes", "closed_bytes", "2 m G"},
    {0}};

static const char *const explanation[] = {
    "The server needs all {m} updates before it can take their mean. So the round lasts as long as "
    "the slowest client's turn: "
    "{slowest}; what the server adds is too short to be seen. The median client was back after "
    "{median}.",
    "What makes a straggler here is the uplink: the longest upload takes {most_upload}, the "
    "longest training {most_training}. "
    "A faster processor would change nothing.",
    "{idle} of the clients' time is waiting for the last one. What systems do: choose more clients "
    "than are needed and take "
    "the first; set a deadline; give slow clients less to do (FedProx) or a smaller model "
    "(HeteroFL); choose clients by "
    "their speed (Oort); or not wait at all (FedAsync, FedBuff). dmlsim has all of them.",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    return figure_round(bench, "round");
}

const struct lesson lesson_straggler = {
    .name = "straggler",
    .title = "A federated round and its straggler",
    .summary = "ten phones train, and the server waits for the last one",
    .question = "FedAvg chooses {m} of {clients} phones. Each downloads the model ({G}), trains it "
                "for one epoch, and sends it back. Some "
                "are on Wi-Fi, some on 3G. The fastest one is back after {fastest}, the median one "
                "after {median}.",
    .prediction = {"How long does the round take?", "seconds",
                   "The slowest client's turn takes {slowest}: nothing else matters."},
    .runs = runs,
    .exercises_from = "twenty",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises =
        {{"Twenty clients a round: how many bytes does a round move?", "bytes_of_twenty",
          "closed_bytes_of_twenty", 0.01, "2 m G: down and up, whoever is slow."},
         {"The server closes the round after 2 s. How many of the {m} updates have arrived? (Look "
          "at the steps.)",
          "arrived", "closed_arrived", 0,
          "Those whose turn takes 2 s at most; the others have trained for nothing."},
         {"Each client trains for five epochs instead of one. How long does the round take?",
          "seconds_of_five", "closed_five", 0.02,
          "The slowest uplink still decides: four more epochs are {most_training} each at most. "
          "This is why "
          "federated learning computes more and talks less."}},
    .figure_title = "Who the server waits for",
    .figure = figure,
};
