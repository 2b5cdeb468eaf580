/* masking.h -- what masking.c and trusted.c, the two protocols of secure aggregation, have of each other. */
#ifndef FEDERATED_MASKING_H
#define FEDERATED_MASKING_H

#include "algorithms/federated/rules/secure.h"
#include "algorithms/federated/shared/federated.h"

enum { MASKING_FRACTION_BITS = 24, MASKING_WORD_BITS = 62 };

/* How many numbers of 4 bytes that is. */
int64_t masking_numbers(int64_t plain_bytes);

/* So many numbers of the sum of this round are one client's: a metric, and the first time a sentence. */
void masking_tell_bare(struct fed_server *server, bool *has_said, double numbers);

#endif
