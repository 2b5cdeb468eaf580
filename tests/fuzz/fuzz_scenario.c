/* fuzz_scenario.c -- a scenario from any bytes, and a --set from any bytes.
 *
 * The input is a scenario.  If it holds a NUL byte, what stands before is also read with what stands behind as
 * a --set laid over it.  Beyond not crashing, these must hold: success and complaints exclude each other, every
 * failure is told, and the resolved scenario is itself one that resolves to the same. */
#include "sim/scenario/scenario.h"
#include "sim/study/study.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sim_catalogue shipped = {sim_algorithms, "."};

static void resolves_to_itself(const struct sim_scenario *scenario, struct sim_arena *arena)
{
    char *once = json_dumps(scenario->resolved, 0), *twice;
    struct sim_error err = {0};
    struct sim_scenario again;
    const bool fine =
        sim_scenario_parse(&again, "fuzz.yaml", once, strlen(once), NULL, &shipped, arena, &err);

    assert(fine);
    twice = json_dumps(again.resolved, 0);
    assert(strcmp(once, twice) == 0);
    free(once);
    free(twice);
    sim_scenario_release(&again);
}

static void read_study(const struct sim_scenario *scenario, struct sim_arena *arena)
{
    struct sim_error err = {0};
    struct sim_study *study;

    if (scenario->study == NULL || !sim_study_read(&study, scenario, arena, &err))
        return;
    for (int i = 0; i < sim_study_points(study) && i < 7; i++)
        sim_study_settings(study, i, arena);
}

static void read_scenario(const char *text, size_t length, const char *const *settings)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct sim_scenario scenario;
    const bool fine =
        sim_scenario_parse(&scenario, "fuzz.yaml", text, length, settings, &shipped, arena, &err);

    assert(fine == (err.count == 0) && fine == (err.text[0] == '\0') &&
           fine == (scenario.resolved != NULL));
    if (fine) {
        resolves_to_itself(&scenario, arena);
        read_study(&scenario, arena);
    }
    sim_scenario_release(&scenario);
    sim_arena_close(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size == 0 ? NULL : memchr(data, '\0', size);
    char *text = calloc(1, size + 1);

    if (size > 0)
        memcpy(text, data, size);
    read_scenario(text, size, NULL);
    if (nul != NULL)
        read_scenario(text, (size_t)(nul - data),
                      (const char *const[]){text + (nul - data) + 1, NULL});
    free(text);
    return 0;
}
