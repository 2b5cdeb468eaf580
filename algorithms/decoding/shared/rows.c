/* rows.c -- see rows.h.  Who makes room: a clock's hand goes round (Corbato 1968), past rows that were asked for since it
 * last came by. */
#include "algorithms/decoding/shared/rows.h"

#include <assert.h>

enum { FEWEST = 64 };

struct row {
    double *values;
    double remark;
    uint64_t key;
    int holders;
    int next; /* of its chain; ROWS_NONE ends it */
    bool has_key, was_asked_for;
};

struct rows {
    int length, most;
    int count, room;
    struct row *all;
    int *chains; /* first of each; [chain_count], a power of two */
    uint64_t chain_count;
    int hand;
    struct sim_arena *arena;
};

struct rows *rows_open(int length, size_t most_bytes, struct sim_arena *arena)
{
    struct rows *rows = sim_new(arena, struct rows, 1);
    const size_t most = most_bytes / ((size_t)length * sizeof(double));

    *rows = (struct rows){.length = length,
                          .most = most < FEWEST    ? FEWEST
                                  : most > 1 << 20 ? 1 << 20
                                                   : (int)most,
                          .chain_count = 1,
                          .arena = arena};
    while (rows->chain_count < (uint64_t)rows->most)
        rows->chain_count *= 2;
    rows->chains = sim_new(arena, int, rows->chain_count);
    for (uint64_t c = 0; c < rows->chain_count; c++)
        rows->chains[c] = ROWS_NONE;
    return rows;
}

static int *chain_of(const struct rows *rows, uint64_t key)
{
    const uint64_t mixed = (key ^ key >> 31) * 0x9e3779b97f4a7c15u;

    return &rows->chains[(mixed >> 24) & (rows->chain_count - 1)];
}

static int new_row(struct rows *rows)
{
    if (rows->count == rows->room) {
        struct row *all;

        rows->room = 2 * rows->room + FEWEST;
        all = sim_new(rows->arena, struct row, (size_t)rows->room);
        for (int i = 0; i < rows->count; i++)
            all[i] = rows->all[i];
        rows->all = all;
    }
    rows->all[rows->count].values = sim_new(rows->arena, double, (size_t)rows->length);
    return rows->count++;
}

static void forget(struct rows *rows, int place)
{
    int *link = chain_of(rows, rows->all[place].key);

    while (*link != place)
        link = &rows->all[*link].next;
    *link = rows->all[place].next;
    rows->all[place].has_key = false;
}

/* A row that nobody holds; a new one where there is none, or memory is left. */
static int room(struct rows *rows)
{
    if (rows->count < rows->most)
        return new_row(rows);
    for (int passed = 0; passed < 2 * rows->count; passed++) {
        const int place = rows->hand;
        struct row *row = &rows->all[place];

        rows->hand = (rows->hand + 1) % rows->count;
        if (row->holders > 0)
            continue;
        if (row->was_asked_for) {
            row->was_asked_for = false;
            continue;
        }
        if (row->has_key)
            forget(rows, place);
        return place;
    }
    return new_row(rows);
}

int rows_hold(struct rows *rows, uint64_t key, bool *is_new)
{
    int place = *chain_of(rows, key);

    while (place != ROWS_NONE && rows->all[place].key != key)
        place = rows->all[place].next;
    *is_new = place == ROWS_NONE;
    if (*is_new) {
        place = room(rows);
        rows->all[place].key = key;
        rows->all[place].has_key = true;
        rows->all[place].next = *chain_of(rows, key);
        *chain_of(rows, key) = place;
    }
    rows->all[place].was_asked_for = !*is_new;
    rows->all[place].holders++;
    return place;
}

int rows_hold_blank(struct rows *rows)
{
    const int place = room(rows);

    rows->all[place].was_asked_for = false;
    rows->all[place].holders = 1;
    return place;
}

void rows_release(struct rows *rows, int place)
{
    assert(rows->all[place].holders > 0);
    rows->all[place].holders--;
}

double *rows_at(struct rows *rows, int place)
{
    assert(rows->all[place].holders > 0);
    return rows->all[place].values;
}

double *rows_remark(struct rows *rows, int place)
{
    return &rows->all[place].remark;
}

int rows_count(const struct rows *rows)
{
    return rows->count;
}
