/* The closed forms of the lecture, worked out here once more by hand, against what is simulated. */
#include "tests/fixtures/simulate.h"

#include <math.h>
#include <stdio.h>

static const double B = 123.4e6, A = 37e-6, SPEED = 7.3e9, F = 0.37;

static struct simulated ring(int n, long long g, int iterations)
{
    char text[1024];

    snprintf(text, sizeof text,
             "platform: %s\nalgorithm: {name: ring_allreduce, workers: %d, gradient_bytes: %lld, "
             "flop_per_byte: %g, compute_seconds: 0.0123}\niterations: %d\ntrace: none\n",
             star_platform(23, A * 1e6), n, g, F, iterations);
    return simulate(text, NULL);
}

static struct simulated server(int n, int s, long long g, const char *placement, int iterations)
{
    char text[1024];

    snprintf(text, sizeof text,
             "platform: %s\nalgorithm: {name: parameter_server, workers: %d, servers: %d, "
             "gradient_bytes: "
             "%lld, flop_per_byte: %g, placement: %s}\niterations: %d\ntrace: none\n",
             star_platform(23, A * 1e6), n, s, g, F, placement, iterations);
    return simulate(text, NULL);
}

static void a_ring_moves_2_n_minus_1_g_bytes_and_takes_its_alpha_beta_time(void **state)
{
    static const int workers[] = {1, 2, 3, 7, 8, 13, 23};
    static const long long sizes[] = {0, 1, 5, 1000003, 99999989};

    (void)state;
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 5; j++) {
            const int n = workers[i];
            const double chunk = ceil((double)sizes[j] / n);
            struct simulated run = ring(n, sizes[j], 1);

            assert_int_equal(run.code, 0);
            assert_true(number_at(run.summary, "bytes") == 2.0 * (n - 1) * (double)sizes[j]);
            assert_true(number_at(run.summary, "messages") == 2.0 * n * (n - 1));
            assert_close(seconds_of(&run),
                         0.0123 + 2 * (n - 1) * (n > 1 ? A + chunk / B : 0) +
                             (n - 1) * F * chunk / SPEED,
                         1e-9);
            simulated_release(&run);
        }
}

static void iterations_of_a_ring_add_up(void **state)
{
    struct simulated one = ring(7, 7000007 * 7LL, 1), five = ring(7, 7000007 * 7LL, 5);

    (void)state;
    assert_close(seconds_of(&five), 5 * seconds_of(&one), 1e-9);
    assert_true(number_at(five.summary, "bytes") == 5 * number_at(one.summary, "bytes"));
    simulated_release(&one);
    simulated_release(&five);
}

static void a_flat_colocated_server_moves_2_n_minus_1_g_through_one_card(void **state)
{
    static const int workers[] = {1, 2, 3, 7, 22};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        const int n = workers[i];
        const double g = 1000003;
        struct simulated run = server(n, 1, (long long)g, "colocated", 1);

        assert_int_equal(run.code, 0);
        assert_true(number_at(run.summary, "bytes") == 2 * (n - 1) * g);
        if (n > 1)
            assert_true(number_at(json_object_get(run.summary, "busiest_card"), "bytes") ==
                        (n - 1) * g);
        assert_close(seconds_of(&run),
                     n == 1 ? 0 : 2 * (A + (n - 1) * g / B) + (n - 1) * F * g / SPEED, 1e-9);
        simulated_release(&run);
    }
}

static void dedicated_servers_move_2_n_g_and_share_the_load(void **state)
{
    static const int servers[] = {1, 2, 3, 7};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const double n = 7, g = 1000003, shard = ceil(g / servers[i]);
        struct simulated run = server(7, servers[i], (long long)g, "dedicated", 3);

        assert_int_equal(run.code, 0);
        assert_true(number_at(run.summary, "bytes") == 3 * 2 * n * g);
        assert_close(seconds_of(&run), 3 * (2 * (A + n * shard / B) + (n - 1) * F * shard / SPEED),
                     1e-9);
        simulated_release(&run);
    }
}

static void a_server_for_every_worker_costs_what_a_ring_costs(void **state)
{
    const double n = 7, g = 7 * 142858.0;
    struct simulated run = server(7, 7, (long long)g, "colocated", 1);

    (void)state;
    assert_true(number_at(json_object_get(run.summary, "busiest_card"), "bytes") ==
                2 * (n - 1) * g / n);
    assert_close(seconds_of(&run), 2 * (A + (n - 1) * g / n / B) + (n - 1) * F * g / n / SPEED,
                 1e-9);
    simulated_release(&run);
}

static void messages_inside_a_host_take_no_time_and_no_network(void **state)
{
    struct simulated run = server(1, 1, 1000003, "colocated", 2);

    (void)state;
    assert_close(seconds_of(&run), 0, 0);
    assert_true(number_at(run.summary, "bytes") == 0);
    assert_true(number_at(run.summary, "local_bytes") == 4 * 1000003.0);
    assert_true(number_at(run.summary, "local_messages") == 4);
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_moves_2_n_minus_1_g_bytes_and_takes_its_alpha_beta_time),
        cmocka_unit_test(iterations_of_a_ring_add_up),
        cmocka_unit_test(a_flat_colocated_server_moves_2_n_minus_1_g_through_one_card),
        cmocka_unit_test(dedicated_servers_move_2_n_g_and_share_the_load),
        cmocka_unit_test(a_server_for_every_worker_costs_what_a_ring_costs),
        cmocka_unit_test(messages_inside_a_host_take_no_time_and_no_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
