// What the extension host and the panel's webview say to each other. Data only.

import type {
  Catalog, Instance, LineRange, ModelRef, Notifications, Permission, PermissionMode, PromptPart, Question, Requests, Session,
  SessionSnapshot,
} from "./protocol";

/** Notifications that concern a session's content; the panel applies them to what it shows. */
export const contentMethods = [
  "sidestream/session/didReset",
  "sidestream/message/didChange",
  "sidestream/message/didRemove",
  "sidestream/part/didChange",
  "sidestream/part/didAppend",
  "sidestream/part/didRemove",
  "sidestream/todo/didChange",
] as const satisfies readonly (keyof Notifications)[];
export type ContentMethod = (typeof contentMethods)[number];
export type ContentEvent = { [M in ContentMethod]: { method: M; params: Notifications[M] } }[ContentMethod];

/** Why there is nothing to show, and the one thing that helps: a command of the editor’s, or `reopen` for the session. */
export interface Obstacle {
  title: string;
  detail?: string;
  action?: { label: string; command: string };
}

/** The file that the editor shows, and the lines that are selected in it. */
export interface EditorContext {
  path: string;
  label: string;
  range?: LineRange;
}

/** What the user chose in the pickers for the next prompt. */
export interface Choice {
  agent?: string;
  model?: ModelRef;
  modelName?: string;
  variant?: string;
  hasVariants?: boolean;
  permissionMode?: PermissionMode;
}

/** Everything small that the panel shows around the messages, whole each time. */
export interface PanelState {
  obstacle?: Obstacle;
  connection: string;
  instance?: Instance;
  manyFolders: boolean;
  session?: Session;
  parent?: { id: string; title: string };
  permissions: Permission[];
  questions: Question[];
  unsupported: Catalog["unsupported"];
  choice: Choice;
  context?: EditorContext;
  waitingElsewhere: number;
  /** For the page to remember. */
  shown: Shown;
}

/** Which session a panel shows. */
export interface Shown {
  directory?: string;
  sessionId?: string;
}

/** What the panel keeps over hiding, reloading and restarting. Its page has a copy, and the extension host another. */
export interface PanelMemory extends Shown {
  /** The newer copy counts. */
  savedAt?: number;
  /** Prompts that are being written, per session; the empty key is the session that has not begun. */
  drafts?: Record<string, string>;
  /** What goes with them. */
  parts?: Record<string, PromptPart[]>;
  /** Where the user has scrolled to, per session; nothing at the end. */
  scroll?: Record<string, { messageId: string; created: number; offset: number }>;
  /** Answers that are not given yet, per permission and question. */
  answers?: Record<string, FilledIn[]>;
  history?: string[];
  contextOff?: boolean;
}

/** What was chosen and written in one field. */
export interface FilledIn {
  chosen: string[];
  own: string;
}

export type ToPanel =
  | { type: "state"; state: PanelState }
  | { type: "shown"; snapshot?: SessionSnapshot }
  | { type: "events"; events: ContentEvent[] }
  | { type: "answer"; id: number; value?: unknown; error?: { message: string; hint?: string } }
  | { type: "insert"; text?: string; parts?: PromptPart[] }
  | { type: "focus" };

type WithoutParams = "reopen" | "pickAgent" | "pickModel" | "pickVariant" | "pickPermissionMode" | "attach";

/** Everything that the panel may ask the host for, with what it answers. */
export interface PanelRequests extends Record<WithoutParams, { params: Record<string, never>; result: void }> {
  send: { params: { text: string; parts: PromptPart[]; withContext: boolean }; result: { sessionId: string } };
  complete: { params: { text: string; offset: number }; result: Completion[] };
  openFile: { params: { path: string; range?: LineRange }; result: void };
  openLink: { params: { url: string }; result: void };
  showDiff: { params: { messageId: string } | { messageId: string; partId: string } | { permissionId: string }; result: void };
  revert: { params: { messageId: string }; result: void };
  fork: { params: { messageId: string }; result: void };
  showSession: { params: { sessionId: string | undefined }; result: void };
  insertCode: { params: { code: string }; result: void };
  newFile: { params: { code: string; language: string }; result: void };
  copy: { params: { text: string }; result: void };
  runCommand: { params: { command: string }; result: void };
}

/** Protocol requests that the panel sends through the host as they are; the host adds instance and session. */
export const relayedMethods = [
  "sidestream/session/history",
  "sidestream/session/abort",
  "sidestream/session/cancelQueued",
  "sidestream/session/unrevert",
  "sidestream/part/content",
  "sidestream/permission/reply",
  "sidestream/question/reply",
  "sidestream/question/reject",
] as const satisfies readonly (keyof Requests)[];
export type RelayedMethod = (typeof relayedMethods)[number];

export interface Completion {
  label: string;
  detail?: string;
  /** A codicon's name. */
  icon: string;
  insert: string;
  /** Offsets in the text between which it goes. */
  start: number;
  end: number;
}

export type FromPanel =
  | { type: "ready"; memory: PanelMemory }
  | { type: "remember"; memory: PanelMemory }
  | { type: "focused" }
  | { type: "ask"; id: number; name: string; params: unknown };
