//! What every dialect translates into: events of a stream and snapshots of REST answers.
//!
//! They carry the protocol's own model types, so that the replica stores what clients see.

use std::collections::HashMap;

use crate::protocol::{
    CallId, ChangeSummary, EventOutcome, FileDiff, MessageError, MessageId, MessageInfo,
    MessageStatus, ModelRef, Part, PartId, Permission, PermissionMode, PermissionReply, Question,
    QuestionId, Revert, Role, SessionId, SessionStatus, SessionTime, Todo, Tokens, ToolStatus,
};

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The first of every stream.
    Connected,
    Heartbeat,
    /// A session came or its row changed.
    Session(Box<SessionInfo>),
    SessionRemoved(SessionId),
    /// A session's row is different now, and has to be read to know how (v2).
    RowChanged(SessionId),
    /// A session's messages are different now, and have to be read to know how (v2).
    ContentChanged(SessionId),
    Status {
        session_id: SessionId,
        status: RunStatus,
    },
    /// A run or prompt failed; without a session when the server does not say whose.
    Failed {
        session_id: Option<SessionId>,
        error: MessageError,
    },
    Message(Box<MessageInfo>),
    MessageRemoved {
        session_id: SessionId,
        message_id: MessageId,
    },
    Part {
        session_id: SessionId,
        message_id: MessageId,
        part: IncomingPart,
    },
    /// Text to add to a part; the part itself may come later.
    Delta {
        session_id: SessionId,
        message_id: MessageId,
        part_id: PartId,
        text: String,
    },
    /// What a tool writes while it runs has to be asked for (v2).
    OutputElsewhere {
        session_id: SessionId,
        message_id: MessageId,
        part_id: PartId,
        source: String,
    },
    PartRemoved {
        session_id: SessionId,
        message_id: MessageId,
        part_id: PartId,
    },
    /// A message with all its parts (legacy dialect, v2's of the user).
    Whole(Box<IncomingMessage>),
    Todos {
        session_id: SessionId,
        todos: Vec<Todo>,
    },
    PermissionAsked(Box<Permission>),
    PermissionReplied {
        permission_id: crate::protocol::PermissionId,
        reply: Option<PermissionReply>,
    },
    QuestionAsked(Box<Question>),
    QuestionClosed(QuestionId),
    FileEdited {
        path: String,
    },
    /// What the server has to offer is different now.
    CatalogChanged,
    /// The server dropped this directory; its stream may end or fall silent.
    Disposed,
}

impl Event {
    /// Whose event it is, if a session's.
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        match self {
            Self::Session(info) => Some(&info.id),
            Self::SessionRemoved(session_id)
            | Self::RowChanged(session_id)
            | Self::ContentChanged(session_id)
            | Self::Status { session_id, .. }
            | Self::MessageRemoved { session_id, .. }
            | Self::Part { session_id, .. }
            | Self::Delta { session_id, .. }
            | Self::OutputElsewhere { session_id, .. }
            | Self::PartRemoved { session_id, .. }
            | Self::Todos { session_id, .. } => Some(session_id),
            Self::Failed { session_id, .. } => session_id.as_ref(),
            Self::Message(info) => Some(&info.session_id),
            Self::Whole(message) => Some(&message.info.session_id),
            Self::PermissionAsked(permission) => Some(&permission.session_id),
            Self::QuestionAsked(question) => Some(&question.session_id),
            Self::Connected
            | Self::Heartbeat
            | Self::PermissionReplied { .. }
            | Self::QuestionClosed(_)
            | Self::FileEdited { .. }
            | Self::CatalogChanged
            | Self::Disposed => None,
        }
    }
}

/// What became of the data of one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The server's name of the event; empty when it could not be read.
    pub event_type: String,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Event(Event),
    /// Some servers say several things in one.
    Several(Vec<Event>),
    /// Known, and of no use here.
    Skipped,
    Unknown,
    /// A known type in an unknown shape; the text says what is wrong.
    Malformed(String),
}

