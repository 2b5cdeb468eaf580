// lessons.mjs FOLDER PAGES -- reads lessons' pages in Chromium: steps, sliders, answers, on a desktop and on a phone.
// FOLDER has playwright-core in its node_modules; PAGES the pages, and a run of speculative decoding.
import {createRequire} from "node:module";
import {readFileSync, readdirSync} from "node:fs";
import {join} from "node:path";

const [folder, pages] = process.argv.slice(2);
const {chromium} = createRequire(join(folder, "package.json"))("playwright-core");
let failed = false;

function test(holds, name, detail = "") {
    console.log(`${holds ? "ok" : "not ok"} - ${name}`);
    if (!holds) { failed = true; console.log(`# ${detail}`); }
}

function near(a, b, relative = 1e-9) {
    return Math.abs(a - b) <= relative * Math.abs(b);
}

const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--no-sandbox"]});

// A page on which nothing moves, so that what is read is what stays; its errors and requests are kept.
async function open(name, width = 1200) {
    const page = await browser.newPage({viewport: {width, height: 800}, reducedMotion: "reduce"});
    page.wrong = [];
    page.on("pageerror", error => page.wrong.push(String(error)));
    page.on("console", message => message.type() === "error" && page.wrong.push(message.text()));
    page.on("request", request => request.url().startsWith("file:") || page.wrong.push(request.url()));
    await page.goto(`file://${pages}/${name}.html`);
    return page;
}

const text = (page, selector) => page.textContent(selector);
const dataOf = page => page.evaluate(() => JSON.parse(document.getElementById("lesson").textContent));

async function toTheEnd(page) {
    let steps = 0;
    while (!await page.isDisabled("#next")) { await page.click("#next"); steps++; }
    return steps;
}

// ---- what holds for every lesson

async function everyLesson(name) {
    for (const width of [1200, 390]) {
        const page = await open(name, width), on = `${name}, ${width} wide: `;
        test(!await page.isVisible("#figure"), on + "the result waits for a prediction");
        await page.fill("#predict input", "banana");
        await page.click("#predict button.main");
        test((await text(page, "#predicted")).startsWith("A prediction is ") && !await page.isVisible("#figure"), on + "a banana is no prediction");
        await page.fill("#predict input", "1");
        await page.press("#predict input", "Enter");
        test(/You said .* the simulation says /.test(await text(page, "#predicted")) && await page.isVisible("#figure"), on + "a prediction is judged");
        const steps = await toTheEnd(page), place = await text(page, "#place");
        test(steps >= 6 && place === `step ${steps} of ${steps}`, on + "steps lead to the end", place);
        await page.click("#back");
        await page.click("#first");
        test((await text(page, "#place")).startsWith("step 0 of"), on + "and back");
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        test(over <= 0, on + "nothing sticks out", `${over} pixels`);
        test(page.wrong.length === 0, on + "no errors, no network", page.wrong.join("; "));
        await page.close();
    }
}

async function answers(name) {
    const page = await open(name), lesson = await dataOf(page);
    const spell = ({value, unit}) => unit === 4 ? `${100 * value} %` : unit === 5 ? `${value}x` : unit === 2 ? `${1000 * value} ms` : unit === 1 ? `${value / 1e6} MB` : String(value);
    await page.click("#skip");
    for (let i = 0; i < lesson.exercises.length; i++) {
        const exercise = lesson.exercises[i], form = `#exercise-${i + 1}`;
        const say = async given => {
            await page.fill(`${form} input`, given);
            await page.click(`${form} button`);
            return text(page, `#verdict-${i + 1}`);
        };
        test((await say(spell(exercise))).startsWith("✓"), `${name}: the answer of exercise ${i + 1} is right`);
        test((await say(spell({...exercise, value: 1.11 * exercise.value}))).startsWith("✗"), `${name}: another one is wrong`);
        test((await say("many")).startsWith("An answer is "), `${name}: a word is none`);
    }
    await page.close();
}

// ---- lesson by lesson

