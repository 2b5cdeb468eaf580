#include "sim/scenario/parameters.h"

#include "sim/workload/shape.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum sim_unit unit;
    bool is_whole;
} kinds[] = {
    [SIM_KIND_COUNT] = {"count", SIM_UNIT_NONE, true},
    [SIM_KIND_BYTES] = {"bytes", SIM_UNIT_BYTES, true},
    [SIM_KIND_SECONDS] = {"seconds", SIM_UNIT_SECONDS, false},
    [SIM_KIND_RATIO] = {"ratio", SIM_UNIT_NONE, false},
    [SIM_KIND_FLOP_PER_BYTE] = {"flop per byte", SIM_UNIT_NONE, false},
    [SIM_KIND_CHOICE] = {"choice", SIM_UNIT_NONE, true},
    [SIM_KIND_NUMBERS] = {"numbers", SIM_UNIT_NONE, false},
    [SIM_KIND_GRID] = {"rows x columns", SIM_UNIT_NONE, true},
    [SIM_KIND_TEXT] = {"name", SIM_UNIT_NONE, false},
    [SIM_KIND_FILE] = {"file", SIM_UNIT_NONE, false},
};

/* Above this not every whole number is a double. */
static const double MOST_WHOLE = 9007199254740992.0;

static void *field(const struct sim_parameter *row, void *values)
{
    return (char *)values + row->offset;
}

static const void *const_field(const struct sim_parameter *row, const void *values)
{
    return (const char *)values + row->offset;
}

static bool read_choice(const struct sim_parameter *row, const char *text, void *values,
                        char *complaint, size_t size)
{
    size_t used;

    for (int i = 0; row->choices[i] != NULL; i++)
        if (strcmp(row->choices[i], text) == 0) {
            *(int *)field(row, values) = i;
            return true;
        }
    used = (size_t)snprintf(complaint, size, "'%s' is none of its choices:", text);
    for (int i = 0; row->choices[i] != NULL && used < size; i++)
        used += (size_t)snprintf(complaint + used, size - used, "%s %s", i > 0 ? "," : "",
                                 row->choices[i]);
    return false;
}

/* "3, 1": as a sequence of YAML reads once it is one text. */
static bool read_numbers(const struct sim_parameter *row, const char *text, void *values,
                         char *complaint, size_t size)
{
    struct sim_numbers numbers = {0};

    while (*text != '\0') {
        const size_t length = strcspn(text += strspn(text, " "), ",");
        char item[64];
        double value;

        snprintf(item, sizeof item, "%.*s", (int)(length < sizeof item ? length : sizeof item - 1),
                 text);
        if (numbers.count == SIM_MOST_NUMBERS) {
            snprintf(complaint, size, "a list has at most %d numbers", SIM_MOST_NUMBERS);
            return false;
        }
        if (!sim_parse_quantity(item, SIM_UNIT_NONE, &value)) {
            snprintf(complaint, size, "'%s' is no number; write a list as in [3, 1]", item);
            return false;
        }
        if (value < row->least || value > row->most) {
            snprintf(complaint, size, "%.15g is out of bounds: at least %.15g and at most %.15g",
                     value, row->least, row->most);
            return false;
        }
        numbers.values[numbers.count++] = value;
        text += length + (text[length] == ',');
    }
    *(struct sim_numbers *)field(row, values) = numbers;
    return true;
}

/* "3x4". */
static bool read_grid(const struct sim_parameter *row, const char *text, void *values,
                      char *complaint, size_t size)
{
    int64_t sides[2];

    if (sim_shape_sides(text, sides, 2) != 2) {
        snprintf(complaint, size, "'%s' is no rows x columns; write it as in 3x4", text);
        return false;
    }
    for (int s = 0; s < 2; s++)
        if ((double)sides[s] < row->least || (double)sides[s] > row->most) {
            snprintf(complaint, size,
                     "%s is out of bounds: at least %.15gx%.15g and at most %.15gx%.15g", text,
                     row->least, row->least, row->most, row->most);
            return false;
        }
    *(struct sim_grid *)field(row, values) = (struct sim_grid){(int)sides[0], (int)sides[1]};
    return true;
}

static void store(const struct sim_parameter *row, double value, void *values)
{
    switch (row->kind) {
    case SIM_KIND_COUNT: *(int *)field(row, values) = (int)value; break;
    case SIM_KIND_BYTES: *(int64_t *)field(row, values) = (int64_t)value; break;
    default: *(double *)field(row, values) = value; break;
    }
}

