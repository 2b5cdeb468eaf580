/* tokens_given.c -- tokens that mean nothing, and an acceptance that is given.
 *
 *   acceptance        a drafted token is accepted with probability alpha, one for all positions or one for each
 *   rank_acceptance   of the children of a node, the one of rank r is right with the r-th difference of that table, and at
 *                     most one is (SpecInfer's Table 1); each draft has a draw of its own
 *   head_accuracy     the same with a table for each depth, as Medusa's heads have
 *   acceptance_trace  the r-th round of a sequence accepts as many drafts as the r-th row says, counted round, from a row of
 *                     the sequence's own number on; where rounds run into each other (PEARL: without_bonus) a row is how
 *                     many are accepted until a token of the target's follows
 *
 * The draft's confidence in a token is uniform around alpha, and the token is accepted with that probability: it is
 * calibrated.  With ranks it is the first of the table of that depth.  With a trace it is 1, or, where that has a column
 * drafted, 0 in the last token of those: drafts that stop where they are not sure stop there. */
#include "algorithms/decoding/shared/heads.h"
#include "algorithms/decoding/shared/tokens_inside.h"
#include "sim/base/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double default_alpha = 0.8;
enum { MOST_TRACE_BYTES = 50 * 1000 * 1000 };

struct given {
    int position_count;
    const double *positions;     /* alpha of each */
    int rank_count, rank_depths; /* the last depth's goes on */
    const double *ranks;         /* [rank_depths x rank_count], cumulative */
    int round_count;
    int *rounds;  /* accepted in each round of a trace */
    int *drafted; /* in each round of a trace; NULL: it does not say */
    double spread;
};

struct given_sequence {
    int round;   /* of the trace that is read next */
    int to_come; /* drafts that are accepted before the next one is refused; -1: read a round */
};

static const struct given *given_of(const struct token_sequence *sequence)
{
    return sequence->tokens->own;
}

/* Of a token at that depth. */
static double alpha_at(const struct given *given, int depth)
{
    return given->positions[depth < given->position_count ? depth - 1 : given->position_count - 1];
}

/* How often the first 1, 2, ... guesses are right there. */
static const double *ranks_at(const struct given *given, int depth)
{
    const int row = depth < given->rank_depths ? depth - 1 : given->rank_depths - 1;

    return given->ranks + (size_t)row * (size_t)given->rank_count;
}

/* ---- drafting ---- */

static void begin(struct token_sequence *sequence, int prompt_tokens)
{
    struct given_sequence *own = sim_new(sequence->arena, struct given_sequence, 1);
    const struct given *given = given_of(sequence);

    own->round = given->round_count > 0 ? sequence->number % given->round_count : 0;
    own->to_come = -1;
    sequence->own = own;
    for (int i = 0; i < prompt_tokens; i++)
        token_sequence_append(sequence, 0);
}

/* Of the trace; its rounds are read as they are verified. */
static int coming_round(const struct token_sequence *sequence)
{
    const struct given_sequence *own = sequence->own;

    return own->round;
}

static double confidence_at(struct token_sequence *sequence, int depth)
{
    const struct given *given = given_of(sequence);
    const double alpha = alpha_at(given, depth);
    const double half = given->spread * fmin(alpha, 1 - alpha);

    if (given->round_count > 0)
        return given->drafted == NULL || depth != given->drafted[coming_round(sequence)];
    if (given->rank_count > 0)
        return ranks_at(given, depth)[0];
    return half == 0 ? alpha : alpha + half * (2 * sim_random_uniform(sequence->draft_random) - 1);
}

static int draft_children(struct token_sequence *sequence, struct tree *tree, int parent, int draft,
                          enum tokens_choice choice, int count)
{
    (void)choice;
    for (int rank = 0; rank < count; rank++) {
        const double confidence = confidence_at(sequence, tree->nodes[parent].depth + 1);

        tree_add(tree, (struct tree_node){.parent = parent,
                                          .draft = draft,
                                          .rank = rank,
                                          .probability = confidence,
                                          .confidence = confidence});
    }
    return count;
}

/* ---- verifying ---- */

