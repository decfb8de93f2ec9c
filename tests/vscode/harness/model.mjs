// The scripted model that answers OpenCode: `sidestream scripted-model` prints the environment for a server as JSON,
// and stays until its input is closed.

import path from "node:path";
import { serverProgram } from "./programs.mjs";
import { endGroup, start } from "./processes.mjs";

export async function startModel(home) {
  const { pid, found } = await start(serverProgram(), ["scripted-model", path.join(home, "opencode")], { env: { ...process.env, HOME: home, TMPDIR: home } }, /^(\{.*\})\s*$/m);
  return { env: JSON.parse(found[1]), close: () => endGroup(pid) };
}
