// The protocol's types, as server/src/protocol has them: every name and shape that crosses stdio.
// Data only. Times are milliseconds since the epoch, costs US dollars, directories absolute paths.

export interface Instance {
  id: string;
  directory: string;
  name: string;
  state: InstanceState;
  attempt?: number;
  retryAt?: number;
  error?: Failure;
  server?: ServerInfo;
  busy: number;
  waiting: number;
}
export type InstanceState =
  | "starting" | "connecting" | "connected" | "reconnecting" | "disconnected" | "failed" | "stopped";
export interface ServerInfo {
  url: string;
  version?: string;
  pid?: number;
  owned: boolean;
  dialect: "v1" | "legacy";
}
export interface Failure {
  kind: ErrorKind;
  message: string;
  hint?: string;
}
export type ErrorKind =
  | "instanceNotFound" | "sessionNotFound" | "notConnected" | "serverNotFound" | "startFailed" | "unauthorized"
  | "busy" | "queueFull" | "badRequest" | "serverError" | "timeout" | "unsupported";

export interface Session {
  id: string;
  instanceId: string;
  parentId?: string;
  title: string;
  permissionMode: PermissionMode;
  agent?: string;
  model?: ModelRef;
  status: SessionStatus;
  time: SessionTime;
  cost?: number;
  tokens?: Tokens;
  shareUrl?: string;
  revert?: Revert;
  summary?: ChangeSummary;
  usage?: Usage;
  permissions: number;
  questions: number;
}
export interface SessionTree {
  session: Session;
  children: SessionTree[];
}
export interface Usage {
  cost: number;
  tokens: Tokens;
  context?: ContextUse;
}
export interface ContextUse {
  used: number;
  limit?: number;
}
export type PermissionMode = "default" | "ask" | "acceptEdits" | "allow";
export type SessionStatus =
  | { type: "idle" } | { type: "submitted" } | { type: "busy" } | { type: "compacting" }
  | { type: "retry"; attempt: number; message: string; next: number }
  | { type: "error"; message: string };
export interface SessionTime {
  created: number;
  updated: number;
  archived?: number;
}
export interface ModelRef {
  providerId: string;
  modelId: string;
  variant?: string;
}
export interface Tokens {
  input: number;
  output: number;
  reasoning: number;
  cache: CacheTokens;
}
export interface CacheTokens {
  read: number;
  write: number;
}
export interface Revert {
  messageId: string;
  partId?: string;
}
export interface ChangeSummary {
  additions: number;
  deletions: number;
  files: number;
}

export interface MessageInfo {
  id: string;
  sessionId: string;
  role: Role;
  parentId?: string;
  status: MessageStatus;
  agent?: string;
  model?: ModelRef;
  time: MessageTime;
  cost?: number;
  tokens?: Tokens;
  error?: MessageError;
}
export interface Message extends MessageInfo {
  parts: Part[];
}
export type Role = "user" | "assistant";
export type MessageStatus = "queued" | "sent" | "streaming" | "complete" | "error" | "aborted" | "interrupted";
export interface MessageTime {
  created: number;
  completed?: number;
}
export interface MessageError {
  kind: string;
  message: string;
}

export type Part = { id: string; cut?: boolean } & PartBody;
export type PartBody =
  | ({ type: "text" } & TextPart)
  | ({ type: "reasoning" } & ReasoningPart)
  | ({ type: "tool" } & ToolPart)
  | ({ type: "file" } & FilePart)
  | { type: "agent"; name: string }
  | { type: "subtask"; prompt: string; description: string; agent: string }
  | { type: "patch"; files: string[] }
  | { type: "stepStart" }
  | { type: "stepFinish"; cost: number; tokens: Tokens; reason: string }
  | { type: "retry"; attempt: number; error: MessageError }
  | { type: "compaction"; auto: boolean }
  | { type: "unknown"; raw: unknown };
export interface TextPart {
  text: string;
  synthetic?: boolean;
  partial?: boolean;
}
export interface ReasoningPart {
  text: string;
  partial?: boolean;
  time?: Span;
}
export interface ToolPart {
  callId: string;
  tool: string;
  kind: ToolKind;
  summary: string;
  status: ToolStatus;
  title?: string;
  input: unknown;
  output?: string;
  error?: string;
  diff?: FileDiff[];
  metadata?: Record<string, unknown>;
  time?: Span;
  childSessionId?: string;
}
export type ToolKind = "shell" | "edit" | "read" | "search" | "web" | "task" | "todo" | "question" | "other";
export type ToolStatus = "pending" | "running" | "completed" | "error" | "interrupted";
export interface FilePart {
  mime: string;
  filename?: string;
  url: string;
}
export interface Span {
  start: number;
  end?: number;
}
export interface FileDiff {
  path: string;
  status?: ChangeKind;
  additions: number;
  deletions: number;
  patch: string;
}
export type ChangeKind = "added" | "modified" | "deleted";

