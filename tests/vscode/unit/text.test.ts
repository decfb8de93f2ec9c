// What models and programs write is shown, never obeyed.

import { said } from "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { MarkdownView } from "../../../editors/vscode/panel/transcript/markdownView";
import { h } from "../../../editors/vscode/panel/dom";
import { plainNotice, plainText } from "../../../editors/vscode/src/plainText";

function drawn(text: string): HTMLElement {
  const view = new MarkdownView();
  view.draw(text, true);
  return view.element;
}

test("HTML and scripts in Markdown are text, dangerous links are none", () => {
  const links = "[run](javascript:alert(1)) [data](data:text/html,x) [ok](https://example.org)";
  const element = drawn(`<script>alert(1)</script> <img src=x onerror=alert(1)> ${links}`);
  assert.equal(element.querySelectorAll("script, img, [onerror]").length, 0);
  assert.deepEqual([...element.querySelectorAll("a")].map((link) => link.getAttribute("href")), ["https://example.org"]);
  assert.match(element.textContent ?? "", /<script>alert\(1\)<\/script>/);
});

test("places in files are links", () => {
  const links = drawn("[a](a.ts:3) [b](src/b.ts:3-5) [c](src/c.ts#L3) [d](javascript:3) [e](vscode:3)").querySelectorAll("a[href]");
  assert.deepEqual([...links].map((link) => link.getAttribute("href")), ["a.ts:3", "src/b.ts:3-5", "src/c.ts#L3"]);
});

test("a picture from elsewhere is a link to it", () => {
  const element = drawn("![a cat](https://example.org/cat.png)");
  assert.equal(element.querySelector("img"), null);
  assert.equal(element.querySelector("a")?.textContent, "a cat");
});

test("a block of code has its language and buttons that hand its text over", () => {
  const element = drawn("```ts\nconst a = 1;\n```");
  assert.equal(element.querySelector("figcaption span")?.textContent, "ts");
  element.querySelectorAll<HTMLButtonElement>("figcaption button").forEach((button) => button.click());
  assert.deepEqual(said.map(({ name }) => name), ["copy", "insertCode", "newFile"]);
  assert.deepEqual(said[2]?.params, { code: "const a = 1;\n", language: "ts" });
});

test("text that grows is drawn as the same text drawn at once, an unclosed block included", () => {
  const code = "```js\nlet a = 1;\n\nlet b = 2;\n```";
  const text = `# Title\n\nOne **bold** word.\n\n- a\n- b\n\n${code}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`\nnever closed\n`;
  const growing = new MarkdownView();
  for (let end = 1; end <= text.length; end++) growing.draw(text.slice(0, end), false);
  growing.draw(text, true);
  assert.equal(growing.element.innerHTML, drawn(text).innerHTML);
});

test("a huge block is shown as it is while it grows", () => {
  const view = new MarkdownView();
  const text = "word ".repeat(50_000);
  for (let end = 0; end <= text.length; end += 25_000) view.draw(text.slice(0, end), false);
  assert.equal(view.element.textContent, text);
});

test("colours of terminals are left out, other control characters are shown", () => {
  assert.equal(plainText("\u001b[31mred\u001b[0m\r\n\u001b]0;title\u0007"), "red\n␛]0;title␇");
});

test("text that grows after it was taken for complete is there once", () => {
  const view = new MarkdownView();
  view.draw("First.\n\nSecond", true);
  view.draw("First.\n\nSecond, and more", false);
  view.draw("First.\n\nSecond, and more.\n\nThird.", true);
  assert.equal(view.element.innerHTML, drawn("First.\n\nSecond, and more.\n\nThird.").innerHTML);
});

test("characters that turn the direction of writing, and the newer control characters, are shown wherever text is drawn", () => {
  const hidden = "rm \u202e/ emoh/\u2069 \u009b31m";
  const shown = "rm <U+202E>/ emoh/<U+2069> <U+009B>31m";
  assert.equal(plainText(hidden), shown);
  assert.equal(h("p", {}, hidden).textContent, shown);
  assert.equal(drawn(hidden).textContent?.trim(), shown);
});

test("a notification has no link that runs a command", () => {
  assert.equal(plainNotice("Run [ls](command:workbench.action.quit)\u202e?"), "Run [ls] (command:workbench.action.quit)<U+202E>?");
});
