/* step_time.c -- a step of a language model beside the measured one: Agrawal et al., Vidur, MLSys 2024, profiling data.
 *
 * step_time.csv has what was measured, and what was left out of it: so the step here skips the head, and its keys, values
 * and attention are left out.  The device is an A100 of platforms/language_gpus.xml.  Its byte_efficiency, flop_efficiency
 * and layer_overhead are a fit of our own to such curves, these among them: the test says how well three numbers describe
 * 64 measurements, and is no forecast.
 *
 * Gated: the root of the mean square of the relative errors, over all and for each curve.
 *
 * Beside them c, the time of a draft's step over that of the target's: Leviathan, Kalman and Matias (Fast inference from
 * transformers via speculative decoding, ICML 2023) measured 0.02, 0.04 and 0.11 for T5 small, base and large beside XXL on
 * a TPU v4, of which we have no measured overhead of a layer.  Gated: they lie between none and an A100's. */
#include "sim/base/file.h"
#include "sim/base/units.h"
#include "sim/platform/device.h"
#include "sim/workload/language.h"
#include "tests/published/published.h"
#include "tests/unit/close.h"

static const double MOST_ALL = 0.075, MOST_EACH = 0.09;

enum { CURVES = 4, POINTS = 16 };

struct curves {
    int tokens[POINTS];
    int tensor_parallel[CURVES];
    double seconds[CURVES][POINTS];
};

/* A line "first,v,v,..." of POINTS values; false for any other. */
static bool read_line(const char *line, int *first, double values[POINTS])
{
    int used;

    if (sscanf(line, "tensor_parallel%n", &used) == 0 && strncmp(line, "tensor", 6) == 0)
        line += used;
    else if (sscanf(line, "%d%n", first, &used) == 1)
        line += used;
    else
        return false;
    for (int i = 0; i < POINTS; i++, line += used)
        if (sscanf(line, ",%lf%n", &values[i], &used) != 1)
            return false;
    return true;
}

static void read_curves(struct curves *curves)
{
    FILE *file = fopen("tests/published/step_time.csv", "r");
    double values[POINTS];
    char line[256];
    int first = 0, count = -1;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (*line == '#' || !read_line(line, &first, values))
            continue;
        assert_true(count < CURVES);
        for (int i = 0; i < POINTS; i++)
            if (count < 0)
                curves->tokens[i] = (int)values[i];
            else
                curves->seconds[count][i] = values[i] / 1000;
        if (count >= 0)
            curves->tensor_parallel[count] = first;
        count++;
    }
    fclose(file);
    assert_int_equal(count, CURVES);
}

/* The text between the first `before` in *at and the next quotes, and *at behind it; NULL if there is none. */
static const char *quoted(struct sim_arena *arena, const char **at, const char *before)
{
    const char *text = strstr(*at, before);

    if (text == NULL)
        return NULL;
    text += strlen(before);
    *at = text + strcspn(text, "\"");
    return sim_text_copy(arena, text, (size_t)(*at - text));
}

/* A host of the platform, which stands on a line of its own. */
static struct sim_device host_named(struct sim_arena *arena, const char *name)
{
    static const char PATH[] = "platforms/language_gpus.xml";
    struct sim_error err = {0};
    struct sim_device device;
    const char *line, *property;
    double speed = 0;
    size_t length;
    const char *text = sim_file_read(arena, PATH, 1000 * 1000, &length, &err);

    assert_non_null(text);
    line = strstr(text, sim_text(arena, "<host id=\"%s\"", name));
    assert_non_null(line);
    line = sim_text_copy(arena, line, strcspn(line, "\n"));
    assert_true(
        sim_parse_quantity(quoted(arena, &line, "speed=\""), SIM_UNIT_FLOP_PER_SECOND, &speed));
    device = sim_device_plain(name, speed);
    while ((property = quoted(arena, &line, "prop id=\"")) != NULL)
        assert_true(
            sim_device_set(&device, PATH, property, quoted(arena, &line, "value=\""), arena, &err));
    return device;
}

