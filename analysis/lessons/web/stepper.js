/* stepper.js -- one figure that is gone through step by step, by buttons, keys or by itself. */
"use strict";
function make(tag, attributes, ...children) {
    const svg = ["svg", "g", "rect", "circle", "line", "path", "text", "title"].includes(tag);
    const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {}))
        if (name === "text") node.textContent = value;
        else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
        else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
    node.append(...children);
    return node;
}

const KINDS = ["--one", "--two", "--three", "--four", "--five", "--six"];
function kindColour(kind) {
    return `var(${KINDS[kind % KINDS.length]})`;
}

/* view: {steps: [{text, seconds, counters}], draw(step index, seconds of the simulation)}; a step of -1 is the beginning. */
class Stepper {
    constructor(box, view) {
        this.view = view;
        this.at = -1;
        this.timer = 0;
        this.told = make("p", {class: "told", "aria-live": "polite", id: "told"});
        this.counters = make("dl", {class: "counters", id: "counters"});
        this.back = make("button", {type: "button", id: "back", text: "Back", onclick: () => this.press(this.at - 1)});
        this.next = make("button", {type: "button", id: "next", class: "main", text: "Next step", onclick: () => this.press(this.at + 1)});
        this.player = make("button", {type: "button", id: "play", text: "Play", onclick: () => this.toggle()});
        this.first = make("button", {type: "button", id: "first", text: "Start again", onclick: () => this.press(-1)});
        this.place = make("span", {class: "hint", id: "place"});
        box.prepend(make("div", {class: "controls", role: "group", "aria-label": "Steps"}, this.back, this.next, this.player, this.first, this.place),
            this.told, this.counters);
        box.addEventListener("keydown", event => {
            if (event.target.matches("input")) return;
            if (event.key === "ArrowRight") { this.press(this.at + 1); event.preventDefault(); }
            if (event.key === "ArrowLeft") { this.press(this.at - 1); event.preventDefault(); }
        });
        this.show(-1);
    }

    secondsOf(step) {
        return step < 0 ? 0 : this.view.steps[step].seconds;
    }

    stop() {
        clearTimeout(this.timer);
        cancelAnimationFrame(this.frame);
        this.timer = 0;
        this.player.textContent = "Play";
    }

    press(step) {
        this.stop();
        this.go(step);
    }

    /* Move there; transfers and bars are seen to grow, unless the reader wants no motion. */
    go(step) {
        const from = this.secondsOf(this.at), still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        const begin = performance.now();
        step = Math.max(-1, Math.min(this.view.steps.length - 1, step));
        const forward = step > this.at;
        this.show(step);
        if (still || !forward) return;
        const grow = now => {
            const share = Math.min(1, (now - begin) / 450);
            this.view.draw(step, from + share * (this.secondsOf(step) - from));
            if (share < 1) this.frame = requestAnimationFrame(grow);
        };
        cancelAnimationFrame(this.frame);
        grow(begin);
    }

    toggle() {
        if (this.timer !== 0) { this.stop(); return; }
        if (this.at >= this.view.steps.length - 1) this.show(-1);
        this.player.textContent = "Pause";
        const on = () => {
            this.go(this.at + 1);
            if (this.at < this.view.steps.length - 1) this.timer = setTimeout(on, 900);
            else this.stop();
        };
        this.timer = 1;
        on();
    }

    show(step) {
        const steps = this.view.steps, counters = step < 0 ? this.view.zero || [] : steps[step].counters || [];
        cancelAnimationFrame(this.frame);
        this.at = step;
        this.told.textContent = step < 0 ? "Press Next step to begin." : steps[step].text;
        this.counters.replaceChildren(...counters.map(([label, value]) =>
            make("div", {}, make("dt", {text: label}), make("dd", {text: value}))));
        this.back.disabled = step < 0;
        this.next.disabled = step >= steps.length - 1;
        this.place.textContent = `step ${step + 1} of ${steps.length}`;
        this.view.draw(step, this.secondsOf(step));
    }
}
