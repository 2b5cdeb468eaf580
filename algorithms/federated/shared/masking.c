/* masking.c -- secure aggregation as an option of any system: the server learns the sum of updates, and no single one.
 *
 * Bonawitz et al., CCS 2017 (rules/secure.h has the arithmetic).  A client sends its numbers masked, each in as many
 * bits as a sum of n needs, after three small round trips, n the clients chosen in a round and keys of 32 bytes:
 *
 *   keys      2 of its own up                     those of the other n - 1 down
 *   shares    2 encrypted for each of n - 1 up    as many down
 *   consent   n shares up                         a list of survivors down: no bytes are counted
 *
 * which adds up to secure_bytes.  The server answers each at once, and all before the update: keys can be spread
 * while clients train, so no cohort waits for its last.  Where the paper asks for shares after the update, we do
 * before it; bytes and trips are the same.  At the end of a round the server makes anew the masks of those who are
 * missing and of each that arrived: n^2 flop a number. */
#include "algorithms/federated/rules/secure.h"
#include "algorithms/federated/shared/federated.h"

#include <string.h>

enum {
    KEY_BYTES = 32,
    BITS_OF_A_NUMBER = 32,
    BYTES_OF_A_NUMBER = 4,
    FRACTION_BITS = 24,
    WORD_BITS = 62
};

bool fed_is_masked(const struct fed *fed)
{
    return fed->options->secure_aggregation == FED_YES;
}

static int64_t number_count(const struct fed *fed)
{
    return (fed->model_bytes + BYTES_OF_A_NUMBER - 1) / BYTES_OF_A_NUMBER;
}

int64_t fed_masked_bytes(const struct fed *fed)
{
    const int bits = secure_sum_bits(fed_chosen(fed->options), BITS_OF_A_NUMBER);

    return (number_count(fed) * bits + 7) / 8;
}

struct fed_trip fed_trip_of(const struct fed *fed, int trip)
{
    const int64_t others = fed_chosen(fed->options) - 1;

    switch (trip) {
    case 0: return (struct fed_trip){2 * KEY_BYTES, 2 * others * KEY_BYTES};
    case 1: return (struct fed_trip){2 * others * KEY_BYTES, 2 * others * KEY_BYTES};
    default: return (struct fed_trip){(others + 1) * KEY_BYTES, 0};
    }
}

double fed_unmasking_flop(const struct fed *fed)
{
    const double n = fed_chosen(fed->options);

    return n * n * (double)number_count(fed);
}

/* Room for one sum; the server keeps it from round to round. */
struct fed_masking {
    uint64_t *sum, *words; /* [P] */
    double *weighed;       /* [P] */
    bool *survives;        /* [clients] */
};

static struct fed_masking *room_of(struct fed_server *server)
{
    struct sim_arena *arena = server->me->plan->arena;
    const size_t numbers = server->fed->number_count;

    if (server->masking != NULL)
        return server->masking;
    server->masking = sim_new(arena, struct fed_masking, 1);
    *server->masking =
        (struct fed_masking){.sum = sim_new(arena, uint64_t, numbers),
                             .words = sim_new(arena, uint64_t, numbers),
                             .weighed = sim_new(arena, double, numbers),
                             .survives = sim_new(arena, bool, (size_t)server->clients)};
    return server->masking;
}

/* The sum of weight x values of those that arrived, who are the first `count` of a group of `group`; what comes of
 * it is exact to group / 2 multiples of 2^-FRACTION_BITS. */
void fed_masked_sum(struct fed_server *server, struct fed_turn *const *arrived, int count,
                    double *total)
{
    const size_t numbers = server->fed->number_count;
    const int group = server->begun > count ? server->begun : count;
    const struct secure secure = {.clients = group,
                                  .bits = WORD_BITS,
                                  .fraction_bits = FRACTION_BITS,
                                  .seed =
                                      server->me->plan->seed * 1000003 + (uint64_t)server->round};
    struct fed_masking *room = room_of(server);
    struct sim_error err = {0};

    memset(room->sum, 0, numbers * sizeof *room->sum);
    for (int i = 0; i < group; i++)
        room->survives[i] = i < count;
    for (int i = 0; i < count; i++) {
        const double weight = fed_weight(server, arrived[i]);

        for (size_t j = 0; j < numbers; j++)
            room->weighed[j] = weight * arrived[i]->values[j];
        if (!secure_quantise(&secure, room->weighed, numbers, room->words, &err))
            sim_give_up(server->me, "secure aggregation in round %d: %s", server->round + 1,
                        err.text);
        secure_mask(&secure, i, room->words, numbers);
        secure_add(&secure, room->sum, room->words, numbers);
    }
    secure_unmask(&secure, room->survives, room->sum, numbers);
    secure_restore(&secure, room->sum, numbers, total);
}
