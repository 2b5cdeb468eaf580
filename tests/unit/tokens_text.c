/* Tokens of n-gram models: prompts, what is drafted, heads, and what cannot be opened. */
#include "tests/unit/text_process.h"

/* ---- sequences ---- */

static void prompts_depend_on_seed_and_number_alone(void **state)
{
    struct process one, two;
    int same = 0;

    (void)state;
    open_usual(&one, 1, 1);
    open_usual(&two, 0, 3);
    for (int number = 0; number < 9; number++) {
        struct token_sequence *a = token_sequence_open(one.tokens, number, 23, one.arena);
        struct token_sequence *b = token_sequence_open(two.tokens, number, 23, two.arena);
        struct token_sequence *next = token_sequence_open(two.tokens, number + 1, 23, two.arena);

        assert_int_equal(token_sequence_length(a), 23);
        assert_memory_equal(token_sequence_tokens(a), token_sequence_tokens(b), 23 * sizeof(int));
        same +=
            memcmp(token_sequence_tokens(a), token_sequence_tokens(next), 23 * sizeof(int)) == 0;
        token_sequence_close(a);
        token_sequence_close(b);
        token_sequence_close(next);
    }
    assert_int_equal(same, 0);
    close_process(&one);
    close_process(&two);
}

static void a_prompt_is_a_stretch_of_the_text(void **state)
{
    static const char letters[] = "abcdefghij";
    struct process process;
    struct tokens_options options = usual;
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    options.text = file_of(arena, letters, 10);
    options.tokenizer = TOKENS_CHARACTERS;
    open_process(&process, options, 1, false);
    unlink(options.text);
    assert_non_null(process.tokens);
    assert_int_equal(tokens_vocabulary(process.tokens), 10);
    for (int tokens = 0; tokens < 25; tokens += 4) {
        struct token_sequence *s =
            token_sequence_open(process.tokens, tokens, tokens, process.arena);
        const char *text = token_sequence_text(s, 0, process.arena);

        assert_int_equal(strlen(text), tokens);
        for (int i = 0; i < tokens; i++)
            assert_int_equal((text[i] - text[0] + 10) % 10, i % 10);
        if (tokens > 0 && tokens <= 10) /* one that fits does not go round */
            assert_int_equal(text[tokens - 1] - text[0], tokens - 1);
        token_sequence_close(s);
    }
    close_process(&process);
    sim_arena_close(arena);
}

static void emitted_tokens_read_as_text(void **state)
{
    struct process process;
    struct token_sequence *s;
    const char *whole, *emitted;

    (void)state;
    open_usual(&process, 0.7, 1);
    s = token_sequence_open(process.tokens, 4, 11, process.arena);
    for (int i = 0; i < 200; i++)
        token_sequence_append(s, tokens_next(s));
    whole = token_sequence_text(s, 0, process.arena);
    emitted = token_sequence_text(s, 11, process.arena);
    assert_true(strlen(emitted) > 200 && strlen(whole) > strlen(emitted));
    assert_string_equal(whole + strlen(whole) - strlen(emitted), emitted);
    assert_string_equal(token_sequence_text(s, 211, process.arena), "");
    token_sequence_close(s);
    close_process(&process);
}

/* ---- drafts ---- */

static void assert_distribution(const double *row, int count)
{
    double sum = 0;

    for (int x = 0; x < count; x++) {
        assert_true(row[x] >= 0);
        sum += row[x];
    }
    assert_close(sum, 1, 1e-12);
}

static void a_sample_says_what_it_was_drawn_from(void **state)
{
    struct process process;
    struct token_sequence *s;
    struct tree tree = {0};

    (void)state;
    open_usual(&process, 0.6173, 2);
    tree.arena = process.arena;
    s = token_sequence_open(process.tokens, 0, 9, process.arena);
    tree_begin(&tree);
    assert_int_equal(tokens_draft(s, &tree, TREE_ROOT, 1, TOKENS_SAMPLE, 40), 40);
    for (int i = 1; i <= 40; i++) {
        const struct tree_node *node = &tree.nodes[i];

        assert_int_equal(node->parent, TREE_ROOT);
        assert_int_equal(node->draft, 1);
        assert_int_equal(node->rank, i - 1);
        assert_close(node->probability, node->row[node->token], 0);
        assert_true(node->probability > 0);
        assert_ptr_equal(node->row, tree.nodes[1].row);
    }
    assert_distribution(tree.nodes[1].row, tokens_vocabulary(process.tokens));
    assert_int_equal(tokens_draft(s, &tree, 7, 0, TOKENS_SAMPLE, 1), 1);
    assert_int_equal(tree.nodes[41].depth, 2);
    token_sequence_close(s);
    close_process(&process);
}

