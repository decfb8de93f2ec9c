// What models and programs write is shown, never obeyed.

import { said } from "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { MarkdownView } from "../../../editors/vscode/panel/transcript/markdownView";
import { plainText } from "../../../editors/vscode/panel/transcript/plainText";

function drawn(text: string): HTMLElement {
  const view = new MarkdownView();
  view.draw(text, true);
  return view.element;
}

test("HTML and scripts in Markdown are text, dangerous links are none", () => {
  const element = drawn('<script>alert(1)</script> <img src=x onerror=alert(1)> [run](javascript:alert(1)) [data](data:text/html,x) [ok](https://example.org)');
  assert.equal(element.querySelectorAll("script, img, [onerror]").length, 0);
  assert.deepEqual([...element.querySelectorAll("a")].map((link) => link.getAttribute("href")), ["https://example.org"]);
  assert.match(element.textContent ?? "", /<script>alert\(1\)<\/script>/);
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
  const text = "# Title\n\nOne **bold** word.\n\n- a\n- b\n\n```js\nlet a = 1;\n\nlet b = 2;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nnever closed\n";
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
