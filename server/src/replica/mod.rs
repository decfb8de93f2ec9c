//! Our copy of an instance's sessions, messages, parts, permissions, questions and todos.
//!
//! Events and snapshots go in, notifications for the client come out. No I/O, no clock: the same
//! input always gives the same output.

pub mod cut;
mod family;
mod look;
mod merge;
mod part;
mod reverted;
mod session;
mod tail;
mod tell;
mod transcript;
mod waiting;

use std::collections::{HashMap, HashSet};

use crate::opencode::event::{
    Content, Event, Growth, IncomingPart, MessagePage, Overview, RunStatus, SessionInfo,
};
use crate::protocol::{
    InstanceId, Message, MessageId, MessageInfo, Notification, Part, PartBody, Session, SessionId,
    SessionSnapshot, SessionStatus,
};
pub use family::Limits;
pub use merge::Gap;
use merge::Run;
use session::{Around, Kept, SessionState};
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

    pub fn apply(&mut self, event: Event) {
        if event
            .session_id()
            .is_some_and(|id| self.deleted.contains(id))
        {
            return;
        }
        match event {
            // What these say is for the actor to act on.
            Event::Connected
            | Event::Heartbeat
            | Event::CatalogChanged
            | Event::Disposed
            | Event::RowChanged(_)
            | Event::ContentChanged(_) => {}
            Event::Session(info) => {
                let id = info.id.clone();
                // A request's answer may have overtaken the events before it.
                if info.time.updated >= self.session(&id).info.time.updated {
                    self.set_row(*info);
                    self.tell_session(&id);
                }
            }
            Event::SessionRemoved(id) => self.remove_session(&id),
            Event::Status { session_id, status } => {
                let idle = status == RunStatus::Idle;
                self.session(&session_id).set_status(status);
                if idle {
                    let ended = self.waiting.end_session(&session_id);
                    self.tell_waits(ended);
                }
                self.tell_session(&session_id);
            }
            Event::Failed { session_id, error } => {
                if let Some(id) = session_id {
                    self.session(&id).fail(&error);
                    self.tell_session(&id);
                }
            }
            Event::Message(info) => {
                let id = info.session_id.clone();
                if self.session(&id).learn_from(&info) {
                    self.tell_session(&id);
                }
                self.edit(&id, |transcript, changes| {
                    transcript.message(*info, changes)
                });
            }
            Event::MessageRemoved {
                session_id,
                message_id,
            } => self.edit(&session_id, |transcript, changes| {
                transcript.message_removed(&message_id, changes);
            }),
            Event::Part {
                session_id,
                message_id,
                part,
            } => {
                if let PartBody::Tool(tool) = &part.part.body
                    && !tool.status.is_live()
                {
                    let ended = self.waiting.end_call(&session_id, &tool.call_id);
                    self.tell_waits(ended);
                }
                self.edit(&session_id, |transcript, changes| {
                    transcript.part(message_id, part, changes);
                });
            }
            Event::Delta {
                session_id,
                message_id,
                part_id,
                text,
            } => self.edit(&session_id, |transcript, changes| {
                transcript.delta(message_id, part_id, text, changes);
            }),
            Event::PartRemoved {
                session_id,
                message_id,
                part_id,
            } => self.edit(&session_id, |transcript, changes| {
                transcript.part_removed(&message_id, &part_id, changes);
            }),
            Event::Whole(message) => {
                let id = message.info.session_id.clone();
                if let Some(status) = message.run_status() {
                    self.session(&id).set_status(status);
                    self.tell_session(&id);
                }
                self.edit(&id, |transcript, changes| {
                    transcript.whole(*message, changes)
                });
            }
            Event::Todos { session_id, todos } => {
                self.edit(&session_id, |transcript, changes| {
                    transcript.todos(todos, changes);
                });
            }
            Event::PermissionAsked(mut permission) => {
                permission.path = self.path_to(&permission.session_id);
                let asked = self.waiting.ask_permission(*permission);
                self.tell_waits(asked);
            }
            Event::PermissionReplied {
                permission_id,
                reply,
            } => {
                let resolved = self.waiting.resolve_permission(&permission_id, reply);
                self.tell_waits(resolved);
            }
            Event::QuestionAsked(mut question) => {
                question.path = self.path_to(&question.session_id);
                let asked = self.waiting.ask_question(*question);
                self.tell_waits(asked);
            }
            Event::QuestionClosed(id) => {
                let resolved = self.waiting.resolve_question(&id);
                self.tell_waits(resolved);
            }
            Event::FileEdited { path } => self.changes.push(Notification::FileDidChange {
                instance_id: self.instance_id.clone(),
                path,
            }),
        }
    }

    /// An overview is being asked for: what is heard of from now on may not be in it.
    pub fn begin_resync(&mut self) {
        self.young.clear();
    }

    /// Takes over what the server says of all sessions. The very first time clients are told
    /// only of what waits for them: they list the sessions themselves.
    pub fn resync(&mut self, mut overview: Overview, first: bool) {
        let listed: HashSet<SessionId> = overview.sessions.iter().map(|s| s.id.clone()).collect();
        if overview.complete {
            let gone = self.sessions.keys();
            let gone = gone.filter(|id| !listed.contains(*id) && !self.young.contains(*id));
            for id in gone.cloned().collect::<Vec<_>>() {
                self.remove_session(&id);
            }
        }
        for info in std::mem::take(&mut overview.sessions) {
            if !self.deleted.contains(&info.id) {
                self.set_row(info);
            }
        }
        for permission in overview.permissions.iter_mut().flatten() {
            permission.path = self.path_to(&permission.session_id);
        }
        for question in &mut overview.questions {
            question.path = self.path_to(&question.session_id);
        }
        let waits = self.waiting.resync(&overview);
        for (id, session) in &mut self.sessions {
            let status = overview.running.get(id).cloned();
            session.set_status(status.unwrap_or(RunStatus::Idle));
            if matches!(session.transcript, Kept::Unseen(_)) {
                session.transcript = Kept::No;
            }
        }
        if first {
            for session in self.sessions.values_mut() {
                session.told = Some(session.view(&self.instance_id, Around::default()));
            }
        }
        self.tell_waits(waits);
        for id in self.sessions.keys().cloned().collect::<Vec<_>>() {
            self.tell_session(&id);
        }
    }

    /// Takes over what the server says of an open session.
    pub fn refresh(&mut self, content: Content, gap: Gap) {
        let id = content.session.id.clone();
        if self.deleted.contains(&id) {
            return;
        }
        let session = self.session(&id);
        session.learn_from_page(&content.page);
        let run = run_of(session);
        let revert = content.session.revert.clone();
        session.set_info(content.session);
        if let Kept::Open(transcript) = &mut session.transcript {
            let changes = transcript.refresh(content.page, content.todos, run, gap, revert);
            self.tell_content(&id, changes);
        }
        self.tell_session(&id);
    }

    /// Opens a session: from now on its content is told.
    pub fn open(&mut self, content: Content) -> Option<SessionSnapshot> {
        let id = content.session.id.clone();
        let session = self.session(&id);
        session.learn_from_page(&content.page);
        let revert = content.session.revert.clone();
        session.set_info(content.session);
        let run = run_of(session);
        let mut transcript = match std::mem::replace(&mut session.transcript, Kept::No) {
            Kept::No => Transcript::default(),
            Kept::Unseen(transcript) | Kept::Open(transcript) => transcript,
        };
        let (oldest, cursor) = (
            content.page.messages.first().map(|m| m.info.id.clone()),
            content.page.cursor.clone(),
        );
        // What this changes is in the snapshot, which replaces all that was told before.
        transcript.merge(content.page, content.todos, run, Gap::None);
        transcript.begin_at(oldest.as_ref(), cursor);
        transcript.set_reverted(revert.as_ref(), &mut Vec::new());
        session.transcript = Kept::Open(transcript);
        self.tell_session(&id);
        self.snapshot(&id)
    }

    /// Adds older messages to an open session and answers those that the client asked for.
    pub fn prepend(&mut self, id: &SessionId, page: MessagePage) -> (Vec<Message>, Option<String>) {
        let mut older = Transcript::default();
        older.prepend(page.messages.clone(), page.cursor.clone());
        let revert = self.sessions.get(id).and_then(|s| s.info.revert.clone());
        older.set_reverted(revert.as_ref(), &mut Vec::new());
        if let Some(SessionState {
            transcript: Kept::Open(transcript),
            ..
        }) = self.sessions.get_mut(id)
        {
            transcript.prepend(page.messages, page.cursor.clone());
            transcript.set_reverted(revert.as_ref(), &mut Vec::new());
        }
        (older.to_messages(), page.cursor)
    }

    /// Stops telling a session's content.
    pub fn close(&mut self, id: &SessionId) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.transcript = match std::mem::replace(&mut session.transcript, Kept::No) {
                Kept::Open(transcript) if session.status.is_running() => Kept::Unseen(transcript),
                _ => Kept::No,
            };
        }
    }

    /// A prompt was accepted; its run has not begun.
    pub fn submitted(&mut self, id: &SessionId) {
        self.session(id).submit();
        self.tell_session(id);
    }

    /// A prompt's run could not be begun.
    pub fn failed(&mut self, id: &SessionId, message: String) {
        self.session(id).status = SessionStatus::Error { message };
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
            session.status = SessionStatus::Idle;
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

fn run_of(session: &SessionState) -> Run {
    if session.status.is_running() {
        Run::Live
    } else {
        Run::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str) -> SessionInfo {
        SessionInfo {
            id: id.into(),
            title: id.into(),
            ..SessionInfo::default()
        }
    }

    fn overview(ids: &[&str]) -> Overview {
        Overview {
            sessions: ids.iter().map(|id| session(id)).collect(),
            complete: true,
            ..Overview::default()
        }
    }

    #[test]
    fn a_session_made_while_the_overview_was_asked_for_stays() {
        let mut replica = Replica::new("here".into());
        replica.begin_resync();
        replica.learn(session("new"));
        replica.resync(overview(&["old"]), true);
        assert!(replica.view_of(&"new".into()).is_some());
    }

    #[test]
    fn a_session_that_was_deleted_elsewhere_goes() {
        let mut replica = Replica::new("here".into());
        replica.begin_resync();
        replica.resync(overview(&["old", "gone"]), true);
        replica.begin_resync();
        replica.resync(overview(&["old"]), false);
        assert!(replica.view_of(&"gone".into()).is_none());
        assert!(matches!(
            replica.take_changes().last(),
            Some(Notification::SessionDidRemove { session_id, .. }) if session_id.as_str() == "gone"
        ));
    }
}
