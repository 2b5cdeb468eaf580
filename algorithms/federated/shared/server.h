/* server.h -- what server.c and close.c, the two halves of the server, have of each other. */
#ifndef FEDERATED_SERVER_H
#define FEDERATED_SERVER_H

#include "algorithms/federated/shared/federated.h"

/* For qsort, of struct fed_turn *: by client, then by round. */
int fed_by_client(const void *a, const void *b);

/* Make a new model of what has arrived, test it, and tell. */
void fed_close_round(struct fed_server *server);

/* (1/K) sum_k |grad f - grad F_k|^2 at the server's model: F_k the mean loss over what client k trains on, f that
 * over all (Li et al., MLSys 2020, section 5.3.3). */
double fed_dissimilarity(const struct fed_server *server);

/* The metrics of the whole run. */
void fed_tell_end(struct fed_server *server);

#endif
