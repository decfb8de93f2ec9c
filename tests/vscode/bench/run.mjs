// Measures what a person feels, in the real workbench: `node tests/vscode/bench/run.mjs`, with SIDESTREAM_VSIX naming the package.
// The server is played, so that only the extension and its panel are measured.

import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { extension } from "../harness/programs.mjs";
import { Workbench } from "../harness/workbench.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const vsix = process.env.SIDESTREAM_VSIX ?? makePackage();
const command = [process.execPath, path.join(here, "server.mjs")];
const bench = await Workbench.start({ vsix, settings: { "sidestream.command": command, "workbench.reduceMotion": "on" } });
const report = (what, value, limit) => console.log(`${what}: ${value}${limit ? ` (at most ${limit})` : ""}`);
try {
  const { page } = bench;
  const panel = await bench.panel();
  await panel.connected();
  await bench.showSessions();
  await bench.row("The long session").waitFor();

  report("activation of the extension, ms", await activation(), 50);
  await panel.frame.locator("body").evaluate(() => {
    globalThis.longTasks = [];
    const note = (list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)));
    new PerformanceObserver(note).observe({ type: "longtask" });
  });

  report("first paint of a session of 3,000 messages, ms", await firstPaint("The long session", "Answer 2999"), 300);
  const short = await shown("The short session", "Answer 9", () => streaming());
  report("longest frame, 500 appends a second below 10 messages, ms", short.longestFrame, 50);
  report("processor time of the main thread meanwhile, %", short.busy);

  await shown("The long session", "Answer 2999", async () => {
    const { count, longestTask } = await scrollUp();
    report(`longest task while ${count} messages are scrolled through, ms`, longestTask, 50);
    await panel.frame.getByRole("button", { name: "Jump to the newest" }).click();
    const long = await streaming();
    report(`longest frame, 500 appends a second below ${count} messages, ms`, long.longestFrame, 50);
    report("processor time of the main thread meanwhile, %", long.busy);
  });

  async function activation() {
    await bench.run("Developer: Show Running Extensions");
    const row = page.locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Sidestream" });
    const found = /(\d+)\s?ms/.exec(await row.first().innerText());
    await page.keyboard.press("Escape");
    await row.first().waitFor({ state: "hidden" });
    return Number(found?.[1]);
  }

  /** From the click in the tree to the frame that shows the newest message. */
  async function firstPaint(title, text) {
    const seen = panel.frame.locator("body").evaluate((body, text) => new Promise((resolve) => {
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
    await panel.frame.locator("body").evaluate(() => (globalThis.longTasks.length = 0));
    await panel.frame.getByRole("log").hover();
    const end = Date.now() + 30_000;
    const articles = panel.frame.getByRole("article");
    while (Date.now() < end && (await articles.count()) < 3_000) await page.mouse.wheel(0, -4_000);
    const longestTask = await panel.frame.locator("body").evaluate(() => Math.max(0, ...globalThis.longTasks));
    return { count: await articles.count(), longestTask };
  }

  /** Ten seconds of text, as it is drawn. */
  async function streaming() {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    // The processor's time: what others do on the machine is not in it.
    const busy = async () => (await devtools.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ThreadTime").value;
    const before = await busy();
    await panel.send("stream 10");
    const longestFrame = await panel.frame.locator("body").evaluate((body) => new Promise((resolve) => {
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
    }));
    return { longestFrame, busy: Math.round((await busy() - before) * 10) };
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
