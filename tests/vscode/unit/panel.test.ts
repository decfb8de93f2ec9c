// The panel's pieces: a message's parts, the cards that wait, the prompt box.

import { asked, said, settled } from "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { answered } from "../../../editors/vscode/panel/bridge";
import { Cards } from "../../../editors/vscode/panel/cards/cards";
import { PromptBox } from "../../../editors/vscode/panel/prompt/promptBox";
import { droppedPaths } from "../../../editors/vscode/panel/prompt/dropped";
import { MessageView } from "../../../editors/vscode/panel/transcript/messageView";
import type { PanelState } from "../../../editors/vscode/src/panelMessages";
import type { Message, Part, Permission, Question } from "../../../editors/vscode/src/protocol";

const text = (id: string, words = id): Part => ({ id, type: "text", text: words });
const message = (...parts: Part[]): Message =>
  ({ id: "m", sessionId: "s", role: "assistant", status: "streaming", time: { created: 1 }, parts });
const state = (change: Partial<PanelState>): PanelState => ({
  connection: "Connected", manyFolders: false, permissions: [], questions: [], unsupported: [], choice: {}, waitingElsewhere: 0,
  shown: {}, ...change,
});

test("a part that comes before another is drawn before it", () => {
  const shown = message(text("first"), text("last"));
  const view = new MessageView(shown);
  view.draw();
  const between = text("between");
  shown.parts.splice(1, 0, between);
  view.drawPart(between);
  const words = [...view.element.querySelectorAll(".text .markdown")].map((element) => element.textContent?.trim());
  assert.deepEqual(words, ["first", "between", "last"]);
});

test("a part that was removed before it was drawn is not drawn any more", () => {
  const shown = message(text("here"));
  const view = new MessageView(shown);
  view.draw();
  view.drawPart(text("gone"));
  assert.equal(view.element.querySelectorAll(".text").length, 1);
});

test("a large picture, whose content is left out at first, is fetched", async () => {
  const view = new MessageView(message({ id: "p", type: "file", mime: "image/png", url: "data:image/png;base64,", cut: true }));
  view.draw();
  const { id, params } = asked("sidestream/part/content");
  assert.deepEqual(params, { messageId: "m", partId: "p", field: "url" });
  answered({ type: "answer", id, value: { field: "url", content: "data:image/png;base64,AAAA" } });
  await settled();
  assert.equal(view.element.querySelector("img")?.getAttribute("src"), "data:image/png;base64,AAAA");
});

test("a file that goes along opens at the lines that were meant", () => {
  const url = "file:///x/a%20b.ts?start=3&end=5";
  const view = new MessageView(message({ id: "p", type: "file", mime: "text/plain", filename: "a b.ts", url }));
  view.draw();
  view.element.querySelector<HTMLElement>(".attachment button")?.click();
  assert.deepEqual(asked("openFile").params, { path: "/x/a b.ts", range: { start: 3, end: 5 } });
});

const options = ["Red", "Blue"].map((label) => ({ label, description: "" }));
const question = (multiple: boolean): Question =>
  ({ id: `q-${multiple}`, sessionId: "s", questions: [{ header: "Colour", question: "Which?", multiple, custom: true, options }] });

function answerCard(questions: Question[]) {
  const cards = new Cards(() => undefined, () => undefined);
  cards.show(state({ questions }));
  const form = cards.element.querySelector("form");
  const own = form?.querySelector<HTMLInputElement>("input[type=text]");
  const option = form?.querySelector<HTMLInputElement>("input:not([type=text])");
  if (!form || !own || !option) throw new Error("The card has no form.");
  const input = (change: () => void) => {
    change();
    form.dispatchEvent(new window.Event("input"));
  };
  return { cards, form, own, option, input };
}

test("a question for one answer gets one: an option, or the user's own words", () => {
  const { form, own, option, input } = answerCard([question(false)]);
  input(() => {
    own.value = "Green";
    option.checked = true;
    option.dispatchEvent(new window.Event("input"));
  });
  assert.equal(own.value, "");
  form.requestSubmit();
  assert.deepEqual(asked("sidestream/question/reply").params, { questionId: "q-false", answers: [["Red"]] });
});

