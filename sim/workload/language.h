/* language.h -- a language model as its shape, and what a step of it costs on a device.
 *
 * A step runs some tokens, of one sequence or of many, through the layers: the weights are read once, and once the keys
 * and values of each sequence.  The roofline is that of cost.h (Williams, Waterman and Patterson, CACM 2009), for the
 * layers as a whole:
 *
 *     share x layers x layer_overhead + sqrt(T_byte^2 + T_flop^2)
 *
 * T_byte = bytes / (memory_bandwidth x byte_efficiency), 0 where the device does not tell its bandwidth; T_flop = flop /
 * (speed x flop_efficiency).  Byte and flop counts are those of the matrices, the LM head and the attention; norms, biases,
 * activations, the rows of the embedding that are looked up, and what is sent between devices are left out.
 *
 * Shapes: Vaswani et al., Attention Is All You Need, NIPS 2017; Touvron et al., LLaMA, 2023 (gated MLP, RMSNorm);
 * Ainslie et al., GQA, EMNLP 2023 (kv_heads); Raffel et al., JMLR 2020 (encoder and decoder). */
#ifndef SIM_WORKLOAD_LANGUAGE_H
#define SIM_WORKLOAD_LANGUAGE_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_device; /* sim/platform/device.h */

struct sim_language_model {
    const char *name;
    const char *source; /* who says so */
    int layers;         /* of the decoder */
    int hidden;
    int heads, kv_heads, head_size;
    int ffn; /* width inside the MLP */
    int vocabulary;
    int positions;    /* rows of a learnt table of positions; 0: there is none */
    bool is_gated;    /* the MLP has three matrices, not two */
    bool is_tied;     /* the LM head is the embedding */
    bool has_biases;  /* of matrices and norms */
    bool has_encoder; /* as many layers once more, which the decoder's cross-attention looks at */
    int bytes_per_number;

    /* What follows. */
    int64_t
        linear_parameters;   /* matrices of all layers of the decoder, the LM head not among them */
    int64_t head_parameters; /* the LM head: hidden x vocabulary */
    int64_t parameters;      /* all that is kept: embedding, encoder, norms and biases too */
    int64_t kv_bytes_per_token; /* keys and values of all layers */
};

/* `workload: {model, draft}` of a scenario. */
enum { SIM_LANGUAGE_MOST_DRAFTS = 16 };
struct sim_language_workload {
    const struct sim_language_model *target;
    int draft_count;
    const struct sim_language_model *drafts[SIM_LANGUAGE_MOST_DRAFTS];
};

/* ---- a step ---- */

struct sim_language_step {
    int64_t rows; /* tokens that go through it, over all sequences */
    double
        context_tokens; /* held before it, over all sequences: keys and values are read once, of a tree too */
    double
        attended_tokens; /* summed over rows: tokens that each attends to; k rows of a sequence that holds c: k(c + k/2) */
    double
        layer_share; /* of the layers that run here, in (0, 1]: early exits, stages of a pipeline */
    bool skips_head; /* no logits come of it */
    int tensor_parallel; /* devices that share each matrix, of which this is one */
    double
        extra_parameters; /* of matrices beside the model that its rows go through: heads, an adapter */
};

/* The step of `rows` tokens of one sequence that holds `context_tokens`: all layers and the head, on one device. */
struct sim_language_step sim_language_step_of(int64_t rows, int64_t context_tokens);

/* Add `rows` tokens of another sequence. */
void sim_language_step_add(struct sim_language_step *step, int64_t rows, int64_t context_tokens);

/* On one of the devices that share it; a step of no rows takes no time, reads and computes nothing. */
double sim_language_step_seconds(const struct sim_device *device,
                                 const struct sim_language_model *model,
                                 const struct sim_language_step *step);
double sim_language_step_memory_bytes(const struct sim_language_model *model,
                                      const struct sim_language_step *step);
double sim_language_step_flop(const struct sim_language_model *model,
                              const struct sim_language_step *step);

/* ---- memory and messages ---- */

/* Weights of `share` of it: 1 / devices where layers or matrices are dealt out evenly. */
double sim_language_weight_bytes(const struct sim_language_model *model, double share);

/* Those, and the keys and values of so many tokens. */
double sim_language_resident_bytes(const struct sim_language_model *model, double share,
                                   double tokens);

/* What goes on from one layer to the next. */
int64_t sim_language_hidden_bytes(const struct sim_language_model *model, int64_t rows);

/* ---- having one ---- */

enum { SIM_LANGUAGE_MOST_BYTES = 100 * 1000 }; /* reading takes the square of the number of rows */

/* A name is a row of dmlsim's own table, scenarios/language/models.csv, looked for here and then in each of `folders`
 * (NULL-ended, or NULL); what holds a slash or ends in .csv is the path of a table of one row, looked for likewise. */

/* Why there is none of that name, as the end of a sentence; NULL where there is one, readable or not. */
const char *sim_language_lack(struct sim_arena *arena, const char *const *folders,
                              const char *name_or_path);

/* NULL, with a sentence that names file and line where there are any, when it cannot be had.  *called, if not NULL, is
 * what finds it again from here: the name, or the file that was found. */
const struct sim_language_model *sim_language_load(struct sim_arena *arena,
                                                   const char *const *folders,
                                                   const char *name_or_path, const char **called,
                                                   struct sim_error *err);

/* The models of that table, NULL-ended, in its order; none where it cannot be read. */
const struct sim_language_model *const *sim_language_models(struct sim_arena *arena,
                                                            const char *const *folders,
                                                            struct sim_error *err);

/* All rows of a text, NULL-ended; NULL with sentences. */
const struct sim_language_model *const *sim_language_parse(struct sim_arena *arena,
                                                           const char *path, const char *text,
                                                           size_t length, struct sim_error *err);

#endif