export interface Permission {
  id: string;
  sessionId: string;
  permission: string;
  patterns: string[];
  always: string[];
  metadata: Record<string, unknown>;
  tool?: ToolCall;
  title: string;
  alwaysTitle?: string;
  diff?: FileDiff[];
  path?: SessionRef[];
}
export interface SessionRef {
  id: string;
  title: string;
}
export interface ToolCall {
  messageId: string;
  callId: string;
}
export type PermissionReply = "once" | "always" | "reject";
export interface Question {
  id: string;
  sessionId: string;
  questions: QuestionItem[];
  tool?: ToolCall;
  path?: SessionRef[];
}
export interface QuestionItem {
  header: string;
  question: string;
  options: QuestionOption[];
  multiple: boolean;
  custom: boolean;
}
export interface QuestionOption {
  label: string;
  description: string;
}
export interface Todo {
  content: string;
  status: string;
  priority: string;
}
export interface SessionSnapshot {
  session: Session;
  messages: Message[];
  permissions: Permission[];
  questions: Question[];
  todos: Todo[];
  revision: number;
  cursor?: string;
}
export interface LogEntry {
  time: number;
  source: "stdout" | "stderr" | "sidestream";
  text: string;
}
export interface EventRecord {
  time: number;
  size: number;
  type: string;
  outcome: "applied" | "skipped" | "unknown" | "malformed";
  data: string;
}

export interface Catalog {
  agents: Agent[];
  models: Model[];
  commands: Command[];
  skills: Skill[];
  mcp: Service[];
  lsp: Service[];
  defaults: Defaults;
  unsupported: string[];
}
export interface Agent {
  name: string;
  description?: string;
  mode: "primary" | "subagent" | "all";
  model?: ModelRef;
  color?: string;
}
export interface Model {
  providerId: string;
  providerName: string;
  modelId: string;
  name: string;
  limit?: { context: number; output: number };
  cost?: { input: number; output: number };
  reasoning: boolean;
  attachments: boolean;
  variants: string[];
  rank: "favourite" | "recent" | "other";
}
export interface Command {
  name: string;
  description?: string;
  agent?: string;
}
export interface Skill {
  name: string;
  description?: string;
}
export interface Service {
  name: string;
  status: string;
  error?: string;
}
export interface Defaults {
  agent?: string;
  model?: ModelRef;
}
export interface FileContent {
  path: string;
  encoding: "text" | "base64";
  content: string;
  mime?: string;
}
export interface FileStatus {
  path: string;
  status: ChangeKind;
  additions: number;
  deletions: number;
}
export interface Symbol {
  name: string;
  kind: number;
  path: string;
  range: LineRange;
}
export interface LineRange {
  start: number;
  end: number;
}

export type PromptPart =
  | { type: "text"; text: string }
  | { type: "file"; path: string; range?: LineRange }
  | { type: "image"; mime: string; data: string }
  | { type: "agent"; name: string }
  | { type: "attachment"; mime: string; data: string; filename?: string }
  | { type: "selection"; path: string; range: LineRange; text: string };
export type PromptState = "sent" | "queued";
export type Archived = "without" | "with" | "only";
export type CutField = "text" | "output" | "input" | "diff" | "metadata" | "url" | "raw";

export interface ServerSettings {
  command?: string[];
  env?: Record<string, string>;
  url?: string;
  username?: string;
  password?: string;
  scope?: "auto" | "workspace" | "window" | "shared";
  startTimeoutMs?: number;
}
export interface Settings {
  server?: ServerSettings;
  reconnect?: { baseDelayMs?: number; maxDelayMs?: number; maxAttempts?: number; idleTimeoutMs?: number };
  history?: { pageSize?: number };
  autoOpen?: boolean;
}

export type Done = Record<string, never>;
interface OfInstance { instanceId: string }
interface OfSession extends OfInstance { sessionId: string }