impl Body {
    /// What it tells, in order.
    pub fn into_events(self) -> impl Iterator<Item = Event> {
        let (one, several) = match self {
            Self::Event(event) => (Some(event), Vec::new()),
            Self::Several(events) => (None, events),
            Self::Skipped | Self::Unknown | Self::Malformed(_) => (None, Vec::new()),
        };
        one.into_iter().chain(several)
    }

    #[must_use]
    pub fn outcome(&self) -> EventOutcome {
        match self {
            Self::Event(Event::Heartbeat) | Self::Skipped => EventOutcome::Skipped,
            Self::Event(_) | Self::Several(_) => EventOutcome::Applied,
            Self::Unknown => EventOutcome::Unknown,
            Self::Malformed(_) => EventOutcome::Malformed,
        }
    }
}

/// A session's row, without what Sidestream itself adds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionInfo {
    pub id: SessionId,
    pub parent_id: Option<SessionId>,
    pub title: String,
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
    pub time: SessionTime,
    pub cost: Option<f64>,
    pub tokens: Option<Tokens>,
    pub share_url: Option<String>,
    pub revert: Option<Revert>,
    /// What the revert changed on disk.
    pub reverted_files: Vec<FileDiff>,
    pub summary: Option<ChangeSummary>,
    pub compacting: bool,
    /// Set by Sidestream; `None` where it never was.
    pub permissions: Option<ModeOfAgent>,
}

/// A permission mode is made of an agent's own rules, so it holds for one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeOfAgent {
    pub mode: PermissionMode,
    pub agent: String,
}

/// What the server says of a session's run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RunStatus {
    #[default]
    Idle,
    Busy,
    Retry {
        attempt: u32,
        message: String,
        next: u64,
    },
}

impl From<RunStatus> for SessionStatus {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Idle => Self::Idle,
            RunStatus::Busy => Self::Busy,
            RunStatus::Retry {
                attempt,
                message,
                next,
            } => Self::Retry {
                attempt,
                message,
                next,
            },
        }
    }
}

/// A part, and whether more of it is to come.
#[derive(Clone, Debug, PartialEq)]
pub struct IncomingPart {
    pub part: Part,
    pub growth: Growth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Text is still streamed into it; REST may show it empty (v1 contract, rule 2).
    Open,
    /// A tool that runs, and has said so much that only the end of it is told.
    Tail,
    Closed,
}

impl Growth {
    #[must_use]
    pub fn is_open(self) -> bool {
        self != Self::Closed
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct IncomingMessage {
    pub info: MessageInfo,
    pub parts: Vec<IncomingPart>,
}

impl IncomingMessage {
    /// What a reply says of its session's run, where nothing else says it (legacy dialect); the
    /// user's own messages say nothing.
    #[must_use]
    pub fn run_status(&self) -> Option<RunStatus> {
        match (self.info.role, self.info.status) {
            (Role::User, _) => None,
            (Role::Assistant, MessageStatus::Streaming) => Some(RunStatus::Busy),
            (Role::Assistant, _) => Some(RunStatus::Idle),
        }
    }
}

/// What is known of all sessions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// Newest first.
    pub sessions: Vec<SessionInfo>,
    /// No session was left out by the server's own limit.
    pub complete: bool,
    /// Sessions that are not here are idle.
    pub running: HashMap<SessionId, RunStatus>,
    /// `None` when the server has no such list (1.0.x).
    pub permissions: Option<Vec<Permission>>,
    pub questions: Vec<Question>,
    /// The states of the tools that the permissions and questions name, to tell ghosts.
    pub tools: HashMap<CallId, ToolStatus>,
}

/// A page of a session's content.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub session: SessionInfo,
    pub page: MessagePage,
    pub todos: Vec<Todo>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessagePage {
    /// Oldest first.
    pub messages: Vec<IncomingMessage>,
    /// For the page before this one.
    pub cursor: Option<String>,
}
