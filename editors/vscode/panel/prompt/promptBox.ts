// The box where the prompt is written, with its chips, its pickers, and the buttons to send and to stop.

import type { Choice, PanelState } from "../../src/panelMessages";
import type { PromptPart } from "../../src/protocol";
import { ask, memory, relay, remember, rememberOf, run } from "../bridge";
import { h, icon, iconButton, redraw } from "../dom";
import { t } from "../texts";
import { Attachments } from "./attachments";
import { CompletionList } from "./completionList";
import { droppedPaths } from "./dropped";

const rememberedPrompts = 50;

export class PromptBox {
  private readonly box = h("textarea", {
    rows: 1, "aria-label": t("Prompt"), placeholder: t("Ask for something. @ adds files, / runs commands, ! runs in the shell."),
    "aria-autocomplete": "list", "aria-controls": "completions",
  });
  private readonly attachments = new Attachments(() => this.keepDraft());
  private readonly completions = new CompletionList(this.box, () => this.changed());
  private readonly pickers = h("div", { class: "pickers" });
  private readonly send = h("button", {
    type: "button", class: "send", "aria-label": t("Send"), title: t("Send (Enter)"), onclick: () => run(this.submit()),
  }, icon("send"));
  private readonly stop = h("button", {
    type: "button", class: "stop", "aria-label": t("Stop"), title: t("Stop (Escape)"), hidden: true, onclick: () => this.abort(),
  }, icon("debug-stop"));
  readonly element: HTMLElement;
  private sessionId = "";
  /** The session of the prompt that is being sent. */
  private sending: { sessionId: string } | undefined;
  /** Which of the earlier prompts is shown; none while the user's own is. */
  private historyAt: number | undefined;

  constructor() {
    this.element = h("div", { class: "prompt" },
      this.completions.element,
      h("div", { class: "box" },
        this.attachments.element,
        this.box,
        h("div", { class: "row" },
          iconButton("attach", t("Attach files"), () => run(ask("attach", {}))),
          this.pickers,
          h("span", { class: "space" }),
          this.stop,
          this.send,
        ),
      ),
    );
    this.box.addEventListener("input", () => this.changed());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("paste", (event) => this.receiveFiles(event, event.clipboardData));
    this.element.addEventListener("dragover", (event) => event.preventDefault());
    this.element.addEventListener("drop", (event) => this.receiveFiles(event, event.dataTransfer));
    this.restoreDraft();
  }

  show(state: PanelState): void {
    this.setSession(state.shown.sessionId ?? "");
    const running = state.session !== undefined && !["idle", "error"].includes(state.session.status.type);
    this.stop.hidden = !running;
    this.send.title = running ? t("Send when the run has ended (Enter)") : t("Send (Enter)");
    this.attachments.setContext(state.context);
    redraw(this.pickers, state.choice, () => pickers(state.choice));
  }

  insert(text: string | undefined, parts: PromptPart[] = []): void {
    this.attachments.add(parts);
    if (text === undefined) return;
    const { value } = this.box;
    this.box.value = value && !value.endsWith("\n") ? `${value}\n${text}` : value + text;
    this.changed();
  }

  focus(): void {
    this.box.focus();
  }

  private setSession(sessionId: string): void {
    if (sessionId === this.sessionId) return;
    const begins = this.sending?.sessionId === "" && this.sessionId === "";
    this.sessionId = sessionId;
    if (!begins || !this.sending) return this.restoreDraft();
    // The prompt that is being sent begins this session; what was written since belongs to it.
    this.sending.sessionId = sessionId;
    rememberOf("drafts", "", undefined);
    rememberOf("parts", "", undefined);
    this.keepDraft();
  }

