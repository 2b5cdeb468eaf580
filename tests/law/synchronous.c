/* Synchronous data parallelism: what is hidden behind the backward pass, and what all-reduces have in common. */
#include "tests/fixtures/simulate.h"

#include <stdio.h>
#include <string.h>

static const char file[] = "scenarios/synchronous_data_parallel.yaml";

static struct simulated trained(const char *a, const char *b, const char *c, const char *d)
{
    const char *settings[] = {a, b, c, d, NULL};
    struct simulated run = simulate_file(file, settings);

    if (run.code != 0)
        fail_msg("%s", run.err.text);
    return run;
}

/* ---- time ---- */

static void overlap_hides_communication_and_never_all_of_it(void **state)
{
    struct simulated hidden = trained("algorithm.overlap=yes", "iterations=3", "workload.batch=1",
                                      "algorithm.learning=off"),
                     bare = trained("algorithm.overlap=no", "iterations=3", "workload.batch=1",
                                    "algorithm.learning=off");

    (void)state;
    assert_true(metric_of(&hidden, "exposed_communication_seconds") <
                metric_of(&bare, "exposed_communication_seconds"));
    assert_true(metric_of(&hidden, "exposed_communication_seconds") > 0);
    assert_true(metric_of(&hidden, "scaling_efficiency") > metric_of(&bare, "scaling_efficiency"));
    assert_close(metric_of(&hidden, "iteration_seconds") * 3, seconds_of(&hidden), 1e-12);
    simulated_release(&hidden);
    simulated_release(&bare);
}

/* One bucket can begin only when the backward pass is over. */
static void one_bucket_hides_nothing(void **state)
{
    struct simulated one = trained("algorithm.bucket_bytes=1GB", "iterations=1",
                                   "algorithm.learning=off", "workload.batch=1"),
                     bare = trained("algorithm.overlap=no", "iterations=1",
                                    "algorithm.learning=off", "workload.batch=1"),
                     many = trained("algorithm.bucket_bytes=1MB", "iterations=1",
                                    "algorithm.learning=off", "workload.batch=1");

    (void)state;
    assert_true(seconds_of(&one) > seconds_of(&many));
    assert_true(number_at(many.summary, "messages") > number_at(one.summary, "messages"));
    assert_close(number_at(many.summary, "bytes"), number_at(one.summary, "bytes"), 0);
    assert_close(seconds_of(&one), seconds_of(&bare), 1e-2); /* but for latencies */
    simulated_release(&one);
    simulated_release(&bare);
    simulated_release(&many);
}

static void slow_workers_hold_all_up(void **state)
{
    struct simulated fast =
                         trained("iterations=2", "algorithm.learning=off", "seed=1", "trace=none"),
                     slow = trained("iterations=2", "algorithm.learning=off",
                                    "faults=[{host: node-3, at: 0, factor: 0.5}]", "trace=none"),
                     noisy = trained("iterations=2", "algorithm.learning=off",
                                     "algorithm.compute_jitter=0.4", "trace=none");

    (void)state;
    assert_true(seconds_of(&slow) > 1.9 * seconds_of(&fast));
    assert_true(seconds_of(&noisy) > seconds_of(&fast));
    simulated_release(&fast);
    simulated_release(&slow);
    simulated_release(&noisy);
}

static void a_dead_worker_ends_the_run(void **state)
{
    static const char *const settings[] = {"faults=[{peer: worker-3, at: 0.9, factor: 0}]",
                                           "iterations=3", "algorithm.learning=off", NULL};
    struct simulated run = simulate_file(file, settings);

    (void)state;
    assert_int_equal(run.code, 1);
    assert_non_null(strstr(run.err.text, "another worker is dead or out of reach"));
    simulated_release(&run);
}

/* ---- learning ---- */

static const char *const reductions[] = {"ring",
                                         "recursive_doubling",
                                         "rabenseifner",
                                         "binomial_tree",
                                         "double_binary_tree",
                                         "rails",
                                         "leaders",
                                         "bcube"};

static void every_reduction_learns_what_one_worker_learns(void **state)
{
    struct simulated one = trained("algorithm.workers=1", "algorithm.mini_batch=24", "iterations=9",
                                   "algorithm.momentum=0.9");
    const double expected = metric_of(&one, "weights_projection");

    (void)state;
    for (int r = 0; r < 8; r++) {
        const char *settings[] = {NULL,
                                  "algorithm.workers=6",
                                  "algorithm.members_per_node=3",
                                  "algorithm.mini_batch=4",
                                  "iterations=9",
                                  "algorithm.momentum=0.9",
                                  "algorithm.bucket_bytes=7MB",
                                  NULL};
        char choice[64];
        struct simulated all;

        snprintf(choice, sizeof choice, "algorithm.allreduce=%s", reductions[r]);
        settings[0] = choice;
        all = simulate_file(file, settings);
        assert_int_equal(all.code, 0);
        assert_close(metric_of(&all, "weights_projection"), expected, 1e-12);
        simulated_release(&all);
    }
    simulated_release(&one);
}

static void the_timing_does_not_depend_on_the_learner(void **state)
{
    struct simulated off =
                         trained("algorithm.learning=off", "iterations=3", "seed=1", "trace=none"),
                     on = trained("algorithm.learning=softmax", "iterations=3", "seed=1",
                                  "trace=none");

    (void)state;
    assert_close(seconds_of(&off), seconds_of(&on), 0);
    assert_close(number_at(off.summary, "bytes"), number_at(on.summary, "bytes"), 0);
    simulated_release(&off);
    simulated_release(&on);
}

/* ---- what does not go together ---- */

static void what_the_workload_says_is_not_said_twice(void **state)
{
    static const char *const twice[] = {"algorithm.gradient_bytes=1MB", NULL};
    static const char *const uneven[] = {"algorithm.allreduce=rails",
                                         "algorithm.members_per_node=3", NULL};
    struct simulated a = simulate_file(file, twice), b = simulate_file(file, uneven);

    (void)state;
    assert_int_equal(a.code, 2);
    assert_non_null(strstr(a.err.text, "algorithm.gradient_bytes: the workload says"));
    assert_int_equal(b.code, 2);
    assert_non_null(strstr(b.err.text, "does not divide 8 workers"));
    simulated_release(&a);
    simulated_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_hides_communication_and_never_all_of_it),
        cmocka_unit_test(one_bucket_hides_nothing),
        cmocka_unit_test(slow_workers_hold_all_up),
        cmocka_unit_test(a_dead_worker_ends_the_run),
        cmocka_unit_test(every_reduction_learns_what_one_worker_learns),
        cmocka_unit_test(the_timing_does_not_depend_on_the_learner),
        cmocka_unit_test(what_the_workload_says_is_not_said_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
