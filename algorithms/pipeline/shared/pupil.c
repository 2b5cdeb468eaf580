#include "algorithms/pipeline/shared/pupil.h"

#include "algorithms/learning/batches.h"
#include "algorithms/learning/dense.h"
#include "algorithms/pipeline/shared/pipeline.h"

#include <assert.h>
#include <string.h>

const char *const pipeline_weights_choices[] = {[WEIGHTS_STASHING] = "stashing",
                                                [WEIGHTS_VERTICAL_SYNC] = "vertical_sync",
                                                [WEIGHTS_NEWEST] = "newest",
                                                NULL};
const char *const pupil_learning_choices[] = {
    [PUPIL_LEARNING_OFF] = "off", [PUPIL_LEARNING_MLP] = "mlp", NULL};
const char *const pupil_columns[] = {"iterations", "bytes", "test_loss_nats", "test_accuracy",
                                     NULL};

struct pipeline_learning {
    const struct pipeline *settings;
    const struct learning_data *data;
    const struct learner *learner;
    struct batches *batches;
    struct sgd sgd;
    double *whole; /* P: first values; later what pupil_tell gathers */
    int parts;
    struct dense *part;   /* [parts] */
    struct pupil **owner; /* [parts]: of replica 0 */
};

/* A micro-batch between its forward pass and the end of its backward pass. */
struct slot {
    int64_t microbatch; /* -1: free */
    struct dense_stash *stash;
};

/* One chunk of a stage. */
struct lesson {
    const struct dense *dense;
    bool is_first, is_last;
    double **versions; /* [room]: version v stands at v mod room */
    double *gradient, *velocity;
    double *scores_gradient; /* of the last part */
    struct slot *slots;
};

struct pupil {
    const struct pipeline_learning *learning;
    int chunks, room, slot_count;
    int version; /* the newest: how many updates there were */
    int64_t steps;
    struct lesson *lessons;
    int *numbers; /* samples of a micro-batch */
};

/* ---- opening ---- */

bool pupil_prepare(struct sim_plan *plan, const struct layout *layout,
                   struct pipeline_learning **learning, struct sim_error *err)
{
    const struct pipeline *settings = plan->parameters;
    const int depth = settings->hidden_layers + 1, parts = layout->parts;
    struct pipeline_learning *all;
    int *widths;

    *learning = NULL;
    if (settings->learning == PUPIL_LEARNING_OFF)
        return true;
    if (depth < parts)
        return sim_fail(
            err,
            "The small model has %d layers (hidden_layers + 1), too few for %d parts: set "
            "algorithm.hidden_layers to %d or more.",
            depth, parts, parts - 1);
    all = *learning = sim_new(plan->arena, struct pipeline_learning, 1);
    all->settings = settings;
    all->data = data_set_open(plan->arena, (enum data_choice)settings->data, plan->seed, err);
    if (all->data == NULL)
        return false;
    widths = sim_new(plan->arena, int, (size_t)depth);
    for (int l = 0; l + 1 < depth; l++)
        widths[l] = settings->hidden_width;
    all->learner = learner_open(plan->arena, all->data->set, widths, settings->hidden_layers);
    all->batches = batches_open(plan->arena, all->data->train, plan->seed, 0);
    all->sgd = (struct sgd){.rate = settings->learning_rate, .momentum = settings->momentum};
    all->whole = sim_new(plan->arena, double, all->learner->parameter_count);
    learner_initialise(all->learner, all->whole, plan->seed);
    all->parts = parts;
    all->part = sim_new(plan->arena, struct dense, (size_t)parts);
    all->owner = sim_new(plan->arena, struct pupil *, (size_t)parts);
    for (int v = 0; v < parts; v++)
        all->part[v] = dense_of(all->learner, v * depth / parts, (v + 1) * depth / parts - 1);
    sim_remark(plan,
               "Seconds and bytes are those of the stages; loss and accuracy those of a small "
               "perceptron (%d layers on %s, %zu numbers) whose layers lie on the same stages.",
               depth, data_set_choices[settings->data], all->learner->parameter_count);
    return true;
}

