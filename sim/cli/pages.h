/* pages.h -- private to the manual: pages of docs/ that are written by the program, as Markdown, from its own tables. */
#ifndef SIM_CLI_PAGES_H
#define SIM_CLI_PAGES_H

#include "sim/cli/command.h"

/* A page; a table of them ends with {0}. */
struct sim_page {
    const char *name; /* docs/NAME.md */
    void (*print)(const struct sim_call *call);
};

/* pages.c: from tables; pages_of_files.c: from what lies in platforms/ and scenarios/ */
void sim_page_algorithms(const struct sim_call *call);
void sim_page_commands(const struct sim_call *call);
void sim_page_scenarios(const struct sim_call *call);
void sim_page_platforms(const struct sim_call *call);
void sim_page_models(const struct sim_call *call);

/* Its title, and that it is not to be edited by hand. */
void sim_page_begin(const char *title);

/* Text of a table, a help or a comment, in which nothing is Markdown; in a cell of a table, too. */
void sim_page_text(const char *words);

/* "empty" where there is nothing to show, else `words` as code. */
void sim_page_code(const char *words);

#endif
