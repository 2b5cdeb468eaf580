#include "sim/base/shipped.h"

#include "sim/base/file.h"

#include <unistd.h>

#ifndef SIM_DATA_FOLDER
#define SIM_DATA_FOLDER "/usr/local/share/dmlsim"
#endif

/* From build/dmlsim or build/sanitize/dmlsim; from bin/dmlsim; from the tests, which lie two folders deeper. */
static const char *const from_program[] = {"..", "../..", "../share/dmlsim", "../../..",
                                           "../../../.."};

const char *sim_shipped_folder(struct sim_arena *arena)
{
    char program[4096];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    program[length > 0 ? length : 0] = '\0';
    for (size_t i = 0; i < sizeof from_program / sizeof from_program[0]; i++) {
        const char *folder =
            sim_text(arena, "%s/%s", sim_folder_of(arena, program), from_program[i]);

        if (sim_is_directory(sim_text(arena, "%s/platforms", folder)))
            return folder;
    }
    return SIM_DATA_FOLDER;
}