/* Micro-batches of which something is still needed, at most. */
static int most_in_flight(const struct order *order)
{
    int held = 0, most = 1;

    for (int i = 0; i < order->count; i++) {
        held += order->operations[i].kind == FORWARD;
        most = held > most ? held : most;
        held -=
            order->operations[i].kind == BACKWARD || order->operations[i].kind == WEIGHT_GRADIENT;
    }
    return most;
}

static void open_lesson(struct sim_arena *arena, const struct pupil *pupil, int part,
                        struct lesson *lesson)
{
    const struct pipeline_learning *learning = pupil->learning;
    const struct dense *dense = &learning->part[part];
    const int samples = learning->settings->mini_batch;

    *lesson = (struct lesson){.dense = dense,
                              .is_first = part == 0,
                              .is_last = part == learning->parts - 1,
                              .versions = sim_new(arena, double *, (size_t)pupil->room),
                              .gradient = sim_new(arena, double, dense->count),
                              .velocity = sim_new(arena, double, dense->count),
                              .slots = sim_new(arena, struct slot, (size_t)pupil->slot_count)};
    for (int v = 0; v < pupil->room; v++)
        lesson->versions[v] = sim_new(arena, double, dense->count);
    memcpy(lesson->versions[0], learning->whole + dense->offset,
           dense->count * sizeof *lesson->gradient);
    for (int s = 0; s < pupil->slot_count; s++)
        lesson->slots[s] = (struct slot){-1, dense_stash_open(arena, dense, samples)};
    if (lesson->is_last)
        lesson->scores_gradient = sim_new(arena, double, (size_t)samples *(size_t)dense->outputs);
}

struct pupil *pupil_open(const struct sim_peer *me, struct pipeline_learning *learning,
                         const struct layout *layout, int worker)
{
    struct sim_arena *arena = me->plan->arena;
    const struct schedule *schedule = layout->schedule;
    const int stage = schedule->stage_of[worker];
    struct pupil *pupil;

    if (learning == NULL)
        return NULL;
    pupil = sim_new(arena, struct pupil, 1);
    *pupil = (struct pupil){.learning = learning,
                            .chunks = schedule->chunks,
                            .room = 2,
                            .slot_count = most_in_flight(&schedule->orders[worker]),
                            .numbers = sim_new(arena, int, (size_t)learning->settings->mini_batch)};
    /* as long as a micro-batch is between stage 0's forward and backward pass, its version may be asked for */
    for (int r = 0; r < schedule->replicas[0] && layout->is_asynchronous; r++)
        pupil->room += schedule_peak(schedule, r);
    pupil->lessons = sim_new(arena, struct lesson, (size_t)pupil->chunks);
    for (int c = 0; c < pupil->chunks; c++) {
        const int part = c * schedule->stages + stage;

        open_lesson(arena, pupil, part, &pupil->lessons[c]);
        if (worker == schedule->first_worker[stage] && me->number % layout->ranks == 0)
            learning->owner[part] = pupil;
    }
    return pupil;
}

size_t pupil_boundary(const struct pipeline_learning *learning, int part)
{
    return learning == NULL
               ? 0
               : (size_t)learning->settings->mini_batch * (size_t)learning->part[part].outputs;
}

double *pupil_gradient(struct pupil *pupil, int chunk, size_t *count)
{
    *count = pupil->lessons[chunk].dense->count;
    return pupil->lessons[chunk].gradient;
}

/* ---- passes ---- */

static struct slot *slot_of(const struct pupil *pupil, const struct lesson *lesson,
                            int64_t microbatch)
{
    for (int s = 0; s < pupil->slot_count; s++)
        if (lesson->slots[s].microbatch == microbatch)
            return &lesson->slots[s];
    assert(!"a micro-batch that is not in flight");
    return NULL;
}

static const double *weights_of(const struct pupil *pupil, const struct lesson *lesson, int version)
{
    assert(version <= pupil->version && version > pupil->version - pupil->room);
    return lesson->versions[version % pupil->room];
}

static void take_samples(struct pupil *pupil, int64_t microbatch)
{
    const int samples = pupil->learning->settings->mini_batch;

    batches_take(pupil->learning->batches, microbatch * samples, samples, pupil->numbers);
}

