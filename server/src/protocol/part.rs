//! The parts that a message is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::{CallId, ChangeKind, MessageError, Millis, PartId, SessionId, Tokens};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    pub id: PartId,
    /// A field was too large for a push; `part/content` has the whole of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
    #[serde(flatten)]
    pub body: PartBody,
}

impl Part {
    /// A whole one.
    pub fn new(id: impl Into<PartId>, body: PartBody) -> Self {
        Self {
            id: id.into(),
            cut: false,
            body,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum PartBody {
    Text(TextPart),
    Reasoning(ReasoningPart),
    Tool(Box<ToolPart>),
    File(FilePart),
    Agent {
        name: String,
    },
    Subtask {
        prompt: String,
        description: String,
        agent: String,
    },
    Patch {
        /// Absolute paths.
        files: Vec<String>,
    },
    StepStart,
    StepFinish {
        cost: f64,
        tokens: Tokens,
        reason: String,
    },
    Retry {
        attempt: u32,
        error: MessageError,
    },
    Compaction {
        auto: bool,
    },
    /// A type that this version does not know, as it came.
    Unknown {
        raw: Value,
    },
}

#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextPart {
    pub text: String,
    /// Written by OpenCode for the model, as a file's content; clients hide it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub synthetic: bool,
    /// A piece in the middle was missed while disconnected; the closing update brings the whole.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
}

#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReasoningPart {
    pub text: String,
    /// As for text.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    pub time: Option<Span>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolPart {
    pub call_id: CallId,
    /// OpenCode's name of the tool, as `bash`.
    pub tool: String,
    pub kind: ToolKind,
    /// One line, ready to show, as `edit src/a.rs +12 -3`.
    pub summary: String,
    pub status: ToolStatus,
    pub title: Option<String>,
    pub input: Value,
    /// While running: all output so far.
    pub output: Option<String>,
    pub error: Option<String>,
    pub diff: Option<Vec<FileDiff>>,
    /// What else the tool says, by tool; without what other fields already hold.
    pub metadata: Option<Map<String, Value>>,
    pub time: Option<Span>,
    /// The session of a sub-agent that this call started.
    pub child_session_id: Option<SessionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ToolKind {
    Shell,
    Edit,
    Read,
    Search,
    Web,
    Task,
    Todo,
    Question,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ToolStatus {
    Pending,
    Running,
    Completed,
    Error,
    /// The server died or lost the run; it will never be completed.
    Interrupted,
}

impl ToolStatus {
    /// It still runs, or waits for the user.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilePart {
    pub mime: String,
    pub filename: Option<String>,
    pub url: String,
}

#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    pub start: Millis,
    pub end: Option<Millis>,
}

/// A change of one file. `patch` is a unified diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileDiff {
    /// Relative to the instance's directory where it lies in it.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ChangeKind>,
    pub additions: u64,
    pub deletions: u64,
    pub patch: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this shape"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}
