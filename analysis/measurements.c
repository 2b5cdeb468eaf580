/* measurements.c -- see measurements.h.
 *
 * nccl-tests (its src/common.cu and doc/PERFORMANCE.md): '#' lines list the ranks and head the table; a row
 * is size, count, type, redop, root and twice (out-of-place, in-place) time in us, algbw and busbw in GB/s,
 * errors.  Older versions leave redop or root out, or blank, so the times are counted from the row's end.
 * OSU micro-benchmarks: a title, "# Size ..." and rows of size and microseconds, or MB/s (10^6). */
#include "analysis/measurements.h"

#include "sim/base/file.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20, MOST_FIELDS = 32 };

/* algbw is printed with two decimals, times with four digits. */
static const double ALGBW_STEP = 0.01, ALGBW_SHARE = 0.01;

enum table { NO_TABLE, NCCL_TABLE, OSU_LATENCY_TABLE, OSU_BANDWIDTH_TABLE };

struct reading {
    struct analysis_measurements *out;
    struct sim_arena *arena;
    struct sim_error *err;
    int line;
    size_t room;
    enum table table;
    int column_count;              /* nccl-tests: of the table's head */
    int time_from_end;             /* ... the time's place, from the end of a row */
    bool last_counts_wrong;        /* ... its errors are a number of wrong results */
    double messages_per_bandwidth; /* OSU: 2 for the sum of both directions */
};

/* ---- names ---- */

static const struct {
    const char *collective, *program, *osu_title;
    bool osu_counts_blocks;
} names[] = {
    {"all_reduce", "all_reduce_perf", "Allreduce Latency", false},
    {"reduce_scatter", "reduce_scatter_perf", "Reduce_scatter Latency", false},
    {"all_gather", "all_gather_perf", "Allgather Latency", true},
    {"all_to_all", "alltoall_perf", "All-to-All Personalized Exchange Latency", true},
    {"broadcast", "broadcast_perf", "Broadcast Latency", false},
    {"reduce", "reduce_perf", "Reduce Latency", false},
    {"point_to_point", "sendrecv_perf", "Latency", false},
    {"point_to_point", NULL, "Bandwidth", false},
    {"point_to_point", NULL, "Bi-Directional Bandwidth", false},
};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

/* A line that holds the name of a program of nccl-tests: "# Collective test starting: all_reduce_perf",
 * or the command line, where a log has it.  all_reduce_perf ends in reduce_perf too. */
static void look_for_program(struct reading *r, const char *line)
{
    for (size_t i = 0; i < NAME_COUNT && r->out->collective == NULL; i++) {
        const char *found = names[i].program ? strstr(line, names[i].program) : NULL;

        if (found != NULL &&
            (found == line || (!isalnum((unsigned char)found[-1]) && found[-1] != '_')))
            r->out->collective = names[i].collective;
    }
}

/* "# OSU MPI-CUDA Allreduce Latency Test v7.3": what stands between the second word and "Test". */
static bool read_title(struct reading *r, const char *line)
{
    const char *from = line + strcspn(line, " ") + 1; /* behind "OSU" */
    const char *to = strstr(line, " Test");

    if (r->table != NO_TABLE)
        return sim_fail(r->err, "%s:%d: a second table begins; calibrate each by itself.",
                        r->out->path, r->line);
    from += strcspn(from, " ");
    for (size_t i = 0; to != NULL && to > from && i < NAME_COUNT; i++) {
        const size_t length = strlen(names[i].osu_title);

        if ((size_t)(to - from - 1) != length || strncmp(from + 1, names[i].osu_title, length) != 0)
            continue;
        r->out->collective = names[i].collective;
        r->out->counts_blocks = names[i].osu_counts_blocks;
        r->out->ranks = strcmp(names[i].collective, "point_to_point") == 0 ? 2 : 0;
        r->messages_per_bandwidth = strncmp(from + 1, "Bi-", 3) == 0 ? 2 : 1;
        return true;
    }
    return sim_fail(r->err,
                    "%s:%d: '%s' is none of the OSU tests that have a closed form here: allreduce, "
                    "reduce_scatter, allgather, alltoall, bcast, reduce, latency, bw, bibw.",
                    r->out->path, r->line, line);
}

/* ---- heads ---- */

