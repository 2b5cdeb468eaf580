/* onnx_graph.c -- the walk over the nodes: what each reads and gives, whether it becomes a layer, its parameters. */
#include "sim/workload/onnx.h"

#include <string.h>

/* ---- what is told ---- */

static void warn(const struct sim_onnx_graph *graph, const char *sentence)
{
    if (graph->options->warn != NULL)
        graph->options->warn(graph->options->context, sentence);
}

/* Once for each kind of operator. */
static bool meet_stranger(const struct sim_onnx_node *node)
{
    struct sim_onnx_graph *graph = node->graph;
    const char *domain = sim_onnx_clean(graph->arena, sim_onnx_text(node->proto->domain));
    const char *type = domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0
                           ? node->type
                           : sim_text(graph->arena, "%s.%s", domain, node->type);

    if (graph->options->strict)
        return sim_fail(graph->err, "%s: node '%s': the operator '%s' is not known.", graph->path,
                        node->name, type);
    if (sim_onnx_find(&graph->strangers, type) >= 0)
        return true;
    sim_onnx_enter(&graph->strangers, type, 0);
    warn(graph,
         sim_text(graph->arena,
                  "%s: the operator '%s' (first in node '%s') is not known: it is counted at "
                  "zero flop, and the shape of its output is not known.",
                  graph->path, type, node->name));
    return true;
}

static bool tell_unknown_cost(const struct sim_onnx_node *node)
{
    struct sim_onnx_graph *graph = node->graph;
    const char *missing = "?", *sentence;

    for (int i = node->in_count - 1; i >= 0; i--)
        if (node->in[i] != NULL && !node->in[i]->known)
            missing = node->in[i]->name;
    sentence = sim_text(graph->arena,
                        "%s: node '%s' (%s): its cost is not known, for the shape of its input "
                        "'%s' is not",
                        graph->path, node->name, node->type, missing);
    if (graph->options->strict)
        return sim_fail(graph->err, "%s.", sentence);
    warn(graph, sim_text(graph->arena, "%s: it is counted at zero flop.", sentence));
    return true;
}

/* ---- parameters ---- */

/* Does input i of the node hold parameters that nobody counted yet? */
static struct sim_onnx_weight *weight_of(const struct sim_onnx_node *node,
                                         const struct sim_onnx_operator *is, int i)
{
    const struct sim_onnx_tensor *tensor = node->in[i];

    if (tensor == NULL || tensor->weight == NULL || tensor->weight->counted)
        return NULL;
    if (is != NULL && i < 32 && (is->controls >> i & 1) != 0)
        return NULL;
    /* Whole numbers of 32 bits are indices, but for the biases of quantised layers. */
    if (tensor->type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 &&
        strcmp(node->type, "QLinearConv") != 0 && strcmp(node->type, "DequantizeLinear") != 0)
        return NULL;
    return tensor->weight;
}

static bool count_parameters(const struct sim_onnx_node *node, const struct sim_onnx_operator *is,
                             int64_t *parameters)
{
    *parameters = 0;
    for (int i = 0; i < node->in_count; i++) {
        struct sim_onnx_weight *weight = weight_of(node, is, i);

        if (weight == NULL)
            continue;
        if (__builtin_add_overflow(*parameters, weight->elements, parameters) ||
            __builtin_add_overflow(node->graph->type_parameters[weight->type], weight->elements,
                                   &node->graph->type_parameters[weight->type]))
            return sim_onnx_wrong(node, "its parameters are more than 64 bits can count");
        weight->counted = true;
    }
    return true;
}

/* What parameters become on their way to a layer: one weight stays itself, several become one. */
static bool pass_weight_on(const struct sim_onnx_node *node, const struct sim_onnx_operator *is)
{
    struct sim_onnx_weight *passed = NULL;
    int64_t elements = 0;
    int count = 0;

    for (int i = 0; i < node->in_count; i++) {
        struct sim_onnx_weight *weight = weight_of(node, is, i);

        if (weight == NULL || weight == passed)
            continue;
        passed = weight;
        count++;
        if (__builtin_add_overflow(elements, weight->elements, &elements))
            return sim_onnx_wrong(node, "its parameters are more than 64 bits can count");
    }
    if (count > 1) {
        for (int i = 0; i < node->in_count; i++)
            if (weight_of(node, is, i) != NULL)
                node->in[i]->weight->counted = true;
        passed = sim_onnx_weigh(node->graph, passed->type, elements);
    }
    for (int k = 0; k < node->out_count; k++)
        if (node->out[k] != NULL && node->out[k]->weight == NULL)
            node->out[k]->weight = passed;
    return true;
}

