/* command.h -- what one subcommand says of itself; a file that ends in SIM_COMMAND(name) is one.
 *
 * The tables feed the option parser, --help, the manual page and the shell completion alike. */
#ifndef SIM_CLI_COMMAND_H
#define SIM_CLI_COMMAND_H

#include "sim/scenario/scenario.h"

/* A table of options ends with {0}. */
struct sim_option {
    const char *name;     /* without the dashes */
    char letter;          /* 0: none */
    const char *argument; /* "FILE"; NULL: takes none */
    const char *help;
};

/* One call of a subcommand; lives for the length of the call. */
struct sim_call {
    const struct sim_command *command;
    const char *const *arguments; /* what is no option, NULL-ended */
    int argument_count;
    const struct sim_given *given; /* options, in order; private to options.c */
    int given_count;
    const struct sim_catalogue *catalogue;
    const struct sim_command *const *commands; /* all there are, NULL-ended, in order of name */
    struct sim_arena *arena;
};

struct sim_command {
    const char *name;
    const char *arguments;   /* "SCENARIO.yaml", for the usage line */
    const char *summary;     /* one line */
    const char *description; /* a paragraph for --help and the manual */
    const struct sim_option *options;
    int least_arguments, most_arguments;
    int (*run)(const struct sim_call *call); /* returns the exit code */
};

#define SIM_COMMAND(id)                                                                            \
    extern const struct sim_command sim_command_##id;                                              \
    const struct sim_command sim_command_##id

bool sim_option_given(const struct sim_call *call, const char *name);

/* The option's argument, the last one if it was given more than once; NULL if it was not. */
const char *sim_option_value(const struct sim_call *call, const char *name);

/* All arguments of an option, in order, NULL-ended, in the arena. */
const char **sim_option_values(const struct sim_call *call, const char *name);

/* Parse what follows the subcommand's name and run it. */
int sim_command_call(const struct sim_command *command, int argc, char **argv,
                     const struct sim_catalogue *catalogue,
                     const struct sim_command *const *commands);

void sim_command_help(const struct sim_command *command, FILE *out);

/* Complain about a call on stderr, with a pointer to --help; returns 2. */
int sim_misused(const struct sim_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print the sentences of an error on stderr, each after "dmlsim: "; returns `code`. */
int sim_complain(const struct sim_error *err, int code);

/* May the terminal be coloured?  Only a terminal, and never under NO_COLOR. */
bool sim_colours(FILE *out);

/* The settings that options such as --set, --seed and --trace amount to, NULL-ended. */
const char *const *sim_settings(const struct sim_call *call);

/* Options that run, compare and sweep share. */
#define SIM_SETTING_OPTIONS                                                                        \
    {"set", 's', "KEY=VALUE", "override a value of the scenario, as in algorithm.workers=16"},     \
        {"allow-oom", 0, NULL, "go on where a device holds more than its memory"},                 \
    {                                                                                              \
        "seed", 0, "N", "seed of all random numbers"                                               \
    }

#endif
