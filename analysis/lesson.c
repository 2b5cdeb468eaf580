/* lesson.c -- dmlsim lesson: eight questions about distributed machine learning, answered by simulations made now. */
#include "analysis/lessons/page.h"
#include "analysis/lessons/terminal.h"
#include "analysis/lessons/write.h"
#include "sim/base/names.h"
#include "sim/cli/command.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const struct sim_option options[] = {
    {"predict", 'p', "VALUE", "your prediction, instead of being asked for it"},
    {"answers", 'a', NULL,
     "the answers of the exercises, simulated now, beside their closed forms"},
    {"check", 'c', "N=VALUE", "is that the answer of exercise N? Exit code 0: yes, 1: no"},
    {"html", 0, NULL, "write the lesson as a page: one file, no network needed"},
    {"out", 'o', "FILE", "with --html: the page, instead of lesson_NAME.html"},
    {0}};

static int count_lessons(void)
{
    int count = 0;

    while (lesson_catalogue[count] != NULL)
        count++;
    return count;
}

/* NULL with a sentence. */
static const struct lesson *find(const char *name, struct sim_arena *arena, struct sim_error *err)
{
    const int count = count_lessons();
    const char **names = sim_new(arena, const char *, (size_t)count);

    for (int i = 0; i < count; i++) {
        names[i] = lesson_catalogue[i]->name;
        if (strcmp(names[i], name) == 0)
            return lesson_catalogue[i];
    }
    sim_fail(err, "There is no lesson '%s'%s", name,
             sim_did_you_mean(arena, name, names, (size_t)count, "; 'dmlsim lesson' lists them."));
    return NULL;
}

static int page(const struct sim_call *call, struct lesson_bench *bench, struct sim_error *err)
{
    const char *path = sim_option_value(call, "out");

    if (path == NULL)
        path = sim_text(call->arena, "lesson_%s.html", lesson_of(bench)->name);
    if (!lesson_bench_run(bench, true, true))
        return lesson_bench_code(bench);
    if (!lesson_page(bench, path, err))
        return 2;
    printf("page: %s\n", path);
    return lesson_bench_code(bench);
}

static int answers(const struct sim_call *call, struct lesson_bench *bench, struct sim_error *err)
{
    const char *given = sim_option_value(call, "check");

    if (!lesson_bench_run(bench, true, false))
        return lesson_bench_code(bench);
    if (given != NULL)
        return terminal_check(bench, given, stdout, err);
    terminal_answers(bench, stdout);
    return lesson_bench_code(bench);
}

/* Asks a reader who sits there; whoever reads a pipe gets the whole lesson at once. */
static int tell(const struct sim_call *call, struct lesson_bench *bench, struct sim_error *err)
{
    const char *given = sim_option_value(call, "predict");
    const char *number = lesson_of(bench)->prediction.number;
    double predicted = NAN;

    if (given != NULL &&
        !lesson_parse(given, lesson_unit_of(bench, number), "--predict", &predicted, err))
        return 2;
    if (!lesson_bench_run(bench, false, false))
        return lesson_bench_code(bench);
    terminal_question(bench, stdout);
    putchar('\n');
    fflush(stdout);
    if (given == NULL && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        predicted = terminal_ask(bench);
        putchar('\n');
    }
    if (!isnan(predicted))
        terminal_judge(bench, predicted, stdout);
    terminal_lesson(bench, stdout);
    return lesson_bench_code(bench);
}

static int complaint_about(const struct sim_call *call)
{
    const bool has_page = sim_option_given(call, "html"),
               has_answers = sim_option_given(call, "answers"),
               has_check = sim_option_given(call, "check");

    if (call->argument_count == 0 && call->given_count > 0)
        return sim_misused(call, "Options need the name of a lesson; 'dmlsim lesson' lists them.");
    if (has_page + has_answers + has_check > 1)
        return sim_misused(
            call, "--html, --answers and --check are three different things: give one of them.");
    if (sim_option_given(call, "out") && !has_page)
        return sim_misused(call, "--out names the page of --html; give both.");
    if (sim_option_given(call, "predict") && (has_page || has_answers || has_check))
        return sim_misused(call, "--predict belongs to the lesson on the terminal; leave --html, "
                                 "--answers and --check out.");
    return 0;
}

static int run(const struct sim_call *call)
{
    struct sim_error err = {0};
    const struct lesson *lesson;
    struct lesson_bench *bench;
    int code = complaint_about(call);

    if (code != 0)
        return code;
    if (call->argument_count == 0) {
        terminal_list(stdout);
        return 0;
    }
    lesson = find(call->arguments[0], call->arena, &err);
    bench = lesson == NULL ? NULL : lesson_bench_open(lesson, call->catalogue, call->arena, &err);
    if (bench == NULL)
        return sim_complain(&err, 2);
    if (sim_option_given(call, "html"))
        code = page(call, bench, &err);
    else if (sim_option_given(call, "answers") || sim_option_given(call, "check"))
        code = answers(call, bench, &err);
    else
        code = tell(call, bench, &err);
    lesson_bench_close(bench);
    fflush(stdout);
    return sim_complain(&err, code);
}

SIM_COMMAND(lesson) = {
    .name = "lesson",
    .arguments = "[NAME]",
    .summary = "a lecture's question, your prediction, a simulation, and why",
    .description = "Without a name, lists the lessons. With one, runs it: a question, a prediction "
                   "(asked for on a terminal, or "
                   "given by --predict), simulations that are made now, beside their closed forms, "
                   "the steps one by one, why it is "
                   "so, and three exercises whose answers are simulated, too. --html makes a page "
                   "of it, with a figure to step "
                   "through.",
    .options = options,
    .least_arguments = 0,
    .most_arguments = 1,
    .run = run,
};
