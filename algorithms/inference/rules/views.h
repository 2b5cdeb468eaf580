/* views.h -- what several devices see of one image, each in its own way: for networks of many views (DDNN).
 *
 * The paper's six cameras stood round a place, and what stood in it was in the picture of some of them only.  Those
 * pictures we do not have, so views are made of a data set's images: a quadrant, a window, a noisy picture; and now and
 * then a device sees nothing, a blank.  What is not seen is 0. */
#ifndef INFERENCE_VIEWS_H
#define INFERENCE_VIEWS_H

#include "algorithms/learning/convolution.h"

#include <stdint.h>

enum view_kind {
    VIEW_QUADRANTS, /* device d sees quadrant d mod 4: upper left, upper right, lower left, lower right */
    VIEW_CROPS, /* three quarters of rows and columns: at corner d mod 5 in that order, the fifth in the middle */
    VIEW_NOISE, /* the whole image, and Gaussian noise on each pixel */
    VIEW_MIXED  /* by d mod 3 a quadrant, a window, noise; the d / 3-th of its kind */
};
extern const char *const view_choices[]; /* "quadrants", "crops", "noise", "mixed", NULL */

struct views {
    enum view_kind kind;
    int devices;
    struct image_shape image;
    double noise;       /* standard deviation; the brightest pixel is 1 */
    double blank_share; /* of all (sample, device): nothing is seen */
    uint64_t seed;
};

/* All devices' views of one image, devices x pixels, into `seen`.  The same seed and sample give the same views. */
void views_of(const struct views *views, const double *image, int sample, double *seen);

#endif
