// Measures what a person feels, in the real workbench: `node tests/vscode/bench/run.mjs`, with SIDESTREAM_VSIX naming the package.
// The server is played, so that only the extension and its panel are measured.

import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { extension } from "../harness/programs.mjs";
import { settled } from "../harness/eventually.mjs";
import { Workbench } from "../harness/workbench.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const vsix = process.env.SIDESTREAM_VSIX ?? makePackage();
const command = [process.execPath, path.join(here, "server.mjs")];
const bench = await Workbench.start({ vsix, panelsApart: true, settings: { "sidestream.command": command, "workbench.reduceMotion": "on" } });
const report = (what, value, limit) => console.log(`${what}: ${value}${limit ? ` (at most ${limit})` : ""}`);
try {
  const { page } = bench;
  await othersHaveStarted();
  const panel = await bench.panel();
  await panel.connected();
  // To look for an element anew takes Playwright up to 70 ms in the page, which walks all there are: more than what is measured.
  const body = await panel.frame.locator("body").elementHandle();
  await bench.showSessions();
  await bench.row("The long session").waitFor();

  report("activation of the extension, ms", await activation(), 50);
  report("first paint of a session of 3,000 messages, ms", await firstPaint("The long session", "Answer 2999"), 300);
  reportStreaming(10, await shown("The short session", "Answer 9", streaming));
  await shown("The long session", "Answer 2999", async () => {
    const { result: count, ...scrolling } = await traced(scrollUp);
    reportTasks(`while ${count} messages are scrolled through`, scrolling);
    await panel.frame.getByRole("button", { name: "Jump to the newest" }).click();
    reportStreaming(count, await streaming());
  });

  function reportStreaming(count, { result, ...tasks }) {
    const what = `500 appends a second below ${count} messages`;
    report(`longest frame on the clock, ${what}, ms`, result, 50);
    reportTasks(what, tasks);
  }

  /** In time of the processor: what others do on the machine meanwhile is not in it. */
  function reportTasks(what, { longest, busy }) {
    report(`longest task of the panel, processor time, ${what}, ms`, longest, 50);
    report(`processor time of the panel's main thread, ${what}, %`, busy);
  }

  /** What is activated beside them on a small machine seems to take several times as long. */
  async function othersHaveStarted() {
    await bench.run("Developer: Show Running Extensions");
    await settled(() => page.locator(".runtime-extensions-editor").innerText());
  }

  async function activation() {
    await bench.run("Developer: Show Running Extensions");
    const list = page.locator(".runtime-extensions-editor");
    const row = list.locator(".monaco-list-row", { hasText: "Sidestream" });
    await list.locator(".monaco-list-row").first().waitFor();
    await list.hover();
    // What was activated fast is far down.
    while ((await row.count()) === 0) await page.mouse.wheel(0, 200);
    const found = /(\d+)\s?ms/.exec(await row.first().innerText());
    await page.keyboard.press("Escape");
    await row.first().waitFor({ state: "hidden" });
    return Number(found?.[1]);
  }

  /** From the click in the tree to the frame that shows the newest message. */
  async function firstPaint(title, text) {
    const seen = body.evaluate((body, text) => new Promise((resolve) => {
      const look = () => {
        const painted = () => setTimeout(() => resolve(performance.timeOrigin + performance.now()));
        if (body.textContent.includes(text)) requestAnimationFrame(painted);
        else requestAnimationFrame(look);
      };
      look();
    }), text);
    // Should something fail before it is seen, that is what is to be told.
    seen.catch(() => undefined);
    const row = bench.row(title);
    await row.evaluate((element) => {
      const note = () => (globalThis.clickedAt = performance.timeOrigin + performance.now());
      element.addEventListener("click", note, { capture: true });
    });
    await row.click();
    const at = await seen;
    return Math.round(at - (await page.evaluate(() => globalThis.clickedAt)));
  }

  async function shown(title, text, act) {
    await bench.row(title).click();
    await panel.frame.getByText(text, { exact: true }).waitFor();
    await panel.prompt.waitFor();
    return act();
  }

  /** For half a minute, as fast as the history comes. */
  async function scrollUp() {
    await panel.frame.getByRole("log").hover();
    const end = Date.now() + 30_000;
    // Those in sight are in the document, and are numbered.
    const count = () => body.evaluate((body) => 3_000 - Number(body.querySelector("article")?.dataset.id.split("-")[1] ?? 3_000));
    while (Date.now() < end && (await count()) < 3_000) await page.mouse.wheel(0, -4_000);
    return count();
  }

  /** Ten seconds of text, as it is drawn. */
  async function streaming() {
    await panel.send("stream 10");
    return traced(() => body.evaluate(() => new Promise((resolve) => {
      let longest = 0;
      let last = performance.now();
      const began = last;
      const frame = (now) => {
        longest = Math.max(longest, now - last);
        last = now;
        if (now - began < 10_000) requestAnimationFrame(frame);
        else resolve(Math.round(longest));
      };
      requestAnimationFrame(frame);
    })));
  }

  /** What the main thread of the panel's process did meanwhile. */
  async function traced(act) {
    const devtools = await page.context().newCDPSession(page);
    const events = [];
    devtools.on("Tracing.dataCollected", ({ value }) => events.push(...value));
    const traceConfig = { includedCategories: ["disabled-by-default-devtools.timeline", "__metadata"], excludedCategories: ["*"] };
    await devtools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
    const began = Date.now();
    const result = await act();
    const elapsed = Date.now() - began;
    const complete = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
    await devtools.send("Tracing.end");
    await complete;
    const frames = events.filter(({ name }) => name === "TracingStartedInBrowser").flatMap(({ args }) => args.data.frames);
    const { processId } = frames.find(({ url }) => new URL(url).hostname.endsWith(".localhost"));
    const main = events.find(({ name, args, pid }) => pid === processId && name === "thread_name" && args.name === "CrRendererMain");
    const tasks = events.filter(({ name, pid, tid }) => name === "RunTask" && pid === main.pid && tid === main.tid);
    // The processor's clock goes in jumps on some machines, by more than has passed.
    const times = tasks.map(({ dur = 0, tdur = 0 }) => Math.min(dur, tdur) / 1000);
    const busy = times.reduce((sum, time) => sum + time, 0);
    return { result, longest: Math.round(times.reduce((most, time) => Math.max(most, time), 0)), busy: Math.round((busy / elapsed) * 100) };
  }
} finally {
  await bench.close();
}
const machine = `${os.cpus().length} cores of ${os.cpus()[0]?.model}, load ${os.loadavg()[0].toFixed(1)}`;
console.log(`${machine}, ${new Date().toISOString().slice(0, 10)}`);

function makePackage() {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "sidestream-bench-")), "sidestream.vsix");
  execFileSync(process.execPath, [path.join(extension, "package.mjs"), file], { stdio: "ignore" });
  return file;
}
