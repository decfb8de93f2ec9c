// Native notifications: a permission or question while panel or window are not looked at, the end of a run while the window is not.
// The setting sidestream.notifications says which; what the panel shows already is not said twice.

import * as vscode from "vscode";
import type { App } from "./app";
import { showError } from "./errors";
import { plainNotice } from "./plainText";
import type { Permission, PermissionReply, Question, Session } from "./protocol";
import { titleOf } from "./sessionsTree";

export class Alerts {
  private readonly running = new Set<string>();

  constructor(private readonly app: App) {
    const { backend } = app;
    const tell = (told: Promise<void>) => void told.catch(showError);
    backend.on("sidestream/permission/didAsk", ({ instanceId, permission }) => tell(this.permission(instanceId, permission)));
    backend.on("sidestream/question/didAsk", ({ instanceId, question }) => tell(this.question(instanceId, question)));
    backend.on("sidestream/session/didChange", ({ session }) => tell(this.session(session)));
  }

  private async permission(instanceId: string, permission: Permission): Promise<void> {
    if (this.seen(permission) || !wanted("waiting")) return;
    const { t } = vscode.l10n;
    const answers = new Map<string, PermissionReply>([[t("Allow once"), "once"], [t("Always allow"), "always"], [t("Reject"), "reject"]]);
    if (permission.always.length === 0) answers.delete(t("Always allow"));
    const show = t("Show");
    const showDiff = t("Show diff");
    const looks = permission.diff?.length ? [showDiff, show] : [show];
    const chosen = await vscode.window.showWarningMessage(plainNotice(`Sidestream: ${permission.title}`), ...answers.keys(), ...looks);
    if (chosen === undefined) return;
    // It may have been answered elsewhere while the notification was there.
    if (!this.app.overview.permissions.has(permission.id)) return;
    const reply = answers.get(chosen);
    if (reply) await this.app.backend.request("sidestream/permission/reply", { instanceId, permissionId: permission.id, reply });
    else if (chosen === showDiff) await this.app.review.showProposed(permission.diff ?? [], this.app.overview.instances.get(instanceId));
    else await this.show(instanceId, permission);
  }

  private async question(instanceId: string, question: Question): Promise<void> {
    if (this.seen(question) || !wanted("waiting")) return;
    const { t } = vscode.l10n;
    const answer = t("Answer");
    const text = question.questions[0]?.question ?? t("The agent asks you something.");
    const chosen = await vscode.window.showInformationMessage(plainNotice(`Sidestream: ${text}`), answer);
    if (chosen === answer) await this.show(instanceId, question);
  }

  /** A run has ended that nobody was looking at. */
  private async session(session: Session): Promise<void> {
    if (!["idle", "error"].includes(session.status.type)) return void this.running.add(session.id);
    const ended = this.running.delete(session.id);
    if (!ended || session.parentId !== undefined || vscode.window.state.focused || !wanted("done")) return;
    const { t } = vscode.l10n;
    const show = t("Show");
    const chosen = session.status.type === "error"
      ? await vscode.window.showErrorMessage(plainNotice(t("“{0}” failed: {1}", titleOf(session), session.status.message)), show)
      : await vscode.window.showInformationMessage(plainNotice(t("“{0}” is done.", titleOf(session))), show);
    if (chosen === show) await (await this.app.panels.reveal()).show(session.instanceId, session.id);
  }

  private seen({ sessionId, path }: Permission | Question): boolean {
    return vscode.window.state.focused && [sessionId, ...(path ?? []).map(({ id }) => id)].some((id) => this.app.panels.isVisible(id));
  }

  /** Shows the session that the root of the tree is: children's requests are answered there. */
  private async show(instanceId: string, { sessionId, path }: Permission | Question): Promise<void> {
    await (await this.app.panels.reveal()).show(instanceId, path?.[0]?.id ?? sessionId);
  }
}

function wanted(what: "waiting" | "done"): boolean {
  const setting = vscode.workspace.getConfiguration("sidestream").get<string>("notifications", "all");
  return setting === "all" || setting === what;
}
