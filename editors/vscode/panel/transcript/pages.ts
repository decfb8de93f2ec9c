// The messages, in pages. Only those near sight are in the document and drawn: frames, memory and the collection of garbage
// cost the same however long the history is.

import type { Message } from "../../src/protocol";
import { h } from "../dom";
import { soon } from "../frames";
import { t } from "../texts";
import { MessageView } from "./messageView";
import { Page } from "./page";

/** In pixels, as far as heights can be told before something is drawn. */
const pageHeight = 1_500;
/** A selection keeps its pages in the document, if it is not longer than this. */
const selectedPages = 40;

export class Pages {
  /** In place of the pages that are not in the document. */
  private readonly above = h("div", { class: "space" });
  private readonly below = h("div", { class: "space" });
  readonly element = h("div", { class: "messages", role: "log", "aria-live": "off", "aria-label": t("Messages") }, this.above, this.below);
  private readonly views = new Map<string, MessageView>();
  private pages: Page[] = [];
  /** In the document, one below the other. */
  private shown: Page[] = [];

  view(messageId: string): MessageView | undefined {
    return this.views.get(messageId);
  }

  replace(messages: Message[]): void {
    this.views.clear();
    this.pages = this.inPages(messages);
    this.show([]);
  }

  prepend(messages: Message[]): void {
    this.pages.unshift(...this.inPages(messages));
    this.show(this.shown);
  }

  /** Puts one above another, or below all. */
  insert(message: Message, above: Message | undefined): void {
    const view = this.add(message);
    const next = above && this.views.get(above.id);
    const last = this.pages.at(-1);
    const page = next ? this.pageOf(next) : last;
    if (page && (next || page.height < pageHeight)) return page.insert(view, next);
    const added = new Page();
    this.pages.push(added);
    const isAtEnd = last === this.shown.at(-1);
    if (isAtEnd) added.draw();
    added.insert(view);
    this.show(isAtEnd ? [...this.shown, added] : this.shown);
  }

  remove(messageId: string): void {
    const view = this.views.get(messageId);
    this.views.delete(messageId);
    if (view) this.pageOf(view)?.remove(view);
  }

  /** One that can be measured and focused, wherever it is. */
  find(messageId: string): HTMLElement | undefined {
    const view = this.views.get(messageId);
    const page = view && this.pageOf(view);
    if (page) this.showAt(page);
    return view?.element;
  }

  showEnd(): void {
    const last = this.pages.at(-1);
    if (last) this.showAt(last);
  }

  /** Has in the document what lies between two heights, in pixels from the upper edge of all. */
  cover(top: number, bottom: number): void {
    for (const page of this.shown) page.measure();
    let end = 0;
    const covered = this.pages.filter((page) => {
      const start = end;
      end += page.height;
      return end > top && start < bottom;
    });
    if (covered.length > 0) this.show(this.withSelection(covered));
  }

  /** The message at a height in the window, and where it begins. In a page that is not drawn all begin where the page does. */
  at(height: number): { messageId: string; top: number } | undefined {
    const isBelow = (element: HTMLElement) => element.getBoundingClientRect().bottom > height;
    const page = this.shown.find(({ element }) => isBelow(element));
    if (!page) return undefined;
    const view = page.isDrawn ? (page.views.find(({ element }) => isBelow(element)) ?? page.views.at(-1)) : page.views[0];
    return view && { messageId: view.message.id, top: (page.isDrawn ? view : page).element.getBoundingClientRect().top };
  }

  private add(message: Message): MessageView {
    const view = new MessageView(message);
    this.views.set(message.id, view);
    return view;
  }

  private pageOf(view: MessageView): Page | undefined {
    return this.pages.find(({ views }) => views.includes(view));
  }

  private inPages(messages: Message[]): Page[] {
    let page = new Page();
    const pages: Page[] = [];
    // From the end on: it is the oldest page that may have few.
    for (const message of messages.toReversed()) {
      if (page.views.length === 0) pages.unshift(page);
      page.insert(this.add(message), page.views[0]);
      if (page.height >= pageHeight) page = new Page();
    }
    return pages;
  }

  private showAt(page: Page): void {
    page.draw();
    if (!this.shown.includes(page)) this.show([page]);
  }

  private withSelection(covered: Page[]): Page[] {
    const selection = getSelection();
    if (!selection || selection.isCollapsed) return covered;
    const selected = this.shown.filter(({ element }) => selection.getRangeAt(0).intersectsNode(element));
    const needed = [...selected, ...covered].map((page) => this.pages.indexOf(page));
    const all = this.pages.slice(Math.min(...needed), Math.max(...needed) + 1);
    return all.length > selectedPages ? covered : all;
  }

  /** These, which follow each other, are in the document, and no others. */
  private show(pages: Page[]): void {
    for (const page of this.shown.filter((each) => !pages.includes(each))) {
      // Keys go on to scroll.
      if (page.element.contains(document.activeElement)) this.element.parentElement?.focus({ preventScroll: true });
      page.element.remove();
      page.release();
    }
    let next = this.below;
    for (const page of pages.toReversed()) {
      // Put in anew, it would lose what is focused in it.
      if (page.element.nextSibling !== next) next.before(page.element);
      next = page.element;
    }
    const come = pages.filter((page) => !this.shown.includes(page));
    this.shown = pages;
    for (const page of come) this.drawSoon(page);
    const first = pages[0] ? this.pages.indexOf(pages[0]) : this.pages.length;
    this.above.style.blockSize = `${sumOfHeights(this.pages.slice(0, first))}px`;
    this.below.style.blockSize = `${sumOfHeights(this.pages.slice(first + pages.length))}px`;
  }

  private drawSoon(page: Page): void {
    soon(() => {
      if (page.isDrawn || !this.shown.includes(page)) return;
      page.drawNext();
      this.drawSoon(page);
    });
  }
}

function sumOfHeights(pages: Page[]): number {
  return pages.reduce((sum, { height }) => sum + height, 0);
}
