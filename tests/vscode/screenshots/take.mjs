// Takes the pictures of each main state, in dark, light and high contrast: `node tests/vscode/screenshots/take.mjs FOLDER`.
// They are to be looked at; editors/vscode/media/screenshots has the best of them.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { startActor } from "./model.mjs";
import { Workbench } from "../harness/workbench.mjs";

const themes = { dark: "Dark Modern", light: "Light Modern", contrast: "Dark High Contrast" };
/** Editor and panel, without the explorer. */
const clip = { x: 350, y: 28, width: 930, height: 772 };
const folder = path.resolve(process.argv[2] ?? "screenshots");
await mkdir(folder, { recursive: true });

const greeting = "Greet people by the time of day, and check that it works.";
const answer = `Greetings now depend on the hour:

| hour | greeting |
|---|---|
| before 12 | Good morning |
| before 18 | Good day |
| later | Good evening |

\`\`\`ts
import { hello } from "./hello";

// The hour of now, unless one is given.
console.log(hello("Ada", 9)); // "Good morning, Ada"
\`\`\`

1. \`hello.ts\` takes the hour as an *optional* second argument.
2. All callers stay as they are.`;

let file;
const edited = () => ({
  filePath: file,
  oldString: "export function hello(name: string) {\n  return `Hello, ${name}`;\n}",
  newString: "export function hello(name: string, hour = new Date().getHours()) {\n  return `${greeting(hour)}, ${name}`;\n}\n\nfunction greeting(hour: number) {\n  if (hour < 12) return \"Good morning\";\n  return hour < 18 ? \"Good day\" : \"Good evening\";\n}",
});
const todos = (...states) => ["Read how people are greeted", "Greet by the time of day", "Check that it works"]
  .map((content, index) => ({ content, status: states[index], priority: "medium" }));
const turns = {
  [greeting]: {
    title: "Greetings by the time of day",
    steps: [
      { text: "I look at what is there first.", get tools() { return [["todowrite", { todos: todos("in_progress", "pending", "pending") }], ["read", { filePath: file }]]; } },
      { text: "One function, and nobody else formats names. The hour can be an optional argument.", get tools() { return [["todowrite", { todos: todos("completed", "in_progress", "pending") }], ["edit", edited()]]; } },
      { tools: [["bash", { command: "node --experimental-strip-types --eval 'import(\"./hello.ts\").then(({ hello }) => console.log(hello(\"Ada\", 9)))'", description: "Greet Ada at nine" }], ["todowrite", { todos: todos("completed", "completed", "completed") }]] },
      { text: answer },
    ],
  },
  "Should it be polite": {
    title: "How polite to be",
    steps: [{ tools: [["question", { questions: [{ header: "Tone", question: "How should people be greeted?", multiple: false, options: [
      { label: "Formally", description: "Good morning, Ms Lovelace" }, { label: "As friends", description: "Hi Ada" }] }] }]] }],
  },
  "Look at it from outside": {
    title: "A look from outside",
    steps: [{ tools: [["task", { description: "Review the greeting", prompt: "Review hello.ts", subagent_type: "general" }]] }, { text: "The reviewer has nothing to add." }],
  },
};

const actor = await startActor(turns);
const bench = await Workbench.start({
  config: {
    model: "actor/actor", small_model: "actor/actor", permission: { bash: "ask", edit: "ask" },
    provider: { actor: { npm: "@ai-sdk/openai-compatible", name: "Actor", options: { baseURL: actor.url, apiKey: "none" }, models: { actor: { name: "Example model", limit: { context: 128_000, output: 8_000 }, cost: { input: 1.5, output: 6 } } } } },
  },
});
try {
  file = path.join(bench.folders[0], "hello.ts");
  const { page } = bench;
  const panel = await bench.panel();
  await panel.connected();
  await widen(page);
  await take("1-welcome");

  await bench.openFile("hello.ts");
  await panel.send(greeting);
  await panel.permission.waitFor();
  await panel.permission.getByRole("button", { name: "Show diff" }).click();
  await bench.diffLine("modified", "Good morning").waitFor();
  await take("2-permission");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.permission.getByText("node --experimental-strip-types").first().waitFor();
  await take("3-command");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.assistant.getByText("Greetings now depend").waitFor();
  await panel.idle();
  await take("4-answer");
  await panel.user.first().scrollIntoViewIfNeeded();
  await panel.tool.first().locator("summary").click();
  await panel.frame.locator(".todos summary").click();
  await take("5-tools");
  await panel.frame.locator(".todos summary").click();

  await newSession();
  await panel.ask("Look at it from outside");
  await newSession();
  await panel.send("Should it be polite?");
  await panel.question.waitFor();
  await bench.showSessions();
  await bench.rows.nth(2).waitFor();
  await take("6-question-and-sessions");
  await panel.question.getByRole("button", { name: "Dismiss" }).click();
  await bench.showSessions();
  await take("7-suggestions", async () => {
    await panel.prompt.fill("");
    await panel.prompt.pressSequentially("@he");
    await panel.frame.getByRole("option").first().waitFor();
  });

  await bench.writeSettings({ "sidestream.server.command": ["/nowhere/opencode"] });
  await bench.open();
  await bench.shownPanel.frame.getByText("OpenCode cannot work").waitFor();
  await take("8-obstacle");

  async function newSession() {
    await bench.run("Sidestream: New Session");
    await panel.frame.getByRole("heading", { name: "New session" }).waitFor();
  }

  /** `prepare`: what does not outlive that another theme is chosen. */
  async function take(name, prepare = () => undefined) {
    for (const [short, theme] of Object.entries(themes)) {
      await bench.run("Preferences: Color Theme");
      await bench.pick(theme, theme);
      await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
      await prepare();
      await page.mouse.move(640, 790);
      // The panel gets its new colours a little later than the workbench.
      await page.waitForTimeout(700);
      await page.screenshot({ path: path.join(folder, `${name}-${short}.png`), clip });
    }
  }
} finally {
  await bench.close();
  actor.close();
}

/** The side bar as a person has it who works with it. */
async function widen(page) {
  const box = await page.locator("#workbench\\.parts\\.auxiliarybar").boundingBox();
  await page.mouse.move(box.x - 2, 400);
  await page.mouse.down();
  await page.mouse.move(box.x - 132, 400, { steps: 5 });
  await page.mouse.up();
}
