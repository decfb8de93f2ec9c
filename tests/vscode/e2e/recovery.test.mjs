// What goes wrong: OpenCode dies, the server is missing or keeps ending, no folder is open, the folder is not trusted.
// And the end: when the window closes, nothing is left.

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../harness/eventually.mjs";
import { Workbench } from "../harness/workbench.mjs";

let bench, panel, working;
before(async () => {
  bench = await Workbench.start();
  panel = await bench.panel();
  await panel.connected();
  working = { ...bench.settings };
});
after(() => bench?.close());

/** The window is closed, and opened with other settings when all of it has ended. */
async function reopen(settings, what) {
  await bench.closeWindow();
  await bench.writeSettings({ ...working, ...settings });
  await bench.open(what);
  panel = await bench.panel();
}

const started = async () => (await bench.started()).map(({ command }) => command.join(" "));

test("OpenCode is killed and comes back, and the conversation goes on", async () => {
  await panel.ask("before");
  const [openCode] = (await bench.started()).filter(({ command }) => path.basename(command[0]) === "opencode");
  const lost = await panel.noteLoss();
  process.kill(openCode.pid, "SIGKILL");
  await lost();
  await panel.connected();
  await panel.ask("after");
  await panel.assistant.last().getByText("You said: after").waitFor();
  await panel.user.first().getByText("before").waitFor();
});

test("the server is killed and comes back, and a run's prompt is not lost", async () => {
  const [server] = (await bench.started()).filter(({ command }) => path.basename(command[0]) === "sidestream" && command[1] !== "guard");
  const lost = await panel.noteLoss();
  process.kill(server.pid, "SIGKILL");
  await lost();
  await panel.send("sent while it was away");
  await panel.connected();
  await panel.assistant.last().getByText("You said: sent while it was away").waitFor();
});

test("diagnostics are copied, without the conversation, and the menu has what helps", async () => {
  await bench.statusItem("Sidestream").click();
  await bench.pick("Copy Diag", "Copy Diagnostics");
  await bench.notification("The diagnostics are on the clipboard").waitFor();
  const text = await bench.clipboard();
  assert.match(text, /^Sidestream \d+\.\d+\.\d+, VS Code 1\./);
  assert.match(text, /connected, 0 busy, 0 waiting\nOpenCode \d/);
  assert.doesNotMatch(text, /sent while it was away/);
});

test("with tools still running, nothing is left when the window closes", async () => {
  await panel.send("bash: sleep 600");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await eventually(async () => (await started()).some((line) => line.startsWith("sleep")), true);
  await bench.closeWindow();
  assert.deepEqual(await started(), []);
  await bench.open();
});

test("a missing server is told with a button that leads to the settings", async () => {
  await reopen({ "sidestream.command": ["/nowhere/sidestream"] });
  await panel.frame.getByText("The Sidestream server was not found").waitFor();
  await panel.frame.getByRole("button", { name: "Open Settings" }).click();
  await bench.page.locator(".settings-editor").waitFor();
});

test("a server that keeps ending is told with a button to start it again", async () => {
  await reopen({ "sidestream.command": ["/bin/sh", "-c", "exit 1"] });
  await panel.frame.getByText("The Sidestream server has ended").waitFor();
  await panel.frame.getByRole("button", { name: "Restart" }).waitFor();
});

test("a wrong OpenCode program is told, and Try Again takes the one that was set since", async () => {
  await reopen({ "sidestream.server.command": ["/nowhere/opencode"] });
  await panel.frame.getByText("OpenCode cannot work in “project”").waitFor();
  await bench.writeSettings(working);
  await bench.notification("The changed settings count after a restart").waitFor();
  await panel.frame.getByRole("button", { name: "Try Again" }).click();
  await panel.connected();
});

test("a folder that is reached by a link is one and the same to the editor and the server", async () => {
  const link = path.join(bench.home, "link");
  symlinkSync(bench.folders[0], link);
  await reopen({}, { folder: link });
  await panel.connected();
  await bench.openFile("hello.ts");
  await panel.frame.getByRole("button", { name: "Active file: hello.ts" }).waitFor();
  await panel.ask("see [it](hello.ts:2)");
  await panel.assistant.last().getByRole("link", { name: "it" }).click();
  await bench.page.getByText("Ln 2, Col 1").waitFor();
  assert.equal(await bench.tab("hello.ts").count(), 1);
});

test("without a folder the panel offers to open one", async () => {
  await reopen({}, { ew: true });
  await panel.frame.getByText("No folder is open").waitFor();
  await panel.frame.getByRole("button", { name: "Open Folder" }).waitFor();
});

test("in a folder that is not trusted nothing is started", async () => {
  await reopen({ "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never" });
  await panel.frame.getByText("This folder is not trusted").waitFor();
  await panel.frame.getByRole("button", { name: "Manage Trust" }).waitFor();
  await bench.run("Sidestream: New Session");
  await bench.notification("This folder is not trusted").waitFor();
  assert.deepEqual(await started(), []);
});
