/* gantt.js -- rows of bars that fill as time goes on; or row by row. */
"use strict";
const Gantt = (() => {
    const WIDTH = 900, LEFT = 110, ROW = 26, TOP = 6;

    function axis(svg, figure, x, bottom) {
        for (let i = 0; i <= 4; i++) {
            const t = figure.seconds * i / 4;
            svg.append(make("line", {x1: x(t), x2: x(t), y1: TOP, y2: bottom, stroke: "var(--line)"}),
                make("text", {x: x(t), y: bottom + 16, "font-size": 13, "text-anchor": i === 0 ? "start" : i === 4 ? "end" : "middle", text: Quantities.write(t, Quantities.SECONDS)}));
        }
    }

    function bar(entry, x, kinds) {
        const [row, start, end, kind, label] = entry, y = TOP + row * ROW + 2;
        const outline = make("rect", {x: x(start), y, width: Math.max(.5, x(end) - x(start)), height: ROW - 5, fill: kindColour(kind), "fill-opacity": .13});
        const fill = make("rect", {x: x(start), y, width: 0, height: ROW - 5, fill: kindColour(kind), stroke: "var(--paper)", "stroke-width": .6});
        const text = make("text", {x: (x(start) + x(end)) / 2, y: y + 15, "font-size": 12, "text-anchor": "middle", style: "fill: var(--paper); font-weight: 600", text: label, visibility: "hidden"});
        fill.append(make("title", {text: `${kinds[kind]} ${label}: ${Quantities.write(end - start, Quantities.SECONDS)}`}));
        return {row, start, end, outline, fill, text};
    }

    function view(box, figure) {
        const bottom = TOP + figure.rows.length * ROW, x = t => LEFT + (WIDTH - LEFT - 8) * t / figure.seconds;
        const svg = make("svg", {viewBox: `0 0 ${WIDTH} ${bottom + 22}`, role: "img", "aria-label": "bars of what each row does, over simulated time; the steps say the same in words", style: "min-width: 560px"});
        const bars = figure.bars.map(entry => bar(entry, x, figure.kinds));
        const cursor = make("line", {y1: TOP, y2: bottom, stroke: "var(--ink)", "stroke-width": 1.5, "stroke-dasharray": "4 3"});
        axis(svg, figure, x, bottom);
        figure.rows.forEach((name, i) => svg.append(make("text", {x: 0, y: TOP + i * ROW + 17, "font-size": 13, text: name})));
        bars.forEach(entry => svg.append(entry.outline, entry.fill, entry.text));
        svg.append(cursor);
        box.append(make("ul", {class: "legend"}, ...figure.kinds.map((name, kind) => make("li", {}, make("i", {style: `background: ${kindColour(kind)}`}), name))),
            make("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "chart"}, svg));
        return {
            steps: figure.steps,
            draw(step, now) {
                const rows = step >= 0 && figure.steps[step].rows !== undefined ? figure.steps[step].rows : step < 0 ? 0 : figure.rows.length;
                const byRows = figure.steps.length > 0 && figure.steps[0].rows !== undefined;
                for (const entry of bars) {
                    const until = byRows ? (entry.row < rows ? entry.end : entry.start) : Math.min(entry.end, Math.max(entry.start, now));
                    const width = Math.max(0, x(until) - x(entry.start));
                    entry.fill.setAttribute("width", width);
                    entry.text.setAttribute("visibility", until >= entry.end && width > 8 * entry.text.textContent.length + 5 ? "visible" : "hidden");
                }
                cursor.setAttribute("x1", x(byRows ? 0 : now));
                cursor.setAttribute("x2", x(byRows ? 0 : now));
            },
        };
    }

    return {view};
})();
