// A conversation as a person has it: type, watch it grow, stop it, reload, find everything where it was.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually, settled } from "../harness/eventually.mjs";
import { Workbench } from "../harness/workbench.mjs";

let bench, panel;
before(async () => {
  bench = await Workbench.start();
  panel = await bench.panel();
  await panel.connected();
});
after(() => bench?.close());

const picture = {
  name: "p.png", type: "image/png",
  base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
};
const words = ["lorem", "ipsum", "dolor", "sit", "amet", "**bold**", "`code`"];
const reply = (count) => Array.from({ length: count }, (_, index) => words[index % 7] + (index % 20 === 19 ? ".\n\n" : " ")).join("");

test("an answer grows while it is streamed and ends as the model wrote it", async () => {
  await panel.frame.locator("body").evaluate((body) => {
    globalThis.lengths = new Set();
    const note = () => globalThis.lengths.add([...body.querySelectorAll("article.assistant")].at(-1)?.textContent.length);
    new MutationObserver(note).observe(body, { subtree: true, childList: true, characterData: true });
  });
  await panel.ask("long: 300 slow: 15");
  const article = panel.assistant.last();
  const lengths = await panel.frame.locator("body").evaluate(() => globalThis.lengths.size);
  assert.ok(lengths > 5, `it was seen at ${lengths} lengths`);
  await panel.action(article, "Copy message");
  await eventually(async () => (await bench.clipboard()).trim(), reply(300).trim());
});

test("Stop ends the run, and what was said until then stays", async () => {
  const stopped = panel.assistant.nth(await panel.assistant.count());
  await panel.send("long: 4000 slow: 20");
  await stopped.getByText("lorem").first().waitFor();
  await panel.stopButton.click();
  await stopped.getByText("Stopped").waitFor();
  await panel.idle();
  assert.match(await stopped.innerText(), /^lorem ipsum/);
  // Three quarters of an hour of text were left.
  assert.ok((await stopped.innerText()).length < 10_000);
});

test("a prompt that is sent during a run is answered after it", async () => {
  const first = await panel.assistant.count();
  await panel.send("long: 150 slow: 10");
  await panel.assistant.nth(first).getByText("lorem").first().waitFor();
  await panel.send("and then this");
  await panel.assistant.nth(first + 1).getByText("You said: and then this").waitFor();
  assert.match(await panel.assistant.nth(first).innerText(), /lorem ipsum dolor sit amet/);
  await panel.idle();
});

