/* Pipelines beside other parallelism: whole replicas whose gradients are summed, and layers shared by several devices. */
#include "tests/fixtures/on_star.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double F = 0.01373, B = 0.02208, A = 37e-6, LINK = 123.4e6;
static const double WEIGHTS = 1000003, BOUNDARY = 70001;

#define SIZES                                                                                      \
    "forward_seconds: 13.73ms, input_gradient_seconds: 12.91ms, weight_gradient_seconds: 9.17ms, " \
    "boundary_bytes: 70001, parameter_bytes: 1000003, "

enum { SYSTEMS = 5 };
static const char *const systems[SYSTEMS] = {"gpipe", "one_f_one_b", "interleaved_one_f_one_b",
                                             "zb_h1", "zb_h2"};

static struct simulated run_on(const char *system, const char *more)
{
    const struct on_star on = {system, 16, 37e-6};
    char text[512];

    snprintf(text, sizeof text, SIZES "%s", more);
    return on_star_fine(&on, text, "iterations: 2\n");
}

static double bytes_of(const struct simulated *run)
{
    return number_at(run->summary, "bytes");
}

/* ---- replicas ---- */

/* Four stages, M micro-batches for each of R replicas: 2MR messages across each of the cuts, and a ring for the
 * gradient of each part.  Interleaved: seven cuts, and eight parts of half the size. */
static void whole_replicas_move_activations_and_a_ring_of_gradients(void **state)
{
    (void)state;
    for (int i = 0; i < SYSTEMS; i++)
        for (int r = 1; r <= 4; r += r) {
            const double cuts = i == 2 ? 7 : 3, parts = i == 2 ? 8 : 4;
            char more[96];
            struct simulated run;

            snprintf(more, sizeof more, "stages: 4, microbatches: 8, replicas: %d", r);
            run = run_on(systems[i], more);
            assert_close(bytes_of(&run),
                         2 * (2 * 8 * r * cuts * BOUNDARY + 4 * 2 * (r - 1) * WEIGHTS), 0);
            assert_close(number_at(run.summary, "messages"),
                         2 * (2 * 8 * r * cuts + parts * 2 * (r - 1) * r), 0);
            simulated_release(&run);
        }
}

static double seconds_with(const char *system, const char *more)
{
    struct simulated run = run_on(system, more);
    const double seconds = seconds_of(&run);

    simulated_release(&run);
    return seconds;
}

/* What is summed beside operations that are left can only be over earlier.  The last to end is stage 0, whose
 * gradient is whole with its last operation: nothing is left beside which it could be summed, in any of them but the
 * interleaved, whose second chunk is whole before. */
static void overlap_never_costs_time(void **state)
{
    (void)state;
    for (int i = 0; i < SYSTEMS; i++) {
        const double yes =
            seconds_with(systems[i], "stages: 4, microbatches: 8, replicas: 2, overlap: yes");
        const double no =
            seconds_with(systems[i], "stages: 4, microbatches: 8, replicas: 2, overlap: no");

        assert_true(yes <= no * (1 + 1e-12));
        if (i == 2)
            assert_true(yes < no - 0.002);
    }
}

/* Stage 0 ends last and its sum is exposed: two replicas, a ring of two steps, in each iteration.  Activations have no
 * bytes here: else the last gradients share a card with the sum of the stage that they come from. */
static void the_sum_of_the_first_stage_is_exposed(void **state)
{
    static const struct on_star on = {"gpipe", 16, 37e-6};
    const double sum = 2 * (A + ceil(WEIGHTS / 2) / LINK);

    (void)state;
    assert_close(on_star_seconds(&on,
                                 "forward_seconds: 13.73ms, backward_seconds: 22.08ms, stages: 4, "
                                 "parameter_bytes: 1000003, replicas: 2, overlap: no",
                                 "iterations: 2\n"),
                 2 * (11 * (F + B) + 6 * A + sum), 1e-6);
}

static void every_all_reduce_may_sum_the_replicas(void **state)
{
    static const char *const choices[] = {"recursive_doubling",
                                          "rabenseifner",
                                          "binomial_tree",
                                          "double_binary_tree",
                                          "rails",
                                          "leaders",
                                          "bcube"};

    (void)state;
    for (int i = 0; i < 7; i++) {
        const double activations = 2 * 2 * 4 * 4 * BOUNDARY;
        char more[160];
        struct simulated run;

        snprintf(more, sizeof more,
                 "stages: 2, microbatches: 4, replicas: 4, members_per_node: 2, allreduce: %s",
                 choices[i]);
        run = run_on("one_f_one_b", more);
        assert_true(bytes_of(&run) >= activations + 2 * 2 * 2 * 3 * WEIGHTS - 1);
        simulated_release(&run);
    }
}

