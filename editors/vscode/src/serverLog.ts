// What the OpenCode servers print, in an output channel of its own.

import * as vscode from "vscode";
import type { App } from "./app";

export class ServerLog {
  private channel: vscode.LogOutputChannel | undefined;

  constructor({ backend, overview, subscriptions }: App) {
    backend.on("sidestream/instance/didLog", ({ instanceId, entry }) => {
      // A window in which nothing is started needs no channel.
      if (!this.channel) {
        this.channel = vscode.window.createOutputChannel("Sidestream: OpenCode", { log: true });
        subscriptions.push(this.channel);
      }
      const folder = overview.instances.get(instanceId)?.name ?? instanceId;
      const line = `[${folder}] ${entry.text}`;
      if (entry.source === "stderr") this.channel.warn(line);
      else this.channel.info(line);
    });
  }
}
