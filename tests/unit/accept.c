/* The rules of acceptance, by exact enumeration over a vocabulary of five: what is emitted follows p, or provably does not.
 *
 * Figures of the rows below were worked out as fractions, apart from this code. */
#include "algorithms/decoding/shared/accept.h"
#include "algorithms/decoding/shared/sampling.h"
#include "tests/unit/close.h"

enum { V = 5 };

static const double p_row[V] = {9 / 20.0, 5 / 20.0, 3 / 20.0, 2 / 20.0, 1 / 20.0};
static const double q_row[V] = {5 / 20.0, 8 / 20.0, 4 / 20.0, 1 / 20.0, 2 / 20.0};

static double total_variation(const double *a, const double *b)
{
    double sum = 0;

    for (int x = 0; x < V; x++)
        sum += fabs(a[x] - b[x]) / 2;
    return sum;
}

/* ---- one level: children drawn one after the other, then tried ---- */

enum way { IID, WITHOUT, WITHOUT_BUT_NOT_RENORMALISED };

/* All that can be drawn from here on: `left` children more, `drawn` those there are; each is tried in the order drawn. */
struct level {
    enum way way;
    double accept; /* probability that some child is accepted */
    double emitted[V];
};

static void try_all(struct level *level, const int *drawn, double rows[][V], int count,
                    double probability)
{
    double left[V], reached = probability;

    memcpy(left, p_row, sizeof left);
    for (int c = 0; c < count; c++) {
        const double *q = level->way == WITHOUT_BUT_NOT_RENORMALISED ? q_row : rows[c];
        const double accept = accept_probability(left[drawn[c]], q[drawn[c]], 1);

        level->accept += reached * accept;
        level->emitted[drawn[c]] += reached * accept;
        reached *= 1 - accept;
        accept_residual(left, q, 1, V, left);
    }
    for (int x = 0; x < V; x++)
        level->emitted[x] += reached * left[x];
}

static void draw_all(struct level *level, int *drawn, double rows[][V], int count, int most,
                     double probability)
{
    double row[V];

    if (count == most) {
        try_all(level, drawn, rows, count, probability);
        return;
    }
    memcpy(row, q_row, sizeof row);
    for (int c = 0; c < count && level->way != IID; c++)
        sampling_without(row, V, drawn[c]);
    memcpy(rows[count], row, sizeof row);
    for (int x = 0; x < V; x++)
        if (row[x] > 0) {
            drawn[count] = x;
            memcpy(rows[count], row, sizeof row);
            draw_all(level, drawn, rows, count + 1, most, probability * row[x]);
        }
}

static struct level level_of(enum way way, int children)
{
    struct level level = {.way = way};
    double rows[4][V];
    int drawn[4];

    draw_all(&level, drawn, rows, 0, children, 1);
    return level;
}

/* sum min(p, q) = 3/4; two i.i.d. children 33/40, two without replacement 413/480: and what is emitted is p. */
static void children_from_their_own_rows_are_lossless(void **state)
{
    static const struct {
        enum way way;
        int children;
        double accept;
    } rows[] = {{IID, 1, 3 / 4.0}, {IID, 2, 33 / 40.0}, {WITHOUT, 2, 413 / 480.0}};

    (void)state;
    assert_close(sampling_overlap(p_row, q_row, V), 3 / 4.0, 1e-15);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct level level = level_of(rows[i].way, rows[i].children);

        assert_close(level.accept, rows[i].accept, 1e-14);
        assert_near(total_variation(level.emitted, p_row), 0, 1e-15);
    }
    assert_near(total_variation(level_of(IID, 3).emitted, p_row), 0, 1e-15);
    assert_near(total_variation(level_of(WITHOUT, 3).emitted, p_row), 0, 1e-15);
}

static void a_row_that_was_not_renormalised_is_not(void **state)
{
    const struct level level = level_of(WITHOUT_BUT_NOT_RENORMALISED, 2);

    (void)state;
    assert_near(total_variation(level.emitted, p_row), 0.001687, 5e-7);
    assert_close(level.accept, 413 / 480.0, 1e-14);
}

