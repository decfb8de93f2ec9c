//! OpenCode 2.x's messages as ours. Pure.
//!
//! A part has no id there (v2 contract, §3.5): it gets one of its place in the message, which stays
//! the same in events and in REST, and sorts.

use std::path::Path;

use serde_json::Value;

use super::tool_part::shell_part;
use super::wire;
use crate::opencode::event::{Growth, IncomingMessage, IncomingPart};
use crate::opencode::tool;
use crate::protocol::{
    FileDiff, FilePart, MessageError, MessageId, MessageInfo, MessageStatus, MessageTime, Part,
    PartBody, PartId, ReasoningPart, Role, SessionId, Span, TextPart,
};

/// What an answer that sums a session up is by, as in 1.x.
pub const COMPACTION: &str = "compaction";

/// From wire shapes to ours, for one directory.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub directory: &'a Path,
}

/// The id of the part at a place in a message. Clients send it back, and no id has a slash in it
/// (`protocol/requests.rs`).
#[must_use]
pub fn part_id(message: &MessageId, index: usize) -> PartId {
    format!("{message}.{index:03}").into()
}

#[must_use]
pub fn closed(message: &MessageId, index: usize, body: PartBody) -> IncomingPart {
    IncomingPart {
        part: Part::new(part_id(message, index), body),
        growth: Growth::Closed,
    }
}

pub fn text(text: String) -> PartBody {
    PartBody::Text(TextPart {
        text,
        ..TextPart::default()
    })
}

impl Reader<'_> {
    /// Messages of REST that are shown, oldest first. `asked` is the user's message before them.
    pub fn messages(
        self,
        rows: Vec<wire::Message>,
        session: &SessionId,
        mut asked: Option<MessageId>,
    ) -> Vec<IncomingMessage> {
        let shown = rows.into_iter().filter_map(|row| {
            if let wire::Message::User(user) = &row {
                asked = Some(user.id.clone());
            }
            self.message(row, session, asked.as_ref())
        });
        shown.collect()
    }

    /// A message of REST; `None` for what is not shown. `asked` is the user's message before it.
    pub fn message(
        self,
        wire: wire::Message,
        session: &SessionId,
        asked: Option<&MessageId>,
    ) -> Option<IncomingMessage> {
        Some(match wire {
            wire::Message::User(user) => self.user(
                user.id,
                user.payload,
                session,
                user.time.created,
                MessageStatus::Sent,
            ),
            wire::Message::Assistant(reply) => self.assistant(*reply, session, asked),
            wire::Message::Compaction(summary) => compaction(summary, session),
            wire::Message::Shell(shell) => shell_message(shell, session),
            wire::Message::Skill(skill) => {
                skill_message(skill.id, skill.name, session, skill.time.created)
            }
            wire::Message::Hidden => return None,
        })
    }

    /// One of the user's, delivered or waiting for its turn.
    pub fn user(
        self,
        id: MessageId,
        payload: wire::UserPayload,
        session: &SessionId,
        created: u64,
        status: MessageStatus,
    ) -> IncomingMessage {
        let files = payload.files.into_iter().map(|file| {
            PartBody::File(FilePart {
                url: file
                    .source
                    .uri
                    .unwrap_or_else(|| format!("data:{};base64,{}", file.mime, file.data)),
                mime: file.mime,
                filename: file.name,
            })
        });
        let agents = payload.agents.into_iter();
        let agents = agents.map(|agent| PartBody::Agent { name: agent.name });
        // Attachments may be all there is.
        let text = Some(payload.text).filter(|text| !text.is_empty()).map(text);
        let bodies = text.into_iter().chain(files).chain(agents);
        IncomingMessage {
            parts: bodies
                .enumerate()
                .map(|(index, body)| closed(&id, index, body))
                .collect(),
            info: MessageInfo {
                status,
                ..info(id, session, Role::User, created)
            },
        }
    }

    fn assistant(
        self,
        wire: wire::AssistantMessage,
        session: &SessionId,
        asked: Option<&MessageId>,
    ) -> IncomingMessage {
        let error = wire.error.map(error);
        let status = match (&error, wire.time.completed) {
            (Some(error), _) if error.is_abort() => MessageStatus::Aborted,
            (Some(_), _) => MessageStatus::Error,
            (None, Some(_)) => MessageStatus::Complete,
            (None, None) => MessageStatus::Streaming,
        };
        let info = MessageInfo {
            status,
            parent_id: asked.cloned(),
            agent: wire.agent,
            model: wire.model.map(Into::into),
            time: MessageTime {
                created: wire.time.created,
                completed: wire.time.completed,
            },
            cost: wire.cost,
            tokens: wire.tokens,
            error,
            ..info(wire.id, session, Role::Assistant, 0)
        };
        let mut parts = Vec::with_capacity(wire.content.len() + 3);
        parts.push(closed(&info.id, 0, PartBody::StepStart));
        for content in wire.content {
            let id = part_id(&info.id, parts.len());
            parts.push(self.content(id, content, status));
        }
        let changed = wire.snapshot.map(|snapshot| snapshot.files);
        let changed = changed.unwrap_or_default();
        for part in self.closing(changed, wire.finish.as_deref(), &info) {
            parts.push(closed(&info.id, parts.len(), part));
        }
        IncomingMessage { info, parts }
    }

    /// What stands at the end of an answer's step: the files that it changed, and how it ended, as 1.x
    /// tells them (§3.4). A step that failed has no end there.
    pub fn closing(
        self,
        files: Vec<String>,
        finish: Option<&str>,
        info: &MessageInfo,
    ) -> Vec<PartBody> {
        let finish = finish.filter(|finish| *finish != "error");
        let finish = finish.map(|reason| PartBody::StepFinish {
            cost: info.cost.unwrap_or_default(),
            tokens: info.tokens.clone().unwrap_or_default(),
            reason: reason.to_owned(),
        });
        self.patch(files).into_iter().chain(finish).collect()
    }

    fn content(self, id: PartId, content: wire::Content, status: MessageStatus) -> IncomingPart {
        // What is still streamed is shown empty (§0, rule 6).
        let growth_of = |text: &str| match status {
            MessageStatus::Streaming if text.is_empty() => Growth::Open,
            _ => Growth::Closed,
        };
        let (body, growth) = match content {
            wire::Content::Text { text: said } => {
                let growth = growth_of(&said);
                (text(said), growth)
            }
            wire::Content::Reasoning { text, time } => {
                let growth = growth_of(&text);
                let time = time.map(|time| Span {
                    start: time.created,
                    end: time.completed,
                });
                (reasoning(text, time), growth)
            }
            wire::Content::Tool(wire) => {
                let tool = self.tool(*wire);
                let growth = match tool.status.is_live() {
                    true => Growth::Open,
                    false => Growth::Closed,
                };
                (PartBody::Tool(Box::new(tool)), growth)
            }
            wire::Content::Unknown => (PartBody::Unknown { raw: Value::Null }, Growth::Closed),
        };
        IncomingPart {
            part: Part::new(id, body),
            growth,
        }
    }

    pub fn diff(self, wire: &wire::FileDiff) -> FileDiff {
        FileDiff {
            path: tool::relative(&wire.file, self.directory).to_owned(),
            status: wire.status,
            additions: wire.additions,
            deletions: wire.deletions,
            patch: wire.patch.clone(),
        }
    }

    /// The files that a step changed, as 1.x tells them.
    fn patch(self, files: Vec<String>) -> Option<PartBody> {
        let files: Vec<String> = files.iter().map(|file| self.absolute(file)).collect();
        (!files.is_empty()).then_some(PartBody::Patch { files })
    }

    /// Whether that is the directory that is read for.
    #[must_use]
    pub fn is_here(self, location: &wire::Location) -> bool {
        self.directory.as_os_str() == location.directory.as_str()
    }

    #[must_use]
    pub fn absolute(self, file: &str) -> String {
        self.directory.join(file).display().to_string()
    }
}

