/* figure_tokens.c -- what a draft said and what the target made of it, round by round, from said.csv. */
#include "analysis/csv.h"
#include "analysis/lessons/figures.h"
#include "analysis/lessons/write.h"

#include <string.h>

enum { MOST_ROUNDS = 256, FATES = 5 };

static const char *const fates[FATES] = {"accepted", "rejected", "unseen", "target", "surplus"};

struct rounds {
    json_t *list; /* of lists of [word, fate] */
    int counts[MOST_ROUNDS][FATES];
    int count;
};

/* The end of a paragraph is a token, too. */
static const char *visible(const char *word)
{
    return strchr(word, '\n') != NULL ? " (new paragraph)" : word;
}

static int fate_of(const char *text)
{
    int fate = 0;

    while (fate < FATES - 1 && strcmp(text, fates[fate]) != 0)
        fate++;
    return fate;
}

static bool read_rounds(struct rounds *rounds, const char *folder, struct sim_arena *arena,
                        struct sim_error *err)
{
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/said.csv", folder), arena, err);
    int round, token, fate;

    if (csv == NULL)
        return false;
    round = analysis_csv_column(csv, "round");
    token = analysis_csv_column(csv, "token");
    fate = analysis_csv_column(csv, "fate");
    while (analysis_csv_next(csv)) {
        const int at = (int)analysis_csv_number(csv, round),
                  how = fate_of(analysis_csv_text(csv, fate));

        if (at >= MOST_ROUNDS)
            break;
        if (at >= rounds->count) {
            json_array_append_new(rounds->list, json_array());
            rounds->count = at + 1;
        }
        rounds->counts[at][how]++;
        json_array_append_new(json_array_get(rounds->list, (size_t)at),
                              json_pack("[s, i]", visible(analysis_csv_text(csv, token)), how));
    }
    return analysis_csv_close(csv, err);
}

/* The words of one fate, or of both of `a` and `b`, of a round. */
static const char *words_of(const json_t *round, int a, int b, struct sim_arena *arena)
{
    const char *text = "";
    const json_t *word;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)round, i, word) {
        const int fate = (int)json_integer_value(json_array_get(word, 1));

        if (fate == a || fate == b)
            text = sim_text(arena, "%s%s", text, json_string_value(json_array_get(word, 0)));
    }
    for (; *text == ' '; text++)
        ;
    return *text == '\0' ? "-" : text;
}

static const char *drafted_of(const json_t *round, struct sim_arena *arena)
{
    const char *text = "";
    const json_t *word;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)round, i, word)
        if (json_integer_value(json_array_get(word, 1)) < 3)
            text = sim_text(arena, "%s%s", text, json_string_value(json_array_get(word, 0)));
    for (; *text == ' '; text++)
        ;
    return text;
}

static void add_step(json_t *figure, const struct rounds *rounds, int i, double seconds, int said,
                     struct sim_arena *arena)
{
    const json_t *round = json_array_get(rounds->list, (size_t)i);
    const int *counts = rounds->counts[i];

    figure_step(figure, seconds,
                sim_text(arena,
                         "Round %d: drafted [%s]; %d of %d accepted; the target itself says [%s].",
                         i + 1, drafted_of(round, arena), counts[0],
                         counts[0] + counts[1] + counts[2], words_of(round, 3, 3, arena)),
                json_pack("[[s, s], [s, s], [s, s]]", "tokens said", sim_text(arena, "%d", said),
                          "steps of the target", sim_text(arena, "%d", i + 1), "time",
                          lesson_written(arena, seconds, LESSON_SECONDS)));
}

json_t *figure_tokens(struct lesson_bench *bench, const char *run)
{
    struct sim_arena *arena = lesson_arena(bench);
    struct rounds *rounds = sim_new(arena, struct rounds, 1);
    struct sim_error err = {0};
    json_t *figure = figure_of("tokens"), *names = json_object_get(figure, "kinds");
    int said = 0;

    rounds->list = json_array();
    json_object_set_new(figure, "rounds", rounds->list);
    for (int f = 0; f < FATES; f++)
        json_array_append_new(names, json_string(fates[f]));
    if (!read_rounds(rounds, lesson_folder(bench, run), arena, &err)) {
        json_decref(figure);
        return lesson_fail(bench, &err);
    }
    for (int i = 0; i < rounds->count; i++) {
        const double seconds =
            lesson_look(bench, run, sim_text(arena, "rounds.csv row:%d seconds", i));

        said += rounds->counts[i][0] + rounds->counts[i][3];
        add_step(figure, rounds, i, seconds, said, arena);
    }
    return figure;
}
