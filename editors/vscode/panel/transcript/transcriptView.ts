// The list of messages: draws changes once a frame, the newest first when there is much, older ones on the way up.

import type { ContentEvent } from "../../src/panelMessages";
import type { Message, Part, SessionSnapshot } from "../../src/protocol";
import { ask, memory, relay, remember, run } from "../bridge";
import { h } from "../dom";
import { t } from "../texts";
import { MessageView } from "./messageView";
import { Transcript } from "./model";
import { Scroller, type Place } from "./scroller";

/** So many messages fill a screen; the others follow in frames of their own. */
const drawnAtOnce = 8;
const drawnPerFrame = 4;

export class TranscriptView {
  readonly transcript = new Transcript();
  private readonly list = h("div", { class: "messages", role: "log", "aria-live": "off", "aria-label": t("Conversation") });
  readonly area = h("main", { class: "transcript", tabindex: -1 }, this.list);
  readonly announcer = h("div", { class: "hidden", "aria-live": "polite" });
  readonly scroller = new Scroller(this.area, this.list);
  private readonly views = new Map<string, MessageView>();
  private undrawn: Message[] = [];
  private dirty = new Map<Part, MessageView>();
  private frame = 0;
  private loading: Promise<void> | undefined;
  private shown: string | undefined;
  private reopening = false;
  /** Asked for each message's actions. */
  supports: (method: string) => boolean = () => true;
  onTodos: () => void = () => undefined;

  constructor() {
    this.scroller.onMove = () => {
      if (this.area.scrollTop < this.area.clientHeight) run(this.loadOlder());
      const { place } = this.scroller;
      remember({ scroll: place && this.shown !== undefined ? { ...place, sessionId: this.shown } : undefined });
    };
    this.area.addEventListener("click", (event) => this.followLink(event));
  }

  show(snapshot: SessionSnapshot | undefined): void {
    this.shown = snapshot?.session.id;
    this.reopening = false;
    this.transcript.reset(snapshot);
    this.redrawAll();
    const place = memory.scroll;
    if (place && place.sessionId === this.shown) run(this.restore(place));
    else this.scroller.toEnd();
    this.onTodos();
  }

  apply(events: ContentEvent[]): void {
    for (const event of events) {
      const change = this.transcript.apply(event);
      switch (change.kind) {
        case "gap":
          if (!this.reopening) run(ask("reopen", {}));
          this.reopening = true;
          return;
        case "all":
          this.redrawAll();
          this.scroller.keep();
          break;
        case "message":
          this.messageChanged(change.message, change.isNew);
          break;
        case "messageGone":
          this.views.get(change.messageId)?.element.remove();
          this.views.delete(change.messageId);
          break;
        case "part":
        case "append":
          this.partChanged(change.message, change.part);
          break;
        case "partGone":
          this.views.get(change.messageId)?.removePart(change.partId);
          break;
        case "todos":
          this.onTodos();
      }
    }
  }

  private messageChanged(message: Message, isNew: boolean): void {
    if (isNew) {
      const index = this.transcript.messages.indexOf(message);
      const next = this.transcript.messages[index + 1];
      const view = this.add(message);
      this.list.insertBefore(view.element, (next && this.views.get(next.id)?.element) ?? null);
      view.draw();
      if (message.role === "user") this.scroller.toEnd();
      return;
    }
    const view = this.views.get(message.id);
    if (!view) return;
    if (message.status === "streaming" || message.status === "sent") {
      view.drawEnding();
      return;
    }
    view.draw();
    if (message.status === "complete" && message.role === "assistant") this.announcer.textContent = view.text.slice(0, 1000);
  }

  private partChanged(message: Message, part: Part): void {
    const view = this.views.get(message.id);
    if (!view) return;
    // The part before is settled as soon as another follows it.
    const before = message.parts.at(-2);
    if (before && message.parts.at(-1) === part) this.dirty.set(before, view);
    this.dirty.set(part, view);
    this.frame ||= requestAnimationFrame(() => this.drawDirty());
  }

  private drawDirty(): void {
    this.frame = 0;
    const dirty = this.dirty;
    this.dirty = new Map();
    for (const [part, view] of dirty) {
      view.drawPart(part);
      view.drawEnding();
    }
    this.scroller.keep();
  }

  private add(message: Message): MessageView {
    const view = new MessageView(message, this.supports);
    this.views.set(message.id, view);
    return view;
  }

  private redrawAll(): void {
    this.views.clear();
    this.dirty.clear();
    this.undrawn = [];
    this.list.replaceChildren(...this.transcript.messages.map((message) => this.add(message).element));
    this.drawLater(this.transcript.messages);
  }

  /** Draws the newest of them now, and the others from below in the next frames. */
  private drawLater(messages: Message[]): void {
    this.undrawn.push(...messages);
    for (let count = 0; count < drawnAtOnce; count++) this.drawNext();
    if (this.undrawn.length > 0) requestAnimationFrame(() => this.drawSome());
  }

  private drawSome(): void {
    for (let count = 0; count < drawnPerFrame; count++) this.drawNext();
    if (this.undrawn.length > 0) requestAnimationFrame(() => this.drawSome());
  }

  private drawNext(): void {
    const message = this.undrawn.pop();
    if (message) this.views.get(message.id)?.draw();
  }

  private loadOlder(): Promise<void> {
    const { cursor } = this.transcript;
    if (cursor === undefined) return Promise.resolve();
    this.loading ??= this.readOlder(cursor).finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async readOlder(cursor: string): Promise<void> {
    const session = this.shown;
    const page = await relay("sidestream/session/history", { cursor });
    if (session !== this.shown) return;
    const added = this.transcript.prepend(page.messages, page.cursor);
    // The browser keeps the place only where something is above it.
    if (this.area.scrollTop === 0) this.area.scrollTop = 1;
    this.list.prepend(...added.map((message) => this.add(message).element));
    this.drawLater(added);
  }

  /** Goes to where the user was, loading as much history as this needs. */
  private async restore(place: Place): Promise<void> {
    const session = this.shown;
    while (this.shown === session) {
      const { messages, cursor } = this.transcript;
      const index = messages.findIndex(({ id }) => id === place.messageId);
      if (index >= 0) {
        for (const { id } of messages.slice(index, index + drawnAtOnce)) this.views.get(id)?.draw();
        return this.scroller.goTo(place);
      }
      if (cursor === undefined) return this.scroller.toEnd();
      await this.loadOlder();
    }
  }

  private followLink(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link) return;
    event.preventDefault();
    const target = link.getAttribute("href") ?? "";
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) run(ask("openLink", { url: target }));
    else run(openPath(decodeURIComponent(target)));
  }
}

/** `src/a.ts#L10` and `src/a.ts:10` are places in files. */
function openPath(target: string): Promise<null> {
  const [, path = target, line] = /^(.*?)(?:#L|:)(\d+)$/.exec(target) ?? [];
  return ask("openFile", { path, line: line === undefined ? undefined : Number(line) });
}
