//! From OpenCode 2.x's events to ours. An event says only what is new (v2 contract, §3), so that
//! what is under way in each session is remembered here, for as long as one connection lasts.
//!
//! Where an event cannot be understood without what came before the connection, it says that the
//! session is to be read again.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::{self, COMPACTION, Reader};
use super::reply::{Kind, Reply};
use super::wire::{self, Envelope};
use crate::opencode::event::{Body, Event, Growth, IncomingMessage, RunStatus};
use crate::protocol::{
    MessageId, MessageInfo, MessageStatus, PartBody, Role, SessionId, Span, ToolPart, ToolStatus,
};

/// The sessions of one directory, as far as their events need it.
#[derive(Debug, Default)]
pub struct Projection {
    sessions: HashMap<SessionId, Work>,
}

/// What is under way in a session.
#[derive(Debug, Default)]
struct Work {
    /// The user's message that answers are to.
    asked: Option<MessageId>,
    /// The user's messages that wait for their turn.
    inbox: HashMap<MessageId, IncomingMessage>,
    replies: HashMap<MessageId, Reply>,
    /// The summary that is being made.
    summary: Option<MessageId>,
    /// The user's own commands that run, by the shell's id.
    shells: HashMap<String, MessageId>,
    run: Run,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Run {
    #[default]
    None,
    Steps,
    /// The model's provider failed; the next try is awaited.
    Waits,
}

impl Projection {
    /// A session of this directory.
    pub fn know(&mut self, session: &SessionId) {
        self.sessions.entry(session.clone()).or_default();
    }

    /// What REST shows of a session, for what is not known from its events.
    pub fn learn(&mut self, session: &SessionId, messages: &[IncomingMessage]) {
        let work = self.sessions.entry(session.clone()).or_default();
        for message in messages {
            let id = &message.info.id;
            match (message.info.role, message.info.status) {
                (Role::User, MessageStatus::Queued) => {
                    work.inbox.insert(id.clone(), message.clone());
                }
                (Role::User, _) => work.asked = Some(id.clone()),
                (Role::Assistant, MessageStatus::Streaming) => {
                    if message.info.agent.as_deref() == Some(COMPACTION) {
                        work.summary = Some(id.clone());
                    }
                    let reply = work.replies.entry(id.clone());
                    reply.or_insert_with(|| Reply::of(message));
                }
                (Role::Assistant, _) => {}
            }
        }
    }

    /// Whether a command of the user's own runs in the session.
    #[must_use]
    pub fn has_shell(&self, session: &SessionId) -> bool {
        let work = self.sessions.get(session);
        work.is_some_and(|work| !work.shells.is_empty())
    }

    /// What an event means. Those of other directories are skipped.
    pub fn apply(&mut self, reader: Reader<'_>, envelope: &Envelope<'_>) -> Body {
        match self.read(reader, envelope) {
            Ok(body) => body,
            Err(error) => Body::Malformed(error.to_string()),
        }
    }

    fn read(&mut self, reader: Reader<'_>, envelope: &Envelope<'_>) -> serde_json::Result<Body> {
        let data = envelope.data.unwrap_or(RawValue::NULL).get();
        let is_here = match &envelope.location {
            Some(location) => reader.directory.as_os_str() == location.directory.as_str(),
            None => true,
        };
        let event_type = envelope.event_type.as_ref();
        let event = match event_type {
            "server.connected" => Event::Connected,
            _ if !is_here => return Ok(Body::Skipped),
            "location.shutdown" => Event::Disposed,
            "permission.asked" => {
                let asked = reader.permission(read(data)?);
                self.know(&asked.session_id);
                Event::PermissionAsked(Box::new(asked))
            }
            "permission.replied" => {
                let replied: wire::Replied = read(data)?;
                Event::PermissionReplied {
                    permission_id: replied.request_id,
                    reply: replied.reply,
                }
            }
            "form.created" => {
                let created: wire::FormCreated = read(data)?;
                Event::QuestionAsked(Box::new(message::question(created.form)))
            }
            "form.replied" | "form.cancelled" => {
                Event::QuestionClosed(read::<wire::FormClosed>(data)?.id)
            }
            _ if is_catalog(event_type) => Event::CatalogChanged,
            _ => match event_type.strip_prefix("session.") {
                Some(kind) => return self.of_session(reader, envelope, kind, data),
                None if is_of_no_use(event_type) => return Ok(Body::Skipped),
                None => return Ok(Body::Unknown),
            },
        };
        Ok(Body::Event(event))
    }

