/* model.c -- dmlsim model: the layers of a network, and what they cost; ONNX becomes CSV. */
#include "sim/workload/model.h"

#include "sim/workload/language.h"

#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/base/units.h"
#include "sim/cli/command.h"
#include "sim/workload/slice.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_option options[] = {
    {"json", 0, NULL, "show, list: print it as JSON"},
    {"input-shape", 0, "NAME:SHAPE",
     "show, import: shapes of an ONNX file's inputs, as in x:1x3x224x224,h:1x10"},
    {"strict", 0, NULL,
     "show, import: refuse an ONNX operator that is not known, instead of counting it at zero "
     "flop"},
    {"width", 0, "RATE",
     "show: the model narrowed as HeteroFL does, each hidden layer to ceil(RATE x its channels)"},
    {"out", 'o', "FILE.csv", "import: where to write the table"},
    {0}};

static void warn(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "dmlsim: %s\n", sentence);
}

static bool ends_in(const char *path, const char *extension)
{
    const char *dot = strrchr(path, '.');

    return dot != NULL && strcmp(dot, extension) == 0;
}

static bool is_onnx(const char *path)
{
    return ends_in(path, ".onnx");
}

static const struct sim_model *load_onnx(const struct sim_call *call, const char *path,
                                         struct sim_error *err)
{
    const struct sim_onnx_options onnx = {.input_shapes = sim_option_value(call, "input-shape"),
                                          .strict = sim_option_given(call, "strict"),
                                          .warn = warn};
    const struct sim_model *model = sim_onnx_load(call->arena, path, &onnx, err);

    return model == NULL ? NULL : sim_model_complete(call->arena, model, path, err);
}

/* An option that this verb has no use for would be ignored. */
static int refuse_options(const struct sim_call *call, const char *verb, const char *const *refused)
{
    for (; *refused != NULL; refused++)
        if (sim_option_given(call, *refused))
            return sim_misused(call, "%s takes no --%s here.", verb, *refused);
    return 0;
}

/* ---- show ---- */

/* 62378344 as 62,378,344. */
static const char *grouped(struct sim_arena *arena, int64_t number)
{
    const char *plain = sim_text(arena, "%" PRId64, number);
    const size_t length = strlen(plain);
    char *text = sim_new(arena, char, length + length / 3 + 1);
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[n++] = ',';
        text[n++] = plain[i];
    }
    return text;
}

static void print_total(const struct sim_call *call, const char *name, double value,
                        enum sim_unit unit)
{
    char text[SIM_QUANTITY_SIZE];

    printf("  %-22s%20s", name, grouped(call->arena, llround(value)));
    if (unit != SIM_UNIT_NONE)
        printf("   %s", sim_format_quantity(text, value, unit));
    putchar('\n');
}

static void print_totals(const struct sim_call *call, const struct sim_model *model)
{
    const char *width = sim_option_value(call, "width");
    const struct sim_model_totals totals = sim_model_total(model);

    printf("%s%s%s: %d layer%s; counts are for one sample, 1 MAC is 2 flop\n\n", model->name,
           width ? " at width " : "", width ? width : "", model->layer_count,
           model->layer_count == 1 ? "" : "s");
    print_total(call, "parameters", (double)totals.parameters, SIM_UNIT_NONE);
    print_total(call, "parameter bytes", (double)totals.parameter_bytes, SIM_UNIT_BYTES);
    print_total(call, "MACs, forward", (double)totals.macs, SIM_UNIT_NONE);
    print_total(call, "flop, forward", totals.forward_flop, SIM_UNIT_FLOP);
    print_total(call, "flop, backward", totals.backward_flop, SIM_UNIT_FLOP);
    print_total(call, "activation bytes", (double)totals.activation_bytes, SIM_UNIT_BYTES);
    print_total(call, "input bytes", (double)model->input_bytes, SIM_UNIT_BYTES);
}

static int wider(int width, const char *text)
{
    const int length = (int)strlen(text);

    return length > width ? length : width;
}

static bool is_measured(const struct sim_model *model)
{
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].forward_seconds >= 0)
            return true;
    return false;
}

static bool has_windows(const struct sim_model *model)
{
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].window.kernel > 0)
            return true;
    return false;
}

static void print_window(const struct sim_window *window)
{
    if (window->kernel > 0)
        printf("  %6d %6d %7d", window->kernel, window->stride, window->padding);
    else
        printf("  %6s %6s %7s", "", "", "");
}

