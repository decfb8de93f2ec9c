// Takes the pictures of each main state, in dark, light and high contrast: `node tests/vscode/screenshots/take.mjs FOLDER`,
// with names of states behind it only those, and SIDESTREAM_VSIX naming the package. They are to be looked at;
// editors/vscode/media/screenshots keeps them.

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { startActor } from "./model.mjs";
import { Workbench } from "../harness/workbench.mjs";

const themes = {
  dark: { name: "Dark Modern", kind: "vscode-dark" },
  light: { name: "Light Modern", kind: "vscode-light" },
  contrast: { name: "Dark High Contrast", kind: "vscode-high-contrast" },
};
/** Editor and panel, without the explorer. */
const clip = { x: 350, y: 28, width: 930, height: 772 };
const [, , target = "screenshots", ...states] = process.argv;
const folder = path.resolve(target);
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
  newString: `export function hello(name: string, hour = new Date().getHours()) {
  return \`\${greeting(hour)}, \${name}\`;
}

function greeting(hour: number) {
  if (hour < 12) return "Good morning";
  return hour < 18 ? "Good day" : "Good evening";
}`,
});
const noted = () => ({
  filePath: path.join(path.dirname(file), "notes.md"), oldString: "Nothing yet.", newString: "Greetings depend on the hour.",
});
const run = `node --experimental-strip-types --eval 'import("./hello.ts").then(({ hello }) => console.log(hello("Ada", 9)))'`;
const todos = (...states) => ["Read how people are greeted", "Greet by the time of day", "Check that it works"]
  .map((content, index) => ({ content, status: states[index], priority: "medium" }));
const turns = {
  [greeting]: {
    title: "Greetings by the time of day",
    steps: [
      {
        text: "I look at what is there first.",
        get tools() { return [["todowrite", { todos: todos("in_progress", "pending", "pending") }], ["read", { filePath: file }]]; },
      },
      {
        text: "One function, and nobody else formats names. The hour can be an optional argument.",
        get tools() { return [["todowrite", { todos: todos("completed", "in_progress", "pending") }], ["edit", edited()]]; },
      },
      {
        tools: [
          ["bash", { command: run, description: "Greet Ada at nine" }],
          ["todowrite", { todos: todos("completed", "completed", "completed") }],
        ],
      },
      { text: answer },
    ],
  },
  "Should it be polite": {
    title: "How polite to be",
    steps: [{ tools: [["question", { questions: [{
      header: "Tone", question: "How should people be greeted?", multiple: false,
      options: [{ label: "Formally", description: "Good morning, Ms Lovelace" }, { label: "As friends", description: "Hi Ada" }],
    }] }]] }],
  },
  "Look at it from outside": {
    title: "A look from outside",
    steps: [
      { tools: [["task", { description: "Review the greeting", prompt: "Review hello.ts", subagent_type: "general" }]] },
      { text: "The reviewer has nothing to add." },
    ],
  },
  "Tell me how greetings": {
    title: "How greetings work",
    steps: [{ pace: 200, text: `Greetings depend on the hour, and the hour is an argument. ${"A name is put behind it. ".repeat(60)}` }],
  },
  "Note that down": {
    title: "A note",
    steps: [
      { get tools() { return [["read", { filePath: noted().filePath }]]; } },
      { get tools() { return [["edit", noted()]]; } },
      { text: "It is noted." },
    ],
  },
  "Are you there": { title: "Nobody there", steps: [{ busy: true }] },
};

