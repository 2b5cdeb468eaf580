#include "analysis/statistics_print.h"

#include "analysis/scale.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { COLUMN = 11, INTERVAL = 22 };

static const char *text_of(double value, enum sim_unit unit, struct sim_arena *arena)
{
    char text[SIM_QUANTITY_SIZE];

    return sim_text(arena, "%s", sim_format_quantity(text, value, unit));
}

/* "3.300 .. 3.675 s", or "864.5 ms .. 1.224 s" where the units differ. */
static const char *interval_of(struct sim_estimate estimate, enum sim_unit unit,
                               struct sim_arena *arena)
{
    const char *low = text_of(estimate.low, unit, arena), *high;
    const char *low_unit = strchr(low, ' '), *high_unit;

    if (!isfinite(estimate.low) || !isfinite(estimate.high))
        return isfinite(estimate.low) ? sim_text(arena, "%s ..", low) : "no bounds";
    high = text_of(estimate.high, unit, arena);
    high_unit = strchr(high, ' ');
    if (low_unit != NULL && high_unit != NULL && strcmp(low_unit, high_unit) == 0)
        low = sim_text_copy(arena, low, (size_t)(low_unit - low));
    return sim_text(arena, "%s .. %s", low, high);
}

/* printf pads bytes; a label may have letters of several, as in "400 µs". */
static size_t letters_of(const char *text)
{
    size_t letters = 0;

    for (; *text != '\0'; text++)
        letters += ((unsigned char)*text & 0xc0) != 0x80;
    return letters;
}

static int label_width(const struct analysis_places *places)
{
    size_t widest = 6;

    for (size_t i = 0; i < places->count; i++) {
        const size_t length = letters_of(places->list[i].label);

        widest = length > widest ? length : widest;
    }
    return (int)widest;
}

static void print_label(FILE *out, const char *label, int width)
{
    fprintf(out, "%s%*s", label, width - (int)letters_of(label), "");
}

/* ---- places ---- */

static const char *why_no_interval(const struct analysis_sample *sample, struct sim_arena *arena)
{
    return sample->count == 1
               ? "one result, so no interval"
               : sim_text(arena, "all %zu are equal: nothing random reaches it", sample->count);
}

static void print_places(FILE *out, const struct analysis_asked *asked,
                         const struct analysis_places *places, struct sim_arena *arena)
{
    const int width = label_width(places);

    fprintf(out,
            "%s of %s, place by place (points that differ in nothing but the seed share one)\n",
            asked->name, asked->study->name);
    fprintf(out, "%-*s %5s%*s%*s%*s%*s%*s\n", width, "place", "n", COLUMN, "mean", INTERVAL,
            "95 % of the mean (t)", INTERVAL, "(bootstrap)", COLUMN, "median", INTERVAL,
            "quartiles");
    for (size_t i = 0; i < places->count; i++) {
        const struct analysis_place *place = &places->list[i];
        struct analysis_sample sample;

        print_label(out, place->label, width);
        fprintf(out, " %5zu", place->count);
        if (place->count == 0) {
            fprintf(out, "  no point here has it\n");
            continue;
        }
        sample = analysis_sample_of(place->values, place->count, arena);
        fprintf(out, "%*s", COLUMN, text_of(sample.mean.value, asked->unit, arena));
        if (sample.is_constant)
            fprintf(out, "   %s\n", why_no_interval(&sample, arena));
        else
            fprintf(out, "%*s%*s%*s%*s\n", INTERVAL, interval_of(sample.mean, asked->unit, arena),
                    INTERVAL, interval_of(sample.bootstrap, asked->unit, arena), COLUMN,
                    text_of(sample.median, asked->unit, arena), INTERVAL,
                    interval_of((struct sim_estimate){sample.median, sample.low_quartile,
                                                      sample.high_quartile},
                                asked->unit, arena));
    }
}

/* ---- pairs ---- */

