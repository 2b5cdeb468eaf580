/* replay.c -- gives every file named to the fuzz target that it is linked with, and tells so in TAP.  A file that
 * crashes it or takes more than ten seconds ends the program, which is a failure. */
#include "sim/base/file.h"

#include <stdint.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **files)
{
    for (int i = 1; i < count; i++) {
        struct sim_arena *arena = sim_arena_open();
        struct sim_error err = {0};
        size_t length = 0;
        const char *text = sim_file_read(arena, files[i], 1000003, &length, &err);

        alarm(10);
        LLVMFuzzerTestOneInput((const uint8_t *)text,
                               text == NULL ? 0 : length); /* an empty file is one too */
        printf("ok - %s\n", files[i]);
        fflush(stdout);
        sim_arena_close(arena);
    }
    return 0;
}
