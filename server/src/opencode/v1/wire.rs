//! The shapes of OpenCode 1.x on the wire, as tolerant as can be: what is not needed may be missing,
//! and what is not known hides nothing else.
//!
//! Field names and traps: v1 contract, §4 and §5.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::opencode::each::Each;
use crate::opencode::rules::Rule;
use crate::protocol::{
    AgentMode, CallId, ChangeKind, ChangeSummary, MessageId, PartId, PermissionId, PermissionReply,
    QuestionId, QuestionItem, SessionId, Todo, Tokens, ToolStatus,
};

/// An event, bare as on `/event` or wrapped as on `/global/event`.
#[derive(Deserialize)]
pub struct Envelope<'a> {
    #[serde(borrow, default)]
    pub directory: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    pub payload: Option<Payload<'a>>,
    #[serde(borrow, default, rename = "type")]
    pub event_type: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    pub properties: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct Payload<'a> {
    #[serde(borrow, rename = "type")]
    pub event_type: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    pub properties: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct SessionEvent {
    pub info: Session,
}

#[derive(Deserialize)]
pub struct Session {
    pub id: SessionId,
    #[serde(default)]
    pub directory: String,
    #[serde(default, rename = "parentID")]
    pub parent_id: Option<SessionId>,
    #[serde(default)]
    pub title: String,
    pub agent: Option<String>,
    pub model: Option<SessionModel>,
    #[serde(default)]
    pub time: SessionTime,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub share: Option<Share>,
    pub revert: Option<Revert>,
    pub summary: Option<ChangeSummary>,
    #[serde(default)]
    pub permission: Each<Rule>,
}

#[derive(Deserialize)]
pub struct Agent {
    pub name: String,
    pub description: Option<String>,
    #[serde(default)]
    pub mode: AgentMode,
    #[serde(default)]
    pub hidden: bool,
    pub color: Option<String>,
    pub model: Option<MessageModel>,
    #[serde(default)]
    pub permission: Value,
}

