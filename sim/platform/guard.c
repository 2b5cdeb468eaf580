#include "sim/platform/guard.h"

#include "sim/base/file.h"
#include "sim/base/units.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdint.h>
#include <string.h>

/* A platform under examination. */
struct guard {
    const char *path, *folder, *text;
    size_t length;
    struct sim_platform_facts *facts;
    struct sim_arena *arena;
    struct sim_error *err;
    size_t elements;                          /* seen so far */
    xmlHashTablePtr hosts, links, used_links; /* names; values are elements, or the guard itself */
};

/* ---- well-formed, and harmless ---- */

/* libxml2 reports one bomb six times: the first complaint is the one. */
static void note_first(void *context, xmlErrorPtr error)
{
    struct guard *guard = context;
    const char *message = error->message == NULL ? "it cannot be read" : error->message;

    if (error->level < XML_ERR_ERROR || guard->err->count > 0)
        return;
    sim_fail(guard->err, "%s:%d:%d: this is no well-formed XML: %.*s.", guard->path, error->line,
             error->int2, (int)strcspn(message, "\n"), message);
}

static xmlDocPtr parse(struct guard *guard)
{
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    struct sim_error before = *guard->err;
    xmlDocPtr document;

    guard->err->count = 0;
    xmlSetStructuredErrorFunc(guard, note_first);
    document = xmlCtxtReadMemory(parser, guard->text, (int)guard->length, NULL, NULL,
                                 XML_PARSE_NONET | XML_PARSE_BIG_LINES);
    xmlSetStructuredErrorFunc(NULL, NULL);
    xmlFreeParserCtxt(parser);
    if (document == NULL && guard->err->count == 0)
        sim_fail(guard->err, "%s: this is no XML.", guard->path);
    if (guard->err->count > 0 && document != NULL) {
        xmlFreeDoc(document);
        document = NULL;
    }
    guard->err->count += before.count;
    return document;
}

static bool is_harmless(const struct guard *guard, xmlDocPtr document)
{
    xmlNode *root = xmlDocGetRootElement(document);

    if (document->intSubset != NULL &&
        (document->intSubset->entities != NULL || document->intSubset->pentities != NULL))
        return sim_fail(guard->err,
                        "%s: its DOCTYPE declares entities; a platform needs none, and none is "
                        "ever fetched or expanded.",
                        guard->path);
    if (root == NULL || strcmp((const char *)root->name, "platform") != 0)
        return sim_fail(guard->err,
                        "%s:%ld: the root element is <%s>, but a SimGrid platform is "
                        "<platform version=\"4.1\">.",
                        guard->path, root == NULL ? 1L : xmlGetLineNo(root),
                        root == NULL ? "" : (const char *)root->name);
    return true;
}

/* ---- places ---- */

/* libxml2 knows the line in which a start tag ends.  We look for where it begins: the n-th start tag of
 * the text is the n-th element of the document, and `_private` of an element is its n. */
static const char *after(const char *at, const char *end, const char *closing)
{
    const char *found = memmem(at, (size_t)(end - at), closing, strlen(closing));

    return found == NULL ? end : found + strlen(closing);
}

/* Past the '>' that ends a tag or a DOCTYPE, whatever stands in quotes or brackets before it. */
static const char *after_tag(const char *at, const char *end)
{
    int brackets = 0;

    for (; at < end && (*at != '>' || brackets > 0); at++) {
        if (*at == '"' || *at == '\'')
            at = after(at + 1, end, *at == '"' ? "\"" : "'") - 1;
        brackets += (at < end && *at == '[') - (at < end && *at == ']');
    }
    return at < end ? at + 1 : end;
}

/* The next start tag at or behind `at`; NULL behind the last. */
static const char *next_start_tag(const char *at, const char *end)
{
    while (at < end) {
        const size_t left = (size_t)(end - at);

        if (*at != '<')
            at++;
        else if (left > 4 && memcmp(at, "<!--", 4) == 0)
            at = after(at + 4, end, "-->");
        else if (left > 9 && memcmp(at, "<![CDATA[", 9) == 0)
            at = after(at, end, "]]>");
        else if (left > 2 && at[1] == '?')
            at = after(at, end, "?>");
        else if (left > 2 && (at[1] == '!' || at[1] == '/'))
            at = after_tag(at, end);
        else
            return at;
    }
    return NULL;
}

/* Line and column, from 1, where the n-th element (from 1) begins. */
static void place_of(const struct guard *guard, size_t n, long *line, long *column)
{
    const char *end = guard->text + guard->length, *at = next_start_tag(guard->text, end);
    const char *line_begin = guard->text;

    while (at != NULL && --n > 0)
        at = next_start_tag(after_tag(at, end), end);
    *line = 1;
    for (const char *c = guard->text; at != NULL && c < at; c++)
        if (*c == '\n') {
            ++*line;
            line_begin = c + 1;
        }
    *column = 1;
    for (const char *c = line_begin; at != NULL && c < at; c++)
        *column += (*c & 0xc0) != 0x80; /* letters, not bytes */
}

