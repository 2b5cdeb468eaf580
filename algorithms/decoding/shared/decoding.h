/* decoding.h -- what all systems of speculative decoding share: parameters, sequences, the batch, the roles.
 *
 * The target serves requests: a batch of sequences at once, each round one step of the target over all of them.  What is
 * proposed to that step, and how it is judged, is the system's (dec_method); who drafts, and what crosses the network for it,
 * is written once (server.c, drafter.c).  Where tokens come from is tokens.h's; what a step costs is cost.h's.
 *
 * Roles: `target`, which leads the batch; `draft`, one peer for each draft model; `shard`, the other devices of a target
 * that lies on several (shards.h).
 *
 * TO ADD A SYSTEM, write algorithms/decoding/NAME.c with
 *   - a parameter struct whose first field is `struct decoding common`; its table begins with DEC_PARAMETERS
 *     and what else of the rows below it has a use for;
 *   - a struct dec_method, and `prepare`, which calls dec_prepare with it; `placed` is dec_placed, or calls it;
 *   - roles DEC_TARGET, DEC_DRAFT and DEC_SHARD; tables DEC_TABLES; `takes_requests = true`; laws.
 *
 * Tokens count as 4 bytes on the wire, probabilities likewise.
 *
 * Not modelled: chunked prefill; sequences that are driven out of memory once they are in it; a draft that has to catch
 * up with the last token of a round in which all were accepted. */
#ifndef DECODING_DECODING_H
#define DECODING_DECODING_H

#include "algorithms/decoding/shared/cost.h"
#include "algorithms/decoding/shared/tokens.h"
#include "sim/peer.h"
#include "sim/workload/requests.h"

#include <math.h>

enum {
    DEC_MOST_DRAFTS = 16,
    DEC_MOST_STEPS = 1024,
    DEC_MOST_LENGTHS = 64,
    DEC_TOKEN_BYTES = 4,
    DEC_ORDER_BYTES = 2 * DEC_TOKEN_BYTES
};

/* ---- parameters that all systems share ---- */

enum dec_placement { DEC_APART, DEC_TOGETHER };
enum dec_exchange {
    DEC_EXCHANGE_AUTO,
    DEC_EXCHANGE_TOKENS,
    DEC_EXCHANGE_PROBABILITIES,
    DEC_EXCHANGE_ROW_ON_REJECTION,
    DEC_EXCHANGE_ROWS,
};

/* The first field of every system's parameters; it begins with those of the tokens. */
struct decoding {
    struct tokens_options tokens_options;
    int tokens, prompt_tokens, batch;
    double draft_step_seconds, target_step_seconds;
    const char *draft_step_table, *target_step_table;
    int placement, exchange;
    int vocabulary;
    int tensor_parallel, pipeline_stages;
};

extern const char *const tokens_from_choices[];   /* "given", "text" */
extern const char *const tokens_tokenizers[];     /* "words", "characters" */
extern const char *const dec_placement_choices[]; /* "apart", "together" */
extern const char *const
    dec_exchange_choices[]; /* "auto", "tokens", "probabilities", "row_on_rejection", "rows" */

