// The item in the status bar: the connection's state, what runs and what waits, with a menu behind it.

import * as vscode from "vscode";
import type { App } from "./app";
import { connectionText, instanceStateName, obstacleOf } from "./obstacle";

export class StatusBar {
  private readonly item = vscode.window.createStatusBarItem("sidestream.status", vscode.StatusBarAlignment.Right, 90);

  constructor(private readonly app: App) {
    const { backend, overview, subscriptions } = app;
    this.item.name = "Sidestream";
    this.item.command = "sidestream.showMenu";
    subscriptions.push(this.item, overview.onDidChange(() => this.draw()), backend.onDidChangeState(() => this.draw()));
    this.draw();
    this.item.show();
  }

  private draw(): void {
    const { t } = vscode.l10n;
    const { backend, overview } = this.app;
    const instances = [...overview.instances.values()];
    const hindered = instances.find((instance) => obstacleOf("running", instance));
    const worst = hindered ?? instances.find(({ state }) => state !== "connected") ?? instances[0];
    const obstacle = obstacleOf(backend.state, worst);
    const state = connectionText(backend.state, worst);
    const { waiting, busy } = overview;
    const changing = backend.state === "starting" || ["starting", "connecting", "reconnecting"].includes(worst?.state ?? "");

    let icon = "comment-discussion";
    let text = "Sidestream";
    if (obstacle) icon = "warning";
    else if (waiting > 0) [icon, text] = ["bell-dot", t("{0} waiting", waiting)];
    else if (changing) [icon, text] = ["sync~spin", state];
    else if (busy > 0) [icon, text] = ["loading~spin", t("{0} working", busy)];
    this.item.text = `$(${icon}) ${text}`;
    this.item.accessibilityInformation = { label: `Sidestream: ${obstacle?.title ?? state}, ${text}`, role: "button" };
    this.item.backgroundColor = obstacle || waiting > 0 ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;

    const tooltip = new vscode.MarkdownString();
    tooltip.appendText(obstacle ? `${obstacle.title}\n` : `Sidestream: ${state}\n`);
    for (const { name, state: each, server } of instances) {
      tooltip.appendMarkdown("\n- ");
      tooltip.appendText(`${name}: ${instanceStateName(each)}${server?.version === undefined ? "" : ` (OpenCode ${server.version})`}`);
    }
    this.item.tooltip = tooltip;
  }
}