/* The row is the order-1 model's, whose numbers anybody can count; the confidence is of the row before temperature. */
static void confidence_is_of_the_models_own_distribution(void **state)
{
    struct process process;
    struct token_sequence *s;
    struct tree tree = {0};
    struct tokens_options options = usual;
    struct sim_arena *arena = sim_arena_open();
    const double w = usual.interpolation, rest = (1 - w) / 3;
    const double a = w * 3 / 6 + rest, b = w * 2 / 6 + rest, c = w * 1 / 6 + rest;

    (void)state;
    options.text = file_of(arena, "abacab", 6);
    options.tokenizer = TOKENS_CHARACTERS;
    options.draft_orders = (struct sim_numbers){.count = 1, .values = {1}};
    options.temperature = 0.5;
    open_process(&process, options, 1, false);
    unlink(options.text);
    tree.arena = process.arena;
    s = token_sequence_open(process.tokens, 0, 2, process.arena);
    tree_begin(&tree);
    tokens_draft(s, &tree, TREE_ROOT, 0, TOKENS_TOP, 3);
    assert_int_equal(tree.count, 4);
    assert_close(tree.nodes[1].confidence, a, 1e-14);
    assert_close(tree.nodes[1].probability, a * a / (a * a + b * b + c * c), 1e-14);
    assert_close(tree.nodes[2].probability, b * b / (a * a + b * b + c * c), 1e-14);
    assert_close(tree.nodes[3].probability, c * c / (a * a + b * b + c * c), 1e-14);
    token_sequence_close(s);
    close_process(&process);
    sim_arena_close(arena);
}

static void without_replacement_each_row_lacks_those_before(void **state)
{
    struct process process;
    struct token_sequence *s;
    struct tree tree = {0};
    int vocabulary;

    (void)state;
    open_usual(&process, 1, 1);
    vocabulary = tokens_vocabulary(process.tokens);
    tree.arena = process.arena;
    s = token_sequence_open(process.tokens, 3, 9, process.arena);
    tree_begin(&tree);
    assert_int_equal(tokens_draft(s, &tree, TREE_ROOT, 0, TOKENS_WITHOUT_REPLACEMENT, 12), 12);
    for (int i = 1; i <= 12; i++) {
        const struct tree_node *node = &tree.nodes[i], *before = node - 1;

        assert_distribution(node->row, vocabulary);
        assert_close(node->probability, node->row[node->token], 0);
        for (int x = 0; i > 1 && x < vocabulary; x++)
            assert_close(node->row[x],
                         x == before->token ? 0 : before->row[x] / (1 - before->probability), 1e-9);
    }
    token_sequence_close(s);
    close_process(&process);
}

static void the_most_probable_in_their_order(void **state)
{
    static const double temperatures[] = {0, 0.6, 1};
    int first[3][6];

    (void)state;
    for (int t = 0; t < 3; t++) {
        struct process process;
        struct token_sequence *s;
        struct tree tree = {0};

        open_usual(&process, temperatures[t], 1);
        tree.arena = process.arena;
        s = token_sequence_open(process.tokens, 5, 9, process.arena);
        tree_begin(&tree);
        assert_int_equal(tokens_draft(s, &tree, TREE_ROOT, 0, TOKENS_TOP, 6), 6);
        for (int i = 0; i < 6; i++) {
            first[t][i] = tree.nodes[i + 1].token;
            if (temperatures[t] == 0)
                assert_close(tree.nodes[i + 1].probability, i == 0, 0);
            else if (i > 0)
                assert_true(tree.nodes[i + 1].probability <= tree.nodes[i].probability);
        }
        token_sequence_close(s);
        close_process(&process);
    }
    assert_memory_equal(first[0], first[1], sizeof first[0]); /* temperature changes no order */
    assert_memory_equal(first[0], first[2], sizeof first[0]);
}

static void a_greedy_draft_has_one_child(void **state)
{
    struct process process;
    struct token_sequence *s;
    struct tree tree = {0};

    (void)state;
    open_usual(&process, 0, 1);
    tree.arena = process.arena;
    s = token_sequence_open(process.tokens, 0, 9, process.arena);
    tree_begin(&tree);
    assert_int_equal(tokens_draft(s, &tree, TREE_ROOT, 0, TOKENS_SAMPLE, 5), 1);
    assert_int_equal(tokens_draft(s, &tree, 1, 0, TOKENS_WITHOUT_REPLACEMENT, 5), 1);
    assert_close(tree.nodes[2].probability, 1, 0);
    assert_true(tree.nodes[2].confidence < 1);
    assert_int_equal(tree.nodes[1].token, tokens_next_of_draft(s, 0));
    token_sequence_close(s);
    close_process(&process);
}

