#include "sim/study/progress.h"

#include <math.h>
#include <string.h>

enum { BAR_LETTERS = 24 };

/* 90 s, 41 min, 3.2 h, 12 days: as exact as such a forecast is. */
static void write_time(char text[24], double seconds)
{
    if (seconds < 100)
        snprintf(text, 24, "%.0f s", ceil(seconds));
    else if (seconds < 100 * 60)
        snprintf(text, 24, "%.0f min", seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(text, 24, "%.1f h", seconds / 3600);
    else
        snprintf(text, 24, "%.0f days", fmin(seconds / 86400, 1e9));
}

void sim_progress_line(char line[SIM_PROGRESS_SIZE], const struct sim_progress *p)
{
    const int64_t simulated = p->done + p->failed, settled = simulated + p->skipped;
    const double share = p->points > 0 ? (double)settled / (double)p->points : 1;
    const double rate = p->seconds > 0 ? (double)simulated / p->seconds : 0;
    const int filled = (int)(share * BAR_LETTERS);
    char bar[BAR_LETTERS + 1], left[24], failed[32] = "", pace[64] = "";

    memset(bar, '.', BAR_LETTERS);
    memset(bar, '#', (size_t)filled);
    bar[BAR_LETTERS] = '\0';
    if (p->failed > 0)
        snprintf(failed, sizeof failed, ", %lld failed", (long long)p->failed);
    if (rate > 0 && settled < p->points) {
        write_time(left, (double)(p->points - settled) / rate);
        snprintf(pace, sizeof pace, ", %.3g/s, %s left", rate, left);
    }
    snprintf(line, SIM_PROGRESS_SIZE, "[%s] %3.0f %%  %lld of %lld points%s%s", bar,
             floor(100 * share), (long long)settled, (long long)p->points, failed, pace);
}