#define DEC_PARAMETERS                                                                             \
    {SIM_COUNT(struct decoding, tokens), SIM_DEFAULT("100", SIM_TEACHING), .least = 1,             \
     .most = 1 << 30, .help = "N, the tokens that each request asks for"},                         \
        {SIM_COUNT(struct decoding, prompt_tokens), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,     \
         .most = 1 << 24,                                                                          \
         .help = "tokens of each prompt, read in one step before the first token; 0: they were "   \
                 "read before"},                                                                   \
        {SIM_COUNT(struct decoding, batch), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,             \
         .most = 1 << 16, .help = "B, the sequences that are decoded at once, at most"},           \
        {SIM_SECONDS(struct decoding, target_step_seconds),                                        \
         SIM_DEFAULT("0",                                                                          \
                     SIM_TEACHING ", where neither a table nor a workload says: 20 ms and 2 ms"),  \
         .least = 0, .most = 1e6,                                                                  \
         .help =                                                                                   \
             "T_p, a step of the target on its host, however many tokens it looks at; without "    \
             "a workload; 0: 20ms"},                                                               \
        {SIM_FILE(struct decoding, target_step_table), SIM_DEFAULT("", SIM_ELSEWHERE),             \
         .help = "instead: CSV with the columns tokens, seconds, as measured"},                    \
        {SIM_CHOICE(struct tokens_options, tokens_from), SIM_DEFAULT("given", SIM_OURS),           \
         .choices = tokens_from_choices,                                                           \
         .help = "given: what is accepted is drawn; text: n-gram models that learnt from a text"}, \
        {SIM_FILE(struct tokens_options, text),                                                    \
         SIM_DEFAULT("", SIM_OURS ": the only text that comes with dmlsim"),                       \
         .help = "what the target learns from; empty: the story that comes with dmlsim"},          \
        {SIM_CHOICE(struct tokens_options, tokenizer), SIM_DEFAULT("words", SIM_OURS),             \
         .choices = tokens_tokenizers, .help = "what a token is"},                                 \
        {SIM_COUNT(struct tokens_options, order), SIM_DEFAULT("3", SIM_TEACHING), .least = 1,      \
         .most = 8, .help = "n of the target's n-grams"},                                          \
        {SIM_RATIO(struct tokens_options, interpolation), SIM_DEFAULT("0.9", SIM_OURS),            \
         .least = 0, .most = 1,                                                                    \
         .help = "weight of an order over the lower ones, where it knows the context"},            \
        {SIM_RATIO(struct tokens_options, temperature), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 0, \
         .most = 100, .help = "of target and drafts; 0: greedy, the most probable token"},         \
        {SIM_COUNT(struct tokens_options, top_k), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,       \
         .most = 1 << 24, .help = "only the so many most probable tokens are drawn; 0: all"},      \
        {SIM_RATIO(struct tokens_options, top_p), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1e-9,    \
         .most = 1, .help = "nucleus: only the most probable ones that have this share together"}, \
        {SIM_COUNT(struct decoding, vocabulary), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,      \
         .most = 1 << 24,                                                                          \
         .help = "V, numbers of a row of probabilities, where rows are sent; 0: as the models, "   \
                 "the text or 32000"},                                                             \
        {SIM_COUNT(struct decoding, tensor_parallel), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,   \
         .most = 1024,                                                                             \
         .help = "t, devices that share each layer of the target: two all-reduces a layer"},       \
    {                                                                                              \
        SIM_COUNT(struct decoding, pipeline_stages), SIM_DEFAULT("1", SIM_NEUTRAL),                \
            .least = 1, .most = 1024,                                                              \
            .help = "stages that the target's layers are cut in, each on devices of its own"       \
    }

/* Rows of the systems in which something is accepted or not. */
#define DEC_ACCEPTANCE_PARAMETERS                                                                  \
    {SIM_NUMBERS(struct tokens_options, acceptance),                                               \
     SIM_DEFAULT("", SIM_TEACHING ", where nothing else says: 0.8"), .least = 0, .most = 1,        \
     .help = "alpha: the probability that a drafted token is accepted; a list: for each "          \
             "position; empty: 0.8"},                                                              \
        {SIM_NUMBERS(struct tokens_options, rank_acceptance), SIM_DEFAULT("", SIM_ELSEWHERE),      \
         .least = 0, .most = 1,                                                                    \
         .help = "instead: that the target's token is among the first 1, 2, ... of the draft"},    \
    {                                                                                              \
        SIM_FILE(struct tokens_options, acceptance_trace), SIM_DEFAULT("", SIM_ELSEWHERE),         \
            .help = "instead: CSV with the column accepted, drafts that a round would accept, "    \
                    "and drafted, behind which its draft is not sure, if any"                      \
    }

