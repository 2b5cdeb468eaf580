#include "algorithms/federated/rules/reward.h"

#include <math.h>

double reward_utility(enum reward_utility utility, double accuracy)
{
    return utility == REWARD_LINEAR ? accuracy : 20 / (1 + exp(0.35 * (1 - accuracy))) - 10;
}

double reward_of_round(const struct reward *reward, double accuracy_before, double accuracy,
                       double seconds, double bytes)
{
    const double gain = reward_utility(reward->utility, accuracy) -
                        reward_utility(reward->utility, accuracy_before);

    return reward->accuracy_weight * gain - reward->second_weight * seconds -
           reward->byte_weight * bytes;
}

double round_seconds(const struct round_cost *costs, const enum agent_action *actions, int count)
{
    double probing = 0, rest = 0;

    for (int n = 0; n < count; n++) {
        probing = fmax(probing, costs[n].probing_seconds);
        if (actions[n] == AGENT_KEEPS)
            rest = fmax(rest, costs[n].rest_seconds + costs[n].upload_seconds);
    }
    return probing + rest;
}

double round_bytes(const struct round_cost *costs, const enum agent_action *actions, int count)
{
    double bytes = 0;

    for (int n = 0; n < count; n++)
        bytes += actions[n] == AGENT_KEEPS ? costs[n].upload_bytes : 0;
    return bytes;
}
