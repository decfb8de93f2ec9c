//! All that knows OpenCode's wire: HTTP, event streams, and the dialects that turn both into one
//! set of events and snapshots.
//!
//! It knows no editor and keeps no state of sessions; a dialect is a translator.

pub mod attached;
pub mod detect;
pub mod diff;
pub mod each;
pub mod event;
pub mod http;
pub mod id;
pub mod legacy;
pub mod patch;
pub mod refusal;
pub mod rules;
pub mod sessions;
pub mod sse;
pub mod tool;
pub mod v1;
pub mod v2;
pub mod workspace;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::protocol::requests::{Archived, PromptPart};
use crate::protocol::{
    DialectName, Error, ErrorKind, MessageId, ModelRef, Permission, PermissionReply, Question,
    SessionId,
};
use event::{Content, Decoded, MessagePage, Overview, SessionInfo};
pub use sessions::Sessions;
pub use workspace::Workspace;

/// One family of OpenCode wire formats, bound to one server and one directory.
///
/// Everything that fails answers [`Error`]: `notConnected` and `timeout` mean that the server was
/// not reached or did not answer, any other kind is the server's own word.
#[async_trait]
pub trait Dialect: Sessions + Workspace {
    fn name(&self) -> DialectName;

    /// As the server says it.
    fn version(&self) -> Option<&str>;

    /// The protocol's methods that this server cannot do.
    fn unsupported(&self) -> &'static [&'static str];

    /// The request whose answer is the event stream.
    fn stream(&self) -> reqwest::RequestBuilder;

    /// The silence after which this server's stream counts as dead, given the user's setting.
    fn idle_timeout(&self, setting: Duration) -> Duration;

    /// How long after the stream's first event the server may still lose events, and whether the
    /// overview has to be read once more at the first heartbeat.
    fn start_gap(&self) -> Option<Duration>;

    /// How often to look whether what runs is silent, where no event of the server's is the time for
    /// it.
    fn pulse(&self) -> Option<Duration> {
        None
    }

    /// Translates the data of one event. Pure.
    fn decode(&self, data: &str) -> Decoded;

    /// What is known of all sessions: rows, run states, open permissions and questions.
    async fn overview(&self) -> Result<Overview, Error>;

    /// The newest `limit` messages of a session, and its todos.
    async fn content(&self, session: &SessionId, limit: usize) -> Result<Content, Error>;

    /// The `limit` messages before `cursor`.
    async fn history(
        &self,
        session: &SessionId,
        cursor: &str,
        limit: usize,
    ) -> Result<MessagePage, Error>;

    /// Newest first, at most `limit`.
    async fn sessions(&self, query: &SessionQuery) -> Result<Vec<SessionInfo>, Error>;

    async fn create_session(&self, new: &NewSession) -> Result<SessionInfo, Error>;
    async fn rename_session(&self, session: &SessionId, title: &str) -> Result<(), Error>;
    async fn delete_session(&self, session: &SessionId) -> Result<(), Error>;
    async fn abort(&self, session: &SessionId) -> Result<(), Error>;

    /// The session's row.
    async fn session(&self, session: &SessionId) -> Result<SessionInfo, Error>;

    /// Sends a prompt. Sending the same one again changes nothing, where the server allows that.
    async fn prompt(&self, prompt: &Prompt) -> Result<(), Error>;

    /// Who keeps a prompt that comes while its session runs.
    fn keeper_of_prompts(&self) -> Keeper {
        Keeper::Sidestream
    }

    /// What the server puts a session's messages in order by.
    fn order_of_messages(&self) -> Order {
        Order::Time
    }

    /// Takes back a prompt that the server has and that waits there for its turn.
    async fn cancel_prompt(&self, _session: &SessionId, _message: &MessageId) -> Result<(), Error> {
        Err(unsupported("take back a prompt that it has"))
    }

    /// Makes the server answer a message that it stored and forgot (v1 contract, rule 13).
    async fn nudge(&self, prompt: &Prompt) -> Result<(), Error>;

    async fn reply_permission(
        &self,
        permission: &Permission,
        reply: PermissionReply,
        message: Option<&str>,
    ) -> Result<(), Error>;
    async fn reply_question(
        &self,
        question: &Question,
        answers: &[Vec<String>],
    ) -> Result<(), Error>;
    async fn reject_question(&self, question: &Question) -> Result<(), Error>;

    /// How far each session's lasting events were heard on this connection, where the server counts them.
    fn marks(&self) -> Marks {
        Marks::default()
    }

    /// Whether nothing lasting has happened in a session since this mark. Not when in doubt.
    async fn stands_at(&self, _session: &SessionId, _mark: u64) -> bool {
        false
    }

    /// What a command has written from a place on, and where it goes on (v2).
    async fn output(&self, _source: &str, _from: u64) -> Result<(String, u64), Error> {
        Err(unsupported("show what a command writes"))
    }

    /// Lets the server drop what it holds for this directory.
    async fn dispose(&self) -> Result<(), Error>;
}

/// The numbers of the last lasting events of sessions.
pub type Marks = HashMap<SessionId, u64>;

/// Who keeps something until its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    Sidestream,
    Server,
}

/// What decides which of two messages is the later one, and so whether a prompt is answered already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Time,
    Id,
}

/// The server was not reached, or its answer did not come: what it would have said is not known.
#[must_use]
pub fn is_loss(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::NotConnected | ErrorKind::Timeout)
}

/// What this server cannot do, in words that go on "… cannot".
#[must_use]
pub fn unsupported(what: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("This OpenCode server cannot {what}."),
    )
    .hint("Another version of OpenCode may: the catalog says what this one cannot.")
}

/// Which sessions to list.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    pub search: Option<String>,
    pub limit: usize,
    /// Without sub-agents' sessions.
    pub roots: bool,
    pub archived: Archived,
}

#[derive(Clone, Debug, Default)]
pub struct NewSession {
    pub title: Option<String>,
    pub parent_id: Option<SessionId>,
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
}

/// A prompt with ids of its own, so that it can be sent again without being doubled.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub session_id: SessionId,
    pub message_id: MessageId,
    pub parts: Vec<(crate::protocol::PartId, PromptPart)>,
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
    pub variant: Option<String>,
}
