#include "sim/base/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spelling {
    const char *suffix;
    double factor;
    bool takes_prefix;
};

static const struct spelling no_spellings[] = {{NULL, 0, false}};
static const struct spelling byte_spellings[] = {
    {"B", 1, true}, {"b", 0.125, true}, {NULL, 0, false}};
static const struct spelling flop_spellings[] = {
    {"f", 1, true}, {"flop", 1, true}, {NULL, 0, false}};
static const struct spelling second_spellings[] = {
    {"s", 1, false},      {"ms", 1e-3, false}, {"us", 1e-6, false}, {"ns", 1e-9, false},
    {"ps", 1e-12, false}, {"m", 60, false},    {"h", 3600, false},  {"d", 86400, false},
    {"w", 604800, false}, {NULL, 0, false}};
static const struct spelling byte_rate_spellings[] = {
    {"Bps", 1, true}, {"bps", 0.125, true}, {NULL, 0, false}};
static const struct spelling flop_rate_spellings[] = {
    {"f", 1, true}, {"flops", 1, true}, {NULL, 0, false}};
static const struct spelling watt_spellings[] = {{"W", 1, true}, {NULL, 0, false}};
static const struct spelling joule_spellings[] = {{"J", 1, true}, {NULL, 0, false}};

static const struct {
    const char *name, *example, *shown;
    const struct spelling *spellings;
} units[] = {
    [SIM_UNIT_NONE] = {"", "0.5", "", no_spellings},
    [SIM_UNIT_BYTES] = {"bytes", "100MB", "B", byte_spellings},
    [SIM_UNIT_FLOP] = {"flop", "1Gf", "flop", flop_spellings},
    [SIM_UNIT_SECONDS] = {"seconds", "50us", "s", second_spellings},
    [SIM_UNIT_BYTES_PER_SECOND] = {"bytes per second", "1.25GBps", "B/s", byte_rate_spellings},
    [SIM_UNIT_FLOP_PER_SECOND] = {"flop per second", "1Gf", "flop/s", flop_rate_spellings},
    [SIM_UNIT_WATTS] = {"watts", "250W", "W", watt_spellings},
    [SIM_UNIT_JOULES] = {"joules", "10kJ", "J", joule_spellings},
};

static const char prefixes[] = "kMGTPE";

/* The length of the decimal number that opens `text`; 0 if there is none (strtod alone would
 * also take "nan", "inf" and "0x1p3"). */
static size_t number_length(const char *text)
{
    size_t i = text[0] == '+' || text[0] == '-';
    size_t digits = 0;

    for (; isdigit((unsigned char)text[i]); i++)
        digits++;
    if (text[i] == '.')
        for (i++; isdigit((unsigned char)text[i]); i++)
            digits++;
    if (digits == 0)
        return 0;
    if (text[i] == 'e' || text[i] == 'E') {
        size_t j = i + 1 + (text[i + 1] == '+' || text[i + 1] == '-');

        if (!isdigit((unsigned char)text[j]))
            return i;
        for (i = j; isdigit((unsigned char)text[i]);)
            i++;
    }
    return i;
}

/* "Gi" of "GiB" is 2^30 and two characters long; no prefix is 1 and none. */
static double prefix_factor(const char *text, size_t *length)
{
    const bool binary = text[0] != '\0' && text[1] == 'i';
    const char *found = text[0] == (binary ? 'K' : 'k') ? prefixes : strchr(prefixes + 1, text[0]);

    *length = 0;
    if (text[0] == '\0' || found == NULL)
        return 1;
    *length = binary ? 2 : 1;
    return pow(binary ? 1024 : 1000, (double)(found - prefixes + 1));
}

static bool suffix_factor(const char *text, enum sim_unit unit, double *factor)
{
    size_t length;
    const double prefix = prefix_factor(text, &length);

    if (text[0] == '\0') {
        *factor = 1;
        return true;
    }
    for (const struct spelling *s = units[unit].spellings; s->suffix != NULL; s++) {
        if (strcmp(text, s->suffix) == 0) {
            *factor = s->factor;
            return true;
        }
        if (s->takes_prefix && length > 0 && strcmp(text + length, s->suffix) == 0) {
            *factor = prefix * s->factor;
            return true;
        }
    }
    return false;
}

bool sim_parse_quantity(const char *text, enum sim_unit unit, double *value)
{
    const size_t length = number_length(text);
    double factor, number;

    if (length == 0 || length > 60)
        return false;
    number = strtod(text, NULL);
    if (number == 0 && strpbrk(text, "123456789eE") < strpbrk(text, "eE"))
        return false; /* too small for a double */
    if (!suffix_factor(text + length + (text[length] == ' '), unit, &factor) ||
        (text[length] == ' ' && text[length + 1] == '\0') || !isfinite(number * factor))
        return false;
    *value = number * factor;
    return true;
}

const char *sim_unit_example(enum sim_unit unit)
{
    return units[unit].example;
}

const char *sim_unit_name(enum sim_unit unit)
{
    return units[unit].name;
}

static const char *format_seconds(char *text, double value)
{
    static const struct {
        double least, factor;
        const char *suffix;
    } scales[] = {{3600, 1.0 / 3600, "h"}, {60, 1.0 / 60, "min"}, {1, 1, "s"},
                  {1e-3, 1e3, "ms"},       {1e-6, 1e6, "us"},     {0, 1e9, "ns"}};
    size_t i = 0;

    while (fabs(value) < scales[i].least * 0.99995)
        i++;
    snprintf(text, SIM_QUANTITY_SIZE,
             fabs(value * scales[i].factor) < 999.95 ? "%#.4g %s" : "%.0f %s",
             value * scales[i].factor, scales[i].suffix);
    return text;
}

const char *sim_format_quantity(char text[SIM_QUANTITY_SIZE], double value, enum sim_unit unit)
{
    const char *shown = units[unit].shown;
    int power = 0;

    if (unit == SIM_UNIT_NONE && value == floor(value) && fabs(value) < 1e15) {
        snprintf(text, SIM_QUANTITY_SIZE, "%.0f", value);
        return text;
    }
    value *= 1 + 1e-12; /* so that a hair's breadth does not decide between 480.8 and 480.9 */
    if (unit == SIM_UNIT_SECONDS && value != 0)
        return format_seconds(text, value);
    while (unit != SIM_UNIT_NONE && power < 6 && fabs(value) >= 999.95) {
        value /= 1000;
        power++;
    }
    if (power == 0)
        snprintf(text, SIM_QUANTITY_SIZE, unit == SIM_UNIT_BYTES ? "%.6g%s%s" : "%.4g%s%s", value,
                 *shown ? " " : "", shown);
    else
        snprintf(text, SIM_QUANTITY_SIZE, "%#.4g %c%s", value, prefixes[power - 1], shown);
    return text;
}