/* Rows of 20,001 tokens: 400 of them fill what is kept, and 2,000 others come by. */
static void rows_of_a_tree_stay_while_others_are_worked_out(void **state)
{
    enum { WORDS = 20000, NODES = 60 };
    struct sim_arena *arena = sim_arena_open();
    struct process process;
    struct tokens_options options = usual;
    struct token_sequence *s, *other;
    struct tree tree = {0}, trees = {0};
    char *bytes = sim_new(arena, char, WORDS * 8), *at = bytes;
    double sums[NODES + 1];

    (void)state;
    for (int w = 0; w < WORDS; w++)
        at += sprintf(at, " w%d", w);
    options.text = file_of(arena, bytes, strlen(bytes));
    open_process(&process, options, 1, false);
    unlink(options.text);
    tree.arena = trees.arena = process.arena;
    s = token_sequence_open(process.tokens, 0, 9, process.arena);
    other = token_sequence_open(process.tokens, 1, 9, process.arena);
    tree_begin(&tree);
    for (int i = 0; i < NODES; i++)
        tokens_draft(s, &tree, i / 3, 0, i % 2 ? TOKENS_SAMPLE : TOKENS_WITHOUT_REPLACEMENT, 1);
    for (int i = 1; i <= NODES; i++)
        sums[i] = tree.nodes[i].row[tree.nodes[i].token];
    for (int round = 0; round < 1000; round++) {
        tree_begin(&trees);
        tokens_draft(other, &trees, TREE_ROOT, 0, TOKENS_WITHOUT_REPLACEMENT, 2);
        token_sequence_append(other, (17 * round) % WORDS);
    }
    for (int i = 1; i <= NODES; i++)
        assert_close(tree.nodes[i].row[tree.nodes[i].token], sums[i], 0);
    token_sequence_close(s);
    token_sequence_close(other);
    close_process(&process);
    sim_arena_close(arena);
}

/* ---- heads ---- */

/* The prefix is a b c, and heads know a b of it.  In the text a b is followed by a b c, and by c a b: head 0, which passes
 * one token over, has b and a, head 1 c and b.  With weight 1 the longest context alone counts. */
static void heads_know_the_prefix_but_for_its_last_token(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct process process;
    struct tokens_options options = usual;
    struct token_sequence *s;
    struct tree tree = {0};

    (void)state;
    options.text = file_of(arena, "ababcaba", 8);
    options.tokenizer = TOKENS_CHARACTERS;
    options.interpolation = 1;
    open_process(&process, options, 2, true);
    unlink(options.text);
    assert_non_null(process.tokens);
    tree.arena = process.arena;
    s = token_sequence_open(process.tokens, 0, 0, process.arena);
    for (int i = 0; i < 3; i++)
        token_sequence_append(s, (int[]){0, 1, 2}[i]); /* a b, and c, which heads do not know */
    tree_begin(&tree);
    tokens_draft(s, &tree, TREE_ROOT, 0, TOKENS_TOP, 1);
    tokens_draft(s, &tree, 1, 1, TOKENS_TOP, 1);
    assert_close(tree.nodes[1].row[0], 0.5, 1e-14);
    assert_close(tree.nodes[1].row[1], 0.5, 1e-14);
    assert_close(tree.nodes[2].row[1], 0.5, 1e-14);
    assert_close(tree.nodes[2].row[2], 0.5, 1e-14);
    assert_true(isnan(tokens_overlap(s, 1)));
    assert_close(tokens_overlap(s, 0), 0.5, 1e-14); /* behind b c only a was seen */
    token_sequence_close(s);
    close_process(&process);
    sim_arena_close(arena);
}

/* ---- what cannot be opened ---- */

static void assert_refused(struct tokens_options options, int drafts, bool are_heads,
                           const char *said)
{
    struct process process;

    open_process(&process, options, drafts, are_heads);
    if (strstr(process.err.text, said) == NULL)
        print_error("'%s' is not in '%s'\n", said, process.err.text);
    assert_non_null(strstr(process.err.text, said));
    assert_null(process.tokens);
    close_process(&process);
}

static void orders_that_are_none(void **state)
{
    struct tokens_options options = usual;

    (void)state;
    options.order = 0;
    assert_refused(options, 1, false, "order: 0 is not the order of a model; a whole number");
    options = usual;
    options.draft_orders = (struct sim_numbers){.count = 2, .values = {2, 1.5}};
    assert_refused(options, 2, false, "draft_orders: 1.5 is not the order of a model");
    options.draft_orders = (struct sim_numbers){.count = 1, .values = {2}};
    assert_refused(options, 2, false, "draft_orders: these are 1 orders, but there are 2 drafts.");
}

