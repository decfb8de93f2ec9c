// Generated from server/src/protocol: `UPDATE=1 cargo test -p sidestream-tests --test protocol`.

/** All instances of this editor, in the order they were opened. */
export type InstanceList = Record<string, never>;

export type InstanceListResult = { instances: Instance[] };

/** One workspace folder bound to an OpenCode server. */
export type Instance = {
  id: string,
  /** With symbolic links resolved. */
  directory: string,
  /** The folder's last path segment. */
  name: string,
  state: InstanceState,
  /** Which try is under way or awaited, from 1; while reconnecting. */
  attempt?: number,
  /** When the next try starts; while reconnecting. */
  retryAt?: number,
  error?: Failure,
  server?: ServerInfo,
  /** Sessions with a run under way. */
  busy: number,
  /** Permissions and questions that wait for the user. */
  waiting: number,
};

export type InstanceState =
  /** The OpenCode server is being found, installed or started. */
  | "starting"
  /** The server runs; its event stream and first snapshot are awaited. */
  | "connecting"
  /** Live. */
  | "connected"
  /** The connection or the server was lost; tries go on by themselves. */
  | "reconnecting"
  /** The tries are used up; the user, a request or a focused editor starts them again. */
  | "disconnected"
  /** It cannot work before something is changed; `error` says what. */
  | "failed"
  /** Closed. */
  | "stopped";

/** What keeps an instance from working; a client shows the message and the hint. */
export type Failure = { kind: ErrorKind, message: string, hint?: string };

export type ErrorKind =
  | "instanceNotFound" | "sessionNotFound" | "notConnected" | "unauthorized" | "busy" | "queueFull" | "badRequest" | "serverError" | "timeout" | "unsupported"
  /** There is no OpenCode binary. */
  | "serverNotFound"
  /** The server ended or said nothing; the message has the last lines of its output. */
  | "startFailed";

export type ServerInfo = {
  url: string,
  /** As the server says it; absent where it does not (before 1.1, legacy). */
  version?: string,
  pid?: number,
  /** We started it and shall stop it. */
  owned: boolean,
  dialect: DialectName,
};

export type DialectName = "v1" | "v2" | "legacy";

/** Answers at once; the state follows by notification. An open folder's instance is returned as it is. */
export type InstanceOpen = {
  directory: string,
  /** In place of the settings' `server`, for this instance. */
  server?: ServerSettings,
};

/** Where the OpenCode server comes from: `url` attaches to one, otherwise one is started. */
export type ServerSettings = {
  /** The OpenCode program and arguments to put before `serve`; found by itself when empty. */
  command?: string[],
  /** Set in the server's environment besides the editor's own. */
  env?: Record<string, string>,
  /** Attach to this server and never stop it. */
  url?: string,
  username?: string,
  password?: string,
  scope?: Scope,
  startTimeoutMs?: number,
};

/** How many folders share one server. */
export type Scope =
  /** As suits the server's version: `workspace` for OpenCode 1.x, `shared` for 2.x. */
  | "auto"
  /** A server per folder. */
  | "workspace"
  /** One server for all folders of this editor. */
  | "window"
  /** The user's background service (OpenCode 2.x): joined, started when there is none, never stopped. */
  | "shared";

/** Closes the event stream, then stops the server if it is ours. */
export type InstanceClose = { instanceId: string };

/** `{}`: it was done, or was begun and is reported by notification. */
export type Done = Record<string, never>;

/** Stops the server, if it is ours, and starts it anew. */
export type InstanceRestart = { instanceId: string };

/** Connects at once, whatever wait is under way. */
export type InstanceReconnect = { instanceId: string };

/** The last lines of the server process, 1,000 at most. */
export type InstanceLogs = { instanceId: string, limit?: number };

export type InstanceLogsResult = {
  /** Oldest first. */
  entries: LogEntry[],
};

/** One line of a server process's output, or of Sidestream's own about it. */
export type LogEntry = { time: number, source: LogSource, text: string };

export type LogSource = "stdout" | "stderr" | "sidestream";

/** The last raw events of the stream, 1,000 at most, for debugging. */
export type InstanceEvents = { instanceId: string, limit?: number };

export type InstanceEventsResult = {
  /** Oldest first. */
  events: EventRecord[],
};

