// A real VS Code workbench with the extension installed, in headless Chromium, in a temporary folder with its own HOME,
// talking to a real OpenCode server and the scripted model.

import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { eventually } from "./eventually.mjs";
import { startModel } from "./model.mjs";
import { makeProject } from "./project.mjs";
import { Panel } from "./panel.mjs";
import { allowPanelsApart, givePanelsAnOrigin } from "./panelsApart.mjs";
import { endGroup, processesWith, start } from "./processes.mjs";
import { newest, openCodeCommand, serverProgram, workbenchProgram } from "./programs.mjs";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const patience = 30_000;

export class Workbench {
  /**
   * Everything up to the empty workbench. `settings` are added to the user's, `config` to OpenCode's. `panelsApart` has panels in a
   * process of their own, as in VS Code, which gives them another origin; content policies are not in force then.
   */
  static async start(options = {}) {
    const { settings = {}, config = {}, folders = ["project"], vsix = process.env.SIDESTREAM_VSIX, version, panelsApart = false } = options;
    const bench = new Workbench();
    bench.panelsApart = panelsApart;
    bench.home = await realpath(await mkdtemp(path.join(os.tmpdir(), "sidestream-vscode-")));
    try {
      await bench.prepare(folders, settings, config);
      await bench.serve(vsix, version);
      await bench.browse();
      return bench;
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  async prepare(folders, settings, config) {
    this.folders = await Promise.all(folders.map((name) => makeProject(path.join(this.home, name))));
    const workspace = path.join(this.home, "all.code-workspace");
    await writeFile(workspace, JSON.stringify({ folders: folders.map((name) => ({ path: name })) }));
    this.opens = folders.length === 1 ? { folder: this.folders[0] } : { workspace };
    this.model = await startModel(this.home, config);
    const command = openCodeCommand();
    this.settings = {
      "sidestream.command": [serverProgram()],
      ...(command.length > 0 && { "sidestream.server.command": command }),
      "sidestream.server.env": this.model.env,
      "sidestream.server.startTimeoutMs": 90_000,
      "workbench.startupEditor": "none", "workbench.tips.enabled": false, "security.workspace.trust.enabled": false,
      "telemetry.telemetryLevel": "off", "update.mode": "none", "extensions.autoUpdate": false, "extensions.autoCheckUpdates": false,
      "extensions.ignoreRecommendations": true, "git.enabled": false, "workbench.colorTheme": "Default Dark Modern",
      "window.commandCenter": false, "chat.commandCenter.enabled": false, "chat.disableAIFeatures": true,
      "workbench.secondarySideBar.defaultVisibility": "hidden", "remote.autoForwardPorts": false,
      "files.simpleDialog.enable": true,
      ...settings,
    };
    await this.writeSettings({});
  }

  /** What counts for the machine is read from one file, what counts for the user from another. */
  async writeSettings(changes) {
    Object.assign(this.settings, changes);
    for (const scope of ["User", "Machine"]) {
      const folder = path.join(this.home, "vscode/data", scope);
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, "settings.json"), JSON.stringify(this.settings));
    }
  }

  async serve(vsix, version = process.env.VSCODE_VERSION ?? newest) {
    const { node, main } = workbenchProgram(version);
    // Before 1.104 there is no secondary side bar for extensions, and the panel is in the primary one.
    this.isOld = version === "4.100.3";
    const state = path.join(this.home, "vscode");
    const flags = ["--accept-server-license-terms", "--server-data-dir", state, "--extensions-dir", path.join(state, "extensions")];
    const env = { ...process.env, HOME: this.home, SIDESTREAM_TEST: this.home };
    await promisify(execFile)(node, [main, ...flags, "--install-extension", vsix], { env });
    const { pid, found } = await start(
      node,
      [main, ...flags, "--host", "127.0.0.1", "--port", "0", "--without-connection-token", "--telemetry-level", "off"],
      { env },
      /bound to 127\.0\.0\.1:(\d+)/,
    );
    this.pid = pid;
    this.address = `http://127.0.0.1:${found[1]}`;
  }

