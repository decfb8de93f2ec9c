// Makes elements. Text is always text: nothing here takes HTML, and what would steer the page is shown instead.

import { plainText } from "../src/plainText";

type Child = Node | string | undefined | false;
type Props = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

/** `h("button", { class: "send", "aria-label": "Send", onclick: send }, "Send")` */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/** A codicon; decoration only. */
export function icon(name: string): HTMLElement {
  const [glyph, spin] = name.split("~");
  return h("span", { class: `codicon codicon-${glyph}${spin ? " codicon-modifier-spin" : ""}`, "aria-hidden": "true" });
}

/** A button that is only an icon, with its name for those who cannot see it. */
export function iconButton(name: string, label: string, onclick: (event: MouseEvent) => void): HTMLButtonElement {
  return h("button", { type: "button", class: "icon", title: label, "aria-label": label, onclick }, icon(name));
}

/** Replaces the children only when the key changed, so that focus and selection in them survive. */
export function redraw(element: HTMLElement, key: unknown, draw: () => Child[]): void {
  const text = JSON.stringify(key);
  if (element.dataset["drawn"] === text) return;
  element.dataset["drawn"] = text;
  element.replaceChildren(...nodes(draw()));
}

function nodes(children: Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== undefined && child !== false)
    .map((child) => (typeof child === "string" ? plainText(child) : child));
}
