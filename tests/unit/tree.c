/* Trees of drafts: who is whose child, ways from the root, growing and beginning again. */
#include "algorithms/decoding/shared/tree.h"
#include "tests/unit/close.h"

static int add(struct tree *tree, int parent, int token)
{
    return tree_add(tree, (struct tree_node){.parent = parent, .token = token});
}

static struct tree open_tree(void)
{
    struct tree tree = {.arena = sim_arena_open()};

    tree_begin(&tree);
    return tree;
}

static void a_tree_begins_with_its_root_alone(void **state)
{
    struct tree tree = open_tree();

    (void)state;
    assert_int_equal(tree.count, 1);
    assert_int_equal(tree.nodes[TREE_ROOT].parent, TREE_NONE);
    assert_int_equal(tree.nodes[TREE_ROOT].depth, 0);
    assert_int_equal(tree_child(&tree, TREE_ROOT, TREE_NONE), TREE_NONE);
    assert_int_equal(tree_path(&tree, TREE_ROOT, NULL), 0);
    sim_arena_close(tree.arena);
}

/* Two children of the root, whose own children stand in between. */
static void children_are_found_in_the_order_in_which_they_came(void **state)
{
    struct tree tree = open_tree();
    const int a = add(&tree, TREE_ROOT, 17), aa = add(&tree, a, 23), b = add(&tree, TREE_ROOT, 17),
              ab = add(&tree, a, 29), ba = add(&tree, b, 31), baa = add(&tree, ba, 37);
    int path[3];

    (void)state;
    assert_int_equal(tree_child(&tree, TREE_ROOT, TREE_NONE), a);
    assert_int_equal(tree_child(&tree, TREE_ROOT, a), b);
    assert_int_equal(tree_child(&tree, TREE_ROOT, b), TREE_NONE);
    assert_int_equal(tree_child(&tree, a, TREE_NONE), aa);
    assert_int_equal(tree_child(&tree, a, aa), ab);
    assert_int_equal(tree_child(&tree, a, ab), TREE_NONE);
    assert_int_equal(tree_child(&tree, baa, TREE_NONE), TREE_NONE);
    assert_int_equal(tree_path(&tree, baa, path), 3);
    assert_int_equal(path[0], b);
    assert_int_equal(path[1], ba);
    assert_int_equal(path[2], baa);
    assert_int_equal(tree.nodes[baa].depth, 3);
    assert_int_equal(tree_descend(&tree, 2), aa); /* first children only */
    sim_arena_close(tree.arena);
}

/* More nodes than there was room for: those before are as they were. */
static void a_tree_grows_and_begins_again_with_its_memory(void **state)
{
    struct tree tree = open_tree();
    int path[137], last = TREE_ROOT, capacity;

    (void)state;
    for (int i = 0; i < 137; i++)
        last = add(&tree, last, 1000 + i);
    assert_int_equal(tree_path(&tree, last, path), 137);
    for (int i = 0; i < 137; i++) {
        assert_int_equal(path[i], i + 1);
        assert_int_equal(tree.nodes[path[i]].token, 1000 + i);
        assert_int_equal(tree_descend(&tree, i + 1), i + 1);
    }
    capacity = tree.capacity;
    tree_begin(&tree);
    assert_int_equal(tree.count, 1);
    assert_int_equal(tree.capacity, capacity);
    assert_int_equal(tree_child(&tree, TREE_ROOT, TREE_NONE), TREE_NONE);
    sim_arena_close(tree.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_begins_with_its_root_alone),
        cmocka_unit_test(children_are_found_in_the_order_in_which_they_came),
        cmocka_unit_test(a_tree_grows_and_begins_again_with_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
