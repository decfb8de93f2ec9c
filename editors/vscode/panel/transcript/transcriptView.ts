// The list of messages: draws changes once a frame, reads older ones on the way up.

import type { ContentEvent } from "../../src/panelMessages";
import type { Message, Part, SessionSnapshot } from "../../src/protocol";
import { ask, memory, relay, rememberOf, run } from "../bridge";
import { h } from "../dom";
import { t } from "../texts";
import type { MessageView } from "./messageView";
import { Transcript } from "./model";
import { Pages } from "./pages";
import { Scroller, type Place } from "./scroller";

/** A place that is found again in a page of history: with the time of its message. */
type KeptPlace = Place & { created: number };

const placeKeptEveryMs = 100;

export class TranscriptView {
  readonly transcript = new Transcript();
  private readonly pages = new Pages();
  readonly area = h("main", { class: "transcript", tabindex: 0, "aria-label": t("Conversation") }, this.pages.element);
  readonly announcer = h("div", { class: "hidden", "aria-live": "polite" });
  readonly scroller = new Scroller(this.area, this.pages);
  private dirty = new Map<Part, MessageView>();
  private frame = 0;
  private loading: Promise<void> | undefined;
  private shown: string | undefined;
  private reopening = false;
  private keeping: ReturnType<typeof setTimeout> | undefined;
  onTodos: () => void = () => undefined;
  /** The user goes on beyond the newest message. */
  onLeave: () => void = () => undefined;

  constructor() {
    this.scroller.onMove = () => {
      if (this.area.scrollTop < this.area.clientHeight) run(this.loadOlder());
      this.keeping ??= setTimeout(() => this.keepPlace(), placeKeptEveryMs);
    };
    this.area.addEventListener("click", (event) => this.followLink(event));
  }

  show(snapshot: SessionSnapshot | undefined): void {
    if (this.keeping !== undefined) this.keepPlace();
    this.shown = snapshot?.session.id;
    this.reopening = false;
    this.transcript.reset(snapshot);
    this.redrawAll(this.shown === undefined ? undefined : memory.scroll?.[this.shown]);
    this.onTodos();
  }

  /** Alt+Up and Alt+Down go from message to message. */
  key(event: KeyboardEvent): void {
    const step = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
    if (step === undefined) return;
    event.preventDefault();
    const { messages } = this.transcript;
    const current = document.activeElement?.closest("article")?.dataset["id"];
    const next = messages[(current === undefined ? messages.length : messages.findIndex(({ id }) => id === current)) + step];
    if (next) this.pages.find(next.id)?.focus();
    else if (step > 0) this.onLeave();
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
          this.redrawAll(this.reading);
          this.onTodos();
          break;
        case "message":
          this.messageChanged(change.message, change.isNew);
          break;
        case "messageGone":
          this.pages.remove(change.messageId);
          break;
        case "part":
        case "append":
          this.partChanged(change.message, change.part);
          break;
        case "partGone":
          this.pages.view(change.messageId)?.removePart(change.partId);
          break;
        case "todos":
          this.onTodos();
      }
    }
  }

  private messageChanged(message: Message, isNew: boolean): void {
    if (isNew) {
      const { messages } = this.transcript;
      this.pages.insert(message, messages[messages.indexOf(message) + 1]);
      if (message.role === "user") this.scroller.toEnd();
      return;
    }
    const view = this.pages.view(message.id);
    if (!view) return;
    if (message.status === "streaming" || message.status === "sent") return view.drawEnding();
    if (view.isDrawn) view.draw();
    if (message.role !== "assistant") return;
    // A failure is an alert of its own.
    if (message.status === "complete") this.announcer.textContent = view.text.slice(0, 1000);
    if (message.status === "aborted") this.announcer.textContent = t("Stopped");
  }

  private partChanged(message: Message, part: Part): void {
    const view = this.pages.view(message.id);
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

  /** Goes to the place afterwards, or to the end. */
  private redrawAll(place: KeptPlace | undefined): void {
    this.dirty.clear();
    this.pages.replace(this.transcript.messages);
    if (place) run(this.restore(place));
    else this.scroller.toEnd();
  }

  /** Where the user reads; nothing at the end. */
  private get reading(): KeptPlace | undefined {
    const { place } = this.scroller;
    const view = place && this.pages.view(place.messageId);
    return view && { ...place, created: view.message.time.created };
  }

  private keepPlace(): void {
    clearTimeout(this.keeping);
    this.keeping = undefined;
    if (this.shown !== undefined) rememberOf("scroll", this.shown, this.reading);
  }

  private loadOlder(): Promise<void> {
    const { cursor } = this.transcript;
    if (cursor === undefined) return Promise.resolve();
    this.loading ??= this.readOlder(cursor).finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async readOlder(cursor: string): Promise<void> {
    const page = await relay("sidestream/session/history", { cursor });
    // Meanwhile another session may be shown, or this one anew: the page belongs to neither.
    if (cursor !== this.transcript.cursor) return;
    const added = this.transcript.prepend(page.messages, page.cursor);
    // The browser keeps the place only where something is above it.
    if (this.area.scrollTop === 0) this.area.scrollTop = 1;
    this.pages.prepend(added);
  }

  /** Goes to where the user was, loading as much history as this needs. */
  private async restore(place: KeptPlace): Promise<void> {
    const session = this.shown;
    while (this.shown === session) {
      const { messages, cursor } = this.transcript;
      if (this.pages.view(place.messageId)) return this.scroller.goTo(place);
      const isGone = messages[0] !== undefined && messages[0].time.created < place.created;
      if (cursor === undefined || isGone) return this.scroller.toEnd();
      await this.loadOlder();
    }
  }

  private followLink(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link) return;
    event.preventDefault();
    const target = link.getAttribute("href") ?? "";
    if (/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(target)) run(ask("openLink", { url: target }));
    else run(openPath(decodeURIComponent(target)));
  }
}

/** `src/a.ts#L10`, `src/a.ts:10` and `src/a.ts:10-20` are places in files. */
function openPath(target: string): Promise<void> {
  const [, path = target, start, end] = /^(.*?)(?:#L|:)(\d+)(?:-L?(\d+))?$/.exec(target) ?? [];
  return ask("openFile", { path, ...(start !== undefined && { range: { start: Number(start), end: Number(end ?? start) } }) });
}
