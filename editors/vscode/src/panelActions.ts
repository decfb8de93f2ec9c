// What the panel may ask the extension host to do, one function each. The panel itself can do none of it.

import path from "node:path";
import * as vscode from "vscode";
import { editorUri } from "./folders";
import type { PanelHost } from "./panelHost";
import type { Completion, PanelRequests } from "./panelMessages";
import { pickAgent, pickModel, pickPermissionMode, pickVariant } from "./pickers";
import { plainNotice } from "./plainText";
import type { PromptPart } from "./protocol";

type Action<N extends keyof PanelRequests> =
  (host: PanelHost, params: PanelRequests[N]["params"]) => Promise<PanelRequests[N]["result"]> | PanelRequests[N]["result"];

/** The commands that a button of the panel may run; all others are refused. */
const runnable = new Set([
  "sidestream.restart", "sidestream.reconnect", "sidestream.showLogs", "sidestream.newSession", "sidestream.openSettings",
  "sidestream.openFolder", "sidestream.searchSessions", "sidestream.showWaiting", "workbench.trust.manage",
]);

export const panelActions: { [N in keyof PanelRequests]: Action<N> } = {
  async send(host, { text, parts, withContext }) {
    const context = withContext && host.instance ? host.app.editorContext.part(host.instance.directory) : undefined;
    return { sessionId: await send(host, text, context ? [...parts, context] : parts) };
  },

  async complete(host, { text, offset }): Promise<Completion[]> {
    if (host.instanceId === undefined) return [];
    return host.app.completion.complete(host.instanceId, host.sessionId, text, offset);
  },

  reopen: (host) => host.open(),

  async openFile(host, { path: file, range }) {
    const uri = editorUri(path.resolve(host.instance?.directory ?? "", file));
    const { type } = await vscode.workspace.fs.stat(uri);
    if (type & vscode.FileType.Directory) {
      await vscode.commands.executeCommand("revealInExplorer", uri);
    } else {
      const selection = range && new vscode.Range(range.start - 1, 0, range.end - 1, range.end > range.start ? Number.MAX_SAFE_INTEGER : 0);
      // Pictures, notebooks and what else is no text open in their own editors.
      await vscode.commands.executeCommand("vscode.open", uri, { selection, preview: true });
    }
  },

  async openLink(_host, { url }) {
    const uri = vscode.Uri.parse(url, true);
    if (!["http", "https", "mailto"].includes(uri.scheme)) {
      throw new Error(vscode.l10n.t("Links of the kind “{0}:” are not opened.", uri.scheme));
    }
    await vscode.env.openExternal(uri);
  },

  async showDiff(host, asked) {
    const { instance, sessionId } = host;
    if (!instance || sessionId === undefined) return;
    const { review, overview, backend } = host.app;
    if ("permissionId" in asked) {
      await review.showProposed(overview.permissions.get(asked.permissionId)?.diff ?? [], instance);
    } else if ("partId" in asked) {
      const { content } = await backend.request("sidestream/part/content", { instanceId: instance.id, sessionId, ...asked, field: "diff" });
      await review.show(vscode.l10n.t("changed by a tool"), instance, "made", (content ?? []) as never);
    } else {
      const { files } = await backend.request("sidestream/session/diff", { instanceId: instance.id, sessionId, ...asked });
      await review.show(vscode.l10n.t("changed in this turn"), instance, "made", files);
    }
  },

  async revert(host, { messageId }) {
    const { t } = vscode.l10n;
    const { instanceId, sessionId, app } = host;
    if (instanceId === undefined || sessionId === undefined) return;
    const { files } = await app.backend
      .request("sidestream/session/diff", { instanceId, sessionId, messageId, extent: "onwards" });
    const changes = files.map((file) => `${file.path} +${file.additions} -${file.deletions}`);
    const detail = files.length > 0
      ? t("What was done to these files from here on is undone: {0}.", plainNotice(changes.join(", ")))
      : t("No file was changed from here on.");
    const revert = t("Revert");
    const question = t("Take the session back to before this message?");
    const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, revert);
    if (chosen !== revert) return;
    const result = await app.backend.request("sidestream/session/revert", { instanceId, sessionId, messageId });
    void vscode.window.showInformationMessage(t("{0} files were changed back.", result.files.length));
  },

  async fork(host, { messageId }) {
    const { instanceId, sessionId } = host;
    if (instanceId === undefined || sessionId === undefined) return;
    const session = await host.app.backend.request("sidestream/session/fork", { instanceId, sessionId, messageId });
    await host.show(instanceId, session.id);
  },

  async showSession(host, { sessionId }) {
    const known = sessionId === undefined ? undefined : host.app.overview.sessions.get(sessionId);
    await host.show(known?.instanceId ?? host.instanceId, sessionId);
  },

  async insertCode(host, { code }) {
    const { editor } = host.app.editorContext;
    if (!editor || editor.document.isClosed) throw new Error(vscode.l10n.t("No editor is open to insert the code in."));
    const shown = await vscode.window.showTextDocument(editor.document, { viewColumn: editor.viewColumn, selection: editor.selection });
    await shown.edit((edit) => edit.replace(shown.selection, code));
  },

  async newFile(_host, { code, language }) {
    const known = await vscode.languages.getLanguages();
    const document = await vscode.workspace.openTextDocument({ content: code, language: known.includes(language) ? language : undefined });
    await vscode.window.showTextDocument(document);
  },

  async copy(_host, { text }) {
    await vscode.env.clipboard.writeText(text);
  },

  pickAgent,
  pickModel,
  pickVariant,
  pickPermissionMode,

  async attach(host) {
    const files = await vscode.window.showOpenDialog({
      canSelectMany: true,
      defaultUri: host.instance && vscode.Uri.file(host.instance.directory),
      openLabel: vscode.l10n.t("Attach"),
    });
    const parts = (files ?? []).map((file): PromptPart => ({ type: "file", path: file.fsPath }));
    if (parts.length > 0) host.insert(undefined, parts);
  },

  async runCommand(_host, { command }) {
    if (!runnable.has(command)) throw new Error(`The panel may not run “${command}”.`);
    await vscode.commands.executeCommand(command);
  },
};

/** Sends a prompt in the panel's session; the first one begins the session. Answers the session's id. */
export async function send(host: PanelHost, text: string, parts: PromptPart[]): Promise<string> {
  const { backend } = host.app;
  const instanceId = host.instanceId ?? host.app.activeInstance()?.id;
  if (instanceId === undefined) throw new Error(vscode.l10n.t("No folder is connected yet."));
  const { agent, model, variant } = host.choice;
  let sessionId = host.sessionId;
  if (sessionId === undefined) {
    sessionId = (await backend.request("sidestream/session/create", { instanceId, agent, model })).id;
    await host.show(instanceId, sessionId);
    host.choose({ agent, model, variant });
  }
  await backend.request("sidestream/session/send", { instanceId, sessionId, text, parts, agent, model, variant });
  return sessionId;
}
