//! What is under way in one session of OpenCode 2.x, and what an event of its inbox or run adds to it.

mod shell;
mod steps;
mod summary;

use std::collections::HashMap;

use super::message::{self, COMPACTION, Reader};
use super::projection::read;
use super::reply::{Kind, Reply};
use super::wire;
use crate::opencode::event::{Body, Event, IncomingMessage, RunStatus};
use crate::protocol::{MessageError, MessageId, MessageStatus, Role, SessionId};

/// What is under way in a session.
#[derive(Debug, Default)]
pub(super) struct Work {
    question: Question,
    /// What waits for its turn.
    inbox: HashMap<MessageId, Waiting>,
    replies: HashMap<MessageId, Reply>,
    /// The summary that is being made.
    summary: Option<MessageId>,
    /// The user's own commands that run, by the shell's id.
    shells: HashMap<String, MessageId>,
    /// The model's run; the user's own commands are none.
    run: RunStatus,
    /// The number of the event that said so, and of the present one.
    run_heard: u64,
    heard: u64,
    /// The last event's place among all of the session.
    seq: Option<u64>,
    /// The last event that could not be understood: an answer to what was asked before it is too old
    /// to understand those after it.
    lost: u64,
    /// The last event that ended a run.
    ended: u64,
}

/// The user's message that an answer which begins now is to.
#[derive(Debug, Default)]
enum Question {
    /// It came before the connection, and REST has not been read yet.
    #[default]
    Unknown,
    /// None for an answer to what OpenCode itself has said.
    Known(Option<MessageId>),
}

#[derive(Debug)]
enum Waiting {
    User(Box<IncomingMessage>),
    /// What OpenCode puts there by itself, and what is not shown.
    Other,
}

impl Work {
    /// One whose run was heard of before it was known to be here.
    pub fn that_runs(run: RunStatus, heard: u64) -> Self {
        Self {
            run,
            run_heard: heard,
            ..Self::default()
        }
    }

    /// Whether an event was not heard before: its place grows (§2.3).
    pub fn is_news(&mut self, seq: u64) -> bool {
        let is_news = self.seq.is_none_or(|last| seq > last);
        if is_news {
            self.seq = Some(seq);
        }
        is_news
    }

