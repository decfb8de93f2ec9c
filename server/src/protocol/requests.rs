//! What a client may ask, method by method: parameters and results.

use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::settings::ServerSettings;
use super::{
    Catalog, ChangeStage, EventRecord, FileComparison, FileContent, FileDiff, FileStatus, Instance,
    InstanceId, LogEntry, Message, MessageId, ModelRef, PartId, Permission, PermissionId,
    PermissionMode, PermissionReply, Question, QuestionId, Session, SessionId, SessionSnapshot,
    SessionTree, Symbol,
};

/// A method's parameters know the method's name and what it answers.
pub trait Call: Serialize {
    const METHOD: &'static str;
    type Result: for<'de> Deserialize<'de>;
}

macro_rules! requests {
    (
        editor { $($editor_method:literal $editor:ident => $editor_result:ty;)* }
        instance { $($method:literal $name:ident => $result:ty;)* }
    ) => {
        /// A request, decoded.
        #[derive(Clone, Debug)]
        pub enum Request {
            $($editor($editor),)*
            /// One that concerns a single instance.
            Of(InstanceId, InstanceRequest),
        }

        #[derive(Clone, Debug)]
        pub enum InstanceRequest {
            $($name($name),)*
        }

        $(impl Call for $editor {
            const METHOD: &'static str = $editor_method;
            type Result = $editor_result;
        })*
        $(impl Call for $name {
            const METHOD: &'static str = $method;
            type Result = $result;
        })*

        impl Request {
            /// All methods, in the order of the documentation.
            pub const METHODS: &'static [&'static str] = &[$($editor_method,)* $($method,)*];

            /// `None` for a method that is not ours. An error names the field that is wrong.
            pub fn parse(method: &str, params: Option<Value>) -> Option<Result<Self, String>> {
                let params = params.unwrap_or_else(|| Value::Object(Map::new()));
                match method {
                    $($editor_method => Some(read(params).map(Self::$editor)),)*
                    $($method => Some(read(params).map(|params: $name| {
                        Self::Of(params.instance_id.clone(), InstanceRequest::$name(params))
                    })),)*
                    _ => None,
                }
            }

            /// Reads an answered request as its types and writes it again: what the types do not
            /// know is gone. For the tests of the documentation's examples.
            #[must_use]
            pub fn rewrite(
                method: &str,
                params: &Value,
                result: &Value,
            ) -> Option<serde_json::Result<(Value, Value)>> {
                match method {
                    $($editor_method => Some(rewrite::<$editor>(params, result)),)*
                    $($method => Some(rewrite::<$name>(params, result)),)*
                    _ => None,
                }
            }

            /// Per method: name, the schema of its parameters, the schema of its result.
            pub fn schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema, Schema)> {
                vec![
                    $(schemas_of::<$editor>(generator),)*
                    $(schemas_of::<$name>(generator),)*
                ]
            }
        }
    };
}

fn rewrite<C>(params: &Value, result: &Value) -> serde_json::Result<(Value, Value)>
where
    C: Call + for<'de> Deserialize<'de>,
    C::Result: Serialize,
{
    Ok((
        serde_json::to_value(C::deserialize(params)?)?,
        serde_json::to_value(C::Result::deserialize(result)?)?,
    ))
}

fn schemas_of<C>(generator: &mut SchemaGenerator) -> (&'static str, Schema, Schema)
where
    C: Call + JsonSchema,
    C::Result: JsonSchema,
{
    (
        C::METHOD,
        generator.subschema_for::<C>(),
        generator.subschema_for::<C::Result>(),
    )
}

fn read<T: for<'de> Deserialize<'de>>(params: Value) -> Result<T, String> {
    let wrong = wrong_id(&params);
    let read = serde_path_to_error::deserialize(params).map_err(|error| describe(&error));
    wrong.map_or(read, Err)
}

/// Ids become segments of OpenCode's paths: one that is none would ask for something else there.
fn wrong_id(params: &Value) -> Option<String> {
    let fields = params.as_object()?.iter();
    let mut ids = fields.filter(|(name, _)| name.ends_with("Id"));
    ids.find_map(|(name, id)| {
        let id = id.as_str()?;
        match id {
            "" => Some(format!("{name}: an id is never empty")),
            // An instance's id has a folder's name in it, and goes no further.
            _ if name == "instanceId" => None,
            "." | ".." => Some(format!("{name}: no id is \"{id}\"")),
            _ if id.contains(['/', '\\', '?', '#', '%']) => {
                Some(format!("{name}: no id is \"{id}\""))
            }
            _ => None,
        }
    })
}

fn describe(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    }
}