  private changed(): void {
    this.historyAt = undefined;
    this.fit();
    this.keepDraft();
    run(this.completions.update());
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (this.completions.key(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      run(this.submit());
    } else if (event.key === "Escape" && !this.stop.hidden) {
      event.preventDefault();
      this.abort();
    } else if (event.key === "ArrowUp" && this.box.selectionStart === 0 && this.box.selectionEnd === 0) {
      this.browse(event, 1);
    } else if (event.key === "ArrowDown" && this.historyAt !== undefined) {
      this.browse(event, -1);
    }
  }

  private browse(event: KeyboardEvent, step: number): void {
    const history = memory.history ?? [];
    const at = (this.historyAt ?? -1) + step;
    if (at >= history.length) return;
    event.preventDefault();
    this.historyAt = at < 0 ? undefined : at;
    this.box.value = at < 0 ? (memory.drafts?.[this.sessionId] ?? "") : (history[at] ?? "");
    this.box.setSelectionRange(0, 0);
    this.fit();
  }

  private async submit(): Promise<void> {
    const text = this.box.value.trim();
    const { parts, withContext } = this.attachments;
    if (this.sending || (text === "" && parts.length === 0)) return;
    const sending = { sessionId: this.sessionId };
    this.sending = sending;
    this.write("", []);
    try {
      await ask("send", { text, parts, withContext });
      const others = (memory.history ?? []).filter((each) => each !== text);
      if (text) remember({ history: [text, ...others].slice(0, rememberedPrompts) });
    } catch (error) {
      this.putBack(sending.sessionId, text, parts);
      throw error;
    } finally {
      this.sending = undefined;
    }
  }

  /** What was not sent stays where it was written, before what was written since. */
  private putBack(sessionId: string, text: string, parts: PromptPart[]): void {
    const isShown = sessionId === this.sessionId;
    const since = isShown ? this.box.value : (memory.drafts?.[sessionId] ?? "");
    const written = [text, since].filter(Boolean).join("\n");
    if (isShown) return this.write(written, [...parts, ...this.attachments.parts]);
    rememberOf("drafts", sessionId, written);
    rememberOf("parts", sessionId, parts);
  }

  private abort(): void {
    run(relay("sidestream/session/abort", {}));
  }

  private receiveFiles(event: Event, data: DataTransfer | null): void {
    const files = [...(data?.files ?? [])];
    const paths = data && event.type === "drop" ? droppedPaths(data) : [];
    if (files.length === 0 && paths.length === 0) return;
    event.preventDefault();
    if (paths.length > 0) this.attachments.add(paths.map((path) => ({ type: "file", path })));
    else run(this.attachments.addFiles(files));
  }

  private write(text: string, parts: PromptPart[]): void {
    this.box.value = text;
    this.attachments.show(parts);
    this.historyAt = undefined;
    this.completions.close();
    this.fit();
    this.keepDraft();
  }

  private keepDraft(): void {
    const { parts } = this.attachments;
    rememberOf("drafts", this.sessionId, this.box.value || undefined);
    rememberOf("parts", this.sessionId, parts.length > 0 ? parts : undefined);
  }

  private restoreDraft(): void {
    this.box.value = memory.drafts?.[this.sessionId] ?? "";
    this.attachments.show(memory.parts?.[this.sessionId] ?? []);
    requestAnimationFrame(() => this.fit());
  }

  private fit(): void {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }
}

function pickers(choice: Choice): HTMLElement[] {
  const picker = (name: "pickAgent" | "pickModel" | "pickVariant" | "pickPermissionMode", label: string, value: string) =>
    h("button", {
      type: "button", class: "picker", title: label, "aria-label": `${label}: ${value}`, onclick: () => run(ask(name, {})),
      "data-needs": name === "pickPermissionMode" && "setPermissionMode",
    }, value);
  const buttons = [
    picker("pickAgent", t("Agent"), choice.agent ?? t("Agent")),
    picker("pickModel", t("Model"), choice.modelName ?? t("Model")),
  ];
  if (choice.hasVariants) buttons.push(picker("pickVariant", t("Variant"), choice.variant ?? t("Default effort")));
  if (choice.permissionMode && choice.permissionMode !== "default") {
    const names = { ask: t("Asks for everything"), acceptEdits: t("Accepts edits"), allow: t("Allows everything") };
    buttons.push(picker("pickPermissionMode", t("Permissions"), names[choice.permissionMode]));
  } else if (choice.permissionMode) {
    const shield = iconButton("shield", t("Permissions: as configured"), () => run(ask("pickPermissionMode", {})));
    shield.dataset["needs"] = "setPermissionMode";
    buttons.push(shield);
  }
  return buttons;
}
