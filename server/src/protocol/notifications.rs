//! What the server tells without being asked.
//!
//! Those with a `revision` are content: they come for open sessions only, and a session's
//! revision grows by exactly 1 with each. A client that sees a gap opens the session again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::requests::PromptPart;
use super::{
    Catalog, Instance, InstanceId, LogEntry, MessageId, MessageInfo, Part, PartId, Permission,
    PermissionId, PermissionReply, Question, QuestionId, Session, SessionId, SessionSnapshot, Todo,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", content = "params", rename_all_fields = "camelCase")]
pub enum Notification {
    /// An instance came or changed.
    #[serde(rename = "sidestream/instance/didChange")]
    InstanceDidChange {
        instance_id: InstanceId,
        instance: Instance,
    },
    /// An instance is gone; its sessions with it.
    #[serde(rename = "sidestream/instance/didClose")]
    InstanceDidClose { instance_id: InstanceId },
    /// The server process said something.
    #[serde(rename = "sidestream/instance/didLog")]
    InstanceDidLog {
        instance_id: InstanceId,
        entry: LogEntry,
    },
    /// A session came or changed: title, status, costs, counts.
    #[serde(rename = "sidestream/session/didChange")]
    SessionDidChange {
        instance_id: InstanceId,
        session: Session,
    },
    /// A session was deleted, here or elsewhere.
    #[serde(rename = "sidestream/session/didRemove")]
    SessionDidRemove {
        instance_id: InstanceId,
        session_id: SessionId,
    },
    /// So much changed that the whole is sent anew; it replaces everything told before.
    #[serde(rename = "sidestream/session/didReset")]
    SessionDidReset {
        instance_id: InstanceId,
        session_id: SessionId,
        revision: u64,
        snapshot: Box<SessionSnapshot>,
    },
    /// A message came or changed. Its parts are told of separately, after it.
    #[serde(rename = "sidestream/message/didChange")]
    MessageDidChange {
        instance_id: InstanceId,
        session_id: SessionId,
        revision: u64,
        message: MessageInfo,
    },
    /// A message is gone, and its parts with it.
    #[serde(rename = "sidestream/message/didRemove")]
    MessageDidRemove {
        instance_id: InstanceId,
        session_id: SessionId,
        revision: u64,
        message_id: MessageId,
    },
    /// A part came or changed as a whole. A new one stands before the part named, or at the end
    /// of its message where none is named or known.
    #[serde(rename = "sidestream/part/didChange")]
    PartDidChange {
        instance_id: InstanceId,
        session_id: SessionId,
        revision: u64,
        message_id: MessageId,
        part: Part,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<PartId>,
    },
    /// Text was added to the end of a part's field.
    #[serde(rename = "sidestream/part/didAppend")]
    PartDidAppend {
        instance_id: InstanceId,
        session_id: SessionId,
        revision: u64,
        message_id: MessageId,
        part_id: PartId,
        field: Field,
        text: String,
    },
    /// A part is gone.
    #[serde(rename = "sidestream/part/didRemove")]
    PartDidRemove {
        instance_id: InstanceId,
        session_id: SessionId,
        revision: u64,
        message_id: MessageId,
        part_id: PartId,
    },
    /// The model's list of things to do, whole.
    #[serde(rename = "sidestream/todo/didChange")]
    TodoDidChange {
        instance_id: InstanceId,
        session_id: SessionId,
        revision: u64,
        todos: Vec<Todo>,
    },
    /// A tool waits for the user.
    #[serde(rename = "sidestream/permission/didAsk")]
    PermissionDidAsk {
        instance_id: InstanceId,
        permission: Permission,
    },
    /// A permission was answered, here or elsewhere, or has lost its meaning (without `reply`).
    #[serde(rename = "sidestream/permission/didResolve")]
    PermissionDidResolve {
        instance_id: InstanceId,
        permission_id: PermissionId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<PermissionReply>,
    },
    /// The model asks the user.
    #[serde(rename = "sidestream/question/didAsk")]
    QuestionDidAsk {
        instance_id: InstanceId,
        question: Question,
    },
    /// A question was answered or dismissed, here or elsewhere, or has lost its meaning.
    #[serde(rename = "sidestream/question/didResolve")]
    QuestionDidResolve {
        instance_id: InstanceId,
        question_id: QuestionId,
    },
    /// What the pickers show is different now.
    #[serde(rename = "sidestream/catalog/didChange")]
    CatalogDidChange {
        instance_id: InstanceId,
        catalog: Box<Catalog>,
    },
    /// Something is to be added to the prompt that the user is writing, as a code action asks.
    #[serde(rename = "sidestream/prompt/didAdd")]
    PromptDidAdd {
        instance_id: InstanceId,
        parts: Vec<PromptPart>,
    },
    /// A tool edited a file (absolute path); editors reload it.
    #[serde(rename = "sidestream/file/didChange")]
    FileDidChange {
        instance_id: InstanceId,
        path: String,
    },
}

/// The fields that grow by `part/didAppend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// Of a text or reasoning part.
    Text,
    /// Of a tool part.
    Output,
}

impl Notification {
    /// Where a content notification carries its revision; `None` for all others.
    pub fn revision_mut(&mut self) -> Option<&mut u64> {
        match self {
            Self::SessionDidReset { revision, .. }
            | Self::MessageDidChange { revision, .. }
            | Self::MessageDidRemove { revision, .. }
            | Self::PartDidChange { revision, .. }
            | Self::PartDidAppend { revision, .. }
            | Self::PartDidRemove { revision, .. }
            | Self::TodoDidChange { revision, .. } => Some(revision),
            _ => None,
        }
    }
}