/** One raw event of the stream, for debugging. */
export type EventRecord = {
  time: number,
  /** Bytes of the event's data. */
  size: number,
  /** OpenCode's event type; empty when it could not be read. */
  type: string,
  outcome: EventOutcome,
  /** The data, cut after 2,048 bytes. */
  data: string,
};

export type EventOutcome =
  /** Decoded and applied. */
  | "applied"
  /** Known, and of no use here: doubles, other folders, heartbeats. */
  | "skipped"
  /** A type that this version does not know. */
  | "unknown"
  /** A known type in an unknown shape. */
  | "malformed";

/** Sessions of the folder, newest first; 100 when no limit is named. */
export type SessionList = {
  instanceId: string,
  /** Only titles with this text. */
  search?: string,
  limit?: number,
  /** From the answer before. */
  cursor?: string,
  /** Without sub-agents' sessions. */
  roots?: boolean,
  /** Archived ones are left out when this is absent. */
  archived?: Archived,
};

/** Which sessions of the archive a list has. */
export type Archived = "without" | "with" | "only";

export type SessionListResult = {
  /** Newest first. */
  sessions: Session[],
  /** There are more. */
  cursor?: string,
};

export type Session = {
  id: string,
  instanceId: string,
  parentId?: string,
  title: string,
  permissionMode: PermissionMode,
  agent?: string,
  model?: ModelRef,
  status: SessionStatus,
  time: SessionTime,
  cost?: number,
  tokens?: Tokens,
  shareUrl?: string,
  revert?: Revert,
  summary?: ChangeSummary,
  /** What it and its sub-agents' sessions have used. */
  usage?: Usage,
  /** Permissions that wait in this session or in one below it. */
  permissions: number,
  /** Questions that wait in this session or in one below it. */
  questions: number,
};

/** What may be done without asking. What the user's configuration denies stays denied in every mode. */
export type PermissionMode =
  /** As the user's own OpenCode configuration says. */
  | "default"
  /** Everything that may change something asks first. */
  | "ask"
  /** Edits do not ask. */
  | "acceptEdits"
  /** Nothing asks. */
  | "allow";

export type ModelRef = { providerId: string, modelId: string, variant?: string };

export type SessionStatus =
  | { type: "idle" }
  /** A prompt was accepted; the run has not begun. */
  | { type: "submitted" }
  | { type: "busy" }
  | { type: "compacting" }
  /** The model's provider failed; OpenCode tries again at `next`. */
  | { type: "retry", attempt: number, message: string, next: number }
  /** The last run or prompt failed. */
  | { type: "error", message: string };

export type SessionTime = { created: number, updated: number, archived?: number };

export type Tokens = { input: number, output: number, reasoning: number, cache: CacheTokens };

export type CacheTokens = { read: number, write: number };

/** The point that a session was taken back to. */
export type Revert = { messageId: string, partId?: string };

/** Lines and files that a session changed. */
export type ChangeSummary = { additions: number, deletions: number, files: number };

/** Costs and tokens of a session with all sessions below it, and how full its context is. */
export type Usage = {
  cost: number,
  tokens: Tokens,
  /** Of this session alone; absent before the first answer. */
  context?: ContextUse,
};

/** How many tokens the last answer's context had, and how many the model takes. */
export type ContextUse = { used: number, limit?: number };

/** A new session. It is not open yet. */
export type SessionCreate = {
  instanceId: string,
  title?: string,
  parentId?: string,
  agent?: string,
  model?: ModelRef,
};

/** From now on this session's content is pushed. */
export type SessionOpen = { instanceId: string, sessionId: string, limit?: number };

/** Everything a client needs to draw a session. */
export type SessionSnapshot = {
  session: Session,
  /** Oldest first; the newest page. */
  messages: Message[],
  permissions: Permission[],
  questions: Question[],
  todos: Todo[],
  /** The next content notification of this session carries this number plus 1. */
  revision: number,
  /** For `session/history`, when there are older messages. */
  cursor?: string,
};

