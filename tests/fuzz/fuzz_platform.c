/* fuzz_platform.c -- a platform's XML from any bytes.
 *
 * Beyond not crashing, and not looking behind the text, these must hold: success and complaints exclude each
 * other, and every failure is told with the name of the file. */
#include "sim/platform/guard.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char path[] = "platforms/fuzz.xml";
    struct sim_arena *arena = sim_arena_open();
    struct sim_platform_facts facts;
    struct sim_error err = {0};
    const bool fine = sim_guard_platform_text(path, (const char *)data, size, &facts, arena, &err);

    assert(fine == (err.count == 0) && fine == (err.text[0] == '\0'));
    assert(fine || strncmp(err.text, path, strlen(path)) == 0);
    assert(facts.summary != NULL && strpbrk(facts.summary, "\r\n") == NULL);
    assert(!facts.has_state_profiles || facts.has_profiles);
    sim_arena_close(arena);
    return 0;
}
