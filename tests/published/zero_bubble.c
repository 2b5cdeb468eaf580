/* zero_bubble.c -- bubble rates of four schedules: Qi et al., Zero bubble pipeline parallelism, ICLR 2024.
 *
 * Table 9 of the paper has the measured times of F, B, W and of a hop, table 5 the bubble rates that the authors'
 * own calculation makes of them: (cost - m (T_F + T_B + T_W)) / cost.  Both stand in zero_bubble.csv.  We simulate
 * them twice: with T_comm as hop_seconds, and as the latency of the links of a platform.
 *
 * Gated: 1F1B, ZB-H1 and ZB-H2, by half a unit of the last decimal that is printed.  Their inputs are printed to a
 * microsecond, half of which moves a rate by 3e-5 at most: so all that we see is the rounding of the printed rate.
 * Interleaved 1F1B: the paper's rates are those of a cost that has p hops less than the order of Megatron-LM, which
 * the schedule here follows: from its first forward to its last backward a stage sees 2(vp - 1) hops, in the
 * paper's rates 2(vp - 1) - p.  That difference is gated, with the same half unit. */
#include "tests/fixtures/simulate.h"
#include "tests/published/published.h"

#include <string.h>

static const double HALF_A_UNIT = 0.5e-4;

enum { ROWS = 6, SYSTEMS = 4 };

struct row {
    char model[8];
    int p, m, chunks;
    double t_f, t_b, t_w, t_comm; /* milliseconds */
    double rates[SYSTEMS];
};

enum { INTERLEAVED = 1 };
static const char *const systems[SYSTEMS] = {"one_f_one_b", "interleaved_one_f_one_b", "zb_h1",
                                             "zb_h2"};

static void read_rows(struct row rows[ROWS])
{
    FILE *file = fopen("tests/published/zero_bubble.csv", "r");
    char line[256];
    int count = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct row row;

        if (sscanf(line, "%7[^,],%d,%d,%d,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", row.model, &row.p,
                   &row.m, &row.chunks, &row.t_f, &row.t_b, &row.t_w, &row.t_comm, &row.rates[0],
                   &row.rates[1], &row.rates[2], &row.rates[3]) == 12 &&
            count < ROWS)
            rows[count++] = row;
    }
    fclose(file);
    assert_int_equal(count, ROWS);
}

/* Of messages without bytes: a hop takes the latency of the platform, or hop_seconds if that is more. */
static struct simulated run_row(const struct row *row, int system, double latency_ms, double hop_ms)
{
    char text[1024], chunks[32];
    struct simulated run;

    snprintf(chunks, sizeof chunks, "chunks: %d, ", row->chunks);
    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nalgorithm: {name: %s, stages: %d, microbatches: %d, "
             "%sforward_seconds: %.17gms, input_gradient_seconds: %.17gms, "
             "weight_gradient_seconds: %.17gms, hop_seconds: %.17gms}\ntrace: none\n",
             star_platform(row->p, latency_ms * 1000), systems[system], row->p, row->m,
             system == INTERLEAVED ? chunks : "", row->t_f, row->t_b, row->t_w, hop_ms);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", text, run.err.text);
    return run;
}

static double rate_of(const struct row *row, int system, double latency_ms, double hop_ms)
{
    struct simulated run = run_row(row, system, latency_ms, hop_ms);
    const double work = row->m * (row->t_f + row->t_b + row->t_w);
    const double cost = 1000 * metric_of(&run, "iteration_seconds");

    assert_close(metric_of(&run, "bubble_of_total"), (cost - work) / cost, 1e-9);
    simulated_release(&run);
    return system == INTERLEAVED ? 1 - work / (cost - row->p * row->t_comm) : (cost - work) / cost;
}

static void check_system(int system)
{
    struct row rows[ROWS] = {{.p = 0}};
    char what[96];

    read_rows(rows);
    for (int i = 0; i < ROWS; i++) {
        const double by_hop = rate_of(&rows[i], system, 0.001, rows[i].t_comm);
        const double by_links = rate_of(&rows[i], system, rows[i].t_comm, 0);

        snprintf(what, sizeof what, "%.7s, m = %d, %.30s%s", rows[i].model, rows[i].m,
                 systems[system], system == INTERLEAVED ? " less p hops" : "");
        print_published(what, rows[i].rates[system], by_links);
        if (fabs(by_links - rows[i].rates[system]) > HALF_A_UNIT ||
            fabs(by_hop - rows[i].rates[system]) > HALF_A_UNIT)
            fail_msg("%s: %.6f by links, %.6f by hop_seconds, not %.4f", what, by_links, by_hop,
                     rows[i].rates[system]);
        assert_close(by_hop, by_links, 1e-9);
    }
}

static void rates_of_1f1b(void **state)
{
    (void)state;
    print_published_head("bubble rates of 1F1B, Qi et al., table 5 (gated: the last digit)");
    check_system(0);
}

static void rates_of_interleaved_1f1b(void **state)
{
    (void)state;
    print_published_head("bubble rates of interleaved 1F1B, p hops taken off (gated)");
    check_system(INTERLEAVED);
}

static void rates_of_zb_h1(void **state)
{
    (void)state;
    print_published_head("bubble rates of ZB-H1 (gated)");
    check_system(2);
}

static void rates_of_zb_h2(void **state)
{
    (void)state;
    print_published_head("bubble rates of ZB-H2 (gated)");
    check_system(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_of_1f1b),
        cmocka_unit_test(rates_of_interleaved_1f1b),
        cmocka_unit_test(rates_of_zb_h1),
        cmocka_unit_test(rates_of_zb_h2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
