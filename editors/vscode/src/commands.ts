// The commands around a conversation: show, begin, send, stop, restart, and the help when something does not work.

import * as vscode from "vscode";
import type { App } from "./app";
import { showError } from "./errors";
import { obstacleOf } from "./obstacle";
import { send } from "./panelActions";

type Handler = (...args: never[]) => unknown;

/** Registers commands whose failures the user is told of. */
export function register(handlers: Record<string, Handler>): vscode.Disposable[] {
  return Object.entries(handlers).map(([name, handler]) =>
    vscode.commands.registerCommand(`sidestream.${name}`, async (...args: never[]) => {
      try {
        return await handler(...args);
      } catch (error) {
        await showError(error);
        return undefined;
      }
    }),
  );
}

export function registerCommands(app: App): vscode.Disposable[] {
  const { backend, overview, panels, texts, log } = app;
  return register({
    async focus() {
      (await panels.reveal()).focusPrompt();
    },

    async newSession() {
      const instanceId = await pickFolder(app);
      if (instanceId === undefined) return;
      const host = await panels.reveal();
      await host.show(instanceId, undefined);
      host.focusPrompt();
    },

    async sendPrompt(text?: string) {
      const question = vscode.l10n.t("What should the agent do?");
      const prompt = text ?? (await vscode.window.showInputBox({ prompt: question, ignoreFocusOut: true }));
      if (!prompt) return;
      await connected(app);
      await send(await panels.reveal(), prompt, []);
    },

    async abort() {
      const host = panels.current;
      if (host?.instanceId === undefined || host.sessionId === undefined) return;
      await backend.request("sidestream/session/abort", { instanceId: host.instanceId, sessionId: host.sessionId });
    },

    async restart() {
      const failed = [...overview.instances.values()].filter(({ state }) => state === "failed");
      if (backend.state !== "running" || backend.isStale || failed.length === 0) return backend.restart();
      await Promise.all(failed.map(({ id }) => backend.request("sidestream/instance/restart", { instanceId: id })));
    },

    async reconnect() {
      await backend.start();
      const reconnect = (instanceId: string) => backend.request("sidestream/instance/reconnect", { instanceId });
      await Promise.all([...overview.instances.keys()].map(reconnect));
    },

    showLogs() {
      log.show();
    },

    async showEvents() {
      const instanceId = await pickFolder(app);
      if (instanceId === undefined) return;
      const { events } = await backend.request("sidestream/instance/events", { instanceId });
      const lines = events.map(({ time, outcome, type, size, data }) =>
        `${new Date(time).toISOString()} ${outcome} ${type} (${size} bytes) ${data}`);
      await texts.show("events.log", lines.join("\n"));
    },

    async copyDiagnostics() {
      await vscode.env.clipboard.writeText(await diagnostics(app));
      const copied = vscode.l10n.t("The diagnostics are on the clipboard. They name folders and versions, and hold no conversation.");
      void vscode.window.showInformationMessage(copied);
    },

    async showMenu() {
      const { t } = vscode.l10n;
      const hindered = [...overview.instances.values()].find((instance) => obstacleOf("running", instance));
      const obstacle = obstacleOf(backend.state, hindered);
      const entries: [string, string, string][] = [
        ["comment-discussion", t("Show Panel"), "sidestream.focus"],
        ["add", t("New Session"), "sidestream.newSession"],
        ["search", t("Search Sessions"), "sidestream.searchSessions"],
        ["bell", t("Show What Waits for Me"), "sidestream.showWaiting"],
        ["plug", t("Reconnect"), "sidestream.reconnect"],
        ["debug-restart", t("Restart"), "sidestream.restart"],
        ["output", t("Show Logs"), "sidestream.showLogs"],
        ["list-flat", t("Show Event Log"), "sidestream.showEvents"],
        ["copy", t("Copy Diagnostics"), "sidestream.copyDiagnostics"],
        ["gear", t("Open Settings"), "sidestream.openSettings"],
      ];
      if (obstacle?.action) entries.unshift(["lightbulb", obstacle.action.label, obstacle.action.command]);
      const items = entries.map(([icon, label, command]) => ({ label: `$(${icon}) ${label}`, command }));
      const chosen = await vscode.window.showQuickPick(items, { placeHolder: obstacle?.title ?? "Sidestream" });
      if (chosen) await vscode.commands.executeCommand(chosen.command);
    },

    async showWaiting() {
      const [waiting] = [...overview.permissions.values(), ...overview.questions.values()];
      if (!waiting) return void vscode.window.showInformationMessage(vscode.l10n.t("Nothing waits for you."));
      await (await panels.reveal()).show(waiting.instanceId, waiting.path?.[0]?.id ?? waiting.sessionId);
    },

    async openInTab() {
      const memory = panels.current?.memory ?? {};
      await Promise.resolve(panels.openTab({ directory: memory.directory, sessionId: memory.sessionId }));
    },

    async openSettings() {
      await vscode.commands.executeCommand("workbench.action.openSettings", "sidestream");
    },

    async openFolder() {
      await vscode.commands.executeCommand("vscode.openFolder");
    },
  });
}

