/* PipeDream's program on its own profile of VGG-16 (Narayanan et al., SOSP 2019): the times of a minibatch that it prints,
 * and those of the paper's rule on the same chain of layers.  Six digits, or nine, as printed. */
#include "analysis/planner.h"
#include "sim/workload/model.h"
#include "tests/published/published.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    enum planner_rule rule;
    struct planner_level levels[2];
    int level_count;
    double seconds, data_parallel_seconds; /* 0: not printed */
    double last_digit;
} plans[] = {
    {PLANNER_CODE, {{4, 1.25e9}}, 1, 0.176349, 0.500192, 1e-6},
    {PLANNER_CODE, {{8, 1.25e9}}, 1, 0.100841, 0.277767, 1e-6},
    {PLANNER_CODE, {{16, 1.25e9}}, 1, 0.054795, 0.145802, 1e-6},
    {PLANNER_CODE, {{16, 3.125e9}}, 1, 0.045525, 0.083541, 1e-6},
    {PLANNER_PAPER, {{4, 1.25e9}}, 1, 0.168134, 0.168134, 1e-6},
    {PLANNER_PAPER, {{8, 1.25e9}}, 1, 0.088874, 0.096850, 1e-6},
    {PLANNER_PAPER, {{16, 1.25e9}}, 1, 0.044159, 0.051884, 1e-6},
    {PLANNER_CODE, {{4, 12.5e9}, {4, 1.25e9}}, 2, 0.066839703, 0, 1e-9},
};

static struct planner_layer *profile(struct sim_arena *arena, int *count)
{
    struct sim_error err = {0};
    const struct sim_model *model =
        sim_model_load(arena, "scenarios/models/vgg16_pipedream.csv", &err);
    struct planner_layer *layers;

    if (model == NULL)
        fail_msg("%s", err.text);
    layers = sim_new(arena, struct planner_layer, (size_t)model->layer_count);
    for (int l = 0; l < model->layer_count; l++)
        layers[l] = (struct planner_layer){
            model->layers[l].forward_seconds + model->layers[l].backward_seconds,
            (double)model->layers[l].parameter_bytes, (double)model->layers[l].activation_bytes};
    *count = model->layer_count;
    return layers;
}

static void the_plans_take_the_seconds_that_are_printed(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    int count;
    const struct planner_layer *layers = profile(arena, &count);

    (void)state;
    print_published_head("PipeDream's plans of VGG-16: seconds of a minibatch");
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        const struct planner_plan plan = planner_solve(arena, layers, count, plans[i].levels,
                                                       plans[i].level_count, plans[i].rule);
        char what[64];

        snprintf(what, sizeof what, "%d machines, rule of the %s", plan.machines,
                 plans[i].rule == PLANNER_PAPER ? "paper" : "code");
        print_published(what, plans[i].seconds, plan.seconds);
        assert_true(fabs(plan.seconds - plans[i].seconds) <= 0.5001 * plans[i].last_digit);
        if (plans[i].data_parallel_seconds > 0)
            assert_true(fabs(plan.data_parallel_seconds - plans[i].data_parallel_seconds) <=
                        0.5001 * plans[i].last_digit);
    }
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plans_take_the_seconds_that_are_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
