/* trusted.c -- secure aggregation where there are no rounds: a trusted party knows the masks, and gives away their sum.
 *
 * Huba et al., PAPAYA, MLSys 2022, section 5 (rules/pads.h has the arithmetic).  Clients that work at their own pace
 * know nothing of each other, so each has a mask of its own.  What moves, of N numbers and buffers of K:
 *
 *   server to client    32 bytes with the model: the trusted party's key
 *   client to server    64 bytes with the masked numbers: its own key, and the seed of its mask, sealed (32 each)
 *   server to trusted   66 bytes for each update that counts: those, and the whole number by which it weighs
 *   server to trusted   8 bytes when the buffer is full: which buffer
 *   trusted to server   the sum of the masks, N numbers
 *
 * The seed goes through the server, who cannot open it.  A number has as many bits as a sum of K needs, each of 32
 * bits times a weight of method->weight_bits.  The trusted party makes masks as seeds come in, a flop a number, and the
 * server takes their sum off for a flop a number.  It lives on the server's host, so what it hears and says are local bytes.
 *
 * Who drops out has sent neither numbers nor seed: there is nothing to take off.  A buffer that is closed before it is
 * full is opened nevertheless, unless minimum_fraction forbids it: then the trusted party forgets its masks. */
#include "algorithms/federated/rules/pads.h"
#include "algorithms/federated/shared/masking.h"

#include <string.h>

enum { KEY_BYTES = 32, SEALED_BYTES = 64, WEIGHT_BYTES = 2, REQUEST_BYTES = 8 };

bool fed_has_trusted(const struct fed *fed)
{
    return fed_is_masked(fed) && fed->method->is_asynchronous;
}

int64_t fed_key_bytes(const struct fed *fed)
{
    return fed_has_trusted(fed) ? KEY_BYTES : 0;
}

int64_t fed_sealed_bytes(const struct fed *fed, int64_t plain_bytes)
{
    return fed_masked_bytes(fed, plain_bytes) + SEALED_BYTES;
}

static struct secure pads_of(const struct fed *fed)
{
    return (struct secure){.clients = fed_goal(fed->options),
                           .bits = MASKING_WORD_BITS,
                           .fraction_bits = MASKING_FRACTION_BITS,
                           .weight_bits = fed->method->weight_bits};
}

static int peer_of(const struct sim_peer *me, const char *role)
{
    return sim_role(me->plan, role)->peers[0];
}

/* ---- the client ---- */

static uint64_t draw_seed(const struct fed_client *client, const struct fed_turn *turn)
{
    struct sim_random *random = fed_random(client->me->plan, FED_PADS, turn->draw, turn->client);
    const uint64_t seed = secure_word(random);

    sim_random_close(random);
    return seed;
}

void fed_seal(struct fed_client *client, struct fed_turn *turn)
{
    const struct fed *fed = client->fed;
    const struct secure pads = pads_of(fed);
    const double weight = fed_weight(fed->options, turn);
    struct sim_error err = {0};

    turn->up_bytes = fed_sealed_bytes(fed, turn->up_bytes);
    turn->seed = draw_seed(client, turn);
    if (fed->learner == NULL)
        return;
    if (turn->masked == NULL)
        turn->masked = sim_new(client->me->plan->arena, uint64_t, fed->number_count);
    for (size_t j = 0; j < fed->number_count; j++)
        turn->values[j] = weight * (turn->values[j] - turn->start[j]);
    if (!secure_quantise(&pads, turn->values, fed->number_count, turn->masked, &err))
        sim_give_up(client->me, "secure aggregation: %s", err.text);
    pads_add(&pads, turn->seed, 1, turn->masked, fed->number_count);
}

/* ---- the trusted party ---- */

/* The turn that comes in holds the seed; an empty message asks for the sum. */
static void add_pad(struct sim_peer *me, const struct fed_turn *turn, uint64_t *sum, int *buffer)
{
    const struct fed *fed = fed_of(me->plan);
    const struct secure pads = pads_of(fed);

    if (turn->buffer != *buffer)
        memset(sum, 0, fed->number_count * sizeof *sum);
    *buffer = turn->buffer;
    sim_phase(me, "make masks");
    sim_compute(me, (double)masking_numbers(fed->model_bytes));
    pads_add(&pads, turn->seed, turn->whole_weight, sum, fed->number_count);
}

void fed_act_trusted(struct sim_peer *me)
{
    const struct fed *fed = fed_of(me->plan);
    uint64_t *sum = sim_new(me->plan->arena, uint64_t, fed->number_count + 1);
    int buffer = -1;

    while (!*fed->is_over) {
        struct sim_message message;

        sim_phase(me, "listen");
        if (sim_receive(me, peer_of(me, "server"), &message) != SIM_OK || *fed->is_over)
            return;
        if (message.payload != NULL) {
            add_pad(me, message.payload, sum, &buffer);
            continue;
        }
        sim_phase(me, "open");
        sim_send(me, peer_of(me, "server"),
                 (struct sim_message){fed_masked_bytes(fed, fed->model_bytes), sum});
    }
}

