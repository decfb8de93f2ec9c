// The list that opens above the prompt at `@` and `/`. What is in it, the server says; the list only lets choose.

import type { Completion } from "../../src/panelMessages";
import { ask, run } from "../bridge";
import { h, icon } from "../dom";
import { t } from "../texts";

/** Where a mention or a command is being written. */
const trigger = /(^|\s)(@[^\s]*|\/[^\s]*)$/;

export class CompletionList {
  readonly element = h("ul", { class: "completions", id: "completions", role: "listbox", "aria-label": t("Suggestions"), hidden: true });
  private items: Completion[] = [];
  private selected = 0;
  private asked = 0;
  /** While it is there, the list shown is that of an earlier text. */
  private coming: Promise<void> | undefined;

  constructor(private readonly box: HTMLTextAreaElement, private readonly accepted: () => void) {
    this.element.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=option]") : null;
      if (option) this.accept(Number(option.dataset["index"]));
    });
    box.addEventListener("blur", () => this.close());
  }

  update(): Promise<void> {
    const coming = this.read().finally(() => {
      if (this.coming === coming) this.coming = undefined;
    });
    this.coming = coming;
    return coming;
  }

  private async read(): Promise<void> {
    const text = this.box.value;
    const offset = this.box.selectionStart;
    const word = trigger.exec(text.slice(0, offset))?.[2];
    // Commands stand at the beginning only; a slash elsewhere is a path or a word.
    if (word === undefined || (word.startsWith("/") && offset !== word.length)) return this.close();
    const turn = ++this.asked;
    const items = await ask("complete", { text, offset }).catch(() => []);
    if (turn !== this.asked || text !== this.box.value) return;
    this.items = items;
    this.selected = 0;
    if (items.length === 0) this.close();
    else this.draw();
  }

  close(): void {
    this.asked++;
    this.element.hidden = true;
    this.box.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was meant for the list. */
  key(event: KeyboardEvent): boolean {
    if (this.element.hidden) return false;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        this.selected = (this.selected + (event.key === "ArrowDown" ? 1 : -1) + this.items.length) % this.items.length;
        this.draw();
        return true;
      case "Enter":
      case "Tab":
        // Whoever types faster than the list comes means the text that stands there.
        if (this.coming) run(this.coming.then(() => this.accept(this.selected)));
        else this.accept(this.selected);
        return true;
      case "Escape":
        this.close();
        return true;
      default:
        return false;
    }
  }

  private accept(index: number): void {
    const item = this.items[index];
    this.close();
    if (!item) return;
    this.box.setRangeText(item.insert, item.start, item.end, "end");
    this.accepted();
  }

  private draw(): void {
    this.element.replaceChildren(...this.items.map(({ label, detail, icon: name }, index) =>
      h("li", { role: "option", id: `completion-${index}`, "data-index": index, "aria-selected": String(index === this.selected) },
        icon(name), h("span", { class: "label" }, label), detail !== undefined && h("span", { class: "detail" }, detail))));
    this.element.hidden = false;
    this.element.children[this.selected]?.scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", `completion-${this.selected}`);
  }
}
