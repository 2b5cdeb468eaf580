/* line.h -- parcels that stand in line, first in first out. */
#ifndef INFERENCE_LINE_H
#define INFERENCE_LINE_H

#include "algorithms/inference/shared/station.h"

struct line {
    struct parcel *first, **last;
    int count;
};

static inline void line_join(struct line *line, struct parcel *parcel)
{
    if (line->first == NULL)
        line->last = &line->first;
    parcel->next = NULL;
    *line->last = parcel;
    line->last = &parcel->next;
    line->count++;
}

static inline void line_join_first(struct line *line, struct parcel *parcel)
{
    if (line->first == NULL)
        line->last = &parcel->next;
    parcel->next = line->first;
    line->first = parcel;
    line->count++;
}

static inline struct parcel *line_leave(struct line *line)
{
    struct parcel *parcel = line->first;

    line->first = parcel->next;
    line->count--;
    parcel->next = NULL;
    return parcel;
}

#endif
