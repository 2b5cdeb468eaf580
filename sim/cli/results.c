/* results.c -- dmlsim results: what a store holds, as a table, CSV or JSON; several stores into one. */
#include "sim/study/results.h"

#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/cli/command.h"
#include "sim/cli/table.h"

#include <string.h>

static const struct sim_option options[] = {
    {"where", 'w', "CONDITION",
     "only points for which it holds: an expression of SQL, as in \"workers > 8\""},
    {"csv", 0, NULL, "all columns, comma separated"},
    {"json", 0, NULL, "an array of objects, one a point"},
    {"columns", 0, NULL, "only the names of the columns"},
    {"merge", 'm', NULL,
     "take the points of all stores that follow into the first, which is made if it is missing"},
    {0}};

/* ---- printing ---- */

static void print_field(json_t *value)
{
    if (json_is_number(value))
        sim_csv_number(stdout, json_number_value(value));
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "true" : "false", stdout);
    else if (json_is_string(value))
        sim_csv_text(stdout, json_string_value(value));
}

static void print_csv(const struct sim_results *results, const json_t *rows)
{
    const char *const *columns = sim_results_columns(results);
    json_t *row;
    size_t i;

    for (int c = 0; columns[c] != NULL; c++) {
        fputs(c > 0 ? "," : "", stdout);
        sim_csv_text(stdout, columns[c]);
    }
    putchar('\n');
    json_array_foreach (rows, i, row) {
        for (int c = 0; columns[c] != NULL; c++) {
            fputs(c > 0 ? "," : "", stdout);
            print_field(json_object_get(row, columns[c]));
        }
        putchar('\n');
    }
}

static void print_json(const json_t *rows)
{
    json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    putchar('\n');
}

static bool print_table(struct sim_store *store, const json_t *rows, struct sim_error *err)
{
    json_t *hashes = json_object(), *row;
    size_t i;
    bool fine;

    json_array_foreach (rows, i, row)
        json_object_set_new(hashes, json_string_value(json_object_get(row, "hash")), json_true());
    fine = sim_print_points(stdout, store, hashes, sim_colours(stdout), err);
    if (fine)
        printf("\n%zu point%s\n", json_array_size(rows), json_array_size(rows) == 1 ? "" : "s");
    json_decref(hashes);
    return fine;
}

static bool print_rows(const struct sim_call *call, struct sim_store *store,
                       struct sim_results *results, struct sim_error *err)
{
    json_t *rows = sim_results_select(results, sim_option_value(call, "where"), err);
    bool fine = rows != NULL;

    if (fine && sim_option_given(call, "csv"))
        print_csv(results, rows);
    else if (fine && sim_option_given(call, "json"))
        print_json(rows);
    else if (fine)
        fine = print_table(store, rows, err);
    json_decref(rows);
    return fine;
}

static bool print_store(const struct sim_call *call, const char *path, struct sim_error *err)
{
    struct sim_results *results;
    struct sim_store *store;
    bool fine;

    if (!sim_store_open(&store, path, false, err))
        return false;
    results = sim_results_open(store, call->arena, err);
    fine = results != NULL;
    if (fine && sim_option_given(call, "columns"))
        for (const char *const *name = sim_results_columns(results); *name != NULL; name++)
            puts(*name);
    else if (fine)
        fine = print_rows(call, store, results, err);
    sim_results_close(results);
    sim_store_close(store);
    return fine;
}

/* ---- merging ---- */

static bool merge(const struct sim_call *call, struct sim_error *err)
{
    const char *into = call->arguments[0];
    struct sim_store *store;
    bool fine = sim_make_directories(sim_folder_of(call->arena, into), err) &&
                sim_store_open(&store, into, true, err);

    if (!fine)
        return false;
    for (int i = 1; fine && i < call->argument_count; i++)
        fine = sim_store_merge(store, call->arguments[i], err);
    sim_store_close(store);
    return fine;
}

static int run(const struct sim_call *call)
{
    struct sim_error err = {0};
    bool fine;

    if (sim_option_given(call, "csv") && sim_option_given(call, "json"))
        return sim_misused(call, "--csv and --json contradict each other.");
    if (sim_option_given(call, "merge") && call->argument_count < 2)
        return sim_misused(call,
                           "--merge takes the store to fill, and those that it is filled from.");
    if (!sim_option_given(call, "merge") && call->argument_count > 1)
        return sim_misused(call, "only with --merge there are several stores.");
    fine = !sim_option_given(call, "merge") || merge(call, &err);
    fine = fine && print_store(call, call->arguments[0], &err);
    fflush(stdout);
    return sim_complain(&err, fine ? 0 : 2);
}

SIM_COMMAND(results) = {
    .name = "results",
    .arguments = "FILE.db...",
    .summary = "print the store of a study, or merge several into one",
    .description = "Prints what 'dmlsim sweep' stored: a table; or with --csv or --json every "
                   "column: what each point "
                   "sets, how it ended, all numbers of its summary, metrics, and theory and error "
                   "of each law. "
                   "Quantities are then numbers in bytes, seconds, flop and joules. --where takes "
                   "SQL over the columns "
                   "and the keys of the scenario: \"workers > 8 and simulated_seconds < 0.2\", "
                   "\"exit_code <> 0\", "
                   "or, of a name with dots, '\"metrics.speedup\" > 2'; the last part of a name "
                   "will do where it is the "
                   "only one. With --merge the first store takes over the points of the others: of "
                   "points with "
                   "equal settings one that is done is kept, else the last.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 10000,
    .run = run,
};
