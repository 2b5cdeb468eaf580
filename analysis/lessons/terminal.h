/* terminal.h -- a lesson on a terminal. */
#ifndef ANALYSIS_LESSONS_TERMINAL_H
#define ANALYSIS_LESSONS_TERMINAL_H

#include "analysis/lessons/bench.h"

#include <stdio.h>

void terminal_list(FILE *out);

/* What is asked, before anything is run for a reader to see. */
void terminal_question(struct lesson_bench *bench, FILE *out);

/* The reader's own prediction beside what the run says. */
void terminal_judge(struct lesson_bench *bench, double predicted, FILE *out);

/* The prediction of a reader who sits there; NaN of one who only presses return, or leaves. */
double terminal_ask(struct lesson_bench *bench);

/* Result, steps, explanation and exercises. */
void terminal_lesson(struct lesson_bench *bench, FILE *out);

/* All answers, simulated just now, beside the closed forms. */
void terminal_answers(struct lesson_bench *bench, FILE *out);

/* "2=1.4GB": say whether that is the answer of exercise 2.  0 right, 1 wrong; 2 with a sentence. */
int terminal_check(struct lesson_bench *bench, const char *given, FILE *out, struct sim_error *err);

#endif