static void print_layers(const struct sim_model *model)
{
    int name = 5, kind = 4, input = 5, output = 6;
    const bool measured = is_measured(model), windows = has_windows(model);
    char seconds[SIM_QUANTITY_SIZE];

    for (int i = 0; i < model->layer_count; i++) {
        name = wider(name, model->layers[i].name);
        kind = wider(kind, model->layers[i].kind);
        input = wider(input, model->layers[i].input);
        output = wider(output, model->layers[i].output);
    }
    printf("\n%-*s  %-*s  %-*s  %-*s %s %12s %15s %16s %16s%s  %s\n", name, "layer", kind, "kind",
           input, "input", output, "output", windows ? "  kernel stride padding" : "", "parameters",
           "MACs", "flop", "activation bytes", measured ? "     measured" : "", "reads");
    for (int i = 0; i < model->layer_count; i++) {
        const struct sim_layer *layer = &model->layers[i];

        printf("%-*s  %-*s  %-*s  %-*s", name, layer->name, kind, layer->kind, input, layer->input,
               output, layer->output);
        if (windows)
            print_window(&layer->window);
        printf(" %12" PRId64 " %15" PRId64 " %16.0f %16" PRId64, layer->parameters, layer->macs,
               layer->forward_flop, layer->activation_bytes);
        if (measured)
            printf(" %12s",
                   layer->forward_seconds < 0
                       ? "-"
                       : sim_format_quantity(seconds, layer->forward_seconds, SIM_UNIT_SECONDS));
        printf("%s%s\n", *layer->reads == '\0' ? "" : "  ", layer->reads);
    }
}

/* Whole numbers without a point, as a reader of counts expects them. */
static json_t *number_json(double value)
{
    return value == floor(value) && value < 1e15 ? json_integer((json_int_t)value)
                                                 : json_real(value);
}

static json_t *seconds_json(double seconds)
{
    return seconds < 0 ? json_null() : json_real(seconds);
}

static json_t *window_json(const struct sim_window *window)
{
    return window->kernel == 0 ? json_null()
                               : json_pack("{s:i, s:i, s:i}", "kernel", window->kernel, "stride",
                                           window->stride, "padding", window->padding);
}

static json_t *layer_json(const struct sim_layer *layer)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:i, s:o}", "name",
        layer->name, "kind", layer->kind, "input", layer->input, "output", layer->output, "reads",
        layer->reads, "parameters", (json_int_t)layer->parameters, "macs", (json_int_t)layer->macs,
        "flop", number_json(layer->forward_flop), "backward_flop",
        number_json(layer->backward_flop), "input_bytes", (json_int_t)layer->input_bytes,
        "activation_bytes", (json_int_t)layer->activation_bytes, "parameter_bytes",
        (json_int_t)layer->parameter_bytes, "forward_seconds", seconds_json(layer->forward_seconds),
        "backward_seconds", seconds_json(layer->backward_seconds), "measured_batch",
        layer->measured_batch, "window", window_json(&layer->window));
}

static int print_json(const struct sim_call *call, json_t *json)
{
    if (json == NULL)
        return sim_misused(call, "a name here holds bytes that are not UTF-8.");
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
    return 0;
}

static json_t *model_json(const struct sim_model *model, double width)
{
    const struct sim_model_totals totals = sim_model_total(model);
    json_t *layers = json_array();

    for (int i = 0; i < model->layer_count; i++)
        json_array_append_new(layers, layer_json(&model->layers[i]));
    return json_pack(
        "{s:s, s:f, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:i, s:o}", "name", model->name, "width",
        width, "parameters", (json_int_t)totals.parameters, "macs", (json_int_t)totals.macs, "flop",
        number_json(totals.forward_flop), "backward_flop", number_json(totals.backward_flop),
        "activation_bytes", (json_int_t)totals.activation_bytes, "parameter_bytes",
        (json_int_t)totals.parameter_bytes, "input_bytes", (json_int_t)model->input_bytes,
        "bytes_per_parameter", model->bytes_per_parameter, "layers", layers);
}

static int unknown_model(const struct sim_call *call, const char *const *folders, const char *name)
{
    const char *const *names = sim_model_names(call->arena, folders);
    size_t count = 0;

    while (names[count] != NULL)
        count++;
    if (sim_model_is_path(name))
        return sim_misused(call, "there is no file '%s'.", name);
    return sim_misused(
        call, "there is no model '%s'%s", name,
        sim_did_you_mean(call->arena, name, names, count, "; 'dmlsim list models' names them."));
}

/* ---- show, of a language model ---- */