test("the command sendPrompt sends", async () => {
  const before = await panel.user.count();
  await bench.run("Sidestream: Send Prompt");
  await bench.answer("from the palette");
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

test("a command of OpenCode's is completed, however fast it is typed, and run", async () => {
  await panel.prompt.pressSequentially("/");
  await panel.frame.getByRole("option").first().waitFor();
  await panel.prompt.pressSequentially("gre");
  await panel.prompt.press("Enter");
  await eventually(() => panel.prompt.inputValue(), "/greet ");
  await panel.ask("/greet Ada");
  await panel.user.last().getByText("Greet Ada warmly.").waitFor();
});

test("ArrowUp brings back earlier prompts", async () => {
  await panel.prompt.press("ArrowUp");
  assert.equal(await panel.prompt.inputValue(), "/greet Ada");
  await panel.prompt.press("ArrowUp");
  assert.match(await panel.prompt.inputValue(), /^<img/);
  await panel.prompt.press("ArrowDown");
  assert.equal(await panel.prompt.inputValue(), "/greet Ada");
  await panel.prompt.fill("");
});

test("agent, model and variant are chosen in the editor's lists and used by the next prompt", async () => {
  await panel.picker("Model").click();
  await bench.pick("Thinking", "Thinking model");
  await panel.picker("Variant").click();
  await bench.pick("hard", "hard");
  await panel.picker("Agent").click();
  await bench.pick("plan", "plan");
  await panel.ask("reason: what to do");
  const thought = panel.assistant.last().getByText(/^Thought/);
  await thought.click();
  await panel.assistant.last().getByText("Thinking about what to do").waitFor();
  await thought.click();
  for (const name of ["Agent: plan", "Model: Thinking model", "Variant: hard"]) await panel.frame.getByRole("button", { name }).waitFor();
  assert.match(await panel.frame.locator(".meter").innerText(), /%/);
});

test("a picture is pasted, a file is dropped, and both go along", async () => {
  await panel.receive("paste", picture);
  await panel.receive("drop", { name: "list.txt", type: "text/plain", base64: "b25lCnR3bwo=" });
  await panel.frame.getByRole("listitem").getByText("Picture").waitFor();
  await panel.frame.getByRole("button", { name: "Remove list.txt" }).waitFor();
  await panel.ask("look at these");
  await panel.user.last().getByRole("img").waitFor();
  await panel.user.last().getByText("list.txt").waitFor();
  assert.equal(await panel.frame.getByRole("button", { name: /^Remove/ }).count(), 0);
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
  await bench.run("View: Close All Editors");
  await chip.waitFor({ state: "detached" });
});

test("a link to a picture, and to lines of a file, opens it in the editor", async () => {
  writeFileSync(path.join(bench.folders[0], "p.png"), Buffer.from(picture.base64, "base64"));
  await panel.ask("see [the picture](p.png) and [the code](hello.ts:2-3)");
  await panel.assistant.last().getByRole("link", { name: "the picture" }).click();
  await bench.tab("p.png").waitFor();
  await panel.assistant.last().getByRole("link", { name: "the code" }).click();
  await bench.page.getByText("Ln 3, Col 2").waitFor();
  await panel.prompt.focus();
});

test("with a tab beside it, a key in the side bar means the side bar's session", async () => {
  await bench.run("Sidestream: Open in Editor Tab");
  await bench.tab("Scripted title").waitFor();
  await panel.prompt.click();
  await bench.page.keyboard.press("Control+K");
  await bench.page.keyboard.press("B");
  await bench.shownPanel.frame.getByRole("heading", { name: "New session" }).waitFor();
  await bench.tab("Scripted title").waitFor();
  await bench.closeTab("Scripted title");
  await bench.run("Sidestream: Search Sessions");
  await bench.pick("Scripted", "Scripted title");
  await panel.user.last().getByText("hello.ts").waitFor();
});

test("hidden and shown again, the panel has the same messages, place and draft", async () => {
  await leaveTraces();
  const before = await traces();
  await bench.toggleSideBar();
  await panel.prompt.waitFor({ state: "hidden" });
  await bench.panel();
  await eventually(traces, before);
});

test("after a reload of the window everything is where it was, in an editor tab too", async () => {
  await bench.run("Sidestream: Open in Editor Tab");
  await bench.tab("Scripted title").waitFor();
  await bench.openFile("hello.ts");
  const before = await traces();
  await bench.reload();
  panel = bench.shownPanel;
  await panel.connected();
  // OpenCode has just started, and reads all of the session anew.
  await eventually(traces, before, 60_000);
  await bench.toggleSideBar();
  await bench.tab("Scripted title").click();
  await panel.user.last().getByText("see the picture").or(panel.user.last().getByText("see [the picture]")).waitFor();
});

test("a reload in the midst of an answer loses nothing of it", async () => {
  await bench.closeTab("Scripted title");
  panel = await bench.panel();
  await panel.prompt.fill("");
  await panel.send("long: 400 slow: 30");
  await panel.assistant.last().getByText("lorem").first().waitFor();
  await bench.reload();
  panel = bench.shownPanel;
  await panel.connected();
  await panel.idle();
  await panel.action(panel.assistant.last(), "Copy message");
  await eventually(async () => (await bench.clipboard()).trim(), reply(400).trim());
});

test("sendPrompt goes on with the session that was shown, also when the panel has not been shown yet", async () => {
  const before = await panel.user.count();
  await bench.toggleSideBar();
  await panel.prompt.waitFor({ state: "hidden" });
  await bench.reload();
  await bench.run("Sidestream: Send Prompt");
  await bench.answer("sent from afar");
  panel = bench.shownPanel;
  await panel.user.nth(before).getByText("sent from afar").waitFor();
  await panel.idle();
});

/** A draft, and a place in the midst of the messages. */
async function leaveTraces() {
  await panel.prompt.fill("a draft, not sent");
  await panel.frame.getByRole("log").hover();
  await bench.page.mouse.wheel(0, -700);
  await panel.frame.getByRole("button", { name: "Jump to the newest" }).waitFor();
  await settled(traces);
}

/** What a person would miss if it were gone. */
function traces() {
  return panel.frame.locator("body").evaluate((body) => {
    const articles = [...body.querySelectorAll("article")];
    const top = body.querySelector("main").getBoundingClientRect().top;
    const seen = (article) => {
      const copy = article.querySelector(".content").cloneNode(true);
      copy.querySelectorAll("[hidden]").forEach((folded) => folded.remove());
      return copy.textContent;
    };
    const first = articles.find((article) => article.getBoundingClientRect().bottom > top);
    return {
      texts: articles.map(seen),
      place: first && { message: articles.indexOf(first), offset: Math.round(top - first.getBoundingClientRect().top) },
      draft: body.querySelector("textarea").value,
    };
  });
}
