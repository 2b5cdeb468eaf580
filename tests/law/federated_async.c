/* Asynchronous federated methods: who is aggregated when, how stale, and with what weight; FedBuff as FedAvg. */
#include "tests/fixtures/federated.h"
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 512, ACTION_ARRIVED = 1 };

/* Three clients with 1800, 900 and 600 samples of 1 ms; a message takes 10 ms and the bytes' time. */
static struct simulated run_three(const char *name, const char *more, int iterations, int seed,
                                  struct client_row *rows, int *count)
{
    char text[1024];

    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nhosts: {server: [h-0], client: [h-1, h-2, h-3]}\n"
             "algorithm: {name: %s, clients: 3, concurrency: 3, model_bytes: 7300, "
             "samples_per_client: 1100, sizes: zipf, size_spread: 1, "
             "compute_seconds_per_sample: 1ms%s}\niterations: %d\nseed: %d\n",
             star_platform(4, 10000), name, more, iterations, seed);
    return simulate_clients(text, rows, MOST_ROWS, count);
}

/* ---- the order of simulated time ---- */

/* Arrivals: client 2 every 0.62 s, client 1 every 0.92 s, client 0 every 1.82 s; each makes a version. */
static void arrivals_are_aggregated_in_order_of_time(void **state)
{
    static const int clients[] = {2, 1, 2, 0, 1, 2}, staleness[] = {0, 1, 1, 3, 2, 2};
    static const double seconds[] = {0.62, 0.92, 1.24, 1.82, 1.84, 1.86};

    (void)state;
    for (int seed = 1; seed <= 6; seed++) {
        struct client_row rows[MOST_ROWS];
        int count;
        struct simulated run = run_three(
            "fedasync", ", clients_per_round: 1, a: 0.4142, mixing: 0.5937", 6, seed, rows, &count);

        assert_int_equal(count, 6);
        for (int i = 0; i < count; i++) {
            assert_int_equal(rows[i].client, clients[i]);
            assert_int_equal(rows[i].staleness, staleness[i]);
            assert_close(rows[i].seconds, seconds[i], 1e-3);
        }
        assert_close(metric_of(&run, "mean_staleness"), 1.5, 1e-15);
        assert_true(metric_of(&run, "largest_staleness") == 3);
        assert_close(metric_of(&run, "mixing"), 0.5937 * pow(3, -0.4142), 1e-14);
        simulated_release(&run);
    }
}

/* An aggregation takes a second.  Client 2 arrives at 0.62 and keeps the server until 1.62; client 1 (0.92) until
 * 2.62.  Meanwhile client 0 arrives at 1.82, and client 2, which began again at 1.62, at 2.24; client 1 begins
 * again at 2.62 and arrives at 3.54, while the server is at client 0 until 3.62. */
static void arrivals_during_an_aggregation_keep_their_order(void **state)
{
    static const int clients[] = {2, 1, 0, 2, 1}, staleness[] = {0, 1, 2, 2, 2};

    (void)state;
    for (int seed = 1; seed <= 6; seed++) {
        struct client_row rows[MOST_ROWS];
        int count;
        struct simulated run = run_three("fedasync", ", clients_per_round: 1, flop_per_byte: 1e6",
                                         5, seed, rows, &count);

        assert_int_equal(count, 5);
        for (int i = 0; i < count; i++) {
            assert_int_equal(rows[i].client, clients[i]);
            assert_int_equal(rows[i].staleness, staleness[i]);
        }
        assert_close(rows[3].seconds, 4.62, 1e-3);
        simulated_release(&run);
    }
}

/* ---- staleness ---- */

