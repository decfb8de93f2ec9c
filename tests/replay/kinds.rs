//! Which events count: other folders', doubles, unknown ones, other dialects'.

use sidestream::opencode::event::{Body, Event};
use sidestream::protocol::{EventOutcome, Notification, SessionStatus};

use crate::recordings;
use crate::story::{Story, first_session};
use crate::variants::is_content;

#[test]
fn a_stream_of_all_folders_tells_only_of_its_own() {
    let stream = "two-dirs.global.sse";
    let id = |file| recordings::json(file)[0]["info"]["sessionID"].clone();
    let (ours, theirs) = (
        id("two-dirs.a.messages.json"),
        id("two-dirs.b.messages.json"),
    );
    let mut story = Story::new(ours.as_str().unwrap());
    for event in recordings::events(stream, "/workspace") {
        let of = event.session_id().map(|id| id.as_str().to_owned());
        assert_ne!(of.as_deref(), theirs.as_str(), "{event:?}");
        story.apply(event);
    }
    assert!(!story.told.is_empty());
    assert!(
        story
            .replica
            .view_of(&theirs.as_str().unwrap().into())
            .is_none()
    );
}

#[test]
fn a_subfolder_is_another_folder() {
    let data = r#"{"directory":"/workspace/sub","payload":{"type":"session.idle","properties":{"sessionID":"ses_1"}}}"#;
    assert_eq!(recordings::decode("/workspace", data).body, Body::Skipped);
    assert_ne!(
        recordings::decode("/workspace/sub", data).body,
        Body::Skipped
    );
}

#[test]
fn doubles_for_synchronizing_are_skipped() {
    let mut doubles = 0;
    for stream in recordings::files() {
        if !stream.ends_with(".global.sse") {
            continue;
        }
        for data in recordings::data(&stream) {
            let decoded = recordings::decode("/workspace", &data);
            if decoded.event_type == "sync" {
                doubles += 1;
                assert_eq!(
                    decoded.body.outcome(),
                    EventOutcome::Skipped,
                    "{stream}: {data}"
                );
            }
        }
    }
    assert!(doubles > 100, "{doubles}");
}

#[test]
fn both_streams_of_a_time_say_the_same() {
    for name in [
        "plain",
        "child-task",
        "plain-1.1.65",
        "plain-1.14.41",
        "plain-1.17.11",
    ] {
        let said = |stream: &str| -> (Vec<Event>, Vec<Event>) {
            let events = recordings::events(stream, "/workspace").into_iter();
            let of_sessions = events.filter(|event| event.session_id().is_some());
            // The two families pass each other even between streams of one server.
            of_sessions.partition(is_content)
        };
        let of_one = said(&format!("{name}.sse"));
        let of_all = said(&format!("{name}.global.sse"));
        assert!(of_one == of_all, "{name}");
    }
}

#[test]
fn every_recorded_event_is_known() {
    for stream in recordings::files() {
        // Of another dialect, which puts everything in other places.
        if !stream.ends_with(".sse") || stream == "plain.api-event.sse" {
            continue;
        }
        for data in recordings::data(&stream) {
            let outcome = recordings::decode("/workspace", &data).body.outcome();
            let known = matches!(outcome, EventOutcome::Applied | EventOutcome::Skipped);
            assert!(known, "{stream}: {outcome:?}: {data}");
        }
    }
}

#[test]
fn an_event_that_is_not_understood_is_counted_and_harms_nothing() {
    let cases = [
        (
            r#"{"type":"moon.phase","properties":{"full":true}}"#,
            EventOutcome::Unknown,
        ),
        (r#"{"type":"moon.phase"}"#, EventOutcome::Unknown),
        (
            r#"{"payload":{"type":"moon.phase"}}"#,
            EventOutcome::Unknown,
        ),
        (r#"{}"#, EventOutcome::Unknown),
        (
            r#"{"type":"message.part.delta","properties":{"sessionID":"s","messageID":"m","partID":"p","field":"moon","delta":"x"}}"#,
            EventOutcome::Unknown,
        ),
        (
            r#"{"type":"message.updated","properties":{}}"#,
            EventOutcome::Malformed,
        ),
        (
            r#"{"type":"session.status","properties":{"sessionID":7}}"#,
            EventOutcome::Malformed,
        ),
        (r#"{"type":"#, EventOutcome::Malformed),
        ("", EventOutcome::Malformed),
        ("[1]", EventOutcome::Malformed),
    ];
    for (data, outcome) in cases {
        let decoded = recordings::decode("/workspace", data);
        assert_eq!(decoded.body.outcome(), outcome, "{data}");
    }
}

/// An API that a client of this one must not subscribe to; if it does, nothing breaks.
#[test]
fn another_dialects_stream_is_never_fatal() {
    for data in recordings::data("plain.api-event.sse") {
        let body = recordings::decode("/workspace", &data).body;
        assert!(!matches!(body, Body::Event(Event::Part { .. })), "{data}");
    }
}

#[test]
fn a_prompt_of_the_next_api_changes_nothing() {
    let stream = "v2-prompt.sse";
    let story = Story::of(stream);
    assert_eq!(story.session.as_str(), first_session(stream));
    assert!(story.snapshot().messages.is_empty());
    assert_eq!(story.snapshot().session.status, SessionStatus::Idle);
    let rows = |told: &Notification| matches!(told, Notification::SessionDidChange { .. });
    assert!(story.told.iter().all(rows), "{:?}", story.told);
}
