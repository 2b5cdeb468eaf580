/* onnx.h -- inside sim/workload: an ONNX graph while it is read.
 *
 * The nodes are walked once, in the file's order, which ONNX demands to be topological.  Each node finds the
 * shapes of its outputs and its MACs (onnx_operators.c names the function); what does not depend on the data is
 * folded away (onnx_values.c); the others become layers.  Nothing here follows the file recursively.
 *
 * All of it lives in the arena of the call; names are cleaned of what no table should hold.  Protobuf's structs
 * live only while sim_onnx_parse runs. */
#ifndef SIM_WORKLOAD_ONNX_H
#define SIM_WORKLOAD_ONNX_H

#include "sim/workload/model.h"

#include <onnx.pb-c.h>

enum {
    SIM_ONNX_MOST_RANK = 16,     /* dimensions of a tensor */
    SIM_ONNX_MOST_VALUES = 1024, /* numbers of a tensor whose values are followed: shapes, axes */
};

/* Parameters of the file, whatever tensors they pass through before a layer reads them. */
struct sim_onnx_weight {
    int64_t elements;
    int type; /* of Onnx__TensorProto__DataType */
    bool counted;
};

struct sim_onnx_tensor {
    const char *name;
    int type;   /* of Onnx__TensorProto__DataType; 0: not known */
    bool given; /* an input, an initializer, or the output of a node that was walked */
    bool read;  /* by a node, or by the user of the model */
    bool known; /* rank and dims are */
    int rank;
    int64_t dims[SIM_ONNX_MOST_RANK];
    bool constant; /* comes from the file alone */
    bool fixed;    /* constant, or from the shapes of other tensors: the same for every sample */
    const double *values; /* all of them, when known and few; NULL */
    struct sim_onnx_weight *weight;
    int layer; /* that gives it; -1: an input of the model, or fixed */
};

/* Names to numbers: a hash table that only grows, with room for `most` names. */
struct sim_onnx_names {
    size_t mask;
    const char **keys;
    int *numbers;
};

struct sim_onnx_names sim_onnx_names_open(struct sim_arena *arena, size_t most);
int sim_onnx_find(const struct sim_onnx_names *names, const char *name); /* -1: not there */
void sim_onnx_enter(struct sim_onnx_names *names, const char *name, int number);

struct sim_onnx_layer {
    const char *name, *kind;
    int64_t parameters, macs;
    struct sim_window window;
    struct sim_onnx_tensor **in, **out; /* NULL where the node leaves one out */
    int in_count, out_count;
};

struct sim_onnx_graph {
    struct sim_arena *arena;
    const char *path;
    const struct sim_onnx_options *options;
    struct sim_error *err;
    const Onnx__GraphProto *proto;

    struct sim_onnx_names tensor_names; /* index in tensors */
    struct sim_onnx_tensor *tensors;
    int tensor_count;
    struct sim_onnx_tensor **inputs; /* those that are no initializers */
    int input_count;
    bool sizes_are_assumed; /* some dimension of an input is 1 because nobody told */
    int batch_axis;         /* of the inputs: 0; 1 where a recurrent layer takes time first */
    int64_t batch;

    struct sim_onnx_names layer_names, strangers; /* strangers: operators that were warned of */
    struct sim_onnx_layer *layers;
    int layer_count;
    int64_t type_parameters[17]; /* parameters of each Onnx__TensorProto__DataType */
};

/* One node as its operator's function sees it. */
struct sim_onnx_node {
    struct sim_onnx_graph *graph;
    const Onnx__NodeProto *proto;
    const char *name, *type;
    struct sim_onnx_tensor **in, **out;
    int in_count, out_count;
    int64_t macs;             /* of all samples of the batch */
    struct sim_window window; /* where it is the same both ways of an image */
    bool cost_unknown;        /* it has MACs, but a shape that they need is not known */
};

struct sim_onnx_operator {
    const char *name, *kind;
    bool (*infer)(struct sim_onnx_node *node); /* false, with a sentence: the node is wrong */
    unsigned controls; /* bit i: input i holds no parameters but sizes, axes, statistics, states */
};

/* NULL: not known. */
const struct sim_onnx_operator *sim_onnx_operator(const Onnx__NodeProto *proto);

