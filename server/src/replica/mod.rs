//! Our copy of an instance's sessions, messages, parts, permissions, questions and todos.
//!
//! Events and snapshots go in, notifications for the client come out. No I/O, no clock: the same
//! input always gives the same output.

mod apply;
pub mod cut;
mod family;
mod look;
mod merge;
mod part;
mod reverted;
mod session;
mod snapshots;
mod tail;
mod tell;
mod transcript;
mod turns;
mod waiting;

use std::collections::{HashMap, HashSet};

use crate::opencode::event::{Growth, IncomingPart, SessionInfo};
use crate::protocol::{
    InstanceId, MessageId, MessageInfo, Notification, Part, Session, SessionId, SessionStatus,
};
pub use family::Limits;
pub use merge::Gap;
pub use session::{Purpose, Submission};
use session::{Row, SessionState};
use transcript::{Change, Transcript};
use waiting::Waiting;

pub struct Replica {
    instance_id: InstanceId,
    sessions: HashMap<SessionId, SessionState>,
    /// Their runs may go on and send events (v1 contract, rule 9).
    deleted: HashSet<SessionId>,
    waiting: Waiting,
    /// Sessions that were heard of since an overview was asked for, which may not have them.
    young: HashSet<SessionId>,
    limits: Limits,
    changes: Vec<Notification>,
}

impl Replica {
    #[must_use]
    pub fn new(instance_id: InstanceId) -> Self {
        Self {
            instance_id,
            sessions: HashMap::new(),
            deleted: HashSet::new(),
            waiting: Waiting::default(),
            young: HashSet::new(),
            limits: Limits::default(),
            changes: Vec::new(),
        }
    }

    /// What clients have to be told since this was asked last.
    #[must_use]
    pub fn take_changes(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.changes)
    }

    /// A prompt or a command is on its way; its run has not begun.
    pub fn submitted(&mut self, id: &SessionId, purpose: Purpose) -> Submission {
        let submission = self.session(id).submit(purpose);
        self.tell_session(id);
        submission
    }

    /// What was on its way came to nothing. Whatever else the session does goes on.
    pub fn not_begun(&mut self, id: &SessionId, submission: Submission) {
        let session = self.session(id);
        if submission == Submission::First && session.status == SessionStatus::Submitted {
            session.end(SessionStatus::Idle);
            // There may be no such session at all.
            if session.row == Row::Awaited {
                self.sessions.remove(id);
            }
            self.tell_session(id);
        }
    }

    /// A prompt's run could not be begun.
    pub fn failed(&mut self, id: &SessionId, message: String) {
        self.session(id).end(SessionStatus::Error { message });
        self.tell_session(id);
    }

    /// A run has failed without an event that says so.
    pub fn run_failed(&mut self, id: &SessionId, message: String) {
        if self.session(id).status.is_running() {
            self.failed(id, message);
        }
    }

    /// The server says that nothing runs, though a run was awaited.
    pub fn not_running(&mut self, id: &SessionId) {
        let session = self.session(id);
        if session.status.is_running() {
            session.end(SessionStatus::Idle);
        }
        let ended = self.waiting.end_session(id);
        self.tell_waits(ended);
        self.tell_session(id);
    }

    /// Shows or changes a message of our own, which the server does not know yet.
    pub fn local_message(&mut self, info: MessageInfo, parts: Vec<Part>) {
        let (session_id, message_id) = (info.session_id.clone(), info.id.clone());
        self.edit(&session_id, |transcript, changes| {
            transcript.local_message(info, changes);
            for part in parts {
                let growth = Growth::Closed;
                transcript.part(message_id.clone(), IncomingPart { part, growth }, changes);
            }
        });
    }

    /// A row that a request brought, as of a new session or a list.
    pub fn learn(&mut self, info: SessionInfo) -> Session {
        let id = info.id.clone();
        self.set_row(info);
        let view = self.view(&self.sessions[&id]);
        self.session(&id).told = Some(view.clone());
        view
    }

    /// A row that a request has changed: told like one that the server tells of.
    pub fn adopt(&mut self, info: SessionInfo) -> Session {
        let id = info.id.clone();
        self.set_row(info);
        self.tell_session(&id);
        self.view(&self.sessions[&id])
    }

    /// A session's published copy is gone.
    pub fn unshared(&mut self, info: SessionInfo) -> Session {
        self.session(&info.id)
            .taken_back
            .clone_from(&info.share_url);
        self.adopt(info)
    }

    pub fn remove_session(&mut self, id: &SessionId) {
        self.deleted.insert(id.clone());
        let ended = self.waiting.end_session(id);
        self.tell_waits(ended);
        if self.sessions.remove(id).is_some() {
            self.changes.push(Notification::SessionDidRemove {
                instance_id: self.instance_id.clone(),
                session_id: id.clone(),
            });
        }
    }

    /// What is known of the models changes what a session's context is measured by.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        for id in self.sessions.keys().cloned().collect::<Vec<_>>() {
            if self.sessions[&id].context.is_some() {
                self.tell_session(&id);
            }
        }
    }

    /// A session's row. Where it says that messages were taken back, they go from sight.
    fn set_row(&mut self, info: SessionInfo) {
        let id = info.id.clone();
        let session = self.session(&id);
        let moved = session.info.revert != info.revert;
        session.set_info(info);
        if !moved {
            return;
        }
        let (revert, open) = (session.info.revert.clone(), session.is_open());
        if let Some(transcript) = session.transcript() {
            let mut changes = Vec::new();
            transcript.set_reverted(revert.as_ref(), &mut changes);
            if open {
                self.tell_content(&id, changes);
            }
        }
    }

    fn session(&mut self, id: &SessionId) -> &mut SessionState {
        // Two look-ups in the common case are cheaper than a clone of the key.
        if !self.sessions.contains_key(id) {
            let state = SessionState::unknown(id.clone());
            self.sessions.insert(id.clone(), state);
            self.young.insert(id.clone());
        }
        match self.sessions.get_mut(id) {
            Some(session) => session,
            None => unreachable!("it was inserted above"),
        }
    }

    /// Changes a session's transcript, if one is kept, and tells it, if it is open.
    fn edit(&mut self, id: &SessionId, edit: impl FnOnce(&mut Transcript, &mut Vec<Change>)) {
        let session = self.session(id);
        let open = session.is_open();
        if let Some(transcript) = session.transcript_for_events() {
            let mut changes = Vec::new();
            edit(transcript, &mut changes);
            changes.retain(|change| transcript.reverted.lets_through(change));
            if open {
                self.tell_content(id, changes);
            }
        }
    }

    /// Takes back a message of our own.
    pub fn remove_local_message(&mut self, session_id: &SessionId, id: &MessageId) {
        self.edit(session_id, |transcript, changes| {
            transcript.message_removed(id, changes);
        });
    }
}
