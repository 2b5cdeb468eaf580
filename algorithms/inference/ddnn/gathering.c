#include "algorithms/inference/ddnn/gathering.h"

#include <string.h>

struct gatherer *gatherer_open(const struct sim_plan *plan, int members, struct trail_store *trails)
{
    struct gatherer *gatherer = sim_new(plan->arena, struct gatherer, 1);

    *gatherer = (struct gatherer){.arena = plan->arena, .trails = trails, .members = members};
    gatherer->is_gone = sim_new(plan->arena, bool, (size_t)members);
    gatherer->of_request =
        sim_new(plan->arena, struct gathering *, (size_t)inf_run_of(plan)->count);
    gatherer->end = &gatherer->open;
    return gatherer;
}

static struct gathering *begin(struct gatherer *gatherer, struct inf_request *request)
{
    struct gathering *gathering = gatherer->spare;
    bool *marks;

    if (gathering != NULL) {
        gatherer->spare = gathering->next;
        marks = gathering->marks;
        memset(marks, 0, (size_t)gatherer->members * sizeof *marks);
    } else {
        gathering = sim_new(gatherer->arena, struct gathering, 1);
        marks = sim_new(gatherer->arena, bool, (size_t)gatherer->members);
    }
    *gathering = (struct gathering){.request = request,
                                    .has = marks,
                                    .marks = marks,
                                    .missing = gatherer->members - gatherer->gone_count,
                                    .link = gatherer->end};
    *gatherer->end = gathering;
    gatherer->end = &gathering->next;
    gatherer->of_request[request->number] = gathering;
    return gathering;
}

struct gathering *gatherer_add(struct gatherer *gatherer, struct inf_request *request, int member,
                               struct trail *trail)
{
    struct gathering *gathering = gatherer->of_request[request->number];

    if (gathering == NULL)
        gathering = begin(gatherer, request);
    if (gathering->trail != NULL)
        trail_give(gatherer->trails, gathering->trail);
    gathering->trail = trail;
    gathering->missing -= !gathering->marks[member] && !gatherer->is_gone[member];
    gathering->marks[member] = true;
    return gathering;
}

void gatherer_do_without(struct gatherer *gatherer, int member)
{
    if (gatherer->is_gone[member])
        return;
    gatherer->is_gone[member] = true;
    gatherer->gone_count++;
    for (struct gathering *g = gatherer->open; g != NULL; g = g->next)
        g->missing -= !g->marks[member];
}

void gatherer_release(struct gatherer *gatherer, struct gathering *gathering)
{
    trail_give(gatherer->trails, gathering->trail);
    gatherer->of_request[gathering->request->number] = NULL;
    *gathering->link = gathering->next;
    if (gathering->next != NULL)
        gathering->next->link = gathering->link;
    else
        gatherer->end = gathering->link;
    gathering->next = gatherer->spare;
    gatherer->spare = gathering;
}

void gatherer_prune(struct gatherer *gatherer)
{
    while (gatherer->open != NULL && gatherer->open->request->is_over)
        gatherer_release(gatherer, gatherer->open);
}
