/* measurements.c -- benchmark output as programs print it, and every way in which it can be damaged.
 *
 * The layouts are those of nccl-tests (2.0 to 2.17) and OSU micro-benchmarks (5.6 to 7.5); the figures are made
 * up, but for what calibration.c fits. */
#include "tests/unit/close.h"

#include "analysis/measurements.h"
#include "sim/base/file.h"

#include <unistd.h>

#define RANKS                                                                                      \
    "#  Rank  0 Group  0 Pid   6899 on     node-a device  0 [0x07] Tesla V100\n"                   \
    "#  Rank  1 Group  0 Pid   6899 on     node-a device  1 [0x08] Tesla V100\n"                   \
    "#  Rank  2 Group  0 Pid   6900 on     node-b device  0 [0x07] Tesla V100\n"
#define HEAD                                                                                       \
    "#                                              out-of-place                in-place\n"        \
    "#       size         count    type   redop    root     time   algbw   busbw #wrong     time " \
    "  algbw   busbw #wrong\n"                                                                     \
    "#        (B)    (elements)                           (us)  (GB/s)  (GB/s)            (us) "   \
    " (GB/s)  (GB/s)\n"
#define ROW "1048576 262144 float sum -1 70.14 14.95 14.95 0 69.87 15.01 15.01 N/A\n"

struct reading {
    struct sim_arena *arena;
    struct analysis_measurements out;
    struct sim_error err;
    bool fine;
};

/* The text stands in t.txt of a folder of its own, where the caller then is. */
static struct reading read_as(const char *text, size_t length, bool in_place)
{
    char folder[] = "/tmp/dmlsim-XXXXXX", before[4096];
    struct reading r = {.arena = sim_arena_open()};
    FILE *file;

    assert_non_null(getcwd(before, sizeof before));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    file = fopen("t.txt", "w");
    fwrite(text, 1, length, file);
    fclose(file);
    r.fine = analysis_measurements_read(&r.out, "t.txt", in_place, r.arena, &r.err);
    assert_int_equal(chdir(before), 0);
    sim_remove_tree(folder);
    assert_int_equal(r.fine, r.err.count == 0);
    return r;
}

struct reads {
    const char *name, *text;
    bool in_place;
    const char *collective;
    int ranks;
    double bytes, seconds; /* of the last row */
    size_t count;
};

