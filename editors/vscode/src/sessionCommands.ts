// Commands on a session: from the tree's menu, or on the one that the panel shows.

import path from "node:path";
import * as vscode from "vscode";
import type { App } from "./app";
import { pickFolder, register } from "./commands";
import { plainNotice } from "./plainText";
import type { Service, Session } from "./protocol";
import { titleOf, type Node } from "./sessionsTree";

export function registerSessionCommands(app: App): vscode.Disposable[] {
  const { backend, overview, panels, review, texts } = app;
  const { t } = vscode.l10n;
  const of = (session: Session) => ({ instanceId: session.instanceId, sessionId: session.id });

  /** The session of the tree's node, else the one that the panel shows. */
  const onSession = (act: (session: Session) => Promise<unknown>) => async (node?: Node) => {
    const session = node?.session ?? panels.current?.session;
    if (session) await act(session);
    else void vscode.window.showInformationMessage(t("Open a session first."));
  };

  return register({
    openSession: onSession(async (session) => {
      const host = await panels.reveal();
      await host.show(session.instanceId, session.id);
      host.focusPrompt();
    }),

    openSessionInTab: onSession(async (session) => {
      await Promise.resolve(panels.openTab({ sessionId: session.id, directory: overview.instances.get(session.instanceId)?.directory }));
    }),

    renameSession: onSession(async (session) => {
      const title = await vscode.window.showInputBox({ prompt: t("The session's title"), value: session.title });
      if (title) await backend.request("sidestream/session/rename", { ...of(session), title });
    }),

    deleteSession: onSession(async (session) => {
      const remove = t("Delete");
      const detail = t("Its messages are gone for good. Files stay as they are.");
      const question = plainNotice(t("Delete “{0}”?", titleOf(session)));
      const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, remove);
      if (chosen === remove) await backend.request("sidestream/session/delete", of(session));
    }),

    archiveSession: onSession((session) => backend.request("sidestream/session/archive", of(session))),

    unarchiveSession: onSession((session) => backend.request("sidestream/session/unarchive", of(session))),

    async showOlderSessions(node?: Node) {
      if (node?.instance) await overview.readOlder(node.instance.id);
    },

    forkSession: onSession(async (session) => {
      const fork = await backend.request("sidestream/session/fork", of(session));
      await (await panels.reveal()).show(fork.instanceId, fork.id);
    }),

    shareSession: onSession(async (session) => {
      const share = t("Share");
      const detail = t("Everybody with the link can read the session, what tools have read and written included.");
      const question = plainNotice(t("Publish “{0}”?", titleOf(session)));
      if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, share)) !== share) return;
      const { shareUrl } = await backend.request("sidestream/session/share", of(session));
      if (shareUrl === undefined) return;
      await vscode.env.clipboard.writeText(shareUrl);
      void vscode.window.showInformationMessage(t("The link is on the clipboard: {0}", shareUrl));
    }),

    unshareSession: onSession((session) => backend.request("sidestream/session/unshare", of(session))),

    exportSession: onSession(async (session) => {
      const { filename, markdown } = await backend.request("sidestream/session/export", of(session));
      const folder = overview.instances.get(session.instanceId)?.directory ?? "";
      const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(path.join(folder, filename)) });
      if (!target) return;
      await vscode.workspace.fs.writeFile(target, Buffer.from(markdown));
      await vscode.window.showTextDocument(target);
    }),

    compactSession: onSession((session) => backend.request("sidestream/session/compact", of(session))),

    unrevertSession: onSession((session) => backend.request("sidestream/session/unrevert", of(session))),

    reviewSession: onSession(async (session) => {
      const instance = overview.instances.get(session.instanceId);
      const { files } = await backend.request("sidestream/session/diff", of(session));
      if (instance) await review.show(titleOf(session), instance, "made", files);
    }),

    async reviewWorkingTree() {
      const instanceId = await pickFolder(app);
      const instance = instanceId === undefined ? undefined : overview.instances.get(instanceId);
      if (!instance) return;
      const { branch, files } = await backend.request("sidestream/vcs/diff", { instanceId: instance.id });
      await review.show(branch ?? t("since the last commit"), instance, "made", files);
    },

    async searchSessions() {
      const instanceId = await pickFolder(app);
      if (instanceId === undefined) return;
      const session = await searchSessions(app, instanceId);
      if (session) await (await panels.reveal()).show(session.instanceId, session.id);
    },

    async showServices() {
      const list = (kind: string, services: Service[]) => services.map(({ name, status, error }) =>
        `${kind} ${name}: ${status}${error === undefined ? "" : ` (${error})`}`);
      const lines = [...overview.instances.values()].flatMap(({ id, name }) => {
        const { mcp = [], lsp = [] } = overview.catalogs.get(id) ?? {};
        return [name, ...list("MCP", mcp), ...list("LSP", lsp), ""];
      });
      await texts.show("services.txt", lines.join("\n"));
    },
  });
}

/** A pick list that asks the server with every letter. */
async function searchSessions({ backend, overview }: App, instanceId: string): Promise<Session | undefined> {
  const picker = vscode.window.createQuickPick<vscode.QuickPickItem & { session: Session }>();
  picker.placeholder = vscode.l10n.t("Search sessions by title");
  let asked = 0;
  const show = (sessions: Session[]) => {
    picker.items = sessions.map((session) => ({
      label: titleOf(session),
      description: new Date(session.time.updated).toLocaleString(vscode.env.language),
      alwaysShow: true,
      session,
    }));
  };
  const search = async (text: string) => {
    const turn = ++asked;
    picker.busy = true;
    const { sessions } = await backend.request("sidestream/session/list", { instanceId, search: text || undefined, roots: true });
    if (turn !== asked) return;
    picker.busy = false;
    show(sessions);
  };
  show(overview.roots(instanceId));
  return new Promise((resolve) => {
    picker.onDidChangeValue((text) => void search(text));
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.session);
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}
