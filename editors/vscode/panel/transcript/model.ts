// The messages of the shown session, as snapshot and notifications say. Pure: it draws nothing and asks nobody.

import type { ContentEvent } from "../../src/panelMessages";
import type { Message, MessageInfo, Notifications, Part, SessionSnapshot, Todo } from "../../src/protocol";

/** What an event changed, for whoever draws. */
export type Change =
  | { kind: "nothing" }
  /** Something was missed: the session has to be opened again. */
  | { kind: "gap" }
  | { kind: "all" }
  | { kind: "message"; message: Message; isNew: boolean }
  | { kind: "messageGone"; messageId: string }
  | { kind: "part"; message: Message; part: Part }
  | { kind: "append"; message: Message; part: Part }
  | { kind: "partGone"; messageId: string; partId: string }
  | { kind: "todos" };

export class Transcript {
  messages: Message[] = [];
  todos: Todo[] = [];
  cursor: string | undefined;
  private sessionId: string | undefined;
  private revision = 0;

  reset(snapshot: SessionSnapshot | undefined): void {
    this.sessionId = snapshot?.session.id;
    this.messages = snapshot?.messages ?? [];
    this.todos = snapshot?.todos ?? [];
    this.cursor = snapshot?.cursor;
    this.revision = snapshot?.revision ?? 0;
  }

  /** Older messages, read from the history. */
  prepend(messages: Message[], cursor: string | undefined): Message[] {
    const known = new Set(this.messages.map(({ id }) => id));
    const added = messages.filter(({ id }) => !known.has(id));
    this.messages = [...added, ...this.messages];
    this.cursor = cursor;
    return added;
  }

  apply(event: ContentEvent): Change {
    const { revision, sessionId } = event.params;
    // What was told of the session that was shown before may arrive late.
    if (sessionId !== this.sessionId) return { kind: "nothing" };
    if (event.method === "sidestream/session/didReset") {
      this.reset({ ...event.params.snapshot, revision });
      return { kind: "all" };
    }
    if (revision <= this.revision) return { kind: "nothing" };
    if (revision > this.revision + 1) return { kind: "gap" };
    this.revision = revision;
    switch (event.method) {
      case "sidestream/message/didChange":
        return this.setMessage(event.params.message);
      case "sidestream/message/didRemove":
        this.messages = this.messages.filter(({ id }) => id !== event.params.messageId);
        return { kind: "messageGone", messageId: event.params.messageId };
      case "sidestream/part/didChange":
        return this.setPart(event.params.messageId, event.params.part, event.params.before);
      case "sidestream/part/didAppend":
        return this.append(event.params);
      case "sidestream/part/didRemove":
        return this.removePart(event.params.messageId, event.params.partId);
      case "sidestream/todo/didChange":
        this.todos = event.params.todos;
        return { kind: "todos" };
    }
  }

  find(messageId: string): Message | undefined {
    // What changes is nearly always at the end.
    return this.messages.findLast(({ id }) => id === messageId);
  }

  private setMessage(info: MessageInfo): Change {
    const known = this.find(info.id);
    if (known) {
      Object.assign(known, { completed: undefined, error: undefined }, info);
      return { kind: "message", message: known, isNew: false };
    }
    const message: Message = { ...info, parts: [] };
    const before = this.messages.findLastIndex((each) => each.time.created <= message.time.created);
    this.messages.splice(before + 1, 0, message);
    return { kind: "message", message, isNew: true };
  }

  private setPart(messageId: string, part: Part, before?: string): Change {
    const message = this.find(messageId);
    if (!message) return { kind: "nothing" };
    const index = message.parts.findIndex(({ id }) => id === part.id);
    const following = message.parts.findIndex(({ id }) => id === before);
    if (index >= 0) message.parts[index] = part;
    else message.parts.splice(following < 0 ? message.parts.length : following, 0, part);
    return { kind: "part", message, part };
  }

  private append({ messageId, partId, field, text }: Notifications["sidestream/part/didAppend"]): Change {
    const message = this.find(messageId);
    const part = message?.parts.findLast(({ id }) => id === partId);
    if (!message || !part) return { kind: "nothing" };
    if (field === "text" && (part.type === "text" || part.type === "reasoning")) part.text += text;
    else if (field === "output" && part.type === "tool") part.output = (part.output ?? "") + text;
    return { kind: "append", message, part };
  }

  private removePart(messageId: string, partId: string): Change {
    const message = this.find(messageId);
    if (!message) return { kind: "nothing" };
    message.parts = message.parts.filter(({ id }) => id !== partId);
    return { kind: "partGone", messageId, partId };
  }
}
