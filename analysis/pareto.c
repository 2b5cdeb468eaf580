#include "analysis/pareto.h"

#include <math.h>
#include <stdlib.h>

/* Less is better in both. */
struct candidate {
    double x, y;
    int place;
};

static int by_x_then_y(const void *a, const void *b)
{
    const struct candidate *p = a, *q = b;

    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return p->place < q->place ? -1 : p->place > q->place;
}

/* From the best x on, a point is on the front if its y is better than all before, or it equals the last on the front. */
int analysis_pareto_front(const double *x, const double *y, int count, bool more_x, bool more_y,
                          int *front, struct sim_arena *arena)
{
    struct candidate *list = sim_new(arena, struct candidate, (size_t)count + 1);
    struct candidate last = {NAN, INFINITY, -1};
    int candidates = 0, found = 0;

    for (int i = 0; i < count; i++)
        if (!isnan(x[i]) && !isnan(y[i]))
            list[candidates++] =
                (struct candidate){more_x ? -x[i] : x[i], more_y ? -y[i] : y[i], i};
    qsort(list, (size_t)candidates, sizeof *list, by_x_then_y);
    for (int i = 0; i < candidates; i++) {
        if (!(list[i].y < last.y) && !(list[i].y == last.y && list[i].x == last.x))
            continue;
        last = list[i];
        front[found++] = list[i].place;
    }
    for (int i = 0; more_x && i < found / 2; i++) { /* ascending x */
        const int other = front[found - 1 - i];

        front[found - 1 - i] = front[i];
        front[i] = other;
    }
    return found;
}
