#include "sim/scenario/yaml.h"

#include "sim/base/utf8.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- before libfyaml sees it ---- */

static bool complain_at(const struct yaml *yaml, size_t line, size_t column, const char *sentence)
{
    if (yaml->setting != NULL)
        return sim_fail(yaml->err, "--set %s: %s", yaml->setting, sentence);
    return sim_fail(yaml->err, "%s:%zu:%zu: %s", yaml->path, line, column, sentence);
}

/* libfyaml 0.7.12 never returns from a line that begins with '%' and holds bytes that are no UTF-8. */
static bool is_safe_text(const struct yaml *yaml, const char *text, size_t length)
{
    const size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t line = 1, column = 1;

    for (size_t i = mark; i < length;) {
        const size_t n = sim_utf8_length(text + i, length - i);

        if (n == 0)
            return complain_at(yaml, line, column, "this is no text: a byte here is not UTF-8.");
        if (text[i] == '\t')
            return complain_at(yaml, line, column, "tabs are not used in scenarios; write blanks.");
        if (text[i] == '%' && column == 1)
            return complain_at(yaml, line, 1,
                               "directives (lines that begin with '%') are not used in "
                               "scenarios.");
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
        i += n;
    }
    return true;
}

/* ---- places ---- */

static const struct fy_mark *mark_of(struct fy_node *node)
{
    struct fy_token *token;
    void *iterator = NULL;

    if (node == NULL)
        return NULL;
    if (fy_node_is_mapping(node)) {
        struct fy_node_pair *pair = fy_node_mapping_iterate(node, &iterator);

        return pair == NULL ? NULL : mark_of(fy_node_pair_key(pair));
    }
    if (fy_node_is_sequence(node))
        return mark_of(fy_node_sequence_iterate(node, &iterator));
    token = fy_node_get_scalar_token(node);
    return token == NULL ? NULL : fy_token_start_mark(token);
}

bool yaml_has_place(struct fy_node *node)
{
    return mark_of(node) != NULL;
}

/* The setting that put something at `key`, or at what it stands in; the last one wins. */
static const char *setting_of(const struct yaml *yaml, const char *key)
{
    for (int i = yaml->put_count - 1; i >= 0; i--) {
        const size_t length = strlen(yaml->puts[i].key);

        if (strncmp(key, yaml->puts[i].key, length) == 0 &&
            (key[length] == '\0' || key[length] == '.'))
            return yaml->puts[i].setting;
    }
    return yaml->setting;
}

