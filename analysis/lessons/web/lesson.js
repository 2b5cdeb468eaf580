/* lesson.js -- the page of a lesson: prediction, figure, sliders, exercises.  What it needs stands in the page itself. */
"use strict";
(() => {
    const lesson = JSON.parse(document.getElementById("lesson").textContent);
    const VIEWS = {exchange: Exchange.view, gantt: Gantt.view, tokens: Tokens.view};

    function isRight(given, answer, tolerance) {
        return Math.abs(given - answer) <= tolerance * Math.abs(answer);
    }

    /* ---- the prediction: results wait until there is one, or the reader wants none ---- */

    function predict() {
        const form = document.getElementById("predict"), said = document.getElementById("predicted");
        const later = document.querySelectorAll(".until");
        const reveal = () => later.forEach(part => { part.hidden = false; });
        later.forEach(part => { part.hidden = true; });
        form.addEventListener("submit", event => {
            const {value, unit, spelling} = lesson.prediction, given = Quantities.parse(form.elements.value.value, unit);
            event.preventDefault();
            if (Number.isNaN(given)) {
                said.textContent = `A prediction is ${spelling}.`;
                return;
            }
            const times = given > 0 && value > 0 ? (given > value ? given / value : value / given) : NaN;
            said.textContent = `You said ${Quantities.write(given, unit)}; the simulation says ${Quantities.write(value, unit)}: `
                + (isRight(given, value, 0.05) ? "within 5 %." : Number.isNaN(times) ? "not that." : `${Number(times.toPrecision(3))} times too ${given > value ? "much" : "little"}.`);
            reveal();
        });
        document.getElementById("skip").addEventListener("click", () => { reveal(); document.getElementById("skip").hidden = true; });
    }

    /* ---- the figure, and the simulations that sliders move among ---- */

    function systemsAt(grid, sliders) {
        let point = 0;
        grid.axes.forEach((axis, i) => { point = point * axis.values.length + Number(sliders[i].value); });
        return grid.points[point].map((system, i) => ({...system, label: grid.labels[i]}));
    }

    function showRuns(systems) {
        const rows = [["time", "seconds", Quantities.SECONDS], ["bytes in all", "bytes", Quantities.BYTES],
            ["busiest card, one way", "card_bytes", Quantities.BYTES], ["messages", "messages", Quantities.NUMBER]];
        document.getElementById("runs").replaceChildren(
            make("tr", {}, make("th", {text: "this simulation"}), ...systems.map(system => make("th", {class: "number", text: system.label}))),
            ...rows.map(([label, key, unit]) => make("tr", {}, make("td", {text: label}), ...systems.map(system =>
                make("td", {class: "number", "data-key": key, "data-value": system[key], text: Quantities.write(system[key], unit)})))));
    }

    /* A slider that says its value; `change` hears when it is moved. */
    function addSlider(id, label, values, at, change) {
        const name = make("output", {for: id});
        const say = () => { name.textContent = values[slider.value]; slider.setAttribute("aria-valuetext", values[slider.value]); };
        const slider = make("input", {type: "range", min: 0, max: values.length - 1, step: 1, value: at, id, oninput: () => { say(); change(Number(slider.value)); }});
        say();
        document.getElementById("sliders").append(make("div", {}, make("label", {for: id}, `${label}: `, name), slider));
        return slider;
    }

    function addGrid(grid, shown) {
        const change = () => {
            const systems = systemsAt(grid, sliders);
            shown.stepper.stop();
            shown.view.set(systems, grid.patterns);
            shown.stepper.show(-1);
            showRuns(systems);
        };
        const sliders = grid.axes.map((axis, i) => addSlider(`axis-${i}`, axis.label, axis.values, axis.at, () => change()));
        change();
    }

    function figure() {
        const box = document.getElementById("figure"), shown = {};
        const draw = what => {
            const inner = make("div");
            if (shown.stepper !== undefined) shown.stepper.stop();
            box.replaceChildren(inner);
            shown.view = VIEWS[what.view](inner, what, lesson.grid !== undefined);
            shown.stepper = new Stepper(inner, shown.view);
        };
        draw(lesson.figure);
        document.getElementById("told-steps").hidden = lesson.grid !== undefined;
        if (lesson.grid !== undefined) addGrid(lesson.grid, shown);
        if (lesson.variants !== undefined) {
            const {label, values, at, figures} = lesson.variants;
            addSlider("variant", label, values, at, i => draw(figures[i]));
        }
        addEventListener("beforeprint", () => { shown.stepper.stop(); shown.stepper.show(shown.view.steps.length - 1); });
    }

    /* ---- exercises ---- */

    function exercises() {
        lesson.exercises.forEach((exercise, i) => {
            const form = document.getElementById(`exercise-${i + 1}`), verdict = document.getElementById(`verdict-${i + 1}`);
            form.addEventListener("submit", event => {
                const given = Quantities.parse(form.elements.value.value, exercise.unit);
                const right = !Number.isNaN(given) && isRight(given, exercise.value, exercise.tolerance);
                event.preventDefault();
                verdict.className = `said ${right ? "right" : "wrong"}`;
                verdict.textContent = Number.isNaN(given) ? `An answer is ${exercise.spelling}.`
                    : right ? `✓ Right: the simulation says ${Quantities.write(exercise.value, exercise.unit)}.`
                        : `✗ The simulation says something else than ${Quantities.write(given, exercise.unit)}.`;
            });
        });
    }

    predict();
    figure();
    exercises();
})();
