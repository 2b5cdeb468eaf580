#include "algorithms/inference/rules/co_clustering.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_ROUNDS = 100 };

/* Inputs and then outputs, each a point with `dimensions` numbers. */
struct points {
    int count, dimensions;
    double *at; /* [count][dimensions] */
};

static bool is_left(const struct weights_left *weights, int input, int output)
{
    return weights->is_left[(size_t)input * (size_t)weights->outputs + (size_t)output];
}

/* ---- the spectrum ---- */

/* 1 / sqrt(how many weights are left of it); 0 of none. */
static double *scales(struct sim_arena *arena, const struct weights_left *weights)
{
    double *scale = sim_new(arena, double, (size_t)(weights->inputs + weights->outputs));

    for (int i = 0; i < weights->inputs; i++)
        for (int j = 0; j < weights->outputs; j++)
            if (is_left(weights, i, j)) {
                scale[i]++;
                scale[weights->inputs + j]++;
            }
    for (int v = 0; v < weights->inputs + weights->outputs; v++)
        scale[v] = scale[v] > 0 ? 1 / sqrt(scale[v]) : 0;
    return scale;
}

/* D1^-1/2 A D2^-1/2. */
static gsl_matrix *normalised(const struct weights_left *weights, const double *scale)
{
    gsl_matrix *a = gsl_matrix_calloc((size_t)weights->inputs, (size_t)weights->outputs);

    for (int i = 0; i < weights->inputs; i++)
        for (int j = 0; j < weights->outputs; j++)
            if (is_left(weights, i, j))
                gsl_matrix_set(a, (size_t)i, (size_t)j, scale[i] * scale[weights->inputs + j]);
    return a;
}

/* Left singular vectors, as columns, largest singular value first: eigenvectors of A A'. */
static gsl_matrix *left_vectors(const gsl_matrix *a, gsl_vector *squares)
{
    gsl_matrix *product = gsl_matrix_alloc(a->size1, a->size1);
    gsl_matrix *vectors = gsl_matrix_alloc(a->size1, a->size1);
    gsl_eigen_symmv_workspace *room = gsl_eigen_symmv_alloc(a->size1);

    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, a, a, 0, product);
    gsl_eigen_symmv(product, squares, vectors, room);
    gsl_eigen_symmv_sort(squares, vectors, GSL_EIGEN_SORT_VAL_DESC);
    gsl_eigen_symmv_free(room);
    gsl_matrix_free(product);
    return vectors;
}

/* Coordinate d of all points: D1^-1/2 u and D2^-1/2 A' u / s of the singular vector behind the first d + 1. */
static void place(const struct points *points, int d, const gsl_matrix *a, const gsl_vector *u,
                  double square, const double *scale)
{
    gsl_vector *v = gsl_vector_calloc(a->size2);
    const int inputs = (int)a->size1;

    if (square > 1e-20)
        gsl_blas_dgemv(CblasTrans, 1 / sqrt(square), a, u, 0, v);
    for (int i = 0; i < points->count; i++)
        points->at[i * points->dimensions + d] =
            scale[i] *
            (i < inputs ? gsl_vector_get(u, (size_t)i) : gsl_vector_get(v, (size_t)(i - inputs)));
    gsl_vector_free(v);
}

static int dimensions_for(int clusters)
{
    int dimensions = 1;

    while (1 << dimensions < clusters)
        dimensions++;
    return dimensions;
}

static struct points embed(struct sim_arena *arena, const struct weights_left *weights,
                           int clusters)
{
    const int most = weights->inputs - 1, wanted = dimensions_for(clusters);
    struct points points = {.count = weights->inputs + weights->outputs,
                            .dimensions = wanted < most ? wanted : most};
    const double *scale = scales(arena, weights);
    gsl_matrix *a = normalised(weights, scale);
    gsl_vector *squares = gsl_vector_alloc(a->size1);
    gsl_matrix *vectors = left_vectors(a, squares);

    points.at = sim_new(arena, double, (size_t)points.count *(size_t)points.dimensions);
    for (int d = 0; d < points.dimensions; d++) {
        const gsl_vector_const_view u = gsl_matrix_const_column(vectors, (size_t)d + 1);

        place(&points, d, a, &u.vector, gsl_vector_get(squares, (size_t)d + 1), scale);
    }
    gsl_matrix_free(vectors);
    gsl_vector_free(squares);
    gsl_matrix_free(a);
    return points;
}