static int split(char *line, char *fields[MOST_FIELDS])
{
    int count = 0;
    char *rest = NULL;

    for (char *field = strtok_r(line, " \t", &rest); field != NULL && count < MOST_FIELDS;
         field = strtok_r(NULL, " \t", &rest))
        fields[count++] = field;
    return count;
}

static bool begin_table(struct reading *r, enum table table)
{
    if (r->table != NO_TABLE)
        return sim_fail(r->err, "%s:%d: a second table begins; calibrate each by itself.",
                        r->out->path, r->line);
    r->table = table;
    r->out->tool = table == NCCL_TABLE ? "nccl-tests" : "OSU micro-benchmarks";
    return true;
}

/* "size count type redop root time algbw busbw #wrong time algbw busbw #wrong" */
static bool read_nccl_head(struct reading *r, const char *line, bool in_place)
{
    char *fields[MOST_FIELDS];
    const int count = split(sim_text(r->arena, "%s", line), fields);
    int times = 0;

    for (int i = 0; i < count; i++)
        if (strcmp(fields[i], "time") == 0 && times++ == (in_place ? 1 : 0))
            r->time_from_end = count - i;
    if (r->time_from_end < 3)
        return sim_fail(r->err,
                        "%s:%d: this table of nccl-tests has no column of %s times with algbw and "
                        "busbw behind it.",
                        r->out->path, r->line, in_place ? "in-place" : "out-of-place");
    r->column_count = count;
    r->last_counts_wrong = r->time_from_end > 3 && strcmp(fields[count - 1], "#wrong") == 0;
    return begin_table(r, NCCL_TABLE);
}

static bool read_osu_head(struct reading *r, const char *line)
{
    char *fields[MOST_FIELDS];
    const int count = split(sim_text(r->arena, "%s", line), fields);

    if (count > 1 && strcmp(fields[1], "Bandwidth") == 0)
        return begin_table(r, OSU_BANDWIDTH_TABLE);
    if (count > 1 && (strncmp(fields[1], "Latency", 7) == 0 || strcmp(fields[1], "Avg") == 0))
        return begin_table(r, OSU_LATENCY_TABLE);
    return sim_fail(r->err,
                    "%s:%d: this table has neither latencies nor bandwidths in its second column.",
                    r->out->path, r->line);
}

/* A '#' line, from its first word on. */
static bool read_comment(struct reading *r, const char *line, bool in_place)
{
    int rank, group, fields;

    look_for_program(r, line);
    if (strncmp(line, "OSU ", 4) == 0)
        return read_title(r, line);
    if (strncmp(line, "nThread ", 8) == 0 && r->table != NO_TABLE)
        return sim_fail(r->err, "%s:%d: a second run begins; calibrate each by itself.",
                        r->out->path, r->line);
    fields = sscanf(line, "Rank %d Group %d", &rank, &group);
    if (fields == 1 || (fields == 2 && group == 0))
        r->out->ranks++;
    if (strncmp(line, "size ", 5) == 0)
        return read_nccl_head(r, line, in_place);
    if (strncmp(line, "Size ", 5) == 0)
        return read_osu_head(r, line);
    return true;
}

/* ---- rows ---- */

static bool read_number(const struct reading *r, const char *text, const char *what, double least,
                        double *value)
{
    char *end;

    *value = strtod(text, &end);
    if (end != text && *end == '\0' && isfinite(*value) && *value >= least)
        return true;
    return sim_fail(r->err, "%s:%d: '%s' is no %s.", r->out->path, r->line, text, what);
}

static void add(struct reading *r, double bytes, double seconds)
{
    struct analysis_measurements *out = r->out;

    if (out->count == r->room) {
        struct analysis_measurement *rows;

        r->room = 2 * r->room + 64;
        rows = sim_new(r->arena, struct analysis_measurement, r->room);
        if (out->count > 0)
            memcpy(rows, out->rows, out->count * sizeof *rows);
        out->rows = rows;
    }
    out->rows[out->count++] = (struct analysis_measurement){bytes, seconds};
}

