// The tree of sessions: by folder when there are several, sub-agents' sessions below the session that started them.

import * as vscode from "vscode";
import type { Overview } from "./overview";
import type { Instance, Session } from "./protocol";

export type Node = { instance: Instance } | { session: Session };

export class SessionsTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly subscription: vscode.Disposable;
  private readonly view: vscode.TreeView<Node>;
  private drawn = "";
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly overview: Overview) {
    this.view = vscode.window.createTreeView("sidestream.sessions", { treeDataProvider: this, showCollapseAll: true });
    this.subscription = overview.onDidChange(() => this.refresh());
  }

  dispose(): void {
    this.subscription.dispose();
    this.view.dispose();
    this.changed.dispose();
  }

  getChildren(node?: Node): Node[] {
    if (!node) {
      const instances = [...this.overview.instances.values()];
      const [only] = instances;
      return instances.length === 1 && only ? this.sessions(only) : instances.map((instance) => ({ instance }));
    }
    if ("instance" in node) return this.sessions(node.instance);
    return this.overview.children(node.session.id).map((session) => ({ session }));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return "instance" in node ? folderItem(node.instance) : this.sessionItem(node.session);
  }

  private sessions(instance: Instance): Node[] {
    return this.overview.roots(instance.id).map((session) => ({ session }));
  }

  private sessionItem(session: Session): vscode.TreeItem {
    const hasChildren = this.overview.children(session.id).length > 0;
    const item = new vscode.TreeItem(
      titleOf(session),
      hasChildren ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
    const { word, icon } = describeStatus(session);
    item.id = session.id;
    item.iconPath = icon;
    item.description = [word || ago(session.time.updated), session.shareUrl !== undefined && vscode.l10n.t("shared")].filter(Boolean).join(" · ");
    item.tooltip = [titleOf(session), word, new Date(session.time.updated).toLocaleString(vscode.env.language)].filter(Boolean).join("\n");
    item.contextValue = `session${session.shareUrl === undefined ? "" : ".shared"}${session.parentId === undefined ? "" : ".child"}`;
    item.command = { command: "sidestream.openSession", title: vscode.l10n.t("Open Session"), arguments: [node(session)] };
    return item;
  }

  /** Only when something is different that the tree shows: sessions change with every step of a run. */
  private refresh(): void {
    const drawn = JSON.stringify([
      [...this.overview.instances.values()].map(({ id, state }) => [id, state]),
      [...this.overview.sessions.values()].map((session) =>
        [session.id, session.parentId, session.title, session.status.type, session.permissions, session.questions, session.time, session.shareUrl]),
    ]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.changed.fire(undefined);
  }
}

function node(session: Session): Node {
  return { session };
}

export function titleOf(session: Session): string {
  return session.title || vscode.l10n.t("Untitled session");
}

function folderItem(instance: Instance): vscode.TreeItem {
  const item = new vscode.TreeItem(instance.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = instance.id;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.description = instance.state === "connected" ? undefined : instance.state;
  item.tooltip = instance.directory;
  item.contextValue = "folder";
  return item;
}

function describeStatus(session: Session): { word: string; icon: vscode.ThemeIcon } {
  const { t } = vscode.l10n;
  if (session.permissions + session.questions > 0) {
    return { word: t("waiting for you"), icon: new vscode.ThemeIcon("bell-dot", new vscode.ThemeColor("notificationsWarningIcon.foreground")) };
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
