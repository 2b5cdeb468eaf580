/* scenario.h -- a scenario file, read, checked and with every default filled in.
 *
 * YAML is a user's input: every complaint has file, line and column, and an unknown key is one.  Nothing
 * here knows of SimGrid; what only the platform can tell (hosts, routes) is checked in the engine. */
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include "sim/platform/edit.h"
#include "sim/scenario/casting.h"
#include "sim/workload/language.h"
#include "sim/workload/requests.h"

#include <jansson.h>

/* How much of a run is kept; SIM_TRACE_PAJE is full, and ViTE's and PajeNG's format beside. */
enum sim_trace_level { SIM_TRACE_NONE, SIM_TRACE_SUMMARY, SIM_TRACE_FULL, SIM_TRACE_PAJE };

extern const char *const sim_trace_level_names[]; /* NULL-ended */

/* AUTO: transfers are timed as a + S/B as long as all are alone on their links, and tables of steps are followed ahead of the
 * clock; then by our fluid model, where it fits.  FULL: SimGrid's network model times all.  FAST: as AUTO, or not at all where
 * that would be full.  The results are the same. */
enum sim_simulation_mode { SIM_SIMULATION_AUTO, SIM_SIMULATION_FULL, SIM_SIMULATION_FAST };

extern const char *const sim_simulation_mode_names[]; /* NULL-ended */

struct sim_network {
    const char *name;           /* "textbook", "tcp" or SimGrid's name of the model */
    const char *const *options; /* "key:value" for SimGrid, NULL-ended */
};

enum sim_fault_kind { SIM_FAULT_HOST, SIM_FAULT_LINK, SIM_FAULT_PEER };

/* From `at_seconds` on, for `for_seconds` (negative: for good), again every `every_seconds` (0: once),
 * speed or bandwidth is multiplied by `factor`; 0 is dead. */
struct sim_fault {
    enum sim_fault_kind kind;
    const char *name;
    double at_seconds, for_seconds, every_seconds, factor;
};

/* --set key=value, and what stood there before: NULL where nothing did. */
struct sim_override {
    const char *key, *value, *was;
};

struct sim_scenario {
    const char *path;     /* as the user gave it */
    const char *name;     /* the file's name without folder and extension */
    const char *platform; /* the file that was found */
    const struct sim_platform_edit *platform_edits; /* what is other than there */
    int platform_edit_count;
    struct sim_network network;
    const struct sim_algorithm *algorithm;
    const void *parameters;
    const struct sim_model *model; /* of `workload:`; NULL without one */
    const char *model_name;        /* dmlsim's own name of it, or the file that was found */
    int batch;
    const struct sim_language_workload *language; /* in its place; NULL without one */
    const char *draft_names[SIM_LANGUAGE_MOST_DRAFTS];
    struct sim_requests
        *requests; /* NULL where the algorithm answers none; arrivals not yet drawn */
    int iterations;
    uint64_t seed;
    enum sim_trace_level trace;
    enum sim_simulation_mode simulation;
    bool allows_oom; /* a device may be asked to hold more than its memory */
    struct sim_host_rules hosts;
    const struct sim_fault *faults;
    int fault_count;
    const struct sim_override *overrides;
    int override_count;
    json_t *resolved;  /* the whole of it with defaults, as summary.json shows it; owned */
    const char *study; /* the text of `study:` as JSON, or NULL */
};

/* The keys of `requests:`, for readers and printers alike. */
extern const struct sim_parameter sim_request_rows[];

struct fy_document;

/* Where to look for what a scenario names, and what there is to name. */
struct sim_catalogue {
    const struct sim_algorithm *const *algorithms; /* NULL-ended */
    const char *data_folder;                       /* holds platforms/ and scenarios/ */
};

enum { SIM_SCENARIO_MOST_BYTES = 64 * 1000 }; /* reading takes the square of the number of keys */

/* Read a scenario and lay `settings` ("key=value", NULL-ended) over it.  A value is YAML; a mapping laid
 * over a mapping replaces it key by key.  Collects every complaint it can in *err. */
bool sim_scenario_read(struct sim_scenario *scenario, const char *path, const char *const *settings,
                       const struct sim_catalogue *catalogue, struct sim_arena *arena,
                       struct sim_error *err);

/* The same from a text, for sweeps, tests and fuzzing; `path` names it in sentences. */
bool sim_scenario_parse(struct sim_scenario *scenario, const char *path, const char *text,
                        size_t length, const char *const *settings,
                        const struct sim_catalogue *catalogue, struct sim_arena *arena,
                        struct sim_error *err);

/* A text of which many scenarios are made; what tells them apart is settings. */
struct sim_scenario_text {
    const char *path, *text;
    size_t length;
    const struct sim_catalogue *catalogue;
    struct fy_document *document; /* the text as it was read; NULL: it is read each time */
};

/* Read the text at once, if it can be read; to be given back with sim_scenario_text_release. */
void sim_scenario_text_read(struct sim_scenario_text *text);
void sim_scenario_text_release(struct sim_scenario_text *text);

/* As sim_scenario_parse. */
bool sim_scenario_of_text(struct sim_scenario *scenario, const struct sim_scenario_text *text,
                          const char *const *settings, struct sim_arena *arena,
                          struct sim_error *err);

/* The scenario with all defaults, in base units; itself a scenario.  The caller owns it. */
json_t *sim_scenario_json(const struct sim_scenario *scenario);

void sim_scenario_release(struct sim_scenario *scenario);

/* The file that `name` means: itself, or beside `folder`, or in the data folder.  NULL if none is. */
const char *sim_find_file(struct sim_arena *arena, const struct sim_catalogue *catalogue,
                          const char *folder, const char *name);

const struct sim_algorithm *sim_find_algorithm(const struct sim_catalogue *catalogue,
                                               const char *name);

#endif
