// The package for one system, with the server inside, in the oldest VS Code that it is for.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { extension, serverProgram } from "../harness/programs.mjs";
import { Workbench } from "../harness/workbench.mjs";

const yauzl = createRequire(path.join(extension, "package.json"))("yauzl");
let folder, vsix, bench;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "sidestream-package-"));
  const server = path.join(folder, "sidestream");
  copyFileSync(serverProgram(), server);
  execFileSync("strip", [server]);
  vsix = path.join(folder, "sidestream-linux-x64.vsix");
  execFileSync(process.execPath, [path.join(extension, "package.mjs"), vsix, "--target", "linux-x64", "--server", server]);
});
after(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("it holds what the extension needs, and nothing else", async () => {
  const files = await entries(vsix);
  assert.deepEqual(files.map(({ name }) => name).sort(), [
    "[Content_Types].xml", "extension.vsixmanifest",
    ...[
      "LICENSE-APACHE", "LICENSE-MIT", "changelog.md", "dist/codicon.css", "dist/codicon.ttf", "dist/extension.js", "dist/panel.css", "dist/panel.js",
      "l10n/bundle.l10n.json", "media/icon.png", "media/sidestream.svg", "media/tab-dark.svg", "media/tab-light.svg", "package.json", "package.nls.json", "readme.md",
      "server/sidestream",
    ].map((name) => `extension/${name}`),
  ]);
  const { mode } = files.find(({ name }) => name === "extension/server/sidestream");
  assert.equal(mode & 0o111, 0o111, "the server is executable");
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
