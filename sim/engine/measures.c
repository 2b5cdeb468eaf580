/* measures.c -- what a law may compare itself with. */
#include "sim/trace/record.h"

#include <string.h>

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

double sim_largest_metric(const struct sim_totals *totals, const char *name)
{
    const struct sim_record *record = totals->record;
    double largest = 0;

    for (size_t i = 0; i < record->note_count; i++)
        if (strcmp(record->notes[i].name, name) == 0 && record->notes[i].value > largest)
            largest = record->notes[i].value;
    for (size_t i = 0; i < record->statistic_count; i++)
        if (strcmp(record->statistics[i].name, name) == 0 && record->statistics[i].value > largest)
            largest = record->statistics[i].value;
    return largest;
}