static void read_round(const struct given *given, struct given_sequence *own)
{
    own->to_come = given->rounds[own->round];
    own->round = (own->round + 1) % given->round_count;
}

static int accept_of_trace(const struct given *given, struct given_sequence *own, int child)
{
    if (own->to_come < 0)
        read_round(given, own);
    return own->to_come-- > 0 ? child : TREE_NONE;
}

/* Which rank is right at that depth; -1 where none of the table is. */
static int right_rank(struct token_sequence *sequence, int depth)
{
    const struct given *given = given_of(sequence);
    const double *ranks = ranks_at(given, depth);
    const double draw = sim_random_uniform(sequence->target_random);
    int rank = 0;

    while (rank < given->rank_count && draw >= ranks[rank])
        rank++;
    return rank < given->rank_count ? rank : -1;
}

/* The first child of `parent` that is right, by a draw for each draft, or for each child. */
static int accept_child(struct token_sequence *sequence, const struct tree *tree, int parent)
{
    const struct given *given = given_of(sequence);
    int right = -1, draft = -1;

    for (int c = tree_child(tree, parent, TREE_NONE); c != TREE_NONE;
         c = tree_child(tree, parent, c)) {
        const struct tree_node *node = &tree->nodes[c];

        if (given->round_count > 0)
            return accept_of_trace(given, sequence->own, c);
        if (given->rank_count == 0) {
            if (sim_random_uniform(sequence->target_random) < node->probability)
                return c;
            continue;
        }
        if (node->draft != draft)
            right = right_rank(sequence, node->depth);
        draft = node->draft;
        if (node->rank == right)
            return c;
    }
    return TREE_NONE;
}

/* Follows right children; whether a token of the target's is next. */
static bool walk(struct token_sequence *sequence, const struct tree *tree,
                 const struct tokens_judgement *judgement, struct tokens_verdict *verdict)
{
    for (;;) {
        int child = tree_child(tree, verdict->node, TREE_NONE);

        if (child == TREE_NONE ||
            (judgement->limit > 0 && tree->nodes[child].depth > judgement->limit))
            return !judgement->without_bonus;
        child = accept_child(sequence, tree, verdict->node);
        if (child == TREE_NONE)
            return true;
        verdict->node = child;
        verdict->accepted++;
    }
}

static struct tokens_verdict verify(struct token_sequence *sequence, const struct tree *tree,
                                    const struct tokens_judgement *judgement)
{
    struct given_sequence *own = sequence->own;
    struct tokens_verdict verdict = {.node = tree_descend(tree, judgement->first)};

    verdict.has_bonus = walk(sequence, tree, judgement, &verdict);
    if (verdict.has_bonus)
        own->to_come = -1; /* drafts begin anew behind it, and so does a trace */
    return verdict;
}

/* ---- the rest means nothing ---- */

static int next(struct token_sequence *sequence)
{
    (void)sequence;
    return 0;
}

static int next_of_draft(struct token_sequence *sequence, int draft)
{
    (void)sequence;
    (void)draft;
    return 0;
}

static const char *text(const struct token_sequence *sequence, int from, struct sim_arena *arena)
{
    (void)sequence;
    (void)from;
    (void)arena;
    return NULL;
}

static double overlap(struct token_sequence *sequence, int draft)
{
    (void)sequence;
    (void)draft;
    return NAN;
}

/* ---- before ---- */

static bool read_length(const struct sim_csv *csv, const char *field, const char *column,
                        int *length)
{
    char *end;
    const long value = strtol(field, &end, 10);

    *length = (int)value;
    return (end != field && *end == '\0' && value >= 0 && value < 1 << 30) ||
           sim_fail(csv->err, "%s:%d: '%s' is no number of %s tokens.", csv->path, csv->line, field,
                    column);
}