static double mean_of(const double *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static void print_rivals(FILE *out, const struct analysis_asked *asked,
                         const struct analysis_rivals *rivals, struct sim_arena *arena)
{
    const double a = mean_of(rivals->a, rivals->count), b = mean_of(rivals->b, rivals->count);
    struct analysis_pairs pairs;

    fprintf(out, " %5zu%*s%*s%*s", rivals->count, COLUMN, text_of(a, asked->unit, arena), COLUMN,
            text_of(b, asked->unit, arena), COLUMN, text_of(a - b, asked->unit, arena));
    if (rivals->count < 2) {
        fputs("   one pair, so no interval\n", out);
        return;
    }
    pairs = analysis_pairs_of(rivals->a, rivals->b, rivals->count, arena);
    if (pairs.is_constant)
        fprintf(out, "   all %zu differences are equal: nothing random reaches them\n",
                rivals->count);
    else
        fprintf(out, "%*s%9.2g%9.2g%9.2f\n", INTERVAL,
                interval_of(pairs.difference, asked->unit, arena), pairs.t_probability,
                pairs.wilcoxon_probability, pairs.effect_size);
}

static void print_contest(FILE *out, const struct analysis_asked *asked,
                          const struct analysis_contest *contest, struct sim_arena *arena)
{
    const struct analysis_key *key = &asked->study->keys[contest->key];
    struct analysis_places labels = {sim_new(arena, struct analysis_place, contest->count),
                                     contest->count, 0};
    int width;

    for (size_t i = 0; i < contest->count; i++)
        labels.list[i].label = contest->list[i].label;
    width = label_width(&labels);
    fprintf(out, "\nA: %s=%s, B: %s=%s; pairs are equal in the seed and all else\n", key->name,
            key->values[contest->a], key->name, key->values[contest->b]);
    fprintf(out, "%-*s %5s%*s%*s%*s%*s%9s%9s%9s\n", width, "place", "pairs", COLUMN, "A", COLUMN,
            "B", COLUMN, "A - B", INTERVAL, "95 % of A - B (t)", "p (t)", "p (rank)", "d");
    for (size_t i = 0; i < contest->count; i++) {
        print_label(out, contest->list[i].label, width);
        print_rivals(out, asked, &contest->list[i], arena);
    }
    fputs(
        "p (rank): Wilcoxon's signed-rank test; d: mean difference over the standard deviation of "
        "the differences\n",
        out);
    if (contest->alone > 0)
        fprintf(out, "%zu point%s of A or B ha%s no partner\n", contest->alone,
                analysis_plural((int)contest->alone), contest->alone == 1 ? "s" : "ve");
}

/* ---- fits ---- */

/* What the two coefficients of a model are called, and measured in; `unit` is that of the quantity. */
struct coefficients {
    const char *names[2];
    enum sim_unit units[2];
};

static struct coefficients coefficients_of(enum analysis_model model, enum sim_unit unit)
{
    switch (model) {
    case ANALYSIS_ALPHA_BETA:
        return (struct coefficients){
            {"a", "B"},
            {unit, unit == SIM_UNIT_SECONDS ? SIM_UNIT_BYTES_PER_SECOND : SIM_UNIT_NONE}};
    case ANALYSIS_AMDAHL: return (struct coefficients){{"T1", "s"}, {unit, SIM_UNIT_NONE}};
    default: return (struct coefficients){{"c", "k"}, {unit, SIM_UNIT_NONE}};
    }
}

static void print_fit(FILE *out, const struct analysis_cost_fit *fit, enum sim_unit unit,
                      struct sim_arena *arena)
{
    const struct coefficients all = coefficients_of(fit->model, unit);
    const struct sim_estimate *estimates[] = {&fit->first, &fit->second};

    fprintf(out, " %5zu", fit->count);
    for (int i = 0; i < 2; i++)
        fprintf(out, "%*s%*s", COLUMN, text_of(estimates[i]->value, all.units[i], arena), INTERVAL,
                fit->is_exact ? "(no scatter)" : interval_of(*estimates[i], all.units[i], arena));
    fprintf(out, "%8.2f %%", 100 * fit->worst_relative);
    if (fit->model == ANALYSIS_AMDAHL && (fit->second.value > 1 || fit->second.value < 0))
        fputs(fit->second.value > 1 ? "  s > 1: it grows with N, which is not Amdahl's law"
                                    : "  s < 0: it falls faster than 1 / N",
              out);
    fputc('\n', out);
}

static void print_fits(FILE *out, const struct analysis_asked *asked,
                       const struct analysis_fits *fits, struct sim_arena *arena)
{
    const struct coefficients all = coefficients_of(fits->model, asked->unit);
    const int width = label_width(&fits->series);

    fprintf(out, "\n%s over %s, every point by its relative error\n",
            analysis_model_formulas[fits->model], asked->study->keys[fits->axis].name);
    fprintf(out, "%-*s %5s%*s%*s%*s%*s%10s\n", width, "series", "n", COLUMN, all.names[0], INTERVAL,
            "95 %", COLUMN, all.names[1], INTERVAL, "95 %", "worst");
    for (size_t i = 0; i < fits->series.count; i++) {
        print_label(out, fits->series.list[i].label, width);
        if (fits->why_not[i] != NULL)
            fprintf(out, " %5zu   %s\n", fits->series.list[i].count, fits->why_not[i]);
        else
            print_fit(out, &fits->list[i], asked->unit, arena);
    }
}

void analysis_statistics_text(FILE *out, const struct analysis_asked *asked,
                              const struct analysis_places *places,
                              const struct analysis_contest *contest,
                              const struct analysis_fits *fits, struct sim_arena *arena)
{
    print_places(out, asked, places, arena);
    if (places->missing > 0)
        fprintf(out, "%zu point%s tell%s no %s\n", places->missing,
                analysis_plural((int)places->missing), places->missing == 1 ? "s" : "",
                asked->name);
    if (asked->study->failed > 0)
        fprintf(out, "%d point%s failed\n", asked->study->failed,
                analysis_plural(asked->study->failed));
    if (contest != NULL)
        print_contest(out, asked, contest, arena);
    if (fits != NULL)
        print_fits(out, asked, fits, arena);
}

/* ---- for programs ---- */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *estimate_json(struct sim_estimate estimate, bool has_meaning)
{
    return has_meaning ? json_pack("{s:o, s:o, s:o}", "value", number(estimate.value), "low",
                                   number(estimate.low), "high", number(estimate.high))
                       : json_null();
}

static json_t *places_json(const struct analysis_places *places, struct sim_arena *arena)
{
    json_t *list = json_array();

    for (size_t i = 0; i < places->count; i++) {
        const struct analysis_place *place = &places->list[i];
        struct analysis_sample sample;

        if (place->count == 0)
            continue;
        sample = analysis_sample_of(place->values, place->count, arena);
        json_array_append_new(
            list,
            json_pack("{s:s, s:i, s:b, s:f, s:f, s:f, s:f, s:o, s:o, s:o}", "place", place->label,
                      "replications", (int)place->count, "is_constant", sample.is_constant, "mean",
                      sample.mean.value, "median", sample.median, "low_quartile",
                      sample.low_quartile, "high_quartile", sample.high_quartile,
                      "standard_deviation", number(sample.deviation), "interval",
                      estimate_json(sample.mean, !sample.is_constant), "bootstrap_interval",
                      estimate_json(sample.bootstrap, !sample.is_constant)));
    }
    return list;
}

static json_t *contest_json(const struct analysis_asked *asked,
                            const struct analysis_contest *contest, struct sim_arena *arena)
{
    const struct analysis_key *key = &asked->study->keys[contest->key];
    json_t *list = json_array();

    for (size_t i = 0; i < contest->count; i++) {
        const struct analysis_rivals *rivals = &contest->list[i];
        struct analysis_pairs pairs = {.is_constant = true};

        if (rivals->count > 1)
            pairs = analysis_pairs_of(rivals->a, rivals->b, rivals->count, arena);
        json_array_append_new(
            list, json_pack("{s:s, s:i, s:b, s:f, s:f, s:o, s:o, s:o, s:o}", "place", rivals->label,
                            "pairs", (int)rivals->count, "is_constant", pairs.is_constant, "mean_a",
                            mean_of(rivals->a, rivals->count), "mean_b",
                            mean_of(rivals->b, rivals->count), "difference",
                            estimate_json(pairs.difference, !pairs.is_constant), "t_probability",
                            number(pairs.is_constant ? NAN : pairs.t_probability),
                            "signed_rank_probability",
                            number(pairs.is_constant ? NAN : pairs.wilcoxon_probability),
                            "effect_size", number(pairs.is_constant ? NAN : pairs.effect_size)));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:o}", "key", key->name, "a", key->values[contest->a],
                     "b", key->values[contest->b], "without_partner", (int)contest->alone, "places",
                     list);
}

