//! The shapes of OpenCode 2.x's answers, and in [`event`] those of its events, as tolerant as can be:
//! field names still move between its versions (v2 contract, §5), so only ids are required.

mod event;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::protocol::{
    CallId, ChangeKind, MessageId, ModelRef, PermissionId, QuestionId, SessionId, Tokens,
};

pub use event::*;

#[derive(Clone, Deserialize)]
pub struct Location {
    pub directory: String,
}

/// Who answers (§1.6).
#[derive(Deserialize)]
pub struct Info {
    pub version: String,
}

/// `{data}`, the shape of most answers.
#[derive(Deserialize)]
pub struct Data<T> {
    pub data: T,
}

/// `{data, cursor}`.
#[derive(Deserialize)]
pub struct Page<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub cursor: Cursor,
}

#[derive(Default, Deserialize)]
pub struct Cursor {
    pub next: Option<String>,
}

#[derive(Deserialize)]
pub struct Session {
    pub id: SessionId,
    #[serde(rename = "parentID")]
    pub parent_id: Option<SessionId>,
    pub title: Option<String>,
    pub agent: Option<String>,
    pub model: Option<Model>,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    #[serde(default)]
    pub time: SessionTime,
    #[serde(default)]
    pub permissions: Vec<Rule>,
    pub revert: Option<Revert>,
    pub location: Location,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SessionTime {
    pub created: u64,
    pub updated: u64,
    pub archived: Option<u64>,
}

#[derive(Clone, Deserialize)]
pub struct Model {
    pub id: String,
    #[serde(rename = "providerID")]
    pub provider_id: String,
    pub variant: Option<String>,
}

impl From<Model> for ModelRef {
    fn from(model: Model) -> Self {
        Self {
            provider_id: model.provider_id,
            model_id: model.id,
            // What a session says that has never been given one (§3.5).
            variant: model.variant.filter(|variant| variant != "default"),
        }
    }
}

/// As [`rules::Rule`](crate::opencode::rules::Rule), in other words.
#[derive(Deserialize)]
pub struct Rule {
    pub action: String,
    pub resource: String,
    pub effect: crate::opencode::rules::Action,
}

#[derive(Deserialize)]
pub struct Revert {
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
    #[serde(default)]
    pub files: Vec<FileDiff>,
}

#[derive(Deserialize)]
pub struct FileDiff {
    pub file: String,
    #[serde(default)]
    pub patch: String,
    #[serde(default)]
    pub additions: u64,
    #[serde(default)]
    pub deletions: u64,
    pub status: Option<ChangeKind>,
}

/// A message as REST has it (§3.7).
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Message {
    User(UserMessage),
    Assistant(Box<AssistantMessage>),
    Compaction(CompactionMessage),
    Shell(ShellMessage),
    Skill(SkillMessage),
    /// Markers of a run's end and of switches, and what OpenCode tells the model by itself.
    #[serde(other)]
    Hidden,
}

#[derive(Deserialize)]
pub struct UserMessage {
    pub id: MessageId,
    #[serde(default)]
    pub time: Time,
    #[serde(flatten)]
    pub payload: UserPayload,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct UserPayload {
    pub text: String,
    pub files: Vec<File>,
    pub agents: Vec<NamedAgent>,
}

#[derive(Deserialize)]
pub struct File {
    /// Base64.
    #[serde(default)]
    pub data: String,
    #[serde(default)]
    pub mime: String,
    #[serde(default)]
    pub source: FileSource,
    pub name: Option<String>,
}

#[derive(Default, Deserialize)]
pub struct FileSource {
    /// Absent for what was sent inline.
    pub uri: Option<String>,
}

#[derive(Deserialize)]
pub struct NamedAgent {
    pub name: String,
}

#[derive(Deserialize)]
pub struct AssistantMessage {
    pub id: MessageId,
    #[serde(default)]
    pub time: Time,
    pub agent: Option<String>,
    pub model: Option<Model>,
    #[serde(default)]
    pub content: Vec<Content>,
    pub snapshot: Option<Snapshot>,
    /// How its step ended.
    pub finish: Option<String>,
    /// The try that is awaited; of an answer that was cut off, it stays for ever (§3.3).
    pub retry: Option<Retry>,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub error: Option<Error>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    pub files: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Time {
    pub created: u64,
    pub ran: Option<u64>,
    pub completed: Option<u64>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Content {
    Text {
        #[serde(default)]
        text: String,
    },
    Reasoning {
        #[serde(default)]
        text: String,
        #[serde(default)]
        time: Option<Time>,
    },
    Tool(Box<Tool>),
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub struct Tool {
    pub id: CallId,
    #[serde(default)]
    pub name: String,
    pub state: ToolState,
    #[serde(default)]
    pub time: Time,
}

#[derive(Deserialize)]
pub struct ToolState {
    pub status: ToolStatus,
    /// Text while it is streamed, an object afterwards.
    #[serde(default)]
    pub input: Value,
    #[serde(default)]
    pub content: Vec<ToolContent>,
    pub metadata: Option<Map<String, Value>>,
    pub error: Option<Error>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolStatus {
    Streaming,
    Running,
    Completed,
    Error,
}

#[derive(Deserialize)]
pub struct ToolContent {
    /// Absent for files.
    pub text: Option<String>,
}

/// What failed, and how (§3.1).
#[derive(Clone, Deserialize)]
pub struct Error {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
pub struct CompactionMessage {
    pub id: MessageId,
    #[serde(default)]
    pub time: Time,
    pub status: CompactionStatus,
    #[serde(default)]
    pub reason: CompactionReason,
    pub model: Option<Model>,
    #[serde(default)]
    pub summary: String,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub error: Option<Error>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CompactionStatus {
    Running,
    Completed,
    Failed,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CompactionReason {
    Auto,
    #[default]
    Manual,
}

#[derive(Deserialize)]
pub struct ShellMessage {
    pub id: MessageId,
    #[serde(default)]
    pub time: Time,
    #[serde(rename = "shellID")]
    pub shell_id: String,
    #[serde(default)]
    pub command: String,
    #[serde(default)]
    pub status: ShellStatus,
    /// A number, or the name of one that JSON does not have.
    #[serde(default)]
    pub exit: Value,
    pub output: Option<ShellOutput>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShellStatus {
    Running,
    #[default]
    Exited,
    Timeout,
    Killed,
}

#[derive(Deserialize)]
pub struct ShellOutput {
    #[serde(default)]
    pub output: String,
    /// Where to read on.
    #[serde(default)]
    pub cursor: u64,
}

#[derive(Deserialize)]
pub struct SkillMessage {
    pub id: MessageId,
    #[serde(default)]
    pub time: Time,
    #[serde(default)]
    pub name: String,
}

/// What waits to be delivered to a session.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum InboxItem {
    User {
        payload: UserPayload,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub struct InboxRow {
    pub id: MessageId,
    #[serde(default)]
    pub time: Time,
    #[serde(flatten)]
    pub item: InboxItem,
}

#[derive(Deserialize)]
pub struct Permission {
    pub id: PermissionId,
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(default)]
    pub action: String,
    #[serde(default)]
    pub resources: Vec<String>,
    #[serde(default)]
    pub save: Vec<String>,
    #[serde(default)]
    pub metadata: Map<String, Value>,
    pub source: Option<Source>,
    pub message: Option<String>,
}

/// The call that asks.
#[derive(Deserialize)]
pub struct Source {
    #[serde(rename = "messageID")]
    pub message_id: Option<MessageId>,
    pub id: Option<CallId>,
}

#[derive(Deserialize)]
pub struct Form {
    pub id: QuestionId,
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub metadata: FormMetadata,
    #[serde(default)]
    pub fields: Vec<Field>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct FormMetadata {
    pub tool: Option<Source>,
}

#[derive(Deserialize)]
pub struct Field {
    pub key: String,
    pub title: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "type", default)]
    pub field_type: FieldType,
    #[serde(default)]
    pub options: Vec<FieldOption>,
    pub custom: Option<bool>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    #[default]
    String,
    Multiselect,
    Boolean,
    Number,
    Integer,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub struct FieldOption {
    pub value: String,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub description: String,
}
