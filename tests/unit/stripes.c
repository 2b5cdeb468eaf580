/* stripes.c -- BODP: who computes which rows, and what goes between; worked out by hand and one by one. */
#include "tests/unit/yolo.h"

#include "algorithms/inference/rules/stripes.h"

static void equal_nodes_have_equal_stripes_rounded_up(void **state)
{
    const double equal[7] = {1, 1, 1, 1, 1, 1, 1};
    struct windows_span cut[7];

    (void)state;
    stripes_cut(608, equal, 3, cut);
    assert_span(cut[0], 0, 203);
    assert_span(cut[1], 203, 406);
    assert_span(cut[2], 406, 608);
    stripes_cut(304, equal, 3, cut);
    assert_span(cut[2], 204, 304);
    stripes_cut(9, equal, 7, cut); /* two each: the last two have none */
    assert_span(cut[4], 8, 9);
    assert_span(cut[6], 9, 9);
}

/* 608 x (1, 0.45, 0.24) / 1.69 = 359.8, 161.9, 86.3. */
static void stripes_follow_what_nodes_can_do(void **state)
{
    const double unequal[] = {1, 0.45, 0.24}, fifths[] = {0.3, 0.1, 0.1};
    struct windows_span cut[3];

    (void)state;
    stripes_cut(608, unequal, 3, cut);
    assert_span(cut[0], 0, 360);
    assert_span(cut[1], 360, 522);
    assert_span(cut[2], 522, 608);
    stripes_cut(35, fifths, 3, cut); /* 0.3 / 0.5 is not quite 3 fifths */
    assert_span(cut[0], 0, 21);
    assert_span(cut[1], 21, 28);
    assert_span(cut[2], 28, 35);
}

/* Every row that some node needs and has not computed goes twice. */
static int64_t counted(const struct stripes *stripes)
{
    int64_t bytes = INT64_C(3) * 608 * 608 * 4 + INT64_C(256) * 38 * 38 * 4;

    for (int i = 0; i < stripes->nodes; i++)
        bytes += INT64_C(3) * 608 * 4 * windows_length(stripes->blocks[0].needed[i]);
    for (int b = 1; b < stripes->block_count; b++) {
        const struct windows_map *in = &yolo.layers[stripes->blocks[b].first].in;

        for (int i = 0; i < stripes->nodes; i++) {
            const struct windows_span needed = stripes->blocks[b].needed[i];
            const struct windows_span own = stripes->blocks[b - 1].outputs[i];

            for (int row = needed.first; row < needed.end; row++)
                if (row < own.first || row >= own.end)
                    bytes += INT64_C(2) * 4 * in->channels * in->columns;
        }
    }
    return bytes;
}

static void halos_are_the_rows_that_others_have(void **state)
{
    const double capabilities[][6] = {
        {1}, {1, 1}, {1, 1, 1}, {1, 0.45, 0.24}, {1, 1, 1, 1, 1, 1}, {7, 1, 2, 1, 3, 1}};
    const int nodes[] = {1, 2, 3, 3, 6, 6};

    (void)state;
    for (int c = 0; c < 6; c++)
        for (int exchange = STRIPES_EACH_LAYER; exchange <= STRIPES_CONVOLUTIONS; exchange++) {
            const struct stripes stripes = stripes_open(arena, &yolo, capabilities[c], nodes[c],
                                                        (enum stripes_exchange)exchange);

            assert_int_equal(stripes.block_count, exchange == STRIPES_EACH_LAYER ? 16 : 12);
            assert_int_equal(stripes_total_bytes(&stripes), counted(&stripes));
        }
}

/* conv1 and pool1 are one block: for rows 0 to 101 of the pool, rows 0 to 203 of conv1 and 0 to 204 of the frame. */
static void a_block_needs_what_its_first_layer_needs(void **state)
{
    const double equal[] = {1, 1, 1};
    const struct stripes stripes = stripes_open(arena, &yolo, equal, 3, STRIPES_CONVOLUTIONS);

    (void)state;
    assert_int_equal(stripes.blocks[0].end, 2);
    assert_span(stripes.blocks[0].outputs[0], 0, 102);
    assert_span(stripes_rows(&stripes, 0, 0, 0), 0, 204);
    assert_span(stripes.blocks[0].needed[0], 0, 205);
    assert_span(stripes.blocks[0].needed[1], 203, 409);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_nodes_have_equal_stripes_rounded_up),
        cmocka_unit_test(stripes_follow_what_nodes_can_do),
        cmocka_unit_test(halos_are_the_rows_that_others_have),
        cmocka_unit_test(a_block_needs_what_its_first_layer_needs),
    };

    return cmocka_run_group_tests(tests, open_yolo, close_yolo);
}
