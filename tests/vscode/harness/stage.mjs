// Directs the played server of stageServer.mjs, for what a real one does seldom: old versions, failures, countdowns.

import { createConnection } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), "stageServer.mjs");
const instanceId = "stage-001";
const noTokens = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };

export const instanceOf = (directory, change) =>
  ({ id: instanceId, directory, name: "project", state: "connected", busy: 0, waiting: 0, ...change });

export const session = (change) => ({
  id: "s", instanceId, title: "On stage", permissionMode: "default", status: { type: "idle" }, permissions: 0, questions: 0, cost: 0,
  time: { created: 1, updated: 1 }, tokens: noTokens, ...change,
});

export const empty = {
  catalog: { agents: [], models: [], commands: [], skills: [], mcp: [], lsp: [], unsupported: [], defaults: {} },
  snapshot: { session: session(), messages: [], permissions: [], questions: [], todos: [], revision: 0 },
};

export class Stage {
  constructor(folder) {
    this.socket = path.join(folder, "stage");
  }

  /** The settings with which it is started. */
  get settings() {
    return { "sidestream.command": [process.execPath, program, this.socket] };
  }

  answer(method, result) {
    return this.direct({ answer: `sidestream/${method}`, result });
  }

  fail(method, message) {
    return this.direct({ answer: `sidestream/${method}`, error: { message, data: { kind: "serverError", hint: "Look at its log." } } });
  }

  tell(method, params) {
    return this.direct({ tell: `sidestream/${method}`, params: { instanceId, ...params } });
  }

  /** The methods that were asked for. */
  async requests() {
    return (await this.direct({})).map(({ method }) => method.replace("sidestream/", ""));
  }

  direct(line) {
    return new Promise((resolve, reject) => {
      const connection = createConnection(this.socket);
      connection.on("error", reject);
      connection.on("connect", () => {
        const lines = createInterface({ input: connection });
        // It repeats the connection's own.
        lines.on("error", reject);
        lines.on("line", (answer) => {
          connection.end();
          resolve(JSON.parse(answer));
        });
        connection.write(`${JSON.stringify(line)}\n`);
      });
    });
  }
}
