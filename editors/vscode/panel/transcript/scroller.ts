// Keeps the newest text in sight while the user is at the end, and stays where the user has gone otherwise.

import { h, icon } from "../dom";
import { t } from "../texts";

const nearEnd = 24;

export class Scroller {
  readonly jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() }, icon("arrow-down"), t("Jump to the newest"));
  private sticks = true;
  /** Set by whoever loads older messages or remembers the place. */
  onScroll: () => void = () => undefined;

  constructor(private readonly area: HTMLElement, content: HTMLElement) {
    area.addEventListener("scroll", () => {
      this.sticks = area.scrollHeight - area.scrollTop - area.clientHeight < nearEnd;
      this.jump.hidden = this.sticks;
      this.onScroll();
    }, { passive: true });
    const keep = new ResizeObserver(() => this.follow());
    keep.observe(content);
    keep.observe(area);
  }

  get atEnd(): boolean {
    return this.sticks;
  }

  follow(): void {
    if (this.sticks) this.area.scrollTop = this.area.scrollHeight;
  }

  toEnd(): void {
    this.sticks = true;
    this.jump.hidden = true;
    this.follow();
  }

  /** The first message in sight, and how far it has gone beyond the upper edge. */
  place(): { messageId: string; offset: number } | undefined {
    if (this.sticks) return undefined;
    const top = this.area.getBoundingClientRect().top;
    for (const article of this.area.querySelectorAll<HTMLElement>("article")) {
      const box = article.getBoundingClientRect();
      if (box.bottom > top) return { messageId: article.dataset["id"] ?? "", offset: Math.round(top - box.top) };
    }
    return undefined;
  }

  goTo({ messageId, offset }: { messageId: string; offset: number }): boolean {
    const article = this.area.querySelector<HTMLElement>(`article[data-id="${CSS.escape(messageId)}"]`);
    if (!article) return false;
    this.sticks = false;
    this.area.scrollTop += article.getBoundingClientRect().top - this.area.getBoundingClientRect().top + offset;
    return true;
  }
}
