/* onnx_products.c -- products of matrices, and the recurrent layers that are made of them. */
#include "sim/workload/onnx.h"
#include "sim/workload/onnx_operators.h"

#include <ctype.h>
#include <string.h>

/* alpha A' B' + beta C, A' m x k, B' k x n: m x k x n MACs. */
bool sim_onnx_gemm(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *a = sim_onnx_known(node, 0), *b = sim_onnx_known(node, 1);
    const int a_turned = sim_onnx_int(node, "transA", 0) != 0;
    const int b_turned = sim_onnx_int(node, "transB", 0) != 0;
    int64_t k, dims[2];

    node->cost_unknown = a == NULL || b == NULL;
    if (node->cost_unknown)
        return true;
    if (a->rank != 2 || b->rank != 2)
        return sim_onnx_wrong(node, "multiplies matrices, not tensors of %d and %d dimensions",
                              a->rank, b->rank);
    dims[0] = a->dims[a_turned];
    dims[1] = b->dims[!b_turned];
    k = a->dims[!a_turned];
    if (k != b->dims[b_turned])
        return sim_onnx_wrong(node, "its rows have %lld numbers, its columns %lld", (long long)k,
                              (long long)b->dims[b_turned]);
    node->macs = dims[0];
    return sim_onnx_times(node, &node->macs, dims[1]) && sim_onnx_times(node, &node->macs, k) &&
           sim_onnx_shape(node, 0, 2, dims);
}

/* numpy's: vectors are rows on the left and columns on the right; what stands before is broadcast. */
static bool multiply(struct sim_onnx_node *node, int left, int right)
{
    const struct sim_onnx_tensor *a = sim_onnx_known(node, left), *b = sim_onnx_known(node, right);
    const int stacked = a == NULL ? 0 : a->rank - 2;
    int64_t dims[SIM_ONNX_MOST_RANK + 2], k;
    int rank = stacked > 0 ? stacked : 0;

    node->cost_unknown = a == NULL || b == NULL;
    if (node->cost_unknown)
        return true;
    if (a->rank < 1 || b->rank < 1)
        return sim_onnx_wrong(node, "a single number is no matrix");
    k = a->dims[a->rank - 1];
    if (k != b->dims[b->rank == 1 ? 0 : b->rank - 2])
        return sim_onnx_wrong(node, "its rows have %lld numbers, its columns %lld", (long long)k,
                              (long long)b->dims[b->rank == 1 ? 0 : b->rank - 2]);
    if (rank > 0)
        memcpy(dims, a->dims, (size_t)rank * sizeof *dims);
    if (b->rank > 2 && !sim_onnx_broadcast(node, &rank, dims, b->rank - 2, b->dims))
        return false;
    if (a->rank > 1)
        dims[rank++] = a->dims[a->rank - 2];
    if (b->rank > 1)
        dims[rank++] = b->dims[b->rank - 1];
    if (!sim_onnx_shape(node, 0, rank, dims))
        return false;
    node->macs = k;
    for (int d = 0; d < rank; d++)
        if (!sim_onnx_times(node, &node->macs, dims[d]))
            return false;
    return true;
}

bool sim_onnx_matmul(struct sim_onnx_node *node)
{
    return multiply(node, 0, 1);
}

/* a, its scale, its zero, b, ... */
bool sim_onnx_quantised_matmul(struct sim_onnx_node *node)
{
    return multiply(node, 0, 3);
}

/* ---- Einsum ---- */

/* One term of the equation, "bij": gives each letter the size of its dimension. */
static bool read_term(struct sim_onnx_node *node, const char *term, size_t length,
                      const struct sim_onnx_tensor *tensor, int64_t *sizes)
{
    if (length != (size_t)tensor->rank)
        return sim_onnx_wrong(node, "its term '%.*s' does not fit an input of %d dimensions",
                              (int)(length > 60 ? 60 : length), term, tensor->rank);
    for (size_t d = 0; d < length; d++) {
        int64_t *size = &sizes[(unsigned char)term[d]];

        if (*size > 1 && tensor->dims[d] > 1 && *size != tensor->dims[d])
            return sim_onnx_wrong(node, "'%c' is both %lld and %lld", term[d], (long long)*size,
                                  (long long)tensor->dims[d]);
        if (*size < 0 || *size == 1)
            *size = tensor->dims[d];
    }
    return true;
}

