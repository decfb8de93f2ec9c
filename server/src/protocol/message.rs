//! Messages, without and with the parts that they are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{MessageId, Millis, ModelRef, Part, SessionId, Tokens};

/// A message without its parts.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageInfo {
    pub id: MessageId,
    pub session_id: SessionId,
    pub role: Role,
    /// The user's message that an assistant's answers; several may share one.
    pub parent_id: Option<MessageId>,
    pub status: MessageStatus,
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
    pub time: MessageTime,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub error: Option<MessageError>,
}

/// A message with its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    #[serde(flatten)]
    pub info: MessageInfo,
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    User,
    Assistant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MessageStatus {
    /// The user's, and waits: in Sidestream for a connection, or in OpenCode for its turn.
    Queued,
    /// The user's, and OpenCode has it.
    Sent,
    Streaming,
    Complete,
    Error,
    /// The user stopped it.
    Aborted,
    /// The server died or lost it; it will never be completed.
    Interrupted,
}

#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageTime {
    pub created: Millis,
    pub completed: Option<Millis>,
}

/// Why a message failed. `kind` is OpenCode's error name in camel case, as `apiError`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageError {
    pub kind: String,
    pub message: String,
}

impl MessageError {
    /// The user's own stop, which is no error to show.
    #[must_use]
    pub fn is_abort(&self) -> bool {
        self.kind == "messageAbortedError"
    }
}
