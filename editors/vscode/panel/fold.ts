// A line that shows and hides what is below it. In place of <details>: a browser makes a tree of its own for each, which
// took most of the time that a page of history needs.

import { h } from "./dom";

export class Fold {
  readonly head = h("button", { type: "button", class: "fold", "aria-expanded": "false", onclick: () => (this.open = !this.open) });
  onToggle: () => void = () => undefined;

  constructor(private readonly body: HTMLElement) {
    body.hidden = true;
  }

  get open(): boolean {
    return !this.body.hidden;
  }

  set open(open: boolean) {
    if (open === this.open) return;
    this.body.hidden = !open;
    this.head.setAttribute("aria-expanded", String(open));
    this.onToggle();
  }
}