test("an answer that is under way is not sent twice, and can be given again when it fails", async () => {
  const { form, own, input } = answerCard([question(true)]);
  input(() => (own.value = "Green"));
  const count = () => said.filter(({ name }) => name === "sidestream/question/reply").length;
  const before = count();
  form.requestSubmit();
  form.requestSubmit();
  assert.equal(count() - before, 1);
  assert.ok(form.hasAttribute("inert"));
  answered({ type: "answer", id: asked("sidestream/question/reply").id, error: { message: "Not connected." } });
  await settled();
  form.requestSubmit();
  assert.equal(count() - before, 2);
});

test("what was filled in is there again when the panel is drawn anew", () => {
  const permission: Permission = { id: "p", sessionId: "s", permission: "bash", patterns: [], always: [], metadata: {}, title: "ls" };
  const draw = () => {
    const cards = new Cards(() => undefined, () => undefined);
    cards.show(state({ permissions: [permission] }));
    return cards.element.querySelector<HTMLInputElement>(".permission input")!;
  };
  const note = draw();
  note.value = "use another way";
  note.dispatchEvent(new window.Event("input"));
  assert.equal(draw().value, "use another way");
  const { own, option, input } = answerCard([{ ...question(true), id: "kept" }]);
  input(() => {
    own.value = "Green";
    option.checked = true;
  });
  const again = answerCard([{ ...question(true), id: "kept" }]);
  assert.deepEqual([again.own.value, again.option.checked], ["Green", true]);
});

function promptBox() {
  const prompt = new PromptBox();
  const box = prompt.element.querySelector("textarea")!;
  const write = (words: string) => {
    box.value = words;
    box.dispatchEvent(new window.Event("input"));
  };
  const send = () => box.dispatchEvent(new window.KeyboardEvent("keydown", { key: "Enter" }));
  return { prompt, box, write, send };
}

test("what is written while the first prompt begins its session stays", async () => {
  const { prompt, box, write, send } = promptBox();
  prompt.show(state({}));
  write("begin");
  send();
  write("and then");
  prompt.show(state({ shown: { sessionId: "begun" } }));
  assert.equal(box.value, "and then");
  answered({ type: "answer", id: asked("send").id, value: { sessionId: "begun" } });
  await settled();
  prompt.show(state({ shown: {} }));
  assert.equal(box.value, "");
  prompt.show(state({ shown: { sessionId: "begun" } }));
  assert.equal(box.value, "and then");
  write("");
});

test("a prompt that could not be sent is back in the box, before what was written since", async () => {
  const { prompt, box, write, send } = promptBox();
  prompt.show(state({ shown: { sessionId: "s" } }));
  write("first");
  send();
  write("second");
  answered({ type: "answer", id: asked("send").id, error: { message: "Not connected." } });
  await settled();
  assert.equal(box.value, "first\nsecond");
  write("");
});

test("files that go along are kept with the draft of their session", () => {
  const { prompt } = promptBox();
  const chips = () => [...prompt.element.querySelectorAll(".chip")].map((chip) => chip.textContent);
  prompt.show(state({ shown: { sessionId: "with" } }));
  prompt.insert(undefined, [{ type: "file", path: "/x/a.ts" }]);
  prompt.show(state({ shown: { sessionId: "without" } }));
  assert.deepEqual(chips(), []);
  prompt.show(state({ shown: { sessionId: "with" } }));
  assert.deepEqual(chips(), ["a.ts"]);
});

test("files are dropped from this machine's folders, another machine's, and Windows' drives", () => {
  const remote = "vscode-remote://ssh-remote%2Bhost/home/you/c.ts";
  const uris = ["file:///home/you/a%20b.ts", remote, "file:///c%3A/x.ts", "https://example.org/d"];
  const data = { getData: (type: string) => (type === "text/uri-list" ? uris.join("\r\n") : "") };
  assert.deepEqual(droppedPaths(data as unknown as DataTransfer), ["/home/you/a b.ts", "/home/you/c.ts", "c:/x.ts"]);
});
