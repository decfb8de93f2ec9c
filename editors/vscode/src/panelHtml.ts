// The panel's page: an empty frame with a strict content policy. Everything in it is drawn by panel/main.ts.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { PanelMemory } from "./panelMessages";

export function panelHtml(webview: vscode.Webview, extensionUri: vscode.Uri, memory: PanelMemory): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, "dist", name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    "img-src data: blob:",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <link rel="stylesheet" href="${file("codicon.css")}">
  <link rel="stylesheet" href="${file("panel.css")}">
  <title>Sidestream</title>
</head>
<body data-texts="${attribute(vscode.l10n.bundle ?? {})}" data-memory="${attribute(memory)}">
  <script nonce="${nonce}" src="${file("panel.js")}"></script>
</body>
</html>`;
}

function attribute(value: object): string {
  return JSON.stringify(value).replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}