const actor = await startActor(turns);
const model = { name: "Example model", limit: { context: 128_000, output: 8_000 }, cost: { input: 1.5, output: 6 } };
const options = { baseURL: actor.url, apiKey: "none" };
const provider = { npm: "@ai-sdk/openai-compatible", name: "Actor", options, models: { actor: model } };
const bench = await Workbench.start({
  config: { model: "actor/actor", small_model: "actor/actor", permission: { bash: "ask", edit: "ask" }, provider: { actor: provider } },
});
try {
  file = path.join(bench.folders[0], "hello.ts");
  const working = { ...bench.settings };
  let { page } = bench;
  let panel = await bench.panel();
  await panel.connected();
  await panel.frame.getByRole("button", { name: "Agent: build" }).waitFor();
  await widen();
  await take("welcome");

  await bench.openFile("hello.ts");
  await panel.send(greeting);
  await panel.permission.waitFor();
  await panel.permission.getByRole("button", { name: "Show diff" }).click();
  await bench.diffLine("modified", "Good morning").waitFor();
  await take("permission");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.permission.getByText("node --experimental-strip-types").first().waitFor();
  await take("command");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.assistant.getByText("Greetings now depend").waitFor();
  await panel.idle();
  await take("answer");
  await panel.user.first().scrollIntoViewIfNeeded();
  await panel.tool.first().locator(".fold").click();
  await panel.frame.locator(".todos summary").click();
  await take("tools");
  await panel.frame.locator(".todos summary").click();

  await panel.send("Note that down");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.assistant.getByText("It is noted").waitFor();
  await panel.idle();
  await bench.run("Sidestream: Review Changes of Session");
  await bench.diffLine("modified", "Greetings depend").waitFor();
  await take("review");
  await bench.run("View: Close All Editors");

  await newSession();
  await panel.ask("Look at it from outside");
  await take("subagent");
  await newSession();
  await panel.send("Are you there?");
  await panel.frame.getByText(/Next in \d+ s/).waitFor();
  await take("retry");
  await panel.stopButton.click();
  await panel.idle();
  await newSession();
  await panel.send("Should it be polite?");
  await panel.question.waitFor();
  await bench.showSessions();
  await bench.rows.nth(3).waitFor();
  await take("question");
  await panel.question.getByRole("button", { name: "Dismiss" }).click();
  await bench.showSessions();
  await newSession();
  await panel.send("Tell me how greetings work");
  await panel.assistant.last().getByText("an argument").waitFor();
  await take("streaming");
  await panel.stopButton.click();
  await panel.idle();
  await take("suggestions", async () => {
    await panel.prompt.fill("");
    await panel.prompt.pressSequentially("@he");
    await panel.frame.getByRole("option").first().waitFor();
  });
  await panel.prompt.fill("");
  await newSession();

  await reopen({ "sidestream.server.command": ["/nowhere/opencode"] });
  await panel.frame.getByText("OpenCode cannot work").waitFor();
  await take("obstacle");
  await reopen({}, { ew: true });
  await panel.frame.getByText("No folder is open").waitFor();
  await take("no-folder");
  await reopen({ "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never" });
  await panel.frame.getByText("This folder is not trusted").waitFor();
  await take("untrusted");

  async function reopen(settings, what) {
    await bench.closeWindow();
    await bench.writeSettings({ ...working, ...settings });
    await bench.open(what);
    page = bench.page;
    panel = await bench.panel();
  }

  async function newSession() {
    await bench.run("Sidestream: New Session");
    await panel.frame.getByRole("heading", { name: "New session" }).waitFor();
  }

  /** `prepare`: what does not outlive that another theme is chosen. */
  async function take(name, prepare = () => undefined) {
    if (states.length > 0 && !states.includes(name)) return;
    for (const [short, { name: theme, kind }] of Object.entries(themes)) {
      await bench.run("Preferences: Color Theme");
      await bench.pick(theme, theme);
      await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
      // The panel gets its new colours a little later than the workbench.
      await panel.frame.locator(`body[data-vscode-theme-kind="${kind}"]`).waitFor();
      await prepare();
      await page.mouse.move(640, 790);
      await writeFile(path.join(folder, `${name}-${short}.webp`), await webp(await page.screenshot({ clip })));
    }
  }

  /** Smaller than PNG, and as readable. */
  async function webp(png) {
    const canvas = await bench.browser.newPage();
    const base64 = await canvas.evaluate(async (png) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
      const picture = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      picture.getContext("2d").drawImage(image, 0, 0);
      return picture.toDataURL("image/webp", 0.85).split(",")[1];
    }, png.toString("base64"));
    await canvas.close();
    return Buffer.from(base64, "base64");
  }

  /** The side bar as a person has it who works with it. */
  async function widen() {
    const box = await page.locator("#workbench\\.parts\\.auxiliarybar").boundingBox();
    await page.mouse.move(box.x - 2, 400);
    await page.mouse.down();
    await page.mouse.move(box.x - 132, 400, { steps: 5 });
    await page.mouse.up();
  }
} finally {
  await bench.close();
  actor.close();
}
