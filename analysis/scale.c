#include "analysis/scale.h"

#include <math.h>
#include <string.h>

/* One step of a unit, largest first; the last one takes what is left. */
struct step {
    double least, factor;
    const char *unit;
};

/* Minutes and hours only where there are two of them: "90 s" reads better than "1.5 min". */
static const struct step seconds[] = {
    {7200, 1.0 / 3600, "h"}, {120, 1.0 / 60, "min"}, {1, 1, "s"},
    {1e-3, 1e3, "ms"},       {1e-6, 1e6, "µs"},      {0, 1e9, "ns"}};
static const struct step bytes[] = {{1e15, 1e-15, "PB"}, {1e12, 1e-12, "TB"}, {1e9, 1e-9, "GB"},
                                    {1e6, 1e-6, "MB"},   {1e3, 1e-3, "kB"},   {0, 1, "B"}};
static const struct step flop[] = {{1e15, 1e-15, "Pflop"},
                                   {1e12, 1e-12, "Tflop"},
                                   {1e9, 1e-9, "Gflop"},
                                   {1e6, 1e-6, "Mflop"},
                                   {0, 1, "flop"}};
static const struct step rates[] = {{1e12, 1e-12, "TB/s"},
                                    {1e9, 1e-9, "GB/s"},
                                    {1e6, 1e-6, "MB/s"},
                                    {1e3, 1e-3, "kB/s"},
                                    {0, 1, "B/s"}};
static const struct step speeds[] = {{1e15, 1e-15, "Pflop/s"},
                                     {1e12, 1e-12, "Tflop/s"},
                                     {1e9, 1e-9, "Gflop/s"},
                                     {1e6, 1e-6, "Mflop/s"},
                                     {0, 1, "flop/s"}};
static const struct step nothing[] = {{0, 1, ""}};

static const struct step joules[] = {
    {1e9, 1e-9, "GJ"}, {1e6, 1e-6, "MJ"}, {1e3, 1e-3, "kJ"}, {1, 1, "J"}, {0, 1e3, "mJ"}};

static const struct step *steps_of(enum sim_unit unit)
{
    switch (unit) {
    case SIM_UNIT_SECONDS: return seconds;
    case SIM_UNIT_BYTES: return bytes;
    case SIM_UNIT_FLOP: return flop;
    case SIM_UNIT_BYTES_PER_SECOND: return rates;
    case SIM_UNIT_FLOP_PER_SECOND: return speeds;
    case SIM_UNIT_JOULES: return joules;
    default: return nothing;
    }
}

struct analysis_scale analysis_scale_for(double value, enum sim_unit unit)
{
    const struct step *step = steps_of(unit);

    if (value == 0 && unit == SIM_UNIT_SECONDS)
        return (struct analysis_scale){1, "s"};
    while (fabs(value) * (1 + 1e-12) < step->least)
        step++;
    return (struct analysis_scale){step->factor, step->unit};
}

static const struct {
    const char *ending;
    enum sim_unit unit;
} endings[] = {{"_bytes_per_second", SIM_UNIT_BYTES_PER_SECOND},
               {"_flop_per_second", SIM_UNIT_FLOP_PER_SECOND},
               {"_bytes", SIM_UNIT_BYTES},
               {"_seconds", SIM_UNIT_SECONDS},
               {"_flop", SIM_UNIT_FLOP},
               {"].bandwidth", SIM_UNIT_BYTES_PER_SECOND}, /* of a link of the platform */
               {"].bw", SIM_UNIT_BYTES_PER_SECOND},        /* of a cluster's links */
               {"].latency", SIM_UNIT_SECONDS},
               {"].lat", SIM_UNIT_SECONDS},
               {"].speed", SIM_UNIT_FLOP_PER_SECOND}};

/* Which row of endings[] `key` has, or -1. */
static int ending_of(const char *key)
{
    const size_t length = strlen(key);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const size_t tail = strlen(endings[i].ending);

        if (length > tail && strcmp(key + length - tail, endings[i].ending) == 0)
            return (int)i;
    }
    return -1;
}

enum sim_unit analysis_unit_of_key(const char *key)
{
    const int i = ending_of(key);

    return i < 0 ? SIM_UNIT_NONE : endings[i].unit;
}

/* Is `word` one of the words of `name`, which are joined by underscores? */
static bool has_word(const char *name, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = name; (at = strstr(at, word)) != NULL; at++)
        if ((at == name || at[-1] == '_') && (at[length] == '_' || at[length] == '\0'))
            return true;
    return false;
}

enum sim_unit analysis_unit_of_metric(const char *metric)
{
    static const struct {
        const char *word;
        enum sim_unit unit;
    } words[] = {{"ratio", SIM_UNIT_NONE},     {"share", SIM_UNIT_NONE},  {"rate", SIM_UNIT_NONE},
                 {"joules", SIM_UNIT_JOULES},  {"bytes", SIM_UNIT_BYTES}, {"flop", SIM_UNIT_FLOP},
                 {"seconds", SIM_UNIT_SECONDS}};
    const int ending = ending_of(metric);

    if (ending >= 0)
        return endings[ending].unit;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (has_word(metric, words[i].word))
            return words[i].unit;
    return SIM_UNIT_NONE;
}

enum analysis_better analysis_better_of_metric(const char *metric)
{
    static const char *const more[] = {"speedup", "accuracy", "per_second", "efficiency",
                                       "gain",    "lasted",   "answered",   "tokens_per_step"};
    static const char *const less[] = {"loss",    "error",      "bubble",    "overhead", "lost",
                                       "dropped", "unfinished", "staleness", "imbalance"};

    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (has_word(metric, more[i]))
            return ANALYSIS_MORE_IS_BETTER;
    for (size_t i = 0; i < sizeof less / sizeof less[0]; i++)
        if (has_word(metric, less[i]))
            return ANALYSIS_LESS_IS_BETTER;
    return analysis_unit_of_metric(metric) == SIM_UNIT_NONE ? ANALYSIS_NEITHER_IS_BETTER
                                                            : ANALYSIS_LESS_IS_BETTER;
}

const char *analysis_key_label(const char *key, struct analysis_scale scale,
                               struct sim_arena *arena)
{
    const char *dot = strrchr(key, '.');
    const char *last = dot == NULL ? key : dot + 1;
    const int ending = ending_of(last);
    size_t length = strlen(last) - (ending < 0 ? 0 : strlen(endings[ending].ending));
    char *label = sim_text_copy(arena, last, length);

    if (strcmp(key, "algorithm.name") == 0)
        return "algorithm";
    for (char *c = label; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    return *scale.unit == '\0' ? label : sim_text(arena, "%s (%s)", label, scale.unit);
}

const char *analysis_plural(int count)
{
    return count == 1 ? "" : "s";
}

const char *analysis_three_digits(double value, struct sim_arena *arena)
{
    const double size = fabs(value);

    if (size >= 1e6 || (size < 1e-3 && size > 0))
        return sim_text(arena, "%.2g", value);
    return sim_text(arena, "%.*f",
                    size >= 99.95 || size == 0 ? 0
                    : size >= 9.995            ? 1
                    : size >= 0.9995           ? 2
                                               : 3,
                    value);
}