static const struct sim_language_model *model_named(struct sim_arena *arena, const char *name)
{
    struct sim_error err = {0};
    const struct sim_language_model *model = sim_language_load(arena, NULL, name, NULL, &err);

    assert_string_equal(err.text, "");
    return model;
}

/* Without attention: nothing is attended to, and what the rows themselves would write is taken from the context. */
static struct sim_language_step measured_step(int tokens, int tensor_parallel)
{
    return (struct sim_language_step){.rows = tokens,
                                      .context_tokens = -tokens,
                                      .layer_share = 1,
                                      .skips_head = true,
                                      .tensor_parallel = tensor_parallel};
}

/* The sum of squares of a curve's relative errors. */
static double compare(const struct curves *curves, int curve, const struct sim_device *device,
                      const struct sim_language_model *model)
{
    double squares = 0;
    char what[96];

    for (int i = 0; i < POINTS; i++) {
        const struct sim_language_step step =
            measured_step(curves->tokens[i], curves->tensor_parallel[curve]);
        double error;

        snprintf(what, sizeof what, "TP %d, a step of %d, seconds", curves->tensor_parallel[curve],
                 curves->tokens[i]);
        error = print_published(what, curves->seconds[curve][i],
                                sim_language_step_seconds(device, model, &step));
        squares += error * error;
    }
    printf("# TP %d: root of the mean square %.4f\n", curves->tensor_parallel[curve],
           sqrt(squares / POINTS));
    return squares;
}

static void steps_on_an_a100(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_device device = host_named(arena, "a100-0");
    const struct sim_language_model *model = model_named(arena, "llama_2_7b");
    struct curves curves;
    double all = 0;

    (void)state;
    read_curves(&curves);
    print_published_head("Steps of Llama-2-7B on an A100, Vidur's profiling data (gated: rms)");
    for (int c = 0; c < CURVES; c++) {
        const double squares = compare(&curves, c, &device, model);

        all += squares;
        assert_true(sqrt(squares / POINTS) <= MOST_EACH);
    }
    printf("# all: root of the mean square %.4f\n", sqrt(all / (CURVES * POINTS)));
    assert_true(sqrt(all / (CURVES * POINTS)) <= MOST_ALL);
    sim_arena_close(arena);
}

/* The step of one token behind a prefix that is as good as none. */
static double ratio(struct sim_arena *arena, const struct sim_device *device, const char *draft)
{
    const struct sim_language_step step = sim_language_step_of(1, 1);

    return sim_language_step_seconds(device, model_named(arena, draft), &step) /
           sim_language_step_seconds(device, model_named(arena, "t5_xxl"), &step);
}

/* What the paper measured lies between: a step of theirs has an overhead, less than that of a layer on an A100. */
static void drafts_of_t5_beside_its_xxl(void **state)
{
    static const struct {
        const char *draft;
        double published;
    } rows[] = {{"t5_small", 0.02}, {"t5_base", 0.04}, {"t5_large", 0.11}};
    struct sim_arena *arena = sim_arena_open();
    const struct sim_device device = host_named(arena, "tpu4");
    struct sim_device bare = device;

    (void)state;
    bare.layer_overhead_seconds = 0;
    print_published_head("c of T5 beside T5-XXL, Leviathan et al., table 2 (gated: between)");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double most = ratio(arena, &device, rows[i].draft);
        const double least = ratio(arena, &bare, rows[i].draft);
        char what[64];

        snprintf(what, sizeof what, "%s, an A100's overhead of a layer", rows[i].draft);
        print_published(what, rows[i].published, most);
        snprintf(what, sizeof what, "%s, no overhead", rows[i].draft);
        print_published(what, rows[i].published, least);
        assert_true(least < rows[i].published && rows[i].published < most);
    }
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_on_an_a100),
        cmocka_unit_test(drafts_of_t5_beside_its_xxl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
