#include "algorithms/codecs/dgc.h"
#include "algorithms/codecs/finite.h"
#include "algorithms/codecs/run_length.h"
#include "algorithms/codecs/top_k.h"
#include "algorithms/learning/sgd.h"

#include <math.h>
#include <string.h>

enum { DENSE_NUMBER_BYTES = 4 };

struct dgc {
    struct dgc_settings settings;
    const struct layer *layers;
    int layer_count;
    size_t count;
    double *u, *v, *clipped, *taken_in;
    uint32_t *chosen;
    struct top_k *work;
};

struct dgc *dgc_open(struct sim_arena *arena, const struct dgc_settings *settings,
                     const struct layer *layers, int layer_count)
{
    struct dgc *dgc = sim_new(arena, struct dgc, 1);
    size_t largest = 0;

    dgc->settings = *settings;
    dgc->layers = layers;
    dgc->layer_count = layer_count;
    for (int l = 0; l < layer_count; l++) {
        dgc->count += layers[l].count;
        largest = layers[l].count > largest ? layers[l].count : largest;
    }
    dgc->u = sim_new(arena, double, dgc->count);
    dgc->v = sim_new(arena, double, dgc->count);
    dgc->clipped = sim_new(arena, double, dgc->count);
    dgc->taken_in = sim_new(arena, double, dgc->count);
    dgc->chosen = sim_new(arena, uint32_t, dgc->count);
    dgc->work = top_k_open(arena, largest);
    return dgc;
}

struct dgc_message *dgc_message_open(struct sim_arena *arena, size_t count)
{
    struct dgc_message *message = sim_new(arena, struct dgc_message, 1);

    message->count = count;
    message->bytes = sim_new(arena, unsigned char, count *RUN_LENGTH_RECORD_BYTES);
    message->dense = sim_new(arena, double, count);
    return message;
}

/* u and v after one more gradient. */
static void accumulate(struct dgc *dgc, const double *gradient)
{
    const double m = dgc->settings.momentum;

    for (size_t i = 0; i < dgc->count; i++) {
        const double g = gradient[i];
        double step = g;

        if (m > 0 && dgc->settings.nesterov) {
            dgc->u[i] = m * (dgc->u[i] + g);
            step = dgc->u[i] + g;
        } else if (m > 0) {
            step = dgc->u[i] = m * dgc->u[i] + g;
        }
        dgc->taken_in[i] += step;
        dgc->v[i] = dgc->v[i] == 0 ? step : dgc->v[i] + step; /* 0 + -0 would lose the sign */
    }
}

static void send_all(struct dgc *dgc, struct dgc_message *message)
{
    memcpy(message->dense, dgc->v, dgc->count * sizeof *dgc->v);
    memset(dgc->v, 0, dgc->count * sizeof *dgc->v);
    if (dgc->settings.masks_momentum)
        memset(dgc->u, 0, dgc->count * sizeof *dgc->u);
    message->is_dense = true;
    message->sent = dgc->count;
    message->byte_count = dgc->count * DENSE_NUMBER_BYTES;
}

/* The places to be sent, of all layers; what rounds to 0 in 32 bits stays here. */
static size_t choose(struct dgc *dgc, double sparsity, struct sim_random *random)
{
    size_t count = 0;

    for (int l = 0; l < dgc->layer_count; l++) {
        const struct layer *layer = &dgc->layers[l];
        uint32_t *chosen = dgc->chosen + count;
        const size_t found = top_k_sampled(dgc->work, dgc->v + layer->offset, layer->count,
                                           top_k_count(layer->count, sparsity),
                                           dgc->settings.sample_share, random, chosen);

        for (size_t i = 0; i < found; i++) {
            const uint32_t place = (uint32_t)layer->offset + chosen[i];

            if ((float)dgc->v[place] != 0)
                dgc->chosen[count++] = place;
        }
    }
    return count;
}

static void send_chosen(struct dgc *dgc, size_t count, struct dgc_message *message)
{
    message->is_dense = false;
    message->sent = count;
    message->byte_count = run_length_encode(dgc->v, dgc->chosen, count, message->bytes);
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = dgc->chosen[i];

        dgc->v[place] -= (double)(float)dgc->v[place];
        if (dgc->settings.masks_momentum)
            dgc->u[place] = 0;
    }
}

bool dgc_compress(struct dgc *dgc, const double *gradient, double sparsity,
                  struct sim_random *random, struct dgc_message *message, struct sim_error *err)
{
    if (!codec_is_finite(gradient, dgc->count, "gradient", err))
        return false;
    memcpy(dgc->clipped, gradient, dgc->count * sizeof *gradient);
    sgd_clip(dgc->clipped, dgc->count, dgc->settings.clip_norm / sqrt(dgc->settings.workers));
    accumulate(dgc, dgc->clipped);
    if (!codec_is_finite(dgc->v, dgc->count, "accumulated gradient", err))
        return false;
    if (sparsity == 0)
        send_all(dgc, message);
    else
        send_chosen(dgc, choose(dgc, sparsity, random), message);
    return true;
}

bool dgc_add(const struct dgc_message *message, double *sum, struct sim_error *err)
{
    if (!message->is_dense)
        return run_length_add(message->bytes, message->byte_count, sum, message->count, err);
    for (size_t i = 0; i < message->count; i++)
        sum[i] += message->dense[i];
    return true;
}

void dgc_encode_sum(const double *sum, uint32_t *places, struct dgc_message *message)
{
    size_t found = 0;

    for (size_t i = 0; i < message->count; i++)
        if ((float)sum[i] != 0)
            places[found++] = (uint32_t)i;
    message->is_dense = run_length_bytes(places, found) > message->count * DENSE_NUMBER_BYTES;
    message->sent = message->is_dense ? message->count : found;
    if (message->is_dense) {
        memcpy(message->dense, sum, message->count * sizeof *sum);
        message->byte_count = message->count * DENSE_NUMBER_BYTES;
    } else {
        message->byte_count = run_length_encode(sum, places, found, message->bytes);
    }
}

double dgc_expected_bytes(const struct dgc_settings *settings, const struct layer *layers,
                          int layer_count, double sparsity)
{
    double count = 0, sent = 0;

    for (int l = 0; l < layer_count; l++) {
        count += (double)layers[l].count;
        sent += top_k_expected(layers[l].count, top_k_count(layers[l].count, sparsity),
                               settings->sample_share);
    }
    return sparsity == 0 ? count * DENSE_NUMBER_BYTES : run_length_expected_bytes(count, sent);
}

const double *dgc_kept(const struct dgc *dgc)
{
    return dgc->v;
}

const double *dgc_taken_in(const struct dgc *dgc)
{
    return dgc->taken_in;
}

double dgc_sparsity(int epoch, int warm_up, double final)
{
    return epoch < warm_up ? fmin(final, 1 - pow(4, -(epoch + 1))) : final;
}
