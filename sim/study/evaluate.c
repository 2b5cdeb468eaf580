#include "sim/study/evaluate.h"

#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/platform/guard.h"
#include "sim/study/identity.h"
#include "sim/study/point.h"
#include "sim/study/simulate.h"
#include "sim/study/store.h"
#include "sim/study/study.h"

#include <string.h>

/* Questions under reading. */
struct evaluation {
    const struct sim_sweep *asked;
    struct sim_scenario scenario; /* without any question's settings; its study is the questions */
    struct sim_study *study;
    const char *text;
    size_t length;
    struct sim_identifier identifier;
    struct sim_arena *arena; /* of the answers */
};

/* {"list": [settings of each question for which `is_wanted`]}, as text. */
static const char *study_text(const struct sim_question *questions, int count,
                              bool (*is_wanted)(const struct sim_question *question),
                              struct sim_arena *arena)
{
    json_t *study = json_object(), *list = json_array();
    const char *text;

    for (int q = 0; q < count; q++)
        if (is_wanted(&questions[q]))
            json_array_append(list, questions[q].settings);
    json_object_set_new(study, "list", list);
    text = sim_json_text(arena, study, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(study);
    return text;
}

/* ---- reading ---- */

static void read_one(struct evaluation *evaluation, int number, struct sim_question *question)
{
    const struct sim_sweep *asked = evaluation->asked;
    struct sim_arena *scratch = sim_arena_open();
    const char *const *own = sim_study_settings(evaluation->study, number, scratch);
    struct sim_platform_facts facts = {0};
    struct sim_scenario scenario = {0};
    struct sim_error err = {0};
    char identity[SIM_IDENTITY_SIZE] = "";
    const bool fine =
        sim_scenario_parse(&scenario, asked->path, evaluation->text, evaluation->length,
                           sim_point_settings(asked->settings, own, scratch), asked->catalogue,
                           scratch, &err) &&
        sim_guard_edited(scenario.platform, scenario.platform_edits, scenario.platform_edit_count,
                         &facts, scratch, &err);

    if (fine)
        sim_identify(&evaluation->identifier, &scenario, identity, scratch);
    question->identity = fine ? sim_text(evaluation->arena, "%s", identity) : NULL;
    question->exit_code = fine ? 0 : 2;
    question->error = sim_text(evaluation->arena, "%s", err.text);
    question->summary = NULL;
    sim_scenario_release(&scenario);
    sim_arena_close(scratch);
}

static bool is_any(const struct sim_question *question)
{
    (void)question;
    return true;
}

bool sim_questions_read(const struct sim_sweep *asked, struct sim_question *questions, int count,
                        struct sim_arena *arena, struct sim_error *err)
{
    struct sim_arena *scratch = sim_arena_open();
    struct evaluation evaluation = {
        .asked = asked, .identifier = {.arena = scratch}, .arena = arena};
    bool fine;

    evaluation.text =
        sim_file_read(scratch, asked->path, SIM_SCENARIO_MOST_BYTES, &evaluation.length, err);
    fine = evaluation.text != NULL &&
           sim_scenario_parse(&evaluation.scenario, asked->path, evaluation.text, evaluation.length,
                              asked->settings, asked->catalogue, scratch, err);
    if (fine) {
        evaluation.scenario.study = study_text(questions, count, is_any, scratch);
        fine = sim_study_read(&evaluation.study, &evaluation.scenario, scratch, err);
    }
    for (int q = 0; q < count && fine; q++)
        read_one(&evaluation, q, &questions[q]);
    sim_scenario_release(&evaluation.scenario);
    sim_arena_close(scratch);
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

/* A store may hold points of other calls, so answers are found by what was simulated, not by settings: those of a point
 * that was there may be others.  Two questions may be the same one. */
static bool take_answer(void *context, const struct sim_stored *stored)
{
    const struct answering *answering = context;

    for (int q = 0; q < answering->count; q++) {
        struct sim_question *question = &answering->questions[q];

        if (question->identity == NULL || strcmp(question->identity, stored->hash) != 0)
            continue;
        question->exit_code = stored->exit_code;
        question->error = sim_text(answering->arena, "%s", stored->error);
        question->summary =
            stored->summary == NULL ? NULL : sim_text(answering->arena, "%s", stored->summary);
    }
    return true;
}

/* Read them all; a question that was simulated, or was there, must have become one that is answered. */
static bool take_answers(const struct sim_sweep *asked, struct answering *answering,
                         struct sim_error *err)
{
    struct sim_store *store;
    bool fine;

    if (!sim_store_open(&store, asked->out, false, err))
        return false;
    fine = sim_store_each(store, take_answer, answering, err);
    sim_store_close(store);
    for (int q = 0; q < answering->count && fine; q++)
        if (is_open(&answering->questions[q]) && answering->questions[q].exit_code == 0)
            fine = sim_fail(err, "%s: does not hold what was just put there.", asked->out);
    return fine;
}

int sim_questions_answer(const struct sim_sweep *asked, struct sim_question *questions, int count,
                         int *simulated, struct sim_arena *arena, struct sim_error *err)
{
    struct answering answering = {questions, count, arena};
    struct sim_sweep sweep = *asked;
    struct sim_sweep_result result = {0};
    struct sim_error broken = {0}; /* the sweep as a whole: what is wrong with a point is stored */
    struct sim_arena *scratch;
    bool has_open = false;
    int code;

    *simulated = 0;
    for (int q = 0; q < count; q++)
        has_open |= is_open(&questions[q]);
    if (!has_open)
        return 0;
    scratch = sim_arena_open();
    sweep.study = study_text(questions, count, is_open, scratch);
    sweep.keep_going = true;
    code = sim_sweep_run(&sweep, &result, scratch, &broken);
    sim_arena_close(scratch);
    *simulated = (int)(result.done + result.failed);
    if (code == SIM_INTERRUPTED || broken.count > 0) {
        sim_fail(err, "%s", broken.text);
        return code == 0 ? 2 : code;
    }
    return take_answers(asked, &answering, err) ? 0 : 2;
}
