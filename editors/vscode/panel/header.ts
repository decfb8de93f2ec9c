// The line on top: which session this is, the way back from a sub-agent, what it has used, and the state of run and connection.

import type { PanelState } from "../src/panelMessages";
import type { SessionStatus } from "../src/protocol";
import { ask, run } from "./bridge";
import { h, icon, redraw } from "./dom";
import { meter } from "./meter";
import { t } from "./texts";

export class Header {
  private readonly title = h("div", { class: "session-title" });
  private readonly activity = h("div", { class: "activity" });
  private readonly meter = h("div", { class: "meter" });
  private readonly connection = h("span", {});
  /** Seconds go by without being read out. */
  private readonly wait = h("span", { "aria-hidden": "true" });
  private readonly status = h("div", { class: "connection", role: "status" }, this.connection, this.wait);
  private countdown: ReturnType<typeof setInterval> | undefined;
  readonly element = h("header", { class: "head" }, this.title, this.activity, this.meter, this.status);

  show(state: PanelState): void {
    const { session, shown, parent, instance, connection, manyFolders } = state;
    const back = (to: { id: string }) => run(ask("showSession", { sessionId: to.id }));
    redraw(this.title, [parent, session?.title, shown.sessionId === undefined, manyFolders && instance?.name], () => [
      parent && h("button", { type: "button", class: "link", title: t("Back to “{0}”", parent.title), onclick: () => back(parent) },
        icon("arrow-left"), parent.title || t("Back")),
      manyFolders && instance && h("span", { class: "folder" }, instance.name),
      h("h1", {}, session ? session.title || t("Untitled session") : shown.sessionId === undefined && t("New session")),
    ]);
    redraw(this.connection, [connection, instance?.state], () => [
      h("span", { class: `dot ${instance?.state ?? "none"}`, "aria-hidden": "true" }), connection,
    ]);
    redraw(this.meter, session?.usage, () => meter(session?.usage));
    const tick = () => {
      this.drawActivity(session?.status);
      this.wait.textContent = instance?.retryAt === undefined ? "" : ` ${t("in {0} s", secondsUntil(instance.retryAt))}`;
    };
    clearInterval(this.countdown);
    if (session?.status.type === "retry" || instance?.retryAt !== undefined) this.countdown = setInterval(tick, 1000);
    tick();
  }

  private drawActivity(status: SessionStatus | undefined): void {
    const text = activityText(status);
    this.activity.classList.toggle("failure", status?.type === "error");
    redraw(this.activity, text, () => (text === "" ? [] : [icon(status?.type === "error" ? "error" : "loading~spin"), text]));
  }
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1000));
}

function activityText(status: SessionStatus | undefined): string {
  switch (status?.type) {
    case "submitted":
    case "busy":
      return t("Working …");
    case "compacting":
      return t("Summarising …");
    case "retry":
      return t("Try {0} failed: {1}. Next in {2} s.", status.attempt, status.message, secondsUntil(status.next));
    case "error":
      return status.message;
    default:
      return "";
  }
}
