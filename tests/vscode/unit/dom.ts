// A page for the panel's pieces, to be imported before them, and what they say to the extension host.

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!DOCTYPE html><body></body>");
export const said: { type: string; name?: string; params?: unknown }[] = [];
Object.assign(globalThis, {
  window, document: window.document, DOMParser: window.DOMParser, HTMLElement: window.HTMLElement, HTMLPreElement: window.HTMLPreElement,
  Text: window.Text, Node: window.Node, Element: window.Element,
  acquireVsCodeApi: () => ({ postMessage: (message: (typeof said)[number]) => said.push(message), getState: () => undefined, setState: () => undefined }),
});
