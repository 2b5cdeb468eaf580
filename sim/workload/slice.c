#include "sim/workload/slice.h"

#include "sim/workload/shape.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIDES = 8 };

/* What a layer gives, whole and sliced: its shapes differ in one side, that of its channels. */
struct tensor {
    int64_t sides[MOST_SIDES];
    int side_count;
    int channel;         /* which side; 0 of an image, the last of tokens */
    int64_t kept;        /* of that side */
    int64_t size, after; /* numbers, whole and sliced */
};

struct slicing {
    const struct sim_model *model;
    double rate;
    struct sim_layer *layers; /* sliced */
    struct tensor *outputs;
    bool *is_hidden; /* some layer with weights reads what it gives */
    struct sim_arena *arena;
    struct sim_error *err;
};

/* One layer on its way. */
struct slice {
    struct slicing *of;
    int place;
    const struct sim_layer *whole;
    struct sim_layer *layer;
    struct tensor in; /* its first source */
    struct tensor *out;
};

static bool refuse(const struct slice *slice, const char *why)
{
    return sim_fail(slice->of->err, "%s: layer '%s' (%s) cannot be sliced: %s.",
                    slice->of->model->name, slice->whole->name, slice->whole->kind, why);
}

/* ---- shapes ---- */

static bool read_shape(const char *text, struct tensor *tensor)
{
    *tensor = (struct tensor){0};
    tensor->side_count = sim_shape_sides(text, tensor->sides, MOST_SIDES);
    if (tensor->side_count == 0 || !sim_shape_size(text, &tensor->size) || tensor->size == 0)
        return false;
    tensor->channel = tensor->side_count == 2 ? 1 : 0;
    tensor->kept = tensor->sides[tensor->channel];
    tensor->after = tensor->size;
    return true;
}

static int64_t channels(const struct tensor *tensor)
{
    return tensor->sides[tensor->channel];
}

static int64_t positions(const struct tensor *tensor)
{
    return tensor->size / channels(tensor);
}

static void keep(struct tensor *tensor, int64_t kept)
{
    tensor->kept = kept;
    tensor->after = positions(tensor) * kept;
}

static const char *shape_text(struct sim_arena *arena, const struct tensor *tensor)
{
    const char *text = "";

    for (int i = 0; i < tensor->side_count; i++)
        text = sim_text(arena, "%s%s%" PRId64, text, i > 0 ? "x" : "",
                        i == tensor->channel ? tensor->kept : tensor->sides[i]);
    return text;
}

static bool source(const struct slice *slice, int i, struct tensor *tensor)
{
    const int place = slice->whole->sources[i];

    if (place == SIM_MODEL_INPUT)
        return read_shape(slice->whole->input, tensor);
    *tensor = slice->of->outputs[place];
    return true;
}

/* ceil(rate n), but a product that is a whole number but for rounding is that number. */
static int64_t width(const struct slice *slice, int64_t n)
{
    if (!slice->of->is_hidden[slice->place])
        return n;
    return (int64_t)ceil(slice->of->rate * (double)n * (1 - 1e-12));
}

/* ---- kinds ---- */

/* `weights` for each pair of channels and `beside` for each channel of the output, from what the table says. */
static bool take_weights(struct slice *slice, int64_t in, int64_t in_kept, bool may_be_tied)
{
    const int64_t out = channels(slice->out), places = positions(slice->out);
    const int64_t weights = slice->whole->macs / places;
    const bool is_tied = may_be_tied && slice->whole->parameters < weights;
    const int64_t beside = slice->whole->parameters - (is_tied ? 0 : weights);
    int64_t kept;

    if (slice->whole->macs % places != 0 || weights == 0 || weights % (in * out) != 0 ||
        beside < 0 || beside % out != 0)
        return false;
    keep(slice->out, width(slice, out));
    kept = weights / (in * out) * in_kept * slice->out->kept;
    slice->layer->parameters = (is_tied ? 0 : kept) + beside / out * slice->out->kept;
    slice->layer->macs = kept * places;
    return true;
}

