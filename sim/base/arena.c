#include "sim/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks double, and are zeroed as they are handed out: many an arena holds a few texts, and each page that is touched is
 * one that the kernel clears.  A piece that fills a block has it from calloc, who knows what is zero already. */
enum { FIRST_BLOCK_BYTES = 4000, MOST_BLOCK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct sim_arena {
    struct block *blocks;
};

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("dmlsim: this machine has no memory left for the simulation.\n", stderr);
        exit(1);
    }
    return memory;
}

struct sim_arena *sim_arena_open(void)
{
    return must(calloc(1, sizeof(struct sim_arena)));
}

void sim_arena_close(struct sim_arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->blocks != NULL) {
        struct block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}

static struct block *add_block(struct sim_arena *arena, size_t bytes)
{
    const size_t last = arena->blocks == NULL ? 0 : arena->blocks->size;
    size_t size = last == 0 ? FIRST_BLOCK_BYTES : 2 * last;
    struct block *block;

    if (size > MOST_BLOCK_BYTES)
        size = MOST_BLOCK_BYTES;
    if (bytes >= size) {
        block = must(calloc(1, sizeof *block + bytes));
        block->size = bytes;
    } else {
        block = must(malloc(sizeof *block + size));
        block->size = size;
    }
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *sim_arena_take(struct sim_arena *arena, size_t count, size_t size)
{
    struct block *block = arena->blocks;
    void *memory;
    size_t bytes;

    if (size > 0 && count > (SIZE_MAX - 2 * ALIGNMENT - sizeof *block) / size)
        must(NULL);
    bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (block == NULL || block->size - block->used < bytes)
        block = add_block(arena, bytes);
    memory = block->bytes + block->used;
    if (bytes < block->size) /* else it is all of a block that calloc zeroed */
        memset(memory, 0, bytes);
    block->used += bytes;
    return memory;
}

char *sim_text(struct sim_arena *arena, const char *format, ...)
{
    va_list arguments, again;
    char *text;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    text = sim_new(arena, char, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

char *sim_text_copy(struct sim_arena *arena, const char *text, size_t length)
{
    char *copy = sim_new(arena, char, length + 1);

    memcpy(copy, text, length);
    return copy;
}
