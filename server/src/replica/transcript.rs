//! The messages of one session: what each event changes in them.
//!
//! A transcript keeps every field that a client was told, so that a change can be told as the
//! least that differs: an append where text grew, nothing where nothing did.

use super::cut;
use super::part::{PartState, text_of};
use super::reverted::Reverted;
use super::turns::{Turn, take_turns};
use crate::opencode::event::{Growth, IncomingMessage, IncomingPart};
use crate::protocol::notifications::Field;
use crate::protocol::{
    Message, MessageId, MessageInfo, MessageStatus, Part, PartBody, PartId, Todo,
};

/// So many messages and parts that have not come yet are waited for at most. What is lost beyond
/// that is repaired by the part's closing update.
const MAX_EARLY: usize = 1_000;

/// Messages, oldest first, from some point on to the newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    pub(super) messages: Vec<MessageState>,
    pub(super) todos: Vec<Todo>,
    /// For the messages before the first one here.
    pub(super) cursor: Option<String>,
    early: Vec<Early>,
    pub(super) reverted: Reverted,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct MessageState {
    pub info: MessageInfo,
    pub origin: Origin,
    pub turn: Turn,
    pub parts: Vec<PartState>,
    /// Dropped as no part of the answer; events may still tell of them.
    pub abandoned: Vec<PartId>,
}

/// Who knows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Server,
    /// Sidestream alone, so far.
    Own,
}

/// What came before the thing that it belongs to: order between families of events is not
/// guaranteed (v1 contract, rule 5).
#[derive(Clone, Debug, PartialEq)]
enum Early {
    Part(MessageId, IncomingPart),
    /// All deltas of the part, joined.
    Text(PartId, String),
}

/// What a client has to be told. Whole things, except for `Append`.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Message(MessageInfo),
    MessageRemoved(MessageId),
    Part(MessageId, Part),
    Append(MessageId, PartId, Field, String),
    PartRemoved(MessageId, PartId),
    Todos(Vec<Todo>),
    /// The difference cannot be told in pieces.
    Reset,
}

impl Transcript {
    pub fn message(&mut self, info: MessageInfo, changes: &mut Vec<Change>) {
        self.take_message(info, changes);
        let turned = take_turns(&mut self.messages);
        changes.extend(turned.into_iter().map(Change::Message));
    }

    fn take_message(&mut self, mut info: MessageInfo, changes: &mut Vec<Change>) {
        let known = self.messages.iter().position(|m| m.info.id == info.id);
        if let Some(at) = known {
            if self.messages[at].turn == Turn::Awaited && info.status == MessageStatus::Sent {
                info.status = MessageStatus::Queued;
            }
            let old = &self.messages[at].info;
            // A prompt that is sent again gets a later time from the server, which would put it
            // behind its own answer.
            let waits = self.messages[at].turn == Turn::Awaited;
            let was_told = self.messages[at].origin == Origin::Server;
            if waits || (was_told && old.status == MessageStatus::Sent) {
                info.time.created = info.time.created.min(old.time.created);
            }
            // Whose answer it is never changes. Not all events say it (v2 contract, §3.3), and what is
            // heard after REST was read may have been guessed from a later prompt.
            if old.parent_id.is_some() {
                info.parent_id.clone_from(&old.parent_id);
            }
            if is_step_back(old.status, info.status) || *old == info {
                return;
            }
            let moved = old.time.created != info.time.created;
            self.messages[at].info = info.clone();
            self.messages[at].origin = Origin::Server;
            if moved {
                let state = self.messages.remove(at);
                self.insert(state);
            }
            changes.push(Change::Message(info));
            return;
        }
        if self.is_before_window(&info) {
            return;
        }
        if info.time.created == 0 {
            // The legacy dialect's events have no time: such a message is the newest.
            info.time.created = self.messages.last().map_or(0, |m| m.info.time.created);
        }
        let id = info.id.clone();
        self.insert(MessageState {
            info: info.clone(),
            origin: Origin::Server,
            turn: Turn::default(),
            parts: Vec::new(),
            abandoned: Vec::new(),
        });
        changes.push(Change::Message(info));
        for early in self.take_early(|early| matches!(early, Early::Part(m, _) if *m == id)) {
            if let Early::Part(message_id, part) = early {
                self.part(message_id, part, changes);
            }
        }
    }

    /// A message of our own, which the server does not know yet.
    pub fn local_message(&mut self, info: MessageInfo, changes: &mut Vec<Change>) {
        let id = info.id.clone();
        self.message(info, changes);
        if let Some(own) = self.messages.iter_mut().find(|m| m.info.id == id) {
            own.origin = Origin::Own;
        }
    }

