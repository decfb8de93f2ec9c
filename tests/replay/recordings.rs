//! The recordings: which stream belongs to which REST answer, and where a session began.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sidestream::opencode::event::{Body, Decoded, Event};
use sidestream::opencode::v1::decode::Decoder;
use sidestream::protocol::SessionId;

/// A stream and the messages that REST showed when it was over.
#[derive(Clone, Copy, Debug)]
pub struct Recording {
    pub stream: &'static str,
    pub messages: &'static str,
    pub before: Before,
}

/// What the session held when the stream began.
#[derive(Clone, Copy, Debug)]
pub enum Before {
    Nothing,
    /// So many of the messages that are there at the end.
    First(usize),
    /// What REST showed then.
    Shown(&'static str),
}

const fn whole(stream: &'static str, messages: &'static str) -> Recording {
    Recording {
        stream,
        messages,
        before: Before::Nothing,
    }
}

/// Recordings that are not a whole session under one name.
const SPECIAL: [Recording; 16] = [
    whole("child-task.sse", "child-task.child.messages.json"),
    whole("child-task.global.sse", "child-task.child.messages.json"),
    whole("two-dirs.global.sse", "two-dirs.a.messages.json"),
    whole("two-dirs.global.sse", "two-dirs.b.messages.json"),
    whole("permission-1.0.152.sse", "plain-1.0.152.messages.json"),
    whole("permission-1.1.65.sse", "plain-1.1.65.messages.json"),
    whole("permission-1.2.27.sse", "plain-1.2.27.messages.json"),
    whole("permission-1.14.41.sse", "plain-1.14.41.messages.json"),
    whole("permission-1.15.3.sse", "plain-1.15.3.messages.json"),
    whole("permission-1.17.11.sse", "plain-1.17.11.messages.json"),
    // The answer of the same name was taken in mid-stream; the second one is of the end.
    whole(
        "midstream-reconnect.first.sse",
        "midstream-reconnect.second.messages.json",
    ),
    Recording {
        stream: "midstream-reconnect.second.sse",
        messages: "midstream-reconnect.second.messages.json",
        before: Before::Shown("midstream-reconnect.first.messages.json"),
    },
    Recording {
        stream: "compaction.sse",
        messages: "compaction.messages.json",
        before: Before::First(4),
    },
    Recording {
        stream: "revert-unrevert.sse",
        messages: "revert-unrevert.messages.json",
        before: Before::First(3),
    },
    Recording {
        stream: "revert-then-prompt.sse",
        messages: "revert-then-prompt.messages.json",
        before: Before::Shown("revert-unrevert.messages.json"),
    },
    // This stream lost its first events, as `/global/event` does; a snapshot has them.
    Recording {
        stream: "child-task-abort-parent.global.sse",
        messages: "child-task-abort-parent.messages.json",
        before: Before::First(1),
    },
];

/// Files that cannot end equal to a REST answer, and why.
const APART: [(&str, &str); 13] = [
    (
        "crash-midstream.messages.json",
        "The server was killed, so that there is no stream to its end.",
    ),
    (
        "crash-permission-pending.messages.json",
        "The server was killed, so that there is no stream to its end.",
    ),
    (
        "crash-tool-running.messages.json",
        "The server was killed, so that there is no stream to its end.",
    ),
    (
        "midstream-reconnect.first.messages.json",
        "It was taken in mid-stream; both streams end as the second answer shows.",
    ),
    (
        "abort-while-permission-pending.messages.json",
        "The stream begins after the tool asked; what was there then was not recorded.",
    ),
    (
        "abort-while-permission-pending.sse",
        "The stream begins after the tool asked; what was there then was not recorded.",
    ),
    (
        "error-agent-not-found.messages.json",
        "The session stays without messages, so that the answer names no session.",
    ),
    (
        "delete-busy.sse",
        "The session was deleted, so that REST shows nothing of it.",
    ),
    (
        "rename-delete.sse",
        "The session was deleted and never held a message.",
    ),
    (
        "rename-delete.global.sse",
        "It shows how events are lost right after the connection: it holds none.",
    ),
    (
        "plain.api-event.sse",
        "Another dialect that dies in the middle; it is never subscribed to.",
    ),
    (
        "v2-prompt.sse",
        "The prompt was not made by this API, whose REST answer stays empty.",
    ),
    (
        "error-agent-not-found.sse",
        "The session stays without messages, so that the answer names no session.",
    ),
];

/// Every recording that ends equal to a REST answer.
pub fn all() -> Vec<Recording> {
    let mut all = SPECIAL.to_vec();
    for file in files() {
        let Some(stem) = file.strip_suffix(".messages.json") else {
            continue;
        };
        if why_apart(&file).is_some() {
            continue;
        }
        for stream in [format!("{stem}.sse"), format!("{stem}.global.sse")] {
            let known = SPECIAL
                .iter()
                .any(|special| special.stream == stream && special.messages == file);
            if !known && path(&stream).exists() {
                all.push(whole(stream.leak(), file.clone().leak()));
            }
        }
    }
    all
}

pub fn named(stream: &str) -> Recording {
    let mut all = all().into_iter();
    all.find(|recording| recording.stream == stream)
        .unwrap_or_else(|| panic!("{stream} takes no part"))
}

/// Why a file takes no part in [`all`].
pub fn why_apart(file: &str) -> Option<&'static str> {
    let apart = APART.iter().find(|(name, _)| *name == file);
    apart.map(|(_, why)| *why)
}

