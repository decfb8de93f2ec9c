// The same files by two names: the editor's, and the server's, which has symbolic links resolved.

import { realpathSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";

/** The server's name of a file of the editor's. */
export function resolved(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    // It is not on disk yet; its folder may be.
    const folder = path.dirname(file);
    return folder === file ? file : path.join(resolved(folder), path.basename(file));
  }
}

/** The editor's name of a file of the server's: as it is reached from the folder that is open. */
export function editorUri(file: string): vscode.Uri {
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    const inside = uri.scheme === "file" ? relativeTo(resolved(uri.fsPath), file) : undefined;
    if (inside !== undefined) return vscode.Uri.joinPath(uri, ...inside.split(path.sep));
  }
  return vscode.Uri.file(file);
}

/** The way from a folder to a file in it; none when it is elsewhere. */
export function relativeTo(directory: string, file: string): string | undefined {
  const relative = path.relative(directory, file);
  return relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative) ? undefined : relative;
}
