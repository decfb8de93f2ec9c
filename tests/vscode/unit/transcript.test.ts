// The panel's copy of a session follows the notifications, and says when it has missed one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Transcript } from "../../../editors/vscode/panel/transcript/model";
import type { SessionSnapshot } from "../../../editors/vscode/src/protocol";

const of = { instanceId: "i", sessionId: "s" };
const message = (id: string, created: number) =>
  ({ id, sessionId: "s", role: "assistant" as const, status: "streaming" as const, time: { created } });

const part = (id: string, text: string) => ({ id, type: "text" as const, text });
const session = { id: "s" } as SessionSnapshot["session"];
const empty = { session, messages: [], permissions: [], questions: [], todos: [], revision: 0 };

function begun(): Transcript {
  const transcript = new Transcript();
  transcript.reset(empty);
  transcript.apply({ method: "sidestream/message/didChange", params: { ...of, revision: 1, message: message("m", 5) } });
  transcript.apply({ method: "sidestream/part/didChange", params: { ...of, revision: 2, messageId: "m", part: part("p", "a") } });
  return transcript;
}

test("appended text stands at the end", () => {
  const transcript = begun();
  const params = { ...of, revision: 3, messageId: "m", partId: "p", field: "text" as const, text: "b" };
  transcript.apply({ method: "sidestream/part/didAppend", params });
  assert.deepEqual(transcript.messages[0]?.parts, [part("p", "ab")]);
});

test("a new part stands before the one that is named", () => {
  const transcript = begun();
  const params = { ...of, revision: 3, messageId: "m", part: part("o", "b"), before: "p" };
  transcript.apply({ method: "sidestream/part/didChange", params });
  assert.deepEqual(transcript.messages[0]?.parts.map(({ id }) => id), ["o", "p"]);
});

test("a missing revision is a gap, a known one is nothing new", () => {
  const transcript = begun();
  const event = (revision: number) => ({ method: "sidestream/todo/didChange" as const, params: { ...of, revision, todos: [] } });
  assert.equal(transcript.apply(event(2)).kind, "nothing");
  assert.equal(transcript.apply(event(4)).kind, "gap");
});

test("messages stand by their time, those of the same time as they came", () => {
  const transcript = begun();
  [message("later", 9), message("earlier", 1), message("same", 5)].forEach((each, index) =>
    transcript.apply({ method: "sidestream/message/didChange", params: { ...of, revision: 3 + index, message: each } }));
  assert.deepEqual(transcript.messages.map(({ id }) => id), ["earlier", "m", "same", "later"]);
});

test("what is told of another session changes nothing", () => {
  const transcript = begun();
  const params = { ...of, sessionId: "other", revision: 3, todos: [{ content: "x", status: "pending", priority: "low" }] };
  assert.equal(transcript.apply({ method: "sidestream/todo/didChange", params }).kind, "nothing");
  assert.deepEqual(transcript.todos, []);
});
