#include "algorithms/decoding/shared/threshold.h"

void dec_threshold_update(const struct dec_controller *controller, int accepted, int drafted,
                          struct dec_threshold *state)
{
    const double keep = controller->rate_memory, hold = controller->threshold_memory;
    double wanted = state->threshold;

    state->rate = keep * state->rate + (1 - keep) * accepted / drafted;
    if (state->rate < controller->wanted_rate)
        wanted += controller->step;
    else if (drafted < controller->most_drafts)
        wanted -= controller->step;
    state->threshold = hold * state->threshold + (1 - hold) * wanted;
}