static bool slice_conv(struct slice *slice)
{
    slice->in.channel = slice->out->channel = 0;
    return take_weights(slice, channels(&slice->in), slice->in.kept, false) ||
           refuse(slice, "its parameters and MACs are not those of a convolution of all channels "
                         "with all (one in groups?)");
}

static bool slice_fc(struct slice *slice)
{
    const bool is_last = slice->in.channel == slice->in.side_count - 1;

    slice->out->channel = slice->out->side_count - 1;
    if (slice->whole->source_count > 1)
        return refuse(slice, "it multiplies what two layers give");
    if (slice->out->side_count == 1 && take_weights(slice, slice->in.size, slice->in.after, true))
        return true;
    return (is_last && take_weights(slice, channels(&slice->in), slice->in.kept, true)) ||
           refuse(slice, "its parameters and MACs are not those of a product of all that it reads "
                         "with all that it gives");
}

/* MACs and numbers that belong to each channel. */
static bool scale_with_output(struct slice *slice)
{
    const int64_t out = channels(slice->out);

    if (slice->whole->parameters % out != 0 || slice->whole->macs % slice->out->size != 0)
        return refuse(slice, "its parameters or MACs are not the same for each channel");
    slice->layer->parameters = slice->whole->parameters / out * slice->out->kept;
    slice->layer->macs = slice->whole->macs / slice->out->size * slice->out->after;
    return true;
}

static bool slice_depthwise(struct slice *slice)
{
    slice->in.channel = slice->out->channel = 0;
    if (channels(slice->out) % channels(&slice->in) != 0)
        return refuse(slice, "its channels are no multiple of those that it reads");
    keep(slice->out, channels(slice->out) / channels(&slice->in) * slice->in.kept);
    return scale_with_output(slice);
}

static bool slice_embedding(struct slice *slice)
{
    slice->out->channel = slice->out->side_count - 1;
    keep(slice->out, width(slice, channels(slice->out)));
    return scale_with_output(slice);
}

static bool slice_same(struct slice *slice)
{
    if (slice->out->side_count == slice->in.side_count)
        slice->out->channel = slice->in.channel;
    if (channels(slice->out) != channels(&slice->in))
        return refuse(slice, "it does not keep its channels");
    keep(slice->out, slice->in.kept);
    for (int i = 1; i < slice->whole->source_count; i++) {
        struct tensor other;

        if (!source(slice, i, &other))
            return refuse(slice, "not all shapes that it reads are known");
        if (channels(&other) != channels(&slice->in) || other.kept != slice->in.kept)
            return refuse(slice, "what it reads has unlike numbers of channels");
    }
    return scale_with_output(slice);
}

static bool slice_concat(struct slice *slice)
{
    int64_t whole = 0, kept = 0;

    slice->out->channel = slice->in.channel;
    for (int i = 0; i < slice->whole->source_count; i++) {
        struct tensor part;

        if (!source(slice, i, &part))
            return refuse(slice, "not all shapes that it reads are known");
        whole += channels(&part);
        kept += part.kept;
    }
    if (slice->out->side_count != slice->in.side_count || whole != channels(slice->out))
        return refuse(slice, "its channels are not those that it reads");
    keep(slice->out, kept);
    return scale_with_output(slice);
}

/* Flattened, or with other sides beside its channels. */
static bool slice_reshape(struct slice *slice)
{
    const int64_t times = channels(slice->out) / channels(&slice->in);

    if (slice->out->size != slice->in.size || channels(slice->out) % channels(&slice->in) != 0 ||
        slice->in.channel != 0)
        return refuse(slice, "it mixes channels with other sides");
    keep(slice->out, times * slice->in.kept);
    return scale_with_output(slice);
}

static bool slice_input(struct slice *slice)
{
    (void)slice;
    return true;
}

static bool refuse_heads(struct slice *slice)
{
    return refuse(slice, "how many heads it has is not in the table");
}

