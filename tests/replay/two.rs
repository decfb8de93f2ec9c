//! OpenCode 2.x, whose events say only what is new: its recordings end as REST shows them, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sidestream::opencode::event::{Body, Content, Event, MessagePage, Overview, SessionInfo};
use sidestream::opencode::v2::message::Reader;
use sidestream::opencode::v2::projection::Projection;
use sidestream::opencode::v2::wire;
use sidestream::protocol::{MessageStatus, SessionId, SessionStatus};
use sidestream::replica::{Gap, Replica};

use crate::client::Client;
use crate::driver::{assert_same, instance};

/// A stream, and the messages of one of its sessions when it was over.
#[derive(Debug)]
struct Recording {
    stream: String,
    messages: String,
    session: SessionId,
}

/// What REST showed when the stream began, where that is not nothing.
const BEFORE: [(&str, &str); 1] = [(
    "midstream-reconnect.second",
    "midstream-reconnect.first.messages-midstream.json",
)];

const CRASHED: &str =
    "What the crash cut off stays interrupted; no event says that REST calls it complete later on.";

/// Sessions that take no part, and why.
const APART: [(&str, &str); 9] = [
    (
        "service-restart-resume",
        "Its stream goes on from another one's.",
    ),
    (
        "fork.child1",
        "It begins with copies, which are in no event.",
    ),
    ("crash-midstream.after-restart", CRASHED),
    ("crash-permission-pending.after-restart", CRASHED),
    ("crash-tool-running.after-restart", CRASHED),
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

fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn data(stream: &str) -> Vec<String> {
    let lines = text(stream);
    let data = lines.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(str::to_owned).collect()
}

/// The messages of an answer, as the dialect has them.
fn shown(file: &str, reader: Reader<'_>, session: &SessionId) -> MessagePage {
    let page: wire::Page<wire::Message> = serde_json::from_str(&text(file)).unwrap();
    MessagePage {
        messages: reader.messages(page.data, session, None),
        cursor: None,
    }
}

fn all() -> Vec<Recording> {
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
    fn stem(&self) -> &str {
        self.messages.strip_suffix(".messages.json").unwrap()
    }

    fn reader(&self) -> Reader<'static> {
        let directory = match self.stem() {
            "two-dirs.child" => "/workspace-b",
            _ => "/workspace",
        };
        Reader {
            directory: Path::new(directory),
        }
    }

    fn before(&self) -> MessagePage {
        let before = BEFORE.iter().find(|(stem, _)| *stem == self.stem());
        before.map_or_else(MessagePage::default, |(_, file)| {
            shown(file, self.reader(), &self.session)
        })
    }

    fn content(&self, page: MessagePage) -> Content {
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
    fn end(&self) -> Content {
        self.content(shown(&self.messages, self.reader(), &self.session))
    }
}

struct Replay {
    replica: Replica,
    client: Client,
    /// What could not be understood from the events alone.
    rereads: Vec<String>,
}

fn replay(recording: &Recording) -> Replay {
    let session = &recording.session;
    let mut projection = Projection::default();
    let mut replica = Replica::new(instance());
    replica.resync(Overview::default(), true);
    let before = recording.before();
    projection.know(session);
    projection.learn(session, &before.messages);
    let screen = replica.open(recording.content(before)).unwrap();
    drop(replica.take_changes());
    let mut client = Client::new(screen);
    let mut rereads = Vec::new();
    for data in data(&recording.stream) {
        // The last one of a stream that broke.
        let Ok(envelope) = serde_json::from_str::<wire::Envelope>(&data) else {
            continue;
        };
        let body = projection.apply(recording.reader(), &envelope);
        assert!(!matches!(body, Body::Unknown), "{data}");
        assert!(!matches!(body, Body::Malformed(_)), "{body:?}: {data}");
        for event in body.into_events() {
            if event == Event::ContentChanged(session.clone()) {
                rereads.push(envelope.event_type.to_string());
            }
            // Its row is not what is looked at here.
            if !matches!(&event, Event::Session(info) if info.id == *session) {
                replica.apply(event);
            }
        }
        for notification in replica.take_changes() {
            client.apply(&notification);
        }
    }
    Replay {
        replica,
        client,
        rereads,
    }
}

#[test]
fn every_recording_of_2x_ends_equal_to_what_rest_shows() {
    for recording in all() {
        println!("{recording:?}");
        let mut replay = replay(&recording);
        let mut told = replay.replica.snapshot(&recording.session).unwrap();
        let mut end = Replica::new(instance());
        end.resync(Overview::default(), true);
        let mut rest = end.open(recording.end()).unwrap();
        for snapshot in [&mut told, &mut rest] {
            snapshot.session = rest_row(&recording);
            snapshot.revision = 0;
            // What waits for its turn is in another answer.
            snapshot
                .messages
                .retain(|message| message.info.status != MessageStatus::Queued);
        }
        if replay.rereads.is_empty() {
            assert_same(&told, &rest, &format!("{recording:?}"));
        }
        // Where the session is read again, REST is what counts; and a client sees what is held.
        replay.replica.refresh(recording.end(), Gap::None);
        for notification in replay.replica.take_changes() {
            replay.client.apply(&notification);
        }
        let mut seen = replay.client.screen;
        seen.session = rest.session.clone();
        seen.revision = 0;
        assert_same(&seen, &rest, &format!("after reading again: {recording:?}"));
    }
}

fn rest_row(recording: &Recording) -> sidestream::protocol::Session {
    let mut replica = Replica::new(instance());
    replica.learn(SessionInfo {
        id: recording.session.clone(),
        ..SessionInfo::default()
    })
}

#[test]
fn only_what_events_cannot_tell_is_read_again() {
    let reread: BTreeMap<String, Vec<String>> = all()
        .iter()
        .map(|recording| (recording.stem().to_owned(), replay(recording).rereads))
        .filter(|(_, rereads)| !rereads.is_empty())
        .collect();
    let stems: Vec<&str> = reread.keys().map(String::as_str).collect();
    // A prompt after a revert cuts messages off, and its event does not say which are left.
    assert_eq!(stems, ["revert-then-prompt"], "{reread:?}");
}

#[test]
fn every_run_of_2x_ends_idle_or_failed() {
    for recording in all() {
        let snapshot = replay(&recording).replica.snapshot(&recording.session);
        let status = snapshot.unwrap().session.status;
        let fails = ["error-400", "error-401", "error-model-not-found"];
        match status {
            SessionStatus::Idle => assert!(!fails.contains(&recording.stem()), "{recording:?}"),
            SessionStatus::Error { .. } => {
                assert!(fails.contains(&recording.stem()), "{recording:?}");
            }
            other => panic!("{recording:?}: {other:?}"),
        }
    }
}