static json_t *fits_json(const struct analysis_asked *asked, const struct analysis_fits *fits)
{
    const struct coefficients all = coefficients_of(fits->model, asked->unit);
    json_t *list = json_array();

    for (size_t i = 0; i < fits->series.count; i++) {
        const struct analysis_cost_fit *fit = &fits->list[i];

        if (fits->why_not[i] != NULL)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s}", "series", fits->series.list[i].label,
                                            "no_fit", fits->why_not[i]));
        else
            json_array_append_new(list, json_pack("{s:s, s:i, s:b, s:o, s:o, s:f, s:f}", "series",
                                                  fits->series.list[i].label, "points",
                                                  (int)fit->count, "is_exact", fit->is_exact,
                                                  all.names[0], estimate_json(fit->first, true),
                                                  all.names[1], estimate_json(fit->second, true),
                                                  "mean_relative_error", fit->mean_relative,
                                                  "worst_relative_error", fit->worst_relative));
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "model", analysis_model_names[fits->model], "formula",
                     analysis_model_formulas[fits->model], "over",
                     asked->study->keys[fits->axis].name, "series", list);
}

void analysis_statistics_json(FILE *out, const struct analysis_asked *asked,
                              const struct analysis_places *places,
                              const struct analysis_contest *contest,
                              const struct analysis_fits *fits, struct sim_arena *arena)
{
    json_t *json = json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o}", "study", asked->study->name,
                             "quantity", asked->name, "points", asked->study->point_count, "failed",
                             asked->study->failed, "places", places_json(places, arena), "compare",
                             contest == NULL ? json_null() : contest_json(asked, contest, arena),
                             "fit", fits == NULL ? json_null() : fits_json(asked, fits));

    json_dumpf(json, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(json);
}
