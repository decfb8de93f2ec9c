//! What a command writes while it runs, where its server does not tell it but has to be asked (v2
//! contract, §3.4).

use std::time::Duration;

use tokio::time::sleep;

use super::actor::Actor;
use crate::opencode::event::Event;
use crate::protocol::{MessageId, PartId, SessionId};

/// A person watches it grow; a request takes a few milliseconds.
const ASKED_EVERY: Duration = Duration::from_millis(150);

/// A part whose output grows.
pub(super) struct Growing {
    pub session: SessionId,
    pub message: MessageId,
    pub part: PartId,
    pub source: String,
    /// How much of it is known, in bytes.
    pub known: u64,
}

impl Actor {
    /// Asks for more, again and again, until the part is closed or the server says no.
    pub(super) fn follow_output(&self, growing: Growing) {
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        self.spawn_work(
            async move {
                sleep(ASKED_EVERY).await;
                let more = dialect.output(&growing.source, growing.known).await;
                (more, growing)
            },
            |actor, (more, growing)| match more {
                Ok((text, known)) => actor.output_grew(text, Growing { known, ..growing }),
                // A command that has ended is forgotten after a while; its end brings all of it.
                Err(error) => tracing::debug!("{} tells no more: {error}", growing.source),
            },
        );
    }

    fn output_grew(&mut self, text: String, growing: Growing) {
        let part = self
            .replica
            .part(&growing.session, &growing.message, &growing.part);
        let is_live = part.is_some_and(|part| match &part.body {
            crate::protocol::PartBody::Tool(tool) => tool.status.is_live(),
            _ => false,
        });
        if !is_live {
            return;
        }
        if !text.is_empty() {
            self.replica.apply(Event::Delta {
                session_id: growing.session.clone(),
                message_id: growing.message.clone(),
                part_id: growing.part.clone(),
                text,
            });
        }
        self.follow_output(growing);
    }
}