/* ---- layers ---- */

/* The node's name, else its first output's; a number behind it where another layer has it. */
static const char *layer_name(struct sim_onnx_graph *graph, const char *wanted, int index)
{
    const char *name = wanted;

    for (int n = index + 1; sim_onnx_find(&graph->layer_names, name) >= 0; n++)
        name = sim_text(graph->arena, "%s_%d", wanted, n);
    sim_onnx_enter(&graph->layer_names, name, index);
    return name;
}

/* Is input i, which would be the weights, from the file alone? */
static bool has_weight(const struct sim_onnx_node *node)
{
    for (int i = 0; i < node->in_count; i++)
        if (node->in[i] != NULL && node->in[i]->constant && node->in[i]->weight != NULL)
            return true;
    return false;
}

static bool add_layer(struct sim_onnx_node *node, const struct sim_onnx_operator *is)
{
    struct sim_onnx_graph *graph = node->graph;
    const int index = graph->layer_count++;
    struct sim_onnx_layer *layer = &graph->layers[index];

    layer->kind = is == NULL ? "unknown" : is->kind;
    if (strcmp(layer->kind, "matmul") == 0 && has_weight(node))
        layer->kind = "fc";
    layer->name = layer_name(graph, node->name, index);
    layer->window = node->window;
    layer->in = node->in;
    layer->in_count = node->in_count;
    layer->out = node->out;
    layer->out_count = node->out_count;
    if (node->macs > 0) /* a sample's share, rounded up */
        layer->macs = (node->macs - 1) / graph->batch + 1;
    for (int k = 0; k < node->out_count; k++)
        if (node->out[k] != NULL)
            node->out[k]->layer = index;
    return (!node->cost_unknown || tell_unknown_cost(node)) &&
           count_parameters(node, is, &layer->parameters);
}

/* Is nothing of it left to do once the data come?  So it is with shapes, and with weights on their way. */
static bool is_folded(const struct sim_onnx_node *node)
{
    for (int k = 0; k < node->out_count; k++)
        if (node->out[k] != NULL && !node->out[k]->fixed && node->out[k]->values == NULL)
            return false;
    for (int k = 0; k < node->out_count; k++)
        if (node->out[k] != NULL)
            node->out[k]->fixed = true;
    return true;
}

/* ---- nodes ---- */

static bool find_input(struct sim_onnx_node *node, int k)
{
    struct sim_onnx_graph *graph = node->graph;
    const char *name = node->proto->input[k];
    const int i = name[0] == '\0' ? -1 : sim_onnx_find(&graph->tensor_names, name);

    if (name[0] == '\0')
        return true;
    if (i < 0)
        return sim_onnx_wrong(node, "reads '%s', which nothing in the graph gives",
                              sim_onnx_clean(graph->arena, name));
    if (!graph->tensors[i].given)
        return sim_onnx_wrong(node,
                              "reads '%s', which no node before it gives: the graph has a cycle, "
                              "or its nodes are not in order",
                              graph->tensors[i].name);
    node->in[k] = &graph->tensors[i];
    return true;
}

static void find_output(struct sim_onnx_node *node, int k)
{
    struct sim_onnx_graph *graph = node->graph;
    const char *name = node->proto->output[k];

    if (name[0] != '\0')
        node->out[k] = &graph->tensors[sim_onnx_find(&graph->tensor_names, name)];
}

/* Outputs without a shape yet, of the first input's type; as fixed as the inputs are. */
static void prepare_outputs(struct sim_onnx_node *node)
{
    bool constant = node->in_count > 0, fixed = constant;

    for (int i = 0; i < node->in_count; i++)
        if (node->in[i] != NULL) {
            constant = constant && node->in[i]->constant;
            fixed = fixed && node->in[i]->fixed;
        }
    for (int k = 0; k < node->out_count; k++)
        if (node->out[k] != NULL) {
            node->out[k]->constant = constant;
            node->out[k]->fixed = fixed;
            node->out[k]->type = node->in_count > 0 && node->in[0] != NULL ? node->in[0]->type : 0;
        }
}

