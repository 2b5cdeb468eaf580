/* manual.c -- dmlsim manual: the manual page, and pages of docs/, from the same tables as everything else. */
#include "sim/base/names.h"
#include "sim/base/version.h"
#include "sim/cli/pages.h"
#include "sim/scenario/parameters.h"

#include <stdio.h>
#include <string.h>

static const struct sim_option options[] = {
    {"markdown", 0, "PAGE",
     "instead, a page of docs/ as Markdown: algorithms, commands, models, platforms or scenarios"},
    {0}};

static const struct sim_page pages[] = {
    {"algorithms", sim_page_algorithms}, {"commands", sim_page_commands},
    {"models", sim_page_models},         {"platforms", sim_page_platforms},
    {"scenarios", sim_page_scenarios},   {0}};

/* Text for troff: a dash is a minus, a backslash and a leading dot are data. */
static void text(const char *words)
{
    if (*words == '.' || *words == '\'')
        fputs("\\&", stdout);
    for (; *words != '\0'; words++)
        switch (*words) {
        case '\\': fputs("\\\\", stdout); break;
        case '-': fputs("\\-", stdout); break;
        default: putchar(*words);
        }
}

static void line(const char *macro, const char *words)
{
    fputs(macro, stdout);
    text(words);
    putchar('\n');
}

static void command(const struct sim_command *command)
{
    printf(".SS \"dmlsim %s %s\"\n", command->name, command->arguments);
    line("", command->summary);
    if (*command->description != '\0') {
        puts(".PP");
        line("", command->description);
    }
    for (const struct sim_option *option = command->options; option->name != NULL; option++) {
        printf(".TP\n\\fB");
        if (option->letter != 0)
            printf("\\-%c\\fR, \\fB", option->letter);
        printf("\\-\\-");
        text(option->name);
        printf("\\fR");
        if (option->argument != NULL)
            printf("=\\fI%s\\fR", option->argument);
        putchar('\n');
        line("", option->help);
    }
}

static void algorithm(const struct sim_algorithm *algorithm, struct sim_arena *arena)
{
    printf(".SS %s\n", algorithm->name);
    line("", algorithm->summary);
    puts(".PP");
    line("Paper: ", algorithm->paper);
    for (const struct sim_parameter *row = algorithm->parameters; row->name != NULL; row++) {
        printf(".TP\n\\fB%s\\fR (%s, default %s)\n", row->name, sim_kind_name(row->kind),
               row->value);
        line("", sim_text(arena, "%s; %s", row->help, sim_parameter_bounds(row, arena)));
    }
}

static int print_page(const struct sim_call *call, const char *name)
{
    const char *names[sizeof pages / sizeof pages[0]];
    size_t count = 0;

    for (; pages[count].name != NULL; count++) {
        names[count] = pages[count].name;
        if (strcmp(names[count], name) == 0) {
            pages[count].print(call);
            return 0;
        }
    }
    return sim_misused(
        call, "there is no page '%s'%s", name,
        sim_did_you_mean(call->arena, name, names, count,
                         "; say algorithms, commands, models, platforms or scenarios."));
}

static void print_troff(const struct sim_call *call)
{
    puts(".TH DMLSIM 1 \"\" \"dmlsim " SIM_VERSION "\" \"User commands\"\n"
         ".SH NAME\ndmlsim \\- simulate distributed machine\\-learning systems\n"
         ".SH SYNOPSIS\n.B dmlsim\n.I COMMAND\n[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n"
         ".SH DESCRIPTION\nHow long does a distributed machine\\-learning system take on a SimGrid "
         "platform, how "
         "many bytes does it move, and why?  The algorithms are real; only the machines are "
         "simulated.\n"
         ".SH COMMANDS");
    for (const struct sim_command *const *c = call->commands; *c != NULL; c++)
        command(*c);
    puts(
        ".SH ALGORITHMS\nKeys of \\fBalgorithm\\fR in a scenario; \\fBdmlsim show\\fR tells more.");
    for (const struct sim_algorithm *const *a = call->catalogue->algorithms; *a != NULL; a++)
        algorithm(*a, call->arena);
    puts(".SH EXIT STATUS\n0 done; 1 the simulation failed or a law is broken; 2 the input is "
         "wrong; 130 "
         "interrupted.\n.SH ENVIRONMENT\n.TP\n.B NO_COLOR\nif set, nothing is coloured.");
}

static int run(const struct sim_call *call)
{
    if (sim_option_given(call, "markdown"))
        return print_page(call, sim_option_value(call, "markdown"));
    print_troff(call);
    return 0;
}

SIM_COMMAND(manual) = {
    .name = "manual",
    .arguments = "",
    .summary = "print the manual page (troff), or a page of docs/ (Markdown)",
    .description = "Both are written from the tables that the program goes by.",
    .options = options,
    .least_arguments = 0,
    .most_arguments = 0,
    .run = run,
};
