#include "analysis/planner.h"

#include <math.h>
#include <string.h>

/* The best pipeline of layers first .. last on so many components: its last stage is `last_machines` wide and begins
 * behind layer `split`; split < first: one stage. */
struct cell {
    double seconds;
    int split, last_machines;
};

/* One level of the hierarchy.  Cells are kept for each first layer, but for the outermost level of the first alone. */
struct level {
    int components, below; /* `below`: components of the level below, 1 if there is none */
    int machines;          /* of the whole level */
    double bytes_per_second;
    int starts;         /* first layers that are kept: 1, or all */
    struct cell *cells; /* [starts][components][layers] */
};

struct problem {
    struct sim_arena *arena;
    const struct planner_layer *layers;
    int count;
    enum planner_rule rule;
    const double *seconds_before, *bytes_before; /* sums of the layers before, [count + 1] */
    struct level *levels;
    int level_count;
};

static struct cell *cell_at(const struct problem *problem, const struct level *level, int first,
                            int machines, int last)
{
    const size_t n = (size_t)problem->count;

    return &level->cells[((size_t)first * (size_t)level->components + (size_t)machines - 1) * n +
                         (size_t)last];
}

/* Of layers first .. last on one component of level k. */
static double component_seconds(const struct problem *problem, int k, int first, int last)
{
    const struct level *below = &problem->levels[k - 1];

    return k == 0 ? problem->seconds_before[last + 1] - problem->seconds_before[first]
                  : cell_at(problem, below, first, below->components, last)->seconds;
}

/* Gradients of so many bytes, over so many components of level k. */
static double sum_seconds(const struct problem *problem, int k, double bytes, int machines)
{
    const struct level *level = &problem->levels[k];
    const double m = machines;

    if (problem->rule == PLANNER_PAPER)
        return 2 * (m - 1) / m * bytes / level->bytes_per_second;
    return 4 * (m - 1) / m * bytes / (level->bytes_per_second * level->below);
}

static double stage_seconds(const struct problem *problem, int k, double computed, double bytes,
                            int machines)
{
    const double summed = sum_seconds(problem, k, bytes, machines);

    return (problem->rule == PLANNER_PAPER ? fmax(computed, summed) : computed + summed) / machines;
}

/* What is sent takes so long to a stage that is so wide. */
static double receive_seconds(const struct problem *problem, double sent, int wide)
{
    return problem->rule == PLANNER_PAPER ? sent : sent / wide;
}

static double sent_seconds(const struct problem *problem, int k, int split)
{
    return 2 * problem->layers[split].output_bytes / problem->levels[k].bytes_per_second;
}

/* T for all widths of the stage first .. last. */
static void stage_widths(const struct problem *problem, int k, int first, int last, double *seconds)
{
    const double computed = component_seconds(problem, k, first, last);
    const double bytes = problem->bytes_before[last + 1] - problem->bytes_before[first];

    for (int m = 1; m <= problem->levels[k].components; m++)
        seconds[m - 1] = stage_seconds(problem, k, computed, bytes, m);
}

/* All pipelines that end with the stage split + 1 .. last. */
static void try_split(const struct problem *problem, int k, int first, int split, int last,
                      const double *widths)
{
    const struct level *level = &problem->levels[k];
    const double sent = sent_seconds(problem, k, split);

    for (int m = 2; m <= level->components; m++) {
        struct cell *best = cell_at(problem, level, first, m, last);

        for (int wide = 1; wide < m; wide++) {
            const double boundary = receive_seconds(problem, sent, wide);
            const double before = cell_at(problem, level, first, m - wide, split)->seconds;
            double slowest = before > boundary ? before : boundary;

            slowest = slowest > widths[wide - 1] ? slowest : widths[wide - 1];
            if (slowest < best->seconds)
                *best = (struct cell){slowest, split, wide};
        }
    }
}

static void solve_level(struct problem *problem, int k)
{
    struct level *level = &problem->levels[k];
    double *widths = sim_new(problem->arena, double, (size_t)level->components);

    level->cells =
        sim_new(problem->arena, struct cell,
                (size_t)level->starts * (size_t)level->components * (size_t)problem->count);
    for (int first = 0; first < level->starts; first++)
        for (int last = first; last < problem->count; last++) {
            stage_widths(problem, k, first, last, widths);
            for (int m = 1; m <= level->components; m++)
                *cell_at(problem, level, first, m, last) =
                    (struct cell){widths[m - 1], first - 1, m};
            for (int split = last - 1; split >= first; split--) {
                stage_widths(problem, k, split + 1, last, widths);
                try_split(problem, k, first, split, last, widths);
            }
        }
}

/* ---- from cells to stages ---- */

/* What surrounds a component: how often it is copied, and what a minibatch waits for because of that. */
struct surroundings {
    int copies;
    double sum_seconds, receive_seconds;
};