/* ---- k means ---- */

static double distance(const struct points *points, int i, const double *centre)
{
    double sum = 0;

    for (int d = 0; d < points->dimensions; d++)
        sum += pow(points->at[i * points->dimensions + d] - centre[d], 2);
    return sum;
}

static double *centre_of(const struct points *points, double *centres, int c)
{
    return centres + (size_t)c * (size_t)points->dimensions;
}

static void put_centre(const struct points *points, double *centres, int c, int i)
{
    for (int d = 0; d < points->dimensions; d++)
        centre_of(points, centres, c)[d] = points->at[i * points->dimensions + d];
}

/* The first is the point farthest from the origin, each next that which is farthest from those there are. */
static void begin_centres(const struct points *points, double *centres, int clusters)
{
    for (int c = 0; c < clusters; c++) {
        double farthest = -1;
        int chosen = 0;

        for (int i = 0; i < points->count; i++) {
            double nearest = INFINITY;

            for (int other = 0; other < c; other++)
                nearest = fmin(nearest, distance(points, i, centre_of(points, centres, other)));
            if (c == 0)
                nearest = distance(points, i, (const double[32]){0});
            if (nearest > farthest) {
                farthest = nearest;
                chosen = i;
            }
        }
        put_centre(points, centres, c, chosen);
    }
}

static int nearest_of(const struct points *points, int i, double *centres, int clusters)
{
    int nearest = 0;

    for (int c = 1; c < clusters; c++)
        if (distance(points, i, centre_of(points, centres, c)) <
            distance(points, i, centre_of(points, centres, nearest)))
            nearest = c;
    return nearest;
}

static void move_centres(const struct points *points, double *centres, int clusters,
                         const int *cluster_of)
{
    for (int c = 0; c < clusters; c++) {
        double *centre = centre_of(points, centres, c);
        int members = 0;

        for (int i = 0; i < points->count; i++)
            members += cluster_of[i] == c;
        if (members == 0)
            continue;
        for (int d = 0; d < points->dimensions; d++) {
            centre[d] = 0;
            for (int i = 0; i < points->count; i++)
                if (cluster_of[i] == c)
                    centre[d] += points->at[i * points->dimensions + d] / members;
        }
    }
}

/* The centres, and how many points are nearest to each. */
static double *find_centres(struct sim_arena *arena, const struct points *points, int clusters,
                            int *sizes)
{
    double *centres = sim_new(arena, double, (size_t)clusters *(size_t)points->dimensions + 1);
    int *cluster_of = sim_new(arena, int, (size_t)points->count);
    bool has_moved = true;

    begin_centres(points, centres, clusters);
    for (int round = 0; has_moved && round < MOST_ROUNDS; round++) {
        has_moved = round == 0;
        for (int i = 0; i < points->count; i++) {
            const int nearest = nearest_of(points, i, centres, clusters);

            has_moved |= nearest != cluster_of[i];
            cluster_of[i] = nearest;
        }
        move_centres(points, centres, clusters, cluster_of);
    }
    for (int i = 0; i < points->count; i++)
        sizes[cluster_of[i]]++;
    return centres;
}

/* ---- clusters become nodes ---- */

