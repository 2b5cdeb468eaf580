// report.mjs FOLDER PAGES -- reads reports in Chromium: sums, hover, filters, messages, keys, charts, phone, print.
// FOLDER has playwright-core in its node_modules; PAGES run directories with a report.html each, and study.html.
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

async function open(name, width = 1280) {
    const page = await browser.newPage({viewport: {width, height: 900}, reducedMotion: "reduce"});
    page.wrong = [];
    page.on("pageerror", error => page.wrong.push(String(error)));
    page.on("console", message => message.type() === "error" && page.wrong.push(message.text()));
    page.on("request", request => /^(file|data):/.test(request.url()) || page.wrong.push(request.url()));
    await page.goto(`file://${pages}/${name}.html`);
    await page.waitForTimeout(200);
    return page;
}

const summaryOf = name => JSON.parse(readFileSync(join(pages, name, "summary.json"), "utf8"));

async function sumsEqual(name) {
    const page = await open(`${name}/report`), summary = summaryOf(name);
    const sums = await page.evaluate(() => timeline.sums);
    const worst = Math.max(...summary.peers.flatMap((peer, p) => ["compute", "communicate", "wait", "idle"].map(doing =>
        Math.abs(peer[`${doing}_seconds`] - sums[p][doing]))));
    test(sums.length === summary.peers.length && worst <= 1e-9 * Math.max(1, summary.simulated_seconds),
        `the timeline of ${name} sums up to summary.json`, worst);
    test((await page.textContent("#timeline")).includes("Their sums are those of the table below"), `and ${name} says so`);
    test(page.wrong.length === 0, `${name} loads without an error and without a network`, page.wrong.join("; "));
    await page.close();
}

for (const name of ["ring_allreduce", "gpipe", "fedavg", "branchynet", "synchronous_data_parallel"]) await sumsEqual(name);

// ---- one timeline, closely
const page = await open("ring_allreduce/report");
const canvas = page.locator("#timeline canvas");
await canvas.scrollIntoViewIfNeeded();

// where an interval is drawn: the middle of it, in the track of its kind
const place = e => page.evaluate(e => {
    const d = timeline.data, row = timeline.rows.indexOf(d.peer[e]), share = {send: .66, receive: .9}[d.kinds[d.kind[e]]] || .3;
    return {x: timeline.xOf((d.start[e] + d.end[e]) / 2), y: timeline.TOP + (row + share) * timeline.height};
}, e);
const longest = kind => page.evaluate(kind => {
    const d = timeline.data;
    return d.start.map((_, e) => e).filter(e => d.kinds[d.kind[e]] === kind).reduce((a, b) => d.end[b] - d.start[b] > d.end[a] - d.start[a] ? b : a);
}, kind);

const computes = await longest("compute"), receives = await longest("receive");
await canvas.hover({position: await place(computes)});
test((await page.textContent(".tip")).startsWith("worker-0: compute"), "hovering over a computation tells of it", await page.textContent(".tip"));
test((await page.textContent(".tip")).includes("50.00 ms from 0 s to 50.00 ms"), "with its times", await page.textContent(".tip"));
await canvas.click({position: await place(receives)});
const chosen = await page.evaluate(() => [timeline.selected, timeline.partner].map(e => ({peer: timeline.data.peer[e], kind: timeline.data.kinds[timeline.data.kind[e]], other: timeline.data.other_peer[e], bytes: timeline.data.bytes[e], end: timeline.data.end[e]})));
test(chosen[0].kind === "receive" && chosen[1].kind === "send" && chosen[0].other === chosen[1].peer && chosen[1].other === chosen[0].peer &&
    chosen[0].bytes === 12500000 && chosen[0].bytes === chosen[1].bytes && Math.abs(chosen[0].end - chosen[1].end) < 1e-9,
    "the other end of a message is its sender, with the same bytes at the same time", JSON.stringify(chosen));
test(/receive 12.50 MB from worker-\d.*Its other end: worker-\d: send 12.50 MB/.test(await page.textContent("#timeline-told")), "a status tells of both ends", await page.textContent("#timeline-told"));
const before = await page.evaluate(() => timeline.selected);
await page.click("text=Follow message");
test(await page.evaluate(before => timeline.partner === before && timeline.data.kinds[timeline.data.kind[timeline.selected]] === "send", before), "following a message goes to its sender");

