/* Lesson 8: speculative decoding: draft, verify, accept. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

#include <math.h>

static const char *const text[] = {"algorithm.tokens_from=text", "algorithm.acceptance=[]",
                                   "algorithm.tokens=60", NULL};
static const char *const given[] = {"algorithm.tokens=40000", NULL};
static const char *const eight[] = {"algorithm.tokens=40000", "algorithm.gamma=8", NULL};
static const char *const half[] = {"algorithm.tokens=40000", "algorithm.acceptance=[0.5]", NULL};
static const char *const never[] = {"algorithm.tokens=100", "algorithm.acceptance=[0]", NULL};

static const struct lesson_run runs[] = {
    {"text", "speculative_decoding", text},         {"given", "speculative_decoding", given, true},
    {"eight", "speculative_decoding", eight, true}, {"half", "speculative_decoding", half, true},
    {"never", "speculative_decoding", never, true}, {0}};

/* ---- closed forms (Leviathan et al., ICML 2023): alpha, gamma, c = T_q / T_p ---- */

static double tokens_per_step(struct lesson_bench *bench, const char *run)
{
    const double alpha = lesson_look(bench, run, "scenario/algorithm/acceptance/0");
    const double gamma = lesson_look(bench, run, "scenario/algorithm/gamma");

    return (1 - pow(alpha, gamma + 1)) / (1 - alpha);
}

/* The lecture's: seconds of a round without what crosses the network. */
static double speedup(struct lesson_bench *bench, const char *run)
{
    const double c = lesson_look(bench, run, "scenario/algorithm/draft_step_seconds") /
                     lesson_look(bench, run, "scenario/algorithm/target_step_seconds");

    return tokens_per_step(bench, run) /
           (lesson_look(bench, run, "scenario/algorithm/gamma") * c + 1);
}

static double closed_tokens(struct lesson_bench *bench)
{
    return tokens_per_step(bench, "given");
}

static double closed_speedup(struct lesson_bench *bench)
{
    return speedup(bench, "given");
}

static double closed_eight(struct lesson_bench *bench)
{
    return tokens_per_step(bench, "eight");
}

static double closed_half(struct lesson_bench *bench)
{
    return tokens_per_step(bench, "half");
}

static double closed_never(struct lesson_bench *bench)
{
    return speedup(bench, "never");
}

static const struct lesson_number numbers[] = {
    {"alpha", LESSON_NUMBER, "given", "scenario/algorithm/acceptance/0"},
    {"gamma", LESSON_NUMBER, "given", "scenario/algorithm/gamma"},
    {"T_p", LESSON_SECONDS, "given", "scenario/algorithm/target_step_seconds"},
    {"T_q", LESSON_SECONDS, "given", "scenario/algorithm/draft_step_seconds"},
    {"tokens", LESSON_NUMBER, "given", "metrics/tokens_per_step"},
    {"speedup", LESSON_TIMES, "given", "metrics/speedup"},
    {"text_tokens", LESSON_NUMBER, "text", "scenario/algorithm/tokens"},
    {"text_rounds", LESSON_NUMBER, "text", "metrics/target_steps"},
    {"text_alpha", LESSON_NUMBER, "text", "metrics/alpha"},
    {"text_rate", LESSON_NUMBER, "text", "metrics/tokens_per_step"},
    {"text_speedup", LESSON_TIMES, "text", "metrics/speedup"},
    {"text_drafted", LESSON_NUMBER, "text", "metrics/drafted_tokens"},
    {"text_lost", LESSON_NUMBER, "text", "metrics/thrown_away_tokens"},
    {"tokens_of_eight", LESSON_NUMBER, "eight", "metrics/tokens_per_step"},
    {"tokens_of_half", LESSON_NUMBER, "half", "metrics/tokens_per_step"},
    {"speedup_of_never", LESSON_TIMES, "never", "metrics/speedup"},
    {"closed_tokens", LESSON_NUMBER, .compute = closed_tokens},
    {"closed_speedup", LESSON_TIMES, .compute = closed_speedup},
    {"closed_eight", LESSON_NUMBER, .compute = closed_eight},
    {"closed_half", LESSON_NUMBER, .compute = closed_half},
    {"closed_never", LESSON_TIMES, .compute = closed_never},
    {0}};

static const struct lesson_row rows[] = {
    {"tokens of a step of the target", "tokens", "closed_tokens",
     "(1 - alpha^(gamma+1)) / (1 - alpha)"},
    {"speedup over one token a step", "speedup", "closed_speedup", "that / (gamma T_q/T_p + 1)"},
    {"real text: tokens of a step", "text_rate", NULL, "simulation alone"},
    {"real text: share of judged drafts accepted", "text_alpha", NULL, "simulation alone"},
    {"real text: speedup", "text_speedup", NULL, "simulation alone"},
    {0}};

static const char *const explanation[] = {
    "A round: the draft says {gamma} tokens, one after the other; the target looks at all of them "
    "in one step, which takes as long "
    "as a step for one token, for it is memory that is slow, and not arithmetic. It accepts a "
    "drafted token with probability min(1, p/q), "
    "stops at the first that it rejects, and says one token of its own: what comes out is "
    "distributed as if it had spoken alone.",
    "With alpha = {alpha} and gamma = {gamma}, (1 - alpha^(gamma+1)) / (1 - alpha) = "
    "{closed_tokens} tokens come of a step; the "
    "simulation of 40,000 tokens has {tokens}. A round takes gamma T_q + T_p, and what crosses the "
    "network, so the "
    "speedup is {speedup}.",
    "The steps are real tokens: n-gram models of a story, the draft of a lower order. "
    "{text_tokens} tokens took {text_rounds} "
    "steps of the target; of {text_drafted} drafted tokens {text_lost} were thrown away. Work is "
    "not saved, but time.",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    return figure_tokens(bench, "text");
}

const struct lesson lesson_speculation = {
    .name = "speculation",
    .title = "Speculative decoding: draft, verify, accept",
    .summary = "a small model guesses, a large one judges several guesses at once",
    .question = "A large model needs {T_p} for a step, a small one {T_q}. The small one drafts "
                "{gamma} tokens; the large one judges them "
                "all in one step. Each is accepted with probability {alpha}, if all before it "
                "were; then the large model adds one token of its own.",
    .prediction =
        {"How many tokens come of one step of the large model, on average?", "tokens",
         "At most gamma + 1; here (1 - alpha^(gamma+1)) / (1 - alpha) = {closed_tokens}."},
    .runs = runs,
    .exercises_from = "eight",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises =
        {{"gamma = 8, alpha = {alpha}: how many tokens come of a step?", "tokens_of_eight",
          "closed_eight", 0.03,
          "Twice as many drafts, but not even half as many tokens more: they have to be accepted "
          "one after the other."},
         {"alpha = 0.5, gamma = {gamma}: how many tokens come of a step?", "tokens_of_half",
          "closed_half", 0.03, "1 + 1/2 + 1/4 + 1/8 + 1/16."},
         {"A draft that is never right (alpha = 0), gamma = {gamma}: what is the speedup? (Below "
          "1: it is slower.)",
          "speedup_of_never", "closed_never", 0.03,
          "One token for gamma T_q + T_p: 1 / (gamma T_q/T_p + 1), and what crosses the network."}},
    .figure_title = "Draft, verify, accept: real tokens",
    .figure = figure,
};
