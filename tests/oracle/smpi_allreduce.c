/* smpi_allreduce.c -- times MPI_Allreduce of so many bytes, for an oracle that runs it on SMPI.
 *
 *     smpirun ... smpi_allreduce BYTES...
 *
 * First line: "latency SECONDS HOST HOST", the slowest way from a rank to its right neighbour.  Then for
 * each BYTES: "BYTES all rest whole", the simulated seconds of three calls: all of it; the BYTES % p that
 * do not fill p equal chunks; and the rest of it, p equal chunks.  0 for a call on no bytes. */
#include <mpi.h>
#include <simgrid/actor.h>
#include <simgrid/host.h>
#include <stdio.h>
#include <stdlib.h>

/* Ranks leave a barrier at different times, so they sleep until the clock shows the next full second
 * but one, which is far enough for all of them. */
static void start_together(void)
{
    double now, latest;

    MPI_Barrier(MPI_COMM_WORLD);
    now = MPI_Wtime();
    MPI_Allreduce(&now, &latest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    sg_actor_sleep_for((double)((long)latest + 2) - MPI_Wtime());
}

static double seconds_of(const char *from, char *to, int bytes)
{
    double begin, mine, longest;

    if (bytes == 0)
        return 0;
    start_together();
    begin = MPI_Wtime();
    MPI_Allreduce(from, to, bytes, MPI_CHAR, MPI_MAX, MPI_COMM_WORLD);
    mine = MPI_Wtime() - begin;
    MPI_Allreduce(&mine, &longest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return longest;
}

static void print_slowest_way(int rank, int p)
{
    char names[2][MPI_MAX_PROCESSOR_NAME] = {"", ""};
    struct {
        double seconds;
        int rank;
    } mine, slowest;
    int length;

    MPI_Get_processor_name(names[0], &length);
    MPI_Sendrecv(names[0], MPI_MAX_PROCESSOR_NAME, MPI_CHAR, (rank + p - 1) % p, 0, names[1],
                 MPI_MAX_PROCESSOR_NAME, MPI_CHAR, (rank + 1) % p, 0, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
    mine.seconds = sg_host_get_route_latency(sg_host_by_name(names[0]), sg_host_by_name(names[1]));
    mine.rank = rank;
    MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE_INT, MPI_MAXLOC, MPI_COMM_WORLD);
    if (rank == slowest.rank)
        printf("latency %.17g %s %s\n", slowest.seconds, names[0], names[1]);
    fflush(stdout);
    MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    int rank, p;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &p);
    print_slowest_way(rank, p);
    for (int i = 1; i < argc; i++) { /* all ranks share two buffers: their contents do not matter */
        const int bytes = atoi(argv[i]);
        char *from = SMPI_SHARED_MALLOC((size_t)bytes), *to = SMPI_SHARED_MALLOC((size_t)bytes);
        const double all = seconds_of(from, to, bytes);
        const double rest = seconds_of(from, to, bytes % p);
        const double whole = bytes % p == 0 ? all : seconds_of(from, to, bytes - bytes % p);

        if (rank == 0)
            printf("%d %.17g %.17g %.17g\n", bytes, all, rest, whole);
        SMPI_SHARED_FREE(from);
        SMPI_SHARED_FREE(to);
    }
    MPI_Finalize();
    return 0;
}
