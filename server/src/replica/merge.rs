//! A page of REST answers laid over a transcript: the newer truth, without losing what only the
//! stream knows, told as the smallest set of changes.
//!
//! The page is newer than the transcript: events that came since the page was asked for are held
//! back and applied after it.

use std::collections::HashSet;

use super::part::{PartState, text_of};
use super::transcript::{Change, MessageState, Origin, Transcript};
use super::turns::{Turn, take_turns};
use crate::opencode::event::{Growth, IncomingMessage, IncomingPart, MessagePage};
use crate::protocol::{MessageId, MessageStatus, PartBody, Role, Todo, ToolStatus};

/// Whether the session has a run under way, as the server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    Live,
    /// What is not complete now never will be.
    Over,
}

/// Whether events may have been missed since the transcript was last true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    None,
    Possible,
}

impl Transcript {
    /// Takes over the newest messages and todos.
    pub fn merge(
        &mut self,
        page: MessagePage,
        todos: Vec<Todo>,
        run: Run,
        gap: Gap,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let messages = page.messages.into_iter();
        let mut page_messages: Vec<MessageState> = messages
            .map(|message| self.reconcile(message, gap))
            .collect();
        settle(&mut page_messages, run);
        keep_server_order(&mut page_messages);
        take_turns(&mut page_messages);

        let in_page: HashSet<MessageId> = page_messages.iter().map(|m| m.info.id.clone()).collect();
        // Messages before the page are still there when the server says that there are older
        // ones. Queued ones are ours: the server does not know them yet.
        let first = page_messages.first().map(|m| m.info.time.created);
        let has_older = page.cursor.is_some();
        let overlaps = self.messages.iter().any(|m| in_page.contains(&m.info.id));
        let mut old = std::mem::take(&mut self.messages);
        if !overlaps && !old.is_empty() && !page_messages.is_empty() && has_older {
            // So much came in between that nothing connects the two.
            self.cursor = page.cursor;
            self.messages = page_messages;
            for queued in old.into_iter().filter(is_unsent) {
                self.insert(queued);
            }
            self.todos = todos;
            return vec![Change::Reset];
        }

        let mut kept = Vec::new();
        for message in old.extract_if(.., |m| !in_page.contains(&m.info.id)) {
            let before_page = has_older && first.is_some_and(|at| message.info.time.created < at);
            if before_page || is_unsent(&message) {
                kept.push(message);
            } else {
                changes.push(Change::MessageRemoved(message.info.id));
            }
        }
        if !kept.iter().any(|m| !is_unsent(m)) {
            self.cursor = page.cursor;
        }
        for message in page_messages {
            let before = old.iter().find(|m| m.info.id == message.info.id);
            changes.extend(differences(before, &message));
            self.messages.push(message);
        }
        for message in kept {
            self.insert(message);
        }
        self.todos(todos, &mut changes);
        if changes.contains(&Change::Reset) {
            changes = vec![Change::Reset];
        }
        changes
    }

    /// The server's message with what only we know: text that is still streamed, and what we
    /// have called interrupted before.
    fn reconcile(&self, new: IncomingMessage, gap: Gap) -> MessageState {
        let old = self.messages.iter().find(|m| m.info.id == new.info.id);
        let mut state = MessageState::from(new);
        let mut was_cut_off = false;
        for part in &mut state.parts {
            let old = old.and_then(|m| m.parts.iter().find(|p| p.part.id == part.part.id));
            match (old, part.growth.is_open()) {
                (Some(old), true) => {
                    old.join_tail(&mut part.part.body, part.growth);
                    part.keep_longer_text(old, gap);
                    old.keep_live_output(&mut part.part.body, part.growth);
                }
                (Some(old), false) => was_cut_off |= part.keep_lost_text(old),
                (None, true) => part.mark_unseen(),
                (None, false) => {}
            }
        }
        if was_cut_off && state.info.status == MessageStatus::Complete {
            state.info.status = MessageStatus::Interrupted;
        }
        if let Some(old) = old
            && old.info.status == MessageStatus::Interrupted
            && state.info.status == MessageStatus::Streaming
        {
            state.interrupt();
        }
        state
    }
}

impl PartState {
    /// REST shows open text as empty (v1 contract, rule 2): ours is longer. Versions before 1.2
    /// show what there is, which then is the truth.
    fn keep_longer_text(&mut self, old: &PartState, gap: Gap) {
        let (was_partial, old_text) = match &old.part.body {
            PartBody::Text(old) => (old.partial, &old.text),
            PartBody::Reasoning(old) => (old.partial, &old.text),
            _ => return,
        };
        let Some(text) = text_of(&mut self.part.body) else {
            return;
        };
        let is_truth = !text.is_empty() && text.len() >= old_text.len();
        if !is_truth && old_text.starts_with(text.as_str()) {
            text.clone_from(old_text);
            if was_partial || gap == Gap::Possible {
                self.mark_hole();
            }
        }
    }

