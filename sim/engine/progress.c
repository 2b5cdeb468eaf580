/* progress.c -- one line on the terminal for those who wait. */
#include "sim/engine/engine.h"

#include <simgrid/engine.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double FIRST_AFTER_SECONDS = 2, THEN_EVERY_SECONDS = 0.2;

static double wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_show(struct engine *engine)
{
    const double now = wall_now(), simulated = simgrid_get_clock();
    const int64_t messages = engine->record->totals.messages;
    double elapsed;

    if (engine->wall_started == 0)
        engine->wall_started = engine->wall_shown = now;
    elapsed = now - engine->wall_shown;
    if (now - engine->wall_started < FIRST_AFTER_SECONDS || elapsed < THEN_EVERY_SECONDS)
        return;
    dprintf(engine->terminal,
            "\r\033[K%.6g simulated seconds, %.4g million messages, %.0f thousand messages/s, "
            "%.3g simulated seconds a second",
            simulated, (double)messages / 1e6,
            (double)(messages - engine->messages_shown) / elapsed / 1e3,
            (simulated - engine->simulated_shown) / elapsed);
    engine->wall_shown = now;
    engine->messages_shown = messages;
    engine->simulated_shown = simulated;
    engine->has_shown = true;
}

void progress_clear(struct engine *engine)
{
    if (engine->has_shown)
        dprintf(engine->terminal, "\r\033[K");
}