    pub fn message_removed(&mut self, id: &MessageId, changes: &mut Vec<Change>) {
        let before = self.messages.len();
        self.messages.retain(|message| message.info.id != *id);
        if self.messages.len() != before {
            changes.push(Change::MessageRemoved(id.clone()));
            let turned = take_turns(&mut self.messages);
            changes.extend(turned.into_iter().map(Change::Message));
        }
    }

    pub fn part(&mut self, message_id: MessageId, part: IncomingPart, changes: &mut Vec<Change>) {
        let Some(at) = self.messages.iter().rposition(|m| m.info.id == message_id) else {
            self.keep_early(Early::Part(message_id, part));
            return;
        };
        let known = self.messages[at]
            .parts
            .iter()
            .rposition(|known| known.part.id == part.part.id);
        if let Some(index) = known {
            changes.extend(self.messages[at].parts[index].update(&message_id, part));
            return;
        }
        let mut part = part;
        let id = part.part.id.clone();
        if part.growth.is_open() && self.messages[at].abandoned.contains(&id) {
            return;
        }
        for early in self.take_early(|early| matches!(early, Early::Text(p, _) if *p == id)) {
            if let (Early::Text(_, text), Growth::Open) = (early, part.growth)
                && let Some(grown) = text_of(&mut part.part.body)
            {
                grown.push_str(&text);
            }
        }
        let message = &mut self.messages[at];
        if part.part.body == PartBody::StepStart {
            changes.extend(message.drop_abandoned());
        }
        changes.push(Change::Part(message_id, part.part.clone()));
        // In the order of their ids, as REST has them: what a mentioned file brings with it is told
        // before the mention itself.
        let key = |id: &PartId| (id.as_str().len(), id.clone());
        let new = key(&part.part.id);
        let parts = &mut message.parts;
        let at = parts
            .iter()
            .rposition(|known| key(&known.part.id) <= new)
            .map_or(0, |known| known + 1);
        parts.insert(
            at,
            PartState {
                part: part.part,
                growth: part.growth,
            },
        );
    }

    pub fn delta(
        &mut self,
        message_id: MessageId,
        part_id: PartId,
        text: String,
        changes: &mut Vec<Change>,
    ) {
        let mut messages = self.messages.iter_mut().rev();
        let message = messages.find(|message| message.info.id == message_id);
        if let Some(message) = message {
            if message.abandoned.contains(&part_id) {
                return;
            }
            let mut parts = message.parts.iter_mut().rev();
            if let Some(part) = parts.find(|part| part.part.id == part_id) {
                // The closing update had the whole text already: to a closed part this delta is
                // an old one.
                if part.growth != Growth::Open {
                    return;
                }
                let field = match &mut part.part.body {
                    PartBody::Tool(tool) => {
                        tool.output.get_or_insert_default().push_str(&text);
                        Field::Output
                    }
                    body => match text_of(body) {
                        Some(grown) => {
                            grown.push_str(&text);
                            Field::Text
                        }
                        None => return,
                    },
                };
                changes.push(Change::Append(message_id, part_id, field, text));
                return;
            }
        }
        let early = self.early.iter_mut().find_map(|early| match early {
            Early::Text(part, text) if *part == part_id => Some(text),
            _ => None,
        });
        match early {
            Some(early) => early.push_str(&text),
            None => self.keep_early(Early::Text(part_id, text)),
        }
    }

    pub fn part_removed(
        &mut self,
        message_id: &MessageId,
        part_id: &PartId,
        changes: &mut Vec<Change>,
    ) {
        for message in self
            .messages
            .iter_mut()
            .filter(|m| m.info.id == *message_id)
        {
            let before = message.parts.len();
            message.parts.retain(|part| part.part.id != *part_id);
            if message.parts.len() != before {
                changes.push(Change::PartRemoved(message_id.clone(), part_id.clone()));
            }
        }
    }

    /// A message with all its parts, as the legacy dialect tells of every step.
    pub fn whole(&mut self, whole: IncomingMessage, changes: &mut Vec<Change>) {
        let mut info = whole.info;
        let id = info.id.clone();
        if let Some(known) = self.messages.iter().find(|m| m.info.id == id) {
            // Events of that dialect leave out who wrote it and when.
            if info.role != known.info.role {
                info.role = known.info.role;
                info.status = MessageStatus::Sent;
            }
            if info.time.created == 0 {
                info.time.created = known.info.time.created;
            }
            // Those of our own have other ids than the server's, where it names them.
            let is_in = |part: &PartId| whole.parts.iter().any(|new| new.part.id == *part);
            let parts = known.parts.iter().map(|part| part.part.id.clone());
            for gone in parts.filter(|part| !is_in(part)).collect::<Vec<_>>() {
                self.part_removed(&id, &gone, changes);
            }
        }
        self.message(info, changes);
        for part in whole.parts {
            self.part(id.clone(), part, changes);
        }
    }

