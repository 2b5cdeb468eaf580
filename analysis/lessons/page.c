#include "analysis/lessons/page.h"

#include "analysis/lessons/web.h"
#include "analysis/lessons/write.h"
#include "sim/base/file.h"
#include "sim/base/version.h"

static void escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else
            putc(*text, out);
    }
}

/* <tag>text</tag>, numbers filled in. */
static void element(struct lesson_bench *bench, FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    escaped(out, lesson_filled(bench, text));
    fprintf(out, "</%s>\n", tag);
}

static const char *value_text(struct lesson_bench *bench, const char *number)
{
    return lesson_written(lesson_arena(bench), lesson_value(bench, number),
                          lesson_unit_of(bench, number));
}

/* ---- sections ---- */

static void head(struct lesson_bench *bench, FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          out);
    element(bench, out, "title", lesson_of(bench)->title);
    fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", (const char *)lesson_style);
    element(bench, out, "h1", lesson_of(bench)->title);
}

/* A form with one field; what is said of the answer stands behind it. */
static void form(FILE *out, const char *id, const char *label, enum lesson_unit unit,
                 const char *button, const char *more)
{
    fprintf(out,
            "<form id=\"%s\"><label>%s <input type=\"text\" name=\"value\" autocomplete=\"off\" "
            "aria-describedby=\"%s-hint\"></label> <button class=\"main\">%s</button>%s "
            "<span class=\"hint\" id=\"%s-hint\">%s</span></form>\n",
            id, label, id, button, more, id, lesson_spelling(unit));
}

static void question(struct lesson_bench *bench, FILE *out)
{
    const struct lesson *lesson = lesson_of(bench);

    element(bench, out, "p", lesson->question);
    fputs("<section>\n<h2>Your prediction</h2>\n", out);
    element(bench, out, "p", lesson->prediction.text);
    form(out, "predict", "I say", lesson_unit_of(bench, lesson->prediction.number), "Predict",
         " <button type=\"button\" id=\"skip\">Show me</button>");
    fputs("<p id=\"predicted\" class=\"said\" aria-live=\"polite\"></p>\n</section>\n", out);
}

static void told_steps(FILE *out, const json_t *figure)
{
    const json_t *steps = json_object_get(figure, "steps"), *step;
    size_t i;

    fputs("<details id=\"told-steps\"><summary>All steps in words</summary>\n<ol>\n", out);
    json_array_foreach ((json_t *)(uintptr_t)steps, i, step) {
        fputs("<li>", out);
        escaped(out, json_string_value(json_object_get(step, "text")));
        fputs("</li>\n", out);
    }
    fputs("</ol>\n</details>\n", out);
}

static void figure_section(struct lesson_bench *bench, FILE *out, const json_t *figure)
{
    const struct lesson *lesson = lesson_of(bench);

    fputs("<section class=\"until\">\n", out);
    element(bench, out, "h2", lesson->figure_title);
    if (lesson->grid != NULL || lesson->variants != NULL)
        fputs(
            "<p class=\"hint\">Move the sliders: each place is a simulation of its own, made when "
            "this page was made. Nothing here is worked out by a formula.</p>\n"
            "<div id=\"sliders\" class=\"sliders\"></div>\n",
            out);
    fputs("<figure id=\"figure\" tabindex=\"-1\"></figure>\n", out);
    if (lesson->grid != NULL)
        fputs("<div class=\"scroll\"><table id=\"runs\"></table></div>\n", out);
    told_steps(out, figure);
    fputs("<noscript><p>The figure needs JavaScript; the steps in words do not.</p></noscript>\n"
          "</section>\n",
          out);
}