/* ---- what the functions of operators use (onnx_node.c) ---- */

/* Always false; the sentence begins with the file and the node. */
bool sim_onnx_wrong(const struct sim_onnx_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct sim_onnx_tensor *sim_onnx_in(const struct sim_onnx_node *node, int i);    /* NULL: absent */
struct sim_onnx_tensor *sim_onnx_known(const struct sim_onnx_node *node, int i); /* or no shape */

/* Give output i this shape; refuses what cannot be counted in 64 bits. */
bool sim_onnx_shape(struct sim_onnx_node *node, int i, int rank, const int64_t *dims);
bool sim_onnx_same(struct sim_onnx_node *node, int i, const struct sim_onnx_tensor *as);

const Onnx__AttributeProto *sim_onnx_attribute(const struct sim_onnx_node *node, const char *name);
int64_t sim_onnx_int(const struct sim_onnx_node *node, const char *name, int64_t otherwise);
const char *sim_onnx_word(const struct sim_onnx_node *node, const char *name,
                          const char *otherwise); /* a string attribute */

/* A list of whole numbers: attribute `name`, else the values of input `i` (-1: attribute only). */
struct sim_onnx_list {
    bool there; /* the attribute or the input is */
    bool known; /* there, and its numbers are known */
    int count;
    const int64_t *items;
};
struct sim_onnx_list sim_onnx_list(const struct sim_onnx_node *node, const char *name, int i);

/* The axis counted from the front; refuses one outside -rank .. rank - 1. */
bool sim_onnx_axis(const struct sim_onnx_node *node, int64_t axis, int rank, int *from_front);

/* *product *= factor; false, with a sentence, beyond 64 bits. */
bool sim_onnx_times(const struct sim_onnx_node *node, int64_t *product, int64_t factor);
int64_t sim_onnx_elements(const struct sim_onnx_tensor *tensor); /* of one whose shape is known */
int64_t sim_onnx_whole(double value);                            /* saturated; NaN is 0 */
bool sim_onnx_broadcast(struct sim_onnx_node *node, int *rank, int64_t *dims, int with_rank,
                        const int64_t *with);

/* How many of `size` numbers start:end:step takes, as Python counts; *start becomes the first one's index. */
int64_t sim_onnx_slice_count(int64_t size, int64_t step, int64_t *start, int64_t end);

/* Shape, type and, where few, values of a tensor of the file. */
bool sim_onnx_take(struct sim_onnx_graph *graph, struct sim_onnx_tensor *tensor,
                   const Onnx__TensorProto *proto);

/* Parameters of that type, or NULL for a type that no parameters have. */
struct sim_onnx_weight *sim_onnx_weigh(struct sim_onnx_graph *graph, int type, int64_t elements);

/* ---- the stages ---- */

/* Protobuf's optional strings are NULL when they are left out. */
static inline const char *sim_onnx_text(const char *text)
{
    return text == NULL ? "" : text;
}

/* With '_' for each byte that a list of names, a CSV file or a sentence should not hold. */
const char *sim_onnx_clean(struct sim_arena *arena, const char *name);

/* Tensors, inputs with their shapes, initializers (onnx_inputs.c); then all nodes (onnx_graph.c). */
bool sim_onnx_read_inputs(struct sim_onnx_graph *graph);
bool sim_onnx_walk(struct sim_onnx_graph *graph);

/* The values of the node's outputs, where they follow from known values (onnx_values.c). */
void sim_onnx_fold(struct sim_onnx_node *node);

/* As sim_onnx_load, from bytes. */
const struct sim_model *sim_onnx_parse(struct sim_arena *arena, const char *path, const void *bytes,
                                       size_t length, const struct sim_onnx_options *options,
                                       struct sim_error *err);

/* The bytes are whole messages, nested no deeper than Google's protobuf allows (onnx_nesting.c). */
bool sim_onnx_nesting_is_fine(const char *path, const void *bytes, size_t length,
                              struct sim_error *err);

/* The inferred graph of a model, for sim_onnx_parse and the tests. */
bool sim_onnx_read_graph(struct sim_onnx_graph *graph, struct sim_arena *arena, const char *path,
                         const Onnx__ModelProto *model, const struct sim_onnx_options *options,
                         struct sim_error *err);

#endif