requests! {
    editor {
        "sidestream/instance/list" InstanceList => InstanceListResult;
        "sidestream/instance/open" InstanceOpen => Instance;
    }
    instance {
        "sidestream/instance/close" InstanceClose => Done;
        "sidestream/instance/restart" InstanceRestart => Done;
        "sidestream/instance/reconnect" InstanceReconnect => Done;
        "sidestream/instance/logs" InstanceLogs => InstanceLogsResult;
        "sidestream/instance/events" InstanceEvents => InstanceEventsResult;
        "sidestream/session/list" SessionList => SessionListResult;
        "sidestream/session/create" SessionCreate => Session;
        "sidestream/session/open" SessionOpen => SessionSnapshot;
        "sidestream/session/history" SessionHistory => SessionHistoryResult;
        "sidestream/session/close" SessionClose => Done;
        "sidestream/session/rename" SessionRename => Done;
        "sidestream/session/delete" SessionDelete => Done;
        "sidestream/session/archive" SessionArchive => Session;
        "sidestream/session/unarchive" SessionUnarchive => Session;
        "sidestream/session/fork" SessionFork => Session;
        "sidestream/session/share" SessionShare => Session;
        "sidestream/session/unshare" SessionUnshare => Session;
        "sidestream/session/children" SessionChildren => SessionChildrenResult;
        "sidestream/session/diff" SessionDiff => SessionDiffResult;
        "sidestream/session/revert" SessionRevert => SessionRevertResult;
        "sidestream/session/unrevert" SessionUnrevert => SessionRevertResult;
        "sidestream/session/compact" SessionCompact => Done;
        "sidestream/session/export" SessionExport => SessionExportResult;
        "sidestream/session/setPermissionMode" SessionSetPermissionMode => Session;
        "sidestream/session/send" SessionSend => SessionRunResult;
        "sidestream/session/prompt" SessionPrompt => SessionPromptResult;
        "sidestream/session/cancelQueued" SessionCancelQueued => Done;
        "sidestream/session/command" SessionCommand => SessionRunResult;
        "sidestream/session/shell" SessionShell => SessionRunResult;
        "sidestream/session/abort" SessionAbort => Done;
        "sidestream/permission/list" PermissionList => PermissionListResult;
        "sidestream/permission/reply" PermissionReplyTo => Done;
        "sidestream/question/list" QuestionList => QuestionListResult;
        "sidestream/question/reply" QuestionReply => Done;
        "sidestream/question/reject" QuestionReject => Done;
        "sidestream/catalog" CatalogRead => Catalog;
        "sidestream/file/find" FileFind => FileFindResult;
        "sidestream/file/content" FileContentRead => FileContent;
        "sidestream/file/compare" FileCompare => FileCompareResult;
        "sidestream/file/status" FileStatusRead => FileStatusResult;
        "sidestream/symbol/find" SymbolFind => SymbolFindResult;
        "sidestream/vcs/diff" VcsDiff => VcsDiffResult;
        "sidestream/part/content" PartContentRead => PartContent;
    }
}

/// `{}`: it was done, or was begun and is reported by notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {}

macro_rules! params {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[skip_serializing_none]
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }
    )*};
}