  async browse() {
    const profile = path.join(this.home, "browser");
    if (this.panelsApart) await allowPanelsApart(profile);
    this.browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      chromiumSandbox: false,
      viewport: { width: 1280, height: 800 },
      permissions: ["clipboard-read", "clipboard-write"],
      // The workbench allows frames of its own origin only.
      bypassCSP: this.panelsApart,
      args: [
        "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync",
      ],
    });
    this.browser.setDefaultTimeout(patience);
    this.page = this.browser.pages()[0] ?? (await this.browser.newPage());
    if (this.panelsApart) await this.page.addInitScript(givePanelsAnOrigin);
    await this.open();
  }

  /** Loads the workbench, anew when it was open: `folder`, `workspace` (a file that names several folders), or nothing. */
  async open(what = this.opens) {
    const [[kind, file]] = Object.entries(what);
    await this.page.goto(`${this.address}/?${kind}=${encodeURIComponent(file)}`, { waitUntil: "domcontentloaded" });
    await this.page.locator(".monaco-workbench").waitFor();
    await this.page.locator("#workbench\\.parts\\.statusbar").waitFor();
    await this.extensionIsKnown();
  }

  /** As a person does it, with the editor's own command. */
  async reload() {
    await this.page.evaluate(() => (window.isOld = true));
    await this.run("Developer: Reload Window");
    await this.page.waitForFunction(() => !window.isOld);
    await this.page.locator("#workbench\\.parts\\.statusbar").waitFor();
  }

  /** The workbench learns of extensions some time after it is drawn. */
  async extensionIsKnown() {
    await this.fromList("F1", ">Sidestream: Show Panel", (row) => row.waitFor({ timeout: 2_000 }));
    await this.page.keyboard.press("Escape");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Runs a command by its title in the palette. */
  async run(title) {
    await this.fromList("F1", `>${title}`, (row) => row.click({ timeout: 5_000 }));
    // What the command opens may be a list of the same kind.
    await this.page.waitForFunction(() => {
      const palette = document.querySelector(".quick-input-widget");
      return !palette?.checkVisibility() || !palette.querySelector("input.input").value.startsWith(">");
    });
  }

  async openFile(name) {
    // The editor is one for all files; this is when it has this one, and the keys go there.
    const editor = this.page.locator(`.editor-instance .monaco-editor.focused[data-uri^="vscode-remote:"][data-uri$="/${name}"]`);
    await this.fromList("Control+P", name, async (row) => {
      await row.click({ timeout: 5_000 });
      await editor.locator(".view-line").first().waitFor({ timeout: 5_000 });
    });
  }

  /** Opens one of the workbench's lists and does something with the row that is meant. */
  async fromList(key, text, act) {
    await this.opened(async () => {
      await this.page.keyboard.press(key);
      await this.page.locator(".quick-input-widget input.input").fill(text, { timeout: 3_000 });
      await act(this.listRow(text.replace(/^>/, "")));
    });
  }

  /** Lists and menus close themselves when something else takes the focus; then they are opened anew. */
  async opened(use) {
    const deadline = Date.now() + 2 * patience;
    for (;;) {
      try {
        return await use();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await this.page.keyboard.press("Escape");
      }
    }
  }

  /** Types into the list that the extension has opened, and takes a row of it. */
  async pick(text, row) {
    await this.page.locator(".quick-input-widget input.input").fill(text);
    await this.listRow(row).click();
  }

  listRow(text) {
    return this.page.locator(".quick-input-widget .monaco-list-row", { hasText: text }).first();
  }

  /** Types what the editor asks for in its box on top. */
  async answer(text) {
    await this.page.locator(".quick-input-widget input.input").fill(text);
    await this.page.keyboard.press("Enter");
  }

  async toggleSideBar() {
    await this.page.keyboard.press(this.isOld ? "Control+B" : "Control+Alt+B");
  }

  tab(title) {
    return this.page.locator(".tab", { hasText: title });
  }

  async closeTab(title) {
    await this.tab(title).getByRole("button", { name: /^Close/ }).click();
  }

  /** A line in the editor that is shown. */
  editorLine(text) {
    return this.page.locator(".editor-instance:visible .view-line", { hasText: text }).first();
  }

  statusItem(text) {
    return this.page.locator("#workbench\\.parts\\.statusbar").getByRole("button", { name: new RegExp(`^Sidestream: .*${text}$`) });
  }

  /** The number at the panel's place in the side bar. */
  badge(text) {
    const bar = this.isOld ? "activitybar" : "auxiliarybar";
    return this.page.locator(`#workbench\\.parts\\.${bar} .badge-content`, { hasText: text });
  }

  /** A line in the native diff editor. */
  diffLine(side, text) {
    return this.page.locator(`.monaco-diff-editor .${side} .view-line`, { hasText: text }).first();
  }

  /** Takes what the editor's dialog for files proposes. */
  async acceptFile() {
    await this.page.locator(".quick-input-widget").getByRole("button", { name: "OK" }).click();
  }

  async showSessions() {
    await this.page.getByRole("button", { name: "Sessions Section" }).click();
  }

  /** The rows of the tree of sessions. */
  get rows() {
    return this.page.locator(".pane:has([aria-label='Sessions Section']) .monaco-list-row");
  }

  row(title) {
    return this.rows.filter({ has: this.page.getByText(title, { exact: true }) });
  }

  rowTexts() {
    return this.rows.locator(".label-name").allInnerTexts();
  }

  async menu(row, entry) {
    await this.opened(async () => {
      await row.click({ button: "right", timeout: 5_000 });
      const item = this.menuItem(entry);
      await item.hover({ timeout: 3_000 });
      // A menu does not take a button that is let go of in its first 100 ms, so this one is held as long as a person holds it.
      await item.click({ timeout: 3_000, delay: 200 });
      await item.waitFor({ state: "detached", timeout: 3_000 });
    });
  }

  menuItem(entry) {
    return this.page.getByRole("menuitem", { name: entry, exact: true });
  }

  /** Opens the menu of a row, and waits until it has the entry. */
  async openMenu(row, entry) {
    await this.opened(async () => {
      await row.click({ button: "right", timeout: 5_000 });
      await this.menuItem(entry).waitFor({ timeout: 3_000 });
    });
  }

  async dialog(button) {
    await this.page.locator(".monaco-dialog-box").getByRole("button", { name: button }).click();
  }

  /** The person looks at another program, or comes back: to a test's browser, its page has the focus always. */
  async setFocus(focused) {
    await this.page.evaluate((focused) => {
      document.hasFocus = () => focused;
      // The workbench looks whether it has the focus when this seems to change.
      for (const change of ["focus", "blur"]) window.dispatchEvent(new Event(change));
    }, focused);
  }

  clipboard() {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  notification(text) {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  /** Shows the panel and answers it. */
  async panel() {
    await this.run("Sidestream: Show Panel");
    const panel = new Panel(this.page);
    await panel.prompt.waitFor();
    return panel;
  }

  get shownPanel() {
    return new Panel(this.page);
  }

  /** As a person does it: the VS Code server goes on, and all that the extension has started ends. */
  async closeWindow() {
    await this.page.close({ runBeforeUnload: true });
    await eventually(async () => (await this.started()).map(({ command }) => command.join(" ")), [], 60_000);
    this.page = await this.browser.newPage();
  }

  /** Command lines of what the extension has started: the server, its guards, OpenCode and the tools of OpenCode. */
  async started() {
    const mine = await processesWith(this.home);
    const names = ["sidestream", "opencode", "sleep"];
    return mine.filter(({ command }) => names.includes(path.basename(command[0])) && command[1] !== "scripted-model");
  }

  async close() {
    await this.browser?.close();
    if (this.pid) endGroup(this.pid);
    this.model?.close();
    await rm(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