/* The most probable tokens of the draft, tried in random order (Miao et al., Algorithm 2) as if they had been drawn. */
static void the_most_probable_children_are_not(void **state)
{
    static const double accept[] = {5 / 8.0, 1}, distance[] = {0.375, 0.3};
    int top[V];

    (void)state;
    for (int k = 1; k <= 2; k++) {
        struct level level = {.way = IID};
        double rows[2][V];

        assert_int_equal(sampling_top(q_row, V, k, top), k);
        for (int c = 0; c < k; c++)
            memcpy(rows[c], q_row, sizeof rows[c]);
        for (int first = 0; first < k; first++)
            try_all(&level, (int[]){top[first], top[k - 1 - first]}, rows, k, 1.0 / k);
        assert_close(level.accept, accept[k - 1], 1e-14);
        assert_near(total_variation(level.emitted, p_row), distance[k - 1], 1e-14);
    }
}

/* Draw from p, and see whether the children have it: accepts less often than multi-step sampling. */
static void naive_sampling_accepts_less(void **state)
{
    double one = 0, two = 0;

    (void)state;
    for (int x = 0; x < V; x++) {
        one += p_row[x] * q_row[x];
        two += p_row[x] * (1 - (1 - q_row[x]) * (1 - q_row[x]));
    }
    assert_near(one, 0.2525, 1e-14);
    assert_near(two, 0.430125, 1e-14);
    assert_true(one < level_of(IID, 1).accept && two < level_of(IID, 2).accept);
}

/* ---- lenience: alpha = sum of min(p / l, q) ---- */

static void lenience_accepts_more_and_is_not_lossless(void **state)
{
    double least = 0;

    (void)state;
    for (double l = 1; l > 0.1; l -= 0.237) {
        double alpha = 0, expected = 0, emitted[V], left[V];

        accept_residual(p_row, q_row, l, V, left);
        for (int x = 0; x < V; x++) {
            alpha += q_row[x] * accept_probability(p_row[x], q_row[x], l);
            expected += fmin(p_row[x] / l, q_row[x]);
        }
        for (int x = 0; x < V; x++)
            emitted[x] =
                q_row[x] * accept_probability(p_row[x], q_row[x], l) + (1 - alpha) * left[x];
        assert_close(alpha, expected, 1e-14);
        assert_true(alpha > least);
        assert_true((total_variation(emitted, p_row) > 1e-3) == (l < 1));
        least = alpha;
    }
}

/* ---- typical acceptance ---- */

/* Entropy 1.3 nats: the threshold is min(.09, .3 exp(-1.33)) = .079; the three tokens above it are taken as they come. */
static void typical_acceptance_is_not_lossless(void **state)
{
    const double threshold = accept_typical_threshold(p_row, V, .09, .3);
    double entropy = 0, emitted[V] = {0};

    (void)state;
    for (int x = 0; x < V; x++)
        entropy -= p_row[x] * log(p_row[x] + 1e-5);
    assert_close(threshold, fmin(.09, .3 * exp(-entropy)), 1e-15);
    for (int x = 0; x < V; x++)
        if (p_row[x] > threshold)
            emitted[x] += q_row[x];
        else
            emitted[sampling_best(p_row, V)] += q_row[x];
    assert_true(total_variation(emitted, p_row) > 0.1);
}

/* ---- whole trees ---- */

/* A target whose row depends on the token before; draws come from a list. */
struct drawing {
    double rows[V][V];
    double draws[16];
    int next;
};

static const double *row_behind(void *own, const struct tree *tree, int node)
{
    struct drawing *drawing = own;

    return drawing->rows[tree->nodes[node].token];
}

static double draw(void *own)
{
    struct drawing *drawing = own;

    return drawing->draws[drawing->next++];
}

static void fill(double rows[V][V], unsigned seed)
{
    for (int i = 0; i < V; i++) {
        double sum = 0;

        for (int x = 0; x < V; x++)
            sum += rows[i][x] =
                1 + (double)((seed * 31u + (unsigned)(7 * i + 11 * x)) * 2654435761u % 97);
        for (int x = 0; x < V; x++)
            rows[i][x] /= sum;
    }
}

/* Everything that Algorithm 1 can emit from `token` on with `gamma` drafts, as far as the first `depth` tokens tell:
 * accepted drafts, then one of the residual, or of p behind them all. */
