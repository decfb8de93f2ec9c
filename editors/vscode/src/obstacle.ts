// Says in plain words what keeps Sidestream from working, with the one button that helps.

import * as vscode from "vscode";
import type { BackendState } from "./backend";
import type { Obstacle } from "./panelMessages";
import type { Instance, InstanceState } from "./protocol";

export function obstacleOf(state: BackendState, instance: Instance | undefined): Obstacle | undefined {
  const { t } = vscode.l10n;
  switch (state) {
    case "untrusted":
      return {
        title: t("This folder is not trusted"),
        detail: t("An agent runs commands and edits files. Sidestream starts nothing before you trust the folder."),
        action: { label: t("Manage Trust"), command: "workbench.trust.manage" },
      };
    case "missing":
      return {
        title: t("The Sidestream server was not found"),
        detail: t("Install the extension for your system, put “sidestream” on PATH, or name the program in the settings."),
        action: { label: t("Open Settings"), command: "sidestream.openSettings" },
      };
    case "crashed":
      return {
        title: t("The Sidestream server has ended"),
        detail: t("It ended by itself. The logs have its last words."),
        action: { label: t("Restart"), command: "sidestream.restart" },
      };
    case "running":
      return instance ? obstacleOfInstance(instance) : obstacleOfWindow();
    default:
      return obstacleOfWindow();
  }
}

function obstacleOfWindow(): Obstacle | undefined {
  const { t } = vscode.l10n;
  if (vscode.workspace.workspaceFolders?.length) return undefined;
  return {
    title: t("No folder is open"),
    detail: t("Sidestream works on the files of a folder."),
    action: { label: t("Open Folder"), command: "sidestream.openFolder" },
  };
}

function obstacleOfInstance(instance: Instance): Obstacle | undefined {
  const { t } = vscode.l10n;
  const detail = [instance.error?.message, instance.error?.hint].filter(Boolean).join("\n");
  switch (instance.state) {
    case "failed":
      return {
        title: t("OpenCode cannot work in “{0}”", instance.name),
        detail,
        action: { label: t("Try Again"), command: "sidestream.restart" },
      };
    case "disconnected":
      return {
        title: t("The connection to OpenCode is lost"),
        detail,
        action: { label: t("Reconnect"), command: "sidestream.reconnect" },
      };
    default:
      return undefined;
  }
}

/** A word or two for the status line. */
export function connectionText(state: BackendState, instance: Instance | undefined): string {
  const { t } = vscode.l10n;
  if (state !== "running") return state === "starting" ? t("Starting …") : t("Not running");
  if (!instance) return vscode.workspace.workspaceFolders?.length ? t("Starting …") : t("No folder");
  if (instance.state === "reconnecting" && instance.attempt !== undefined) return t("Reconnecting, try {0} …", instance.attempt);
  return instanceStateName(instance.state);
}

export function instanceStateName(state: InstanceState): string {
  const { t } = vscode.l10n;
  return {
    starting: t("Starting OpenCode …"), connecting: t("Connecting …"), connected: t("Connected"), reconnecting: t("Reconnecting …"),
    disconnected: t("Disconnected"), failed: t("Failed"), stopped: t("Stopped"),
  }[state];
}
