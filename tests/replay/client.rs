//! A client as small as can be: it knows the protocol's rules and nothing of the replica.

use sidestream::protocol::notifications::Field;
use sidestream::protocol::{
    Message, MessageId, Notification, Part, PartBody, PartId, SessionId, SessionRef,
    SessionSnapshot,
};

/// What a client has on its screen of one session.
#[derive(Clone, Debug)]
pub struct Client {
    pub screen: SessionSnapshot,
    /// The session was removed.
    pub removed: bool,
}

impl Client {
    /// Begins with the answer to `session/open`.
    pub fn new(screen: SessionSnapshot) -> Self {
        Self {
            screen,
            removed: false,
        }
    }

    fn id(&self) -> &SessionId {
        &self.screen.session.id
    }

    pub fn apply(&mut self, notification: &Notification) {
        use Notification as N;
        match notification {
            N::SessionDidChange { session, .. } if session.id == *self.id() => {
                self.screen.session = session.clone();
            }
            N::SessionDidRemove { session_id, .. } if session_id == self.id() => {
                self.removed = true;
            }
            N::SessionDidReset {
                session_id,
                snapshot,
                ..
            } if session_id == self.id() => {
                // What waits for the user is told apart from content.
                let permissions = std::mem::take(&mut self.screen.permissions);
                let questions = std::mem::take(&mut self.screen.questions);
                let session = self.screen.session.clone();
                self.screen = SessionSnapshot {
                    session,
                    permissions,
                    questions,
                    ..(**snapshot).clone()
                };
            }
            N::MessageDidChange {
                session_id,
                message,
                ..
            } if session_id == self.id() => {
                let messages = &mut self.screen.messages;
                let known = messages.iter().position(|m| m.info.id == message.id);
                let parts = known.map_or_else(Vec::new, |at| messages.remove(at).parts);
                let after = |m: &Message| {
                    (m.info.time.created, &m.info.id) <= (message.time.created, &message.id)
                };
                let at = messages.iter().rposition(after).map_or(0, |at| at + 1);
                messages.insert(
                    at,
                    Message {
                        info: message.clone(),
                        parts,
                    },
                );
            }
            N::MessageDidRemove {
                session_id,
                message_id,
                ..
            } if session_id == self.id() => {
                self.screen.messages.retain(|m| m.info.id != *message_id);
            }
            N::PartDidChange {
                session_id,
                message_id,
                part,
                before,
                ..
            } if session_id == self.id() => {
                let parts = self.parts(message_id);
                match parts.iter_mut().find(|known| known.id == part.id) {
                    Some(known) => known.clone_from(part),
                    None => {
                        let place = |known: &Part| Some(&known.id) == before.as_ref();
                        let at = parts.iter().position(place);
                        parts.insert(at.unwrap_or(parts.len()), part.clone());
                    }
                }
            }
            N::PartDidAppend {
                session_id,
                message_id,
                part_id,
                field,
                text,
                ..
            } if session_id == self.id() => self.append(message_id, part_id, *field, text),
            N::PartDidRemove {
                session_id,
                message_id,
                part_id,
                ..
            } if session_id == self.id() => {
                self.parts(message_id).retain(|part| part.id != *part_id);
            }
            N::TodoDidChange {
                session_id, todos, ..
            } if session_id == self.id() => self.screen.todos.clone_from(todos),
            N::PermissionDidAsk { permission, .. }
                if self.is_here(&permission.session_id, &permission.path) =>
            {
                self.screen.permissions.push(permission.clone());
            }
            N::PermissionDidResolve { permission_id, .. } => {
                self.screen.permissions.retain(|p| p.id != *permission_id);
            }
            N::QuestionDidAsk { question, .. }
                if self.is_here(&question.session_id, &question.path) =>
            {
                self.screen.questions.push(question.clone());
            }
            N::QuestionDidResolve { question_id, .. } => {
                self.screen.questions.retain(|q| q.id != *question_id);
            }
            _ => {}
        }
    }

    /// It waits in this session or below it.
    fn is_here(&self, session: &SessionId, path: &[SessionRef]) -> bool {
        session == self.id() || path.iter().any(|above| above.id == *self.id())
    }

    fn parts(&mut self, message: &MessageId) -> &mut Vec<Part> {
        let mut messages = self.screen.messages.iter_mut();
        let message = messages
            .find(|known| known.info.id == *message)
            .expect("a part is told after its message");
        &mut message.parts
    }

    fn append(&mut self, message: &MessageId, part: &PartId, field: Field, text: &str) {
        let mut parts = self.parts(message).iter_mut();
        let part = parts
            .find(|known| known.id == *part)
            .expect("text is added to a part that was told");
        match (&mut part.body, field) {
            (PartBody::Text(part), Field::Text) => part.text.push_str(text),
            (PartBody::Reasoning(part), Field::Text) => part.text.push_str(text),
            (PartBody::Tool(part), Field::Output) => {
                part.output.get_or_insert_default().push_str(text);
            }
            (body, field) => panic!("{field:?} is added to {body:?}"),
        }
    }
}
