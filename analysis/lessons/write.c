#include "analysis/lessons/write.h"

#include "sim/base/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *plain(struct sim_arena *arena, double value)
{
    const double whole = round(value);

    if (fabs(value - whole) < 1e-9 * fmax(1, fabs(value)) && fabs(value) < 1e6)
        return sim_text(arena, "%.0f", whole + 0.0);
    return sim_text(arena, "%.4g", value);
}

const char *lesson_written(struct sim_arena *arena, double value, enum lesson_unit unit)
{
    static const enum sim_unit units[] = {[LESSON_BYTES] = SIM_UNIT_BYTES,
                                          [LESSON_SECONDS] = SIM_UNIT_SECONDS,
                                          [LESSON_RATE] = SIM_UNIT_BYTES_PER_SECOND};
    char text[SIM_QUANTITY_SIZE];

    if (unit == LESSON_SHARE)
        return sim_text(arena, "%.4g %%", 100 * value);
    if (unit == LESSON_NUMBER || unit == LESSON_TIMES)
        return plain(arena, value);
    return sim_text(arena, "%s", sim_format_quantity(text, value, units[unit]));
}

const char *lesson_spelling(enum lesson_unit unit)
{
    static const char *const spellings[] = {[LESSON_NUMBER] = "a number, as in 28",
                                            [LESSON_BYTES] = "bytes, as in 350MB",
                                            [LESSON_SECONDS] = "seconds, as in 160ms",
                                            [LESSON_RATE] = "bytes a second, as in 1.25GBps",
                                            [LESSON_SHARE] = "a share, as in 40% or 0.4",
                                            [LESSON_TIMES] = "how many times, as in 2.5"};

    return spellings[unit];
}

/* Blanks between a number and its unit are what people write. */
static void without_blanks(const char *text, char *room, size_t size)
{
    size_t at = 0;

    for (; *text != '\0' && at + 1 < size; text++)
        if (*text != ' ' && *text != '\t' && *text != '\n')
            room[at++] = *text;
    room[at] = '\0';
}

/* Take `ending` off the end of a text, if it stands there. */
static bool takes_off(char *text, const char *ending)
{
    const size_t length = strlen(text), end = strlen(ending);

    if (length < end || strcmp(text + length - end, ending) != 0)
        return false;
    text[length - end] = '\0';
    return true;
}

/* "20min", as it is written; SimGrid spells that 20m. */
static void shorten_minutes(char *text)
{
    const size_t length = strlen(text);

    if (length > 3 && strcmp(text + length - 3, "min") == 0)
        text[length - 2] = '\0';
}

bool lesson_parse(const char *text, enum lesson_unit unit, const char *what, double *value,
                  struct sim_error *err)
{
    static const enum sim_unit units[] = {[LESSON_BYTES] = SIM_UNIT_BYTES,
                                          [LESSON_SECONDS] = SIM_UNIT_SECONDS,
                                          [LESSON_RATE] = SIM_UNIT_BYTES_PER_SECOND,
                                          [LESSON_TIMES] = SIM_UNIT_NONE};
    char bare[64];
    bool is_percent, fine;

    without_blanks(text, bare, sizeof bare);
    is_percent = unit == LESSON_SHARE && takes_off(bare, "%");
    if (unit == LESSON_TIMES)
        takes_off(bare, "x");
    if (unit == LESSON_SECONDS)
        shorten_minutes(bare);
    fine = strlen(text) < sizeof bare && sim_parse_quantity(bare, units[unit], value);
    if (fine && is_percent)
        *value /= 100;
    return fine || sim_fail(err, "%s must be %s; '%s' is none.", what, lesson_spelling(unit), text);
}

double lesson_tolerance(const struct lesson_exercise *exercise)
{
    return exercise->tolerance > 0 ? exercise->tolerance : 1e-9;
}

bool lesson_is_right(double given, double answer, double tolerance)
{
    return fabs(given - answer) <= tolerance * fabs(answer);
}

/* ---- texts ---- */

/* "1,400,000,000" */
static const char *digit_by_digit(struct sim_arena *arena, double value)
{
    const char *digits = sim_text(arena, "%.0f", value);
    const size_t length = strlen(digits);
    char *text = sim_text(arena, "%*s", (int)(length + length / 3), "");
    size_t at = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

static const char *number_in(struct lesson_bench *bench, const char *from, size_t length)
{
    struct sim_arena *arena = lesson_arena(bench);
    const bool is_long = length > 2 && strncmp(from + length - 2, ":b", 2) == 0;
    const char *name = sim_text_copy(arena, from, is_long ? length - 2 : length);
    const double value = lesson_value(bench, name);

    return is_long ? digit_by_digit(arena, value)
                   : lesson_written(arena, value, lesson_unit_of(bench, name));
}

const char *lesson_filled(struct lesson_bench *bench, const char *text)
{
    struct sim_arena *arena = lesson_arena(bench);
    const char *filled = "";

    for (;;) {
        const size_t before = strcspn(text, "{");
        size_t length;

        filled = sim_text(arena, "%s%.*s", filled, (int)before, text);
        text += before;
        if (*text == '\0')
            return filled;
        length = strcspn(text, "}") - 1;
        filled = sim_text(arena, "%s%s", filled, number_in(bench, text + 1, length));
        text += length + 2;
    }
}

void lesson_print_wrapped(FILE *out, const char *text, int width, int indent)
{
    int column = indent;

    while (*text != '\0') {
        const int length = (int)strcspn(text, " ");

        if (column > indent && column + 1 + length > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, text);
        column += length;
        text += length;
        text += *text == ' ';
    }
    putc('\n', out);
}
