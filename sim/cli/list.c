/* list.c -- dmlsim list: what there is, from the tables and the folders. */
#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/cli/listing.h"
#include "sim/platform/guard.h"
#include "sim/workload/language.h"
#include "sim/workload/model.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_option options[] = {{"json", 0, NULL, "print a JSON list"}, {0}};

static void add(struct sim_list *list, const char *name, const char *summary)
{
    if (list->count < sizeof list->items / sizeof list->items[0])
        list->items[list->count++] = (struct sim_listed){name, summary};
}

static bool ends_in(const char *name, const char *ending)
{
    const size_t n = strlen(name), m = strlen(ending);

    return n > m && strcmp(name + n - m, ending) == 0;
}

/* The first line of a YAML or CSV file, if it is a comment. */
static const char *first_comment(struct sim_arena *arena, const char *path, size_t most_bytes)
{
    struct sim_error err = {0};
    size_t length;
    const char *text = sim_file_read(arena, path, most_bytes, &length, &err);

    if (text == NULL || *text != '#')
        return "";
    text += strspn(text, "# ");
    return sim_text_copy(arena, text, strcspn(text, "\r\n"));
}

static const char *yaml_summary(struct sim_arena *arena, const char *path)
{
    return first_comment(arena, path, SIM_SCENARIO_MOST_BYTES);
}

static const char *xml_summary(struct sim_arena *arena, const char *path)
{
    struct sim_platform_facts facts = {.summary = ""};
    struct sim_error err = {0};

    sim_guard_platform(path, &facts, arena, &err);
    return facts.summary;
}

const char *sim_listed_path(const struct sim_call *call, const char *name)
{
    return sim_file_exists(name)
               ? name
               : sim_text(call->arena, "%s/%s", call->catalogue->data_folder, name);
}

static void list_folder(const struct sim_call *call, const char *folder, const char *ending,
                        const char *(*summary)(struct sim_arena *, const char *),
                        struct sim_list *list)
{
    const char *path = sim_listed_path(call, folder);
    DIR *open_folder = opendir(path);
    const struct dirent *entry;

    while (open_folder != NULL && (entry = readdir(open_folder)) != NULL)
        if (ends_in(entry->d_name, ending))
            add(list, sim_text(call->arena, "%s/%s", folder, entry->d_name),
                summary(call->arena, sim_text(call->arena, "%s/%s", path, entry->d_name)));
    if (open_folder != NULL)
        closedir(open_folder);
}

static const char *language_summary(const struct sim_call *call,
                                    const struct sim_language_model *model)
{
    const bool is_large = model->parameters >= 1000 * 1000 * 1000;

    return sim_text(call->arena,
                    "Language model of %.3g %s parameters, for decoding: %d layers of %d",
                    (double)model->parameters / (is_large ? 1e9 : 1e6),
                    is_large ? "billion" : "million", model->layers, model->hidden);
}

static void list_languages(const struct sim_call *call, struct sim_list *list)
{
    const char *const folders[] = {call->catalogue->data_folder, NULL};
    struct sim_error unread = {0};
    const struct sim_language_model *const *models =
        sim_language_models(call->arena, folders, &unread);

    for (; *models != NULL; models++)
        add(list, (*models)->name, language_summary(call, *models));
}

/* By the names that `workload:` knows them by. */
static void list_models(const struct sim_call *call, struct sim_list *list)
{
    const char *const folders[] = {call->catalogue->data_folder, NULL};
    const char *const *names = sim_model_names(call->arena, folders);

    for (; *names != NULL; names++)
        add(list, *names,
            first_comment(call->arena, sim_model_find(call->arena, folders, *names),
                          SIM_MODEL_MOST_BYTES));
}

static int by_name(const void *a, const void *b)
{
    const struct sim_listed *one = a, *other = b;
    const int order = sim_natural_order(one->name, other->name);

    return order != 0 ? order : strcmp(one->summary, other->summary);
}

static void print(const struct sim_call *call, const struct sim_list *list)
{
    json_t *all;
    int widest = 0;

    if (sim_option_given(call, "json")) {
        all = json_array();
        for (size_t i = 0; i < list->count; i++)
            json_array_append_new(all, json_pack("{s:s, s:s}", "name", list->items[i].name,
                                                 "summary", list->items[i].summary));
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(all);
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        if ((int)strlen(list->items[i].name) > widest)
            widest = (int)strlen(list->items[i].name);
    for (size_t i = 0; i < list->count; i++)
        printf("%-*s  %s\n", widest, list->items[i].name, list->items[i].summary);
}

const char *const sim_list_kinds[] = {"algorithms", "platforms", "scenarios", "models", NULL};

const struct sim_list *sim_list_of(const struct sim_call *call, const char *what)
{
    struct sim_list *list = sim_new(call->arena, struct sim_list, 1);

    if (strcmp(what, "algorithms") == 0) {
        for (const struct sim_algorithm *const *a = call->catalogue->algorithms; *a != NULL; a++)
            add(list, (*a)->name, (*a)->summary);
    } else if (strcmp(what, "platforms") == 0) {
        list_folder(call, "platforms", ".xml", xml_summary, list);
    } else if (strcmp(what, "scenarios") == 0) {
        list_folder(call, "scenarios", ".yaml", yaml_summary, list);
        list_folder(call, "scenarios/studies", ".yaml", yaml_summary, list);
    } else if (strcmp(what, "models") == 0) {
        list_models(call, list);
        list_languages(call, list);
    } else {
        return NULL;
    }
    qsort(list->items, list->count, sizeof list->items[0], by_name);
    return list;
}

static int run(const struct sim_call *call)
{
    const char *what = call->arguments[0];
    const struct sim_list *list = sim_list_of(call, what);

    if (list == NULL)
        return sim_misused(call, "there is no list of '%s'%s", what,
                           sim_did_you_mean(call->arena, what, sim_list_kinds, 4,
                                            "; say algorithms, platforms, scenarios or models."));
    print(call, list);
    return 0;
}

SIM_COMMAND(list) = {
    .name = "list",
    .arguments = "algorithms|platforms|scenarios|models",
    .summary = "list the algorithms, the platforms, the scenarios or the models",
    .description =
        "Platforms and scenarios are those of the folders platforms/ and scenarios/ here or, "
        "where there are none, those that dmlsim brings along; models are those of "
        "scenarios/models/, here and brought along, which are tables of layers, and the language "
        "models of scenarios/language/models.csv.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