/* A server that multiplies s into alpha, version by version, has less than 1e-9 of it left by then. */
static void alpha_does_not_accumulate(void **state)
{
    static const char *const forms[] = {"constant", "polynomial", "hinge"};

    (void)state;
    for (int f = 0; f < 3; f++) {
        char words[256];
        struct simulated run;
        double d, s[3];

        snprintf(words, sizeof words,
                 "algorithm.mixing=0.5937 algorithm.a=0.4142 algorithm.b=1.5 iterations=97 "
                 "algorithm.staleness=%s",
                 forms[f]);
        run = shipped_fine("fedasync", NULL, words);
        d = metric_of(&run, "staleness");
        s[0] = 1;
        s[1] = pow(d + 1, -0.4142);
        s[2] = d <= 1.5 ? 1 : 1 / (0.4142 * (d - 1.5) + 1);
        assert_true(metric_of(&run, "mean_staleness") > 1);
        assert_close(metric_of(&run, "mixing"), 0.5937 * s[f], 1e-14);
        simulated_release(&run);
    }
}

static void one_at_a_time_is_never_stale(void **state)
{
    (void)state;
    assert_true(shipped_metric("fedasync", "algorithm.concurrency=1", "largest_staleness") == 0);
    assert_true(shipped_metric("fedasync", "algorithm.concurrency=1", "mixing") == 0.6);
    assert_true(shipped_metric("fedbuff", "algorithm.concurrency=1", "largest_staleness") == 0);
}

static void too_stale_an_update_is_refused(void **state)
{
    static const char *const names[] = {"fedasync", "fedbuff"};

    (void)state;
    for (int n = 0; n < 2; n++) {
        struct simulated run = shipped_fine(names[n], NULL, "algorithm.max_staleness=2");
        const double taken = metric_of(&run, "uploads") - metric_of(&run, "late");

        assert_true(metric_of(&run, "late") > 0);
        assert_true(metric_of(&run, "largest_staleness") <= 2);
        assert_true(taken == (n == 0 ? 60 : 100));
        simulated_release(&run);
    }
}

static void what_weighs_nothing_changes_nothing(void **state)
{
    static const char first[] = "iterations=1 algorithm.concurrency=1 ";
    char words[128];

    (void)state;
    snprintf(words, sizeof words, "%s%s", first, "algorithm.mixing=0");
    assert_true(shipped_metric("fedasync", words, "test_loss_nats") ==
                shipped_metric("fedasync", "algorithm.mixing=0", "test_loss_nats"));
    assert_true(shipped_metric("fedbuff", "algorithm.server_learning_rate=0", "test_loss_nats") ==
                shipped_metric("fedasync", "algorithm.mixing=0", "test_loss_nats"));
    assert_true(shipped_metric("fedasync", "", "test_loss_nats") !=
                shipped_metric("fedasync", "algorithm.mixing=0", "test_loss_nats"));
}

static void both_normalisations_agree_unless_somebody_is_late(void **state)
{
    static const char one[] = "algorithm.concurrency=1 algorithm.normalisation=weights";

    (void)state;
    assert_close(shipped_metric("fedbuff", one, "train_loss_nats"),
                 shipped_metric("fedbuff", "algorithm.concurrency=1", "train_loss_nats"), 1e-12);
    assert_true(shipped_metric("fedbuff", "algorithm.normalisation=weights", "train_loss_nats") !=
                shipped_metric("fedbuff", "", "train_loss_nats"));
}

static void laws_hold_in_other_shapes(void **state)
{
    static const char *const shapes[] = {
        "algorithm.evaluate_every=1000 algorithm.concurrency=30",
        "algorithm.evaluate_every=1000 algorithm.drop_out=0.3",
        "algorithm.evaluate_every=1000 algorithm.compression=top_k algorithm.trainable_share=0.3",
        "algorithm.evaluate_every=1000 algorithm.compression=ternary algorithm.compute_jitter=0.7",
        "algorithm.evaluate_every=1000 algorithm.stragglers=0.5 algorithm.straggler_slowdown=3",
        "algorithm.learning=off algorithm.model_bytes=100003 algorithm.sizes=lognormal",
        "algorithm.evaluate_every=1000 algorithm.round_deadline=300ms algorithm.flop_per_byte=1000",
    };

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        assert_true(shipped_metric("fedasync", shapes[s], "rounds") == 60);
        assert_true(shipped_metric("fedbuff", shapes[s], "rounds") == 20);
    }
}

