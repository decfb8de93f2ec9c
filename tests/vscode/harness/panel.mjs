// The panel as a person finds it: by the names of its controls.

export class Panel {
  constructor(page, selector = 'iframe.webview.ready[src*="extensionId=sidestream.sidestream"]') {
    this.frame = page.frameLocator(selector).first().frameLocator("#active-frame");
    this.prompt = this.frame.getByRole("combobox", { name: "Prompt" });
    this.sendButton = this.frame.getByRole("button", { name: "Send", exact: true });
    this.stopButton = this.frame.getByRole("button", { name: "Stop", exact: true });
    this.status = this.frame.getByRole("status");
    this.assistant = this.frame.getByRole("article", { name: "Assistant" });
    this.user = this.frame.getByRole("article", { name: "You" });
    this.permission = this.frame.getByRole("group", { name: /^Permission/ });
    this.question = this.frame.getByRole("form", { name: "Question" });
  }

  async connected() {
    await this.status.filter({ hasText: "Connected" }).waitFor();
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

  async idle() {
    await this.stopButton.waitFor({ state: "hidden" });
  }
}
