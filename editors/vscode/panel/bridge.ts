// The way to the extension host: questions with answers, messages, and the memory that outlives the page.

import type { FromPanel, PanelMemory, PanelRequests, RelayedMethod, ToPanel } from "../src/panelMessages";
import type { Requests } from "../src/protocol";

interface Host {
  postMessage(message: FromPanel): void;
  getState(): PanelMemory | undefined;
  setState(state: PanelMemory): void;
}
declare function acquireVsCodeApi(): Host;

type SessionParams<M extends RelayedMethod> = Omit<Requests[M]["params"], "instanceId" | "sessionId">;

const host = acquireVsCodeApi();
const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let lastId = 0;
let saving: ReturnType<typeof setTimeout> | undefined;
let isSaved = true;
/** What is kept by the session or the request that it belongs to, for so many of them. */
type Kept = "drafts" | "parts" | "scroll" | "answers";
const keptOfEach = 50;
export const memory: PanelMemory = newer(host.getState() ?? {}, JSON.parse(document.body.dataset["memory"] ?? "{}") as PanelMemory);

/** Called with what went wrong when nobody else deals with it. */
let reportFailure: (message: string) => void = () => undefined;

export function ask<N extends keyof PanelRequests>(name: N, params: PanelRequests[N]["params"]): Promise<PanelRequests[N]["result"]> {
  return post(name, params) as Promise<PanelRequests[N]["result"]>;
}

/** A request of the protocol; the host adds the shown instance and session. */
export function relay<M extends RelayedMethod>(method: M, params: SessionParams<M>): Promise<Requests[M]["result"]> {
  return post(method, params) as Promise<Requests[M]["result"]>;
}

/** Waits for nothing; a failure is shown. */
export function run(promise: Promise<unknown>): void {
  promise.catch((error: unknown) => reportFailure(error instanceof Error ? error.message : String(error)));
}

/** Kept at once, and what follows closely together: there may be pictures in it. */
export function remember(change: Partial<PanelMemory>): void {
  Object.assign(memory, change, { savedAt: Date.now() });
  isSaved = false;
  if (saving === undefined) save();
}

export function rememberOf<K extends Kept>(kind: K, id: string, value: NonNullable<PanelMemory[K]>[string] | undefined): void {
  const others = Object.entries(memory[kind] ?? {}).filter(([known]) => known !== id).slice(1 - keptOfEach);
  remember({ [kind]: Object.fromEntries(value === undefined ? others : [...others, [id, value]]) });
}

type Handlers = { [T in ToPanel["type"]]: (message: Extract<ToPanel, { type: T }>) => void };

export function listen(handlers: Handlers, failed: (message: string) => void): void {
  reportFailure = failed;
  window.addEventListener("message", ({ data }: MessageEvent<ToPanel>) => {
    const handler = handlers[data.type] as ((message: ToPanel) => void) | undefined;
    handler?.(data);
  });
  // Nothing waits any more when the page is left.
  for (const leaving of ["blur", "pagehide"]) window.addEventListener(leaving, () => !isSaved && save());
  window.addEventListener("focus", () => host.postMessage({ type: "focused" }));
  host.postMessage({ type: "ready", memory });
}

export function answered({ id, value, error }: Extract<ToPanel, { type: "answer" }>): void {
  const request = waiting.get(id);
  waiting.delete(id);
  if (error) request?.reject(new Error([error.message, error.hint].filter(Boolean).join(" ")));
  else request?.resolve(value);
}

function save(): void {
  clearTimeout(saving);
  saving = setTimeout(() => {
    saving = undefined;
    if (!isSaved) save();
  }, 150);
  isSaved = true;
  host.setState(memory);
  // The host's copy is for when this page's is lost. Pictures are too large to be written with every change.
  host.postMessage({ type: "remember", memory: { ...memory, parts: undefined } });
}

function newer(one: PanelMemory, other: PanelMemory): PanelMemory {
  return (one.savedAt ?? 0) >= (other.savedAt ?? 0) ? one : other;
}

function post(name: string, params: unknown): Promise<unknown> {
  const id = ++lastId;
  host.postMessage({ type: "ask", id, name, params });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}
