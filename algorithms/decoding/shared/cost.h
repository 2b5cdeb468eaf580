/* cost.h -- what a step of a model costs, however that is known: seconds given, a measured table, or a language model on a
 * device (sim/workload/language.h). */
#ifndef DECODING_COST_H
#define DECODING_COST_H

#include "sim/algorithm.h"
#include "sim/workload/language.h"

#include <stdint.h>

/* One pass over some tokens, for all sequences of a batch at once. */
struct dec_step {
    int64_t rows;  /* tokens that go through it */
    int sequences; /* that they belong to */
    double
        context_tokens; /* held before it, over all sequences: their keys and values are read once */
    double attended_tokens; /* over all rows: tokens that each attends to */
    double layer_share;     /* of the model's layers that it runs, in (0, 1] */
    double layer_from;      /* share of the layers before those: an exit's rest; 0 */
    bool is_spread;         /* those layers lie all over the model: some are skipped */
    bool skips_head;        /* no logits come of it */
    double
        extra_parameters; /* of matrices beside the model that its rows go through: heads, an adapter; with a model */
    double extra_seconds; /* of those, as given; without */
};

/* Of one model. */
struct dec_cost {
    double step_seconds;                    /* given */
    const struct dec_curve *curve;          /* measured; NULL: not */
    const struct sim_language_model *model; /* on the peer's device; NULL: none */
    int tensor_parallel;                    /* devices that share each layer */
};

/* A CSV file with the columns tokens and seconds, ascending in tokens; NULL with a sentence. */
const struct dec_curve *dec_curve_read(const char *path, struct sim_arena *arena,
                                       struct sim_error *err);

/* Between two rows of the table on the straight line, past the last on the line of the last two; before the first as the
 * first. */
double dec_curve_seconds(const struct dec_curve *curve, int64_t rows);

/* Add `rows` tokens of one sequence that holds `context_tokens`; a row attends to those before it (of a tree at most). */
void dec_step_add(struct dec_step *step, int64_t rows, int64_t context_tokens);

/* Seconds on that peer's device, with the target's shards left out of account (shards.h). */
double dec_step_seconds(const struct sim_plan *plan, int peer, const struct dec_cost *cost,
                        const struct dec_step *step);

/* Layers of its model, and the bytes of what goes from layer to layer for so many tokens; 0 without a model. */
int dec_layers(const struct dec_cost *cost);
int64_t dec_hidden_bytes(const struct dec_cost *cost, int64_t rows);

/* What such a step reads of memory, and computes; 0 where no model says it. */
double dec_step_memory_bytes(const struct dec_cost *cost, const struct dec_step *step);
double dec_step_flop(const struct dec_cost *cost, const struct dec_step *step);

#endif
