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
      if (!(target instanceof HTMLElement)) return;
      if (!target.matches(".page")) {
        if (!skipped) highlightIn(target);
      } else if (skipped) collapse(target);
      else expand(target);
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

  /** One that can be measured and focused, wherever it is. */
  find(messageId: string): HTMLElement | undefined {
    const article = this.element.querySelector<HTMLElement>(`article[data-id="${CSS.escape(messageId)}"]`);
    if (article?.parentElement) expand(article.parentElement);
    return article ?? undefined;
  }

  /** The first article that reaches below a height, as all pages before it do not. */
  firstBelow(height: number): HTMLElement | undefined {
    const page = firstBelow(this.element.children, height);
    const near = [page, page?.nextElementSibling].filter((each) => each instanceof HTMLElement);
    for (const each of near) expand(each);
    return firstBelow(near.flatMap((each) => [...each.children]), height);
  }
}

/** Its articles have no boxes any more: each code block that can be scrolled would cost in every frame. */
function collapse(page: HTMLElement): void {
  page.style.minBlockSize = `${page.offsetHeight}px`;
  page.classList.add("collapsed");
  // The style of what is out of sight is not looked at before it is asked for.
  page.firstElementChild?.getBoundingClientRect();
}

function expand(page: HTMLElement): void {
  page.classList.remove("collapsed");
  page.style.minBlockSize = "";
}

function inPages(views: MessageView[]): HTMLElement[] {
  const pages: HTMLElement[] = [];
  for (let end = views.length; end > 0; end -= pageSize) {
    const own = views.slice(Math.max(0, end - pageSize), end);
    const page = h("div", { class: end === views.length ? "page" : "page collapsed" }, ...own.map(({ element }) => element));
    const height = own.reduce((sum, { estimatedHeight }) => sum + estimatedHeight, 0);
    page.style.containIntrinsicBlockSize = `auto ${height}px`;
    if (page.matches(".collapsed")) page.style.minBlockSize = `${height}px`;
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
