//! What an OpenCode 2.x server would answer by REST at any moment of a recorded stream, written down from
//! the contract (§3.6) in the server's own shapes, and not by way of the product's projection.
//!
//! It keeps what is durable: text that is still streamed is empty.

use std::collections::HashMap;

use serde_json::{Value, json};
use sidestream::opencode::event::{IncomingMessage, MessagePage, RunStatus};
use sidestream::opencode::v2::message::Reader;
use sidestream::opencode::v2::wire;
use sidestream::protocol::{MessageStatus, SessionId};

use super::recording::{Recording, text};

#[derive(Clone, Debug)]
pub struct Server {
    session: SessionId,
    messages: Vec<Value>,
    inbox: Vec<Value>,
    /// The place of a fragment in its message, of the last try.
    bound: HashMap<(String, String), usize>,
    running: bool,
}

impl Server {
    /// As it was before the recorded stream began.
    pub fn before(recording: &Recording) -> Self {
        let page = recording.shown_before().map(text);
        let page: Value = page.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
        let messages = page["data"].as_array().cloned().unwrap_or_default();
        let mut server = Self {
            session: recording.session.clone(),
            running: !messages.is_empty(),
            messages,
            inbox: Vec::new(),
            bound: HashMap::new(),
        };
        server.bind_open();
        server
    }

    /// Text that is open belongs to the events that follow.
    fn bind_open(&mut self) {
        let Some(last) = self.messages.last().cloned() else {
            return;
        };
        let content = last["content"].as_array().cloned().unwrap_or_default();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (at, part) in content.iter().enumerate() {
            let kind = word(&part["type"]);
            let number = counts.entry(kind.clone()).or_default();
            let name = format!("{kind}/{number}");
            *number += 1;
            self.bound.insert((word(&last["id"]), name), at);
        }
    }

    pub fn messages(&self, reader: Reader<'_>) -> Vec<IncomingMessage> {
        let rows: Vec<wire::Message> =
            serde_json::from_str(&Value::from(self.messages.clone()).to_string()).unwrap();
        let mut messages = reader.messages(rows, &self.session, None);
        for row in &self.inbox {
            let row: wire::InboxRow = serde_json::from_value(row.clone()).unwrap();
            if let wire::InboxItem::User { payload } = row.item {
                let (at, status) = (row.time.created, MessageStatus::Queued);
                messages.push(reader.user(row.id, payload, &self.session, at, status));
            }
        }
        messages
    }

    pub fn page(&self, reader: Reader<'_>) -> MessagePage {
        MessagePage {
            messages: self.messages(reader),
            cursor: None,
        }
    }

    pub fn active(&self) -> HashMap<SessionId, RunStatus> {
        let running = self
            .running
            .then(|| (self.session.clone(), RunStatus::Busy));
        running.into_iter().collect()
    }

    /// Changes as an event says.
    pub fn hear(&mut self, line: &str) {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let data = &event["data"];
        if data["sessionID"] != self.session.as_str() {
            return;
        }
        let at = &event["created"];
        let own_id = word(&event["id"]).replacen("evt_", "msg_", 1);
        let kind = word(&event["type"]);
        let kind = kind.strip_prefix("session.").unwrap_or_default();
        match kind {
            "inbox.enqueued" => {
                let mut row = data["item"].clone();
                row["id"] = data["inboxID"].clone();
                row["time"] = json!({"created": at});
                self.inbox.push(row);
            }
            "inbox.delivered" => {
                if let Some(mut row) = self.take(&data["inboxID"])
                    && row["type"] == "user"
                {
                    let mut message = row["payload"].take();
                    message["type"] = json!("user");
                    message["id"] = row["id"].take();
                    message["time"] = json!({"created": at});
                    self.messages.push(message);
                }
            }
            "inbox.cancelled" => drop(self.take(&data["inboxID"])),
            "execution.started" => self.running = true,
            "execution.succeeded" | "execution.failed" | "execution.interrupted" => {
                self.running = false;
            }
            "revert.committed" => {
                let to = self.messages.iter().position(|m| m["id"] == data["to"]);
                self.messages.truncate(to.unwrap_or(self.messages.len()));
            }
            "skill.activated" => self.messages.push(json!({
                "type": "skill", "id": own_id, "name": data["name"], "time": {"created": at},
            })),
            "compaction.started" => {
                let id = data["inputID"].as_str().unwrap_or(&own_id);
                self.messages.push(json!({
                    "type": "compaction", "id": id, "status": "running", "reason": data["reason"],
                    "time": {"created": at},
                }));
            }
            "compaction.ended" => self.end_summary("completed", data),
            "compaction.failed" => self.end_summary("failed", data),
            "shell.started" => self.messages.push(json!({
                "type": "shell", "id": own_id, "shellID": data["shell"]["id"],
                "command": data["shell"]["command"], "status": "running", "time": {"created": at},
            })),
            "shell.ended" => {
                let id = &data["shell"]["id"];
                let mut shells = self.messages.iter_mut();
                if let Some(shell) = shells.find(|m| m["shellID"] == *id) {
                    for key in ["status", "exit"] {
                        shell[key] = data["shell"][key].clone();
                    }
                    shell["output"] = data["output"].clone();
                    shell["time"]["completed"] = at.clone();
                }
            }
            _ => self.hear_answer(kind, data, at),
        }
    }

