/* views.c -- what devices see of an image, and a network of many views: its gradient, and that it learns. */
#include "tests/unit/noise.h"

#include "algorithms/inference/rules/view_network.h"

enum { SIDE = 9, PIXELS = SIDE * SIDE, DEVICES = 6 };
static const struct image_shape image = {1, SIDE, SIDE};

static struct views views_with(enum view_kind kind)
{
    return (struct views){.kind = kind, .devices = DEVICES, .image = image, .seed = 17};
}

/* Pixel (y, x) of the picture is 100 y + x + 1, so that each is known, and none is 0. */
static void draw(double *picture)
{
    for (int i = 0; i < PIXELS; i++)
        picture[i] = 100 * (i / SIDE) + i % SIDE + 1;
}

/* A device sees the pixels of rows top .. bottom - 1 and columns left .. right - 1, and zeros. */
static void assert_window(const double *seen, int top, int bottom, int left, int right)
{
    for (int i = 0; i < PIXELS; i++) {
        const int y = i / SIDE, x = i % SIDE;
        const bool is_seen = y >= top && y < bottom && x >= left && x < right;

        assert_true(seen[i] == (is_seen ? 100 * y + x + 1 : 0));
    }
}

/* Nine rows: five and four. */
static void quadrants_are_four_and_then_begin_anew(void **state)
{
    static double picture[PIXELS], seen[DEVICES * PIXELS];
    const struct views views = views_with(VIEW_QUADRANTS);

    (void)state;
    draw(picture);
    views_of(&views, picture, 3, seen);
    assert_window(seen, 0, 5, 0, 5);
    assert_window(seen + PIXELS, 0, 5, 5, 9);
    assert_window(seen + 2 * PIXELS, 5, 9, 0, 5);
    assert_window(seen + 3 * PIXELS, 5, 9, 5, 9);
    assert_window(seen + 4 * PIXELS, 0, 5, 0, 5);
    assert_window(seen + 5 * PIXELS, 0, 5, 5, 9);
}

/* Three quarters of nine, rounded up: seven. */
static void crops_are_at_corners_and_in_the_middle(void **state)
{
    static double picture[PIXELS], seen[DEVICES * PIXELS];
    const struct views views = views_with(VIEW_CROPS);

    (void)state;
    draw(picture);
    views_of(&views, picture, 3, seen);
    assert_window(seen, 0, 7, 0, 7);
    assert_window(seen + PIXELS, 0, 7, 2, 9);
    assert_window(seen + 2 * PIXELS, 2, 9, 0, 7);
    assert_window(seen + 3 * PIXELS, 2, 9, 2, 9);
    assert_window(seen + 4 * PIXELS, 1, 8, 1, 8);
}

static void mixed_views_take_turns(void **state)
{
    static double picture[PIXELS], seen[DEVICES * PIXELS];
    const struct views views = views_with(VIEW_MIXED);

    (void)state;
    draw(picture);
    views_of(&views, picture, 3, seen);
    assert_window(seen, 0, 5, 0, 5);
    assert_window(seen + PIXELS, 0, 7, 0, 7);
    assert_window(seen + 2 * PIXELS, 0, 9, 0, 9); /* noise of deviation 0 */
    assert_window(seen + 3 * PIXELS, 0, 5, 5, 9);
    assert_window(seen + 4 * PIXELS, 0, 7, 2, 9);
}

static void noise_has_the_deviation_asked_for_and_is_the_same_again(void **state)
{
    static double picture[PIXELS], seen[DEVICES * PIXELS], again[DEVICES * PIXELS];
    struct views views = views_with(VIEW_NOISE);
    double squares = 0;

    (void)state;
    views.noise = 0.37;
    draw(picture);
    for (int sample = 0; sample < 50; sample++) {
        views_of(&views, picture, sample, seen);
        for (int i = 0; i < DEVICES * PIXELS; i++)
            squares += pow(seen[i] - picture[i % PIXELS], 2) / (50 * DEVICES * PIXELS);
    }
    assert_close(sqrt(squares), 0.37, 0.02);
    views_of(&views, picture, 49, again);
    assert_memory_equal(again, seen, sizeof seen);
    views_of(&views, picture, 48, again);
    assert_memory_not_equal(again, seen, sizeof seen);
}

static void blanks_are_as_many_as_asked_for(void **state)
{
    static double picture[PIXELS], seen[DEVICES * PIXELS];
    struct views views = views_with(VIEW_CROPS);
    int blanks = 0;

    (void)state;
    views.blank_share = 0.23;
    draw(picture);
    for (int sample = 0; sample < 500; sample++) {
        views_of(&views, picture, sample, seen);
        for (int d = 0; d < DEVICES; d++)
            blanks += seen[d * PIXELS + 4 * SIDE + 4] == 0;
    }
    assert_close(blanks, 0.23 * 500 * DEVICES, 0.07);
}

/* ---- the network ---- */

