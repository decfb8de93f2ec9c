//! From OpenCode 1.x's shapes to ours. Pure.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::wire;
use crate::opencode::event::{Body, Decoded, Event, IncomingMessage, RunStatus, SessionInfo};
use crate::opencode::{diff, each, rules, tool};
use crate::protocol::{
    MessageError, MessageInfo, MessageStatus, MessageTime, ModelRef, Permission, Question, Revert,
    Role, SessionTime, ToolCall,
};

/// Decodes the events of one directory; those of others are skipped.
pub struct Decoder<'a> {
    pub directory: &'a Path,
}

impl Decoder<'_> {
    #[must_use]
    pub fn decode(&self, data: &str) -> Decoded {
        match serde_json::from_str::<wire::Envelope>(data) {
            Ok(envelope) => self.envelope(envelope),
            Err(error) => Decoded {
                event_type: String::new(),
                body: Body::Malformed(error.to_string()),
            },
        }
    }

    fn envelope(&self, envelope: wire::Envelope) -> Decoded {
        let (event_type, properties) = match (envelope.payload, envelope.event_type) {
            (Some(payload), _) => (payload.event_type, payload.properties),
            (None, Some(event_type)) => (event_type, envelope.properties),
            (None, None) => (Cow::Borrowed(""), None),
        };
        let body = if self.is_foreign(envelope.directory.as_deref()) {
            Body::Skipped
        } else {
            let properties = properties.map_or("{}", RawValue::get);
            self.body(&event_type, properties)
                .unwrap_or_else(|error| Body::Malformed(error.to_string()))
        };
        Decoded {
            event_type: event_type.into_owned(),
            body,
        }
    }

    /// `/global/event` tells of all directories, `/event` names none.
    fn is_foreign(&self, directory: Option<&str>) -> bool {
        directory.is_some_and(|named| named != "global" && Path::new(named) != self.directory)
    }

    fn body(&self, event_type: &str, json: &str) -> serde_json::Result<Body> {
        let event = match event_type {
            // First, because nine of ten events are this one.
            "message.part.delta" => {
                let delta: wire::DeltaEvent = read(json)?;
                if delta.field != "text" {
                    return Ok(Body::Unknown);
                }
                Event::Delta {
                    session_id: delta.session_id,
                    message_id: delta.message_id,
                    part_id: delta.part_id,
                    text: delta.delta,
                }
            }
            "message.part.updated" => {
                let raw = read::<wire::PartEvent>(json)?.part;
                let part: wire::Part = read(raw.get())?;
                Event::Part {
                    session_id: part.session_id.clone(),
                    message_id: part.message_id.clone(),
                    part: self.part(part, raw)?,
                }
            }
            "message.updated" => {
                Event::Message(Box::new(message(read::<wire::MessageEvent>(json)?.info)))
            }
            "message.removed" => {
                let removed: wire::MessageRemovedEvent = read(json)?;
                Event::MessageRemoved {
                    session_id: removed.session_id,
                    message_id: removed.message_id,
                }
            }
            "message.part.removed" => {
                let removed: wire::PartRemovedEvent = read(json)?;
                Event::PartRemoved {
                    session_id: removed.session_id,
                    message_id: removed.message_id,
                    part_id: removed.part_id,
                }
            }
            "session.created" | "session.updated" => {
                let session = read::<wire::SessionEvent>(json)?.info;
                // A server's `/event` was seen to tell of other directories' sessions too.
                if !session.directory.is_empty() && self.is_foreign(Some(&session.directory)) {
                    return Ok(Body::Skipped);
                }
                Event::Session(Box::new(self::session(session)))
            }
            "session.deleted" => Event::SessionRemoved(read::<wire::SessionEvent>(json)?.info.id),
            "session.status" => {
                let event: wire::StatusEvent = read(json)?;
                Event::Status {
                    session_id: event.session_id,
                    status: status(event.status),
                }
            }
            "session.idle" => Event::Status {
                session_id: read::<wire::SessionOnly>(json)?.session_id,
                status: RunStatus::Idle,
            },
            "session.error" => {
                let failed: wire::ErrorEvent = read(json)?;
                Event::Failed {
                    session_id: failed.session_id,
                    error: failed.error.map_or_else(unknown_error, error),
                }
            }
            "todo.updated" => {
                let event: wire::TodoEvent = read(json)?;
                Event::Todos {
                    session_id: event.session_id,
                    todos: event.todos.0,
                }
            }
            "permission.asked" => {
                Event::PermissionAsked(Box::new(permission(read(json)?, self.directory)))
            }
            "permission.updated" => {
                Event::PermissionAsked(Box::new(old_permission(read(json)?, self.directory)))
            }
            "permission.replied" => {
                let replied: wire::PermissionReplied = read(json)?;
                Event::PermissionReplied {
                    permission_id: replied.request_id,
                    reply: replied.reply,
                }
            }
            "question.asked" => Event::QuestionAsked(Box::new(question(read(json)?))),
            "question.replied" | "question.rejected" => {
                Event::QuestionClosed(read::<wire::QuestionClosed>(json)?.request_id)
            }
            "catalog.updated"
            | "models-dev.refreshed"
            | "integration.updated"
            | "integration.connection.updated"
            | "mcp.tools.changed"
            | "lsp.updated" => Event::CatalogChanged,
            "file.edited" => Event::FileEdited {
                path: read::<wire::FileEdited>(json)?.file,
            },
            "server.connected" => Event::Connected,
            "server.heartbeat" => Event::Heartbeat,
            "global.disposed" => Event::Disposed,
            "server.instance.disposed" => {
                let disposed: wire::Disposed = read(json)?;
                if self.is_foreign(disposed.directory.as_deref()) {
                    return Ok(Body::Skipped);
                }
                Event::Disposed
            }
            other if is_of_no_use(other) => return Ok(Body::Skipped),
            _ => return Ok(Body::Unknown),
        };
        Ok(Body::Event(event))
    }

    #[must_use]
    pub fn message_with_parts(&self, wire: wire::MessageWithParts) -> IncomingMessage {
        let parts = wire.parts.iter();
        IncomingMessage {
            info: message(wire.info),
            parts: each::keep(parts.map(|raw| self.part(read(raw.get())?, raw))),
        }
    }
}

