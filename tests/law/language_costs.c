/* Language models on simulated hosts: plan->language is what the scenario names, and a step takes what the roofline says of
 * the host's properties, worked out by hand once more for Llama-2-7B; faults act on it. */
#include "sim/peer.h"
#include "sim/workload/language.h"

#include "tests/fixtures/simulate.h"

#include <math.h>
#include <stdio.h>

struct nothing {
    int speakers;
};

static const struct sim_parameter parameters[] = {
    {SIM_COUNT(struct nothing, speakers), .value = "1", .least = 1, .most = 64, .help = "peers"},
    {0}};

enum { ROWS = 5, CONTEXT = 211 };

/* A step of the target, then of each draft. */
static void speaker(struct sim_peer *me)
{
    const struct sim_language_workload *language = me->plan->language;
    const struct sim_language_step step = sim_language_step_of(ROWS, CONTEXT);
    const double flop_per_second = sim_flop_per_second(me->plan, me->number);

    if (language == NULL) {
        sim_note(me, "drafts", NAN);
        return;
    }
    sim_compute(me, flop_per_second *
                        sim_language_seconds(me->plan, me->number, language->target, &step));
    sim_note(me, "target_seconds", sim_now(me));
    for (int d = 0; d < language->draft_count; d++)
        sim_compute(me, flop_per_second *
                            sim_language_seconds(me->plan, me->number, language->drafts[d], &step));
    sim_note(me, "drafts", language->draft_count);
}

static const struct sim_role roles[] = {{"speaker", speaker, ""}, {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    sim_cast(plan, "speaker", ((const struct nothing *)plan->parameters)->speakers);
    return true;
}

static const struct sim_law laws[] = {{0}};
static const struct sim_algorithm algorithm = {.name = "test",
                                               .summary = "",
                                               .paper = "",
                                               .counts = "",
                                               .parameters_size = sizeof(struct nothing),
                                               .parameters = parameters,
                                               .roles = roles,
                                               .laws = laws,
                                               .workload = SIM_MAY_HAVE_LANGUAGE_MODELS,
                                               .prepare = prepare};
static const struct sim_algorithm *const algorithms[] = {&algorithm, NULL};

static struct simulated speak(const char *platform, const char *host, const char *workload,
                              const char *more)
{
    char text[512];
    struct simulated run;

    snprintf(text, sizeof text,
             "platform: platforms/%s.xml\nalgorithm: test\nhosts: {speaker: [%s]}\n%s\n%s",
             platform, host, workload, more);
    run = simulate(text, algorithms);
    if (run.code != 0)
        fail_msg("%s: %s", text, run.err.text);
    return run;
}

/* Llama-2-7B: 32 layers of 4096, MLP of 11008, 32000 words, 16 bits. */
static double by_hand(double speed, double bandwidth, double flop_share, double byte_share,
                      double overhead)
{
    const double matrices = 32 * (4 * 4096. * 4096 + 3 * 4096. * 11008) + 4096. * 32000;
    const double bytes = 2 * matrices + 2 * 2 * 32 * 4096. * (CONTEXT + ROWS);
    const double flop = 2 * matrices * ROWS + 4 * 32 * 4096. * ROWS * (CONTEXT + ROWS / 2.);

    return 32 * overhead + hypot(bytes / (bandwidth * byte_share), flop / (speed * flop_share));
}

static void a_step_takes_what_the_host_says(void **state)
{
    static const struct {
        const char *platform, *host;
        double speed, bandwidth, flop_share, byte_share, overhead;
    } cases[] = {
        {"language_gpus", "a100-3", 312e12, 2039e9, 0.66, 0.78, 39e-6},
        {"language_gpus", "h200-1", 989.5e12, 4800e9, 0.63, 0.88, 35e-6},
        {"language_gpus", "h100", 989.5e12, 3350e9, 0.63, 0.88, 35e-6},
        {"language_gpus", "v100", 125e12, 900e9, 0.66, 0.78, 39e-6},
        {"edge_drafts", "edge", 165.2e12, 1008e9, 0.66, 0.78, 39e-6},
        {"edge_drafts", "cloud-2", 312e12, 2039e9, 0.66, 0.78, 39e-6},
        {"edge_drafts", "phone-1", 2e12, 50e9, 0.66, 0.78, 39e-6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct simulated run =
            speak(cases[i].platform, cases[i].host, "workload: {model: llama_2_7b}", "");

        assert_close(seconds_of(&run),
                     by_hand(cases[i].speed, cases[i].bandwidth, cases[i].flop_share,
                             cases[i].byte_share, cases[i].overhead),
                     1e-9);
        assert_close(metric_of(&run, "drafts"), 0, 0);
        simulated_release(&run);
    }
}

static void drafts_come_in_the_order_of_the_scenario(void **state)
{
    struct simulated none = speak("language_gpus", "l40s", "", ""),
                     two = speak("language_gpus", "l40s",
                                 "workload: {model: opt_13b, draft: [llama_2_7b, llama_68m]}", ""),
                     one = speak("language_gpus", "l40s",
                                 "workload: {model: opt_13b, draft: llama_68m}", "");

    (void)state;
    assert_close(seconds_of(&none), 0, 0);
    assert_close(metric_of(&two, "drafts"), 2, 0);
    assert_close(metric_of(&two, "target_seconds"), metric_of(&one, "target_seconds"), 1e-9);
    assert_close(seconds_of(&two) - seconds_of(&one), by_hand(362e12, 864e9, 0.66, 0.78, 39e-6),
                 1e-9);
    simulated_release(&none);
    simulated_release(&two);
    simulated_release(&one);
}

static void a_slowed_host_takes_longer(void **state)
{
    struct simulated run = speak("language_gpus", "a10", "workload: {model: llama_2_7b}",
                                 "faults: [{host: a10, at: 0, factor: 0.25}]\n");

    (void)state;
    assert_close(seconds_of(&run), 4 * by_hand(125e12, 600e9, 0.66, 0.78, 39e-6), 1e-9);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_takes_what_the_host_says),
        cmocka_unit_test(drafts_come_in_the_order_of_the_scenario),
        cmocka_unit_test(a_slowed_host_takes_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