static struct view_network_shape shape_with(bool has_edge, enum aggregator scores,
                                            enum aggregator features)
{
    return (struct view_network_shape){.devices = 3,
                                       .filters = 2,
                                       .classes = CLASSES,
                                       .image = {1, 8, 8},
                                       .scores = scores,
                                       .features = features,
                                       .has_edge = has_edge};
}

enum { SMALL = 8 * 8, SEEN = 3 * SMALL };

/* What lies in front of a bit has no slope; what lies behind the last one has.  So heads, the gateway's aggregator and
 * the cloud are compared with finite differences, and without an edge what joins features, too. */
static bool has_slope(const struct view_network *network, size_t i)
{
    if (i < network->head_at)
        return false;
    return network->edge == NULL || i < network->features_at || i >= network->edge_head_at;
}

static void behind_the_bits_gradients_are_those_of_finite_differences(void **state)
{
    (void)state;
    for (int c = 0; c < 18; c++) {
        struct sim_arena *arena = sim_arena_open();
        const struct view_network_shape shape =
            shape_with(c >= 9, (enum aggregator)(c % 3), (enum aggregator)(c / 3 % 3));
        const struct view_network *network = view_network_open(arena, &shape);
        const size_t count = network->parameter_count;
        struct view_workspace *space = view_workspace_open(arena, network);
        double *parameters = sim_new(arena, double, count);
        double *gradient = sim_new(arena, double, count), *unused = sim_new(arena, double, count);
        double seen[SEEN], of_devices = 0;

        view_network_initialise(network, parameters, 5);
        random_vector(seen, SEEN, 44);
        view_network_gradient(network, parameters, seen, 3, space, gradient);
        for (size_t i = (size_t)c % 7; i < count; i += 7) {
            const double held = parameters[i], h = 1e-6;
            double above, below;

            if (!has_slope(network, i)) {
                of_devices += fabs(gradient[i]);
                continue;
            }
            parameters[i] = held + h;
            above = view_network_gradient(network, parameters, seen, 3, space, unused);
            parameters[i] = held - h;
            below = view_network_gradient(network, parameters, seen, 3, space, unused);
            parameters[i] = held;
            assert_true(fabs((above - below) / (2 * h) - gradient[i]) <= 1e-7);
        }
        assert_true(of_devices > 0); /* straight through */
        sim_arena_close(arena);
    }
}

/* Which of two halves of a picture is bright: nothing that one device could not learn, once it sees it. */
static void it_learns(void **state)
{
    enum { COUNT = 60 };
    static double pictures[COUNT * SMALL];
    static int labels[COUNT], numbers[COUNT];
    struct sim_arena *arena = sim_arena_open();
    struct view_network_shape shape = shape_with(true, AGGREGATE_CONCATENATE, AGGREGATE_MEAN);
    const struct data_set set = {
        .count = COUNT, .feature_count = SMALL, .features = pictures, .labels = labels};
    const struct views views = {.kind = VIEW_CROPS, .devices = 3, .image = shape.image, .seed = 23};
    const struct view_training how = {.set = &set,
                                      .samples = {numbers, COUNT},
                                      .views = &views,
                                      .epochs = 20,
                                      .batch = 6,
                                      .rate = 0.01,
                                      .seed = 29};
    const struct view_network *network;
    struct view_workspace *space;
    const double *parameters;
    int right[VIEW_MOST_EXITS] = {0};

    (void)state;
    random_vector(pictures, COUNT * SMALL, 45);
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % 2;
        numbers[i] = i;
        for (int p = 0; p < SMALL / 2; p++)
            pictures[i * SMALL + labels[i] * SMALL / 2 + p] += 1.5;
    }
    shape.classes = 2;
    network = view_network_open(arena, &shape);
    space = view_workspace_open(arena, network);
    parameters = view_network_train(arena, network, &how);
    for (int i = 0; i < COUNT; i++) {
        double seen[SEEN];
        struct view_verdict verdict;

        views_of(&views, pictures + (size_t)i * SMALL, i, seen);
        verdict = view_network_ask(network, parameters, seen, space);
        for (int e = 0; e < network->exits; e++) {
            right[e] += verdict.class[e] == labels[i];
            assert_true(verdict.doubt[e] >= 0 && verdict.doubt[e] <= 1);
        }
    }
    for (int e = 0; e < 3; e++)
        assert_true(right[e] > 0.95 * COUNT);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quadrants_are_four_and_then_begin_anew),
        cmocka_unit_test(crops_are_at_corners_and_in_the_middle),
        cmocka_unit_test(mixed_views_take_turns),
        cmocka_unit_test(noise_has_the_deviation_asked_for_and_is_the_same_again),
        cmocka_unit_test(blanks_are_as_many_as_asked_for),
        cmocka_unit_test(behind_the_bits_gradients_are_those_of_finite_differences),
        cmocka_unit_test(it_learns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
