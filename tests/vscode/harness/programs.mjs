// Where the programs are that the tests run.

import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const extension = path.join(repository, "editors/vscode");
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(process.env.HOME, ".cache"), "sidestream/vscode");

export function serverProgram() {
  return process.env.SIDESTREAM_BIN ?? path.join(repository, "target/debug/sidestream");
}

/** Empty when Sidestream is to find or install OpenCode by itself. */
export function openCodeCommand() {
  return process.env.OPENCODE_BIN ? [process.env.OPENCODE_BIN] : [];
}

/** VS Code 1.139.1. */
export const newest = "4.139.1";

/** A VS Code server and the Node that it runs on. */
export function workbenchProgram(version) {
  const folder = path.join(cache, version);
  const own = path.join(folder, "runtime/node");
  return { node: existsSync(own) ? own : process.execPath, main: path.join(folder, "out/server-main.js") };
}
