//! Sessions: listed, opened, changed, taken back, exported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::protocol::{
    FileDiff, InstanceId, Message, MessageId, ModelRef, PartId, PermissionMode, Session, SessionId,
    SessionTree,
};

/// How much of a session a difference is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DiffExtent {
    /// The turn of the message that is named.
    #[default]
    Turn,
    /// From that message on: what `session/revert` to it would undo on disk.
    Onwards,
}

params! {
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
        /// `turn` when absent.
        extent: Option<DiffExtent>,
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
    pub fn takes(self, archived: Option<crate::protocol::Millis>) -> bool {
        match self {
            Self::Without => archived.is_none(),
            Self::With => true,
            Self::Only => archived.is_some(),
        }
    }
}
