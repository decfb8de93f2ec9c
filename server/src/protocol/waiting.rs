//! What waits for the user: permissions and questions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::{CallId, FileDiff, MessageId, PermissionId, QuestionId, SessionId};

/// A tool waits until the user allows or rejects it.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    pub id: PermissionId,
    pub session_id: SessionId,
    /// What is asked for, as `bash`, `edit`, `external_directory`.
    pub permission: String,
    pub patterns: Vec<String>,
    /// What the answer "always" would allow from then on.
    pub always: Vec<String>,
    pub metadata: Map<String, Value>,
    pub tool: Option<ToolCall>,
    /// One line, ready to show.
    pub title: String,
    /// What the answer "always" would mean, in one line; absent where it would mean nothing.
    pub always_title: Option<String>,
    pub diff: Option<Vec<FileDiff>>,
    /// The sessions above, root first, when a sub-agent asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<SessionRef>,
}

/// A session by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRef {
    pub id: SessionId,
    pub title: String,
}

/// Which tool call asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    pub message_id: MessageId,
    pub call_id: CallId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionReply {
    Once,
    Always,
    Reject,
}

/// The model asks the user one or several things at once.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    pub id: QuestionId,
    pub session_id: SessionId,
    pub questions: Vec<QuestionItem>,
    pub tool: Option<ToolCall>,
    /// The sessions above, root first, when a sub-agent asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<SessionRef>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuestionItem {
    #[serde(default)]
    pub header: String,
    pub question: String,
    #[serde(default)]
    pub options: Vec<QuestionOption>,
    /// More than one option may be chosen.
    #[serde(default)]
    pub multiple: bool,
    /// An answer of the user's own words is welcome.
    #[serde(default = "yes")]
    pub custom: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuestionOption {
    pub label: String,
    #[serde(default)]
    pub description: String,
}
