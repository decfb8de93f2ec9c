// Shows changes of files in the editor's own diff editors: what a permission would do, what a turn has done.
// Both sides of them come from the server. It changes no file.

import path from "node:path";
import * as vscode from "vscode";
import type { Backend } from "./backend";
import type { ChangeStage, FileComparison, FileDiff, Instance } from "./protocol";

const scheme = "sidestream-review";
const kept = 200;

/** Holds the sides of diffs that are no files. */
class Texts implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private count = 0;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.query) ?? "";
  }

  add(file: string, text: string): vscode.Uri {
    const id = String(++this.count);
    this.texts.set(id, text);
    this.texts.delete(String(this.count - kept));
    return vscode.Uri.from({ scheme, path: file, query: id });
  }
}

export class Review implements vscode.Disposable {
  private readonly texts = new Texts();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(scheme, this.texts);

  constructor(private readonly backend: Backend) {}

  dispose(): void {
    this.registration.dispose();
  }

  /** Changes that are asked for, or that were made: one file side by side, several in one editor. */
  async show(title: string, instance: Instance, change: ChangeStage, diffs: FileDiff[]): Promise<void> {
    if (diffs.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t("No file was changed."));
      return;
    }
    const { files } = await this.backend.request("sidestream/file/compare", { instanceId: instance.id, change, files: diffs });
    const sides = files.map((file, index) => this.sides(file, change === "made" && diffs[index]?.status !== "deleted"));
    const [only] = sides;
    if (only && sides.length === 1) {
      await vscode.commands.executeCommand("vscode.diff", only.before, only.after, `${path.basename(only.file.path)} (${title})`, { preview: true });
    } else {
      await vscode.commands.executeCommand("vscode.changes", title, sides.map(({ file, before, after }) => [file, before, after]));
    }
  }

  /** What was changed is the file itself, so that it can be gone on with, unless that is not known any more. */
  private sides({ path: file, before, after, complete }: FileComparison, isThere: boolean): { file: vscode.Uri; before: vscode.Uri; after: vscode.Uri } {
    const uri = vscode.Uri.file(file);
    return { file: uri, before: this.texts.add(uri.path, before), after: complete && isThere ? uri : this.texts.add(uri.path, after) };
  }
}
