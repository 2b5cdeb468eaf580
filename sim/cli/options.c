/* options.c -- option tables: parsing (getopt_long), --help, and what commands ask of them. */
#include "sim/cli/command.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sim_given {
    const struct sim_option *option;
    const char *value;
};

enum { MOST_OPTIONS = 40, HELP_CODE = 1000, HELP_COLUMN = 28, HELP_WIDTH = 100 };

/* ---- asking ---- */

const char *sim_option_value(const struct sim_call *call, const char *name)
{
    for (int i = call->given_count - 1; i >= 0; i--)
        if (strcmp(call->given[i].option->name, name) == 0)
            return call->given[i].value;
    return NULL;
}

bool sim_option_given(const struct sim_call *call, const char *name)
{
    return sim_option_value(call, name) != NULL;
}

const char **sim_option_values(const struct sim_call *call, const char *name)
{
    const char **values = sim_new(call->arena, const char *, (size_t)call->given_count + 1);
    int count = 0;

    for (int i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option->name, name) == 0)
            values[count++] = call->given[i].value;
    return values;
}

const char *const *sim_settings(const struct sim_call *call)
{
    static const char *const shorthands[] = {"seed", "trace"};
    const char **sets = sim_option_values(call, "set");
    const char **all = sim_new(call->arena, const char *, (size_t)call->given_count + 4);
    int count = 0;

    for (; sets[count] != NULL; count++)
        all[count] = sets[count];
    for (size_t i = 0; i < 2; i++)
        if (sim_option_given(call, shorthands[i]))
            all[count++] = sim_text(call->arena, "%s=%s", shorthands[i],
                                    sim_option_value(call, shorthands[i]));
    if (sim_option_given(call, "allow-oom"))
        all[count++] = "allow_oom=yes";
    return all;
}

/* ---- telling ---- */

bool sim_colours(FILE *out)
{
    const char *no = getenv("NO_COLOR");

    return isatty(fileno(out)) && (no == NULL || *no == '\0');
}

int sim_complain(const struct sim_error *err, int code)
{
    const char *line = err->text;

    while (*line != '\0') {
        const int length = (int)strcspn(line, "\n");

        fprintf(stderr, "dmlsim: %.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    return code;
}

int sim_misused(const struct sim_call *call, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "dmlsim %s: ", call->command->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nTry 'dmlsim %s --help' for more.\n", call->command->name);
    return 2;
}

/* Words of `text` from column `indent` on, in lines of at most HELP_WIDTH. */
static void wrap(FILE *out, const char *text, int indent)
{
    int column = indent;

    while (*text != '\0') {
        const int length = (int)strcspn(text, " \n");

        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, text);
        column += length;
        text += length;
        if (*text == '\n') {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    putc('\n', out);
}

static void help_option(FILE *out, const struct sim_option *option)
{
    char head[80];
    int length =
        snprintf(head, sizeof head, "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
                 option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
                 option->argument ? "=" : "", option->argument ? option->argument : "");

    fputs(head, out);
    fprintf(out, length < HELP_COLUMN ? "%*s" : "\n%*s",
            length < HELP_COLUMN ? HELP_COLUMN - length : HELP_COLUMN, "");
    wrap(out, option->help, HELP_COLUMN);
}

void sim_command_help(const struct sim_command *command, FILE *out)
{
    static const struct sim_option help = {"help", 'h', NULL, "print this help"};

    fprintf(out, "Usage: dmlsim %s%s%s%s\n", command->name,
            command->options->name ? " [OPTION]..." : "", *command->arguments ? " " : "",
            command->arguments);
    wrap(out, command->summary, 0);
    putc('\n', out);
    if (*command->description != '\0') {
        wrap(out, command->description, 0);
        putc('\n', out);
    }
    fputs("Options:\n", out);
    for (const struct sim_option *option = command->options; option->name != NULL; option++)
        help_option(out, option);
    help_option(out, &help);
    fputs(
        "\nExit code: 0 done; 1 the simulation failed or a law is broken; 2 the input is wrong.\n",
        out);
}

/* ---- parsing ---- */

/* getopt's two views of one table. */
struct tables {
    struct option longs[MOST_OPTIONS + 2];
    char shorts[2 * MOST_OPTIONS + 4];
};

static void fill_tables(const struct sim_option *options, struct tables *tables)
{
    size_t letters = 0;
    int n = 0;

    for (; options[n].name != NULL; n++) {
        assert(n < MOST_OPTIONS);
        tables->longs[n] =
            (struct option){options[n].name, options[n].argument ? required_argument : no_argument,
                            NULL, HELP_CODE + 1 + n};
        if (options[n].letter == 0)
            continue;
        tables->shorts[letters++] = options[n].letter;
        if (options[n].argument != NULL)
            tables->shorts[letters++] = ':';
    }
    tables->longs[n] = (struct option){"help", no_argument, NULL, HELP_CODE};
    tables->shorts[letters] = 'h';
}

static const struct sim_option *option_of(const struct sim_option *options, int code)
{
    if (code > HELP_CODE)
        return &options[code - HELP_CODE - 1];
    while (options->name != NULL && options->letter != code)
        options++;
    return options;
}

/* 0 to go on, 1 when help was asked for and given, 2 when an option is wrong (getopt has said so). */
static int parse(struct sim_call *call, int argc, char **argv, struct sim_given *given)
{
    struct tables tables = {0};
    int code;

    fill_tables(call->command->options, &tables);
    optind = 1;
    while ((code = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        if (code == HELP_CODE || code == 'h') {
            sim_command_help(call->command, stdout);
            return 1;
        }
        if (code == '?') {
            fprintf(stderr, "Try 'dmlsim %s --help' for more.\n", call->command->name);
            return 2;
        }
        given[call->given_count++] = (struct sim_given){option_of(call->command->options, code),
                                                        optarg != NULL ? optarg : ""};
    }
    call->arguments = (const char *const *)argv + optind;
    call->argument_count = argc - optind;
    return 0;
}

static int checked_run(const struct sim_call *call)
{
    const struct sim_command *command = call->command;

    if (call->argument_count < command->least_arguments)
        return sim_misused(call, "%s is missing.", command->arguments);
    if (call->argument_count > command->most_arguments)
        return sim_misused(call, "'%s' is one argument too many.",
                           call->arguments[command->most_arguments]);
    return command->run(call);
}

int sim_command_call(const struct sim_command *command, int argc, char **argv,
                     const struct sim_catalogue *catalogue,
                     const struct sim_command *const *commands)
{
    struct sim_call call = {.command = command,
                            .catalogue = catalogue,
                            .commands = commands,
                            .arena = sim_arena_open()};
    struct sim_given *given = sim_new(call.arena, struct sim_given, (size_t)argc + 1);
    char *name = sim_text(call.arena, "dmlsim %s", command->name);
    int code;

    argv[0] = name; /* so that getopt's complaints name the subcommand */
    call.given = given;
    code = parse(&call, argc, argv, given);
    code = code == 0 ? checked_run(&call) : code == 1 ? 0 : 2;
    sim_arena_close(call.arena);
    return code;
}
