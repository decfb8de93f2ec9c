// What of a long history is in the document: what is near sight, drawn, and space in place of the rest.

import { nextFrame } from "./dom";
import assert from "node:assert/strict";
import test from "node:test";
import { Pages } from "../../../editors/vscode/panel/transcript/pages";
import type { Message } from "../../../editors/vscode/src/protocol";

const text = "A line of text that is long enough to be told from others.\n".repeat(10);

function message(index: number): Message {
  const id = `m${index}`;
  return {
    id, sessionId: "s", role: "assistant", status: "complete", time: { created: index }, parts: [{ id: `${id}-p`, type: "text", text }],
  };
}

function history(count: number): { pages: Pages; area: HTMLElement } {
  const pages = new Pages();
  const area = document.createElement("main");
  area.tabIndex = 0;
  area.append(pages.element);
  document.body.replaceChildren(area);
  pages.replace(Array.from({ length: count }, (_, index) => message(index)));
  return { pages, area };
}

const shown = ({ element }: Pages) => [...element.querySelectorAll("article")].map(({ dataset }) => dataset["id"]);
const space = ({ element }: Pages) =>
  [...element.querySelectorAll<HTMLElement>(".space")].reduce((sum, { style }) => sum + parseFloat(style.blockSize), 0);

/** Scrolls there, and waits until all of it is drawn. */
async function look(pages: Pages, top: number): Promise<void> {
  pages.cover(top, top + 1_000);
  while (pages.element.querySelector(".page:empty")) await nextFrame();
}

test("of a long history only what is near sight is in the document", async () => {
  const { pages } = history(1_000);
  pages.showEnd();
  assert.equal(shown(pages).at(-1), "m999");
  assert.ok(shown(pages).length < 20);
  await look(pages, 0);
  assert.equal(shown(pages)[0], "m0");
  assert.ok(shown(pages).length < 20);
});

test("what is not in the document has its place", async () => {
  const { pages } = history(1_000);
  pages.showEnd();
  const before = space(pages);
  pages.cover(0, 1_000);
  const empty = pages.element.querySelector<HTMLElement>(".page:empty");
  assert.ok(empty && parseFloat(empty.style.blockSize) > 0);
  await look(pages, 0);
  assert.ok(Math.abs(space(pages) - before) < 2_000);
});

test("a session without messages has no height left of the one before", () => {
  const { pages } = history(100);
  pages.showEnd();
  pages.replace([]);
  assert.equal(space(pages), 0);
  assert.deepEqual(shown(pages), []);
});

test("a message is found wherever it is", () => {
  const { pages } = history(1_000);
  pages.showEnd();
  const found = pages.find("m500");
  assert.ok(found?.isConnected);
  assert.match(found.textContent ?? "", /A line of text/);
});

test("what comes while the user reads elsewhere is there when it comes into sight", async () => {
  const { pages } = history(100);
  await look(pages, 0);
  const answer = message(100);
  pages.insert(answer, undefined);
  const [part] = answer.parts;
  assert.ok(part?.type === "text");
  part.text += "And this.";
  assert.ok(!shown(pages).includes("m100"));
  pages.showEnd();
  assert.match(pages.element.textContent ?? "", /And this\./);
});

test("what comes at the end is drawn at once", () => {
  const { pages } = history(3);
  pages.showEnd();
  for (let index = 3; index < 30; index++) pages.insert(message(index), undefined);
  assert.equal(shown(pages).length, 30);
});

test("older messages are put above, and nothing that is in sight is drawn anew", async () => {
  const { pages } = history(3);
  pages.showEnd();
  const seen = pages.find("m1");
  pages.prepend([message(-2), message(-1)]);
  assert.equal(pages.find("m1"), seen);
  await look(pages, 0);
  assert.deepEqual(shown(pages), ["m-2", "m-1", "m0", "m1", "m2"]);
});

test("what the user has opened is still open when it comes into sight again", async () => {
  const { pages } = history(1_000);
  pages.showEnd();
  const content = pages.element.querySelector(".content");
  content?.dispatchEvent(new window.Event("click", { bubbles: true }));
  await look(pages, 0);
  assert.ok(content && !content.isConnected);
  pages.showEnd();
  assert.ok(content.isConnected);
});

test("keys go on to scroll when the message with the focus is scrolled out of sight", async () => {
  const { pages, area } = history(1_000);
  pages.find("m500")?.focus();
  await look(pages, 0);
  assert.equal(document.activeElement, area);
});

test("a selection keeps its messages in the document while the user scrolls on", async () => {
  const { pages } = history(1_000);
  await look(pages, 0);
  const first = pages.find("m0");
  assert.ok(first);
  getSelection()?.selectAllChildren(first);
  await look(pages, 6_000);
  assert.ok(first.isConnected);
  getSelection()?.removeAllRanges();
  await look(pages, 6_001);
  assert.ok(!first.isConnected);
});
