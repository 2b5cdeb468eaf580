/* metric_names.c -- what the name of a metric says: its unit, which of two values is better, how an axis calls it. */
#include "tests/unit/close.h"

#include "analysis/scale.h"

struct metric {
    const char *name;
    enum sim_unit unit;
    enum analysis_better better;
    const char *label; /* with the unit that suits a value of 0.0731 */
};

static struct metric metrics[] = {
    {"speedup", SIM_UNIT_NONE, ANALYSIS_MORE_IS_BETTER, "speedup"},
    {"tokens_per_second", SIM_UNIT_NONE, ANALYSIS_MORE_IS_BETTER, "tokens per second"},
    {"test_accuracy", SIM_UNIT_NONE, ANALYSIS_MORE_IS_BETTER, "test accuracy"},
    {"scaling_efficiency", SIM_UNIT_NONE, ANALYSIS_MORE_IS_BETTER, "scaling efficiency"},
    {"bus_bandwidth_bytes_per_second", SIM_UNIT_BYTES_PER_SECOND, ANALYSIS_MORE_IS_BETTER,
     "bus bandwidth (B/s)"},
    {"battery_lasted_seconds", SIM_UNIT_SECONDS, ANALYSIS_MORE_IS_BETTER, "battery lasted (ms)"},
    {"mean_time_per_output_token_seconds", SIM_UNIT_SECONDS, ANALYSIS_LESS_IS_BETTER,
     "mean time per output token (ms)"},
    {"seconds_to_target", SIM_UNIT_SECONDS, ANALYSIS_LESS_IS_BETTER, "seconds to target (ms)"},
    {"client_joules", SIM_UNIT_JOULES, ANALYSIS_LESS_IS_BETTER, "client joules (mJ)"},
    {"joules_per_token", SIM_UNIT_JOULES, ANALYSIS_LESS_IS_BETTER, "joules per token (mJ)"},
    {"joules", SIM_UNIT_JOULES, ANALYSIS_LESS_IS_BETTER, "joules (mJ)"},
    {"bytes_up", SIM_UNIT_BYTES, ANALYSIS_LESS_IS_BETTER, "bytes up (B)"},
    {"memory_read_bytes", SIM_UNIT_BYTES, ANALYSIS_LESS_IS_BETTER, "memory read (B)"},
    {"computed_flop", SIM_UNIT_FLOP, ANALYSIS_LESS_IS_BETTER, "computed (flop)"},
    {"computed_flop_ratio", SIM_UNIT_NONE, ANALYSIS_NEITHER_IS_BETTER, "computed flop ratio"},
    {"draft_acceptance_rate", SIM_UNIT_NONE, ANALYSIS_NEITHER_IS_BETTER, "draft acceptance rate"},
    {"alpha", SIM_UNIT_NONE, ANALYSIS_NEITHER_IS_BETTER, "alpha"},
    {"test_loss_nats", SIM_UNIT_NONE, ANALYSIS_LESS_IS_BETTER, "test loss nats"},
    {"bubble_of_total", SIM_UNIT_NONE, ANALYSIS_LESS_IS_BETTER, "bubble of total"},
    /* words, not letters in a row */
    {"lossless", SIM_UNIT_NONE, ANALYSIS_NEITHER_IS_BETTER, "lossless"},
    {"again", SIM_UNIT_NONE, ANALYSIS_NEITHER_IS_BETTER, "again"},
    {"kilobytes", SIM_UNIT_NONE, ANALYSIS_NEITHER_IS_BETTER, "kilobytes"},
    {"", SIM_UNIT_NONE, ANALYSIS_NEITHER_IS_BETTER, ""},
};

static void its_name_says_this(void **state)
{
    const struct metric *metric = *state;
    struct sim_arena *arena = sim_arena_open();

    assert_int_equal(analysis_unit_of_metric(metric->name), metric->unit);
    assert_int_equal(analysis_better_of_metric(metric->name), metric->better);
    assert_string_equal(
        analysis_key_label(metric->name, analysis_scale_for(0.0731, metric->unit), arena),
        metric->label);
    sim_arena_close(arena);
}

int main(void)
{
    struct CMUnitTest tests[sizeof metrics / sizeof metrics[0]];

    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        tests[i] = (struct CMUnitTest){
            .name = metrics[i].name, .test_func = its_name_says_this, .initial_state = &metrics[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