/** Resolves when the folders are known, or fails with what keeps them from that. */
export async function connected({ backend, overview }: App): Promise<void> {
  await backend.start();
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      const obstacle = obstacleOf(backend.state, undefined);
      const isThere = overview.isComplete && overview.instances.size > 0;
      if (!isThere && !obstacle) return;
      subscription.dispose();
      if (isThere) resolve();
      else reject(new Error([obstacle?.title, obstacle?.detail].filter(Boolean).join(". ")));
    };
    const subscription = overview.onDidChange(look);
    look();
  });
}

/** The only folder, or the one that the user picks. To be asked before the panel takes the focus, which closes the list. */
export async function pickFolder(app: App): Promise<string | undefined> {
  const { overview } = app;
  await connected(app);
  const instances = [...overview.instances.values()];
  if (instances.length <= 1) return instances[0]?.id;
  const items = instances.map(({ id, name, directory }) => ({ label: name, description: directory, id }));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t("In which folder?") }))?.id;
}

/** Tries that are waited for begin at once when the user comes back. */
export function reconnectOnFocus({ backend, overview }: App): vscode.Disposable {
  return vscode.window.onDidChangeWindowState(({ focused }) => {
    if (!focused || backend.state !== "running") return;
    for (const { id, state } of overview.instances.values()) {
      if (state !== "reconnecting" && state !== "disconnected") continue;
      // Whether that helps, the instance's state says.
      void backend.request("sidestream/instance/reconnect", { instanceId: id }).catch(() => undefined);
    }
  });
}

async function diagnostics({ context, backend, overview }: App): Promise<string> {
  const { version } = context.extension.packageJSON as { version: string };
  const lines = [
    `Sidestream ${version}, VS Code ${vscode.version}, ${process.platform} ${process.arch}`,
    `Server: ${backend.state}; remote: ${vscode.env.remoteName ?? "no"}; trusted: ${vscode.workspace.isTrusted}`,
  ];
  for (const { id, directory, state, error, server, busy, waiting } of overview.instances.values()) {
    lines.push("", `${directory}: ${state}, ${busy} busy, ${waiting} waiting`);
    const origin = server?.owned ? "started by Sidestream" : "attached";
    if (server) lines.push(`OpenCode ${server.version ?? "of unknown version"} (${server.dialect}), ${origin}`);
    if (error) lines.push(`${error.kind}: ${error.message}`);
    const { entries } = await backend.request("sidestream/instance/logs", { instanceId: id, limit: 50 });
    lines.push(...entries.map((entry) => `${new Date(entry.time).toISOString()} ${entry.source} ${entry.text}`));
  }
  return lines.join("\n");
}
