/* calibration.c -- see calibration.h.
 *
 * Closed forms: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Performance Computing Applications 19(1), 2005; the ring as in
 * algorithms/collectives/ring_allreduce.c.  p is the number of ranks, S the size of the whole buffer; the cost
 * of additions is left to B. */
#include "analysis/calibration.h"

#include "sim/base/file.h"
#include "sim/base/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_RANKS = 1 << 20 };

/* t = steps(p) a + volume(p) S / B */
struct analysis_form {
    const char *collective, *algorithm, *text;
    double (*steps)(double p), (*volume)(double p);
    bool needs_power_of_two;
};

static double one(double p)
{
    (void)p;
    return 1;
}

static double levels(double p)
{
    return ceil(log2(p));
}

static double twice_levels(double p)
{
    return 2 * levels(p);
}

static double round_trip(double p)
{
    return 2 * (p - 1);
}

static double once_round(double p)
{
    return p - 1;
}

static double all_but_own_share(double p)
{
    return (p - 1) / p;
}

static double twice_all_but_own_share(double p)
{
    return 2 * (p - 1) / p;
}

/* The first of a collective is what is meant unless the user names another. */
static const struct analysis_form forms[] = {
    {"all_reduce", "ring", "2(p-1)(a + S/(pB))", round_trip, twice_all_but_own_share, false},
    {"all_reduce", "halving_doubling", "2 lg p a + 2(p-1)/p S/B", twice_levels,
     twice_all_but_own_share, true},
    {"all_reduce", "recursive_doubling", "lg p (a + S/B)", levels, levels, true},
    {"reduce_scatter", "ring", "(p-1)(a + S/(pB))", once_round, all_but_own_share, false},
    {"reduce_scatter", "halving", "lg p a + (p-1)/p S/B", levels, all_but_own_share, true},
    {"all_gather", "ring", "(p-1)(a + S/(pB))", once_round, all_but_own_share, false},
    {"all_gather", "doubling", "lg p a + (p-1)/p S/B", levels, all_but_own_share, true},
    {"all_to_all", "pairwise", "(p-1)(a + S/(pB))", once_round, all_but_own_share, false},
    {"broadcast", "binomial", "ceil(lg p) (a + S/B)", levels, levels, false},
    {"reduce", "binomial", "ceil(lg p) (a + S/B)", levels, levels, false},
    {"point_to_point", "direct", "a + S/B", one, one, false},
};
enum { FORM_COUNT = sizeof forms / sizeof forms[0] };

const char *analysis_form_collective(const struct analysis_form *form)
{
    return form->collective;
}

const char *analysis_form_algorithm(const struct analysis_form *form)
{
    return form->algorithm;
}

const char *analysis_form_text(const struct analysis_form *form)
{
    return form->text;
}

/* ---- which form ---- */

/* The names of all collectives, or of all algorithms of one, each once, with commas between. */
static const char *names_of(const char *collective, struct sim_arena *arena)
{
    const char *all = "";

    for (size_t i = 0; i < FORM_COUNT; i++) {
        const bool is_new = i == 0 || strcmp(forms[i].collective, forms[i - 1].collective) != 0;

        if (collective == NULL && is_new)
            all = sim_text(arena, "%s%s%s", all, *all ? ", " : "", forms[i].collective);
        if (collective != NULL && strcmp(forms[i].collective, collective) == 0)
            all = sim_text(arena, "%s%s%s", all, *all ? ", " : "", forms[i].algorithm);
    }
    return all;
}

/* NULL, with a sentence, if there is none. */
static const struct analysis_form *find_form(const char *path, const char *collective,
                                             const char *algorithm, struct sim_arena *arena,
                                             struct sim_error *err)
{
    for (size_t i = 0; collective != NULL && i < FORM_COUNT; i++)
        if (strcmp(forms[i].collective, collective) == 0 &&
            (algorithm == NULL || strcmp(forms[i].algorithm, algorithm) == 0))
            return &forms[i];
    if (collective == NULL)
        sim_fail(err, "%s: no line says which collective was timed; --collective NAME does (%s).",
                 path, names_of(NULL, arena));
    else if (*names_of(collective, arena) == '\0')
        sim_fail(err, "There is no closed form for a collective '%s'; there are %s.", collective,
                 names_of(NULL, arena));
    else
        sim_fail(err, "There is no closed form for %s by '%s'; there are %s.", collective,
                 algorithm, names_of(collective, arena));
    return NULL;
}