static void print_language(const struct sim_call *call, const struct sim_language_model *model)
{
    printf("%s: a language model of %d layers, %d bytes a number\n%s\n\n", model->name,
           model->layers, model->bytes_per_number, model->source);
    printf("  width %d; %d heads of %d, keys and values of %d; MLP %d%s; vocabulary %d%s%s\n\n",
           model->hidden, model->heads, model->head_size, model->kv_heads, model->ffn,
           model->is_gated ? ", gated" : "", model->vocabulary,
           model->is_tied ? ", LM head tied to it" : "",
           model->has_encoder ? "; an encoder beside the decoder" : "");
    print_total(call, "parameters", (double)model->parameters, SIM_UNIT_NONE);
    print_total(call, "  in the layers", (double)model->linear_parameters, SIM_UNIT_NONE);
    print_total(call, "  in the LM head", (double)model->head_parameters, SIM_UNIT_NONE);
    print_total(call, "weight bytes", sim_language_weight_bytes(model, 1), SIM_UNIT_BYTES);
    print_total(call, "bytes kept a token", (double)model->kv_bytes_per_token, SIM_UNIT_BYTES);
}

static json_t *language_json(const struct sim_language_model *model)
{
    return json_pack(
        "{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I}", "name",
        model->name, "source", model->source, "layers", model->layers, "hidden", model->hidden,
        "heads", model->heads, "kv_heads", model->kv_heads, "head_size", model->head_size, "ffn",
        model->ffn, "vocabulary", model->vocabulary, "bytes_per_number", model->bytes_per_number,
        "linear_parameters", (json_int_t)model->linear_parameters, "head_parameters",
        (json_int_t)model->head_parameters, "parameters", (json_int_t)model->parameters,
        "kv_bytes_per_token", (json_int_t)model->kv_bytes_per_token);
}

static int show_language(const struct sim_call *call, const char *const *folders)
{
    static const char *const refused[] = {"out", "width", "input-shape", "strict", NULL};
    struct sim_error err = {0};
    const struct sim_language_model *model;

    if (refuse_options(call, "show of a language model", refused) != 0)
        return 2;
    model = sim_language_load(call->arena, folders, call->arguments[1], NULL, &err);
    if (model == NULL)
        return sim_complain(&err, 2);
    if (sim_option_given(call, "json"))
        return print_json(call, language_json(model));
    print_language(call, model);
    return 0;
}

/* ---- show ---- */

/* 1 unless --width says otherwise. */
static bool read_width(const struct sim_call *call, double *width)
{
    const char *given = sim_option_value(call, "width");

    *width = 1;
    return given == NULL || sim_parse_quantity(given, SIM_UNIT_NONE, width);
}

static int show(const struct sim_call *call)
{
    static const char *const refused[] = {"out", NULL}, *const for_onnx[] = {"input-shape",
                                                                             "strict", NULL};
    const char *const folders[] = {call->catalogue->data_folder, NULL};
    const char *path = sim_model_find(call->arena, folders, call->arguments[1]);
    const struct sim_model *model;
    struct sim_error err = {0};
    double width;

    if (path == NULL && sim_language_lack(call->arena, folders, call->arguments[1]) == NULL)
        return show_language(call, folders);
    if (refuse_options(call, "show", refused) != 0)
        return 2;
    if (!read_width(call, &width))
        return sim_misused(call, "--width is '%s', which is no number; write it as in 0.5.",
                           sim_option_value(call, "width"));
    if (path == NULL)
        return unknown_model(call, folders, call->arguments[1]);
    if (!is_onnx(path) && refuse_options(call, "show of a CSV file", for_onnx) != 0)
        return 2;
    model = is_onnx(path) ? load_onnx(call, path, &err) : sim_model_load(call->arena, path, &err);
    if (model != NULL && sim_option_given(call, "width"))
        model = sim_model_slice(call->arena, model, width, &err);
    if (model == NULL)
        return sim_complain(&err, 2);
    if (sim_option_given(call, "json"))
        return print_json(call, model_json(model, width));
    print_totals(call, model);
    print_layers(model);
    return 0;
}

/* ---- list ---- */

static json_t *item_json(const char *name, const struct sim_model *model)
{
    const struct sim_model_totals totals = sim_model_total(model);

    return json_pack("{s:s, s:I, s:I, s:o, s:i}", "name", name, "parameters",
                     (json_int_t)totals.parameters, "macs", (json_int_t)totals.macs, "flop",
                     number_json(totals.forward_flop), "layers", model->layer_count);
}

static void print_item(const struct sim_call *call, const char *name, const struct sim_model *model)
{
    const struct sim_model_totals totals = sim_model_total(model);

    printf("%-16s %15s %20s %20s\n", name, grouped(call->arena, totals.parameters),
           grouped(call->arena, totals.macs), grouped(call->arena, llround(totals.forward_flop)));
}

