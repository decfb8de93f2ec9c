//! Instances and sessions, as a client sees them.
//!
//! Times are milliseconds since the epoch, costs US dollars, directories absolute paths.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{Failure, InstanceId, Message, MessageId, Permission, Question, SessionId};

/// Milliseconds since the epoch.
pub type Millis = u64;

/// One workspace folder bound to an OpenCode server.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    pub id: InstanceId,
    /// With symbolic links resolved.
    pub directory: PathBuf,
    /// The folder's last path segment.
    pub name: String,
    pub state: InstanceState,
    /// Which try is under way or awaited, from 1; while reconnecting.
    pub attempt: Option<u32>,
    /// When the next try starts; while reconnecting.
    pub retry_at: Option<Millis>,
    pub error: Option<Failure>,
    pub server: Option<ServerInfo>,
    /// Sessions with a run under way.
    pub busy: usize,
    /// Permissions and questions that wait for the user.
    pub waiting: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InstanceState {
    /// The OpenCode server is being found, installed or started.
    Starting,
    /// The server runs; its event stream and first snapshot are awaited.
    Connecting,
    /// Live.
    Connected,
    /// The connection or the server was lost; tries go on by themselves.
    Reconnecting,
    /// The tries are used up; the user, a request or a focused editor starts them again.
    Disconnected,
    /// It cannot work before something is changed; `error` says what.
    Failed,
    /// Closed.
    Stopped,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerInfo {
    pub url: String,
    /// As the server says it; absent where it does not (before 1.1, legacy).
    pub version: Option<String>,
    pub pid: Option<u32>,
    /// We started it and shall stop it.
    pub owned: bool,
    pub dialect: DialectName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DialectName {
    V1,
    V2,
    Legacy,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    pub instance_id: InstanceId,
    pub parent_id: Option<SessionId>,
    pub title: String,
    pub permission_mode: PermissionMode,
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
    pub status: SessionStatus,
    pub time: SessionTime,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub share_url: Option<String>,
    pub revert: Option<Revert>,
    pub summary: Option<ChangeSummary>,
    /// What it and its sub-agents' sessions have used.
    pub usage: Option<Usage>,
    /// Permissions that wait in this session or in one below it.
    pub permissions: usize,
    /// Questions that wait in this session or in one below it.
    pub questions: usize,
}

/// A session with the sessions of its sub-agents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionTree {
    pub session: Session,
    /// Oldest first.
    pub children: Vec<SessionTree>,
}

/// Costs and tokens of a session with all sessions below it, and how full its context is.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    pub cost: f64,
    pub tokens: Tokens,
    /// Of this session alone; absent before the first answer.
    pub context: Option<ContextUse>,
}

/// How many tokens the last answer's context had, and how many the model takes.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextUse {
    pub used: u64,
    pub limit: Option<u64>,
}

/// What may be done without asking. What the user's configuration denies stays denied in every mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionMode {
    /// As the user's own OpenCode configuration says.
    #[default]
    Default,
    /// Everything that may change something asks first.
    Ask,
    /// Edits do not ask.
    AcceptEdits,
    /// Nothing asks.
    Allow,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum SessionStatus {
    Idle,
    /// A prompt was accepted; the run has not begun.
    Submitted,
    Busy,
    Compacting,
    /// The model's provider failed; OpenCode tries again at `next`.
    Retry {
        attempt: u32,
        message: String,
        next: Millis,
    },
    /// The last run or prompt failed.
    Error {
        message: String,
    },
}

impl SessionStatus {
    /// A run is under way or about to begin.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !matches!(self, Self::Idle | Self::Error { .. })
    }
}

#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionTime {
    pub created: Millis,
    pub updated: Millis,
    pub archived: Option<Millis>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelRef {
    pub provider_id: String,
    pub model_id: String,
    pub variant: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    pub reasoning: u64,
    pub cache: CacheTokens,
}

impl Tokens {
    /// All that was in the context or came out of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.input + self.output + self.reasoning + self.cache.read + self.cache.write
    }
}

impl std::ops::AddAssign<&Self> for Tokens {
    fn add_assign(&mut self, other: &Self) {
        self.input += other.input;
        self.output += other.output;
        self.reasoning += other.reasoning;
        self.cache.read += other.cache.read;
        self.cache.write += other.cache.write;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CacheTokens {
    pub read: u64,
    pub write: u64,
}

/// The point that a session was taken back to.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revert {
    pub message_id: MessageId,
    pub part_id: Option<super::PartId>,
}

/// Lines and files that a session changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ChangeSummary {
    pub additions: u64,
    pub deletions: u64,
    pub files: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Todo {
    #[serde(default)]
    pub content: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub priority: String,
}

/// Everything a client needs to draw a session.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionSnapshot {
    pub session: Session,
    /// Oldest first; the newest page.
    pub messages: Vec<Message>,
    pub permissions: Vec<Permission>,
    pub questions: Vec<Question>,
    pub todos: Vec<Todo>,
    /// The next content notification of this session carries this number plus 1.
    pub revision: u64,
    /// For `session/history`, when there are older messages.
    pub cursor: Option<String>,
}
