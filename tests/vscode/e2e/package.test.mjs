// The package for one system, with the server inside, in the oldest VS Code that it is for.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { extension, serverProgram } from "../harness/programs.mjs";
import { Workbench } from "../harness/workbench.mjs";

const yauzl = createRequire(path.join(extension, "package.json"))("yauzl");
const target = `${process.platform}-${process.arch}`;
let folder, vsix, bench;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "sidestream-package-"));
  const server = path.join(folder, "servers", target, "sidestream");
  mkdirSync(path.dirname(server), { recursive: true });
  copyFileSync(serverProgram(), server);
  execFileSync("strip", [server]);
  const out = path.join(folder, "packages");
  execFileSync(process.execPath, [path.join(extension, "package.mjs"), "--all", path.join(folder, "servers"), out], { stdio: "ignore" });
  vsix = path.join(out, `sidestream-${target}.vsix`);
});
after(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("it holds what the extension needs, and nothing else", async () => {
  const files = await entries(vsix);
  const own = [
    "LICENSE-APACHE", "LICENSE-MIT", "changelog.md", "dist/codicon.css", "dist/codicon.ttf", "dist/extension.js",
    "dist/languageClient.js", "dist/panel.css", "dist/panel.js", "l10n/bundle.l10n.json", "media/icon.png", "media/sidestream.svg",
    "media/tab-dark.svg", "media/tab-light.svg", "media/walkthrough/open.svg", "media/walkthrough/permissions.svg",
    "media/walkthrough/prompt.svg", "media/walkthrough/review.svg", "package.json", "package.nls.json", "readme.md",
    "server/sidestream",
  ];
  const expected = ["[Content_Types].xml", "extension.vsixmanifest", ...own.map((name) => `extension/${name}`)];
  assert.deepEqual(files.map(({ name }) => name).sort(), expected.sort());
  const { mode } = files.find(({ name }) => name === "extension/server/sidestream");
  assert.equal(mode & 0o111, 0o111, "the server is executable");
});

// The server in it here is one for debugging without its symbols, which is larger than the one that is released.
test("it is smaller than 15 MB with the server, and there is one without", () => {
  assert.ok(statSync(vsix).size < 15_000_000, `${statSync(vsix).size} bytes`);
  assert.ok(existsSync(path.join(folder, "packages/sidestream.vsix")));
});

test("installed into VS Code 1.100, it works without any setting", async () => {
  bench = await Workbench.start({ version: "4.100.3", vsix, settings: { "sidestream.command": [] } });
  const panel = await bench.panel();
  await panel.connected();
  await panel.ask("hello there");
  await panel.assistant.getByText("You said: hello there").waitFor();
  await panel.send("bash: echo from-an-old-editor");
  await panel.permission.getByRole("button", { name: "Allow once" }).click();
  await panel.idle();
  await panel.openLastTool("from-an-old-editor");
});

/** Name and mode of what is in an archive. */
function entries(file) {
  return new Promise((resolve, reject) => {
    const found = [];
    yauzl.open(file, (error, archive) => {
      if (error) return reject(error);
      archive.on("entry", ({ fileName, externalFileAttributes }) => found.push({ name: fileName, mode: externalFileAttributes >>> 16 }));
      archive.on("end", () => resolve(found));
    });
  });
}
