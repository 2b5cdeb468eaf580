/* CMFL: what is sent when all updates are relevant, when none is, and in between. */
#include "tests/fixtures/shipped.h"

/* Seed 6 deals Synthetic's samples to four clients evenly; settings that fedavg has too. */
#define EVEN                                                                                       \
    "seed=6 iterations=5 algorithm.clients=4 algorithm.clients_per_round=4 "                       \
    "algorithm.partition=iid algorithm.learning=perceptron algorithm.model_bytes=0 "               \
    "algorithm.local_epochs=2 algorithm.batch_size=10 algorithm.learning_rate=0.01 "               \
    "algorithm.compute_jitter=0.317 algorithm.compute_seconds_per_sample=1ms "
#define TIMED                                                                                      \
    "iterations=7 algorithm.clients=23 algorithm.clients_per_round=11 algorithm.learning=off "     \
    "algorithm.model_bytes=100003 algorithm.local_epochs=1 algorithm.batch_size=10 "               \
    "algorithm.compute_seconds_per_sample=123us "

static double bytes_of(const struct simulated *run)
{
    return number_at(run->summary, "bytes");
}

static void assert_same(struct simulated *a, struct simulated *b)
{
    static const char *const metrics[] = {"weights_projection", "test_loss_nats",
                                          "train_loss_nats"};

    assert_true(bytes_of(a) == bytes_of(b));
    assert_true(seconds_of(a) == seconds_of(b));
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++)
        assert_close(metric_of(a, metrics[m]), metric_of(b, metrics[m]), 1e-12);
    simulated_release(a);
    simulated_release(b);
}

static void at_threshold_zero_it_is_fedavg(void **state)
{
    struct simulated fedavg = shipped_fine("fedavg", NULL, EVEN);
    struct simulated cmfl = shipped_fine("cmfl", NULL, EVEN "algorithm.threshold=0");

    (void)state;
    assert_same(&fedavg, &cmfl);
}

static void with_fedavgs_weights_parts_need_not_be_even(void **state)
{
    struct simulated fedavg = shipped_fine("fedavg", NULL, EVEN "seed=7");
    struct simulated plain = shipped_fine("cmfl", NULL, EVEN "seed=7 algorithm.threshold=0");
    struct simulated cmfl = shipped_fine(
        "cmfl", NULL, EVEN "seed=7 algorithm.threshold=0 algorithm.aggregation=samples");

    (void)state;
    assert_true(metric_of(&plain, "weights_projection") !=
                metric_of(&fedavg, "weights_projection"));
    simulated_release(&plain);
    assert_same(&fedavg, &cmfl);
}

static void above_one_nothing_is_uploaded_after_round_one(void **state)
{
    static const char words[] =
        EVEN "algorithm.threshold=1.01 algorithm.threshold_form=constant algorithm.skip_bytes=19";
    struct simulated run = shipped_fine("cmfl", NULL, words);
    const double model = 4.0 * (60 * 32 + 32 + 32 * 10 + 10);

    (void)state;
    assert_true(metric_of(&run, "uploads") == 4);
    assert_true(metric_of(&run, "skipped") == 4 * 4);
    assert_true(metric_of(&run, "rounds_abandoned") == 4);
    assert_true(bytes_of(&run) == 5 * 4 * model + 4 * model + 4 * 4 * 19.0);
    assert_true(metric_of(&run, "relevance") < 1);
    assert_true(metric_of(&run, "weights_projection") ==
                shipped_metric("cmfl", EVEN "iterations=1", "weights_projection"));
    simulated_release(&run);
}

/* 1.2 / sqrt(t) is above 1 in round 2 only, and below any e of these runs in the end. */
static void a_falling_threshold_lets_updates_through_again(void **state)
{
    struct simulated run =
        shipped_fine("cmfl", NULL,
                     EVEN "algorithm.threshold=1.2 algorithm.threshold_form=falling "
                          "iterations=40");
    const double uploads = metric_of(&run, "uploads");

    (void)state;
    assert_true(uploads > 4 && uploads <= 4 * 39);
    assert_true(uploads + metric_of(&run, "skipped") == 4 * 40);
    simulated_release(&run);
}