pub fn info(id: MessageId, session: &SessionId, role: Role, created: u64) -> MessageInfo {
    MessageInfo {
        id,
        session_id: session.clone(),
        role,
        parent_id: None,
        status: MessageStatus::Streaming,
        agent: None,
        model: None,
        time: MessageTime {
            created,
            completed: None,
        },
        cost: None,
        tokens: None,
        error: None,
    }
}

pub fn reasoning(text: String, time: Option<Span>) -> PartBody {
    PartBody::Reasoning(ReasoningPart {
        text,
        partial: false,
        time,
    })
}

/// The making of a summary, and the summary.
fn compaction(wire: wire::CompactionMessage, session: &SessionId) -> IncomingMessage {
    let (status, growth) = match wire.status {
        wire::CompactionStatus::Running => (MessageStatus::Streaming, Growth::Open),
        wire::CompactionStatus::Completed => (MessageStatus::Complete, Growth::Closed),
        wire::CompactionStatus::Failed => (MessageStatus::Error, Growth::Closed),
    };
    let auto = wire.reason == wire::CompactionReason::Auto;
    let mut parts = vec![closed(&wire.id, 0, PartBody::Compaction { auto })];
    if !wire.summary.is_empty() || growth == Growth::Open {
        parts.push(IncomingPart {
            part: Part::new(part_id(&wire.id, 1), text(wire.summary)),
            growth,
        });
    }
    IncomingMessage {
        parts,
        info: MessageInfo {
            status,
            agent: Some(COMPACTION.to_owned()),
            model: wire.model.map(Into::into),
            cost: wire.cost,
            tokens: wire.tokens,
            error: wire.error.map(error),
            ..info(wire.id, session, Role::Assistant, wire.time.created)
        },
    }
}

/// A command that the user ran, as a tool's call.
fn shell_message(wire: wire::ShellMessage, session: &SessionId) -> IncomingMessage {
    let shell = wire::Shell {
        id: wire.shell_id,
        command: wire.command,
        status: wire.status,
        exit: wire.exit,
    };
    let (status, part) = shell_part(&wire.id, &shell, wire.output, &wire.time);
    IncomingMessage {
        parts: vec![part],
        info: MessageInfo {
            status,
            time: MessageTime {
                created: wire.time.created,
                completed: wire.time.completed,
            },
            ..info(wire.id, session, Role::Assistant, 0)
        },
    }
}

pub fn skill_message(
    id: MessageId,
    name: String,
    session: &SessionId,
    created: u64,
) -> IncomingMessage {
    IncomingMessage {
        parts: vec![closed(&id, 0, text(format!("/{name}")))],
        info: MessageInfo {
            status: MessageStatus::Sent,
            ..info(id, session, Role::User, created)
        },
    }
}

/// The kind in camel case, as in 1.x, whose word for an abort it is, too.
pub fn error(wire: wire::Error) -> MessageError {
    if wire.kind == "aborted" {
        return MessageError {
            kind: "messageAbortedError".into(),
            message: wire.message,
        };
    }
    let mut kind = String::with_capacity(wire.kind.len());
    for word in wire.kind.split(['.', '-']) {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !kind.is_empty() => kind.extend(first.to_uppercase().chain(letters)),
            Some(_) => kind.push_str(word),
            None => {}
        }
    }
    MessageError {
        kind,
        message: wire.message,
    }
}
