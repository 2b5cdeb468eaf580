/* summary.c -- summary.json: what ran, what came out, and how it compares with theory. */
#include "sim/base/file.h"
#include "sim/base/version.h"
#include "sim/trace/writers.h"

#include <math.h>
#include <string.h>

/* JSON has no NaN and no infinity. */
static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static double communicating(const double *seconds)
{
    return seconds[SIM_SENDING] + seconds[SIM_RECEIVING];
}

static json_t *peers_json(const struct sim_record *record)
{
    json_t *all = json_array();

    for (int i = 0; i < record->peer_count; i++) {
        const struct sim_peer_record *peer = &record->peers[i];

        json_array_append_new(
            all, json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:o, s:b}",
                           "name", peer->name, "role", peer->role, "host", peer->host,
                           "compute_seconds", peer->seconds[SIM_COMPUTING], "communicate_seconds",
                           communicating(peer->seconds), "wait_seconds", peer->seconds[SIM_WAITING],
                           "idle_seconds", peer->seconds[SIM_IDLING], "finished_at_seconds",
                           peer->finished_at, "flop", peer->flop, "bytes_sent",
                           (json_int_t)peer->bytes_sent, "bytes_received",
                           (json_int_t)peer->bytes_received, "host_joules",
                           number_or_null(peer->joules), "died", peer->is_dead));
    }
    return all;
}

static json_t *laws_json(const struct sim_record *record)
{
    json_t *all = json_array();

    for (int i = 0; i < record->law_count; i++) {
        const struct sim_law_record *found = &record->laws[i];
        const struct sim_law *law = found->law;
        json_t *one = json_pack("{s:s, s:s, s:s, s:f, s:b}", "quantity", law->quantity, "unit",
                                sim_unit_name(law->unit), "formula", law->formula, "simulated",
                                found->simulated, "checked", found->is_checked);

        json_object_set_new(one, "theory",
                            found->is_checked ? json_real(found->theory) : json_null());
        json_object_set_new(one, "error",
                            found->is_checked ? number_or_null(found->error) : json_null());
        json_object_set_new(one, "tolerance",
                            found->is_checked ? json_real(found->tolerance)
                                              : json_real(law->tolerance));
        json_object_set_new(one, "holds",
                            found->is_checked ? json_boolean(found->holds) : json_null());
        json_object_set_new(one, "assumes", json_string(law->assumes == NULL ? "" : law->assumes));
        json_array_append_new(all, one);
    }
    return all;
}

/* The link that takes longest for what a phase moves over it, and how long that is at least. */
static const struct sim_link_record *bottleneck(const struct sim_record *record, int phase,
                                                double *seconds)
{
    const struct sim_link_record *worst = NULL;

    *seconds = 0;
    for (int l = 0; l < record->link_count; l++) {
        const struct sim_link_record *link = &record->links[l];
        const double needed = (double)link->phase_bytes[phase] / link->bytes_per_second;

        if (link->phase_bytes[phase] > 0 && needed > *seconds) {
            *seconds = needed;
            worst = link;
        }
    }
    return worst;
}

/* The peers that were in a phase: how many of each role, and the longest that one of them was. */
static double longest_in(const struct sim_record *record, int phase, json_t *roles,
                         double sums[SIM_DOINGS])
{
    double longest = 0;

    for (int i = 0; i < record->peer_count; i++) {
        const double *seconds = record->peers[i].phase_seconds[phase];
        const char *role = record->peers[i].role;
        double all = 0;

        if (seconds == NULL)
            continue;
        for (int d = 0; d < SIM_DOINGS; d++) {
            all += seconds[d];
            sums[d] += seconds[d];
        }
        longest = all > longest ? all : longest;
        json_object_set_new(roles, role,
                            json_integer(json_integer_value(json_object_get(roles, role)) + 1));
    }
    return longest;
}

static json_t *phase_json(const struct sim_record *record, int phase)
{
    json_t *roles = json_object(), *one;
    double sums[SIM_DOINGS] = {0}, bound, longest = longest_in(record, phase, roles, sums);
    const struct sim_link_record *worst = bottleneck(record, phase, &bound);
    int64_t link_bytes = worst == NULL ? 0 : worst->phase_bytes[phase];

    one = json_pack("{s:s, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:I}", "name", record->phases[phase],
                    "peers", roles, "longest_seconds", longest, "compute_seconds",
                    sums[SIM_COMPUTING], "communicate_seconds", communicating(sums), "wait_seconds",
                    sums[SIM_WAITING], "idle_seconds", sums[SIM_IDLING], "bandwidth_bound_seconds",
                    bound, "bottleneck_bytes", (json_int_t)link_bytes);
    json_object_set_new(one, "bottleneck_link",
                        worst == NULL ? json_null() : json_string(worst->name));
    return one;
}

