// All panels: the view in the side bar and the editor tabs. Tells each what concerns the session that it shows.

import * as vscode from "vscode";
import type { App } from "./app";
import { PanelHost } from "./panelHost";
import { contentMethods, type ContentEvent, type PanelMemory } from "./panelMessages";

const viewId = "sidestream.panel";
const tabType = "sidestream.tab";
const memoryKey = "panel";

export class Panels {
  private readonly hosts = new Set<PanelHost>();
  private readonly tabs = new Map<PanelHost, vscode.WebviewPanel>();
  private view: { host: PanelHost; view: vscode.WebviewView } | undefined;
  /** The user has put the focus into this one. */
  lastUsed: PanelHost | undefined;
  private readonly resolved = new vscode.EventEmitter<PanelHost>();

  constructor(private readonly app: App) {
    for (const method of contentMethods) {
      app.backend.on(method, (params) => {
        for (const host of this.hosts) host.content({ method, params } as ContentEvent);
      });
    }
    app.backend.on("sidestream/session/didRemove", ({ sessionId }) => {
      for (const host of this.hosts) host.removed(sessionId);
    });
    app.overview.onDidChange(() => this.showBadge());
    app.subscriptions.push(
      this.resolved,
      vscode.window.registerWebviewViewProvider(viewId, { resolveWebviewView: (view) => this.resolve(view) }),
      vscode.window.registerWebviewPanelSerializer(tabType, {
        deserializeWebviewPanel: (panel, memory: PanelMemory | undefined) => {
          this.adopt(panel, memory);
          return Promise.resolve();
        },
      }),
    );
  }

  add(host: PanelHost): void {
    this.hosts.add(host);
  }

  delete(host: PanelHost): void {
    this.hosts.delete(host);
    this.tabs.delete(host);
    if (this.lastUsed === host) this.lastUsed = undefined;
  }

  someShows(sessionId: string, except: PanelHost): boolean {
    return [...this.hosts].some((host) => host !== except && host.shows(sessionId));
  }

  /** The panel that commands mean: the one used last, else one that is seen, the view before tabs. */
  get current(): PanelHost | undefined {
    const seen = [this.view?.host, ...this.hosts].find((host) => host?.ready);
    return this.lastUsed ?? seen ?? this.view?.host;
  }

  /** Somebody sees this session now. */
  isVisible(sessionId: string): boolean {
    return [...this.hosts].some((host) => host.ready && host.sessionId === sessionId);
  }

  /** Shows the panel that commands mean, and answers it. */
  async reveal(): Promise<PanelHost> {
    const { current } = this;
    const tab = current?.ready && this.tabs.get(current);
    if (tab) {
      tab.reveal();
      return current;
    }
    if (this.view?.view.visible) {
      await vscode.commands.executeCommand(`${viewId}.focus`);
      return this.view.host;
    }
    const known = this.view?.host;
    const coming = known ? Promise.resolve(known) : new Promise<PanelHost>((resolve) => {
      const subscription = this.resolved.event((host) => {
        subscription.dispose();
        resolve(host);
      });
    });
    await vscode.commands.executeCommand(`${viewId}.focus`);
    return coming;
  }

  openTab(memory: PanelMemory): void {
    const panel = vscode.window.createWebviewPanel(tabType, "Sidestream", vscode.ViewColumn.Active);
    this.adopt(panel, memory);
  }

  private resolve(view: vscode.WebviewView): void {
    const remembered = this.app.context.workspaceState.get<PanelMemory>(memoryKey);
    const save = (memory: PanelMemory) => void this.app.context.workspaceState.update(memoryKey, memory);
    const host = new PanelHost(this.app, view.webview, save, remembered);
    this.view = { host, view };
    view.onDidChangeVisibility(() => {
      if (!view.visible) host.hidden();
    });
    view.onDidDispose(() => {
      host.dispose();
      if (this.view?.host === host) this.view = undefined;
    });
    this.showBadge();
    this.resolved.fire(host);
  }

  private adopt(panel: vscode.WebviewPanel, memory: PanelMemory | undefined): void {
    const icon = (theme: string) => vscode.Uri.joinPath(this.app.context.extensionUri, "media", `tab-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    // A tab's memory is kept by its page, which hands it to the serializer.
    const host = new PanelHost(this.app, panel.webview, () => undefined, memory);
    this.tabs.set(host, panel);
    const rename = this.app.overview.onDidChange(() => (panel.title = host.session?.title ?? "Sidestream"));
    if (panel.active) this.lastUsed = host;
    panel.onDidChangeViewState(() => {
      if (!panel.visible) host.hidden();
      if (panel.active) this.lastUsed = host;
      else if (this.lastUsed === host) this.lastUsed = undefined;
    });
    panel.onDidDispose(() => {
      rename.dispose();
      host.dispose();
    });
  }

  private showBadge(): void {
    if (!this.view) return;
    const { waiting } = this.app.overview;
    this.view.view.badge = waiting > 0 ? { value: waiting, tooltip: vscode.l10n.t("{0} waiting for you", waiting) } : undefined;
  }
}
