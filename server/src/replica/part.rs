//! One part of a message: what a newer state of it changes, and how that is told.

use super::tail;
use super::transcript::Change;
use crate::opencode::event::{Growth, IncomingPart};
use crate::protocol::notifications::Field;
use crate::protocol::{MessageId, Part, PartBody};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PartState {
    pub part: Part,
    pub growth: Growth,
}

impl PartState {
    /// Takes a newer state of the same part, and says how to tell it.
    pub fn update(&mut self, message_id: &MessageId, mut new: IncomingPart) -> Option<Change> {
        if self.growth == Growth::Closed && new.growth.is_open() {
            // An old event, told again or late.
            return None;
        }
        self.growth = new.growth;
        self.join_tail(&mut new.part.body, new.growth);
        self.keep_live_output(&mut new.part.body, new.growth);
        if self.part.body == new.part.body {
            return None;
        }
        if new.growth == Growth::Open && self.has_longer_text(&mut new.part.body) {
            return None;
        }
        let added = added_text(&mut self.part.body, &mut new.part.body);
        self.part.body = new.part.body;
        let (message_id, part_id) = (message_id.clone(), self.part.id.clone());
        match added {
            Some((field, text)) => Some(Change::Append(message_id, part_id, field, text)),
            None => Some(Change::Part(message_id, self.part.clone())),
        }
    }

    /// Where only the end of a tool's output is told, puts what is known before it.
    pub fn join_tail(&self, new: &mut PartBody, growth: Growth) {
        if let (PartBody::Tool(old), PartBody::Tool(new), Growth::Tail) =
            (&self.part.body, new, growth)
            && let (Some(known), Some(end)) = (&old.output, &mut new.output)
            && let Some(joined) = tail::join(known, end)
        {
            *end = joined;
        }
    }

    /// What a command writes while it runs is not in all that is told of it (v2 contract, §3.4): ours
    /// stays until its end brings all of it.
    pub fn keep_live_output(&self, new: &mut PartBody, growth: Growth) {
        if let (PartBody::Tool(old), PartBody::Tool(new)) = (&self.part.body, new)
            && growth.is_open()
            && new.output.is_none()
        {
            new.output.clone_from(&old.output);
        }
    }

    /// A piece of this open text may have been missed.
    pub fn mark_hole(&mut self) {
        match &mut self.part.body {
            PartBody::Text(text) => text.partial = true,
            PartBody::Reasoning(text) => text.partial = true,
            _ => {}
        }
    }

    /// An update of open text that says less than the deltas did. One exception: ours is empty,
    /// and so is the new one. Then this is the text's beginning, and nothing of it was missed.
    fn has_longer_text(&mut self, new: &mut PartBody) -> bool {
        match (text_of(&mut self.part.body), text_of(new)) {
            (Some(old), Some(new)) => !old.is_empty() && old.starts_with(new.as_str()),
            _ => false,
        }
    }
}

/// What the new body has more than the old one, if that is the only difference and it is text at
/// the end of a field.
fn added_text(old: &mut PartBody, new: &mut PartBody) -> Option<(Field, String)> {
    let added = |old: &str, new: &str| new.strip_prefix(old).map(str::to_owned);
    let (field, text) = match (old, new) {
        (PartBody::Text(old), PartBody::Text(new)) => {
            let alike = old.synthetic == new.synthetic && old.partial == new.partial;
            // Behind a hole, only the whole text helps.
            let added = added(&old.text, &new.text).filter(|_| alike && !old.partial);
            (Field::Text, added?)
        }
        (PartBody::Tool(old), PartBody::Tool(new)) => {
            let (before, after) = (old.output.take(), new.output.take());
            let alike = old == new;
            let text = after.as_deref().and_then(|after| {
                added(before.as_deref().unwrap_or_default(), after).filter(|_| alike)
            });
            new.output = after;
            (Field::Output, text?)
        }
        _ => return None,
    };
    // Nothing at all is no append: empty output is not the same as none.
    Some((field, text)).filter(|(_, text)| !text.is_empty())
}

/// The text that deltas add to.
pub(super) fn text_of(body: &mut PartBody) -> Option<&mut String> {
    match body {
        PartBody::Text(part) => Some(&mut part.text),
        PartBody::Reasoning(part) => Some(&mut part.text),
        _ => None,
    }
}