void pupil_forward(struct pupil *pupil, int chunk, int64_t microbatch, int version,
                   const double *in, double *out)
{
    const struct lesson *lesson = &pupil->lessons[chunk];
    const struct dense *dense = lesson->dense;
    const int samples = pupil->learning->settings->mini_batch;
    struct slot *slot = slot_of(pupil, lesson, -1);
    const double *result;

    slot->microbatch = microbatch;
    if (lesson->is_first) {
        take_samples(pupil, microbatch);
        data_set_rows(pupil->learning->data->set, pupil->numbers, samples, slot->stash->x[0]);
    } else {
        memcpy(slot->stash->x[0], in, (size_t)samples * (size_t)dense->inputs * sizeof *in);
    }
    result = dense_forward(dense, weights_of(pupil, lesson, version), samples, 1, slot->stash);
    if (out != NULL && !lesson->is_last)
        memcpy(out, result, (size_t)samples * (size_t)dense->outputs * sizeof *out);
}

/* From the scores that the forward pass left. */
static const double *loss_gradient(struct pupil *pupil, const struct lesson *lesson,
                                   const struct slot *slot)
{
    const int samples = pupil->learning->settings->mini_batch;
    const int depth = lesson->dense->last - lesson->dense->first + 1;

    take_samples(pupil, slot->microbatch);
    learner_loss(pupil->learning->learner, slot->stash->x[depth], pupil->numbers, samples, samples,
                 NULL, lesson->scores_gradient);
    return lesson->scores_gradient;
}

void pupil_backward(struct pupil *pupil, enum operation_kind kind, int chunk, int64_t microbatch,
                    int version, const double *in, double *out)
{
    const struct lesson *lesson = &pupil->lessons[chunk];
    struct slot *slot = slot_of(pupil, lesson, microbatch);

    if (kind != WEIGHT_GRADIENT)
        dense_input_gradient(lesson->dense, weights_of(pupil, lesson, version), slot->stash,
                             lesson->is_last ? loss_gradient(pupil, lesson, slot) : in,
                             lesson->is_first ? NULL : out);
    if (kind == INPUT_GRADIENT)
        return;
    dense_weight_gradient(lesson->dense, slot->stash, lesson->gradient);
    slot->microbatch = -1;
}

void pupil_update(struct pupil *pupil, int count)
{
    const struct sgd *sgd = &pupil->learning->sgd;

    for (int c = 0; c < pupil->chunks; c++) {
        const struct lesson *lesson = &pupil->lessons[c];
        const size_t numbers = lesson->dense->count;
        double *next = lesson->versions[(pupil->version + 1) % pupil->room];

        memcpy(next, lesson->versions[pupil->version % pupil->room], numbers * sizeof *next);
        for (size_t i = 0; i < numbers && count > 1; i++)
            lesson->gradient[i] /= count;
        sgd_step(sgd, pupil->steps, next, lesson->gradient, lesson->velocity, numbers);
        memset(lesson->gradient, 0, numbers * sizeof *lesson->gradient);
    }
    pupil->version++;
    pupil->steps++;
}

/* ---- telling ---- */

void pupil_tell(struct sim_peer *me, struct pipeline_learning *learning, int64_t done, bool is_last)
{
    struct learner_score score;

    if (done % learning->settings->evaluate_every != 0 && !is_last)
        return;
    for (int v = 0; v < learning->parts; v++) {
        const struct pupil *pupil = learning->owner[v];

        for (int c = 0; c < pupil->chunks; c++)
            memcpy(learning->whole + pupil->lessons[c].dense->offset,
                   pupil->lessons[c].versions[pupil->version % pupil->room],
                   pupil->lessons[c].dense->count * sizeof *learning->whole);
    }
    score = learner_evaluate(learning->learner, learning->whole, learning->data->test);
    sim_row(me, PUPIL_TABLE,
            (const double[]){(double)done, (double)sim_bytes_until_now(me), score.loss,
                             score.accuracy});
    sim_note(me, "test_loss_nats", score.loss);
    sim_note(me, "test_accuracy", score.accuracy);
    if (is_last) {
        double sum = 0;

        for (size_t i = 0; i < learning->learner->parameter_count; i++)
            sum += learning->whole[i];
        sim_note(me, "weights_checksum", sum);
    }
}