/** A message with its parts. */
export type Message = {
  id: string,
  sessionId: string,
  role: Role,
  /** The user's message that an assistant's answers; several may share one. */
  parentId?: string,
  status: MessageStatus,
  agent?: string,
  model?: ModelRef,
  time: MessageTime,
  cost?: number,
  tokens?: Tokens,
  error?: MessageError,
  parts: Part[],
};

export type Role = "user" | "assistant";

export type MessageStatus =
  | "streaming" | "complete" | "error"
  /** The user's, and waits: in Sidestream for a connection, or in OpenCode for its turn. */
  | "queued"
  /** The user's, and OpenCode has it. */
  | "sent"
  /** The user stopped it. */
  | "aborted"
  /** The server died or lost it; it will never be completed. */
  | "interrupted";

export type MessageTime = { created: number, completed?: number };

/** Why a message failed. `kind` is OpenCode's error name in camel case, as `apiError`. */
export type MessageError = { kind: string, message: string };

export type Part = {
  id: string,
  /** A field was too large for a push; `part/content` has the whole of it. */
  cut?: boolean,
} & (
  | { type: "text" } & TextPart
  | { type: "reasoning" } & ReasoningPart
  | { type: "tool" } & ToolPart
  | { type: "file" } & FilePart
  | { type: "agent", name: string }
  | { type: "subtask", prompt: string, description: string, agent: string }
  | {
    type: "patch",
    /** Absolute paths. */
    files: string[],
  }
  | { type: "stepStart" }
  | { type: "stepFinish", cost: number, tokens: Tokens, reason: string }
  | { type: "retry", attempt: number, error: MessageError }
  | { type: "compaction", auto: boolean }
  /** A type that this version does not know, as it came. */
  | { type: "unknown", raw: unknown }
);

export type TextPart = {
  text: string,
  /** Written by OpenCode for the model, as a file's content; clients hide it. */
  synthetic?: boolean,
  /** A piece in the middle was missed while disconnected; the closing update brings the whole. */
  partial?: boolean,
};

export type Span = { start: number, end?: number };

export type ReasoningPart = {
  text: string,
  /** As for text. */
  partial?: boolean,
  time?: Span,
};

export type ToolKind = "shell" | "edit" | "read" | "search" | "web" | "task" | "todo" | "question" | "other";

export type ToolStatus =
  | "pending" | "running" | "completed" | "error"
  /** The server died or lost the run; it will never be completed. */
  | "interrupted";

/** A change of one file. `patch` is a unified diff. */
export type FileDiff = {
  /** Relative to the instance's directory where it lies in it. */
  path: string,
  status?: ChangeKind,
  additions: number,
  deletions: number,
  patch: string,
};

export type ChangeKind = "added" | "modified" | "deleted";

export type ToolPart = {
  /** The model's own id of a tool call. */
  callId: string,
  /** OpenCode's name of the tool, as `bash`. */
  tool: string,
  kind: ToolKind,
  /** One line, ready to show, as `edit src/a.rs +12 -3`. */
  summary: string,
  status: ToolStatus,
  title?: string,
  input: unknown,
  /** While running: all output so far. */
  output?: string,
  error?: string,
  diff?: FileDiff[],
  /** What else the tool says, by tool; without what other fields already hold. */
  metadata?: Record<string, unknown>,
  time?: Span,
  /** The session of a sub-agent that this call started. */
  childSessionId?: string,
};

export type FilePart = { mime: string, filename?: string, url: string };

/** A tool waits until the user allows or rejects it. */
export type Permission = {
  id: string,
  sessionId: string,
  /** What is asked for, as `bash`, `edit`, `external_directory`. */
  permission: string,
  patterns: string[],
  /** What the answer "always" would allow from then on. */
  always: string[],
  metadata: Record<string, unknown>,
  tool?: ToolCall,
  /** One line, ready to show. */
  title: string,
  /** What the answer "always" would mean, in one line; absent where it would mean nothing. */
  alwaysTitle?: string,
  diff?: FileDiff[],
  /** The sessions above, root first, when a sub-agent asks. */
  path?: SessionRef[],
};

/** Which tool call asks. */
export type ToolCall = {
  messageId: string,
  /** The model's own id of a tool call. */
  callId: string,
};

/** A session by its name. */
export type SessionRef = { id: string, title: string };