static bool find_ranks(struct analysis_calibration *c, int asked, struct sim_error *err)
{
    c->ranks = asked != 0 ? asked : c->measured->ranks;
    if (c->ranks == 0)
        return sim_fail(err, "%s: no line says how many ranks took part; --ranks N does.",
                        c->measured->path);
    if (c->ranks < 2 || c->ranks > MOST_RANKS)
        return sim_fail(err, "%d ranks have no network to calibrate; 2 to %d have.", c->ranks,
                        MOST_RANKS);
    if (c->form->needs_power_of_two && (c->ranks & (c->ranks - 1)) != 0)
        return sim_fail(err, "The closed form of %s by %s needs a power of two of ranks, not %d.",
                        c->form->collective, c->form->algorithm, c->ranks);
    return true;
}

/* ---- the fit ---- */

/* Sizes of 0 bytes are calls that do nothing, and never fitted. */
static bool is_wanted(const struct analysis_question *question, double bytes)
{
    return bytes > 0 && bytes >= question->least_bytes &&
           (question->most_bytes == 0 || bytes <= question->most_bytes);
}

static bool fit(struct analysis_calibration *c, const struct analysis_question *question,
                struct sim_arena *arena, struct sim_error *err)
{
    const size_t count = c->measured->count;
    double *x = sim_new(arena, double, 3 * count), *y = x + count, *weights = y + count;
    bool *is_fitted = sim_new(arena, bool, count);
    size_t used = 0;

    c->least_bytes = INFINITY;
    for (size_t i = 0; i < count; i++) {
        const struct analysis_measurement *row = &c->measured->rows[i];

        is_fitted[i] = is_wanted(question, row->bytes);
        if (!is_fitted[i])
            continue;
        x[used] = row->bytes;
        y[used] = row->seconds;
        weights[used++] = 1 / (row->seconds * row->seconds);
        c->least_bytes = fmin(c->least_bytes, row->bytes);
        c->most_bytes = fmax(c->most_bytes, row->bytes);
    }
    c->is_fitted = is_fitted;
    if (used < 3)
        return sim_fail(err,
                        "%s: %zu of its %zu sizes are to be fitted; alpha, beta and their "
                        "confidence need 3 (--least and --most choose them).",
                        c->measured->path, used, count);
    return sim_fit_line(x, y, weights, used, &c->line, err);
}

static void turn_into_link(struct analysis_calibration *c)
{
    const double block = c->measured->counts_blocks ? c->ranks : 1;
    const double steps = c->form->steps(c->ranks), volume = block * c->form->volume(c->ranks);
    const struct sim_estimate *alpha = &c->line.alpha, *beta = &c->line.beta;

    c->latency_seconds =
        (struct sim_estimate){alpha->value / steps, alpha->low / steps, alpha->high / steps};
    c->bytes_per_second = (struct sim_estimate){volume / beta->value, volume / beta->high,
                                                beta->low > 0 ? volume / beta->low : INFINITY};
}

bool analysis_calibrate(struct analysis_calibration *calibration,
                        const struct analysis_measurements *measured,
                        const struct analysis_question *question, struct sim_arena *arena,
                        struct sim_error *err)
{
    const char *collective =
        question->collective != NULL ? question->collective : measured->collective;
    struct analysis_calibration c = {
        .measured = measured,
        .form = find_form(measured->path, collective, question->algorithm, arena, err)};

    if (c.form == NULL || !find_ranks(&c, question->ranks, err) || !fit(&c, question, arena, err))
        return false;
    if (c.line.beta.value <= 0)
        return sim_fail(err,
                        "%s: the times from %.0f to %.0f bytes do not grow with the size, so they "
                        "say nothing of a bandwidth; take larger sizes in with --most.",
                        measured->path, c.least_bytes, c.most_bytes);
    turn_into_link(&c);
    *calibration = c;
    return true;
}

