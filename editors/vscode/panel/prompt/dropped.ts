// Files that are dragged from the editor's own views come as URIs; on another machine, over SSH as in WSL, as vscode-remote.

const lists = ["application/vnd.code.uri-list", "text/uri-list"];

export function droppedPaths(data: DataTransfer): string[] {
  const uris = lists.flatMap((type) => data.getData(type).split(/\r?\n/));
  return [...new Set(uris.map(pathOf).filter((path) => path !== undefined))];
}

function pathOf(uri: string): string | undefined {
  if (!/^(file|vscode-remote):/.test(uri)) return undefined;
  const path = decodeURIComponent(new URL(uri).pathname);
  // Drives of Windows: /c:/folder
  return /^\/[a-z]:/i.test(path) ? path.slice(1) : path;
}