/** The model asks the user one or several things at once. */
export type Question = {
  id: string,
  sessionId: string,
  questions: QuestionItem[],
  tool?: ToolCall,
  /** The sessions above, root first, when a sub-agent asks. */
  path?: SessionRef[],
};

export type QuestionItem = {
  header: string,
  question: string,
  options: QuestionOption[],
  /** More than one option may be chosen. */
  multiple: boolean,
  /** An answer of the user's own words is welcome. */
  custom: boolean,
};

export type QuestionOption = { label: string, description: string };

export type Todo = { content: string, status: string, priority: string };

/** Older messages than a page's cursor says. */
export type SessionHistory = { instanceId: string, sessionId: string, cursor: string, limit?: number };

export type SessionHistoryResult = {
  /** Oldest first. */
  messages: Message[],
  cursor?: string,
};

/** Stops the pushes of this session's content. */
export type SessionClose = { instanceId: string, sessionId: string };

/** Gives a session another title. */
export type SessionRename = { instanceId: string, sessionId: string, title: string };

/** A run under way is aborted first. */
export type SessionDelete = { instanceId: string, sessionId: string };

/** Keeps a session out of lists that do not ask for archived ones. */
export type SessionArchive = { instanceId: string, sessionId: string };

/** Takes a session back from the archive. */
export type SessionUnarchive = { instanceId: string, sessionId: string };

/** A new session with the messages before the one named, or with all of them. */
export type SessionFork = { instanceId: string, sessionId: string, messageId?: string };

/** Publishes a session; its `shareUrl` says where. */
export type SessionShare = { instanceId: string, sessionId: string };

/** Takes the published copy back. */
export type SessionUnshare = { instanceId: string, sessionId: string };

/** The sessions of sub-agents below this one, as a tree. */
export type SessionChildren = { instanceId: string, sessionId: string };

export type SessionChildrenResult = {
  /** Oldest first. */
  children: SessionTree[],
};

/** A session with the sessions of its sub-agents. */
export type SessionTree = {
  session: Session,
  /** Oldest first. */
  children: SessionTree[],
};

/** What a turn changed, or all turns of the session together. */
export type SessionDiff = {
  instanceId: string,
  sessionId: string,
  /** A message of the turn, the user's or an answer. */
  messageId?: string,
  /** `turn` when absent. */
  extent?: DiffExtent,
};

/** How much of a session a difference is about. */
export type DiffExtent =
  /** The turn of the message that is named. */
  | "turn"
  /** From that message on: what `session/revert` to it would undo on disk. */
  | "onwards";

export type SessionDiffResult = {
  /** By path. Where several turns changed a file, `patch` has one diff after the other. */
  files: FileDiff[],
};

/** Takes the session and the files back to before a message. The messages from there on are gone from clients' sight until `session/unrevert`, and for good with the next prompt. */
export type SessionRevert = { instanceId: string, sessionId: string, messageId: string, partId?: string };

export type SessionRevertResult = {
  session: Session,
  /** The files that were changed on disk, with how they were changed. */
  files: FileDiff[],
};

/** Undoes `session/revert`, as long as no prompt has followed it. */
export type SessionUnrevert = { instanceId: string, sessionId: string };

/** Has the model summarise the session, so that its context gets smaller. Answers when that has begun; the session's status is `compacting` meanwhile. */
export type SessionCompact = {
  instanceId: string,
  sessionId: string,
  /** In place of the session's own. */
  model?: ModelRef,
};

/** The whole session as Markdown. */
export type SessionExport = { instanceId: string, sessionId: string };

export type SessionExportResult = {
  /** A name for the file, made of the title. */
  filename: string,
  markdown: string,
};

/** What tools may do in this session without asking. It is kept by OpenCode, over restarts. */
export type SessionSetPermissionMode = { instanceId: string, sessionId: string, mode: PermissionMode };

/** What a person typed: `/command arguments` runs a command, `!command` runs in the shell, and in any other text `@path`, `@path:10-20` and `@agent` become parts where such a thing is there. */
export type SessionSend = {
  instanceId: string,
  sessionId: string,
  text: string,
  /** What is attached besides; a shell command takes none of it. */
  parts?: PromptPart[],
  agent?: string,
  model?: ModelRef,
  variant?: string,
};