    fn take(&mut self, id: &Value) -> Option<Value> {
        let at = self.inbox.iter().position(|row| row["id"] == *id)?;
        Some(self.inbox.remove(at))
    }

    fn end_summary(&mut self, status: &str, data: &Value) {
        let mut messages = self.messages.iter_mut();
        let running = |m: &&mut Value| m["type"] == "compaction" && m["status"] == "running";
        if let Some(summary) = messages.find(running) {
            summary["status"] = json!(status);
            summary["summary"] = json!(data["text"].as_str().unwrap_or_default());
            for key in ["model", "cost", "tokens", "error"] {
                summary[key] = data[key].clone();
            }
        }
    }

    fn hear_answer(&mut self, kind: &str, data: &Value, at: &Value) {
        let id = word(&data["assistantMessageID"]);
        if kind == "step.started" {
            self.bound.retain(|(message, _), _| *message != id);
            let known = self.messages.iter().position(|m| m["id"] == id.as_str());
            let index = known.unwrap_or_else(|| {
                let fresh = json!({"type": "assistant", "id": id, "content": []});
                self.messages.push(fresh);
                self.messages.len() - 1
            });
            let message = &mut self.messages[index];
            message["time"] = json!({"created": data["started"]});
            for key in ["agent", "model"] {
                message[key] = data[key].clone();
            }
            for key in ["error", "retry", "finish"] {
                message[key] = Value::Null;
            }
            return;
        }
        let mut messages = self.messages.iter_mut();
        let Some(message) = messages.find(|m| m["id"] == id.as_str()) else {
            return;
        };
        match kind.split_once('.') {
            Some(("step", "ended" | "failed")) => {
                for key in ["cost", "tokens", "error"] {
                    if !data[key].is_null() {
                        message[key] = data[key].clone();
                    }
                }
                let failed = kind == "step.failed" && data["finish"].is_null();
                let finish = if failed {
                    json!("error")
                } else {
                    data["finish"].clone()
                };
                message["finish"] = finish;
                message["snapshot"] =
                    json!({"files": data["files"].as_array().cloned().unwrap_or_default()});
                message["time"]["completed"] = at.clone();
            }
            Some(("retry", _)) => {
                message["retry"] =
                    json!({"attempt": data["attempt"], "at": data["at"], "error": data["error"]});
            }
            Some((fragment @ ("text" | "reasoning"), phase)) => {
                let name = (id, format!("{fragment}/{}", data["ordinal"]));
                let content = message["content"].as_array_mut().unwrap();
                match phase {
                    "started" => {
                        self.bound.insert(name, content.len());
                        content
                            .push(json!({"type": fragment, "text": "", "time": {"created": at}}));
                    }
                    "ended" => {
                        let part = &mut content[self.bound[&name]];
                        part["text"] = data["text"].clone();
                        part["time"]["completed"] = at.clone();
                    }
                    _ => {}
                }
            }
            Some(("tool", phase)) => {
                let content = message["content"].as_array_mut().unwrap();
                change_tool(content, phase, data, at);
            }
            _ => {}
        }
    }
}

fn change_tool(content: &mut Vec<Value>, phase: &str, data: &Value, at: &Value) {
    if phase == "input.started" {
        content.push(json!({
            "type": "tool", "id": data["id"], "name": data["name"],
            "state": {"status": "streaming", "input": ""}, "time": {"created": at},
        }));
        return;
    }
    let mut calls = content.iter_mut();
    let Some(call) = calls.find(|part| part["type"] == "tool" && part["id"] == data["id"]) else {
        return;
    };
    let state = &mut call["state"];
    match phase {
        "called" => {
            *state = json!({"status": "running", "input": data["input"], "metadata": {}});
            call["time"]["ran"] = at.clone();
        }
        "progress" => state["metadata"] = data["metadata"].clone(),
        "success" | "failed" => {
            let status = if phase == "failed" {
                "error"
            } else {
                "completed"
            };
            state["status"] = json!(status);
            state["content"] = json!(data["content"].as_array().cloned().unwrap_or_default());
            state["metadata"] = data["metadata"].clone();
            state["error"] = data["error"].clone();
            call["time"]["completed"] = at.clone();
        }
        _ => {}
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_server_of_these_tests_ends_with_the_messages_that_were_recorded() {
    for recording in super::recording::all() {
        let mut server = Server::before(&recording);
        for data in super::recording::data(&recording.stream) {
            server.hear(&data);
        }
        let mut heard = server.page(recording.reader()).messages;
        heard.retain(|message| message.info.status != MessageStatus::Queued);
        let recorded = recording.end().page.messages;
        for (heard, recorded) in heard.iter().zip(&recorded) {
            assert_eq!(heard, recorded, "{recording:?}");
        }
        assert_eq!(heard.len(), recorded.len(), "{recording:?}");
    }
}
