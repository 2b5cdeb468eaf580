/* Platforms with a few values other than their files have. */
#include "tests/unit/close.h"

#include "sim/platform/edit.h"

#include <stdbool.h>

static const char path[] = "platforms/three_radios.xml";

/* The text with one edit; the caller frees nothing, the arena does. */
static const char *edited(struct sim_arena *arena, const char *target, const char *attribute,
                          const char *value, struct sim_error *err)
{
    struct sim_platform_edit edit = {.attribute = attribute, .value = value};
    size_t length;

    assert_true(sim_platform_edit_target(arena, target, &edit));
    return sim_platform_edited(path, &edit, 1, &length, arena, err);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static void an_attribute_of_one_element_is_another(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const char *text = edited(arena, "link[4g-up]", "bandwidth", "7.25Mbps", &err);

    (void)state;
    assert_int_equal(count_of(text, "id=\"4g-up\" bandwidth=\"7.25Mbps\""), 1);
    assert_int_equal(count_of(text, "7.25Mbps"), 1);
    assert_int_equal(count_of(text, "bandwidth=\"5.85Mbps\""), 0);
    sim_arena_close(arena);
}

static void a_pattern_means_all_that_it_fits(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    (void)state;
    assert_int_equal(count_of(edited(arena, "host[pi-*]", "speed", "3.25Gf", &err), "3.25Gf"), 3);
    sim_arena_close(arena);
}

static void what_is_no_attribute_is_a_property_there_or_new(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const char *text = edited(arena, "host[pi-3g]", "memory", "77MB", &err);

    (void)state;
    assert_int_equal(count_of(text, "id=\"memory\" value=\"77MB\""), 1);
    assert_int_equal(count_of(text, "id=\"memory\""), 4); /* none was added */
    text = edited(arena, "host[server]", "radio", "wifi", &err);
    assert_int_equal(count_of(text, "id=\"radio\" value=\"wifi\""), 2);
    sim_arena_close(arena);
}

static void what_is_not_there_is_said(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    (void)state;
    assert_null(edited(arena, "link[5g-up]", "bandwidth", "1Gbps", &err));
    assert_string_equal(err.text,
                        "platform: there is no link '5g-up' in platforms/three_radios.xml.");
    sim_arena_close(arena);
}

static void targets_have_a_kind_and_a_name(void **state)
{
    static const char *const none[] = {"link", "[x]", "link[]", "link[x", "link[x]y", ""};
    struct sim_arena *arena = sim_arena_open();
    struct sim_platform_edit edit;

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(sim_platform_edit_target(arena, none[i], &edit));
    assert_true(sim_platform_edit_target(arena, "link[rack.1]", &edit));
    assert_string_equal(edit.element, "link");
    assert_string_equal(edit.id, "rack.1");
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attribute_of_one_element_is_another),
        cmocka_unit_test(a_pattern_means_all_that_it_fits),
        cmocka_unit_test(what_is_no_attribute_is_a_property_there_or_new),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(targets_have_a_kind_and_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