/** A piece of what the user sends. */
export type PromptPart =
  | { type: "text", text: string }
  | {
    type: "file",
    /** Absolute, or relative to the instance's directory. */
    path: string,
    range?: LineRange,
  }
  | {
    type: "image",
    mime: string,
    /** Base64. */
    data: string,
  }
  | { type: "agent", name: string }
  /** A file's content, from wherever it is. */
  | {
    type: "attachment",
    mime: string,
    /** Base64. */
    data: string,
    filename?: string,
  }
  /** A piece of a file as the editor has it, saved or not. */
  | {
    type: "selection",
    /** Absolute, or relative to the instance's directory. */
    path: string,
    range: LineRange,
    text: string,
  }
  /** What the editor says is wrong in a file; the server puts it into words for the model. */
  | {
    type: "diagnostics",
    /** Absolute, or relative to the instance's directory. */
    path: string,
    items: Diagnostic[],
  };

/** Lines from 1, both ends included. */
export type LineRange = { start: number, end: number };

export type Diagnostic = {
  /** From 1. */
  line: number,
  severity: Severity,
  message: string,
  /** Who says so, as `rustc`. */
  source?: string,
};

export type Severity = "error" | "warning" | "information" | "hint";

export type SessionRunResult = {
  /** The user's message. */
  messageId?: string,
  state: PromptState,
};

export type PromptState = "sent" | "queued";

/** A prompt waits (`queued`) while there is no connection, and while its session runs; then it is sent by itself, never twice. Until then it is one of the session's messages and can be taken back. */
export type SessionPrompt = {
  instanceId: string,
  sessionId: string,
  parts: PromptPart[],
  agent?: string,
  model?: ModelRef,
  variant?: string,
};

export type SessionPromptResult = {
  /** The user's message. */
  messageId: string,
  state: PromptState,
};

/** The prompts that wait in a session. Answered without a connection, too. */
export type SessionListQueued = { instanceId: string, sessionId: string };

export type SessionListQueuedResult = {
  /** Oldest first. One with the status `error` was refused by OpenCode; its text is kept until it is taken back. */
  messages: Message[],
};

/** Takes back a prompt that waits. */
export type SessionCancelQueued = { instanceId: string, sessionId: string, messageId: string };

/** Runs one of the catalog's commands. Answers when its run has begun. */
export type SessionCommand = {
  instanceId: string,
  sessionId: string,
  command: string,
  arguments: string,
  /** What is attached besides. */
  parts?: PromptPart[],
  agent?: string,
  model?: ModelRef,
  variant?: string,
};

/** Runs a command of the user's own in the shell; its output streams in as a tool part. */
export type SessionShell = { instanceId: string, sessionId: string, command: string };

/** Stops a session's run, and those of its children. */
export type SessionAbort = { instanceId: string, sessionId: string };

/** All permissions that wait in this instance, those of children included. */
export type PermissionList = { instanceId: string };

export type PermissionListResult = { permissions: Permission[] };

/** Answers a permission. `always` counts for all sessions of the instance until its server ends. */
export type PermissionReplyTo = {
  instanceId: string,
  permissionId: string,
  reply: PermissionReply,
  /** With `reject`: what to do instead; the model goes on with it. */
  message?: string,
};

export type PermissionReply = "once" | "always" | "reject";

/** All questions that wait in this instance, those of children included. */
export type QuestionList = { instanceId: string };

export type QuestionListResult = { questions: Question[] };

/** Answers a question. */
export type QuestionReply = {
  instanceId: string,
  questionId: string,
  /** One list per question: the labels chosen, or the user's own words. */
  answers: string[][],
};

/** Dismisses a question; the run ends. */
export type QuestionReject = { instanceId: string, questionId: string };

/** What the pickers show: agents, models, commands and more. Changes of it are pushed. */
export type CatalogRead = { instanceId: string };

/** Small on purpose: only what can be used here and now, without the texts behind it. */
export type Catalog = {
  /** Without those that OpenCode keeps to itself. */
  agents: Agent[],
  /** Favourites first, then those used lately, then all others by provider and name. */
  models: Model[],
  commands: Command[],
  skills: Skill[],
  mcp: Service[],
  lsp: Service[],
  defaults: Defaults,
  /** Methods that this server answers with `unsupported`; clients hide what needs them. */
  unsupported: string[],
};