pub(super) fn read<'a, T: Deserialize<'a>>(json: &'a str) -> serde_json::Result<T> {
    serde_json::from_str(json)
}

/// Events that are known and change nothing that a client is shown.
fn is_of_no_use(event_type: &str) -> bool {
    const EXACT: [&str; 9] = [
        "sync",
        "session.diff",
        "session.compacted",
        "file.watcher.updated",
        "command.executed",
        "lsp.client.diagnostics",
        "project.updated",
        "reference.updated",
        "vcs.branch.updated",
    ];
    const FAMILIES: [&str; 11] = [
        "plugin.",
        "integration.",
        "installation.",
        "project.",
        "pty.",
        "tui.",
        "mcp.",
        "workspace.",
        "worktree.",
        "session.next.",
        "ide.",
    ];
    EXACT.contains(&event_type)
        || FAMILIES.iter().any(|family| event_type.starts_with(family))
        || event_type.contains(".v2.")
}

pub fn session(wire: wire::Session) -> SessionInfo {
    let directory = Path::new(&wire.directory);
    SessionInfo {
        permissions: rules::mode(&wire.permission.0),
        reverted_files: wire
            .revert
            .as_ref()
            .map(|revert| diff::diffs_of_git(&revert.diff, directory))
            .unwrap_or_default(),
        id: wire.id,
        parent_id: wire.parent_id,
        title: wire.title,
        agent: wire.agent,
        model: wire.model.map(|model| ModelRef {
            provider_id: model.provider_id,
            model_id: model.id,
            variant: model.variant.filter(|variant| variant != "default"),
        }),
        compacting: wire.time.compacting.is_some(),
        time: SessionTime {
            created: wire.time.created,
            updated: wire.time.updated,
            // There is no way to say "not any more" but this one.
            archived: wire.time.archived.filter(|at| *at != 0),
        },
        cost: wire.cost,
        tokens: wire.tokens,
        share_url: wire.share.and_then(|share| share.url),
        revert: wire.revert.map(|revert| Revert {
            message_id: revert.message_id,
            part_id: revert.part_id,
        }),
        summary: wire.summary,
    }
}

