/* masking.c -- secure aggregation as an option of any system: the server learns the sum of updates, and no single one.
 *
 * Where rounds are, masks are those of pairs: Bonawitz et al., CCS 2017 (rules/secure.h has the arithmetic).  A client
 * sends its numbers masked, each in as many bits as a sum of n needs, after three small round trips, n the clients
 * chosen in a round and keys of 32 bytes:
 *
 *   keys      2 of its own up                     those of the other n - 1 down
 *   shares    2 encrypted for each of n - 1 up    as many down
 *   consent   n shares up                         a list of survivors down: no bytes are counted
 *
 * which adds up to secure_bytes.  The server answers each at once, and all before the update: keys can be spread
 * while clients train, so no cohort waits for its last.  Where the paper asks for shares after the update, we do
 * before it; bytes and trips are the same.  At the end of a round the server makes anew the masks of those who are
 * missing and of each that arrived: n^2 flop a number; of two clients with parts of the model, the smaller part's.
 *
 * Where there are no rounds, a trusted party knows the masks: trusted.c. */
#include "algorithms/federated/shared/masking.h"
#include "algorithms/learning/slice.h"

#include <string.h>

enum { KEY_BYTES = 32, BITS_OF_A_NUMBER = 32, BYTES_OF_A_NUMBER = 4 };

bool fed_is_masked(const struct fed *fed)
{
    return fed->options->secure_aggregation == FED_YES;
}

int64_t masking_numbers(int64_t plain_bytes)
{
    return (plain_bytes + BYTES_OF_A_NUMBER - 1) / BYTES_OF_A_NUMBER;
}

