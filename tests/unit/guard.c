/* guard.c -- what is fine in a platform's XML, and what is told of it. */
#include "tests/unit/looking.h"

#define OLD_HEAD                                                                                   \
    "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM "                                          \
    "\"http://simgrid.gforge.inria.fr/simgrid/simgrid.dtd\">\n"

static void both_addresses_of_the_DTD_are_fine_without_a_network(void **state)
{
    struct looked l;

    (void)state;
    look_at(&l, PLATFORM("<host id=\"a\" speed=\"98.7Gf\"/>\n"));
    assert_string_equal(l.err.text, "");
    leave(&l);
    look_at(&l, OLD_HEAD "<platform version=\"4.1\"><host id=\"a\" speed=\"98.7Gf\"/></platform>");
    assert_string_equal(l.err.text, "");
    leave(&l);
}

static void links_are_named_in_many_ways(void **state)
{
    static const char *const bodies[] = {
        "<link id=\"l\" bandwidth=\"1MBps\"/><route src=\"a\" dst=\"b\"><link_ctn "
        "id=\"l\"/></route>\n",
        "<link id=\"l\" bandwidth=\"1MBps\"/><zoneRoute><link_ctn id=\"l_UP\"/></zoneRoute>\n",
        "<link id=\"l\" bandwidth=\"1MBps\"/><route><link_ctn id=\"l_DOWN\"/></route>\n",
        "<link id=\"l_UP\" bandwidth=\"1MBps\"/><route><link_ctn id=\"l_UP\"/></route>\n",
        "<link id=\"u\"/><link id=\"d\"/><host_link id=\"a\" up=\"u\" down=\"d\"/>\n",
        "<route><link_ctn id=\"l\"/></route><link id=\"l\" bandwidth=\"1MBps\"/>\n",
        "<link id=\"l\" bandwidth=\"54Mbps,6Mbps\" sharing_policy=\"WIFI\"/>\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char text[512];
        struct looked l;

        snprintf(text, sizeof text, HEAD "<platform version=\"4.1\">%s</platform>", bodies[i]);
        look_at(&l, text);
        assert_string_equal(l.err.text, "");
        leave(&l);
    }
}

static void latency_may_be_zero_and_what_only_SimGrid_can_read_is_left_to_it(void **state)
{
    struct looked l;

    (void)state;
    look_at(&l, PLATFORM("<host id=\"a\" speed=\"98.7Gf,50Gf\"/>\n<host id=\"b\" speed=\"fast\"/>\n"
                         "<link id=\"l\" bandwidth=\"1MBps\" latency=\"0\"/><route><link_ctn "
                         "id=\"l\"/></route>\n"));
    assert_string_equal(l.err.text, "");
    leave(&l);
}

static void a_plain_platform_has_no_profiles_no_wattage_and_no_summary(void **state)
{
    struct looked l;

    (void)state;
    look_at(&l, PLATFORM(
                    "<!-- not before the root --><host id=\"a\" speed=\"1f\" speed_file=\"\"/>\n"));
    assert_true(l.fine);
    assert_false(l.facts.has_profiles || l.facts.has_state_profiles || l.facts.has_wattage);
    assert_string_equal(l.facts.summary, "");
    leave(&l);
}

static void profiles_are_seen(void **state)
{
    static const char *const attributes[] = {"speed_file", "bandwidth_file", "latency_file",
                                             "availability_file"};

    (void)state;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        char text[256];
        struct looked l;

        snprintf(text, sizeof text, "<platform><host id=\"a\" %s=\"one_switch.xml\"/></platform>",
                 attributes[i]);
        look_at(&l, text);
        assert_string_equal(l.err.text, "");
        assert_true(l.facts.has_profiles);
        assert_false(l.facts.has_state_profiles);
        leave(&l);
    }
}

static void a_profile_of_state_is_told_apart(void **state)
{
    struct looked l;

    (void)state;
    look_at(&l, "<platform><host id=\"a\" state_file=\"one_switch.xml\"/></platform>");
    assert_true(l.fine && l.facts.has_profiles && l.facts.has_state_profiles);
    leave(&l);
}

static void profiles_inside_the_platform_are_seen_too(void **state)
{
    struct looked l;

    (void)state;
    look_at(
        &l,
        PLATFORM(
            "<host id=\"a\" speed=\"1f\"/>\n<trace id=\"t\" periodicity=\"1\">0.5 0.3\n</trace>\n"
            "<trace_connect kind=\"SPEED\" trace=\"t\" element=\"a\"/>\n"));
    assert_true(l.fine && l.facts.has_profiles);
    assert_false(l.facts.has_state_profiles);
    leave(&l);
    look_at(&l,
            PLATFORM(
                "<host id=\"a\" speed=\"1f\"/>\n<trace id=\"t\" periodicity=\"1\">0.5 0\n</trace>\n"
                "<trace_connect kind=\"HOST_AVAIL\" trace=\"t\" element=\"a\"/>\n"));
    assert_true(l.fine && l.facts.has_profiles && l.facts.has_state_profiles);
    leave(&l);
}

static void a_host_that_says_what_power_it_draws_is_seen(void **state)
{
    struct looked l;

    (void)state;
    look_at(&l,
            PLATFORM("<host id=\"a\"><prop id=\"wattage_per_state\" value=\"1:2:3\"/></host>\n"));
    assert_true(l.facts.has_wattage);
    leave(&l);
    look_at(&l, PLATFORM("<host id=\"a\"><prop id=\"memory\" value=\"16GB\"/></host>\n"));
    assert_false(l.facts.has_wattage);
    leave(&l);
}

static void the_first_line_of_the_first_comment_is_the_summary(void **state)
{
    struct looked l;

    (void)state;
    look_at(&l,
            HEAD "<!--\n   Seven hosts, one switch\n\n   more -->\n<!-- other -->\n<platform/>");
    assert_string_equal(l.facts.summary, "Seven hosts, one switch");
    leave(&l);
    look_at(&l, HEAD "<!-- Eight hosts\n  more -->\n<platform/>");
    assert_string_equal(l.facts.summary, "Eight hosts");
    leave(&l);
}

static void every_shipped_platform_is_fine_and_has_a_summary(void **state)
{
    static const char *const files[] = {
        "cameras",     "deepthings",    "device_edge_cloud", "edge_drafts",     "fat_tree",
        "gpu_cluster", "language_gpus", "one_switch",        "phones_to_cloud", "three_radios",
        "torus",       "two_racks",     "wifi_edge"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct sim_arena *arena = sim_arena_open();
        struct sim_platform_facts facts;
        struct sim_error err = {0};

        assert_true(
            sim_guard_platform(sim_text(arena, "platforms/%s.xml", files[i]), &facts, arena, &err));
        assert_true(strlen(facts.summary) > 10);
        sim_arena_close(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_addresses_of_the_DTD_are_fine_without_a_network),
        cmocka_unit_test(links_are_named_in_many_ways),
        cmocka_unit_test(latency_may_be_zero_and_what_only_SimGrid_can_read_is_left_to_it),
        cmocka_unit_test(a_plain_platform_has_no_profiles_no_wattage_and_no_summary),
        cmocka_unit_test(profiles_are_seen),
        cmocka_unit_test(a_profile_of_state_is_told_apart),
        cmocka_unit_test(profiles_inside_the_platform_are_seen_too),
        cmocka_unit_test(a_host_that_says_what_power_it_draws_is_seen),
        cmocka_unit_test(the_first_line_of_the_first_comment_is_the_summary),
        cmocka_unit_test(every_shipped_platform_is_fine_and_has_a_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
