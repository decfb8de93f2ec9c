// A block of code in an answer: with its language and buttons to copy it, insert it, or open it as a file. Its colours
// come when it is in sight: they cost more than all else of a message.

import hljs from "highlight.js/lib/common";
import { h, iconButton } from "../dom";
import { ask, run } from "../bridge";
import { t } from "../texts";

/** Beyond this the colours cost more than they help. */
const highlightLimit = 50_000;
const highlightMsPerFrame = 8;
const waiting: HTMLElement[] = [];
let frame = 0;

/** Replaces the plain blocks of rendered Markdown. */
export function dressCodeBlocks(fragment: DocumentFragment): void {
  for (const code of fragment.querySelectorAll("pre > code")) {
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
    const text = code.textContent ?? "";
    code.parentElement?.replaceWith(codeBlock(text, language));
  }
}

function codeBlock(text: string, language: string): HTMLElement {
  const isKnown = text.length <= highlightLimit && hljs.getLanguage(language) !== undefined;
  const code = h("code", { "data-waits": isKnown && language }, text);
  if (isKnown) highlightSoon([code]);
  return h("figure", { class: "code" },
    h("figcaption", {},
      h("span", {}, language),
      iconButton("copy", t("Copy code"), () => run(ask("copy", { text }))),
      iconButton("insert", t("Insert at cursor"), () => run(ask("insertCode", { code: text }))),
      iconButton("go-to-file", t("Open in new file"), () => run(ask("newFile", { code: text, language }))),
    ),
    h("pre", { tabindex: 0 }, code),
  );
}

/** What comes into sight. */
export function highlightIn(element: Element): void {
  highlightSoon(element.querySelectorAll<HTMLElement>("code[data-waits]"));
}

function highlightSoon(blocks: Iterable<HTMLElement>): void {
  waiting.push(...blocks);
  frame ||= requestAnimationFrame(highlightSome);
}

function highlightSome(): void {
  frame = 0;
  const until = performance.now() + highlightMsPerFrame;
  while (waiting.length > 0 && performance.now() < until) {
    const code = waiting.shift();
    // What is out of sight waits until it is not.
    if (code?.checkVisibility({ contentVisibilityAuto: true })) highlight(code);
  }
  if (waiting.length > 0) frame = requestAnimationFrame(highlightSome);
}

function highlight(code: HTMLElement): void {
  const language = code.dataset["waits"];
  if (language === undefined) return;
  delete code.dataset["waits"];
  // The highlighter escapes the code; the parser below runs nothing, and only spans with classes are taken from it.
  const { value } = hljs.highlight(code.textContent ?? "", { language, ignoreIllegals: true });
  const parsed = new DOMParser().parseFromString(value, "text/html");
  code.replaceChildren();
  copySpans(parsed.body, code);
}

function copySpans(from: Node, to: HTMLElement): void {
  for (const node of from.childNodes) {
    if (node instanceof HTMLElement) {
      const span = h("span", { class: node.className });
      copySpans(node, span);
      to.append(span);
    } else {
      to.append(node.textContent ?? "");
    }
  }
}
