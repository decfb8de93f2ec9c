//! The legacy dialect's shapes, and ours made of them. Pure.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::opencode::event::{Growth, IncomingMessage, IncomingPart, SessionInfo};
use crate::opencode::tool;
use crate::protocol::{
    FilePart, MessageId, MessageInfo, MessageStatus, MessageTime, ModelRef, Part, PartBody,
    ReasoningPart, Role, SessionId, SessionTime, TextPart, ToolPart, ToolStatus,
};

pub const EVENT_TYPES: [&str; 2] = ["message_updated", "session_updated"];

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    MessageUpdated(Message),
    SessionUpdated { session: Session },
}

/// In an event the ids are `sessionId` and `messageId`, in a list `sessionId` and `id`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[serde(alias = "messageId")]
    id: MessageId,
    session_id: SessionId,
    /// `user` or `assistant`; events may leave it out and are about replies then. In a list it
    /// is called `type`, which in an event names the event.
    #[serde(default, rename = "role", alias = "type")]
    role: Option<String>,
    #[serde(default)]
    parts: Vec<Map<String, Value>>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Timestamp {
    Millis(u64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    id: SessionId,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    parent_id: Option<SessionId>,
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    model: Option<Value>,
}

#[must_use]
pub fn event_type(data: &str) -> String {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        event_type: String,
    }
    serde_json::from_str::<Typed>(data).map_or_else(|_| String::new(), |typed| typed.event_type)
}

/// # Errors
/// The type or the shape is not known.
pub fn event(data: &str) -> serde_json::Result<Event> {
    serde_json::from_str(data)
}

pub fn session(wire: Session) -> SessionInfo {
    SessionInfo {
        id: wire.id,
        parent_id: wire.parent_id,
        title: wire.title.unwrap_or_default(),
        agent: wire.agent,
        model: wire.model.as_ref().and_then(model),
        time: SessionTime::default(),
        ..SessionInfo::default()
    }
}

/// `"provider/model"`, or an object with both.
fn model(value: &Value) -> Option<ModelRef> {
    let text = |keys: [&str; 2]| {
        keys.iter()
            .find_map(|key| value.get(key)?.as_str())
            .map(str::to_owned)
    };
    let (provider_id, model_id) = match value.as_str() {
        Some(both) => {
            let (provider, model) = both.split_once('/').unwrap_or(("", both));
            (provider.to_owned(), model.to_owned())
        }
        None => (
            text(["providerId", "providerID"])?,
            text(["modelId", "modelID"])?,
        ),
    };
    Some(ModelRef {
        provider_id,
        model_id,
        variant: None,
    })
}

pub fn message(wire: Message) -> IncomingMessage {
    let role = match wire.role.as_deref() {
        Some("user") => Role::User,
        _ => Role::Assistant,
    };
    let status = match (role, wire.status.as_deref()) {
        (Role::User, _) => MessageStatus::Sent,
        (_, Some("streaming" | "pending" | "running")) => MessageStatus::Streaming,
        (_, Some("error" | "failed")) => MessageStatus::Error,
        (_, Some("aborted" | "cancelled")) => MessageStatus::Aborted,
        _ => MessageStatus::Complete,
    };
    let growth = match status {
        MessageStatus::Streaming => Growth::Open,
        _ => Growth::Closed,
    };
    let parts = wire
        .parts
        .into_iter()
        .enumerate()
        .map(|(index, raw)| IncomingPart {
            part: part(&wire.id, index, raw),
            growth,
        })
        .collect();
    IncomingMessage {
        info: MessageInfo {
            id: wire.id,
            session_id: wire.session_id,
            role,
            parent_id: None,
            status,
            agent: None,
            model: None,
            time: MessageTime {
                created: match wire.timestamp {
                    Some(Timestamp::Millis(millis)) => millis,
                    Some(Timestamp::Text(text)) => text.parse().unwrap_or_default(),
                    None => 0,
                },
                completed: None,
            },
            cost: None,
            tokens: None,
            error: None,
        },
        parts,
    }
}

/// Parts have no ids here: their place in the message is one, since parts only grow.
fn part(message: &MessageId, index: usize, raw: Map<String, Value>) -> Part {
    let text = |key: &str| raw.get(key).and_then(Value::as_str).map(str::to_owned);
    let body = match text("type").as_deref() {
        Some("text") => PartBody::Text(TextPart {
            text: text("text").or_else(|| text("content")).unwrap_or_default(),
            ..TextPart::default()
        }),
        Some("reasoning") => PartBody::Reasoning(ReasoningPart {
            text: text("text").or_else(|| text("content")).unwrap_or_default(),
            ..ReasoningPart::default()
        }),
        Some("tool") => PartBody::Tool(Box::new(tool_part(message, index, &raw))),
        Some("file") => PartBody::File(FilePart {
            mime: text("mime").unwrap_or_default(),
            filename: text("filename").or_else(|| text("path")),
            url: text("url").unwrap_or_default(),
        }),
        _ => PartBody::Unknown {
            raw: Value::Object(raw),
        },
    };
    Part::new(format!("{message}:{index}"), body)
}

fn tool_part(message: &MessageId, index: usize, raw: &Map<String, Value>) -> ToolPart {
    let text = |key: &str| raw.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = text("tool").or_else(|| text("name")).unwrap_or_default();
    let input = raw.get("input").cloned().unwrap_or_default();
    let title = text("title");
    ToolPart {
        call_id: text("callId")
            .unwrap_or_else(|| format!("{message}:{index}"))
            .into(),
        kind: tool::kind(&name),
        summary: tool::summary(&name, &input, title.as_deref(), None, Path::new("/")),
        tool: name,
        status: match text("status").as_deref() {
            Some("pending") => ToolStatus::Pending,
            Some("running") => ToolStatus::Running,
            Some("error" | "failed") => ToolStatus::Error,
            _ => ToolStatus::Completed,
        },
        title,
        input,
        output: text("output"),
        error: text("error"),
        diff: None,
        metadata: None,
        time: None,
        child_session_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> IncomingMessage {
        match event(json).unwrap() {
            Event::MessageUpdated(wire) => message(wire),
            Event::SessionUpdated { .. } => panic!("a message was expected"),
        }
    }

    #[test]
    fn parts_without_ids_are_known_by_their_place() {
        let message = read(
            r#"{"type":"message_updated","sessionId":"s","messageId":"m","status":"streaming",
                "parts":[{"type":"text","text":"Hel"},{"type":"new","x":1}]}"#,
        );
        assert_eq!(message.parts[0].part.id.as_str(), "m:0");
        assert_eq!(message.parts[0].growth, Growth::Open);
        assert!(matches!(
            message.parts[1].part.body,
            PartBody::Unknown { .. }
        ));
        assert_eq!(message.info.status, MessageStatus::Streaming);
    }

    #[test]
    fn a_listed_message_says_its_role_by_type() {
        let wire: Message = serde_json::from_str(
            r#"{"id":"m","sessionId":"s","type":"user","parts":[],"status":"complete","timestamp":5}"#,
        )
        .unwrap();
        let message = message(wire);
        assert_eq!(message.info.role, Role::User);
        assert_eq!(message.info.time.created, 5);
    }
}
