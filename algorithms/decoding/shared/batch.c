/* batch.c -- what the drafts of a batch cost and weigh: steps by depth, bytes by exchange. */
#include "algorithms/decoding/shared/decoding.h"

#include "algorithms/decoding/shared/shapes.h"

int64_t dec_held_tokens(const struct dec_sequence *sequence)
{
    return sequence->context_tokens > 0 ? sequence->context_tokens - 1 : 0;
}

int dec_draft_steps(const struct sim_plan *plan, struct dec_sequence *const *batch, int count,
                    int draft, struct dec_step *steps)
{
    int step_count = 0;

    (void)plan;
    for (int i = 0; i < count; i++) {
        const struct tree *tree = &batch[i]->tree;

        for (int n = batch[i]->window_from; n < tree->count; n++) {
            const int parent = tree->nodes[n].depth - 1; /* its depth */
            const int depth = parent - (tree->nodes[batch[i]->window_from].depth - 1);

            if (tree->nodes[n].draft != draft || tree->nodes[n].rank != 0)
                continue; /* siblings come of one row */
            while (step_count <= depth)
                steps[step_count++] = (struct dec_step){.layer_share = 1};
            dec_step_add(&steps[depth], 1, dec_held_tokens(batch[i]) + parent - batch[i]->verified);
        }
    }
    return step_count;
}

void dec_add_tree(const struct dec_sequence *sequence, struct dec_step *step)
{
    dec_step_add(step, sequence->tree.count, dec_held_tokens(sequence));
}

/* Children of one node stand side by side in a shape. */
void dec_draft_shape(struct dec_sequence *sequence, const struct shape *shape, int draft,
                     enum tokens_choice choice)
{
    struct tree *tree = &sequence->tree;
    int place[SHAPE_MOST_NODES] = {TREE_ROOT};

    for (int n = 1; n < shape->count;) {
        const struct shape_node *node = &shape->nodes[n];
        const int first = tree->count;
        int wanted = 0, found = 0;

        while (n + wanted < shape->count && shape->nodes[n + wanted].parent == node->parent)
            wanted++;
        if (place[node->parent] != TREE_NONE)
            found =
                tokens_draft(sequence->tokens, tree, place[node->parent],
                             draft == DEC_HEAD_OF_DEPTH ? node->depth - 1 : draft, choice, wanted);
        for (int c = 0; c < wanted; c++)
            place[n + c] = c < found ? first + c : TREE_NONE;
        n += wanted;
    }
}

enum dec_exchange dec_exchange_of(const struct sim_plan *plan)
{
    const struct decoding *options = dec_options(plan);

    if (options->exchange != DEC_EXCHANGE_AUTO)
        return (enum dec_exchange)options->exchange;
    if (options->tokens_options.tokens_from == TOKENS_GIVEN ||
        options->tokens_options.temperature == 0)
        return DEC_EXCHANGE_TOKENS;
    return dec_run_of(plan)->method->sends_parents ? DEC_EXCHANGE_ROWS
                                                   : DEC_EXCHANGE_ROW_ON_REJECTION;
}

int dec_row_length(const struct sim_plan *plan)
{
    const struct dec_run *run = dec_run_of(plan);

    if (run->options->vocabulary > 0)
        return run->options->vocabulary;
    if (run->target_cost.model != NULL)
        return run->target_cost.model->vocabulary;
    if (tokens_vocabulary(run->tokens) > 0)
        return tokens_vocabulary(run->tokens);
    return 32000; /* of LLaMA's tokenizer */
}

int64_t dec_proposal_bytes(const struct sim_plan *plan, const struct dec_sequence *sequence,
                           int draft)
{
    const struct dec_method *method = dec_run_of(plan)->method;
    const struct tree *tree = &sequence->tree;
    const enum dec_exchange exchange = dec_exchange_of(plan);
    int64_t nodes = 0, rows = 0, of_node = DEC_TOKEN_BYTES, bytes;

    for (int n = sequence->window_from; n < tree->count; n++) {
        nodes += tree->nodes[n].draft == draft;
        rows += tree->nodes[n].draft == draft && tree->nodes[n].rank == 0;
    }
    if (method->sends_parents)
        of_node += DEC_TOKEN_BYTES;
    if (exchange == DEC_EXCHANGE_PROBABILITIES || exchange == DEC_EXCHANGE_ROW_ON_REJECTION)
        of_node += DEC_TOKEN_BYTES;
    bytes = nodes * of_node;
    if (exchange == DEC_EXCHANGE_ROWS)
        bytes += rows * DEC_TOKEN_BYTES * dec_row_length(plan);
    if (method->proposal_bytes != NULL)
        bytes += method->proposal_bytes(plan, sequence, draft);
    return bytes;
}

/* A draft's nodes hang on its own nodes, or on the root, and those of the drafts before it stand before them. */
void dec_drop_draft(struct tree *tree, int draft, int from)
{
    int kept = from, gone = 0;

    for (int n = from; n < tree->count; n++) {
        struct tree_node node = tree->nodes[n];

        if (node.draft == draft) {
            gone++;
            continue;
        }
        if (node.draft > draft && node.parent >= from)
            node.parent -= gone;
        tree->nodes[kept++] = node;
    }
    tree->count = kept;
}