// keys
await canvas.focus();
const length = () => page.evaluate(() => timeline.view.to - timeline.view.from);
const all = await length();
await page.keyboard.press("+"); await page.keyboard.press("+");
test(Math.abs(await length() - all / 2.56) < 1e-9, "the key + zooms in", `${await length()} of ${all}`);
const from = await page.evaluate(() => timeline.view.from);
await page.keyboard.press("ArrowRight");
test(await page.evaluate(() => timeline.view.from) > from, "an arrow key moves");
await page.keyboard.press("0");
test(Math.abs(await length() - all) < 1e-12, "0 shows all");
await page.keyboard.press("Escape"); await page.keyboard.press("n");
test((await page.textContent("#timeline-told")).startsWith("worker-0: compute"), "n chooses the first interval");
await page.keyboard.press("ArrowDown");
test((await page.textContent("#timeline-told")).startsWith("worker-1:"), "down goes to the next peer");
const ready = await canvas.boundingBox();
await page.mouse.move(ready.x + 600, ready.y + 60); await page.mouse.wheel(0, -300);
await page.waitForTimeout(100);
test(await length() < all, "the wheel zooms where the timeline was clicked");

// filters
const shown = () => page.evaluate(() => timeline.shown);
const every = await shown();
await page.uncheck("input[value=receive]");
test(await shown() === every - 112, "without receiving there are 112 intervals fewer", `${await shown()} of ${every}`);
await page.fill("#timeline input[type=search]", "worker-3");
test(await page.evaluate(() => timeline.rows.length === 1 && timeline.data.peers[timeline.rows[0]].name === "worker-3"), "a search leaves one peer");
await page.fill("#timeline input[type=search]", "nobody");
test((await page.textContent("#timeline")).includes("No peer is called so."), "and says when there is none");
test(page.wrong.length === 0, "nothing of all that is an error", page.wrong.join("; "));
await page.close();

// ---- a study: charts and a table that sorts
const study = await open("study");
test(await study.locator(".uplot").count() === 1, "a study has a chart");
await study.selectOption("#quantity", {label: "bytes on the network"});
test((await study.textContent(".uplot .u-legend")).includes("parameter_server, by theory"), "with theory beside each system");
const firstCell = () => study.textContent("table.sortable tbody tr:first-child td:nth-child(3)");
const head = study.locator("table.sortable thead button", {hasText: "simulated"});
await head.click(); await head.click();
test(await firstCell() === "1.122 s", "a click on a head sorts by it, a second the other way round", await firstCell());
test(await study.getAttribute("table.sortable thead th:nth-child(3)", "aria-sort") === "descending", "and says so to those who listen");
test(await study.locator(".still img").count() >= 3, "still figures are there for print");
test(study.wrong.length === 0, "a study loads without an error and without a network", study.wrong.join("; "));
await study.close();

// ---- a phone, paper
for (const name of ["ring_allreduce/report", "fedavg/report", "study"]) {
    const phone = await open(name, 375);
    test(await phone.evaluate(() => document.documentElement.scrollWidth) <= 375, `${name} fits a phone`, await phone.evaluate(() => document.documentElement.scrollWidth));
    await phone.close();
}
const paper = await open("ring_allreduce/report");
await paper.emulateMedia({media: "print"});
test(!await paper.isVisible(".controls") && await paper.isVisible("#timeline canvas"), "paper has the timeline, and no buttons");
await paper.close();

// ---- many events
const many = await open("many/report");
const frame = await many.evaluate(() => {
    const times = [];
    for (let i = 0; i < 15; i++) {
        const began = performance.now(), whole = timeline.data.seconds;
        timeline.view.from = whole * i / 60; timeline.view.to = whole * (1 - i / 60);
        timeline.draw();
        times.push(performance.now() - began);
    }
    return Math.min(...times); // of 15 frames: this machine may be busy with other tests
});
test(frame < 100, `of ${await many.evaluate(() => timeline.data.start.length)} events a frame takes ${frame.toFixed(0)} ms`);
test(await many.evaluate(() => timeline.worst) < 1e-9, "and they sum up to summary.json");
await browser.close();
process.exit(failed ? 1 : 0);