/* Of those whose drafts are models. */
#define DEC_DRAFT_PARAMETERS                                                                       \
    {SIM_FILE(struct tokens_options, draft_text), SIM_DEFAULT("", SIM_ELSEWHERE),                  \
     .help = "what drafts learn from; empty: as the target"},                                      \
        {SIM_NUMBERS(struct tokens_options, draft_orders), SIM_DEFAULT("", SIM_ELSEWHERE),         \
         .least = 1, .most = 8,                                                                    \
         .help = "n of each draft's n-grams; empty: 1, 2, ... less than the target's"},            \
        {SIM_SECONDS(struct decoding, draft_step_seconds),                                         \
         SIM_DEFAULT("0",                                                                          \
                     SIM_TEACHING ", where neither a table nor a workload says: 20 ms and 2 ms"),  \
         .least = 0, .most = 1e6,                                                                  \
         .help = "T_q, a step of a draft on its host; without a workload; 0: 2ms"},                \
    {                                                                                              \
        SIM_FILE(struct decoding, draft_step_table), SIM_DEFAULT("", SIM_ELSEWHERE),               \
            .help = "instead: CSV with the columns tokens, seconds, as measured"                   \
    }

/* Of those whose drafts may have hosts of their own; `where` is the default of `placement`. */
#define DEC_PLACEMENT_PARAMETERS(where)                                                            \
    {SIM_CHOICE(struct decoding, placement), SIM_DEFAULT(where, SIM_OURS),                         \
     .choices = dec_placement_choices,                                                             \
     .help = "drafts on hosts of their own, or on the target's"},                                  \
    {                                                                                              \
        SIM_CHOICE(struct decoding, exchange),                                                     \
            SIM_DEFAULT("auto", "what the rule of acceptance needs"),                              \
            .choices = dec_exchange_choices,                                                       \
            .help = "what goes with drafted tokens: nothing, their probabilities, also the row "   \
                    "of a rejected one when asked for, or all rows; auto: what the rule needs"     \
    }

/* Of those that stop drafting where the draft is not sure: with given acceptance. */
#define DEC_CONFIDENCE_PARAMETERS                                                                  \
    {                                                                                              \
        SIM_RATIO(struct tokens_options, confidence_spread),                                       \
            SIM_DEFAULT("1", SIM_OURS ": calibrated, as far as [0, 1] lets them"),                 \
            .least = 0, .most = 1,                                                                 \
            .help = "how far the draft's confidences lie from alpha; 1: as far as [0, 1] lets "    \
                    "them"                                                                         \
    }

/* ---- sequences ---- */

struct dec_sequence {
    int number; /* of its request */
    double arrived_at, first_token_at, finished_at;
    int emitted;        /* tokens, of dec_options(plan)->tokens */
    int context_tokens; /* prompt and emitted */
    bool is_new;        /* its drafts know nothing of it yet */
    struct token_sequence *tokens;

    /* Of the round under way. */
    struct tree tree;
    struct tokens_verdict verdict;
    int window_from; /* the first node that was drafted in this round: 1 unless drafts are kept from round to round */
    int verified; /* depth to which nodes were accepted in rounds before: 0 unless so */

    /* Of all its rounds. */
    int rounds, drafted, accepted, rejected;
    void *own; /* the system's */
};

/* ---- what a system says ---- */

struct dec_server; /* server.h */
struct dec_shards; /* shards.h */
struct shape;      /* shapes.h */

struct dec_method {
    /* `draft` proposes for a sequence: grows its tree.  Pure of time.  NULL: nobody drafts. */
    void (*propose)(const struct sim_plan *plan, struct dec_sequence *sequence, int draft);

    /* The steps that the draft makes for those proposals, one after the other, all sequences of the batch together; how
     * many (DEC_MOST_STEPS at most).  NULL: dec_draft_steps. */
    int (*draft_steps)(const struct sim_plan *plan, struct dec_sequence *const *batch, int count,
                       int draft, struct dec_step *steps);

    /* Add to `step` what verifying one sequence costs the target.  NULL: all nodes of its tree (dec_add_tree). */
    void (*add_to_verify)(const struct sim_plan *plan, const struct dec_sequence *sequence,
                          struct dec_step *step);

    /* A node is sent with its parent, for it is a tree. */
    bool sends_parents;

