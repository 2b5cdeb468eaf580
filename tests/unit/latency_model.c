/* Curves of measured layers: the right form is found, and what is wrong in a file is said with its line. */
#include "tests/unit/close.h"

#include "algorithms/inference/rules/latency_model.h"

#include <stdio.h>

static const char path[] = "build/latency_model.csv";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
}

/* Convolutions are linear, dense layers reach a plateau, pools have no MACs. */
static void write_measurements(void)
{
    FILE *file = fopen(path, "w");

    fputs("side,kind,macs,activation_bytes,seconds\n", file);
    for (int i = 1; i <= 12; i++) {
        const double macs = 1.7e6 * i * i;

        fprintf(file, "device,conv,%.17g,99,%.17g\n", macs, 0.0031 + macs * 1.3e-10);
        fprintf(file, "device,fc,%.17g,99,%.17g\n", macs, 0.0007 + 0.0011 * log(macs));
        fprintf(file, "server,pool,0,%d,%.17g\n", 4096 * i, 2.3e-5 + 4096 * i * 7.1e-11);
    }
    fclose(file);
}

static void each_kind_and_side_has_its_own_curve_of_the_form_that_fits(void **state)
{
    const struct sim_layer conv = {.kind = "conv", .macs = 123456789, .activation_bytes = 17};
    const struct sim_layer fc = {.kind = "fc", .macs = 7654321};
    const struct sim_layer pool = {.kind = "pool", .activation_bytes = 30011};
    const struct sim_layer input = {.kind = "input"};
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct latency_model *model;

    (void)state;
    write_measurements();
    model = latency_model_read(arena, path, &err);
    assert_non_null(model);
    assert_close(latency_model_seconds(model, LATENCY_DEVICE, &conv), 0.0031 + 123456789 * 1.3e-10,
                 1e-9);
    assert_close(latency_model_seconds(model, LATENCY_DEVICE, &fc), 0.0007 + 0.0011 * log(7654321),
                 1e-9);
    assert_close(latency_model_seconds(model, LATENCY_SERVER, &pool), 2.3e-5 + 30011 * 7.1e-11,
                 1e-9);
    assert_true(isnan(latency_model_seconds(model, LATENCY_SERVER, &conv)));
    assert_close(latency_model_seconds(model, LATENCY_SERVER, &input), 0, 0);
    assert_int_equal(model->curves->form, LATENCY_LINEAR);
    assert_int_equal(model->curves->next->form, LATENCY_LOGARITHMIC);
    sim_arena_close(arena);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
#define HEAD "side,kind,macs,activation_bytes,seconds\n"
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"side,kind,macs,seconds\n", "there is no 'activation_bytes'"},
        {HEAD "phone,conv,1,1,1\n", ":2: side must be device or server, not 'phone'."},
        {HEAD "device,,1,1,1\n", ":2: kind is empty."},
        {HEAD "device,conv,many,1,1\n", ":2: macs must be a number"},
        {HEAD "device,conv,1,1,-1\n", ":2: seconds must be a number"},
        {HEAD "device,conv,1,1,0\n", ":2: seconds, and macs or activation_bytes, must be above 0."},
        {HEAD "device,conv,1,1,1\ndevice,conv,2,1,2\n",
         "layers of kind conv on the device have 2 measurements; a curve needs at least three"},
        {HEAD "device,conv,1,1,1\ndevice,conv,1,1,2\ndevice,conv,1,1,3\n", "of two sizes."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_arena *arena = sim_arena_open();
        struct sim_error err = {0};

        write_file(cases[i].text);
        assert_null(latency_model_read(arena, path, &err));
        if (strstr(err.text, cases[i].said) == NULL)
            fail_msg("%s: %s", cases[i].text, err.text);
        sim_arena_close(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_and_side_has_its_own_curve_of_the_form_that_fits),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
