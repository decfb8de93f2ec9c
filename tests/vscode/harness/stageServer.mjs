// A played Sidestream server that a test directs: `node stageServer.mjs SOCKET`. Over the socket come lines of JSON:
// `{answer, result}` or `{answer, error}` for a method from then on, `{tell, params}` for a notification, `{requests}` for
// the requests that came. It begins with one folder that is connected, and a session in it.

import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { play } from "./playedServer.mjs";
import { empty, instanceOf, session } from "./stage.mjs";

const requests = [];
const directed = new Map();
let instance;

const begun = {
  initialize: ({ workspaceFolders }) => {
    instance = instanceOf(fileURLToPath(workspaceFolders[0].uri));
    return { capabilities: { experimental: { sidestream: { protocolVersion: 1 } } }, serverInfo: { name: "sidestream", version: "0" } };
  },
  "sidestream/instance/list": () => ({ instances: [instance] }),
  "sidestream/session/list": () => ({ sessions: [session()] }),
  "sidestream/permission/list": () => ({ permissions: [] }),
  "sidestream/question/list": () => ({ questions: [] }),
  "sidestream/catalog": () => empty.catalog,
  "sidestream/session/open": () => empty.snapshot,
};

const tell = play((method, params) => {
  requests.push({ method, params });
  const { result, error } = directed.get(method) ?? { result: begun[method]?.(params) ?? {} };
  if (error) throw error;
  return result;
});

const [, , path] = process.argv;
// The one of a process before this one may be left.
rmSync(path, { force: true });
createServer((socket) => {
  createInterface({ input: socket }).on("line", (line) => {
    const { answer, tell: method, params, ...what } = JSON.parse(line);
    if (answer) directed.set(answer, what);
    if (method) tell(method, params);
    socket.write(`${JSON.stringify(requests)}\n`);
  });
}).listen(path);
