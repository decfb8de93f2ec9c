//! What an OpenCode server itself says, asked beside Sidestream; and what it has in common with
//! what a client shows.

use std::path::Path;

use serde_json::Value;
use sidestream::protocol::{Message, MessageStatus, PartBody};

use crate::generation::Generation;

/// A server's address with its password.
#[derive(Clone, Debug)]
pub struct Rest {
    pub url: String,
    pub password: String,
    pub generation: Generation,
}

impl Rest {
    /// # Panics
    /// The server does not answer with JSON.
    pub async fn get(&self, path: &str) -> Value {
        self.try_get(path).await.expect("the server answers")
    }

    /// `None` when it cannot be reached.
    pub async fn try_get(&self, path: &str) -> Option<Value> {
        let http = reqwest::Client::builder().no_proxy().build().ok()?;
        http.get(format!("{}{path}", self.url))
            .basic_auth("opencode", Some(&self.password))
            .send()
            .await
            .ok()?
            .json()
            .await
            .ok()
    }

    /// # Panics
    /// The server cannot be reached.
    pub async fn post(&self, path: &str, body: Value) {
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.expect("a client");
        http.post(format!("{}{path}", self.url))
            .basic_auth("opencode", Some(&self.password))
            .json(&body)
            .send()
            .await
            .expect("the server answers");
    }

    /// A session's messages as the server has stored them.
    pub async fn lines(&self, session: &str) -> Vec<Line> {
        match self.generation {
            Generation::One => {
                let messages = self.get(&format!("/session/{session}/message")).await;
                let messages = messages.as_array().expect("a list of messages");
                messages.iter().flat_map(stored).collect()
            }
            Generation::Two => {
                let path = format!("/api/session/{session}/message?order=asc&limit=200");
                let page = self.get(&path).await;
                let messages = page["data"].as_array().expect("a list of messages");
                messages.iter().flat_map(stored_by_two).collect()
            }
        }
    }

    /// Whether any session runs.
    pub async fn is_busy(&self, folder: &Path) -> bool {
        let busy = match self.generation {
            Generation::One => {
                let folder = folder.display();
                let path = format!("/session/status?directory={folder}");
                self.get(&path).await
            }
            Generation::Two => self.get("/api/session/active").await["data"].take(),
        };
        busy.as_object().is_some_and(|busy| !busy.is_empty())
    }
}

/// A text, a thought or a tool call: what a person reads of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub message: String,
    pub part: String,
    pub kind: &'static str,
    pub status: String,
    pub text: String,
}

fn stored(message: &Value) -> Vec<Line> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = message["parts"].as_array().expect("a list of parts");
    let line = |part: &Value| {
        let (kind, status, said) = match part["type"].as_str()? {
            "text" => ("text", String::new(), text(&part["text"])),
            "reasoning" => ("reasoning", String::new(), text(&part["text"])),
            "tool" => {
                let state = &part["state"];
                let said = [
                    &state["output"],
                    &state["error"],
                    &state["metadata"]["output"],
                ];
                let said = said.into_iter().find(|said| said.is_string());
                let said = said.map(text).unwrap_or_default();
                ("tool", text(&state["status"]), said)
            }
            _ => return None,
        };
        Some(Line {
            message: text(&message["info"]["id"]),
            part: text(&part["id"]),
            kind,
            status: finished(&status),
            text: said,
        })
    };
    parts.iter().filter_map(line).collect()
}

/// OpenCode 2.x gives its parts no ids: their place in the message is one.
fn stored_by_two(message: &Value) -> Vec<Line> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = text(&message["id"]);
    let line = |place: usize, kind, status: String, text: String| Line {
        message: id.clone(),
        part: format!("{id}.{place:03}"),
        kind,
        status: finished(&status),
        text,
    };
    match message["type"].as_str() {
        Some("user") if message["text"] != "" => {
            vec![line(0, "text", String::new(), text(&message["text"]))]
        }
        Some("shell") => {
            let status = match message["status"].as_str() {
                Some("exited") => "completed",
                Some("running") => "running",
                _ => "error",
            };
            let output = text(&message["output"]["output"]);
            vec![line(0, "tool", status.into(), output)]
        }
        Some("compaction") => vec![line(1, "text", String::new(), text(&message["summary"]))],
        Some("assistant") => {
            let content = message["content"].as_array().expect("a list");
            let lines = content.iter().enumerate().map(|(place, part)| {
                // The step's beginning comes first.
                let place = place + 1;
                match part["type"].as_str().unwrap_or_default() {
                    "tool" => {
                        let state = &part["state"];
                        let pieces = state["content"].as_array();
                        let pieces = pieces.into_iter().flatten();
                        let said: Vec<String> = pieces.map(|piece| text(&piece["text"])).collect();
                        let said = if said.is_empty() {
                            text(&state["error"]["message"])
                        } else {
                            said.join("\n")
                        };
                        let status = text(&state["status"]).replace("streaming", "pending");
                        line(place, "tool", status, said)
                    }
                    "text" => line(place, "text", String::new(), text(&part["text"])),
                    _ => line(place, "reasoning", String::new(), text(&part["text"])),
                }
            });
            lines.collect()
        }
        _ => Vec::new(),
    }
}

/// The same of what a client has.
pub fn shown(messages: &[Message]) -> Vec<Line> {
    let of_message = |message: &Message| {
        let id = message.info.id.to_string();
        // The server loses what it was saying when it dies. Clients keep what they heard, and it
        // has to be marked.
        let lost = message.info.status == MessageStatus::Interrupted;
        let of_text = move |text: &str, partial: bool| {
            if lost && partial {
                String::new()
            } else {
                text.to_owned()
            }
        };
        let line = move |part: &sidestream::protocol::Part| {
            let (kind, status, text) = match &part.body {
                PartBody::Text(text) => ("text", String::new(), of_text(&text.text, text.partial)),
                PartBody::Reasoning(text) => {
                    let said = of_text(&text.text, text.partial);
                    ("reasoning", String::new(), said)
                }
                PartBody::Tool(tool) => {
                    let status = serde_json::to_value(tool.status).expect("a word");
                    let said = tool.output.clone().or_else(|| tool.error.clone());
                    let status = status.as_str().unwrap_or_default();
                    ("tool", finished(status), said.unwrap_or_default())
                }
                _ => return None,
            };
            Some(Line {
                message: id.clone(),
                part: part.id.to_string(),
                kind,
                status,
                text,
            })
        };
        message.parts.iter().filter_map(line).collect::<Vec<_>>()
    };
    messages.iter().flat_map(of_message).collect()
}

/// A tool whose server died stays "running" there for ever, while clients are told the truth.
fn finished(status: &str) -> String {
    match status {
        "pending" | "running" | "interrupted" => "not finished".into(),
        other => other.into(),
    }
}
