// The user's settings, in the shape that the server takes. What is not set is left out: the server has the defaults.

import * as vscode from "vscode";
import type { Settings } from "./protocol";

const section = "sidestream";

export function serverCommandSetting(): string[] {
  return vscode.workspace.getConfiguration(section).get<string[]>("command", []);
}

export function serverSettings(): Settings {
  return {
    server: chosen("server", ["command", "env", "url", "username", "password", "scope", "startTimeoutMs"]),
    reconnect: chosen("reconnect", ["baseDelayMs", "maxDelayMs", "maxAttempts", "idleTimeoutMs"]),
    history: chosen("history", ["pageSize"]),
  };
}

/** Of those that concern the server. */
export function onDidChangeSettings(listener: (commandChanged: boolean) => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    const changed = ["command", "server", "reconnect", "history"].filter((name) => event.affectsConfiguration(`${section}.${name}`));
    if (changed.length > 0) listener(changed.includes("command"));
  });
}

/** Only what somebody set: a default of ours must not hide a default of the server's. */
function chosen(group: string, names: string[]): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration(`${section}.${group}`);
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const found = configuration.inspect(name);
    const isSet = found && [found.globalValue, found.workspaceValue, found.workspaceFolderValue].some((value) => value !== undefined);
    if (isSet) values[name] = configuration.get(name);
  }
  return values;
}
