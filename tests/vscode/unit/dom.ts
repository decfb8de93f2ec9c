// A page for the panel's pieces, to be imported before them, and what they say to the extension host.

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!DOCTYPE html><body></body>", { pretendToBeVisual: true });
export const said: { type: string; id?: number; name?: string; params?: unknown }[] = [];
Object.assign(globalThis, {
  window, document: window.document, HTMLElement: window.HTMLElement, HTMLPreElement: window.HTMLPreElement,
  getSelection: window.getSelection.bind(window), Text: window.Text, Node: window.Node, Element: window.Element,
  requestAnimationFrame: window.requestAnimationFrame.bind(window),
  acquireVsCodeApi: () => ({
    postMessage: (message: (typeof said)[number]) => said.push(message), getState: () => undefined, setState: () => undefined,
  }),
});

// jsdom lays nothing out: whatever is measured is as high as a page is meant to be.
Object.defineProperty(window.HTMLElement.prototype, "offsetHeight", { get: () => 1_500 });

export function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}

/** What was asked for last by that name. */
export function asked(name: string): { id: number; params: unknown } {
  const found = said.findLast((each) => each.name === name);
  if (found?.id === undefined) throw new Error(`Nothing asked for ${name}.`);
  return { id: found.id, params: found.params };
}

/** Until everything that hangs on an answer has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
