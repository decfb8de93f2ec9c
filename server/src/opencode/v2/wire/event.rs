//! The shapes of OpenCode 2.x's events (v2 contract, §3).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{
    CompactionReason, Error, Form, InboxItem, Location, Model, Rule, ShellOutput, ShellStatus,
    ToolContent,
};
use crate::protocol::{
    CallId, MessageId, PermissionId, PermissionReply, QuestionId, SessionId, Tokens,
};

/// Every event's outer shape (§2.1).
#[derive(Deserialize)]
pub struct Envelope<'a> {
    #[serde(borrow, default)]
    pub id: Cow<'a, str>,
    #[serde(default)]
    pub created: u64,
    #[serde(borrow, rename = "type")]
    pub event_type: Cow<'a, str>,
    /// Absent in some families: those are routed by their session.
    pub location: Option<Location>,
    /// Absent in those that live for the moment only.
    pub durable: Option<Durable>,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

/// Where an event stands among all of its session (§2.1).
#[derive(Deserialize)]
pub struct Durable {
    pub seq: u64,
}

/// What is common to the events of sessions.
#[derive(Deserialize)]
pub struct OfSession {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
}

#[derive(Deserialize)]
pub struct SessionCreated {
    #[serde(rename = "sessionID")]
    pub session_id: SessionId,
    #[serde(rename = "parentID")]
    pub parent_id: Option<SessionId>,
    pub title: Option<String>,
    pub agent: Option<String>,
    pub model: Option<Model>,
    #[serde(default)]
    pub permissions: Vec<Rule>,
}

#[derive(Deserialize)]
pub struct Enqueued {
    #[serde(rename = "inboxID")]
    pub inbox_id: MessageId,
    pub item: InboxItem,
}

#[derive(Deserialize)]
pub struct OfInbox {
    #[serde(rename = "inboxID")]
    pub inbox_id: MessageId,
}

#[derive(Deserialize)]
pub struct StepStarted {
    #[serde(rename = "assistantMessageID")]
    pub message_id: MessageId,
    pub agent: Option<String>,
    pub model: Option<Model>,
    #[serde(default)]
    pub started: u64,
}

#[derive(Deserialize)]
pub struct StepEnded {
    #[serde(rename = "assistantMessageID")]
    pub message_id: MessageId,
    pub finish: Option<String>,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    #[serde(default)]
    pub files: Vec<String>,
    pub error: Option<Error>,
}

#[derive(Deserialize)]
pub struct Retry {
    #[serde(default)]
    pub attempt: u32,
    #[serde(default)]
    pub at: u64,
    pub error: Option<Error>,
}

/// Text or reasoning: begun, grown or ended.
#[derive(Deserialize)]
pub struct Fragment {
    #[serde(rename = "assistantMessageID")]
    pub message_id: MessageId,
    #[serde(default)]
    pub ordinal: u32,
    #[serde(default)]
    pub delta: String,
    #[serde(default)]
    pub text: String,
}

/// A tool's call in any of its states.
#[derive(Deserialize)]
pub struct ToolEvent {
    #[serde(rename = "assistantMessageID")]
    pub message_id: MessageId,
    pub id: CallId,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub input: Value,
    pub metadata: Option<Map<String, Value>>,
    #[serde(default)]
    pub content: Vec<ToolContent>,
    pub error: Option<Error>,
}

#[derive(Deserialize)]
pub struct Failed {
    pub error: Option<Error>,
}

#[derive(Deserialize)]
pub struct CompactionEvent {
    #[serde(default)]
    pub reason: CompactionReason,
    #[serde(rename = "inputID")]
    pub input_id: Option<MessageId>,
    pub model: Option<Model>,
    #[serde(default)]
    pub text: String,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub error: Option<Error>,
}

#[derive(Deserialize)]
pub struct ShellEvent {
    pub shell: Shell,
    pub output: Option<ShellOutput>,
}

#[derive(Deserialize)]
pub struct Shell {
    pub id: String,
    #[serde(default)]
    pub command: String,
    #[serde(default)]
    pub status: ShellStatus,
    #[serde(default)]
    pub exit: Value,
}

#[derive(Deserialize)]
pub struct Skill {
    #[serde(default)]
    pub name: String,
}

#[derive(Deserialize)]
pub struct Moved {
    pub location: Location,
}

#[derive(Deserialize)]
pub struct Replied {
    #[serde(rename = "requestID")]
    pub request_id: PermissionId,
    pub reply: Option<PermissionReply>,
}

#[derive(Deserialize)]
pub struct FormCreated {
    pub form: Form,
}

#[derive(Deserialize)]
pub struct FormClosed {
    pub id: QuestionId,
}
