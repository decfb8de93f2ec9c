// Makes VSIX packages.
//   node package.mjs OUT.vsix [--target linux-x64 --server PATH]   one: with a server it is for that platform only; without one it is
//                                                                  for all, and finds `sidestream` by setting or PATH
//   node package.mjs --all SERVERS OUT                             one without a server, and one for each SERVERS/TARGET/sidestream
//                                                                  (sidestream.exe for Windows), into the folder OUT
import { createVSIX } from "@vscode/vsce";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { parseArgs } from "node:util";

const targets = [
  "linux-x64", "linux-arm64", "linux-armhf", "alpine-x64", "alpine-arm64", "darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64",
];
const root = path.dirname(fileURLToPath(import.meta.url));
const bundled = path.join(root, "server");
const copied = ["LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md"];
/** Links of the README lead here on the marketplace. */
const here = "https://github.com/sidestream-editor/sidestream";
const { values, positionals } = parseArgs({
  options: { target: { type: "string" }, server: { type: "string" }, all: { type: "boolean" } },
  allowPositionals: true,
});

process.env.NODE_ENV = "production";
await import("./build.mjs");
for (const name of copied) await copyFile(path.join(root, "../..", name), path.join(root, name));
try {
  if (values.all) await packageAll(...positionals.map((folder) => path.resolve(folder)));
  else await packageOne(positionals[0] ?? fileName(values.target), values.target, values.server);
} finally {
  await rm(bundled, { recursive: true, force: true });
  for (const name of copied) await rm(path.join(root, name));
}

async function packageAll(servers, out) {
  await mkdir(out, { recursive: true });
  await packageOne(path.join(out, fileName()));
  for (const target of targets) {
    const server = path.join(servers, target, programOf(target));
    if (existsSync(server)) await packageOne(path.join(out, fileName(target)), target, server);
    else console.warn(`No server for ${target}: ${server}`);
  }
}

async function packageOne(file, target, server) {
  await rm(bundled, { recursive: true, force: true });
  if (server) {
    const program = path.join(bundled, programOf(target));
    await mkdir(bundled);
    await copyFile(server, program);
    await chmod(program, 0o755);
  }
  await createVSIX({
    cwd: root, packagePath: path.resolve(file), target, dependencies: false, skipLicense: true,
    baseContentUrl: `${here}/blob/HEAD/editors/vscode`, baseImagesUrl: `${here}/raw/HEAD/editors/vscode`,
  });
}

function programOf(target) {
  return target?.startsWith("win32") ? "sidestream.exe" : "sidestream";
}

function fileName(target) {
  return `sidestream${target ? `-${target}` : ""}.vsix`;
}