/** Method to parameters and result. */
export interface Requests {
  "sidestream/instance/list": { params: Record<string, never>; result: { instances: Instance[] } };
  "sidestream/instance/open": { params: { directory: string; server?: ServerSettings }; result: Instance };
  "sidestream/instance/close": { params: OfInstance; result: Done };
  "sidestream/instance/restart": { params: OfInstance; result: Done };
  "sidestream/instance/reconnect": { params: OfInstance; result: Done };
  "sidestream/instance/logs": { params: OfInstance & { limit?: number }; result: { entries: LogEntry[] } };
  "sidestream/instance/events": { params: OfInstance & { limit?: number }; result: { events: EventRecord[] } };
  "sidestream/session/list": {
    params: OfInstance & { search?: string; limit?: number; cursor?: string; roots?: boolean; archived?: Archived };
    result: { sessions: Session[]; cursor?: string };
  };
  "sidestream/session/create": {
    params: OfInstance & { title?: string; parentId?: string; agent?: string; model?: ModelRef };
    result: Session;
  };
  "sidestream/session/open": { params: OfSession & { limit?: number }; result: SessionSnapshot };
  "sidestream/session/history": {
    params: OfSession & { cursor: string; limit?: number };
    result: { messages: Message[]; cursor?: string };
  };
  "sidestream/session/close": { params: OfSession; result: Done };
  "sidestream/session/rename": { params: OfSession & { title: string }; result: Done };
  "sidestream/session/delete": { params: OfSession; result: Done };
  "sidestream/session/archive": { params: OfSession; result: Session };
  "sidestream/session/unarchive": { params: OfSession; result: Session };
  "sidestream/session/fork": { params: OfSession & { messageId?: string }; result: Session };
  "sidestream/session/share": { params: OfSession; result: Session };
  "sidestream/session/unshare": { params: OfSession; result: Session };
  "sidestream/session/children": { params: OfSession; result: { children: SessionTree[] } };
  "sidestream/session/diff": { params: OfSession & { messageId?: string }; result: { files: FileDiff[] } };
  "sidestream/session/revert": {
    params: OfSession & { messageId: string; partId?: string };
    result: { session: Session; files: FileDiff[] };
  };
  "sidestream/session/unrevert": { params: OfSession; result: { session: Session; files: FileDiff[] } };
  "sidestream/session/compact": { params: OfSession & { model?: ModelRef }; result: Done };
  "sidestream/session/export": { params: OfSession; result: { filename: string; markdown: string } };
  "sidestream/session/setPermissionMode": { params: OfSession & { mode: PermissionMode }; result: Session };
  "sidestream/session/send": {
    params: OfSession & { text: string; parts?: PromptPart[]; agent?: string; model?: ModelRef; variant?: string };
    result: { messageId?: string; state: PromptState };
  };
  "sidestream/session/prompt": {
    params: OfSession & { parts: PromptPart[]; agent?: string; model?: ModelRef; variant?: string };
    result: { messageId: string; state: PromptState };
  };
  "sidestream/session/cancelQueued": { params: OfSession & { messageId: string }; result: Done };
  "sidestream/session/command": {
    params: OfSession & { command: string; arguments: string; agent?: string; model?: ModelRef };
    result: { messageId?: string };
  };
  "sidestream/session/shell": { params: OfSession & { command: string }; result: { messageId?: string } };
  "sidestream/session/abort": { params: OfSession; result: Done };
  "sidestream/permission/list": { params: OfInstance; result: { permissions: Permission[] } };
  "sidestream/permission/reply": {
    params: OfInstance & { permissionId: string; reply: PermissionReply; message?: string };
    result: Done;
  };
  "sidestream/question/list": { params: OfInstance; result: { questions: Question[] } };
  "sidestream/question/reply": { params: OfInstance & { questionId: string; answers: string[][] }; result: Done };
  "sidestream/question/reject": { params: OfInstance & { questionId: string }; result: Done };
  "sidestream/catalog": { params: OfInstance; result: Catalog };
  "sidestream/file/find": { params: OfInstance & { query: string; limit?: number }; result: { files: string[] } };
  "sidestream/file/content": { params: OfInstance & { path: string }; result: FileContent };
  "sidestream/file/status": { params: OfInstance; result: { files: FileStatus[] } };
  "sidestream/symbol/find": { params: OfInstance & { query: string }; result: { symbols: Symbol[] } };
  "sidestream/vcs/diff": { params: OfInstance; result: { branch?: string; files: FileDiff[] } };
  "sidestream/part/content": {
    params: OfSession & { messageId: string; partId: string; field: CutField };
    result: { field: CutField; content: unknown };
  };
}

interface OfContent extends OfSession { revision: number }

/** Method to parameters. */
export interface Notifications {
  "sidestream/instance/didChange": OfInstance & { instance: Instance };
  "sidestream/instance/didClose": OfInstance;
  "sidestream/instance/didLog": OfInstance & { entry: LogEntry };
  "sidestream/session/didChange": OfInstance & { session: Session };
  "sidestream/session/didRemove": OfSession;
  "sidestream/session/didReset": OfContent & { snapshot: SessionSnapshot };
  "sidestream/message/didChange": OfContent & { message: MessageInfo };
  "sidestream/message/didRemove": OfContent & { messageId: string };
  "sidestream/part/didChange": OfContent & { messageId: string; part: Part };
  "sidestream/part/didAppend": OfContent & { messageId: string; partId: string; field: "text" | "output"; text: string };
  "sidestream/part/didRemove": OfContent & { messageId: string; partId: string };
  "sidestream/todo/didChange": OfContent & { todos: Todo[] };
  "sidestream/permission/didAsk": OfInstance & { permission: Permission };
  "sidestream/permission/didResolve": OfInstance & { permissionId: string; reply?: PermissionReply };
  "sidestream/question/didAsk": OfInstance & { question: Question };
  "sidestream/question/didResolve": OfInstance & { questionId: string };
  "sidestream/catalog/didChange": OfInstance & { catalog: Catalog };
  "sidestream/prompt/didAdd": OfInstance & { parts: PromptPart[] };
  "sidestream/file/didChange": OfInstance & { path: string };
}