    pub fn todos(&mut self, todos: Vec<Todo>, changes: &mut Vec<Change>) {
        if self.todos != todos {
            self.todos.clone_from(&todos);
            changes.push(Change::Todos(todos));
        }
    }

    /// Adds a page of older messages; those that are here already are left as they are.
    pub fn prepend(&mut self, older: Vec<IncomingMessage>, cursor: Option<String>) {
        for message in older {
            if !self.messages.iter().any(|m| m.info.id == message.info.id) {
                self.insert(message.into());
            }
        }
        self.cursor = cursor;
    }

    /// Forgets the messages before this one: the client asked for no more.
    pub fn begin_at(&mut self, oldest: Option<&MessageId>, cursor: Option<String>) {
        let at = self
            .messages
            .iter()
            .position(|m| Some(&m.info.id) == oldest);
        self.messages.drain(..at.unwrap_or_default());
        self.cursor = cursor;
    }

    /// A part, whole, in sight or not.
    pub fn whole_part(&self, message: &MessageId, part: &PartId) -> Option<&Part> {
        let message = self.messages.iter().find(|m| m.info.id == *message)?;
        let mut parts = message.parts.iter().map(|state| &state.part);
        parts.find(|known| known.id == *part)
    }

    /// As clients see it.
    pub fn to_messages(&self) -> Vec<Message> {
        let shown = self.messages.iter().filter(|m| self.reverted.shows(m));
        shown
            .map(|message| cut::message(self.reverted.strip(message)))
            .collect()
    }

    /// Keeps the messages sorted by time, then id (v1 contract, rule 10).
    pub(super) fn insert(&mut self, message: MessageState) {
        let key = |m: &MessageState| (m.info.time.created, m.info.id.clone());
        let new = key(&message);
        let at = self
            .messages
            .iter()
            .rposition(|known| key(known) <= new)
            .map_or(0, |before| before + 1);
        self.messages.insert(at, message);
    }

    /// Older than what was loaded: the client gets it by `session/history`.
    fn is_before_window(&self, info: &MessageInfo) -> bool {
        self.cursor.is_some()
            && info.time.created != 0
            && self
                .messages
                .first()
                .is_some_and(|first| info.time.created < first.info.time.created)
    }

    fn keep_early(&mut self, early: Early) {
        // A later state of a part takes the place of an earlier one.
        if let Early::Part(_, new) = &early {
            self.early.retain(
                |known| !matches!(known, Early::Part(_, old) if old.part.id == new.part.id),
            );
        }
        if self.early.len() == MAX_EARLY {
            self.early.remove(0);
        }
        self.early.push(early);
    }

    fn take_early(&mut self, wanted: impl Fn(&Early) -> bool) -> Vec<Early> {
        if self.early.is_empty() {
            return Vec::new();
        }
        self.early.extract_if(.., |early| wanted(early)).collect()
    }
}

impl MessageState {
    pub fn to_message(&self) -> Message {
        Message {
            info: self.info.clone(),
            parts: self.parts.iter().map(|part| part.part.clone()).collect(),
        }
    }

    /// A model's provider that fails in mid-answer leaves unfinished text, and the next try
    /// begins a new step in the same message: what was left is not part of the answer
    /// (v1 contract, §4).
    pub fn drop_abandoned(&mut self) -> Vec<Change> {
        let unfinished = self.parts.extract_if(.., |part| {
            part.growth == Growth::Open
                && matches!(part.part.body, PartBody::Text(_) | PartBody::Reasoning(_))
        });
        let mut changes = Vec::new();
        for part in unfinished {
            self.abandoned.push(part.part.id.clone());
            changes.push(Change::PartRemoved(self.info.id.clone(), part.part.id));
        }
        changes
    }
}

impl From<IncomingMessage> for MessageState {
    fn from(message: IncomingMessage) -> Self {
        let mut state = Self {
            info: message.info,
            origin: Origin::Server,
            turn: Turn::default(),
            parts: Vec::with_capacity(message.parts.len()),
            abandoned: Vec::new(),
        };
        for part in message.parts {
            if part.part.body == PartBody::StepStart {
                state.drop_abandoned();
            }
            state.parts.push(PartState {
                part: part.part,
                growth: part.growth,
            });
        }
        state
    }
}

/// A message that has ended does not begin again, and one that was delivered does not wait again: such
/// an event is an old one.
fn is_step_back(old: MessageStatus, new: MessageStatus) -> bool {
    if old == MessageStatus::Sent {
        return new == MessageStatus::Queued;
    }
    let ended = matches!(
        old,
        MessageStatus::Complete | MessageStatus::Error | MessageStatus::Aborted
    );
    ended && new == MessageStatus::Streaming
}

#[cfg(test)]
mod tests;
