/* Methods that no shipped system is yet: each hook of the federated protocol does what its comment says. */
#include "tests/fixtures/simulate.h"

#include "algorithms/federated/shared/federated.h"

#include <stdio.h>

enum { CLIENTS = 7, CHOSEN = 5, EPOCHS = 3, ROUNDS = 4, REPORT_BYTES = 1013, DECISION_BYTES = 17 };

static const struct sim_parameter parameters[] = {FED_PARAMETERS, {0}};
static const struct sim_role roles[] = {FED_ROLES};

/* ---- probing: one epoch, a report; clients of even numbers go on ---- */

static void assign_probe(struct fed_server *server, struct fed_turn *turn)
{
    (void)server;
    turn->probe_epochs = 1;
    turn->report_bytes = REPORT_BYTES;
    turn->decision_bytes = DECISION_BYTES;
}

static void keep_even(struct fed_server *server, struct fed_turn *const *probed, int count)
{
    (void)server;
    for (int i = 0; i < count; i++) {
        assert_true(i == 0 || probed[i - 1]->client < probed[i]->client);
        assert_true(probed[i]->epochs_done == 1 && probed[i]->probe_seconds > 0);
        probed[i]->action = probed[i]->client % 2 == 0 ? FED_UNDER_WAY : FED_REJECTED;
    }
}

static void note_turn(struct fed_server *server, const struct fed_turn *turn)
{
    if (turn->action == FED_ARRIVED)
        sim_note(server->me, "epochs_of_arrived", turn->epochs_done);
    if (turn->action == FED_REJECTED)
        sim_note(server->me, "epochs_of_rejected", turn->epochs_done);
    sim_note(server->me, "stale", server->round - turn->round);
}

static double probing_bytes(const struct sim_plan *plan)
{
    const struct fed_tally *tally = fed_of(plan)->tally;

    return (double)((tally->downloads + tally->uploads) * fed_of(plan)->model_bytes +
                    tally->reports * REPORT_BYTES + tally->decisions * DECISION_BYTES);
}

/* ---- sizes: level k % 3 has 1 / (k + 1) of bytes and flop ---- */

static void assign_level(struct fed_server *server, struct fed_turn *turn)
{
    turn->level = turn->client % 3;
    turn->flop_share = 1.0 / (turn->level + 1);
    turn->down_bytes = turn->up_bytes = server->fed->model_bytes / (turn->level + 1);
}

static double counted_bytes(const struct sim_plan *plan)
{
    const struct fed_tally *tally = fed_of(plan)->tally;

    return (double)(tally->down_bytes + tally->up_bytes);
}

/* ---- skipping: nobody of an odd number has anything to say ---- */

static bool upload_even(struct fed_client *client, struct fed_turn *turn)
{
    turn->relevance = client->me->index;
    if (client->me->index % 2 == 0)
        return true;
    turn->up_bytes = REPORT_BYTES;
    return false;
}

/* ---- asynchronous: three under way, an aggregation for each two ---- */

static int wanted_three(const struct fed_server *server)
{
    return 3 - server->flight_count;
}

static bool has_two(const struct fed_server *server)
{
    return server->arrived == 2;
}

static void note_staleness(struct fed_server *server)
{
    assert_true(server->arrived == 2);
    sim_note(server->me, "mean_staleness",
             (double)server->tally->staleness / (double)server->tally->turns);
}

static const struct fed_method methods[] = {
    {.assign = assign_probe, .decide = keep_even, .hear = note_turn},
    {.assign = assign_level},
    {.upload = upload_even},
    {.is_asynchronous = true,
     .wanted = wanted_three,
     .is_complete = has_two,
     .hear = note_turn,
     .tell = note_staleness}};

static bool prepare_probing(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &methods[0], err);
}
static bool prepare_levels(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &methods[1], err);
}
static bool prepare_skipping(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &methods[2], err);
}
static bool prepare_asynchronous(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &methods[3], err);
}

static const struct sim_law probing_laws[] = {
    {"bytes", SIM_UNIT_BYTES, "all messages", probing_bytes, fed_all_bytes, .tolerance = 0}, {0}};
static const struct sim_law counted_laws[] = {
    {"bytes", SIM_UNIT_BYTES, "all messages", counted_bytes, fed_all_bytes, .tolerance = 0}, {0}};

#define METHOD(id, laws_, prepare_)                                                                \
    static const struct sim_algorithm id = {.name = #id,                                           \
                                            .summary = #id,                                        \
                                            .paper = "none",                                       \
                                            .counts = "N clients",                                 \
                                            .parameters_size = sizeof(struct federated),           \
                                            .parameters = parameters,                              \
                                            .roles = roles,                                        \
                                            .laws = laws_,                                         \
                                            .tables = fed_tables,                                  \
                                            .prepare = prepare_}
METHOD(probing, probing_laws, prepare_probing);
METHOD(levels, counted_laws, prepare_levels);
METHOD(skipping, counted_laws, prepare_skipping);
METHOD(asynchronous, counted_laws, prepare_asynchronous);

static const struct sim_algorithm *const algorithms[] = {&probing, &levels, &skipping,
                                                         &asynchronous, NULL};

