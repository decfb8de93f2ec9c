// Documents that are no files: sides of diffs, logs. They can be read and not written, and are gone with the window,
// as are the editors that showed them.

import * as vscode from "vscode";
import type { App } from "./app";

const scheme = "sidestream-text";
const keptGroups = 10;

export class Texts implements vscode.TextDocumentContentProvider {
  private groups: Map<string, string>[] = [];
  private count = 0;

  constructor({ subscriptions }: App) {
    subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
    void vscode.window.tabGroups.close(tabsOf(scheme), true);
  }

  provideTextDocumentContent({ query }: vscode.Uri): string {
    return this.groups.map((group) => group.get(query)).find((text) => text !== undefined) ?? "";
  }

  /** What is added from now on belongs together, and is dropped together when much else was shown since. */
  begin(): void {
    this.groups = [...this.groups.slice(1 - keptGroups), new Map<string, string>()];
  }

  add(path: string, text: string): vscode.Uri {
    if (this.groups.length === 0) this.begin();
    const query = String(++this.count);
    this.groups.at(-1)?.set(query, text);
    return vscode.Uri.from({ scheme, path, query });
  }

  /** Shows one in an editor of its own. */
  async show(name: string, text: string): Promise<void> {
    this.begin();
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(this.add(`/${name}`, text)));
  }
}

/** Right after the start these are of the window before, and their texts are gone. */
function tabsOf(wanted: string): vscode.Tab[] {
  const isOne = ({ scheme }: vscode.Uri) => scheme === wanted;
  return vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ input }) => {
    if (input instanceof vscode.TabInputText) return isOne(input.uri);
    return input instanceof vscode.TabInputTextDiff && [input.original, input.modified].some(isOne);
  });
}
