/* page.h -- a lesson as a page: one file, no network. */
#ifndef ANALYSIS_LESSONS_PAGE_H
#define ANALYSIS_LESSONS_PAGE_H

#include "analysis/lessons/bench.h"

/* Write the page of a lesson whose runs, exercises' and grid's too, are made.  False with a sentence. */
bool lesson_page(struct lesson_bench *bench, const char *path, struct sim_error *err);

#endif