/* `drafted` is -1 where there is no such column. */
static bool read_round_of_trace(const struct sim_csv *csv, const char *const *fields, int count,
                                int accepted, int drafted, struct given *given)
{
    const int round = given->round_count;

    if (accepted >= count || drafted >= count)
        return sim_fail(csv->err, "%s:%d: this row has %d fields, too few.", csv->path, csv->line,
                        count);
    if (!read_length(csv, fields[accepted], "accepted", &given->rounds[round]))
        return false;
    if (drafted >= 0 && !read_length(csv, fields[drafted], "drafted", &given->drafted[round]))
        return false;
    if (drafted >= 0 && (given->drafted[round] < 1 || given->rounds[round] > given->drafted[round]))
        return sim_fail(csv->err, "%s:%d: at least one token is drafted, and no more are accepted.",
                        csv->path, csv->line);
    given->round_count++;
    return true;
}

static bool read_trace(struct given *given, const char *path, struct sim_arena *arena,
                       struct sim_error *err)
{
    struct sim_csv csv;
    const char *const *fields;
    int count, accepted, drafted;

    if (!sim_csv_load(&csv, path, MOST_TRACE_BYTES, arena, err) ||
        !sim_csv_row(&csv, &fields, &count))
        return false;
    accepted = sim_csv_place(fields, count, "accepted");
    drafted = sim_csv_place(fields, count, "drafted");
    if (accepted < 0)
        return sim_fail(err, "%s: its first line must name the column accepted.", path);
    given->rounds = sim_new(arena, int, sim_csv_most_rows(&csv));
    if (drafted >= 0)
        given->drafted = sim_new(arena, int, sim_csv_most_rows(&csv));
    for (;;) {
        if (!sim_csv_row(&csv, &fields, &count))
            return false;
        if (fields == NULL)
            break;
        if (!read_round_of_trace(&csv, fields, count, accepted, drafted, given))
            return false;
    }
    return given->round_count > 0 || sim_fail(err, "%s: there is no round in this trace.", path);
}

static bool take_ranks(struct given *given, const struct sim_numbers *ranks, struct sim_error *err)
{
    given->rank_count = ranks->count;
    given->rank_depths = 1;
    given->ranks = ranks->values;
    for (int r = 1; r < ranks->count; r++)
        if (ranks->values[r] < ranks->values[r - 1])
            return sim_fail(err,
                            "rank_acceptance is cumulative, the share that is right among the "
                            "first 1, 2, ... of a draft: it cannot fall from %g to %g.",
                            ranks->values[r - 1], ranks->values[r]);
    return true;
}

static bool take_heads(struct given *given, const char *path, struct sim_arena *arena,
                       struct sim_error *err)
{
    struct heads heads;

    if (!heads_read(&heads, path, arena, err))
        return false;
    given->rank_count = heads.ranks;
    given->rank_depths = heads.heads;
    given->ranks = heads.cumulative;
    return true;
}

static const struct tokens_method method = {.begin = begin,
                                            .draft = draft_children,
                                            .verify = verify,
                                            .next = next,
                                            .next_of_draft = next_of_draft,
                                            .text = text,
                                            .overlap = overlap};

bool tokens_given_open(struct tokens *tokens, struct sim_arena *arena, struct sim_error *err)
{
    const struct tokens_options *options = tokens->options;
    struct given *given = sim_new(arena, struct given, 1);

    tokens->method = &method;
    tokens->own = given;
    given->spread = options->confidence_spread;
    given->position_count = options->acceptance.count > 0 ? options->acceptance.count : 1;
    given->positions = options->acceptance.count > 0 ? options->acceptance.values : &default_alpha;
    if (options->head_accuracy != NULL && options->head_accuracy[0] != '\0')
        return take_heads(given, options->head_accuracy, arena, err);
    if (options->acceptance_trace != NULL && options->acceptance_trace[0] != '\0')
        return read_trace(given, options->acceptance_trace, arena, err);
    return take_ranks(given, &options->rank_acceptance, err);
}

/* ---- what is given ---- */

bool tokens_are_alike(const struct tokens_options *options)
{
    return options->tokens_from == TOKENS_GIVEN && options->acceptance.count <= 1 &&
           (options->acceptance_trace == NULL || options->acceptance_trace[0] == '\0');
}

bool tokens_are_iid(const struct tokens_options *options)
{
    return tokens_are_alike(options) && options->rank_acceptance.count == 0;
}

double tokens_alpha(const struct tokens_options *options)
{
    return options->acceptance.count > 0 ? options->acceptance.values[0] : default_alpha;
}
