// A block of code in an answer: highlighted, with its language and buttons to copy it, insert it, or open it as a file.

import hljs from "highlight.js/lib/common";
import { h, iconButton } from "../dom";
import { ask, run } from "../bridge";
import { t } from "../texts";

/** Beyond this the colours cost more than they help. */
const highlightLimit = 50_000;

/** Replaces the plain blocks of rendered Markdown. */
export function dressCodeBlocks(fragment: DocumentFragment): void {
  for (const code of fragment.querySelectorAll("pre > code")) {
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
    const text = code.textContent ?? "";
    code.parentElement?.replaceWith(codeBlock(text, language));
  }
}

function codeBlock(text: string, language: string): HTMLElement {
  return h("figure", { class: "code" },
    h("figcaption", {},
      h("span", {}, language),
      iconButton("copy", t("Copy code"), () => run(ask("copy", { text }))),
      iconButton("insert", t("Insert at cursor"), () => run(ask("insertCode", { code: text }))),
      iconButton("go-to-file", t("Open in new file"), () => run(ask("newFile", { code: text, language }))),
    ),
    h("pre", { tabindex: 0 }, highlighted(text, language)),
  );
}

function highlighted(text: string, language: string): HTMLElement {
  const code = h("code", {});
  if (text.length > highlightLimit || !hljs.getLanguage(language)) {
    code.textContent = text;
    return code;
  }
  // The highlighter escapes the code; the parser below runs nothing, and only spans with classes are taken from it.
  const parsed = new DOMParser().parseFromString(hljs.highlight(text, { language, ignoreIllegals: true }).value, "text/html");
  copySpans(parsed.body, code);
  return code;
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