double analysis_fitted_seconds(const struct analysis_calibration *calibration, double bytes)
{
    return sim_line_at(&calibration->line, bytes);
}

/* ---- the platform ---- */

/* By which a file is known to be of our making, and may be replaced. */
static const char MARK[] = "Calibrated by dmlsim";

/* Between two hosts lie two links, each with half of a. */
static const char platform_format[] =
    "<?xml version='1.0'?>\n"
    "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
    "<!-- %s: %d ranks round one full-duplex switch, from %zu times of %s\n"
    "  (%.0f to %.0f bytes, %s).\n"
    "\n"
    "  rank-0  rank-1  ...  rank-%d\n"
    "    |       |            |\n"
    "  +_|_______|____________|_+     a = %s between two hosts, half of it on each link\n"
    "  |         switch         |     B = %s each way\n"
    "  +________________________+\n"
    "\n"
    "  %s by %s takes %s there under network: textbook,\n"
    "  the line t = alpha + beta S fitted with weights 1/t^2: %.2f %% off on average, %.2f %% at\n"
    "  worst. The cost of additions is in B: set flop_per_byte to 0. The speed of the hosts was\n"
    "  not measured; 1 Gflop/s stands for it. -->\n"
    "<platform version=\"4.1\">\n"
    "  <zone id=\"world\" routing=\"Full\">\n"
    "    <cluster id=\"switch\" prefix=\"rank-\" suffix=\"\" radical=\"0-%d\" speed=\"1Gf\"\n"
    "             bw=\"%.17gBps\" lat=\"%.17gs\" sharing_policy=\"SPLITDUPLEX\"/>\n"
    "  </zone>\n"
    "</platform>\n";

const char *analysis_calibrated_platform(const struct analysis_calibration *calibration,
                                         struct sim_arena *arena, struct sim_error *err)
{
    const struct analysis_calibration *c = calibration;
    const double a = c->latency_seconds.value, b = c->bytes_per_second.value;
    char latency[SIM_QUANTITY_SIZE], bandwidth[SIM_QUANTITY_SIZE];

    if (a < 0) {
        sim_fail(err,
                 "%s: alpha is negative (%s), which no link can have, so there is no platform; the "
                 "sizes fitted are not on one line: choose others with --least and --most.",
                 c->measured->path, sim_format_quantity(latency, a, SIM_UNIT_SECONDS));
        return NULL;
    }
    return sim_text(arena, platform_format, MARK, c->ranks, c->line.count, c->form->collective,
                    c->least_bytes, c->most_bytes, c->measured->tool, c->ranks - 1,
                    sim_format_quantity(latency, a, SIM_UNIT_SECONDS),
                    sim_format_quantity(bandwidth, b, SIM_UNIT_BYTES_PER_SECOND),
                    c->form->collective, c->form->algorithm, c->form->text,
                    100 * c->line.mean_relative, 100 * c->line.worst_relative, c->ranks - 1, b,
                    a / 2);
}

static bool may_be_replaced(const char *path, struct sim_arena *arena, struct sim_error *err)
{
    struct sim_error unread = {0};
    size_t length;
    const char *text;

    if (!sim_file_exists(path))
        return true;
    text = sim_file_read(arena, path, 1 << 20, &length, &unread);
    return (text != NULL && strstr(text, MARK) != NULL) ||
           sim_fail(err, "%s: exists, was not written by calibrate, and is kept as it is.", path);
}

bool analysis_write_platform(const char *text, const char *path, struct sim_arena *arena,
                             struct sim_error *err)
{
    const char *partial = sim_text(arena, "%s.%ld", path, (long)getpid());
    FILE *file;

    if (!may_be_replaced(path, arena, err))
        return false;
    file = fopen(partial, "wxe");
    if (file == NULL)
        return sim_fail(err, "%s: cannot be written: %s.", path, strerror(errno));
    fputs(text, file);
    if (sim_file_close(file, path, err) &&
        (rename(partial, path) == 0 ||
         sim_fail(err, "%s: cannot be written: %s.", path, strerror(errno))))
        return true;
    unlink(partial);
    return false;
}
