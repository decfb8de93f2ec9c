// Says which program is the Sidestream server: the setting, else the one in the extension, else one on PATH.
// It looks at files only; it starts nothing.

import { accessSync, constants } from "node:fs";
import path from "node:path";

export interface ServerCommand {
  command: string;
  args: string[];
}

/** `undefined` when there is none. A command that is set is taken as it is, so that a typing error is seen. */
export function findServer(
  setting: readonly string[],
  extensionPath: string,
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): ServerCommand | undefined {
  const [command, ...args] = setting;
  if (command) return { command, args };
  const name = platform === "win32" ? "sidestream.exe" : "sidestream";
  const folders = (environment["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const found = [path.join(extensionPath, "server"), ...folders]
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
  return found ? { command: found, args: [] } : undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