/* Stand for the dimensions of an ellipsis, the last of them for the last; no letters. */
static const char nameless[] = "0123456789:;<=?@";

/* How many dimensions the ellipsis of input i stands for: those that its term's letters leave. */
static int ellipsis_of(const struct sim_onnx_node *node, int i, const char *term)
{
    int rest = i < node->in_count ? node->in[i]->rank : 0;

    for (; *term != '\0' && *term != ',' && *term != '-'; term++)
        rest -= isalpha((unsigned char)*term) != 0;
    return rest < 0 ? 0 : rest;
}

/* The equation with a name for every dimension; *widest: how many the result's ellipsis stands for. */
static const char *spell_out(struct sim_onnx_node *node, const char *equation, int *widest)
{
    const size_t length = strlen(equation);
    char *spelt = sim_new(node->graph->arena, char, length *SIM_ONNX_MOST_RANK + 1), *to = spelt;
    const char *term = equation;
    bool is_result = false;
    int input = 0;

    *widest = 0;
    for (const char *c = equation; *c != '\0'; c++) {
        if (*c == ',' || *c == '>') {
            is_result = *c == '>';
            input++;
            term = c + 1;
        }
        if (strncmp(c, "...", 3) == 0) {
            const int width = is_result ? *widest : ellipsis_of(node, input, term);

            *widest = width > *widest ? width : *widest;
            memcpy(to, nameless + SIM_ONNX_MOST_RANK - width, (size_t)width);
            to += width;
            c += 2;
        } else {
            *to++ = *c;
        }
    }
    return spelt;
}

/* Without "->" : the ellipsis, then the letters that appear once, in alphabetical order. */
static const char *implied(struct sim_onnx_node *node, const char *terms, int widest)
{
    char *result = sim_new(node->graph->arena, char, 256);
    size_t used = (size_t)widest;

    memcpy(result, nameless + SIM_ONNX_MOST_RANK - widest, used);
    for (int c = 'A'; c <= 'z'; c++) {
        const char *first = strchr(terms, c);

        if (isalpha(c) && first != NULL && strchr(first + 1, c) == NULL)
            result[used++] = (char)c;
    }
    return result;
}

static bool einsum(struct sim_onnx_node *node, const char *terms, const char *result)
{
    int64_t sizes[128], dims[SIM_ONNX_MOST_RANK + 1];
    const char *term = terms;
    int rank = 0;

    for (int c = 0; c < 128; c++)
        sizes[c] = -1;
    for (int i = 0; i < node->in_count; i++) {
        const size_t length = strcspn(term, ",");

        if (!read_term(node, term, length, node->in[i], sizes))
            return false;
        term += length + (term[length] == ',');
    }
    for (const char *c = result; *c != '\0' && rank <= SIM_ONNX_MOST_RANK; c++) {
        if (sizes[(unsigned char)*c] < 0)
            return sim_onnx_wrong(node, "'%c' of its result is in no input", *c);
        dims[rank++] = sizes[(unsigned char)*c];
    }
    /* Every letter is a loop; a single input is only summed or turned. */
    node->macs = node->in_count > 1;
    for (int c = 0; c < 128 && node->macs > 0; c++)
        if (sizes[c] >= 0 && !sim_onnx_times(node, &node->macs, sizes[c]))
            return false;
    return sim_onnx_shape(node, 0, rank, dims);
}

static bool is_equation(const char *text)
{
    for (; *text != '\0'; text++)
        if (strncmp(text, "...", 3) == 0 || strncmp(text, "->", 2) == 0)
            text += *text == '.' ? 2 : 1;
        else if (!isalpha((unsigned char)*text) && *text != ',')
            return false;
    return true;
}

