/* Secure aggregation of HeteroFL's levels: pairs of clients share masks of what both hold. */
#include "tests/fixtures/federated.h"
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>

#define MASKED "algorithm.secure_aggregation=yes"
#define FEWER  "algorithm.evaluate_every=99 algorithm.clients=12 "

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

/* Pairs of unlike levels share what the narrower has; the model is that of HeteroFL, drop-outs or not. */
static void masks_of_levels_cancel_number_by_number(void **state)
{
    (void)state;
    masked_is_plain("heterofl", FEWER "iterations=3");
    masked_is_plain("heterofl",
                    FEWER "iterations=3 algorithm.drop_out=0.4 algorithm.level_choice=dynamic");
    masked_is_plain("heterofl",
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
    assert_true(simulated_says(
        &run, "In round 1 1165504 numbers of the masked sum are those of one client"));
    assert_false(simulated_says(&run, "In round 2 1165504 numbers"));
    assert_false(simulated_says(&many, "numbers of the masked sum"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_levels_are_those_of_their_numbers),
        cmocka_unit_test(masks_of_levels_cancel_number_by_number),
        cmocka_unit_test(what_one_client_alone_holds_is_bare_and_said_once),
        cmocka_unit_test(labels_of_one_client_alone_are_bare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
