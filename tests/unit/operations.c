/* operations.c -- what a pipeline's stages did: tables read, and waits, shares and hops worked out by hand. */
#include "tests/unit/close.h"

#include "analysis/operations.h"
#include "sim/base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { F = ANALYSIS_FORWARD, B = ANALYSIS_BACKWARD, W = ANALYSIS_WEIGHT_GRADIENT };

#define COLUMNS                                                                                    \
    "seconds,peer,iteration,stage,replica,rank,operation,chunk,microbatch,begin_seconds\n"

static struct analysis_operation_row row_of(struct analysis_operation *list, int count)
{
    return (struct analysis_operation_row){.list = list, .count = count};
}

/* Begins at 1.7, waits 2.6 before its first backward pass, 0.9 before the next forward pass, and is over at 11.3. */
static void waits_are_told_apart_by_the_first_backward_and_the_last_forward_pass(void **state)
{
    struct analysis_operation list[] = {{1.7, 2.9, F, 0, 0, 0},
                                        {5.5, 7.4, B, 0, 0, 0},
                                        {8.3, 9.2, F, 0, 1, 0},
                                        {9.4, 11.3, B, 0, 1, 0},
                                        {11.3, 12.5, F, 0, 0, 1}};
    const struct analysis_operation_row row = row_of(list, 5);
    const struct analysis_waits waits = analysis_waits_of(&row, 0, 13.1);

    (void)state;
    assert_int_equal(analysis_operations_until(&row, 1), 4);
    assert_int_equal(analysis_operations_until(&row, 2), 5);
    assert_close(waits.warm_up, 1.7 + 2.6, 1e-12);
    assert_close(waits.steady, 0.9, 1e-12);
    assert_close(waits.drain, 0.2 + 1.8, 1e-12);
}

static void when_all_forward_passes_come_first_there_is_no_steady_part(void **state)
{
    struct analysis_operation list[] = {{0, 1.3, F, 0, 0, 0},
                                        {1.3, 2.6, F, 0, 1, 0},
                                        {7.1, 8.8, B, 0, 1, 0},
                                        {9, 10.7, B, 0, 0, 0}};
    const struct analysis_operation_row row = row_of(list, 4);
    const struct analysis_waits waits = analysis_waits_of(&row, 0, 10.7);

    (void)state;
    assert_close(waits.warm_up, 4.5, 1e-12);
    assert_close(waits.steady, 0, 0);
    assert_close(waits.drain, 0.2, 1e-12);
}

static void shares_of_each_part_add_up_to_the_operations(void **state)
{
    struct analysis_operation list[] = {
        {0.3, 1.1, F, 0, 0, 0}, {1.1, 2.5, B, 0, 0, 0}, {3.6, 4, W, 0, 0, 0}, {4, 9, F, 0, 1, 0}};
    const struct analysis_operation_row row = row_of(list, 4);
    double shares[2][ANALYSIS_OPERATION_KINDS];

    (void)state;
    analysis_operation_shares(&row, 3, 4, 2, shares);
    assert_close(shares[0][F], 0.8 / 2, 1e-12);
    assert_close(shares[0][B], 0.9 / 2, 1e-12);
    assert_close(shares[0][W], 0, 0);
    assert_close(shares[1][F], 0, 0);
    assert_close(shares[1][B], 0.5 / 2, 1e-12);
    assert_close(shares[1][W], 0.4 / 2, 1e-12);
}

/* ---- reading ---- */

struct folder {
    char path[32];
    struct sim_arena *arena;
    struct sim_error err;
};

static void open_folder(struct folder *folder, const char *operations, const char *stages)
{
    const char *const names[2] = {"operations.csv", "stages.csv"};
    const char *const texts[2] = {operations, stages};

    *folder = (struct folder){.path = "/tmp/operations-XXXXXX", .arena = sim_arena_open()};
    assert_non_null(mkdtemp(folder->path));
    for (int i = 0; i < 2; i++) {
        FILE *file;

        if (texts[i] == NULL)
            continue;
        file = fopen(sim_text(folder->arena, "%s/%s", folder->path, names[i]), "we");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
    }
}

