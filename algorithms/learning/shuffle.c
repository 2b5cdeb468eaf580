#include "algorithms/learning/shuffle.h"

void shuffle(int *numbers, int count, struct sim_random *random)
{
    for (int i = count - 1; i > 0; i--) {
        const uint32_t k = sim_random_below(random, (uint32_t)i + 1);
        const int held = numbers[i];

        numbers[i] = numbers[k];
        numbers[k] = held;
    }
}
