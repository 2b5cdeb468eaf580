/* show.c -- dmlsim show: all that an algorithm says of itself. */
#include "sim/base/names.h"
#include "sim/cli/show.h"
#include "sim/scenario/parameters.h"

#include <stdio.h>
#include <string.h>

static const struct sim_option options[] = {{"json", 0, NULL, "print it as JSON"}, {0}};

const char *const sim_workload_uses[] = {
    [SIM_NO_WORKLOAD] = "none",
    [SIM_MAY_HAVE_WORKLOAD] = "may have one",
    [SIM_NEEDS_WORKLOAD] = "needs one",
    [SIM_MAY_HAVE_LANGUAGE_MODELS] = "may have language models: {model, draft}",
};

const char *sim_request_use(const struct sim_algorithm *algorithm)
{
    return algorithm->takes_requests
               ? "answers them: {arrival: one|fixed|poisson|trace, rate, count, horizon, warm_up, "
                 "file}; one, at once, unless told otherwise"
               : "none";
}

const char *sim_law_nearness(const struct sim_law *law, struct sim_arena *arena)
{
    if (law->deviation != NULL)
        return sim_text(arena, "within %d standard deviations", SIM_DEVIATIONS);
    return law->tolerance == 0 ? "exact"
                               : sim_text(arena, "within %g of the value", law->tolerance);
}

static void print_parameters(const struct sim_algorithm *algorithm, struct sim_arena *arena)
{
    puts("\nParameters (as in algorithm.workers; kind, bounds, default; what it is [who says the "
         "default])");
    for (const struct sim_parameter *row = algorithm->parameters; row->name != NULL; row++) {
        printf("  %-18s %-14s %-28s %s\n", row->name, sim_kind_name(row->kind),
               sim_parameter_bounds(row, arena), row->value);
        printf("  %-18s %s [%s]\n", "", row->help, row->source);
    }
}

static void print_algorithm(const struct sim_algorithm *algorithm, struct sim_arena *arena)
{
    printf("%s\n%s\n\nPaper: %s\nN counts: %s\nWorkload: %s\nRequests: %s\n\nRoles\n",
           algorithm->name, algorithm->summary, algorithm->paper, algorithm->counts,
           sim_workload_uses[algorithm->workload], sim_request_use(algorithm));
    for (const struct sim_role *role = algorithm->roles; role->name != NULL; role++)
        printf("  %-18s %s\n", role->name, role->help);
    print_parameters(algorithm, arena);
    puts("\nLaws (checked in every run whose plan fits their assumptions)");
    for (const struct sim_law *law = algorithm->laws; law->quantity != NULL; law++) {
        printf("  %s = %s\n", law->quantity, law->formula);
        printf("    %s%s%s\n", sim_law_nearness(law, arena), law->assumes ? "; assumes: " : "",
               law->assumes ? law->assumes : "");
    }
}

static void print_tables(const struct sim_algorithm *algorithm)
{
    if (algorithm->tables == NULL)
        return;
    puts("\nTables of its own, in the run directory (each row begins with seconds, peer)");
    for (const struct sim_table *table = algorithm->tables; table->name != NULL; table++) {
        printf("  %s.csv: %s\n   ", table->name, table->help);
        for (const char *const *column = table->columns; *column != NULL; column++)
            printf(" %s", *column);
        putchar('\n');
    }
}

static json_t *algorithm_json(const struct sim_algorithm *algorithm, struct sim_arena *arena)
{
    json_t *roles = json_array(), *parameters = json_array(), *laws = json_array();

    for (const struct sim_role *role = algorithm->roles; role->name != NULL; role++)
        json_array_append_new(roles,
                              json_pack("{s:s, s:s}", "name", role->name, "help", role->help));
    for (const struct sim_parameter *row = algorithm->parameters; row->name != NULL; row++)
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", row->name, "kind",
                                        sim_kind_name(row->kind), "bounds",
                                        sim_parameter_bounds(row, arena), "default", row->value,
                                        "help", row->help, "source", row->source));
    for (const struct sim_law *law = algorithm->laws; law->quantity != NULL; law++)
        json_array_append_new(laws, json_pack("{s:s, s:s, s:f, s:s}", "quantity", law->quantity,
                                              "formula", law->formula, "tolerance", law->tolerance,
                                              "assumes", law->assumes ? law->assumes : ""));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "name", algorithm->name,
                     "summary", algorithm->summary, "paper", algorithm->paper, "counts",
                     algorithm->counts, "workload", sim_workload_uses[algorithm->workload],
                     "takes_requests", algorithm->takes_requests, "roles", roles, "parameters",
                     parameters, "laws", laws);
}

static int unknown(const struct sim_call *call, const char *name)
{
    const char *names[256];
    size_t count = 0;

    for (; count < 256 && call->catalogue->algorithms[count] != NULL; count++)
        names[count] = call->catalogue->algorithms[count]->name;
    return sim_misused(call, "there is no algorithm '%s'%s", name,
                       sim_did_you_mean(call->arena, name, names, count,
                                        "; 'dmlsim list algorithms' names them."));
}

static int run(const struct sim_call *call)
{
    const struct sim_algorithm *algorithm = sim_find_algorithm(call->catalogue, call->arguments[0]);
    json_t *json;

    if (algorithm == NULL)
        return unknown(call, call->arguments[0]);
    if (!sim_option_given(call, "json")) {
        print_algorithm(algorithm, call->arena);
        print_tables(algorithm);
        return 0;
    }
    json = algorithm_json(algorithm, call->arena);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
    return 0;
}

SIM_COMMAND(show) = {
    .name = "show",
    .arguments = "ALGORITHM",
    .summary = "show an algorithm: paper, roles, parameters with units and bounds, laws",
    .description = "",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
