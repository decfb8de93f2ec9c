// Panels in a process of their own, as VS Code has them: there a webview has an origin of its own. The workbench that is served
// here has them in its own origin, so that what the workbench does would be measured with them.

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

/** In the browser's profile, before it starts: a webview needs its service worker, which goes with the cookies of other origins. */
export async function allowPanelsApart(profile) {
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };
  await mkdir(path.join(profile, "Default"), { recursive: true });
  await writeFile(path.join(profile, "Default/Preferences"), JSON.stringify(preferences));
}

/** Runs in the workbench's page, before its scripts. */
export function givePanelsAnOrigin() {
  new MutationObserver((_, observer) => {
    const meta = document.getElementById("vscode-workbench-web-configuration");
    if (!meta) return;
    observer.disconnect();
    const settings = JSON.parse(meta.dataset.settings);
    const { pathname } = new URL(settings.webviewEndpoint, location.href);
    settings.webviewEndpoint = `http://{{uuid}}.localhost:${location.port}${pathname}`;
    meta.dataset.settings = JSON.stringify(settings);
  }).observe(document, { childList: true, subtree: true });
}
