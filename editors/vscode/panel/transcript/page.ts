// Some messages one below the other, which are drawn together and given up together.

import { h } from "../dom";
import { highlightIn } from "./codeBlock";
import type { MessageView } from "./messageView";

export class Page {
  readonly element = h("div", { class: "page" });
  readonly views: MessageView[] = [];
  /** In pixels: measured when it was in sight last, estimated before. */
  height = 0;
  /** All messages are in it, and those that come, too. */
  isDrawn = false;

  /** Above another, or below all. */
  insert(view: MessageView, next?: MessageView): void {
    this.views.splice(next ? this.views.indexOf(next) : this.views.length, 0, view);
    this.height += view.estimatedHeight;
    if (!this.isDrawn) return this.fill();
    view.draw();
    this.element.insertBefore(view.element, next?.element ?? null);
  }

  remove(view: MessageView): void {
    this.views.splice(this.views.indexOf(view), 1);
    view.element.remove();
  }

  draw(): void {
    if (this.isDrawn) return;
    for (const view of this.views) if (!view.isDrawn) view.draw();
    this.element.replaceChildren(...this.views.map(({ element }) => element));
    this.element.style.blockSize = "";
    this.isDrawn = true;
    highlightIn(this.element);
  }

  /** One of those that are left, so that a frame need not wait for all. */
  drawNext(): void {
    const next = this.views.find(({ isDrawn }) => !isDrawn);
    if (next) next.draw();
    else this.draw();
  }

  /** It stands empty from now on, as high as it was. */
  release(): void {
    this.isDrawn = false;
    for (const view of this.views) view.release();
    this.element.replaceChildren();
    this.fill();
  }

  measure(): void {
    if (this.isDrawn) this.height = this.element.offsetHeight;
  }

  private fill(): void {
    this.element.style.blockSize = `${this.height}px`;
  }
}
