// One message: an article with its parts, its ending, and what can be done with it.

import type { Message, Part } from "../../src/protocol";
import { ask, relay, run } from "../bridge";
import { h, icon, iconButton, redraw } from "../dom";
import { t } from "../texts";
import { partView, type PartView } from "./partView";

export class MessageView {
  readonly element: HTMLElement;
  /** In pixels, before it was laid out. */
  readonly estimatedHeight: number;
  /** Nothing while it is out of sight. */
  private drawn: Drawn | undefined;
  /** The user has opened or done something in it. */
  private touched = false;

  constructor(readonly message: Message) {
    const { id, role } = message;
    const label = role === "user" ? t("You") : t("Assistant");
    this.element = h("article", { class: role, "aria-label": label, "data-id": id, tabindex: -1 });
    this.estimatedHeight = estimatedHeight(message);
  }

  get isDrawn(): boolean {
    return this.drawn !== undefined;
  }

  /** All of it, in the parts' order. */
  draw(): void {
    this.drawn ??= this.begin();
    for (const part of this.message.parts) this.drawPart(part);
    this.drawEnding();
  }

  /** Gives up what is drawn, where nothing of the user's is lost by that. */
  release(): void {
    if (this.touched) return;
    this.drawn = undefined;
    this.element.replaceChildren();
  }

  /** One that has gone or was replaced since it was to be drawn is left alone. */
  drawPart(part: Part): void {
    const { parts, id, role, status } = this.message;
    const index = parts.indexOf(part);
    if (!this.drawn || index < 0) return;
    const { content, parts: views } = this.drawn;
    let view = views.get(part.id);
    if (!view) {
      view = partView(part, id, role === "user");
      if (!view) return;
      const next = parts.slice(index + 1).map((each) => views.get(each.id)).find((each) => each !== undefined);
      content.insertBefore(view.element, next?.element ?? null);
      views.set(part.id, view);
    }
    view.draw(part, status !== "streaming" || index < parts.length - 1);
  }

  removePart(partId: string): void {
    this.drawn?.parts.get(partId)?.element.remove();
    this.drawn?.parts.delete(partId);
  }

  drawEnding(): void {
    if (!this.drawn) return;
    const { status, error } = this.message;
    this.element.dataset["status"] = status;
    const isEmpty = this.drawn.parts.size === 0;
    redraw(this.drawn.ending, [status, error, isEmpty], () => {
      switch (status) {
        case "queued":
          return [
            icon("watch"), t("Waits for its turn, or for a connection"),
            h("button", { type: "button", class: "link", onclick: () => this.cancel(), "data-needs": "cancelQueued" }, t("Take back")),
          ];
        case "aborted":
          return [icon("debug-stop"), t("Stopped")];
        case "interrupted":
          return [icon("warning"), t("Interrupted: OpenCode ended before the answer was complete.")];
        case "error":
          return [h("div", { class: "failure", role: "alert" }, icon("error"), error?.message ?? t("Failed"))];
        case "streaming":
          return [isEmpty && h("span", { class: "waiting" }, icon("loading~spin"), t("Working …"))];
        default:
          return [];
      }
    });
  }

  /** What is said, without cards. */
  get text(): string {
    return this.message.parts.map((part) => (part.type === "text" && !part.synthetic ? part.text : "")).filter(Boolean).join("\n\n");
  }

  private begin(): Drawn {
    const content = h("div", { class: "content", onclick: () => (this.touched = true) });
    const ending = h("div", { class: "message-ending" });
    this.element.append(h("div", { class: "tools", role: "toolbar", "aria-label": t("Message") }, ...this.actions()), content, ending);
    return { content, ending, parts: new Map() };
  }

  private actions(): HTMLElement[] {
    const { id: messageId, role } = this.message;
    const copy = iconButton("copy", t("Copy message"), () => run(ask("copy", { text: this.text })));
    if (role !== "user") return [copy];
    const diff = iconButton("diff-multiple", t("Show what this turn changed"), () => run(ask("showDiff", { messageId })));
    const fork = iconButton("repo-forked", t("Fork from here"), () => run(ask("fork", { messageId })));
    const revert = iconButton("discard", t("Revert to before this message"), () => run(ask("revert", { messageId })));
    for (const [method, button] of Object.entries({ diff, fork, revert })) button.dataset["needs"] = method;
    return [copy, diff, fork, revert];
  }

  private cancel(): void {
    run(relay("sidestream/session/cancelQueued", { messageId: this.message.id }));
  }
}

interface Drawn {
  content: HTMLElement;
  ending: HTMLElement;
  parts: Map<string, PartView>;
}

/** Of a message that is not laid out yet. */
function estimatedHeight({ parts }: Message): number {
  const lineHeight = 20;
  const lineLength = 60;
  const lines = (part: Part): number => {
    if (part.type !== "text") return 2;
    return part.synthetic ? 0 : part.text.split("\n").reduce((sum, line) => sum + Math.ceil(line.length / lineLength), 1);
  };
  return lineHeight * parts.reduce((sum, part) => sum + lines(part), 1);
}
