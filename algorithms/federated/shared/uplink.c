/* uplink.c -- what an update is on its way up: whole, its largest numbers, or ternary codes of its layers.
 *
 * Codecs work on what a client has changed, values - start, and what the server gets is start + what is decoded.
 * Nothing is carried over to the next round: a client may not be chosen again for long. */
#include "algorithms/federated/shared/federated.h"

#include "algorithms/codecs/ternary.h"
#include "algorithms/codecs/top_k.h"
#include "algorithms/learning/slice.h"

enum { BYTES_PER_NUMBER = 4, BYTES_PER_PLACE = 4 };

static size_t top_k_bytes(size_t count)
{
    return count * (BYTES_PER_NUMBER + BYTES_PER_PLACE);
}

/* With learning off: of so many numbers, in one layer. */
size_t fed_encoded_bytes(const struct federated *options, size_t numbers)
{
    switch ((enum fed_compression)options->compression) {
    case FED_TOP_K: return top_k_bytes(top_k_count(numbers, options->sparsity));
    case FED_TERNARY: return ternary_bytes(numbers) + TERNARY_SCALER_BYTES;
    default: return numbers * BYTES_PER_NUMBER;
    }
}

static void open_codec(struct fed_client *client)
{
    struct sim_arena *arena = client->me->plan->arena;
    const size_t numbers = client->fed->number_count;

    if (client->change != NULL)
        return;
    client->change = sim_new(arena, double, numbers);
    client->codes = sim_new(arena, unsigned char, ternary_bytes(numbers) + 1);
    client->places = sim_new(arena, uint32_t, numbers);
    client->top_k = top_k_open(arena, numbers);
}

/* What a client of that level trains. */
static const struct learner *learner_of(const struct fed *fed, const struct fed_turn *turn)
{
    return turn->slice == NULL ? fed->learner : turn->slice->learner;
}

static size_t send_largest(struct fed_client *client, struct fed_turn *turn)
{
    const size_t numbers = learner_of(client->fed, turn)->parameter_count;
    const size_t count =
        top_k_exact(client->top_k, client->change, numbers,
                    top_k_count(numbers, client->fed->options->sparsity), client->places);

    for (size_t i = 0; i < numbers; i++)
        turn->values[i] = turn->start[i];
    for (size_t i = 0; i < count; i++)
        turn->values[client->places[i]] += client->change[client->places[i]];
    return top_k_bytes(count);
}

static size_t send_codes(struct fed_client *client, struct fed_turn *turn)
{
    const struct learner *learner = learner_of(client->fed, turn);
    struct sim_random *random = fed_random(client->me->plan, FED_CODES, turn->draw, turn->client);
    size_t bytes = 0;

    for (int l = 0; l < learner->layer_count; l++) {
        const struct layer *layer = &learner->layers[l];
        double *change = client->change + layer->offset;
        struct ternary_scale scale;
        struct sim_error err = {0};

        if (!ternary_measure(change, layer->count, 0, &scale, &err))
            sim_give_up(client->me, "its update cannot be encoded: %s", err.text);
        ternary_encode(change, layer->count, &scale, random, client->codes);
        ternary_decode(client->codes, layer->count, scale.scaler, change);
        bytes += ternary_bytes(layer->count) + TERNARY_SCALER_BYTES;
    }
    sim_random_close(random);
    for (size_t i = 0; i < learner->parameter_count; i++)
        turn->values[i] = turn->start[i] + client->change[i];
    return bytes;
}

/* Bytes on the wire stay those of the workload: what is encoded x plain_bytes / what the learner has. */
static int64_t scaled(size_t encoded, const struct learner *learner, int64_t plain_bytes)
{
    return (int64_t)ceil((double)encoded * (double)plain_bytes /
                         ((double)learner->parameter_count * BYTES_PER_NUMBER));
}

int64_t fed_compressed_bytes(const struct fed *fed, const struct learner_slice *slice,
                             int64_t plain_bytes)
{
    const struct learner *learner = slice == NULL ? fed->learner : slice->learner;
    size_t encoded = 0;

    if (fed->options->compression == FED_NOT_COMPRESSED)
        return plain_bytes;
    if (learner == NULL)
        return (int64_t)fed_encoded_bytes(
            fed->options, ((size_t)plain_bytes + BYTES_PER_NUMBER - 1) / BYTES_PER_NUMBER);
    if (fed->options->compression == FED_TOP_K)
        encoded = fed_encoded_bytes(fed->options, learner->parameter_count);
    else
        for (int l = 0; l < learner->layer_count; l++)
            encoded += fed_encoded_bytes(fed->options, learner->layers[l].count);
    return scaled(encoded, learner, plain_bytes);
}

void fed_compress(struct fed_client *client, struct fed_turn *turn)
{
    const struct fed *fed = client->fed;
    const struct learner *learner = learner_of(fed, turn);
    size_t encoded;

    if (fed->options->compression == FED_NOT_COMPRESSED)
        return;
    if (learner == NULL) {
        turn->up_bytes = fed_compressed_bytes(fed, turn->slice, turn->up_bytes);
        return;
    }
    open_codec(client);
    for (size_t i = 0; i < learner->parameter_count; i++)
        client->change[i] = turn->values[i] - turn->start[i];
    encoded = fed->options->compression == FED_TOP_K ? send_largest(client, turn)
                                                     : send_codes(client, turn);
    turn->up_bytes = scaled(encoded, learner, turn->up_bytes);
}
