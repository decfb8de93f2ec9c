//! What the replica knows, for whoever asks.

use super::Replica;
use super::session::{Kept, Row, SessionState};
use super::transcript::{MessageState, Origin, Transcript};
use crate::opencode::event::SessionInfo;
use crate::protocol::{
    Message, MessageId, MessageStatus, ModelRef, Part, PartBody, PartId, Permission, PermissionId,
    Question, QuestionId, Session, SessionId, SessionSnapshot, SessionStatus,
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
                .filter(|permission| self.is_within(&permission.session_id, id))
                .cloned()
                .collect(),
            questions: self
                .waiting
                .questions()
                .iter()
                .filter(|question| self.is_within(&question.session_id, id))
                .cloned()
                .collect(),
            todos: transcript.todos.clone(),
            revision: 0,
            cursor: transcript.cursor.clone(),
        })
    }

    #[must_use]
    pub fn view_of(&self, id: &SessionId) -> Option<Session> {
        self.known(id).map(|session| self.view(session))
    }

    /// A session's row as the server told it.
    #[must_use]
    pub fn info(&self, id: &SessionId) -> Option<&SessionInfo> {
        self.known(id).map(|session| &session.info)
    }

    fn known(&self, id: &SessionId) -> Option<&SessionState> {
        let session = self.sessions.get(id)?;
        (session.row == Row::Told).then_some(session)
    }

    /// A session's messages, as far as they are kept.
    fn kept(&self, id: &SessionId) -> Option<&Transcript> {
        match &self.sessions.get(id)?.transcript {
            Kept::No => None,
            Kept::Unseen(transcript) | Kept::Open(transcript) => Some(transcript),
        }
    }

    /// Whether one of a session's messages is so, as far as they are kept.
    fn has(&self, id: &SessionId, is_so: impl Fn(&MessageState) -> bool) -> bool {
        self.kept(id)
            .is_some_and(|transcript| transcript.messages.iter().any(is_so))
    }

    /// The prompts that are shown as waiting, oldest first.
    #[must_use]
    pub fn queued(&self, id: &SessionId) -> Vec<Message> {
        let messages = self.kept(id).map(Transcript::to_messages);
        let mut messages = messages.unwrap_or_default();
        messages.retain(|message| message.info.status == MessageStatus::Queued);
        messages
    }

    /// Whether it is shown as one that the server has and has not begun.
    #[must_use]
    pub fn waits_for_its_turn(&self, id: &SessionId, prompt: &MessageId) -> bool {
        self.has(id, |message| {
            message.info.id == *prompt && message.info.status == MessageStatus::Queued
        })
    }

    /// Whether the server has told of a message, as far as the session's messages are kept.
    #[must_use]
    pub fn has_from_server(&self, id: &SessionId, message: &MessageId) -> bool {
        self.has(id, |known| {
            known.info.id == *message && known.origin == Origin::Server
        })
    }

    /// The user's message that an answer is to, as far as it is known.
    #[must_use]
    pub fn asked(&self, id: &SessionId, answer: &MessageId) -> Option<MessageId> {
        let mut messages = self.kept(id)?.messages.iter();
        let answer = messages.find(|message| message.info.id == *answer)?;
        answer.info.parent_id.clone()
    }

    /// The files that the steps of a turn have changed, as far as its messages are kept.
    #[must_use]
    pub fn changed_in_turn(&self, id: &SessionId, turn: &MessageId) -> Vec<String> {
        let messages = self.kept(id).into_iter().flat_map(|kept| &kept.messages);
        let answers = messages.filter(|message| message.info.parent_id.as_ref() == Some(turn));
        let bodies = answers.flat_map(|answer| answer.parts.iter().map(|part| &part.part.body));
        let changed = bodies.filter_map(|body| match body {
            PartBody::Patch { files } => Some(files),
            _ => None,
        });
        changed.flatten().cloned().collect()
    }

    /// A part of an open session, whole.
    #[must_use]
    pub fn part(&self, id: &SessionId, message: &MessageId, part: &PartId) -> Option<&Part> {
        self.kept(id)?.whole_part(message, part)
    }

    /// The part that follows one in its message.
    pub(super) fn part_after(
        &self,
        id: &SessionId,
        message: &MessageId,
        part: &PartId,
    ) -> Option<PartId> {
        let Kept::Open(transcript) = &self.sessions.get(id)?.transcript else {
            return None;
        };
        let mut messages = transcript.messages.iter().rev();
        let message = messages.find(|known| known.info.id == *message)?;
        let parts = message.parts.iter().map(|state| &state.part.id);
        parts.skip_while(|known| *known != part).nth(1).cloned()
    }

    /// The sessions below one.
    #[must_use]
    pub fn below(&self, id: &SessionId) -> Vec<SessionId> {
        let ids = self.sessions.keys();
        ids.filter(|other| *other != id && self.is_within(other, id))
            .cloned()
            .collect()
    }

    /// The models of the latest sessions, newest first.
    #[must_use]
    pub fn recent_models(&self, limit: usize) -> Vec<ModelRef> {
        let mut sessions: Vec<_> = self.sessions.values().map(|s| &s.info).collect();
        sessions.sort_by_key(|info| std::cmp::Reverse(info.time.updated));
        let mut models: Vec<ModelRef> = Vec::new();
        for model in sessions.into_iter().filter_map(|info| info.model.as_ref()) {
            let model = ModelRef {
                variant: None,
                ..model.clone()
            };
            if models.len() < limit && !models.contains(&model) {
                models.push(model);
            }
        }
        models
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

    /// Something in the session, or below it, waits for an answer of the user's.
    #[must_use]
    pub fn waits_for_the_user(&self, id: &SessionId) -> bool {
        let permissions = self.permissions().iter().map(|asked| &asked.session_id);
        let questions = self.questions().iter().map(|asked| &asked.session_id);
        permissions
            .chain(questions)
            .any(|session| self.is_within(session, id))
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
