/* progress.h -- one line that says how far a sweep is: a bar, what failed, points a second, the time that is left. */
#ifndef SIM_STUDY_PROGRESS_H
#define SIM_STUDY_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

enum { SIM_PROGRESS_SIZE = 160 };

struct sim_progress {
    int64_t points;  /* to look at */
    int64_t skipped; /* were there: they cost nothing, so they do not count for the rate */
    int64_t done, failed;
    double seconds; /* since the first began */
};

/* "[#####.....]  50 %  12 of 24 points, 1 failed, 3.1/s, 4 s left", at most 100 letters */
void sim_progress_line(char line[SIM_PROGRESS_SIZE], const struct sim_progress *progress);

#endif
