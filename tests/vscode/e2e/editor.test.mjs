// What belongs to the editor around the panel: code actions, what is selected here and there, review in the native diff
// editors, and taking back.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../harness/eventually.mjs";
import { Workbench } from "../harness/workbench.mjs";

let bench, panel, folder;
before(async () => {
  bench = await Workbench.start({ config: { permission: {} } });
  [folder] = bench.folders;
  panel = await bench.panel();
  await panel.connected();
});
after(() => bench?.close());

/** None of a file that is being written. */
const contents = () => Promise.all(["hello.ts", "notes.md"].map((name) => readFile(path.join(folder, name), "utf8").catch(() => "")));
const changed = async () => (await contents()).map((text) => text && /Good day|Something/.test(text));
const edit = (name, oldString, newString) => {
  const filePath = path.join(folder, name);
  return `read ${JSON.stringify({ filePath })} ;; edit ${JSON.stringify({ filePath, oldString, newString })}`;
};

test("what a turn changed is shown in the native multi-diff editor, and one file of it in a diff editor", async () => {
  await panel.ask("before any change");
  await panel.ask(`tools: ${edit("hello.ts", "Hello, ", "Good day, ")} ;; ${edit("notes.md", "Nothing", "Something")}`);
  await eventually(changed, [true, true]);
  await panel.action(panel.user.last(), "Show what this turn changed");
  await bench.tab("changed in this turn").waitFor();
  await bench.diffLine("modified", "Good day,").waitFor();
  await bench.diffLine("original", "Nothing yet").waitFor();
  await panel.tool.last().locator(".diff-title button").click();
  await bench.tab("notes.md (changed by a tool)").waitFor();
  await bench.diffLine("modified", "Something yet").waitFor();
});

test("the session's and the working tree's changes are reviewed the same way", async () => {
  await bench.run("Sidestream: Review Changes of Session");
  await bench.tab("Scripted title").waitFor();
  await bench.run("Sidestream: Review Changes Since Last Commit");
  await bench.tab("main").waitFor();
});

test("a message is taken back after a confirmation that names the files, and that is undone", async () => {
  const changedTexts = await contents();
  await panel.action(panel.user.last(), "Revert to before this message");
  await bench.page.locator(".monaco-dialog-box", { hasText: /hello\.ts \+\d+ -\d+, notes\.md \+\d+ -\d+/ }).waitFor();
  await bench.dialog("Revert");
  await eventually(changed, [false, false]);
  await eventually(() => panel.user.count(), 1);
  await panel.frame.getByRole("button", { name: "Undo the revert" }).click();
  await eventually(contents, changedTexts);
  await eventually(() => panel.user.count(), 2);
});

test("what is selected goes into the prompt from the editor, the explorer and the terminal", async () => {
  await bench.run("View: Close All Editors");
  await bench.openFile("hello.ts");
  await bench.page.keyboard.press("Control+A");
  await bench.page.keyboard.press("Control+K");
  await bench.page.keyboard.press("Q");
  await panel.frame.getByRole("button", { name: "Remove hello.ts:1-3" }).waitFor();
  await bench.menu(bench.page.locator(".explorer-folders-view .monaco-list-row", { hasText: "notes.md" }), "Add File to Prompt");
  await panel.frame.getByRole("button", { name: "Remove notes.md" }).waitFor();
  await bench.run("Terminal: Create New Terminal");
  await bench.page.locator(".terminal-wrapper .xterm-cursor-layer, .terminal-wrapper .xterm-screen").first().waitFor();
  await bench.page.keyboard.type("echo from-the-terminal");
  await bench.page.keyboard.press("Enter");
  await bench.run("Terminal: Select All");
  await bench.run("Sidestream: Add Terminal Selection to Prompt");
  await eventually(async () => /from-the-terminal/.test(await panel.prompt.inputValue()), true);
  await bench.run("View: Toggle Panel Visibility");
  await panel.prompt.fill("with all of it");
  await panel.prompt.press("Enter");
  await panel.assistant.last().getByText("You said: with all of it").waitFor();
  await panel.idle();
  await panel.user.last().getByRole("button", { name: "notes.md" }).waitFor();
});

test("the problems of a file go into the prompt", async () => {
  await writeFile(path.join(folder, "broken.json"), '{ "a": }');
  await bench.openFile("broken.json");
  await bench.page.locator(".squiggly-error").first().waitFor();
  await bench.run("Sidestream: Add Problems of File to Prompt");
  await panel.frame.getByRole("button", { name: "Remove Problems of broken.json" }).waitFor();
  await panel.ask("mend it");
  await panel.user.last().getByText("mend it").waitFor();
  assert.equal(await panel.frame.getByRole("button", { name: /^Remove/ }).count(), 0);
});

test("Explain and Fix are code actions that begin a session", async () => {
  await bench.openFile("hello.ts");
  await bench.page.keyboard.press("Control+A");
  await bench.run("Sidestream: Explain Selection");
  await panel.user.last().getByText(/[Ee]xplain/).waitFor();
  await eventually(() => panel.user.count(), 1);
  await panel.idle();
  await bench.openFile("hello.ts");
  await bench.page.keyboard.press("Control+A");
  await bench.run("Quick Fix...");
  await bench.page.locator(".action-widget").getByText("Add to the OpenCode prompt").click();
  await panel.frame.getByRole("button", { name: /^Remove hello\.ts/ }).waitFor();
});
