// A tool call: one line that says what it does, and on demand its input, live output, changes and error.

import type { CutField, Part, Todo, ToolKind, ToolStatus } from "../../src/protocol";
import { ask, relay, run } from "../bridge";
import { h, icon, redraw } from "../dom";
import { Fold } from "../fold";
import { t } from "../texts";
import { todoList } from "../todoList";
import { diffView } from "./diffView";
import { plainText } from "../../src/plainText";
import type { PartView } from "./partView";

type Tool = Extract<Part, { type: "tool" }>;

const icons: Record<ToolKind, string> = {
  shell: "terminal", edit: "edit", read: "file", search: "search", web: "globe", task: "hubot", todo: "checklist",
  question: "question", other: "tools",
};
const statusIcons: Record<ToolStatus, string> = {
  pending: "watch", running: "loading~spin", completed: "check", error: "error", interrupted: "circle-slash",
};
/** Longer output scrolls in the card, from its end. */
const shownOutput = 20_000;

export class ToolCard implements PartView {
  readonly element = h("div", { class: "tool" });
  private readonly facts = h("div", { class: "facts" });
  private readonly output = h("pre", { class: "output", tabindex: 0, hidden: true });
  private readonly ending = h("div", { class: "ending" });
  private readonly body = h("div", { class: "body" }, this.facts, this.output, this.ending);
  private readonly fold = new Fold(this.body);
  private part: Tool;
  /** The user's choice counts more than what we would open. */
  private touched = false;

  constructor(part: Tool, private readonly messageId: string) {
    this.part = part;
    this.element.append(this.fold.head, this.body);
    this.fold.head.addEventListener("click", () => (this.touched = true));
    this.fold.onToggle = () => this.drawBody();
  }

  draw(part: Part): void {
    if (part.type !== "tool") return;
    this.part = part;
    const { kind, status, summary } = part;
    this.element.dataset["status"] = status;
    redraw(this.fold.head, [kind, status, summary], () => [
      icon(icons[kind]),
      h("span", { class: "summary" }, summary),
      h("span", { class: "status" }, icon(statusIcons[status]), h("span", { class: "hidden" }, statusWord(status))),
    ]);
    if (!this.touched) this.fold.open = opensItself(part);
    this.drawBody();
  }

  private drawBody(): void {
    if (!this.fold.open) return;
    const { part } = this;
    redraw(this.facts, [part.input, part.childSessionId], () => [this.drawInput(), this.drawChild()]);
    this.drawOutput(part.output ?? "");
    redraw(this.ending, [part.error, part.diff, part.cut], () => [
      ...(part.diff ?? []).map((diff) => diffView(diff, () => run(ask("showDiff", { messageId: this.messageId, partId: part.id })))),
      part.error !== undefined && h("div", { class: "failure" }, part.error),
      part.cut && h("button", { type: "button", class: "link", onclick: () => run(this.readWhole()) }, t("Show all of it")),
    ]);
  }

  private drawInput(): HTMLElement | undefined {
    const { input, kind } = this.part;
    const fields = (input ?? {}) as Record<string, unknown>;
    if (kind === "shell" && typeof fields["command"] === "string") return h("pre", { class: "command" }, fields["command"]);
    if (kind === "task" && typeof fields["prompt"] === "string") return h("div", { class: "plain" }, fields["prompt"]);
    if (kind === "question" || (kind === "edit" && this.part.diff?.length)) return undefined;
    if (kind === "todo" && Array.isArray(fields["todos"])) return todoList(fields["todos"] as Todo[]);
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
    return lines.length > 0 ? h("pre", { class: "input" }, lines.join("\n")) : undefined;
  }

  private drawChild(): HTMLElement | undefined {
    const { childSessionId } = this.part;
    if (childSessionId === undefined) return undefined;
    const show = () => run(ask("showSession", { sessionId: childSessionId }));
    return h("button", { type: "button", class: "secondary", onclick: show },
      icon("go-to-file"), t("Open the sub-agent's session"));
  }

  private drawOutput(text: string): void {
    const { kind, diff, childSessionId } = this.part;
    // These say the same as what is drawn of their input, or as what can be opened from there.
    const isElsewhere = kind === "todo" || (kind === "task" ? childSessionId !== undefined : kind === "edit" && (diff?.length ?? 0) > 0);
    this.output.hidden = text === "" || isElsewhere;
    if (this.output.hidden) return;
    const atEnd = this.output.scrollTop + this.output.clientHeight >= this.output.scrollHeight - 8;
    const shown = plainText(text.length > shownOutput && this.part.status === "running" ? `…${text.slice(-shownOutput)}` : text);
    if (this.output.textContent !== shown) this.output.textContent = shown;
    if (atEnd && this.part.status === "running") this.output.scrollTop = this.output.scrollHeight;
  }

  /** Reads what the server left out of the push. */
  private async readWhole(): Promise<void> {
    const of = { messageId: this.messageId, partId: this.part.id };
    const fields: CutField[] = ["output", "input", "diff"];
    const read = (field: CutField) => relay("sidestream/part/content", { ...of, field }).catch(() => undefined);
    const whole = await Promise.all(fields.map(read));
    const found = whole.filter((each) => each !== undefined).map(({ field, content }) => [field, content]);
    this.draw({ ...this.part, ...(Object.fromEntries(found) as Partial<Tool>), cut: false });
  }
}

function opensItself({ kind, status, diff, childSessionId }: Tool): boolean {
  if (status === "error") return true;
  if (kind === "shell") return status === "running";
  if (kind === "edit") return (diff?.length ?? 0) > 0;
  return childSessionId !== undefined;
}

function statusWord(status: ToolStatus): string {
  return { pending: t("waits"), running: t("running"), completed: t("done"), error: t("failed"), interrupted: t("interrupted") }[status];
}