static void texts_that_are_none(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct tokens_options options = usual;

    (void)state;
    options.text = "/nowhere/story.txt";
    assert_refused(options, 1, false, "/nowhere/story.txt: cannot be read");
    options.text = "";
    options.draft_text = file_of(arena, "A lighthouse\0", 13);
    assert_refused(options, 1, false, ":1: this is no text");
    unlink(options.draft_text);
    options.draft_text = file_of(arena, "A lighthouse", 12);
    assert_refused(options, 1, false, " only in ");
    assert_refused(options, 1, false, ", and 1 only in ");
    assert_refused(options, 1, false, "such as ' lighthouse'; both need the same tokens");
    unlink(options.draft_text);
    options = usual;
    options.text = file_of(arena, "one two", 7);
    assert_refused(options, 1, false,
                   ": 2 words and marks are too few for n-grams of 3; at least "
                   "3 are needed.");
    options.order = 2;
    assert_refused(options, 2, true, "2 words and marks are too few for n-grams of 2; at least 3");
    unlink(options.text);
    sim_arena_close(arena);
}

/* The same words in another order: another model, of the same vocabulary. */
static void a_draft_of_another_text(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct process process;
    struct tokens_options options = usual;
    struct token_sequence *s;

    (void)state;
    options.text = file_of(arena, "abcabcabc", 9);
    options.draft_text = file_of(arena, "cbacbacba", 9);
    options.tokenizer = TOKENS_CHARACTERS;
    options.interpolation = 1;
    options.draft_orders = (struct sim_numbers){.count = 1, .values = {2}};
    open_process(&process, options, 1, false);
    assert_string_equal(process.err.text, "");
    s = token_sequence_open(process.tokens, 0, 3, process.arena);
    for (int i = 0; i < 6; i++) {
        const int last = token_sequence_tokens(s)[token_sequence_length(s) - 1];

        assert_close(tokens_overlap(s, 0), 0, 0);
        assert_int_equal(tokens_next_of_draft(s, 0), (last + 2) % 3);
        assert_int_equal(tokens_next(s), (last + 1) % 3);
        token_sequence_append(s, tokens_next(s));
    }
    unlink(options.text);
    unlink(options.draft_text);
    token_sequence_close(s);
    close_process(&process);
    sim_arena_close(arena);
}

static void each_draft_is_an_order_less_unless_told(void **state)
{
    struct process process;
    const struct text_models *models;
    struct tokens_options options = usual;

    (void)state;
    open_usual(&process, 1, 1);
    models = text_models_open(&options, 4, false, process.arena, &process.err);
    for (int d = 0; d < 4; d++) {
        assert_int_equal(models->drafts[d].order, d == 0 ? 2 : 1);
        assert_ptr_equal(models->drafts[d].ngram, models->target.ngram);
    }
    options.draft_orders = (struct sim_numbers){.count = 3, .values = {1, 5, 2}};
    models = text_models_open(&options, 3, false, process.arena, &process.err);
    assert_int_equal(models->drafts[1].order, 5);
    assert_int_equal(models->drafts[2].order, 2);
    options = usual;
    options.order = 5;
    models = text_models_open(&options, 2, true, process.arena, &process.err);
    assert_int_equal(models->drafts[1].order, TEXT_HEAD_ORDER);
    assert_ptr_not_equal(models->drafts[0].ngram, models->drafts[1].ngram);
    close_process(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompts_depend_on_seed_and_number_alone),
        cmocka_unit_test(a_prompt_is_a_stretch_of_the_text),
        cmocka_unit_test(emitted_tokens_read_as_text),
        cmocka_unit_test(a_sample_says_what_it_was_drawn_from),
        cmocka_unit_test(confidence_is_of_the_models_own_distribution),
        cmocka_unit_test(without_replacement_each_row_lacks_those_before),
        cmocka_unit_test(the_most_probable_in_their_order),
        cmocka_unit_test(a_greedy_draft_has_one_child),
        cmocka_unit_test(rows_of_a_tree_stay_while_others_are_worked_out),
        cmocka_unit_test(heads_know_the_prefix_but_for_its_last_token),
        cmocka_unit_test(orders_that_are_none),
        cmocka_unit_test(texts_that_are_none),
        cmocka_unit_test(a_draft_of_another_text),
        cmocka_unit_test(each_draft_is_an_order_less_unless_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
