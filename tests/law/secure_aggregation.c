/* Secure aggregation: what its trips and masked numbers weigh, and that the server's sum is the plain one. */
#include "tests/fixtures/shipped.h"

#include "algorithms/federated/rules/secure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MASKED "algorithm.secure_aggregation=yes"
#define SELDOM "algorithm.evaluate_every=99 "
#define FEWER  SELDOM "algorithm.clients=12 "

/* HeteroFL on ten phones, all in each round, at three levels; `more` is the rest of the algorithm's parameters. */
static struct simulated heterofl_of_ten(const char *more, int rounds)
{
    char text[1024];
    struct simulated run;

    snprintf(
        text, sizeof text,
        "platform: platforms/phones_to_cloud.xml\n"
        "hosts: {server: [cloud], client: [\"phone-*\"]}\n"
        "algorithm: {name: heterofl, clients: 10, clients_per_round: 10, learning: perceptron, "
        "partition: iid, hidden_width: 32, compute_seconds_per_sample: 1.3ms, "
        "levels: [1, 0.5, 0.25], secure_aggregation: yes%s}\n"
        "iterations: %d\nseed: 6\ntrace: none\n",
        more, rounds);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", more, run.err.text);
    return run;
}

/* Does some remark of the run have that in it? */
static bool says(const struct simulated *run, const char *what)
{
    size_t i;
    json_t *remark;

    json_array_foreach (json_object_get(run->summary, "remarks"), i, remark)
        if (strstr(json_string_value(remark), what) != NULL)
            return true;
    return false;
}

/* FedProx chooses 10 phones a round; 610 numbers, which summed ten times need 36 bits each. */
static void bytes_are_those_of_the_paper(void **state)
{
    const double keys_up = 2 * 32 + 2 * 9 * 32 + 10 * 32, keys_down = 2 * 9 * 32 + 2 * 9 * 32;
    const double numbers = 610 * 36 / 8.0, turns = 10 * 10;
    struct simulated run =
        shipped_fine("fedprox", NULL, SELDOM "algorithm.local_epochs=2 iterations=10 " MASKED);

    (void)state;
    assert_close(keys_up + keys_down + numbers, secure_bytes(10, 610, 32, 256), 0);
    assert_close(number_at(run.summary, "bytes"), turns * (2440 + keys_up + keys_down + numbers),
                 0);
    assert_close(number_at(run.summary, "messages"), turns * (1 + 1 + 2 * 3), 0);
    simulated_release(&run);
}

/* Three of HeteroFL's phones hold all of 60-32-10, four 16 and three 8 of the 32: 2282, 1146 and 578 numbers, of which
 * a sum of ten needs 36 bits each; keys as above. */
static void bytes_of_levels_are_those_of_their_numbers(void **state)
{
    const double keys = 2 * 32 + 2 * 9 * 32 + 10 * 32 + 2 * 9 * 32 + 2 * 9 * 32;
    const double numbers[] = {2282, 1146, 578}, clients[] = {3, 4, 3};
    struct simulated run = heterofl_of_ten(", level_shares: [3, 4, 3]", 7);
    double bytes = 0;

    (void)state;
    for (int l = 0; l < 3; l++)
        bytes += 7 * clients[l] * (4 * numbers[l] + keys + ceil(numbers[l] * 36 / 8));
    assert_close(number_at(run.summary, "bytes"), bytes, 0);
    assert_close(number_at(run.summary, "messages"), 7 * 10 * (1 + 1 + 2 * 3), 0);
    simulated_release(&run);
}

/* 24 bits behind the point, weights of some hundred samples: 1e-6 after ten rounds is what rounding can make. */
static void same_model(const char *name, const char *words)
{
    char masked[512];
    struct simulated plain = shipped_fine(name, NULL, words), secure;

    snprintf(masked, sizeof masked, "%s algorithm.secure_aggregation=yes", words);
    secure = shipped_fine(name, NULL, masked);
    assert_close(metric_of(&secure, "test_loss_nats"), metric_of(&plain, "test_loss_nats"), 1e-6);
    assert_close(metric_of(&secure, "weights_projection"), metric_of(&plain, "weights_projection"),
                 1e-6);
    assert_true(metric_of(&secure, "weights_projection") !=
                metric_of(&plain, "weights_projection")); /* it was really rounded */
    assert_close(metric_of(&secure, "uploads"), metric_of(&plain, "uploads"), 0);
    assert_true(metric_of(&secure, "round_seconds") > metric_of(&plain, "round_seconds"));
    simulated_release(&plain);
    simulated_release(&secure);
}

