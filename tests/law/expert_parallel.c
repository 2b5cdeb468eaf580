/* Expert parallelism: its closed forms worked out by hand, what routers choose, and what goes wrong. */
#include "algorithms/data_parallel/shared/router.h"
#include "tests/fixtures/on_star.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double B = 123.4e6, A = 37e-6, SPEED = 7.3e9;

static const struct on_star star = {"expert_parallel", 9, 37e-6};

/* Small experts: d = 37, h = 53, so a token is 74 bytes and 7,844 flop. */
#define SMALL "model_width: 37, expert_width: 53"

/* ---- routers ---- */

static struct router *drawn(struct sim_arena *arena, double skew, int top_k)
{
    struct router *router = router_open(arena, 11, 20000, top_k);
    struct sim_random *random = sim_random_open(3, 17);

    router_draw(router, router_odds(arena, 11, skew, 5), random);
    sim_random_close(random);
    return router;
}

static void a_token_chooses_k_different_experts(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (int k = 1; k <= 11; k++)
        for (int skew = 0; skew <= 8; skew += 4) {
            const struct router *router = drawn(arena, skew, k);
            int all = 0;

            for (int e = 0; e < 11; e++) {
                all += router->chosen[e];
                assert_true(router->chosen[e] <= 20000); /* once by a token */
            }
            assert_int_equal(all, 20000 * k);
        }
    sim_arena_close(arena);
}

static void the_first_choice_follows_the_softmax(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const double *odds = router_odds(arena, 11, 1.3, 5);
    const struct router *router = drawn(arena, 1.3, 1);
    double all = 0;

    (void)state;
    for (int e = 0; e < 11; e++)
        all += odds[e];
    for (int e = 0; e < 11; e++) {
        const double p = odds[e] / all, deviation = sqrt(20000 * p * (1 - p));

        assert_true(fabs(router->chosen[e] - 20000 * p) < 5 * deviation + 1);
    }
    sim_arena_close(arena);
}

/* Two of three: the odds are 6 : 3 : 1, so the last is left out by 6/10 3/4 + 3/10 6/7 of all tokens. */
static void the_second_choice_is_drawn_from_those_that_are_left(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct router *router = router_open(arena, 3, 100000, 2);
    struct sim_random *random = sim_random_open(3, 17);
    const double p = 1 - (0.6 * 0.75 + 0.3 * 6 / 7), deviation = sqrt(100000 * p * (1 - p));

    (void)state;
    router_draw(router, (const double[]){6, 3, 1}, random);
    assert_true(fabs(router->chosen[2] - 100000 * p) < 5 * deviation);
    sim_random_close(random);
    sim_arena_close(arena);
}

static void dealt_choices_differ_by_one_at_most(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct router *router = router_open(arena, 11, 13, 3);

    (void)state;
    router_deal(router, 9); /* 39 choices: three each, and one more for experts 9, 10, 0 .. 3 */
    for (int e = 0; e < 11; e++)
        assert_int_equal(router->chosen[e], e <= 3 || e >= 9 ? 4 : 3);
    sim_arena_close(arena);
}

/* ---- bytes and seconds ---- */

static void uniform_routing_moves_what_it_must(void **state)
{
    static const int workers[] = {1, 2, 3, 7, 8, 9};

    (void)state;
    for (int i = 0; i < 6; i++) {
        const double n = workers[i], places = 33 * 2;
        char parameters[256];
        struct simulated run;

        snprintf(parameters, sizeof parameters,
                 SMALL ", workers: %d, experts: 11, tokens: 33, layers: 3, routing: uniform",
                 workers[i]);
        run = on_star_fine(&star, parameters, "iterations: 2\n");
        assert_close(number_at(run.summary, "bytes"), 2 * 4 * 3 * (n - 1) * places * 74, 0);
        assert_close(number_at(run.summary, "messages"), 2 * 4 * 3 * n * (n - 1), 0);
        assert_close(metric_of(&run, "load_imbalance"), 1, 1e-12);
        assert_close(metric_of(&run, "dropped_share"), 0, 0);
        simulated_release(&run);
    }
}

