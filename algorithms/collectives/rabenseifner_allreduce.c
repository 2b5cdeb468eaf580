/* rabenseifner_allreduce -- N workers sum a gradient of G bytes by recursive halving, then doubling.
 *
 * In each of lg N rounds a worker exchanges half of what it is still responsible for with a partner, and adds
 * the half that it keeps: in the end each has 1/N of the sum.  The same rounds backwards give all to all.
 * So the bytes are those of the ring, 2(N-1)G/N a worker, in 2 lg N messages instead of 2(N-1).  When N is
 * no power of two, N' = 2^k is the largest below it, and the N - N' even workers among the first 2(N-N') are
 * folded into their right neighbours (fold: whole, as MPICH does), or exchange halves with them and then
 * stand in for them (fold: halves, as Rabenseifner's own program did).
 *
 * Which partner is first (first_partner) makes no difference on one switch.  Where several workers share a
 * network card it decides: half of the gradient goes to the first partner and 1/N of it to the last.
 *
 * Papers: Rabenseifner, Optimization of collective reduction operations, ICCS 2004; Thakur, Rabenseifner and
 * Gropp, Optimization of collective communication operations in MPICH, Int. J. High Perform. Comput. Appl.
 * 19(1), 2005 (section 4.5).
 *
 * Closed forms, fold: whole: 2(N-1)G bytes, 2 N' k + 2(N-N') messages; on one switch 2k a + 2(N'-1)G/(N' B)
 * + (N'-1) f G/(N' S) seconds, and 2(a + G/B) + f G/S more when N is no power of two; N' divides G.
 *
 * N counts the workers: there is no server.  Not modelled: binary blocks, the other way to serve any N.
 * A slow worker delays its partner of each round, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

enum { NEAREST, FARTHEST };
enum { WHOLE, HALVES };
static const char *const partners[] = {"nearest", "farthest", NULL};
static const char *const folds[] = {"whole", "halves", NULL};

struct rabenseifner {
    struct collective common;
    int first_partner, fold;
};

static const struct sim_parameter parameters[] = {
    COLLECTIVE_GRADIENT_PARAMETERS,
    {SIM_CHOICE(struct rabenseifner, first_partner),
     SIM_DEFAULT("nearest", SIM_OURS ", since the farthest one first moves 3.2 times the bytes "
                                     "through a shared card (MODEL.md)"),
     .choices = partners,
     .help = "with whom half of the gradient is exchanged: rank xor 1, or rank xor N'/2"},
    {SIM_CHOICE(struct rabenseifner, fold),
     SIM_DEFAULT("whole", "Thakur et al. 2005: as MPICH does"), .choices = folds,
     .help = "what a worker beyond the power of two gives to its neighbour first"},
    {0}};

/* Rounds 0 .. k-1 halve, rounds k .. 2k-1 undo them from the last to the first. */
static struct sim_step halve_or_double(int n, int place, int round, bool farthest)
{
    const int k = collective_floor_log2(n);
    const bool halving = round < k;
    const struct collective_halves halves =
        collective_halve(1 << k, place, halving ? round : 2 * k - 1 - round, farthest);

    return (struct sim_step){
        .to = halves.partner,
        .send = halving ? halves.given : halves.kept,
        .from = halves.partner,
        .receive = halving ? halves.kept : halves.given,
        .combine = halving ? SIM_SUM : SIM_REPLACE,
        .phase = halving ? "halve" : "double",
    };
}

static bool fold_whole(int n, int rank, int s, bool farthest, struct sim_step *step)
{
    int round;

    switch (collective_fold(n, rank, s, 2 * collective_floor_log2(n), step, &round)) {
    case COLLECTIVE_OVER: return false;
    case COLLECTIVE_FOLD: return true;
    case COLLECTIVE_ROUND: break;
    }
    *step = halve_or_double(n, collective_place_of(n, rank), round, farthest);
    step->to = step->from = collective_rank_of(n, step->to);
    return true;
}

bool rabenseifner_allreduce_steps(int n, int rank, int s, struct sim_step *step)
{
    return fold_whole(n, rank, s, false, step);
}

bool rabenseifner_farthest_allreduce_steps(int n, int rank, int s, struct sim_step *step)
{
    return fold_whole(n, rank, s, true, step);
}

/* ---- fold: halves; here the even ones of the first 2(N-N') stay, and the odd ones sit out ---- */

/* Step 0: the even one sums the first half, the odd one the second.  Step 1: the second goes to the even
 * one.  Last step: the odd one gets it all. */
static struct sim_step exchange_halves(int rank, int s)
{
    const bool even = rank % 2 == 0;
    const struct sim_range mine = sim_chunk(2, even ? 0 : 1), other = sim_chunk(2, even ? 1 : 0);
    const int neighbour = even ? rank + 1 : rank - 1;
    struct sim_step step = collective_idle(s <= 1 ? "fold" : "unfold");

    if (s == 0 || (s == 1 && !even) || (s > 1 && even)) {
        step.to = neighbour;
        step.send = s == 0 ? other : s == 1 ? mine : sim_whole();
    }
    if (s == 0 || (s == 1 && even) || (s > 1 && !even)) {
        step.from = neighbour;
        step.receive = s == 0 ? mine : s == 1 ? other : sim_whole();
        step.combine = s == 0 ? SIM_SUM : SIM_REPLACE;
    }
    return step;
}