/* Place of the i-th largest, for i = 0 ..; of equal ones the first. */
static void rank(const double *values, int count, int *order)
{
    for (int i = 0; i < count; i++) {
        int at = i;

        while (at > 0 && values[order[at - 1]] < values[i]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

/* The largest cluster goes to the node that can do most. */
static void match(struct sim_arena *arena, const int *sizes, const double *capabilities, int nodes,
                  int *cluster_of_node)
{
    double *sizes_of = sim_new(arena, double, (size_t)nodes);
    int *clusters = sim_new(arena, int, (size_t)nodes), *by = sim_new(arena, int, (size_t)nodes);

    for (int c = 0; c < nodes; c++)
        sizes_of[c] = sizes[c];
    rank(sizes_of, nodes, clusters);
    rank(capabilities, nodes, by);
    for (int i = 0; i < nodes; i++)
        cluster_of_node[by[i]] = clusters[i];
}

/* ceil of its share: all together have room for all. */
static int *rooms(struct sim_arena *arena, const double *capabilities, int nodes, int count)
{
    int *room = sim_new(arena, int, (size_t)nodes);
    double sum = 0;

    for (int n = 0; n < nodes; n++)
        sum += capabilities[n];
    for (int n = 0; n < nodes; n++)
        room[n] = (int)ceil(count * capabilities[n] / sum * (1 - 1e-12));
    return room;
}

struct wish {
    double distance;
    int point, node;
};

static int by_distance(const void *a, const void *b)
{
    const struct wish *x = a, *y = b;

    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return x->point != y->point ? x->point - y->point : x->node - y->node;
}

/* Points first .. first + count - 1: the nearest pair of a point and a node that has room comes first. */
static int *fill(struct sim_arena *arena, const struct points *points, int first, int count,
                 double *centres, const int *cluster_of_node, int *room, int nodes)
{
    struct wish *wishes = sim_new(arena, struct wish, (size_t)count * (size_t)nodes);
    int *node_of = sim_new(arena, int, (size_t)count);

    for (int i = 0; i < count; i++) {
        node_of[i] = -1;
        for (int n = 0; n < nodes; n++)
            wishes[i * nodes + n] = (struct wish){
                distance(points, first + i, centre_of(points, centres, cluster_of_node[n])), i, n};
    }
    qsort(wishes, (size_t)count * (size_t)nodes, sizeof *wishes, by_distance);
    for (int w = 0; w < count * nodes; w++)
        if (node_of[wishes[w].point] < 0 && room[wishes[w].node] > 0) {
            node_of[wishes[w].point] = wishes[w].node;
            room[wishes[w].node]--;
        }
    return node_of;
}

struct co_clusters co_cluster(struct sim_arena *arena, const struct weights_left *weights,
                              const double *capabilities, int nodes)
{
    struct points points;
    int *sizes = sim_new(arena, int, (size_t)nodes), *cluster_of_node;
    double *centres;

    if (nodes == 1 || weights->inputs < 2)
        return co_cluster_in_order(arena, weights, capabilities, nodes);
    points = embed(arena, weights, nodes);
    centres = find_centres(arena, &points, nodes, sizes);
    cluster_of_node = sim_new(arena, int, (size_t)nodes);
    match(arena, sizes, capabilities, nodes, cluster_of_node);
    return (struct co_clusters){
        .nodes = nodes,
        .of_input = fill(arena, &points, 0, weights->inputs, centres, cluster_of_node,
                         rooms(arena, capabilities, nodes, weights->inputs), nodes),
        .of_output =
            fill(arena, &points, weights->inputs, weights->outputs, centres, cluster_of_node,
                 rooms(arena, capabilities, nodes, weights->outputs), nodes)};
}

static int *deal(struct sim_arena *arena, const double *capabilities, int nodes, int count)
{
    int *node_of = sim_new(arena, int, (size_t)count),
        *room = rooms(arena, capabilities, nodes, count);
    int node = 0;

    for (int i = 0; i < count; i++) {
        while (room[node] == 0)
            node++;
        room[node]--;
        node_of[i] = node;
    }
    return node_of;
}

struct co_clusters co_cluster_in_order(struct sim_arena *arena, const struct weights_left *weights,
                                       const double *capabilities, int nodes)
{
    return (struct co_clusters){.nodes = nodes,
                                .of_input = deal(arena, capabilities, nodes, weights->inputs),
                                .of_output = deal(arena, capabilities, nodes, weights->outputs)};
}
