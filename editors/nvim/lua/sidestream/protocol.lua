---@meta
-- Generated from server/src/protocol: `UPDATE=1 cargo test -p sidestream-tests --test protocol`.

---@class sidestream.InstanceListResult
---@field instances sidestream.Instance[]

---One workspace folder bound to an OpenCode server.
---@class sidestream.Instance
---@field attempt? integer Which try is under way or awaited, from 1; while reconnecting.
---@field busy integer Sessions with a run under way.
---@field directory string With symbolic links resolved.
---@field error? sidestream.Failure
---@field id string
---@field name string The folder's last path segment.
---@field retryAt? integer When the next try starts; while reconnecting.
---@field server? sidestream.ServerInfo
---@field state sidestream.InstanceState
---@field waiting integer Permissions and questions that wait for the user.

---@alias sidestream.InstanceState "starting"|"connecting"|"connected"|"reconnecting"|"disconnected"|"failed"|"stopped"

---What keeps an instance from working; a client shows the message and the hint.
---@class sidestream.Failure
---@field hint? string
---@field kind sidestream.ErrorKind
---@field message string

---@alias sidestream.ErrorKind "instanceNotFound"|"sessionNotFound"|"notConnected"|"unauthorized"|"busy"|"queueFull"|"badRequest"|"serverError"|"timeout"|"unsupported"|"serverNotFound"|"startFailed"

---@class sidestream.ServerInfo
---@field dialect sidestream.DialectName
---@field owned boolean We started it and shall stop it.
---@field pid? integer
---@field url string
---@field version? string As the server says it; absent where it does not (before 1.1, legacy).

---@alias sidestream.DialectName "v1"|"v2"|"legacy"

---Where the OpenCode server comes from: `url` attaches to one, otherwise one is started.
---@class sidestream.ServerSettings
---@field command? string[] The OpenCode program and arguments to put before `serve`; found by itself when empty.
---@field env? table<string, string> Set in the server's environment besides the editor's own.
---@field password? string
---@field scope? sidestream.Scope
---@field startTimeoutMs? integer
---@field url? string Attach to this server and never stop it.
---@field username? string

---How many folders share one server.
---@alias sidestream.Scope "auto"|"workspace"|"window"|"shared"

---`{}`: it was done, or was begun and is reported by notification.
---@class sidestream.Done

---@class sidestream.InstanceLogsResult
---@field entries sidestream.LogEntry[] Oldest first.

---One line of a server process's output, or of Sidestream's own about it.
---@class sidestream.LogEntry
---@field source sidestream.LogSource
---@field text string
---@field time integer

---@alias sidestream.LogSource "stdout"|"stderr"|"sidestream"

---@class sidestream.InstanceEventsResult
---@field events sidestream.EventRecord[] Oldest first.

---One raw event of the stream, for debugging.
---@class sidestream.EventRecord
---@field data string The data, cut after 2,048 bytes.
---@field outcome sidestream.EventOutcome
---@field size integer Bytes of the event's data.
---@field time integer
---@field type string OpenCode's event type; empty when it could not be read.

---@alias sidestream.EventOutcome "applied"|"skipped"|"unknown"|"malformed"

---Which sessions of the archive a list has.
---@alias sidestream.Archived "without"|"with"|"only"

---@class sidestream.SessionListResult
---@field cursor? string There are more.
---@field sessions sidestream.Session[] Newest first.

---@class sidestream.Session
---@field agent? string
---@field cost? number
---@field id string
---@field instanceId string
---@field model? sidestream.ModelRef
---@field parentId? string
---@field permissionMode sidestream.PermissionMode
---@field permissions integer Permissions that wait in this session or in one below it.
---@field questions integer Questions that wait in this session or in one below it.
---@field revert? sidestream.Revert
---@field shareUrl? string
---@field status sidestream.SessionStatus
---@field summary? sidestream.ChangeSummary
---@field time sidestream.SessionTime
---@field title string
---@field tokens? sidestream.Tokens
---@field usage? sidestream.Usage What it and its sub-agents' sessions have used.

---What may be done without asking. What the user's configuration denies stays denied in every mode.
---@alias sidestream.PermissionMode "default"|"ask"|"acceptEdits"|"allow"

---@class sidestream.ModelRef
---@field modelId string
---@field providerId string
---@field variant? string

---@class sidestream.SessionStatus
---@field attempt? integer
---@field message? string
---@field next? integer
---@field type "idle"|"submitted"|"busy"|"compacting"|"retry"|"error"

---@class sidestream.SessionTime
---@field archived? integer
---@field created integer
---@field updated integer

---@class sidestream.Tokens
---@field cache sidestream.CacheTokens
---@field input integer
---@field output integer
---@field reasoning integer