export type Agent = {
  name: string,
  description?: string,
  mode: AgentMode,
  /** In place of the default model. */
  model?: ModelRef,
  /** As `#rrggbb` or a colour's name. */
  color?: string,
};

export type AgentMode =
  | "all"
  /** The user talks to it. */
  | "primary"
  /** Other agents, or a mention, call it. */
  | "subagent";

export type Model = {
  providerId: string,
  providerName: string,
  modelId: string,
  name: string,
  limit?: ModelLimit,
  cost?: ModelCost,
  reasoning: boolean,
  /** It can be shown images and other files. */
  attachments: boolean,
  /** As `low`, `high`: how hard it thinks. */
  variants: string[],
  rank: ModelRank,
};

/** In tokens. */
export type ModelLimit = { context: number, output: number };

/** US dollars for a million tokens. */
export type ModelCost = { input: number, output: number };

/** Why a model stands where it stands. */
export type ModelRank = "favourite" | "recent" | "other";

export type Command = {
  /** Without the slash. */
  name: string,
  description?: string,
  agent?: string,
};

export type Skill = { name: string, description?: string };

/** An MCP or language server that OpenCode runs. */
export type Service = {
  name: string,
  /** OpenCode's word, as `connected`, `failed`, `needs_auth`, `disabled`. */
  status: string,
  error?: string,
};

/** What is used when nothing else is named. */
export type Defaults = { agent?: string, model?: ModelRef };

/** Files and folders of the instance's directory by a piece of their path, best first. */
export type FileFind = {
  instanceId: string,
  query: string,
  /** 20 when absent. */
  limit?: number,
};

export type FileFindResult = {
  /** Relative to the instance's directory; a folder ends with a slash. */
  files: string[],
};

/** A file of the instance's directory, as it is on the server's disk. */
export type FileContentRead = {
  instanceId: string,
  /** Absolute, or relative to the instance's directory. */
  path: string,
};

/** A file's content. */
export type FileContent = {
  /** Absolute. */
  path: string,
  encoding: Encoding,
  content: string,
  mime?: string,
};

export type Encoding = "text" | "base64";

/** Files before and after a change, so that clients need not apply diffs. Needs no connection. */
export type FileCompare = {
  instanceId: string,
  change: ChangeStage,
  /** As a permission, a tool part or `session/diff` has them. */
  files: FileDiff[],
};

/** Whether a change is still to be made. */
export type ChangeStage =
  /** The file is what it was before, as where a permission is asked for. */
  | "proposed"
  /** The file is what it was made, as after a turn. */
  | "made";

export type FileCompareResult = {
  /** As they were asked for. */
  files: FileComparison[],
};

/** A file before and after a change. A file that was added has no text before, one that was deleted none after. */
export type FileComparison = {
  /** Absolute. */
  path: string,
  before: string,
  after: string,
  /** Both are whole texts. Otherwise the file is no longer what the diff was made of, and both hold only the places that the diff has. */
  complete: boolean,
  /** The file begins with a byte order mark, which neither text has: who writes one back puts it before. */
  byteOrderMark?: boolean,
  places: ChangedPlace[],
};

/** Lines that were changed together. */
export type ChangedPlace = {
  /** Where they are in the file as it is now, from 1. */
  line: number,
  /** The first line that is new there, or the first one that is gone. */
  text: string,
};

/** The files that differ from the last commit. */
export type FileStatusRead = { instanceId: string };

export type FileStatusResult = { files: FileStatus[] };

/** A file that differs from the last commit. */
export type FileStatus = {
  /** Relative to the instance's directory. */
  path: string,
  status: ChangeKind,
  additions: number,
  deletions: number,
};

/** Symbols by name, from the language servers that OpenCode runs; none where it runs none. */
export type SymbolFind = { instanceId: string, query: string };

export type SymbolFindResult = { symbols: Symbol[] };

/** A named place in the code. */
export type Symbol = {
  name: string,
  /** LSP's `SymbolKind`. */
  kind: number,
  /** Absolute. */
  path: string,
  range: LineRange,
};

/** What differs from the last commit. */
export type VcsDiff = { instanceId: string };