static bool fold_halves(int n, int rank, int s, bool farthest, struct sim_step *step)
{
    const int k = collective_floor_log2(n), folded = n - (1 << k);
    const int before = folded > 0 ? 2 : 0, after = folded > 0 ? 1 : 0;
    const bool is_outside = s < before || s == before + 2 * k;

    if (s >= before + 2 * k + after)
        return false;
    *step = collective_idle("fold");
    if (is_outside && rank < 2 * folded)
        *step = exchange_halves(rank, s);
    if (is_outside || (rank < 2 * folded && rank % 2 == 1))
        return true;
    *step = halve_or_double(n, rank < 2 * folded ? rank / 2 : rank - folded, s - before, farthest);
    step->to = step->to < folded ? 2 * step->to : step->to + folded;
    step->from = step->to;
    return true;
}

static bool halves_steps(int n, int rank, int s, struct sim_step *step)
{
    return fold_halves(n, rank, s, false, step);
}

static bool farthest_halves_steps(int n, int rank, int s, struct sim_step *step)
{
    return fold_halves(n, rank, s, true, step);
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, then exchanges halves, quarters, ..."},
    {0}};

/* ---- laws ---- */

static int rounds(const struct sim_plan *plan)
{
    return collective_floor_log2(collective_workers(plan));
}

static int folded(const struct sim_plan *plan)
{
    return collective_workers(plan) - (1 << rounds(plan));
}

static bool exchanges_halves(const struct sim_plan *plan)
{
    return ((const struct rabenseifner *)plan->parameters)->fold == HALVES;
}

/* Folding by halves moves half a gradient more for each worker that is folded: the second half of the sum
 * goes to the neighbour before the rounds begin. */
static double all_bytes(const struct sim_plan *plan, int64_t bytes)
{
    const int64_t second_half = bytes - sim_largest_chunk(bytes, 2);
    const double more = exchanges_halves(plan) ? folded(plan) * (double)second_half : 0;

    return collective_twice_n_minus_1(plan, bytes) + more;
}

static double all_messages(const struct sim_plan *plan)
{
    return 2.0 * (1 << rounds(plan)) * rounds(plan) +
           (exchanges_halves(plan) ? 4.0 : 2.0) * folded(plan);
}

/* Halving gives all but the part that is kept to the end; doubling gives that part, then two, four, .. N'/2.
 * The largest parts are the first. */
static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    const int k = rounds(plan);
    double sum = (double)bytes * (folded(plan) > 0 ? 2 : 1);

    for (int j = 1; j < k; j++)
        sum += (double)sim_part_begin(bytes, 1 << j, 1 << k);
    return sum;
}

static bool card_is_known(const struct sim_plan *plan)
{
    return collective_card_holds(plan) && (!exchanges_halves(plan) || folded(plan) == 0);
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double places = 1 << rounds(plan), g = (double)bytes, part = (places - 1) * g / places;
    struct collective_path path = {2 * rounds(plan), 2 * part, part};

    if (folded(plan) > 0 && exchanges_halves(plan)) {
        path.messages += 3;
        path.bytes += 2 * g;
        path.added_bytes += g / 2;
    } else if (folded(plan) > 0) {
        path.messages += 2;
        path.bytes += 2 * g;
        path.added_bytes += g;
    }
    return path;
}

static bool parts_are_equal(const struct sim_plan *plan)
{
    return collective_divides(plan, 2 << rounds(plan));
}

static const struct collective_way ways[2][2] = {
#define WAY(steps_)                                                                                \
    {                                                                                              \
        .result = COLLECTIVE_ALL_REDUCE, .steps = steps_, .all_bytes = all_bytes,                  \
        .all_messages = all_messages, .busiest_card = busiest_card, .path = path,                  \
        .path_is_exact = parts_are_equal                                                           \
    }
    [NEAREST] = {[WHOLE] = WAY(rabenseifner_allreduce_steps), [HALVES] = WAY(halves_steps)},
    [FARTHEST] = {[WHOLE] = WAY(rabenseifner_farthest_allreduce_steps),
                  [HALVES] = WAY(farthest_halves_steps)},
#undef WAY
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct rabenseifner *wanted = plan->parameters;

    (void)err;
    collective_prepare(plan, &ways[wanted->first_partner][wanted->fold]);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("2(N-1)G, and (N-N') floor(G/2) more with fold: halves"),
    COLLECTIVE_LAW_OF_MESSAGES("(2 N' k + 2(N-N'))c, N' = 2^k; 4(N-N') with fold: halves"),
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES,
     "2(N'-1)G/N' in whole parts, and G more if N' < N", collective_busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = card_is_known,
     .assumes = COLLECTIVE_OWN_HOSTS ", one chunk, fold: whole"},
    COLLECTIVE_LAW_OF_SECONDS("C + 2k a + (N'-1)/N' (2G/B + f G/S), and 2(a + G/B) + f G/S more if "
                              "N' < N (3a + 2G/B + f G/2S with fold: halves)",
                              ", 2N' divides G"),
    {0}};

SIM_ALGORITHM(rabenseifner_allreduce) = {
    .name = "rabenseifner_allreduce",
    .summary = "N workers halve, then double: the bytes of a ring in 2 lg N messages",
    .paper = "Rabenseifner, Optimization of collective reduction operations, ICCS 2004",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct rabenseifner),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
