/* shuffle.h -- a random order, each of them as likely. */
#ifndef LEARNING_SHUFFLE_H
#define LEARNING_SHUFFLE_H

#include "sim/base/random.h"

/* Put the `count` numbers in a random order (Fisher and Yates; Durstenfeld's form, CACM 1964). */
void shuffle(int *numbers, int count, struct sim_random *random);

#endif