static const struct {
    const char *name;
    bool (*slice)(struct slice *slice);
} kinds[] = {{"conv", slice_conv},
             {"fc", slice_fc},
             {"matmul", slice_fc},
             {"depthwise", slice_depthwise},
             {"embedding", slice_embedding},
             {"norm", slice_same},
             {"pool", slice_same},
             {"add", slice_same},
             {"mul", slice_same},
             {"relu", slice_same},
             {"activation", slice_same},
             {"elementwise", slice_same},
             {"dropout", slice_same},
             {"softmax", slice_same},
             {"cast", slice_same},
             {"concat", slice_concat},
             {"reshape", slice_reshape},
             {"input", slice_input},
             {"attention", refuse_heads}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static bool has_weights(const char *kind)
{
    return strcmp(kind, "conv") == 0 || strcmp(kind, "fc") == 0 || strcmp(kind, "matmul") == 0;
}

/* ---- layers ---- */

static void find_hidden(const struct slicing *slicing)
{
    for (int i = slicing->model->layer_count - 1; i >= 0; i--) {
        const struct sim_layer *layer = &slicing->model->layers[i];

        for (int s = 0; s < layer->source_count; s++)
            if (layer->sources[s] != SIM_MODEL_INPUT)
                slicing->is_hidden[layer->sources[s]] |=
                    has_weights(layer->kind) || slicing->is_hidden[i];
    }
}

static bool scale_costs(struct slice *slice)
{
    const struct sim_layer *whole = slice->whole;
    struct sim_layer *layer = slice->layer;
    const double share = (double)slice->out->after / (double)slice->out->size;
    const double beyond = whole->forward_flop - 2 * (double)whole->macs;

    if (whole->activation_bytes % slice->out->size != 0)
        return refuse(slice, "its activation bytes are no whole number of bytes for each number");
    layer->activation_bytes = whole->activation_bytes / slice->out->size * slice->out->after;
    layer->forward_flop = 2 * (double)layer->macs + beyond * share;
    if (whole->forward_flop > 0)
        layer->backward_flop = whole->backward_flop / whole->forward_flop * layer->forward_flop;
    else
        layer->backward_flop = whole->backward_flop * share;
    return true;
}

static bool slice_layer(struct slicing *slicing, int place)
{
    const struct sim_layer *whole = &slicing->model->layers[place];
    struct slice slice = {.of = slicing,
                          .place = place,
                          .whole = whole,
                          .layer = &slicing->layers[place],
                          .out = &slicing->outputs[place]};

    *slice.layer = *whole;
    if (whole->forward_seconds >= 0 || whole->backward_seconds >= 0)
        return refuse(&slice, "its seconds are measured, and tell nothing of a narrower one");
    if (!read_shape(whole->output, slice.out) || !source(&slice, 0, &slice.in))
        return refuse(&slice, "the shapes of what it reads and gives are not both known");
    for (int k = 0; k < KINDS; k++)
        if (strcmp(kinds[k].name, whole->kind) == 0) {
            if (!kinds[k].slice(&slice) || !scale_costs(&slice))
                return false;
            slice.layer->input = shape_text(slicing->arena, &slice.in);
            slice.layer->output = shape_text(slicing->arena, slice.out);
            return true;
        }
    return refuse(&slice, "how layers of this kind shrink is not known");
}

const struct sim_model *sim_model_slice(struct sim_arena *arena, const struct sim_model *model,
                                        double rate, struct sim_error *err)
{
    const size_t count = (size_t)model->layer_count;
    struct slicing slicing = {.model = model,
                              .rate = rate,
                              .layers = sim_new(arena, struct sim_layer, count),
                              .outputs = sim_new(arena, struct tensor, count),
                              .is_hidden = sim_new(arena, bool, count),
                              .arena = arena,
                              .err = err};
    struct sim_model sliced = *model;

    if (!(rate > 0 && rate <= 1)) {
        sim_fail(err,
                 "%s: cannot be sliced to a width of %g; it must be greater than 0 and at most 1.",
                 model->name, rate);
        return NULL;
    }
    find_hidden(&slicing);
    for (int i = 0; i < model->layer_count; i++)
        if (!slice_layer(&slicing, i))
            return NULL;
    sliced.layers = slicing.layers;
    return sim_model_complete(arena, &sliced, model->name, err);
}
