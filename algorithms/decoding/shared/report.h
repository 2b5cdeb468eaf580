/* report.h -- what a run says of itself: rows of requests.csv and rounds.csv, metrics, and the text. */
#ifndef DECODING_REPORT_H
#define DECODING_REPORT_H

#include "algorithms/decoding/shared/server.h"

/* A verification of that sequence has emitted `committed` tokens, before the surplus is cut off. */
void dec_count_round(struct dec_server *server, struct dec_sequence *sequence, int committed);

void dec_report_round(struct dec_server *server);
void dec_report_request(struct sim_peer *me, const struct dec_sequence *sequence);

/* At the end of the run: all metrics; requests that are not over get their rows. */
void dec_report(struct dec_server *server);

/* ---- memory of the target's devices ---- */

/* Does the batch leave room for the keys and values of one more sequence, until its end? */
bool dec_has_room(const struct dec_server *server);
void dec_note_memory(struct dec_server *server);

#endif