bool sim_parameter_read(const struct sim_parameter *row, const char *text, void *values,
                        char *complaint, size_t size)
{
    const enum sim_unit unit = kinds[row->kind].unit;
    double value;

    if (row->kind == SIM_KIND_CHOICE)
        return read_choice(row, text, values, complaint, size);
    if (row->kind == SIM_KIND_NUMBERS)
        return read_numbers(row, text, values, complaint, size);
    if (row->kind == SIM_KIND_GRID)
        return read_grid(row, text, values, complaint, size);
    if (row->kind == SIM_KIND_FILE || row->kind == SIM_KIND_TEXT) {
        *(const char **)field(row, values) = text;
        return true;
    }
    if (!sim_parse_quantity(text, unit, &value)) {
        snprintf(complaint, size, "'%s' is no %s; write it as in %s", text,
                 unit == SIM_UNIT_NONE ? "number" : sim_unit_name(unit),
                 kinds[row->kind].is_whole && unit == SIM_UNIT_NONE ? "8" : sim_unit_example(unit));
        return false;
    }
    if (value < row->least || value > row->most) {
        snprintf(complaint, size, "%s is out of bounds: at least %.15g and at most %.15g%s%s", text,
                 row->least, row->most, unit == SIM_UNIT_NONE ? "" : " ", sim_unit_name(unit));
        return false;
    }
    if (kinds[row->kind].is_whole && value != floor(value)) {
        snprintf(complaint, size, "%s is no whole number%s%s", text,
                 unit == SIM_UNIT_NONE ? "" : " of ", sim_unit_name(unit));
        return false;
    }
    assert(!kinds[row->kind].is_whole || fabs(value) <= MOST_WHOLE);
    store(row, value, values);
    return true;
}

void sim_parameters_default(const struct sim_parameter *rows, void *values)
{
    char complaint[256] = "";

    for (; rows->name != NULL; rows++) {
        const bool fine =
            sim_parameter_read(rows, rows->value, values, complaint, sizeof complaint);

        assert(fine && "a default is out of its own bounds");
        (void)fine;
    }
}

static json_t *number_json(double value)
{
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

static json_t *numbers_json(const struct sim_numbers *numbers)
{
    json_t *list = json_array();

    for (int i = 0; i < numbers->count; i++)
        json_array_append_new(list, number_json(numbers->values[i]));
    return list;
}

static json_t *grid_json(const struct sim_grid *grid)
{
    char text[32];

    snprintf(text, sizeof text, "%dx%d", grid->rows, grid->columns);
    return json_string(text);
}

json_t *sim_parameter_json(const struct sim_parameter *row, const void *values)
{
    const void *at = const_field(row, values);

    switch (row->kind) {
    case SIM_KIND_CHOICE: return json_string(row->choices[*(const int *)at]);
    case SIM_KIND_COUNT: return json_integer(*(const int *)at);
    case SIM_KIND_BYTES: return json_integer(*(const int64_t *)at);
    case SIM_KIND_NUMBERS: return numbers_json(at);
    case SIM_KIND_GRID: return grid_json(at);
    case SIM_KIND_TEXT:
    case SIM_KIND_FILE: return json_string(*(const char *const *)at);
    default: return number_json(*(const double *)at);
    }
}

const struct sim_parameter *sim_parameter_find(const struct sim_parameter *rows, const char *name)
{
    for (; rows->name != NULL; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

const char *sim_kind_name(enum sim_kind kind)
{
    return kinds[kind].name;
}

const char *sim_parameter_bounds(const struct sim_parameter *row, struct sim_arena *arena)
{
    const char *text = "";

    if (row->kind == SIM_KIND_TEXT)
        return "a name";
    if (row->kind == SIM_KIND_FILE)

        return "a path";
    if (row->kind == SIM_KIND_GRID)
        return sim_text(arena, "%.10gx%.10g to %.10gx%.10g", row->least, row->least, row->most,
                        row->most);
    if (row->kind != SIM_KIND_CHOICE)
        return sim_text(arena, "%.10g to %.10g", row->least, row->most);
    for (int i = 0; row->choices[i] != NULL; i++)
        text = sim_text(arena, "%s%s%s", text, i > 0 ? "|" : "", row->choices[i]);
    return text;
}
