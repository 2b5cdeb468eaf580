/* guard.h -- looks at a platform file before SimGrid does.
 *
 * SimGrid is the judge of its own format, but it aborts on what it refuses and would read whatever a
 * DOCTYPE names.  So the XML is first read by libxml2, without network, entities or external files. */
#ifndef SIM_PLATFORM_GUARD_H
#define SIM_PLATFORM_GUARD_H

#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/platform/edit.h"

/* What SimGrid's C API does not tell. */
struct sim_platform_facts {
    bool has_profiles;       /* of speed, bandwidth, latency or state */
    bool has_state_profiles; /* hosts or links may go down */
    bool has_speed_profiles; /* hosts may be slower at times */
    bool has_wattage;        /* some host says what power it draws */
    const char *summary;     /* first line of the first comment, or "" */
    const char *edited;      /* the text that stands for the file; NULL: the file itself */
    size_t edited_length;
};

enum { SIM_PLATFORM_MOST_BYTES = 200 * 1000 * 1000 };

/* Every complaint has the file's name, line and column.  SimGrid has not seen the file yet. */
bool sim_guard_platform(const char *path, struct sim_platform_facts *facts, struct sim_arena *arena,
                        struct sim_error *err);

/* The same with edits (edit.h), which are looked at like the file itself. */
bool sim_guard_edited(const char *path, const struct sim_platform_edit *edits, int count,
                      struct sim_platform_facts *facts, struct sim_arena *arena,
                      struct sim_error *err);

/* The same for a text in memory, for fuzzing. */
bool sim_guard_platform_text(const char *path, const char *text, size_t length,
                             struct sim_platform_facts *facts, struct sim_arena *arena,
                             struct sim_error *err);

#endif
