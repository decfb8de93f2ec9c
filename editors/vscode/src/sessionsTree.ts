// The tree of sessions: by folder when there are several, sub-agents' sessions below the session that started them.

import * as vscode from "vscode";
import type { App } from "./app";
import { capabilitiesOf } from "./capabilities";
import { instanceStateName } from "./obstacle";
import type { Overview } from "./overview";
import type { Instance, Session } from "./protocol";

/** A session, or something of a folder: itself, its archive, or the sessions that were not read yet. */
export interface Node {
  session?: Session;
  instance?: Instance;
  part?: "archive" | "older";
}

export class SessionsTree implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly overview: Overview;
  private drawn = "";
  readonly onDidChangeTreeData = this.changed.event;

  constructor({ overview, backend, subscriptions }: App) {
    this.overview = overview;
    const view = vscode.window.createTreeView("sidestream.sessions", { treeDataProvider: this, showCollapseAll: true });
    const start = () => view.visible && void backend.start();
    subscriptions.push(this.changed, view, view.onDidChangeVisibility(start), overview.onDidChange(() => this.refresh()));
    start();
  }

  getChildren({ session, instance, part }: Node = {}): Node[] {
    const { overview } = this;
    if (session) return nodes(overview.children(session.id));
    if (instance) return part === "archive" ? nodes(overview.roots(instance.id, true)) : this.sessions(instance);
    const instances = [...overview.instances.values()];
    const [only] = instances;
    return instances.length === 1 && only ? this.sessions(only) : instances.map((each) => ({ instance: each }));
  }

  getTreeItem({ session, instance, part }: Node): vscode.TreeItem {
    if (session) return this.sessionItem(session);
    if (!instance) throw new Error("A row of the tree is a session or belongs to a folder.");
    if (part === "archive") return archiveItem(instance);
    return part === "older" ? olderItem(instance) : folderItem(instance);
  }

  private sessions(instance: Instance): Node[] {
    return [
      ...nodes(this.overview.roots(instance.id)),
      ...(this.overview.hasMore(instance.id) ? [{ instance, part: "older" as const }] : []),
      ...(this.overview.roots(instance.id, true).length > 0 ? [{ instance, part: "archive" as const }] : []),
    ];
  }

  private sessionItem(session: Session): vscode.TreeItem {
    const hasChildren = this.overview.children(session.id).length > 0;
    const item = new vscode.TreeItem(
      titleOf(session),
      hasChildren ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
    const { word, icon } = describeStatus(session);
    const isShared = session.shareUrl !== undefined;
    item.id = session.id;
    item.iconPath = icon;
    item.description = [word || ago(session.time.updated), isShared && vscode.l10n.t("shared")].filter(Boolean).join(" · ");
    item.tooltip = [titleOf(session), word, new Date(session.time.updated).toLocaleString(vscode.env.language)].filter(Boolean).join("\n");
    const is = ["session", isShared && "is-shared", session.time.archived && "is-archived", capabilitiesOf(session, this.overview)];
    item.contextValue = is.filter(Boolean).join(" ");
    item.command = { command: "sidestream.openSession", title: vscode.l10n.t("Open Session"), arguments: [{ session } satisfies Node] };
    return item;
  }

  /** Only when something is different that the tree shows: sessions change with every step of a run. */
  private refresh(): void {
    const { instances, sessions } = this.overview;
    const drawn = JSON.stringify([
      [...instances.values()].map(({ id, state }) => [id, state, this.overview.hasMore(id), this.overview.catalogs.get(id)?.unsupported]),
      [...sessions.values()].map(({ id, parentId, title, status, permissions, questions, time, shareUrl }) =>
        [id, parentId, title, status.type, permissions, questions, time, shareUrl]),
    ]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.changed.fire(undefined);
  }
}

function nodes(sessions: Session[]): Node[] {
  return sessions.map((session) => ({ session }));
}

export function titleOf(session: Session): string {
  return session.title || vscode.l10n.t("Untitled session");
}

function folderItem(instance: Instance): vscode.TreeItem {
  const item = new vscode.TreeItem(instance.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = instance.id;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.description = instance.state === "connected" ? undefined : instanceStateName(instance.state);
  item.tooltip = instance.directory;
  item.contextValue = "folder";
  return item;
}

function olderItem(instance: Instance): vscode.TreeItem {
  const title = vscode.l10n.t("Show Older Sessions");
  const item = new vscode.TreeItem(title);
  item.id = `${instance.id} older`;
  item.iconPath = new vscode.ThemeIcon("ellipsis");
  item.command = { command: "sidestream.showOlderSessions", title, arguments: [{ instance } satisfies Node] };
  return item;
}

function archiveItem(instance: Instance): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t("Archive"), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `${instance.id} archive`;
  item.iconPath = new vscode.ThemeIcon("archive");
  return item;
}

function describeStatus(session: Session): { word: string; icon: vscode.ThemeIcon } {
  const { t } = vscode.l10n;
  if (session.permissions + session.questions > 0) {
    const colour = new vscode.ThemeColor("notificationsWarningIcon.foreground");
    return { word: t("waiting for you"), icon: new vscode.ThemeIcon("bell-dot", colour) };
  }
  switch (session.status.type) {
    case "idle":
      return { word: "", icon: new vscode.ThemeIcon("comment-discussion") };
    case "error":
      return { word: t("failed"), icon: new vscode.ThemeIcon("error", new vscode.ThemeColor("notificationsErrorIcon.foreground")) };
    case "retry":
      return { word: t("trying again"), icon: new vscode.ThemeIcon("sync~spin") };
    case "compacting":
      return { word: t("compacting"), icon: new vscode.ThemeIcon("loading~spin") };
    default:
      return { word: t("working"), icon: new vscode.ThemeIcon("loading~spin") };
  }
}

function ago(time: number): string {
  const { t } = vscode.l10n;
  const minutes = Math.floor((Date.now() - time) / 60_000);
  if (minutes < 1) return t("now");
  if (minutes < 60) return t("{0} min", minutes);
  if (minutes < 24 * 60) return t("{0} h", Math.floor(minutes / 60));
  return t("{0} d", Math.floor(minutes / (24 * 60)));
}
