//! What the replica knows, for whoever asks.

use super::Replica;
use super::session::{Kept, SessionState};
use crate::protocol::{
    Permission, PermissionId, Question, QuestionId, Session, SessionId, SessionSnapshot,
    SessionStatus,
};

impl Replica {
    /// What the client of an open session should have on its screen.
    #[must_use]
    pub fn snapshot(&self, id: &SessionId) -> Option<SessionSnapshot> {
        let session = self.sessions.get(id)?;
        let Kept::Open(transcript) = &session.transcript else {
            return None;
        };
        Some(SessionSnapshot {
            session: self.view(session),
            messages: transcript.to_messages(),
            permissions: self
                .waiting
                .permissions()
                .iter()
                .filter(|permission| permission.session_id == *id)
                .cloned()
                .collect(),
            questions: self
                .waiting
                .questions()
                .iter()
                .filter(|question| question.session_id == *id)
                .cloned()
                .collect(),
            todos: transcript.todos.clone(),
            revision: 0,
            cursor: transcript.cursor.clone(),
        })
    }

    #[must_use]
    pub fn view_of(&self, id: &SessionId) -> Option<Session> {
        self.sessions.get(id).map(|session| self.view(session))
    }

    #[must_use]
    pub fn status(&self, id: &SessionId) -> Option<&SessionStatus> {
        self.sessions.get(id).map(|session| &session.status)
    }

    /// Open sessions, with how many messages the client has of each.
    #[must_use]
    pub fn open_sessions(&self) -> Vec<(SessionId, usize)> {
        self.sessions
            .iter()
            .filter_map(|(id, session)| match &session.transcript {
                Kept::Open(transcript) => Some((id.clone(), transcript.messages.len())),
                _ => None,
            })
            .collect()
    }

    #[must_use]
    pub fn is_open(&self, id: &SessionId) -> bool {
        self.sessions.get(id).is_some_and(SessionState::is_open)
    }

    /// Sessions with a run under way.
    #[must_use]
    pub fn running(&self) -> Vec<SessionId> {
        let running = self.sessions.iter().filter(|(_, s)| s.status.is_running());
        running.map(|(id, _)| id.clone()).collect()
    }

    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        self.waiting.permissions()
    }

    #[must_use]
    pub fn questions(&self) -> &[Question] {
        self.waiting.questions()
    }

    #[must_use]
    pub fn permission(&self, id: &PermissionId) -> Option<&Permission> {
        self.permissions().iter().find(|known| known.id == *id)
    }

    #[must_use]
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.questions().iter().find(|known| known.id == *id)
    }

    /// How many sessions run, and how many requests wait for the user.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let busy = self.sessions.values().filter(|s| s.status.is_running());
        (busy.count(), self.waiting.len())
    }
}