    /* Bytes that go with the drafts of a sequence beside what `exchange` says, such as hidden states.  NULL: none. */
    int64_t (*proposal_bytes)(const struct sim_plan *plan, const struct dec_sequence *sequence,
                              int draft);

    /* Once the target, `me`, has judged the sequence.  NULL: nothing. */
    void (*judged)(struct sim_peer *me, struct dec_sequence *sequence);

    /* At the end of the run: metrics of its own.  NULL: none. */
    void (*report)(struct sim_peer *me);

    /* A sequence begins.  NULL: nothing. */
    void (*begin)(const struct sim_plan *plan, struct dec_sequence *sequence);

    /* A round of its own, in place of draft, verify, judge (PEARL's, where both go on at once).  NULL: that one. */
    void (*round)(struct dec_server *server);

    struct tokens_judgement judgement;
};

/* One step for each depth of the trees: the tokens of that depth that the draft went on from. */
int dec_draft_steps(const struct sim_plan *plan, struct dec_sequence *const *batch, int count,
                    int draft, struct dec_step *steps);

/* Tokens whose keys and values are held: all but the last one, which goes through the step. */
int64_t dec_held_tokens(const struct dec_sequence *sequence);
void dec_add_tree(const struct dec_sequence *sequence, struct dec_step *step);

/* Propose a tree of that shape: by `draft`, or, DEC_HEAD_OF_DEPTH, each level by the head that guesses it.  All children of a
 * node are asked for at once; there may be fewer than the shape has places for. */
enum { DEC_HEAD_OF_DEPTH = -1 };
void dec_draft_shape(struct dec_sequence *sequence, const struct shape *shape, int draft,
                     enum tokens_choice choice);

/* Bytes of what a draft proposes for a sequence. */
int64_t dec_proposal_bytes(const struct sim_plan *plan, const struct dec_sequence *sequence,
                           int draft);
enum dec_exchange dec_exchange_of(const struct sim_plan *plan); /* never DEC_EXCHANGE_AUTO */
int dec_row_length(const struct sim_plan *plan);                /* V */

/* The tree without what that draft proposed from node `from` on. */
void dec_drop_draft(struct tree *tree, int draft, int from);

/* ---- the run ---- */

/* What is counted while a run goes on, over all sequences. */
struct dec_tally {
    int64_t emitted, committed; /* committed: before the last round's surplus is cut off */
    int64_t rounds;   /* verifications: one for each sequence that a step of the target looked at */
    int64_t steps;    /* of the target, prefills left out */
    int64_t reported; /* rows of the table of rounds; in some the draft alone has a step (PEARL) */
    int64_t drafted, accepted,
        rejected;           /* rejected: looked at, and refused; the rest was never looked at */
    int64_t sequence_steps; /* batch sizes, summed over steps */
    int64_t cycles;         /* of rounds, from one token of the target's own to the next */
    int64_t lengths[DEC_MOST_LENGTHS];
    double draft_seconds, exchange_seconds, verify_seconds, prefill_seconds;
    double target_memory_bytes, draft_memory_bytes, target_flop, draft_flop;
    double most_resident_bytes; /* on a device of the target */
    int room;                   /* sequences that memory and `batch` leave room for */
    int unfinished;
    double speedup; /* over the target alone; NaN where it cannot be told, known at the end */
};

/* A system's plan->prepared begins with it. */
struct dec_run {
    const struct decoding *options;
    const struct dec_method *method;
    const struct tokens *tokens;
    int drafts;        /* models, or heads */
    bool draft_speaks; /* in the target's place */
    bool drafts_apart; /* the role `draft` is cast */
    bool drafts_here;  /* the target's own layers draft, on its devices */
    struct dec_cost target_cost, draft_costs[DEC_MOST_DRAFTS];
    double
        extra_parameters; /* that the target's devices hold beside its model: heads, an adapter */
    double
        layers_of_draft; /* the share of its model that the role `draft` holds: 1, or up to an exit */
    const struct dec_shards *shards; /* the devices of the target */
    int count;
    struct dec_sequence *sequences;
    struct dec_tally *tally;
};