static void padded_places_are_sent_however_tokens_are_routed(void **state)
{
    /* ceil(1.25 x 2 x 33 / 11) = 8 places, ceil(0.4 x 6) = 3; 11 experts. */
    static const double factors[] = {1.25, 0.4}, places[] = {8 * 11, 3 * 11};

    (void)state;
    for (int i = 0; i < 2; i++) {
        char parameters[256];
        struct simulated run;

        snprintf(parameters, sizeof parameters,
                 SMALL ", workers: 7, experts: 11, tokens: 33, skew: 2, padding: yes, "
                       "capacity_factor: %g",
                 factors[i]);
        run = on_star_fine(&star, parameters, "");
        assert_close(number_at(run.summary, "bytes"), 4 * 6 * places[i] * 74, 0);
        simulated_release(&run);
    }
}

/* No property of the hosts but their speed: an expert takes flop / speed. */
static void an_iteration_takes_four_all_to_alls_and_three_products_a_layer(void **state)
{
    const double places = 140, exchanged = 6 * (A + places / 7 * 74 / B);
    const double product = places * 4 * 37 * 53 / SPEED;

    (void)state;
    assert_close(on_star_seconds(&star,
                                 SMALL ", workers: 7, experts: 14, tokens: 70, layers: 3, routing: "
                                       "uniform, compute_seconds: 0.0123",
                                 "iterations: 2\n"),
                 2 * (0.0123 + 3 * (4 * exchanged + 3 * product)), 1e-9);
    assert_close(on_star_metric(&star,
                                SMALL ", workers: 7, experts: 14, tokens: 70, layers: 3, routing: "
                                      "uniform, compute_seconds: 0.0123",
                                "iterations: 2\n", "exposed_communication_seconds"),
                 3 * 4 * exchanged, 1e-9);
}

/* ---- loads that are not equal ---- */

static void what_crosses_the_network_is_what_the_router_chose(void **state)
{
    struct simulated run =
        on_star_fine(&star, SMALL ", workers: 7, experts: 19, tokens: 101, layers: 3, skew: 1.5",
                     "iterations: 3\n");

    (void)state;
    assert_true(metric_of(&run, "tokens_sent") > 0);
    assert_close(number_at(run.summary, "bytes"), 4 * 74 * metric_of(&run, "tokens_sent"), 0);
    simulated_release(&run);
}

static void skew_makes_loads_unequal_and_capacity_drops_tokens(void **state)
{
    static const char common[] = SMALL ", workers: 7, experts: 14, tokens: 700";
    static const double skews[] = {0, 0.5, 1, 2};
    double before = 1, seconds = 0, dropped = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        char free[256], limited[300];
        struct simulated run;

        snprintf(free, sizeof free, "%s, skew: %g", common, skews[i]);
        snprintf(limited, sizeof limited, "%s, capacity_factor: 1", free);
        run = on_star_fine(&star, free, "");
        assert_true(metric_of(&run, "load_imbalance") > before);
        assert_true(seconds_of(&run) > seconds);
        assert_close(metric_of(&run, "dropped_share"), 0, 0);
        before = metric_of(&run, "load_imbalance");
        seconds = seconds_of(&run);
        simulated_release(&run);
        run = on_star_fine(&star, limited, "");
        assert_close(metric_of(&run, "load_imbalance"), before, 0); /* of what they chose */
        assert_true(metric_of(&run, "dropped_share") > dropped);
        assert_true(seconds_of(&run) < seconds);
        dropped = metric_of(&run, "dropped_share");
        simulated_release(&run);
    }
    assert_true(dropped < 1);
}

/* ---- memory ---- */

