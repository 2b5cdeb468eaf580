#include "analysis/replications.h"
#include "analysis/points_inside.h"

#include "sim/base/names.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { ID_SIZE = ANALYSIS_MOST_KEYS * 12 };

/* What a point has of those keys, as a word of its own. */
static void write_id(char id[ID_SIZE], const struct analysis_study *study, const bool *keys,
                     const int *places)
{
    int length = 0;

    id[0] = '\0';
    for (int k = 0; k < study->key_count; k++)
        if (keys[k])
            length += snprintf(id + length, (size_t)(ID_SIZE - length), " %d", places[k]);
}

/* The number known by `id`, which is `next` if it is new. */
static size_t number_of(json_t *known, const char *id, size_t next)
{
    const json_t *number = json_object_get(known, id);

    if (number != NULL)
        return (size_t)json_integer_value(number);
    json_object_set_new(known, id, json_integer((json_int_t)next));
    return next;
}

/* ---- places ---- */

/* Which of the places each point is at; those that are new get a label. */
static size_t *find_places(struct analysis_places *places, const struct analysis_study *study,
                           const bool *keys, struct sim_arena *arena)
{
    size_t *at = sim_new(arena, size_t, (size_t)study->point_count);
    json_t *known = json_object();
    char id[ID_SIZE];

    places->list = sim_new(arena, struct analysis_place, (size_t)study->point_count);
    for (int p = 0; p < study->point_count; p++) {
        const int *settings = study->points->list[p].places;

        write_id(id, study, keys, settings);
        at[p] = number_of(known, id, places->count);
        if (at[p] < places->count)
            continue;
        places->list[places->count++].label =
            analysis_point_label(study, keys, settings, ANALYSIS_NO_KEY, arena);
        if (*places->list[at[p]].label == '\0')
            places->list[at[p]].label = study->name;
    }
    json_decref(known);
    return at;
}

static void make_room(struct analysis_places *places, const struct analysis_study *study,
                      const size_t *at, struct sim_arena *arena)
{
    size_t *room = sim_new(arena, size_t, places->count);

    for (int p = 0; p < study->point_count; p++)
        room[at[p]]++;
    for (size_t i = 0; i < places->count; i++) {
        places->list[i].values = sim_new(arena, double, room[i]);
        places->list[i].x = sim_new(arena, double, room[i]);
    }
}

struct analysis_places analysis_places_of(const struct analysis_study *study,
                                          enum analysis_quantity quantity, int axis,
                                          struct sim_arena *arena)
{
    struct analysis_places places = {0};
    const size_t *at = find_places(&places, study, analysis_naming_keys(study, axis, arena), arena);

    make_room(&places, study, at, arena);
    for (int p = 0; p < study->point_count; p++) {
        const struct analysis_point *point = &study->points->list[p];
        struct analysis_place *place = &places.list[at[p]];

        if (isnan(point->simulated[quantity])) {
            places.missing++;
            continue;
        }
        if (axis != ANALYSIS_NO_KEY)
            place->x[place->count] = study->keys[axis].numbers[point->places[axis]];
        place->values[place->count++] = point->simulated[quantity];
    }
    return places;
}

/* ---- pairs ---- */

static bool find_key(struct analysis_contest *contest, const struct analysis_study *study,
                     const char *name, struct sim_arena *arena, struct sim_error *err)
{
    const char **names = sim_new(arena, const char *, (size_t)study->key_count + 1);
    const char *whole = strcmp(name, "algorithm") == 0 ? "algorithm.name" : name;
    size_t count = 0;

    for (int k = 0; k < study->key_count; k++) {
        if (strcmp(study->keys[k].name, whole) == 0) {
            contest->key = k;
            return true;
        }
        if (analysis_key_varies(study, k))
            names[count++] = study->keys[k].name;
    }
    return sim_fail(
        err, "--compare: the study sets no key '%s'%s", name,
        sim_did_you_mean(arena, name, names, count, "; 'dmlsim sweep' shows those that it does."));
}

