/* explain_pipeline.c -- why a pipeline's iteration takes as long as it does: the order of operations, the bubble in
 * both definitions, and where each stage waits. */
#include "analysis/explain.h"

#include "analysis/operations.h"
#include "sim/base/file.h"
#include "sim/base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 20, MOST_LETTERS = 200, MOST_ROWS = 16 };

static const char *seconds_text(char text[SIM_QUANTITY_SIZE], double seconds)
{
    return isnan(seconds) ? "-" : sim_format_quantity(text, seconds, SIM_UNIT_SECONDS);
}

/* ---- the order ---- */

/* Operations are not cut in half. */
static int cut(const char *line)
{
    int length = MOST_LETTERS - 2;

    while (length > 0 && line[length] != ' ')
        length--;
    return length;
}

static void print_order(const char *folder, struct sim_arena *arena)
{
    const char *path = sim_text(arena, "%s/schedule.txt", folder);
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    int lines = 0;
    bool is_cut = false;

    if (file == NULL)
        return;
    puts("  order of operations: F forward, B backward (or the gradient of inputs), W gradient of "
         "weights");
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (++lines > MOST_LINES)
            break;
        if (strlen(line) > MOST_LETTERS) {
            is_cut = true;
            printf("    %.*s …\n", cut(line), line);
        } else {
            printf("    %s\n", line);
        }
    }
    if (lines > MOST_LINES)
        puts("    …");
    if (lines > MOST_LINES || is_cut)
        printf("    the whole of it: %s\n", path);
    free(line);
    fclose(file);
}

/* ---- the bubble ---- */

static void print_bubble(const json_t *summary)
{
    const json_t *metrics = json_object_get(summary, "metrics");
    const double total = json_number_value(json_object_get(metrics, "bubble_of_total"));
    const double of_ideal = json_number_value(json_object_get(metrics, "bubble_of_ideal"));
    const double cost = json_number_value(json_object_get(metrics, "iteration_seconds"));
    char text[SIM_QUANTITY_SIZE];

    if (json_object_get(metrics, "bubble_of_total") == NULL ||
        json_object_get(metrics, "iteration_seconds") == NULL)
        return;
    printf("  cost             %s an iteration: of all stages the longest time from the first "
           "operation to the last\n",
           seconds_text(text, cost));
    printf("  ideal            %s: what a stage computes in it, mean of all\n",
           seconds_text(text, cost * (1 - total)));
    printf("  bubble           %.2f %% of the total: (cost - ideal) / cost\n", 100 * total);
    printf("                   %.2f %% of ideal: (cost - ideal) / ideal\n", 100 * of_ideal);
}

/* ---- where stages wait ---- */

static const char *row_name(const struct analysis_operations *all,
                            const struct analysis_operation_row *row, struct sim_arena *arena)
{
    const char *name = sim_text(arena, "stage %d", row->stage);

    if (all->replicas > 1)
        name = sim_text(arena, "%s, replica %d", name, row->replica);
    if (all->ranks > 1)
        name = sim_text(arena, "%s, rank %d", name, row->rank);
    return name;
}

static void print_row(const struct analysis_operations *all,
                      const struct analysis_operation_row *row, const struct analysis_waits *waits,
                      struct sim_arena *arena)
{
    char texts[6][SIM_QUANTITY_SIZE];
    const struct analysis_stage_totals *totals = &row->totals;

    printf("    %-26s %10s %10s %10s | %10s %10s %10s\n", row_name(all, row, arena),
           seconds_text(texts[0], totals->compute_seconds),
           seconds_text(texts[1], totals->wait_seconds),
           seconds_text(texts[2], totals->send_seconds), seconds_text(texts[3], waits->warm_up),
           seconds_text(texts[4], waits->steady), seconds_text(texts[5], waits->drain));
}

/* From when to when the first iteration lasts, over all rows. */
static void find_span(const struct analysis_operations *all, double *from, double *to)
{
    *from = INFINITY;
    *to = 0;
    for (int r = 0; r < all->row_count; r++) {
        const struct analysis_operation_row *row = &all->rows[r];
        const int count = analysis_operations_until(row, 1);

        for (int i = 0; i < count; i++) {
            *from = fmin(*from, row->list[i].begin);
            *to = fmax(*to, row->list[i].end);
        }
    }
}

/* Of many rows the first and the last half are shown; all count. */
static struct analysis_waits print_rows(const struct analysis_operations *all, double from,
                                        double to, struct sim_arena *arena)
{
    struct analysis_waits sums = {0};

    printf("    %-26s %32s | %32s\n", "", "all iterations", "waits in the first iteration");
    printf("    %-26s %10s %10s %10s | %10s %10s %10s\n", "", "compute", "wait", "send", "warm-up",
           "steady", "drain");
    for (int r = 0; r < all->row_count; r++) {
        const struct analysis_waits waits = analysis_waits_of(&all->rows[r], from, to);
        const bool is_shown =
            all->row_count <= MOST_ROWS || r < MOST_ROWS / 2 || r >= all->row_count - MOST_ROWS / 2;

        sums.warm_up += waits.warm_up;
        sums.steady += waits.steady;
        sums.drain += waits.drain;
        if (is_shown)
            print_row(all, &all->rows[r], &waits, arena);
        else if (r == MOST_ROWS / 2)
            puts("    …");
    }
    return sums;
}

static void print_waits(const struct analysis_operations *all, struct sim_arena *arena)
{
    double from, to, sum, hop;
    struct analysis_waits sums;
    char text[SIM_QUANTITY_SIZE];

    find_span(all, &from, &to);
    sums = print_rows(all, from, to, arena);
    sum = sums.warm_up + sums.steady + sums.drain;
    if (sum > 0)
        printf("  Of all waits in the first iteration, which lasts %s from the first operation of "
               "any stage to the\n  last of any, %.1f %% are in the warm-up (until the stage's "
               "first backward pass), %.1f %% in the steady\n  part (until its last forward pass), "
               "%.1f %% in the drain.\n",
               seconds_text(text, to - from), 100 * sums.warm_up / sum, 100 * sums.steady / sum,
               100 * sums.drain / sum);
    hop = analysis_least_hop(all, arena);
    if (hop > 1e-12 * to)
        printf("  A hop between neighbouring stages takes at least %s; the first micro-batch makes "
               "%d of them\n  before the last stage can begin.\n",
               seconds_text(text, hop), all->stages - 1);
}

bool analysis_explain_pipeline(const json_t *summary, const char *folder, struct sim_arena *arena,
                               struct sim_error *err)
{
    struct analysis_operations all;

    if (!analysis_has_operations(folder, arena))
        return true;
    if (!analysis_operations_read(&all, folder, arena, err))
        return false;
    if (all.row_count == 0)
        return true;
    printf("\npipeline: %d stage%s, %d micro-batch%s\n", all.stages, all.stages == 1 ? "" : "s",
           all.microbatches, all.microbatches == 1 ? "" : "es");
    print_order(folder, arena);
    print_bubble(summary);
    print_waits(&all, arena);
    return true;
}