static void result(struct lesson_bench *bench, FILE *out)
{
    const struct lesson *lesson = lesson_of(bench);

    fputs("<section class=\"until\">\n<h2>Simulated, and worked out</h2>\n", out);
    if (lesson->prediction.after != NULL)
        element(bench, out, "p", lesson->prediction.after);
    fputs("<div class=\"scroll\"><table>\n<thead><tr><th></th><th class=\"number\">simulated</th>"
          "<th class=\"number\">closed form</th><th>formula</th></tr></thead>\n<tbody>\n",
          out);
    for (const struct lesson_row *row = lesson->rows; row->label != NULL; row++) {
        fputs("<tr><td>", out);
        escaped(out, row->label);
        fprintf(
            out,
            "</td><td class=\"number\" data-number=\"%s\">%s</td><td class=\"number\">%s</td><td>",
            row->simulated, value_text(bench, row->simulated),
            row->closed == NULL ? "" : value_text(bench, row->closed));
        escaped(out, row->formula);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody>\n</table></div>\n<h2>Why</h2>\n", out);
    for (const char *const *text = lesson->explanation; *text != NULL; text++)
        element(bench, out, "p", *text);
    fputs("</section>\n", out);
}

static void exercises(struct lesson_bench *bench, FILE *out)
{
    struct sim_arena *arena = lesson_arena(bench);

    fputs("<section class=\"until\">\n<h2>Exercises</h2>\n<ol>\n", out);
    for (int i = 0; i < LESSON_EXERCISES; i++) {
        const struct lesson_exercise *exercise = &lesson_of(bench)->exercises[i];

        fputs("<li>", out);
        element(bench, out, "p", exercise->question);
        form(out, sim_text(arena, "exercise-%d", i + 1), "Answer",
             lesson_unit_of(bench, exercise->answer), "Check", "");
        fprintf(out,
                "<p id=\"verdict-%d\" class=\"said\" aria-live=\"polite\"></p>\n"
                "<details><summary>The answer</summary><p>Simulated: %s. Closed form: %s.</p>",
                i + 1, value_text(bench, exercise->answer), value_text(bench, exercise->closed));
        element(bench, out, "p", exercise->why);
        fputs("</details></li>\n", out);
    }
    fputs("</ol>\n</section>\n", out);
}

/* ---- what the script needs ---- */

static json_t *grid_json(struct lesson_bench *bench, const json_t *figure)
{
    const struct lesson_grid *grid = lesson_of(bench)->grid;
    json_t *all = json_deep_copy(lesson_grid_points(bench)), *axes = json_array();
    json_t *labels = json_array();
    const json_t *system;
    size_t i;

    for (int a = 0; a < grid->axis_count; a++) {
        json_t *values = json_array();

        for (const char *const *value = grid->axes[a].values; *value != NULL; value++)
            json_array_append_new(values, json_string(*value));
        json_array_append_new(axes, json_pack("{s:s, s:i, s:o}", "label", grid->axes[a].label, "at",
                                              grid->axes[a].at, "values", values));
    }
    json_array_foreach ((json_t *)(uintptr_t)json_object_get(figure, "systems"), i, system)
        json_array_append(labels, json_object_get(system, "label"));
    json_object_set_new(all, "axes", axes);
    json_object_set_new(all, "labels", labels);
    return all;
}

static json_t *variants_json(struct lesson_bench *bench)
{
    const struct lesson_variants *variants = lesson_of(bench)->variants;
    json_t *figures = json_array(), *values = json_array();

    for (int i = 0; variants->runs[i] != NULL; i++) {
        json_array_append_new(values, json_string(variants->values[i]));
        json_array_append_new(figures, variants->figure(bench, variants->runs[i]));
    }
    return json_pack("{s:s, s:i, s:o, s:o}", "label", variants->label, "at", variants->at, "values",
                     values, "figures", figures);
}

static json_t *exercises_json(struct lesson_bench *bench)
{
    json_t *all = json_array();

    for (int i = 0; i < LESSON_EXERCISES; i++) {
        const struct lesson_exercise *exercise = &lesson_of(bench)->exercises[i];
        const enum lesson_unit unit = lesson_unit_of(bench, exercise->answer);

        json_array_append_new(all, json_pack("{s:f, s:f, s:i, s:s}", "value",
                                             lesson_value(bench, exercise->answer), "tolerance",
                                             lesson_tolerance(exercise), "unit", (int)unit,
                                             "spelling", lesson_spelling(unit)));
    }
    return all;
}

static void data(struct lesson_bench *bench, FILE *out, json_t *figure)
{
    const struct lesson *lesson = lesson_of(bench);
    const enum lesson_unit unit = lesson_unit_of(bench, lesson->prediction.number);
    json_t *all =
        json_pack("{s:{s:f, s:i, s:s}, s:O, s:o}", "prediction", "value",
                  lesson_value(bench, lesson->prediction.number), "unit", (int)unit, "spelling",
                  lesson_spelling(unit), "figure", figure, "exercises", exercises_json(bench));

    if (lesson->grid != NULL)
        json_object_set_new(all, "grid", grid_json(bench, figure));
    if (lesson->variants != NULL)
        json_object_set_new(all, "variants", variants_json(bench));
    fputs("<script type=\"application/json\" id=\"lesson\">", out);
    json_dumpf(all, out,
               JSON_COMPACT | JSON_ESCAPE_SLASH); /* so that nothing in it ends the script */
    fprintf(out, "</script>\n<script>\n%s</script>\n", (const char *)lesson_script);
    json_decref(all);
}

bool lesson_page(struct lesson_bench *bench, const char *path, struct sim_error *err)
{
    struct sim_arena *arena = lesson_arena(bench);
    json_t *figure = lesson_of(bench)->figure(bench);
    FILE *out;

    if (figure == NULL)
        return false;
    out = sim_file_begin(arena, path, err);
    if (out != NULL) {
        head(bench, out);
        question(bench, out);
        figure_section(bench, out, figure);
        result(bench, out);
        exercises(bench, out);
        fprintf(out,
                "<footer><p>Made by dmlsim %s: <code>dmlsim lesson %s --html</code>. Every number "
                "comes of a "
                "simulation that was run then.</p></footer>\n</main>\n",
                SIM_VERSION, lesson_of(bench)->name);
        data(bench, out, figure);
        fputs("</body>\n</html>\n", out);
    }
    json_decref(figure);
    return out != NULL && sim_file_end(arena, out, path, err);
}
