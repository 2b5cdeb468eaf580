/* exchange.js -- two systems side by side: hosts in a circle, messages on their way, bytes counted card by card. */
"use strict";
const Exchange = (() => {
    const SIZE = 320, MIDDLE = SIZE / 2;

    /* [{start, end, bytes, pairs: [[from, to], ..]}, ..] */
    function ticksOf(system, patterns) {
        return system.ticks.map(([start, end, pattern, bytes]) => {
            const pairs = [];
            for (let i = 0; i < patterns[pattern].length; i += 2) pairs.push(patterns[pattern].slice(i, i + 2));
            return {start, end, bytes, pairs};
        });
    }

    function shareOf(tick, now) {
        return now >= tick.end ? 1 : now <= tick.start ? 0 : (now - tick.start) / (tick.end - tick.start);
    }

    function nodesIn(ticks) {
        return 1 + Math.max(1, ...ticks.flatMap(tick => tick.pairs.flat()));
    }

    function countAt(ticks, nodes, now) {
        const sent = new Array(nodes).fill(0), received = new Array(nodes).fill(0);
        let all = 0, messages = 0;
        for (const tick of ticks) {
            const share = shareOf(tick, now);
            for (const [from, to] of tick.pairs) {
                sent[from] += share * tick.bytes;
                received[to] += share * tick.bytes;
                all += share * tick.bytes;
                messages += share === 1;
            }
        }
        return {sent, received, all, messages};
    }

    /* Of how many workers' gradients is each chunk on each host the sum?  As ring_allreduce and parameter_server pass them. */
    function sumsAt(label, ticks, nodes, now) {
        const done = ticks.filter(tick => now >= tick.end);
        if (label === "ring") {
            const sums = Array.from({length: nodes}, () => new Array(nodes).fill(1));
            const mod = i => ((i % nodes) + nodes) % nodes;
            done.forEach((tick, k) => tick.pairs.forEach(([, to]) => {
                const reduces = k < nodes - 1;
                sums[to][mod(reduces ? to - k - 1 : to - (k - nodes + 1))] = reduces ? k + 2 : nodes;
            }));
            return sums;
        }
        if (label === "parameter server") {
            const sums = Array.from({length: nodes}, () => [1]);
            for (const tick of done)
                for (const [, to] of tick.pairs) sums[to][0] = to === 0 ? sums[0][0] + 1 : nodes;
            return sums;
        }
        return null;
    }

    function placeOf(i, nodes, radius) {
        const angle = 2 * Math.PI * i / nodes - Math.PI / 2;
        return [MIDDLE + radius * Math.cos(angle), MIDDLE + radius * Math.sin(angle)];
    }

    /* A host: a pie with a slice for each chunk, darker the more gradients it is the sum of. */
    function drawHost(svg, i, nodes, sums, radius) {
        const [x, y] = placeOf(i, nodes, MIDDLE - 44);
        const slices = sums === null ? [0] : sums[i];
        svg.append(make("circle", {cx: x, cy: y, r: radius, fill: "var(--panel)", stroke: "var(--quiet)"}));
        slices.forEach((sum, c) => {
            const share = sums === null ? 0 : (sum - 1) / (nodes - 1), full = share >= 1;
            if (share <= 0) return;
            if (slices.length === 1) {
                svg.append(make("circle", {cx: x, cy: y, r: radius, fill: full ? "var(--three)" : "var(--six)", "fill-opacity": full ? 1 : .25 + .6 * share}));
                return;
            }
            const a = 2 * Math.PI * c / slices.length - Math.PI / 2, b = a + 2 * Math.PI / slices.length;
            const at = angle => `${x + radius * Math.cos(angle)} ${y + radius * Math.sin(angle)}`;
            svg.append(make("path", {d: `M${x} ${y} L${at(a)} A${radius} ${radius} 0 ${slices.length === 2 ? 1 : 0} 1 ${at(b)} Z`,
                fill: full ? "var(--three)" : "var(--six)", "fill-opacity": full ? 1 : .25 + .6 * share, stroke: "var(--paper)", "stroke-width": .5}));
        });
        const [tx, ty] = placeOf(i, nodes, MIDDLE - 12);
        svg.append(make("text", {x: tx, y: ty + 4, "text-anchor": "middle", "font-size": 12, text: String(i)}));
    }

    function drawMoves(svg, ticks, nodes, now) {
        for (const tick of ticks) {
            const share = shareOf(tick, now), begun = now >= tick.start && now < tick.end;
            if (!begun) continue;
            for (const [from, to] of tick.pairs) {
                const [x1, y1] = placeOf(from, nodes, MIDDLE - 44), [x2, y2] = placeOf(to, nodes, MIDDLE - 44);
                svg.append(make("line", {x1, y1, x2, y2, stroke: "var(--five)", "stroke-width": 1.5, "stroke-opacity": .6}),
                    make("circle", {cx: x1 + share * (x2 - x1), cy: y1 + share * (y2 - y1), r: 4.5, fill: "var(--two)"}));
            }
        }
    }

    function bytes(value) {
        return Quantities.write(value, Quantities.BYTES);
    }

    class Panel {
        constructor(box, formulas) {
            this.title = make("h3");
            this.svg = make("svg", {viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img"});
            this.fill = make("span");
            this.formula = make("p", {class: "formula"});
            this.worst = make("p", {class: "formula"});
            this.worstFill = make("span");
            this.cards = make("tbody");
            this.formulas = formulas;
            this.box = make("div", {class: "system"}, this.title, this.svg, this.formula, make("div", {class: "bar"}, this.fill),
                this.worst, make("div", {class: "bar"}, this.worstFill),
                make("details", {}, make("summary", {text: "Every card"}), make("table", {class: "cards"},
                    make("thead", {}, make("tr", {}, make("th", {text: "host"}), make("th", {class: "number", text: "sent"}), make("th", {class: "number", text: "received"}))), this.cards)));
            box.append(this.box);
        }

        set(system, patterns, most) {
            this.system = system;
            this.ticks = ticksOf(system, patterns);
            this.nodes = nodesIn(this.ticks);
            this.most = most;
            this.title.textContent = system.label;
        }

        draw(now) {
            const count = countAt(this.ticks, this.nodes, now), done = now >= this.system.seconds * (1 - 1e-9);
            const worst = Math.max(...count.sent, ...count.received);
            const radius = Math.min(26, 260 / this.nodes);
            this.svg.replaceChildren();
            drawMoves(this.svg, this.ticks, this.nodes, now);
            const sums = sumsAt(this.system.label, this.ticks, this.nodes, now);
            for (let i = 0; i < this.nodes; i++) drawHost(this.svg, i, this.nodes, sums, radius);
            this.svg.append(make("text", {x: MIDDLE, y: MIDDLE - 4, "text-anchor": "middle", "font-size": 15,
                text: done ? "done: " + Quantities.write(this.system.seconds, Quantities.SECONDS) : Quantities.write(now, Quantities.SECONDS)}));
            this.svg.setAttribute("aria-label", `${this.system.label}: ${bytes(count.all)} have arrived`);
            this.formula.textContent = this.formulas(this.system, this.nodes, count.all);
            this.formula.dataset.bytes = String(Math.round(count.all));
            this.fill.style.width = 100 * count.all / this.system.bytes + "%";
            this.worst.textContent = `busiest card, one way: ${bytes(worst)}`;
            this.worst.dataset.bytes = String(Math.round(worst));
            this.worstFill.style.width = 100 * worst / this.most + "%";
            this.cards.replaceChildren(...count.sent.map((sent, i) => make("tr", {}, make("td", {text: `host ${i}`}),
                make("td", {class: "number", text: bytes(sent)}), make("td", {class: "number", text: bytes(count.received[i])}))));
            return count;
        }
    }

    function stepsOf(panels) {
        const ends = [...new Set(panels.flatMap(panel => panel.ticks.map(tick => tick.end)))].sort((a, b) => a - b);
        return ends.map(end => {
            const parts = panels.map(panel => {
                const count = countAt(panel.ticks, panel.nodes, end), ended = panel.ticks.filter(tick => tick.end <= end).length;
                return `${panel.system.label}: ${count.messages} messages have arrived (step ${ended} of ${panel.ticks.length}), ${bytes(count.all)} in all`;
            });
            return {seconds: end, text: `After ${Quantities.write(end, Quantities.SECONDS)}. ${parts.join("; ")}.`,
                counters: panels.map(panel => [panel.system.label, bytes(countAt(panel.ticks, panel.nodes, end).all)])};
        });
    }

    /* The formula fills in as bytes arrive. */
    function formula(system, nodes, arrived) {
        const each = system.bytes / (2 * (nodes - 1));
        return `${bytes(arrived)} of 2(N-1)G = 2 x ${nodes - 1} x ${bytes(each)} = ${bytes(system.bytes)}`;
    }

    function plain(system, nodes, arrived) {
        return `${bytes(arrived)} of ${bytes(system.bytes)}`;
    }

    function view(box, figure, isLecture) {
        const pair = make("div", {class: "pair"}), panels = [0, 1].map(() => new Panel(pair, isLecture ? formula : plain));
        const self = {
            steps: [],
            set(systems, patterns) {
                const most = Math.max(...systems.map(system => system.card_bytes));
                panels.forEach((panel, i) => panel.set(systems[i], patterns, most));
                self.steps = stepsOf(panels);
                self.zero = panels.map(panel => [panel.system.label, "0 B"]);
            },
            draw(step, now) { panels.forEach(panel => panel.draw(now)); },
        };
        box.append(make("p", {class: "hint", text: "Orange: messages on their way." + (isLecture
            ? " A host's slices are the chunks of its gradient, the darker the more gradients they are the sum of; green: the whole sum." : "")}), pair);
        self.set(figure.systems, figure.patterns);
        return self;
    }

    return {view};
})();