    fn of_session(
        &mut self,
        reader: Reader<'_>,
        envelope: &Envelope<'_>,
        kind: &str,
        data: &str,
    ) -> serde_json::Result<Body> {
        let session = read::<wire::OfSession>(data)?.session_id;
        if kind == "deleted" {
            let known = self.sessions.remove(&session).is_some();
            return Ok(if known {
                Body::Event(Event::SessionRemoved(session))
            } else {
                Body::Skipped
            });
        }
        match &envelope.location {
            // It says where it is, and that is here.
            Some(_) => self.know(&session),
            None if !self.sessions.contains_key(&session) => return Ok(Body::Skipped),
            None => {}
        }
        let work = self.sessions.entry(session.clone()).or_default();
        let at = envelope.created;
        let event = |work: &mut Work, event| work.event(reader, &session, event, data, at);
        match kind {
            "created" => {
                let created = reader.created(read(data)?, at);
                Ok(Body::Event(Event::Session(Box::new(created))))
            }
            "moved" => {
                let moved: wire::Moved = read(data)?;
                if reader.directory.as_os_str() == moved.location.directory.as_str() {
                    return Ok(Body::Event(Event::RowChanged(session)));
                }
                self.sessions.remove(&session);
                Ok(Body::Event(Event::SessionRemoved(session)))
            }
            // Their row says it better.
            "forked" | "renamed" | "metadata.updated" | "permissions" | "agent.selected"
            | "model.selected" | "usage.updated" | "revert.staged" | "revert.cleared" => {
                Ok(Body::Event(Event::RowChanged(session)))
            }
            "revert.committed" => Ok(Body::Event(Event::ContentChanged(session))),
            "skill.activated" => {
                let skill: wire::Skill = read(data)?;
                let id = own_id(envelope);
                let message = message::skill_message(id, skill.name, &session, at);
                Ok(Body::Event(Event::Whole(Box::new(message))))
            }
            "shell.started" | "shell.ended" => {
                let shell: wire::ShellEvent = read(data)?;
                Ok(work.shell(&session, shell, own_id(envelope), at))
            }
            "compaction.started" => {
                let begun: wire::CompactionEvent = read(data)?;
                let id = begun.input_id.clone().unwrap_or_else(|| own_id(envelope));
                Ok(work.begin_summary(&session, id, &begun, at))
            }
            _ if is_work(kind) => event(work, kind),
            "instructions.updated"
            | "usage.recorded"
            | "viewed"
            | "synthetic"
            | "inbox.delivery.changed"
            | "idle"
            | "status"
            | "archived"
            | "unarchived" => Ok(Body::Skipped),
            _ => Ok(Body::Unknown),
        }
    }
}

/// Events of the inbox and of a run.
fn is_work(kind: &str) -> bool {
    const FAMILIES: [&str; 8] = [
        "inbox.",
        "execution.",
        "step.",
        "text.",
        "reasoning.",
        "tool.",
        "retry.",
        "compaction.",
    ];
    kind != "inbox.delivery.changed" && FAMILIES.iter().any(|family| kind.starts_with(family))
}

impl Work {
    fn event(
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
                let wire::InboxItem::User { payload } = enqueued.item else {
                    return Ok(Body::Skipped);
                };
                let id = enqueued.inbox_id;
                let status = MessageStatus::Queued;
                let message = reader.user(id.clone(), payload, session, at, status);
                self.inbox.insert(id, message.clone());
                Body::Event(Event::Whole(Box::new(message)))
            }
            "inbox.delivered" => {
                let id = read::<wire::OfInbox>(data)?.inbox_id;
                let Some(mut message) = self.inbox.remove(&id) else {
                    return Ok(Body::Skipped);
                };
                message.info.status = MessageStatus::Sent;
                message.info.time.created = at;
                self.asked = Some(id);
                Body::Event(Event::Whole(Box::new(message)))
            }
            "inbox.cancelled" => {
                let message_id = read::<wire::OfInbox>(data)?.inbox_id;
                self.inbox.remove(&message_id);
                Body::Event(Event::MessageRemoved {
                    session_id: session.clone(),
                    message_id,
                })
            }
            "execution.started" => {
                self.run = Run::Steps;
                Body::Event(status(session, RunStatus::Busy))
            }
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
                self.run = Run::Waits;
                Body::Event(status(
                    session,
                    RunStatus::Retry {
                        // The first try is not one that is made again.
                        attempt: retry.attempt.saturating_sub(1),
                        message: retry.error.map(|error| error.message).unwrap_or_default(),
                        next: retry.at,
                    },
                ))
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
        let asked = self.asked.clone();
        let reply = self
            .replies
            .entry(step.message_id.clone())
            .or_insert_with(|| {
                Reply::new(MessageInfo {
                    parent_id: asked,
                    ..message::info(step.message_id, session, Role::Assistant, step.started)
                })
            });
        reply.begin_again(step.started);
        reply.info.agent = step.agent;
        reply.info.model = step.model.map(Into::into);
        let mut events = vec![reply.told()];
        if self.run == Run::Waits {
            self.run = Run::Steps;
            events.insert(0, status(session, RunStatus::Busy));
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
            return Body::Event(Event::ContentChanged(session.clone()));
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
        if let Some(patch) = reader.patch(step.files) {
            events.push(reply.push(patch, Growth::Closed));
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
            (_, None) => Event::ContentChanged(session.clone()),
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
        let unseen = || Body::Event(Event::ContentChanged(session.clone()));
        let Some(reply) = self.replies.get_mut(&call.message_id) else {
            return unseen();
        };
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
            return unseen();
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

    fn begin_summary(
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
            return Body::Event(Event::ContentChanged(session.clone()));
        };
        reply.info.error = ended.error.map(message::error);
        reply.info.status = match reply.info.error {
            None => MessageStatus::Complete,
            Some(_) => MessageStatus::Error,
        };
        reply.info.model = ended.model.map(Into::into);
        reply.info.cost = ended.cost;
        reply.info.tokens = ended.tokens;
        Body::Several(vec![reply.end(Kind::Text, 0, ended.text, at), reply.told()])
    }

    /// A command of the user's own has no run around it (v2 contract, §3.5): it is one itself.
    fn shell(
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
            (None, true) => return Body::Event(Event::ContentChanged(session.clone())),
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
        if self.run == Run::None {
            let run = if is_over {
                RunStatus::Idle
            } else {
                RunStatus::Busy
            };
            events.push(status(session, run));
        }
        Body::Several(events)
    }

    /// What is unfinished now stays so: an abort while the next try was awaited says no more.
    fn end_run(&mut self, session: &SessionId) -> Vec<Event> {
        self.run = Run::None;
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
        events.push(status(session, RunStatus::Idle));
        events
    }
}

fn status(session: &SessionId, status: RunStatus) -> Event {
    Event::Status {
        session_id: session.clone(),
        status,
    }
}

fn unknown_error() -> crate::protocol::MessageError {
    crate::protocol::MessageError {
        kind: "unknownError".into(),
        message: "OpenCode reported an error without saying which.".into(),
    }
}

/// The id of the message that an event itself becomes (v2 contract, §3.6).
fn own_id(envelope: &Envelope<'_>) -> MessageId {
    envelope.id.replacen("evt_", "msg_", 1).into()
}

/// With empty data: what the server has to offer is to be asked for again (§3.2).
fn is_catalog(event_type: &str) -> bool {
    const TYPES: [&str; 9] = [
        "integration.updated",
        "provider.updated",
        "model.updated",
        "agent.updated",
        "command.updated",
        "skill.updated",
        "plugin.updated",
        "config.updated",
        "mcp.status.changed",
    ];
    TYPES.contains(&event_type)
}

/// Events that are known and change nothing that a client is shown.
fn is_of_no_use(event_type: &str) -> bool {
    const FAMILIES: [&str; 16] = [
        "filesystem.",
        "websearch.",
        "reference.",
        "mcp.",
        "project.",
        "shell.",
        "vcs.",
        "worktree.",
        "pty.",
        "persistent-pty.",
        "tui.",
        "credential.",
        "installation.",
        "models-dev.",
        "rpc.",
        "server.",
    ];
    FAMILIES.iter().any(|family| event_type.starts_with(family))
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> serde_json::Result<T> {
    serde_json::from_str(json)
}