static struct simulated run_method(const char *name, const char *more)
{
    char text[1024];
    struct simulated run;

    snprintf(text, sizeof text,
             "platform: platforms/phones_to_cloud.xml\n"
             "hosts: {server: [cloud], client: [\"phone-*\"]}\n"
             "algorithm: {name: %s, clients: %d, clients_per_round: %d, local_epochs: %d, "
             "model_bytes: 100003, samples_per_client: 37, compute_seconds_per_sample: 1ms%s}\n"
             "iterations: %d\n",
             name, CLIENTS, CHOSEN, EPOCHS, more, ROUNDS);
    run = simulate(text, algorithms);
    if (run.code != 0)
        fail_msg("%s%s: %s", name, more, run.err.text);
    return run;
}

static void after_probing_the_server_decides_who_goes_on(void **state)
{
    struct simulated run = run_method("probing", "");
    const double uploads = metric_of(&run, "uploads");

    (void)state;
    assert_true(metric_of(&run, "epochs_of_arrived") == EPOCHS);
    assert_true(metric_of(&run, "epochs_of_rejected") == 1);
    assert_true(uploads > 0 && uploads < ROUNDS * CHOSEN);
    simulated_release(&run);
    run = run_method("probing", ", drop_out: 0.4");
    simulated_release(&run);
}

static void probing_survives_deadlines(void **state)
{
    static const char *const deadlines[] = {", round_deadline: 1.9, over_selection: 1.4",
                                            ", round_deadline: 2.7", ", round_deadline: 4.1"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct simulated run = run_method("probing", deadlines[i]);

        simulated_release(&run);
    }
}

static void smaller_models_send_less(void **state)
{
    struct simulated run = run_method("levels", "");

    (void)state;
    assert_true(number_at(run.summary, "bytes") < 2.0 * ROUNDS * CHOSEN * 100003);
    simulated_release(&run);
}

static void a_skip_message_closes_the_round_too(void **state)
{
    struct simulated run = run_method("skipping", "");

    (void)state;
    assert_true(metric_of(&run, "uploads") < ROUNDS * CHOSEN);
    assert_true(metric_of(&run, "dropped") == 0);
    simulated_release(&run);
}

static void asynchronous_updates_are_stale_and_not_late(void **state)
{
    struct simulated run = run_method("asynchronous", "");

    (void)state;
    assert_true(metric_of(&run, "late") == 0);
    assert_true(metric_of(&run, "rounds") == ROUNDS);
    assert_true(metric_of(&run, "uploads") == 2 * ROUNDS);
    assert_true(metric_of(&run, "mean_staleness") > 0);
    simulated_release(&run);
}

static void asynchronous_methods_learn(void **state)
{
    struct simulated run = run_method("asynchronous", ", learning: softmax");

    (void)state;
    assert_true(metric_of(&run, "test_accuracy") > 0.1);
    simulated_release(&run);
}

/* ---- pure functions ---- */

static void steps_are_rounded_up_by_epoch(void **state)
{
    (void)state;
    assert_int_equal(fed_steps(&(struct federated){.batch_size = 10}, 37, 3), 12);
    assert_int_equal(fed_steps(&(struct federated){.batch_size = 0}, 37, 3), 3);
    assert_int_equal(fed_steps(&(struct federated){.batch_size = 37}, 37, 1), 1);
}

static void over_selection_is_a_whole_number(void **state)
{
    (void)state;
    assert_int_equal(fed_chosen(&(struct federated){
                         .clients = 100, .clients_per_round = 10, .over_selection = 1.3}),
                     13);
    assert_int_equal(fed_chosen(&(struct federated){
                         .clients = 100, .clients_per_round = 7, .over_selection = 1.3}),
                     10);
    assert_int_equal(fed_chosen(&(struct federated){
                         .clients = 9, .clients_per_round = 8, .over_selection = 1.3}),
                     9);
}

static void stragglers_are_exactly_their_share(void **state)
{
    const struct federated options = {.clients = 23, .stragglers = 0.9, .local_epochs = 4};
    const struct sim_plan plan = {.parameters = &options, .seed = 5};
    bool straggles[10];
    int often[10] = {0};

    (void)state;
    for (int round = 0; round < 200; round++) {
        int count = 0;

        fed_straggling(&plan, round, 10, straggles);
        for (int i = 0; i < 10; i++) {
            count += straggles[i];
            often[i] += straggles[i];
        }
        assert_int_equal(count, 9);
        assert_in_range(fed_partial_epochs(&plan, round, 3), 1, 3);
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(often[i], 150, 199);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_probing_the_server_decides_who_goes_on),
        cmocka_unit_test(probing_survives_deadlines),
        cmocka_unit_test(smaller_models_send_less),
        cmocka_unit_test(a_skip_message_closes_the_round_too),
        cmocka_unit_test(asynchronous_updates_are_stale_and_not_late),
        cmocka_unit_test(asynchronous_methods_learn),
        cmocka_unit_test(steps_are_rounded_up_by_epoch),
        cmocka_unit_test(over_selection_is_a_whole_number),
        cmocka_unit_test(stragglers_are_exactly_their_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
