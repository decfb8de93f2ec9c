//! What waits for the user is the same, whether events or REST tell it.

use serde_json::{Value, json};
use sidestream::opencode::event::Event;
use sidestream::opencode::v2::projection::Projection;
use sidestream::opencode::v2::wire;
use sidestream::protocol::MessageStatus;

use super::recording::{Recording, data, named, text};

fn rows(file: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&text(file)).unwrap();
    // Some were kept without what is around them.
    let rows = answer.get("data").unwrap_or(&answer);
    rows.as_array().unwrap().clone()
}

/// All that the stream tells.
fn events(recording: &Recording) -> Vec<Event> {
    let mut projection = Projection::default();
    projection.know(&recording.session);
    let mut events = Vec::new();
    for data in data(&recording.stream) {
        let envelope = serde_json::from_str::<wire::Envelope>(&data).unwrap();
        events.extend(
            projection
                .apply(recording.reader(), &envelope)
                .into_events(),
        );
    }
    events
}

#[test]
fn permissions() {
    for (stem, file) in [
        (
            "shell-allow-once",
            "shell-allow-once.permission-pending.json",
        ),
        ("shell-reject", "shell-reject.permission-pending.json"),
        (
            "shell-reject-message",
            "shell-reject-message.permission-pending.json",
        ),
        (
            "parallel-permissions-once",
            "parallel-permissions-once.permission-pending.json",
        ),
        (
            "parallel-permissions-reject-one",
            "parallel-permissions-reject-one.permission-pending.json",
        ),
        ("write-edit", "write-edit.permission-pending.json"),
        ("write-edit", "write-edit.permission-pending-2.json"),
    ] {
        let recording = named(stem);
        let told = events(&recording);
        let rows = rows(file);
        assert!(!rows.is_empty(), "{file}");
        for row in rows {
            let wire = serde_json::from_value(row).unwrap();
            let permission = recording.reader().permission(wire);
            let asked = Event::PermissionAsked(Box::new(permission));
            assert!(told.contains(&asked), "{file}: {asked:?}");
        }
    }
}

#[test]
fn questions() {
    let recording = named("question-reply");
    let told = events(&recording);
    let rows = rows("question-reply.form-pending.json");
    assert!(!rows.is_empty());
    for form in rows {
        let envelope = json!({"type": "form.created", "data": {"form": form}}).to_string();
        let envelope = serde_json::from_str(&envelope).unwrap();
        let body = Projection::default().apply(recording.reader(), &envelope);
        for question in body.into_events() {
            assert!(told.contains(&question), "{question:?}");
        }
    }
}

#[test]
fn prompts_that_wait_for_their_turn() {
    for (stem, file) in [
        ("queued-steer-queue", "queued-steer-queue.inbox.json"),
        (
            "queued-interrupt",
            "queued-interrupt.inbox-after-interrupt.json",
        ),
    ] {
        let recording = named(stem);
        let told = events(&recording);
        let rows = rows(file);
        assert!(!rows.is_empty(), "{file}");
        for row in rows {
            let row: wire::InboxRow = serde_json::from_value(row).unwrap();
            let wire::InboxItem::User { payload } = row.item else {
                continue;
            };
            let (at, status) = (row.time.created, MessageStatus::Queued);
            let session = &recording.session;
            let waits = recording
                .reader()
                .user(row.id, payload, session, at, status);
            let queued = Event::Whole(Box::new(waits));
            assert!(told.contains(&queued), "{file}: {queued:?}");
        }
    }
}