export type VcsDiffResult = { branch?: string, files: FileDiff[] };

/** The whole of a field that was cut in a push. */
export type PartContentRead = {
  instanceId: string,
  sessionId: string,
  messageId: string,
  partId: string,
  field: CutField,
};

/** The fields of a part that are cut when they are large. */
export type CutField = "text" | "output" | "input" | "diff" | "metadata" | "url" | "raw";

export type PartContent = {
  field: CutField,
  /** Text, or for `input`, `diff` and `metadata` what the part has there. */
  content: unknown,
};

/** A message without its parts. */
export type MessageInfo = {
  id: string,
  sessionId: string,
  role: Role,
  /** The user's message that an assistant's answers; several may share one. */
  parentId?: string,
  status: MessageStatus,
  agent?: string,
  model?: ModelRef,
  time: MessageTime,
  cost?: number,
  tokens?: Tokens,
  error?: MessageError,
};

/** The fields that grow by `part/didAppend`. */
export type Field =
  /** Of a text or reasoning part. */
  | "text"
  /** Of a tool part. */
  | "output";

export type Settings = {
  server?: ServerSettings,
  reconnect?: ReconnectSettings,
  history?: HistorySettings,
  /** Every workspace folder becomes an instance by itself. */
  autoOpen?: boolean,
};

export type ReconnectSettings = {
  /** The first wait; it doubles from try to try. */
  baseDelayMs?: number,
  maxDelayMs?: number,
  maxAttempts?: number,
  /** Without a byte for this long, the stream counts as dead. */
  idleTimeoutMs?: number,
};

export type HistorySettings = {
  /** Messages that `session/open` and `session/history` answer when they name no limit. */
  pageSize?: number,
};

/** What is asked and answered, by method. */
export interface Requests {
  "sidestream/instance/list": { params: InstanceList; result: InstanceListResult };
  "sidestream/instance/open": { params: InstanceOpen; result: Instance };
  "sidestream/instance/close": { params: InstanceClose; result: Done };
  "sidestream/instance/restart": { params: InstanceRestart; result: Done };
  "sidestream/instance/reconnect": { params: InstanceReconnect; result: Done };
  "sidestream/instance/logs": { params: InstanceLogs; result: InstanceLogsResult };
  "sidestream/instance/events": { params: InstanceEvents; result: InstanceEventsResult };
  "sidestream/session/list": { params: SessionList; result: SessionListResult };
  "sidestream/session/create": { params: SessionCreate; result: Session };
  "sidestream/session/open": { params: SessionOpen; result: SessionSnapshot };
  "sidestream/session/history": { params: SessionHistory; result: SessionHistoryResult };
  "sidestream/session/close": { params: SessionClose; result: Done };
  "sidestream/session/rename": { params: SessionRename; result: Done };
  "sidestream/session/delete": { params: SessionDelete; result: Done };
  "sidestream/session/archive": { params: SessionArchive; result: Session };
  "sidestream/session/unarchive": { params: SessionUnarchive; result: Session };
  "sidestream/session/fork": { params: SessionFork; result: Session };
  "sidestream/session/share": { params: SessionShare; result: Session };
  "sidestream/session/unshare": { params: SessionUnshare; result: Session };
  "sidestream/session/children": { params: SessionChildren; result: SessionChildrenResult };
  "sidestream/session/diff": { params: SessionDiff; result: SessionDiffResult };
  "sidestream/session/revert": { params: SessionRevert; result: SessionRevertResult };
  "sidestream/session/unrevert": { params: SessionUnrevert; result: SessionRevertResult };
  "sidestream/session/compact": { params: SessionCompact; result: Done };
  "sidestream/session/export": { params: SessionExport; result: SessionExportResult };
  "sidestream/session/setPermissionMode": { params: SessionSetPermissionMode; result: Session };
  "sidestream/session/send": { params: SessionSend; result: SessionRunResult };
  "sidestream/session/prompt": { params: SessionPrompt; result: SessionPromptResult };
  "sidestream/session/listQueued": { params: SessionListQueued; result: SessionListQueuedResult };
  "sidestream/session/cancelQueued": { params: SessionCancelQueued; result: Done };
  "sidestream/session/command": { params: SessionCommand; result: SessionRunResult };
  "sidestream/session/shell": { params: SessionShell; result: SessionRunResult };
  "sidestream/session/abort": { params: SessionAbort; result: Done };
  "sidestream/permission/list": { params: PermissionList; result: PermissionListResult };
  "sidestream/permission/reply": { params: PermissionReplyTo; result: Done };
  "sidestream/question/list": { params: QuestionList; result: QuestionListResult };
  "sidestream/question/reply": { params: QuestionReply; result: Done };
  "sidestream/question/reject": { params: QuestionReject; result: Done };
  "sidestream/catalog": { params: CatalogRead; result: Catalog };
  "sidestream/file/find": { params: FileFind; result: FileFindResult };
  "sidestream/file/content": { params: FileContentRead; result: FileContent };
  "sidestream/file/compare": { params: FileCompare; result: FileCompareResult };
  "sidestream/file/status": { params: FileStatusRead; result: FileStatusResult };
  "sidestream/symbol/find": { params: SymbolFind; result: SymbolFindResult };
  "sidestream/vcs/diff": { params: VcsDiff; result: VcsDiffResult };
  "sidestream/part/content": { params: PartContentRead; result: PartContent };
}

