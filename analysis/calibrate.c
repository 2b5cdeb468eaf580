/* calibrate.c -- dmlsim calibrate: the latency and bandwidth of a network from a benchmark's output. */
#include "analysis/calibration.h"
#include "sim/base/units.h"
#include "sim/base/version.h"
#include "sim/cli/command.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sim_option options[] = {
    {"least", 0, "SIZE", "fit no smaller sizes, as in 16MiB"},
    {"most", 0, "SIZE", "fit no larger sizes"},
    {"ranks", 0, "N", "how many ranks took part, where the file does not say"},
    {"collective", 0, "NAME",
     "all_reduce, reduce_scatter, all_gather, all_to_all, broadcast, reduce or point_to_point, "
     "where the file does not say"},
    {"algorithm", 0, "NAME", "whose closed form turns alpha and beta into a and B, as in ring"},
    {"in-place", 0, NULL, "nccl-tests: take the in-place times"},
    {"platform", 0, "FILE.xml", "write the platform there, instead of printing it"},
    {"json", 0, NULL, "print it as JSON"},
    {0}};

/* ---- the question ---- */

static bool read_size(const struct sim_call *call, const char *name, double *bytes,
                      struct sim_error *err)
{
    const char *text = sim_option_value(call, name);

    if (text == NULL || (sim_parse_quantity(text, SIM_UNIT_BYTES, bytes) && *bytes > 0))
        return true;
    return sim_fail(err, "--%s=%s is no size; 16MiB would be one.", name, text);
}

static bool read_question(const struct sim_call *call, struct analysis_question *question,
                          struct sim_error *err)
{
    const char *ranks = sim_option_value(call, "ranks");
    double count = 0;

    *question = (struct analysis_question){.collective = sim_option_value(call, "collective"),
                                           .algorithm = sim_option_value(call, "algorithm")};
    if (ranks != NULL && (!sim_parse_quantity(ranks, SIM_UNIT_NONE, &count) || count < 2 ||
                          count > 1 << 20 || count != floor(count)))
        return sim_fail(err, "--ranks=%s is no number of ranks; a whole number of 2 or more is.",
                        ranks);
    question->ranks = (int)count;
    return read_size(call, "least", &question->least_bytes, err) &&
           read_size(call, "most", &question->most_bytes, err);
}

/* ---- for people ---- */

static void print_estimate(const char *name, const struct sim_estimate *estimate,
                           enum sim_unit unit, const char *what)
{
    char value[SIM_QUANTITY_SIZE], low[SIM_QUANTITY_SIZE], high[SIM_QUANTITY_SIZE];

    printf("%-6s %12s   %12s .. %s%s\n", name, sim_format_quantity(value, estimate->value, unit),
           sim_format_quantity(low, estimate->low, unit),
           isfinite(estimate->high) ? sim_format_quantity(high, estimate->high, unit) : "no bound",
           what);
}

static void print_beta(const struct sim_estimate *beta)
{
    printf("%-6s %7.4g ps/B   %7.4g ps/B .. %.4g ps/B\n", "beta", beta->value * 1e12,
           beta->low * 1e12, beta->high * 1e12);
}

static void print_rows(const struct analysis_calibration *c)
{
    puts("\n         size     measured       fitted     error  fitted to");
    for (size_t i = 0; i < c->measured->count; i++) {
        const struct analysis_measurement *row = &c->measured->rows[i];
        const double fitted = analysis_fitted_seconds(c, row->bytes);
        char text[SIM_QUANTITY_SIZE];

        printf("%13.0f %12s ", row->bytes,
               sim_format_quantity(text, row->seconds, SIM_UNIT_SECONDS));
        printf("%12s %+7.2f %%  %s\n", sim_format_quantity(text, fitted, SIM_UNIT_SECONDS),
               100 * (fitted / row->seconds - 1), c->is_fitted[i] ? "yes" : "no");
    }
}

