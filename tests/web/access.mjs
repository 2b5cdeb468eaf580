// access.mjs FOLDER PAGES -- what a page is to those who do not look at it with a mouse; see tests/web/access.
import {createRequire} from "node:module";
import {readFileSync} from "node:fs";
import {join} from "node:path";

const [folder, pages] = process.argv.slice(2);
const {chromium} = createRequire(join(folder, "package.json"))("playwright-core");
let failed = false;

function test(holds, name, detail = "") {
    console.log(`${holds ? "ok" : "not ok"} - ${name}`);
    if (!holds) { failed = true; console.log(`# ${detail}`); }
}

const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--no-sandbox"]});

async function open(name, options = {}) {
    const context = await browser.newContext({viewport: {width: 1280, height: 900}, reducedMotion: "reduce", ...options});
    const page = await context.newPage();
    page.wrong = [];
    page.on("pageerror", error => page.wrong.push(String(error)));
    page.on("console", message => message.type() === "error" && page.wrong.push(message.text()));
    await page.goto(`file://${pages}/${name}.html`);
    await page.waitForTimeout(200);
    return page;
}

// ---- structure: what a screen reader goes by.  Runs in the page; returns what is wrong.  A legend of uPlot is its own.
function structure() {
    const wrong = [], all = selector => [...document.querySelectorAll(selector)];
    const nameOf = e => e.getAttribute("aria-label") || e.textContent.trim() || [...e.labels || []].map(l => l.textContent.trim()).join("");
    const levels = all("h1, h2, h3, h4").map(h => Number(h.tagName[1]));
    if (levels.filter(level => level === 1).length !== 1 || levels[0] !== 1) wrong.push("there is not one h1 at the start");
    levels.forEach((level, i) => i > 0 && level > levels[i - 1] + 1 && wrong.push(`a level of headings is skipped before ${i}`));
    if (all("main").length !== 1 || document.documentElement.lang !== "en" || document.title === "") wrong.push("no main, language or title");
    for (const e of all("button, input, select, canvas, summary, [role=region]")) if (!nameOf(e)) wrong.push(`${e.outerHTML.slice(0, 60)} has no name`);
    for (const e of all("table:not(.u-legend)")) if (!e.caption || !e.caption.textContent) wrong.push("a table has no caption");
    for (const e of all("img")) if (!e.alt) wrong.push("a picture has no text");
    for (const e of all("fieldset")) if (!e.querySelector("legend")) wrong.push("a group has no legend");
    for (const e of all("table:not(.u-legend) tbody tr")) if (e.cells.length !== e.closest("table").tHead.rows[0].cells.length) wrong.push(`a row of '${e.closest("table").caption.textContent}' has ${e.cells.length} cells`);
    const ids = all("[id]").map(e => e.id);
    if (new Set(ids).size !== ids.length) wrong.push("an id is there twice");
    return [...new Set(wrong)];
}

// ---- contrast of text with what is behind it (WCAG 2.2, success criterion 1.4.3: 4.5 to 1; 3 to 1 for large or bold text)
function faint() {
    const numbers = text => text.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const behind = e => {
        for (; e !== null; e = e.parentElement) {
            const c = numbers(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c;
        }
        return [255, 255, 255];
    };
    const found = new Set();
    for (const e of document.querySelectorAll("main *, footer")) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim() !== "") || e.getClientRects().length === 0) continue;
        const style = getComputedStyle(e), a = light(numbers(style.color)), b = light(behind(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) found.add(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
    }
    return [...found];
}

for (const name of ["gpipe/report", "fedavg/report", "strange/report", "failing", "still"]) {
    for (const colorScheme of ["light", "dark"]) {
        const page = await open(name, {colorScheme}), dim = await page.evaluate(faint);
        test(dim.length === 0, `the text of ${name} can be read in the ${colorScheme}`, dim.join("; "));
        if (colorScheme === "light") {
            const wrong = await page.evaluate(structure);
            test(wrong.length === 0, `${name} has headings, names and captions`, wrong.join("; "));
        }
        test(page.wrong.length === 0, `and no error`, page.wrong.join("; "));
        await page.context().close();
    }
}

// ---- keys only
const page = await open("gpipe/report");
const faintFocus = [], reached = new Set();
for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const [tag, ring] = await page.evaluate(() => {
        const e = document.activeElement, style = getComputedStyle(e);
        return [e.tagName + (e.type ? "." + e.type : ""), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== "none"];
    });
    reached.add(tag);
    if (!ring && tag !== "BODY") faintFocus.push(tag);
}
test(faintFocus.length === 0, "whatever has the focus shows it", faintFocus.join(" "));
for (const tag of ["BUTTON.button", "INPUT.checkbox", "INPUT.search", "CANVAS"]) test(reached.has(tag), `the key Tab reaches ${tag}`, [...reached].join(" "));
const shown = () => page.evaluate(() => timeline.shown), every = await shown();
await page.focus("input[value=backward]");
await page.keyboard.press("Space");
const forward = readFileSync(join(pages, "gpipe/events.csv"), "utf8").trim().split("\n").slice(1).filter(line => line.split(",")[4] !== "backward").length;
test(await shown() === forward && forward < every, "a key switches a phase off", `${await shown()} of ${every}, not ${forward}`);
await page.focus("table.sortable th:nth-child(7) button"); // idle
const before = await page.textContent("table.sortable tbody th");
await page.keyboard.press("Enter"); await page.keyboard.press("Enter");
test(before === "stage-0" && await page.textContent("table.sortable tbody th") === "stage-3", "a key sorts a table", await page.textContent("table.sortable tbody th"));
test(await page.evaluate(() => document.activeElement.closest("th") !== null), "and keeps the focus where it is");