static void close_folder(struct folder *folder)
{
    sim_remove_tree(folder->path);
    sim_arena_close(folder->arena);
}

/* Stage 1 tells first; hops take 0.4 forward, and 0.7 and 0.31 backward. */
static void rows_are_in_the_order_of_stages_and_know_their_totals(void **state)
{
    struct folder folder;
    struct analysis_operations all;

    (void)state;
    open_folder(&folder,
                COLUMNS "2.8,stage-1,0,1,0,0,forward,0,0,1.7\n"
                        "1.3,stage-0,0,0,0,0,forward,0,0,0.1\n"
                        "2.5,stage-0,0,0,0,0,forward,0,1,1.3\n"
                        "4.9,stage-1,0,1,0,0,input_gradient,0,0,2.8\n"
                        "6.3,stage-1,0,1,0,0,forward,0,1,4.9\n"
                        "7.7,stage-0,0,0,0,0,input_gradient,0,0,5.6\n"
                        "8.4,stage-1,0,1,0,0,input_gradient,0,1,6.3\n"
                        "8.9,stage-1,0,1,0,0,weight_gradient,0,0,8.4\n"
                        "10.81,stage-0,0,0,0,0,input_gradient,0,1,8.71\n",
                "seconds,peer,compute_seconds,wait_seconds,reduce_seconds,send_seconds,"
                "weight_bytes,peak_memory_bytes\n9,stage-0,5.9,4.91,,0.37,1733,2741\n");
    assert_true(analysis_has_operations(folder.path, folder.arena));
    assert_true(analysis_operations_read(&all, folder.path, folder.arena, &folder.err));
    assert_int_equal(all.row_count, 2);
    assert_int_equal(all.stages, 2);
    assert_int_equal(all.microbatches, 2);
    assert_int_equal(all.chunks, 1);
    assert_string_equal(all.rows[0].peer, "stage-0");
    assert_int_equal(all.rows[0].count, 4);
    assert_int_equal(all.rows[1].count, 5);
    assert_close(all.rows[1].list[3].begin, 6.3, 0);
    assert_close(all.rows[0].totals.wait_seconds, 4.91, 0);
    assert_true(isnan(all.rows[0].totals.reduce_seconds));
    assert_close(all.rows[0].totals.peak_memory_bytes, 2741, 0);
    assert_true(isnan(all.rows[1].totals.weight_bytes));
    assert_true(all.has_kind[ANALYSIS_WEIGHT_GRADIENT] && !all.has_kind[ANALYSIS_BACKWARD]);
    assert_close(analysis_least_hop(&all, folder.arena), 0.31, 1e-12);
    close_folder(&folder);
}

static void an_operation_of_another_kind_is_told(void **state)
{
    struct folder folder;
    struct analysis_operations all;

    (void)state;
    open_folder(&folder, COLUMNS "1.3,stage-0,0,0,0,0,sideways,0,0,0.1\n", NULL);
    assert_false(analysis_operations_read(&all, folder.path, folder.arena, &folder.err));
    assert_non_null(strstr(folder.err.text, "sideways"));
    close_folder(&folder);
}

static void a_table_of_other_columns_is_no_table_of_operations(void **state)
{
    struct folder folder;

    (void)state;
    open_folder(&folder, "seconds,peer,operation\n1,stage-0,forward\n", NULL);
    assert_false(analysis_has_operations(folder.path, folder.arena));
    assert_false(analysis_has_operations("/nowhere", folder.arena));
    close_folder(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_are_told_apart_by_the_first_backward_and_the_last_forward_pass),
        cmocka_unit_test(when_all_forward_passes_come_first_there_is_no_steady_part),
        cmocka_unit_test(shares_of_each_part_add_up_to_the_operations),
        cmocka_unit_test(rows_are_in_the_order_of_stages_and_know_their_totals),
        cmocka_unit_test(an_operation_of_another_kind_is_told),
        cmocka_unit_test(a_table_of_other_columns_is_no_table_of_operations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
