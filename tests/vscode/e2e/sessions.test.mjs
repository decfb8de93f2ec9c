// The tree of sessions and what can be done there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Workbench } from "../harness/workbench.mjs";

let bench, panel;
before(async () => {
  bench = await Workbench.start();
  panel = await bench.panel();
  await panel.connected();
  await panel.ask("the first session");
  await bench.run("Sidestream: New Session");
  await panel.ask(`tool: task ${JSON.stringify({ description: "Look around", prompt: "Hello", subagent_type: "general" })}`);
  await bench.page.getByRole("button", { name: "Sessions Section" }).click();
});
after(() => bench?.close());

const rows = () => bench.page.locator(".pane:has([aria-label='Sessions Section']) .monaco-list-row");

test("the tree has all sessions, sub-agents' below the session that started them", async () => {
  await rows().nth(1).waitFor();
  assert.equal(await rows().count(), 2);
  await rows().first().locator(".monaco-tl-twistie").click();
  await rows().nth(2).waitFor();
  assert.match(await rows().nth(1).innerText(), /Look around/);
});

test("a session is renamed in the tree's menu", async () => {
  await menu(rows().last(), "Rename Session");
  await bench.page.locator(".quick-input-widget input.input").fill("My first");
  await bench.page.keyboard.press("Enter");
  await rows().last().getByText("My first").waitFor();
});

test("a session is opened from the tree", async () => {
  await rows().last().click();
  await panel.user.getByText("the first session").waitFor();
  await panel.frame.getByRole("heading", { name: "My first" }).waitFor();
});

test("a session is found by its title", async () => {
  await rows().first().click();
  await panel.user.getByText("Look around").waitFor();
  await panel.frame.locator("textarea:focus").waitFor();
  await bench.run("Sidestream: Search Sessions");
  await bench.pick("My fi", "My first");
  await panel.user.getByText("the first session").waitFor();
});

test("a session in an editor tab has its own panel", async () => {
  await bench.run("Sidestream: Open in Editor Tab");
  await bench.page.locator(".tab", { hasText: "My first" }).waitFor();
});

test("a session is deleted after a confirmation", async () => {
  await menu(rows().last(), "Delete Session");
  await bench.page.locator(".monaco-dialog-box").getByRole("button", { name: "Delete" }).click();
  await rows().getByText("My first").waitFor({ state: "detached" });
});

async function menu(row, entry) {
  await row.click({ button: "right" });
  const item = bench.page.getByRole("menuitem", { name: entry });
  await item.hover();
  await item.click();
}