static struct reads tables[] = {
    {"nccl-tests as of 2.17 name the collective",
     "# Collective test starting: all_reduce_perf\n# nThread 1 nGpus 3\n" RANKS HEAD ROW
     "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 14.95\n",
     false, "all_reduce", 3, 1048576, 70.14e-6, 1},
    {"in-place times", HEAD ROW, true, NULL, 0, 1048576, 69.87e-6, 1},
    {"older nccl-tests have no root, and errors that are no counts",
     "#       size         count    type   redop     time   algbw   busbw   error     time   algbw "
     "  busbw   error\n"
     "  33554432 8388608 float sum 1508.9 22.24 22.24 5e-07 1508.0 22.25 22.25 5e-07\n",
     false, NULL, 0, 33554432, 1508.9e-6, 1},
    {"a table whose redop and root are blank",
     HEAD "  33554432 524288 float 1047.8 32.02 30.02 0 1015.2 33.05 30.99 N/A\n", false, NULL, 0,
     33554432, 1047.8e-6, 1},
    {"the command line in a log names the collective",
     "$ ./build/reduce_scatter_perf -b 8 -e 1G -g 3\n" HEAD ROW, false, "reduce_scatter", 0,
     1048576, 70.14e-6, 1},
    {"lines of libraries and tags of mpirun",
     "[1,0]<stdout>:# Collective test starting: alltoall_perf\n[1,0]<stdout>:#       size count "
     "type redop root time algbw busbw #wrong time algbw busbw #wrong\n"
     "[1,0]<stdout>:NCCL version 2.19.3+cuda12.3\nnode:18075:18075 [0] NCCL INFO Launch mode\n"
     "[1,0]<stdout>:     " ROW "\n[1,0]<stdout>:     " ROW,
     false, "all_to_all", 0, 1048576, 70.14e-6, 2},
    {"lines that end as Windows ends them",
     "# size count type redop root time algbw busbw #wrong time algbw busbw #wrong\r\n"
     "1048576 262144 float sum -1 70.14 14.95 14.95 0 69.87 15.01 15.01 0\r\n",
     false, NULL, 0, 1048576, 70.14e-6, 1},
    {"ranks of the first group alone",
     "#  Rank  0 Group  0 Pid 1 on a device 0\n#  Rank  1 Group  0 Pid 1 on a device 1\n"
     "#  Rank  2 Group  1 Pid 1 on a device 2\n#  Rank  3 Group  1 Pid 1 on a device 3\n" HEAD ROW,
     false, NULL, 2, 1048576, 70.14e-6, 1},
    {"osu_allreduce",
     "\n# OSU MPI Allreduce Latency Test v5.8\n# Size       Avg Latency(us)\n4              1.34\n"
     "1048576               36.66\n",
     false, "all_reduce", 0, 1048576, 36.66e-6, 2},
    {"osu_allgather with all columns",
     "# OSU MPI-CUDA Allgather Latency Test v7.5\n# Datatype: MPI_CHAR.\n"
     "# Size   Avg Latency(us)   Min Latency(us)   Max Latency(us)  Iterations\n"
     "65536                 214.08            210.01            218.13        1000\n",
     false, "all_gather", 0, 65536, 214.08e-6, 1},
    {"osu_alltoall",
     "# OSU MPI All-to-All Personalized Exchange Latency Test v7.3\n# Size Avg Latency(us)\n8 "
     "9.5\n",
     false, "all_to_all", 0, 8, 9.5e-6, 1},
    {"osu_latency", "# OSU MPI Latency Test v7.3\n# Size          Latency (us)\n0  1.10\n8  1.25\n",
     false, "point_to_point", 2, 8, 1.25e-6, 2},
    {"osu_bw", "# OSU MPI Bandwidth Test v7.3\n# Size      Bandwidth (MB/s)\n268435456  12254.16\n",
     false, "point_to_point", 2, 268435456, 268435456 / 12254.16e6, 1},
    {"osu_bibw counts both directions",
     "# OSU MPI Bi-Directional Bandwidth Test v5.6.2\n# Size Bandwidth (MB/s)\n1000000 2000\n",
     false, "point_to_point", 2, 1000000, 1e-3, 1},
    {"an OSU table without its title", "# Size       Avg Latency(us)\n4 1.34\n", false, NULL, 0, 4,
     1.34e-6, 1},
};

static void is_read(void **state)
{
    const struct reads *c = *state;
    struct reading r = read_as(c->text, strlen(c->text), c->in_place);

    assert_string_equal(r.err.text, "");
    if (c->collective == NULL)
        assert_null(r.out.collective);
    else
        assert_string_equal(r.out.collective, c->collective);
    assert_int_equal(r.out.ranks, c->ranks);
    assert_int_equal(r.out.count, c->count);
    assert_close(r.out.rows[c->count - 1].bytes, c->bytes, 0);
    assert_close(r.out.rows[c->count - 1].seconds, c->seconds, 1e-12);
    sim_arena_close(r.arena);
}

struct refusal {
    const char *name, *text, *sentence; /* in-place times are read if the name says so */
};

