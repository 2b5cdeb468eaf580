/* progress.c -- the line that says how far a sweep is. */
#include "tests/unit/close.h"

#include "sim/study/progress.h"

struct state {
    const char *name, *line;
    struct sim_progress progress;
};

static struct state states[] = {
    {"nothing yet", "[........................]   0 %  0 of 360 points", {360, 0, 0, 0, 0}},
    {"a rate and what is left of the time",
     "[########................]  34 %  123 of 360 points, 2 failed, 9.46/s, 26 s left",
     {360, 0, 121, 2, 13}},
    {"what was there costs nothing",
     "[############............]  50 %  180 of 360 points, 1/s, 3 min left",
     {360, 170, 10, 0, 10}},
    {"hours",
     "[#.......................]   5 %  7 of 131 points, 0.02/s, 1.7 h left",
     {131, 0, 7, 0, 350}},
    {"days",
     "[........................]   0 %  7 of 100000000 points, 7/s, 165 days left",
     {100000000, 0, 7, 0, 1}},
    {"done", "[########################] 100 %  360 of 360 points", {360, 60, 300, 0, 17}},
    {"a study without points", "[########################] 100 %  0 of 0 points", {0, 0, 0, 0, 17}},
};

static void reads(void **state)
{
    const struct state *s = *state;
    char line[SIM_PROGRESS_SIZE];

    sim_progress_line(line, &s->progress);
    assert_string_equal(line, s->line);
}

int main(void)
{
    enum { COUNT = sizeof states / sizeof states[0] };
    struct CMUnitTest tests[COUNT];

    for (int i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){states[i].name, reads, NULL, NULL, &states[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
