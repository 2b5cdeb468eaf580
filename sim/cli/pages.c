/* pages.c -- docs/algorithms.md and docs/commands.md, from the tables that the program itself goes by. */
#include "sim/cli/pages.h"

#include "sim/cli/show.h"
#include "sim/scenario/parameters.h"

#include <stdio.h>
#include <string.h>

void sim_page_begin(const char *title)
{
    printf("<!-- Written by `make docs` from the program's own tables: what is changed here is "
           "lost. -->\n\n# %s\n",
           title);
}

void sim_page_text(const char *words)
{
    for (; *words != '\0'; words++) {
        if (strchr("\\|*`[]", *words) != NULL)
            putchar('\\');
        if (*words == '<')
            fputs("&lt;", stdout);
        else
            putchar(*words == '\n' ? ' ' : *words);
    }
}

void sim_page_code(const char *words)
{
    if (*words == '\0') {
        fputs("empty", stdout);
        return;
    }
    putchar('`');
    for (; *words != '\0'; words++)
        printf("%s%c", *words == '|' ? "\\" : "", *words);
    putchar('`');
}

/* ---- algorithms ---- */

static void parameters(const struct sim_algorithm *algorithm, struct sim_arena *arena)
{
    puts("\n| parameter | is | bounds | default | what it is | who says the default "
         "|\n|---|---|---|---|---|---|");
    for (const struct sim_parameter *row = algorithm->parameters; row->name != NULL; row++) {
        printf("| `%s` | %s | ", row->name, sim_kind_name(row->kind));
        sim_page_text(sim_parameter_bounds(row, arena));
        fputs(" | ", stdout);
        sim_page_code(row->value);
        fputs(" | ", stdout);
        sim_page_text(row->help);
        fputs(" | ", stdout);
        sim_page_text(row->source);
        puts(" |");
    }
}

static void laws(const struct sim_algorithm *algorithm, struct sim_arena *arena)
{
    if (algorithm->laws->quantity == NULL)
        return;
    puts("\n| law: what | theory | how near | where it holds |\n|---|---|---|---|");
    for (const struct sim_law *law = algorithm->laws; law->quantity != NULL; law++) {
        fputs("| ", stdout);
        sim_page_text(law->quantity);
        fputs(" | ", stdout);
        sim_page_code(law->formula);
        printf(" | %s | ", sim_law_nearness(law, arena));
        sim_page_text(law->assumes != NULL ? law->assumes : "always");
        puts(" |");
    }
}

static void tables(const struct sim_algorithm *algorithm)
{
    if (algorithm->tables == NULL || algorithm->tables->name == NULL)
        return;
    puts("\nTables of its own, in the run directory (each row begins with seconds, peer):\n");
    for (const struct sim_table *table = algorithm->tables; table->name != NULL; table++) {
        printf("- `%s.csv`: ", table->name);
        sim_page_text(table->help);
        printf(". Columns:");
        for (const char *const *column = table->columns; *column != NULL; column++)
            printf(" `%s`", *column);
        putchar('\n');
    }
}

static void algorithm(const struct sim_algorithm *algorithm, struct sim_arena *arena)
{
    printf("\n## %s\n\n", algorithm->name);
    sim_page_text(algorithm->summary);
    fputs("\n\n- Paper: ", stdout);
    sim_page_text(algorithm->paper);
    fputs("\n- N counts: ", stdout);
    sim_page_text(algorithm->counts);
    fputs("\n- Workload: ", stdout);
    sim_page_text(sim_workload_uses[algorithm->workload]);
    fputs("\n- Requests: ", stdout);
    sim_page_text(sim_request_use(algorithm));
    fputs("\n- Roles:\n", stdout);
    for (const struct sim_role *role = algorithm->roles; role->name != NULL; role++) {
        printf("    - `%s` ", role->name);
        sim_page_text(role->help);
        putchar('\n');
    }
    parameters(algorithm, arena);
    laws(algorithm, arena);
    tables(algorithm);
}

void sim_page_algorithms(const struct sim_call *call)
{
    const struct sim_algorithm *const *all = call->catalogue->algorithms;

    sim_page_begin("Algorithms");
    puts("\nParameters are keys of `algorithm:` in [a scenario](scenario.md), or `--set "
         "algorithm.KEY=VALUE`. Who says a "
         "default is a paper, or its authors' program; or it is neutral (it adds and changes "
         "nothing), said elsewhere (by "
         "the workload, the learner or a parameter beside it), a round number for teaching, or a "
         "choice of ours. Laws are "
         "checked in every run whose plan fits what they assume. What is modelled and what is not: "
         "[MODEL.md](../MODEL.md). The same in a terminal: `dmlsim show ALGORITHM`.\n");
    for (const struct sim_algorithm *const *a = all; *a != NULL; a++) {
        printf("- [%s](#%s): ", (*a)->name, (*a)->name);
        sim_page_text((*a)->summary);
        putchar('\n');
    }
    for (const struct sim_algorithm *const *a = all; *a != NULL; a++)
        algorithm(*a, call->arena);
}

/* ---- commands ---- */

static void command(const struct sim_command *command)
{
    printf("\n## dmlsim %s\n\n    dmlsim %s%s%s%s\n\n", command->name, command->name,
           command->options->name != NULL ? " [OPTION]..." : "", *command->arguments ? " " : "",
           command->arguments);
    sim_page_text(command->summary);
    putchar('\n');
    if (*command->description != '\0') {
        putchar('\n');
        sim_page_text(command->description);
        putchar('\n');
    }
    if (command->options->name == NULL)
        return;
    puts("\n| option | what it does |\n|---|---|");
    for (const struct sim_option *option = command->options; option->name != NULL; option++) {
        fputs("| `", stdout);
        if (option->letter != 0)
            printf("-%c`, `", option->letter);
        printf("--%s%s%s` | ", option->name, option->argument != NULL ? "=" : "",
               option->argument != NULL ? option->argument : "");
        sim_page_text(option->help);
        puts(" |");
    }
}

void sim_page_commands(const struct sim_call *call)
{
    sim_page_begin("Commands");
    puts("\n`dmlsim COMMAND --help` tells the same. Exit codes: 0 done; 1 the simulation failed or "
         "a law is broken; 2 "
         "the input is wrong; 130 interrupted. Nothing is coloured where `NO_COLOR` is set, or "
         "where no terminal "
         "reads.");
    for (const struct sim_command *const *c = call->commands; *c != NULL; c++)
        command(*c);
}
