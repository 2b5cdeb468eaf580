/* charts.js -- curves to look into, by uPlot; without it their pictures stand below. */
"use strict";
(() => {
    const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#7a7a7a", "#4d4d4d"];

    /* All series over one sorted list of x, with gaps where a series has none.  Of two values of a series at one x the later
     * counts: it is what the value was from then on. */
    function join(series) {
        const xs = [...new Set(series.flatMap(line => line.x))].sort((a, b) => a - b);
        return [xs, ...series.map(line => {
            const at = new Map(line.x.map((x, i) => [x, line.y[i]]));
            return xs.map(x => at.has(x) ? at.get(x) : null);
        })];
    }

    function seriesOf(chart) {
        let named = 0;
        return chart.series.map(line => {
            const place = line.dashed ? Math.max(0, named - 1) : named++;
            const stroke = COLOURS[place % COLOURS.length];
            return {label: line.name, stroke, width: line.dashed ? 1.5 : 2, dash: line.dashed ? [6, 5] : undefined, spanGaps: true,
                points: {show: !line.dashed && line.x.length < 200, size: 7, fill: stroke},
                value: (u, v) => v === null ? "-" : Quantities.write(v, chart.y.unit)};
        });
    }

    function write(axis, value) {
        if (axis.labels) return axis.labels[Math.round(value)] || "";
        return Quantities.write(value, axis.unit);
    }

    function draw(chart, box) {
        let least = Infinity, most = -Infinity;
        for (const line of chart.series) for (const y of line.y) [least, most] = [Math.min(least, y), Math.max(most, y)];
        const isLog = least > 0 && most > 50 * least;
        const width = Math.max(280, box.clientWidth);
        const axis = {stroke: colour("ink"), grid: {stroke: colour("line"), width: .5}, ticks: {stroke: colour("line")}, font: "13px sans-serif", labelFont: "13px sans-serif"};
        return new uPlot({
            width, height: Math.min(420, Math.round(width * .62)), cursor: {focus: {prox: 24}}, focus: {alpha: .35},
            scales: {x: {time: false}, y: {distr: isLog ? 3 : 1}},
            axes: [{...axis, label: chart.x.name, incrs: chart.series.every(line => line.x.every(Number.isInteger)) ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12] : undefined, splits: chart.x.labels ? () => chart.x.labels.map((_, i) => i) : undefined, values: (u, values) => values.map(v => write(chart.x, v))},
                {...axis, label: chart.y.name, size: 84, values: (u, values) => values.map(v => v === null ? "" : Quantities.write(v, chart.y.unit))}],
            series: [{label: chart.x.name, value: (u, v) => v === null ? "-" : write(chart.x, v)}, ...seriesOf(chart)],
        }, join(chart.series), box);
    }

    const charts = dataOf("chart-data"), box = document.getElementById("charts");
    if (charts === null || box === null || typeof uPlot === "undefined") return;
    const place = make("div", {class: "chart"}), choice = make("select", {id: "quantity", change: show}, ...charts.map((chart, i) => make("option", {value: i}, chart.title)));
    const leftOut = make("p", {class: "hint"});
    let drawn = null;

    function show() {
        if (drawn !== null) drawn.destroy();
        drawn = draw(charts[Number(choice.value)], place);
        const more = charts[Number(choice.value)].left_out;
        leftOut.textContent = more > 0 ? `${more} more ${more === 1 ? "curve is" : "curves are"} left out.` : "";
        const canvas = place.querySelector("canvas");
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", `Chart: ${charts[Number(choice.value)].title}; its numbers stand in the tables and still figures.`);
    }
    box.append(make("div", {class: "controls"}, make("label", {for: "quantity"}, "Show "), choice,
        make("span", {class: "hint"}, "Drag to zoom in, double-click for the whole; a click on a name hides its curve. The still figures below show the same.")), place, leftOut);
    show();
    window.addEventListener("resize", show);
})();
