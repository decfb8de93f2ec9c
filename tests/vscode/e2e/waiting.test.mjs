// What waits for the user: permissions and questions, in the panel, in notifications, in the native diff editor.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../harness/eventually.mjs";
import { Workbench } from "../harness/workbench.mjs";

let bench, panel, folder;
before(async () => {
  bench = await Workbench.start();
  [folder] = bench.folders;
  panel = await bench.panel();
  await panel.connected();
});
after(() => bench?.close());

const inFolder = (name) => path.join(folder, name);

test("a command waits until it is allowed once, runs, and its card shows the output; the next one asks again", async () => {
  await panel.send("bash: echo allowed; touch allowed.txt");
  await panel.permission.getByText("touch allowed.txt").first().waitFor();
  await bench.statusItem("1 waiting").waitFor();
  await bench.badge("1").waitFor();
  assert.ok(!existsSync(inFolder("allowed.txt")));
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
  assert.ok(existsSync(inFolder("allowed.txt")));
  await panel.permission.waitFor({ state: "detached" });
  await bench.statusItem("Sidestream").waitFor();
  await panel.openLastTool("allowed");
  await panel.send("bash: echo allowed; touch allowed.txt");
  await panel.permission.waitFor();
  await panel.permission.getByRole("button", { name: "Reject" }).click();
  await panel.idle();
});

test("Always allow says what it covers, and covers it", async () => {
  await panel.send("bash: git status --short");
  await panel.permission.getByText(/“Always allow” covers: .*git status \*/).first().waitFor();
  await panel.permission.getByRole("button", { name: "Always allow" }).click();
  await panel.idle();
  await panel.ask("bash: git status --branch");
  assert.equal(await panel.permission.count(), 0);
  assert.equal(await panel.tool.last().getAttribute("data-status"), "completed");
});

test("a rejection with a note tells the model what to do instead", async () => {
  await panel.send("bash: touch rejected.txt");
  await panel.permission.getByRole("textbox", { name: "Note for a rejection" }).fill("use another way");
  await panel.permission.getByRole("button", { name: "Reject" }).click();
  await panel.tool.last().getByText("use another way").waitFor();
  await panel.idle();
  assert.ok(!existsSync(inFolder("rejected.txt")));
});

test("an edit is shown in the native diff editor before it is allowed", async () => {
  const file = inFolder("hello.ts");
  await panel.ask(`tool: read ${JSON.stringify({ filePath: file })}`);
  await panel.send(`tool: edit ${JSON.stringify({ filePath: file, oldString: "Hello, ", newString: "Good day, " })}`);
  await panel.permission.getByRole("button", { name: "Show diff" }).click();
  await bench.tab("hello.ts (proposed)").waitFor();
  await bench.diffLine("original", "Hello,").waitFor();
  await bench.diffLine("modified", "Good day,").waitFor();
  assert.match(readFileSync(file, "utf8"), /Hello, /);
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
  assert.match(readFileSync(file, "utf8"), /Good day, /);
  await panel.tool.last().locator(".diff .line.added").getByText("Good day").waitFor();
});

test("after a reload of the window no diff is left whose texts are gone", async () => {
  await bench.tab("hello.ts (proposed)").waitFor();
  await bench.reload();
  await panel.connected();
  await bench.tab("hello.ts (proposed)").waitFor({ state: "detached" });
});

test("a question is answered with an option, and another one in the user's own words", async () => {
  const options = [{ label: "Red", description: "warm" }, { label: "Blue", description: "cold" }];
  const ask = (question, multiple) =>
    `tool: question ${JSON.stringify({ questions: [{ question, header: "Colour", multiple, options }] })}`;
  await panel.send(ask("Which colour?", false));
  assert.ok(await panel.question.getByRole("button", { name: "Answer" }).isDisabled());
  await panel.question.getByLabel("Blue").check();
  await panel.question.getByRole("button", { name: "Answer" }).click();
  await panel.question.waitFor({ state: "detached" });
  await panel.idle();
  await panel.openLastTool('"Which colour?"="Blue"');

  await panel.send(ask("Which colours?", true));
  await panel.question.getByLabel("Red").check();
  await panel.question.getByLabel("Your own answer").fill("Green");
  await panel.question.getByRole("button", { name: "Answer" }).click();
  await panel.idle();
  await panel.openLastTool('"Which colours?"="Red, Green"');
});

test("a sub-agent's permission is shown at the root, and its card opens its session", async () => {
  const task = { description: "Look around", prompt: "bash: echo from-child", subagent_type: "general" };
  await panel.send(`tool: task ${JSON.stringify(task)}`);
  await panel.permission.getByText("asked by a sub-agent").waitFor();
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
  await panel.frame.getByRole("button", { name: "Open the sub-agent's session" }).click();
  await panel.user.getByText("bash: echo from-child").waitFor();
  await panel.frame.getByTitle(/^Back to/).click();
  await panel.user.getByText("Look around").waitFor();
});

test("with the panel hidden, a permission is rejected from the notification", async () => {
  await panel.send("slow: 1000 say: bash: touch unseen.txt # [here](command:workbench.action.files.newUntitledFile)");
  await panel.assistant.last().getByText("I will").waitFor();
  await bench.toggleSideBar();
  const toast = bench.notification("touch unseen.txt");
  await toast.waitFor();
  assert.equal(await toast.locator("a[href]").count(), 0, "what a model wrote is no link that runs commands");
  await toast.getByRole("button", { name: "Reject" }).click();
  await toast.waitFor({ state: "detached" });
  await bench.panel();
  await panel.idle();
  await panel.permission.waitFor({ state: "detached" });
  await eventually(() => panel.tool.last().getAttribute("data-status"), "error");
  assert.ok(!existsSync(inFolder("unseen.txt")));
});

test("with the panel hidden, an edit is shown in the native diff editor from its notification", async () => {
  const file = inFolder("notes.md");
  await panel.ask(`tool: read ${JSON.stringify({ filePath: file })}`);
  await panel.send(`slow: 1000 say: tool: edit ${JSON.stringify({ filePath: file, oldString: "Nothing", newString: "Something" })}`);
  await panel.assistant.last().getByText("I will").waitFor();
  await bench.toggleSideBar();
  await bench.notification("notes.md").getByRole("button", { name: "Show diff" }).click();
  await bench.tab("notes.md (proposed)").waitFor();
  await bench.diffLine("original", "Nothing").waitFor();
  await bench.diffLine("modified", "Something").waitFor();
  await bench.panel();
  await panel.permission.getByRole("button", { name: "Reject" }).click();
  await panel.idle();
});

test("another session that waits is told of, and shown by one press", async () => {
  await bench.panel();
  await panel.send("bash: echo elsewhere");
  await panel.permission.waitFor();
  await bench.run("Sidestream: New Session");
  await panel.permission.waitFor({ state: "detached" });
  await panel.frame.getByRole("button", { name: "Another session waits for you" }).click();
  await panel.permission.getByText("echo elsewhere").first().waitFor();
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
});

test("a session's permission mode is chosen in the editor's list, and nothing asks any more", async () => {
  await panel.frame.getByRole("button", { name: "Permissions: as configured" }).click();
  await bench.pick("Allow everything", "Allow everything");
  await panel.picker("Permissions").waitFor();
  await panel.ask("bash: touch free.txt");
  assert.ok(existsSync(inFolder("free.txt")));
});
