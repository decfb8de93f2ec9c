//! Messages that the user took back: the server lists them on until the next prompt, clients do not
//! see them (v1 contract, §5, revert).

use std::collections::HashSet;

use super::merge::{Gap, Run};
use super::transcript::{Change, MessageState, Transcript};
use crate::opencode::event::MessagePage;
use crate::protocol::{Message, MessageId, PartId, Revert, Todo};

/// What is out of sight.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reverted {
    messages: HashSet<MessageId>,
    parts: HashSet<PartId>,
}

impl Reverted {
    /// All from the named message or part on. One that lies before the first message here is
    /// older than all of them.
    fn of(transcript: &Transcript, revert: Option<&Revert>) -> Self {
        let Some(revert) = revert else {
            return Self::default();
        };
        let messages = &transcript.messages;
        let at = messages.iter().position(|m| m.info.id == revert.message_id);
        let first = match (at, &revert.part_id) {
            (Some(at), None) => at,
            (Some(at), Some(_)) => at + 1,
            (None, _) if transcript.cursor.is_some() => 0,
            (None, _) => messages.len(),
        };
        let parts = at.zip(revert.part_id.as_ref()).map(|(at, part_id)| {
            let parts = messages[at].parts.iter().map(|state| &state.part.id);
            parts.skip_while(|id| *id != part_id).cloned().collect()
        });
        let hidden = messages[first..].iter().map(|m| m.info.id.clone());
        Self {
            messages: hidden.collect(),
            parts: parts.unwrap_or_default(),
        }
    }

    pub fn shows(&self, message: &MessageState) -> bool {
        !self.messages.contains(&message.info.id)
    }

    /// A message without its parts that are out of sight.
    pub fn strip(&self, message: &MessageState) -> Message {
        let mut message = message.to_message();
        message.parts.retain(|part| !self.parts.contains(&part.id));
        message
    }

    /// Whether clients are told of a change.
    pub fn lets_through(&self, change: &Change) -> bool {
        match change {
            Change::Message(info) => !self.messages.contains(&info.id),
            Change::MessageRemoved(id) => !self.messages.contains(id),
            Change::Part(message, part) => {
                !self.messages.contains(message) && !self.parts.contains(&part.id)
            }
            Change::Append(message, part, ..) | Change::PartRemoved(message, part) => {
                !self.messages.contains(message) && !self.parts.contains(part)
            }
            Change::Todos(_) | Change::Reset => true,
        }
    }
}

impl Transcript {
    /// Takes messages out of sight, or back into it.
    pub fn set_reverted(&mut self, revert: Option<&Revert>, changes: &mut Vec<Change>) {
        let after = Reverted::of(self, revert);
        if after == self.reverted {
            return;
        }
        let before = std::mem::replace(&mut self.reverted, after);
        for message in &self.messages {
            let id = &message.info.id;
            match (before.shows(message), self.reverted.shows(message)) {
                (true, false) => changes.push(Change::MessageRemoved(id.clone())),
                (false, true) => {
                    changes.push(Change::Message(message.info.clone()));
                    let parts = self.reverted.strip(message).parts.into_iter();
                    changes.extend(parts.map(|part| Change::Part(id.clone(), part)));
                }
                (false, false) => {}
                (true, true) => {
                    // A client puts a part that comes back at the end, where these were.
                    for part in &message.parts {
                        let id = &part.part.id;
                        match (before.parts.contains(id), self.reverted.parts.contains(id)) {
                            (false, true) => changes
                                .push(Change::PartRemoved(message.info.id.clone(), id.clone())),
                            (true, false) => changes
                                .push(Change::Part(message.info.id.clone(), part.part.clone())),
                            _ => {}
                        }
                    }
                }
            }
        }
    }

    /// [`Transcript::merge`], for a transcript with messages out of sight.
    pub fn refresh(
        &mut self,
        page: MessagePage,
        todos: Vec<Todo>,
        run: Run,
        gap: Gap,
        revert: Option<Revert>,
    ) -> Vec<Change> {
        let mut changes = self.merge(page, todos, run, gap);
        changes.retain(|change| self.reverted.lets_through(change));
        self.set_reverted(revert.as_ref(), &mut changes);
        changes
    }
}