/* "bsp, asynchronous"; the first ones if there are many. */
static const char *values_of(const struct analysis_key *key, struct sim_arena *arena)
{
    const char *text = "";

    for (int i = 0; i < key->count && i < 8; i++)
        text = sim_text(arena, "%s%s%s", text, i > 0 ? ", " : "", key->values[i]);
    return key->count > 8 ? sim_text(arena, "%s, ...", text) : text;
}

static bool find_value(int *place, const struct analysis_key *key, const char *value,
                       struct sim_arena *arena, struct sim_error *err)
{
    double number;
    const bool is_number = key->has_numbers && sim_parse_quantity(value, key->unit, &number);

    for (*place = 0; *place < key->count; ++*place)
        if (strcmp(key->values[*place], value) == 0 || strcmp(key->labels[*place], value) == 0 ||
            (is_number && key->numbers[*place] == number))
            return true;
    return sim_fail(err, "--compare: %s is never '%s'%s", key->name, value,
                    sim_did_you_mean(arena, value, key->values, (size_t)key->count,
                                     sim_text(arena, "; it is one of %s.", values_of(key, arena))));
}

/* A key's last comma parts A from B, so that neither may hold one. */
static bool read_asked(struct analysis_contest *contest, const struct analysis_study *study,
                       const char *asked, struct sim_arena *arena, struct sim_error *err)
{
    const char *equals = strrchr(asked, '='), *comma = strrchr(asked, ',');
    const char *a, *b;

    if (equals == NULL || comma == NULL || comma < equals)
        return sim_fail(err,
                        "--compare is '%s'; a key and two of its values were expected, as in "
                        "algorithm.name=fedavg,fedprox.",
                        asked);
    a = sim_text_copy(arena, equals + 1, (size_t)(comma - equals - 1));
    b = comma + 1;
    return find_key(contest, study, sim_text_copy(arena, asked, (size_t)(equals - asked)), arena,
                    err) &&
           find_value(&contest->a, &study->keys[contest->key], a, arena, err) &&
           find_value(&contest->b, &study->keys[contest->key], b, arena, err) &&
           (contest->a != contest->b ||
            sim_fail(err, "--compare: '%s' is compared with itself.", a));
}

/* What a pair has in common; [key_count]. */
static bool *common_keys(const struct analysis_study *study, int compared, bool with_seed,
                         struct sim_arena *arena)
{
    bool *keys = sim_new(arena, bool, (size_t)study->key_count + 1);

    for (int k = 0; k < study->key_count; k++)
        keys[k] = k != compared && study->keys[k].is_complete &&
                  (analysis_key_varies(study, k) ||
                   (with_seed && strcmp(study->keys[k].name, "seed") == 0));
    return keys;
}

/* The points of A by what they have in common with those of B: which point, by id. */
struct matching {
    const struct analysis_study *study;
    const struct analysis_contest *contest;
    const bool *keys; /* seed and all */
    struct sim_arena *arena;
};

static bool is_ambiguous(const struct matching *m, int value, struct sim_error *err)
{
    const struct analysis_key *key = &m->study->keys[m->contest->key];

    return sim_fail(err,
                    "--compare: there are several points of %s=%s with equal other settings and "
                    "seed, so that none is the partner: they differ in a key that other points do "
                    "not set.",
                    key->name, key->values[value]);
}

static bool note_firsts(const struct matching *m, json_t *firsts, struct sim_error *err)
{
    const struct analysis_study *study = m->study;
    char id[ID_SIZE];

    for (int p = 0; p < study->point_count; p++) {
        const int *places = study->points->list[p].places;

        if (places[m->contest->key] != m->contest->a)
            continue;
        write_id(id, study, m->keys, places);
        if (json_object_get(firsts, id) != NULL)
            return is_ambiguous(m, m->contest->a, err);
        json_object_set_new(firsts, id, json_integer(p));
    }
    return true;
}

enum { NO_PARTNER = -1, TAKEN = -2 };

