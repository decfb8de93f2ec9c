// Draws the parts of a message, one view for each kind. Kinds that say nothing to a person have none.

import type { Part } from "../../src/protocol";
import { ask, relay, run } from "../bridge";
import { h, icon, redraw } from "../dom";
import { Fold } from "../fold";
import { t } from "../texts";
import { MarkdownView } from "./markdownView";
import { plainText } from "../../src/plainText";
import { ToolCard } from "./toolCard";

export interface PartView {
  readonly element: HTMLElement;
  /** `settled`: the part will not grow any more. */
  draw(part: Part, settled: boolean): void;
}

export function partView(part: Part, messageId: string, fromUser: boolean): PartView | undefined {
  switch (part.type) {
    case "text":
      if (part.synthetic) return undefined;
      return fromUser ? new PlainView() : new TextView();
    case "reasoning":
      return new ReasoningView();
    case "tool":
      return new ToolCard(part, messageId);
    case "file":
      return new FileView(messageId);
    case "agent":
    case "subtask":
    case "retry":
    case "compaction":
    case "unknown":
      return new NoteView();
    case "patch":
    case "stepStart":
    case "stepFinish":
      return undefined;
  }
}

/** What the user wrote, as it was written. */
class PlainView implements PartView {
  readonly element = h("div", { class: "plain" });

  draw(part: Part): void {
    if (part.type === "text") this.element.textContent = plainText(part.text);
  }
}

class TextView implements PartView {
  readonly element = h("div", { class: "text" });
  private readonly markdown = new MarkdownView();
  private readonly gap = h("div", { class: "note", hidden: true },
    icon("warning"), t("A piece is missing here until the answer is complete."));

  constructor() {
    this.element.append(this.markdown.element, this.gap);
  }

  draw(part: Part, settled: boolean): void {
    if (part.type !== "text") return;
    this.markdown.draw(part.text, settled);
    this.gap.hidden = !part.partial;
  }
}

class ReasoningView implements PartView {
  readonly element = h("div", { class: "reasoning" });
  private readonly markdown = new MarkdownView();
  private readonly fold = new Fold(this.markdown.element);
  private part: { text: string; settled: boolean } = { text: "", settled: false };

  constructor() {
    this.element.append(this.fold.head, this.markdown.element);
    this.fold.onToggle = () => this.drawText();
  }

  draw(part: Part, settled: boolean): void {
    if (part.type !== "reasoning") return;
    const { start, end } = part.time ?? {};
    const seconds = start !== undefined && end !== undefined ? Math.max(1, Math.round((end - start) / 1000)) : undefined;
    const label = seconds === undefined ? (settled ? t("Thought") : t("Thinking …")) : t("Thought for {0} s", seconds);
    redraw(this.fold.head, label, () => [icon("lightbulb"), label]);
    this.part = { text: part.text, settled };
    this.drawText();
  }

  private drawText(): void {
    if (this.fold.open) this.markdown.draw(this.part.text, this.part.settled);
  }
}

class FileView implements PartView {
  readonly element = h("div", { class: "attachment" });

  constructor(private readonly messageId: string) {}

  draw(part: Part): void {
    if (part.type !== "file") return;
    const name = part.filename ?? part.mime;
    redraw(this.element, [name, part.url.slice(0, 200), part.url.length, part.cut], () => {
      if (part.mime.startsWith("image/") && part.url.startsWith("data:")) return [this.picture(part, name)];
      if (!part.url.startsWith("file://")) return [icon("file"), name];
      return [icon("file"), h("button", { type: "button", class: "link", onclick: () => openFile(part.url) }, name)];
    });
  }

  /** A large one is left out of what the server tells of itself. */
  private picture({ id, url, cut }: Part & { type: "file" }, name: string): HTMLElement {
    const image = h("img", { src: cut ? undefined : url, alt: name });
    const whole = () => relay("sidestream/part/content", { messageId: this.messageId, partId: id, field: "url" });
    if (cut) run(whole().then(({ content }) => (image.src = String(content))));
    return image;
  }
}

/** A `file:` URL may say which lines are meant. */
function openFile(url: string): void {
  const { pathname, searchParams } = new URL(url);
  const [start, end] = ["start", "end"].map((name) => Number(searchParams.get(name)) || undefined);
  const path = decodeURIComponent(pathname).replace(/^\/(?=[a-z]:)/i, "");
  run(ask("openFile", { path, ...(start !== undefined && { range: { start, end: end ?? start } }) }));
}

/** Something that is told in one line. */
class NoteView implements PartView {
  readonly element = h("div", { class: "note" });

  draw(part: Part): void {
    redraw(this.element, part, () => [noteOf(part)]);
  }
}

function noteOf(part: Part): string {
  switch (part.type) {
    case "agent":
      return `@${part.name}`;
    case "subtask":
      return t("Task for {0}: {1}", part.agent, part.description);
    case "retry":
      return t("Try {0} failed: {1}", part.attempt, part.error.message);
    case "compaction":
      return part.auto ? t("The session was summarised, since its context was full.") : t("The session was summarised.");
    case "unknown":
      return t("A part of a kind that this version does not know.");
    default:
      return "";
  }
}
