// The scripted model that answers OpenCode: `sidestream scripted-model` prints the environment for a server as JSON,
// and stays until its input is closed.

import path from "node:path";
import { serverProgram } from "./programs.mjs";
import { endGroup, start } from "./processes.mjs";

/** A model that thinks, and says what it costs, beside the plain one. */
const thinking = {
  name: "Thinking model", reasoning: true, attachment: true,
  limit: { context: 32_000, output: 4_000 }, cost: { input: 1, output: 2 },
  variants: { gentle: { reasoningEffort: "low" }, hard: { reasoningEffort: "high" } },
};

const commands = { greet: { description: "Greets somebody", template: "Greet $ARGUMENTS warmly." } };

/** `config` is added to OpenCode's. */
export async function startModel(home, config) {
  const environment = { ...process.env, HOME: home, TMPDIR: home };
  const command = ["scripted-model", path.join(home, "opencode")];
  const { pid, found } = await start(serverProgram(), command, { env: environment }, /^(\{.*\})\s*$/m);
  const env = JSON.parse(found[1]);
  const own = JSON.parse(env.OPENCODE_CONFIG_CONTENT);
  own.provider.scripted.models.thinking = thinking;
  env.OPENCODE_CONFIG_CONTENT = JSON.stringify({ ...own, command: commands, ...config });
  return { env, close: () => endGroup(pid) };
}
