/* smpi_ring.c -- one MPI_Allreduce of p chunks, and its simulated seconds, for smpirun.
 *
 *     smpirun ... smpi_ring CHUNK_BYTES
 *
 * SMPI really moves and combines the bytes, so the ranks share their buffers and chunks should be small. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int rank, p, bytes;
    char *from, *to;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &p);
    bytes = p * (argc == 2 ? atoi(argv[1]) : 1);
    from = SMPI_SHARED_MALLOC((size_t)bytes);
    to = SMPI_SHARED_MALLOC((size_t)bytes);
    MPI_Allreduce(from, to, bytes, MPI_CHAR, MPI_MAX, MPI_COMM_WORLD);
    if (rank == 0)
        printf("%.17g\n", MPI_Wtime());
    SMPI_SHARED_FREE(from);
    SMPI_SHARED_FREE(to);
    MPI_Finalize();
    return 0;
}
