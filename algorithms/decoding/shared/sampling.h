/* sampling.h -- what a model's row becomes before a token is drawn from it: temperature, top-k, nucleus.
 *
 * Leviathan, Kalman and Matias, ICML 2023, sec. 2.2: argmax, top-k, nucleus and temperature are all sampling from an
 * adjusted distribution, so that one rule of acceptance does for all; p and q are adjusted alike.  In that order: p(x)^(1/T)
 * normalised; the k most probable; of those the fewest that have top_p of their mass (Holtzman et al., ICLR 2020).
 * Of equally probable tokens the one of the lowest number comes first. */
#ifndef DECODING_SAMPLING_H
#define DECODING_SAMPLING_H

#include <stdbool.h>

struct sampling {
    double temperature; /* 0: the most probable token has probability 1 */
    int top_k;          /* 0: all */
    double top_p;       /* in (0, 1]; 1: all */
};

/* Adjust row[count] in place; `space` is room for `count` numbers. */
void sampling_adjust(const struct sampling *sampling, double *row, int count, int *space);

/* The most probable token. */
int sampling_best(const double *row, int count);

/* The first `wanted` of space[] become the most probable tokens, in that order; returns how many there are. */
int sampling_top(const double *row, int count, int wanted, int *space);

/* The token in which `uniform`, in [0, 1), falls; never one of probability 0. */
int sampling_draw(const double *row, int count, double uniform);

/* In place: never that token again; false where nothing is left.  Sequoia's drafts are drawn without replacement. */
bool sampling_without(double *row, int count, int token);

/* sum of min(p, q): the probability that a token drawn from q is accepted (Leviathan, corollary 3.6). */
double sampling_overlap(const double *p, const double *q, int count);

#endif
