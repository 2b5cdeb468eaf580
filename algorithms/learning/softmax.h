/* softmax.h -- scores as shares, their cross-entropy and their entropy, in nats. */
#ifndef LEARNING_SOFTMAX_H
#define LEARNING_SOFTMAX_H

/* Cross-entropy of one sample, log sum_c exp(z_c) - z_label; the highest score is taken out first, so that no exp
 * overflows.  Fills `shares`, the softmax, if it is not NULL; it may be where the scores are. */
double softmax_cross_entropy(const double *scores, int classes, int label, double *shares);

/* The same, and its gradient by the scores, softmax - onehot, times `weight`. */
double softmax_loss(const double *scores, int classes, int label, double weight, double *gradient);

/* -sum_c y_c log y_c, 0 .. log(classes); a share of 0 adds nothing. */
double softmax_entropy(const double *shares, int classes);

/* The class of the highest score, of equal ones the first. */
int softmax_highest(const double *scores, int classes);

#endif