static void only_the_relevant_change_the_model(void **state)
{
    static const char words[] = EVEN "algorithm.threshold=0.76 algorithm.threshold_form=constant";
    const double uploads = shipped_metric("cmfl", words, "uploads");

    (void)state;
    assert_true(uploads > 4 && uploads < 20);
    assert_true(shipped_metric("cmfl", words, "weights_projection") !=
                shipped_metric("cmfl", EVEN "algorithm.threshold=0", "weights_projection"));
}

static void with_learning_off_a_share_is_relevant(void **state)
{
    struct simulated fedavg = shipped_fine("fedavg", NULL, TIMED);
    struct simulated all = shipped_fine("cmfl", NULL, TIMED);
    struct simulated none = shipped_fine("cmfl", NULL, TIMED "algorithm.relevant_share=0");

    (void)state;
    assert_true(bytes_of(&fedavg) == bytes_of(&all));
    assert_true(seconds_of(&fedavg) == seconds_of(&all));
    assert_true(bytes_of(&none) == (7 + 1) * 11 * 100003.0 + 6 * 11 * 8.0);
    assert_true(seconds_of(&none) < seconds_of(&all));
    simulated_release(&fedavg);
    simulated_release(&all);
    simulated_release(&none);
}

static void feedback_goes_down_from_round_two_on(void **state)
{
    struct simulated without = shipped_fine("cmfl", NULL, TIMED);
    struct simulated with = shipped_fine("cmfl", NULL, TIMED "algorithm.feedback_bytes=3121");

    (void)state;
    assert_true(bytes_of(&with) == bytes_of(&without) + 6 * 11 * 3121.0);
    simulated_release(&without);
    simulated_release(&with);
}

/* Where nobody has arrived in round 1, there is nothing to compare with in round 2 either. */
static void while_no_direction_is_known_all_upload(void **state)
{
    struct simulated run =
        shipped_fine("cmfl", NULL,
                     TIMED "algorithm.relevant_share=0 algorithm.clients_per_round=1 "
                           "algorithm.drop_out=0.7 iterations=30");

    (void)state;
    assert_true(metric_of(&run, "uploads") == 1);
    assert_true(metric_of(&run, "skipped") > 0);
    assert_true(metric_of(&run, "dropped") + metric_of(&run, "skipped") == 29);
    simulated_release(&run);
}

static void laws_hold_in_other_shapes(void **state)
{
    static const char *const shapes[] = {
        TIMED "algorithm.relevant_share=0.37 algorithm.skip_bytes=0",
        TIMED "algorithm.relevant_share=0.37 algorithm.over_selection=1.7",
        TIMED "algorithm.relevant_share=0.37 algorithm.round_deadline=2.1 algorithm.drop_out=0.2",
        TIMED "algorithm.relevant_share=0.37 algorithm.trainable_share=0.131",
        TIMED "algorithm.relevant_share=0.37 algorithm.compression=ternary",
        EVEN
        "algorithm.threshold=0.76 algorithm.threshold_form=constant algorithm.compression=top_k",
        EVEN "algorithm.threshold=0.76 algorithm.threshold_form=constant algorithm.stragglers=0.5",
    };

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct simulated run = shipped_fine("cmfl", NULL, shapes[s]);

        assert_true(metric_of(&run, "skipped") > 0);
        simulated_release(&run);
    }
}

static void what_means_nothing_is_refused(void **state)
{
    (void)state;
    shipped_fails("cmfl", NULL, "algorithm.relevant_share=0.5", 2,
                  "algorithm.relevant_share: with learning on the threshold says");
    shipped_fails("cmfl", NULL, "algorithm.threshold=-1", 2, "out of bounds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_threshold_zero_it_is_fedavg),
        cmocka_unit_test(with_fedavgs_weights_parts_need_not_be_even),
        cmocka_unit_test(above_one_nothing_is_uploaded_after_round_one),
        cmocka_unit_test(a_falling_threshold_lets_updates_through_again),
        cmocka_unit_test(only_the_relevant_change_the_model),
        cmocka_unit_test(with_learning_off_a_share_is_relevant),
        cmocka_unit_test(feedback_goes_down_from_round_two_on),
        cmocka_unit_test(while_no_direction_is_known_all_upload),
        cmocka_unit_test(laws_hold_in_other_shapes),
        cmocka_unit_test(what_means_nothing_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