static void emit(double p[V][V], double q[V][V], int token, int gamma, int depth,
                 double probability, double *emitted, int prefix)
{
    double left[V];

    if (depth == 0) {
        emitted[prefix] += probability;
        return;
    }
    if (gamma ==
        0) { /* the bonus; what follows it is the next round's, which begins with as many drafts */
        for (int x = 0; x < V; x++)
            emit(p, q, x, 3, depth - 1, probability * p[token][x], emitted, prefix * V + x);
        return;
    }
    accept_residual(p[token], q[token], 1, V, left);
    for (int x = 0; x < V; x++) {
        const double drafted = probability * q[token][x];
        const double accept = accept_probability(p[token][x], q[token][x], 1);

        emit(p, q, x, gamma - 1, depth - 1, drafted * accept, emitted, prefix * V + x);
        for (int y = 0; y < V; y++)
            emit(p, q, y, 3, depth - 1, drafted * (1 - accept) * left[y], emitted, prefix * V + y);
    }
}

static void algorithm_1_emits_the_targets_own_text(void **state)
{
    double p[V][V], q[V][V];

    (void)state;
    fill(p, 3);
    fill(q, 8);
    for (int gamma = 1; gamma <= 3; gamma++) {
        double emitted[V * V * V] = {0}, distance = 0;

        emit(p, q, 0, gamma, 3, 1, emitted, 0);
        for (int t = 0; t < V * V * V; t++)
            distance +=
                fabs(emitted[t] - p[0][t / 25] * p[t / 25][t / 5 % 5] * p[t / 5 % 5][t % 5]);
        assert_near(distance, 0, 1e-14);
    }
}

struct stage {
    struct sim_arena *arena;
    struct tree tree;
    struct drawing drawing;
    struct accept_target target;
    double scratch[V], q[V];
};

static void set(struct stage *stage)
{
    *stage = (struct stage){.arena = sim_arena_open()};
    stage->tree.arena = stage->arena;
    tree_begin(&stage->tree);
    fill(stage->drawing.rows, 5);
    memcpy(stage->q, q_row, sizeof stage->q);
    stage->target = (struct accept_target){.vocabulary = V,
                                           .row = row_behind,
                                           .draw = draw,
                                           .own = &stage->drawing,
                                           .scratch = stage->scratch};
}

static int add(struct stage *stage, int parent, int token)
{
    return tree_add(&stage->tree, (struct tree_node){.parent = parent,
                                                     .token = token,
                                                     .probability = stage->q[token],
                                                     .row = stage->q});
}

static void a_greedy_target_follows_its_best_token_down_the_tree(void **state)
{
    const struct tokens_judgement judgement = {.lenience = 1};
    struct stage stage;
    struct tokens_verdict verdict;
    int best, next, path[8];

    (void)state;
    set(&stage);
    stage.target.is_greedy = true;
    best = sampling_best(stage.drawing.rows[0], V);
    next = sampling_best(stage.drawing.rows[best], V);
    add(&stage, TREE_ROOT, (best + 1) % V);
    add(&stage, TREE_ROOT, best);
    add(&stage, 1, next);
    add(&stage, 2, (next + 1) % V);
    add(&stage, 2, next);
    verdict = accept_tree(&stage.target, &stage.tree, &judgement);
    assert_int_equal(verdict.accepted, 2);
    assert_int_equal(verdict.node, 5);
    assert_true(verdict.has_bonus);
    assert_int_equal(verdict.bonus, sampling_best(stage.drawing.rows[next], V));
    assert_int_equal(tree_path(&stage.tree, verdict.node, path), 2);
    assert_int_equal(path[0], 2);
    assert_int_equal(path[1], 5);
    assert_int_equal(stage.drawing.next, 0);
    sim_arena_close(stage.arena);
}

/* Two drafts say the best token, and the second one goes on rightly: their union is what is verified (SpecInfer, Definition
 * 3.2), so that the children of both stand behind that token. */
