/* evaluate.h -- what comes of some settings of a scenario: questions that are asked together, through a store, so that
 * what was simulated once is not simulated again. */
#ifndef SIM_STUDY_EVALUATE_H
#define SIM_STUDY_EVALUATE_H

#include "sim/study/sweep.h"

/* One question and its answer; begins as {.settings = ...}, texts live in the arena. */
struct sim_question {
    json_t *settings;     /* mapping of dotted keys and values over the scenario; borrowed */
    const char *identity; /* as stores have it (identity.h); NULL where it cannot be read */
    int exit_code;        /* 0 done, 1 failed or a law is broken, 2 bad input */
    const char *error;    /* sentences, or "" */
    const char *summary;  /* summary.json; NULL until it is answered, and where there is none */
};

/* Read the scenario with the settings of each question, and its platform.  A question that makes no sense has exit code
 * 2 and sentences of its own; false, with sentences in *err, where the scenario itself makes none.  `asked->study` is
 * not looked at. */
bool sim_questions_read(const struct sim_sweep *asked, struct sim_question *questions, int count,
                        struct sim_arena *arena, struct sim_error *err);

/* Simulate those that were read and are not yet in the store `asked->out`, and fill in what came of all of them.
 * Returns 0 when each has an answer, however it ended; 2 where the store cannot be used and SIM_INTERRUPTED after Ctrl-C,
 * with sentences in *err.  *simulated counts those that were not there yet. */
int sim_questions_answer(const struct sim_sweep *asked, struct sim_question *questions, int count,
                         int *simulated, struct sim_arena *arena, struct sim_error *err);

#endif