static void experts_take_memory(void **state)
{
    struct simulated run;

    (void)state;
    assert_close(
        on_star_metric(&star, SMALL ", workers: 7, experts: 15, layers: 5", "", "memory_bytes"),
        2 * 37 * 53 * 16.0 * 5 * 3, 0);
    run = on_star_run(&star, "experts: 1000, tokens: 64", "platform: platforms/one_switch.xml\n");
    assert_int_equal(run.code, 1);
    assert_string_equal(
        run.err.text, "worker-0 gave up at 0 s: experts, their gradients and states of the "
                      "optimizer need 16.78 GB here, but the memory of its host is 16.00 GB: take "
                      "more workers, or fewer experts.");
    simulated_release(&run);
}

/* ---- stragglers, unequal hosts, the dead ---- */

static void stragglers_and_slow_hosts_hold_up_all(void **state)
{
    static const char plain[] = SMALL ", workers: 6, routing: uniform, experts: 6, tokens: 60, "
                                      "compute_seconds: 0.3";
    const double seconds = on_star_seconds(&star, plain, "");
    double sum = 0;
    char jitter[256];

    (void)state;
    snprintf(jitter, sizeof jitter, "%s, compute_jitter: 0.5", plain);
    for (int seed = 1; seed <= 4; seed++) {
        char text[32];

        snprintf(text, sizeof text, "seed: %d\n", seed);
        sum += on_star_seconds(&star, jitter, text);
    }
    assert_true(sum / 4 > seconds + 0.05);
    assert_close(on_star_seconds(&star, plain, "faults: [{host: h-2, at: 0, factor: 0.5}]\n"),
                 seconds + 0.3, 0.02);
}

static void a_dead_worker_ends_the_run_and_nobody_hangs(void **state)
{
    static const char *const times[] = {"0", "0.1ms", "40ms", "90ms"};

    (void)state;
    for (int t = 0; t < 4; t++)
        for (int workers = 4; workers <= 7; workers += 3) {
            char parameters[256], faults[64];
            struct simulated run;

            snprintf(parameters, sizeof parameters,
                     SMALL ", workers: %d, layers: 4, compute_seconds: 0.1", workers);
            snprintf(faults, sizeof faults, "faults: [{host: h-3, at: %s, factor: 0}]\n", times[t]);
            run = on_star_run(&star, parameters, faults);
            assert_int_equal(run.code, 1);
            assert_non_null(strstr(run.err.text,
                                   "another worker is dead or out of reach, and its experts with "
                                   "it"));
            simulated_release(&run);
        }
}

/* ---- what does not go together ---- */

static void what_does_not_go_together_is_refused(void **state)
{
    static const struct {
        const char *parameters, *sentence;
    } wrong[] = {
        {"top_k: 5, experts: 4", "algorithm.top_k is 5, but there are only 4 experts that a token "
                                 "could be sent to."},
        {"padding: yes", "algorithm.padding: yes sends as many places as an expert has; give a "
                         "capacity_factor, which says how many."},
        {"tokens: 16777216, top_k: 16",
         "algorithm.tokens: 8 workers with 268435456 places for tokens each are more than the "
         "2147483647 that one worker can count."},
    };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct simulated run = on_star_run(&star, wrong[i].parameters, "");

        assert_int_equal(run.code, 2);
        assert_non_null(strstr(run.err.text, wrong[i].sentence));
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_chooses_k_different_experts),
        cmocka_unit_test(the_first_choice_follows_the_softmax),
        cmocka_unit_test(the_second_choice_is_drawn_from_those_that_are_left),
        cmocka_unit_test(dealt_choices_differ_by_one_at_most),
        cmocka_unit_test(uniform_routing_moves_what_it_must),
        cmocka_unit_test(padded_places_are_sent_however_tokens_are_routed),
        cmocka_unit_test(an_iteration_takes_four_all_to_alls_and_three_products_a_layer),
        cmocka_unit_test(what_crosses_the_network_is_what_the_router_chose),
        cmocka_unit_test(skew_makes_loads_unequal_and_capacity_drops_tokens),
        cmocka_unit_test(experts_take_memory),
        cmocka_unit_test(stragglers_and_slow_hosts_hold_up_all),
        cmocka_unit_test(a_dead_worker_ends_the_run_and_nobody_hangs),
        cmocka_unit_test(what_does_not_go_together_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