/* algbw is size / time: that holds only if these are the columns, and the units, that we think. */
static bool read_nccl_row(struct reading *r, char **fields, int count)
{
    const int at = count - r->time_from_end;
    double bytes, microseconds, algbw, seconds, wrong = 0;

    if (at < 1 || count < r->column_count - 2 || count > r->column_count)
        return sim_fail(r->err, "%s:%d: this row has %d fields; the table's head has %d.",
                        r->out->path, r->line, count, r->column_count);
    if (!read_number(r, fields[0], "size in bytes", 0, &bytes) ||
        !read_number(r, fields[at], "time in microseconds", 1e-6, &microseconds) ||
        !read_number(r, fields[at + 1], "bandwidth in GB/s", 0, &algbw))
        return false;
    seconds = microseconds * 1e-6;
    if (fabs(bytes / seconds / 1e9 - algbw) > ALGBW_STEP + ALGBW_SHARE * algbw)
        return sim_fail(r->err,
                        "%s:%d: %s bytes in %s us are %.2f GB/s, but the row says %s; are times in "
                        "microseconds?",
                        r->out->path, r->line, fields[0], fields[at], bytes / seconds / 1e9,
                        fields[at + 1]);
    if (r->last_counts_wrong && strcmp(fields[at + 3], "N/A") != 0 &&
        !read_number(r, fields[at + 3], "number of wrong results", 0, &wrong))
        return false;
    if (wrong > 0)
        return sim_fail(r->err, "%s:%d: %s results were wrong, so the time says nothing.",
                        r->out->path, r->line, fields[at + 3]);
    add(r, bytes, seconds);
    return true;
}

static bool read_osu_row(struct reading *r, char **fields, int count)
{
    const bool is_latency = r->table == OSU_LATENCY_TABLE;
    double bytes, value;

    if (count < 2)
        return sim_fail(r->err, "%s:%d: this row has a size and nothing else.", r->out->path,
                        r->line);
    if (!read_number(r, fields[0], "size in bytes", 0, &bytes) ||
        !read_number(r, fields[1],
                     is_latency ? "latency in microseconds" : "bandwidth in MB/s, above 0", 1e-6,
                     &value))
        return false;
    for (int i = 2; i < count; i++)
        if (strcmp(fields[i], "Fail") == 0)
            return sim_fail(r->err, "%s:%d: the results were wrong, so the time says nothing.",
                            r->out->path, r->line);
    add(r, bytes, is_latency ? value * 1e-6 : r->messages_per_bandwidth * bytes / (value * 1e6));
    return true;
}

/* ---- lines ---- */

/* mpirun --tag-output: "[1,0]<stdout>:" before each line. */
static char *without_tag(char *line)
{
    const char *stream = line[0] == '[' ? strstr(line, "]<stdout>:") : NULL;

    if (stream != NULL)
        line += stream - line + strlen("]<stdout>:");
    return line + strspn(line, " \t");
}

/* Rows begin with a number; what else stands there belongs to a library, mpirun or a scheduler. */
static bool read_line(struct reading *r, char *line, bool in_place)
{
    char *fields[MOST_FIELDS];
    char *text = without_tag(line);
    int count;

    text[strcspn(text, "\r")] = '\0';
    if (*text == '#')
        return read_comment(r, text + 1 + strspn(text + 1, " \t"), in_place);
    if (!isdigit((unsigned char)*text) || r->table == NO_TABLE) {
        look_for_program(r, text);
        return true;
    }
    count = split(text, fields);
    return r->table == NCCL_TABLE ? read_nccl_row(r, fields, count)
                                  : read_osu_row(r, fields, count);
}

bool analysis_measurements_read(struct analysis_measurements *measurements, const char *path,
                                bool in_place, struct sim_arena *arena, struct sim_error *err)
{
    struct reading r = {.out = measurements, .arena = arena, .err = err};
    size_t length;
    const char *text = sim_file_read(arena, path, MOST_BYTES, &length, err);

    if (text == NULL)
        return false;
    if (strlen(text) != length)
        return sim_fail(err, "%s: holds a NUL byte, and is no benchmark's output.", path);
    *measurements = (struct analysis_measurements){.path = path};
    r.messages_per_bandwidth = 1;
    while (*text != '\0') {
        const size_t end = strcspn(text, "\n");

        r.line++;
        if (!read_line(&r, sim_text_copy(arena, text, end), in_place))
            return false;
        text += end + (text[end] == '\n');
    }
    if (measurements->count == 0)
        return sim_fail(err,
                        "%s: holds no table of nccl-tests (\"# size count type ... time algbw "
                        "busbw\") or of the OSU micro-benchmarks (\"# Size  Avg Latency(us)\").",
                        path);
    return true;
}
