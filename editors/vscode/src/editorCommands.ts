// Commands from the editor, the explorer and the terminal: what is selected there goes into the prompt, or is explained or fixed.

import * as vscode from "vscode";
import type { App } from "./app";
import { connected, register } from "./commands";
import { selectionPart } from "./editorContext";
import { resolved } from "./folders";
import type { Diagnostic, PromptPart } from "./protocol";

interface OfferedAction {
  title: string;
  kind?: string;
  command?: vscode.Command;
}

export function registerEditorCommands(app: App): vscode.Disposable[] {
  const { backend, panels } = app;
  backend.on("sidestream/prompt/didAdd", ({ parts }) => void add(app, parts));
  backend.onCommandAnswered = (answer) => {
    const shown = answer as { instanceId?: string; sessionId?: string } | null | undefined;
    if (shown?.instanceId === undefined || shown.sessionId === undefined) return;
    const { instanceId, sessionId } = shown;
    void panels.reveal().then((host) => host.show(instanceId, sessionId));
  };

  const actions = vscode.languages.registerCodeActionsProvider({ scheme: "file" }, {
    async provideCodeActions(document, range, { diagnostics }) {
      if (backend.state !== "running") return [];
      const offered = await offeredActions(app, document, range, diagnostics);
      return offered.map(({ title, kind, command }) => {
        const action = new vscode.CodeAction(title, kind ? vscode.CodeActionKind.Empty.append(kind) : vscode.CodeActionKind.Empty);
        action.command = command;
        action.diagnostics = kind === "quickfix" ? [...diagnostics] : undefined;
        return action;
      });
    },
  });

  return [actions, ...register({
    async addSelection() {
      const editor = vscode.window.activeTextEditor;
      if (editor) await add(app, [selectionPart(editor)]);
    },

    async addFile(file?: vscode.Uri, files?: vscode.Uri[]) {
      const chosen = files?.length ? files : [file ?? vscode.window.activeTextEditor?.document.uri];
      const paths = chosen.flatMap((uri) => (uri?.scheme === "file" ? [resolved(uri.fsPath)] : []));
      await add(app, paths.map((path) => ({ type: "file", path })));
    },

    async addProblems(file?: vscode.Uri) {
      const uri = file ?? vscode.window.activeTextEditor?.document.uri;
      const problems = uri ? vscode.languages.getDiagnostics(uri) : [];
      if (!uri || problems.length === 0) return void vscode.window.showInformationMessage(vscode.l10n.t("The file has no problems."));
      await add(app, [{ type: "diagnostics", path: resolved(uri.fsPath), items: problems.map(diagnosticItem) }]);
    },

    async addTerminalSelection() {
      const before = await vscode.env.clipboard.readText();
      await vscode.commands.executeCommand("workbench.action.terminal.copySelection");
      const text = await vscode.env.clipboard.readText();
      await vscode.env.clipboard.writeText(before);
      if (text && text !== before) await add(app, [], `\`\`\`\n${text.trimEnd()}\n\`\`\`\n`);
    },

    explainSelection: () => act(app, "sidestream.explain"),
    fixSelection: () => act(app, "sidestream.fix"),
  })];
}

/** Puts something into the prompt that the user is writing. */
async function add({ panels }: App, parts: PromptPart[], text?: string): Promise<void> {
  const host = await panels.reveal();
  host.insert(text, parts);
  host.focusPrompt();
}

/** Runs one of the server's code actions on what is selected. */
async function act(app: App, command: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  await connected(app);
  const { document, selection } = editor;
  const here = vscode.languages.getDiagnostics(document.uri).filter(({ range }) => range.intersection(selection));
  const range = here.reduce<vscode.Range>((all, diagnostic) => all.union(diagnostic.range), selection);
  const found = (await offeredActions(app, document, range, here)).find((action) => action.command?.command === command)?.command;
  if (found) await vscode.commands.executeCommand(found.command, ...((found.arguments ?? []) as unknown[]));
  else void vscode.window.showInformationMessage(vscode.l10n.t("There is nothing here to do that with: select some lines."));
}

/** What the server offers for a place; it registers the commands behind it when it starts. */
async function offeredActions(
  app: App,
  document: vscode.TextDocument,
  range: vscode.Range,
  diagnostics: readonly vscode.Diagnostic[],
): Promise<OfferedAction[]> {
  const offered = await app.backend.requestStandard<OfferedAction[] | null>("textDocument/codeAction", {
    textDocument: { uri: document.uri.toString() },
    range: plainRange(range),
    context: {
      diagnostics: diagnostics.map((diagnostic) => ({
        message: diagnostic.message, source: diagnostic.source, range: plainRange(diagnostic.range), severity: diagnostic.severity + 1,
      })),
    },
  });
  return offered ?? [];
}

/** As the server takes it; the words for the model are the server's. */
function diagnosticItem({ range, severity, message, source }: vscode.Diagnostic): Diagnostic {
  return { line: range.start.line + 1, severity: (["error", "warning", "information", "hint"] as const)[severity], message, source };
}

function plainRange({ start, end }: vscode.Range): object {
  return { start: { line: start.line, character: start.character }, end: { line: end.line, character: end.character } };
}
