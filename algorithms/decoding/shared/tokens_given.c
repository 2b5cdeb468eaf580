#include "algorithms/decoding/shared/tokens_inside.h"
static double al(const struct token_sequence *s)
{
    return s->tokens->options->acceptance.count ? s->tokens->options->acceptance.values[0] : .8;
}
static void begin(struct token_sequence *s, int p)
{
    for (int i = 0; i < p; i++)
        token_sequence_append(s, 0);
}
static int draft(struct token_sequence *s, struct tree *t, int parent, int d, enum tokens_choice c,
                 int n)
{
    (void)s;
    (void)c;
    for (int i = 0; i < n; i++)
        tree_add(t, (struct tree_node){.parent = parent, .draft = d, .rank = i});
    return n;
}
static struct tokens_verdict verify(struct token_sequence *s, const struct tree *t,
                                    const struct tokens_judgement *j)
{
    (void)j;
    struct tokens_verdict v = {.has_bonus = true};
    for (int c; (c = tree_child(t, v.node, -1)) >= 0;) {
        if (sim_random_uniform(s->target_random) >= al(s))
            break;
        v.accepted++;
        v.node = c;
    }
    return v;
}
static int next(struct token_sequence *s)
{
    (void)s;
    return 0;
}
static int nextd(struct token_sequence *s, int d)
{
    (void)s;
    (void)d;
    return 0;
}
static const struct tokens_method m = {begin, draft, verify, next, nextd, 0, 0};
bool tokens_given_open(struct tokens *t, struct sim_arena *a, struct sim_error *e)
{
    (void)a;
    (void)e;
    t->method = &m;
    return true;
}
bool tokens_text_open(struct tokens *t, struct sim_arena *a, struct sim_error *e)
{
    (void)a;
    (void)t;
    return sim_fail(e, "no text yet");
}