static void what_several_drafts_say_is_one_node(void **state)
{
    struct tokens_judgement judgement = {.lenience = 1};
    struct stage stage;
    struct tokens_verdict verdict;
    int best, next, path[8];

    (void)state;
    set(&stage);
    best = sampling_best(stage.drawing.rows[0], V);
    next = sampling_best(stage.drawing.rows[best], V);
    add(&stage, add(&stage, TREE_ROOT, best), (next + 1) % V);
    add(&stage, add(&stage, TREE_ROOT, best), next);
    stage.tree.nodes[3].draft = stage.tree.nodes[4].draft = 1;

    stage.target.is_greedy = true;
    verdict = accept_tree(&stage.target, &stage.tree, &judgement);
    assert_int_equal(verdict.accepted, 2);
    assert_int_equal(verdict.node, 4);
    assert_int_equal(tree_path(&stage.tree, verdict.node, path), 2);
    assert_int_equal(path[0], 3);

    /* Sampled: the first draft's token is taken, then the second one's is tried first, and taken. */
    stage.target.is_greedy = false;
    stage.drawing.draws[0] = 0.3119;
    stage.drawing.draws[1] = 0;
    stage.drawing.draws[2] = 0.7351;
    stage.drawing.draws[3] = 0;
    judgement.without_bonus = true;
    verdict = accept_tree(&stage.target, &stage.tree, &judgement);
    assert_int_equal(verdict.accepted, 2);
    assert_int_equal(verdict.node, 4);
    assert_int_equal(stage.drawing.next, 4);
    sim_arena_close(stage.arena);
}

/* PEARL's: what was verified before is not looked at again, what is too deep not yet, and no token follows. */
static void verification_begins_and_ends_where_it_is_told(void **state)
{
    struct tokens_judgement judgement = {
        .lenience = 1, .first = 1, .limit = 2, .without_bonus = true};
    struct stage stage;
    struct tokens_verdict verdict;

    (void)state;
    set(&stage);
    add(&stage, add(&stage, add(&stage, TREE_ROOT, 3), 1), 4); /* 3, 1, 4 */
    stage.drawing.draws[0] = 0;                                /* any token is accepted */
    verdict = accept_tree(&stage.target, &stage.tree, &judgement);
    assert_int_equal(verdict.accepted, 1);
    assert_int_equal(verdict.node, 2);
    assert_false(verdict.has_bonus);
    assert_int_equal(stage.drawing.next, 1);

    judgement.limit = 0;
    stage.drawing.next = 0;
    verdict = accept_tree(&stage.target, &stage.tree, &judgement);
    assert_int_equal(verdict.accepted, 2);
    assert_false(verdict.has_bonus);
    sim_arena_close(stage.arena);
}

/* Of two paths on which all is probable enough the longer one; behind it the most probable token. */
static void typical_acceptance_takes_the_longest_path(void **state)
{
    const struct tokens_judgement judgement = {
        .rule = TOKENS_TYPICAL, .lenience = 1, .epsilon = 1e-9, .delta = 1e-9};
    struct stage stage;
    struct tokens_verdict verdict;

    (void)state;
    set(&stage);
    add(&stage, TREE_ROOT, 2);
    add(&stage, TREE_ROOT, 4);
    add(&stage, 2, 1);
    verdict = accept_tree(&stage.target, &stage.tree, &judgement);
    assert_int_equal(verdict.accepted, 2);
    assert_int_equal(verdict.node, 3);
    assert_int_equal(verdict.bonus, sampling_best(stage.drawing.rows[1], V));
    sim_arena_close(stage.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_from_their_own_rows_are_lossless),
        cmocka_unit_test(a_row_that_was_not_renormalised_is_not),
        cmocka_unit_test(the_most_probable_children_are_not),
        cmocka_unit_test(naive_sampling_accepts_less),
        cmocka_unit_test(lenience_accepts_more_and_is_not_lossless),
        cmocka_unit_test(typical_acceptance_is_not_lossless),
        cmocka_unit_test(algorithm_1_emits_the_targets_own_text),
        cmocka_unit_test(a_greedy_target_follows_its_best_token_down_the_tree),
        cmocka_unit_test(what_several_drafts_say_is_one_node),
        cmocka_unit_test(verification_begins_and_ends_where_it_is_told),
        cmocka_unit_test(typical_acceptance_takes_the_longest_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
