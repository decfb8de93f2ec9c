// Shows changes of files in the editor's own diff editors: what a permission would do, what a turn has done.
// It changes no file.

import { readFile } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { applyPatch, revertPatch, sidesOf } from "./patch";
import type { FileDiff, Instance } from "./protocol";

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

  dispose(): void {
    this.registration.dispose();
  }

  /** Changes that are asked for: the files as they are, and as they would be. */
  async showProposed(title: string, instance: Instance, files: FileDiff[]): Promise<void> {
    await this.show(title, await Promise.all(files.map(async (diff) => {
      const { uri, text } = await this.read(instance, diff);
      const after = applyPatch(text, diff.patch);
      if (after === undefined) return this.sides(uri, diff);
      return { uri, before: this.texts.add(uri.path, text), after: this.texts.add(uri.path, after) };
    })));
  }

  /** Changes that were made: the files as they were, and as they are. */
  async showDone(title: string, instance: Instance, files: FileDiff[]): Promise<void> {
    await this.show(title, await Promise.all(files.map(async (diff) => {
      const { uri, text } = await this.read(instance, diff);
      const before = revertPatch(text, diff.patch);
      if (before === undefined) return this.sides(uri, diff);
      return { uri, before: this.texts.add(uri.path, before), after: diff.status === "deleted" ? this.texts.add(uri.path, text) : uri };
    })));
  }

  private async show(title: string, files: { uri: vscode.Uri; before: vscode.Uri; after: vscode.Uri }[]): Promise<void> {
    const [only] = files;
    if (!only) {
      void vscode.window.showInformationMessage(vscode.l10n.t("No file was changed."));
    } else if (files.length === 1) {
      await vscode.commands.executeCommand("vscode.diff", only.before, only.after, `${path.basename(only.uri.path)} (${title})`, { preview: true });
    } else {
      await vscode.commands.executeCommand("vscode.changes", title, files.map(({ uri, before, after }) => [uri, before, after]));
    }
  }

  /** The changed places alone: the file is not, or is no longer, what the diff was made of. */
  private sides(uri: vscode.Uri, diff: FileDiff): { uri: vscode.Uri; before: vscode.Uri; after: vscode.Uri } {
    const { before, after } = sidesOf(diff.patch);
    return { uri, before: this.texts.add(uri.path, before), after: this.texts.add(uri.path, after) };
  }

  private async read(instance: Instance, { path: file }: FileDiff): Promise<{ uri: vscode.Uri; text: string }> {
    const absolute = path.resolve(instance.directory, file);
    const text = await readFile(absolute, "utf8").catch(() => "");
    return { uri: vscode.Uri.file(absolute), text };
  }
}