/// The names of all recorded files.
pub fn files() -> Vec<String> {
    let mut files: Vec<String> = fs::read_dir(path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    files
}

pub fn text(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

pub fn json(file: &str) -> Value {
    serde_json::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The data of a stream's events, read without the product's own decoder.
pub fn data(stream: &str) -> Vec<String> {
    let lines = text(stream);
    let data = lines.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(str::to_owned).collect()
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/opencode-v1")
        .join(file)
}

/// Decodes as the instance of a directory does.
pub fn decode(directory: &str, data: &str) -> Decoded {
    let directory = Path::new(directory);
    Decoder { directory }.decode(data)
}

/// Whether it adds text to a part.
pub fn is_delta(data: &str) -> bool {
    data.contains("\"message.part.delta\"")
}

/// The events of a stream that mean something to the instance of a directory.
pub fn events(stream: &str, directory: &str) -> Vec<Event> {
    let all = data(stream);
    let decoded = all.iter().map(|data| decode(directory, data).body);
    decoded
        .inspect(|body| {
            if let Body::Malformed(why) = body {
                panic!("{stream}: {why}");
            }
        })
        .flat_map(Body::into_events)
        .collect()
}

impl Recording {
    pub fn directory(&self) -> &'static str {
        if self.messages.starts_with("two-dirs.b") {
            "/workspace-b"
        } else {
            "/workspace"
        }
    }

    pub fn events(&self) -> Vec<Event> {
        events(self.stream, self.directory())
    }

    pub fn data(&self) -> Vec<String> {
        data(self.stream)
    }

    /// What REST showed at the end.
    pub fn shown(&self) -> Vec<Value> {
        array(json(self.messages))
    }

    /// What REST showed, or would have shown, before the stream began.
    pub fn shown_before(&self) -> Vec<Value> {
        match self.before {
            Before::Nothing => Vec::new(),
            Before::First(count) => self.shown().into_iter().take(count).collect(),
            Before::Shown(file) => array(json(file)),
        }
    }

    pub fn session(&self) -> SessionId {
        let shown = self.shown();
        shown[0]["info"]["sessionID"].as_str().unwrap().into()
    }

    /// Whether the session ended by failing, which only the stream tells.
    pub fn fails(&self) -> bool {
        ["error-400", "error-401", "error-model-not-found"]
            .iter()
            .any(|name| self.stream.starts_with(name))
    }
}

pub fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("not a list: {other}"),
    }
}
