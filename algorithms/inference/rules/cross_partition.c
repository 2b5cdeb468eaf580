/* cross_partition.c -- FGCP: weights between two nodes, and the fewest numbers that must be sent for them. */
#include "algorithms/inference/rules/co_clustering.h"

/* The weights between inputs of node `from` and outputs of node `to`. */
struct crossing {
    const struct weights_left *weights;
    const struct co_clusters *clusters;
    int from, to;
    int *input_of;           /* [outputs]: matched; -1 */
    int *output_of;          /* [inputs]: matched; -1 */
    bool *input_is_reached;  /* [inputs], by paths from inputs that have no match */
    bool *output_is_reached; /* [outputs] */
};

static bool has_weight(const struct crossing *crossing, int input, int output)
{
    return crossing->clusters->of_input[input] == crossing->from &&
           crossing->clusters->of_output[output] == crossing->to &&
           crossing->weights
               ->is_left[(size_t)input * (size_t)crossing->weights->outputs + (size_t)output];
}

/* Find a match for that input; its outputs' matches may look for others.  As deep as there are inputs: Kuhn. */
static bool augment(struct crossing *crossing, int input)
{
    for (int j = 0; j < crossing->weights->outputs; j++) {
        if (!has_weight(crossing, input, j) || crossing->output_is_reached[j])
            continue;
        crossing->output_is_reached[j] = true;
        if (crossing->input_of[j] < 0 || augment(crossing, crossing->input_of[j])) {
            crossing->input_of[j] = input;
            crossing->output_of[input] = j;
            return true;
        }
    }
    return false;
}

static void forget(struct crossing *crossing)
{
    for (int j = 0; j < crossing->weights->outputs; j++)
        crossing->output_is_reached[j] = false;
}

static void reach(struct crossing *crossing, int input)
{
    crossing->input_is_reached[input] = true;
    for (int j = 0; j < crossing->weights->outputs; j++)
        if (has_weight(crossing, input, j) && !crossing->output_is_reached[j]) {
            crossing->output_is_reached[j] = true;
            if (crossing->input_of[j] >= 0 && !crossing->input_is_reached[crossing->input_of[j]])
                reach(crossing, crossing->input_of[j]);
        }
}

/* Koenig: the cover is the inputs that are not reached from unmatched ones, and the outputs that are. */
static void cover(struct crossing *crossing)
{
    const int inputs = crossing->weights->inputs, outputs = crossing->weights->outputs;

    for (int i = 0; i < inputs; i++) {
        crossing->output_of[i] = -1;
        crossing->input_is_reached[i] = false;
    }
    for (int j = 0; j < outputs; j++)
        crossing->input_of[j] = -1;
    for (int i = 0; i < inputs; i++) {
        forget(crossing);
        augment(crossing, i);
    }
    forget(crossing);
    for (int i = 0; i < inputs; i++)
        if (crossing->clusters->of_input[i] == crossing->from && crossing->output_of[i] < 0)
            reach(crossing, i);
}

/* Every weight of the crossing is either multiplied where its output is, or where its input is. */
static void settle(const struct crossing *crossing, bool is_fine, bool *input_goes_to,
                   bool *sum_comes_from, int *multiplies)
{
    const int nodes = crossing->clusters->nodes, outputs = crossing->weights->outputs;

    for (int i = 0; i < crossing->weights->inputs; i++)
        for (int j = 0; j < outputs; j++) {
            const bool sends_input = !is_fine || !crossing->input_is_reached[i];

            if (!has_weight(crossing, i, j))
                continue;
            multiplies[i * outputs + j] = sends_input ? crossing->to : crossing->from;
            if (sends_input)
                input_goes_to[i * nodes + crossing->to] = true;
            else
                sum_comes_from[j * nodes + crossing->from] = true;
        }
}

/* What a node has to do with at all it gets, or gives, once. */
static void take_own(const struct weights_left *weights, int nodes, const int *multiplies,
                     bool *input_goes_to, bool *sum_comes_from)
{
    for (int i = 0; i < weights->inputs; i++)
        for (int j = 0; j < weights->outputs; j++) {
            const int node = multiplies[i * weights->outputs + j];

            if (node >= 0) {
                input_goes_to[i * nodes + node] = true;
                sum_comes_from[j * nodes + node] = true;
            }
        }
}

struct cross_partition cross_partition(struct sim_arena *arena, const struct weights_left *weights,
                                       const struct co_clusters *clusters, bool is_fine)
{
    const size_t inputs = (size_t)weights->inputs, outputs = (size_t)weights->outputs;
    const size_t nodes = (size_t)clusters->nodes;
    bool *input_goes_to = sim_new(arena, bool, inputs *nodes);
    bool *sum_comes_from = sim_new(arena, bool, outputs *nodes);
    int *multiplies = sim_new(arena, int, inputs *outputs);
    struct crossing crossing = {.weights = weights,
                                .clusters = clusters,
                                .input_of = sim_new(arena, int, outputs),
                                .output_of = sim_new(arena, int, inputs),
                                .input_is_reached = sim_new(arena, bool, inputs),
                                .output_is_reached = sim_new(arena, bool, outputs)};

    for (size_t w = 0; w < inputs * outputs; w++)
        multiplies[w] = -1;
    for (crossing.from = 0; crossing.from < clusters->nodes; crossing.from++)
        for (crossing.to = 0; crossing.to < clusters->nodes; crossing.to++) {
            const bool may_choose = is_fine && crossing.from != crossing.to;

            if (may_choose)
                cover(&crossing);
            settle(&crossing, may_choose, input_goes_to, sum_comes_from, multiplies);
        }
    take_own(weights, clusters->nodes, multiplies, input_goes_to, sum_comes_from);
    return (struct cross_partition){clusters->nodes, input_goes_to, sum_comes_from, multiplies};
}

int cross_partition_numbers(const struct weights_left *weights,
                            const struct cross_partition *partition)
{
    int numbers = 0;

    for (int n = 0; n < weights->inputs * partition->nodes; n++)
        numbers += partition->input_goes_to[n];
    for (int n = 0; n < weights->outputs * partition->nodes; n++)
        numbers += partition->sum_comes_from[n];
    return numbers;
}
