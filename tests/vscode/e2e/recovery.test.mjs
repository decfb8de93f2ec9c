// What goes wrong: OpenCode dies, the server is missing, no folder is open, the folder is not trusted. And the end: nothing is left.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { processesWith } from "../harness/processes.mjs";
import { Workbench } from "../harness/workbench.mjs";

let bench;
after(() => bench?.close());

async function fresh(options) {
  await bench?.close();
  bench = await Workbench.start(options);
  return bench.panel();
}

test("OpenCode is killed and comes back, and the conversation goes on", async () => {
  const panel = await fresh({});
  await panel.connected();
  await panel.ask("before");
  const [server] = (await ours()).filter(({ line }) => / serve /.test(line) && !/guard/.test(line));
  process.kill(server.pid, "SIGKILL");
  await panel.status.filter({ hasNotText: "Connected" }).waitFor();
  await panel.connected();
  await panel.ask("after");
  await panel.assistant.last().getByText("You said: after").waitFor();
  await panel.user.first().getByText("before").waitFor();
});

test("when the window closes, no process is left", async () => {
  const began = await ours();
  assert.ok(began.some(({ line }) => / serve /.test(line)), "OpenCode runs");
  await bench.browser.close();
  bench.stopServing();
  const deadline = Date.now() + 10_000;
  let left = await ours();
  while (left.length > 0 && Date.now() < deadline) left = await ours();
  assert.deepEqual(left, []);
});

test("a missing server is told with a button that leads to the settings", async () => {
  const panel = await fresh({ settings: { "sidestream.command": ["/nowhere/sidestream"] } });
  await panel.frame.getByText("The Sidestream server was not found").waitFor();
  await panel.frame.getByRole("button", { name: "Open Settings" }).click();
  await bench.page.locator(".settings-editor").waitFor();
});

test("a wrong OpenCode program is told with a button to try again", async () => {
  const panel = await fresh({ settings: { "sidestream.server.command": ["/nowhere/opencode"] } });
  await panel.frame.getByText("OpenCode cannot work in “project”").waitFor();
  await panel.frame.getByRole("button", { name: "Try Again" }).waitFor();
});

test("without a folder the panel offers to open one", async () => {
  const panel = await fresh({});
  await bench.open("");
  await bench.panel();
  await panel.frame.getByText("No folder is open").waitFor();
  await panel.frame.getByRole("button", { name: "Open Folder" }).waitFor();
});

test("in a folder that is not trusted nothing is started", async () => {
  const panel = await fresh({ settings: { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never" } });
  await panel.frame.getByText("This folder is not trusted").waitFor();
  assert.deepEqual(await ours(), []);
});

/** What the extension started: the server, the guard, OpenCode and its tools. */
async function ours() {
  const all = await processesWith(bench.home);
  return all.filter(({ line }) => !/scripted-model|chromium|chrome_crashpad/.test(line) && !line.includes("server-main.js") && /sidestream|opencode/.test(line) && !/bootstrap-fork|esbuild/.test(line));
}