static size_t number_of(const xmlNode *element)
{
    return (size_t)(uintptr_t)element->_private;
}

static bool complain(const struct guard *guard, const xmlNode *element, const char *sentence)
{
    long line, column;

    place_of(guard, number_of(element), &line, &column);
    return sim_fail(guard->err, "%s:%ld:%ld: %s", guard->path, line, column, sentence);
}

/* ---- values ---- */

static const struct {
    const char *attribute;
    enum sim_unit unit;
    bool may_be_zero;
} quantities[] = {
    {"speed", SIM_UNIT_FLOP_PER_SECOND, false},  {"bandwidth", SIM_UNIT_BYTES_PER_SECOND, false},
    {"bw", SIM_UNIT_BYTES_PER_SECOND, false},    {"bb_bw", SIM_UNIT_BYTES_PER_SECOND, false},
    {"bw_up", SIM_UNIT_BYTES_PER_SECOND, false}, {"bw_down", SIM_UNIT_BYTES_PER_SECOND, false},
    {"bw_in", SIM_UNIT_BYTES_PER_SECOND, false}, {"bw_out", SIM_UNIT_BYTES_PER_SECOND, false},
    {"latency", SIM_UNIT_SECONDS, true},         {"lat", SIM_UNIT_SECONDS, true},
    {"bb_lat", SIM_UNIT_SECONDS, true},          {"loopback_bw", SIM_UNIT_BYTES_PER_SECOND, false},
    {"loopback_lat", SIM_UNIT_SECONDS, true},    {"limiter_link", SIM_UNIT_BYTES_PER_SECOND, false},
};

/* SimGrid takes zero and negative values, and aborts when they are used.  What we cannot read (a list of
 * rates, a unit of its own) is left to SimGrid's own judgement. */
static bool check_quantity(const struct guard *guard, xmlNode *element, const char *name,
                           const char *value)
{
    for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++) {
        double number;

        if (strcmp(name, quantities[i].attribute) != 0 ||
            !sim_parse_quantity(value, quantities[i].unit, &number) || number > 0 ||
            (number == 0 && quantities[i].may_be_zero))
            continue;
        return complain(
            guard, element,
            sim_text(guard->arena, "%s=\"%s\" must %s.", name, value,
                     quantities[i].may_be_zero ? "not be negative" : "be greater than 0"));
    }
    return true;
}

static bool check_profile(const struct guard *guard, xmlNode *element, const char *name,
                          const char *value)
{
    guard->facts->has_profiles = true;
    guard->facts->has_state_profiles |= strcmp(name, "state_file") == 0;
    guard->facts->has_speed_profiles |= strcmp(name, "speed_file") == 0;
    if (value[0] == '/')
        return complain(guard, element,
                        sim_text(guard->arena,
                                 "%s=\"%s\": SimGrid 3.32 opens profiles only by paths that "
                                 "are relative to the platform file.",
                                 name, value));
    if (!sim_file_exists(sim_text(guard->arena, "%s/%s", guard->folder, value)))
        return complain(guard, element,
                        sim_text(guard->arena, "%s=\"%s\": there is no such file beside %s.", name,
                                 value, guard->path));
    return true;
}

static bool check_attributes(const struct guard *guard, xmlNode *element)
{
    bool fine = true;

    for (const xmlAttr *a = element->properties; a != NULL; a = a->next) {
        const char *name = (const char *)a->name;
        const char *value = a->children == NULL ? "" : (const char *)a->children->content;
        const size_t length = strlen(name);

        fine &= check_quantity(guard, element, name, value);
        if (length > 5 && strcmp(name + length - 5, "_file") == 0 && *value != '\0')
            fine &= check_profile(guard, element, name, value);
        if (strcmp((const char *)element->name, "prop") == 0 &&
            strcmp(value, "wattage_per_state") == 0)
            guard->facts->has_wattage = true;
    }
    return fine;
}

/* ---- names ---- */

static const char *attribute(xmlNode *element, const char *name)
{
    for (const xmlAttr *a = element->properties; a != NULL; a = a->next)
        if (strcmp((const char *)a->name, name) == 0)
            return a->children == NULL ? "" : (const char *)a->children->content;
    return NULL;
}

static bool declare(const struct guard *guard, xmlHashTablePtr names, xmlNode *element,
                    const char *what)
{
    const char *id = attribute(element, "id");

    long line, column;

    if (id == NULL || xmlHashAddEntry(names, (const xmlChar *)id, element) == 0)
        return true;
    place_of(guard, number_of(xmlHashLookup(names, (const xmlChar *)id)), &line, &column);
    return complain(
        guard, element,
        sim_text(guard->arena, "there is already a %s '%s', in line %ld.", what, id, line));
}

static void use_link(struct guard *guard, const char *name)
{
    size_t length;

    if (name == NULL)
        return;
    xmlHashAddEntry(guard->used_links, (const xmlChar *)name, guard);
    length = strlen(name); /* an end of a SPLITDUPLEX link may be named */
    if (length > 3 && strcmp(name + length - 3, "_UP") == 0)
        length -= 3;
    else if (length > 5 && strcmp(name + length - 5, "_DOWN") == 0)
        length -= 5;
    xmlHashAddEntry(guard->used_links, (const xmlChar *)sim_text_copy(guard->arena, name, length),
                    guard);
}

