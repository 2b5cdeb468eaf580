#include "algorithms/decoding/shared/pearl_state.h"

#include <assert.h>

static struct pearl_step before_verifying(enum pearl_rule rule, int gamma)
{
    const int looked_at = rule == PEARL_POST_VERIFY_ONLY ? 0 : 1;

    return (struct pearl_step){.drafted = gamma, .looked_at = looked_at, .of_window = looked_at};
}

static struct pearl_step while_verifying(enum pearl_rule rule, int pending, int gamma)
{
    switch (rule) {
    case PEARL_PRE_VERIFY_ONLY: return (struct pearl_step){.looked_at = pending, .has_bonus = true};
    case PEARL_POST_VERIFY_ONLY: return (struct pearl_step){.drafted = gamma, .looked_at = pending};
    default: return (struct pearl_step){.drafted = gamma, .looked_at = pending + 1, .of_window = 1};
    }
}

struct pearl_step pearl_step(enum pearl_rule rule, struct pearl_state state, int gamma)
{
    assert(gamma > 0 && state.pending >= 0 && (state.mode == PEARL_POST || state.pending == 0));
    return state.mode == PEARL_PRE ? before_verifying(rule, gamma)
                                   : while_verifying(rule, state.pending, gamma);
}

struct pearl_outcome pearl_judged(enum pearl_rule rule, struct pearl_state state, int gamma,
                                  int accepted)
{
    const struct pearl_step step = pearl_step(rule, state, gamma);
    const int left = state.pending + step.drafted - accepted;

    assert(accepted >= 0 && accepted <= step.looked_at);
    if (accepted < step.looked_at || step.has_bonus)
        return (struct pearl_outcome){
            .emitted = accepted + 1, .has_target = true, .thrown_away = left};
    return (struct pearl_outcome){.emitted = accepted, .next = {PEARL_POST, left}};
}
