/* against_smpi.h -- our collectives beside those of SMPI: what the comparisons have in common.
 *
 * SMPI is told to use CM02 without cross traffic and without a TCP window, as we do, and to take no time for
 * anything but the network. */
#ifndef TESTS_AGAINST_SMPI_H
#define TESTS_AGAINST_SMPI_H

#include "sim/base/arena.h"
#include "tests/oracle/smpi_options.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct against {
    const char *platform, *smpi_program, *folder;
    struct sim_arena *arena;
    int tests;
    bool failed;
};

/* Platform, program and folder are the first three arguments; ends the program if they are not fine. */
void against_begin(struct against *on, char **argv, bool is_fine, const char *usage);

/* The plan of TAP; the exit code. */
int against_end(struct against *on);

/* A line of TAP. */
void against_tell(struct against *on, bool fine, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Start SMPI with p ranks on node-0 .. node-(p-1), in that order; to be read, and closed with pclose.
 * NULL if it cannot be started. */
FILE *against_ask(const struct against *on, int p, const char *selectors, const char *arguments);

/* The seconds of a shipped scenario with p workers, without computation, and one more setting or NULL;
 * NaN, with a comment for the reader of the log, if it cannot be simulated. */
double against_simulate(const struct against *on, const char *algorithm, const char *setting, int p,
                        int64_t bytes);

#endif
