// Keeps the newest text in sight while the user is at the end, and stays at the user's place otherwise: messages above it
// get their real heights only when they are drawn.

import { h, icon } from "../dom";
import { t } from "../texts";
import type { Pages } from "./pages";

const nearEnd = 24;

/** A message, and how far it has gone beyond the upper edge. */
export interface Place {
  messageId: string;
  offset: number;
}

export class Scroller {
  readonly jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() },
    icon("arrow-down"), t("Jump to the newest"));
  /** What is kept in sight whatever changes around it; nothing when the user has scrolled, then the browser does that. */
  private kept: Place | "end" | undefined = "end";
  /** Where we have scrolled to, and in what: found elsewhere in the same, it was somebody else. */
  private scrolledTo = 0;
  private extent = "";
  /** The user has a hand on it. */
  private touched = false;
  /** The user has moved, was taken to the end, or has something else in sight since heights have changed. */
  onMove: () => void = () => undefined;

  constructor(private readonly area: HTMLElement, private readonly pages: Pages) {
    area.addEventListener("scroll", () => {
      this.scrolled();
      this.cover();
    }, { passive: true });
    area.addEventListener("scrollend", () => (this.touched = false));
    for (const touch of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      area.addEventListener(touch, () => (this.touched = true), { passive: true });
    }
    const keep = new ResizeObserver(() => {
      if (this.kept) this.keep();
      else this.onMove();
      this.cover();
    });
    keep.observe(pages.element);
    keep.observe(area);
  }

  /** Goes where it belongs after something has changed. */
  keep(): void {
    if (this.kept === "end") this.area.scrollTop = this.area.scrollHeight;
    else if (this.kept) this.scrollTo(this.kept);
    else return;
    this.scrolledTo = this.area.scrollTop;
    this.extent = this.currentExtent;
  }

  toEnd(): void {
    this.pages.showEnd();
    this.kept = "end";
    this.jump.hidden = true;
    this.keep();
    this.onMove();
  }

  goTo(place: Place): void {
    this.kept = place;
    this.jump.hidden = false;
    this.keep();
  }

  /** The first message in sight; none at the end. */
  get place(): Place | undefined {
    if (this.kept === "end") return undefined;
    if (this.kept) return this.kept;
    const top = this.area.getBoundingClientRect().top;
    const found = this.pages.at(top);
    return found && { messageId: found.messageId, offset: Math.round(top - found.top) };
  }

  private get currentExtent(): string {
    return `${this.area.scrollHeight} ${this.area.clientHeight}`;
  }

  /** What is in sight, and as much again above and below. */
  private cover(): void {
    const top = this.area.getBoundingClientRect().top - this.pages.element.getBoundingClientRect().top;
    const { clientHeight } = this.area;
    this.pages.cover(top - clientHeight, top + 2 * clientHeight);
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.area;
    const moved = scrollTop - this.scrolledTo;
    if (this.kept) {
      if (Math.abs(moved) < 1) return;
      // Where the browser leaves it when something grows or shrinks is no place that anybody chose.
      if (!this.touched && this.extent !== this.currentExtent) return this.keep();
    }
    this.kept = moved > 0 && scrollHeight - scrollTop - clientHeight < nearEnd ? "end" : undefined;
    this.scrolledTo = scrollTop;
    this.jump.hidden = this.kept === "end";
    this.onMove();
  }

  private scrollTo({ messageId, offset }: Place): void {
    const article = this.pages.find(messageId);
    if (!article) return;
    this.area.scrollTop += article.getBoundingClientRect().top - this.area.getBoundingClientRect().top + offset;
  }
}
