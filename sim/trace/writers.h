/* writers.h -- the files of a run directory, each from the same record.
 *
 * A writer makes one file in `folder`; false, with a sentence, when it cannot.  The same record gives the
 * same bytes.  What each file holds is told in docs/run_directory.md. */
#ifndef SIM_TRACE_WRITERS_H
#define SIM_TRACE_WRITERS_H

#include "sim/scenario/scenario.h"
#include "sim/trace/record.h"

/* A run, as the writers see it. */
struct sim_written_run {
    const struct sim_scenario *scenario;
    const struct sim_record *record;
    const json_t *summary;                 /* sim_summary_json of both */
    const struct sim_event *const *events; /* in order of simulated time */
    const char *folder;
    struct sim_arena *arena;
};

/* summary.json as a value; the caller owns it. */
json_t *sim_summary_json(const struct sim_scenario *scenario, const struct sim_record *record);

bool sim_write_summary(const struct sim_written_run *run, struct sim_error *err);
bool sim_write_links(const struct sim_written_run *run, struct sim_error *err);
bool sim_write_phases(const struct sim_written_run *run, struct sim_error *err);
bool sim_write_metrics(const struct sim_written_run *run, struct sim_error *err);
bool sim_write_own_tables(const struct sim_written_run *run, struct sim_error *err);
bool sim_write_events(const struct sim_written_run *run, struct sim_error *err);
bool sim_write_chrome_trace(const struct sim_written_run *run, struct sim_error *err);
bool sim_write_paje(const struct sim_written_run *run, struct sim_error *err);

/* All files that the scenario's trace level asks for. */
bool sim_write_run(const struct sim_scenario *scenario, const struct sim_record *record,
                   const json_t *summary, const char *folder, struct sim_arena *arena,
                   struct sim_error *err);

/* A file of the run directory, open for writing; close it with sim_file_close. */
FILE *sim_open_in(const struct sim_written_run *run, const char *name, const char **path,
                  struct sim_error *err);

#endif