static bool check_names(struct guard *guard, xmlNode *element)
{
    const char *kind = (const char *)element->name;
    const char *policy = attribute(element, "sharing_policy");

    if (strcmp(kind, "host") == 0)
        return declare(guard, guard->hosts, element, "host");
    if (strcmp(kind, "link_ctn") == 0)
        use_link(guard, attribute(element, "id"));
    if (strcmp(kind, "host_link") == 0) {
        use_link(guard, attribute(element, "up"));
        use_link(guard, attribute(element, "down"));
    }
    if (strcmp(kind, "link") != 0)
        return true;
    if (policy != NULL && strcmp(policy, "WIFI") == 0)
        use_link(guard, attribute(element, "id")); /* its zone's access point is its route */
    return declare(guard, guard->links, element, "link");
}

/* Profiles of an older spelling stand in elements of their own. */
static void note_profiles(const struct guard *guard, xmlNode *element)
{
    const char *kind = attribute(element, "kind");
    const bool connects = strcmp((const char *)element->name, "trace_connect") == 0;

    if (connects || strcmp((const char *)element->name, "trace") == 0)
        guard->facts->has_profiles = true;
    if (!connects || kind == NULL)
        return;
    guard->facts->has_state_profiles |= strstr(kind, "AVAIL") != NULL;
    guard->facts->has_speed_profiles |= strcmp(kind, "SPEED") == 0;
}

static bool walk(struct guard *guard, xmlNode *element)
{
    bool fine;

    element->_private = (void *)(uintptr_t)++guard->elements;
    note_profiles(guard, element);
    fine = check_attributes(guard, element) & check_names(guard, element);
    for (xmlNode *child = element->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            fine &= walk(guard, child);
    return fine;
}

/* A link that nothing uses is an input that changes nothing. */
static void find_unused(struct guard *guard, xmlNode *element)
{
    const char *id = attribute(element, "id");

    if (strcmp((const char *)element->name, "link") == 0 && id != NULL &&
        xmlHashLookup(guard->used_links, (const xmlChar *)id) == NULL)
        complain(guard, element,
                 sim_text(guard->arena, "no route names the link '%s', so it would change nothing.",
                          id));
    for (xmlNode *child = element->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            find_unused(guard, child);
}

static void take_summary(struct guard *guard, xmlDocPtr document)
{
    guard->facts->summary = "";
    for (xmlNode *node = document->children; node != NULL; node = node->next)
        if (node->type == XML_COMMENT_NODE) {
            const char *text = (const char *)node->content;

            text += strspn(text, " \t\r\n");
            guard->facts->summary = sim_text_copy(guard->arena, text, strcspn(text, "\r\n"));
            return;
        }
}

static bool examine(struct guard *guard, xmlDocPtr document)
{
    const int complaints = guard->err->count;

    guard->hosts = xmlHashCreate(64);
    guard->links = xmlHashCreate(64);
    guard->used_links = xmlHashCreate(64);
    take_summary(guard, document);
    walk(guard, xmlDocGetRootElement(document));
    find_unused(guard, xmlDocGetRootElement(document));
    xmlHashFree(guard->hosts, NULL);
    xmlHashFree(guard->links, NULL);
    xmlHashFree(guard->used_links, NULL);
    return guard->err->count == complaints;
}

bool sim_guard_platform_text(const char *path, const char *text, size_t length,
                             struct sim_platform_facts *facts, struct sim_arena *arena,
                             struct sim_error *err)
{
    struct guard guard = {.path = path,
                          .folder = sim_folder_of(arena, path),
                          .text = text,
                          .length = length,
                          .facts = facts,
                          .arena = arena,
                          .err = err};
    xmlDocPtr document;
    bool fine;

    *facts = (struct sim_platform_facts){.summary = ""};
    document = parse(&guard);
    fine = document != NULL && is_harmless(&guard, document) && examine(&guard, document);
    if (document != NULL)
        xmlFreeDoc(document);
    return fine;
}

bool sim_guard_platform(const char *path, struct sim_platform_facts *facts, struct sim_arena *arena,
                        struct sim_error *err)
{
    size_t length;
    const char *text = sim_file_read(arena, path, SIM_PLATFORM_MOST_BYTES, &length, err);

    return text != NULL && sim_guard_platform_text(path, text, length, facts, arena, err);
}

bool sim_guard_edited(const char *path, const struct sim_platform_edit *edits, int count,
                      struct sim_platform_facts *facts, struct sim_arena *arena,
                      struct sim_error *err)
{
    const char *text;
    size_t length;

    if (!sim_guard_platform(path, facts, arena, err) || count == 0)
        return err->count == 0;
    text = sim_platform_edited(path, edits, count, &length, arena, err);
    if (text == NULL || !sim_guard_platform_text(path, text, length, facts, arena, err))
        return false;
    facts->edited = text;
    facts->edited_length = length;
    return true;
}