int64_t fed_masked_bytes(const struct fed *fed, int64_t plain_bytes)
{
    const int bits =
        secure_sum_bits(fed_chosen(fed->options), BITS_OF_A_NUMBER + fed->method->weight_bits);

    return (masking_numbers(plain_bytes) * bits + 7) / 8;
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

/* Room for one sum; the server keeps it from round to round. */
struct fed_masking {
    struct secure secure;
    struct fed_turn **members; /* [clients]: who began in this round; first those that arrived */
    struct secure_part *parts; /* [clients]: of the members */
    bool *survives;            /* [clients] */
    uint64_t *sum, *words;     /* [P] */
    int *owners;               /* [P]: how many numbers are in the sum */
    bool has_said_bare;
};

static struct fed_masking *room_of(struct fed_server *server)
{
    struct sim_arena *arena = server->me->plan->arena;
    const size_t numbers = server->fed->number_count, clients = (size_t)server->clients;

    if (server->masking != NULL)
        return server->masking;
    server->masking = sim_new(arena, struct fed_masking, 1);
    *server->masking = (struct fed_masking){
        .members = sim_new(arena, struct fed_turn *, clients),
        .parts = sim_new(arena, struct secure_part, clients),
        .survives = sim_new(arena, bool, clients),
        .sum = numbers > 0 ? sim_new(arena, uint64_t, numbers) : NULL,
        .words = numbers > 0 ? sim_new(arena, uint64_t, numbers) : NULL,
        .owners = numbers > 0 ? sim_new(arena, int, numbers) : NULL,
    };
    return server->masking;
}

/* ---- who shares masks ---- */

static struct secure_part part_of(const struct fed *fed, const struct fed_turn *turn)
{
    if (turn->slice == NULL)
        return (struct secure_part){NULL, fed->number_count};
    return (struct secure_part){turn->slice->places, turn->slice->learner->parameter_count};
}

static void add_member(struct fed_server *server, struct fed_masking *room, struct fed_turn *turn)
{
    const int i = room->secure.clients++;

    room->members[i] = turn;
    room->parts[i] = part_of(server->fed, turn);
    room->survives[i] = turn->action == FED_ARRIVED;
}

/* Those that arrived, who are the first of `ended`; those that ended otherwise; those under way. */
static void gather(struct fed_server *server, struct fed_masking *room)
{
    room->secure =
        (struct secure){.bits = MASKING_WORD_BITS,
                        .fraction_bits = MASKING_FRACTION_BITS,
                        .parts = room->parts,
                        .seed = server->me->plan->seed * 1000003 + (uint64_t)server->round};
    for (int i = 0; i < server->ended_count; i++)
        if (server->ended[i]->round == server->round)
            add_member(server, room, server->ended[i]);
    for (int i = 0; i < server->flight_count; i++)
        if (server->flights[i]->round == server->round)
            add_member(server, room, server->flights[i]);
}

/* ---- what it costs the server ---- */

static double numbers_of(const struct fed_server *server, const struct fed_turn *turn)
{
    return (double)masking_numbers(fed_sized(server->me->plan, turn->round, turn->client).up_bytes);
}

/* The sum over pairs of members, and of each with itself, of the numbers that both have; by levels, which are few. */
static double flop_of_pairs(const struct fed_server *server, const struct fed_masking *room)
{
    double members[FED_MOST_LEVELS] = {0}, numbers[FED_MOST_LEVELS] = {0}, flop = 0;

    for (int i = 0; i < room->secure.clients; i++) {
        members[room->members[i]->level]++;
        numbers[room->members[i]->level] = numbers_of(server, room->members[i]);
    }
    for (int a = 0; a < FED_MOST_LEVELS; a++)
        for (int b = 0; b < FED_MOST_LEVELS; b++)
            flop += members[a] * members[b] * fmin(numbers[a], numbers[b]);
    return flop;
}

/* What one alone has sent of the widest level, with learning off; with it fed_masked_sum counts. */
static double bare_numbers(const struct fed_server *server, const struct fed_masking *room)
{
    double widest = 0, next = 0, bare = 0;

    for (int i = 0; i < room->secure.clients; i++)
        if (room->survives[i]) {
            const double numbers = numbers_of(server, room->members[i]);

            next = fmax(next, fmin(widest, numbers));
            widest = fmax(widest, numbers);
        }
    for (size_t j = 0; j < server->fed->number_count; j++)
        bare += room->owners[j] == 1;
    return server->fed->number_count > 0 ? bare : widest - next;
}

void masking_tell_bare(struct fed_server *server, bool *has_said, double numbers)
{
    sim_note(server->me, "bare_numbers", numbers);
    if (numbers == 0 || *has_said)
        return;
    *has_said = true;
    sim_say(
        server->me,
        "In round %d %.0f numbers of the masked sum are those of one client alone, and a sum of "
        "one hides nothing: the server can read them.",
        server->round + 1, numbers);
}

double fed_unmasking_flop(struct fed_server *server)
{
    struct fed_masking *room = room_of(server);

    gather(server, room);
    return flop_of_pairs(server, room);
}

/* ---- the sum ---- */

void fed_masked_begin(struct fed_server *server)
{
    struct fed_masking *room = room_of(server);
    const size_t numbers = server->fed->number_count;

    gather(server, room);
    memset(room->sum, 0, numbers * sizeof *room->sum);
    memset(room->owners, 0, numbers * sizeof *room->owners);
}

void fed_masked_add(struct fed_server *server, int i, const double *weighed, const double *weights)
{
    struct fed_masking *room = server->masking;
    const size_t numbers = server->fed->number_count;
    struct sim_error err = {0};

    if (!secure_quantise(&room->secure, weighed, numbers, room->words, &err))
        sim_give_up(server->me, "secure aggregation in round %d: %s", server->round + 1, err.text);
    secure_mask(&room->secure, i, room->words, numbers);
    secure_add(&room->secure, room->sum, room->words, numbers);
    for (size_t j = 0; j < numbers; j++)
        room->owners[j] += weights == NULL || weights[j] > 0;
}

void fed_masked_end(struct fed_server *server, double *total)
{
    struct fed_masking *room = server->masking;
    const size_t numbers = server->fed->number_count;

    secure_unmask(&room->secure, room->survives, room->sum, numbers);
    secure_restore(&room->secure, room->sum, numbers, total);
}

void fed_tell_bare(struct fed_server *server)
{
    masking_tell_bare(server, &server->masking->has_said_bare,
                      bare_numbers(server, server->masking));
}
