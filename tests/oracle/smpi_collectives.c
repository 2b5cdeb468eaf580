/* smpi_collectives.c -- times MPI's collectives of so many bytes a block, for an oracle that runs it on SMPI.
 *
 *     smpirun ... smpi_collectives KINDS BLOCK...
 *
 * KINDS is some of the letters a (MPI_Allreduce), g (MPI_Allgather), s (MPI_Reduce_scatter), t (MPI_Alltoall),
 * b (MPI_Bcast); each moves p blocks of BLOCK bytes in all.  First line: "latency SECONDS", the slowest way
 * from a rank to its right neighbour.  Then a line "KIND BLOCK SECONDS" for each: until the last rank is done. */
#include <mpi.h>
#include <simgrid/actor.h>
#include <simgrid/host.h>
#include <stdio.h>
#include <stdlib.h>

/* A rank's own: all ranks share the globals of this process. */
struct rank {
    int p;
    char *from, *to;
    int *blocks;
};

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

/* Bytes and "or", since SMPI's rab takes no characters. */
static void call(const struct rank *my, char kind, int block)
{
    const int all = my->p * block;
    char *const from = my->from, *const to = my->to;

    switch (kind) {
    case 'a': MPI_Allreduce(from, to, all, MPI_BYTE, MPI_BOR, MPI_COMM_WORLD); break;
    case 'g': MPI_Allgather(from, block, MPI_BYTE, to, block, MPI_BYTE, MPI_COMM_WORLD); break;
    case 's': MPI_Reduce_scatter(from, to, my->blocks, MPI_BYTE, MPI_BOR, MPI_COMM_WORLD); break;
    case 't': MPI_Alltoall(from, block, MPI_BYTE, to, block, MPI_BYTE, MPI_COMM_WORLD); break;
    default: MPI_Bcast(to, all, MPI_BYTE, 0, MPI_COMM_WORLD);
    }
}

static double seconds_of(const struct rank *my, char kind, int block)
{
    double begin, mine, longest;

    for (int i = 0; i < my->p; i++)
        my->blocks[i] = block;
    start_together();
    begin = MPI_Wtime();
    call(my, kind, block);
    mine = MPI_Wtime() - begin;
    MPI_Allreduce(&mine, &longest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return longest;
}

static double slowest_way(int rank, int p)
{
    char names[2][MPI_MAX_PROCESSOR_NAME] = {"", ""};
    double mine, slowest;
    int length;

    MPI_Get_processor_name(names[0], &length);
    MPI_Sendrecv(names[0], MPI_MAX_PROCESSOR_NAME, MPI_CHAR, (rank + p - 1) % p, 0, names[1],
                 MPI_MAX_PROCESSOR_NAME, MPI_CHAR, (rank + 1) % p, 0, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
    mine = sg_host_get_route_latency(sg_host_by_name(names[0]), sg_host_by_name(names[1]));
    MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return slowest;
}

int main(int argc, char **argv)
{
    struct rank my;
    double latency;
    int rank;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &my.p);
    latency = slowest_way(rank, my.p);
    if (rank == 0)
        printf("latency %.17g\n", latency);
    my.blocks = malloc((size_t)my.p * sizeof *my.blocks);
    for (int i = 2; i < argc; i++) {
        const int block = atoi(argv[i]);

        my.from = calloc((size_t)my.p, (size_t)block);
        my.to = calloc((size_t)my.p, (size_t)block);
        for (const char *kind = argv[1]; *kind != '\0'; kind++) {
            const double seconds = seconds_of(&my, *kind, block);

            if (rank == 0)
                printf("%c %d %.17g\n", *kind, block, seconds);
        }
        free(my.from);
        free(my.to);
    }
    free(my.blocks);
    MPI_Finalize();
    return 0;
}
