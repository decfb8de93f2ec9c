// The panel as a person finds it: by the names of its controls. The side bar's and a tab's look the same from outside;
// a test that means a tab hides the side bar.

import { eventually } from "./eventually.mjs";

/** A server for each folder starts, one after the other, on a busy machine too. */
const startPatience = 180_000;

export class Panel {
  constructor(page) {
    this.frame = page.frameLocator('iframe.webview.ready[src*="extensionId=sidestream.sidestream"]').first().frameLocator("#active-frame");
    this.prompt = this.frame.getByRole("textbox", { name: "Prompt" });
    this.sendButton = this.frame.getByRole("button", { name: "Send", exact: true });
    this.stopButton = this.frame.getByRole("button", { name: "Stop", exact: true });
    this.status = this.frame.getByRole("status");
    this.assistant = this.frame.getByRole("article", { name: "Assistant" });
    this.user = this.frame.getByRole("article", { name: "You" });
    this.permission = this.frame.getByRole("group", { name: /^Permission/ });
    this.tool = this.frame.locator(".tool");
    this.question = this.frame.getByRole("form", { name: "Question" });
  }

  async connected() {
    await eventually(() => this.status.innerText({ timeout: 1_000 }).catch(() => "no panel"), "Connected", startPatience);
  }

  /** From now on a loss of the connection is noted, however short; what this answers waits until there was one. */
  async noteLoss() {
    const noted = await this.status.evaluateHandle((status) => {
      const noted = { loss: false };
      const look = () => (noted.loss ||= status.textContent !== "Connected");
      new MutationObserver(look).observe(status, { subtree: true, childList: true, characterData: true });
      return noted;
    });
    return () => eventually(() => noted.evaluate(({ loss }) => loss), true, 30_000);
  }

  async send(text) {
    await this.prompt.fill(text);
    await this.prompt.press("Enter");
  }

  /** Sends, and waits until the run has begun and ended. */
  async ask(text) {
    const before = await this.assistant.count();
    await this.send(text);
    await this.assistant.nth(before).waitFor();
    await this.idle();
  }

  /** Unfolds the card of the tool that was called last, and finds the text in its output. */
  async openLastTool(text) {
    const card = this.tool.last();
    const head = card.locator(".fold");
    if ((await head.getAttribute("aria-expanded")) === "false") await head.click();
    await card.locator(".output", { hasText: text }).waitFor();
  }

  /** What can be done with a message, in the bar that it shows when it is pointed at. */
  async action(message, name) {
    await message.hover();
    await message.getByRole("button", { name }).click();
  }

  picker(name) {
    return this.frame.getByRole("button", { name: new RegExp(`^${name}: `) });
  }

  /** A file that is pasted or dropped. */
  async receive(kind, file) {
    await this.prompt.evaluate((box, { kind, name, type, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type }));
      const common = { bubbles: true, cancelable: true };
      const pasted = () => new ClipboardEvent(kind, { ...common, clipboardData: data });
      box.dispatchEvent(kind === "paste" ? pasted() : new DragEvent(kind, { ...common, dataTransfer: data }));
    }, { kind, ...file });
  }

  async idle() {
    await this.stopButton.waitFor({ state: "hidden" });
  }
}
