/* pages_of_files.c -- docs/scenarios.md, docs/platforms.md and docs/models.md, from the files that come with dmlsim. */
#include "sim/cli/pages.h"

#include "sim/base/file.h"
#include "sim/cli/listing.h"
#include "sim/platform/guard.h"
#include "sim/workload/language.h"
#include "sim/workload/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- scenarios ---- */

static void scenarios(const struct sim_list *list, bool are_studies)
{
    puts("\n| file | what it shows |\n|---|---|");
    for (size_t i = 0; i < list->count; i++) {
        if ((strstr(list->items[i].name, "/studies/") != NULL) != are_studies)
            continue;
        printf("| `%s` | ", list->items[i].name);
        sim_page_text(list->items[i].summary);
        puts(" |");
    }
}

void sim_page_scenarios(const struct sim_call *call)
{
    const struct sim_list *list = sim_list_of(call, "scenarios");

    sim_page_begin("Scenarios and studies");
    puts("\nWhat comes with dmlsim, and `dmlsim list scenarios` lists. All keys: [a "
         "scenario](scenario.md).\n\n## Studies\n\n"
         "`dmlsim sweep FILE` simulates every point, `dmlsim plot out/NAME.db` draws them.");
    scenarios(list, true);
    puts("\n## Scenarios\n\n`dmlsim run FILE` simulates one, `dmlsim explain out/NAME` says why it "
         "took so long, `dmlsim plot "
         "out/NAME` draws it.");
    scenarios(list, false);
}

/* ---- platforms ---- */

/* The first comment of an XML file, which says what it is and where its numbers come from. */
static const char *comment_of(const struct sim_call *call, const char *name)
{
    struct sim_error err = {0};
    size_t length;
    const char *text = sim_file_read(call->arena, sim_listed_path(call, name),
                                     SIM_PLATFORM_MOST_BYTES, &length, &err);
    const char *begin = text != NULL ? strstr(text, "<!-- ") : NULL;
    const char *end = begin != NULL ? strstr(begin, "-->") : NULL;

    return end != NULL ? sim_text_copy(call->arena, begin + 5, (size_t)(end - begin - 5)) : "";
}

/* As a block of code, without its first line, which is the title. */
static void comment(const char *text)
{
    const char *line = strchr(text, '\n');

    while (line != NULL && line[1] == '\n')
        line++;
    puts("\n```text");
    while (line != NULL && *++line != '\0') {
        size_t length = strcspn(line, "\n");
        const bool is_last = line[length] == '\0';

        while (length > 0 && line[length - 1] == ' ')
            length--;
        if (length > 0 || !is_last)
            printf("%.*s\n", (int)length, line);
        line = strchr(line, '\n');
    }
    puts("```");
}

void sim_page_platforms(const struct sim_call *call)
{
    const struct sim_list *list = sim_list_of(call, "platforms");

    sim_page_begin("Platforms");
    puts("\nWhat comes with dmlsim, as each file says itself; `dmlsim platform show FILE` lists "
         "hosts and links. A platform is "
         "any SimGrid XML file: one of your own is written in [the tutorial](tutorial.md), `dmlsim "
         "calibrate` makes one "
         "of measured times, `dmlsim platform generate federated` draws one.");
    for (size_t i = 0; i < list->count; i++) {
        printf("\n## %s\n\n", list->items[i].name);
        sim_page_text(list->items[i].summary);
        putchar('\n');
        comment(comment_of(call, list->items[i].name));
    }
}

/* ---- models ---- */

/* What the list says of a table of layers; of a language model of the same name it says so. */
static const char *summary_of(const struct sim_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0 &&
            strncmp(list->items[i].summary, "Language model", 14) != 0)
            return list->items[i].summary;
    return "";
}

static void layer_model(const struct sim_call *call, const char *const *folders, const char *name,
                        const struct sim_list *list)
{
    struct sim_error err = {0};
    const char *path = sim_model_find(call->arena, folders, name);
    const struct sim_model *model = sim_model_load(call->arena, path, &err);
    struct sim_model_totals totals;

    if (model == NULL)
        return;
    totals = sim_model_total(model);
    printf("| `%s` | ", name);
    sim_page_text(summary_of(list, name));
    printf(" | %d | %" PRId64 " | %" PRId64 " | %" PRId64 " | %" PRId64 " |\n", model->layer_count,
           totals.parameters, totals.macs, totals.activation_bytes, model->input_bytes);
}

static void language_model(const struct sim_language_model *model)
{
    printf("| `%s` | %d | %d | %d of %d, %d | %d | %d | %" PRId64 " | %" PRId64 " | ", model->name,
           model->layers, model->hidden, model->heads, model->head_size, model->kv_heads,
           model->ffn, model->vocabulary, model->parameters, model->kv_bytes_per_token);
    sim_page_text(model->source);
    puts(" |");
}

void sim_page_models(const struct sim_call *call)
{
    const char *const folders[] = {call->catalogue->data_folder, NULL};
    const char *const *names = sim_model_names(call->arena, folders);
    const struct sim_list *list = sim_list_of(call, "models");
    struct sim_error unread = {0};
    const struct sim_language_model *const *languages =
        sim_language_models(call->arena, folders, &unread);

    sim_page_begin("Models");
    puts("\nNames for `workload: {model: NAME}`. `dmlsim model show NAME` lists the layers; "
         "sources and conventions: "
         "[MODEL.md](../MODEL.md).\n\n## Tables of layers\n\nCounts are for one sample, forward; 1 "
         "MAC is 2 flop. A CSV or ONNX file "
         "of your own is one, too.\n\n"
         "| model | is | layers | parameters | MACs | bytes of activations | bytes of its input "
         "|\n|---|---|---|---|---|---|---|");
    for (; *names != NULL; names++)
        layer_model(call, folders, *names, list);
    puts("\n## Language models\n\nFor systems of decoding: `workload: {model: NAME, draft: "
         "NAME}`.\n\n"
         "| model | layers | width | heads, of keys and values | MLP | vocabulary | parameters | "
         "bytes kept a token | source |\n"
         "|---|---|---|---|---|---|---|---|---|");
    for (; *languages != NULL; languages++)
        language_model(*languages);
}
