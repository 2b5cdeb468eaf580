#include "algorithms/decoding/shared/said.h"

#include <stdio.h>
#include <string.h>

struct dec_said {
    char *bytes; /* in the arena: twice as large when it is full */
    size_t size, room;
};

static void append(struct dec_said *said, const char *text, struct sim_arena *arena)
{
    const size_t length = strlen(text);

    if (said->size + length > said->room) {
        char *bytes;

        said->room = 2 * said->room + length + 4096;
        bytes = sim_new(arena, char, said->room);
        if (said->size > 0)
            memcpy(bytes, said->bytes, said->size);
        said->bytes = bytes;
    }
    memcpy(said->bytes + said->size, text, length);
    said->size += length;
}

/* Always between quotes: the blank before a word counts, and words may be commas. */
static void append_row(struct dec_server *server, const struct dec_sequence *sequence, int token,
                       const char *fate)
{
    const char *word = token_written(sequence->tokens, token);
    struct sim_arena *arena = server->me->plan->arena;
    char head[64];

    snprintf(head, sizeof head, "%d,%d,\"", sequence->number, sequence->rounds);
    append(server->said, head, arena);
    for (; *word != '\0'; word++)
        append(server->said, *word == '"' ? "\"\"" : (char[]){*word, '\0'}, arena);
    append(server->said, "\",", arena);
    append(server->said, fate, arena);
    append(server->said, "\n", arena);
}

struct dec_said *dec_said_open(const struct dec_server *server)
{
    struct sim_arena *arena = server->me->plan->arena;
    struct dec_said *said;

    if (tokens_vocabulary(server->run->tokens) == 0)
        return NULL;
    said = sim_new(arena, struct dec_said, 1);
    append(said, "request,round,token,fate\n", arena);
    return said;
}

static bool is_on_path(const struct tree *tree, int node, int end)
{
    while (end != TREE_ROOT && end != node)
        end = tree->nodes[end].parent;
    return end == node;
}

void dec_say(struct dec_server *server, const struct dec_sequence *sequence)
{
    const struct tree *tree = &sequence->tree;
    const struct tokens_verdict *verdict = &sequence->verdict;
    int wanted = server->options->tokens - sequence->emitted;

    if (server->said == NULL)
        return;
    for (int n = 1; n < tree->count; n++) {
        const char *fate = tree->nodes[n].parent == verdict->node ? "rejected" : "unseen";

        if (is_on_path(tree, n, verdict->node))
            fate = wanted-- > 0 ? "accepted" : "surplus";
        append_row(server, sequence, tree->nodes[n].token, fate);
    }
    if (verdict->has_bonus)
        append_row(server, sequence, verdict->bonus, wanted > 0 ? "target" : "surplus");
}

void dec_said_write(struct dec_server *server)
{
    if (server->said != NULL)
        sim_output(server->me, "said.csv", server->said->bytes, server->said->size);
}
