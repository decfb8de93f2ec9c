// What a real server does seldom, played: an OpenCode that lacks something, failures, countdowns, hundreds of sessions,
// a window that nobody looks at.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually, settled } from "../harness/eventually.mjs";
import { empty, instanceOf, session, Stage } from "../harness/stage.mjs";
import { Workbench } from "../harness/workbench.mjs";

const folder = mkdtempSync(path.join(os.tmpdir(), "sidestream-stage-"));
const stage = new Stage(folder);
let bench, panel;
before(async () => {
  bench = await Workbench.start({ settings: stage.settings });
  panel = await bench.panel();
  await panel.connected();
  await bench.showSessions();
});
after(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const message = (index) => ({
  id: `m${index}`, sessionId: "s", role: "user", status: "sent", time: { created: index },
  parts: [{ id: `p${index}`, type: "text", text: `Prompt ${index}\n${"and more\n".repeat(5)}` }],
});
const snapshot = { ...empty.snapshot, messages: Array.from({ length: 40 }, (_, index) => message(index)) };
const tellInstance = (change) => stage.tell("instance/didChange", { instance: instanceOf(bench.folders[0], change) });
const tellSession = (change) => stage.tell("session/didChange", { session: session(change) });
const asked = async (method) => (await stage.requests()).filter((each) => each === method).length;

test("a session that cannot be opened says why, with a button that tries again", async () => {
  await stage.fail("session/open", "The disk is full.");
  await bench.row("On stage").click();
  await panel.frame.getByText("The session cannot be shown").waitFor();
  await panel.frame.getByText("The disk is full.\nLook at its log.").waitFor();
  await stage.answer("session/open", snapshot);
  await panel.frame.getByRole("button", { name: "Try Again" }).click();
  await panel.user.getByText("Prompt 39").waitFor();
  await panel.frame.getByText("The session cannot be shown").waitFor({ state: "detached" });
});

test("what the connected OpenCode cannot do is not offered, in the tree, the palette and the panel", async () => {
  const unsupported = ["share", "archive", "fork"].map((name) => `sidestream/session/${name}`);
  await stage.tell("catalog/didChange", { catalog: { ...empty.catalog, unsupported } });
  const newest = panel.user.last();
  await newest.hover();
  await newest.getByRole("button", { name: "Revert to before this message" }).waitFor();
  await newest.getByRole("button", { name: "Fork from here" }).waitFor({ state: "hidden" });
  await bench.openMenu(bench.row("On stage"), "Rename Session");
  for (const name of ["Share Session", "Archive Session", "Fork Session"]) assert.equal(await bench.menuItem(name).count(), 0);
  await bench.page.keyboard.press("Escape");
  await bench.fromList("F1", ">Sidestream: Session", () => bench.listRow("Rename Session").waitFor());
  assert.equal(await bench.listRow("Share Session").count(), 0);
  await bench.page.keyboard.press("Escape");
});

test("a provider that fails is waited for with a countdown", async () => {
  await tellSession({ status: { type: "retry", attempt: 2, message: "Overloaded", next: Date.now() + 60_000 } });
  const activity = panel.frame.locator(".activity");
  const seconds = async () => Number(/Try 2 failed: Overloaded. Next in (\d+) s/.exec(await activity.innerText())?.[1]);
  await eventually(async () => (await seconds()) > 0, true);
  const first = await seconds();
  await eventually(async () => (await seconds()) < first, true);
  await panel.stopButton.waitFor();
  await tellSession({});
  await panel.idle();
});

test("things to do are those of the session as it is, also when it is told anew; a reader stays where he reads", async () => {
  const todo = (content, status) => ({ content, status, priority: "medium" });
  await stage.tell("todo/didChange", { sessionId: "s", revision: 1, todos: [todo("Read", "completed"), todo("Write", "in_progress")] });
  await panel.frame.getByText("1 of 2 done").click();
  await panel.frame.locator(".todo-list").getByText("under way").waitFor();
  await panel.frame.getByRole("log").hover();
  await bench.page.mouse.wheel(0, -900);
  await panel.frame.getByRole("button", { name: "Jump to the newest" }).waitFor();
  await settled(firstInSight);
  const before = await firstInSight();
  const again = { ...snapshot, revision: 5, todos: [todo("Again", "pending")] };
  await stage.tell("session/didReset", { sessionId: "s", revision: 5, snapshot: again });
  await panel.frame.getByText("0 of 1 done").waitFor();
  // A pixel more or less is the browser's rounding.
  const isBack = ([message, offset]) => message === before[0] && Math.abs(offset - before[1]) <= 1;
  await eventually(async () => isBack(await firstInSight()), true);
});

test("messages are gone through by keys, and from the newest one back to the prompt", async () => {
  await panel.frame.getByRole("button", { name: "Jump to the newest" }).click();
  const focused = () => panel.frame.locator(":focus").evaluate((element) => element.dataset.id ?? element.getAttribute("aria-label"));
  await panel.prompt.focus();
  await bench.page.keyboard.press("Alt+ArrowUp");
  await bench.page.keyboard.press("Alt+ArrowUp");
  assert.equal(await focused(), "m38");
  await bench.page.keyboard.press("Alt+ArrowDown");
  assert.equal(await focused(), "m39");
  await bench.page.keyboard.press("Alt+ArrowDown");
  assert.equal(await focused(), "Prompt");
});

test("cards are answered one after the other by keys, and then the prompt has the focus", async () => {
  const permission = (id) => ({ id, sessionId: "s", permission: "bash", patterns: [], always: [], metadata: {}, title: `run ${id}` });
  const ask = (id) => stage.tell("permission/didAsk", { sessionId: "s", permission: permission(id) });
  const resolve = (permissionId) => stage.tell("permission/didResolve", { sessionId: "s", permissionId, reply: "once" });
  await ask("one");
  await ask("two");
  const card = (id) => panel.frame.getByRole("group", { name: `run ${id}` });
  await card("one").getByRole("button", { name: "Allow once" }).press("Enter");
  await resolve("one");
  await card("two").getByRole("textbox").and(panel.frame.locator(":focus")).waitFor();
  await card("two").getByRole("button", { name: "Reject" }).press("Enter");
  await resolve("two");
  await panel.prompt.and(panel.frame.locator(":focus")).waitFor();
});

test("a lost connection counts down to the next try, which begins at once when the window is looked at again", async () => {
  await bench.setFocus(false);
  await tellInstance({ state: "reconnecting", attempt: 2, retryAt: Date.now() + 60_000 });
  await panel.status.filter({ hasText: /^Reconnecting, try 2 … in \d+ s$/ }).waitFor();
  assert.equal(await asked("instance/reconnect"), 0);
  await bench.setFocus(true);
  await eventually(() => asked("instance/reconnect"), 1);
  await tellInstance({});
  await panel.connected();
});

test("an OpenCode that is too old is told plainly, with what to do", async () => {
  await tellInstance({ state: "failed", error: { kind: "unsupported", message: "OpenCode 1.0.0 is too old.", hint: "Update it." } });
  await panel.frame.getByText("OpenCode cannot work in “project”").waitFor();
  await panel.frame.getByText("OpenCode 1.0.0 is too old.\nUpdate it.").waitFor();
  await panel.frame.getByRole("button", { name: "Try Again" }).waitFor();
});

test("older sessions are shown on demand, and the one that is open is not lost for being old", async () => {
  const rows = (...ids) => ids.map((id) => session({ id, title: id, time: { created: 5, updated: 5 } }));
  await stage.answer("session/list", { sessions: rows("New one"), cursor: "c" });
  await tellInstance({});
  await bench.row("New one").waitFor();
  await panel.frame.getByRole("heading", { name: "On stage" }).waitFor();
  await stage.answer("session/list", { sessions: rows("Old one") });
  await bench.row("Show Older Sessions").click();
  await bench.row("Old one").waitFor();
  await bench.row("Show Older Sessions").waitFor({ state: "detached" });
  await bench.row("New one").waitFor();
});

test("the end of a run is told of when nobody looks, and its words are no links", async () => {
  await bench.setFocus(false);
  const title = "[On stage](command:workbench.action.files.newUntitledFile)";
  await tellSession({ title, status: { type: "busy" } });
  await panel.stopButton.waitFor();
  await tellSession({ title });
  const toast = bench.notification("is done.");
  await toast.waitFor();
  assert.equal(await toast.locator("a[href], a.monaco-link").count(), 0);
  await bench.setFocus(true);
  await toast.getByRole("button", { name: "Show" }).click();
  await toast.waitFor({ state: "detached" });
});

test("code of an answer is inserted at the cursor, and opened as a new file", async () => {
  const parts = [{ id: "p", type: "text", text: "So it is:\n\n```ts\nconst inserted = 1;\n```\n" }];
  const answer = { ...message(0), role: "assistant", status: "complete", parts };
  const answered = { ...snapshot, messages: [answer], revision: 20 };
  // The panel may just be opening the session.
  await stage.answer("session/open", answered);
  await stage.tell("session/didReset", { sessionId: "s", revision: 20, snapshot: answered });
  await bench.openFile("notes.md");
  const block = panel.assistant.last().locator("figure.code");
  await block.getByRole("button", { name: "Insert at cursor" }).click();
  await bench.editorLine("const inserted = 1;").waitFor();
  await bench.run("File: Revert File");
  await bench.editorLine("# Notes").waitFor();
  await block.getByRole("button", { name: "Open in new file" }).click();
  await bench.tab("Untitled-1").waitFor();
  await bench.editorLine("const inserted = 1;").waitFor();
});

test("the commands to summarise, to reconnect, to show the logs and to restart do that", async () => {
  await bench.run("Sidestream: Summarise Session");
  await eventually(() => asked("session/compact"), 1);
  await bench.run("Sidestream: Reconnect");
  await eventually(() => asked("instance/reconnect"), 2);
  await bench.run("Sidestream: Show Logs");
  const output = bench.page.getByLabel("Switch Output").first();
  await eventually(() => output.evaluate(({ selectedOptions }) => selectedOptions[0].text), "Sidestream");
  await bench.run("Sidestream: Restart");
  await eventually(async () => (await stage.requests().catch(() => [])).includes("session/compact"), false);
  await panel.connected();
});

/** The first message in sight, and how far it has gone beyond the upper edge. */
function firstInSight() {
  return panel.frame.locator("main").evaluate((main) => {
    const { top } = main.getBoundingClientRect();
    const first = [...main.querySelectorAll("article")].find((article) => article.getBoundingClientRect().bottom > top);
    return [first.dataset.id, Math.round(top - first.getBoundingClientRect().top)];
  });
}
