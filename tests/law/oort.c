/* Oort: who is tried, who is not asked again, what is won, and when the pacer grants more time. */
#include "tests/fixtures/federated.h"
#include "tests/fixtures/shipped.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 512, CLIENTS = 9, CHOSEN = 3 };

/* Nine clients alike but for what `faults` slows, of which three are chosen; all are tried before any is again. */
static struct simulated run_nine(const char *more, const char *faults, struct client_row *rows,
                                 int *count)
{
    char text[1024];

    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\n"
             "hosts: {server: [h-0], client: [h-1, h-2, h-3, h-4, h-5, h-6, h-7, h-8, h-9]}\n"
             "algorithm: {name: oort, clients: %d, clients_per_round: %d, model_bytes: 12347, "
             "samples_per_client: 137, compute_seconds_per_sample: 7.3ms, exploration: 1, "
             "exploration_decay: 1, preferred_seconds: 2%s}\n%siterations: 30\n",
             star_platform(CLIENTS + 1, 10000), CLIENTS, CHOSEN, more, faults);
    return simulate_clients(text, rows, MOST_ROWS, count);
}

static int often(const struct client_row *rows, int count, int client)
{
    int times = 0;

    for (int i = 0; i < count; i++)
        times += rows[i].client == client;
    return times;
}

static void all_are_tried_before_any_is_again(void **state)
{
    struct client_row rows[MOST_ROWS];
    int count;
    struct simulated run = run_nine("", "", rows, &count);

    (void)state;
    assert_int_equal(count, 30 * CHOSEN);
    for (int k = 0; k < CLIENTS; k++)
        assert_int_equal(often(rows, CLIENTS, k), 1);
    assert_true(metric_of(&run, "clients_tried") == CLIENTS);
    simulated_release(&run);
}

/* Two hosts are a hundred times slower than they seem: they are tried, and then there are seven others. */
static void who_turns_out_slow_is_not_asked_again(void **state)
{
    static const char faults[] =
        "faults: [{host: h-3, at: 0, factor: 0.01}, {host: h-8, at: 0, factor: 0.01}]\n";
    struct client_row rows[MOST_ROWS];
    int count;
    struct simulated punished = run_nine(", uncertainty: 0", faults, rows, &count), not_punished;

    (void)state;
    assert_int_equal(often(rows, count, 2), 1);
    assert_int_equal(often(rows, count, 7), 1);
    not_punished = run_nine(", uncertainty: 0, round_penalty: 0", faults, rows, &count);
    assert_true(often(rows, count, 2) > 1 && often(rows, count, 7) > 1);
    assert_true(seconds_of(&not_punished) > seconds_of(&punished));
    simulated_release(&punished);
    simulated_release(&not_punished);
}

/* Of losses that all count 1, |B| is the utility: three clients win as much in each round, and T has no reason to
 * grow. */
static void utility_without_learning_is_samples(void **state)
{
    struct client_row rows[MOST_ROWS];
    int count;
    struct simulated run = run_nine(", pacer_window: 3, pacer_step_seconds: 5", "", rows, &count);

    (void)state;
    assert_true(metric_of(&run, "utility_of_round") == CHOSEN * 137);
    assert_true(metric_of(&run, "preferred_seconds") == 2);
    simulated_release(&run);
}

static const char everybody[] =
    "algorithm.clients=11 algorithm.clients_per_round=11 algorithm.over_selection=1 "
    "algorithm.model_bytes=0 algorithm.learning=softmax algorithm.data=digits "
    "algorithm.partition=iid algorithm.learning_rate=0.03 algorithm.batch_size=10 "
    "algorithm.compute_seconds_per_sample=1ms algorithm.local_epochs=1 iterations=12 seed=5";

/* The model gets better, so less is won in each window: T grows at the end of each but the first. */
static void the_pacer_grants_more_time_as_losses_fall(void **state)
{
    char words[640];
    struct simulated run;

    (void)state;
    snprintf(words, sizeof words,
             "%s algorithm.pacer_window=3 algorithm.preferred_seconds=1.7 "
             "algorithm.pacer_step_seconds=0.9",
             everybody);
    run = shipped_fine("oort", NULL, words);
    assert_close(metric_of(&run, "preferred_seconds"), 1.7 + 3 * 0.9, 1e-15);
    simulated_release(&run);
}

static void to_choose_everybody_is_fedavg(void **state)
{
    struct simulated avg = shipped_fine("fedavg", NULL, everybody),
                     oort = shipped_fine("oort", NULL, everybody);

    (void)state;
    assert_true(seconds_of(&avg) == seconds_of(&oort));
    assert_true(number_at(avg.summary, "bytes") == number_at(oort.summary, "bytes"));
    assert_true(metric_of(&avg, "train_loss_nats") == metric_of(&oort, "train_loss_nats"));
    assert_true(metric_of(&avg, "test_accuracy") == metric_of(&oort, "test_accuracy"));
    simulated_release(&avg);
    simulated_release(&oort);
}

static void a_round_waits_for_as_many_as_it_should(void **state)
{
    struct simulated run = shipped_fine("oort", NULL, "");

    (void)state;
    assert_true(metric_of(&run, "uploads") - metric_of(&run, "late") == 300);
    assert_true(metric_of(&run, "downloads") > 300 && metric_of(&run, "downloads") <= 390);
    simulated_release(&run);
}

static void laws_hold_in_other_shapes(void **state)
{
    static const char *const shapes[] = {
        "algorithm.over_selection=1",
        "algorithm.drop_out=0.4",
        "algorithm.scaled=no algorithm.explore_by=samples",
        "algorithm.compression=top_k algorithm.compute_jitter=0.7",
        "algorithm.round_deadline=3",
    };

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct simulated run = shipped_fine("oort", NULL, shapes[s]);

        assert_true(metric_of(&run, "rounds") == 30);
        simulated_release(&run);
    }
}

/* All are busy with a round that was closed before: the server waits for one of them, and does not spin. */
static void rounds_too_short_for_everybody_end(void **state)
{
    struct simulated run = shipped_run("oort", NULL,
                                       "algorithm.clients=10 algorithm.round_deadline=2 "
                                       "algorithm.over_selection=1");

    (void)state;
    assert_int_equal(run.code, 1);
    assert_non_null(strstr(run.err.text, "in none of 30 rounds an update has arrived"));
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_tried_before_any_is_again),
        cmocka_unit_test(who_turns_out_slow_is_not_asked_again),
        cmocka_unit_test(utility_without_learning_is_samples),
        cmocka_unit_test(the_pacer_grants_more_time_as_losses_fall),
        cmocka_unit_test(to_choose_everybody_is_fedavg),
        cmocka_unit_test(a_round_waits_for_as_many_as_it_should),
        cmocka_unit_test(laws_hold_in_other_shapes),
        cmocka_unit_test(rounds_too_short_for_everybody_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
