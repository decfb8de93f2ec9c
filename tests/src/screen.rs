//! What a client would show: made of nothing but snapshots and notifications.

use std::collections::HashMap;

use sidestream::protocol::notifications::Field;
use sidestream::protocol::{
    Instance, InstanceId, Message, MessageId, Notification, Part, PartBody, PartId, Permission,
    Question, Session, SessionId, SessionSnapshot, Todo,
};

#[derive(Default)]
pub struct Screen {
    pub instances: HashMap<InstanceId, Instance>,
    pub sessions: HashMap<SessionId, Session>,
    pub permissions: Vec<Permission>,
    pub questions: Vec<Question>,
    pub open: HashMap<SessionId, Content>,
}

/// An open session.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub messages: Vec<Message>,
    pub todos: Vec<Todo>,
    pub revision: u64,
    /// Of the snapshot that it was opened with: what it holds was perhaps on its way before.
    opened_at: u64,
}

impl Screen {
    pub fn open(&mut self, snapshot: &SessionSnapshot) {
        let session = snapshot.session.clone();
        self.open.insert(session.id.clone(), snapshot.into());
        self.sessions.insert(session.id.clone(), session);
    }

    /// # Panics
    /// It does not follow from what was told before.
    pub fn apply(&mut self, notification: &Notification) {
        let mut notification = notification.clone();
        if let Some(revision) = notification.revision_mut().copied() {
            let (session, change) = content_of(notification);
            let content = self.open.get_mut(&session);
            let content = content.expect("content is told of open sessions only");
            if revision > content.opened_at {
                assert_eq!(revision, content.revision + 1, "a revision is missing");
                content.revision = revision;
                content.apply(change);
            }
            return;
        }
        match notification {
            Notification::InstanceDidChange {
                instance_id,
                instance,
            } => {
                self.instances.insert(instance_id, instance);
            }
            Notification::InstanceDidClose { instance_id } => {
                self.instances.remove(&instance_id);
                self.sessions.retain(|_, s| s.instance_id != instance_id);
            }
            Notification::SessionDidChange { session, .. } => {
                self.sessions.insert(session.id.clone(), session);
            }
            Notification::SessionDidRemove { session_id, .. } => {
                self.sessions.remove(&session_id);
                self.open.remove(&session_id);
            }
            Notification::PermissionDidAsk { permission, .. } => self.permissions.push(permission),
            Notification::PermissionDidResolve { permission_id, .. } => {
                self.permissions.retain(|p| p.id != permission_id);
            }
            Notification::QuestionDidAsk { question, .. } => self.questions.push(question),
            Notification::QuestionDidResolve { question_id, .. } => {
                self.questions.retain(|q| q.id != question_id);
            }
            _ => {}
        }
    }
}

enum Change {
    Reset(Box<SessionSnapshot>),
    Message(sidestream::protocol::MessageInfo),
    MessageRemoved(MessageId),
    Part(MessageId, Part, Option<PartId>),
    Append(MessageId, PartId, Field, String),
    PartRemoved(MessageId, PartId),
    Todos(Vec<Todo>),
}

fn content_of(notification: Notification) -> (SessionId, Change) {
    match notification {
        Notification::SessionDidReset {
            session_id,
            snapshot,
            ..
        } => (session_id, Change::Reset(snapshot)),
        Notification::MessageDidChange {
            session_id,
            message,
            ..
        } => (session_id, Change::Message(message)),
        Notification::MessageDidRemove {
            session_id,
            message_id,
            ..
        } => (session_id, Change::MessageRemoved(message_id)),
        Notification::PartDidChange {
            session_id,
            message_id,
            part,
            before,
            ..
        } => (session_id, Change::Part(message_id, part, before)),
        Notification::PartDidAppend {
            session_id,
            message_id,
            part_id,
            field,
            text,
            ..
        } => (session_id, Change::Append(message_id, part_id, field, text)),
        Notification::PartDidRemove {
            session_id,
            message_id,
            part_id,
            ..
        } => (session_id, Change::PartRemoved(message_id, part_id)),
        Notification::TodoDidChange {
            session_id, todos, ..
        } => (session_id, Change::Todos(todos)),
        other => panic!("no content: {other:?}"),
    }
}

impl From<&SessionSnapshot> for Content {
    fn from(snapshot: &SessionSnapshot) -> Self {
        Self {
            messages: snapshot.messages.clone(),
            todos: snapshot.todos.clone(),
            revision: snapshot.revision,
            opened_at: snapshot.revision,
        }
    }
}

impl Content {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Reset(snapshot) => {
                self.messages = snapshot.messages;
                self.todos = snapshot.todos;
            }
            Change::Message(info) => {
                let known = self.messages.iter().position(|m| m.info.id == info.id);
                let parts = known.map(|at| self.messages.remove(at).parts);
                let key =
                    |info: &sidestream::protocol::MessageInfo| (info.time.created, info.id.clone());
                let before = self
                    .messages
                    .iter()
                    .rposition(|m| key(&m.info) <= key(&info));
                let message = Message {
                    info,
                    parts: parts.unwrap_or_default(),
                };
                self.messages.insert(before.map_or(0, |at| at + 1), message);
            }
            Change::MessageRemoved(id) => {
                self.messages.retain(|message| message.info.id != id);
            }
            Change::Part(message, part, before) => {
                let parts = &mut self.message(&message).parts;
                match parts.iter_mut().find(|known| known.id == part.id) {
                    Some(known) => *known = part,
                    None => {
                        let place = |known: &Part| Some(&known.id) == before.as_ref();
                        let at = parts.iter().position(place);
                        parts.insert(at.unwrap_or(parts.len()), part);
                    }
                }
            }
            Change::Append(message, part, field, text) => {
                let parts = &mut self.message(&message).parts;
                let part = parts.iter_mut().find(|known| known.id == part);
                let part = part.expect("an append is to a part that was told before");
                grow(part, field).push_str(&text);
            }
            Change::PartRemoved(message, part) => {
                self.message(&message)
                    .parts
                    .retain(|known| known.id != part);
            }
            Change::Todos(todos) => self.todos = todos,
        }
    }

    fn message(&mut self, id: &MessageId) -> &mut Message {
        let message = self.messages.iter_mut().find(|m| m.info.id == *id);
        message.expect("a part's message is told before it")
    }
}

fn grow(part: &mut Part, field: Field) -> &mut String {
    match (&mut part.body, field) {
        (PartBody::Text(part), Field::Text) => &mut part.text,
        (PartBody::Reasoning(part), Field::Text) => &mut part.text,
        (PartBody::Tool(part), Field::Output) => part.output.get_or_insert_default(),
        (other, field) => panic!("{other:?} has no {field:?} to append to"),
    }
}
