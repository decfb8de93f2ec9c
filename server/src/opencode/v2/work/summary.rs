//! The summary that a compaction makes: an answer of its own.

use crate::opencode::event::{Body, Event, Growth};
use crate::opencode::v2::message::{self, COMPACTION};
use crate::opencode::v2::reply::{Kind, Reply};
use crate::opencode::v2::wire;
use crate::protocol::{MessageId, MessageInfo, MessageStatus, PartBody, Role, SessionId};

use super::Work;

impl Work {
    pub fn begin_summary(
        &mut self,
        session: &SessionId,
        id: MessageId,
        begun: &wire::CompactionEvent,
        at: u64,
    ) -> Body {
        let mut reply = Reply::new(MessageInfo {
            agent: Some(COMPACTION.to_owned()),
            ..message::info(id.clone(), session, Role::Assistant, at)
        });
        let auto = begun.reason == wire::CompactionReason::Auto;
        let events = vec![
            reply.told(),
            reply.push(PartBody::Compaction { auto }, Growth::Closed),
            reply.begin(Kind::Text, 0, at),
        ];
        self.replies.insert(id.clone(), reply);
        self.summary = Some(id);
        Body::Several(events)
    }

    pub(super) fn summary_grew(&self, session: &SessionId, grown: wire::CompactionEvent) -> Body {
        let reply = self.summary.as_ref().and_then(|id| self.replies.get(id));
        match reply.and_then(|reply| Some((reply, reply.fragment(Kind::Text, 0)?))) {
            Some((reply, part_id)) => Body::Event(Event::Delta {
                session_id: session.clone(),
                message_id: reply.info.id.clone(),
                part_id,
                text: grown.text,
            }),
            None => Body::Skipped,
        }
    }

    pub(super) fn end_summary(
        &mut self,
        session: &SessionId,
        ended: wire::CompactionEvent,
        at: u64,
    ) -> Body {
        let reply = self.summary.take().and_then(|id| self.replies.remove(&id));
        let Some(mut reply) = reply else {
            return self.lose(session);
        };
        reply.info.error = ended.error.map(message::error);
        reply.info.status = match reply.info.error {
            None => MessageStatus::Complete,
            Some(_) => MessageStatus::Error,
        };
        reply.info.model = ended.model.map(Into::into);
        reply.info.cost = ended.cost;
        reply.info.tokens = ended.tokens;
        let text = match &reply.info.error {
            None => Some(reply.end(Kind::Text, 0, ended.text, at)),
            // REST shows none of it.
            Some(_) => reply.drop_fragment(Kind::Text, 0),
        };
        Body::Several(text.into_iter().chain([reply.told()]).collect())
    }
}