/* ---- the server ---- */

struct fed_opening {
    struct sim_activity **sends; /* [clients]: seeds on their way */
    int send_count;
    const uint64_t *pads; /* P: of the buffer that is being opened */
    uint64_t *sum;        /* P */
    double *total;        /* P */
    bool has_said_bare;
};

static struct fed_opening *room_of(struct fed_server *server)
{
    struct sim_arena *arena = server->me->plan->arena;
    const size_t numbers = server->fed->number_count;

    if (server->opening != NULL)
        return server->opening;
    server->opening = sim_new(arena, struct fed_opening, 1);
    *server->opening = (struct fed_opening){
        .sends = sim_new(arena, struct sim_activity *, (size_t)server->clients),
        .sum = numbers > 0 ? sim_new(arena, uint64_t, numbers) : NULL,
        .total = numbers > 0 ? sim_new(arena, double, numbers) : NULL,
    };
    return server->opening;
}

static void count_message(struct fed_server *server, enum sim_status status, int64_t bytes)
{
    if (status != SIM_OK)
        sim_give_up(server->me, "the trusted party is dead, and with it the masks");
    server->tally->trusted_messages++;
    server->tally->trusted_bytes += bytes;
}

void fed_forward_seed(struct fed_server *server, struct fed_turn *turn)
{
    const struct fed_method *method = server->fed->method;
    const struct secure pads = pads_of(server->fed);
    struct fed_opening *room = room_of(server);

    turn->buffer = server->round;
    turn->whole_weight =
        pads_weight(&pads, method->discount == NULL ? 1 : method->discount(server, turn));
    room->sends[room->send_count++] =
        sim_start_send(server->me, peer_of(server->me, "trusted"),
                       (struct sim_message){SEALED_BYTES + WEIGHT_BYTES, turn});
}

void fed_settle_seeds(struct fed_server *server)
{
    struct fed_opening *room = server->opening;

    if (room == NULL)
        return;
    for (int i = 0; i < room->send_count; i++)
        count_message(server, sim_wait(server->me, room->sends[i], NULL),
                      SEALED_BYTES + WEIGHT_BYTES);
    room->send_count = 0;
}

void fed_ask_trusted(struct fed_server *server, int count)
{
    const struct fed *fed = server->fed;
    const int trusted = peer_of(server->me, "trusted");
    struct fed_opening *room = room_of(server);
    struct sim_message answer = {0};

    fed_settle_seeds(server);
    count_message(server, sim_send(server->me, trusted, (struct sim_message){REQUEST_BYTES, NULL}),
                  REQUEST_BYTES);
    count_message(server, sim_receive(server->me, trusted, &answer),
                  fed_masked_bytes(fed, fed->model_bytes));
    room->pads = answer.payload;
    sim_compute(server->me, (double)masking_numbers(fed->model_bytes));
    if (fed_goal(fed->options) > 1) /* of sums of one fed_prepare has told */
        masking_tell_bare(server, &room->has_said_bare,
                          count > 1               ? 0
                          : fed->number_count > 0 ? (double)fed->number_count
                                                  : (double)masking_numbers(fed->model_bytes));
}

double fed_opened_weight(const struct fed_server *server, const struct fed_turn *turn)
{
    return ldexp((double)turn->whole_weight, -server->fed->method->weight_bits) *
           fed_weight(server->options, turn);
}

const double *fed_opened_sum(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const size_t numbers = server->fed->number_count;
    const struct secure pads = pads_of(server->fed);
    struct fed_opening *room = server->opening;

    memset(room->sum, 0, numbers * sizeof *room->sum);
    for (int i = 0; i < count; i++)
        pads_weigh(&pads, room->sum, arrived[i]->masked, arrived[i]->whole_weight, numbers);
    pads_remove(&pads, room->sum, room->pads, numbers);
    secure_restore(&pads, room->sum, numbers, room->total);
    for (size_t j = 0; j < numbers; j++)
        room->total[j] = ldexp(room->total[j], -pads.weight_bits);
    return room->total;
}

/* ---- laws ---- */

double fed_trusted_bytes(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const double opened = REQUEST_BYTES + (double)fed_masked_bytes(fed, fed->model_bytes);

    return plan->iterations *
           (fed_goal(fed->options) * (double)(SEALED_BYTES + WEIGHT_BYTES) + opened);
}

double fed_local_bytes(const struct sim_totals *totals)
{
    return (double)totals->local_bytes;
}

double fed_trusted_messages(const struct sim_plan *plan)
{
    return (double)plan->iterations * (fed_goal(fed_of(plan)->options) + 2);
}

double fed_noted_trusted_messages(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "trusted_messages");
}
