// Text that grows, drawn as Markdown. Blocks that are complete are drawn once; only the last one is drawn again,
// so that a frame costs the same however long the text above it is.

import { h } from "../dom";
import { dressCodeBlocks } from "./codeBlock";
import { parse, render } from "./markdown";

/** A last block of this size is shown as it is until it is complete. */
const plainFrom = 20_000;

export class MarkdownView {
  readonly element = h("div", { class: "markdown" });
  private source = "";
  /** Up to here the text is drawn for good. */
  private done = 0;
  private tail: ChildNode[] = [];
  private nextParse = 0;
  private settled = false;

  /** `settled`: no more text comes. */
  draw(text: string, settled: boolean): void {
    if (text === this.source && settled === this.settled) return;
    // What was drawn as settled has no last block to go on from; neither has what is drawn for good at once.
    if (this.settled || !text.startsWith(this.source) || (settled && this.done === 0)) this.clear();
    this.source = text;
    this.settled = settled;
    const rest = text.slice(this.done);
    if (!settled && rest.length > plainFrom && text.length < this.nextParse) {
      this.drawPlain(rest);
      return;
    }
    const { tokens, lastBlock } = parse(rest);
    this.removeTail();
    if (settled) {
      this.append(render(tokens), true);
      return;
    }
    this.append(render(tokens.slice(0, lastBlock.token)), true);
    this.done += lastBlock.offset;
    const last = rest.slice(lastBlock.offset);
    // A block that stays large is looked at again when it has grown by half: this keeps the whole linear.
    this.nextParse = this.done + Math.max(plainFrom, last.length * 1.5);
    if (last.length > plainFrom) this.drawPlain(last);
    else this.tail = this.append(render(tokens.slice(lastBlock.token)), false);
  }

  private drawPlain(text: string): void {
    const [first] = this.tail;
    if (first instanceof HTMLPreElement && first.firstChild instanceof Text) {
      first.firstChild.appendData(text.slice(first.firstChild.length));
      return;
    }
    this.removeTail();
    const plain = h("pre", { class: "plain" });
    plain.append(text);
    this.element.append(plain);
    this.tail = [plain];
  }

  private append(fragment: DocumentFragment, dress: boolean): ChildNode[] {
    if (dress) dressCodeBlocks(fragment);
    const nodes = [...fragment.childNodes];
    this.element.append(fragment);
    return nodes;
  }

  private removeTail(): void {
    for (const node of this.tail) node.remove();
    this.tail = [];
  }

  private clear(): void {
    this.element.replaceChildren();
    this.tail = [];
    this.done = 0;
    this.nextParse = 0;
  }
}