/* Find the partner of a point of B; false, with a sentence, when it has been taken. */
static bool match(const struct matching *m, json_t *firsts, int p, int *partner,
                  struct sim_error *err)
{
    char id[ID_SIZE];
    const json_t *first;

    write_id(id, m->study, m->keys, m->study->points->list[p].places);
    first = json_object_get(firsts, id);
    *partner = first == NULL ? NO_PARTNER : (int)json_integer_value(first);
    if (*partner == TAKEN)
        return is_ambiguous(m, m->contest->b, err);
    if (first != NULL)
        json_object_set_new(firsts, id, json_integer(TAKEN));
    return true;
}

/* The rivals at a point's place, made if they are the first there. */
static struct analysis_rivals *rivals_of(struct analysis_contest *contest, const struct matching *m,
                                         const bool *shown, json_t *known, const int *places)
{
    const char *label;
    char id[ID_SIZE];
    size_t at;

    write_id(id, m->study, shown, places);
    at = number_of(known, id, contest->count);
    if (at < contest->count)
        return &contest->list[at];
    label = analysis_point_label(m->study, shown, places, ANALYSIS_NO_KEY, m->arena);
    contest->list[contest->count++] =
        (struct analysis_rivals){.label = *label == '\0' ? m->study->name : label};
    return &contest->list[at];
}

static void add_pair(struct analysis_rivals *rivals, double a, double b, struct sim_arena *arena)
{
    if (rivals->count == rivals->room) {
        const size_t room = rivals->room * 2 + 8;
        double *larger_a = sim_new(arena, double, room), *larger_b = sim_new(arena, double, room);

        for (size_t i = 0; i < rivals->count; i++) {
            larger_a[i] = rivals->a[i];
            larger_b[i] = rivals->b[i];
        }
        rivals->a = larger_a;
        rivals->b = larger_b;
        rivals->room = room;
    }
    rivals->a[rivals->count] = a;
    rivals->b[rivals->count++] = b;
}

static bool pair_up(struct analysis_contest *contest, const struct matching *m, json_t *firsts,
                    enum analysis_quantity quantity, struct sim_error *err)
{
    const struct analysis_study *study = m->study;
    const bool *shown = common_keys(study, contest->key, false, m->arena);
    json_t *known = json_object();
    size_t points = 0, paired = 0;
    bool fine = true;

    contest->list = sim_new(m->arena, struct analysis_rivals, (size_t)study->point_count);
    for (int p = 0; p < study->point_count && fine; p++) {
        const struct analysis_point *point = &study->points->list[p];
        const int value = point->places[contest->key];
        struct analysis_rivals *rivals;
        int partner;

        points += value == contest->a || value == contest->b;
        if (value != contest->b)
            continue;
        fine = match(m, firsts, p, &partner, err);
        if (!fine || partner < 0 || isnan(point->simulated[quantity]) ||
            isnan(study->points->list[partner].simulated[quantity]))
            continue;
        rivals = rivals_of(contest, m, shown, known, point->places);
        add_pair(rivals, study->points->list[partner].simulated[quantity],
                 point->simulated[quantity], m->arena);
        paired += 2;
    }
    contest->alone = points - paired;
    json_decref(known);
    return fine;
}

bool analysis_contest_of(struct analysis_contest *contest, const struct analysis_study *study,
                         enum analysis_quantity quantity, const char *asked,
                         struct sim_arena *arena, struct sim_error *err)
{
    struct matching m = {.study = study, .contest = contest, .arena = arena};
    json_t *firsts = json_object();
    bool fine;

    *contest = (struct analysis_contest){0};
    fine = read_asked(contest, study, asked, arena, err);
    if (fine) {
        m.keys = common_keys(study, contest->key, true, arena);
        fine = note_firsts(&m, firsts, err) && pair_up(contest, &m, firsts, quantity, err);
    }
    json_decref(firsts);
    return fine &&
           (contest->count > 0 ||
            sim_fail(err,
                     "--compare: no two points of %s differ in nothing but %s, so there is no "
                     "pair: sweep both values with the same seeds and settings.",
                     study->name, study->keys[contest->key].name));
}
