// Shows changes of files in the editor's own diff editors: what a permission would do, what a turn has done.
// Both sides of them come from the server. It changes no file.

import path from "node:path";
import * as vscode from "vscode";
import type { Backend } from "./backend";
import { editorUri } from "./folders";
import type { ChangeStage, FileComparison, FileDiff, Instance } from "./protocol";
import type { Texts } from "./texts";

export class Review {
  constructor(
    private readonly backend: Backend,
    private readonly texts: Texts,
  ) {}

  /** What a permission is asked for. */
  async showProposed(diffs: FileDiff[], instance: Instance | undefined): Promise<void> {
    if (instance) await this.show(vscode.l10n.t("proposed"), instance, "proposed", diffs);
  }

  /** Changes that are asked for, or that were made: one file side by side, several in one editor. */
  async show(title: string, instance: Instance, change: ChangeStage, diffs: FileDiff[]): Promise<void> {
    if (diffs.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t("No file was changed."));
      return;
    }
    const { files } = await this.backend.request("sidestream/file/compare", { instanceId: instance.id, change, files: diffs });
    this.texts.begin();
    const sides = files.map((file, index) => this.sides(file, change === "made" && diffs[index]?.status !== "deleted"));
    const [only] = sides;
    if (only && sides.length === 1) {
      const name = `${path.basename(only.file.path)} (${title})`;
      await vscode.commands.executeCommand("vscode.diff", only.before, only.after, name, { preview: true });
    } else {
      await vscode.commands.executeCommand("vscode.changes", title, sides.map(({ file, before, after }) => [file, before, after]));
    }
  }

  /** What was changed is the file itself, so that it can be gone on with, unless that is not known any more. */
  private sides(compared: FileComparison, isThere: boolean): { file: vscode.Uri; before: vscode.Uri; after: vscode.Uri } {
    const file = editorUri(compared.path);
    const before = this.texts.add(file.path, compared.before);
    return { file, before, after: compared.complete && isThere ? file : this.texts.add(file.path, compared.after) };
  }
}