async function allreduce() {
    const page = await open("allreduce"), n = 8, g = 100e6;
    const counted = async () => Promise.all([0, 1].map(i => page.locator(".system .formula[data-bytes]").nth(2 * i).getAttribute("data-bytes").then(Number)));
    await page.click("#skip");
    let fits = true;
    for (let step = 1; step <= 14; step++) { // the ring's steps come first: it is done before the server has its first gradient
        await page.click("#next");
        const [server, ring] = await counted();
        fits &&= near(ring, step * n * g / n) && near(server, (step * (50e-6 + g / n / 1.25e9)) / (50e-6 + 7 * g / 1.25e9) * 7 * g, 1e-6);
    }
    test(fits, "allreduce: each step moves N chunks of G/N round the ring");
    await toTheEnd(page);
    test((await counted()).every(bytes => bytes === 2 * (n - 1) * g), "allreduce: both counters end at 2(N-1)G");
    const worst = await Promise.all([1, 3].map(i => page.locator(".system .formula[data-bytes]").nth(i).getAttribute("data-bytes").then(Number)));
    test(worst[0] === 7 * g && worst[1] === 2 * 7 * g / 8, "allreduce: the cards end at (N-1)G and 2(N-1)G/N", worst.join());
    test((await text(page, ".system .formula")).includes("2 x 7 x 100.0 MB = 1.400 GB"), "allreduce: the formula is filled in");

    const value = (key, i) => page.locator(`#runs td[data-key=${key}]`).nth(i).getAttribute("data-value").then(Number);
    await page.fill("#axis-0", "3");
    test(await value("bytes", 0) === 2 * 15 * g && await value("bytes", 1) === 2 * 15 * g, "allreduce: the slider of N moves to another simulation");
    await page.fill("#axis-3", "2");
    test(near(await value("seconds", 1), 2 * 15 * (2e-3 + g / 16 / 1.25e9)), "allreduce: the slider of latency, too");
    await page.fill("#axis-1", "0");
    test(await value("seconds", 0) < await value("seconds", 1), "allreduce: small gradients are the server's");
    await page.focus("#axis-2");
    await page.keyboard.press("ArrowRight");
    test(await page.locator("output[for=axis-2]").textContent() === "100Gbps", "allreduce: sliders hear keys");
    await toTheEnd(page);
    test((await counted()).every(bytes => bytes === 2 * 15 * 8000), "allreduce: steps of the simulation that was chosen");

    const {grid} = await dataOf(page), N = [2, 4, 8, 16], G = [8e3, 1e6, 1e8], B = [1.25e8, 1.25e9, 1.25e10], A = [2e-6, 50e-6, 2e-3];
    const wrong = grid.points.filter(([server, ring], p) => {
        const a = A[p % 3], b = B[Math.floor(p / 3) % 3], bytes = G[Math.floor(p / 9) % 3], workers = N[Math.floor(p / 27)];
        return server.bytes !== 2 * (workers - 1) * bytes || ring.bytes !== server.bytes
            || !near(server.seconds, 2 * (a + (workers - 1) * bytes / b)) || !near(ring.seconds, 2 * (workers - 1) * (a + bytes / workers / b));
    });
    test(grid.points.length === 108 && wrong.length === 0, "allreduce: all 216 simulations are as closed forms have them", `${wrong.length} are not`);
    await page.close();
}

const counters = page => page.locator("#counters dd").allTextContents();

async function bubble() {
    const page = await open("bubble"), hop = 50e-6 + 4e6 / 1.25e9;
    await page.click("#skip");
    await toTheEnd(page);
    const share = 100 * (1 - 8 * 0.28 / (11 * 0.28 + 6 * hop));
    test(near(parseFloat((await counters(page))[0]), share, 1e-3), "bubble: what is idle at the end is the bubble", (await counters(page)).join());
    for (const [at, microbatches] of [["0", 1], ["2", 32]]) {
        await page.fill("#variant", at);
        while (!await page.isDisabled("#next")) await page.press("#next", "ArrowRight");
        const other = 100 * (1 - microbatches * 0.28 / ((microbatches + 3) * 0.28 + 6 * hop));
        test(near(parseFloat((await counters(page))[0]), other, 1e-3), `bubble: the slider moves to ${microbatches} micro-batches`, (await counters(page)).join());
    }
    await page.close();
}

async function versions() {
    const page = await open("versions"), most = [0, 0, 0, 0];
    await page.click("#skip");
    while (!await page.isDisabled("#next")) {
        await page.click("#next");
        (await counters(page)).forEach((held, s) => { most[s] = Math.max(most[s], Number(held)); });
    }
    test(most.join() === "4,3,2,1", "versions: stage s holds K - s at most", most.join());
    await page.close();
}

async function exits() {
    const page = await open("exits");
    await page.click("#skip");
    const mean = async at => {
        await page.fill("#variant", at);
        await toTheEnd(page);
        return (await counters(page))[0];
    };
    test(await mean("4") === "5.000 ms", "exits: above ln 10 all leave on the device");
    test(await mean("0") === "54.83 ms", "exits: at 0 all go on to the cloud");
    test(parseFloat(await mean("3")) < parseFloat(await mean("1")), "exits: a lower threshold takes longer");
    await page.close();
}

async function speculation() {
    const page = await open("speculation"), said = readFileSync(join(pages, "run/text.txt"), "utf8").split("\n").slice(1).join(" ");
    const bare = words => words.replace(/\(new paragraph\)/g, "").replace(/\s+/g, " ").trim();
    await page.click("#skip");
    await toTheEnd(page);
    test(bare(await text(page, "#spoken")) === bare(said), "speculation: what is said at the end is text.txt", await text(page, "#spoken"));
    test((await counters(page))[0] === "60", "speculation: as many tokens as were asked for");
    await page.close();
}

async function keysAndPaper() {
    const page = await open("halos");
    await page.focus("#skip");
    await page.keyboard.press("Enter");
    await page.focus("#next");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowRight");
    test((await text(page, "#place")).startsWith("step 2 of"), "halos: goes by keys alone");
    await page.reload();
    await page.emulateMedia({media: "print"});
    test(await page.isVisible(".until table") && !await page.isVisible(".controls"), "halos: paper has the result, and no buttons");
    await page.close();
    const moving = await browser.newPage();
    await moving.goto(`file://${pages}/straggler.html`);
    await moving.click("#skip");
    await moving.click("#play");
    await moving.waitForFunction(() => document.getElementById("place").textContent.startsWith("step 3"), null, {timeout: 10000});
    await moving.click("#play");
    test(await text(moving, "#play") === "Play", "straggler: plays, and stops");
    await moving.close();
}

const names = readdirSync(pages).filter(name => name.endsWith(".html")).map(name => name.slice(0, -5));
test(names.length === 8, "there are eight pages", names.join());
for (const name of names) { await everyLesson(name); await answers(name); }
for (const part of [allreduce, bubble, versions, exits, speculation, keysAndPaper]) await part();
await browser.close();
process.exit(failed ? 1 : 0);
