//! What can be done with a session besides talking in it. A dialect that cannot do one of these
//! leaves it out, and clients are told so beforehand.

use async_trait::async_trait;

use super::event::{IncomingMessage, SessionInfo};
use super::unsupported;
use crate::protocol::requests::PromptPart;
use crate::protocol::{
    Error, FileDiff, MessageId, Millis, ModelRef, PermissionMode, Revert, SessionId,
};

/// Errors are those of [`Dialect`](super::Dialect), and `unsupported`.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Puts a session into the archive, or takes it out (`None`).
    async fn archive(
        &self,
        _session: &SessionId,
        _at: Option<Millis>,
    ) -> Result<SessionInfo, Error> {
        Err(unsupported("archive sessions"))
    }

    /// A new session with the messages before the one named, or with all.
    async fn fork(
        &self,
        _session: &SessionId,
        _before: Option<&MessageId>,
    ) -> Result<SessionInfo, Error> {
        Err(unsupported("fork sessions"))
    }

    async fn share(&self, _session: &SessionId) -> Result<SessionInfo, Error> {
        Err(unsupported("share sessions"))
    }

    async fn unshare(&self, _session: &SessionId) -> Result<SessionInfo, Error> {
        Err(unsupported("share sessions"))
    }

    /// One message with its parts.
    async fn message(
        &self,
        _session: &SessionId,
        _message: &MessageId,
    ) -> Result<IncomingMessage, Error> {
        Err(unsupported("show single messages"))
    }

    /// Those directly below it.
    async fn children(&self, _session: &SessionId) -> Result<Vec<SessionInfo>, Error> {
        Err(unsupported("list the sessions of sub-agents"))
    }

    /// What the turn of one of the user's messages changed.
    async fn diff(
        &self,
        _session: &SessionId,
        _message: &MessageId,
    ) -> Result<Vec<FileDiff>, Error> {
        Err(unsupported("tell what a turn changed"))
    }

    /// Takes session and files back to before a message.
    async fn revert(&self, _session: &SessionId, _to: &Revert) -> Result<SessionInfo, Error> {
        Err(unsupported("take a session back"))
    }

    async fn unrevert(&self, _session: &SessionId) -> Result<SessionInfo, Error> {
        Err(unsupported("take a session back"))
    }

    /// Answers when the compaction has ended.
    async fn compact(&self, _session: &SessionId, _model: &ModelRef) -> Result<(), Error> {
        Err(unsupported("compact sessions"))
    }

    /// Who names the message that a command becomes.
    fn run_ids(&self) -> Ids {
        Ids::Ours
    }

    /// Answers when the command's run has ended.
    async fn command(&self, _run: &CommandRun) -> Result<(), Error> {
        Err(unsupported("run commands"))
    }

    /// Answers when the command has ended.
    async fn shell(&self, _run: &ShellRun) -> Result<(), Error> {
        Err(unsupported("run the user's commands in a shell"))
    }

    /// What may be done in the session without asking, while it is this agent's.
    async fn set_permission_mode(
        &self,
        _session: &SessionId,
        _mode: PermissionMode,
        _agent: &str,
    ) -> Result<SessionInfo, Error> {
        Err(unsupported("have permission modes"))
    }
}

/// Whose the id of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    Ours,
    Servers,
}

/// One of the catalog's commands.
#[derive(Clone, Debug)]
pub struct CommandRun {
    pub session_id: SessionId,
    /// The user's message that it becomes.
    pub message_id: MessageId,
    pub command: String,
    pub arguments: String,
    /// What goes along.
    pub parts: Vec<PromptPart>,
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
    pub variant: Option<String>,
}

/// A command of the user's own.
#[derive(Clone, Debug)]
pub struct ShellRun {
    pub session_id: SessionId,
    /// The user's message that it becomes.
    pub message_id: MessageId,
    pub agent: String,
    pub command: String,
}
