// The messages' articles, in pages: what a page out of sight holds costs nothing, however many pages there are.

import { h } from "../dom";
import { t } from "../texts";
import { highlightIn } from "./codeBlock";
import type { MessageView } from "./messageView";

const pageSize = 25;

export class Pages {
  readonly element = h("div", { class: "messages", role: "log", "aria-live": "off", "aria-label": t("Messages") });

  constructor() {
    const seen = ({ target, skipped }: ContentVisibilityAutoStateChangeEvent) => {
      if (!(target instanceof Element)) return;
      // The browser watches each article of the pages in sight, and no others.
      if (target.matches(".page")) target.classList.toggle("skipped", skipped);
      else if (!skipped) highlightIn(target);
    };
    this.element.addEventListener("contentvisibilityautostatechange", seen as EventListener, { capture: true });
  }

  get articles(): HTMLElement[] {
    return [...this.element.querySelectorAll("article")];
  }

  /** Puts one above another, or below all. */
  insert({ element }: MessageView, above: MessageView | undefined): void {
    const last = this.element.lastElementChild;
    if (above) above.element.before(element);
    else if (last && last.children.length < pageSize) last.append(element);
    else this.element.append(h("div", { class: "page" }, element));
  }

  replace(views: MessageView[]): void {
    this.element.replaceChildren(...inPages(views));
  }

  prepend(views: MessageView[]): void {
    this.element.prepend(...inPages(views));
  }

  /** The first article that reaches below a height, as all pages before it do not. */
  firstBelow(height: number): HTMLElement | undefined {
    const page = firstBelow(this.element.children, height);
    return page && firstBelow([...page.children, ...(page.nextElementSibling?.children ?? [])], height);
  }
}

function inPages(views: MessageView[]): HTMLElement[] {
  const pages: HTMLElement[] = [];
  for (let end = views.length; end > 0; end -= pageSize) {
    const own = views.slice(Math.max(0, end - pageSize), end);
    const page = h("div", { class: end === views.length ? "page" : "page skipped" }, ...own.map(({ element }) => element));
    const height = own.reduce((sum, { estimatedHeight }) => sum + estimatedHeight, 0);
    page.style.containIntrinsicBlockSize = `auto ${height}px`;
    pages.unshift(page);
  }
  return pages;
}

/** They stand one below the other. */
function firstBelow(elements: ArrayLike<Element>, height: number): HTMLElement | undefined {
  let first = 0;
  for (let end = elements.length; first < end; ) {
    const middle = (first + end) >> 1;
    if ((elements[middle]?.getBoundingClientRect().bottom ?? 0) > height) end = middle;
    else first = middle + 1;
  }
  const found = elements[first];
  return found instanceof HTMLElement ? found : undefined;
}
