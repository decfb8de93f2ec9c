// One message: an article with its parts, its ending, and what can be done with it.

import type { Message, Part } from "../../src/protocol";
import { ask, relay, run } from "../bridge";
import { h, icon, iconButton, redraw } from "../dom";
import { t } from "../texts";
import { partView, type PartView } from "./partView";

export class MessageView {
  readonly element: HTMLElement;
  private readonly content = h("div", { class: "content" });
  private readonly ending = h("div", { class: "message-ending" });
  private readonly views = new Map<string, PartView>();

  constructor(private readonly message: Message, supports: (method: string) => boolean) {
    const fromUser = message.role === "user";
    this.element = h("article", { class: message.role, "aria-label": fromUser ? t("You") : t("Assistant"), "data-id": message.id, tabindex: -1 },
      h("div", { class: "tools", role: "toolbar", "aria-label": t("Message") }, ...this.actions(fromUser, supports)),
      this.content,
      this.ending,
    );
  }

  /** All of it, in the parts' order. */
  draw(): void {
    for (const part of this.message.parts) this.drawPart(part);
    this.drawEnding();
  }

  drawPart(part: Part): void {
    const { message } = this;
    let view = this.views.get(part.id);
    if (!view) {
      view = partView(part, message.id, message.role === "user");
      if (!view) return;
      this.views.set(part.id, view);
      this.content.append(view.element);
    }
    const isLast = message.parts.at(-1)?.id === part.id;
    view.draw(part, message.status !== "streaming" || !isLast);
  }

  removePart(partId: string): void {
    this.views.get(partId)?.element.remove();
    this.views.delete(partId);
  }

  drawEnding(): void {
    const { status, error } = this.message;
    this.element.dataset["status"] = status;
    const isEmpty = this.views.size === 0;
    redraw(this.ending, [status, error, isEmpty], () => {
      switch (status) {
        case "queued":
          return [icon("watch"), t("Waits for its turn, or for a connection"), h("button", { type: "button", class: "link", onclick: () => this.cancel() }, t("Take back"))];
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

  private actions(fromUser: boolean, supports: (method: string) => boolean): HTMLElement[] {
    const messageId = this.message.id;
    const copy = iconButton("copy", t("Copy message"), () => run(ask("copy", { text: this.text })));
    if (!fromUser) return [copy];
    const actions = [copy];
    if (supports("sidestream/session/diff")) actions.push(iconButton("diff-multiple", t("Show what this turn changed"), () => run(ask("showDiff", { messageId }))));
    if (supports("sidestream/session/fork")) actions.push(iconButton("repo-forked", t("Fork from here"), () => run(ask("fork", { messageId }))));
    if (supports("sidestream/session/revert")) actions.push(iconButton("discard", t("Revert to before this message"), () => run(ask("revert", { messageId }))));
    return actions;
  }

  private cancel(): void {
    run(relay("sidestream/session/cancelQueued", { messageId: this.message.id }));
  }
}
