/* segments.h -- a network in segments, each from one exit to the next: where each is computed, what it costs there, and
 * how many bytes go on.
 *
 * What a segment costs is said in one of four ways: flop; seconds measured; layers of the workload; or the layers of
 * the network that has learned. */
#ifndef INFERENCE_SEGMENTS_H
#define INFERENCE_SEGMENTS_H

#include "algorithms/inference/rules/exit_lesson.h"
#include "sim/algorithm.h"

enum { SEGMENTS_TIERS = 3, SEGMENTS_MOST = 16 };

/* As a scenario says it; an empty list says nothing. */
struct segments_options {
    const struct sim_numbers *segment_flop, *exit_seconds, *exit_layers, *head_flop;
    const struct sim_numbers *tiers, *cut_bytes;
    int64_t sample_bytes; /* 0: not said */
};

struct segment {
    int tier;
    int64_t
        bytes; /* that go to it, if it is not where the one before is; of the sample for the first */
    double flop;    /* beside its layers: all, or its head */
    double seconds; /* likewise, on the host that computes it */
    const struct sim_layer *layers;
    int layer_count;
};

struct segments {
    int count;
    struct segment segments[SEGMENTS_MOST];
};

/* For that many exits; `lesson`: what has learned, or NULL.  False with a sentence where what is said does not belong
 * together, or changes nothing. */
bool segments_prepare(struct segments *segments, const struct sim_plan *plan, int exits,
                      const struct segments_options *options, const struct exit_lesson *lesson,
                      struct sim_error *err);

/* The flop of sim_compute for a segment on that peer's host; once peers have hosts. */
double segment_flop(const struct sim_plan *plan, const struct segment *segment, int peer);

/* Memory for all layers of the segments of that tier: their weights, and of the layer where that is most what goes in
 * and comes out; 0 where costs are not those of layers. */
double segments_memory_bytes(const struct segments *segments, int tier);

#endif
