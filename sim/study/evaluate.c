#include "sim/study/evaluate.h"

#include "sim/base/file.h"
#include "sim/platform/guard.h"
#include "sim/study/simulate.h"
#include "sim/study/store.h"
#include "sim/study/study.h"

#include <stdlib.h>
#include <string.h>

/* Questions under reading. */
struct evaluation {
    const struct sim_sweep *asked;
    struct sim_scenario scenario; /* without any question's settings; its study is the questions */
    struct sim_study *study;
    const char *text;
    size_t length;
    struct sim_arena *arena;
};

/* {"list": [settings of each question for which `is_wanted`]}, as text. */
static const char *study_text(const struct sim_question *questions, int count,
                              bool (*is_wanted)(const struct sim_question *question),
                              struct sim_arena *arena)
{
    json_t *study = json_object(), *list = json_array();
    char *text;
    const char *copy;

    for (int q = 0; q < count; q++)
        if (is_wanted(&questions[q]))
            json_array_append(list, questions[q].settings);
    json_object_set_new(study, "list", list);
    text = json_dumps(study, JSON_COMPACT);
    copy = sim_text(arena, "%s", text);
    free(text);
    json_decref(study);
    return copy;
}

/* ---- reading ---- */

/* As a sweep lays them: those of all questions, the question's own, no trace. */
static const char *const *all_settings(const struct evaluation *evaluation, const char *const *own)
{
    const char *const *common = evaluation->asked->settings;
    size_t n = 0, m = 0;
    const char **all;

    while (common[n] != NULL)
        n++;
    while (own[m] != NULL)
        m++;
    all = sim_new(evaluation->arena, const char *, n + m + 2);
    memcpy(all, common, n * sizeof *all);
    memcpy(all + n, own, m * sizeof *all);
    all[n + m] = "trace=none";
    return all;
}

static void read_one(const struct evaluation *evaluation, int number, struct sim_question *question)
{
    const struct sim_sweep *asked = evaluation->asked;
    const char *const *own = sim_study_settings(evaluation->study, number, evaluation->arena);
    struct sim_platform_facts facts = {0};
    struct sim_scenario scenario = {0};
    struct sim_error err = {0};
    char *text = NULL;

    if (sim_scenario_parse(&scenario, asked->path, evaluation->text, evaluation->length,
                           all_settings(evaluation, own), asked->catalogue, evaluation->arena,
                           &err) &&
        sim_guard_edited(scenario.platform, scenario.platform_edits, scenario.platform_edit_count,
                         &facts, evaluation->arena, &err))
        text = json_dumps(scenario.resolved, JSON_COMPACT | JSON_SORT_KEYS);
    question->identity = text == NULL ? NULL : sim_text(evaluation->arena, "%s", text);
    question->exit_code = text == NULL ? 2 : 0;
    question->error = sim_text(evaluation->arena, "%s", err.text);
    question->summary = NULL;
    free(text);
    sim_scenario_release(&scenario);
}

static bool is_any(const struct sim_question *question)
{
    (void)question;
    return true;
}

bool sim_questions_read(const struct sim_sweep *asked, struct sim_question *questions, int count,
                        struct sim_arena *arena, struct sim_error *err)
{
    struct evaluation evaluation = {.asked = asked, .arena = arena};
    bool fine;

    evaluation.text =
        sim_file_read(arena, asked->path, SIM_SCENARIO_MOST_BYTES, &evaluation.length, err);
    fine = evaluation.text != NULL &&
           sim_scenario_parse(&evaluation.scenario, asked->path, evaluation.text, evaluation.length,
                              asked->settings, asked->catalogue, arena, err);
    if (fine) {
        evaluation.scenario.study = study_text(questions, count, is_any, arena);
        fine = sim_study_read(&evaluation.study, &evaluation.scenario, arena, err);
    }
    for (int q = 0; q < count && fine; q++)
        read_one(&evaluation, q, &questions[q]);
    sim_scenario_release(&evaluation.scenario);
    return fine;
}

/* ---- answering ---- */

static bool is_open(const struct sim_question *question)
{
    return question->identity != NULL && question->summary == NULL;
}

struct answering {
    struct sim_question *questions;
    int count;
    struct sim_arena *arena;
};

/* A store may hold points of other calls, so answers are found by what was simulated.  Two questions may be the same
 * one. */
static bool take_answer(void *context, const struct sim_stored *stored)
{
    const struct answering *answering = context;

    for (int q = 0; q < answering->count; q++) {
        struct sim_question *question = &answering->questions[q];

        if (question->identity == NULL || strcmp(question->identity, stored->scenario) != 0)
            continue;
        question->exit_code = stored->exit_code;
        question->error = sim_text(answering->arena, "%s", stored->error);
        question->summary =
            stored->summary == NULL ? NULL : sim_text(answering->arena, "%s", stored->summary);
    }
    return true;
}

int sim_questions_answer(const struct sim_sweep *asked, struct sim_question *questions, int count,
                         int *simulated, struct sim_arena *arena, struct sim_error *err)
{
    struct answering answering = {questions, count, arena};
    struct sim_sweep sweep = *asked;
    struct sim_sweep_result result = {0};
    struct sim_store *store;
    const int complaints = err->count;
    bool has_open = false, is_read;
    int code;

    *simulated = 0;
    for (int q = 0; q < count; q++)
        has_open |= is_open(&questions[q]);
    if (!has_open)
        return 0;
    sweep.study = study_text(questions, count, is_open, arena);
    code = sim_sweep_run(&sweep, &result, arena, err);
    *simulated = (int)(result.done + result.failed);
    if (code == SIM_INTERRUPTED || err->count > complaints)
        return code == 0 ? 2 : code;
    if (!sim_store_open(&store, asked->out, false, err))
        return 2;
    is_read = sim_store_each(store, take_answer, &answering, err);
    sim_store_close(store);
    if (!is_read)
        return 2;
    for (int q = 0; q < count; q++)
        if (is_open(&questions[q]) && questions[q].exit_code == 0)
            return sim_fail(err, "%s: does not hold what was just put there.", asked->out) ? 0 : 2;
    return 0;
}
