#include "analysis/lessons/terminal.h"

#include "analysis/lessons/write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 96, MOST_STEPS = 16 };

static void paragraph(struct lesson_bench *bench, const char *text, FILE *out)
{
    lesson_print_wrapped(out, lesson_filled(bench, text), WIDTH, 0);
}

static const char *value_text(struct lesson_bench *bench, const char *number)
{
    return lesson_written(lesson_arena(bench), lesson_value(bench, number),
                          lesson_unit_of(bench, number));
}

void terminal_list(FILE *out)
{
    for (const struct lesson *const *lesson = lesson_catalogue; *lesson != NULL; lesson++)
        fprintf(out, "%-12s %s\n%-12s %s\n", (*lesson)->name, (*lesson)->title, "",
                (*lesson)->summary);
}

void terminal_question(struct lesson_bench *bench, FILE *out)
{
    const struct lesson *lesson = lesson_of(bench);

    fprintf(out, "%s\n\n", lesson->title);
    paragraph(bench, lesson->question, out);
    putc('\n', out);
    paragraph(bench, lesson->prediction.text, out);
}

double terminal_ask(struct lesson_bench *bench)
{
    const enum lesson_unit unit = lesson_unit_of(bench, lesson_of(bench)->prediction.number);
    char *line = NULL;
    size_t room = 0;
    double value = NAN;

    for (bool is_done = false; !is_done;) {
        struct sim_error err = {0};

        fprintf(stderr, "your prediction (%s; return: none): ", lesson_spelling(unit));
        is_done = getline(&line, &room, stdin) <= 0 || line[0] == '\n';
        if (is_done)
            break;
        line[strcspn(line, "\n")] = '\0';
        is_done = lesson_parse(line, unit, "A prediction", &value, &err);
        if (!is_done)
            fprintf(stderr, "%s\n", err.text);
    }
    free(line);
    return value;
}

/* How far off, in words. */
static const char *beside(struct sim_arena *arena, double predicted, double found)
{
    if (lesson_is_right(predicted, found, 0.05))
        return "within 5 %";
    if (predicted <= 0 || found <= 0)
        return "not that";
    return predicted > found ? sim_text(arena, "%.3g times too much", predicted / found)
                             : sim_text(arena, "%.3g times too little", found / predicted);
}

void terminal_judge(struct lesson_bench *bench, double predicted, FILE *out)
{
    const char *number = lesson_of(bench)->prediction.number;
    struct sim_arena *arena = lesson_arena(bench);

    fprintf(out, "  you said         %s, %s\n",
            lesson_written(arena, predicted, lesson_unit_of(bench, number)),
            beside(arena, predicted, lesson_value(bench, number)));
}

static void print_rows(struct lesson_bench *bench, FILE *out)
{
    fprintf(out, "\n  %-46s %12s %12s\n", "", "simulated", "closed form");
    for (const struct lesson_row *row = lesson_of(bench)->rows; row->label != NULL; row++) {
        fprintf(out, "  %-46s %12s", row->label, value_text(bench, row->simulated));
        if (row->closed != NULL)
            fprintf(out, " %12s  = %s", value_text(bench, row->closed), row->formula);
        putc('\n', out);
    }
}

static void print_steps(struct lesson_bench *bench, FILE *out)
{
    const struct lesson *lesson = lesson_of(bench);
    json_t *figure = lesson->figure(bench), *step;
    const json_t *steps = json_object_get(figure, "steps");
    size_t i;

    if (figure == NULL)
        return;
    fprintf(out, "\n%s, step by step\n\n", lesson->figure_title);
    json_array_foreach ((json_t *)(uintptr_t)steps, i, step) {
        if (i == MOST_STEPS) {
            fprintf(out, "  ... and %zu more; --html shows them all.\n",
                    json_array_size(steps) - i);
            break;
        }
        fprintf(out, "  %2zu  ", i + 1);
        lesson_print_wrapped(out, json_string_value(json_object_get(step, "text")), WIDTH, 6);
    }
    json_decref(figure);
}

static void print_exercises(struct lesson_bench *bench, FILE *out)
{
    const struct lesson *lesson = lesson_of(bench);

    fprintf(out, "Exercises (--check 1=VALUE checks an answer, --answers shows them)\n\n");
    for (int i = 0; i < LESSON_EXERCISES; i++) {
        fprintf(out, "  %d  ", i + 1);
        lesson_print_wrapped(out, lesson_filled(bench, lesson->exercises[i].question), WIDTH, 5);
    }
}

void terminal_lesson(struct lesson_bench *bench, FILE *out)
{
    const struct lesson *lesson = lesson_of(bench);

    fprintf(out, "  the simulation   %s\n", value_text(bench, lesson->prediction.number));
    if (lesson->prediction.after != NULL)
        fprintf(out, "  %s\n", lesson_filled(bench, lesson->prediction.after));
    print_rows(bench, out);
    print_steps(bench, out);
    fprintf(out, "\nWhy\n\n");
    for (const char *const *text = lesson->explanation; *text != NULL; text++) {
        paragraph(bench, *text, out);
        putc('\n', out);
    }
    print_exercises(bench, out);
}

void terminal_answers(struct lesson_bench *bench, FILE *out)
{
    const struct lesson *lesson = lesson_of(bench);

    for (int i = 0; i < LESSON_EXERCISES; i++) {
        const struct lesson_exercise *exercise = &lesson->exercises[i];

        fprintf(out, "%s%d  ", i > 0 ? "\n" : "", i + 1);
        lesson_print_wrapped(out, lesson_filled(bench, exercise->question), WIDTH, 3);
        fprintf(out, "   simulated %s, closed form %s\n   ", value_text(bench, exercise->answer),
                value_text(bench, exercise->closed));
        lesson_print_wrapped(out, lesson_filled(bench, exercise->why), WIDTH, 3);
    }
}

int terminal_check(struct lesson_bench *bench, const char *given, FILE *out, struct sim_error *err)
{
    const struct lesson *lesson = lesson_of(bench);
    struct sim_arena *arena = lesson_arena(bench);
    const int number = given[0] - '0';
    const struct lesson_exercise *exercise;
    double value;

    if (number < 1 || number > LESSON_EXERCISES || given[1] != '=') {
        sim_fail(err,
                 "--check '%s': give the number of the exercise, 1 to %d, and your answer, as in "
                 "2=1.4GB.",
                 given, LESSON_EXERCISES);
        return 2;
    }
    exercise = &lesson->exercises[number - 1];
    if (!lesson_parse(given + 2, lesson_unit_of(bench, exercise->answer),
                      sim_text(arena, "The answer of exercise %d", number), &value, err))
        return 2;
    if (lesson_is_right(value, lesson_value(bench, exercise->answer), lesson_tolerance(exercise))) {
        fprintf(out, "Exercise %d: right; the simulation says %s. ", number,
                value_text(bench, exercise->answer));
        fprintf(out, "%s\n", lesson_filled(bench, exercise->why));
        return 0;
    }
    fprintf(
        out,
        "Exercise %d: the simulation says something else than %s. Try again; --answers shows it.\n",
        number, lesson_written(arena, value, lesson_unit_of(bench, exercise->answer)));
    return 1;
}