static bool open_node(struct sim_onnx_node *node, struct sim_onnx_graph *graph,
                      const Onnx__NodeProto *proto, size_t number)
{
    const char *name = sim_onnx_text(proto->name);

    *node = (struct sim_onnx_node){.graph = graph, .proto = proto};
    node->type = sim_onnx_clean(graph->arena, sim_onnx_text(proto->op_type));
    if (name[0] == '\0' && proto->n_output > 0)
        name = proto->output[0];
    node->name = name[0] != '\0' ? sim_onnx_clean(graph->arena, name)
                                 : sim_text(graph->arena, "node_%zu", number + 1);
    if (proto->n_input > INT16_MAX || proto->n_output > INT16_MAX)
        return sim_onnx_wrong(node, "has more than %d inputs or outputs", INT16_MAX);
    node->in_count = (int)proto->n_input;
    node->in = sim_new(graph->arena, struct sim_onnx_tensor *, proto->n_input);
    node->out_count = (int)proto->n_output;
    node->out = sim_new(graph->arena, struct sim_onnx_tensor *, proto->n_output);
    for (int k = 0; k < node->in_count; k++)
        if (!find_input(node, k))
            return false;
    for (int k = 0; k < node->out_count; k++)
        find_output(node, k);
    prepare_outputs(node);
    return true;
}

static bool walk_node(struct sim_onnx_node *node)
{
    const struct sim_onnx_operator *is = sim_onnx_operator(node->proto);

    if (is == NULL) {
        if (!meet_stranger(node))
            return false;
        for (int k = 0; k < node->out_count; k++)
            if (node->out[k] != NULL)
                node->out[k]->constant = node->out[k]->fixed = false;
    } else {
        if (!is->infer(node))
            return false;
        sim_onnx_fold(node);
    }
    for (int k = 0; k < node->out_count; k++)
        if (node->out[k] != NULL)
            node->out[k]->given = true;
    return is != NULL && is_folded(node) ? pass_weight_on(node, is) : add_layer(node, is);
}

/* A layer that is not the first may read an input of the model: then the inputs stand in the table too, so that
 * it can be said. */
static bool inputs_are_read_late(const struct sim_onnx_graph *graph)
{
    for (int l = 1; l < graph->layer_count; l++)
        for (int i = 0; i < graph->layers[l].in_count; i++) {
            const struct sim_onnx_tensor *in = graph->layers[l].in[i];

            if (in != NULL && in->layer < 0 && !in->fixed)
                return true;
        }
    return false;
}

static void put_inputs_first(struct sim_onnx_graph *graph)
{
    const int more = graph->input_count, count = graph->layer_count + more;
    struct sim_onnx_layer *layers = sim_new(graph->arena, struct sim_onnx_layer, (size_t)count);

    if (graph->layer_count > 0)
        memcpy(layers + more, graph->layers, (size_t)graph->layer_count * sizeof *layers);
    for (int t = 0; t < graph->tensor_count; t++)
        if (graph->tensors[t].layer >= 0)
            graph->tensors[t].layer += more;
    for (int i = 0; i < more; i++) {
        layers[i].kind = "input";
        layers[i].name = layer_name(graph, graph->inputs[i]->name, i);
        layers[i].out = &graph->inputs[i];
        layers[i].out_count = 1;
        graph->inputs[i]->layer = i;
    }
    graph->layers = layers;
    graph->layer_count = count;
}

bool sim_onnx_walk(struct sim_onnx_graph *graph)
{
    const size_t most = graph->proto->n_node;

    if (most > INT32_MAX / 2 || (size_t)graph->input_count > INT32_MAX / 2)
        return sim_fail(graph->err, "%s: has more than %d nodes.", graph->path, INT32_MAX / 2);
    graph->layers = sim_new(graph->arena, struct sim_onnx_layer, most);
    graph->layer_names = sim_onnx_names_open(graph->arena, most + (size_t)graph->input_count);
    graph->strangers = sim_onnx_names_open(graph->arena, most);
    for (size_t n = 0; n < most; n++) {
        struct sim_onnx_node node;

        if (!open_node(&node, graph, graph->proto->node[n], n) || !walk_node(&node))
            return false;
    }
    if (inputs_are_read_late(graph))
        put_inputs_first(graph);
    return true;
}
