// A unified diff, line by line with colours. The whole file is in the native diff editor, behind a button.

import { h } from "../dom";
import { t } from "../texts";
import type { FileDiff } from "../../src/protocol";

const shownLines = 200;

export function diffView(diff: FileDiff, open: () => void): HTMLElement {
  const lines = diff.patch.trimEnd().split("\n").filter((line) => !/^(---|\+\+\+|diff |index |Index:|===)/.test(line));
  const rows = lines.slice(0, shownLines).map((line) => h("div", { class: classOf(line) }, line || " "));
  return h("div", { class: "diff" },
    h("div", { class: "diff-title" },
      h("button", { type: "button", class: "link", onclick: open }, diff.path),
      h("span", { class: "added" }, `+${diff.additions}`),
      h("span", { class: "removed" }, `−${diff.deletions}`),
    ),
    h("div", { class: "diff-lines", tabindex: 0, role: "region", "aria-label": t("Changes in {0}", diff.path) }, ...rows),
    lines.length > shownLines && h("div", { class: "note" }, t("{0} more lines in the diff editor", lines.length - shownLines)),
  );
}

function classOf(line: string): string {
  if (line.startsWith("+")) return "line added";
  if (line.startsWith("-")) return "line removed";
  return line.startsWith("@@") ? "line place" : "line";
}