params! {
    /// All instances of this editor, in the order they were opened.
    InstanceList {}
    InstanceListResult {
        instances: Vec<Instance>,
    }
    /// Answers at once; the state follows by notification. An open folder's instance is returned as it is.
    InstanceOpen {
        directory: PathBuf,
        /// In place of the settings' `server`, for this instance.
        server: Option<ServerSettings>,
    }
    /// Closes the event stream, then stops the server if it is ours.
    InstanceClose {
        instance_id: InstanceId,
    }
    /// Stops the server, if it is ours, and starts it anew.
    InstanceRestart {
        instance_id: InstanceId,
    }
    /// Connects at once, whatever wait is under way.
    InstanceReconnect {
        instance_id: InstanceId,
    }
    /// The last lines of the server process, 1,000 at most.
    InstanceLogs {
        instance_id: InstanceId,
        limit: Option<usize>,
    }
    InstanceLogsResult {
        /// Oldest first.
        entries: Vec<LogEntry>,
    }
    /// The last raw events of the stream, 1,000 at most, for debugging.
    InstanceEvents {
        instance_id: InstanceId,
        limit: Option<usize>,
    }
    InstanceEventsResult {
        /// Oldest first.
        events: Vec<EventRecord>,
    }
    /// Sessions of the folder, newest first; 100 when no limit is named.
    SessionList {
        instance_id: InstanceId,
        /// Only titles with this text.
        search: Option<String>,
        limit: Option<usize>,
        /// From the answer before.
        cursor: Option<String>,
        /// Without sub-agents' sessions.
        roots: Option<bool>,
        /// Archived ones are left out when this is absent.
        archived: Option<Archived>,
    }
    SessionListResult {
        /// Newest first.
        sessions: Vec<Session>,
        /// There are more.
        cursor: Option<String>,
    }
    /// A new session. It is not open yet.
    SessionCreate {
        instance_id: InstanceId,
        title: Option<String>,
        parent_id: Option<SessionId>,
        agent: Option<String>,
        model: Option<ModelRef>,
    }
    /// From now on this session's content is pushed.
    SessionOpen {
        instance_id: InstanceId,
        session_id: SessionId,
        limit: Option<usize>,
    }
    /// Older messages than a page's cursor says.
    SessionHistory {
        instance_id: InstanceId,
        session_id: SessionId,
        cursor: String,
        limit: Option<usize>,
    }
    SessionHistoryResult {
        /// Oldest first.
        messages: Vec<Message>,
        cursor: Option<String>,
    }
    /// Stops the pushes of this session's content.
    SessionClose {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// Gives a session another title.
    SessionRename {
        instance_id: InstanceId,
        session_id: SessionId,
        title: String,
    }
    /// A run under way is aborted first.
    SessionDelete {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// Keeps a session out of lists that do not ask for archived ones.
    SessionArchive {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// Takes a session back from the archive.
    SessionUnarchive {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// A new session with the messages before the one named, or with all of them.
    SessionFork {
        instance_id: InstanceId,
        session_id: SessionId,
        message_id: Option<MessageId>,
    }
    /// Publishes a session; its `shareUrl` says where.
    SessionShare {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// Takes the published copy back.
    SessionUnshare {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// The sessions of sub-agents below this one, as a tree.
    SessionChildren {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    SessionChildrenResult {
        /// Oldest first.
        children: Vec<SessionTree>,
    }
    /// What a turn changed, or all turns of the session together.
    SessionDiff {
        instance_id: InstanceId,
        session_id: SessionId,
        /// A message of the turn, the user's or an answer.
        message_id: Option<MessageId>,
    }
    SessionDiffResult {
        /// By path. Where several turns changed a file, `patch` has one diff after the other.
        files: Vec<FileDiff>,
    }
    /// Takes the session and the files back to before a message. The messages from there on are
    /// gone from clients' sight until `session/unrevert`, and for good with the next prompt.
    SessionRevert {
        instance_id: InstanceId,
        session_id: SessionId,
        message_id: MessageId,
        part_id: Option<PartId>,
    }
    /// Undoes `session/revert`, as long as no prompt has followed it.
    SessionUnrevert {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    SessionRevertResult {
        session: Session,
        /// The files that were changed on disk, with how they were changed.
        files: Vec<FileDiff>,
    }
    /// Has the model summarise the session, so that its context gets smaller. Answers when that has
    /// begun; the session's status is `compacting` meanwhile.
    SessionCompact {
        instance_id: InstanceId,
        session_id: SessionId,
        /// In place of the session's own.
        model: Option<ModelRef>,
    }
    /// The whole session as Markdown.
    SessionExport {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    SessionExportResult {
        /// A name for the file, made of the title.
        filename: String,
        markdown: String,
    }
    /// What tools may do in this session without asking. It is kept by OpenCode, over restarts.
    SessionSetPermissionMode {
        instance_id: InstanceId,
        session_id: SessionId,
        mode: PermissionMode,
    }
    /// What a person typed: `/command arguments` runs a command, `!command` runs in the shell, and in
    /// any other text `@path`, `@path:10-20` and `@agent` become parts where such a thing is there.
    SessionSend {
        instance_id: InstanceId,
        session_id: SessionId,
        text: String,
        /// What is attached besides.
        parts: Option<Vec<PromptPart>>,
        agent: Option<String>,
        model: Option<ModelRef>,
        variant: Option<String>,
    }
    /// Runs one of the catalog's commands. Answers when its run has begun.
    SessionCommand {
        instance_id: InstanceId,
        session_id: SessionId,
        command: String,
        arguments: String,
        agent: Option<String>,
        model: Option<ModelRef>,
    }
    /// Runs a command of the user's own in the shell; its output streams in as a tool part.
    SessionShell {
        instance_id: InstanceId,
        session_id: SessionId,
        command: String,
    }
    SessionRunResult {
        /// The user's message.
        message_id: Option<MessageId>,
        state: PromptState,
    }
    /// Queued while not connected, and sent by itself later; never sent twice.
    SessionPrompt {
        instance_id: InstanceId,
        session_id: SessionId,
        parts: Vec<PromptPart>,
        agent: Option<String>,
        model: Option<ModelRef>,
        variant: Option<String>,
    }
    SessionPromptResult {
        /// The user's message.
        message_id: MessageId,
        state: PromptState,
    }
    /// Takes back a prompt that waits for a connection.
    SessionCancelQueued {
        instance_id: InstanceId,
        session_id: SessionId,
        message_id: MessageId,
    }
    /// Stops a session's run, and those of its children.
    SessionAbort {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// All permissions that wait in this instance, those of children included.
    PermissionList {
        instance_id: InstanceId,
    }
    PermissionListResult {
        permissions: Vec<Permission>,
    }
    /// Answers a permission. `always` counts for all sessions of the instance until its server ends.
    PermissionReplyTo {
        instance_id: InstanceId,
        permission_id: PermissionId,
        reply: PermissionReply,
        /// With `reject`: what to do instead; the model goes on with it.
        message: Option<String>,
    }
    /// All questions that wait in this instance, those of children included.
    QuestionList {
        instance_id: InstanceId,
    }
    QuestionListResult {
        questions: Vec<Question>,
    }
    /// Answers a question.
    QuestionReply {
        instance_id: InstanceId,
        question_id: QuestionId,
        /// One list per question: the labels chosen, or the user's own words.
        answers: Vec<Vec<String>>,
    }
    /// Dismisses a question; the run ends.
    QuestionReject {
        instance_id: InstanceId,
        question_id: QuestionId,
    }
    /// What the pickers show: agents, models, commands and more. Changes of it are pushed.
    CatalogRead {
        instance_id: InstanceId,
    }
    /// Files and folders of the instance's directory by a piece of their path, best first.
    FileFind {
        instance_id: InstanceId,
        query: String,
        /// 20 when absent.
        limit: Option<usize>,
    }
    FileFindResult {
        /// Relative to the instance's directory; a folder ends with a slash.
        files: Vec<String>,
    }
    /// A file of the instance's directory, as it is on the server's disk.
    FileContentRead {
        instance_id: InstanceId,
        /// Absolute, or relative to the instance's directory.
        path: PathBuf,
    }
    /// Files before and after a change, so that clients need not apply diffs. Needs no connection.
    FileCompare {
        instance_id: InstanceId,
        change: ChangeStage,
        /// As a permission, a tool part or `session/diff` has them.
        files: Vec<FileDiff>,
    }
    FileCompareResult {
        /// As they were asked for.
        files: Vec<FileComparison>,
    }
    /// The files that differ from the last commit.
    FileStatusRead {
        instance_id: InstanceId,
    }
    FileStatusResult {
        files: Vec<FileStatus>,
    }
    /// Symbols by name, from the language servers that OpenCode runs; none where it runs none.
    SymbolFind {
        instance_id: InstanceId,
        query: String,
    }
    SymbolFindResult {
        symbols: Vec<Symbol>,
    }
    /// What differs from the last commit.
    VcsDiff {
        instance_id: InstanceId,
    }
    VcsDiffResult {
        branch: Option<String>,
        files: Vec<FileDiff>,
    }
    /// The whole of a field that was cut in a push.
    PartContentRead {
        instance_id: InstanceId,
        session_id: SessionId,
        message_id: MessageId,
        part_id: PartId,
        field: CutField,
    }
    PartContent {
        field: CutField,
        /// Text, or for `input`, `diff` and `metadata` what the part has there.
        content: Value,
    }
}

/// Which sessions of the archive a list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Archived {
    #[default]
    Without,
    With,
    Only,
}

impl Archived {
    /// Whether a list has a session that was archived then.
    #[must_use]
    pub fn takes(self, archived: Option<super::Millis>) -> bool {
        match self {
            Self::Without => archived.is_none(),
            Self::With => true,
            Self::Only => archived.is_some(),
        }
    }
}

/// The fields of a part that are cut when they are large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CutField {
    Text,
    Output,
    Input,
    Diff,
    Metadata,
    Url,
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PromptState {
    Sent,
    Queued,
}

/// A piece of what the user sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum PromptPart {
    Text {
        text: String,
    },
    File {
        /// Absolute, or relative to the instance's directory.
        path: PathBuf,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<LineRange>,
    },
    Image {
        mime: String,
        /// Base64.
        data: String,
    },
    Agent {
        name: String,
    },
    /// A file's content, from wherever it is.
    Attachment {
        mime: String,
        /// Base64.
        data: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A piece of a file as the editor has it, saved or not.
    Selection {
        /// Absolute, or relative to the instance's directory.
        path: PathBuf,
        range: LineRange,
        text: String,
    },
}

/// Lines from 1, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineRange {
    pub start: u32,
    pub end: u32,
}
