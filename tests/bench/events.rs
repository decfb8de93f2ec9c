//! The stream that all contestants read: the shapes of OpenCode 1.18's `/global/event`.

use std::path::Path;

use serde_json::{Value, json};

pub const SESSION: &str = "ses_21e9a3f47ffeK2vXq8RtYb3mNd";
pub const MESSAGE: &str = "msg_de165c0b9001Hq4ZtVw7LsPk2c";
pub const PART: &str = "prt_de165c0ba002Gf9YrJx5DnMe8a";
/// When all that the fake server tells of was made.
pub const CREATED: u64 = 1_790_000_000_000;

/// The bytes of text in every delta: a number, so that the reader knows each event again, and
/// some more, so that it is as long as a token and its neighbours.
pub const TEXT: usize = 16;

/// The text of the event with this number.
pub fn text(number: usize) -> String {
    format!("{number:09} lorem ")
}

/// Writes events of one directory as a server would.
pub struct Writer {
    directory: String,
}

impl Writer {
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.display().to_string(),
        }
    }

    /// The next piece of the answer.
    pub fn delta(&self, number: usize) -> String {
        // Written by hand, because a JSON library would sort the keys and servers do not.
        format!(
            "data: {{\"directory\":\"{}\",\"project\":\"global\",\"payload\":{{\
             \"id\":\"evt_{number:026}\",\"type\":\"message.part.delta\",\"properties\":{{\
             \"sessionID\":\"{SESSION}\",\"messageID\":\"{MESSAGE}\",\"partID\":\"{PART}\",\
             \"field\":\"text\",\"delta\":\"{}\"}}}}}}\n\n",
            self.directory,
            text(number),
        )
    }

    pub fn message(&self) -> String {
        self.event(
            "message.updated",
            &json!({"sessionID": SESSION, "info": message()}),
        )
    }

    pub fn part(&self) -> String {
        self.event(
            "message.part.updated",
            &json!({"sessionID": SESSION, "part": part(), "time": CREATED}),
        )
    }

    /// A part that comes with so much text at once.
    pub fn big_part(&self, number: usize, text: &str) -> String {
        let part = json!({
            "id": format!("prt_{number:026}"),
            "messageID": MESSAGE,
            "sessionID": SESSION,
            "type": "text",
            "text": text,
            "time": {"start": CREATED, "end": CREATED},
        });
        self.event(
            "message.part.updated",
            &json!({"sessionID": SESSION, "part": part, "time": CREATED}),
        )
    }

    fn event(&self, event_type: &str, properties: &Value) -> String {
        format!(
            "data: {{\"directory\":\"{}\",\"project\":\"global\",\"payload\":{{\
             \"id\":\"evt_{:026}\",\"type\":\"{event_type}\",\"properties\":{properties}}}}}\n\n",
            self.directory, 0,
        )
    }
}

/// An event of the server itself, as `server.connected`.
pub fn of_server(event_type: &str) -> String {
    format!(
        "data: {{\"payload\":{{\"id\":\"evt_{:026}\",\"type\":\"{event_type}\",\"properties\":{{}}}}}}\n\n",
        0
    )
}

/// Text of this length, in lines.
pub fn prose(length: usize) -> String {
    "The quick brown fox jumps over the lazy dog, and \"nothing\" else happens today.\n"
        .chars()
        .cycle()
        .take(length)
        .collect()
}

pub fn session(directory: &Path) -> Value {
    json!({
        "id": SESSION,
        "slug": "bench",
        "projectID": "global",
        "directory": directory,
        "title": "Bench",
        "version": super::fake::VERSION,
        "time": {"created": CREATED, "updated": CREATED},
    })
}

/// The answer under way.
pub fn message() -> Value {
    json!({
        "id": MESSAGE,
        "sessionID": SESSION,
        "role": "assistant",
        "parentID": "msg_de165c0b8001Aa1Bb2Cc3Dd4Ee",
        "mode": "build",
        "agent": "build",
        "modelID": "bench",
        "providerID": "bench",
        "cost": 0,
        "tokens": {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}},
        "time": {"created": CREATED},
    })
}

/// The part that the deltas add to.
pub fn part() -> Value {
    json!({
        "id": PART,
        "messageID": MESSAGE,
        "sessionID": SESSION,
        "type": "text",
        "text": "",
        "time": {"start": CREATED},
    })
}
