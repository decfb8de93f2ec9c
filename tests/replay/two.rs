//! OpenCode 2.x, whose events say only what is new: its recordings end as REST shows them, too.

mod pending;
mod recording;
mod resync;
mod server;
mod variants;
mod viewer;

use std::collections::BTreeMap;

use sidestream::opencode::event::Overview;
use sidestream::opencode::event::SessionInfo;
use sidestream::protocol::{MessageStatus, Session, SessionSnapshot, SessionStatus};
use sidestream::replica::{Gap, Replica};

use crate::driver::{assert_same, instance};
use recording::{Recording, all};
use viewer::Viewer;

/// What a client sees that knows nothing but REST's answers at the end.
fn from_rest(recording: &Recording) -> SessionSnapshot {
    let mut replica = Replica::new(instance());
    replica.resync(Overview::default(), true);
    let rest = replica.open(recording.end()).unwrap();
    comparable(recording, rest)
}

/// Without what is not in the messages' answer: the row, and what waits for its turn.
fn comparable(recording: &Recording, mut snapshot: SessionSnapshot) -> SessionSnapshot {
    snapshot.session = row(recording);
    snapshot.revision = 0;
    snapshot
        .messages
        .retain(|message| message.info.status != MessageStatus::Queued);
    snapshot
}

fn row(recording: &Recording) -> Session {
    let mut replica = Replica::new(instance());
    replica.learn(SessionInfo {
        id: recording.session.clone(),
        ..SessionInfo::default()
    })
}

/// The whole stream, heard from its beginning.
fn replay(recording: &Recording) -> Viewer<'_> {
    let mut viewer = Viewer::new(recording);
    for data in recording::data(&recording.stream) {
        viewer.hear(&data);
    }
    viewer
}

#[test]
fn every_recording_of_2x_ends_equal_to_what_rest_shows() {
    for recording in all() {
        let mut viewer = replay(&recording);
        let rest = from_rest(&recording);
        if viewer.rereads.is_empty() {
            let told = viewer.snapshot();
            assert_same(
                &comparable(&recording, told),
                &rest,
                &format!("{recording:?}"),
            );
        }
        // Where the session is read again, REST is what counts; and a client sees what is held.
        viewer.refresh(recording.end(), Gap::None);
        let seen = comparable(&recording, viewer.client.screen.clone());
        assert_same(&seen, &rest, &format!("after reading again: {recording:?}"));
    }
}

#[test]
fn only_what_events_cannot_tell_is_read_again() {
    let reread: BTreeMap<String, Vec<String>> = all()
        .iter()
        .map(|recording| {
            (
                recording.stem().to_owned(),
                replay(recording).rereads.clone(),
            )
        })
        .filter(|(_, rereads)| !rereads.is_empty())
        .collect();
    let stems: Vec<&str> = reread.keys().map(String::as_str).collect();
    // A prompt after a revert cuts messages off, and its event does not say which are left.
    assert_eq!(stems, ["revert-then-prompt"], "{reread:?}");
}

#[test]
fn every_run_of_2x_ends_idle_or_failed() {
    for recording in all() {
        let status = replay(&recording).snapshot().session.status;
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