/* ---- layers that several devices share ---- */

/* Two all-reduces a layer, in F and again in B; none in W.  Two ranks: a ring moves 2S bytes in four messages.
 * Each rank talks to its own neighbour. */
static void tensor_parallel_layers_are_summed_twice_each_way(void **state)
{
    (void)state;
    for (int i = 0; i < SYSTEMS; i++)
        for (int again = 0; again < 2; again++) {
            const double cuts = i == 2 ? 7 : 3, layers = 4 * 2 * 8;
            const double sums = layers * (again ? 6 : 4);
            char more[160];
            struct simulated run;

            snprintf(more, sizeof more,
                     "stages: 4, microbatches: 8, tensor_width: 2, tensor_layers: 2, recompute: %s",
                     again ? "yes" : "no");
            run = run_on(systems[i], more);
            assert_close(bytes_of(&run), 2 * (2 * 2 * 8 * cuts * BOUNDARY + sums * 2 * BOUNDARY),
                         0);
            assert_close(number_at(run.summary, "messages"), 2 * (2 * 2 * 8 * cuts + sums * 4), 0);
            simulated_release(&run);
        }
}

/* One stage on two devices: half of the computation, and nothing to sum, as nothing leaves the stage. */
static void ranks_share_the_computation(void **state)
{
    struct simulated run;

    (void)state;
    assert_close(seconds_with("gpipe", "stages: 1, microbatches: 5, tensor_width: 2, "
                                       "tensor_layers: 0"),
                 2 * 5 * (F + B) / 2, 1e-9);
    run = run_on("gpipe", "stages: 4, microbatches: 5, tensor_width: 2, tensor_layers: 3");
    assert_close(number_at(run.summary, "flop"), 2 * 4 * 5 * (F + B) * 7.3e9, 1e-9);
    simulated_release(&run);
}

/* Each sum is between two operations of the same ranks, alone on its links: two steps of half the bytes. */
static void sums_inside_a_stage_are_exposed(void **state)
{
    const double hop = A + BOUNDARY / LINK, step = A + ceil(BOUNDARY / 2) / LINK;
    const double work = (F + B) / 2 + 4 * 6 * 2 * step;
    const double seconds =
        seconds_with("gpipe", "stages: 4, microbatches: 1, tensor_width: 2, tensor_layers: 6");

    (void)state;
    assert_close(seconds, 2 * (4 * work + 6 * hop), 1e-6);
}

static void all_three_kinds_go_together(void **state)
{
    struct simulated run = run_on("one_f_one_b", "stages: 4, microbatches: 4, replicas: 2, "
                                                 "tensor_width: 2, tensor_layers: 2");
    /* T ranks: each sums its half of the gradient with the other replica's */
    const double gradients = 4 * 2 * 2 * ceil(WEIGHTS / 2);

    (void)state;
    assert_close(bytes_of(&run),
                 2 * (2 * 2 * 4 * 2 * 3 * BOUNDARY + 4 * 2 * 4 * 8 * 2 * BOUNDARY + gradients), 0);
    simulated_release(&run);
}

static void a_replica_that_dies_ends_the_run(void **state)
{
    static const struct on_star on = {"one_f_one_b", 16, 37e-6};

    (void)state;
    for (int i = 0; i < 4; i++) {
        char rest[96];
        struct simulated run;

        snprintf(rest, sizeof rest, "faults: [{peer: stage-%d, at: 0.%02d, factor: 0}]\n",
                 2 * i + 1, 6 + 9 * i);
        run = on_star_run(&on, SIZES "stages: 4, microbatches: 8, replicas: 2", rest);
        assert_int_equal(run.code, 1);
        assert_non_null(strstr(run.err.text, "dead or out of reach"));
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_replicas_move_activations_and_a_ring_of_gradients),
        cmocka_unit_test(overlap_never_costs_time),
        cmocka_unit_test(the_sum_of_the_first_stage_is_exposed),
        cmocka_unit_test(every_all_reduce_may_sum_the_replicas),
        cmocka_unit_test(tensor_parallel_layers_are_summed_twice_each_way),
        cmocka_unit_test(ranks_share_the_computation),
        cmocka_unit_test(sums_inside_a_stage_are_exposed),
        cmocka_unit_test(all_three_kinds_go_together),
        cmocka_unit_test(a_replica_that_dies_ends_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