/** What is told, by method. */
export interface Notifications {
  /** An instance came or changed. */
  "sidestream/instance/didChange": { instanceId: string, instance: Instance };
  /** An instance is gone; its sessions with it. */
  "sidestream/instance/didClose": { instanceId: string };
  /** The server process said something. */
  "sidestream/instance/didLog": { instanceId: string, entry: LogEntry };
  /** A session came or changed: title, status, costs, counts. */
  "sidestream/session/didChange": { instanceId: string, session: Session };
  /** A session was deleted, here or elsewhere. */
  "sidestream/session/didRemove": { instanceId: string, sessionId: string };
  /** So much changed that the whole is sent anew; it replaces everything told before. */
  "sidestream/session/didReset": { instanceId: string, sessionId: string, revision: number, snapshot: SessionSnapshot };
  /** A message came or changed. Its parts are told of separately, after it. */
  "sidestream/message/didChange": { instanceId: string, sessionId: string, revision: number, message: MessageInfo };
  /** A message is gone, and its parts with it. */
  "sidestream/message/didRemove": { instanceId: string, sessionId: string, revision: number, messageId: string };
  /** A part came or changed as a whole. A new one stands before the part named, or at the end of its message where none is named or known. */
  "sidestream/part/didChange": {
    instanceId: string,
    sessionId: string,
    revision: number,
    messageId: string,
    part: Part,
    /** `prt_…`; made up by Sidestream where a server's parts have none (legacy dialect). */
    before?: string,
  };
  /** Text was added to the end of a part's field. */
  "sidestream/part/didAppend": {
    instanceId: string,
    sessionId: string,
    revision: number,
    messageId: string,
    partId: string,
    field: Field,
    text: string,
  };
  /** A part is gone. */
  "sidestream/part/didRemove": {
    instanceId: string,
    sessionId: string,
    revision: number,
    messageId: string,
    partId: string,
  };
  /** The model's list of things to do, whole. */
  "sidestream/todo/didChange": { instanceId: string, sessionId: string, revision: number, todos: Todo[] };
  /** A tool waits for the user. */
  "sidestream/permission/didAsk": { instanceId: string, permission: Permission };
  /** A permission was answered, here or elsewhere, or has lost its meaning (without `reply`). */
  "sidestream/permission/didResolve": { instanceId: string, permissionId: string, reply?: PermissionReply };
  /** The model asks the user. */
  "sidestream/question/didAsk": { instanceId: string, question: Question };
  /** A question was answered or dismissed, here or elsewhere, or has lost its meaning. */
  "sidestream/question/didResolve": { instanceId: string, questionId: string };
  /** What the pickers show is different now. */
  "sidestream/catalog/didChange": { instanceId: string, catalog: Catalog };
  /** Something is to be added to the prompt that the user is writing, as a code action asks. */
  "sidestream/prompt/didAdd": { instanceId: string, parts: PromptPart[] };
  /** A tool edited a file (absolute path); editors reload it. */
  "sidestream/file/didChange": { instanceId: string, path: string };
}
