// The line on top: which session this is, the way back from a sub-agent, what it has used, and the state of run and connection.

import type { PanelState } from "../src/panelMessages";
import type { SessionStatus } from "../src/protocol";
import { ask, run } from "./bridge";
import { h, icon, redraw } from "./dom";
import { meter } from "./meter";
import { t } from "./texts";

export class Header {
  private readonly title = h("div", { class: "session-title" });
  private readonly status = h("div", { class: "connection", role: "status" });
  private readonly activity = h("div", { class: "activity" });
  private readonly meter = h("div", { class: "meter" });
  private retry: Extract<SessionStatus, { type: "retry" }> | undefined;
  private countdown: ReturnType<typeof setInterval> | undefined;
  readonly element = h("header", { class: "head" }, this.title, this.activity, this.meter, this.status);

  show(state: PanelState): void {
    const { session, parent, instance, connection, manyFolders } = state;
    redraw(this.title, [parent, session?.title, manyFolders && instance?.name], () => [
      parent && h("button", { type: "button", class: "link", title: t("Back to “{0}”", parent.title), onclick: () => run(ask("showSession", { sessionId: parent.id })) },
        icon("arrow-left"), parent.title || t("Back")),
      manyFolders && instance && h("span", { class: "folder" }, instance.name),
      h("h1", {}, session ? session.title || t("Untitled session") : t("New session")),
    ]);
    redraw(this.status, [connection, instance?.state], () => [h("span", { class: `dot ${instance?.state ?? "none"}`, "aria-hidden": "true" }), connection]);
    redraw(this.meter, session?.usage, () => meter(session?.usage));
    this.showActivity(session?.status);
  }

  private showActivity(status: SessionStatus | undefined): void {
    this.retry = status?.type === "retry" ? status : undefined;
    if (this.retry) this.countdown ??= setInterval(() => this.drawActivity(status), 1000);
    else clearInterval(this.countdown);
    if (!this.retry) this.countdown = undefined;
    this.drawActivity(status);
  }

  private drawActivity(status: SessionStatus | undefined): void {
    const text = activityText(this.retry ?? status);
    this.activity.classList.toggle("failure", status?.type === "error");
    redraw(this.activity, text, () => (text === "" ? [] : [status?.type === "error" ? icon("error") : icon("loading~spin"), text]));
  }
}

function activityText(status: SessionStatus | undefined): string {
  switch (status?.type) {
    case "submitted":
    case "busy":
      return t("Working …");
    case "compacting":
      return t("Summarising …");
    case "retry":
      return t("Try {0} failed: {1}. Next in {2} s.", status.attempt, status.message, Math.max(0, Math.ceil((status.next - Date.now()) / 1000)));
    case "error":
      return status.message;
    default:
      return "";
  }
}