static int list(const struct sim_call *call)
{
    static const char *const refused[] = {"out", "input-shape", "strict", "width", NULL};
    const char *const folders[] = {call->catalogue->data_folder, NULL};
    const char *const *names = sim_model_names(call->arena, folders);
    const bool as_json = sim_option_given(call, "json");
    struct sim_error err = {0};
    json_t *all = NULL;

    if (refuse_options(call, "list", refused) != 0)
        return 2;
    if (as_json)
        all = json_array();
    else
        printf("%-16s %15s %20s %20s\n", "model", "parameters", "MACs", "flop");
    for (; *names != NULL; names++) {
        const struct sim_model *model =
            sim_model_load(call->arena, sim_model_find(call->arena, folders, *names), &err);

        if (model != NULL && as_json)
            json_array_append_new(all, item_json(*names, model));
        else if (model != NULL)
            print_item(call, *names, model);
    }
    if (as_json)
        print_json(call, all);
    return err.count > 0 ? sim_complain(&err, 2) : 0;
}

/* ---- import ---- */

static bool write_table(const struct sim_model *model, const char *path, struct sim_arena *arena,
                        struct sim_error *err)
{
    FILE *file = sim_file_begin(arena, path, err);

    if (file == NULL)
        return false;
    sim_model_write(file, model);
    return sim_file_end(arena, file, path, err);
}

static int import(const struct sim_call *call)
{
    static const char *const refused[] = {"json", "width", NULL};
    const char *path = call->arguments[1], *out = sim_option_value(call, "out");
    const struct sim_model *model;
    struct sim_error err = {0};

    if (refuse_options(call, "import", refused) != 0)
        return 2;
    if (!is_onnx(path))
        return sim_misused(call, "import reads files that end in .onnx; '%s' does not.", path);
    if (out == NULL)
        return sim_misused(call, "say where to write the table, as in --out net.csv.");
    if (!ends_in(out, ".csv"))
        return sim_misused(call, "--out must end in .csv; '%s' does not.", out);
    model = load_onnx(call, path, &err);
    if (model != NULL && model->layer_count == 0)
        sim_fail(&err, "%s: has no layer: whatever is in it is constant.", path);
    if (err.count > 0 || !write_table(model, out, call->arena, &err))
        return sim_complain(&err, 2);
    print_totals(call, model);
    printf("\ntable: %s\n", out);
    return 0;
}

/* ---- the verbs ---- */

static const struct {
    const char *name, *argument;
    int (*run)(const struct sim_call *call);
} verbs[] = {{"show", "NAME or FILE", show}, {"list", NULL, list}, {"import", "FILE.onnx", import}};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static int unknown_verb(const struct sim_call *call)
{
    const char *names[VERBS];

    for (int i = 0; i < VERBS; i++)
        names[i] = verbs[i].name;
    return sim_misused(call, "there is no 'model %s'%s", call->arguments[0],
                       sim_did_you_mean(call->arena, call->arguments[0], names, VERBS,
                                        "; say show, list or import."));
}

static int run(const struct sim_call *call)
{
    for (int i = 0; i < VERBS; i++) {
        if (strcmp(call->arguments[0], verbs[i].name) != 0)
            continue;
        if (verbs[i].argument != NULL && call->argument_count < 2)
            return sim_misused(call, "model %s: %s is missing.", verbs[i].name, verbs[i].argument);
        if (verbs[i].argument == NULL && call->argument_count > 1)
            return sim_misused(call, "'%s' is one argument too many.", call->arguments[1]);
        return verbs[i].run(call);
    }
    return unknown_verb(call);
}

SIM_COMMAND(model) = {
    .name = "model",
    .arguments = "show NAME|FILE [--width RATE] | list | import FILE.onnx --out FILE.csv",
    .summary = "show a neural network layer by layer, list those there are, import one from ONNX",
    .description =
        "A model is one of dmlsim's own (dmlsim model list), a CSV file of layers or an ONNX file. "
        "Counts are for one sample; 1 MAC is 2 flop. A CSV file of your own needs the column name "
        "and one of forward_flop, macs and forward_seconds; it may have kind, input, output, "
        "reads, parameters, backward_flop, activation_bytes, backward_seconds, measured_batch, "
        "bytes_per_parameter and input_bytes (what enters the network), and of convolutions and "
        "pools kernel, stride and padding, the same for rows and columns. show tells of a language "
        "model, too, unless a table of layers has its name.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 2,
    .run = run,
};
