/* run.h -- one simulation, from scenario to record.  Call it in a child process only (child.h). */
#ifndef SIM_ENGINE_RUN_H
#define SIM_ENGINE_RUN_H

#include "sim/platform/guard.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/record.h"

#include <jansson.h>

enum { SIM_RUN_AGAIN = 3, SIM_RUN_ELSEWHERE = 4 };

/* How transfers are timed; each is slower than the one before, and can do more. */
enum sim_timing {
    SIM_FAST,    /* as SIM_ALONE, and tables of steps are followed ahead of the clock */
    SIM_ALONE,   /* each alone on its links: latency + bytes / bandwidth */
    SIM_FLUID,   /* they share links, max-min fair, under `network: textbook` */
    SIM_SIMGRIDS /* SimGrid's network model, whatever it is */
};

struct sim_attempt {
    enum sim_timing timing;
    const char *why;      /* not SIM_FAST: the reason, a clause; NULL: there is none */
    enum sim_timing next; /* to be tried when this one ends with SIM_RUN_AGAIN */
};

struct sim_world; /* a platform that SimGrid has loaded */

/* Load the platform of `scenario`, of which `facts` are known, for sim_run, in this process or in each that is forked from
 * it; NULL with a sentence.  While *platform_is_fine is false, whatever kills the process is the platform's fault. */
struct sim_world *sim_load(const struct sim_scenario *scenario,
                           const struct sim_platform_facts *facts, volatile bool *platform_is_fine,
                           struct sim_arena *arena, struct sim_error *err);

/* The <link> elements of the file that was loaded (their ids), which sim_world_tune may change. */
void sim_world_allow_tuning(struct sim_world *world, const struct sim_platform_edit *links,
                            int count);

/* Let actors, of which each peer needs one, be there for the next sim_run, too. */
void sim_world_keep_actors(struct sim_world *world);

/* Give links the bandwidths and latencies of the edits that say such (sim_platform_edit_tunes; the others are there already),
 * and all others those that they were loaded with.  False: the platform must be loaded anew, with all edits. */
bool sim_world_tune(struct sim_world *world, const struct sim_platform_edit *edits, int count);

/* Can another sim_run follow on this platform, and find it as if it were the first?  Not after faults, profiles or a failure,
 * nor where SimGrid has counted joules. */
bool sim_world_can_run(const struct sim_world *world);

/* Simulate `scenario` on its platform, of which `facts` are known, and which may be loaded (else NULL).  Fills *record.
 * Returns the exit code: 0 done and every law holds; 1 it failed, or a law is broken; 2 the input is
 * wrong; with a sentence in *err unless 0.  The record is complete when the code is 0, or when it is 1
 * and record->laws is not NULL.  `terminal` is where to show progress, -1: nowhere.  While
 * *platform_is_fine is false, whatever kills the process is the platform's fault: bad input.
 *
 * As soon as something cannot be timed as attempt->timing says, the run ends with SIM_RUN_AGAIN, the reason in *err, and is
 * to be started again with attempt->next.  SIM_RUN_ELSEWHERE, on a platform that keeps its actors only: it is to be started
 * in a process of its own. */
int sim_run(const struct sim_scenario *scenario, const struct sim_platform_facts *facts,
            struct sim_world *loaded, int terminal, struct sim_attempt *attempt,
            volatile bool *platform_is_fine, struct sim_arena *arena, struct sim_record *record,
            struct sim_error *err);

/* All of a run but the run: load the platform, look at every route, place the peers and find what faults
 * name; complaints in *err.  A scenario without an algorithm is a platform alone. */
bool sim_check(const struct sim_scenario *scenario, const struct sim_platform_facts *facts,
               struct sim_arena *arena, struct sim_error *err);

/* The hosts and links of scenario->platform as SimGrid sees them, in natural order of names, as JSON:
 * {"hosts": [{name, flop_per_second, cores, memory_bytes (null: not told), watts (text; null),
 *             layers: {memory_bytes_per_second (0: not told), flop_efficiency, byte_efficiency,
 *                      overhead_seconds, kind_efficiency: {kind: share}}}],
 *  "links": [{name, bytes_per_second, latency_seconds, sharing}]}.  The caller owns it; NULL with a sentence. */
json_t *sim_tell_platform(const struct sim_scenario *scenario,
                          const struct sim_platform_facts *facts, struct sim_arena *arena,
                          struct sim_error *err);

/* The links between each two of those hosts, there and back, as JSON: [{from, to, links: [names, in order]}], without those
 * that have no route.  `hosts` ends with NULL.  The caller owns it; NULL with a sentence, as where there is no such host. */
json_t *sim_tell_routes(const struct sim_scenario *scenario, const struct sim_platform_facts *facts,
                        const char *const *hosts, struct sim_arena *arena, struct sim_error *err);

#endif