static inline const struct dec_run *dec_run_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static inline const struct decoding *dec_options(const struct sim_plan *plan)
{
    return plan->parameters;
}

/* How a system drafts. */
enum dec_drafting {
    DEC_NO_DRAFTS,
    DEC_DRAFT_ALONE,  /* nobody drafts: the draft speaks in the target's place */
    DEC_OTHER_MODELS, /* the role `draft`, on hosts of their own or the target's */
    DEC_OWN_LAYERS,   /* part of the target: on its own devices, unless placement: apart */
    DEC_HEADS,        /* of the target, which compute with it */
};

/* Check the parameters (also those of the workload: plan->language), open the tokens and the costs, cast the roles; `run` is the head of plan->prepared, from the arena. */
bool dec_prepare(struct sim_plan *plan, struct dec_run *run, const struct dec_method *method,
                 enum dec_drafting drafting, int drafts, struct sim_error *err);

/* Once peers have hosts: do the devices hold the models, and a sequence? */
bool dec_placed(struct sim_plan *plan, struct sim_error *err);

/* ---- roles (server.c, drafter.c) ---- */

void dec_act_as_target(struct sim_peer *me);
void dec_act_as_draft(struct sim_peer *me);

#define DEC_TARGET                                                                                 \
    {                                                                                              \
        "target", dec_act_as_target, "decodes a batch of sequences, and judges what was drafted"   \
    }
#define DEC_DRAFT                                                                                  \
    {                                                                                              \
        "draft", dec_act_as_draft, "drafts tokens for the target to verify", .comes_back = true    \
    }

/* ---- requests.csv and rounds.csv ---- */

extern const struct sim_table dec_tables[];

/* The rows of dec_tables, for systems that add one of their own. */
#define DEC_TABLES                                                                                 \
    {"requests", "a row for each request: when its tokens came, and what was drafted for them",    \
     dec_request_columns, dec_request_words, dec_request_summarised},                              \
    {                                                                                              \
        "rounds",                                                                                  \
            "a row for each step of the target: what was drafted, accepted and emitted, and its "  \
            "seconds",                                                                             \
            dec_round_columns, dec_round_words, NULL                                               \
    }
extern const char *const dec_request_columns[];
extern const char *const dec_request_summarised[];
extern const char *const dec_round_columns[];
extern const char *const *const dec_request_words[];
extern const char *const *const dec_round_words[];

/* ---- for laws ---- */

/* One request without a prompt, given seconds, undisturbed, and nothing but tokens goes between the hosts. */
bool dec_is_simple(const struct sim_plan *plan);
#define DEC_SIMPLE                                                                                 \
    "one request without a prompt, given seconds, tokens alone are exchanged, nothing is "         \
    "disturbed, network: textbook"

/* Every message between draft and target crosses the network; both. */
bool dec_is_apart(const struct sim_plan *plan);
bool dec_bytes_are_known(const struct sim_plan *plan);
#define DEC_APART_TOO "the same, and draft and target on hosts of their own"

/* As tokens.h has them. */
bool dec_is_iid(const struct sim_plan *plan);
double dec_alpha(const struct sim_plan *plan);

/* What crosses the network in so many rounds of one sequence and one draft: orders there, and answers of so many bytes in all
 * back; 0 where nobody is asked. */
double dec_exchange_seconds(const struct sim_plan *plan, double rounds, double answer_bytes);

/* c: a step of the draft over one of the target, a token behind the prompt; once peers have hosts. */
double dec_cost_ratio(const struct sim_plan *plan);

/* Enough that their counts tell how far chance goes. */
bool dec_has_many_rounds(const struct sim_plan *plan, double tokens_per_round);
#define DEC_MANY_ROUNDS "at least 200 rounds, undisturbed"

/* Of tokens per step, and of the speedup that follows from them: that of the accepted lengths of this run, and the round by
 * which the last one of each request may be cut short.  Lengths of rounds must be independent. */
double dec_deviation(const struct sim_plan *plan);

double dec_steps(const struct sim_totals *totals);
double dec_speedup(const struct sim_totals *totals);
double dec_tokens_per_step(const struct sim_totals *totals);

#endif