// ---- pictures and time for everyone: a mouse drags
const canvas = page.locator("#timeline canvas");
await canvas.scrollIntoViewIfNeeded();
const box = await canvas.boundingBox(), view = () => page.evaluate(() => ({from: timeline.view.from, to: timeline.view.to, selected: timeline.selected}));
await page.evaluate(() => timeline.look(2, 4));
await page.mouse.move(box.x + 700, box.y + 50); await page.mouse.down(); await page.mouse.move(box.x + 400, box.y + 50, {steps: 7}); await page.mouse.up();
const dragged = await view(), pace = 2 / (await page.evaluate(() => timeline.xOf(timeline.view.to) - timeline.xOf(timeline.view.from)));
test(Math.abs(dragged.from - (2 + 300 * pace)) < 1e-6 && Math.abs(dragged.to - dragged.from - 2) < 1e-9, "dragging moves time along with the mouse", JSON.stringify(dragged));
test(dragged.selected < 0, "and chooses nothing");
await page.context().close();

// ---- two fingers
const phone = await open("gpipe/report", {viewport: {width: 375, height: 700}, hasTouch: true, isMobile: true});
await phone.locator("#timeline canvas").scrollIntoViewIfNeeded();
const place = await phone.locator("#timeline canvas").boundingBox(), touch = await phone.context().newCDPSession(phone);
const fingers = (type, ...xs) => touch.send("Input.dispatchTouchEvent", {type, touchPoints: xs.map((x, id) => ({x: place.x + x, y: place.y + 40, id}))});
const length = () => phone.evaluate(() => timeline.view.to - timeline.view.from), whole = await length();
await fingers("touchStart", 200, 260);
for (const by of [10, 20, 30, 40]) await fingers("touchMove", 200 - by, 260 + by);
await fingers("touchEnd");
test(Math.abs(await length() / whole - 60 / 140) < .02, "two fingers that part zoom in as far as they part", `${await length() / whole}, not ${60 / 140}`);
test(await phone.evaluate(() => [...document.querySelectorAll("#timeline button")].every(b => b.getBoundingClientRect().height >= 40 && b.getBoundingClientRect().width >= 40)), "buttons are as wide as a finger");
test(phone.wrong.length === 0, "touching is no error", phone.wrong.join("; "));
await phone.context().close();

// ---- messages, in every run here: each has two ends, which name each other; only what ended without a message has none
for (const name of ["gpipe", "fedavg", "double_binary_tree_allreduce", "recursive_halving_reduce_scatter"]) {
    const narrow = await open(`${name}/report`, {viewport: {width: 375, height: 700}});
    const alone = await narrow.evaluate(() => timeline.data.start.map((_, e) => e).filter(e => {
        const d = timeline.data, k = d.kinds[d.kind[e]];
        if (k !== "receive" && k !== "send") return false;
        timeline.choose(e);
        const end = timeline.partner;
        if (end < 0) return k === "send" || d.bytes[e] > 0;
        timeline.choose(end);
        return timeline.partner !== e || d.peer[end] !== d.other_peer[e] || d.bytes[end] !== d.bytes[e] || d.kind[end] === d.kind[e];
    }).length);
    test(alone === 0, `each message of ${name} can be followed there and back`, `${alone} cannot`);
    const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
    test(wide <= 375, `${name} fits a phone`, wide);
    await narrow.context().close();
}

// ---- names that look like HTML
const strange = await open("strange/report");
test(await strange.evaluate(() => timeline.data.peers[1].name) === '<!--<script>"&</script>', "a name that looks like a script is a name");
test(await strange.textContent("h1") === '<!--<script>"&</script>', "also as the title");
test(await strange.evaluate(() => timeline.worst) < 1e-9, "and the sums are right all the same");
await strange.context().close();

// ---- failed points, no uPlot
const failing = await open("failing");
const rows = await failing.$$eval("table.sortable tbody tr", all => all.map(row => [...row.cells].map(cell => cell.textContent)));
test(rows.length === 6 && rows.filter(row => row.at(-1).startsWith("failed: platforms/one_switch.xml has 8 hosts")).length === 2, "each failed point has its sentence", JSON.stringify(rows));
test(rows.filter(row => row[0] === "43").length === 2 && new Set(rows.map(row => row[0] + row[1])).size === 6, "and what it set", JSON.stringify(rows));
test((await failing.textContent(".result")).includes("2 failed"), "the first sentence counts them", await failing.textContent(".result"));
await failing.context().close();
const still = await open("still");
test((await still.textContent("main")).includes("built without uPlot") && await still.locator(".uplot").count() === 0, "without uPlot the report says so");
test(await still.locator(".still img").count() > 0 && await still.evaluate(() => timeline.worst) < 1e-9, "and has its still figures, and the timeline");
await still.context().close();
await browser.close();
process.exit(failed ? 1 : 0);
