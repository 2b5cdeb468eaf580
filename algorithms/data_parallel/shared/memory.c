#include "algorithms/data_parallel/shared/memory.h"

#include <math.h>

void memory_hold(struct sim_peer *me, struct memory *memory, double bytes, const char *what,
                 const char *advice)
{
    const double there_bytes = sim_memory_bytes(me->plan, me->number);
    char needed[SIM_QUANTITY_SIZE], there[SIM_QUANTITY_SIZE];

    memory->held_bytes += bytes;
    memory->peak_bytes = fmax(memory->peak_bytes, memory->held_bytes);
    if (there_bytes > 0 && memory->held_bytes > there_bytes && !me->plan->allows_oom)
        sim_give_up(me, "%s need %s here, but the memory of its host is %s: %s", what,
                    sim_format_quantity(needed, memory->held_bytes, SIM_UNIT_BYTES),
                    sim_format_quantity(there, there_bytes, SIM_UNIT_BYTES), advice);
}

void memory_let_go(struct memory *memory, double bytes)
{
    memory->held_bytes -= bytes;
}