bool yaml_complain(const struct yaml *yaml, struct fy_node *node, const char *key,
                   const char *format, ...)
{
    const struct fy_mark *mark = mark_of(node);
    const char *setting = setting_of(yaml, key);
    char sentence[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (setting != NULL)
        return sim_fail(yaml->err, "--set %s: %s", setting, sentence);
    if (mark == NULL)
        return sim_fail(yaml->err, "%s: %s", yaml->path, sentence);
    return sim_fail(yaml->err, "%s:%d:%d: %s", yaml->path, mark->line + 1, mark->column + 1,
                    sentence);
}

/* ---- parsing ---- */

/* libfyaml's own complaints; its parser goes on after the first, but only that one is to the point. */
static bool tell_diagnostics(const struct yaml *yaml)
{
    void *iterator = NULL;
    struct fy_diag_error *e = fy_diag_errors_iterate(yaml->diagnostics, &iterator);

    if (yaml->setting != NULL)
        return sim_fail(yaml->err, "--set %s: the value is no valid YAML.", yaml->setting);
    if (e == NULL)
        return sim_fail(yaml->err, "%s: holds no YAML document.", yaml->path);
    return sim_fail(yaml->err, "%s:%d:%d: this is no valid YAML: %s.", yaml->path, e->line,
                    e->column, e->msg);
}

static bool has_no_nul(const struct yaml *yaml, struct fy_node *node, struct fy_node *place)
{
    size_t length = 0;
    const char *text = fy_node_get_scalar(node, &length);

    return text == NULL || memchr(text, '\0', length) == NULL ||
           yaml_complain(yaml, place, "", "the character NUL (\\0) is not used in scenarios.");
}

/* Anchors could loop or explode, tags would mean something only elsewhere.  `near` is a node whose place
 * is known, for those that have none. */
static bool is_plain(const struct yaml *yaml, struct fy_node *node, struct fy_node *near)
{
    struct fy_node *place = yaml_has_place(node) ? node : near;
    void *iterator = NULL;
    struct fy_node_pair *pair;
    struct fy_node *item;
    bool fine = true;

    if (node == NULL)
        return true;
    if (fy_node_is_alias(node))
        return yaml_complain(yaml, place, "",
                             "aliases (*name) are not used in scenarios; write the value.");
    if (fy_node_get_anchor(node) != NULL)
        return yaml_complain(yaml, place, "",
                             "anchors (&name) are not used in scenarios; write the value.");
    if (fy_node_get_tag_token(node) != NULL)
        return yaml_complain(yaml, place, "", "tags (!name) are not used in scenarios.");
    if (fy_node_is_scalar(node))
        return has_no_nul(yaml, node, place);
    if (fy_node_is_mapping(node))
        while (fine && (pair = fy_node_mapping_iterate(node, &iterator)) != NULL)
            fine = is_plain(yaml, fy_node_pair_key(pair), place) &&
                   is_plain(yaml, fy_node_pair_value(pair), fy_node_pair_key(pair));
    if (fy_node_is_sequence(node))
        while (fine && (item = fy_node_sequence_iterate(node, &iterator)) != NULL)
            fine = is_plain(yaml, item, place);
    return fine;
}

static bool load_one_document(struct yaml *yaml, struct fy_parser *parser, const char *text,
                              size_t length)
{
    struct fy_document *second;

    if (fy_parser_set_string(parser, text, length) != 0)
        return tell_diagnostics(yaml);
    yaml->document = fy_parse_load_document(parser);
    if (yaml->document == NULL)
        return tell_diagnostics(yaml);
    second = fy_parse_load_document(parser);
    if (second != NULL) {
        fy_document_destroy(second);
        if (yaml->setting != NULL)
            return tell_diagnostics(yaml);
        return sim_fail(yaml->err, "%s: holds more than one document ('---'); a scenario is one.",
                        yaml->path);
    }
    if (fy_diag_got_error(yaml->diagnostics))
        return tell_diagnostics(yaml);
    return true;
}

/* Text to a plain document with a root, whatever that is. */
static bool parse(struct yaml *yaml, const char *text, size_t length)
{
    struct fy_diag_cfg diagnostics;
    struct fy_parse_cfg config = {.search_path = "",
                                  .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE};
    struct fy_parser *parser;
    bool fine;

    if (!is_safe_text(yaml, text, length))
        return false;
    fy_diag_cfg_default(&diagnostics);
    diagnostics.fp = NULL;
    yaml->diagnostics = fy_diag_create(&diagnostics);
    fy_diag_set_collect_errors(yaml->diagnostics, true);
    config.diag = yaml->diagnostics;
    parser = fy_parser_create(&config);
    fine = load_one_document(yaml, parser, text, length);
    fy_parser_destroy(parser);
    if (fine && fy_document_root(yaml->document) == NULL)
        return tell_diagnostics(yaml);
    return fine && is_plain(yaml, fy_document_root(yaml->document), NULL);
}

bool yaml_parse(struct yaml *yaml, const char *text, size_t length)
{
    if (!parse(yaml, text, length))
        return false;
    return fy_node_is_mapping(fy_document_root(yaml->document)) ||
           sim_fail(yaml->err, "%s:1:1: a scenario is a mapping, such as 'algorithm: ...'.",
                    yaml->path);
}

bool yaml_copy(struct yaml *yaml, const struct fy_document *read)
{
    yaml->document = fy_document_clone((struct fy_document *)(uintptr_t)read);
    return yaml->document != NULL ||
           sim_fail(yaml->err, "%s: there is no memory left to read it.", yaml->path);
}

void yaml_release(struct yaml *yaml)
{
    if (yaml->document != NULL)
        fy_document_destroy(yaml->document);
    if (yaml->diagnostics != NULL)
        fy_diag_destroy(yaml->diagnostics);
    yaml->document = NULL;
    yaml->diagnostics = NULL;
}

/* ---- overrides ---- */

static struct fy_node *lookup(struct fy_node *map, const char *key, size_t length)
{
    return fy_node_mapping_lookup_value_by_simple_key(map, key, length);
}

static bool put(struct fy_document *document, struct fy_node *map, const char *key, size_t length,
                struct fy_node *value)
{
    struct fy_node *name = fy_node_create_scalar_copy(document, key, length);
    struct fy_node_pair *pair = fy_node_mapping_lookup_pair(map, name);

    if (pair != NULL) {
        fy_node_free(name);
        return fy_node_pair_set_value(pair, value) == 0;
    }
    return fy_node_mapping_append(map, name, value) == 0;
}

/* A mapping over a mapping goes key by key; all else replaces. */
static bool lay_over(struct fy_document *document, struct fy_node *map, const char *key,
                     size_t length, struct fy_node *value)
{
    struct fy_node *old = lookup(map, key, length);
    struct fy_node_pair *pair;
    void *iterator = NULL;
    bool fine = true;

    if (old == NULL || !fy_node_is_mapping(old) || value == NULL || !fy_node_is_mapping(value))
        return put(document, map, key, length, value);
    while (fine && (pair = fy_node_mapping_iterate(value, &iterator)) != NULL) {
        size_t n = 0;
        const char *name = fy_node_get_scalar(fy_node_pair_key(pair), &n);

        fine = name != NULL &&
               lay_over(document, old, name, n, fy_node_copy(document, fy_node_pair_value(pair)));
    }
    fy_node_free(value);
    return fine;
}

static void note_put(struct yaml *yaml, const char *key, size_t length, const char *setting)
{
    if (yaml->put_count < YAML_MOST_SETTINGS)
        yaml->puts[yaml->put_count++] =
            (struct yaml_put){sim_text_copy(yaml->arena, key, length), setting};
}

/* How long the first part of a dotted key is; between brackets a dot is a dot: link[rack.1].bandwidth. */
static size_t part_length(const char *key)
{
    size_t length = 0;

    for (bool is_inside = false; key[length] != '\0' && (is_inside || key[length] != '.'); length++)
        is_inside = key[length] == '[' || (is_inside && key[length] != ']');
    return length;
}

/* platform: FILE is short for platform: {file: FILE}. */
static struct fy_node *as_mapping(struct yaml *yaml, struct fy_node *map, const char *key,
                                  size_t length, struct fy_node *value)
{
    struct fy_node *wrapped;

    if (fy_node_is_mapping(value))
        return value;
    if (length != strlen("platform") || strncmp(key, "platform", length) != 0 ||
        map != fy_document_root(yaml->document))
        return NULL;
    wrapped = fy_node_create_mapping(yaml->document);
    return put(yaml->document, wrapped, "file", 4, fy_node_copy(yaml->document, value)) &&
                   put(yaml->document, map, key, length, wrapped)
               ? wrapped
               : NULL;
}

/* The mapping that holds the last part of a setting's dotted key, made if need be; *last is that part. */
static struct fy_node *holder(struct yaml *yaml, const char *const whole, const char *setting,
                              const char **last)
{
    struct fy_node *map = fy_document_root(yaml->document);
    const char *key = whole;
    size_t length;

    while (key[length = part_length(key)] == '.') {
        struct fy_node *next = lookup(map, key, length);

        if (next == NULL) {
            next = fy_node_create_mapping(yaml->document);
            if (!put(yaml->document, map, key, length, next))
                return NULL;
            note_put(yaml, whole, (size_t)(key - whole) + length, setting);
        }
        map = as_mapping(yaml, map, key, length, next);
        if (map == NULL)
            return NULL;
        key += length + 1;
    }
    *last = key;
    return map;
}

static bool is_key(const char *key)
{
    size_t part = 0;

    for (bool is_inside = false; *key != '\0'; key++) {
        is_inside = *key == '[' || (is_inside && *key != ']');
        if (is_inside) {
            part++;
            continue;
        }
        if (*key == '.' ? part == 0
                        : !isalnum((unsigned char)*key) && strchr("_-/[]", *key) == NULL)
            return false;
        part = *key == '.' ? 0 : part + 1;
    }
    return part > 0;
}

/* A word or number that YAML takes as it is spelt, whatever stands round it. */
static bool is_word(const char *value)
{
    if (!isalnum((unsigned char)*value))
        return false;
    while (isalnum((unsigned char)*value) || (*value != '\0' && strchr("._-+/", *value) != NULL))
        value++;
    return *value == '\0';
}

/* The value of a setting as a node of the document; NULL with complaints when it is none.  Each point of a sweep has settings,
 * most are words, and a parser costs as much as all the rest of them.  (In a study, which is kept as JSON, numbers and
 * texts differ: there the parser tells.) */
static struct fy_node *value_node(struct yaml *yaml, const char *setting, const char *value)
{
    struct yaml *inner;
    struct fy_node *copy = NULL;

    if (is_word(value) && strncmp(setting, "study", 5) != 0)
        return fy_node_create_scalar_copy(yaml->document, value, strlen(value));
    inner = sim_new(yaml->arena, struct yaml, 1);
    *inner = (struct yaml){
        .path = yaml->path, .arena = yaml->arena, .err = yaml->err, .setting = setting};
    if (parse(inner, value, strlen(value)))
        copy = fy_node_copy(yaml->document, fy_document_root(inner->document));
    yaml_release(inner);
    return copy;
}

bool yaml_set(struct yaml *yaml, const char *setting, const char **key, const char **value,
              const char **was)
{
    const size_t length = strcspn(setting, "=");
    struct fy_node *map, *old, *fresh;
    const char *last;

    *key = sim_text_copy(yaml->arena, setting, length);
    *was = NULL;
    if (setting[length] != '=' || !is_key(*key))
        return sim_fail(yaml->err,
                        "--set %s: write --set key=value, as in --set algorithm.workers=16.",
                        setting);
    *value = setting + length + 1;
    if (**value == '\0')
        return sim_fail(yaml->err, "--set %s: the value is missing or no text.", setting);
    map = holder(yaml, *key, setting, &last);
    if (map == NULL)
        return sim_fail(yaml->err,
                        "--set %s: what stands above the last part of this key is no mapping.",
                        setting);
    fresh = value_node(yaml, setting, *value);
    if (fresh == NULL)
        return false;
    old = lookup(map, last, strlen(last));
    if (old != NULL)
        *was = fy_node_is_scalar(old) ? yaml_scalar(yaml, old) : yaml_json(yaml, old);
    note_put(yaml, *key, length, setting);
    if (strcmp(*key, "platform") == 0 && old != NULL && fy_node_is_mapping(old) &&
        fy_node_is_scalar(fresh))
        return put(yaml->document, old, "file", 4,
                   fresh); /* changes to it are as good for another */
    return lay_over(yaml->document, map, last, strlen(last), fresh) ||
           sim_fail(yaml->err, "--set %s: this cannot be laid over what stands there.", setting);
}

/* ---- values ---- */

const char *yaml_scalar(const struct yaml *yaml, struct fy_node *node)
{
    size_t length = 0;
    const char *text =
        node != NULL && fy_node_is_scalar(node) ? fy_node_get_scalar(node, &length) : NULL;

    return text == NULL || length == 0 ? NULL : sim_text_copy(yaml->arena, text, length);
}

const char *yaml_json(const struct yaml *yaml, struct fy_node *node)
{
    char *text = fy_emit_node_to_string(node, FYECF_MODE_JSON_ONELINE | FYECF_WIDTH_INF);
    const char *copy = text == NULL ? NULL : sim_text_copy(yaml->arena, text, strcspn(text, "\n"));

    free(text);
    return copy;
}