    /// A server that died had stored nothing of a text that it was streaming; when it goes on, 2.x calls the
    /// message complete (v2 contract, §1.4). Says whether this is such a text.
    fn keep_lost_text(&mut self, old: &PartState) -> bool {
        let old_text = match &old.part.body {
            PartBody::Text(old) => &old.text,
            PartBody::Reasoning(old) => &old.text,
            _ => return false,
        };
        let is_lost = !old_text.is_empty()
            && text_of(&mut self.part.body).is_some_and(|text| text.is_empty());
        if is_lost {
            self.part.body = old.part.body.clone();
            self.mark_hole();
        }
        is_lost
    }

    /// Open, and its start was not seen: what was streamed so far is not known.
    fn mark_unseen(&mut self) {
        if text_of(&mut self.part.body).is_some_and(|text| text.is_empty()) {
            self.mark_hole();
        }
    }
}

impl MessageState {
    /// Its parts stay open: a run that began while REST was asked goes on by events.
    fn interrupt(&mut self) {
        self.info.status = MessageStatus::Interrupted;
        for part in self.parts.iter_mut().filter(|p| p.growth.is_open()) {
            if let PartBody::Tool(tool) = &mut part.part.body {
                tool.status = ToolStatus::Interrupted;
            }
        }
    }
}

/// It waits here, or was not wanted by the server: that cannot know it.
fn is_unsent(message: &MessageState) -> bool {
    let is_own = message.origin == Origin::Own && message.turn == Turn::Come;
    let status = message.info.status;
    is_own && matches!(status, MessageStatus::Queued | MessageStatus::Error)
}

/// The server lists messages in their order, whatever their times say: a prompt that was sent
/// again has a later time than its own answer. Clients sort by time.
fn keep_server_order(messages: &mut [MessageState]) {
    let waits = |message: &MessageState| message.info.status == MessageStatus::Queued;
    let mut latest = u64::MAX;
    let mut newest = 0;
    for message in messages.iter_mut().rev().filter(|m| !waits(m)) {
        latest = latest.min(message.info.time.created);
        newest = newest.max(latest);
        message.info.time.created = latest;
    }
    // What waits for its turn stands behind all others, however long ago it was sent (v2 contract, §3.6).
    for message in messages.iter_mut().filter(|m| waits(m)) {
        message.info.time.created = message.info.time.created.max(newest);
    }
}

/// After a crash, messages and tools stay unfinished in the server's database for ever
/// (v1 contract, §3). Only the last reply of a live run can still be going on.
fn settle(messages: &mut [MessageState], run: Run) {
    let last_reply = messages
        .iter()
        .rposition(|m| m.info.role == Role::Assistant);
    for (at, message) in messages.iter_mut().enumerate() {
        let live = run == Run::Live && Some(at) == last_reply;
        if message.info.status == MessageStatus::Streaming && !live {
            message.interrupt();
        }
    }
}

/// What to tell a client that knows the old message, or none.
fn differences(old: Option<&MessageState>, new: &MessageState) -> Vec<Change> {
    let id = &new.info.id;
    let Some(old) = old else {
        let mut changes = vec![Change::Message(new.info.clone())];
        let parts = new.parts.iter();
        changes.extend(parts.map(|p| Change::Part(id.clone(), p.part.clone())));
        return changes;
    };
    let mut changes = Vec::new();
    if old.info != new.info {
        changes.push(Change::Message(new.info.clone()));
    }
    let is_in = |parts: &[PartState], part: &PartState| {
        parts.iter().any(|other| other.part.id == part.part.id)
    };
    for gone in old.parts.iter().filter(|part| !is_in(&new.parts, part)) {
        changes.push(Change::PartRemoved(id.clone(), gone.part.id.clone()));
    }
    // Clients put a new part at the end. Where that would be wrong, only a reset helps.
    let still: Vec<_> = old.parts.iter().filter(|p| is_in(&new.parts, p)).collect();
    let in_order = still
        .iter()
        .zip(&new.parts)
        .all(|(old, new)| old.part.id == new.part.id);
    if !in_order {
        return vec![Change::Reset];
    }
    for (index, part) in new.parts.iter().enumerate() {
        match still.get(index) {
            Some(before) => {
                let mut before = (*before).clone();
                // The page is the truth here, so nothing in it is an old event.
                before.growth = Growth::Open;
                changes.extend(before.update(
                    id,
                    IncomingPart {
                        part: part.part.clone(),
                        growth: Growth::Closed,
                    },
                ));
            }
            None => changes.push(Change::Part(id.clone(), part.part.clone())),
        }
    }
    changes
}
