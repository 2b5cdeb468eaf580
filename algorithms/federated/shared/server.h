/* server.h -- what server.c and close.c, the two halves of the server, have of each other. */
#ifndef FEDERATED_SERVER_H
#define FEDERATED_SERVER_H

#include "algorithms/federated/shared/federated.h"

/* For qsort, of struct fed_turn *: by client, then by round. */
int fed_by_client(const void *a, const void *b);

/* Make a new model of what has arrived, test it, and tell. */
void fed_close_round(struct fed_server *server);

/* The metrics of the whole run. */
void fed_tell_end(struct fed_server *server);

#endif
