/* said.h -- said.csv: what drafts said, token by token, and what the target made of it.
 *
 * A row for each token of each round of each request, in the order in which it stands in the text:
 *   accepted   a drafted token on the accepted path
 *   rejected   a drafted token that the target looked at and did not take
 *   unseen     a drafted token behind a rejected one
 *   target     the target's own token: in place of a rejected one, or behind them all
 *   surplus    accepted, or the target's own, but behind the last token that was asked for
 * The first token behind a prompt, which nobody drafts, is not among them; nor is what systems judge by rules of their own
 * (PEARL).  Only with tokens_from: text; other tokens mean nothing. */
#ifndef DECODING_SAID_H
#define DECODING_SAID_H

#include "algorithms/decoding/shared/server.h"

/* NULL where tokens mean nothing. */
struct dec_said *dec_said_open(const struct dec_server *server);

/* A verdict that is about to be committed. */
void dec_say(struct dec_server *server, const struct dec_sequence *sequence);

/* Write said.csv, if anything was said. */
void dec_said_write(struct dec_server *server);

#endif
