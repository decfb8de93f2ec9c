// Plays a Sidestream server with a short session and one of 3,000 messages (10 MB), for the benchmark. A prompt "stream N" is
// answered by 500 appends a second for N seconds.

import { play } from "../harness/playedServer.mjs";
import { empty } from "../harness/stage.mjs";

const sessions = { short: 10, long: 3_000 };
const pageSize = 50;
const instance = { id: "bench-001", directory: process.cwd(), name: "bench", state: "connected", busy: 0, waiting: 0 };
const revisions = { short: 0, long: 0 };

const paragraph = "The quick **brown** fox jumps over the `lazy` dog, and [so on](https://example.org), until the line is full. ".repeat(6);
const lines = "export function answer(question: string): number {\n  return question.length === 0 ? 0 : 42; // known\n}\n";
const code = `\`\`\`ts\n${lines.repeat(6)}\`\`\``;
const list = "- first\n- second\n- third\n".repeat(3);

function message(sessionId, index) {
  const id = `${sessionId}-${index}`;
  const isUser = index % 2 === 0;
  const parts = isUser
    ? [{ id: `${id}-t`, type: "text", text: `Prompt ${index}: what about this? ${"More of it. ".repeat(10)}` }]
    : [
        {
          id: `${id}-c`, type: "tool", callId: id, tool: "bash", kind: "shell", status: "completed", summary: "npm test",
          input: { command: "npm test" }, output: "ok 1 - it works as it should\n".repeat(90),
        },
        { id: `${id}-t`, type: "text", text: `Answer ${index}\n\n${paragraph}\n\n${code}\n\n${list}\n${paragraph}` },
      ];
  const [role, status] = isUser ? ["user", "sent"] : ["assistant", "complete"];
  return { id, sessionId, role, status, time: { created: 1_000 + index }, parts };
}

const session = (id) => ({
  id, instanceId: instance.id, title: `The ${id} session`, permissionMode: "default", status: { type: "idle" }, permissions: 0,
  questions: 0, cost: 0,
  time: { created: 1, updated: id === "short" ? 2 : 1 }, tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
});

/** The messages before `end`. */
function page(sessionId, end) {
  const start = Math.max(0, end - pageSize);
  const messages = Array.from({ length: end - start }, (_, index) => message(sessionId, start + index));
  return { messages, ...(start > 0 && { cursor: String(start) }) };
}

const answers = {
  initialize: () => ({
    capabilities: { experimental: { sidestream: { protocolVersion: 1 } } }, serverInfo: { name: "sidestream", version: "0" },
  }),
  "sidestream/instance/list": () => ({ instances: [instance] }),
  "sidestream/session/list": () => ({ sessions: Object.keys(sessions).map(session) }),
  "sidestream/permission/list": () => ({ permissions: [] }),
  "sidestream/question/list": () => ({ questions: [] }),
  "sidestream/catalog": () => empty.catalog,
  "sidestream/session/open": ({ sessionId }) => ({
    ...empty.snapshot, session: session(sessionId), ...page(sessionId, sessions[sessionId]), revision: revisions[sessionId],
  }),
  "sidestream/session/history": ({ sessionId, cursor }) => page(sessionId, Number(cursor)),
  "sidestream/session/send": ({ sessionId, text }) => {
    stream(sessionId, Number(text.split(" ")[1]));
    return { messageId: "prompt" };
  },
  shutdown: () => null,
};
const send = play((method, params) => answers[method]?.(params) ?? {});

function stream(sessionId, seconds) {
  const id = `${sessionId}-streamed-${Date.now()}`;
  const part = { id: `${id}-t`, type: "text", text: "" };
  const tell = (method, params) => send(method, { instanceId: instance.id, sessionId, revision: ++revisions[sessionId], ...params });
  const info = { id, sessionId, role: "assistant", time: { created: Date.now() } };
  tell("sidestream/message/didChange", { message: { ...info, status: "streaming" } });
  tell("sidestream/part/didChange", { messageId: id, part });
  const began = Date.now();
  let count = 0;
  const timer = setInterval(() => {
    for (const due = Math.min((Date.now() - began) / 2, seconds * 500); count < due; count++) {
      const text = count % 60 === 59 ? "done.\n\n" : count % 7 ? "word " : "`code` ";
      tell("sidestream/part/didAppend", { messageId: id, partId: part.id, field: "text", text });
    }
    if (count < seconds * 500) return;
    clearInterval(timer);
    tell("sidestream/message/didChange", { message: { ...info, status: "complete" } });
  }, 4);
}
