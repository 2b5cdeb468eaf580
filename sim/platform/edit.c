#include "sim/platform/edit.h"

#include "sim/base/file.h"
#include "sim/platform/guard.h"

#include <fnmatch.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

/* Those that SimGrid 3.32 and later know; all else of a host or a link is a property. */
static const char *const host_attributes[] = {
    "speed", "core", "pstate", "availability_file", "speed_file", "state_file", NULL};
static const char *const link_attributes[] = {
    "bandwidth", "latency", "sharing_policy", "bandwidth_file", "latency_file", "state_file", NULL};

bool sim_platform_edit_target(struct sim_arena *arena, const char *text,
                              struct sim_platform_edit *edit)
{
    const size_t element = strcspn(text, "["), length = strlen(text);

    if (element == 0 || length < element + 3 || text[length - 1] != ']')
        return false;
    edit->element = sim_text_copy(arena, text, element);
    edit->id = sim_text_copy(arena, text + element + 1, length - element - 2);
    return true;
}

bool sim_platform_edit_tunes(const struct sim_platform_edit *edit)
{
    return strcmp(edit->element, "link") == 0 &&
           (strcmp(edit->attribute, "bandwidth") == 0 || strcmp(edit->attribute, "latency") == 0);
}

const struct sim_platform_edit *sim_platform_edits_that_last(const struct sim_platform_edit *edits,
                                                             int count, int *lasting,
                                                             struct sim_arena *arena)
{
    struct sim_platform_edit *those = sim_new(arena, struct sim_platform_edit, (size_t)count);