static void the_sum_of_masked_updates_is_the_sum(void **state)
{
    (void)state;
    same_model("fedprox", "algorithm.local_epochs=2 " SELDOM "iterations=5");
    same_model("fedprox",
               "algorithm.local_epochs=2 " SELDOM "iterations=5 algorithm.aggregation=plain");
    same_model("oort", SELDOM "iterations=5");
    same_model("cmfl", SELDOM "iterations=3");
}

/* Masks that survivors share with those who are gone are taken off. */
static void who_drops_out_takes_no_sum_along(void **state)
{
    (void)state;
    same_model("fedprox", "algorithm.local_epochs=2 " SELDOM "iterations=6 algorithm.drop_out=0.4");
}

/* Pairs of unlike levels share what the narrower has; the model is that of HeteroFL, drop-outs or not. */
static void masks_of_levels_cancel_number_by_number(void **state)
{
    (void)state;
    same_model("heterofl", FEWER "iterations=3");
    same_model("heterofl",
               FEWER "iterations=3 algorithm.drop_out=0.4 algorithm.level_choice=dynamic");
    same_model("heterofl",
               "iterations=3 algorithm.aggregation=samples algorithm.partition=label_shards");
}

/* One phone of ten is whole: what the others lack of the CNN is its own in every sum. */
static void what_one_client_alone_holds_is_bare_and_said_once(void **state)
{
    static const char of[] = "iterations=3 algorithm.learning=off algorithm.clients=10 "
                             "algorithm.levels=[1,0.5,0.25] " MASKED " algorithm.level_shares=";
    char words[256];
    struct simulated run, many;

    (void)state;
    snprintf(words, sizeof words, "%s[1,5,4]", of);
    run = shipped_fine("heterofl", NULL, words);
    snprintf(words, sizeof words, "%s[3,4,3]", of);
    many = shipped_fine("heterofl", NULL, words);
    assert_close(metric_of(&run, "bare_numbers"), 1556874 - 391370, 0);
    assert_close(metric_of(&many, "bare_numbers"), 0, 0);
    assert_true(says(&run, "In round 1 1165504 numbers of the masked sum are those of one client"));
    assert_false(says(&run, "In round 2 1165504 numbers"));
    assert_false(says(&many, "numbers of the masked sum"));
    simulated_release(&run);
    simulated_release(&many);
}

/* With learning on beside those 2282 - 1146 numbers the rows of labels that one client alone has samples of. */
static void labels_of_one_client_alone_are_bare(void **state)
{
    struct simulated one = heterofl_of_ten(", level_shares: [1, 5, 4]", 2);
    struct simulated many = heterofl_of_ten(", level_shares: [3, 4, 3]", 2);

    (void)state;
    assert_true(metric_of(&one, "bare_numbers") >= 2282 - 1146);
    assert_true(metric_of(&many, "bare_numbers") > 0);
    assert_true(metric_of(&many, "bare_numbers") < 2282 - 1146);
    simulated_release(&one);
    simulated_release(&many);
}

/* Keys of those who were not waited for come in while the server makes its last model: they have crossed the network,
 * and the laws of bytes and messages count them. */
static void keys_that_come_too_late_are_counted(void **state)
{
    struct simulated run = shipped_fine(
        "oort", NULL,
        "iterations=2 seed=3 " MASKED " algorithm.over_selection=1.9 algorithm.compute_jitter=0.8 "
        "algorithm.flop_per_byte=1e5");

    (void)state;
    assert_true(number_at(run.summary, "messages") > 2 * 19 * 2);
    simulated_release(&run);
}

static void what_differs_from_client_to_client_is_not_masked(void **state)
{
    static const char *const names[] = {"fedasync", "fedbuff", "heterofl", "fedprox"};

    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        shipped_fails(names[n], NULL, MASKED " algorithm.compression=ternary", 2,
                      "masks cancel where all send the same numbers");
        shipped_fails(names[n], NULL, MASKED " algorithm.compression=top_k", 2,
                      "use compression: none");
    }
    shipped_fails("fedbuff", "hosts={server: [cloud], client: [\"phone-*\"], trusted: [phone-99]}",
                  MASKED, 2, "lives on the hosts of another role");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_the_paper),
        cmocka_unit_test(bytes_of_levels_are_those_of_their_numbers),
        cmocka_unit_test(the_sum_of_masked_updates_is_the_sum),
        cmocka_unit_test(who_drops_out_takes_no_sum_along),
        cmocka_unit_test(masks_of_levels_cancel_number_by_number),
        cmocka_unit_test(what_one_client_alone_holds_is_bare_and_said_once),
        cmocka_unit_test(labels_of_one_client_alone_are_bare),
        cmocka_unit_test(keys_that_come_too_late_are_counted),
        cmocka_unit_test(what_differs_from_client_to_client_is_not_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