    /// The place of the last event that was heard.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        self.seq
    }

    /// An event with this number is about to be told.
    pub fn hear(&mut self, heard: u64) {
        self.heard = heard;
    }

    /// Takes the run that REST shows, unless an event since it was asked says more. Answers how the
    /// session is.
    pub fn settle(&mut self, asked: u64, active: RunStatus) -> RunStatus {
        let waits_still = matches!(self.run, RunStatus::Retry { .. }) && active == RunStatus::Busy;
        if self.run_heard <= asked && !waits_still {
            self.run = active;
        }
        match self.run {
            RunStatus::Idle if self.has_shell() => RunStatus::Busy,
            _ => self.run.clone(),
        }
    }

    /// What an event is about is not known; the session is read again.
    fn lose(&mut self, session: &SessionId) -> Body {
        self.lost = self.heard;
        Body::Event(Event::ContentChanged(session.clone()))
    }

    fn set_run(&mut self, session: &SessionId, run: RunStatus) -> Event {
        self.run = run.clone();
        self.run_heard = self.heard;
        status(session, run)
    }

    /// What REST shows, for what is not known from events.
    pub fn learn(&mut self, asked: u64, messages: &[IncomingMessage]) {
        // What ran when REST was asked may have ended since: then it is not under way.
        let is_too_old = self.lost > asked || self.ended > asked;
        // A prompt whose delivery was heard is the newer one.
        if matches!(self.question, Question::Unknown) && !is_too_old {
            let mut prompts = messages.iter().rev();
            let is_prompt = |message: &&IncomingMessage| {
                let info = &message.info;
                info.role == Role::User && info.status != MessageStatus::Queued
            };
            let last = prompts.find(is_prompt);
            self.question = Question::Known(last.map(|message| message.info.id.clone()));
        }
        for message in messages {
            let id = &message.info.id;
            if let Some(reply) = self.replies.get_mut(id)
                && reply.info.parent_id.is_none()
            {
                reply.info.parent_id.clone_from(&message.info.parent_id);
            }
            match (message.info.role, message.info.status) {
                (Role::User, MessageStatus::Queued) => {
                    let waiting = Waiting::User(Box::new(message.clone()));
                    self.inbox.insert(id.clone(), waiting);
                }
                (Role::Assistant, MessageStatus::Streaming) if !is_too_old => {
                    if message.info.agent.as_deref() == Some(COMPACTION) {
                        self.summary = Some(id.clone());
                    }
                    let reply = self.replies.entry(id.clone());
                    reply.or_insert_with(|| Reply::of(message));
                }
                (Role::User | Role::Assistant, _) => {}
            }
        }
    }

    /// Whether a command of the user's own runs.
    pub fn has_shell(&self) -> bool {
        !self.shells.is_empty()
    }

    /// An event of the inbox or of a run.
    pub fn event(
        &mut self,
        reader: Reader<'_>,
        session: &SessionId,
        kind: &str,
        data: &str,
        at: u64,
    ) -> serde_json::Result<Body> {
        Ok(match kind {
            "inbox.enqueued" => {
                let enqueued: wire::Enqueued = read(data)?;
                let id = enqueued.inbox_id;
                let wire::InboxItem::User { payload } = enqueued.item else {
                    self.inbox.insert(id, Waiting::Other);
                    return Ok(Body::Skipped);
                };
                let status = MessageStatus::Queued;
                let message = Box::new(reader.user(id.clone(), payload, session, at, status));
                self.inbox.insert(id, Waiting::User(message.clone()));
                Body::Event(Event::Whole(message))
            }
            "inbox.delivered" => {
                let id = read::<wire::OfInbox>(data)?.inbox_id;
                match self.inbox.remove(&id) {
                    Some(Waiting::User(mut message)) => {
                        message.info.status = MessageStatus::Sent;
                        message.info.time.created = at;
                        self.question = Question::Known(Some(id));
                        Body::Event(Event::Whole(message))
                    }
                    Some(Waiting::Other) => Body::Skipped,
                    // It was put there before the connection was made, and may be the user's.
                    None => {
                        self.question = Question::Unknown;
                        self.lose(session)
                    }
                }
            }
            "inbox.cancelled" => {
                let message_id = read::<wire::OfInbox>(data)?.inbox_id;
                self.inbox.remove(&message_id);
                Body::Event(Event::MessageRemoved {
                    session_id: session.clone(),
                    message_id,
                })
            }
            "execution.started" => Body::Event(self.set_run(session, RunStatus::Busy)),
            "execution.failed" => {
                let failed: wire::Failed = read(data)?;
                let mut events = vec![Event::Failed {
                    session_id: Some(session.clone()),
                    error: failed.error.map_or_else(unknown_error, message::error),
                }];
                events.extend(self.end_run(session));
                Body::Several(events)
            }
            "execution.succeeded" | "execution.interrupted" => Body::Several(self.end_run(session)),
            "retry.scheduled" => {
                let retry: wire::Retry = read(data)?;
                Body::Event(self.set_run(session, retry.into()))
            }
            "step.started" => self.begin_step(session, read(data)?),
            "step.streamed" | "tool.input.ended" | "tool.input.delta" => Body::Skipped,
            "step.ended" | "step.failed" => self.end_step(reader, session, read(data)?, at),
            "compaction.delta" => self.summary_grew(session, read(data)?),
            "compaction.ended" | "compaction.failed" => self.end_summary(session, read(data)?, at),
            _ => match kind.split_once('.') {
                Some(("text", phase)) => self.fragment(session, Kind::Text, phase, read(data)?, at),
                Some(("reasoning", phase)) => {
                    self.fragment(session, Kind::Reasoning, phase, read(data)?, at)
                }
                Some(("tool", phase)) => self.tool(reader, session, phase, read(data)?, at),
                _ => Body::Unknown,
            },
        })
    }

    /// What is unfinished now stays so: an abort while the next try was awaited says no more.
    fn end_run(&mut self, session: &SessionId) -> Vec<Event> {
        let idle = self.set_run(session, RunStatus::Idle);
        self.ended = self.heard;
        self.summary = None;
        let mut events = Vec::new();
        for (id, mut reply) in std::mem::take(&mut self.replies) {
            if self.shells.values().any(|shell| *shell == id) {
                self.replies.insert(id, reply);
            } else if reply.info.status == MessageStatus::Streaming {
                reply.info.status = MessageStatus::Interrupted;
                events.push(reply.told());
            }
        }
        events.push(idle);
        events
    }
}

impl From<wire::Retry> for RunStatus {
    fn from(retry: wire::Retry) -> Self {
        Self::Retry {
            // The first try is not one that is made again.
            attempt: retry.attempt.saturating_sub(1),
            message: retry.error.map(|error| error.message).unwrap_or_default(),
            next: retry.at,
        }
    }
}

fn status(session: &SessionId, status: RunStatus) -> Event {
    Event::Status {
        session_id: session.clone(),
        status,
    }
}

fn unknown_error() -> MessageError {
    MessageError {
        kind: "unknownError".into(),
        message: "OpenCode reported an error without saying which.".into(),
    }
}