#[derive(Deserialize)]
pub struct SessionModel {
    /// `id` on a session, unlike on messages.
    #[serde(alias = "modelID")]
    pub id: String,
    #[serde(rename = "providerID")]
    pub provider_id: String,
    pub variant: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SessionTime {
    pub created: u64,
    pub updated: u64,
    pub archived: Option<u64>,
    pub compacting: Option<u64>,
}

#[derive(Deserialize)]
pub struct Share {
    pub url: Option<String>,
}

#[derive(Deserialize)]
pub struct Revert {
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
    #[serde(rename = "partID")]
    pub part_id: Option<PartId>,
    /// What it changed on disk, as `git diff` says it.
    #[serde(default)]
    pub diff: String,
}

#[derive(Deserialize)]
pub struct MessageEvent {
    pub info: Message,
}

#[derive(Deserialize)]
pub struct MessageWithParts {
    pub info: Message,
    #[serde(default)]
    pub parts: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
pub struct Message {
    pub id: MessageId,
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    pub role: Role,
    #[serde(default)]
    pub time: MessageTime,
    #[serde(rename = "parentID")]
    pub parent_id: Option<MessageId>,
    pub agent: Option<String>,
    /// The user's messages have it nested, the assistant's flat.
    pub model: Option<MessageModel>,
    #[serde(rename = "modelID")]
    pub model_id: Option<String>,
    #[serde(rename = "providerID")]
    pub provider_id: Option<String>,
    pub variant: Option<String>,
    pub mode: Option<String>,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub error: Option<NamedError>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct MessageTime {
    pub created: u64,
    pub completed: Option<u64>,
}

#[derive(Deserialize)]
pub struct MessageModel {
    #[serde(rename = "providerID")]
    pub provider_id: String,
    #[serde(rename = "modelID")]
    pub model_id: String,
    pub variant: Option<String>,
}

#[derive(Deserialize)]
pub struct NamedError {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub data: ErrorData,
}

#[derive(Default, Deserialize)]
pub struct ErrorData {
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
pub struct PartEvent<'a> {
    #[serde(borrow)]
    pub part: &'a RawValue,
}

/// Every kind of part in one shape; which fields are there depends on `type`.
#[derive(Deserialize)]
pub struct Part {
    pub id: PartId,
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
    #[serde(rename = "type")]
    pub part_type: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub synthetic: bool,
    pub time: Option<PartTime>,
    #[serde(default)]
    pub tool: String,
    #[serde(rename = "callID")]
    pub call_id: Option<CallId>,
    pub state: Option<ToolState>,
    #[serde(default)]
    pub mime: String,
    pub filename: Option<String>,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub prompt: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub agent: String,
    #[serde(default)]
    pub files: Vec<String>,
    #[serde(default)]
    pub cost: f64,
    #[serde(default)]
    pub tokens: Tokens,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub attempt: u32,
    pub error: Option<NamedError>,
    #[serde(default)]
    pub auto: bool,
}

#[derive(Clone, Copy, Deserialize)]
pub struct PartTime {
    #[serde(default)]
    pub start: u64,
    pub end: Option<u64>,
}

#[derive(Deserialize)]
pub struct ToolState {
    pub status: ToolStatus,
    #[serde(default)]
    pub input: Value,
    pub output: Option<String>,
    pub title: Option<String>,
    #[serde(default)]
    pub metadata: Map<String, Value>,
    pub error: Option<String>,
    pub time: Option<PartTime>,
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

#[derive(Deserialize)]
pub struct DeltaEvent {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
    #[serde(rename = "partID")]
    pub part_id: PartId,
    pub field: String,
    pub delta: String,
}

#[derive(Deserialize)]
pub struct PartRemovedEvent {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
    #[serde(rename = "partID")]
    pub part_id: PartId,
}

#[derive(Deserialize)]
pub struct MessageRemovedEvent {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
}

#[derive(Deserialize)]
pub struct StatusEvent {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    pub status: Status,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Status {
    Idle,
    Busy,
    Retry {
        #[serde(default)]
        attempt: u32,
        #[serde(default)]
        message: String,
        #[serde(default)]
        next: u64,
    },
    /// A later version may do more than this one knows of; idle is what it is not.
    #[serde(other)]
    Unknown,
}

/// 1.0.x answers `[]` when all sessions are idle, later versions `{}`.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Statuses {
    Running(BTreeMap<String, Status>),
    None([Value; 0]),
}

#[derive(Deserialize)]
pub struct SessionOnly {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
}

#[derive(Deserialize)]
pub struct ErrorEvent {
    #[serde(rename = "sessionID")]
    pub session_id: Option<SessionId>,
    pub error: Option<NamedError>,
}

#[derive(Deserialize)]
pub struct TodoEvent {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(default)]
    pub todos: Each<Todo>,
}

#[derive(Deserialize)]
pub struct Permission {
    pub id: PermissionId,
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    pub permission: String,
    #[serde(default)]
    pub patterns: Vec<String>,
    #[serde(default)]
    pub metadata: Map<String, Value>,
    #[serde(default)]
    pub always: Vec<String>,
    pub tool: Option<ToolCall>,
}

/// `permission.updated` of 1.0.x.
#[derive(Deserialize)]
pub struct OldPermission {
    pub id: PermissionId,
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(rename = "type")]
    pub permission: String,
    #[serde(default)]
    pub pattern: OneOrMany,
    #[serde(default)]
    pub metadata: Map<String, Value>,
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
    #[serde(rename = "callID")]
    pub call_id: Option<CallId>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

#[derive(Deserialize)]
pub struct ToolCall {
    #[serde(rename = "messageID")]
    pub message_id: MessageId,
    #[serde(rename = "callID")]
    pub call_id: CallId,
}

#[derive(Deserialize)]
pub struct PermissionReplied {
    #[serde(rename = "requestID", alias = "permissionID")]
    pub request_id: PermissionId,
    #[serde(alias = "response")]
    pub reply: Option<PermissionReply>,
}

#[derive(Deserialize)]
pub struct Question {
    pub id: QuestionId,
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(default)]
    pub questions: Vec<QuestionItem>,
    pub tool: Option<ToolCall>,
}

#[derive(Deserialize)]
pub struct QuestionClosed {
    #[serde(rename = "requestID")]
    pub request_id: QuestionId,
}

#[derive(Deserialize)]
pub struct FileEdited {
    pub file: String,
}

#[derive(Deserialize)]
pub struct Disposed {
    #[serde(default)]
    pub directory: Option<String>,
}
