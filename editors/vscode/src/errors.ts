// Turns whatever was thrown into what a person is told: what happened, and what to do.

import * as vscode from "vscode";
import { plainNotice } from "./plainText";
import type { ErrorKind } from "./protocol";

export interface Described {
  kind?: ErrorKind;
  message: string;
  hint?: string;
}

export function describeError(error: unknown): Described {
  const message = error instanceof Error ? error.message : String(error);
  const data = (error as { data?: { kind?: ErrorKind; hint?: string } } | undefined)?.data;
  return { kind: data?.kind, message, hint: data?.hint };
}

export async function showError(error: unknown): Promise<void> {
  if (error instanceof vscode.CancellationError) return;
  const { message, hint } = describeError(error);
  const showLogs = vscode.l10n.t("Show Logs");
  const chosen = await vscode.window.showErrorMessage(plainNotice(hint === undefined ? message : `${message} ${hint}`), showLogs);
  if (chosen === showLogs) await vscode.commands.executeCommand("sidestream.showLogs");
}