static struct refusal damages[] = {
    {"no table", "hello\n", "t.txt: holds no table of nccl-tests"},
    {"a head alone", HEAD, "t.txt: holds no table of nccl-tests"},
    {"a row cut short", HEAD "1048576 262144 float sum -1 70.14 14.95\n",
     "t.txt:4: this row has 7 fields; the table's head has 13."},
    {"a row cut by two fields",
     HEAD "1048576 262144 float sum -1 70.14 14.95 14.95 0 69.87 15.01\n",
     "t.txt:4: 'sum' is no time in microseconds."},
    {"a row too long", HEAD "1 2 3 4 5 6 7 8 9 10 11 12 13 14\n",
     "t.txt:4: this row has 14 fields; the table's head has 13."},
    {"wrong results", HEAD "1048576 262144 float sum -1 70.14 14.95 14.95 7 69.87 15.01 15.01 0\n",
     "t.txt:4: 7 results were wrong, so the time says nothing."},
    {"times in other units",
     HEAD "1048576 262144 float sum -1 0.07014 14.95 14.95 0 0.07 15 15 0\n",
     "t.txt:4: 1048576 bytes in 0.07014 us are 14949.76 GB/s, but the row says 14.95; are times in "
     "microseconds?"},
    {"a time of zero", HEAD "1048576 262144 float sum -1 0 14.95 14.95 0 0 15 15 0\n",
     "t.txt:4: '0' is no time in microseconds."},
    {"a time that is no number", HEAD "1048576 262144 float sum -1 nan 14.95 14.95 0 0 15 15 0\n",
     "t.txt:4: 'nan' is no time in microseconds."},
    {"in-place times that are not there",
     HEAD "1048576 262144 float sum -1 70.14 14.95 14.95 0 N/A "
          "N/A N/A N/A\n",
     "t.txt:4: 'N/A' is no time in microseconds."},
    {"no column of in-place times", "# size count time algbw busbw\n1 2 3 4 5\n",
     "t.txt:1: this table of nccl-tests has no column of in-place times"},
    {"no column of times", "# size count\n1 2\n",
     "t.txt:1: this table of nccl-tests has no column of out-of-place times"},
    {"two tables", HEAD ROW HEAD ROW, "t.txt:6: a second table begins; calibrate each by itself."},
    {"two runs", HEAD ROW "# nThread 1 nGpus 8\n" ROW,
     "t.txt:5: a second run begins; calibrate each by itself."},
    {"two OSU tests",
     "# OSU MPI Latency Test v7\n# Size Latency (us)\n8 1\n# OSU MPI Bandwidth Test v7\n",
     "t.txt:4: a second table begins; calibrate each by itself."},
    {"an OSU test without a closed form", "# OSU MPI Barrier Latency Test v7.3\n",
     "t.txt:1: 'OSU MPI Barrier Latency Test v7.3' is none of the OSU tests"},
    {"an OSU table of other things", "# Size       Messages/s\n8 77\n",
     "t.txt:1: this table has neither latencies nor bandwidths in its second column."},
    {"an OSU row cut short", "# Size Avg Latency(us)\n8\n",
     "t.txt:2: this row has a size and nothing else."},
    {"an OSU latency of zero", "# Size Avg Latency(us)\n8 0.00\n",
     "t.txt:2: '0.00' is no latency in microseconds."},
    {"an OSU bandwidth of zero", "# Size Bandwidth (MB/s)\n8 0.00\n",
     "t.txt:2: '0.00' is no bandwidth in MB/s, above 0."},
    {"an OSU size with letters", "# Size Avg Latency(us)\n8k 1.00\n",
     "t.txt:2: '8k' is no size in bytes."},
    {"an OSU run with wrong results", "# Size Avg Latency(us) Validation\n8 1.00 Fail\n",
     "t.txt:2: the results were wrong, so the time says nothing."},
};

static void is_refused(void **state)
{
    const struct refusal *c = *state;
    struct reading r = read_as(c->text, strlen(c->text), strstr(c->name, "in-place") != NULL);

    assert_int_equal(r.err.count, 1);
    if (strncmp(r.err.text, c->sentence, strlen(c->sentence)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", r.err.text, c->sentence);
    sim_arena_close(r.arena);
}

/* osu_allgather and osu_alltoall print what one rank contributes, nccl-tests the whole buffer. */
static void sizes_are_of_blocks_or_of_the_whole(void **state)
{
    static const struct {
        const char *text;
        bool counts_blocks;
    } cases[] = {{"# OSU MPI Allgather Latency Test v7\n# Size Avg Latency(us)\n8 1.5\n", true},
                 {"# OSU MPI All-to-All Personalized Exchange Latency Test v7\n"
                  "# Size Avg Latency(us)\n8 1.5\n",
                  true},
                 {"# OSU MPI Allreduce Latency Test v7\n# Size Avg Latency(us)\n8 1.5\n", false},
                 {"# all_gather_perf\n" HEAD ROW, false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading r = read_as(cases[i].text, strlen(cases[i].text), false);

        assert_true(r.fine);
        assert_int_equal(r.out.counts_blocks, cases[i].counts_blocks);
        sim_arena_close(r.arena);
    }
}

static void a_file_with_a_NUL_byte_is_no_output_of_a_benchmark(void **state)
{
    struct reading r = read_as("# size\0 count", 13, false);

    (void)state;
    assert_string_equal(r.err.text, "t.txt: holds a NUL byte, and is no benchmark's output.");
    sim_arena_close(r.arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(sizes_are_of_blocks_or_of_the_whole),
        cmocka_unit_test(a_file_with_a_NUL_byte_is_no_output_of_a_benchmark),
    };

    return RUN_CASES(is_read, tables) + RUN_CASES(is_refused, damages) +
           cmocka_run_group_tests(others, NULL, NULL);
}
