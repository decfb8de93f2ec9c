//! A command of the user's own: an answer that is one tool's part.

use crate::opencode::event::{Body, Event, RunStatus};
use crate::opencode::v2::message;
use crate::opencode::v2::reply::Reply;
use crate::opencode::v2::tool_part;
use crate::opencode::v2::wire;
use crate::protocol::{MessageId, Role, SessionId};

use super::{Work, status};

impl Work {
    /// A command of the user's own has no run around it (v2 contract, §3.5): it is one itself.
    pub fn shell(
        &mut self,
        session: &SessionId,
        event: wire::ShellEvent,
        own_id: MessageId,
        at: u64,
    ) -> Body {
        let is_over = event.shell.status != wire::ShellStatus::Running;
        let known = self.shells.remove(&event.shell.id);
        let id = match (known, is_over) {
            (Some(id), _) => id,
            (None, false) => own_id,
            (None, true) => return self.lose(session),
        };
        let reply = self
            .replies
            .entry(id.clone())
            .or_insert_with(|| Reply::new(message::info(id.clone(), session, Role::Assistant, at)));
        let time = wire::Time {
            created: reply.info.time.created,
            ran: None,
            completed: is_over.then_some(at),
        };
        let (state, part) = tool_part::shell_part(&id, &event.shell, event.output, &time);
        reply.info.status = state;
        reply.info.time.completed = time.completed;
        let part_id = part.part.id.clone();
        let mut events = vec![
            reply.told(),
            Event::Part {
                session_id: session.clone(),
                message_id: id.clone(),
                part,
            },
        ];
        if is_over {
            self.replies.remove(&id);
        } else {
            events.push(Event::OutputElsewhere {
                session_id: session.clone(),
                message_id: id.clone(),
                part_id,
                source: event.shell.id.clone(),
            });
            self.shells.insert(event.shell.id, id);
        }
        if self.run == RunStatus::Idle {
            let run = match self.has_shell() {
                true => RunStatus::Busy,
                false => RunStatus::Idle,
            };
            events.push(status(session, run));
        }
        Body::Several(events)
    }
}