static void print_calibration(const struct analysis_calibration *c)
{
    const struct analysis_form *form = c->form;

    printf("%s by %s, %d ranks, %s: %zu of %zu sizes fitted, %.0f to %.0f bytes\n",
           analysis_form_collective(form), analysis_form_algorithm(form), c->ranks,
           c->measured->tool, c->line.count, c->measured->count, c->least_bytes, c->most_bytes);
    printf("t = alpha + beta S (least squares, weights 1/t^2) = %s\n\n", analysis_form_text(form));
    if (c->measured->counts_blocks)
        puts("(the sizes are those of one rank's block, and S in the last formula is p times "
             "that)\n");
    puts("              value   95 % confidence");
    print_estimate("alpha", &c->line.alpha, SIM_UNIT_SECONDS, "");
    print_beta(&c->line.beta);
    print_estimate("a", &c->latency_seconds, SIM_UNIT_SECONDS, "  latency between two hosts");
    print_estimate("B", &c->bytes_per_second, SIM_UNIT_BYTES_PER_SECOND, "  each way");
    printf("\nfit error %.2f %% on average, %.2f %% at worst\n", 100 * c->line.mean_relative,
           100 * c->line.worst_relative);
    print_rows(c);
}

/* ---- for programs ---- */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *estimate_json(const struct sim_estimate *estimate)
{
    return json_pack("{s:f, s:o, s:o}", "value", estimate->value, "low", number(estimate->low),
                     "high", number(estimate->high));
}

static json_t *rows_json(const struct analysis_calibration *c)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < c->measured->count; i++) {
        const struct analysis_measurement *row = &c->measured->rows[i];
        const double fitted = analysis_fitted_seconds(c, row->bytes);

        json_array_append_new(rows, json_pack("{s:f, s:f, s:f, s:f, s:b}", "bytes", row->bytes,
                                              "measured_seconds", row->seconds, "fitted_seconds",
                                              fitted, "relative_error", fitted / row->seconds - 1,
                                              "is_fitted", c->is_fitted[i]));
    }
    return rows;
}

/* platform: the XML, null where there is none. */
static void print_json(const struct analysis_calibration *c, const char *platform)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:s, s:f, s:f, s:o, s:o, s:f, s:o, s:o, s:f, s:f, s:o, s:s?}",
        "dmlsim", SIM_VERSION, "tool", c->measured->tool, "collective",
        analysis_form_collective(c->form), "algorithm", analysis_form_algorithm(c->form), "ranks",
        c->ranks, "formula", analysis_form_text(c->form), "least_bytes", c->least_bytes,
        "most_bytes", c->most_bytes, "alpha_seconds", estimate_json(&c->line.alpha),
        "beta_seconds_per_byte", estimate_json(&c->line.beta), "covariance", c->line.covariance,
        "latency_seconds", estimate_json(&c->latency_seconds), "bytes_per_second",
        estimate_json(&c->bytes_per_second), "mean_relative_error", c->line.mean_relative,
        "worst_relative_error", c->line.worst_relative, "sizes", rows_json(c), "platform",
        platform);

    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

/* ---- the whole ---- */

/* Without --platform a calibration that no platform can be made of is still one; it says so. */
static int show(const struct sim_call *call, const struct analysis_calibration *calibration)
{
    const char *path = sim_option_value(call, "platform");
    struct sim_error err = {0};
    const char *platform = analysis_calibrated_platform(calibration, call->arena, &err);
    const bool is_written = path != NULL && platform != NULL &&
                            analysis_write_platform(platform, path, call->arena, &err);

    if (sim_option_given(call, "json"))
        print_json(calibration, platform);
    else {
        print_calibration(calibration);
        if (is_written)
            printf("\nplatform: %s\n", path);
        else if (path == NULL && platform != NULL)
            printf("\n%s", platform);
    }
    fflush(stdout);
    return sim_complain(&err, path == NULL || is_written ? 0 : 2);
}

static int run(const struct sim_call *call)
{
    struct analysis_measurements measured;
    struct analysis_calibration calibration;
    struct analysis_question question;
    struct sim_error err = {0};

    if (!read_question(call, &question, &err) ||
        !analysis_measurements_read(&measured, call->arguments[0],
                                    sim_option_given(call, "in-place"), call->arena, &err) ||
        !analysis_calibrate(&calibration, &measured, &question, call->arena, &err))
        return sim_complain(&err, 2);
    return show(call, &calibration);
}

SIM_COMMAND(calibrate) = {
    .name = "calibrate",
    .arguments = "FILE",
    .summary = "fit latency and bandwidth to the output of nccl-tests or OSU micro-benchmarks",
    .description =
        "Fits t = alpha + beta S to the times of a collective, prints both with their confidence, "
        "and turns them through the algorithm's closed form (a ring all-reduce of p ranks takes "
        "2(p-1)(a + S/(pB))) into the latency and bandwidth of one switch: a platform on which "
        "the simulated collective takes the fitted times.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
