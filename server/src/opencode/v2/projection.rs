//! From OpenCode 2.x's events to ours. An event says only what is new (v2 contract, §3), so that
//! what is under way in each session is remembered here, for as long as one connection lasts.
//!
//! Where an event cannot be understood without what came before the connection, it says that the
//! session is to be read again.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::asking;
use super::message::{self, Reader};
use super::strangers::{Strangers, Word};
use super::wire::{self, Envelope};
use super::work::Work;
use crate::opencode::Marks;
use crate::opencode::event::{Body, Event, IncomingMessage, RunStatus, SessionInfo};
use crate::protocol::{MessageId, SessionId};

/// The sessions of one directory, as far as their events need it.
#[derive(Debug, Default)]
pub struct Projection {
    sessions: HashMap<SessionId, Work>,
    strangers: Strangers,
    /// Counts the events, to tell what came since REST was asked.
    heard: u64,
}

/// How many events had been heard when REST was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked(u64);

impl Projection {
    /// A session of this directory.
    pub fn know(&mut self, session: &SessionId) {
        self.work(session);
    }

    /// What REST shows of a session, for what is not known from its events.
    pub fn learn(&mut self, session: &SessionId, asked: Asked, messages: &[IncomingMessage]) {
        self.work(session).learn(asked.0, messages);
    }

    /// The place of each session's last event that was heard.
    #[must_use]
    pub fn marks(&self) -> Marks {
        let sessions = self.sessions.iter();
        sessions
            .filter_map(|(session, work)| Some((session.clone(), work.seq()?)))
            .collect()
    }

    /// REST is about to be asked.
    #[must_use]
    pub fn ask(&self) -> Asked {
        Asked(self.heard)
    }

    /// The sessions that there are and that run, by REST, but for what events have said since it was
    /// asked: they are newer. Answers the sessions that run.
    pub fn settle(
        &mut self,
        asked: Asked,
        sessions: &mut Vec<SessionInfo>,
        mut active: HashMap<SessionId, RunStatus>,
    ) -> HashMap<SessionId, RunStatus> {
        sessions.retain(|session| !self.strangers.is_deleted(&session.id));
        let mut running = HashMap::new();
        for session in sessions {
            let active = active.remove(&session.id).unwrap_or_default();
            let run = self.work(&session.id).settle(asked.0, active);
            if run != RunStatus::Idle {
                running.insert(session.id.clone(), run);
            }
        }
        self.strangers.settled();
        running
    }

    fn work(&mut self, session: &SessionId) -> &mut Work {
        let strangers = &mut self.strangers;
        self.sessions
            .entry(session.clone())
            .or_insert_with(|| match strangers.take(session) {
                Some((run, heard)) => Work::that_runs(run, heard),
                None => Work::default(),
            })
    }

    /// Whether a command of the user's own runs in the session.
    #[must_use]
    pub fn has_shell(&self, session: &SessionId) -> bool {
        let work = self.sessions.get(session);
        work.is_some_and(Work::has_shell)
    }

    /// What an event means. Those of other directories are skipped.
    pub fn apply(&mut self, reader: Reader<'_>, envelope: &Envelope<'_>) -> Body {
        match self.read(reader, envelope) {
            Ok(body) => body,
            Err(error) => Body::Malformed(error.to_string()),
        }
    }

    fn read(&mut self, reader: Reader<'_>, envelope: &Envelope<'_>) -> serde_json::Result<Body> {
        self.heard += 1;
        let data = envelope.data.unwrap_or(RawValue::NULL).get();
        let is_here = match &envelope.location {
            Some(location) => reader.is_here(location),
            None => true,
        };
        let event_type = envelope.event_type.as_ref();
        let event = match event_type {
            "server.connected" => Event::Connected,
            // Its location is where the session was.
            "session.moved" => return self.moved(reader, data),
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
                Event::QuestionAsked(Box::new(asking::question(created.form)))
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
        // One that does not say where it is may be of any directory (§2.1).
        let is_stranger = envelope.location.is_none() && !self.sessions.contains_key(&session);
        if is_stranger {
            if let Some(word) = Word::of(kind, data)? {
                self.strangers.hear(session, word, self.heard);
            }
            return Ok(Body::Skipped);
        }
        if kind == "deleted" {
            self.sessions.remove(&session);
            return Ok(Body::Event(Event::SessionRemoved(session)));
        }
        let heard = self.heard;
        let work = self.work(&session);
        if let Some(durable) = &envelope.durable
            && !work.is_news(durable.seq)
        {
            return Ok(Body::Skipped);
        }
        work.hear(heard);
        let at = envelope.created;
        let event = |work: &mut Work, event| work.event(reader, &session, event, data, at);
        match kind {
            "created" => {
                let created = reader.created(read(data)?, at);
                Ok(Body::Event(Event::Session(Box::new(created))))
            }
            // Their row says it better.
            "forked" | "renamed" | "metadata.updated" | "permissions" | "agent.selected"
            | "model.selected" | "usage.updated" | "revert.staged" | "revert.cleared" => {
                Ok(Body::Event(Event::RowChanged(session)))
            }
            "revert.committed" | "message.content.updated" => {
                Ok(Body::Event(Event::ContentChanged(session)))
            }
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

impl Projection {
    /// A session that has another directory now.
    fn moved(&mut self, reader: Reader<'_>, data: &str) -> serde_json::Result<Body> {
        let session = read::<wire::OfSession>(data)?.session_id;
        let moved: wire::Moved = read(data)?;
        if reader.is_here(&moved.location) {
            self.know(&session);
            return Ok(Body::Event(Event::RowChanged(session)));
        }
        Ok(match self.sessions.remove(&session) {
            Some(_) => Body::Event(Event::SessionRemoved(session)),
            None => Body::Skipped,
        })
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

pub(super) fn read<'a, T: Deserialize<'a>>(json: &'a str) -> serde_json::Result<T> {
    serde_json::from_str(json)
}

#[cfg(test)]
mod tests;
