// A block of code in an answer: with its language and buttons to copy it, insert it, or open it as a file. Its colours
// come later than its text: they cost more than all else of a message.

import hljs from "highlight.js/lib/common";
import { h, iconButton } from "../dom";
import { ask, run } from "../bridge";
import { soon } from "../frames";
import { t } from "../texts";
import { sanitised } from "./sanitise";

/** Beyond this the colours cost more than they help. */
const highlightLimit = 50_000;

/** Replaces the plain blocks of rendered Markdown. */
export function dressCodeBlocks(fragment: DocumentFragment): void {
  for (const code of fragment.querySelectorAll("pre > code")) {
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
    code.parentElement?.replaceWith(codeBlock(code.textContent ?? "", language));
  }
}

function codeBlock(text: string, language: string): HTMLElement {
  const isKnown = text.length <= highlightLimit && hljs.getLanguage(language) !== undefined;
  const code = h("code", { "data-waits": isKnown && language }, text);
  if (isKnown) soon(() => highlight(code));
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

/** What was drawn before it was in the document. */
export function highlightIn(element: Element): void {
  for (const code of element.querySelectorAll<HTMLElement>("code[data-waits]")) soon(() => highlight(code));
}

function highlight(code: HTMLElement): void {
  const language = code.dataset["waits"];
  if (language === undefined || !code.isConnected) return;
  delete code.dataset["waits"];
  code.replaceChildren(sanitised(hljs.highlight(code.textContent ?? "", { language, ignoreIllegals: true }).value));
}
