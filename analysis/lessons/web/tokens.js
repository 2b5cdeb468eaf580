/* tokens.js -- tokens as they are drafted, judged and said. */
"use strict";
const Tokens = (() => {
    const SIGNS = {accepted: "✓", rejected: "✗", unseen: "–", target: "★", surplus: "–"};
    const MEANING = {accepted: "accepted", rejected: "rejected", unseen: "not looked at", target: "the target's own", surplus: "past the end"};

    function token([word, kind], kinds) {
        const fate = kinds[kind];
        return make("span", {class: `token ${fate}`, title: MEANING[fate]}, `${SIGNS[fate]} ${word.trim()}`, make("span", {class: "reader-only", text: ` (${MEANING[fate]})`}));
    }

    function view(box, figure) {
        const rounds = make("ol", {class: "rounds"}), spoken = make("p", {class: "spoken", id: "spoken"});
        const used = new Set(figure.rounds.flat().map(([, kind]) => kind));
        box.append(make("ul", {class: "legend"}, ...figure.kinds.map((fate, kind) => [fate, kind]).filter(([, kind]) => used.has(kind)).map(([fate]) =>
            make("li", {}, make("span", {class: `token ${fate}`, text: SIGNS[fate]}), MEANING[fate]))),
            make("p", {class: "hint", text: "What has been said:"}), spoken, rounds);
        const items = figure.rounds.map((words, i) => make("li", {}, `${i + 1}. `, ...words.map(word => token(word, figure.kinds))));
        return {
            steps: figure.steps,
            draw(step) {
                const said = figure.rounds.slice(0, step + 1).flat().filter(([, kind]) => ["accepted", "target"].includes(figure.kinds[kind]));
                spoken.textContent = said.map(([word]) => word).join("").trim() || " ";
                items.forEach((item, i) => item.classList.toggle("now", i === step));
                const shown = items.slice(Math.max(0, step - 4), step + 1);
                if (rounds.children.length !== shown.length || rounds.lastChild !== shown[shown.length - 1]) rounds.replaceChildren(...shown);
            },
        };
    }

    return {view};
})();