---@class sidestream.CacheTokens
---@field read integer
---@field write integer

---The point that a session was taken back to.
---@class sidestream.Revert
---@field messageId string
---@field partId? string

---Lines and files that a session changed.
---@class sidestream.ChangeSummary
---@field additions integer
---@field deletions integer
---@field files integer

---Costs and tokens of a session with all sessions below it, and how full its context is.
---@class sidestream.Usage
---@field context? sidestream.ContextUse Of this session alone; absent before the first answer.
---@field cost number
---@field tokens sidestream.Tokens

---How many tokens the last answer's context had, and how many the model takes.
---@class sidestream.ContextUse
---@field limit? integer
---@field used integer

---Everything a client needs to draw a session.
---@class sidestream.SessionSnapshot
---@field cursor? string For `session/history`, when there are older messages.
---@field messages sidestream.Message[] Oldest first; the newest page.
---@field permissions sidestream.Permission[]
---@field questions sidestream.Question[]
---@field revision integer The next content notification of this session carries this number plus 1.
---@field session sidestream.Session
---@field todos sidestream.Todo[]

---A message with its parts.
---@class sidestream.Message
---@field agent? string
---@field cost? number
---@field error? sidestream.MessageError
---@field id string
---@field model? sidestream.ModelRef
---@field parentId? string The user's message that an assistant's answers; several may share one.
---@field parts sidestream.Part[]
---@field role sidestream.Role
---@field sessionId string
---@field status sidestream.MessageStatus
---@field time sidestream.MessageTime
---@field tokens? sidestream.Tokens

---@alias sidestream.Role "user"|"assistant"

---@alias sidestream.MessageStatus "streaming"|"complete"|"error"|"queued"|"sent"|"aborted"|"interrupted"

---@class sidestream.MessageTime
---@field completed? integer
---@field created integer

---Why a message failed. `kind` is OpenCode's error name in camel case, as `apiError`.
---@class sidestream.MessageError
---@field kind string
---@field message string

---@class sidestream.Part
---@field agent? string
---@field attempt? integer
---@field auto? boolean
---@field callId? string The model's own id of a tool call.
---@field childSessionId? string The session of a sub-agent that this call started.
---@field cost? number
---@field cut? boolean A field was too large for a push; `part/content` has the whole of it.
---@field description? string
---@field diff? sidestream.FileDiff[]
---@field error? string|sidestream.MessageError
---@field filename? string
---@field files? string[] Absolute paths.
---@field id string
---@field input? any
---@field kind? sidestream.ToolKind
---@field metadata? table What else the tool says, by tool; without what other fields already hold.
---@field mime? string
---@field name? string
---@field output? string While running: all output so far.
---@field partial? boolean A piece in the middle was missed while disconnected; the closing update brings the whole.
---@field prompt? string
---@field raw? any
---@field reason? string
---@field status? sidestream.ToolStatus
---@field summary? string One line, ready to show, as `edit src/a.rs +12 -3`.
---@field synthetic? boolean Written by OpenCode for the model, as a file's content; clients hide it.
---@field text? string
---@field time? sidestream.Span
---@field title? string
---@field tokens? sidestream.Tokens
---@field tool? string OpenCode's name of the tool, as `bash`.
---@field type "text"|"reasoning"|"tool"|"file"|"agent"|"subtask"|"patch"|"stepStart"|"stepFinish"|"retry"|"compaction"|"unknown"
---@field url? string

---@class sidestream.TextPart
---@field partial? boolean A piece in the middle was missed while disconnected; the closing update brings the whole.
---@field synthetic? boolean Written by OpenCode for the model, as a file's content; clients hide it.
---@field text string

---@class sidestream.Span
---@field end? integer
---@field start integer

---@class sidestream.ReasoningPart
---@field partial? boolean As for text.
---@field text string
---@field time? sidestream.Span

---@alias sidestream.ToolKind "shell"|"edit"|"read"|"search"|"web"|"task"|"todo"|"question"|"other"

---@alias sidestream.ToolStatus "pending"|"running"|"completed"|"error"|"interrupted"

---A change of one file. `patch` is a unified diff.
---@class sidestream.FileDiff
---@field additions integer
---@field deletions integer
---@field patch string
---@field path string Relative to the instance's directory where it lies in it.
---@field status? sidestream.ChangeKind

---@alias sidestream.ChangeKind "added"|"modified"|"deleted"

