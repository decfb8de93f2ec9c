//! What an OpenCode server would answer by REST at any moment of a recorded stream.
//!
//! It keeps the recorded JSON as it is: messages and parts as they were told last, but never the
//! deltas, which no server stores.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::Value;
use sidestream::opencode::event::{Content, MessagePage, Overview, SessionInfo};
use sidestream::opencode::v1::decode::{self, Decoder};
use sidestream::opencode::v1::wire;
use sidestream::protocol::{CallId, SessionId};

use crate::recordings::Recording;

#[derive(Clone, Debug, Default)]
pub struct Server {
    directory: String,
    sessions: BTreeMap<String, Value>,
    pub running: BTreeMap<String, Value>,
    pub messages: Vec<Value>,
    permissions: Vec<Value>,
    questions: Vec<Value>,
    todos: BTreeMap<String, Value>,
}

impl Server {
    /// As it was before the recorded stream began.
    pub fn before(recording: &Recording) -> Self {
        let mut server = Self {
            directory: recording.directory().to_owned(),
            messages: recording.shown_before(),
            ..Self::default()
        };
        let session = recording.session();
        let data = match recording.stream {
            "" => Vec::new(),
            _ => recording.data(),
        };
        let rows = data.into_iter().filter_map(|data| {
            let (event_type, properties) = bare(&data)?;
            let row = properties["info"].clone();
            let is_row = event_type.starts_with("session.") && row["id"] == session.as_str();
            is_row.then_some(row)
        });
        // A run that was under way has to be known as such.
        let unfinished = server.messages.iter().any(|message| {
            message["info"]["role"] == "assistant" && message["info"]["time"]["completed"].is_null()
        });
        if unfinished {
            let busy = serde_json::json!({"type": "busy"});
            server.running.insert(session.to_string(), busy);
        }
        let row = rows.into_iter().next().unwrap_or_else(
            || serde_json::json!({"id": session.as_str(), "title": "Recorded", "time": {"created": 1, "updated": 1}}),
        );
        server.sessions.insert(session.to_string(), row);
        server
    }

    /// As it is when the stream is over, with the messages that REST showed.
    pub fn after(recording: &Recording) -> Self {
        let mut server = Self::before(recording);
        for data in recording.data() {
            server.hear(&data);
        }
        let session = recording.session();
        server
            .messages
            .retain(|m| m["info"]["sessionID"] != session.as_str());
        server.messages.extend(recording.shown());
        server
    }

    /// Changes as an event says.
    pub fn hear(&mut self, data: &str) {
        let envelope: Value = serde_json::from_str(data).unwrap();
        let directory = envelope["directory"].as_str();
        if directory.is_some_and(|named| named != "global" && named != self.directory) {
            return;
        }
        let Some((event_type, event)) = bare(data) else {
            return;
        };
        let session = event["sessionID"].as_str().unwrap_or_default().to_owned();
        match event_type.as_str() {
            "session.created" | "session.updated" => {
                let row = event["info"].clone();
                self.sessions.insert(text(&row["id"]), row);
            }
            "session.status" if event["status"]["type"] == "idle" => {
                self.running.remove(&session);
            }
            "session.status" => {
                self.running.insert(session, event["status"].clone());
            }
            "session.idle" => {
                self.running.remove(&session);
            }
            "message.updated" => {
                let info = &event["info"];
                match self.message(&info["id"]) {
                    Some(message) => message["info"] = info.clone(),
                    None => {
                        self.messages
                            .push(serde_json::json!({"info": info, "parts": []}));
                        self.messages
                            .sort_by_key(|m| m["info"]["time"]["created"].as_u64());
                    }
                }
            }
            "message.removed" => {
                let id = event["messageID"].clone();
                self.messages.retain(|message| message["info"]["id"] != id);
            }
            "message.part.updated" => {
                let part = event["part"].clone();
                // Some streams begin with the last words of an earlier session.
                let Some(message) = self.message(&part["messageID"]) else {
                    return;
                };
                let parts = message["parts"].as_array_mut().unwrap();
                match parts.iter_mut().find(|known| known["id"] == part["id"]) {
                    Some(known) => *known = part,
                    None => parts.push(part),
                }
            }
            "todo.updated" => {
                self.todos.insert(session, event["todos"].clone());
            }
            "permission.asked" => self.permissions.push(event),
            "permission.replied" => {
                let id = event["requestID"].clone();
                self.permissions.retain(|known| known["id"] != id);
            }
            "question.asked" => self.questions.push(event),
            "question.replied" | "question.rejected" => {
                let id = event["requestID"].clone();
                self.questions.retain(|known| known["id"] != id);
            }
            _ => {}
        }
    }

    fn message(&mut self, id: &Value) -> Option<&mut Value> {
        self.messages.iter_mut().find(|m| m["info"]["id"] == *id)
    }

    /// The answers to all that is asked of all sessions, ghosts included.
    pub fn overview(&self) -> Overview {
        let directory = Path::new(&self.directory);
        let tools: HashMap<CallId, _> = self
            .content_of(&self.messages)
            .messages
            .iter()
            .flat_map(|message| &message.parts)
            .filter_map(|part| match &part.part.body {
                sidestream::protocol::PartBody::Tool(tool) => {
                    Some((tool.call_id.clone(), tool.status))
                }
                _ => None,
            })
            .collect();
        Overview {
            sessions: self.sessions.values().map(row).collect(),
            complete: true,
            running: self
                .running
                .iter()
                .map(|(id, status)| {
                    let status = serde_json::from_value(status.clone()).unwrap();
                    (SessionId::from(id.as_str()), decode::status(status))
                })
                .collect(),
            permissions: Some(
                self.permissions
                    .iter()
                    .map(|wire| {
                        decode::permission(serde_json::from_value(wire.clone()).unwrap(), directory)
                    })
                    .collect(),
            ),
            questions: self
                .questions
                .iter()
                .map(|wire| decode::question(serde_json::from_value(wire.clone()).unwrap()))
                .collect(),
            tools,
        }
    }

    /// The answers to all that is asked of an open session.
    pub fn content(&self, session: &SessionId) -> Content {
        let messages: Vec<Value> = self
            .messages
            .iter()
            .filter(|message| message["info"]["sessionID"] == session.as_str())
            .cloned()
            .collect();
        let todos = self.todos.get(session.as_str()).cloned();
        Content {
            session: row(&self.sessions[session.as_str()]),
            page: self.content_of(&messages),
            todos: todos.map_or_else(Vec::new, |todos| serde_json::from_value(todos).unwrap()),
        }
    }

    fn content_of(&self, messages: &[Value]) -> MessagePage {
        let decoder = Decoder {
            directory: Path::new(&self.directory),
        };
        // By way of text, because unknown parts are kept as they were written.
        let json = serde_json::to_string(messages).unwrap();
        let messages: Vec<wire::MessageWithParts> = serde_json::from_str(&json).unwrap();
        let messages = messages.into_iter();
        MessagePage {
            messages: messages
                .map(|message| decoder.message_with_parts(message))
                .collect(),
            cursor: None,
        }
    }
}

/// An event's type and properties, wherever they stand.
fn bare(data: &str) -> Option<(String, Value)> {
    let envelope: Value = serde_json::from_str(data).unwrap();
    let event = match envelope.get("payload") {
        Some(payload) => payload,
        None => &envelope,
    };
    let properties = event.get("properties")?;
    Some((text(&event["type"]), properties.clone()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn row(json: &Value) -> SessionInfo {
    let wire: wire::Session = serde_json::from_value(json.clone()).unwrap();
    decode::session(wire)
}
