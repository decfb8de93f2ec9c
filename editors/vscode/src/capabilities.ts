// What the connected OpenCode cannot do is not offered: context keys for the palette and the menus, words for the tree's rows.

import * as vscode from "vscode";
import type { Overview } from "./overview";
import type { Session } from "./protocol";

/** Methods of a session that some versions of OpenCode do not have. */
const optional = [
  "rename", "delete", "archive", "unarchive", "fork", "share", "unshare", "export", "compact", "diff", "revert", "unrevert",
] as const;

/** `can-fork can-share`: what the menu of a session may have. */
export function capabilitiesOf({ instanceId }: Session, overview: Overview): string {
  const supported = optional.filter((method) => overview.supports(instanceId, `sidestream/session/${method}`));
  return supported.map((method) => `can-${method}`).join(" ");
}

/** Keeps `sidestream.lacks.fork` true while no open folder can. */
export function tellCapabilities(overview: Overview): vscode.Disposable {
  const told = new Set<string>();
  return overview.onDidChange(() => {
    const instances = [...overview.catalogs.keys()];
    for (const method of optional) {
      const lacks = instances.length > 0 && instances.every((id) => !overview.supports(id, `sidestream/session/${method}`));
      if (lacks === told.has(method)) continue;
      if (lacks) told.add(method);
      else told.delete(method);
      void vscode.commands.executeCommand("setContext", `sidestream.lacks.${method}`, lacks);
    }
  });
}
