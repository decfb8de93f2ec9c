// The tree of sessions in a window of two folders, and what can be done with a session.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../harness/eventually.mjs";
import { shareUrl, startShareHost } from "../harness/shareHost.mjs";
import { Workbench } from "../harness/workbench.mjs";

let shareHost, bench, panel;
before(async () => {
  shareHost = await startShareHost();
  bench = await Workbench.start({ folders: ["project", "library"], config: shareHost.config });
  panel = await bench.panel();
  await panel.connected();
});
after(async () => {
  await bench?.close();
  shareHost?.close();
});

test("a session begins in the folder that is picked, and the tree has it there", async () => {
  await newSession("project");
  await panel.ask("the first session");
  await bench.showSessions();
  await bench.row("Scripted title").waitFor();
  await newSession("library");
  await panel.ask(`tool: task ${JSON.stringify({ description: "Look around", prompt: "Hello", subagent_type: "general" })}`);
  await eventually(() => bench.rowTexts(), ["project", "Scripted title", "library", "Scripted title"]);
  await panel.frame.getByText("library", { exact: true }).waitFor();
});

test("a sub-agent's session is below the session that started it", async () => {
  await bench.rows.nth(3).locator(".monaco-tl-twistie").click();
  await bench.row(/^Look around/).click();
  await panel.user.getByText("Hello").waitFor();
});

test("a session is renamed in the tree's menu, and opened from the tree", async () => {
  await bench.menu(bench.rows.nth(1), "Rename Session");
  await bench.answer("My first");
  await bench.row("My first").click();
  await panel.user.getByText("the first session").waitFor();
  await panel.frame.getByRole("heading", { name: "My first" }).waitFor();
});

test("a session is found by its title", async () => {
  await bench.row(/^Look around/).click();
  await panel.user.getByText("Hello").waitFor();
  await bench.run("Sidestream: Search Sessions");
  await bench.pick("project", "project");
  await bench.pick("My fi", "My first");
  await panel.user.getByText("the first session").waitFor();
});

test("a session in an editor tab has its own panel", async () => {
  await bench.menu(bench.row("My first"), "Open Session in Editor Tab");
  await bench.tab("My first").waitFor();
  await bench.closeTab("My first");
});

test("a session is forked as a whole, and from one message on", async () => {
  await panel.ask("a second prompt");
  await bench.menu(bench.row("My first"), "Fork Session");
  await panel.frame.getByRole("heading", { name: /My first.*fork/ }).waitFor();
  await panel.user.getByText("a second prompt").waitFor();
  await panel.action(panel.user.last(), "Fork from here");
  await panel.frame.getByRole("heading", { name: /fork #2/ }).waitFor();
  await panel.user.getByText("the first session").waitFor();
  await eventually(() => panel.user.count(), 1);
});

test("a session is shared after a confirmation, and not any more after another command", async () => {
  await bench.menu(bench.row("My first"), "Share Session");
  await bench.dialog("Share");
  await eventually(() => bench.clipboard(), shareUrl);
  const shared = bench.row("My first").getByText("shared");
  await shared.waitFor();
  await bench.menu(bench.row("My first"), "Stop Sharing Session");
  await shared.waitFor({ state: "detached" });
});

test("a session is exported as Markdown into the folder", async () => {
  await bench.menu(bench.row("My first"), "Export Session as Markdown");
  await bench.acceptFile();
  await bench.tab(/\.md/).waitFor();
  const name = await bench.tab(/\.md/).getAttribute("data-resource-name");
  const markdown = readFileSync(path.join(bench.folders[0], name), "utf8");
  assert.match(markdown, /^# My first/);
  assert.match(markdown, /the first session[\s\S]*You said: the first session/);
});

test("an archived session goes into the archive and comes back, and a deleted one is gone after a confirmation", async () => {
  const fork = bench.row("My first (fork #2)");
  await bench.menu(fork, "Archive Session");
  await fork.waitFor({ state: "detached" });
  await bench.row("Archive").click();
  await bench.menu(fork, "Take Session Out of the Archive");
  await bench.row("Archive").waitFor({ state: "detached" });
  await bench.menu(fork, "Delete Session");
  await bench.dialog("Delete");
  await fork.waitFor({ state: "detached" });
  await bench.row("My first (fork #1)").waitFor();
  assert.ok(existsSync(path.join(bench.folders[0], "hello.ts")));
});

async function newSession(folder) {
  await bench.run("Sidestream: New Session");
  await bench.pick(folder, folder);
  await panel.frame.getByRole("heading", { name: "New session" }).waitFor();
  // Each folder has a server of its own, and they start one after the other.
  await panel.connected();
}
