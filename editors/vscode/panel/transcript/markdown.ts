// Markdown to elements, sanitised: HTML in it is shown as text, links lead nowhere but through the extension host,
// pictures from elsewhere are links, characters that would hide something are shown.

import MarkdownIt, { type Token } from "markdown-it";
import { plainText } from "../../src/plainText";
import { sanitised } from "./sanitise";

const parser = new MarkdownIt({ html: false, linkify: true });
parser.renderer.rules["image"] = (tokens, index) => {
  const token = tokens[index];
  const url = String(token?.attrGet("src") ?? "");
  const { escapeHtml } = parser.utils;
  return `<a href="${escapeHtml(url)}">${escapeHtml(token?.content || url)}</a>`;
};

export interface Parsed {
  tokens: Token[];
  /** Where the last top-level block begins: offset in the text, and index in the tokens. */
  lastBlock: { offset: number; token: number };
}

export function parse(text: string): Parsed {
  const tokens = parser.parse(plainText(text), {});
  const token = tokens.findLastIndex(({ level, nesting, map }) => level === 0 && nesting >= 0 && map !== null);
  const line = tokens[token]?.map?.[0] ?? 0;
  return { tokens, lastBlock: { offset: offsetOfLine(text, line), token: Math.max(token, 0) } };
}

export function render(tokens: Token[]): DocumentFragment {
  return sanitised(parser.renderer.render(tokens, parser.options, {}));
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let count = 0; count < line; count++) {
    const end = text.indexOf("\n", offset);
    if (end < 0) return text.length;
    offset = end + 1;
  }
  return offset;
}