---@class sidestream.ToolPart
---@field callId string The model's own id of a tool call.
---@field childSessionId? string The session of a sub-agent that this call started.
---@field diff? sidestream.FileDiff[]
---@field error? string
---@field input any
---@field kind sidestream.ToolKind
---@field metadata? table What else the tool says, by tool; without what other fields already hold.
---@field output? string While running: all output so far.
---@field status sidestream.ToolStatus
---@field summary string One line, ready to show, as `edit src/a.rs +12 -3`.
---@field time? sidestream.Span
---@field title? string
---@field tool string OpenCode's name of the tool, as `bash`.

---@class sidestream.FilePart
---@field filename? string
---@field mime string
---@field url string

---A tool waits until the user allows or rejects it.
---@class sidestream.Permission
---@field always string[] What the answer "always" would allow from then on.
---@field alwaysTitle? string What the answer "always" would mean, in one line; absent where it would mean nothing.
---@field diff? sidestream.FileDiff[]
---@field id string
---@field metadata table
---@field path? sidestream.SessionRef[] The sessions above, root first, when a sub-agent asks.
---@field patterns string[]
---@field permission string What is asked for, as `bash`, `edit`, `external_directory`.
---@field sessionId string
---@field title string One line, ready to show.
---@field tool? sidestream.ToolCall

---Which tool call asks.
---@class sidestream.ToolCall
---@field callId string The model's own id of a tool call.
---@field messageId string

---A session by its name.
---@class sidestream.SessionRef
---@field id string
---@field title string

---The model asks the user one or several things at once.
---@class sidestream.Question
---@field id string
---@field path? sidestream.SessionRef[] The sessions above, root first, when a sub-agent asks.
---@field questions sidestream.QuestionItem[]
---@field sessionId string
---@field tool? sidestream.ToolCall

---@class sidestream.QuestionItem
---@field custom boolean An answer of the user's own words is welcome.
---@field header string
---@field multiple boolean More than one option may be chosen.
---@field options sidestream.QuestionOption[]
---@field question string

---@class sidestream.QuestionOption
---@field description string
---@field label string

---@class sidestream.Todo
---@field content string
---@field priority string
---@field status string

---@class sidestream.SessionHistoryResult
---@field cursor? string
---@field messages sidestream.Message[] Oldest first.

---@class sidestream.SessionChildrenResult
---@field children sidestream.SessionTree[] Oldest first.

---A session with the sessions of its sub-agents.
---@class sidestream.SessionTree
---@field children sidestream.SessionTree[] Oldest first.
---@field session sidestream.Session

---How much of a session a difference is about.
---@alias sidestream.DiffExtent "turn"|"onwards"

---@class sidestream.SessionDiffResult
---@field files sidestream.FileDiff[] By path. Where several turns changed a file, `patch` has one diff after the other.

---@class sidestream.SessionRevertResult
---@field files sidestream.FileDiff[] The files that were changed on disk, with how they were changed.
---@field session sidestream.Session

---@class sidestream.SessionExportResult
---@field filename string A name for the file, made of the title.
---@field markdown string

---A piece of what the user sends.
---@class sidestream.PromptPart
---@field data? string Base64.
---@field filename? string
---@field items? sidestream.Diagnostic[]
---@field mime? string
---@field name? string
---@field path? string Absolute, or relative to the instance's directory.
---@field range? sidestream.LineRange
---@field text? string
---@field type "text"|"file"|"image"|"agent"|"attachment"|"selection"|"diagnostics"

---Lines from 1, both ends included.
---@class sidestream.LineRange
---@field end integer
---@field start integer

---@class sidestream.Diagnostic
---@field line integer From 1.
---@field message string
---@field severity sidestream.Severity
---@field source? string Who says so, as `rustc`.

---@alias sidestream.Severity "error"|"warning"|"information"|"hint"

---@class sidestream.SessionRunResult
---@field messageId? string The user's message.
---@field state sidestream.PromptState

---@alias sidestream.PromptState "sent"|"queued"

---@class sidestream.SessionPromptResult
---@field messageId string The user's message.
---@field state sidestream.PromptState

---@class sidestream.SessionListQueuedResult
---@field messages sidestream.Message[] Oldest first. One with the status `error` was refused by OpenCode; its text is kept until it is taken back.

---@class sidestream.PermissionListResult
---@field permissions sidestream.Permission[]

---@alias sidestream.PermissionReply "once"|"always"|"reject"

---@class sidestream.QuestionListResult
---@field questions sidestream.Question[]

---Small on purpose: only what can be used here and now, without the texts behind it.
---@class sidestream.Catalog
---@field agents sidestream.Agent[] Without those that OpenCode keeps to itself.
---@field commands sidestream.Command[]
---@field defaults sidestream.Defaults
---@field lsp sidestream.Service[]
---@field mcp sidestream.Service[]
---@field models sidestream.Model[] Favourites first, then those used lately, then all others by provider and name.
---@field skills sidestream.Skill[]
---@field unsupported string[] Methods that this server answers with `unsupported`; clients hide what needs them.

