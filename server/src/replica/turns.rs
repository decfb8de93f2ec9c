//! Which prompts wait for their turn. OpenCode 1.x keeps a prompt that comes while it answers, and does
//! not say so; the order of the messages does.

use super::transcript::MessageState;
use crate::protocol::{MessageInfo, MessageStatus, Role};

/// Whether a prompt that the server has waits behind an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Turn {
    #[default]
    Come,
    Awaited,
}

/// Prompts behind an answer that goes on wait for their turn, which comes when it has ended or when
/// another answer follows them. Gives those for which that is news.
pub(super) fn take_turns(messages: &mut [MessageState]) -> Vec<MessageInfo> {
    let last = messages
        .iter()
        .rposition(|message| message.info.role == Role::Assistant);
    let goes_on = last.filter(|&at| messages[at].info.status == MessageStatus::Streaming);
    let mut news = Vec::new();
    for (at, message) in messages.iter_mut().enumerate() {
        let waits = goes_on.is_some_and(|answer| answer < at);
        let (turn, status) = match (message.turn, message.info.status) {
            (Turn::Come, MessageStatus::Sent) if waits => (Turn::Awaited, MessageStatus::Queued),
            (Turn::Awaited, MessageStatus::Queued) if !waits => (Turn::Come, MessageStatus::Sent),
            _ => continue,
        };
        message.turn = turn;
        message.info.status = status;
        news.push(message.info.clone());
    }
    news
}