static struct planner_stage stage_of(const struct problem *problem, int first, int last,
                                     const struct surroundings *around)
{
    struct planner_stage stage = {
        .first = first,
        .last = last,
        .replicas = around->copies,
        .compute_seconds = problem->seconds_before[last + 1] - problem->seconds_before[first],
        .parameter_bytes = problem->bytes_before[last + 1] - problem->bytes_before[first],
        .sum_seconds = around->sum_seconds,
        .receive_seconds = around->receive_seconds};
    const double computed = stage.compute_seconds / stage.replicas;
    const double own = problem->rule == PLANNER_PAPER ? fmax(computed, stage.sum_seconds)
                                                      : computed + stage.sum_seconds;

    stage.seconds = fmax(own, stage.receive_seconds);
    stage.bound = stage.receive_seconds > own    ? PLANNER_RECEIVES
                  : stage.sum_seconds > computed ? PLANNER_SUMS
                                                 : PLANNER_COMPUTES;
    return stage;
}

/* Around the last stage of that cell of level k.  By the rule of the code a level's sum is added to all that goes on
 * inside, receiving too. */
static struct surroundings around_last(const struct problem *problem, int k, int first, int last,
                                       const struct cell *cell, struct surroundings around)
{
    const bool is_paper = problem->rule == PLANNER_PAPER, is_cut = cell->split >= first;
    const int wide = cell->last_machines, begin = is_cut ? cell->split + 1 : first;
    const double bytes = problem->bytes_before[last + 1] - problem->bytes_before[begin];
    const double summed = sum_seconds(problem, k, bytes, wide) / wide / around.copies;

    if (is_cut)
        around.receive_seconds =
            receive_seconds(problem, sent_seconds(problem, k, cell->split), wide) / around.copies +
            (is_paper ? 0 : around.sum_seconds);
    around.sum_seconds = is_paper ? fmax(around.sum_seconds, summed) : around.sum_seconds + summed;
    around.copies *= wide;
    return around;
}

/* What comes from outside is received by the first of the stages inside. */
static void take_stages(const struct problem *problem, int k, int first, int last, int machines,
                        struct surroundings around, struct planner_plan *plan)
{
    const struct cell *cell;

    if (k < 0) {
        plan->stages[plan->stage_count++] = stage_of(problem, first, last, &around);
        return;
    }
    cell = cell_at(problem, &problem->levels[k], first, machines, last);
    if (cell->split >= first)
        take_stages(problem, k, first, cell->split, machines - cell->last_machines, around, plan);
    take_stages(problem, k - 1, cell->split >= first ? cell->split + 1 : first, last,
                k > 0 ? problem->levels[k - 1].components : 1,
                around_last(problem, k, first, last, cell, around), plan);
}

/* The whole model as one stage on every level. */
static double data_parallel(const struct problem *problem)
{
    double seconds = problem->seconds_before[problem->count];

    for (int k = 0; k < problem->level_count; k++)
        seconds = stage_seconds(problem, k, seconds, problem->bytes_before[problem->count],
                                problem->levels[k].components);
    return seconds;
}

static struct planner_plan read_plan(const struct problem *problem)
{
    const struct level *top = &problem->levels[problem->level_count - 1];
    struct planner_plan plan = {
        .seconds = cell_at(problem, top, 0, top->components, problem->count - 1)->seconds,
        .machines = top->machines,
        .stages = sim_new(problem->arena, struct planner_stage, (size_t)problem->count),
        .one_machine_seconds = problem->seconds_before[problem->count],
        .data_parallel_seconds = data_parallel(problem)};

    take_stages(problem, problem->level_count - 1, 0, problem->count - 1, top->components,
                (struct surroundings){.copies = 1}, &plan);
    plan.in_flight = (plan.machines + plan.stages[0].replicas - 1) / plan.stages[0].replicas;
    return plan;
}

struct planner_plan planner_solve(struct sim_arena *arena, const struct planner_layer *layers,
                                  int count, const struct planner_level *levels, int level_count,
                                  enum planner_rule rule)
{
    double *seconds = sim_new(arena, double, (size_t)count + 1);
    double *bytes = sim_new(arena, double, (size_t)count + 1);
    struct problem problem = {.arena = arena,
                              .layers = layers,
                              .count = count,
                              .rule = rule,
                              .seconds_before = seconds,
                              .bytes_before = bytes,
                              .levels = sim_new(arena, struct level, (size_t)level_count),
                              .level_count = level_count};

    for (int l = 0; l < count; l++) {
        seconds[l + 1] = seconds[l] + layers[l].seconds;
        bytes[l + 1] = bytes[l] + layers[l].parameter_bytes;
    }
    for (int k = 0; k < level_count; k++)
        problem.levels[k] = (struct level){
            .components = levels[k].components,
            .below = k == 0 ? 1 : levels[k - 1].components,
            .machines = levels[k].components * (k == 0 ? 1 : problem.levels[k - 1].machines),
            .bytes_per_second = levels[k].bytes_per_second,
            .starts = k == level_count - 1 ? 1 : count};
    for (int k = 0; k < level_count; k++)
        solve_level(&problem, k);
    return read_plan(&problem);
}