bool sim_onnx_einsum(struct sim_onnx_node *node)
{
    const char *equation = sim_onnx_word(node, "equation", "");
    char *tight = sim_text_copy(node->graph->arena, equation, strlen(equation)), *arrow;
    const char *spelt;
    size_t used = 0;
    int widest;

    for (const char *c = equation; *c != '\0'; c++)
        if (*c != ' ')
            tight[used++] = *c;
    tight[used] = '\0';
    if (!is_equation(tight))
        return sim_onnx_wrong(node, "'%s' is no equation",
                              sim_onnx_clean(node->graph->arena, equation));
    for (int i = 0; i < node->in_count; i++)
        node->cost_unknown = node->cost_unknown || sim_onnx_known(node, i) == NULL;
    if (node->cost_unknown)
        return true;
    spelt = spell_out(node, tight, &widest);
    tight = sim_text_copy(node->graph->arena, spelt, strlen(spelt));
    arrow = strstr(tight, "->");
    if (arrow == NULL)
        return einsum(node, tight, implied(node, tight, widest));
    *arrow = '\0';
    return einsum(node, tight, arrow + 2);
}

/* ---- recurrent layers ---- */

/* x: steps x batch x in (layout 1: batch x steps x in); r: directions x gates h x h. */
static bool recur(struct sim_onnx_node *node, int64_t gates)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0), *w = sim_onnx_known(node, 1);
    const struct sim_onnx_tensor *r = sim_onnx_known(node, 2);
    const bool batch_first = sim_onnx_int(node, "layout", 0) != 0;
    int64_t steps, batch, directions, h, joined;

    node->cost_unknown = x == NULL || w == NULL || r == NULL;
    if (node->cost_unknown)
        return true;
    if (x->rank != 3 || w->rank != 3 || r->rank != 3)
        return sim_onnx_wrong(node,
                              "its input and weights have three dimensions each, not %d, %d "
                              "and %d",
                              x->rank, w->rank, r->rank);
    steps = x->dims[batch_first];
    batch = x->dims[!batch_first];
    directions = w->dims[0];
    h = r->dims[2];
    if (w->dims[2] != x->dims[2] || w->dims[1] != r->dims[1] || r->dims[0] != directions ||
        h == 0 || r->dims[1] % h != 0 || r->dims[1] / h != gates)
        return sim_onnx_wrong(node,
                              "its weights %lldx%lldx%lld and %lldx%lldx%lld do not fit "
                              "each other, or an input of %lld numbers",
                              (long long)w->dims[0], (long long)w->dims[1], (long long)w->dims[2],
                              (long long)r->dims[0], (long long)r->dims[1], (long long)r->dims[2],
                              (long long)x->dims[2]);
    joined = w->dims[2] + h; /* neither above 2^60 */
    node->macs = gates;
    if (!sim_onnx_times(node, &node->macs, joined) || !sim_onnx_times(node, &node->macs, h) ||
        !sim_onnx_times(node, &node->macs, directions) ||
        !sim_onnx_times(node, &node->macs, steps) || !sim_onnx_times(node, &node->macs, batch))
        return false;
    if (batch_first)
        return sim_onnx_shape(node, 0, 4, (int64_t[]){batch, steps, directions, h}) &&
               sim_onnx_shape(node, 1, 3, (int64_t[]){batch, directions, h}) &&
               sim_onnx_shape(node, 2, 3, (int64_t[]){batch, directions, h});
    return sim_onnx_shape(node, 0, 4, (int64_t[]){steps, directions, batch, h}) &&
           sim_onnx_shape(node, 1, 3, (int64_t[]){directions, batch, h}) &&
           sim_onnx_shape(node, 2, 3, (int64_t[]){directions, batch, h});
}

bool sim_onnx_lstm(struct sim_onnx_node *node)
{
    return recur(node, 4);
}

bool sim_onnx_gru(struct sim_onnx_node *node)
{
    return recur(node, 3);
}

bool sim_onnx_rnn(struct sim_onnx_node *node)
{
    return recur(node, 1);
}
