// What waits for the user: permissions and questions, in the panel, in notifications, in the native diff editor.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Workbench } from "../harness/workbench.mjs";

let bench, panel, folder;
before(async () => {
  bench = await Workbench.start();
  [folder] = bench.folders;
  panel = await bench.panel();
  await panel.connected();
});
after(() => bench?.close());

test("a command runs when it is allowed once in the panel, and its card shows the output", async () => {
  await panel.send("bash: echo allowed; touch allowed.txt");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
  assert.ok(existsSync(path.join(folder, "allowed.txt")));
  const card = panel.frame.locator("details.tool").last();
  await card.locator("summary").click();
  await card.locator(".output", { hasText: "allowed" }).waitFor();
  assert.equal(await panel.permission.count(), 0);
});

test("a rejection with a note tells the model what to do instead", async () => {
  await panel.send("bash: touch rejected.txt");
  await panel.permission.getByRole("textbox", { name: "Note for a rejection" }).fill("use another way");
  await panel.permission.getByRole("button", { name: "Reject" }).click();
  await panel.frame.locator("details.tool").last().getByText("use another way").waitFor();
  await panel.idle();
  assert.ok(!existsSync(path.join(folder, "rejected.txt")));
});

test("an edit is shown in the native diff editor before it is allowed", async () => {
  const file = path.join(folder, "hello.ts");
  await panel.ask(`tool: read ${JSON.stringify({ filePath: file })}`);
  await panel.send(`tool: edit ${JSON.stringify({ filePath: file, oldString: "Hello, ", newString: "Good day, " })}`);
  await panel.permission.getByRole("button", { name: "Show diff" }).click();
  await bench.page.locator(".monaco-diff-editor .modified .view-line", { hasText: "Good" }).first().waitFor();
  await bench.page.locator(".tab", { hasText: "proposed" }).waitFor();
  assert.match(readFileSync(file, "utf8"), /Hello, /);
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
  assert.match(readFileSync(file, "utf8"), /Good day, /);
  await panel.frame.locator("details.tool .diff .line.added").last().waitFor();
});

test("a question is answered with an option", async () => {
  const questions = [{ question: "Which colour?", header: "Colour", options: [{ label: "Red", description: "warm" }, { label: "Blue", description: "cold" }] }];
  await panel.send(`tool: question ${JSON.stringify({ questions })}`);
  await panel.question.getByLabel("Blue").check();
  await panel.question.getByRole("button", { name: "Answer" }).click();
  await panel.question.waitFor({ state: "detached" });
  await panel.idle();
});

test("a sub-agent's permission is shown at the root, and its card opens its session", async () => {
  await panel.send(`tool: task ${JSON.stringify({ description: "Look around", prompt: "bash: echo from-child", subagent_type: "general" })}`);
  await panel.permission.getByText("asked by a sub-agent").waitFor();
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
  await panel.frame.getByRole("button", { name: "Open the sub-agent's session" }).click();
  await panel.user.getByText("bash: echo from-child").waitFor();
  await panel.frame.getByTitle(/^Back to/).click();
  await panel.user.getByText("allowed.txt").waitFor();
});

test("with the panel hidden a permission is rejected from the notification", async () => {
  await bench.run("Sidestream: New Session");
  await panel.send("slow: 100 say: bash: touch unseen.txt");
  await panel.assistant.getByText("I will").waitFor();
  await bench.page.keyboard.press("Control+Alt+B");
  const toast = bench.notification("Sidestream:");
  await toast.getByRole("button", { name: "Reject" }).click();
  panel = await bench.panel();
  await panel.idle();
  await panel.frame.locator("details.tool[data-status=error]").waitFor();
  assert.ok(!existsSync(path.join(folder, "unseen.txt")));
});
