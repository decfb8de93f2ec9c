// What the user looks at in the editor: the active file and the lines selected in it, offered as context for a prompt.
// Nothing of it is sent unless the panel asks for it together with a prompt.

import * as vscode from "vscode";
import type { App } from "./app";
import { relativeTo, resolved } from "./folders";
import type { EditorContext as Context } from "./panelMessages";
import type { PromptPart } from "./protocol";

export class EditorContext {
  /** The one that the user looks at, or looked at before the panel had the focus. */
  editor = vscode.window.activeTextEditor;
  /** The active file as the server names it; none when the editor shows no file. */
  file = fileOf(this.editor);
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor({ subscriptions }: App) {
    subscriptions.push(
      this.changed,
      vscode.window.onDidChangeActiveTextEditor(() => this.look()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.look()),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === this.editor) this.changed.fire();
      }),
    );
  }

  /** A focused panel is no editor: the file beside it stays the one that is looked at, as long as it is seen. */
  private look(): void {
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    const editor = activeTextEditor ?? visibleTextEditors.find((each) => each === this.editor);
    if (editor === this.editor) return;
    this.editor = editor;
    this.file = fileOf(editor);
    this.changed.fire();
  }

  /** The active file, when it lies in the folder. */
  in(directory: string): Context | undefined {
    const { editor, file } = this;
    const label = file === undefined ? undefined : relativeTo(directory, file);
    if (!editor || file === undefined || label === undefined) return undefined;
    const range = selectedLines(editor.selection);
    return { path: file, label, ...(range && { range }) };
  }

  /** The same, as what goes with a prompt: the file, or the selected text as the editor has it. */
  part(directory: string): PromptPart | undefined {
    const context = this.in(directory);
    if (!context || !this.editor) return undefined;
    const { path, range } = context;
    return range ? { type: "selection", path, range, text: textOf(this.editor, range) } : { type: "file", path };
  }
}

/** The selected lines of an editor, as a piece for a prompt; the line of the cursor when nothing is selected. */
export function selectionPart(editor: vscode.TextEditor): PromptPart {
  const line = editor.selection.active.line + 1;
  const range = selectedLines(editor.selection) ?? { start: line, end: line };
  return { type: "selection", path: resolved(editor.document.uri.fsPath), range, text: textOf(editor, range) };
}

function fileOf(editor: vscode.TextEditor | undefined): string | undefined {
  return editor?.document.uri.scheme === "file" ? resolved(editor.document.uri.fsPath) : undefined;
}

function selectedLines(selection: vscode.Selection): { start: number; end: number } | undefined {
  if (selection.isEmpty) return undefined;
  const endsBeforeText = selection.end.character === 0 && selection.end.line > selection.start.line;
  return { start: selection.start.line + 1, end: selection.end.line + (endsBeforeText ? 0 : 1) };
}

function textOf(editor: vscode.TextEditor, { start, end }: { start: number; end: number }): string {
  const last = editor.document.lineAt(Math.min(end, editor.document.lineCount) - 1);
  return editor.document.getText(new vscode.Range(new vscode.Position(start - 1, 0), last.range.end));
}