pub fn message(wire: wire::Message) -> MessageInfo {
    let error = wire.error.map(error);
    let status = match (wire.role, &error, wire.time.completed) {
        (wire::Role::User, ..) => MessageStatus::Sent,
        (_, Some(error), _) if error.is_abort() => MessageStatus::Aborted,
        (_, Some(_), _) => MessageStatus::Error,
        (_, None, Some(_)) => MessageStatus::Complete,
        (_, None, None) => MessageStatus::Streaming,
    };
    let model = match (wire.model, wire.provider_id, wire.model_id) {
        (Some(model), ..) => Some(ModelRef {
            provider_id: model.provider_id,
            model_id: model.model_id,
            variant: model.variant,
        }),
        (None, Some(provider_id), Some(model_id)) => Some(ModelRef {
            provider_id,
            model_id,
            variant: wire.variant,
        }),
        _ => None,
    };
    MessageInfo {
        id: wire.id,
        session_id: wire.session_id,
        role: match wire.role {
            wire::Role::User => Role::User,
            wire::Role::Assistant => Role::Assistant,
        },
        parent_id: wire.parent_id,
        status,
        agent: wire.agent.or(wire.mode),
        model,
        time: MessageTime {
            created: wire.time.created,
            completed: wire.time.completed,
        },
        cost: wire.cost,
        tokens: wire.tokens,
        error,
    }
}

pub fn status(wire: wire::Status) -> RunStatus {
    match wire {
        wire::Status::Idle => RunStatus::Idle,
        wire::Status::Busy | wire::Status::Unknown => RunStatus::Busy,
        wire::Status::Retry {
            attempt,
            message,
            next,
        } => RunStatus::Retry {
            attempt,
            message,
            next,
        },
    }
}

pub fn permission(wire: wire::Permission, directory: &Path) -> Permission {
    let mut metadata = wire.metadata;
    let diff = match (metadata.get("filepath"), metadata.get("diff")) {
        (Some(Value::String(path)), Some(Value::String(patch))) => {
            Some(vec![diff::diff_of_patch(path, patch, directory)])
        }
        _ => None,
    };
    if diff.is_some() {
        metadata.remove("diff");
    }
    Permission {
        title: tool::permission_title(&wire.permission, &wire.patterns, &metadata, directory),
        always_title: tool::always_title(&wire.permission, &wire.always, tool::Kept::UntilEnd),
        path: Vec::new(),
        id: wire.id,
        session_id: wire.session_id,
        permission: wire.permission,
        patterns: wire.patterns,
        always: wire.always,
        metadata,
        tool: wire.tool.map(tool_call),
        diff,
    }
}

fn old_permission(wire: wire::OldPermission, directory: &Path) -> Permission {
    let patterns = match wire.pattern {
        wire::OneOrMany::One(pattern) => vec![pattern],
        wire::OneOrMany::Many(patterns) => patterns,
    };
    permission(
        wire::Permission {
            id: wire.id,
            session_id: wire.session_id,
            permission: wire.permission,
            // In 1.0.x one list is both: what is asked and what "always" would allow.
            always: patterns.clone(),
            patterns,
            metadata: wire.metadata,
            tool: wire.call_id.map(|call_id| wire::ToolCall {
                message_id: wire.message_id,
                call_id,
            }),
        },
        directory,
    )
}

pub fn question(wire: wire::Question) -> Question {
    Question {
        id: wire.id,
        session_id: wire.session_id,
        questions: wire.questions,
        path: Vec::new(),
        tool: wire.tool.map(tool_call),
    }
}

fn tool_call(wire: wire::ToolCall) -> ToolCall {
    ToolCall {
        message_id: wire.message_id,
        call_id: wire.call_id,
    }
}

/// A name in camel case, and the message without the stack trace that some versions add.
pub(super) fn error(wire: wire::NamedError) -> MessageError {
    let mut message = wire.data.message;
    if let Some(at) = message.find("\n    at ") {
        message.truncate(at);
    }
    let mut letters = wire.name.chars();
    let kind = match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => "unknownError".to_owned(),
    };
    MessageError {
        message: if message.is_empty() {
            wire.name
        } else {
            message
        },
        kind,
    }
}

pub(super) fn unknown_error() -> MessageError {
    MessageError {
        kind: "unknownError".into(),
        message: "OpenCode reported an error without saying which.".into(),
    }
}