    *lasting = 0;
    for (int e = 0; e < count; e++)
        if (!sim_platform_edit_tunes(&edits[e]))
            those[(*lasting)++] = edits[e];
    return those;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_property(const struct sim_platform_edit *edit)
{
    return (strcmp(edit->element, "host") == 0 && !is_one_of(edit->attribute, host_attributes)) ||
           (strcmp(edit->element, "link") == 0 && !is_one_of(edit->attribute, link_attributes));
}

/* The <prop> of that name below an element; NULL where there is none. */
static xmlNode *find_property(xmlNode *element, const char *name)
{
    xmlNode *prop = element->children;

    for (; prop != NULL; prop = prop->next) {
        xmlChar *id = NULL;
        bool is_it;

        if (prop->type != XML_ELEMENT_NODE || strcmp((const char *)prop->name, "prop") != 0)
            continue;
        id = xmlGetProp(prop, (const xmlChar *)"id");
        is_it = id != NULL && strcmp((const char *)id, name) == 0;
        xmlFree(id);
        if (is_it)
            break;
    }
    return prop;
}

static void set_property(xmlNode *element, const struct sim_platform_edit *edit)
{
    xmlNode *prop = find_property(element, edit->attribute);

    if (prop == NULL) {
        prop = xmlNewChild(element, NULL, (const xmlChar *)"prop", NULL);
        xmlSetProp(prop, (const xmlChar *)"id", (const xmlChar *)edit->attribute);
    }
    xmlSetProp(prop, (const xmlChar *)"value", (const xmlChar *)edit->value);
}

static bool is_meant(xmlNode *element, const struct sim_platform_edit *edit)
{
    xmlChar *id;
    bool is_it;

    if (element->type != XML_ELEMENT_NODE ||
        strcmp((const char *)element->name, edit->element) != 0)
        return false;
    id = xmlGetProp(element, (const xmlChar *)"id");
    is_it = id != NULL && fnmatch(edit->id, (const char *)id, 0) == 0;
    xmlFree(id);
    return is_it;
}

/* In the whole tree below; how many were meant. */
static int apply(xmlNode *element, const struct sim_platform_edit *edit)
{
    int count = 0;

    for (; element != NULL; element = element->next) {
        if (is_meant(element, edit)) {
            if (is_property(edit))
                set_property(element, edit);
            else
                xmlSetProp(element, (const xmlChar *)edit->attribute, (const xmlChar *)edit->value);
            count++;
        }
        count += apply(element->children, edit);
    }
    return count;
}

static bool refuse_target(const struct sim_platform_edit *target, const char *path,
                          const char *text, struct sim_error *err)
{
    return sim_fail(err, "platform: there is no %s '%s' in %s%s", target->element, target->id, path,
                    strstr(text, "<cluster") != NULL && strcmp(target->element, "cluster") != 0
                        ? "; what a cluster makes is changed with cluster[NAME].bw, .lat "
                          "and .speed."
                        : ".");
}

const char *sim_platform_edited(const char *path, const struct sim_platform_edit *edits, int count,
                                size_t *length, struct sim_arena *arena, struct sim_error *err)
{
    const char *text = sim_file_read(arena, path, SIM_PLATFORM_MOST_BYTES, length, err);
    xmlDocPtr document;
    xmlChar *written = NULL;
    int size = 0;
    bool fine = true;

    if (text == NULL)
        return NULL;
    document = xmlReadMemory(text, (int)*length, NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (document == NULL)
        return text; /* the guard, who looks at it next, says what is wrong */
    for (int e = 0; e < count; e++)
        if (apply(xmlDocGetRootElement(document), &edits[e]) == 0)
            fine = refuse_target(&edits[e], path, text, err);
    if (fine)
        xmlDocDumpMemory(document, &written, &size);
    text = written == NULL ? NULL : sim_text_copy(arena, (const char *)written, (size_t)size);
    *length = (size_t)size;
    xmlFree(written);
    xmlFreeDoc(document);
    return text;
}

/* ---- what stands there ---- */

/* The elements that are meant, in a list that grows. */
struct found {
    const struct sim_platform_edit *target;
    struct sim_platform_edit *values;
    int count, room;
    struct sim_arena *arena;
};

static const char *text_at(xmlNode *element, const char *attribute, struct sim_arena *arena)
{
    xmlChar *value = xmlGetProp(element, (const xmlChar *)attribute);
    const char *copy = value == NULL ? NULL : sim_text(arena, "%s", (const char *)value);

    xmlFree(value);
    return copy;
}

static void note_value(struct found *found, xmlNode *element)
{
    const struct sim_platform_edit *target = found->target;
    xmlNode *holder = is_property(target) ? find_property(element, target->attribute) : element;
    struct sim_platform_edit *value;

    if (found->count == found->room) {
        const int room = 2 * found->room + 16;
        struct sim_platform_edit *values =
            sim_new(found->arena, struct sim_platform_edit, (size_t)room);

        if (found->count > 0)
            memcpy(values, found->values, (size_t)found->count * sizeof *values);
        found->values = values;
        found->room = room;
    }
    value = &found->values[found->count++];
    *value = *target;
    value->id = text_at(element, "id", found->arena);
    value->value =
        holder == NULL
            ? NULL
            : text_at(holder, is_property(target) ? "value" : target->attribute, found->arena);
}

static void look_for(struct found *found, xmlNode *element)
{
    for (; element != NULL; element = element->next) {
        if (is_meant(element, found->target))
            note_value(found, element);
        look_for(found, element->children);
    }
}

int sim_platform_values(const char *path, const struct sim_platform_edit *edits, int count,
                        const struct sim_platform_edit *target,
                        const struct sim_platform_edit **values, struct sim_arena *arena,
                        struct sim_error *err)
{
    struct found found = {.target = target, .arena = arena};
    size_t length;
    const char *text = sim_platform_edited(path, edits, count, &length, arena, err);
    xmlDocPtr document;

    if (text == NULL)
        return 0;
    document = xmlReadMemory(text, (int)length, NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (document != NULL)
        look_for(&found, xmlDocGetRootElement(document));
    xmlFreeDoc(document);
    if (found.count == 0)
        refuse_target(target, path, text, err);
    *values = found.values;
    return found.count;
}