/* ---- FedBuff as FedAvg ---- */

static void compare_with_fedavg(const char *words)
{
    char buffered[640];
    struct simulated avg = shipped_fine("fedavg", NULL, words), buff;

    snprintf(buffered, sizeof buffered, "%s algorithm.concurrency=12", words);
    buff = shipped_fine("fedbuff", NULL, buffered);
    assert_true(metric_of(&avg, "round_seconds") == metric_of(&buff, "round_seconds"));
    assert_true(seconds_of(&avg) == seconds_of(&buff));
    assert_true(number_at(avg.summary, "bytes") == number_at(buff.summary, "bytes"));
    assert_true(metric_of(&avg, "test_accuracy") == metric_of(&buff, "test_accuracy"));
    assert_close(metric_of(&buff, "train_loss_nats"), metric_of(&avg, "train_loss_nats"), 1e-12);
    assert_close(metric_of(&buff, "test_loss_nats"), metric_of(&avg, "test_loss_nats"), 1e-12);
    assert_close(metric_of(&buff, "weights_projection"), metric_of(&avg, "weights_projection"),
                 1e-12);
    assert_true(metric_of(&buff, "largest_staleness") == 0);
    simulated_release(&avg);
    simulated_release(&buff);
}

static void a_buffer_of_all_clients_is_fedavg(void **state)
{
    static const char all[] =
        "algorithm.clients=12 algorithm.clients_per_round=12 algorithm.model_bytes=0 "
        "algorithm.learning=softmax algorithm.data=digits algorithm.learning_rate=0.1 "
        "algorithm.local_epochs=2 algorithm.batch_size=10 iterations=7 seed=3 "
        "algorithm.compute_seconds_per_sample=1ms algorithm.compute_jitter=0.31";
    static const char *const more[] = {"algorithm.partition=iid algorithm.aggregation=plain",
                                       "algorithm.partition=dirichlet"};
    char words[512];

    (void)state;
    for (int i = 0; i < 2; i++) {
        snprintf(words, sizeof words, "%s %s", all, more[i]);
        compare_with_fedavg(words);
    }
}

/* ---- what goes wrong ---- */

static void who_dies_leaves_a_smaller_buffer(void **state)
{
    struct client_row rows[MOST_ROWS];
    int count, arrived = 0;
    struct simulated run =
        run_three("fedbuff", ", clients_per_round: 3}\nfaults: [{host: h-2, at: 3, factor: 0}]\n#",
                  5, 1, rows, &count);

    (void)state;
    for (int i = 0; i < count; i++)
        arrived += rows[i].action == ACTION_ARRIVED;
    assert_true(arrived < 15 && arrived >= 10);
    simulated_release(&run);
}

static void what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    shipped_fails("fedasync", NULL, "algorithm.clients_per_round=2", 2, "so this is 1, not 2");
    shipped_fails("fedasync", NULL, "algorithm.concurrency=31", 2,
                  "no more than 30 can be at work at once");
    shipped_fails("fedbuff", NULL, "algorithm.over_selection=1.3", 2,
                  "how many are at work with concurrency");
    shipped_fails("fedbuff", NULL, "algorithm.clients_per_round=31", 2, "cannot be chosen from 30");
    shipped_fails("fedbuff", NULL, "algorithm.drop_out=1", 1, "no update has arrived");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrivals_are_aggregated_in_order_of_time),
        cmocka_unit_test(arrivals_during_an_aggregation_keep_their_order),
        cmocka_unit_test(alpha_does_not_accumulate),
        cmocka_unit_test(one_at_a_time_is_never_stale),
        cmocka_unit_test(too_stale_an_update_is_refused),
        cmocka_unit_test(what_weighs_nothing_changes_nothing),
        cmocka_unit_test(both_normalisations_agree_unless_somebody_is_late),
        cmocka_unit_test(laws_hold_in_other_shapes),
        cmocka_unit_test(a_buffer_of_all_clients_is_fedavg),
        cmocka_unit_test(who_dies_leaves_a_smaller_buffer),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
