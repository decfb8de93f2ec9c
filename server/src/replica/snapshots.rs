//! What the server says of everything at once: taken over where it is newer, told where it differs.
//! Sessions are opened and closed here too, since that is where their content comes from.

use std::collections::HashSet;

use super::merge::Run;
use super::session::{Around, Kept, SessionState};
use super::transcript::Transcript;
use super::{Gap, Replica};
use crate::opencode::event::{Content, MessagePage, Overview, RunStatus};
use crate::protocol::{Message, SessionId, SessionSnapshot};

impl Replica {
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
    use crate::opencode::event::SessionInfo;
    use crate::protocol::Notification;

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
