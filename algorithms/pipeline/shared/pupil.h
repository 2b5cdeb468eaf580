/* pupil.h -- what a stage really learns: its layers of a small perceptron, in the versions that its weights have.
 *
 * An update makes a new version.  Which version a micro-batch meets is PipeDream's question (Narayanan et al., SOSP
 * 2019, section 3.3), where updates go on between its forward and its backward pass:
 *
 *   stashing       forward with the newest; backward with the version of its forward pass
 *   vertical_sync  forward with the version that stage 0 had for this micro-batch; backward with the same
 *   newest         forward and backward with the newest of that moment: not the gradient of anything
 *
 * With a flush there is one version at a time, and all three are plain descent on the mean of all micro-batches. */
#ifndef PIPELINE_PUPIL_H
#define PIPELINE_PUPIL_H

#include "algorithms/learning/learner.h"
#include "algorithms/learning/sgd.h"
#include "algorithms/pipeline/shared/schedule.h"
#include "sim/peer.h"

enum pipeline_weights { WEIGHTS_STASHING, WEIGHTS_VERTICAL_SYNC, WEIGHTS_NEWEST };
extern const char *const pipeline_weights_choices[];

enum { PUPIL_LEARNING_OFF, PUPIL_LEARNING_MLP };
extern const char *const pupil_learning_choices[];

/* What all stages share; NULL with learning off. */
struct pipeline_learning;
struct layout; /* pipeline.h */

/* The small model for a plan that is laid out; *learning stays NULL with learning off.  False with a sentence, as
 * where it has fewer layers than parts. */
bool pupil_prepare(struct sim_plan *plan, const struct layout *layout,
                   struct pipeline_learning **learning, struct sim_error *err);

struct pupil;

/* One peer's; NULL with learning off. */
struct pupil *pupil_open(const struct sim_peer *me, struct pipeline_learning *learning,
                         const struct layout *layout, int worker);

/* Numbers that leave (or gradients that enter) a part behind its last layer, for one micro-batch. */
size_t pupil_boundary(const struct pipeline_learning *learning, int part);

/* The numbers of a chunk's gradient, for collectives: they are added to by backward passes, and used up by updates. */
double *pupil_gradient(struct pupil *pupil, int chunk, size_t *count);

/* `in` is what the part before left (NULL: samples), `out` takes what leaves (NULL: nothing does: scores); `microbatch`
 * counts from the start of the run.  `version` is that to use: see above. */
void pupil_forward(struct pupil *pupil, int chunk, int64_t microbatch, int version,
                   const double *in, double *out);

/* B, W or both: in is the gradient of what left (NULL: of the loss), out takes that of what came in (NULL: not
 * wanted). */
void pupil_backward(struct pupil *pupil, enum operation_kind kind, int chunk, int64_t microbatch,
                    int version, const double *in, double *out);

/* All chunks take a step of descent with the mean of the gradients that were added: of `count`. */
void pupil_update(struct pupil *pupil, int count);

/* The whole model as its stages have it at this moment, tested on what nobody learns from, into the table learning;
 * by one peer, when `done` micro-batches are through and it is due, or is_last. */
void pupil_tell(struct sim_peer *me, struct pipeline_learning *learning, int64_t done,
                bool is_last);

#define PUPIL_TABLE "learning"
extern const char *const pupil_columns[];

#endif
