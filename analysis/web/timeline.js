/* timeline.js -- who did what when: a canvas to zoom, filter and search.
 *
 * Events come as columns, in order of start.  A row has three tracks: what the peer does itself, what it sends, what it
 * receives.  Of each peer a running maximum of ends lets bisection find the first event in sight. */
"use strict";
(() => {
    const data = dataOf("timeline-data"), box = document.getElementById("timeline");
    if (data === null || box === null) return;

    const LEFT = 118, TOP = 24, KINDS = data.kinds, COMPUTE = KINDS.indexOf("compute"), SEND = KINDS.indexOf("send"),
        RECEIVE = KINDS.indexOf("receive"), WAIT = KINDS.indexOf("wait"), IDLE = KINDS.indexOf("idle"), MOST_ROWS = 256;
    const NAMES = {compute: "compute", send: "communicate", receive: "receive", wait: "wait", idle: "idle"};
    const count = data.start.length, start = Float64Array.from(data.start), end = Float64Array.from(data.end);
    const {peer, phase, kind, other_peer: other, bytes, step, peers, seconds} = data;
    const whole = Math.max(seconds, ...[end.length ? end.reduce((a, b) => Math.max(a, b), 0) : 0]) || 1;
    const lists = peers.map(() => []);
    for (let e = 0; e < count; e++) lists[peer[e]].push(e);
    const reach = lists.map(list => {
        let most = 0;
        return Float64Array.from(list, e => most = Math.max(most, end[e]));
    });

    const view = {from: 0, to: whole};
    const shownKinds = KINDS.map(() => true), chosenPhases = data.phases.map(() => true);
    let rows = [], selected = -1, partner = -1, height = 24, queued = false;

    /* ---- sums: at each instant a peer computes, else it communicates, else it waits, else it is idle ---- */

    function sumsOf(p) {
        const changes = [], on = {compute: 0, communicate: 0, wait: 0}, sums = {compute: 0, communicate: 0, wait: 0, idle: 0};
        for (const e of lists[p]) {
            const doing = kind[e] === COMPUTE ? "compute" : kind[e] === WAIT ? "wait" : kind[e] === IDLE ? null : "communicate";
            if (doing !== null && end[e] > start[e]) changes.push([start[e], 1, doing], [end[e], -1, doing]);
        }
        changes.sort((a, b) => a[0] - b[0]);
        let last = 0;
        for (const [at, change, doing] of changes) {
            sums[on.compute > 0 ? "compute" : on.communicate > 0 ? "communicate" : on.wait > 0 ? "wait" : "idle"] += at - last;
            last = at;
            on[doing] += change;
        }
        sums.idle += Math.max(0, seconds - last);
        return sums;
    }

    const sums = peers.map((_, p) => sumsOf(p));
    const worst = peers.reduce((most, one, p) => Math.max(most, ...["compute", "communicate", "wait", "idle"].map(d =>
        Math.abs(sums[p][d] - one[d + "_seconds"]))), 0);

    /* ---- geometry ---- */

    const canvas = make("canvas", {tabindex: 0, role: "application", "aria-label": "Timeline. Arrow keys move, plus and minus zoom, 0 shows all, n and p choose an interval, up and down another peer, m follows a message.", "aria-describedby": "timeline-told"});
    const tip = make("div", {class: "tip", hidden: true}), told = make("p", {class: "told", id: "timeline-told", role: "status", "aria-live": "polite"}, "Nothing is chosen. Click an interval, or press n.");
    const around = make("div", {class: "around"}, canvas, tip);
    const width = () => canvas.clientWidth || 600;
    const xOf = t => LEFT + (t - view.from) / (view.to - view.from) * (width() - LEFT - 6);
    const tOf = x => view.from + (x - LEFT) / (width() - LEFT - 6) * (view.to - view.from);

    function firstInSight(row) {
        const ends = reach[row];
        let low = 0, high = ends.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (ends[middle] < view.from) low = middle + 1; else high = middle;
        }
        return low;
    }

    const isShown = e => shownKinds[kind[e]] && chosenPhases[phase[e]];

    /* Top and height of the track of a kind, or of an event, in its row. */
    function trackOf(k, y) {
        const usable = height - 4;
        if (k === SEND) return [y + 2 + usable * .56, usable * .2];
        if (k === RECEIVE) return [y + 2 + usable * .8, usable * .2];
        return [y + 2, usable * .52];
    }
    const track = (e, y) => trackOf(kind[e], y);

    /* ---- drawing ---- */

    /* As many decimals as the step needs, in the unit that suits it. */
    function timeText(t, by) {
        const [unit, factor] = by >= .099 ? ["s", 1] : by >= .99e-3 ? ["ms", 1e3] : by >= .99e-6 ? ["us", 1e6] : ["ns", 1e9];
        return (t * factor).toFixed(Math.max(0, Math.ceil(-Math.log10(by * factor) - 1e-9))) + " " + unit;
    }

    function drawAxis(context, bottom) {
        const by = niceStep(view.to - view.from, Math.max(2, (width() - LEFT) / 130));
        context.fillStyle = colour("ink");
        context.strokeStyle = colour("line");
        context.lineWidth = 1;
        context.textAlign = "center";
        context.beginPath();
        for (let i = Math.ceil(view.from / by); i * by <= view.to; i++) {
            const x = Math.round(xOf(i * by)) + .5;
            context.moveTo(x, TOP - 4);
            context.lineTo(x, bottom);
            if (x < width() - 26) context.fillText(timeText(i * by, by), x, TOP - 9);
        }
        context.stroke();
    }

    /* Boxes lie on whole pixels.  Wide ones end a pixel early, so that one can be told from the next; narrow ones that touch
     * are one box: tens of thousands of boxes would take a tenth of a second. */
    function drawRow(boxes, p, y) {
        const list = lists[p], open = KINDS.map(() => null), right = width() - 6, pace = (right - LEFT) / (view.to - view.from);
        for (let i = firstInSight(p); i < list.length && start[list[i]] <= view.to; i++) {
            const e = list[i], k = kind[e];
            if (!isShown(e) || end[e] < view.from) continue;
            const from = Math.round(Math.max(LEFT, LEFT + (start[e] - view.from) * pace)), to = Math.max(from + 1, Math.round(Math.min(right, LEFT + (end[e] - view.from) * pace)));
            const box = open[k];
            if (to - from > 5) {
                boxes[k].push([from, to - 1, y]);
            } else if (box !== null && from <= box[1]) {
                box[1] = Math.max(box[1], to);
            } else {
                open[k] = [from, to, y];
                boxes[k].push(open[k]);
            }
        }
    }

    function drawArrow(context) {
        const a = rows.indexOf(peer[selected]), b = partner < 0 ? -1 : rows.indexOf(peer[partner]);
        const outline = e => {
            const r = rows.indexOf(peer[e]);
            if (r < 0) return;
            const [top, tall] = track(e, TOP + r * height), from = Math.max(LEFT, xOf(start[e]));
            context.strokeRect(from - 1, top - 1, Math.max(3, Math.min(width() - 6, xOf(end[e])) - from + 2), tall + 2);
        };
        context.strokeStyle = context.fillStyle = colour("ink");
        context.lineWidth = 2;
        outline(selected);
        if (a < 0 || b < 0) return;
        outline(partner);
        const sends = kind[selected] === SEND ? selected : partner, gets = sends === selected ? partner : selected;
        const x1 = xOf(Math.min(start[sends], start[gets])), y1 = TOP + (rows.indexOf(peer[sends]) + .66) * height,
            x2 = xOf(end[gets]), y2 = TOP + (rows.indexOf(peer[gets]) + .86) * height, angle = Math.atan2(y2 - y1, x2 - x1);
        context.beginPath();
        context.moveTo(x1, y1);
        context.lineTo(x2, y2);
        context.stroke();
        context.beginPath();
        context.moveTo(x2, y2);
        context.lineTo(x2 - 11 * Math.cos(angle - .4), y2 - 11 * Math.sin(angle - .4));
        context.lineTo(x2 - 11 * Math.cos(angle + .4), y2 - 11 * Math.sin(angle + .4));
        context.fill();
    }

    function draw() {
        queued = false;
        const scale = window.devicePixelRatio || 1, bottom = TOP + rows.length * height;
        canvas.style.height = bottom + 4 + "px";
        if (canvas.width !== Math.round(width() * scale) || canvas.height !== Math.round((bottom + 4) * scale)) {
            canvas.width = Math.round(width() * scale);
            canvas.height = Math.round((bottom + 4) * scale);
        }
        const context = canvas.getContext("2d"), boxes = KINDS.map(() => []);
        context.setTransform(scale, 0, 0, scale, 0, 0);
        context.clearRect(0, 0, width(), bottom + 4);
        context.font = "12px 'DejaVu Sans', Helvetica, Arial, sans-serif";
        drawAxis(context, bottom);
        context.textAlign = "left";
        rows.forEach((p, r) => {
            context.fillStyle = colour("ink");
            if (height >= 12) context.fillText(peers[p].name.length > 15 ? peers[p].name.slice(0, 14) + "\u2026" : peers[p].name, 4, TOP + (r + .5) * height + 4);
            drawRow(boxes, p, TOP + r * height);
        });
        KINDS.forEach((name, k) => {
            context.fillStyle = colour(NAMES[name]);
            const [top, tall] = trackOf(k, 0).map(Math.round);
            for (const [from, to, y] of boxes[k]) context.fillRect(from, y + top, to - from, tall);
        });
        if (selected >= 0) drawArrow(context);
    }

    function redraw() {
        if (!queued) requestAnimationFrame(draw);
        queued = true;
    }

    /* ---- moving ---- */

    function look(from, to) {
        const length = Math.min(whole, Math.max(whole * 1e-9, to - from));
        view.from = Math.max(0, Math.min(whole - length, from));
        view.to = view.from + length;
        redraw();
    }

    function zoom(factor, around = (view.from + view.to) / 2) {
        look(around - (around - view.from) / factor, around + (view.to - around) / factor);
    }

    const pan = share => look(view.from + share * (view.to - view.from), view.to + share * (view.to - view.from));

    /* ---- choosing ---- */

    function describe(e) {
        const where = other[e] < 0 ? "" : kind[e] === SEND ? ` to ${peers[other[e]].name}` : kind[e] === RECEIVE ? ` from ${peers[other[e]].name}` : ` for ${peers[other[e]].name}`;
        const size = bytes[e] > 0 ? ` ${Quantities.write(bytes[e], Quantities.BYTES)}` : "";
        return `${peers[peer[e]].name}: ${KINDS[kind[e]]}${size}${where}, in ${data.phases[phase[e]] || "no phase"}` +
            `${step[e] >= 0 ? `, step ${step[e]}` : ""}; ${Quantities.write(end[e] - start[e], Quantities.SECONDS)} from ${Quantities.write(start[e], Quantities.SECONDS)} to ${Quantities.write(end[e], Quantities.SECONDS)}`;
    }

    /* The other ends of messages: between two peers those of one size arrive in the order in which they were sent.  (Ends need not
     * be near: a send is over when its sender asks, which may be much later; and steps are counted by each peer for itself.) */
    const partners = new Int32Array(count).fill(-1), queues = new Map();
    for (let e = 0; e < count; e++)
        if (other[e] >= 0 && (kind[e] === SEND || kind[e] === RECEIVE)) {
            const key = (kind[e] === SEND ? [peer[e], other[e], bytes[e]] : [other[e], peer[e], bytes[e]]).join();
            if (!queues.has(key)) queues.set(key, [[], []]);
            queues.get(key)[kind[e] === SEND ? 0 : 1].push(e);
        }
    for (const [sends, gets] of queues.values())
        for (let i = 0; i < Math.min(sends.length, gets.length); i++) {
            partners[sends[i]] = gets[i];
            partners[gets[i]] = sends[i];
        }

    function choose(e) {
        selected = e;
        partner = e < 0 ? -1 : partners[e];
        told.textContent = e < 0 ? "Nothing is chosen." : describe(e) + (partner < 0 ? "." : `. Its other end: ${describe(partner)}.`);
        if (e >= 0 && (end[e] < view.from || start[e] > view.to)) {
            const half = (view.to - view.from) / 2, middle = (start[e] + end[e]) / 2;
            look(middle - half, middle + half);
        }
        redraw();
    }

    function eventAt(x, y) {
        const r = Math.floor((y - TOP) / height), slack = 3 * (view.to - view.from) / width(), t = tOf(x);
        if (r < 0 || r >= rows.length || x < LEFT) return -1;
        const p = rows[r], list = lists[p];
        let best = -1, bestMiss = Infinity;
        for (let i = firstInSight(p); i < list.length && start[list[i]] <= t + slack; i++) {
            const e = list[i];
            if (!isShown(e) || end[e] < t - slack) continue;
            const [top, tall] = track(e, TOP + r * height), off = y < top ? top - y : y > top + tall ? y - top - tall : 0;
            const miss = off + Math.max(0, start[e] - t, t - end[e]) / slack;
            if (miss < bestMiss) [best, bestMiss] = [e, miss];
        }
        return best;
    }

    function neighbour(by) {
        const p = selected >= 0 && rows.includes(peer[selected]) ? peer[selected] : rows[0], list = lists[p];
        if (list === undefined) return;
        for (let i = selected >= 0 && peer[selected] === p ? list.indexOf(selected) + by : by > 0 ? 0 : list.length - 1; i >= 0 && i < list.length; i += by)
            if (isShown(list[i])) return choose(list[i]);
    }

    function otherRow(by) {
        const from = selected >= 0 ? rows.indexOf(peer[selected]) : -1, to = from + by;
        if (to < 0 || to >= rows.length) return;
        const t = selected >= 0 ? start[selected] : view.from, list = lists[rows[to]].filter(isShown);
        if (list.length > 0) choose(list.reduce((best, e) => Math.abs(start[e] - t) < Math.abs(start[best] - t) ? e : best));
    }

    const keys = {ArrowLeft: () => pan(-.2), ArrowRight: () => pan(.2), "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6),
        0: () => look(0, whole), n: () => neighbour(1), p: () => neighbour(-1), ArrowDown: () => otherRow(1), ArrowUp: () => otherRow(-1),
        m: () => { if (partner >= 0) choose(partner); }, Escape: () => choose(-1)};

    canvas.addEventListener("keydown", event => {
        if (keys[event.key] === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        keys[event.key]();
        event.preventDefault();
    });
    canvas.addEventListener("wheel", event => {
        if (!event.ctrlKey && document.activeElement !== canvas) return; /* the page scrolls until the timeline is clicked */
        event.preventDefault();
        zoom(Math.exp(-event.deltaY / 300), tOf(event.offsetX));
    }, {passive: false});

    /* One pointer drags, two pinch. */
    const pointers = new Map();
    let moved = 0;
    canvas.addEventListener("pointerdown", event => {
        canvas.setPointerCapture(event.pointerId);
        pointers.set(event.pointerId, event.offsetX);
        moved = 0;
    });
    canvas.addEventListener("pointermove", event => {
        const before = pointers.get(event.pointerId);
        if (before === undefined) return hover(event);
        const [, fixed] = [...pointers].find(([id]) => id !== event.pointerId) || [];
        moved += Math.abs(event.offsetX - before);
        tip.hidden = true;
        if (fixed !== undefined) zoom(Math.abs(event.offsetX - fixed) / Math.max(1, Math.abs(before - fixed)), tOf(fixed));
        else look(view.from + tOf(before) - tOf(event.offsetX), view.to + tOf(before) - tOf(event.offsetX));
        pointers.set(event.pointerId, event.offsetX);
    });
    canvas.addEventListener("pointerup", event => {
        pointers.delete(event.pointerId);
        if (moved < 4) choose(eventAt(event.offsetX, event.offsetY));
    });
    canvas.addEventListener("pointercancel", event => pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => tip.hidden = true);

    function hover(event) {
        const e = eventAt(event.offsetX, event.offsetY);
        tip.hidden = e < 0;
        if (e < 0) return;
        tip.textContent = describe(e);
        tip.style.left = Math.max(0, Math.min(event.offsetX + 12, width() - 250)) + "px";
        tip.style.top = event.offsetY + 16 + "px";
    }

    /* ---- filters ---- */

    function listRows(text) {
        const found = peers.map((_, p) => p).filter(p => peers[p].name.includes(text) || peers[p].host.includes(text) || peers[p].role.includes(text));
        rows = found.slice(0, MOST_ROWS);
        height = rows.length > 100 ? 12 : rows.length > 40 ? 16 : 30;
        hidden.textContent = found.length > rows.length ? `The first ${rows.length} of ${found.length} peers; search for others.` : rows.length === 0 ? "No peer is called so." : "";
        redraw();
    }

    function checks(legend, names, states, colours) {
        return make("fieldset", {class: "filters"}, make("legend", {class: "reader-only"}, legend), `${legend}: `, ...names.map((name, i) => {
            const label = make("label", {}, make("input", {type: "checkbox", checked: true, value: name, change: event => { states[i] = event.target.checked; redraw(); }}));
            if (colours) label.append(make("i", {style: `background: var(--${NAMES[name]})`}));
            label.append(name || "no phase");
            return label;
        }));
    }

    const hidden = make("p", {class: "hint"});
    const button = (text, label, click) => make("button", {type: "button", "aria-label": label, title: label, click}, text);
    box.replaceChildren(
        make("div", {class: "controls"}, button("+", "zoom in", () => zoom(1.6)), button("\u2212", "zoom out", () => zoom(1 / 1.6)),
            button("\u2190", "earlier", () => pan(-.3)), button("\u2192", "later", () => pan(.3)), button("All", "the whole run", () => look(0, whole)),
            button("Follow message", "choose the other end of the chosen message", keys.m),
            make("label", {}, "Peers ", make("input", {type: "search", placeholder: "name, role or host", input: event => listRows(event.target.value)}))),
        checks("Kinds", KINDS, shownKinds, true), data.phases.length > 1 && data.phases.length <= 24 ? checks("Phases", data.phases, chosenPhases, false) : "",
        around, told, hidden,
        make("p", {class: "hint"}, `${count} intervals. In each row: above what the peer does itself, below what it sends and receives. ` +
            (worst <= 1e-9 * Math.max(1, seconds) ? "Their sums are those of the table below." : `Their sums differ from the table below by up to ${Quantities.write(worst, Quantities.SECONDS)}.`)));
    new ResizeObserver(redraw).observe(canvas);
    listRows("");
    draw();

    /* For tests: what is in sight, and what it sums up to. */
    window.timeline = {sums, worst, view, draw, look, choose, eventAt, xOf, describe, get rows() { return rows; }, get height() { return height; }, TOP,
        get selected() { return selected; }, get partner() { return partner; }, get shown() { let n = 0; for (let e = 0; e < count; e++) if (isShown(e) && rows.includes(peer[e])) n++; return n; }, data};
})();
