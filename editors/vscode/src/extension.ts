// The extension's entry: makes its parts and connects them. No server is started here; a panel or a command does that.

import * as vscode from "vscode";
import { Alerts } from "./alerts";
import { App } from "./app";
import { tellCapabilities } from "./capabilities";
import { reconnectOnFocus, registerCommands } from "./commands";
import { registerEditorCommands } from "./editorCommands";
import { ServerLog } from "./serverLog";
import { registerSessionCommands } from "./sessionCommands";
import { SessionsTree } from "./sessionsTree";
import { StatusBar } from "./statusBar";

let app: App | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Sidestream", { log: true });
  app = new App(context, log);
  new Alerts(app);
  new ServerLog(app);
  new SessionsTree(app);
  new StatusBar(app);
  context.subscriptions.push(
    log,
    tellCapabilities(app.overview),
    reconnectOnFocus(app),
    ...registerCommands(app),
    ...registerSessionCommands(app),
    ...registerEditorCommands(app),
  );
}

/** Stops the server, and with it what it started. Should this not come to pass, the server sees its input end. */
export async function deactivate(): Promise<void> {
  await app?.backend.stop();
}
