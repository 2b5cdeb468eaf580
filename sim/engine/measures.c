/* measures.c -- what a law may compare itself with. */
#include "sim/algorithm.h"

double sim_total_seconds(const struct sim_totals *totals)
{
    return totals->seconds;
}

double sim_total_bytes(const struct sim_totals *totals)
{
    return (double)totals->bytes;
}

double sim_total_messages(const struct sim_totals *totals)
{
    return (double)totals->messages;
}

double sim_busiest_card_bytes(const struct sim_totals *totals)
{
    return (double)totals->busiest_card_bytes;
}