static bool phase_was_used(const struct sim_record *record, int phase)
{
    for (int i = 0; i < record->peer_count; i++)
        if (record->peers[i].phase_seconds[phase] != NULL)
            return true;
    return false;
}

static json_t *phases_json(const struct sim_record *record)
{
    json_t *all = json_array();

    for (int p = 0; p < record->phase_count; p++)
        if (phase_was_used(record, p))
            json_array_append_new(all, phase_json(record, p));
    return all;
}

static json_t *overrides_json(const struct sim_scenario *scenario)
{
    json_t *all = json_array();

    for (int i = 0; i < scenario->override_count; i++) {
        const struct sim_override *o = &scenario->overrides[i];

        json_array_append_new(
            all, json_pack("{s:s, s:s, s:s?}", "key", o->key, "value", o->value, "was", o->was));
    }
    return all;
}

static json_t *remarks_json(const struct sim_record *record)
{
    json_t *all = json_array();

    for (int i = 0; record->remarks != NULL && record->remarks[i] != NULL; i++)
        json_array_append_new(all, json_string(record->remarks[i]));
    return all;
}

static json_t *list_json(const struct sim_list_record *list)
{
    json_t *values = json_array();

    for (int i = 0; i < list->count; i++)
        json_array_append_new(values, number_or_null(list->values[i]));
    return values;
}

static json_t *metrics_json(const struct sim_record *record)
{
    json_t *last = json_object();

    for (size_t i = 0; i < record->note_count; i++)
        json_object_set_new(last, record->notes[i].name, number_or_null(record->notes[i].value));
    for (size_t i = 0; i < record->statistic_count; i++)
        json_object_set_new(last, record->statistics[i].name,
                            number_or_null(record->statistics[i].value));
    for (const struct sim_list_record *list = record->lists; list != NULL; list = list->next)
        json_object_set_new(last, list->name, list_json(list));
    return last;
}

static json_t *busiest_json(const struct sim_record *record)
{
    if (record->busiest_card_host == NULL)
        return json_null();
    return json_pack("{s:s, s:s, s:I}", "host", record->busiest_card_host, "way",
                     record->busiest_card_way, "bytes",
                     (json_int_t)record->totals.busiest_card_bytes);
}

json_t *sim_summary_json(const struct sim_scenario *scenario, const struct sim_record *record)
{
    const struct sim_totals *totals = &record->totals;
    json_t *summary = json_object();

    json_object_set_new(summary, "dmlsim", json_string(SIM_VERSION));
    json_object_set_new(summary, "name", json_string(scenario->name));
    json_object_set_new(summary, "algorithm", json_string(scenario->algorithm->name));
    json_object_set_new(summary, "scenario_file", json_string(scenario->path));
    json_object_set(summary, "scenario", scenario->resolved);
    json_object_set_new(summary, "overrides", overrides_json(scenario));
    json_object_set_new(summary, "platform", json_string(scenario->platform));
    json_object_set_new(summary, "hosts", json_integer(record->host_count));
    json_object_set_new(summary, "network", json_string(scenario->network.name));
    json_object_set_new(summary, "remarks", remarks_json(record));
    json_object_set_new(summary, "transfers", json_string(record->transfers));
    json_object_set_new(
        summary, "simulation",
        json_pack("{s:s, s:s}", "ran", record->was_fast ? "fast" : "full", "why", record->why));
    json_object_set_new(summary, "seed", json_integer((json_int_t)scenario->seed));
    json_object_set_new(summary, "used_random_numbers", json_boolean(record->used_random_numbers));
    json_object_set_new(summary, "simulated_seconds", json_real(totals->seconds));
    json_object_set_new(summary, "bytes", json_integer(totals->bytes));
    json_object_set_new(summary, "messages", json_integer(totals->messages));
    json_object_set_new(summary, "local_bytes", json_integer(totals->local_bytes));
    json_object_set_new(summary, "local_messages", json_integer(record->local_messages));
    json_object_set_new(summary, "bytes_cancelled", json_integer(record->bytes_cancelled));
    json_object_set_new(summary, "flop", json_real(totals->flop));
    json_object_set_new(summary, "joules", number_or_null(record->joules));
    json_object_set_new(summary, "busiest_card", busiest_json(record));
    json_object_set_new(summary, "laws", laws_json(record));
    json_object_set_new(summary, "metrics", metrics_json(record));
    json_object_set_new(summary, "phases", phases_json(record));
    json_object_set_new(summary, "peers", peers_json(record));
    return summary;
}

bool sim_write_summary(const struct sim_written_run *run, struct sim_error *err)
{
    const char *path;
    FILE *file = sim_open_in(run, "summary.json", &path, err);
    bool fine = file != NULL;

    if (fine) {
        fine = json_dumpf(run->summary, file, JSON_INDENT(2)) == 0 && putc('\n', file) != EOF;
        fine = sim_file_close(file, path, err) && fine;
    }
    return fine;
}
