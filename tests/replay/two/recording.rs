//! The recordings of OpenCode 2.x: which stream belongs to which REST answer, and where it began.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sidestream::opencode::event::{Content, MessagePage, SessionInfo};
use sidestream::opencode::v2::message::Reader;
use sidestream::opencode::v2::wire;
use sidestream::protocol::SessionId;

/// A stream, and the messages of one of its sessions when it was over.
#[derive(Clone, Debug)]
pub struct Recording {
    pub stream: String,
    messages: String,
    pub session: SessionId,
}

/// What REST showed when the stream began, where that is not nothing.
const BEFORE: [(&str, &str); 1] = [(
    "midstream-reconnect.second",
    "midstream-reconnect.first.messages-midstream.json",
)];

/// Sessions that take no part, and why.
const APART: [(&str, &str); 6] = [
    (
        "service-restart-resume",
        "Its stream goes on from another one's.",
    ),
    (
        "fork.child1",
        "It begins with copies, which are in no event.",
    ),
    (
        "agent-model-synthetic",
        "The session leaves for another folder.",
    ),
    (
        "error-agent-not-found",
        "The session stays without messages.",
    ),
    ("fork.child", "A copy: none of its messages is in an event."),
    ("revert-commit", "Its stream goes on from another one's."),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/opencode-v2")
}

pub fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

pub fn data(stream: &str) -> Vec<String> {
    let lines = text(stream);
    let data = lines.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(str::to_owned).collect()
}

/// The messages of an answer, as the dialect has them.
pub fn shown(file: &str, reader: Reader<'_>, session: &SessionId) -> MessagePage {
    let page: wire::Page<wire::Message> = serde_json::from_str(&text(file)).unwrap();
    MessagePage {
        messages: reader.messages(page.data, session, None),
        cursor: None,
    }
}

pub fn all() -> Vec<Recording> {
    let mut files: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let stems = files
        .iter()
        .filter_map(|file| file.strip_suffix(".messages.json"));
    let stems = stems.filter(|stem| APART.iter().all(|(apart, _)| apart != stem));
    stems
        .map(|stem| {
            let own = format!("{stem}.sse");
            // A child's is in its parent's stream.
            let stream = match files.contains(&own) {
                true => own,
                false => format!("{}.sse", stem.rsplit_once('.').unwrap().0),
            };
            let messages = format!("{stem}.messages.json");
            Recording {
                session: session_of(&stream, &messages),
                stream,
                messages,
            }
        })
        .collect()
}

/// The session that most of the messages' events are of.
fn session_of(stream: &str, messages: &str) -> SessionId {
    let answer: Value = serde_json::from_str(&text(messages)).unwrap();
    let ids: Vec<&str> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["id"].as_str().unwrap())
        .collect();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for data in data(stream) {
        let event: Value = serde_json::from_str(&data).unwrap_or_default();
        let own = event["id"]
            .as_str()
            .map(|id| id.replacen("evt_", "msg_", 1));
        let named = ["assistantMessageID", "inboxID"].map(|key| event["data"][key].as_str());
        let is_of = named
            .into_iter()
            .flatten()
            .chain(own.as_deref())
            .any(|id| ids.contains(&id));
        if let Some(session) = event["data"]["sessionID"].as_str().filter(|_| is_of) {
            *found.entry(session.to_owned()).or_default() += 1;
        }
    }
    let most = found.into_iter().max_by_key(|(_, count)| *count);
    most.unwrap_or_else(|| panic!("{messages} is of no session in {stream}"))
        .0
        .into()
}

impl Recording {
    pub fn stem(&self) -> &str {
        self.messages.strip_suffix(".messages.json").unwrap()
    }

    pub fn reader(&self) -> Reader<'static> {
        let directory = match self.stem() {
            "two-dirs.child" => "/workspace-b",
            _ => "/workspace",
        };
        Reader {
            directory: Path::new(directory),
        }
    }

    /// The answer before the stream began.
    pub fn shown_before(&self) -> Option<&'static str> {
        let before = BEFORE.iter().find(|(stem, _)| *stem == self.stem());
        before.map(|(_, file)| *file)
    }

    pub fn before(&self) -> MessagePage {
        let before = self.shown_before();
        before.map_or_else(MessagePage::default, |file| {
            shown(file, self.reader(), &self.session)
        })
    }

    pub fn content(&self, page: MessagePage) -> Content {
        Content {
            session: SessionInfo {
                id: self.session.clone(),
                ..SessionInfo::default()
            },
            page,
            todos: Vec::new(),
        }
    }

    /// What REST shows at the end, to one who knows nothing else.
    pub fn end(&self) -> Content {
        self.content(shown(&self.messages, self.reader(), &self.session))
    }
}

pub fn named(stem: &str) -> Recording {
    let found = all().into_iter().find(|recording| recording.stem() == stem);
    found.unwrap_or_else(|| panic!("there is no recording {stem}"))
}

#[test]
fn whatever_takes_no_part_is_there() {
    for (stem, why) in APART {
        text(&format!("{stem}.messages.json"));
        assert!(!why.is_empty());
    }
}
