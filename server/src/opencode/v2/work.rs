//! What is under way in one session of OpenCode 2.x, and what an event of its inbox or run adds to it.

use std::collections::HashMap;

use super::message::{self, COMPACTION, Reader};
use super::projection::read;
use super::reply::{Begun, Kind, Reply};
use super::wire;
use crate::opencode::event::{Body, Event, Growth, IncomingMessage, RunStatus};
use crate::protocol::{
    MessageError, MessageId, MessageInfo, MessageStatus, PartBody, Role, SessionId, Span, ToolPart,
    ToolStatus,
};

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

    fn begin_step(&mut self, session: &SessionId, step: wire::StepStarted) -> Body {
        let mut events = Vec::new();
        if matches!(self.run, RunStatus::Retry { .. }) {
            events.push(self.set_run(session, RunStatus::Busy));
        }
        let asked = match &self.question {
            Question::Known(asked) => asked.clone(),
            Question::Unknown => {
                self.lost = self.heard;
                events.push(Event::ContentChanged(session.clone()));
                None
            }
        };
        let reply = self
            .replies
            .entry(step.message_id.clone())
            .or_insert_with(|| {
                Reply::new(MessageInfo {
                    parent_id: asked,
                    ..message::info(step.message_id, session, Role::Assistant, step.started)
                })
            });
        let begun = reply.begin_step(step.started);
        reply.info.agent = step.agent;
        reply.info.model = step.model.map(Into::into);
        events.push(reply.told());
        if begun == Begun::New {
            events.push(reply.push(PartBody::StepStart, Growth::Closed));
        }
        Body::Several(events)
    }

    fn end_step(
        &mut self,
        reader: Reader<'_>,
        session: &SessionId,
        step: wire::StepEnded,
        at: u64,
    ) -> Body {
        let Some(reply) = self.replies.get_mut(&step.message_id) else {
            return self.lose(session);
        };
        let error = step.error.map(message::error);
        reply.info.status = match &error {
            None => MessageStatus::Complete,
            Some(error) if error.is_abort() => MessageStatus::Aborted,
            Some(_) => MessageStatus::Error,
        };
        reply.info.error = error;
        reply.info.time.completed = Some(at);
        reply.info.cost = step.cost.or(reply.info.cost);
        reply.info.tokens = step.tokens.or(reply.info.tokens.take());
        let edited = step.files.iter().map(|file| Event::FileEdited {
            path: reader.absolute(file),
        });
        let mut events: Vec<Event> = edited.collect();
        let closing = reader.closing(step.files, step.finish.as_deref(), &reply.info);
        for part in closing {
            events.push(reply.push(part, Growth::Closed));
        }
        events.push(reply.told());
        Body::Several(events)
    }

    fn fragment(
        &mut self,
        session: &SessionId,
        kind: Kind,
        phase: &str,
        fragment: wire::Fragment,
        at: u64,
    ) -> Body {
        let reply = self.replies.get_mut(&fragment.message_id);
        let event = match (phase, reply) {
            ("started", Some(reply)) => reply.begin(kind, fragment.ordinal, at),
            ("ended", Some(reply)) => reply.end(kind, fragment.ordinal, fragment.text, at),
            ("delta", Some(reply)) => match reply.fragment(kind, fragment.ordinal) {
                Some(part_id) => Event::Delta {
                    session_id: session.clone(),
                    message_id: fragment.message_id,
                    part_id,
                    text: fragment.delta,
                },
                None => return Body::Skipped,
            },
            // Its end brings all of it.
            ("delta", None) => return Body::Skipped,
            (_, None) => return self.lose(session),
            (_, Some(_)) => return Body::Unknown,
        };
        Body::Event(event)
    }

    fn tool(
        &mut self,
        reader: Reader<'_>,
        session: &SessionId,
        phase: &str,
        call: wire::ToolEvent,
        at: u64,
    ) -> Body {
        let Some(reply) = self.replies.get_mut(&call.message_id) else {
            return self.lose(session);
        };
        if phase == "input.started" && reply.has_tool(&call.id) {
            // REST has shown it already.
            return Body::Skipped;
        }
        if phase == "input.started" {
            let part = reader.tool(wire::Tool {
                id: call.id,
                name: call.name,
                state: wire::ToolState {
                    status: wire::ToolStatus::Streaming,
                    input: serde_json::Value::Null,
                    content: Vec::new(),
                    metadata: None,
                    error: None,
                },
                time: wire::Time {
                    created: at,
                    ..wire::Time::default()
                },
            });
            return Body::Event(reply.push(PartBody::Tool(Box::new(part)), Growth::Open));
        }
        let end = |part: &mut ToolPart, status| {
            part.status = status;
            if let Some(time) = &mut part.time {
                time.end = Some(at);
            }
        };
        let metadata = call.metadata.unwrap_or_default();
        let shell = metadata.get("shellID").and_then(|id| id.as_str());
        let shell = shell.map(str::to_owned);
        let changed = reply.change_tool(&call.id, |part| {
            match phase {
                "called" => {
                    part.status = ToolStatus::Running;
                    part.input = call.input;
                    part.time = Some(Span {
                        start: at,
                        end: None,
                    });
                }
                "success" => {
                    end(part, ToolStatus::Completed);
                    part.output = message::output(call.content);
                }
                "failed" => {
                    end(part, ToolStatus::Error);
                    part.output = message::output(call.content);
                    part.error = call.error.map(|error| error.message);
                }
                _ => {}
            }
            reader.take_metadata(part, metadata);
        });
        let Some(changed) = changed else {
            return self.lose(session);
        };
        match (phase, shell, &changed) {
            ("progress", Some(source), Event::Part { part, .. }) => {
                let elsewhere = Event::OutputElsewhere {
                    session_id: session.clone(),
                    message_id: call.message_id,
                    part_id: part.part.id.clone(),
                    source,
                };
                Body::Several(vec![changed, elsewhere])
            }
            _ => Body::Event(changed),
        }
    }

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

    fn summary_grew(&self, session: &SessionId, grown: wire::CompactionEvent) -> Body {
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

    fn end_summary(&mut self, session: &SessionId, ended: wire::CompactionEvent, at: u64) -> Body {
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
        let (state, part) = message::shell_part(&id, &event.shell, event.output, &time);
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