---@class sidestream.Agent
---@field color? string As `#rrggbb` or a colour's name.
---@field description? string
---@field mode sidestream.AgentMode
---@field model? sidestream.ModelRef In place of the default model.
---@field name string

---@alias sidestream.AgentMode "all"|"primary"|"subagent"

---@class sidestream.Model
---@field attachments boolean It can be shown images and other files.
---@field cost? sidestream.ModelCost
---@field limit? sidestream.ModelLimit
---@field modelId string
---@field name string
---@field providerId string
---@field providerName string
---@field rank sidestream.ModelRank
---@field reasoning boolean
---@field variants string[] As `low`, `high`: how hard it thinks.

---In tokens.
---@class sidestream.ModelLimit
---@field context integer
---@field output integer

---US dollars for a million tokens.
---@class sidestream.ModelCost
---@field input number
---@field output number

---Why a model stands where it stands.
---@alias sidestream.ModelRank "favourite"|"recent"|"other"

---@class sidestream.Command
---@field agent? string
---@field description? string
---@field name string Without the slash.

---@class sidestream.Skill
---@field description? string
---@field name string

---An MCP or language server that OpenCode runs.
---@class sidestream.Service
---@field error? string
---@field name string
---@field status string OpenCode's word, as `connected`, `failed`, `needs_auth`, `disabled`.

---What is used when nothing else is named.
---@class sidestream.Defaults
---@field agent? string
---@field model? sidestream.ModelRef

---@class sidestream.FileFindResult
---@field files string[] Relative to the instance's directory; a folder ends with a slash.

---A file's content.
---@class sidestream.FileContent
---@field content string
---@field encoding sidestream.Encoding
---@field mime? string
---@field path string Absolute.

---@alias sidestream.Encoding "text"|"base64"

---Whether a change is still to be made.
---@alias sidestream.ChangeStage "proposed"|"made"

---@class sidestream.FileCompareResult
---@field files sidestream.FileComparison[] As they were asked for.

---A file before and after a change. A file that was added has no text before, one that was deleted none after.
---@class sidestream.FileComparison
---@field after string
---@field before string
---@field complete boolean Both are whole texts. Otherwise the file is no longer what the diff was made of, and both hold only the places that the diff has.
---@field path string Absolute.
---@field places sidestream.ChangedPlace[]

---Lines that were changed together.
---@class sidestream.ChangedPlace
---@field line integer Where they are in the file as it is now, from 1.
---@field text string The first line that is new there, or the first one that is gone.

---@class sidestream.FileStatusResult
---@field files sidestream.FileStatus[]

---A file that differs from the last commit.
---@class sidestream.FileStatus
---@field additions integer
---@field deletions integer
---@field path string Relative to the instance's directory.
---@field status sidestream.ChangeKind

---@class sidestream.SymbolFindResult
---@field symbols sidestream.Symbol[]

---A named place in the code.
---@class sidestream.Symbol
---@field kind integer LSP's `SymbolKind`.
---@field name string
---@field path string Absolute.
---@field range sidestream.LineRange

---@class sidestream.VcsDiffResult
---@field branch? string
---@field files sidestream.FileDiff[]

---The fields of a part that are cut when they are large.
---@alias sidestream.CutField "text"|"output"|"input"|"diff"|"metadata"|"url"|"raw"

---@class sidestream.PartContent
---@field content any Text, or for `input`, `diff` and `metadata` what the part has there.
---@field field sidestream.CutField

---A message without its parts.
---@class sidestream.MessageInfo
---@field agent? string
---@field cost? number
---@field error? sidestream.MessageError
---@field id string
---@field model? sidestream.ModelRef
---@field parentId? string The user's message that an assistant's answers; several may share one.
---@field role sidestream.Role
---@field sessionId string
---@field status sidestream.MessageStatus
---@field time sidestream.MessageTime
---@field tokens? sidestream.Tokens

---The fields that grow by `part/didAppend`.
---@alias sidestream.Field "text"|"output"

---@class sidestream.Settings
---@field autoOpen? boolean Every workspace folder becomes an instance by itself.
---@field history? sidestream.HistorySettings
---@field reconnect? sidestream.ReconnectSettings
---@field server? sidestream.ServerSettings

---@class sidestream.ReconnectSettings
---@field baseDelayMs? integer The first wait; it doubles from try to try.
---@field idleTimeoutMs? integer Without a byte for this long, the stream counts as dead.
---@field maxAttempts? integer
---@field maxDelayMs? integer

---@class sidestream.HistorySettings
---@field pageSize? integer Messages that `session/open` and `session/history` answer when they name no limit.

return {}
