/* A scenario may change values of its platform: the simulation has the new ones, in both spellings. */
#include "tests/fixtures/shipped.h"

static double seconds_with(const char *whole, const char *words)
{
    struct simulated run = shipped_fine("ring_allreduce", whole, words);
    const double seconds = seconds_of(&run);

    simulated_release(&run);
    return seconds;
}

/* Its law of seconds, which asks the platform for a and B, holds in each of these runs. */
static void a_link_is_as_wide_as_the_scenario_says(void **state)
{
    const double plain = seconds_with(NULL, "");
    const double narrow = seconds_with("platform.cluster[*].bw=2.5Gbps", "");
    const double mapped = seconds_with(
        "platform={file: platforms/one_switch.xml, \"cluster[*]\": {bw: 2.5Gbps}}", "");

    (void)state;
    assert_true(narrow > 3 * plain);
    assert_close(mapped, narrow, 0);
    assert_true(seconds_with("platform.cluster[*].lat=1ms", "") > plain);
}

static void changes_stay_when_the_file_is_another(void **state)
{
    struct simulated run =
        shipped_fine("ring_allreduce", "platform.cluster[*].bw=2.5Gbps",
                     "platform=platforms/two_racks.xml algorithm.compute_seconds=0");
    const json_t *platform = json_object_get(json_object_get(run.summary, "scenario"), "platform");

    (void)state;
    assert_string_equal(json_string_value(json_object_get(platform, "file")),
                        "platforms/two_racks.xml");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(platform, "cluster[*]"), "bw")),
        "2.5Gbps");
    simulated_release(&run);
}

static void a_change_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    shipped_fails("ring_allreduce", "platform.link[nowhere].bandwidth=1Gbps", "", 2,
                  "platform: there is no link 'nowhere' in");
    shipped_fails("ring_allreduce", "platform.cluster[*].bw=-1", "", 2, "bw");
    shipped_fails("ring_allreduce", "platform.cluster[*].bw={a: 1}", "", 2, "must have a value");
    shipped_fails("ring_allreduce", "platform.uplink=1Gbps", "", 2,
                  "'uplink' is neither file nor a change to it");
    shipped_fails("ring_allreduce", "platform={\"link[a]\": {bandwidth: 1Gbps}}", "", 2, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_as_wide_as_the_scenario_says),
        cmocka_unit_test(changes_stay_when_the_file_is_another),
        cmocka_unit_test(a_change_that_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
