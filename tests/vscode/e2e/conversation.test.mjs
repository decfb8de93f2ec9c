// A conversation as a person has it: type, watch it grow, stop it, reload, find everything where it was.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Workbench } from "../harness/workbench.mjs";

let bench, panel;
before(async () => {
  bench = await Workbench.start();
  panel = await bench.panel();
  await panel.connected();
});
after(() => bench?.close());

const words = ["lorem", "ipsum", "dolor", "sit", "amet", "**bold**", "`code`"];
const reply = (count) => Array.from({ length: count }, (_, index) => words[index % 7] + (index % 20 === 19 ? ".\n\n" : " ")).join("");

test("an answer grows while it is streamed and ends as the model wrote it", async () => {
  await panel.send("long: 120 slow: 15");
  const article = panel.assistant.last();
  await article.getByText("lorem").first().waitFor();
  const lengths = new Set();
  while (await panel.stopButton.isVisible()) lengths.add((await article.innerText()).length);
  assert.ok(lengths.size > 5, `it was seen at ${lengths.size} lengths`);
  await article.hover();
  await article.getByRole("button", { name: "Copy message" }).click();
  await assertClipboard(reply(120).trim());
});

test("Stop ends the run", async () => {
  await panel.send("long: 4000 slow: 20");
  await panel.assistant.last().getByText("lorem").first().waitFor();
  await panel.stopButton.click();
  await panel.idle();
  await panel.assistant.last().getByText("Stopped").waitFor();
});

test("the command sendPrompt sends", async () => {
  const before = await panel.user.count();
  await bench.run("Sidestream: Send Prompt");
  await bench.page.locator(".quick-input-widget input.input").fill("from the palette");
  await bench.page.keyboard.press("Enter");
  await panel.user.nth(before).getByText("from the palette").waitFor();
  await panel.assistant.last().getByText("You said: from the palette").waitFor();
  await panel.idle();
});

test("HTML, scripts and dangerous links are text", async () => {
  const bad = '<img src=x onerror="document.title=1"> <script>document.title=2</script> [run](javascript:document.title=3)';
  await panel.ask(bad);
  const article = panel.assistant.last();
  await article.getByText("<img src=x onerror").waitFor();
  assert.equal(await article.locator("img, script, a[href^=javascript]").count(), 0);
});

test("suggestions for @ come from the server and can be taken with the keyboard", async () => {
  await panel.prompt.fill("");
  await panel.prompt.pressSequentially("look at @hel");
  await panel.frame.getByRole("option", { name: /hello\.ts/ }).first().waitFor();
  await panel.prompt.press("Enter");
  assert.match(await panel.prompt.inputValue(), /^look at @hello\.ts ?$/);
  await panel.prompt.fill("");
});

test("ArrowUp brings back earlier prompts", async () => {
  await panel.prompt.press("ArrowUp");
  assert.match(await panel.prompt.inputValue(), /^<img/);
  await panel.prompt.press("ArrowUp");
  assert.equal(await panel.prompt.inputValue(), "long: 4000 slow: 20");
  await panel.prompt.fill("");
});

test("the active file goes along, unless its chip is off", async () => {
  await bench.openFile("hello.ts");
  const chip = panel.frame.getByRole("button", { name: "Active file: hello.ts" });
  await chip.waitFor();
  await panel.ask("with the file");
  await panel.user.last().getByRole("button", { name: "hello.ts" }).waitFor();
  await chip.click();
  await panel.ask("without the file");
  assert.equal(await panel.user.last().getByRole("button", { name: "hello.ts" }).count(), 0);
});

test("hidden and shown again, the panel has the same messages, place and draft", async () => {
  const before = await state();
  await bench.page.keyboard.press("Control+Alt+B");
  await panel.prompt.waitFor({ state: "hidden" });
  await bench.panel();
  assert.deepEqual(await state(before), before);
});

test("after a reload of the window everything is where it was", async () => {
  const before = await state();
  await bench.open();
  panel = bench.shownPanel;
  await panel.connected();
  assert.deepEqual(await state(before), before);
});

/** What a person would miss if it were gone. Waits until it is as expected, for ten seconds. */
async function state(expected) {
  if (!expected) {
    await panel.prompt.fill("a draft, not sent");
    await panel.frame.getByRole("article").nth(2).evaluate((article) => article.scrollIntoView({ block: "start" }));
  }
  const read = () => panel.frame.locator("body").evaluate((body) => ({
    texts: [...body.querySelectorAll("article .content")].map((content) => content.textContent),
    place: [...body.querySelectorAll("article")].findIndex((article) => article.getBoundingClientRect().bottom > 60),
    draft: body.querySelector("textarea").value,
  }));
  const deadline = Date.now() + 10_000;
  let now = await read();
  while (expected && JSON.stringify(now) !== JSON.stringify(expected) && Date.now() < deadline) now = await read();
  return now;
}

async function assertClipboard(expected) {
  const deadline = Date.now() + 10_000;
  let found = "";
  while (found.trim() !== expected && Date.now() < deadline) found = await bench.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(found.trim(), expected);
}
